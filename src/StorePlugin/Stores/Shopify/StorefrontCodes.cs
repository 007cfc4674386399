// What a storefront may say of an ambassador's code: whether it lives, and what it takes off.
using StorePlugin.Ambassadors;
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

internal sealed class StorefrontCodes(Db db)
{
    private const string ReadCode =
        """
        SELECT c.code, c.discount_state, c.discount_bp, c.discount_ended_at, c.discount_problem FROM codes c
        JOIN ambassadors a ON a.store_id = c.store_id AND a.id = c.ambassador_id
        JOIN campaigns k ON k.store_id = c.store_id AND k.id = c.campaign_id
        WHERE c.store_id = @storeId AND c.code_key = @codeKey AND c.ended_at IS NULL AND a.state = 'approved' AND k.state = 'live'
            AND (c.discount_state <> 'refused' OR c.adopted_at IS NOT NULL)
        """;

    public async Task<StorefrontCode> FindAsync(Store store, string code, CancellationToken cancel)
    {
        var codeKey = code.Length <= CodeKey.KeyLengthMax ? CodeKey.Of(code) : "";
        return codeKey.Length is 0 or > CodeKey.KeyLengthMax || await db.OneAsync<Row>(ReadCode, new { storeId = store.Id, codeKey }, cancel) is not { } row
            ? StorefrontCode.None
            : new StorefrontCode(row.Code, true, row.Discount);
    }

    private sealed record Row(string Code, string DiscountState, long? DiscountBp, DateTimeOffset? DiscountEndedAt, string? DiscountProblem)
    {
        /// <summary>
        /// What the store was last asked for. What the merchant made or changed themselves, what is switched off and what is not
        /// there yet may take off something else, or nothing.
        /// </summary>
        public StorefrontDiscount? Discount =>
            this is { DiscountState: "created", DiscountBp: > 0 and var basisPoints, DiscountEndedAt: null, DiscountProblem: null }
                ? new StorefrontDiscount($"{Words.Percent(basisPoints)} off", basisPoints)
                : null;
    }
}
