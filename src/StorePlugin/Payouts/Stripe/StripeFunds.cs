// What a store's Stripe account could pay out now: transfers come from its available balance and from nothing else.
using StorePlugin.Data;
using StorePlugin.Stores;
using StorePlugin.Webhooks;

namespace StorePlugin.Payouts.Stripe;

internal sealed class StripeFunds(Db db, Credentials credentials, StripeClient stripe)
{
    // What other runs have reserved and are about to send. What has a transfer has left the balance already.
    private const string ReadPromised =
        """
        SELECT p.currency, COALESCE(SUM(p.amount_minor), 0) AS amount_minor FROM payouts p
        JOIN payout_runs r ON r.store_id = p.store_id AND r.id = p.run_id
        WHERE p.store_id = @storeId AND p.run_id <> @runId AND p.state IN ('approved', 'sending', 'unknown') AND p.provider = 'stripe' AND r.stopped_at IS NULL
        GROUP BY p.currency
        """;

    /// <summary>
    /// What is available in each of these currencies and not promised to another run, in minor units; null where Stripe does not
    /// tell. A currency that Stripe does not list holds nothing.
    /// </summary>
    /// <param name="runId">The run that asks; empty for one that is yet to be made.</param>
    public async Task<IReadOnlyDictionary<string, long?>> FreeAsync(Store store, string runId, IReadOnlyCollection<Currency> currencies, CancellationToken cancel)
    {
        var available = await credentials.FindAsync(store.Id, CredentialKind.StripeSecretKey, cancel) is { Value: var key }
            ? await stripe.AvailableAsync(store.Id, key, cancel)
            : null;
        var promised = (await db.ManyAsync<CurrencySum>(ReadPromised, new { storeId = store.Id, runId }, cancel)).ToDictionary(row => row.Currency, row => row.AmountMinor);
        return currencies.ToDictionary(currency => currency.Code, currency => Of(available, currency) - promised.GetValueOrDefault(currency.Code));
    }

    private static long? Of(IReadOnlyDictionary<string, long>? available, Currency currency) =>
        available is null ? null
        : !available.TryGetValue(currency.Code.ToLowerInvariant(), out var amount) ? 0
        : StripeAmount.FromStripe(amount, currency)?.Minor;
}
