// The pages behind the links in mails about a change: each asks once more, since mail programs and scanners open links by themselves.
using System.Diagnostics;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using StorePlugin.Ambassadors;
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

    private static readonly ChangePageModel Said = new(
        "Nothing is asked any more",
        ["The link was used, the change has had its time, or somebody at the store has decided. Nothing was changed now."]);

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

    private static async Task<RazorComponentResult> AskToConfirm(string token, ChangeLinks links, CancellationToken cancel)
    {
        if (await links.FindAsync(token, cancel) is not { } link)
        {
            return Nowhere;
        }

        var (shop, action) = (link.Store.DisplayName, ChangeLinks.PathOf(token, ChangeLinks.Confirmation));
        return PageOf(link.Purpose switch
        {
            ChangeLinks.Payout => new ChangePageModel(
                "Was it you?",
                [$"If it was you who changed where {shop} sends your money, say so. If not, go back to the mail and choose the other link."],
                action, "Yes, this was me"),
            ChangeLinks.AddressOld => new ChangePageModel(
                "Was it you?",
                [$"If it was you who asked {shop} to write to another address, say so. If not, go back to the mail and choose the other link."],
                action, "Yes, this was me"),
            _ => new ChangePageModel("Is this your address?", [$"If {shop} shall write to you here from now on, say so."], action, "Yes, this is my address"),
        });
    }

    private static async Task<RazorComponentResult> Confirm(string token, ChangeLinks links, PayoutChanges payouts, AddressChanges addresses, CancellationToken cancel)
    {
        if (await links.FindAsync(token, cancel) is not { } link)
        {
            return Nowhere;
        }

        var shop = link.Store.DisplayName;
        if (link.Purpose == ChangeLinks.Payout)
        {
            return await payouts.ConfirmAsync(link, cancel) == ChangeStep.Done
                ? PageOf(new ChangePageModel(
                    "Thank you", [$"{shop} knows now that it was you. Payouts go on {DestinationHold.Time.Days} days after the change, if nothing else was changed since."]))
                : PageOf(Said, StatusCodes.Status410Gone);
        }

        return await addresses.ConfirmAsync(link, cancel) switch
        {
            AddressStep.Noted => PageOf(new ChangePageModel("Thank you", ["The other address has to say yes as well, by the link in the mail that went there."])),
            AddressStep.Applied => PageOf(new ChangePageModel(
                "Your address is changed",
                [$"{shop} writes to the new address from now on, and you sign in with it. To protect you, nothing is paid for {DestinationHold.Time.Days} days."])),
            AddressStep.Taken => PageOf(
                new ChangePageModel("The address is somebody else's", [$"Another ambassador takes part with the new address by now. Nothing was changed; ask {shop}."]),
                StatusCodes.Status409Conflict),
            _ => PageOf(Said, StatusCodes.Status410Gone),
        };
    }

    private static async Task<RazorComponentResult> AskToRefuse(string token, ChangeLinks links, CancellationToken cancel) =>
        await RefusableAsync(token, links, cancel) is not { } link ? Nowhere : PageOf(new ChangePageModel(
            "Was it not you?",
            [
                $"If you did not want this change, say so: what is not changed yet stays as it is, and else nothing is paid until somebody at {link.Store.DisplayName} has looked.",
                "If somebody else may read your mail, change its password first.",
            ],
            ChangeLinks.PathOf(token, ChangeLinks.Refusal), "No, this was not me"));

    private static async Task<RazorComponentResult> Refuse(string token, ChangeLinks links, PayoutChanges payouts, AddressChanges addresses, CancellationToken cancel)
    {
        if (await RefusableAsync(token, links, cancel) is not { } link)
        {
            return Nowhere;
        }

        var shop = link.Store.DisplayName;
        var step = link.Purpose != ChangeLinks.Payout ? await addresses.RefuseAsync(link, cancel)
            : await payouts.RefuseAsync(link, cancel) == ChangeStep.Done ? AddressStep.Held
            : AddressStep.Settled;
        return step switch
        {
            AddressStep.Held => PageOf(new ChangePageModel(
                "Your money is held",
                [$"Nothing is paid to you until somebody at {shop} has looked. What you earned stays yours.", $"Tell {shop} what has happened: they see that you have said no."])),
            AddressStep.Refused => PageOf(new ChangePageModel(
                "Nothing is changed", [$"{shop} still writes to this address. Tell {shop} that somebody has asked for another one."])),
            AddressStep.Settled => PageOf(Said, StatusCodes.Status410Gone),
            _ => throw new UnreachableException(),
        };
    }

    /// <summary>Whoever is asked about a new address only says yes, or nothing.</summary>
    private static async Task<ChangeLink?> RefusableAsync(string token, ChangeLinks links, CancellationToken cancel) =>
        await links.FindAsync(token, cancel) is { } link && link.Purpose != ChangeLinks.AddressNew ? link : null;

    private static RazorComponentResult Nowhere => PageOf(NoLink, StatusCodes.Status404NotFound);

    private static RazorComponentResult PageOf(ChangePageModel model, int status = StatusCodes.Status200OK) => Page.Of<ChangePage>(model, status);
}
