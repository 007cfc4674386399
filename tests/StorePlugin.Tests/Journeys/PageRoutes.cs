// Which of the program's routes answer with a page, as the table of routes has them: a new one is in it without being asked.
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Journeys;

internal static class PageRoutes
{
    // Each with why a browser shows no page of ours there.
    private static readonly Dictionary<string, string> Others = new(StringComparer.Ordinal)
    {
        ["/"] = "leads to the sign-in page or into the dashboard",
        ["/healthz"] = "for programs",
        ["/readyz"] = "for programs",
        ["/r/{link}"] = "leads to the store",
        ["/portal/payouts/refresh"] = "leads to Stripe",
        ["/portal/payouts/return"] = "leads to the portal",
        ["/rehearsal/install"] = "leads to the platform",
        ["/rehearsal/callback"] = "leads to the dashboard",
        ["/dashboard/ambassadors/export"] = "a file",
        ["/dashboard/ambassadors/import/example"] = "a file",
    };

    private static readonly string[] OtherFolders = ["/api/", "/openapi/", "/assets/", "/looks/", "/pictures/", "/shopify/", "/woocommerce/", "/rehearsal/platform/", "/rehearsal/stripe/", "/rehearsal/shop/"];

    private static readonly string[] FormFolders = ["/dashboard/", "/portal/", "/join/", "/mail/", "/changes/", "/sign-in/", "/sign-out/"];

    private static readonly string[] Files = [".svg", ".png", "/file"];

    /// <summary>The routes that take what a page of ours sends.</summary>
    public static IEnumerable<string> FormsOf(StoreApp app) => With(app, "POST").Where(route => FormFolders.Any(folder => (route + "/").StartsWith(folder, StringComparison.Ordinal)));

    public static IEnumerable<string> Of(StoreApp app) => With(app, "GET").Where(route =>
        !Others.ContainsKey(route)
        && !OtherFolders.Any(folder => route.StartsWith(folder, StringComparison.Ordinal))
        && !Files.Any(ending => route.EndsWith(ending, StringComparison.Ordinal)));

    private static IEnumerable<string> With(StoreApp app, string method) => app.Services.GetServices<EndpointDataSource>().SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
        .Where(endpoint => endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods.Contains(method) == true)
        .Select(endpoint => endpoint.RoutePattern.RawText!)
        .Distinct(StringComparer.Ordinal);
}
