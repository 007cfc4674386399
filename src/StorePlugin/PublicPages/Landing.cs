// The public page of an ambassador: what they recommend, the offer, the code and the way into the store.
using StorePlugin.Ambassadors;
using StorePlugin.Campaigns;
using StorePlugin.Data;
using StorePlugin.Pages;
using StorePlugin.Stores;

namespace StorePlugin.PublicPages;

/// <param name="Look">How the store's pages look.</param>
/// <param name="By">Who recommends; null where they show no name.</param>
/// <param name="Words">What they say; null where they say nothing.</param>
/// <param name="PicturePath">Of their picture.</param>
/// <param name="Offer">What whoever buys gets, as a heading.</param>
/// <param name="Code">The code that gives it; null where there is none that works.</param>
/// <param name="Conditions">Of the offer, in sentences.</param>
/// <param name="ShopPath">The link into the store, which brings the offer along.</param>
/// <param name="RulesPath">The rules of the campaign in whole.</param>
/// <param name="Social">What other sites show of the page.</param>
public sealed record LandingModel(
    string StoreName, bool IsRehearsal, PublicLook Look, string? By, string? Words, string? PicturePath, string Offer, string? About, string? Code, IReadOnlyList<string> Conditions,
    string ShopPath, string RulesPath, SocialPreview Social)
{
    /// <summary>Says nothing, so that no log line can hold a person.</summary>
    public override string ToString() => nameof(LandingModel);
}

/// <summary>A store's own style sheet and logo; null for each that it does not have.</summary>
public sealed record PublicLook(string? StylePath, string? LogoPath)
{
    internal static PublicLook Of(Store store, StoreLook look) => new(look.StylePath(store.Id), look.LogoPath(store.Id));
}

internal sealed class Landing(Db db, Links links, StoreDirectory stores, Looks looks, OwnPages pages, PublicAddress address, TimeProvider clock)
{
    /// <summary>The page of a link.</summary>
    /// <returns>The page; null without a store where there is no such link, and with one where nothing is offered by it any more.</returns>
    public async Task<(LandingModel? Page, Store? Store)> FindAsync(string slug, CancellationToken cancel)
    {
        if (await links.FindAsync(slug, cancel) is not { } link || await stores.FindAsync(link.StoreId, cancel) is not { IsInstalled: true } store)
        {
            return default;
        }

        if (!link.Counts)
        {
            return (null, store);
        }

        var terms = (await TermsInForce.ReadAsync(db, store.Id, link.CampaignId, clock.GetUtcNow(), cancel)).Now;
        var look = await looks.FindAsync(store, cancel);
        var own = await pages.FindAsync(store, link.AmbassadorId, cancel);
        var name = store.DisplayName;
        var discount = link.WorkingCode is not null && terms.FriendDiscountBp > 0 ? Words.Percent(terms.FriendDiscountBp) : null;
        var offer = discount is null ? $"Discover {name}" : $"{discount} off at {name}";
        var title = own.ShownName is { } by ? $"{by} recommends {name}" : offer;
        var picture = own.PictureId is { } id ? Pictures.PathOf(store.Id, id) : null;
        var path = $"/a/{Uri.EscapeDataString(link.Slug)}";
        return (
            new LandingModel(
                name,
                store.IsRehearsal,
                PublicLook.Of(store, look),
                own.ShownName,
                own.Words,
                picture,
                look.Headline is { } headline && discount is null ? headline : offer,
                look.About,
                discount is null ? null : link.WorkingCode,
                ConditionsOf(terms, discount),
                $"/r/{Uri.EscapeDataString(link.Slug)}",
                $"/rules/{Uri.EscapeDataString(link.CampaignId)}",
                new SocialPreview(
                    title, look.About ?? (discount is null ? $"See what {name} has." : $"With this link you get {discount} off."), address.Of(path),
                    (picture ?? look.LogoPath(store.Id)) is { } image ? address.Of(image) : null, name)),
            store);
    }

    private static List<string> ConditionsOf(Terms terms, string? discount)
    {
        var conditions = new List<string>();
        if (discount is not null)
        {
            conditions.Add("The button brings the discount into your cart by itself. Anywhere else, type the code at checkout.");
            if (terms.FriendOncePerCustomer is true)
            {
                conditions.Add("It works once for each customer.");
            }

            if (terms.ExcludedProducts is { Length: > 0 } || terms.ExcludedCollections is not null)
            {
                conditions.Add("The store may leave some products out.");
            }
        }

        return conditions;
    }
}
