// What an ambassador shares, ready to send, and what they say on their own page.
using Microsoft.AspNetCore.Mvc;
using StorePlugin.Ambassadors;
using StorePlugin.Campaigns;
using StorePlugin.Data;
using StorePlugin.Pages;
using StorePlugin.PublicPages;
using StorePlugin.Stores;
using Visitor = StorePlugin.Stores.Visitor;

namespace StorePlugin.Portal;

/// <param name="PagePath">Their own public page; null where they have no link.</param>
/// <param name="Prompts">Texts to send; none where nothing can be shared.</param>
/// <param name="PicturePath">Of the picture on their page; null where there is none.</param>
/// <param name="Problems">What is wrong with what was sent, in sentences.</param>
public sealed record ShareModel(
    Frame Frame, string StoreName, string? PagePath, IReadOnlyList<SharePrompt> Prompts, string ShownName, string Words, string? PicturePath, IReadOnlyList<string> Problems)
{
    /// <summary>Says nothing, so that no log line can hold a person.</summary>
    public override string ToString() => nameof(ShareModel);
}

/// <param name="Channel">Where it is meant for.</param>
/// <param name="Text">With link, code and the word that says it is an advertisement.</param>
/// <param name="Url">Opens the channel with the text filled in; null where none can be opened so.</param>
public sealed record SharePrompt(string Channel, string Text, string? Url);

internal sealed class SharePages(Db db, Links links, Looks looks, OwnPages pages, PublicAddress address, TimeProvider clock)
{
    public const string Path = "/portal/share";

    private const string ReadSlug =
        "SELECT slug FROM link_slugs WHERE store_id = @storeId AND ambassador_id = @ambassadorId ORDER BY created_at, slug_key";

    /// <param name="rooms">The portal's group.</param>
    public static void Map(RouteGroupBuilder rooms)
    {
        rooms.MapGet("/share", (Visitor visitor, string? notice, SharePages share, CancellationToken cancel) => share.ShowAsync(visitor, notice, cancel));
        rooms.MapPost("/share/page", (Visitor visitor, HttpRequest request, SharePages share, CancellationToken cancel) => share.SetAsync(visitor, request, cancel))
            .WithMetadata(new RequestSizeLimitAttribute(SentPicture.FormBytesMax));
    }

    private async Task<IResult> ShowAsync(Visitor visitor, string? notice, CancellationToken cancel) =>
        Page.Of<SharePage>(await ReadAsync(visitor, await pages.FindAsync(visitor.Store, visitor.AmbassadorId!, cancel), notice, [], cancel));

    private async Task<IResult> SetAsync(Visitor visitor, HttpRequest request, CancellationToken cancel)
    {
        var form = await request.ReadFormAsync(cancel);
        var known = await pages.FindAsync(visitor.Store, visitor.AmbassadorId!, cancel);
        var typed = known with { ShownName = PublicText.Read(form["name"]), Words = PublicText.Read(form["words"]) };
        var sent = await SentPicture.ReadAsync(form, "picture", cancel);
        string?[] problems =
        [
            PublicText.ProblemOf(typed.ShownName, OwnPage.NameLengthMax, isOneLine: true) is { } name ? $"The name {name}" : null,
            PublicText.ProblemOf(typed.Words, OwnPage.WordsLengthMax, isOneLine: false) is { } words ? $"What you say {words}" : null,
            sent.Problem,
        ];
        if (problems.Any(problem => problem is not null))
        {
            return Page.Of<SharePage>(await ReadAsync(visitor, typed, null, [.. problems.OfType<string>()], cancel), StatusCodes.Status422UnprocessableEntity);
        }

        await pages.SetAsync(
            visitor.Store, visitor.AmbassadorId!, typed.ShownName, typed.Words, sent.Picture, keepsPicture: form["nopicture"].ToString() != "yes", cancel);
        return TypedResults.Redirect($"{Path}?notice=page-kept");
    }

    private async Task<ShareModel> ReadAsync(Visitor visitor, OwnPage own, string? notice, IReadOnlyList<string> problems, CancellationToken cancel)
    {
        var store = visitor.Store;
        var slug = await db.OneAsync<string>($"{ReadSlug} {db.Page}", new { storeId = store.Id, ambassadorId = visitor.AmbassadorId, take = 1L }, cancel);
        var link = slug is null ? null : await links.FindAsync(slug, cancel);
        var look = await looks.FindAsync(store, cancel);
        return new ShareModel(
            Frame.OfPortal(visitor, notice),
            store.DisplayName,
            link is { Counts: true } ? $"/a/{Uri.EscapeDataString(link.Slug)}" : null,
            link is { Counts: true } ? PromptsOf(store, link, (await TermsInForce.ReadAsync(db, store.Id, link.CampaignId, clock.GetUtcNow(), cancel)).Now, look) : [],
            own.ShownName ?? "",
            own.Words ?? "",
            own.PictureId is { } picture ? Pictures.PathOf(store.Id, picture) : null,
            problems);
    }

    /// <summary>Each says first that it is an advertisement: nobody has to look for it (docs/decisions/0034-public-pages.md).</summary>
    private IReadOnlyList<SharePrompt> PromptsOf(Store store, Link link, Terms terms, StoreLook look)
    {
        var url = address.Of($"/r/{Uri.EscapeDataString(link.Slug)}");
        var discount = link.WorkingCode is { } code && terms.FriendDiscountBp > 0 ? $" With {code} you get {Words.Percent(terms.FriendDiscountBp).Replace('\u00A0', ' ')} off." : "";
        var text = $"Advertisement: I recommend {store.DisplayName}.{discount} {url}";
        var @short = $"#ad {store.DisplayName}:{discount} {url}";
        var about = look.About is { } words ? " " + words : "";
        var letter = $"Hello,\n\nI recommend {store.DisplayName} to you.{about}{discount}\n\n{url}\n\nThis is an advertisement: I earn something when you buy.\n";
        return
        [
            new("WhatsApp", text, $"https://wa.me/?text={Uri.EscapeDataString(text)}"),
            new("E-mail", letter, $"mailto:?subject={Uri.EscapeDataString($"{store.DisplayName}, a recommendation")}&body={Uri.EscapeDataString(letter)}"),
            new("X", @short, $"https://x.com/intent/post?text={Uri.EscapeDataString(@short)}"),
            new("Facebook", text, $"https://www.facebook.com/sharer/sharer.php?u={Uri.EscapeDataString(address.Of($"/a/{Uri.EscapeDataString(link.Slug)}"))}"),
            new("Instagram and TikTok, below a picture", $"#ad {store.DisplayName}:{discount} Link in my profile.", null),
            new("Your profile's link", url, null),
        ];
    }
}
