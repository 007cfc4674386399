// Tokens by which Shopify says who is in front of a page: staff in the shop's admin, or an extension of the shop's own pages.
using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using StorePlugin.Webhooks;
using StorePlugin.Webhooks.Shopify;

namespace StorePlugin.Stores.Shopify;

/// <summary>A member of the shop's staff who has the admin open. This alone opens pages and the API.</summary>
/// <param name="Shop">The shop's domain in lower case.</param>
/// <param name="UserId">Shopify's number of the member of staff.</param>
internal sealed record StaffSession(string Shop, string UserId);

/// <summary>
/// An extension on a page of the shop's checkout or customer accounts. It is a type of its own, so that it can never open what
/// staff may see.
/// </summary>
/// <param name="Shop">The shop's domain in lower case.</param>
/// <param name="CustomerId">Shopify's number of the customer; null where nobody has signed in, or the app may not know it.</param>
internal sealed record ExtensionSession(string Shop, string? CustomerId);

/// <summary>
/// Verifies session tokens, which Shopify also calls ID tokens: JSON Web Tokens, signed by HMAC with the app's client secret,
/// good for a minute. All functions are pure.
/// </summary>
internal static class SessionToken
{
    /// <summary>Shopify's have some 600 characters.</summary>
    public const int LengthMax = 4096;

    /// <summary>How far Shopify's clock and ours may differ, in seconds. Shopify's own library allows the same.</summary>
    public const int LeewaySeconds = 10;

    private const string Https = "https://";
    private const string AdminPath = "/admin";
    private const string CustomerPrefix = "gid://shopify/Customer/";

    // The pad that makes a signature of 43 characters whole.
    private const int UnpaddedSignatureLength = 43;
    private const int NumberLengthMax = 20;

    private static readonly SearchValues<char> Base64UrlCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

    // One name with two values is read in two ways by two programs.
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 8 };

    /// <summary>Reads the token of the shop's admin. Null where it proves nothing, and then <paramref name="why"/> says so in words.</summary>
    /// <param name="token">As it came, without the word Bearer.</param>
    /// <param name="shopify">The client id and the secrets that count.</param>
    /// <param name="why">Ends the sentence "The session token …"; empty where the token is good. It repeats nothing of the token.</param>
    public static StaffSession? ReadStaff(string token, ShopifyOptions shopify, DateTimeOffset now, out string why)
    {
        if (ReadClaims(token, shopify, now, out why) is not { } claims)
        {
            return null;
        }

        if (ShopOf(TextOf(claims, "dest"), Https, "") is not { } shop || ShopOf(TextOf(claims, "iss"), Https, AdminPath) != shop)
        {
            why = "does not come from the admin of a shop";
            return null;
        }

        if (TextOf(claims, "sub") is not { } userId || !IsNumber(userId))
        {
            why = "names no member of staff";
            return null;
        }

        return new StaffSession(shop, userId);
    }

    /// <summary>
    /// Reads the token of an extension in checkout or customer accounts. Its issuer may be missing, and <c>dest</c> may be the bare
    /// domain. Null where it proves nothing, and for a token of the admin.
    /// </summary>
    /// <param name="token">As it came, without the word Bearer.</param>
    /// <param name="shopify">The client id and the secrets that count.</param>
    /// <param name="why">As in <see cref="ReadStaff"/>.</param>
    public static ExtensionSession? ReadExtension(string token, ShopifyOptions shopify, DateTimeOffset now, out string why)
    {
        if (ReadClaims(token, shopify, now, out why) is not { } claims)
        {
            return null;
        }

        var dest = TextOf(claims, "dest");
        if ((ShopOf(dest, Https, "") ?? ShopOf(dest, "", "")) is not { } shop)
        {
            why = "names no shop";
            return null;
        }

        if (claims.TryGetProperty("iss", out _) && !IsExtensionIssuer(TextOf(claims, "iss"), shop))
        {
            why = "does not come from an extension of this shop";
            return null;
        }

        if (!claims.TryGetProperty("sub", out _))
        {
            return new ExtensionSession(shop, CustomerId: null);
        }

        if (TextOf(claims, "sub") is not { } customer
            || !customer.StartsWith(CustomerPrefix, StringComparison.Ordinal)
            || !IsNumber(customer.AsSpan(CustomerPrefix.Length)))
        {
            why = "names somebody who is no customer";
            return null;
        }

        return new ExtensionSession(shop, customer[CustomerPrefix.Length..]);
    }

    /// <summary>What both kinds have in common: form, signature, recipient and time.</summary>
    private static JsonElement? ReadClaims(string token, ShopifyOptions shopify, DateTimeOffset now, out string why)
    {
        if (token.Length > LengthMax || token.Split('.') is not [var header, var payload, var signature])
        {
            why = "is not of three parts, or is too long";
            return null;
        }

        // Before anything is read: what is not signed with our secret, by this one function, does not reach the parser.
        if (!IsSigned(token.AsSpan(0, header.Length + 1 + payload.Length), signature, shopify))
        {
            why = "is not signed with the app's client secret";
            return null;
        }

        // "crit" names what a reader must understand, and we understand nothing beyond the plain form.
        if (Decode(header) is not { } head || TextOf(head, "alg") != "HS256" || head.TryGetProperty("crit", out _))
        {
            why = "is signed in another way than Shopify signs";
            return null;
        }

        if (Decode(payload) is not { } claims)
        {
            why = "cannot be read";
            return null;
        }

        if (TextOf(claims, "aud") != shopify.ClientId)
        {
            why = "was made for another app";
            return null;
        }

        var seconds = now.ToUnixTimeSeconds();
        if (SecondsOf(claims, "exp") is not { } end || end <= seconds - LeewaySeconds)
        {
            why = "has expired, or does not say when it does";
            return null;
        }

        if (claims.TryGetProperty("nbf", out _) && (SecondsOf(claims, "nbf") is not { } start || start > seconds + LeewaySeconds))
        {
            why = "is not good yet: the server's clock may be slow";
            return null;
        }

        why = "";
        return claims;
    }

    private static bool IsSigned(ReadOnlySpan<char> signed, string signature, ShopifyOptions shopify)
    {
        // The signature is compared as canonical base64 and never decoded. Shopify's library takes it with its pad as well.
        var base64 = signature.Replace('-', '+').Replace('_', '/') + (signature.Length == UnpaddedSignatureLength ? "=" : "");
        return !signed.ContainsAnyExceptInRange('!', '~')
            && Signature.IsBase64Hmac(Encoding.ASCII.GetBytes(signed.ToString()), base64, shopify.Secrets.AsSpan());
    }

    /// <summary>A part as a JSON object; null where it is none.</summary>
    private static JsonElement? Decode(string part)
    {
        if (part.AsSpan().ContainsAnyExcept(Base64UrlCharacters) || part.Length % 4 == 1)
        {
            return null;
        }

        // That it is no JSON is an answer here, and the only one that the parser gives by throwing.
        try
        {
            using var json = JsonDocument.Parse(Base64Url.DecodeFromChars(part), Strict);
            return json.RootElement.ValueKind == JsonValueKind.Object ? json.RootElement.Clone() : null;
        }
        catch (Exception e) when (e is JsonException or FormatException)
        {
            return null;
        }
    }

    /// <summary>The shop between what must stand before and behind it; null where they, or the shop, are not there.</summary>
    private static string? ShopOf(string? text, string before, string behind) =>
        text is not null
        && text.Length > before.Length + behind.Length
        && text.StartsWith(before, StringComparison.Ordinal)
        && text.EndsWith(behind, StringComparison.Ordinal)
        && ShopDomain.TryParse(text[before.Length..^behind.Length], out var shop)
            ? shop
            : null;

    // Such as https://shop/checkout. The admin of the same shop is told apart by its path alone.
    private static bool IsExtensionIssuer(string? issuer, string shop)
    {
        var origin = Https + shop;
        if (issuer?.StartsWith(origin, StringComparison.Ordinal) != true)
        {
            return false;
        }

        var path = issuer.AsSpan(origin.Length);
        return path.IsEmpty || (path[0] == '/' && path is not AdminPath && !path.StartsWith(AdminPath + "/", StringComparison.Ordinal));
    }

    private static string? TextOf(JsonElement claims, string name) =>
        claims.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static long? SecondsOf(JsonElement claims, string name) =>
        claims.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var seconds) ? seconds : null;

    private static bool IsNumber(ReadOnlySpan<char> text) =>
        text.Length is > 0 and <= NumberLengthMax && !text.ContainsAnyExceptInRange('0', '9');
}
