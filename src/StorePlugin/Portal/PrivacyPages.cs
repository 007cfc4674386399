// The privacy notice, in the portal with the version that was seen, and for everybody beside the form to join.
using StorePlugin.Campaigns;
using StorePlugin.Pages;
using StorePlugin.Privacy;
using StorePlugin.Stores;
using Visitor = StorePlugin.Stores.Visitor;

namespace StorePlugin.Portal;

/// <param name="Frame">Null for the public.</param>
/// <param name="Asks">Whether the reader is asked to say that they have seen it.</param>
public sealed record PrivacyModel(
    Frame? Frame, string StoreName, bool IsRehearsal, long Number, Moment Since, IReadOnlyList<NoticePart> Parts, string Hash, Moment? SeenAt, bool Asks);

internal sealed class PrivacyPages(PrivacyNotices notices)
{
    public const string Path = "/portal/privacy";

    /// <summary>The page for everybody.</summary>
    public static string PublicPathOf(string campaignId) => $"/join/{Uri.EscapeDataString(campaignId)}/privacy";

    /// <param name="rooms">The portal's group.</param>
    public static void Map(RouteGroupBuilder rooms)
    {
        rooms.MapGet("/privacy", (Visitor visitor, string? notice, PrivacyPages pages, CancellationToken cancel) => pages.ShowAsync(visitor, notice, cancel));
        rooms.MapPost("/privacy/acknowledgement", (Visitor visitor, HttpRequest request, PrivacyPages pages, CancellationToken cancel) => pages.NoteAsync(visitor, request, cancel));
    }

    private async Task<IResult> ShowAsync(Visitor visitor, string? notice, CancellationToken cancel)
    {
        var current = await notices.CurrentAsync(visitor.Store, cancel);
        var seen = await notices.SeenAtAsync(visitor.Store, visitor.AmbassadorId!, current.Number, cancel);
        return Page.Of<PrivacyNoticePage>(ModelOf(visitor.Store, current, Frame.OfPortal(visitor, notice), seen, asks: seen is null));
    }

    // The form holds the hash of the text that it stands under: what has changed meanwhile is read again, and not noted unseen.
    private async Task<IResult> NoteAsync(Visitor visitor, HttpRequest request, CancellationToken cancel)
    {
        var shown = (await request.ReadFormAsync(cancel))["text"].ToString();
        return TypedResults.Redirect(
            await notices.NoteSeenAsync(visitor.Store, visitor.AmbassadorId!, shown, cancel) ? $"{Path}?notice=notice-seen" : $"{Path}?notice=notice-changed");
    }

    /// <summary>The notice as whoever thinks of joining reads it; null where no campaign has this address.</summary>
    public async Task<IResult> ShowPublicAsync(string campaign, PublicCampaigns campaigns, CancellationToken cancel) =>
        await campaigns.FindLaunchedAsync(campaign, cancel) is var (store, _)
            ? Page.Of<PrivacyNoticePage>(ModelOf(store, await notices.CurrentAsync(store, cancel), null, null, asks: false))
            : Page.Of<MessagePage>(new Message("There is nothing here", ["The address may be mistyped."]), StatusCodes.Status404NotFound);

    private static PrivacyModel ModelOf(Store store, NoticeVersion current, Frame? frame, DateTimeOffset? seen, bool asks)
    {
        var time = new StoreTime(store);
        return new PrivacyModel(
            frame, store.DisplayName, store.IsRehearsal, current.Number, time.At(current.Since), current.Notice.Parts, current.Notice.Hash, time.At(seen), asks);
    }
}

internal static class PublicPrivacy
{
    /// <summary>Outside of the portal's group: whoever reads it has not signed in.</summary>
    public static void MapPublicPrivacy(this IEndpointRouteBuilder routes)
    {
        routes.MapGet(
                "/join/{campaign}/privacy",
                (string campaign, PublicCampaigns campaigns, PrivacyPages pages, CancellationToken cancel) => pages.ShowPublicAsync(campaign, campaigns, cancel))
            .ExcludeFromDescription();
        routes.MapGet("/account-deleted", DataPages.ShowDeleted).ExcludeFromDescription();
    }
}
