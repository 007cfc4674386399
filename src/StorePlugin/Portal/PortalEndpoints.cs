// The ambassador's room: their own earnings, link and code, and nobody else's.
using Microsoft.AspNetCore.Http.HttpResults;
using StorePlugin.Campaigns;
using StorePlugin.Data;
using StorePlugin.Pages;
using StorePlugin.Payouts.SelfBilling;
using StorePlugin.Payouts.Statements;
using StorePlugin.Stores;

namespace StorePlugin.Portal;

internal static class PortalEndpoints
{
    public static void MapPortal(this IEndpointRouteBuilder routes)
    {
        var rooms = routes.MapGroup("/portal").ExcludeFromDescription()
            .RequireAuthorization(SessionAuthentication.AmbassadorPolicy)
            .TakesSmallForms();
        rooms.MapGet("", Show);
        rooms.MapGet("/link.svg", ShowLinkCode);
        rooms.MapGet("/link.png", DownloadLinkCode);
        rooms.MapPost("/rules/acceptance", AcceptRules);
        rooms.MapPayoutMethodForms();
        rooms.MapOwnStatements();
        rooms.MapOwnSelfBills();
        rooms.MapTaxForm();
        rooms.MapHowPaid();
        rooms.MapFreshSignIn();
        rooms.MapAddressForm();
        SharePages.Map(rooms);
        ClaimPages.Map(rooms);
        MessagePages.Map(rooms);
        ProfilePages.Map(rooms);
        PrivacyPages.Map(rooms);
        DataPages.Map(rooms);
        routes.MapPortalSignIn();
        routes.MapChangePages();
        routes.MapPublicPrivacy();
    }

    private static Task<IResult> Show(
        Visitor visitor, string? after, string? notice, HttpContext context, PortalPages pages, CancellationToken cancel) =>
        pages.ShowAsync(visitor, context, after, notice, null, cancel);

    // The form holds the hash of the text that it stands under: what has changed meanwhile is read again, and not accepted unseen.
    private static async Task<RedirectHttpResult> AcceptRules(Visitor visitor, HttpRequest request, RulesAcceptances rules, CancellationToken cancel)
    {
        var shown = (await request.ReadFormAsync(cancel))["text"].ToString();
        return TypedResults.Redirect(
            await rules.AcceptAsync(visitor.Store, visitor.AmbassadorId!, shown, cancel) ? "/portal?notice=rules-accepted" : "/portal?notice=rules-changed");
    }

    private static async Task<IResult> ShowLinkCode(Visitor visitor, Db db, PublicAddress address, CancellationToken cancel) =>
        await Earnings.FindLinkAsync(db, address, visitor, cancel) is { } link
            ? TypedResults.Text(LinkCode.Svg(link), "image/svg+xml")
            : TypedResults.NotFound();

    private static async Task<IResult> DownloadLinkCode(Visitor visitor, Db db, PublicAddress address, CancellationToken cancel) =>
        await Earnings.FindLinkAsync(db, address, visitor, cancel) is { } link
            ? TypedResults.Bytes(LinkCode.Png(link), "image/png", "my-link.png")
            : TypedResults.NotFound();
}
