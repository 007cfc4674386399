// What an ambassador sees: their link, their money and the reason for each order. Never the shopper (rule K6).
using StorePlugin.Campaigns;
using StorePlugin.Dashboard;
using StorePlugin.Data;
using StorePlugin.Ledger;
using StorePlugin.Pages;
using StorePlugin.Payouts;
using StorePlugin.Payouts.InStore;
using StorePlugin.Rewards;
using StorePlugin.Stores;
using StorePlugin.Webhooks;

namespace StorePlugin.Portal;

/// <param name="Codes">Their codes as shoppers type them.</param>
/// <param name="Rules">Null before the campaign's launch.</param>
/// <param name="HowPaid">Null where the store has not connected Stripe.</param>
public sealed record PortalModel(
    Frame Frame, string Name, bool IsSuspended, bool HasLeft, string? Link, IReadOnlyList<string> Codes, string Clicks,
    IReadOnlyList<PortalCurrency> Currencies, IReadOnlyList<PortalOrder> Orders, bool IsFirst, string? NextPath, PortalRules? Rules,
    IReadOnlyList<PortalWriteOff> WriteOffs, IReadOnlyList<RewardRow> Rewards, HowPaidModel? HowPaid = null)
{
    /// <summary>Where their money goes besides Stripe; null where the store pays in no other way, and they have named none.</summary>
    public PayoutMethodModel? PayoutMethod { get; init; }

    /// <summary>The newest payouts that were discount codes.</summary>
    public IReadOnlyList<PaidCode> PaidCodes { get; init; } = [];

    /// <summary>Whether the store writes invoices for payees who agree.</summary>
    public bool HasInvoices { get; init; }

    /// <summary>What payouts wait for since a change, as sentences; null where they wait for nobody's word.</summary>
    public string? ChangeWaits { get; init; }

    public PortalAddress? Address { get; init; }

    /// <summary>What asks for them elsewhere in the portal.</summary>
    public IReadOnlyList<PortalTask> Tasks { get; init; } = [];
}

/// <param name="Text">What it is, as a sentence.</param>
public sealed record PortalTask(string Id, string Text, string Link, string Path);

/// <param name="Code">Null where it was taken back.</param>
public sealed record PaidCode(string Amount, Moment At, string? Code);

/// <summary>Their money in one currency.</summary>
public sealed record PortalCurrency(Commission Commission, IReadOnlyList<string> NextPayout);

public sealed record PortalOrder(string Reference, Moment? At, string Amount, string Commission, string State, string Why);

/// <summary>What of a balance below zero was written off, or is owed again (rule K4).</summary>
public sealed record PortalWriteOff(Moment At, string What, string Amount, string Why);

/// <summary>The rules as they are in force for this ambassador.</summary>
/// <param name="Path">Of the page that everybody reads.</param>
/// <param name="AcceptedAt">Null while this version has not been accepted.</param>
public sealed record PortalRules(string Path, long Revision, Moment? Since, Moment? AcceptedAt, Rules Text);

internal static class Earnings
{
    private const long OrdersShown = 25;
    private const long WriteOffsShown = 25;
    private const long PaidCodesShown = 25;

    private const string ReadPerson =
        """
        SELECT a.name, a.state, a.stripe_account, c.state AS campaign_state,
            (SELECT m.id FROM payout_methods m WHERE m.store_id = a.store_id AND m.ambassador_id = a.id AND m.ended_at IS NULL) AS payout_method_id
        FROM ambassadors a
        LEFT JOIN campaigns c ON c.store_id = a.store_id AND c.id = a.campaign_id
        WHERE a.store_id = @storeId AND a.id = @id
        """;

    private const string ReadLink =
        "SELECT slug FROM link_slugs WHERE store_id = @storeId AND ambassador_id = @id ORDER BY created_at, slug_key";

    private const string ReadCodes =
        "SELECT code FROM codes WHERE store_id = @storeId AND ambassador_id = @id AND ended_at IS NULL ORDER BY assigned_at, code_key";

    private const string CountClicks = "SELECT CAST(COUNT(*) AS bigint) FROM clicks WHERE store_id = @storeId AND ambassador_id = @id";

    private const string ReadBalances =
        "SELECT account, currency, amount_minor FROM balances WHERE store_id = @storeId AND ambassador_id = @id";

    // The newest movement of a balance has the greatest id.
    private const string ReadMoved =
        """
        SELECT b.currency, t.booked_at AS at FROM balances b
        JOIN ledger_transactions t ON t.store_id = b.store_id AND t.id = (SELECT MAX(e.transaction_id) FROM ledger_entries e
            WHERE e.store_id = b.store_id AND e.ambassador_id = b.ambassador_id AND e.account = 'approved' AND e.currency = b.currency)
        WHERE b.store_id = @storeId AND b.ambassador_id = @id AND b.account = 'approved'
        """;

    private const string ReadWriteOffs =
        """
        SELECT kind, amount_minor, currency, at FROM write_offs
        WHERE store_id = @storeId AND ambassador_id = @id ORDER BY number DESC
        """;

    private const string ReadPaidCodes =
        """
        SELECT a.idempotency_key, p.amount_minor, p.reversed_minor, p.currency, p.created_at FROM payouts p
        JOIN payout_attempts a ON a.store_id = p.store_id AND a.payout_id = p.id AND a.outcome = 'accepted'
        WHERE p.store_id = @storeId AND p.ambassador_id = @id AND p.provider = 'discount_code' ORDER BY p.id DESC
        """;

    private const string ReadReleases =
        """
        SELECT currency, MIN(hold_until) AS first FROM orders
        WHERE store_id = @storeId AND ambassador_id = @id AND state = 'held' AND hold_until IS NOT NULL AND currency IS NOT NULL
        GROUP BY currency
        """;

    private const string OrderColumns =
        "SELECT order_id, reference, state, at, currency, net_minor, commission_minor, hold_until, reason FROM orders ";

    private const string Order = " ORDER BY at DESC, order_id DESC";

    private const string ReadFirst = OrderColumns + "WHERE store_id = @storeId AND ambassador_id = @id AND at IS NOT NULL" + Order;

    private const string ReadAfter =
        OrderColumns + "WHERE store_id = @storeId AND ambassador_id = @id AND at <= @at AND (at < @at OR order_id < @orderId)" + Order;

    public static async Task<PortalModel> ReadAsync(
        Db db, StoreKeys keys, RulesAcceptances rules, PublicAddress address, Visitor visitor, string? after, string? notice, DateTimeOffset now,
        CancellationToken cancel)
    {
        var store = visitor.Store;
        var time = new StoreTime(store);
        var cursor = Cursor.Read(after);
        var args = new { storeId = store.Id, id = visitor.AmbassadorId, at = cursor?.At, orderId = cursor?.OrderId, take = OrdersShown + 1 };
        var person = await db.OneAsync<Person>(ReadPerson, args, cancel)
            ?? throw new InvalidOperationException("A session names an ambassador who does not exist.");
        var balances = await db.ManyAsync<Dashboard.Balance>(ReadBalances, args, cancel);
        var releases = await db.ManyAsync<Release>(ReadReleases, args, cancel);
        var moved = (await db.ManyAsync<Moved>(ReadMoved, args, cancel)).ToDictionary(row => row.Currency, row => row.At, StringComparer.Ordinal);
        var writeOffs = await db.ManyAsync<WriteOffRow>($"{ReadWriteOffs} {db.Page}", new { args.storeId, args.id, take = WriteOffsShown }, cancel);
        var paidCodes = await db.ManyAsync<PaidCodeRow>($"{ReadPaidCodes} {db.Page}", new { args.storeId, args.id, take = PaidCodesShown }, cancel);
        var orders = await db.ManyAsync<Row>((cursor is null ? ReadFirst : ReadAfter) + " " + db.Page, args, cancel);
        var shown = orders.Take((int)OrdersShown).ToArray();
        var next = orders.Count > OrdersShown ? new Cursor(shown[^1].At!.Value, shown[^1].OrderId) : null;
        var commissions = Figures.Of(balances);
        return new PortalModel(
            Frame.OfPortal(visitor, notice),
            person.Name,
            person.State == "suspended",
            person.State == "ended",
            await FindLinkAsync(db, address, visitor, cancel),
            await db.ManyAsync<string>(ReadCodes, args, cancel),
            Words.Of(await db.OneAsync<long>(CountClicks, args, cancel)),
            [
                .. (commissions.Count > 0 || store.Currency is null ? commissions : [Figures.None(store.Currency)]).Select(commission =>
                    new PortalCurrency(
                        commission, NextPayout.Sentences(OutlookOf(
                            Currency.Parse(commission.Currency), balances, releases, time, store, person,
                            MinimumWaiver.Of(store, person.State, person.CampaignState, moved.TryGetValue(commission.Currency, out var at) ? at : null, now) is not null)))),
            ],
            [
                .. shown.Select(row => new PortalOrder(
                    row.Reference ?? row.OrderId,
                    time.At(row.At),
                    row.Currency is null ? "–" : Words.Of(row.NetMinor, row.Currency),
                    row.Currency is null ? "–" : Words.Of(row.CommissionMinor, row.Currency),
                    row.State,
                    OrderList.WhyOf(row.State, row.NetMinor, row.HoldUntil is { } until ? time.Day(until) : null, row.Reason))),
            ],
            cursor is null,
            next is null ? null : $"/portal?after={Uri.EscapeDataString(next.ToString())}",
            await rules.FindAsync(store, visitor.AmbassadorId!, cancel) is { } standing ? RulesOf(standing, time) : null,
            [.. writeOffs.Select(row => WriteOffOf(row, time))],
            await RewardList.ReadAsync(db, keys, store, visitor.AmbassadorId!, isMerchant: false, cancel))
        {
            PaidCodes =
            [
                .. paidCodes.Select(row => new PaidCode(
                    Words.Of(row.AmountMinor, row.Currency), time.At(row.CreatedAt),
                    row.ReversedMinor == 0 ? MoneyCode.Shown(DiscountCodePayout.CodeOf(keys, store, row.IdempotencyKey)) : null)),
            ],
        };
    }

    /// <summary>The visitor's own link, or null where they have none.</summary>
    public static async Task<string?> FindLinkAsync(Db db, PublicAddress address, Visitor visitor, CancellationToken cancel) =>
        await db.OneAsync<string>(
            $"{ReadLink} {db.Page}", new { storeId = visitor.Store.Id, id = visitor.AmbassadorId, take = 1L }, cancel) is { } slug
            ? address.Of($"/r/{Uri.EscapeDataString(slug)}")
            : null;

    private static PortalRules RulesOf(StandingRules standing, StoreTime time) => new(
        $"/rules/{Uri.EscapeDataString(standing.CampaignId)}", standing.Revision, time.At(standing.EffectiveAt), time.At(standing.AcceptedAt), standing.Rules);

    private static PayoutOutlook OutlookOf(
        Currency currency, IReadOnlyList<Dashboard.Balance> balances, IReadOnlyList<Release> releases, StoreTime time, Store store, Person person,
        bool isMinimumWaived)
    {
        return new PayoutOutlook(
            Of(Account.Held),
            Of(Account.Approved),
            Of(Account.InPayout),
            releases.FirstOrDefault(release => release.Currency == currency.Code) is { } release
                ? time.Day(DateTimeOffset.FromUnixTimeMilliseconds(release.First))
                : null,
            person.StripeAccount is not null || person.PayoutMethodId is not null,
            person.State == "suspended",
            store.DisplayName,
            isMinimumWaived);

        Money Of(string account) => balances.Where(balance => balance.Currency == currency.Code && balance.Account == account)
            .Aggregate(Money.Zero(currency), (sum, balance) => sum + new Money(balance.AmountMinor, currency));
    }

    private static PortalWriteOff WriteOffOf(WriteOffRow row, StoreTime time) => row.Kind == LedgerKind.Revival
        ? new PortalWriteOff(
            time.At(row.At), "Owed again", Words.Signed(-row.AmountMinor, row.Currency), "You take part again. Your next earnings settle it; you need not pay anything back.")
        : new PortalWriteOff(
            time.At(row.At), "Written off", Words.Signed(row.AmountMinor, row.Currency),
            $"The store has taken it as its loss. You need not pay it back; you owe it again only if you take part again within {Revival.Months} months.");

    private sealed record Person(string Name, string State, string? StripeAccount, string? CampaignState, string? PayoutMethodId);

    private sealed record PaidCodeRow(string IdempotencyKey, long AmountMinor, long ReversedMinor, string Currency, DateTimeOffset CreatedAt)
    {
        /// <summary>Says nothing: the key leads to the code.</summary>
        public override string ToString() => nameof(PaidCodeRow);
    }

    private sealed record Moved(string Currency, DateTimeOffset At);

    private sealed record WriteOffRow(string Kind, long AmountMinor, string Currency, DateTimeOffset At);

    // Properties and no constructor: SQLite tells no type for a computed column that has no row, and Dapper then finds no
    // constructor that fits.
    private sealed record Release
    {
        public string Currency { get; init; } = "";

        public long First { get; init; }
    }

    private sealed record Row(
        string OrderId, string? Reference, string State, DateTimeOffset? At, string? Currency, long NetMinor, long CommissionMinor,
        DateTimeOffset? HoldUntil, string? Reason);
}
