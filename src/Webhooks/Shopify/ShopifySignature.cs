// Shopify signs three things with the app's client secret: webhook bodies, queries of its admin, and app proxy requests.
using System.Buffers;
using System.Net;
using System.Text;

namespace StorePlugin.Webhooks.Shopify;

/// <summary>
/// Whether something comes from Shopify. All functions are pure: secrets (the current one and, while a rotation is
/// under way, the previous) and the instant come in.
/// </summary>
public static class ShopifySignature
{
    /// <summary>How far a signed query's timestamp may lie from our clock, in seconds, either way.</summary>
    public const int ToleranceSeconds = 90;

    private const int TimestampLengthMax = 12;

    private static readonly SearchValues<char> FormCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789*-._");

    // One value is checked and another used, if these may come twice.
    private static readonly string[] OnceInQuery = ["hmac", "shop", "timestamp", "state", "code", "host"];

    private static readonly string[] OnceInProxyQuery =
        ["shop", "logged_in_customer_id", "path_prefix", "timestamp", "signature"];

    /// <summary>Whether the body of a webhook bears a right signature. An empty body never does (rule I1).</summary>
    /// <param name="body">The raw bytes.</param>
    /// <param name="hmac">The value of <c>X-Shopify-Hmac-Sha256</c>.</param>
    public static bool IsBodyAuthentic(ReadOnlySpan<byte> body, string? hmac, params ReadOnlySpan<byte[]> secrets) =>
        !body.IsEmpty && Signature.IsBase64Hmac(body, hmac, secrets);

    /// <summary>
    /// Whether a query of Shopify's admin (app entry, OAuth callback, bulk action link) is signed and fresh. The caller
    /// still has to demand the parameters that it uses.
    /// </summary>
    /// <param name="rawQuery">The query as it came, with or without its question mark.</param>
    public static bool IsQueryAuthentic(string? rawQuery, IReadOnlyList<byte[]> secrets, DateTimeOffset now)
    {
        var pairs = Pairs(rawQuery);
        if (Array.Exists(OnceInQuery, name => Count(pairs, name) > 1)
            || !IsFresh(Value(pairs, "timestamp"), now)
            || Value(pairs, "hmac") is not { } hmac)
        {
            return false;
        }

        pairs.RemoveAll(pair => pair.Key is "hmac" or "signature");

        // Shopify's libraries sign the pairs encoded again, older documents the decoded ones; both texts are the same
        // for what Shopify normally sends. Lists (ids[]=1&ids[]=2) exist in the second form only.
        ReadOnlySpan<byte[]> keys = [.. secrets];
        var hasLists = pairs.Exists(pair => IsList(pair.Key));
        return (!hasLists && Signature.IsHexHmac(EncodedForm(pairs), hmac, keys))
            || Signature.IsHexHmac(DecodedForm(pairs), hmac, keys);
    }

    /// <summary>
    /// Whether a request through the app proxy is signed and fresh. Only the five parameters of Shopify's own are to be
    /// believed afterwards, and each is there exactly once: the signed text has no separators, so a visitor could
    /// otherwise move one into the value of another.
    /// </summary>
    /// <param name="rawQuery">The query as it came, with or without its question mark.</param>
    public static bool IsProxyQueryAuthentic(string? rawQuery, IReadOnlyList<byte[]> secrets, DateTimeOffset now)
    {
        var pairs = Pairs(rawQuery);
        if (Array.Exists(OnceInProxyQuery, name => Count(pairs, name) != 1)
            || Count(pairs, "hmac") > 1
            || !IsFresh(Value(pairs, "timestamp"), now)
            || Value(pairs, "signature") is not { } signature)
        {
            return false;
        }

        var parts = pairs
            .Where(pair => pair.Key is not "signature")
            .GroupBy(pair => pair.Key, StringComparer.Ordinal)
            .Select(group => $"{group.Key}={string.Join(',', group.Select(pair => pair.Value))}")
            .Order(StringComparer.Ordinal);
        return Signature.IsHexHmac(Encoding.UTF8.GetBytes(string.Concat(parts)), signature, [.. secrets]);
    }

    private static List<KeyValuePair<string, string>> Pairs(string? rawQuery)
    {
        var pairs = new List<KeyValuePair<string, string>>();
        var query = rawQuery is ['?', ..] ? rawQuery[1..] : rawQuery ?? "";
        foreach (var piece in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = piece.IndexOf('=', StringComparison.Ordinal);
            var (key, value) = equals < 0 ? (piece, "") : (piece[..equals], piece[(equals + 1)..]);
            pairs.Add(new(WebUtility.UrlDecode(key), WebUtility.UrlDecode(value)));
        }

        return pairs;
    }

    // The framework's query collection does not tell names apart by case, so a repeat is counted that way too.
    private static int Count(List<KeyValuePair<string, string>> pairs, string name) =>
        pairs.Count(pair => pair.Key.Equals(name, StringComparison.OrdinalIgnoreCase));

    private static string? Value(List<KeyValuePair<string, string>> pairs, string name) =>
        pairs.Find(pair => pair.Key == name).Value;

    private static bool IsFresh(string? timestamp, DateTimeOffset now) =>
        UnixSeconds.TryParse(timestamp, TimestampLengthMax, out var seconds)
        && Math.Abs(now.ToUnixTimeSeconds() - seconds) <= ToleranceSeconds;

    private static bool IsList(string key) => key.EndsWith("[]", StringComparison.Ordinal);

    private static byte[] EncodedForm(List<KeyValuePair<string, string>> pairs) =>
        Joined(pairs.OrderBy(pair => pair.Key, StringComparer.Ordinal)
            .Select(pair => $"{FormEncoded(pair.Key)}={FormEncoded(pair.Value)}"));

    private static byte[] DecodedForm(List<KeyValuePair<string, string>> pairs) =>
        Joined(pairs
            .GroupBy(pair => pair.Key, StringComparer.Ordinal)
            .SelectMany(group => IsList(group.Key)
                ? [(Key: group.Key[..^2], Value: $"[{string.Join(", ", group.Select(pair => $"\"{pair.Value}\""))}]")]
                : group.Select(pair => (pair.Key, pair.Value)))
            .OrderBy(pair => pair.Key, StringComparer.Ordinal)
            .Select(pair => $"{Escaped(pair.Key).Replace("=", "%3D", StringComparison.Ordinal)}={Escaped(pair.Value)}"));

    private static byte[] Joined(IEnumerable<string> parts) => Encoding.UTF8.GetBytes(string.Join('&', parts));

    private static string Escaped(string text) =>
        text.Replace("%", "%25", StringComparison.Ordinal).Replace("&", "%26", StringComparison.Ordinal);

    // The encoder of web forms, with %20 for a blank. Uri.EscapeDataString differs in ~ and *.
    private static string FormEncoded(string text)
    {
        if (!text.AsSpan().ContainsAnyExcept(FormCharacters))
        {
            return text;
        }

        var encoded = new StringBuilder(text.Length * 2);
        foreach (var unit in Encoding.UTF8.GetBytes(text))
        {
            if (FormCharacters.Contains((char)unit))
            {
                encoded.Append((char)unit);
            }
            else
            {
                encoded.Append('%').Append(Convert.ToHexString([unit]));
            }
        }

        return encoded.ToString();
    }
}
