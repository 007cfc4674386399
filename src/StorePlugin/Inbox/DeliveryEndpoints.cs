// The API's calls about deliveries: what came in, what became of it, and once more from the start.
using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Inbox;

/// <param name="Source">shopify, woocommerce, stripe or rehearsal.</param>
internal sealed record DeliveryView(
    string Id,
    string Source,
    string Topic,
    [property: Description("What makes the delivery unique for its source.")] string Key,
    [property: Description("pending, done or dead.")] string State,
    [property: Description("How many tries have failed.")] long Attempts,
    DateTimeOffset ReceivedAt,
    [property: Description("When it is tried next; null once it is done or dead.")] DateTimeOffset? DueAt,
    DateTimeOffset? DoneAt,
    [property: Description("What became of it, or why it failed, in words.")] string? Reason);

internal static class DeliveryEndpoints
{
    private const string Columns =
        "SELECT id, source, topic, delivery_key, state, attempts, received_at, due_at, done_at, outcome FROM deliveries WHERE store_id = @storeId";

    private const string ReadOne = Columns + " AND id = @id";

    private const string After = " AND id > @after ORDER BY id ";

    // The state as a literal: only then the indexes on rows of one state serve.
    private const string ReadDead = Columns + " AND state = 'dead'" + After;
    private const string ReadPending = Columns + " AND state = 'pending'" + After;
    private const string ReadDone = Columns + " AND state = 'done'" + After;

    public static void MapDeliveries(this IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/deliveries").WithTags("Deliveries");
        group.MapGet("", List).WithName("listDeliveries").WithSummary("Deliveries of one state, oldest first.");
        group.MapGet("/{id}", Get).WithName("getDelivery").WithSummary("One delivery.").ProducesProblem(StatusCodes.Status404NotFound);
        group.MapPost("/{id}/replays", Replay).WithName("replayDelivery").WithSummary("Works on a dead delivery once more, from its first attempt.")
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
    }

    /// <summary>For a filter that names no state.</summary>
    public static ProblemHttpResult BadState => Problems.Field("state", "must be dead, pending or done");

    private static ProblemHttpResult Unknown =>
        Problems.NotFound("delivery-unknown", "There is no such delivery.", "The store has no delivery with this id.");

    private static async Task<Results<Ok<Listing<DeliveryView>>, ProblemHttpResult>> List(
        ApiCaller caller, Db db, [AsParameters] Paging paging, [Description("dead, pending or done; dead when absent.")] string? state, CancellationToken cancel)
    {
        if (paging.AfterId("dlv") is not { } after)
        {
            return Paging.BadAfter;
        }

        var read = (state ?? "dead") switch
        {
            "dead" => ReadDead,
            "pending" => ReadPending,
            "done" => ReadDone,
            _ => null,
        };
        if (read is null)
        {
            return BadState;
        }

        var rows = await db.ManyAsync<Row>(read + db.Page, new { storeId = caller.Store.Id, after, take = paging.Take }, cancel);
        return TypedResults.Ok(paging.Show(rows, row => row.Id, Show));
    }

    private static async Task<Results<Ok<DeliveryView>, ProblemHttpResult>> Get(ApiCaller caller, string id, Db db, CancellationToken cancel) =>
        await db.OneAsync<Row>(ReadOne, new { storeId = caller.Store.Id, id }, cancel) is { } row ? TypedResults.Ok(Show(row)) : Unknown;

    private static async Task<Results<Accepted<DeliveryView>, ProblemHttpResult>> Replay(
        ApiCaller caller, string id, Db db, Replays replays, CancellationToken cancel)
    {
        var queued = await replays.QueueDeliveryAsync(caller.Store, id, cancel);
        if (await db.OneAsync<Row>(ReadOne, new { storeId = caller.Store.Id, id }, cancel) is not { } row)
        {
            return Unknown;
        }

        if (queued)
        {
            return TypedResults.Accepted($"/api/v1/deliveries/{id}", Show(row));
        }

        return row.State == "dead"
            ? Problems.Conflict(
                "delivery-body-gone", "The delivery's body is gone.", "It was dropped 30 days after the delivery died, as it may hold a shopper's data; ask the platform to send it again.")
            : Problems.Conflict("delivery-not-dead", "The delivery is not dead.", $"It is {row.State}; only a dead delivery is replayed.");
    }

    private static DeliveryView Show(Row row) => new(
        row.Id,
        row.Source,
        row.Topic,
        row.DeliveryKey,
        row.State,
        row.Attempts,
        row.ReceivedAt,
        row.State == "pending" ? row.DueAt : null,
        row.DoneAt,
        row.Outcome);

    private sealed record Row(
        string Id, string Source, string Topic, string DeliveryKey, string State, long Attempts, DateTimeOffset ReceivedAt, DateTimeOffset DueAt,
        DateTimeOffset? DoneAt, string? Outcome);
}
