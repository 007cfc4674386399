// Session tokens as Shopify makes them, and as others might.
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace StorePlugin.Tests.Rig;

internal static class SessionTokens
{
    public const string Header = """{"alg":"HS256","typ":"JWT"}""";

    /// <summary>The claims of a member of staff in the shop's admin, good for a minute.</summary>
    public static JsonObject Staff(string shop, DateTimeOffset now, string clientId = FakeShopify.ClientId) => new()
    {
        ["iss"] = $"https://{shop}/admin",
        ["dest"] = $"https://{shop}",
        ["aud"] = clientId,
        ["sub"] = "42",
        ["exp"] = now.ToUnixTimeSeconds() + 60,
        ["nbf"] = now.ToUnixTimeSeconds(),
        ["iat"] = now.ToUnixTimeSeconds(),
        ["jti"] = "f8912129-1af6-4cad-9ca3-76b0f7621087",
        ["sid"] = "aaea182f2732d44c23057c0fea584021a4485b2bd25d3eb7fd349313ad24c685",
    };

    /// <summary>The claims of an extension in the shop's checkout, where nobody has signed in.</summary>
    public static JsonObject Extension(string shop, DateTimeOffset now, string clientId = FakeShopify.ClientId) => new()
    {
        ["dest"] = shop,
        ["aud"] = clientId,
        ["exp"] = now.ToUnixTimeSeconds() + 60,
        ["nbf"] = now.ToUnixTimeSeconds(),
        ["iat"] = now.ToUnixTimeSeconds(),
        ["jti"] = "f8912129-1af6-4cad-9ca3-76b0f7621087",
    };

    /// <summary>A token of an extension, for a customer who has signed in; null: for nobody.</summary>
    public static string OfExtension(string shop, DateTimeOffset now, string? customerId)
    {
        var claims = Extension(shop, now);
        if (customerId is not null)
        {
            claims["sub"] = $"gid://shopify/Customer/{customerId}";
        }

        return Sign(claims.ToJsonString());
    }

    /// <summary>A token of the shop's admin.</summary>
    public static string Of(string shop, DateTimeOffset now) => Sign(Staff(shop, now).ToJsonString());

    public static string Sign(string claims, string secret = FakeShopify.ClientSecret, string header = Header) =>
        SignParts(Encode(header), Encode(claims), secret);

    /// <summary>Signs two parts as they stand, right or wrong.</summary>
    public static string SignParts(string header, string payload, string secret = FakeShopify.ClientSecret) =>
        $"{header}.{payload}.{Base64Url.EncodeToString(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes($"{header}.{payload}")))}";

    public static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));

    /// <summary>The parameter <c>host</c> for a text.</summary>
    public static string Host(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text)).TrimEnd('=');

    /// <summary>The query with which the admin loads a page of the app into its frame, with a question mark.</summary>
    public static string Query(string shop, DateTimeOffset now) =>
        $"?embedded=1&host={Host($"admin.shopify.com/store/{shop.Split('.')[0]}")}&id_token={Of(shop, now)}&locale=en&shop={shop}";
}
