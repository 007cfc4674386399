// Tokens that Shopify grants: where the merchant is sent, and what a code or a session token is exchanged for.
using Microsoft.AspNetCore.WebUtilities;

namespace StorePlugin.Stores.Shopify;

/// <summary>Asks for an offline token, which belongs to the store and not to a member of its staff.</summary>
internal sealed class ShopifyAuthorization(ShopifyTokenEndpoint endpoint, Settings settings, PublicAddress address, ShopifyAdminClient admin)
{
    // The merchant's browser waits; what cannot be read now is read by an effect.
    private static readonly TimeSpan FactsTimeout = TimeSpan.FromSeconds(4);

    private ShopifyOptions Options => settings.Shopify ?? throw new PlatformException("Shopify is not set up on this server.");

    /// <summary>The page of the shop's admin on which the merchant grants what we ask for.</summary>
    public string AuthorizeUrl(string shop, string state) => QueryHelpers.AddQueryString(
        new Uri(Options.AdminUrlOf(shop), "admin/oauth/authorize").AbsoluteUri,
        new Dictionary<string, string?>
        {
            ["client_id"] = Options.ClientId,
            ["scope"] = Options.Scopes,
            ["redirect_uri"] = address.Of("/shopify/callback"),
            ["state"] = state,
        });

    /// <summary>Exchanges the code of a callback for an offline token.</summary>
    /// <exception cref="PlatformException">Shopify did not answer, or refused.</exception>
    public async Task<Grant> ExchangeAsync(string shop, string code, CancellationToken cancel) =>
        GrantOf(await endpoint.AskAsync(shop, TokenRequest.OfCode(code), cancel), "the code");

    /// <summary>
    /// Exchanges a session token, which has been verified, for an offline token. Of the offline tokens of a shop the newest alone
    /// can be refreshed.
    /// </summary>
    /// <param name="shop">The one that the session token names, never one of a parameter.</param>
    /// <returns>Null where the session token has become too old on the way.</returns>
    /// <exception cref="PlatformException">Shopify did not answer, or refused.</exception>
    public async Task<Grant?> ExchangeSessionTokenAsync(string shop, string sessionToken, CancellationToken cancel) =>
        await endpoint.AskAsync(shop, TokenRequest.OfSessionToken(sessionToken), cancel) is var reply && reply is TokenReply.Refused { Code: TokenReply.Refused.InvalidSubjectToken }
            ? null
            : GrantOf(reply, "the session token");

    /// <summary>Reads the shop with a token that is not kept yet. Null where that does not succeed at once.</summary>
    public async Task<StoreFacts?> FindFactsAsync(string shop, string token, CancellationToken cancel)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(FactsTimeout);
        // The installation stands without the facts; the effect that reads them later says why it cannot.
        try
        {
            var answer = await admin.AskAsync(shop, token, ShopifyOperations.ReadShop, new NoVariables(), patience.Token);
            return ShopifyPlatform.FactsOf(answer);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return null;
        }
    }

    private static Grant GrantOf(TokenReply reply, string what) => reply switch
    {
        TokenReply.Granted granted => granted.Grant,
        TokenReply.Refused refused => throw new PlatformException(
            $"Shopify refused to exchange {what} ({refused.Words}). Please open the app from the store's admin again, or install it again."),
        TokenReply.Failed failed => throw new PlatformException($"{failed.Reason} Please open the app from the store's admin again."),
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}
