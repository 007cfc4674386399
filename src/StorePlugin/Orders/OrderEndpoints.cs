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
    [property: Description("uncredited, observed, held, review, disputed, approved, in_payout, paid or reversed.")] string State,
    [property: Description("Why it stands so, in words.")] string? Reason,
    string? AmbassadorId,
    string? CampaignId,
    [property: Description("What commission is counted on: after discounts, without tax and shipping, and without what was refunded.")] Amount? Net,
    Amount? Commission,
    DateTimeOffset? PaidAt,
    DateTimeOffset? HoldUntil,
    string? PayoutId);

internal sealed record DecisionRequest(
    [property: Description("allow, reject or credit.")] string Decision,
    [property: Description("Why, 1 to 200 characters; it stands on the receipt.")] string Reason,
    [property: Description("Whom to credit, amb_…; for credit alone.")] string? AmbassadorId = null)
{
    private const int ReasonLengthMax = 200;

    /// <summary>Reads a decision and notes on the fields what is wrong.</summary>
    public static (DecisionKind Kind, string? AmbassadorId, string Reason) Read(Fields fields)
    {
        fields.RefuseOthersThan("decision", "reason", "ambassadorId");
        var word = fields.Text("decision", 1, 20);
        DecisionKind? kind = word switch
        {
            "allow" => DecisionKind.Allow,
            "reject" => DecisionKind.Reject,
            "credit" => DecisionKind.Credit,
            _ => null,
        };
        if (kind is null && word.Length > 0)
        {
            fields.Refuse("decision", "must be allow, reject or credit");
        }

        var ambassadorId = fields.OptionalText("ambassadorId", 1, 40);
        if (kind is not null && (kind == DecisionKind.Credit) != fields.Has("ambassadorId"))
        {
            fields.Refuse("ambassadorId", "must be given to credit somebody, and only then");
        }

        return (kind ?? DecisionKind.Allow, ambassadorId, fields.Text("reason", 1, ReasonLengthMax));
    }
}

internal static class OrderEndpoints
{
    // An order of which only refunds are known has no instant yet and is not listed.
    private const string Columns =
        """
        SELECT order_id, reference, at, state, reason, ambassador_id, campaign_id, net_minor, commission_minor, currency, paid_at, hold_until, payout_id
        FROM orders WHERE store_id = @storeId
        """;

    private const string ReadOne = Columns + " AND order_id = @platformOrderId";

    private const string After = " AND at >= @at AND (at > @at OR order_id > @orderId) ORDER BY at, order_id ";

    private const string ReadAll = Columns + After;

    private const string ReadOfAmbassador = Columns + " AND ambassador_id = @ambassador" + After;

    // The state as a literal: only then the index on orders in review serves.
    private const string ReadInReview = Columns + " AND state = 'review'" + After;

    private const string ReadReceipt = "SELECT content FROM receipts WHERE store_id = @storeId AND order_id = @platformOrderId";

    public static ProblemHttpResult Unknown => Problems.NotFound(
        "order-unknown", "There is no such order.", "The store has no order with this id, or only refunds of it have arrived.");

    public static ProblemHttpResult NoTerms => Problems.Conflict(
        "terms-not-in-force", "The campaign had no terms then.", "The ambassador's campaign was launched after the order, so that nothing could be counted.");

    public static void MapOrders(this IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/orders").WithTags("Orders");
        group.MapGet("", List).WithName("listOrders").WithSummary("The store's orders in the order of their own instants, credited or not.")
            .ProducesProblem(StatusCodes.Status404NotFound);
        group.MapGet("/{platformOrderId}/receipt", GetReceipt).WithName("getReceipt")
            .WithSummary("The receipt of an order: what was considered, which rule decided, and every step to the amount.")
            .Produces<Receipt>().ProducesProblem(StatusCodes.Status404NotFound);
        group.MapPost("/{platformOrderId}/decisions", Decide).WithName("decideOrder")
            .WithSummary("Decides about one order: allows what stands in review, rejects it, or credits an ambassador.")
            .WithDescription("The newest decision counts, and the order is decided anew with it whenever it changes. Caller and reason stand on the receipt.")
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
    }

    private static async Task<Results<Ok<Listing<OrderView>>, ProblemHttpResult>> List(
        ApiCaller caller,
        Db db,
        AmbassadorDb ambassadors,
        [AsParameters] Paging paging,
        [Description("Only the orders credited to this ambassador.")] string? ambassador,
        [Description("review: only the orders that a person has to look at. Not together with ambassador.")] string? state,
        CancellationToken cancel)
    {
        if (state is not (null or "review") || (state is not null && ambassador is not null))
        {
            return Problems.Field("state", "must be review, and stand without ambassador");
        }

        if (paging.AfterNumber() is not { } after)
        {
            return Paging.BadAfter;
        }

        if (ambassador is not null && !await ambassadors.ExistsAsync(caller.Store, ambassador, cancel))
        {
            return AmbassadorEndpoints.Unknown;
        }

        var rows = await db.ManyAsync<Row>(
            (state is not null ? ReadInReview : ambassador is null ? ReadAll : ReadOfAmbassador) + db.Page,
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

    private static async Task<Results<Ok<OrderView>, ProblemHttpResult>> Decide(
        ApiCaller caller, string platformOrderId, ApiBody<DecisionRequest> body, DecideOrder orders, Db db, CancellationToken cancel)
    {
        var (kind, ambassadorId, reason) = DecisionRequest.Read(body.Fields);
        if (body.Fields.Refusal is { } refusal)
        {
            return refusal;
        }

        return await orders.DecideAsync(caller.Store, platformOrderId, kind, ambassadorId, reason, caller.Name, cancel) switch
        {
            DecisionStep.Done => TypedResults.Ok(await ReadAsync(db, caller.Store, platformOrderId, cancel)),
            DecisionStep.OrderUnknown => Unknown,
            DecisionStep.AmbassadorUnknown => AmbassadorEndpoints.Unknown,
            DecisionStep.NothingOpen => Problems.Conflict("nothing-in-review", "Nothing is in review.", "The order has no finding that waits for a person."),
            DecisionStep.NoTerms => NoTerms,
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    /// <summary>An order that is known, as the API shows it.</summary>
    public static async Task<OrderView> ReadAsync(Db db, Store store, string platformOrderId, CancellationToken cancel) =>
        Show((await db.OneAsync<Row>(ReadOne, new { storeId = store.Id, platformOrderId }, cancel))!);

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
