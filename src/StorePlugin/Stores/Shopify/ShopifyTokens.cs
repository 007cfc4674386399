// The access token of a store at Shopify: the one place that knows whether it can still be used.
namespace StorePlugin.Stores.Shopify;

/// <summary>Finds a store's current token. Nothing else reads it from the credentials.</summary>
internal sealed class ShopifyTokens(Credentials credentials, TimeProvider clock)
{
    // A token that ends while a request is under way is as good as ended.
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(30);

    // Only the merchant renews a token, perhaps after days. What waits for it is due at once when they do.
    private static readonly TimeSpan RenewalWait = TimeSpan.FromHours(1);

    /// <summary>The token to ask with.</summary>
    /// <exception cref="PlatformException">There is none, or it has expired; the message says what to do, and it is no failed attempt.</exception>
    public async Task<string> GetAsync(Store store, CancellationToken cancel)
    {
        var token = await credentials.FindAsync(store.Id, CredentialKind.AccessToken, cancel)
            ?? throw Missing("There is no access token for this store: install the app again from the store's admin.");
        return IsUsable(token)
            ? token.Value
            : throw Missing("The access token for this store has expired: open the app in the store's admin to renew it.");
    }

    /// <summary>
    /// A token in place of one that Shopify has refused (HTTP 401); null where there is none to be had, and then the merchant must
    /// open the app.
    /// </summary>
    /// <param name="refused">The token that was refused: where another has taken its place already, that one is the answer.</param>
    public async Task<string?> RenewAsync(Store store, string refused, CancellationToken cancel) =>
        await credentials.FindAsync(store.Id, CredentialKind.AccessToken, cancel) is { } token && token.Value != refused && IsUsable(token)
            ? token.Value
            : null;

    /// <summary>Whether <see cref="GetAsync"/> would find one.</summary>
    public async Task<bool> HasUsableAsync(Store store, CancellationToken cancel) =>
        await credentials.FindAsync(store.Id, CredentialKind.AccessToken, cancel) is { } token && IsUsable(token);

    private static PlatformException Missing(string message) => new(message) { Wait = RenewalWait };

    private bool IsUsable(Credential token) => token.ExpiresAt is not { } expiresAt || clock.GetUtcNow() < expiresAt - Margin;
}
