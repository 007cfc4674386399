// What the mails about a payout say: the payout as it stands, the way it goes, and the orders that it is for.
using StorePlugin.Data;
using StorePlugin.Ledger;
using StorePlugin.Pages;
using StorePlugin.Payouts;
using StorePlugin.Stores;

namespace StorePlugin.Mail;

/// <param name="Method">Where a manual one went, masked; null for every other, and where that was erased.</param>
/// <param name="ErrorCode">The code of the last refusal.</param>
/// <param name="SentAt">Null where it was never sent.</param>
/// <param name="OrdersAt">The first and the last instant of the orders that it is for; null where it holds none.</param>
internal sealed record PayoutFacts(
    Payout Payout, string? Method, string? ErrorCode, DateTimeOffset? SentAt,
    long Orders, (DateTimeOffset First, DateTimeOffset Last)? OrdersAt)
{
    public static readonly Placeholder AmountPlaceholder = new("amount", "the payout's amount");

    private const string ReadMethod = "SELECT masked FROM payout_methods WHERE store_id = @storeId AND id = @methodId AND masked <> ''";

    private const string ReadErrorCode =
        "SELECT error_code FROM payout_attempts WHERE store_id = @storeId AND payout_id = @payoutId AND outcome = 'refused' ORDER BY attempt DESC ";

    private const string ReadSentAt =
        "SELECT booked_at FROM ledger_transactions WHERE store_id = @storeId AND kind = @kind AND source = @payoutId";

    private const string ReadOrders =
        """
        SELECT CAST(COUNT(*) AS bigint) AS number, COALESCE(MIN(at), 0) AS first_at, COALESCE(MAX(at), 0) AS last_at
        FROM orders WHERE store_id = @storeId AND ambassador_id = @ambassadorId AND payout_id = @payoutId
        """;

    public bool IsStripe => Payout.Provider == PayoutProvider.Stripe;

    /// <summary>The payout with all that is told of it; null where there is none.</summary>
    public static async Task<PayoutFacts?> FindAsync(Db db, Store store, string payoutId, CancellationToken cancel)
    {
        if (await db.OneAsync<Payout>(Payout.ById, new { storeId = store.Id, payoutId }, cancel) is not { } payout)
        {
            return null;
        }

        var args = new { storeId = store.Id, payoutId, ambassadorId = payout.AmbassadorId, kind = LedgerKind.PayoutSent, take = 1L };
        var method = payout.Provider == PayoutProvider.Manual
            ? await db.OneAsync<string>(ReadMethod, new { storeId = store.Id, methodId = payout.Destination }, cancel)
            : null;
        var orders = (await db.OneAsync<OrderSums>(ReadOrders, args, cancel))!;
        return new PayoutFacts(
            payout, method,
            await db.OneAsync<string>(ReadErrorCode + db.Page, args, cancel),
            await db.OneAsync<DateTimeOffset?>(ReadSentAt, args, cancel),
            orders.Number,
            orders.FirstAt == 0 ? null : (DateTimeOffset.FromUnixTimeMilliseconds(orders.FirstAt), DateTimeOffset.FromUnixTimeMilliseconds(orders.LastAt)));
    }

    /// <summary>A made-up one, for previews.</summary>
    public static PayoutFacts Sample(Store store, string state, long reversedMinor, DateTimeOffset now) => new(
        new Payout(
            store.Id, "po_example", "run_example", "amb_example", store.Currency ?? "EUR", 5050, reversedMinor, "acct_example", store.Mode, state, null, null,
            now.AddDays(-1), now, ArrivesAt: now.AddDays(4)),
        null, null, now, 2, (now.AddDays(-40), now.AddDays(-31)));

    /// <summary>From whom, when and for which orders, as a mail lists them.</summary>
    public List<(string Label, string Value)> Lines(Store store, Recipient reader)
    {
        var time = new StoreTime(store);
        var lines = new List<(string Label, string Value)> { ("From", $"{OneLine.Of(store.DisplayName)}, for “{reader.Campaign}”") };
        if (SentAt is { } sentAt)
        {
            lines.Add(("Sent on", time.Day(sentAt)));
        }

        if (Orders > 0)
        {
            lines.Add(("For", Words.Count(Orders, "order", "orders") + Period(time)));
        }

        return lines;
    }

    private string Period(StoreTime time) => OrdersAt is not var (first, last) ? ""
        : time.Day(first) == time.Day(last) ? $" of {time.Day(first)}" : $" from {time.Day(first)} to {time.Day(last)}";

    // By properties, not by position: SQLite tells no type for a computed column.
    private sealed record OrderSums
    {
        public long Number { get; init; }

        public long FirstAt { get; init; }

        public long LastAt { get; init; }
    }
}
