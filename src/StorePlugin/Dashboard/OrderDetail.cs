// One order: what was decided, why, and what it has moved in the books.
using StorePlugin.Data;
using StorePlugin.Orders;
using StorePlugin.Pages;
using StorePlugin.Stores;

namespace StorePlugin.Dashboard;

/// <param name="Receipt">The decision in words, a sentence a line; empty where nothing has been decided yet.</param>
public sealed record OrderModel(
    Frame Frame, string Reference, string State, string StateWords, Moment? At, Moment? PaidAt, string Net, string Commission,
    string? Ambassador, string? AmbassadorPath, IReadOnlyList<string> Receipt, Moment? DecidedAt, IReadOnlyList<EntryRow> Entries);

/// <summary>An entry of the ledger in words.</summary>
public sealed record EntryRow(Moment At, string Account, string Amount, bool IsNegative, string Reason, string Actor, string? Order, string? OrderPath);

internal static class OrderDetail
{
    private const string ReadOrder =
        """
        SELECT o.reference, o.state, o.at, o.paid_at, o.currency, o.net_minor, o.commission_minor, o.hold_until, o.ambassador_id,
            a.name AS ambassador, r.content, r.decided_at
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

    public static async Task<OrderModel?> ReadAsync(Db db, Visitor visitor, string orderId, CancellationToken cancel)
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
            Frame.OfDashboard(visitor),
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
            [.. entries.Select(entry => Write(entry, time))]);
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

    private sealed record Row(
        string? Reference, string State, DateTimeOffset? At, DateTimeOffset? PaidAt, string? Currency, long NetMinor, long CommissionMinor,
        DateTimeOffset? HoldUntil, string? AmbassadorId, string? Ambassador, string? Content, DateTimeOffset? DecidedAt);

    private sealed record Entry(
        DateTimeOffset BookedAt, string Account, long AmountMinor, string Currency, string Reason, string Actor, string? OrderId, string? Reference);
}
