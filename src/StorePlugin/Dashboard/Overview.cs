// The first page of the dashboard: how the programme does, what asks for somebody, who brings the most, and what came last.
using StorePlugin.Campaigns;
using StorePlugin.Dashboard.Campaigns;
using StorePlugin.Dashboard.Setup;
using StorePlugin.Data;
using StorePlugin.Pages;
using StorePlugin.Stores;

namespace StorePlugin.Dashboard;

/// <param name="Campaign">The campaign that was made last, of those that run if any does, as a sentence.</param>
/// <param name="PeriodWords">The interval of the figures in words.</param>
/// <param name="Choices">The intervals to choose from.</param>
/// <param name="Commissions">What the accounts hold now, whatever the interval.</param>
/// <param name="FirstSteps">How far the set-up is; null once a campaign was launched.</param>
/// <param name="HasAmbassadors">Whether anybody is in the programme.</param>
public sealed record OverviewModel(
    Frame Frame,
    string Campaign,
    bool HasCampaign,
    FirstSteps? FirstSteps,
    IReadOnlyList<AttentionRow> Attention,
    string PeriodWords,
    IReadOnlyList<PeriodChoice> Choices,
    IReadOnlyList<FigureCard> Figures,
    IReadOnlyList<Plot> Plots,
    string DaysPath,
    IReadOnlyList<ObjectiveRow> Objectives,
    IReadOnlyList<CommissionLinks> Commissions,
    IReadOnlyList<TopRow> Top,
    bool HasAmbassadors,
    IReadOnlyList<OrderRow> LatestOrders,
    IReadOnlyList<DeadRow> DeadDeliveries,
    IReadOnlyList<DeadRow> DeadEffects);

public sealed record PeriodChoice(string Text, string Path, bool IsChosen);

/// <param name="Values">One text a currency, or one text.</param>
/// <param name="Change">Against the interval before, in words; null where there is nothing to compare.</param>
/// <param name="Path">Where the rows are that it sums.</param>
public sealed record FigureCard(string Name, IReadOnlyList<string> Values, string? Change, string Path);

/// <summary>An objective with what has been reached of it, as a sentence and as a share.</summary>
public sealed record ObjectiveRow(string Campaign, string Path, string Text, long Percent);

/// <param name="Path">Of the page that lists the balances which an account sums, to which the account's word is added.</param>
public sealed record CommissionLinks(Commission Commission, string Path);

internal sealed class Overview(Db db, Attention attention, TopAmbassadors top, Setups setups, TimeProvider clock)
{
    private const long OrdersShown = 6;
    private const long ObjectivesShown = 5;

    // All are summed; more pictures than these nobody compares.
    private const int CurrenciesDrawn = 2;

    private const string SumBalances =
        """
        SELECT account, currency, COALESCE(SUM(amount_minor), 0) AS amount_minor FROM balances
        WHERE store_id = @storeId AND ambassador_id <> '' GROUP BY account, currency
        """;

    private const string ReadCampaign =
        """
        SELECT name, state FROM campaigns WHERE store_id = @storeId
        ORDER BY CASE state WHEN 'live' THEN 1 WHEN 'paused' THEN 2 WHEN 'draft' THEN 3 ELSE 4 END, created_at DESC, id DESC
        """;

    private const string ReadAnyAmbassador = "SELECT id FROM ambassadors WHERE store_id = @storeId ORDER BY id DESC";

    /// <param name="days">How many days the figures are of, today included; another number than those of the choices is the default.</param>
    public async Task<OverviewModel> ReadAsync(Visitor visitor, int? days, string? notice, CancellationToken cancel)
    {
        var (store, now) = (visitor.Store, clock.GetUtcNow());
        var args = new { storeId = store.Id, take = 1L };
        var period = Period.Last(days is { } chosen && Period.Choices.Contains(chosen) ? chosen : Period.DaysDefault, store, now);
        var figures = await DayFigures.ReadAsync(db, store, new Period(period.Before.From, period.To), cancel);
        var campaign = await db.OneAsync<CampaignNow>($"{ReadCampaign} {db.Page}", args, cancel);
        var commissions = Figures.Of(await db.ManyAsync<Balance>(SumBalances, args, cancel));
        var (orders, _) = await OrderList.PageAsync(db, visitor, OrderFilter.None, null, OrdersShown, cancel);
        var deadDeliveries = await DeadWork.ReadDeliveriesAsync(db, visitor, cancel);
        var deadEffects = await DeadWork.ReadEffectsAsync(db, visitor, cancel);
        // A store that has told no currency yet has sold nothing either; there is nothing to show then.
        var currencies = figures.Currencies.Count > 0 ? figures.Currencies : store.Currency is { } known ? [known] : [];
        return new OverviewModel(
            Frame.OfDashboard(visitor, notice),
            (campaign is null ? "There is no campaign yet." : $"The campaign “{campaign.Name}” {StateWords(campaign.State)}.") + $" Store on {Words.Platform(store.Platform)}.",
            campaign is not null,
            FirstSteps.Of(await setups.ReadAsync(store, cancel)),
            await attention.OfAsync(visitor, deadDeliveries.Count + deadEffects.Count > 0, cancel),
            period.InWords,
            [.. Period.Choices.Select(choice => new PeriodChoice(ChoiceWords(choice), $"/dashboard?days={choice}", choice == period.Days))],
            CardsOf(figures, period, currencies),
            PlotsOf(figures, period, currencies),
            $"{DayTable.Path}?{period.Query}",
            [.. (await ObjectiveProgress.RunningAsync(db, store, ObjectivesShown, cancel)).Select(progress => Show(progress, store))],
            [
                .. (commissions.Count > 0 || store.Currency is null ? commissions : [Figures.None(store.Currency)])
                    .Select(commission => new CommissionLinks(commission, $"{BalanceList.Path}?currency={commission.Currency}&account=")),
            ],
            currencies.Count == 0 ? [] : await top.OfAsync(store, period, currencies.Contains(store.Currency, StringComparer.Ordinal) ? store.Currency! : currencies[0], cancel),
            await db.OneAsync<string>($"{ReadAnyAmbassador} {db.Page}", args, cancel) is not null,
            orders,
            deadDeliveries,
            deadEffects);
    }

    private static IReadOnlyList<FigureCard> CardsOf(DayFigures figures, Period period, IReadOnlyList<string> currencies)
    {
        var (now, before) = (figures.Orders(period), figures.Orders(period.Before));
        var orders = $"/dashboard/orders?show={OrderFilter.Credited}&{period.Query}";
        var days = $"{DayTable.Path}?{period.Query}";
        var single = currencies.Count == 1 ? currencies[0] : null;
        return
        [
            new("Clicks", [Words.Of(figures.Clicks(period))], ChangeOf(figures.Clicks(period), figures.Clicks(period.Before), period), days),
            new("Referred orders", [Words.Of(now.Orders)], ChangeOf(now.Orders, before.Orders, period), orders),
            new(
                "Net sales",
                currencies.Count == 0 ? ["0"] : [.. currencies.Select(currency => Words.Of(figures.Orders(period, currency).NetMinor, currency))],
                single is null ? null : ChangeOf(figures.Orders(period, single).NetMinor, figures.Orders(period.Before, single).NetMinor, period),
                orders),
            new("New customers", [Words.Of(now.NewCustomers)], ChangeOf(now.NewCustomers, before.NewCustomers, period), $"/dashboard/orders?show={OrderFilter.New}&{period.Query}"),
        ];
    }

    private static IReadOnlyList<Plot> PlotsOf(DayFigures figures, Period period, IReadOnlyList<string> currencies)
    {
        var parts = period.Parts();
        // The interval before is divided as this one is: by the days since its beginning.
        var before = parts.Select(part => new Period(part.From.AddDays(-period.Days), part.To.AddDays(-period.Days))).ToList();
        return
        [
            PlotOf("Clicks", part => figures.Clicks(part), Words.Of),
            PlotOf("Referred orders", part => figures.Orders(part).Orders, Words.Of),
            .. currencies.Take(CurrenciesDrawn).Select(currency => PlotOf(
                currencies.Count == 1 ? "Net sales" : $"Net sales in {currency}", part => figures.Orders(part, currency).NetMinor, minor => Words.Of(minor, currency))),
        ];

        Plot PlotOf(string name, Func<Period, long> valueOf, Func<long, string> wordsOf) => new(
            name, wordsOf(valueOf(period)), $"The {period.Days} days before",
            [.. parts.Select((part, i) => new PlotPoint(part.Label, valueOf(part), wordsOf(valueOf(part)), valueOf(before[i]), wordsOf(valueOf(before[i]))))]);
    }

    private static string? ChangeOf(long now, long before, Period period) => (now, before) switch
    {
        (0, 0) => null,
        (_, 0) => $"none in the {period.Days} days before",
        _ when now == before => $"as in the {period.Days} days before",
        _ => $"{Signed((Int128)(now - before) * 100 / before)} % on the {period.Days} days before",
    };

    // Less than a whole percent is no change worth a sign.
    private static string Signed(Int128 percent) => Int128.Sign(percent) switch
    {
        > 0 => $"+{Words.Of((long)Int128.Min(percent, 999_999))}",
        < 0 => $"−{Words.Of((long)-percent)}",
        _ => "±0",
    };

    private static ObjectiveRow Show(ObjectiveProgress progress, Store store)
    {
        var said = CampaignWords.ProgressOf(progress, store);
        return new ObjectiveRow(progress.CampaignName, $"/dashboard/campaigns/{Uri.EscapeDataString(progress.CampaignId)}", said.Text, said.Percent);
    }

    private static string ChoiceWords(int days) => days == 365 ? "12 months" : $"{days} days";

    private static string StateWords(string state) => state switch
    {
        "draft" => "is a draft: it credits nothing and pays nothing until it is launched",
        "live" => "is live",
        "paused" => "is paused",
        "ended" => "has ended",
        _ => state,
    };

    private sealed record CampaignNow(string Name, string State);
}
