// The merchant's side of billing for payees: who they are, at what rate VAT is added, and since when.
using System.Data.Common;
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Payouts.SelfBilling;

/// <summary>What a store has settled: while it is there, the store bills for every payee who agrees.</summary>
/// <param name="NumberPrefix">What stands before the number of a document; may be empty.</param>
/// <param name="DomesticRateBp">In basis points: 1900 for 19 %.</param>
/// <param name="SinceAt">When the store first settled it; UTC.</param>
internal sealed record SettledBilling(BillParty Merchant, string NumberPrefix, long DomesticRateBp, DateTimeOffset SinceAt)
{
    public const int PrefixLengthMax = 20;
    public const long RateBpMax = 5_000;
}

internal sealed class SelfBillingSettings(Db db, BillParties parties, TimeProvider clock)
{
    private const int RaceTriesMax = 5;

    private const string Read =
        """
        SELECT f.party_id, p.number_prefix, p.country, f.domestic_rate_bp, f.since_at FROM self_billing_settings f
        JOIN self_bill_parties p ON p.store_id = f.store_id AND p.id = f.party_id
        WHERE f.store_id = @storeId
        """;

    /// <summary>Null: the store does not bill for its payees.</summary>
    public async Task<SettledBilling?> FindAsync(Store store, CancellationToken cancel) =>
        await db.OneAsync<Row>(Read, new { storeId = store.Id }, cancel) is { } row
            ? new SettledBilling(await parties.OpenAsync(store.Id, row.PartyId, cancel), row.NumberPrefix, row.DomesticRateBp, row.SinceAt)
            : null;

    /// <summary>The country from which the store bills; null where it does not.</summary>
    public async Task<string?> CountryAsync(Store store, CancellationToken cancel) =>
        (await db.OneAsync<Row>(Read, new { storeId = store.Id }, cancel))?.Country;

    private const string Update =
        """
        UPDATE self_billing_settings SET party_id = @partyId, domestic_rate_bp = @rateBp, updated_at = @now, updated_by = @actor
        WHERE store_id = @storeId
        """;

    private const string Insert =
        """
        INSERT INTO self_billing_settings (store_id, party_id, domestic_rate_bp, since_at, updated_at, updated_by)
        VALUES (@storeId, @partyId, @rateBp, @now, @now, @actor)
        """;

    private const string InsertCounter =
        """
        INSERT INTO self_bill_counters (store_id, last_number)
        SELECT @storeId, 0 FROM stores WHERE id = @storeId AND NOT EXISTS (SELECT 1 FROM self_bill_counters WHERE store_id = @storeId)
        """;

    /// <summary>Settles it anew, unless it is settled so already. Payouts that are reserved already are billed as it was; numbers go on from where they were.</summary>
    public async Task<SettledBilling> SetAsync(Store store, BillParty merchant, string numberPrefix, long domesticRateBp, string actor, CancellationToken cancel)
    {
        if (await FindAsync(store, cancel) is { } settled
            && settled.Merchant == merchant && settled.NumberPrefix == numberPrefix && settled.DomesticRateBp == domesticRateBp)
        {
            return settled;
        }

        var now = clock.GetUtcNow();
        var party = parties.Seal(store.Id, BillParties.Merchant, merchant, numberPrefix, now, actor);
        var args = new { storeId = store.Id, partyId = party.Id, rateBp = domesticRateBp, now, actor };
        for (var tries = 1; ; tries++)
        {
            try
            {
                await db.InTransactionAsync(
                    async tx =>
                    {
                        await BillParties.WriteAsync(tx, party);
                        if (await tx.DoAsync(Update, args) == 0)
                        {
                            await tx.DoAsync(Insert, args);
                        }

                        await tx.DoAsync(InsertCounter, args);
                    },
                    cancel: cancel);
                return (await FindAsync(store, cancel))!;
            }
            // Somebody else settled it for the first time at the same moment; the next try replaces theirs.
            catch (DbException e) when (db.Dialect.IsUniqueViolation(e) && tries < RaceTriesMax)
            {
            }
        }
    }

    private const string Drop = "DELETE FROM self_billing_settings WHERE store_id = @storeId";

    /// <summary>The store bills no longer. What is reserved is billed still, and corrections go on.</summary>
    public Task<int> RemoveAsync(Store store, CancellationToken cancel) => db.DoAsync(Drop, new { storeId = store.Id }, cancel);

    private sealed record Row(string PartyId, string NumberPrefix, string Country, long DomesticRateBp, DateTimeOffset SinceAt);
}
