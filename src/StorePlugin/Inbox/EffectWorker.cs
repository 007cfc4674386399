// Performs effects: outside any transaction, then writes what came of each together with its mark.
using StorePlugin.Data;

namespace StorePlugin.Inbox;

/// <summary>The same claims, waits and dead rows as the inbox; several effects are under way at once.</summary>
internal sealed partial class EffectWorker
{
    // Most of an effect is waiting for a provider. No more are claimed than are begun at once: what only waits for its
    // turn would use up its lease.
    private const int AtOnceMax = 8;

    private const string FindDue =
        """
        SELECT store_id, id, kind, subject, payload, attempts, due_at FROM effects
        WHERE state = 'pending' AND due_at <= @now ORDER BY due_at
        """;

    private const string Claim =
        """
        UPDATE effects SET lease_id = @lease, due_at = @until
        WHERE store_id = @storeId AND id = @id AND state = 'pending' AND due_at = @dueAt
        """;

    private const string Mark =
        """
        UPDATE effects SET state = @state, outcome = @outcome, attempts = @attempts, due_at = @dueAt, done_at = @doneAt, lease_id = NULL
        WHERE store_id = @storeId AND id = @id AND state = 'pending' AND lease_id = @lease
        """;

    private readonly Db _db;
    private readonly Dictionary<string, IEffectHandler> _handlers;
    private readonly TimeProvider _clock;
    private readonly ILogger<EffectWorker> _logger;

    public EffectWorker(Db db, IEnumerable<IEffectHandler> handlers, TimeProvider clock, ILogger<EffectWorker> logger)
    {
        (_db, _clock, _logger) = (db, clock, logger);
        _handlers = new Dictionary<string, IEffectHandler>(StringComparer.Ordinal);
        foreach (var handler in handlers)
        {
            if (!_handlers.TryAdd(handler.Kind, handler))
            {
                throw new InvalidOperationException(
                    $"Effects of the kind '{handler.Kind}' have two handlers: {_handlers[handler.Kind].GetType().Name} and {handler.GetType().Name}.");
            }
        }
    }

    /// <summary>Claims and performs what is due. Returns how many effects it took; 0: there was nothing to do.</summary>
    public async Task<int> RunOnceAsync(CancellationToken cancel)
    {
        var now = _clock.GetUtcNow();
        var lease = Ids.New("lse", now);
        var due = await _db.ManyAsync<Row>($"{FindDue} {_db.Page}", new { now, take = AtOnceMax }, cancel);
        if (due.Count == 0)
        {
            return 0;
        }

        var mine = await _db.InTransactionAsync(
            async tx =>
            {
                var claimed = new List<Effect>(due.Count);
                foreach (var row in due)
                {
                    var args = new { lease, until = now + Retry.EffectLease, storeId = row.StoreId, id = row.Id, dueAt = row.DueAt };
                    if (await tx.DoAsync(Claim, args) == 1)
                    {
                        claimed.Add(new Effect(row.StoreId, row.Id, row.Kind, row.Subject, row.Payload, row.Attempts));
                    }
                }

                return claimed;
            },
            cancel: cancel);
        await Parallel.ForEachAsync(
            mine,
            new ParallelOptions { MaxDegreeOfParallelism = AtOnceMax, CancellationToken = cancel },
            (effect, token) => new ValueTask(PerformAsync(effect, lease, token)));
        return mine.Count;
    }

    private async Task PerformAsync(Effect effect, string lease, CancellationToken cancel)
    {
        EffectResult result;
        // An effect's failure is its own, and it is tried again.
        try
        {
            result = _handlers.TryGetValue(effect.Kind, out var handler)
                ? await handler.PerformAsync(effect, cancel)
                : new EffectResult.Failed($"This program knows no effect '{effect.Kind}'.");
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancel.IsCancellationRequested)
        {
            Log.Threw(_logger, effect.Id, effect.Kind, e);
            result = new EffectResult.Failed($"{e.GetType().Name}: {e.Message}");
        }

        await SettleAsync(effect, lease, result);
    }

    /// <summary>
    /// Writes the result, and where that throws, that the try has failed: without the count it would be tried for ever. It
    /// never throws, since one effect's fault must not end its neighbours' calls.
    /// </summary>
    private async Task SettleAsync(Effect effect, string lease, EffectResult result)
    {
        try
        {
            if (await WriteAsync(effect, lease, result) is { } fault)
            {
                Log.Threw(_logger, effect.Id, effect.Kind, fault);
                var failed = new EffectResult.Failed($"What came of it could not be written: {fault.GetType().Name}: {fault.Message}");
                if (await WriteAsync(effect, lease, failed) is { } second)
                {
                    Log.NotWritten(_logger, effect.Id, effect.Kind, second);
                }
            }
        }
        // Whoever holds the row now finds the deed done, as every handler must.
        catch (LeaseLostException)
        {
            Log.LeaseLost(_logger, effect.Id, effect.Kind);
        }
    }

    /// <summary>
    /// Writes a result with its mark, or nothing. It is not cancelled by a stopping program: the deed is done, and the mark
    /// should follow. Returns what kept it from being written.
    /// </summary>
    /// <exception cref="LeaseLostException">The row is another worker's by now.</exception>
    private async Task<Exception?> WriteAsync(Effect effect, string lease, EffectResult result)
    {
        var now = _clock.GetUtcNow();
        var (state, attempts, wait) = result switch
        {
            EffectResult.Done => ("done", effect.Attempts, TimeSpan.Zero),
            EffectResult.Refused => ("dead", effect.Attempts + 1, TimeSpan.Zero),
            EffectResult.PutOff putOff => ("pending", effect.Attempts, putOff.Wait),
            EffectResult.Failed when Retry.WaitAfter(effect.Attempts + 1) is { } next => ("pending", effect.Attempts + 1, next),
            EffectResult.Failed => ("dead", effect.Attempts + 1, TimeSpan.Zero),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
        try
        {
            await _db.InTransactionAsync(async tx =>
            {
                if (result.Write is { } write)
                {
                    await write(tx);
                }

                var args = new
                {
                    state,
                    outcome = result is EffectResult.PutOff { IsScheduled: true } ? null : Retry.Fit(result.Text),
                    attempts,
                    dueAt = now + wait,
                    doneAt = state == "pending" ? (DateTimeOffset?)null : now,
                    storeId = effect.StoreId,
                    id = effect.Id,
                    lease,
                };
                if (await tx.DoAsync(Mark, args) == 0)
                {
                    throw new LeaseLostException(effect.Id);
                }
            });
        }
        // Whatever a handler's write throws, its transaction is undone, and the caller says what that means.
        catch (Exception e) when (e is not LeaseLostException)
        {
            return e;
        }

        Log.Settled(_logger, effect.Id, effect.Kind, state, result.Text);
        return null;
    }

    private sealed record Row(
        string StoreId, string Id, string Kind, string Subject, string Payload, long Attempts, DateTimeOffset DueAt);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Effect {EffectId} ({Kind}) is {State}: {Outcome}")]
        public static partial void Settled(ILogger logger, string effectId, string kind, string state, string outcome);

        [LoggerMessage(LogLevel.Warning, "Effect {EffectId} ({Kind}) failed")]
        public static partial void Threw(ILogger logger, string effectId, string kind, Exception exception);

        [LoggerMessage(LogLevel.Error, "What came of effect {EffectId} ({Kind}) could not be written; it is tried again when its lease ends")]
        public static partial void NotWritten(ILogger logger, string effectId, string kind, Exception exception);

        [LoggerMessage(LogLevel.Warning, "Effect {EffectId} ({Kind}) was taken over by another worker")]
        public static partial void LeaseLost(ILogger logger, string effectId, string kind);
    }
}
