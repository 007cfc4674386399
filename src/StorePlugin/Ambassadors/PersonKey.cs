// How people are compared, before hashing.
namespace StorePlugin.Ambassadors;

/// <summary>Normal forms of identifiers (rule F1); only their keyed hashes are kept for matching (rule F8).</summary>
internal static class PersonKey
{
    /// <summary>NFKC and lower case, without a <c>+tag</c>; for Gmail without the dots that it ignores.</summary>
    public static string OfEmail(string email)
    {
        var text = NormalForm.Of(email).ToLowerInvariant();
        var at = text.LastIndexOf('@');
        if (at <= 0)
        {
            return text;
        }

        var (local, domain) = (text[..at], text[(at + 1)..]);
        var plus = local.IndexOf('+', StringComparison.Ordinal);
        if (plus > 0)
        {
            local = local[..plus];
        }

        if (domain is "gmail.com" or "googlemail.com")
        {
            local = local.Replace(".", "", StringComparison.Ordinal);
            domain = "gmail.com";
        }

        return $"{local}@{domain}";
    }
}
