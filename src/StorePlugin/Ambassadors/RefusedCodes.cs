// A code whose discount the store refused: what has it there, and the merchant's ways out.
using StorePlugin.Campaigns;
using StorePlugin.Data;
using StorePlugin.Inbox;
using StorePlugin.Stores;

namespace StorePlugin.Ambassadors;

/// <param name="Code">In the spelling it was given in.</param>
/// <param name="Problem">Why the store refused it, in words.</param>
/// <param name="CampaignBp">What the campaign's terms in force take off, in basis points.</param>
internal sealed record RefusedCode(string Code, string AmbassadorId, string AmbassadorName, string CampaignId, string? Problem, long CampaignBp);

/// <summary>What came of a question about a refused code.</summary>
internal abstract record RefusedCodeLook
{
    /// <param name="Store">What the store said at this moment; nothing of it is kept.</param>
    internal sealed record Seen(RefusedCode Code, HolderLook Store) : RefusedCodeLook;

    internal sealed record AmbassadorUnknown : RefusedCodeLook;

    /// <summary>The ambassador has no code of this name.</summary>
    internal sealed record CodeUnknown : RefusedCodeLook;

    /// <summary>Nothing stands in the code's way, or it is no longer the ambassador's.</summary>
    internal sealed record NotRefused : RefusedCodeLook;
}

/// <summary>What came of giving a code to its ambassador as the store has it.</summary>
internal abstract record AdoptionResult
{
    internal sealed record Adopted(AmbassadorCode Code) : AdoptionResult;

    internal sealed record AmbassadorUnknown : AdoptionResult;

    internal sealed record CodeUnknown : AdoptionResult;

    internal sealed record NotRefused : AdoptionResult;

    /// <summary>The store has no discount with the code any more.</summary>
    internal sealed record Gone : AdoptionResult;

    /// <summary>Another discount has the code by now than the one that was looked at.</summary>
    internal sealed record Another(DiscountHolder Holder) : AdoptionResult;

    /// <summary>The store could not be asked.</summary>
    internal sealed record NotTold(string Reason) : AdoptionResult;

    /// <summary>The ambassador has left.</summary>
    internal sealed record AmbassadorEnded : AdoptionResult;

    internal sealed record CampaignEnded : AdoptionResult;

    /// <summary>The ambassador has <see cref="AmbassadorCodes.LiveMax"/> live codes.</summary>
    internal sealed record TooMany : AdoptionResult;
}

/// <summary>
/// The store is asked live, outside of any transaction, and nothing of what it says is kept: merchants name discounts after people.
/// A discount that is given with its code stays the store's own: it is never changed, switched off or ended here.
/// </summary>
internal sealed class RefusedCodes(Db db, Platforms platforms, Replays replays, TimeProvider clock)
{
    // Each is a question to the store, which a person waits for.
    private const int SuggestionsMax = 3;

    private const string Read =
        """
        SELECT c.code, c.ambassador_id, a.name AS ambassador_name, c.campaign_id, c.discount_problem AS problem, c.discount_state, c.assigned_at, c.ended_at,
            c.adopted_at, a.state AS ambassador_state
        FROM codes c JOIN ambassadors a ON a.store_id = c.store_id AND a.id = c.ambassador_id
        WHERE c.store_id = @storeId AND c.code_key = @codeKey AND c.ambassador_id = @ambassadorId
        """;

    private const string CountAmbassadors = "SELECT CAST(COUNT(*) AS bigint) FROM ambassadors WHERE store_id = @storeId AND id = @ambassadorId";

    /// <summary>The code as it stands here and, at this moment, in the store.</summary>
    public async Task<RefusedCodeLook> LookAsync(Store store, string ambassadorId, string code, CancellationToken cancel)
    {
        var args = new { storeId = store.Id, ambassadorId, codeKey = CodeKey.Of(code) };
        if (await db.OneAsync<Row>(Read, args, cancel) is not { } row)
        {
            return await db.OneAsync<long>(CountAmbassadors, args, cancel) == 0 ? new RefusedCodeLook.AmbassadorUnknown() : new RefusedCodeLook.CodeUnknown();
        }

        if (!row.IsRefused)
        {
            return new RefusedCodeLook.NotRefused();
        }

        var terms = await TermsInForce.ReadAsync(db, store.Id, row.CampaignId, clock.GetUtcNow(), cancel);
        return new RefusedCodeLook.Seen(
            new RefusedCode(row.Code, row.AmbassadorId, row.AmbassadorName, row.CampaignId, row.Problem, terms.Now.FriendDiscountBp), await HolderAsync(store, row.Code, cancel));
    }

    /// <summary>A code for the same person that is free here and, as far as the store tells, there too.</summary>
    public async Task<string> SuggestAsync(Store store, RefusedCode code, CancellationToken cancel)
    {
        var stem = ProposedCode.StemOf(code.AmbassadorName);
        var taken = (await db.ManyAsync<string>(Joining.ReadCodesLike, Joining.CodesLike(store.Id, stem), cancel)).ToHashSet(StringComparer.Ordinal);
        var suggestion = ProposedCode.Free(stem, taken);
        for (var asked = 1; asked <= SuggestionsMax && await HolderAsync(store, suggestion, cancel) is HolderLook.Held; asked++)
        {
            taken.Add(CodeKey.Of(suggestion));
            suggestion = ProposedCode.Free(stem, taken);
        }

        return suggestion;
    }

    /// <summary>Gives the code to its ambassador as the store has it: from this second on orders with it count for them.</summary>
    /// <param name="discountId">The discount that was looked at: another one is not given.</param>
    public async Task<AdoptionResult> AdoptAsync(Store store, string ambassadorId, string code, string discountId, CancellationToken cancel) =>
        await LookAsync(store, ambassadorId, code, cancel) switch
        {
            RefusedCodeLook.AmbassadorUnknown => new AdoptionResult.AmbassadorUnknown(),
            RefusedCodeLook.CodeUnknown => new AdoptionResult.CodeUnknown(),
            RefusedCodeLook.Seen { Store: HolderLook.Held { Holder: var holder } } when holder.DiscountId != discountId => new AdoptionResult.Another(holder),
            RefusedCodeLook.Seen { Store: HolderLook.Held } seen => await db.InTransactionAsync(tx => AdoptAsync(tx, store.Id, seen.Code), cancel: cancel),
            RefusedCodeLook.Seen { Store: HolderLook.NotTold { Reason: var reason } } => new AdoptionResult.NotTold(reason),
            RefusedCodeLook.Seen => new AdoptionResult.Gone(),
            _ => new AdoptionResult.NotRefused(),
        };

    // A code that has counted keeps its time; one that never was the ambassador's begins now.
    private const string Adopt =
        """
        UPDATE codes SET discount_state = 'none', discount_problem = NULL, adopted_at = @at,
            assigned_at = CASE WHEN ended_at IS NULL THEN assigned_at ELSE @at END, ended_at = NULL
        WHERE store_id = @storeId AND code_key = @codeKey AND discount_state = 'refused' AND adopted_at IS NULL AND (ended_at IS NULL OR ended_at = assigned_at)
        """;

    // Nobody has to make it any more.
    private const string SettleEffect =
        """
        UPDATE effects SET state = 'done', outcome = @outcome, done_at = @now
        WHERE store_id = @storeId AND kind = 'create_discount' AND subject = @codeKey AND state = 'dead'
        """;

    private async Task<AdoptionResult> AdoptAsync(Tx tx, string storeId, RefusedCode code)
    {
        var now = clock.GetUtcNow();
        var codeKey = CodeKey.Of(code.Code);
        var campaign = await Joining.HoldCampaignAsync(tx, storeId, code.CampaignId, now)
            ?? throw new InvalidOperationException($"The campaign {code.CampaignId} of the ambassador {code.AmbassadorId} is gone.");
        if (campaign.HasEnded)
        {
            return new AdoptionResult.CampaignEnded();
        }

        if (await AmbassadorLife.HoldAsync(tx, storeId, code.AmbassadorId) == "ended")
        {
            return new AdoptionResult.AmbassadorEnded();
        }

        if (await AmbassadorCodes.CountLiveAsync(tx, storeId, code.AmbassadorId, exceptKey: codeKey) >= AmbassadorCodes.LiveMax)
        {
            return new AdoptionResult.TooMany();
        }

        // A replay may have begun since the look.
        if (await tx.DoAsync(Adopt, new { storeId, codeKey, at = WholeSecond.Of(now) }) == 0)
        {
            return new AdoptionResult.NotRefused();
        }

        await tx.DoAsync(SettleEffect, new { storeId, codeKey, now, outcome = "The store's own discount was given to the ambassador as it is." });
        var adopted = await AmbassadorCodes.ReadAsync(tx, storeId, code.AmbassadorId, codeKey);
        await Joining.OrderAsync(tx, storeId, campaign, new NewCode(code.AmbassadorId, code.CampaignId, code.Code, adopted.AssignedAt, adopted.DiscountState), now);
        return new AdoptionResult.Adopted(adopted);
    }

    private const string FindEffect =
        "SELECT id FROM effects WHERE store_id = @storeId AND kind = 'create_discount' AND subject = @codeKey AND state = 'dead'";

    /// <summary>Has the discount made once more. Returns whether the code was waiting for that.</summary>
    public async Task<bool> AskAgainAsync(Store store, string ambassadorId, string code, CancellationToken cancel)
    {
        var args = new { storeId = store.Id, ambassadorId, codeKey = CodeKey.Of(code) };
        return await db.OneAsync<Row>(Read, args, cancel) is { IsRefused: true, AmbassadorState: not "ended" }
            && await db.OneAsync<string>(FindEffect, args, cancel) is { } effectId
            && await replays.QueueEffectAsync(store, effectId, cancel);
    }

    private async Task<HolderLook> HolderAsync(Store store, string code, CancellationToken cancel) =>
        !store.IsInstalled ? new HolderLook.NotTold("The store is not connected.")
        : platforms.Find(store) is { } platform ? await platform.FindHolderAsync(store, code, cancel)
        : new HolderLook.NotTold($"The program cannot look into a store of {store.Platform}.");

    private sealed record Row(
        string Code, string AmbassadorId, string AmbassadorName, string CampaignId, string? Problem, string DiscountState, DateTimeOffset AssignedAt,
        DateTimeOffset? EndedAt, DateTimeOffset? AdoptedAt, string AmbassadorState)
    {
        /// <summary>One that has ended since, with its ambassador or by the merchant's will, is past.</summary>
        public bool IsRefused => DiscountState == "refused" && AdoptedAt is null && (EndedAt is null || EndedAt == AssignedAt);
    }
}
