// Whether the program is alive, and whether it can do its work.
using StorePlugin.Data;
using StorePlugin.Inbox;

namespace StorePlugin;

internal static class Health
{
    // An effect that was never tried and whose hour has not come is only scheduled. A lease ends within its length from now,
    // so that no more of what is scheduled is read than falls due in that time.
    private const string CountWork =
        """
        SELECT
            (SELECT CAST(COUNT(*) AS bigint) FROM deliveries WHERE state = 'pending') AS pending_deliveries,
            (SELECT CAST(COUNT(*) AS bigint) FROM effects WHERE state = 'pending' AND due_at <= @now)
                + (SELECT CAST(COUNT(*) AS bigint) FROM effects
                    WHERE state = 'pending' AND due_at > @now AND due_at <= @leaseEnd AND lease_id IS NOT NULL AND outcome IS NULL)
                + (SELECT CAST(COUNT(*) AS bigint) FROM effects WHERE state = 'pending' AND outcome IS NOT NULL AND due_at > @now)
                AS pending_effects,
            (SELECT CAST(COUNT(*) AS bigint) FROM deliveries WHERE state = 'dead') AS dead_deliveries,
            (SELECT CAST(COUNT(*) AS bigint) FROM effects WHERE state = 'dead') AS dead_effects
        """;

    // Longer than a write waits before it fails.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/healthz", () => TypedResults.Ok(new Alive("alive"))).ExcludeFromDescription();
        routes.MapGet("/readyz", ReadyAsync).ExcludeFromDescription();
    }

    private static async Task<IResult> ReadyAsync(Db db, TimeProvider clock, ILoggerFactory loggers, CancellationToken cancel)
    {
        // The answer itself is the report: whoever asks must learn that the database does not answer, or takes no writes.
        var reason = "The database does not answer.";
        try
        {
            var now = clock.GetUtcNow();
            var work = await db.OneAsync<Work>(CountWork, new { now, leaseEnd = now + Retry.EffectLease }, cancel);
            reason = "The database takes no writes: another program may hold it.";
            await db.InTransactionAsync(_ => Task.CompletedTask, cancel: cancel).WaitAsync(Patience, cancel);
            return TypedResults.Ok(new
            {
                status = "ready",
                pendingDeliveries = work!.PendingDeliveries,
                pendingEffects = work.PendingEffects,
                deadDeliveries = work.DeadDeliveries,
                deadEffects = work.DeadEffects,
            });
        }
        catch (Exception e) when (e is System.Data.Common.DbException or TimeoutException)
        {
            loggers.CreateLogger(typeof(Health)).LogUnready(reason, e);
            return TypedResults.Json(new { status = "unready", reason }, statusCode: StatusCodes.Status503ServiceUnavailable);
        }
    }

    internal sealed record Alive(string Status);

    private sealed record Work(long PendingDeliveries, long PendingEffects, long DeadDeliveries, long DeadEffects);
}

internal static partial class HealthLog
{
    [LoggerMessage(LogLevel.Error, "Not ready. {Reason}")]
    public static partial void LogUnready(this ILogger logger, string reason, Exception exception);
}
