// A Shopify shop is named by its myshopify.com host; anything else must never become part of an address we call.
using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace StorePlugin.Webhooks.Shopify;

/// <summary>Reads the shop's domain.</summary>
public static class ShopDomain
{
    // A label of the DNS has at most 63 characters.
    private const int HandleLengthMax = 63;
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

    private static bool IsHandle(ReadOnlySpan<char> handle) =>
        handle is [not '-', ..] && !handle.ContainsAnyExcept(HandleCharacters);
}
