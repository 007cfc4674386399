// The API's calls about orders and their receipts.
using System.ComponentModel;
using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using StorePlugin.Ambassadors;
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Orders;

internal sealed record OrderView(
    string PlatformOrderId,
    string? Reference,
    [property: Description("The order's own instant, as the platform dates it.")] DateTimeOffset At,
    [property: Description("uncredited, observed, held, review, approved, in_payout, paid or reversed.")] string State,
    [property: Description("Why it stands so, in words.")] string? Reason,
    string? AmbassadorId,
    string? CampaignId,
    [property: Description("What commission is counted on: after discounts, without tax and shipping, and without what was refunded.")] Amount? Net,
    Amount? Commission,
    DateTimeOffset? PaidAt,
    DateTimeOffset? HoldUntil,
    string? PayoutId);

internal static class OrderEndpoints
{
    // An order of which only refunds are known has no instant yet and is not listed.
    private const string Columns =
        """
        SELECT order_id, reference, at, state, reason, ambassador_id, campaign_id, net_minor, commission_minor, currency, paid_at, hold_until, payout_id
        FROM orders WHERE store_id = @storeId
        """;

    private const string After = " AND at >= @at AND (at > @at OR order_id > @orderId) ORDER BY at, order_id ";

    private const string ReadAll = Columns + After;

    private const string ReadOfAmbassador = Columns + " AND ambassador_id = @ambassador" + After;

    private const string ReadReceipt = "SELECT content FROM receipts WHERE store_id = @storeId AND order_id = @platformOrderId";

    public static void MapOrders(this IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/orders").WithTags("Orders");
        group.MapGet("", List).WithName("listOrders").WithSummary("The store's orders in the order of their own instants, credited or not.")
            .ProducesProblem(StatusCodes.Status404NotFound);
        group.MapGet("/{platformOrderId}/receipt", GetReceipt).WithName("getReceipt")
            .WithSummary("The receipt of an order: what was considered, which rule decided, and every step to the amount.")
            .Produces<Receipt>().ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<Results<Ok<Listing<OrderView>>, ProblemHttpResult>> List(
        ApiCaller caller,
        Db db,
        AmbassadorDb ambassadors,
        [AsParameters] Paging paging,
        [Description("Only the orders credited to this ambassador.")] string? ambassador,
        CancellationToken cancel)
    {
        if (paging.AfterNumber() is not { } after)
        {
            return Paging.BadAfter;
        }

        if (ambassador is not null && !await ambassadors.ExistsAsync(caller.Store, ambassador, cancel))
        {
            return AmbassadorEndpoints.Unknown;
        }

        var rows = await db.ManyAsync<Row>(
            (ambassador is null ? ReadAll : ReadOfAmbassador) + db.Page,
            new { storeId = caller.Store.Id, ambassador, at = after.Number, orderId = after.Text, take = paging.Take },
            cancel);
        return TypedResults.Ok(paging.Show(
            rows, row => string.Create(CultureInfo.InvariantCulture, $"{row.At.ToUnixTimeMilliseconds()}.{row.OrderId}"), Show));
    }

    private static async Task<Results<ContentHttpResult, ProblemHttpResult>> GetReceipt(
        ApiCaller caller, string platformOrderId, Db db, CancellationToken cancel) =>
        await db.OneAsync<string>(ReadReceipt, new { storeId = caller.Store.Id, platformOrderId }, cancel) is { } content
            ? TypedResults.Text(ReceiptView.Of(content).ToJsonString(), "application/json")
            : Problems.NotFound(
                "receipt-unknown", "There is no such receipt.", "The store has no order with this id, or only refunds of it have arrived.");

    private static OrderView Show(Row row) => new(
        row.OrderId,
        row.Reference,
        row.At,
        row.State,
        row.Reason,
        row.AmbassadorId,
        row.CampaignId,
        row.Currency is null ? null : new Amount(row.NetMinor, row.Currency),
        row.Currency is null ? null : new Amount(row.CommissionMinor, row.Currency),
        row.PaidAt,
        row.HoldUntil,
        row.PayoutId);

    private sealed record Row(
        string OrderId, string? Reference, DateTimeOffset At, string State, string? Reason, string? AmbassadorId, string? CampaignId,
        long NetMinor, long CommissionMinor, string? Currency, DateTimeOffset? PaidAt, DateTimeOffset? HoldUntil, string? PayoutId);
}
