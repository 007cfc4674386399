// The parameter "host" of the admin: where the frame stands that a page of ours is shown in.
using System.Text;
using StorePlugin.Webhooks.Shopify;

namespace StorePlugin.Stores.Shopify;

/// <summary>
/// Shopify's script in a page reads the parameter and speaks to that host, so a foreign one must not get that far. It is passed
/// on and never followed.
/// </summary>
internal static class ShopifyHost
{
    private const int LengthMax = 200;
    private const string AdminPrefix = "admin.shopify.com/store/";
    private const string AdminSuffix = "/admin";
    private const string ShopSuffix = ".myshopify.com";

    /// <summary>Whether it is <c>admin.shopify.com/store/{name}</c> or <c>{shop}/admin</c> as base64 without its pad.</summary>
    public static bool IsValid(string? host)
    {
        var bytes = new byte[LengthMax];
        if (host is not { Length: > 0 and <= LengthMax }
            || !Convert.TryFromBase64String(host.PadRight((host.Length + 3) / 4 * 4, '='), bytes, out var length)
            // One text has one form: blanks, a pad and stray last bits are somebody else's.
            || Convert.ToBase64String(bytes, 0, length).TrimEnd('=') != host)
        {
            return false;
        }

        var text = Encoding.Latin1.GetString(bytes, 0, length);
        return text.StartsWith(AdminPrefix, StringComparison.Ordinal)
            ? ShopDomain.TryParse(text[AdminPrefix.Length..] + ShopSuffix, out _)
            : text.EndsWith(AdminSuffix, StringComparison.Ordinal) && ShopDomain.TryParse(text[..^AdminSuffix.Length], out _);
    }
}
