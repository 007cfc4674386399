// A Shopify shop is named by its myshopify.com host; anything else must never become part of an address we call.
using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.RegularExpressions;

namespace StorePlugin.Webhooks.Shopify;

/// <summary>Reads the shop's domain and the <c>host</c> parameter of Shopify's admin.</summary>
public static partial class ShopDomain
{
    // A label of the DNS has at most 63 characters.
    private const int HandleLengthMax = 63;
    private const int HostLengthMax = 300;
    private const string Suffix = ".myshopify.com";
    private static readonly SearchValues<char> HandleCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-");

    /// <summary>
    /// Reads <c>some-shop.myshopify.com</c>, in any case; nothing before, nothing after, no other domain.
    /// </summary>
    /// <param name="text">What a query or header says.</param>
    /// <param name="domain">The domain in lower case; empty where false is returned.</param>
    public static bool TryParse([NotNullWhen(true)] string? text, out string domain)
    {
        // The hot path has lower case already, so nothing is allocated for it.
        var lower = text is null || !text.AsSpan().ContainsAnyInRange('A', 'Z') ? text : text.ToLowerInvariant();
        var valid = lower is not null
            && lower.Length <= HandleLengthMax + Suffix.Length
            && lower.EndsWith(Suffix, StringComparison.Ordinal)
            && IsHandle(lower.AsSpan(0, lower.Length - Suffix.Length));
        domain = valid ? lower! : "";
        return valid;
    }

    /// <summary>
    /// Reads the <c>host</c> parameter: base64, with or without its padding, of the place in Shopify's admin that
    /// embeds the app, as in <c>admin.shopify.com/store/some-shop</c>.
    /// </summary>
    /// <param name="text">The parameter.</param>
    /// <param name="host">The decoded place without a scheme; empty where false is returned.</param>
    public static bool TryParseHost([NotNullWhen(true)] string? text, out string host)
    {
        host = "";
        if (text is null or { Length: 0 or > HostLengthMax })
        {
            return false;
        }

        var digits = text.TrimEnd('=');
        var padded = digits.PadRight((digits.Length + 3) / 4 * 4, '=');
        Span<byte> bytes = stackalloc byte[HostLengthMax];
        if (text.Length - digits.Length > 2 || !Base64.IsValid(padded.AsSpan()) || digits.AsSpan().ContainsAny(" \t\r\n")
            || !Convert.TryFromBase64String(padded, bytes, out var written))
        {
            return false;
        }

        var decoded = Encoding.UTF8.GetString(bytes[..written]);
        if (!AdminPlace().IsMatch(decoded))
        {
            return false;
        }

        host = decoded;
        return true;
    }

    private static bool IsHandle(ReadOnlySpan<char> handle) =>
        handle is [not '-', ..] && !handle.ContainsAnyExcept(HandleCharacters);

    [GeneratedRegex(@"\A(?:[a-z0-9][a-z0-9-]*\.)+(?:my)?shopify\.com(?:/[A-Za-z0-9_-]+)*/?\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex AdminPlace();
}
