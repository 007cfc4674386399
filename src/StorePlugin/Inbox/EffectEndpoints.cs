// The API's calls about effects: what must happen outside, what became of it, and once more from the start.
using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Inbox;

internal sealed record EffectView(
    string Id,
    [property: Description("What is to be done: create_discount, keep_discount, follow_terms, make_code_series, keep_code_series, create_reward, revoke_reward, " +
        "send_transfer, look_up_transfer, reverse_transfer, read_payee_account, read_bank_payout, read_store, mail, announce_terms.")] string Kind,
    [property: Description("What it is about, unique for its kind.")] string Subject,
    [property: Description("pending, done or dead.")] string State,
    [property: Description("How many tries have failed.")] long Attempts,
    DateTimeOffset CreatedAt,
    [property: Description("When it is tried next; null once it is done or dead.")] DateTimeOffset? DueAt,
    DateTimeOffset? DoneAt,
    [property: Description("What became of it, or why it failed, in words.")] string? Reason);

internal static class EffectEndpoints
{
    private const string Columns =
        "SELECT id, kind, subject, state, attempts, created_at, due_at, done_at, outcome FROM effects WHERE store_id = @storeId";

    private const string ReadOne = Columns + " AND id = @id";

    private const string After = " AND id > @after ORDER BY id ";

    // The state as a literal: only then the indexes on rows of one state serve.
    private const string ReadDead = Columns + " AND state = 'dead'" + After;
    private const string ReadPending = Columns + " AND state = 'pending'" + After;
    private const string ReadDone = Columns + " AND state = 'done'" + After;

    public static void MapEffects(this IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/effects").WithTags("Effects");
        group.MapGet("", List).WithName("listEffects").WithSummary("Effects of one state, oldest first.");
        group.MapGet("/{id}", Get).WithName("getEffect").WithSummary("One effect.").ProducesProblem(StatusCodes.Status404NotFound);
        group.MapPost("/{id}/replays", Replay).WithName("replayEffect").WithSummary("Performs a dead effect once more, from its first attempt.")
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
    }

    private static ProblemHttpResult Unknown => Problems.NotFound("effect-unknown", "There is no such effect.", "The store has no effect with this id.");

    private static async Task<Results<Ok<Listing<EffectView>>, ProblemHttpResult>> List(
        ApiCaller caller, Db db, [AsParameters] Paging paging, [Description("dead, pending or done; dead when absent.")] string? state, CancellationToken cancel)
    {
        if (paging.AfterId("eff") is not { } after)
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
            return DeliveryEndpoints.BadState;
        }

        var rows = await db.ManyAsync<Row>(read + db.Page, new { storeId = caller.Store.Id, after, take = paging.Take }, cancel);
        return TypedResults.Ok(paging.Show(rows, row => row.Id, Show));
    }

    private static async Task<Results<Ok<EffectView>, ProblemHttpResult>> Get(ApiCaller caller, string id, Db db, CancellationToken cancel) =>
        await db.OneAsync<Row>(ReadOne, new { storeId = caller.Store.Id, id }, cancel) is { } row ? TypedResults.Ok(Show(row)) : Unknown;

    private static async Task<Results<Accepted<EffectView>, ProblemHttpResult>> Replay(
        ApiCaller caller, string id, Db db, Replays replays, CancellationToken cancel)
    {
        var queued = await replays.QueueEffectAsync(caller.Store, id, cancel);
        var row = await db.OneAsync<Row>(ReadOne, new { storeId = caller.Store.Id, id }, cancel);
        return row is null ? Unknown
            : queued ? TypedResults.Accepted($"/api/v1/effects/{id}", Show(row))
            : Problems.Conflict("effect-not-dead", "The effect is not dead.", $"It is {row.State}; only a dead effect is replayed.");
    }

    private static EffectView Show(Row row) => new(
        row.Id, row.Kind, row.Subject, row.State, row.Attempts, row.CreatedAt, row.State == "pending" ? row.DueAt : null, row.DoneAt, row.Outcome);

    private sealed record Row(
        string Id, string Kind, string Subject, string State, long Attempts, DateTimeOffset CreatedAt, DateTimeOffset DueAt,
        DateTimeOffset? DoneAt, string? Outcome);
}
