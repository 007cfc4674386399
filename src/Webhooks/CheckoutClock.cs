// When the shopper's checkout began, as the storefront script writes it on the cart.
using System.Globalization;

namespace StorePlugin.Webhooks;

internal static class CheckoutClock
{
    /// <summary>The cart attribute or order meta field that holds the instant (rule T4).</summary>
    public const string Attribute = "_amb_checkout_at";

    // Instants from September 2001 to November 2286 have exactly so many digits.
    private const int SecondsDigits = 10;
    private const int MillisecondsDigits = 13;

    private static readonly string[] Formats =
    [
        "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.fK", "yyyy-MM-dd'T'HH:mm:ss.ffK", "yyyy-MM-dd'T'HH:mm:ss.fffK",
        "yyyy-MM-dd'T'HH:mm:ss.ffffffK",
    ];

    /// <summary>
    /// Reads an ISO 8601 instant with its offset, Unix seconds, or Unix milliseconds, into UTC. The field is the shopper's
    /// to shape, so nothing about it is an error: whatever else it holds is null, and the rule is not evaluated.
    /// </summary>
    public static DateTimeOffset? Read(string? text)
    {
        if (text is null)
        {
            return null;
        }

        if (UnixSeconds.TryParse(text, MillisecondsDigits, out var number))
        {
            return text.Length switch
            {
                SecondsDigits => DateTimeOffset.FromUnixTimeSeconds(number),
                MillisecondsDigits => DateTimeOffset.FromUnixTimeMilliseconds(number),
                _ => null,
            };
        }

        // Without an offset it would be taken as the server's own time.
        return Payload.NamesItsOffset(text)
            && DateTimeOffset.TryParseExact(text, Formats, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal, out var instant)
            ? instant
            : null;
    }
}
