// The row of a store in the table shopify_tokens: when its tokens were last given, who renews them, and what stands in the way.
using StorePlugin.Data;
using StorePlugin.Inbox;

namespace StorePlugin.Stores.Shopify;

/// <summary>What is known of a store's pair of tokens besides the tokens. There is a row as long as the store is installed.</summary>
/// <param name="RefreshedAt">When the pair was given, by a grant or by a refresh.</param>
/// <param name="IssuedUnder">The mark of the client secret that it was given under; see <see cref="ShopifyTokenEndpoint.MarkOf"/>.</param>
/// <param name="Fault">Why the last try to renew it came to nothing, in words; null where it succeeded.</param>
/// <param name="FaultAt">Since when no try has succeeded.</param>
/// <param name="RetryAt">When the next one may be made; null beside a fault that only a new grant ends.</param>
internal sealed record ShopifyTokenRow(
    DateTimeOffset RefreshedAt, string IssuedUnder, string? Fault, DateTimeOffset? FaultAt, DateTimeOffset? RetryAt)
{
    private const string Read =
        "SELECT refreshed_at, issued_under, fault, fault_at, retry_at FROM shopify_tokens WHERE store_id = @storeId";

    private const string Update =
        """
        UPDATE shopify_tokens
        SET refreshed_at = @now, issued_under = @issuedUnder, lease_id = NULL, lease_until = NULL, fault = NULL, fault_at = NULL, retry_at = NULL
        WHERE store_id = @storeId
        """;

    private const string Insert =
        "INSERT INTO shopify_tokens (store_id, refreshed_at, issued_under) VALUES (@storeId, @now, @issuedUnder)";

    // Stores that were installed before their tokens had a row: nobody knows the secret, so their turn to be renewed comes at once.
    private const string Adopt =
        """
        INSERT INTO shopify_tokens (store_id, refreshed_at, issued_under)
        SELECT s.id, COALESCE(s.installed_at, s.created_at), '' FROM stores s
        WHERE s.platform = 'shopify' AND s.state = 'installed'
            AND NOT EXISTS (SELECT 1 FROM shopify_tokens t WHERE t.store_id = s.id)
        """;

    private const string Delete = "DELETE FROM shopify_tokens WHERE store_id = @storeId";

    private const string Take =
        """
        UPDATE shopify_tokens SET lease_id = @lease, lease_until = @until
        WHERE store_id = @storeId AND (lease_id IS NULL OR lease_until <= @now)
        """;

    private const string GiveBack =
        "UPDATE shopify_tokens SET lease_id = NULL, lease_until = NULL WHERE store_id = @storeId AND lease_id = @lease";

    private const string NoteFault =
        """
        UPDATE shopify_tokens SET fault = @fault, fault_at = COALESCE(fault_at, @now), retry_at = @retryAt
        WHERE store_id = @storeId AND lease_id = @lease
        """;

    /// <summary>Whether the tokens are refused for good, so that the merchant must open the app.</summary>
    public bool NeedsMerchant => FaultAt is not null && RetryAt is null;

    public static Task<ShopifyTokenRow?> FindAsync(Db db, string storeId, CancellationToken cancel) =>
        db.OneAsync<ShopifyTokenRow>(Read, new { storeId }, cancel);

    /// <summary>
    /// Notes that a pair was given, in the transaction that keeps it. Faults end with it, and so does the lease of whoever is asking for
    /// another: what they are told concerns a pair that is gone.
    /// </summary>
    public static async Task KeepAsync(Tx tx, string storeId, string issuedUnder, DateTimeOffset now)
    {
        var args = new { storeId, issuedUnder, now };
        if (await tx.DoAsync(Update, args) == 0)
        {
            await tx.DoAsync(Insert, args);
        }
    }

    /// <summary>Makes the rows of installed stores that have none.</summary>
    public static Task AdoptAsync(Db db, CancellationToken cancel) => db.DoAsync(Adopt, cancel: cancel);

    public static Task DropAsync(Tx tx, string storeId) => tx.DoAsync(Delete, new { storeId });

    /// <summary>Whether the lease is the caller's now: nobody else had it, or had had it for longer than it lasts.</summary>
    public static async Task<bool> TakeAsync(Db db, string storeId, string lease, DateTimeOffset now, DateTimeOffset until, CancellationToken cancel) =>
        await db.DoAsync(Take, new { storeId, lease, now, until }, cancel) == 1;

    /// <summary>Gives the lease back, where it is still the caller's. A program that stops gives it back too.</summary>
    public static Task GiveBackAsync(Db db, string storeId, string lease) => db.DoAsync(GiveBack, new { storeId, lease });

    /// <summary>Notes a fault of whoever holds the lease. False, and nothing is noted, once it is another's or a grant has come.</summary>
    /// <param name="retryAt">Null where only the merchant can help.</param>
    public static async Task<bool> NoteFaultAsync(Db db, string storeId, string lease, string fault, DateTimeOffset now, DateTimeOffset? retryAt) =>
        await db.DoAsync(NoteFault, new { storeId, lease, fault = Retry.Fit(fault), now, retryAt }) == 1;
}
