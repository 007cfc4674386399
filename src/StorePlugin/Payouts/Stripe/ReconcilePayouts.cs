// The job that compares payouts with Stripe's own list, daily and whenever somebody asks (rule P5).
using System.Data.Common;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using StorePlugin.Data;
using StorePlugin.Inbox;
using StorePlugin.Mail;
using StorePlugin.Stores;

namespace StorePlugin.Payouts.Stripe;

/// <summary>
/// Reads the list into rows, has what was reversed looked at anew, then compares rows with rows. It may be interrupted anywhere: the next
/// round begins where the last whole page ended. It mends nothing; what a look-up books, a webhook would have booked.
/// </summary>
internal sealed partial class ReconcilePayouts(
    Db db, StoreDirectory stores, Credentials credentials, StripeClient stripe, ReadTransfers reading, CompareTransfers comparing, TimeProvider clock,
    ILogger<ReconcilePayouts> logger)
{
    /// <summary>Who asks for the daily one.</summary>
    public const string Daily = "schedule";

    /// <summary>How many days one look may span.</summary>
    public const int DaysMax = 400;

    /// <summary>How far back the daily one looks, today included.</summary>
    public const int DailyDays = 35;

    private const int DailyHour = 3;
    private const int StoresMax = 200;
    private const int AtOnceMax = 20;

    // A long list goes on in the next round, so that no store waits for another's.
    private const int PagesMax = 20;
    private const int LaggingMax = 200;

    // Older reversals are seen where the books know of them or hear of them by an event.
    private static readonly TimeSpan Overlap = TimeSpan.FromDays(3);

    // Longer than a round of a store takes; one that died in it is taken up after so long.
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(15);

    private static readonly TimeSpan OutageWait = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan GiveUpAfter = TimeSpan.FromHours(20);
    private static readonly TimeSpan LookUpTime = TimeSpan.FromMinutes(1);

    private const string FindDue =
        """
        SELECT store_id, id, from_day, to_day, state, read_from, read_with, read_after, due_at, started_at FROM payout_reconciliations
        WHERE finished_at IS NULL AND due_at <= @now ORDER BY due_at
        """;

    private const string Claim =
        "UPDATE payout_reconciliations SET due_at = @leaseEnd WHERE store_id = @storeId AND id = @id AND due_at = @dueAt AND finished_at IS NULL";

    /// <summary>Begins what is due today, and takes up what is under way. Returns how many it took up.</summary>
    public async Task<int> RunOnceAsync(CancellationToken cancel)
    {
        await BeginDailyAsync(cancel);
        var now = clock.GetUtcNow();
        var taken = 0;
        foreach (var row in await db.ManyAsync<Row>($"{FindDue} {db.Page}", new { now, take = (long)AtOnceMax }, cancel))
        {
            if (await db.DoAsync(Claim, new { storeId = row.StoreId, id = row.Id, dueAt = row.DueAt, leaseEnd = now + Lease }, cancel) == 1)
            {
                taken++;
                await GoOnAsync(await stores.GetAsync(row.StoreId, cancel), row, cancel);
            }
        }

        return taken;
    }

    // Settlement goes on after a store has left (rule U1).
    private const string FindStores =
        """
        SELECT s.id FROM stores s
        WHERE s.state IN ('installed', 'uninstalled') AND s.id > @after
            AND (EXISTS (SELECT 1 FROM payouts p WHERE p.store_id = s.id AND p.id >= @since AND p.provider = 'stripe')
                OR EXISTS (SELECT 1 FROM payouts o WHERE o.store_id = s.id AND o.state IN ('approved', 'sending', 'unknown') AND o.provider = 'stripe'))
        ORDER BY s.id
        """;

    private const string HasDaily = "SELECT CAST(COUNT(*) AS bigint) FROM payout_reconciliations WHERE store_id = @storeId AND scheduled_day = @day";

    private const string ReadOldestOpen =
        "SELECT day FROM payout_differences WHERE store_id = @storeId AND gone_at IS NULL AND cleared_at IS NULL AND day IS NOT NULL ORDER BY day";

    private async Task BeginDailyAsync(CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var since = Ids.Since("po", now.AddDays(-DailyDays));
        for (var after = ""; ;)
        {
            var found = await db.ManyAsync<string>($"{FindStores} {db.Page}", new { after, since, take = (long)StoresMax }, cancel);
            foreach (var storeId in found)
            {
                await BeginDailyAsync(await stores.GetAsync(storeId, cancel), now, cancel);
            }

            if (found.Count < StoresMax)
            {
                return;
            }

            after = found[^1];
        }
    }

    private async Task BeginDailyAsync(Store store, DateTimeOffset now, CancellationToken cancel)
    {
        var today = LocalDay.Of(store, now);
        if (TimeZoneInfo.ConvertTime(now, store.Zone).Hour < DailyHour
            || await db.OneAsync<long>(HasDaily, new { storeId = store.Id, day = LocalDay.Number(today) }, cancel) > 0
            || await credentials.FindAsync(store.Id, CredentialKind.StripeSecretKey, cancel) is null)
        {
            return;
        }

        // What is open is looked at until it is gone, however old it is.
        var first = today.AddDays(1 - DailyDays);
        var oldest = await db.OneAsync<long?>($"{ReadOldestOpen} {db.Page}", new { storeId = store.Id, take = 1L }, cancel);
        var from = Math.Max(Math.Min(oldest ?? long.MaxValue, LocalDay.Number(first)), LocalDay.Number(today.AddDays(1 - DaysMax)));
        await BeginAsync(store, from, LocalDay.Number(today), Daily, cancel, LocalDay.Number(today));
    }

    private const string Insert =
        """
        INSERT INTO payout_reconciliations (store_id, id, asked_by, scheduled_day, from_day, to_day, state, transfers_read, due_at, started_at)
        VALUES (@storeId, @id, @actor, @scheduledDay, @fromDay, @toDay, 'reading', 0, @now, @now)
        """;

    /// <summary>Begins a look at a range of days. Null: one of the store is under way, or today's daily one was made already.</summary>
    public async Task<string?> BeginAsync(Store store, long fromDay, long toDay, string actor, CancellationToken cancel, long? scheduledDay = null)
    {
        var now = clock.GetUtcNow();
        var id = Ids.New("prc", now);
        try
        {
            await db.DoAsync(Insert, new { storeId = store.Id, id, actor, scheduledDay, fromDay, toDay, now }, cancel);
            return id;
        }
        catch (DbException e) when (db.Dialect.IsUniqueViolation(e))
        {
            return null;
        }
    }

    private async Task GoOnAsync(Store store, Row row, CancellationToken cancel)
    {
        if (await credentials.FindAsync(store.Id, CredentialKind.StripeSecretKey, cancel) is not { Value: var key })
        {
            await FailAsync(row, "The store is not connected to Stripe.", cancel);
        }
        else if (StripeKey.ModeOf(key) != store.Mode)
        {
            await FailAsync(row, $"The store's Stripe key is not of mode {store.Mode}, in which its payouts are made.", cancel);
        }
        else if (row.State == Reading)
        {
            await ReadAsync(store, row, key, cancel);
        }
        else
        {
            await CompareAsync(store, row, cancel);
        }
    }

    private const string ReadLastWhole =
        """
        SELECT started_at FROM payout_reconciliations
        WHERE store_id = @storeId AND read_with = @readWith AND state = 'done' ORDER BY started_at DESC
        """;

    private const string ReadOldestPayout = "SELECT created_at FROM payouts WHERE store_id = @storeId AND provider = 'stripe' ORDER BY id";

    private const string BeginReading =
        "UPDATE payout_reconciliations SET read_from = @readFrom, read_with = @readWith, read_after = NULL WHERE store_id = @storeId AND id = @id";

    private const string Advance =
        """
        UPDATE payout_reconciliations SET read_after = @after, transfers_read = transfers_read + @read, problem = NULL, due_at = @dueAt
        WHERE store_id = @storeId AND id = @id
        """;

    private const string EndReading = "UPDATE payout_reconciliations SET state = 'comparing', problem = NULL, due_at = @dueAt WHERE store_id = @storeId AND id = @id";

    private async Task ReadAsync(Store store, Row row, string key, CancellationToken cancel)
    {
        var readWith = Ids.HashOf(key);
        var (from, after) = (row.ReadFrom, row.ReadAfter);
        // Another key may be another account's, of which nothing was read yet.
        if (from is null || row.ReadWith != readWith)
        {
            (from, after) = (await ReadFromAsync(store, readWith, cancel), null);
            await db.DoAsync(BeginReading, new { storeId = store.Id, id = row.Id, readFrom = from, readWith }, cancel);
        }

        for (var pages = 0; pages < PagesMax; pages++)
        {
            switch (await stripe.TransfersAsync(store.Id, key, from.Value, after, cancel))
            {
                case StripeRead<TransferPage>.Failed(var answer):
                    await PutOffAsync(row, answer, cancel);
                    return;

                case StripeRead<TransferPage>.Found(var page):
                    await reading.KeepAsync(store, store.Mode, page.Transfers, cancel);
                    var isWhole = !page.HasMore || page.Transfers.IsEmpty;
                    after = isWhole ? after : page.Transfers[^1].Transfer.Id;
                    var goesOn = isWhole || pages < PagesMax - 1;
                    var dueAt = clock.GetUtcNow() + (goesOn ? Lease : TimeSpan.Zero);
                    await db.DoAsync(Advance, new { storeId = store.Id, id = row.Id, after, read = (long)page.Transfers.Length, dueAt }, cancel);
                    if (isWhole)
                    {
                        await LookAnewAsync(store, row, key, cancel);
                        return;
                    }

                    break;

                default:
                    throw new UnreachableException();
            }
        }
    }

    // The first look reads all that may hold one of our payouts.
    private async Task<DateTimeOffset> ReadFromAsync(Store store, string readWith, CancellationToken cancel)
    {
        var args = new { storeId = store.Id, readWith, take = 1L };
        return await db.OneAsync<long?>($"{ReadLastWhole} {db.Page}", args, cancel) is { } last ? DateTimeOffset.FromUnixTimeMilliseconds(last) - Overlap
            : await db.OneAsync<long?>($"{ReadOldestPayout} {db.Page}", args, cancel) is { } oldest ? DateTimeOffset.FromUnixTimeMilliseconds(oldest).AddDays(-1)
            : clock.GetUtcNow().AddDays(-DailyDays);
    }

    /// <summary>
    /// Where only what was reversed differs, one side is old: rows of the list are read again, and of payouts Stripe is asked as after an
    /// event. What differs after that does.
    /// </summary>
    private async Task LookAnewAsync(Store store, Row row, string key, CancellationToken cancel)
    {
        var lagging = await comparing.LaggingAsync(store, row.FromDay, row.ToDay, LaggingMax, cancel);
        foreach (var transferId in lagging.Where(one => one.Lag == ReversalLag.OfList).Select(one => one.TransferId))
        {
            if (await stripe.TransferAsync(store.Id, key, transferId, cancel) is StripeRead<StripeTransfer>.Found(var transfer))
            {
                await reading.KeepAsync(store, transfer, cancel);
            }
        }

        var asked = lagging.Where(one => one.Lag == ReversalLag.OfBooks).Select(one => one.PayoutId).ToList();
        var now = clock.GetUtcNow();
        await ShortTransactions.EachAsync(
            db, clock, asked, (tx, payoutId) => Outbox.AddAsync(tx, store.Id, Effect.Kinds.LookUpTransfer, $"{row.Id}-{payoutId}", payoutId, now), cancel);
        await db.DoAsync(EndReading, new { storeId = store.Id, id = row.Id, dueAt = asked.Count == 0 ? now : now + LookUpTime }, cancel);
    }

    private const string End =
        """
        UPDATE payout_reconciliations SET state = 'done', finished_at = @now, problem = @problem, result = @result
        WHERE store_id = @storeId AND id = @id AND finished_at IS NULL
        """;

    private async Task CompareAsync(Store store, Row row, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var comparison = await comparing.CompareAsync(store, row.FromDay, row.ToDay, row.StartedAt, now, cancel);
        var (days, found) = comparison.Finish();
        var problem = comparison.Unnamed == 0
            ? null
            : string.Create(CultureInfo.InvariantCulture, $"{TransferComparison.NamedMax} differences are named, and {comparison.Unnamed} more were found.");
        await db.InTransactionAsync(
            async tx =>
            {
                await PayoutDifferences.KeepAsync(tx, store, row.FromDay, row.ToDay, found, isWhole: comparison.Unnamed == 0, now);
                await tx.DoAsync(End, new { storeId = store.Id, id = row.Id, problem, result = JsonSerializer.Serialize(days, DaySumJson.Default.ListDaySum), now });
            },
            cancel: cancel);
        if (found.Count(one => DifferenceKind.Stops(one.Kind)) is > 0 and var stopping)
        {
            Log.Differs(logger, store.Id, stopping);
        }
    }

    private const string PutOff = "UPDATE payout_reconciliations SET problem = @problem, due_at = @dueAt WHERE store_id = @storeId AND id = @id";

    private async Task PutOffAsync(Row row, StripeAnswer answer, CancellationToken cancel)
    {
        var words = answer switch
        {
            StripeAnswer.KeyRejected => "Stripe rejects the store's secret key; connect Stripe again.",
            StripeAnswer.Refused refused => $"Stripe refused to give its list of transfers ({refused.Code}): {refused.Message}",
            StripeAnswer.Busy busy => $"Stripe's list could not be read: {busy.Why}.",
            StripeAnswer.Unknown unknown => $"Stripe's list could not be read: {unknown.Why}.",
            _ => $"Stripe answered {answer.Status}.",
        };
        var now = clock.GetUtcNow();
        if (answer is StripeAnswer.KeyRejected or StripeAnswer.Refused || now - row.StartedAt >= GiveUpAfter)
        {
            await FailAsync(row, words, cancel);
            return;
        }

        await db.DoAsync(PutOff, new { storeId = row.StoreId, id = row.Id, problem = Retry.Fit(words), dueAt = now + OutageWait }, cancel);
    }

    private const string Fail =
        "UPDATE payout_reconciliations SET state = 'failed', finished_at = @now, problem = @problem WHERE store_id = @storeId AND id = @id AND finished_at IS NULL";

    private Task<int> FailAsync(Row row, string problem, CancellationToken cancel)
    {
        Log.Failed(logger, row.StoreId);
        return db.DoAsync(Fail, new { storeId = row.StoreId, id = row.Id, problem = Retry.Fit(problem), now = clock.GetUtcNow() }, cancel);
    }

    private const string Reading = "reading";

    private sealed record Row(
        string StoreId, string Id, long FromDay, long ToDay, string State, DateTimeOffset? ReadFrom, string? ReadWith, string? ReadAfter, DateTimeOffset DueAt,
        DateTimeOffset StartedAt);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The payouts of store {StoreId} and Stripe's transfers differ in {Count} places")]
        public static partial void Differs(ILogger logger, string storeId, int count);

        [LoggerMessage(LogLevel.Warning, "The payouts of store {StoreId} could not be compared with Stripe's transfers")]
        public static partial void Failed(ILogger logger, string storeId);
    }
}
