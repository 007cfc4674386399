// Bodies of Stripe's v1 API: application/x-www-form-urlencoded with brackets for what is nested.
using System.Text;

namespace StorePlugin.Payouts.Stripe;

internal static class StripeForm
{
    public const string ContentType = "application/x-www-form-urlencoded";

    /// <summary>
    /// Encodes pairs in their order. A key names its place with brackets, as in <c>metadata[payout_id]</c>; the brackets
    /// stay, everything between them and every value is percent-encoded.
    /// </summary>
    public static string Encode(IEnumerable<(string Key, string Value)> pairs)
    {
        var body = new StringBuilder();
        foreach (var (key, value) in pairs)
        {
            if (body.Length > 0)
            {
                body.Append('&');
            }

            body.Append(Uri.EscapeDataString(key).Replace("%5B", "[", StringComparison.Ordinal).Replace("%5D", "]", StringComparison.Ordinal))
                .Append('=')
                .Append(Uri.EscapeDataString(value));
        }

        return body.ToString();
    }
}
