// Replays the log through the functions that decide, compares ledger, receipts and projections with it, and replaces projections only.
using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using StorePlugin.Campaigns;
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Verification;

/// <summary>
/// Several workers take ranges of orders one after the other; each reads a range whole, decides its orders again and compares
/// them. Nothing is held in memory but the ranges in work (see docs/decisions/0013-rebuild.md).
/// </summary>
internal sealed class Rebuild(Db db, StoreDirectory stores, TimeProvider clock)
{
    // What is read of one range lives until it is compared: few orders, and it dies young.
    private const int OrdersAtOnce = 100;
    private const int FactsAtOnce = 1000;
    private const int WorkersMax = 8;

    private static readonly TimeSpan BetweenWords = TimeSpan.FromSeconds(3);

    private const string ReadStores = "SELECT id FROM stores WHERE (@storeId IS NULL OR id = @storeId) ORDER BY id";

    private const string CountOrders = "SELECT CAST(COUNT(*) AS bigint) FROM orders WHERE store_id = @storeId";

    private const string ReadTerms =
        "SELECT terms FROM campaign_revisions WHERE store_id = @storeId AND campaign_id = @campaignId AND revision = @revision";

    // An order's transactions are found by the order that their entries name; of these no entry does, or nobody knows their kind.
    private const string ReadLoose =
        """
        SELECT t.kind, t.source FROM ledger_transactions t
        WHERE t.store_id = @storeId
            AND (t.kind NOT IN ('commission', 'release', 'review', 'merchant_cost', 'payout_reserved', 'payout_sent', 'payout_returned', 'payout_reversed', 'opening',
                    'write_off', 'revival', 'bonus', 'reward_reserved', 'reward_given', 'reward_released', 'reward_returned')
                OR (t.kind IN ('commission', 'release', 'review', 'merchant_cost') AND NOT EXISTS (SELECT 1 FROM ledger_entries e
                    WHERE e.store_id = t.store_id AND e.transaction_id = t.id AND e.order_id IS NOT NULL)))
        """;

    /// <summary>Rebuilds one store, or all of them for null.</summary>
    /// <param name="say">Hears of the progress, every few seconds.</param>
    public async Task<RebuildReport> RunAsync(string? storeId, Action<string> say, CancellationToken cancel)
    {
        var report = new RebuildReport();
        foreach (var store in await db.ManyAsync<string>(ReadStores, new { storeId }, cancel))
        {
            report.Stores++;
            await RunAsync(store, report, say, cancel);
        }

        return report;
    }

    private async Task RunAsync(string storeId, RebuildReport report, Action<string> say, CancellationToken cancel)
    {
        var ofStore = await stores.GetAsync(storeId, cancel);
        IProjection[] projections =
        [
            new OrderRows(db, clock, storeId, report), new StandingRows(db, storeId, report), new CustomerRows(db, clock, ofStore, report),
            new StandingPositions(db, clock, ofStore, report), new BalanceSums(db, storeId, report), new DayFigureRows(db, storeId, report),
        ];
        var progress = new Progress(storeId, await db.OneAsync<long>(CountOrders, new { storeId }, cancel), say);
        await using (var bounds = await RebuildReader.OpenAsync(db, storeId, cancel))
        {
            var ranges = new Ranges(from => bounds.OrdersEnd(from, OrdersAtOnce));
            var work = new Work(storeId, ranges, TermsOf(storeId), projections, report, progress);
            var workers = Math.Min(Environment.ProcessorCount, WorkersMax);
            await Task.WhenAll(Enumerable.Range(0, workers).Select(_ => Task.Run(() => OrdersAsync(work, cancel), cancel)));
        }

        await FactsAsync(storeId, projections, report, cancel);
        await foreach (var loose in db.StreamAsync<Loose>(ReadLoose, new { storeId }, cancel))
        {
            report.Add(new Finding(
                LedgerComparison.Unexplained, storeId, loose.Source, $"the transaction {loose.Kind} names no order, and nothing in the log asks for it"));
        }

        foreach (var projection in projections)
        {
            await projection.EndAsync(cancel);
        }

        progress.Say();
    }

    private async Task OrdersAsync(Work work, CancellationToken cancel)
    {
        await using var reader = await RebuildReader.OpenAsync(db, work.StoreId, cancel);
        while (work.Ranges.Next() is var (from, to))
        {
            cancel.ThrowIfCancellationRequested();
            var orders = reader.Orders(from, to, alone: false);
            var verdicts = new List<OrderVerdict>(orders.Count);
            foreach (var order in orders)
            {
                var verdict = OrderReplay.Judge(order, work.TermsOf);
                verdicts.Add(verdict.IsEqual ? verdict : JudgeAgain(reader, order, work));
            }

            foreach (var verdict in verdicts)
            {
                foreach (var (check, subject, text) in verdict.Differences)
                {
                    work.Report.Add(new Finding(check, work.StoreId, subject, text));
                }
            }

            var batch = new RebuildBatch(verdicts, verdicts.SelectMany(verdict => verdict.Order.Transactions));
            foreach (var projection in work.Projections)
            {
                await projection.TakeAsync(batch, cancel);
            }

            work.Report.Count(verdicts.Count, verdicts.Count(verdict => !verdict.IsLogged));
            work.Progress.Add(verdicts.Count);
        }
    }

    /// <summary>What differs may have moved between two statements: it is read once more, alone, before anything is said of it.</summary>
    private static OrderVerdict JudgeAgain(RebuildReader reader, OrderRecords order, Work work)
    {
        var again = reader.Orders(order.OrderId, After(order.OrderId), alone: true).FirstOrDefault(one => one.OrderId == order.OrderId);
        return OrderReplay.Judge(again ?? order, work.TermsOf);
    }

    private async Task FactsAsync(string storeId, IProjection[] projections, RebuildReport report, CancellationToken cancel)
    {
        await using var reader = await RebuildReader.OpenAsync(db, storeId, cancel);
        await CompareAsync(new Ranges(from => reader.PayoutsEnd(from, FactsAtOnce)), reader.Payouts);
        await CompareAsync(new Ranges(from => reader.OpeningsEnd(from, FactsAtOnce)), reader.Openings);
        await CompareAsync(new Ranges(from => reader.WriteOffsEnd(from, FactsAtOnce)), reader.WriteOffs);
        await CompareAsync(new Ranges(from => reader.RewardsEnd(from, FactsAtOnce)), reader.Bonuses);
        await CompareAsync(new Ranges(from => reader.RewardsEnd(from, FactsAtOnce)), reader.Values);

        async Task CompareAsync(Ranges ranges, Func<string, string, bool, (List<ExpectedTransaction> Expected, List<StandingTransaction> Standing)> read)
        {
            while (ranges.Next() is var (from, to))
            {
                var (expected, standing) = read(from, to, false);
                var differences = LedgerComparison.Of(expected, standing);
                if (differences.Count > 0)
                {
                    (expected, standing) = read(from, to, true);
                    differences = LedgerComparison.Of(expected, standing);
                }

                foreach (var (check, subject, text) in differences)
                {
                    report.Add(new Finding(check, storeId, subject, text));
                }

                foreach (var projection in projections)
                {
                    await projection.TakeAsync(new RebuildBatch([], standing), cancel);
                }
            }
        }
    }

    /// <summary>The terms of the store's revisions, which never change and are few: each is read once.</summary>
    private Func<string, long, Terms> TermsOf(string storeId)
    {
        var known = new ConcurrentDictionary<(string CampaignId, long Revision), Terms>();
        return (campaignId, revision) => known.GetOrAdd((campaignId, revision), key =>
            db.OneAsync<string>(ReadTerms, new { storeId, campaignId = key.CampaignId, revision = key.Revision }).GetAwaiter().GetResult() is { } terms
                ? Terms.FromJson(terms)
                : throw new JsonException($"The campaign {key.CampaignId} has no such revision."));
    }

    // No id holds this character.
    private static string After(string orderId) => orderId + '\u0001';

    private sealed record Work(
        string StoreId, Ranges Ranges, Func<string, long, Terms> TermsOf, IProjection[] Projections, RebuildReport Report, Progress Progress);

    private sealed record Loose(string Kind, string Source);

    /// <summary>The ranges of keys, one after the other without a gap: no key is left out, whatever table it stands in.</summary>
    private sealed class Ranges(Func<string, string> endOf)
    {
        private readonly Lock _lock = new();
        private string? _from = RebuildReader.First;

        public (string From, string To)? Next()
        {
            lock (_lock)
            {
                if (_from is not { } from)
                {
                    return null;
                }

                var to = endOf(from);
                _from = to == RebuildReader.Last ? null : to;
                return (from, to);
            }
        }
    }

    private sealed class Progress(string storeId, long all, Action<string> say)
    {
        private readonly Lock _lock = new();
        private readonly long _began = TimeProvider.System.GetTimestamp();
        private long _said = TimeProvider.System.GetTimestamp();
        private long _done;

        public void Add(int orders)
        {
            lock (_lock)
            {
                _done += orders;
                if (TimeProvider.System.GetElapsedTime(_said) >= BetweenWords)
                {
                    _said = TimeProvider.System.GetTimestamp();
                    Say();
                }
            }
        }

        public void Say()
        {
            var seconds = TimeProvider.System.GetElapsedTime(_began).TotalSeconds;
            say(string.Create(CultureInfo.InvariantCulture, $"{storeId}: {_done:N0} of {all:N0} orders compared, {_done / Math.Max(seconds, 0.001):N0} a second."));
        }
    }
}
