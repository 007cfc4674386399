// The loops: each runs rounds of a job as long as there is work, and waits a moment when there is none.
using StorePlugin.Data;

namespace StorePlugin.Inbox;

/// <summary>A job that is done in rounds while the program serves; each folder adds its own.</summary>
/// <param name="RunOnceAsync">Does what is due, or a part of it. Returns how much; 0 where nothing was.</param>
/// <param name="WaitAsync">Waits until it is worth looking again.</param>
internal sealed record Round(string Name, Func<CancellationToken, Task<int>> RunOnceAsync, Func<CancellationToken, Task> WaitAsync);

internal static class Rounds
{
    /// <summary>Short enough that people see the outcome of what they did; each look is one query by index.</summary>
    public static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(250);

    public static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    public static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    /// <summary>Adds a job and its rounds; after one without work the next comes after a pause.</summary>
    public static void AddRound<TJob>(this IServiceCollection services, string name, TimeSpan pause, Func<TJob, CancellationToken, Task<int>> runOnce)
        where TJob : class
    {
        services.AddSingleton<TJob>();
        services.AddSingleton(provider =>
        {
            // Made with the program, so that one which cannot be made stops its start.
            var job = provider.GetRequiredService<TJob>();
            return new Round(name, cancel => runOnce(job, cancel), cancel => Task.Delay(pause, cancel));
        });
    }
}

/// <summary>Runs the rounds while the program serves. Tests and benchmarks may keep them idle and call the jobs themselves.</summary>
internal sealed partial class Workers(Db db, IEnumerable<Round> rounds, TimeProvider clock, Settings settings, ILogger<Workers> logger)
    : BackgroundService
{
    private const string FreeDeliveries =
        "UPDATE deliveries SET due_at = @now, lease_id = NULL WHERE state = 'pending' AND lease_id IS NOT NULL";

    private const string FreeEffects =
        "UPDATE effects SET due_at = @now, lease_id = NULL WHERE state = 'pending' AND lease_id IS NOT NULL";

    // After a failure of the loop itself, such as a database that does not answer.
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => settings.WorkersIdle
        ? Task.CompletedTask
        : Task.WhenAll(rounds.Select(round => LoopAsync(round, stoppingToken)));

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        // An SQLite file has one program on it: what its last run held in hand when it died is free at once. On SQL
        // Server other instances are at work, and a lease runs out by itself.
        if (db.Dialect == Dialect.Sqlite)
        {
            await db.DoAsync(FreeDeliveries, new { now = clock.GetUtcNow() }, cancellationToken);
            await db.DoAsync(FreeEffects, new { now = clock.GetUtcNow() }, cancellationToken);
        }

        await base.StartAsync(cancellationToken);
    }

    private async Task LoopAsync(Round round, CancellationToken cancel)
    {
        // The program's start must not wait for the first round.
        await Task.Yield();
        while (!cancel.IsCancellationRequested)
        {
            // The one catch of the loop: whatever a round ends with, the next one must come.
            try
            {
                if (await round.RunOnceAsync(cancel) == 0)
                {
                    await round.WaitAsync(cancel);
                }
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                Log.LoopFailed(logger, round.Name, e);
                await Task.Delay(Pause, cancel).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "A round of the worker {Worker} failed; the next one follows")]
        public static partial void LoopFailed(ILogger logger, string worker, Exception exception);
    }
}
