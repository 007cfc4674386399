// The parameter "shopify-reload": the page of ours to which Shopify's script leads back with a fresh session token.
using System.Buffers;
using Microsoft.AspNetCore.WebUtilities;

namespace StorePlugin.Stores.Shopify;

/// <summary>Shopify's script goes wherever this leads, and brings a session token along: it is a page of this app or it is refused.</summary>
internal static class ReloadPath
{
    public const string Parameter = "shopify-reload";

    /// <summary>Marks a page that was led back to, so that a token that does not count is not asked for without end.</summary>
    public const string BouncedParameter = "bounced";

    public const string Dashboard = "/dashboard";

    private const int LengthMax = 2000;

    // Neither a percent sign nor a colon, backslash or blank: the path means the same to everybody who reads it.
    private static readonly SearchValues<char> PathCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~/");

    private static readonly SearchValues<char> QueryCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~/=&%+?:@!$'()*,;");

    // What proves one request is not to be repeated with the next.
    private static readonly string[] OfOneRequest = ["id_token", "hmac", "timestamp", "session", Parameter, BouncedParameter];

    /// <summary>Whether it is the app's entry or a page of the dashboard, with or without a query.</summary>
    public static bool IsValid(string? text)
    {
        if (text is not { Length: > 0 and <= LengthMax })
        {
            return false;
        }

        var question = text.IndexOf('?', StringComparison.Ordinal);
        var path = text.AsSpan(0, question < 0 ? text.Length : question);
        var query = question < 0 ? "" : text.AsSpan(question + 1);
        return (path is "/" || path is Dashboard || path.StartsWith(Dashboard + "/", StringComparison.Ordinal))
            && !path.ContainsAnyExcept(PathCharacters)
            && !path.Contains("//", StringComparison.Ordinal)
            && !path.Contains("/.", StringComparison.Ordinal)
            && !query.ContainsAnyExcept(QueryCharacters);
    }

    /// <summary>The page that a request asked for, to come back to; the dashboard where it cannot be asked for again.</summary>
    public static string Of(HttpRequest request)
    {
        var path = HttpMethods.IsGet(request.Method) ? request.Path.Value : Dashboard;
        var query = request.Query
            .Where(pair => !OfOneRequest.Contains(pair.Key, StringComparer.OrdinalIgnoreCase))
            .SelectMany(pair => pair.Value, (pair, value) => KeyValuePair.Create(pair.Key, value))
            .Append(KeyValuePair.Create(BouncedParameter, (string?)"1"))
            .ToList();
        var text = QueryHelpers.AddQueryString(path!, query);
        return IsValid(text) ? text : QueryHelpers.AddQueryString(Dashboard, query.Where(pair => pair.Key is "shop" or "host" or "embedded" or BouncedParameter));
    }
}
