// What is sent to Shopify for a token, and what comes back.
using System.Text.Json;
using System.Text.Json.Serialization;

namespace StorePlugin.Stores.Shopify;

/// <summary>The body of a request for a token; what is null is not sent.</summary>
internal sealed record TokenRequest
{
    private const string Exchange = "urn:ietf:params:oauth:grant-type:token-exchange";
    private const string IdToken = "urn:ietf:params:oauth:token-type:id_token";
    private const string OfflineToken = "urn:shopify:params:oauth:token-type:offline-access-token";

    public string? ClientId { get; init; }

    public string? ClientSecret { get; init; }

    /// <summary>Absent with a code.</summary>
    public string? GrantType { get; private init; }

    /// <summary>The code of a callback.</summary>
    public string? Code { get; private init; }

    public string? RefreshToken { get; private init; }

    public string? SubjectToken { get; private init; }

    public string? SubjectTokenType { get; private init; }

    public string? RequestedTokenType { get; private init; }

    /// <summary><c>1</c> asks for a token that ends and for one to refresh it with. A refreshed one ends in any case.</summary>
    public string? Expiring { get; private init; }

    public static TokenRequest OfCode(string code) => new() { Code = code, Expiring = "1" };

    public static TokenRequest OfSessionToken(string token) => OfExchange(token, IdToken);

    /// <summary>In place of a token that does not end. Shopify revokes that one and gives it back in no case.</summary>
    public static TokenRequest OfOldToken(string token) => OfExchange(token, OfflineToken);

    public static TokenRequest OfRefreshToken(string token) => new() { GrantType = "refresh_token", RefreshToken = token };

    /// <summary>Says nothing, so that no log line can hold a secret.</summary>
    public override string ToString() => nameof(TokenRequest);

    private static TokenRequest OfExchange(string token, string type) => new()
    {
        GrantType = Exchange,
        SubjectToken = token,
        SubjectTokenType = type,
        RequestedTokenType = OfflineToken,
        Expiring = "1",
    };
}

/// <param name="ExpiresIn">Seconds; null where the token does not expire.</param>
/// <param name="RefreshTokenExpiresIn">Seconds.</param>
/// <param name="AssociatedUserScope">Only with a token for one member of staff, which is not what we ask for.</param>
/// <param name="Error">A word such as <c>invalid_grant</c> where the request is refused.</param>
internal sealed record TokenAnswer(
    string? AccessToken,
    string? Scope,
    decimal? ExpiresIn,
    string? RefreshToken,
    decimal? RefreshTokenExpiresIn,
    string? AssociatedUserScope,
    JsonElement? Error)
{
    /// <summary>Says nothing, so that no log line can hold a secret.</summary>
    public override string ToString() => nameof(TokenAnswer);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, NumberHandling = JsonNumberHandling.AllowReadingFromString,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(TokenRequest))]
[JsonSerializable(typeof(TokenAnswer))]
internal sealed partial class ShopifyTokenJson : JsonSerializerContext;
