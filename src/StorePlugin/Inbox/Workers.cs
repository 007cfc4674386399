// The loops: each calls its worker again as long as there is work, and waits a moment when there is none.
using StorePlugin.Data;
using StorePlugin.Ledger;
using StorePlugin.Mail;
using StorePlugin.Orders;
using StorePlugin.Privacy;

namespace StorePlugin.Inbox;

/// <summary>Runs the workers while the program serves. Tests and benchmarks may keep them idle and call them themselves.</summary>
internal sealed partial class Workers(
    Db db,
    InboxWorker inbox,
    EffectWorker effects,
    ReconsiderOrders reconsiderations,
    ReleaseHolds holds,
    WriteOffs writeOffs,
    RemindOfReviews reminders,
    DropBodies bodies,
    Retention retention,
    Erasures erasures,
    TimeProvider clock,
    Settings settings,
    ILogger<Workers> logger)
    : BackgroundService
{
    private const string FreeDeliveries =
        "UPDATE deliveries SET due_at = @now, lease_id = NULL WHERE state = 'pending' AND lease_id IS NOT NULL";

    private const string FreeEffects =
        "UPDATE effects SET due_at = @now, lease_id = NULL WHERE state = 'pending' AND lease_id IS NOT NULL";

    // Short enough that people see the outcome of what they did; each look is one query by index.
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    // After a failure of the loop itself, such as a database that does not answer.
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => settings.WorkersIdle
        ? Task.CompletedTask
        : Task.WhenAll(
            LoopAsync("inbox", inbox.RunOnceAsync, inbox.WaitAsync, stoppingToken),
            LoopAsync("effects", effects.RunOnceAsync, cancel => Task.Delay(Moment, cancel), stoppingToken),
            LoopAsync("reconsiderations", reconsiderations.RunOnceAsync, cancel => Task.Delay(Moment, cancel), stoppingToken),
            LoopAsync("releases", holds.RunOnceAsync, cancel => Task.Delay(Moment, cancel), stoppingToken),
            LoopAsync("write-offs", writeOffs.RunOnceAsync, cancel => Task.Delay(Hour, cancel), stoppingToken),
            LoopAsync("reminders", reminders.RunOnceAsync, cancel => Task.Delay(Minute, cancel), stoppingToken),
            LoopAsync("bodies", bodies.RunOnceAsync, cancel => Task.Delay(Minute, cancel), stoppingToken),
            LoopAsync("retention", retention.RunOnceAsync, cancel => Task.Delay(Minute, cancel), stoppingToken),
            LoopAsync("erasures", erasures.RunOnceAsync, cancel => Task.Delay(Minute, cancel), stoppingToken));

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        // An SQLite file has one program on it: what its last run held in hand when it died is free at once. On SQL
        // Server other instances are at work, and a lease runs out by itself.
        if (db.Dialect == Dialect.Sqlite)
        {
            await db.DoAsync(FreeDeliveries, new { now = clock.GetUtcNow() }, cancellationToken);
            await db.DoAsync(FreeEffects, new { now = clock.GetUtcNow() }, cancellationToken);
        }

        await erasures.QueueEarlierAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    private async Task LoopAsync(
        string name, Func<CancellationToken, Task<int>> runOnce, Func<CancellationToken, Task> wait, CancellationToken cancel)
    {
        // The program's start must not wait for the first round.
        await Task.Yield();
        while (!cancel.IsCancellationRequested)
        {
            // The one catch of the loop: whatever a round ends with, the next one must come.
            try
            {
                if (await runOnce(cancel) == 0)
                {
                    await wait(cancel);
                }
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                Log.LoopFailed(logger, name, e);
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
