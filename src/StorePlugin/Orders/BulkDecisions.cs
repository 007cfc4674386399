// Many orders decided at once: a burst of orders stands in review together, and is looked at together (rule F4).
using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using StorePlugin.Stores;

namespace StorePlugin.Orders;

internal sealed record BulkDecisionRequest(
    [property: Description("1 to 200 orders by their platform's ids.")] IReadOnlyList<string> Orders,
    [property: Description("allow or reject.")] string Decision,
    [property: Description("Why, 1 to 200 characters; it stands on each receipt.")] string Reason)
{
    public const int OrdersMax = 200;

    private const int IdLengthMax = 60;
    private const int ReasonLengthMax = 200;

    /// <summary>Reads a decision and notes on the fields what is wrong.</summary>
    public static (IReadOnlyList<string> Orders, DecisionKind Kind, string Reason) Read(Fields fields)
    {
        fields.RefuseOthersThan("orders", "decision", "reason");
        var orders = fields.OptionalTexts("orders").Select(id => id?.Trim() ?? "").Distinct(StringComparer.Ordinal).ToList();
        if (orders.Count is 0 or > OrdersMax || orders.Exists(id => id.Length is 0 or > IdLengthMax))
        {
            fields.Refuse("orders", $"must be 1 to {OrdersMax} ids of orders");
        }

        var kind = fields.Text("decision", 1, 20) switch
        {
            "allow" => DecisionKind.Allow,
            "reject" => DecisionKind.Reject,
            _ => (DecisionKind?)null,
        };
        if (kind is null && fields.Has("decision"))
        {
            fields.Refuse("decision", "must be allow or reject");
        }

        return (orders, kind ?? DecisionKind.Allow, fields.Text("reason", 1, ReasonLengthMax));
    }
}

internal sealed record BulkDecisionView(
    string PlatformOrderId,
    [property: Description("decided, order-unknown, or nothing-in-review where there was nothing to allow.")] string Result);

/// <summary>What became of each order, in the order of the request.</summary>
internal sealed record BulkDecisionResult(IReadOnlyList<BulkDecisionView> Items);

internal static class BulkDecisions
{
    private const string OrderUnknown = "order-unknown";

    public static void MapBulkDecisions(this IEndpointRouteBuilder api) =>
        api.MapPost("/order-decisions", Decide).WithTags("Orders").WithName("decideOrders")
            .WithSummary("Allows or rejects many orders at once, each for itself.")
            .WithDescription("An order that cannot be decided does not keep the others from it: the answer says what became of each.")
            .ProducesProblem(StatusCodes.Status404NotFound);

    private static async Task<Results<Ok<BulkDecisionResult>, ProblemHttpResult>> Decide(
        ApiCaller caller, ApiBody<BulkDecisionRequest> body, DecideOrder orders, CancellationToken cancel)
    {
        var (ids, kind, reason) = BulkDecisionRequest.Read(body.Fields);
        if (body.Fields.Refusal is { } refusal)
        {
            return refusal;
        }

        var results = new List<BulkDecisionView>(ids.Count);
        foreach (var id in ids)
        {
            results.Add(new BulkDecisionView(id, await orders.DecideAsync(caller.Store, id, kind, null, reason, caller.Name, cancel) switch
            {
                DecisionStep.Done => "decided",
                DecisionStep.NothingOpen => "nothing-in-review",
                DecisionStep.OrderUnknown => OrderUnknown,
                _ => throw new System.Diagnostics.UnreachableException("Nobody is credited here."),
            }));
        }

        return results.TrueForAll(result => result.Result == OrderUnknown)
            ? Problems.NotFound(OrderUnknown, "There is no such order.", "The store has none of these orders, or only refunds of them have arrived.")
            : TypedResults.Ok(new BulkDecisionResult(results));
    }
}
