// The ambassador's room: their own earnings, link and code, and nobody else's.
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using StorePlugin.Campaigns;
using StorePlugin.Data;
using StorePlugin.Pages;
using StorePlugin.Payouts.Manual;
using StorePlugin.Payouts.Statements;
using StorePlugin.Stores;

namespace StorePlugin.Portal;

/// <summary>What the ambassador's page is read from. Not said to be services, they would make a POST ask for JSON.</summary>
internal sealed record PortalSources(
    [FromServices] Db Db,
    [FromServices] StoreKeys Keys,
    [FromServices] RulesAcceptances Rules,
    [FromServices] PublicAddress Address,
    [FromServices] PayoutMethods Methods,
    [FromServices] PayoutSettings Settings,
    [FromServices] TimeProvider Clock)
{
    public async Task<PortalModel> ReadAsync(Visitor visitor, string? after, string? notice, CancellationToken cancel) =>
        await Earnings.ReadAsync(Db, Keys, Rules, Address, visitor, after, notice, Clock.GetUtcNow(), cancel) with
        {
            PayoutMethod = await PayoutMethodPages.ReadAsync(Methods, Settings, visitor, cancel),
        };
}

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
    }

    private static async Task<RazorComponentResult> Show(
        Visitor visitor, string? after, string? notice, [AsParameters] PortalSources sources, CancellationToken cancel) =>
        Page.Of<PortalPage>(await sources.ReadAsync(visitor, after, notice, cancel));

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
