// Where Shopify gives tokens: one request for each, and its outcome in words.
using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace StorePlugin.Stores.Shopify;

/// <summary>What came of a request for a token.</summary>
internal abstract record TokenReply
{
    internal sealed record Granted(Grant Grant) : TokenReply;

    /// <summary>Shopify answered that there is none; asking the same again changes nothing.</summary>
    /// <param name="Code">A word such as <c>invalid_grant</c>; empty where none was told.</param>
    internal sealed record Refused(int Status, string Code) : TokenReply
    {
        public const string InvalidGrant = "invalid_grant";

        /// <summary>The session token is too old, or none of Shopify's.</summary>
        public const string InvalidSubjectToken = "invalid_subject_token";

        /// <summary>The client secret is wrong, or the shop has uninstalled the app.</summary>
        public const string InvalidClient = "invalid_client";

        public string Words => string.Create(CultureInfo.InvariantCulture, $"HTTP {Status}{(Code.Length == 0 ? "" : ", ")}{Code}");
    }

    /// <summary>No answer came, or none that can be used. Whether a token was given is not known.</summary>
    internal sealed record Failed(string Reason) : TokenReply;
}

/// <summary>Asks for tokens, with the client secret. It never waits and never repeats what failed.</summary>
internal sealed class ShopifyTokenEndpoint(IHttpClientFactory https, Settings settings, TimeProvider clock)
{
    /// <summary>After this long no answer is waited for.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    private const int ErrorCodeLengthMax = 60;
    private const int MarkLength = 16;

    // Lifetimes beyond this are a mistake of the platform's.
    private const decimal LifetimeSecondsMax = 10 * 366 * 86_400m;

    private ShopifyOptions Options => settings.Shopify ?? throw new PlatformException("Shopify is not set up on this server.");

    /// <summary>The mark of the secret that tokens are to be given under.</summary>
    /// <exception cref="PlatformException">Shopify is not set up on this server.</exception>
    public string CurrentMark => MarkOf(Options.ClientSecret);

    /// <summary>Tells client secrets apart without saying what they are: a part of a hash, which is no signature of anything.</summary>
    public static string MarkOf(string clientSecret) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes("which client secret\n" + clientSecret)))[..MarkLength];

    /// <summary>
    /// One request; a second one with the previous client secret where the current one is refused, since while secrets are being
    /// exchanged nobody knows which of them Shopify takes.
    /// </summary>
    /// <exception cref="PlatformException">Shopify is not set up on this server.</exception>
    public async Task<TokenReply> AskAsync(string shop, TokenRequest request, CancellationToken cancel)
    {
        var reply = await AskAsync(shop, request, Options.ClientSecret, cancel);
        return reply is TokenReply.Refused { Code: TokenReply.Refused.InvalidClient } && Options.PreviousClientSecret is { } previous
            ? await AskAsync(shop, request, previous, cancel)
            : reply;
    }

    private async Task<TokenReply> AskAsync(string shop, TokenRequest body, string secret, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Options.AdminUrlOf(shop), "admin/oauth/access_token"));
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        request.Content = new ByteArrayContent(
            JsonSerializer.SerializeToUtf8Bytes(body with { ClientId = Options.ClientId, ClientSecret = secret }, ShopifyTokenJson.Default.TokenRequest))
        {
            Headers = { ContentType = new MediaTypeHeaderValue("application/json") },
        };
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(Timeout);

        // What the network does is an outcome here. Its reasons and the parser's may quote what was sent or received, so they stay behind.
        try
        {
            using var http = https.CreateClient(ShopifyAdminClient.HttpName);
            using var response = await http.SendAsync(request, patience.Token);
            var (status, bytes) = ((int)response.StatusCode, await response.Content.ReadAsByteArrayAsync(patience.Token));
            return status switch
            {
                >= 200 and < 300 => ReplyOf(JsonSerializer.Deserialize(bytes, ShopifyTokenJson.Default.TokenAnswer), secret),
                408 or 429 or >= 500 => new TokenReply.Failed(string.Create(CultureInfo.InvariantCulture, $"Shopify gives no tokens at present (HTTP {status}).")),
                _ => new TokenReply.Refused(status, ErrorCodeOf(bytes)),
            };
        }
        catch (HttpRequestException e)
        {
            return new TokenReply.Failed($"Shopify cannot be reached for a token, or its answer was lost ({e.HttpRequestError}).");
        }
        catch (JsonException)
        {
            return new TokenReply.Failed("Shopify's answer, which should hold a token, cannot be read.");
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return new TokenReply.Failed("Shopify did not answer in time.");
        }
    }

    private TokenReply ReplyOf(TokenAnswer? answer, string secret)
    {
        if (answer is null)
        {
            return new TokenReply.Failed("Shopify's answer, which should hold a token, is empty.");
        }

        if (!IsToken(answer.AccessToken))
        {
            return new TokenReply.Failed("Shopify's answer holds no access token.");
        }

        if (answer.AssociatedUserScope is not null)
        {
            return new TokenReply.Failed("Shopify granted a token for one member of staff, not for the store.");
        }

        var scopes = string.Join(',', ShopifyScopes.Parse(answer.Scope));
        if (scopes.Length > Installation.ScopesLengthMax)
        {
            return new TokenReply.Failed("Shopify granted a longer list of scopes than can be kept.");
        }

        var now = clock.GetUtcNow();
        return new TokenReply.Granted(new Grant(
            answer.AccessToken!,
            IsToken(answer.RefreshToken) ? answer.RefreshToken : null,
            EndOf(now, answer.ExpiresIn),
            EndOf(now, answer.RefreshTokenExpiresIn),
            scopes,
            WebhookSecret: null,
            Facts: null)
        {
            IssuedUnder = MarkOf(secret),
        });
    }

    // It goes into a header.
    private static bool IsToken(string? text) => !string.IsNullOrEmpty(text) && !text.AsSpan().ContainsAnyExceptInRange('!', '~');

    // A word such as invalid_request; anything longer may be a text that repeats what was sent.
    private static string ErrorCodeOf(byte[] body)
    {
        try
        {
            return JsonSerializer.Deserialize(body, ShopifyTokenJson.Default.TokenAnswer)?.Error is { ValueKind: JsonValueKind.String } error
                && error.GetString() is { Length: > 0 and <= ErrorCodeLengthMax } code
                && code.All(letter => letter is '_' or (>= 'a' and <= 'z'))
                ? code
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
