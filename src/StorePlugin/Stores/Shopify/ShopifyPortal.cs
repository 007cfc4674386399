// The way from a store's own domain into the portal, for a customer who has signed in there.
using Microsoft.AspNetCore.Http.HttpResults;
using StorePlugin.Ambassadors;
using StorePlugin.Pages;
using StorePlugin.Portal;

namespace StorePlugin.Stores.Shopify;

/// <summary>
/// A page without scripts, since Shopify follows redirects itself and lets no cookie through. Its buttons are sign-in links that work
/// once; the page behind them asks for a press. Who the customer is Shopify has signed, and an ambassador is recognised as
/// <see cref="RecogniseCustomer"/> does it. Nothing of the request stands on the page but the proxy's own path, which is checked.
/// </summary>
internal sealed class ShopifyPortal(RecogniseCustomer recognise, Applications applications, SignIn signIn, CustomerLimit limit, PublicAddress address)
{
    private const string LoginPage = "/customer_authentication/login";
    private const int PrefixLengthMax = 100;
    private const int NumberLengthMax = 20;

    // One for each campaign; whoever takes part in more finds those that go on.
    private const int LinksMax = 5;

    public async Task<IResult> Show(HttpContext context, Store store)
    {
        var stylesheet = address.Of(SiteFiles.StylePath);
        context.Response.Headers.ContentSecurityPolicy =
            $"default-src 'none'; style-src {stylesheet}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
        var query = context.Request.Query;
        if (query["logged_in_customer_id"] is not [{ Length: > 0 and <= NumberLengthMax } customerId] || !customerId.All(char.IsAsciiDigit))
        {
            return Of(
                [$"Sign in to your customer account of {store.DisplayName}: that is how we know whose page to show."],
                new FrameLink("Sign in", LoginOf(query["path_prefix"].ToString())));
        }

        if (!limit.Admits(store.Domain, customerId))
        {
            return With(StatusCodes.Status429TooManyRequests, ["You have opened this page very often just now. Wait a minute, then try again."], []);
        }

        if (await recognise.FindAsync(store, customerId, context.RequestAborted) is not { } customer)
        {
            return With(StatusCodes.Status503ServiceUnavailable, ["We cannot look up your account at the moment. Please try again in a minute."], []);
        }

        if (customer.Memberships.Count > 0)
        {
            return Of(
                ["Your link, your code and what you have earned are on a page of their own.", $"Each button works once, for {SignIn.LinkLifetime.TotalMinutes:0} minutes."],
                [.. await Task.WhenAll(customer.Memberships.Take(LinksMax).Select(membership => LinkAsync(store, membership, context.RequestAborted)))]);
        }

        return await applications.FindOpenAsync(store, context.RequestAborted) is { } campaignId
            ? Of(
                ["You are no ambassador of this store yet, or you are one under another e-mail address.", "You can apply to become one."],
                new FrameLink("Apply", address.Of($"/join/{Uri.EscapeDataString(campaignId)}")))
            : Of(["You are no ambassador of this store, or you are one under another e-mail address. In that case ask the store for a sign-in link."]);

        RazorComponentResult Of(IReadOnlyList<string> texts, params IReadOnlyList<FrameLink> links) => With(StatusCodes.Status200OK, texts, links);

        RazorComponentResult With(int status, IReadOnlyList<string> texts, IReadOnlyList<FrameLink> links) =>
            Page.Of<StoreDoorPage>(new StoreDoorModel(store.DisplayName, stylesheet, texts, links), status);
    }

    private async Task<FrameLink> LinkAsync(Store store, Membership membership, CancellationToken cancel) =>
        new($"Open {membership.CampaignName}", await signIn.NewLinkAsync(store, Role.Ambassador, membership.AmbassadorId, cancel));

    /// <summary>The store's own sign-in, and back here. Prefix and path are the merchant's to change.</summary>
    private static string LoginOf(string prefix) =>
        prefix.Length <= PrefixLengthMax && LandingPath.IsOwn(prefix) && !prefix.Contains('?', StringComparison.Ordinal)
            ? $"{LoginPage}?return_to={Uri.EscapeDataString(prefix.TrimEnd('/') + "/portal")}"
            : LoginPage;
}
