// One order: what was decided, why, and what it has moved in the books.
using StorePlugin.Data;
using StorePlugin.Orders;
using StorePlugin.Pages;
using StorePlugin.Stores;

namespace StorePlugin.Dashboard;

/// <param name="CanDecide">Whether more than a refund of it is known.</param>
/// <param name="Decisions">How many decisions people have made about it.</param>
/// <param name="Problem">Why what was typed could not be used.</param>
/// <param name="Receipt">The decision in words, a sentence a line; empty where nothing has been decided yet.</param>
public sealed record OrderModel(
    Frame Frame, string Reference, string State, string StateWords, Moment? At, Moment? PaidAt, string Net, string Commission,
    string? Ambassador, string? AmbassadorPath, IReadOnlyList<string> Receipt, Moment? DecidedAt, IReadOnlyList<EntryRow> Entries, string Path, bool CanDecide, long Decisions,
    string? Problem = null, TypedDecision? Typed = null);

/// <summary>An entry of the ledger in words.</summary>
public sealed record EntryRow(Moment At, string Account, string Amount, bool IsNegative, string Reason, string Actor, string? Order, string? OrderPath);

internal static class OrderDetail
{
    private const string ReadOrder =
        """
        SELECT o.reference, o.state, o.at, o.paid_at, o.currency, o.net_minor, o.commission_minor, o.hold_until, o.ambassador_id,
            a.name AS ambassador, r.content, r.decided_at,
            COALESCE((SELECT MAX(d.number) FROM order_decisions d WHERE d.store_id = o.store_id AND d.order_id = o.order_id), 0) AS decisions
        FROM orders o
            LEFT JOIN ambassadors a ON a.store_id = o.store_id AND a.id = o.ambassador_id
            LEFT JOIN receipts r ON r.store_id = o.store_id AND r.order_id = o.order_id
        WHERE o.store_id = @storeId AND o.order_id = @orderId
        """;

    private const string EntryColumns =
        """
        SELECT t.booked_at, e.account, e.amount_minor, e.currency, t.reason, t.actor, e.order_id, o.reference
        FROM ledger_entries e
            JOIN ledger_transactions t ON t.store_id = e.store_id AND t.id = e.transaction_id
            LEFT JOIN orders o ON o.store_id = e.store_id AND o.order_id = e.order_id
        """;

    private const string ReadEntriesOfOrder =
        EntryColumns + " WHERE e.store_id = @storeId AND e.order_id = @orderId ORDER BY e.transaction_id DESC, e.position";

    private const string ReadEntriesOfAmbassador =
        EntryColumns + " WHERE e.store_id = @storeId AND e.ambassador_id = @ambassadorId ORDER BY e.transaction_id DESC, e.position";

    private const long EntriesMax = 50;

    public static async Task<OrderModel?> ReadAsync(Db db, Visitor visitor, string orderId, string? notice, CancellationToken cancel)
    {
        var store = visitor.Store;
        if (await db.OneAsync<Row>(ReadOrder, new { storeId = store.Id, orderId }, cancel) is not { } row)
        {
            return null;
        }

        var time = new StoreTime(store);
        var entries = await db.ManyAsync<Entry>(
            $"{ReadEntriesOfOrder} {db.Page}", new { storeId = store.Id, orderId, take = EntriesMax }, cancel);
        return new OrderModel(
            Frame.OfDashboard(visitor, notice),
            row.Reference ?? orderId,
            row.State,
            Words.OrderStateMeaning(row.State, row.NetMinor, row.HoldUntil is { } until ? time.Day(until) : null),
            time.At(row.At),
            time.At(row.PaidAt),
            row.Currency is null ? "–" : Words.Of(row.NetMinor, row.Currency),
            row.Currency is null || row.AmbassadorId is null ? "–" : Words.Of(row.CommissionMinor, row.Currency),
            row.Ambassador,
            row.AmbassadorId is null ? null : $"/dashboard/ambassadors/{Uri.EscapeDataString(row.AmbassadorId)}",
            row.Content is null ? [] : ReceiptText.Lines(Receipt.FromJson(row.Content), store.Zone),
            time.At(row.DecidedAt),
            [.. entries.Select(entry => Write(entry, time))],
            OrderPages.PathOf(orderId),
            row.Content is not null,
            row.Decisions);
    }

    /// <summary>The newest entries of one ambassador.</summary>
    public static async Task<IReadOnlyList<EntryRow>> EntriesOfAmbassadorAsync(
        Db db, Visitor visitor, string ambassadorId, long size, CancellationToken cancel)
    {
        var time = new StoreTime(visitor.Store);
        var entries = await db.ManyAsync<Entry>(
            $"{ReadEntriesOfAmbassador} {db.Page}", new { storeId = visitor.Store.Id, ambassadorId, take = size }, cancel);
        return [.. entries.Select(entry => Write(entry, time))];
    }

    private static EntryRow Write(Entry entry, StoreTime time) => new(
        time.At(entry.BookedAt),
        Words.AccountName(entry.Account),
        Words.Signed(entry.AmountMinor, entry.Currency),
        entry.AmountMinor < 0,
        entry.Reason,
        entry.Actor,
        entry.Reference ?? entry.OrderId,
        entry.OrderId is null ? null : $"/dashboard/orders/{Uri.EscapeDataString(entry.OrderId)}");

    // Properties and no constructor: SQLite tells no type for a computed column that has no row.
    private sealed record Row
    {
        public string? Reference { get; init; }

        public string State { get; init; } = "";

        public DateTimeOffset? At { get; init; }

        public DateTimeOffset? PaidAt { get; init; }

        public string? Currency { get; init; }

        public long NetMinor { get; init; }

        public long CommissionMinor { get; init; }

        public DateTimeOffset? HoldUntil { get; init; }

        public string? AmbassadorId { get; init; }

        public string? Ambassador { get; init; }

        public string? Content { get; init; }

        public DateTimeOffset? DecidedAt { get; init; }

        public long Decisions { get; init; }
    }

    private sealed record Entry(
        DateTimeOffset BookedAt, string Account, long AmountMinor, string Currency, string Reason, string Actor, string? OrderId, string? Reference);
}
