// Whether a request on a link is a person's visit, or a program that looks at the link for its own ends.
namespace StorePlugin.Ambassadors;

internal static class Visitor
{
    // Previewers that do not call themselves a bot, in lower case.
    private static readonly string[] Previewers =
    [
        "facebookexternalhit", "facebookcatalog", "meta-externalagent", "meta-externalfetcher", "whatsapp/", "skypeuripreview", "snap url preview",
        "vkshare", "embedly", "iframely", "bingpreview", "google-pagerenderer", "google-inspectiontool", "googleother", "google-safety",
        "mediapartners-google", "apis-google", "feedfetcher", "duckduckgo-favicons", "yahoo! slurp", "baiduspider", "nuzzel", "flipboardproxy",
        "crawler", "spider", "urlpreview", "link preview", "linkpreview", "headlesschrome", "lighthouse", "microsoftpreview", "proofpoint", "barracuda",
    ];

    /// <summary>False for HEAD, for known link previewers and bots, and for a browser that fetches ahead of any tap.</summary>
    public static bool IsPerson(HttpRequest request) =>
        !HttpMethods.IsHead(request.Method)
        && !IsAhead(request.Headers["Sec-Purpose"]) && !IsAhead(request.Headers["Purpose"])
        && !IsAhead(request.Headers["X-Purpose"]) && !IsAhead(request.Headers["X-Moz"])
        && !IsProgram(request.Headers.UserAgent.ToString());

    public static bool IsProgram(string userAgent)
    {
        var agent = userAgent.ToLowerInvariant();
        return Previewers.Any(name => agent.Contains(name, StringComparison.Ordinal)) || NamesBot(agent);
    }

    private static bool IsAhead(string? purpose) =>
        purpose is not null
        && (purpose.Contains("prefetch", StringComparison.OrdinalIgnoreCase) || purpose.Contains("preview", StringComparison.OrdinalIgnoreCase)
            || purpose.Contains("prerender", StringComparison.OrdinalIgnoreCase));

    /// <summary>A product that ends in "bot", as in <c>Twitterbot/1.0</c>; Cubot is a maker of phones.</summary>
    private static bool NamesBot(string agent)
    {
        for (var at = agent.IndexOf("bot", StringComparison.Ordinal); at >= 0; at = agent.IndexOf("bot", at + 3, StringComparison.Ordinal))
        {
            var ends = at + 3 == agent.Length || !char.IsAsciiLetter(agent[at + 3]);
            var isPhone = at >= 2 && agent.AsSpan(at - 2, 2).SequenceEqual("cu");
            if (ends && !isPhone)
            {
                return true;
            }
        }

        return false;
    }
}
