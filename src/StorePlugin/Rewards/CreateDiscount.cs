// Performs the effect that creates an ambassador's discount code in the store.
using System.Diagnostics;
using StorePlugin.Campaigns;
using StorePlugin.Data;
using StorePlugin.Inbox;
using StorePlugin.Mail;
using StorePlugin.Stores;

namespace StorePlugin.Rewards;

/// <summary>
/// The friend's benefit (rule W1). The effect's id goes to the platform as the idempotency key (rule I7), so a code
/// whose answer was lost is recognised and never made twice.
/// </summary>
internal sealed class CreateDiscount(Db db, StoreDirectory stores, Platforms platforms, TimeProvider clock) : IEffectHandler
{
    // What merchants see in front of the effect's id; it holds no person's name.
    private const string Title = "StorePlugin";

    public string Kind => Effect.Kinds.CreateDiscount;

    public async Task<EffectResult> PerformAsync(Effect effect, CancellationToken cancel)
    {
        var store = await stores.GetAsync(effect.StoreId, cancel);
        if (!store.IsInstalled)
        {
            return new EffectResult.Done(Installation.UninstalledOutcome);
        }

        if (await db.OneAsync<Row>(ReadCode, new { storeId = store.Id, codeKey = effect.Subject }, cancel) is not { } code)
        {
            return new EffectResult.Refused($"There is no code {effect.Subject}.");
        }

        if (code.DiscountState == "created")
        {
            return new EffectResult.Done("The discount had been created before.");
        }

        if (code.AdoptedAt is not null)
        {
            return new EffectResult.Done("The store's own discount was given to the ambassador as it is, so none is created.");
        }

        // A code that was taken ended as it began, and is asked for again when a person replays the effect.
        if (code.EndedAt > code.AssignedAt)
        {
            return new EffectResult.Done("The code is no longer anyone's, so no discount was created.");
        }

        var inForce = await TermsInForce.ReadAsync(db, store.Id, code.CampaignId, clock.GetUtcNow(), cancel);
        var terms = inForce.Now;
        if (terms.FriendDiscountBp == 0)
        {
            // What was somebody else's until now is not given without having been asked for.
            const string OnlyTracks = "The campaign gives friends no discount: the code only tracks (rule T5).";
            return code.EndedAt is null ? new EffectResult.Done(OnlyTracks, tx => OnlyTracksAsync(tx, effect, code))
                : Refused(effect, "The campaign gives friends no discount, so none was asked for: whether the store still has one with this code is not known.");
        }

        if (platforms.Find(store) is not { } platform)
        {
            return Refused(effect, $"The program cannot create discounts in a store of {store.Platform}.");
        }

        var request = new DiscountRequest(effect.Id, code.Code, Title, terms.FriendDiscountBp, code.AssignedAt)
        {
            OncePerCustomer = terms.FriendOncePerCustomer is true,
        };
        return await platform.CreateDiscountAsync(store, request, cancel) switch
        {
            DiscountResult.Created created => new EffectResult.Done(
                $"The discount {code.Code} was created.", tx => CreatedAsync(tx, effect, code, created, request)),
            DiscountResult.Taken taken => new EffectResult.Refused(
                taken.Reason, tx => TakenAsync(tx, effect, hasCounted: inForce.OnlyTrackedSince(code.AssignedAt), taken.Reason)),
            DiscountResult.Refused refused => Refused(effect, refused.Reason),
            DiscountResult.Unavailable { WaitsForMerchant: true } unavailable => new EffectResult.PutOff(
                unavailable.Reason, unavailable.Wait, tx => WriteAsync(tx, effect, "pending", null, unavailable.Reason)),
            DiscountResult.Unavailable unavailable => new EffectResult.PutOff(unavailable.Reason, unavailable.Wait),
            DiscountResult.Failed failed => new EffectResult.Failed(
                failed.Reason, tx => WriteAsync(tx, effect, "pending", null, failed.Reason)),
            var other => throw new UnreachableException($"{other.GetType().Name} is no result."),
        };
    }

    private const string ReadCode =
        """
        SELECT code, ambassador_id, campaign_id, assigned_at, ended_at, adopted_at, discount_state
        FROM codes WHERE store_id = @storeId AND code_key = @codeKey
        """;

    /// <summary>The code works as it is, without a discount.</summary>
    private async Task OnlyTracksAsync(Tx tx, Effect effect, Row code)
    {
        var now = clock.GetUtcNow();
        await WriteAsync(tx, effect, "none", null, null);
        if ((await TermsInForce.ReadAsync(tx, effect.StoreId, code.CampaignId, now)).Now.FriendDiscountBp > 0)
        {
            // Other terms have come into force since.
            await KeepDiscount.AskAsync(tx, effect.StoreId, effect.Subject, now);
        }

        await MailNotice.WelcomeAsync(tx, effect.StoreId, code.AmbassadorId, now);
    }

    // What was created stays created, whichever answer comes last, and what was adopted stays the store's own.
    private const string Update =
        """
        UPDATE codes SET discount_state = @state, discount_id = @discountId, discount_problem = @problem
        WHERE store_id = @storeId AND code_key = @codeKey AND discount_state <> 'created' AND adopted_at IS NULL
        """;

    private static Task<int> WriteAsync(Tx tx, Effect effect, string state, string? discountId, string? problem) => tx.DoAsync(
        Update,
        new
        {
            storeId = effect.StoreId,
            codeKey = effect.Subject,
            state,
            discountId,
            problem = problem is null ? null : Retry.Fit(problem),
        });

    // The code was somebody else's until now: orders that used it before do not count for the ambassador (rule T5).
    private const string BeginAnew =
        """
        UPDATE codes SET assigned_at = @at, ended_at = NULL
        WHERE store_id = @storeId AND code_key = @codeKey AND discount_state <> 'created' AND adopted_at IS NULL AND ended_at = assigned_at
            AND EXISTS (SELECT 1 FROM ambassadors a WHERE a.store_id = codes.store_id AND a.id = codes.ambassador_id AND a.state <> 'ended')
        """;

    private const string Ask =
        "UPDATE codes SET discount_bp = @percentBp, discount_uses = @uses WHERE store_id = @storeId AND code_key = @codeKey AND discount_state = 'created'";

    private const string IsWanted =
        """
        SELECT CAST(COUNT(*) AS bigint) FROM codes c JOIN ambassadors a ON a.store_id = c.store_id AND a.id = c.ambassador_id
        WHERE c.store_id = @storeId AND c.code_key = @codeKey AND c.ended_at IS NULL AND a.state = 'approved'
        """;

    /// <summary>The code works from now on, so that its ambassador may be told to share it.</summary>
    private async Task CreatedAsync(Tx tx, Effect effect, Row code, DiscountResult.Created created, DiscountRequest request)
    {
        var now = clock.GetUtcNow();
        await tx.DoAsync(BeginAnew, new { storeId = effect.StoreId, codeKey = effect.Subject, at = WholeSecond.Of(now) });
        await WriteAsync(tx, effect, "created", created.DiscountId, null);
        await tx.DoAsync(Ask, new { storeId = effect.StoreId, codeKey = effect.Subject, percentBp = request.PercentBp, uses = DiscountUses.Of(request.OncePerCustomer) });
        var terms = (await TermsInForce.ReadAsync(tx, effect.StoreId, code.CampaignId, now)).Now;
        if (await tx.OneAsync<long>(IsWanted, new { storeId = effect.StoreId, codeKey = effect.Subject }) == 0
            || terms.FriendDiscountBp != request.PercentBp || terms.FriendOncePerCustomer is true != request.OncePerCustomer)
        {
            // While it was being made the ambassador was suspended, or other terms came into force.
            await KeepDiscount.AskAsync(tx, effect.StoreId, effect.Subject, now);
        }

        await MailNotice.WelcomeAsync(tx, effect.StoreId, code.AmbassadorId, now);
    }

    private const string EndTaken =
        """
        UPDATE codes SET ended_at = assigned_at
        WHERE store_id = @storeId AND code_key = @codeKey AND discount_state <> 'created' AND adopted_at IS NULL AND ended_at IS NULL
        """;

    /// <summary>
    /// The merchant's own code never was the ambassador's: whoever uses it was not sent by them, and the row says so from
    /// its first instant on. One that has counted while the campaign gave no discount stays theirs, with what it has earned,
    /// until the merchant has decided.
    /// </summary>
    private static async Task TakenAsync(Tx tx, Effect effect, bool hasCounted, string reason)
    {
        if (!hasCounted)
        {
            await tx.DoAsync(EndTaken, new { storeId = effect.StoreId, codeKey = effect.Subject });
        }

        await WriteAsync(tx, effect, "refused", null, reason);
    }

    private static EffectResult.Refused Refused(Effect effect, string reason) =>
        new(reason, tx => WriteAsync(tx, effect, "refused", null, reason));

    private sealed record Row(
        string Code, string AmbassadorId, string CampaignId, DateTimeOffset AssignedAt, DateTimeOffset? EndedAt, DateTimeOffset? AdoptedAt, string DiscountState);
}
