// Which paths a sign-in link of an ambassador may lead to.
namespace StorePlugin.Stores;

/// <summary>Whatever a link carries comes back from a mail: it leads to a page of the portal, and nowhere else.</summary>
internal static class PortalPath
{
    public const string Root = "/portal";

    /// <summary>The part of the portal's page about payouts.</summary>
    public const string Payouts = Root + "#payouts";

    private const int LengthMax = 200;

    public static bool IsOwn(string path) =>
        path.Length <= LengthMax
        && path.StartsWith(Root, StringComparison.Ordinal)
        && (path.Length == Root.Length || path[Root.Length] is '/' or '?' or '#')
        && path.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '/' or '?' or '#' or '=' or '&' or '-' or '_')
        && !path.Contains("//", StringComparison.Ordinal);
}
