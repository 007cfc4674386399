// The pages behind the links in mails about a change: each asks once more, since mail programs and scanners open links by themselves.
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using StorePlugin.Mail;
using StorePlugin.Pages;
using StorePlugin.Payouts;

namespace StorePlugin.Portal;

/// <param name="Action">Where the page's form goes; null where nothing is left to say.</param>
/// <param name="Button">What its button says.</param>
public sealed record ChangePageModel(string Title, IReadOnlyList<string> Texts, string? Action = null, string? Button = null);

internal static class ChangePages
{
    // A browser sends nothing with the button, and nothing is read.
    private const int BytesMax = 4 * 1024;

    private static readonly ChangePageModel NoLink = new(
        "This link leads nowhere",
        [$"It was not copied whole, or is older than {ChangeLinks.Lifetime.Days} days. If you are asked about a change and cannot answer it here, tell the store."]);

    /// <summary>
    /// Whoever holds a link may use it: no session and no cookie has a part in it, so that the forms need no token besides.
    /// </summary>
    public static void MapChangePages(this IEndpointRouteBuilder routes)
    {
        var pages = routes.MapGroup("/changes/{token}").ExcludeFromDescription().WithMetadata(new RequestSizeLimitAttribute(BytesMax));
        pages.MapGet($"/{ChangeLinks.Confirmation}", AskToConfirm);
        pages.MapPost($"/{ChangeLinks.Confirmation}", Confirm);
        pages.MapGet($"/{ChangeLinks.Refusal}", AskToRefuse);
        pages.MapPost($"/{ChangeLinks.Refusal}", Refuse);
    }

    private static async Task<RazorComponentResult> AskToConfirm(string token, ChangeLinks links, CancellationToken cancel) =>
        await links.FindAsync(token, cancel) is not { } link ? Nowhere : PageOf(new ChangePageModel(
            "Was it you?",
            [$"If it was you who changed where {link.Store.DisplayName} sends your money, say so. If not, go back to the mail and choose the other link."],
            ChangeLinks.PathOf(token, ChangeLinks.Confirmation),
            "Yes, this was me"));

    private static async Task<RazorComponentResult> Confirm(string token, ChangeLinks links, PayoutChanges changes, CancellationToken cancel)
    {
        if (await links.FindAsync(token, cancel) is not { } link)
        {
            return Nowhere;
        }

        return await changes.ConfirmAsync(link, cancel) == ChangeStep.Done
            ? PageOf(new ChangePageModel(
                "Thank you",
                [$"{link.Store.DisplayName} knows now that it was you. Payouts go on {DestinationHold.Time.Days} days after the change, if nothing else was changed since."]))
            : PageOf(Said, StatusCodes.Status410Gone);
    }

    private static async Task<RazorComponentResult> AskToRefuse(string token, ChangeLinks links, CancellationToken cancel) =>
        await links.FindAsync(token, cancel) is not { } link ? Nowhere : PageOf(new ChangePageModel(
            "Was it not you?",
            [
                $"If you did not want this change, say so: nothing is paid then until somebody at {link.Store.DisplayName} has looked.",
                "If somebody else may read your mail, change its password first.",
            ],
            ChangeLinks.PathOf(token, ChangeLinks.Refusal),
            "No, this was not me"));

    private static async Task<RazorComponentResult> Refuse(string token, ChangeLinks links, PayoutChanges changes, CancellationToken cancel)
    {
        if (await links.FindAsync(token, cancel) is not { } link)
        {
            return Nowhere;
        }

        return await changes.RefuseAsync(link, cancel) == ChangeStep.Done
            ? PageOf(new ChangePageModel(
                "Your money is held",
                [
                    $"Nothing is paid to you until somebody at {link.Store.DisplayName} has looked. What you earned stays yours.",
                    $"Tell {link.Store.DisplayName} what has happened: they see that you have said no.",
                ]))
            : PageOf(Said, StatusCodes.Status410Gone);
    }

    private static readonly ChangePageModel Said = new(
        "This was answered before", ["The link was used, or somebody at the store has decided. Nothing was changed now."]);

    private static RazorComponentResult Nowhere => PageOf(NoLink, StatusCodes.Status404NotFound);

    private static RazorComponentResult PageOf(ChangePageModel model, int status = StatusCodes.Status200OK) => Page.Of<ChangePage>(model, status);
}
