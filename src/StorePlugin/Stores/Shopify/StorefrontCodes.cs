// What a storefront may say of an ambassador's code: whether it lives, and what it takes off.
using StorePlugin.Ambassadors;
using StorePlugin.Campaigns;
using StorePlugin.Data;
using StorePlugin.Pages;

namespace StorePlugin.Stores.Shopify;

/// <param name="Code">In its own spelling, never in the visitor's; null where there is no such code.</param>
/// <param name="IsLive">Whether it is an ambassador's code that counts at present.</param>
/// <param name="Discount">Null where it takes nothing off, or how much is not known for sure.</param>
internal sealed record StorefrontCode(string? Code, bool IsLive, StorefrontDiscount? Discount)
{
    /// <summary>The same for a code that never was and for one that counts no more.</summary>
    public static readonly StorefrontCode None = new(null, false, null);
}

/// <param name="Words">Such as <c>10 % off</c>.</param>
/// <param name="BasisPoints">1000 is 10 %.</param>
internal sealed record StorefrontDiscount(string Words, long BasisPoints);

internal sealed class StorefrontCodes(Db db, TimeProvider clock)
{
    private const long RevisionsMax = 100;

    private const string ReadCode =
        """
        SELECT c.code, c.campaign_id, c.discount_state FROM codes c
        JOIN ambassadors a ON a.store_id = c.store_id AND a.id = c.ambassador_id
        JOIN campaigns k ON k.store_id = c.store_id AND k.id = c.campaign_id
        WHERE c.store_id = @storeId AND c.code_key = @codeKey AND c.ended_at IS NULL AND a.state = 'approved' AND k.state = 'live'
            AND (c.discount_state <> 'refused' OR c.adopted_at IS NOT NULL)
        """;

    private const string ReadTerms =
        """
        SELECT terms FROM campaign_revisions
        WHERE store_id = @storeId AND campaign_id = @campaignId AND withdrawn_at IS NULL AND effective_at <= @now
        ORDER BY revision DESC
        """;

    public async Task<StorefrontCode> FindAsync(Store store, string code, CancellationToken cancel)
    {
        var codeKey = code.Length <= CodeKey.KeyLengthMax ? CodeKey.Of(code) : "";
        if (codeKey.Length is 0 or > CodeKey.KeyLengthMax || await db.OneAsync<Row>(ReadCode, new { storeId = store.Id, codeKey }, cancel) is not { } row)
        {
            return StorefrontCode.None;
        }

        // What the merchant made themselves, and what is not there yet, may take off something else.
        var discount = row.DiscountState == "created" ? await DiscountAsync(store, row.CampaignId, cancel) : null;
        return new StorefrontCode(row.Code, true, discount);
    }

    /// <summary>
    /// A discount that exists in the store keeps its size when the terms change: where they ever had another, nobody is
    /// promised any.
    /// </summary>
    private async Task<StorefrontDiscount?> DiscountAsync(Store store, string campaignId, CancellationToken cancel)
    {
        var args = new { storeId = store.Id, campaignId, now = clock.GetUtcNow(), take = RevisionsMax };
        var revisions = await db.ManyAsync<string>($"{ReadTerms} {db.Page}", args, cancel);
        var sizes = revisions.Select(terms => Terms.FromJson(terms).FriendDiscountBp).Distinct().ToList();
        return sizes is [> 0 and var basisPoints] ? new StorefrontDiscount($"{Words.Percent(basisPoints)} off", basisPoints) : null;
    }

    private sealed record Row(string Code, string CampaignId, string DiscountState);
}
