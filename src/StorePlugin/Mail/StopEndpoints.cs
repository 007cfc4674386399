// The page behind the link in a mail by which its reader asks for no more; also the one click of a mail program (RFC 8058).
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using StorePlugin.Pages;

namespace StorePlugin.Mail;

/// <param name="Action">Where the page's form goes.</param>
/// <param name="WasAskedAgain">Mails come again because of what was just sent.</param>
public sealed record StopModel(string StoreName, bool HasOptedOut, bool WasAskedAgain, string Action);

internal static class StopEndpoints
{
    // One click says List-Unsubscribe=One-Click, a browser nothing, and neither is read.
    private const int BytesMax = 4 * 1024;

    private static readonly Message NoLink = new(
        "This link leads nowhere", ["It was not copied whole, or belongs to a preview. Open the link at the foot of the mail itself."]);

    /// <summary>
    /// Whoever holds a link may use it: no session and no cookie has a part in it, so that the forms need no token besides. A POST is
    /// answered with the page and never by a redirect, which RFC 8058 forbids.
    /// </summary>
    public static void MapMailStops(this IEndpointRouteBuilder routes)
    {
        var pages = routes.MapGroup("/mail/stop/{token}").ExcludeFromDescription().WithMetadata(new RequestSizeLimitAttribute(BytesMax));
        pages.MapGet("", Show);
        pages.MapPost("", Stop);
        pages.MapPost("/again", Resume);
    }

    private static async Task<IResult> Show(string token, StopLinks links, Suppressions suppressions, CancellationToken cancel) =>
        await links.FindAsync(token, cancel) is { } request
            ? PageOf(request, token, await suppressions.HasOptedOutAsync(request.Store, request.PersonHash, cancel), wasAskedAgain: false)
            : Nowhere;

    private static async Task<IResult> Stop(string token, StopLinks links, Suppressions suppressions, CancellationToken cancel)
    {
        if (await links.FindAsync(token, cancel) is not { } request)
        {
            return Nowhere;
        }

        await suppressions.AddAsync(request.Store, request.PersonHash, SuppressionReason.OptedOut, null, Suppressions.TheReader, cancel);
        return PageOf(request, token, hasOptedOut: true, wasAskedAgain: false);
    }

    private static async Task<IResult> Resume(string token, StopLinks links, Suppressions suppressions, CancellationToken cancel)
    {
        if (await links.FindAsync(token, cancel) is not { } request)
        {
            return Nowhere;
        }

        await suppressions.LiftOptOutAsync(request.Store, request.PersonHash, cancel);
        return PageOf(request, token, hasOptedOut: false, wasAskedAgain: true);
    }

    private static RazorComponentResult Nowhere => Page.Of<MessagePage>(NoLink, StatusCodes.Status404NotFound);

    private static RazorComponentResult PageOf(StopRequest request, string token, bool hasOptedOut, bool wasAskedAgain) =>
        Page.Of<StopPage>(new StopModel(OneLine.Of(request.Store.DisplayName), hasOptedOut, wasAskedAgain, $"/mail/stop/{Uri.EscapeDataString(token)}"));
}
