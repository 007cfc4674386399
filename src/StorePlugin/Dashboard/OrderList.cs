// Orders, newest first, page by page.
using System.Globalization;
using StorePlugin.Data;
using StorePlugin.Orders;
using StorePlugin.Pages;
using StorePlugin.Stores;

namespace StorePlugin.Dashboard;

/// <param name="Total">What the orders of the filter come to in all, as a sentence; null where that is not told.</param>
/// <param name="From">The first day of the filter as an input of a form takes it; empty for none.</param>
/// <param name="FirstPath">The list with its filter, from its beginning.</param>
/// <param name="Of">Whose orders they are, or of which campaign; null for all.</param>
public sealed record OrderListModel(
    Frame Frame, IReadOnlyList<OrderRow> Orders, bool IsFirst, string FirstPath, string? NextPath, string Show, string From, string To, string? Of, IReadOnlyList<string> Hidden, string? Total)
{
    /// <summary>What can be shown, by the word of the address.</summary>
    public static readonly IReadOnlyList<(string Word, string Text)> Choices =
    [
        ("", "All orders"), (OrderFilter.Credited, "Credited to an ambassador"), (OrderFilter.New, "Credited, by new customers"), ("review", "In review"), ("held", "Held"),
        ("approved", "Approved"), ("in_payout", "In payout"), ("paid", "Paid out"), ("reversed", "Reversed"), ("disputed", "Disputed"), ("uncredited", "Not credited"),
        ("observed", "Not paid yet"),
    ];
}

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

    private const string Order = " ORDER BY o.at DESC, o.order_id DESC";

    // Before an order: of those with the same instant the ones with a lower id. An order that is not known yet has no instant.
    private const string Filter =
        """
         WHERE o.store_id = @storeId AND o.at >= @from AND o.at <= @at AND (o.at < @at OR o.order_id < @orderId)
            AND (@state IS NULL OR o.state = @state)
            AND (@credited IS NULL OR (o.ambassador_id IS NOT NULL AND o.state IN ('held', 'review', 'approved', 'in_payout', 'paid', 'reversed', 'disputed')))
            AND (@customerKind IS NULL OR o.customer_kind = @customerKind)
            AND (@campaignId IS NULL OR o.campaign_id = @campaignId)
        """;

    private const string ReadPage = Columns + Filter + Order;

    private const string ReadPageOfAmbassador = Columns + Filter + " AND o.ambassador_id = @ambassadorId" + Order;

    private const string ReadAmbassador = "SELECT name FROM ambassadors WHERE store_id = @storeId AND id = @id";

    private const string ReadCampaign = "SELECT name FROM campaigns WHERE store_id = @storeId AND id = @id";

    private const string ReadOfAmbassador =
        Columns + " WHERE o.store_id = @storeId AND o.ambassador_id = @ambassadorId AND o.at IS NOT NULL " + Order;

    public static async Task<OrderListModel> ReadAsync(Db db, Visitor visitor, OrderFilter filter, string? after, CancellationToken cancel)
    {
        var cursor = Cursor.Read(after);
        var (rows, next) = await PageAsync(db, visitor, filter, cursor, PageSize, cancel);
        var of = filter.AmbassadorId is { } ambassadorId ? await db.OneAsync<string>(ReadAmbassador, new { storeId = visitor.Store.Id, id = ambassadorId }, cancel)
            : filter.CampaignId is { } campaignId ? await db.OneAsync<string>(ReadCampaign, new { storeId = visitor.Store.Id, id = campaignId }, cancel)
            : null;
        return new OrderListModel(
            Frame.OfDashboard(visitor),
            rows,
            cursor is null,
            filter.Path,
            next is null ? null : $"{filter.Path}{(filter.Path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}after={Uri.EscapeDataString(next.ToString())}",
            filter.Show ?? "",
            filter.Period is { } from ? from.From.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) : "",
            filter.Period is { } to ? to.To.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) : "",
            of,
            [filter.AmbassadorId ?? "", filter.CampaignId ?? ""],
            await TotalAsync(db, visitor.Store, filter, cancel));
    }

    /// <summary>One page, and where the next one begins if there is one.</summary>
    public static async Task<(IReadOnlyList<OrderRow> Rows, Cursor? Next)> PageAsync(
        Db db, Visitor visitor, OrderFilter filter, Cursor? after, long size, CancellationToken cancel)
    {
        var (from, to) = filter.Period?.InstantsIn(visitor.Store) ?? (DateTimeOffset.UnixEpoch, DateTimeOffset.MaxValue);
        var args = new
        {
            storeId = visitor.Store.Id,
            from,
            at = after?.At ?? to,
            orderId = after?.OrderId ?? "",
            state = filter.State,
            credited = filter.Show is OrderFilter.Credited or OrderFilter.New ? "yes" : null,
            customerKind = filter.Show == OrderFilter.New ? CustomerKind.New : null,
            campaignId = filter.CampaignId,
            ambassadorId = filter.AmbassadorId,
            take = size + 1,
        };
        var rows = await db.ManyAsync<Row>((filter.AmbassadorId is null ? ReadPage : ReadPageOfAmbassador) + " " + db.Page, args, cancel);
        var shown = rows.Take((int)size).ToArray();
        return ([.. shown.Select(row => Write(row, visitor.Store))], rows.Count > size ? new Cursor(shown[^1].At!.Value, shown[^1].OrderId) : null);
    }

    // From the same figures as the overview; of other filters nothing is kept that could be told at once.
    private static async Task<string?> TotalAsync(Db db, Store store, OrderFilter filter, CancellationToken cancel)
    {
        if (filter is not { Show: OrderFilter.Credited or OrderFilter.New, Period: { } period, AmbassadorId: null, CampaignId: null })
        {
            return null;
        }

        var figures = await DayFigures.ReadAsync(db, store, period, cancel);
        return filter.Show == OrderFilter.New
            ? $"{Words.Count(figures.Orders(period).NewCustomers, "order", "orders")} of new customers."
            : string.Join(' ', figures.Currencies.Select(currency => figures.Orders(period, currency) is var sum && currency.Length > 0
                ? $"{Words.Count(sum.Orders, "order", "orders")} with net sales of {Words.Of(sum.NetMinor, currency)} and a commission of {Words.Of(sum.CommissionMinor, currency)}."
                : "")) is { Length: > 0 } text ? text : "No order.";
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
            row.Ambassador is { } name ? Words.ShortName(name) : null,
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

/// <summary>Which orders a list shows.</summary>
/// <param name="Show">A word of <see cref="OrderListModel.Choices"/>; null for all.</param>
internal sealed record OrderFilter(string? Show, Period? Period, string? AmbassadorId, string? CampaignId)
{
    public const string Credited = "credited";
    public const string New = "new";

    private const int IdLengthMax = 40;

    public static readonly OrderFilter None = new(null, null, null, null);

    /// <summary>The state of the column; null where the word is none.</summary>
    public string? State => Show is Credited or New ? null : Show;

    public string Path => new[]
    {
        Show is null ? null : $"show={Show}",
        Period?.Query,
        AmbassadorId is null ? null : $"ambassador={Uri.EscapeDataString(AmbassadorId)}",
        CampaignId is null ? null : $"campaign={Uri.EscapeDataString(CampaignId)}",
    }.OfType<string>().ToArray() is { Length: > 0 } parts
        ? $"/dashboard/orders?{string.Join('&', parts)}"
        : "/dashboard/orders";

    /// <summary>What an address asks for; whatever nobody of ours has written there is left out.</summary>
    public static OrderFilter Read(string? show, string? from, string? to, string? ambassador, string? campaign) => new(
        OrderListModel.Choices.Any(choice => choice.Word == show && show.Length > 0) ? show : null, Period.Read(from, to), IdOf(ambassador), IdOf(campaign));

    private static string? IdOf(string? text) => text is { Length: > 0 and <= IdLengthMax } ? text : null;
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
