// Orders, newest first, page by page.
using System.Globalization;
using StorePlugin.Data;
using StorePlugin.Pages;
using StorePlugin.Stores;

namespace StorePlugin.Dashboard;

public sealed record OrderListModel(Frame Frame, IReadOnlyList<OrderRow> Orders, bool IsFirst, string? NextPath);

/// <param name="Ambassador">Who is credited; null for nobody.</param>
/// <param name="Why">The state and the reason in words.</param>
public sealed record OrderRow(
    string Path, string Reference, Moment? At, string Net, string Commission, string State, string Why, string? Ambassador, string? AmbassadorPath);

internal static class OrderList
{
    private const long PageSize = 25;

    private const string Columns =
        """
        SELECT o.order_id, o.reference, o.state, o.at, o.currency, o.net_minor, o.commission_minor, o.hold_until, o.reason,
            o.ambassador_id, a.name AS ambassador
        FROM orders o LEFT JOIN ambassadors a ON a.store_id = o.store_id AND a.id = o.ambassador_id
        """;

    private const string Order = "ORDER BY o.at DESC, o.order_id DESC";

    private const string ReadFirst = Columns + " WHERE o.store_id = @storeId AND o.at IS NOT NULL " + Order;

    private const string ReadAfter =
        Columns + " WHERE o.store_id = @storeId AND o.at <= @at AND (o.at < @at OR o.order_id < @orderId) " + Order;

    private const string ReadOfAmbassador =
        Columns + " WHERE o.store_id = @storeId AND o.ambassador_id = @ambassadorId AND o.at IS NOT NULL " + Order;

    public static async Task<OrderListModel> ReadAsync(Db db, Visitor visitor, string? after, CancellationToken cancel)
    {
        var cursor = Cursor.Read(after);
        var (rows, next) = await PageAsync(db, visitor, cursor, PageSize, cancel);
        return new OrderListModel(
            Frame.OfDashboard(visitor), rows, cursor is null,
            next is null ? null : $"/dashboard/orders?after={Uri.EscapeDataString(next.ToString())}");
    }

    /// <summary>One page, and where the next one begins if there is one.</summary>
    public static async Task<(IReadOnlyList<OrderRow> Rows, Cursor? Next)> PageAsync(
        Db db, Visitor visitor, Cursor? after, long size, CancellationToken cancel)
    {
        var args = new { storeId = visitor.Store.Id, at = after?.At, orderId = after?.OrderId, take = size + 1 };
        var rows = await db.ManyAsync<Row>((after is null ? ReadFirst : ReadAfter) + " " + db.Page, args, cancel);
        var shown = rows.Take((int)size).ToArray();
        return ([.. shown.Select(row => Write(row, visitor.Store))], rows.Count > size ? new Cursor(shown[^1].At!.Value, shown[^1].OrderId) : null);
    }

    /// <summary>The newest orders of one ambassador.</summary>
    public static async Task<IReadOnlyList<OrderRow>> OfAmbassadorAsync(
        Db db, Visitor visitor, string ambassadorId, long size, CancellationToken cancel)
    {
        var rows = await db.ManyAsync<Row>(
            $"{ReadOfAmbassador} {db.Page}", new { storeId = visitor.Store.Id, ambassadorId, take = size }, cancel);
        return [.. rows.Select(row => Write(row, visitor.Store))];
    }

    private static OrderRow Write(Row row, Store store)
    {
        var time = new StoreTime(store);
        return new OrderRow(
            $"/dashboard/orders/{Uri.EscapeDataString(row.OrderId)}",
            row.Reference ?? row.OrderId,
            time.At(row.At),
            row.Currency is null ? "–" : Words.Of(row.NetMinor, row.Currency),
            row.Currency is null || row.AmbassadorId is null ? "–" : Words.Of(row.CommissionMinor, row.Currency),
            row.State,
            WhyOf(row.State, row.NetMinor, row.HoldUntil is { } until ? time.Day(until) : null, row.Reason),
            row.Ambassador,
            row.AmbassadorId is null ? null : $"/dashboard/ambassadors/{Uri.EscapeDataString(row.AmbassadorId)}");
    }

    /// <summary>The reason of the decision first, then what its state means.</summary>
    public static string WhyOf(string state, long netMinor, string? holdUntil, string? reason) => (state, reason) switch
    {
        (_, null) => Words.OrderStateMeaning(state, netMinor, holdUntil),
        // The reason says why nothing is earned, or waits for money; the state would only repeat it.
        ("uncredited" or "reversed", _) => reason,
        ("held", _) when holdUntil is null => reason,
        ("observed", _) when netMinor == 0 => reason,
        _ => $"{reason} {Words.OrderStateMeaning(state, netMinor, holdUntil)}",
    };

    private sealed record Row(
        string OrderId, string? Reference, string State, DateTimeOffset? At, string? Currency, long NetMinor, long CommissionMinor,
        DateTimeOffset? HoldUntil, string? Reason, string? AmbassadorId, string? Ambassador);
}

/// <summary>Where a list of orders goes on: after this order.</summary>
internal sealed record Cursor(DateTimeOffset At, string OrderId)
{
    /// <summary>Null for no cursor and for one that nobody of ours has made; the list then begins at its start.</summary>
    public static Cursor? Read(string? text) =>
        text?.IndexOf('.', StringComparison.Ordinal) is > 0 and var dot
        && long.TryParse(text.AsSpan(0, dot), NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds)
        && milliseconds <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()
            ? new Cursor(DateTimeOffset.FromUnixTimeMilliseconds(milliseconds), text[(dot + 1)..])
            : null;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{At.ToUnixTimeMilliseconds()}.{OrderId}");
}
