// The API's call about disputes, for stores whose platform does not tell of them.
using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using StorePlugin.Campaigns;
using StorePlugin.Data;
using StorePlugin.Stores;
using StorePlugin.Webhooks;

namespace StorePlugin.Orders;

internal sealed record DisputeRequest(
    [property: Description("open, won or lost.")] string State,
    [property: Description("What the bank disputes, in the order's currency; absent for a mere inquiry, which takes nothing.")] Amount? Amount,
    [property: Description("When the bank began it.")] DateTimeOffset OpenedAt,
    [property: Description("When it was decided; not while it is open.")] DateTimeOffset? ClosedAt = null)
{
    /// <summary>Reads a dispute of an order and notes on the fields what is wrong.</summary>
    public static Dispute Read(Fields fields, string orderId, string disputeId, Currency currency, DateTimeOffset now)
    {
        fields.RefuseOthersThan("state", "amount", "openedAt", "closedAt");
        var word = fields.Text("state", 1, 10);
        DisputeState? state = word switch
        {
            "open" => DisputeState.Open,
            "won" => DisputeState.Won,
            "lost" => DisputeState.Lost,
            _ => null,
        };
        if (state is null && word.Length > 0)
        {
            fields.Refuse("state", "must be open, won or lost");
        }

        var amount = fields.OptionalAmount("amount", currency.Code, long.MaxValue) ?? 0;
        var opened = ReadInstant(fields, "openedAt", fields.Text("openedAt", 1, 40), now) ?? now;
        var closed = ReadInstant(fields, "closedAt", fields.OptionalText("closedAt", 1, 40), now);
        if (closed is not null && state == DisputeState.Open)
        {
            fields.Refuse("closedAt", "must not be given while the dispute is open");
        }

        if (closed < opened)
        {
            fields.Refuse("closedAt", "must not lie before openedAt");
        }

        return new Dispute(disputeId, orderId, opened, closed, currency, amount, state ?? DisputeState.Open);
    }

    private static DateTimeOffset? ReadInstant(Fields fields, string name, string? text, DateTimeOffset now)
    {
        if (text is not { Length: > 0 })
        {
            return null;
        }

        if (DateOrInstant.Instant(text) is not { } instant)
        {
            fields.Refuse(name, "must be an ISO 8601 instant, such as 2026-12-31T18:00:00Z");
            return null;
        }

        if (instant > now)
        {
            fields.Refuse(name, "must not lie ahead");
        }

        return Instants.Kept(instant);
    }
}

internal static class DisputeEndpoints
{
    private const int IdLengthMax = 60;
    private const int RaceTriesMax = 5;

    private const string ReadCurrency = "SELECT currency FROM orders WHERE store_id = @storeId AND order_id = @platformOrderId AND currency IS NOT NULL";

    public static void MapDisputes(this IEndpointRouteBuilder api) => api
        .MapPut("/orders/{platformOrderId}/disputes/{disputeId}", Put).WithName("putDispute").WithTags("Orders")
        .WithSummary("Tells how a dispute about an order's payment stands: opened by the shopper's bank, won or lost.")
        .WithDescription(
            "For platforms that do not tell it themselves. Until it is won it takes its amount as a refund would, and while it is open nothing of the order is "
            + "released. A decided dispute is not opened again by an older message; the same call twice changes nothing. Of one order 20 disputes are taken.")
        .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);

    private static async Task<Results<Ok<OrderView>, ProblemHttpResult>> Put(
        ApiCaller caller, string platformOrderId, string disputeId, ApiBody<DisputeRequest> body, ReceiveOrders orders, Db db, TimeProvider clock, CancellationToken cancel)
    {
        if (disputeId.Length > IdLengthMax)
        {
            return Problems.Field("disputeId", $"must be of {IdLengthMax} characters at most");
        }

        if (await db.OneAsync<string>(ReadCurrency, new { storeId = caller.Store.Id, platformOrderId }, cancel) is not { } currency)
        {
            return OrderEndpoints.Unknown;
        }

        var dispute = DisputeRequest.Read(body.Fields, platformOrderId, disputeId, Currency.Parse(currency), clock.GetUtcNow());
        if (body.Fields.Refusal is { } refusal)
        {
            return refusal;
        }

        for (var tries = 1; ; tries++)
        {
            try
            {
                await db.InTransactionAsync(tx => orders.ApplyAsync(tx, caller.Store, [new OrderEvent.Disputed(dispute, caller.Name)]), cancel: cancel);
                return TypedResults.Ok(await OrderEndpoints.ReadAsync(db, caller.Store, platformOrderId, cancel));
            }
            // A worker decided the order at the same moment: the dispute is applied to what stands now.
            catch (StaleOrderException) when (tries < RaceTriesMax)
            {
            }
            // It is known only where the order is read to be decided; nothing has been written.
            catch (TooManyDisputesException)
            {
                return Problems.Conflict(
                    "disputes-too-many", "The order has too many disputes.", $"Of one order {Disputes.OfOrderMax} disputes are taken; tell how one of those stands that are known.");
            }
        }
    }
}
