// Lets a run go on that was stopped for want of money, once the money is there, and ends a cancellation that a program died in.
using StorePlugin.Data;
using StorePlugin.Payouts.Stripe;
using StorePlugin.Stores;
using StorePlugin.Webhooks;

namespace StorePlugin.Payouts;

internal sealed class GoOnWithRuns(Db db, StoreDirectory stores, StripeFunds funds, PayoutRuns runs)
{
    private const long RunsMax = 20;

    private const string ReadStopped =
        "SELECT store_id, id, stopped_currencies FROM payout_runs WHERE stopped_for = 'balance' AND cancelled_at IS NULL ORDER BY stopped_at, store_id, id";

    private const string ReadCancelled =
        "SELECT store_id, id, cancelled_by FROM payout_runs WHERE stopped_for = 'cancellation' ORDER BY stopped_at, store_id, id";

    private const string ReadNeeds =
        """
        SELECT currency, COALESCE(SUM(amount_minor), 0) AS amount_minor FROM payouts
        WHERE store_id = @storeId AND run_id = @id AND state IN ('approved', 'sending', 'unknown') AND provider = 'stripe'
            AND currency IN @currencies
        GROUP BY currency
        """;

    /// <summary>Looks at the stopped runs, a bounded number of them. Returns 0, so that the next look comes after a pause.</summary>
    public async Task<int> RunOnceAsync(CancellationToken cancel)
    {
        foreach (var run in await db.ManyAsync<HalfCancelled>($"{ReadCancelled} {db.Page}", new { take = RunsMax }, cancel))
        {
            await runs.CancelAsync(await stores.GetAsync(run.StoreId, cancel), run.Id, run.CancelledBy, cancel);
        }

        foreach (var run in await db.ManyAsync<Stopped>($"{ReadStopped} {db.Page}", new { take = RunsMax }, cancel))
        {
            var needs = await db.ManyAsync<CurrencySum>(ReadNeeds, new { storeId = run.StoreId, id = run.Id, currencies = run.StoppedCurrencies.Split(',') }, cancel);
            if (needs.Count == 0 || await CoversAsync(await stores.GetAsync(run.StoreId, cancel), run.Id, needs, cancel))
            {
                await runs.ResumeAsync(run.StoreId, run.Id, cancel);
            }
        }

        return 0;
    }

    private async Task<bool> CoversAsync(Store store, string runId, IReadOnlyList<CurrencySum> needs, CancellationToken cancel)
    {
        var free = await funds.FreeAsync(store, runId, [.. needs.Select(need => Currency.Parse(need.Currency))], cancel);
        return needs.All(need => free[need.Currency] >= need.AmountMinor);
    }

    private sealed record Stopped(string StoreId, string Id, string StoppedCurrencies);

    private sealed record HalfCancelled(string StoreId, string Id, string CancelledBy);
}
