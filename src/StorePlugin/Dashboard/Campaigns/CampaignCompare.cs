// Two campaigns side by side, from the books.
using StorePlugin.Campaigns;
using StorePlugin.Pages;
using StorePlugin.Stores;

namespace StorePlugin.Dashboard.Campaigns;

/// <param name="Choices">The store's newest campaigns, and those that are asked for.</param>
/// <param name="Problem">What is wrong with what was asked for; null where nothing is.</param>
/// <param name="Table">Null where nothing was asked for yet, or something is wrong.</param>
public sealed record CompareModel(
    Frame Frame, IReadOnlyList<(string Id, string Name)> Choices, string? A, string? B, string From, string To, string? Problem, CompareTable? Table)
{
    public const string Path = "/dashboard/campaigns/compare";
}

public sealed record CompareTable(CompareSide A, CompareSide B, IReadOnlyList<CompareRow> Rows);

public sealed record CompareSide(string Name, string Path);

/// <param name="Difference">Of the second less the first.</param>
public sealed record CompareRow(string Figure, string A, string B, string Difference);

internal static class CampaignCompare
{
    private const long ChoicesMax = 100;

    /// <summary>Null where a campaign is named that the store does not have.</summary>
    public static async Task<CompareModel?> ReadAsync(
        CampaignSources sources, Visitor visitor, string? a, string? b, string? from, string? to, CancellationToken cancel)
    {
        var store = visitor.Store;
        var choices = (await sources.Campaigns.ListNewestAsync(store, null, ChoicesMax, cancel)).ToList();
        var (one, other) = (await FindAsync(a), await FindAsync(b));
        if ((one is null && !string.IsNullOrEmpty(a)) || (other is null && !string.IsNullOrEmpty(b)))
        {
            return null;
        }

        var (begin, end) = (Read(from, DateOrInstant.Beginning), Read(to, DateOrInstant.End));
        var problem = one is not null && one.Id == other?.Id ? "Choose two different campaigns."
            : (begin is null && !string.IsNullOrEmpty(from)) || (end is null && !string.IsNullOrEmpty(to)) ? "A day must look like 2026-12-31."
            : begin >= end ? "The first day must not lie after the last one."
            : null;
        var interval = new ComparedInterval(begin, end);
        return new CompareModel(
            Frame.OfDashboard(visitor),
            [.. choices.Select(campaign => (campaign.Id, campaign.Name))],
            one?.Id,
            other?.Id,
            from ?? "",
            to ?? "",
            problem,
            one is null || other is null || problem is not null ? null : new CompareTable(
                SideOf(one),
                SideOf(other),
                RowsOf(await sources.Comparison.OfAsync(store, one.Id, interval, cancel), await sources.Comparison.OfAsync(store, other.Id, interval, cancel))));

        async Task<Campaign?> FindAsync(string? id)
        {
            if (string.IsNullOrEmpty(id))
            {
                return null;
            }

            if (choices.Find(campaign => campaign.Id == id) is { } known)
            {
                return known;
            }

            if (await sources.Campaigns.FindAsync(store, id, cancel) is { } found)
            {
                choices.Add(found);
                return found;
            }

            return null;
        }

        DateTimeOffset? Read(string? text, Func<string, Store, DateTimeOffset?> read) => string.IsNullOrEmpty(text) ? null : read(text, store);
    }

    private static CompareSide SideOf(Campaign campaign) => new(campaign.Name, CampaignList.PathOf(campaign.Id));

    private static List<CompareRow> RowsOf(CampaignFigures a, CampaignFigures b)
    {
        var rows = new List<CompareRow>
        {
            Count("Ambassadors", a.Ambassadors, b.Ambassadors),
            Count("Clicks", a.Clicks, b.Clicks),
            Count("Credited orders", a.Orders, b.Orders),
        };
        var currencies = a.Currencies.Concat(b.Currencies).Select(of => of.Currency).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        foreach (var currency in currencies)
        {
            var (one, other) = (Of(a, currency), Of(b, currency));
            rows.AddRange(currencies.Count > 1 ? [Count($"Orders in {currency}", one.Orders, other.Orders)] : []);
            rows.Add(Money("Net sales", currency, one.NetMinor, other.NetMinor));
            rows.Add(Money("Commission", currency, one.CommissionMinor, other.CommissionMinor));
            rows.AddRange(one.Commission.Zip(other.Commission, (its, others) =>
                Money($"Commission: {Words.OrderState(its.State)}", currency, its.Minor, others.Minor)));
        }

        return rows;
    }

    // In the order of the accounts, as every campaign's figures are.
    private static CurrencyFigures Of(CampaignFigures figures, string currency) =>
        figures.Currencies.FirstOrDefault(of => of.Currency == currency)
        ?? new CurrencyFigures(currency, 0, 0, 0, [.. Ledger.Account.OfAmbassador.Select(state => new StateCommission(state, 0))]);

    private static CompareRow Count(string figure, long a, long b) => new(figure, Words.Of(a), Words.Of(b), CampaignWords.Signed(b - a));

    private static CompareRow Money(string figure, string currency, long a, long b) =>
        new(figure, Words.Of(a, currency), Words.Of(b, currency), Words.Signed(b - a, currency));
}
