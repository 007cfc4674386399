// Tokens that Shopify grants: where the merchant is sent, and what a code or a session token is exchanged for.
using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;

namespace StorePlugin.Stores.Shopify;

/// <summary>Asks for an offline token, which belongs to the store and not to a member of its staff.</summary>
internal sealed class ShopifyAuthorization(
    IHttpClientFactory https, Settings settings, PublicAddress address, ShopifyAdminClient admin, TimeProvider clock)
{
    private const int ErrorCodeLengthMax = 60;

    // The merchant's browser waits; what cannot be read now is read by an effect.
    private static readonly TimeSpan FactsTimeout = TimeSpan.FromSeconds(4);

    // Lifetimes beyond this are a mistake of the platform's.
    private const decimal LifetimeSecondsMax = 10 * 366 * 86_400m;

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
    public async Task<Grant> ExchangeAsync(string shop, string code, CancellationToken cancel) => GrantOf(
        await RequestTokenAsync(shop, new TokenRequest(Options.ClientId, Options.ClientSecret, Expiring: "1") { Code = code }, cancel));

    /// <summary>
    /// Exchanges a session token, which has been verified, for an offline token. Of the offline tokens of a shop the newest alone
    /// can be refreshed.
    /// </summary>
    /// <param name="shop">The one that the session token names, never one of a parameter.</param>
    /// <exception cref="PlatformException">Shopify did not answer, or refused.</exception>
    public async Task<Grant> ExchangeSessionTokenAsync(string shop, string sessionToken, CancellationToken cancel) => GrantOf(
        await RequestTokenAsync(
            shop,
            new TokenRequest(Options.ClientId, Options.ClientSecret, Expiring: "1")
            {
                GrantType = "urn:ietf:params:oauth:grant-type:token-exchange",
                SubjectToken = sessionToken,
                SubjectTokenType = "urn:ietf:params:oauth:token-type:id_token",
                RequestedTokenType = "urn:shopify:params:oauth:token-type:offline-access-token",
            },
            cancel));

    private Grant GrantOf(TokenAnswer answer)
    {
        if (string.IsNullOrWhiteSpace(answer.AccessToken) || answer.AccessToken.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            throw new PlatformException("Shopify's answer to the code holds no access token.");
        }

        if (answer.AssociatedUserScope is not null)
        {
            throw new PlatformException("Shopify granted a token for one member of staff, not for the store. Please install the app again.");
        }

        var scopes = string.Join(',', ShopifyScopes.Parse(answer.Scope));
        if (scopes.Length > Installation.ScopesLengthMax)
        {
            throw new PlatformException("Shopify granted a longer list of scopes than can be kept.");
        }

        var now = clock.GetUtcNow();
        return new Grant(
            answer.AccessToken,
            string.IsNullOrWhiteSpace(answer.RefreshToken) ? null : answer.RefreshToken,
            EndOf(now, answer.ExpiresIn),
            EndOf(now, answer.RefreshTokenExpiresIn),
            scopes,
            WebhookSecret: null,
            Facts: null);
    }

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

    private async Task<TokenAnswer> RequestTokenAsync(string shop, TokenRequest body, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Options.AdminUrlOf(shop), "admin/oauth/access_token"));
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        request.Content = new ByteArrayContent(
            JsonSerializer.SerializeToUtf8Bytes(body, ShopifyTokenJson.Default.TokenRequest))
        {
            Headers = { ContentType = new MediaTypeHeaderValue("application/json") },
        };

        try
        {
            using var http = https.CreateClient(ShopifyAdminClient.HttpName);
            using var response = await http.SendAsync(request, cancel);
            var bytes = await response.Content.ReadAsByteArrayAsync(cancel);
            return response.IsSuccessStatusCode
                ? JsonSerializer.Deserialize(bytes, ShopifyTokenJson.Default.TokenAnswer)
                    ?? throw new PlatformException("Shopify's answer to the code is empty.")
                : throw new PlatformException(
                    $"Shopify refused to exchange the code (HTTP {(int)response.StatusCode}{ErrorCodeOf(bytes)}). Please install the app again from the store's admin.");
        }
        // The reasons of the network and of the parser may quote what was sent or received, so they stay behind.
        catch (HttpRequestException e)
        {
            throw new PlatformException($"Shopify cannot be reached to exchange the code ({e.HttpRequestError}). Please try again.");
        }
        catch (JsonException)
        {
            throw new PlatformException("Shopify's answer to the code cannot be read. Please install the app again.");
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new PlatformException("Shopify did not answer in time. Please try again.");
        }
    }

    // A word such as invalid_request; anything longer may be a text that repeats what was sent.
    private static string ErrorCodeOf(byte[] body)
    {
        try
        {
            return JsonSerializer.Deserialize(body, ShopifyTokenJson.Default.TokenAnswer)?.Error is { ValueKind: JsonValueKind.String } error
                && error.GetString() is { Length: > 0 and <= ErrorCodeLengthMax } code
                && code.All(letter => letter is '_' or (>= 'a' and <= 'z'))
                ? $", {code}"
                : "";
        }
        catch (JsonException)
        {
            return "";
        }
    }

    private static DateTimeOffset? EndOf(DateTimeOffset now, decimal? seconds) =>
        seconds is > 0 and <= LifetimeSecondsMax ? now + TimeSpan.FromSeconds((double)seconds.Value) : null;
}
