// Performs the effect that brings a code's discount in the store to where the programme has it, and notes what its people changed.
using System.Diagnostics;
using System.Globalization;
using StorePlugin.Campaigns;
using StorePlugin.Data;
using StorePlugin.Inbox;
using StorePlugin.Stores;

namespace StorePlugin.Rewards;

/// <summary>
/// A code of somebody who is suspended or has left, one that has ended, and one whose campaign gives no discount takes nothing off;
/// once that is over it does so again. What it takes off follows the terms in force, and a code that only tracked gets its discount
/// when they give one. What the store's people changed themselves stays as they have it, and is shown. The payload is the code's key.
/// Nothing of it is remembered from when it was asked for: row and terms say what is wanted, the store what is there.
/// </summary>
internal sealed class KeepDiscount(Db db, StoreDirectory stores, Platforms platforms, TimeProvider clock) : IEffectHandler
{
    private const string Read =
        """
        SELECT c.code, c.campaign_id, c.discount_id, c.discount_bp, c.discount_uses, c.discount_state, c.discount_ended_at, c.ended_at, c.adopted_at,
            a.state AS ambassador_state
        FROM codes c JOIN ambassadors a ON a.store_id = c.store_id AND a.id = c.ambassador_id
        WHERE c.store_id = @storeId AND c.code_key = @codeKey
        """;

    private const string ReadCreated =
        """
        SELECT code_key FROM codes
        WHERE store_id = @storeId AND ambassador_id = @ambassadorId AND discount_state = 'created' ORDER BY code_key
        """;

    public string Kind => Effect.Kinds.KeepDiscount;

    /// <summary>Asks for all codes of an ambassador whose state has changed, in the transaction that changed it.</summary>
    public static async Task AskForAllAsync(Tx tx, string storeId, string ambassadorId, DateTimeOffset now)
    {
        foreach (var codeKey in await tx.ManyAsync<string>(ReadCreated, new { storeId, ambassadorId }))
        {
            await AskAsync(tx, storeId, codeKey, now);
        }
    }

    /// <summary>Asks for one code: each change is a cause of its own.</summary>
    public static Task<bool> AskAsync(Tx tx, string storeId, string codeKey, DateTimeOffset now) =>
        AskAsync(tx, storeId, codeKey, Ids.New("chg", now), now, now);

    /// <summary>Asks for one code; the same cause asks once.</summary>
    /// <param name="cause">An id.</param>
    public static Task<bool> AskAsync(Tx tx, string storeId, string codeKey, string cause, DateTimeOffset now, DateTimeOffset dueAt) =>
        Outbox.AddAsync(tx, storeId, Effect.Kinds.KeepDiscount, $"{codeKey} {cause}", codeKey, now, dueAt);

    public async Task<EffectResult> PerformAsync(Effect effect, CancellationToken cancel)
    {
        var store = await stores.GetAsync(effect.StoreId, cancel);
        if (!store.IsInstalled)
        {
            return new EffectResult.Done(Installation.UninstalledOutcome);
        }

        if (await db.OneAsync<Row>(Read, new { storeId = store.Id, codeKey = effect.Payload }, cancel) is not { } code)
        {
            return new EffectResult.Refused($"There is no code {effect.Payload}.");
        }

        if (code.AdoptedAt is not null)
        {
            return new EffectResult.Done("The discount is the store's own, and stays as it is.");
        }

        // After the row, so that whoever has written the row had these terms at the latest.
        var terms = await TermsInForce.ReadAsync(db, store.Id, code.CampaignId, clock.GetUtcNow(), cancel);
        if (code.IsWithoutDiscount && terms.Now.FriendDiscountBp > 0)
        {
            return new EffectResult.Done("The campaign gives friends a discount, so it is created.", tx => OrderAsync(tx, effect));
        }

        if (code is not { DiscountState: "created", DiscountId: { } discountId } || platforms.Find(store) is not { } platform)
        {
            return new EffectResult.Done("The program has made no discount for the code.");
        }

        var work = new Work(platform, store, effect, code, discountId, Wish.Of(code, terms.Now));
        return await platform.LookAtDiscountAsync(store, code.Code, discountId, cancel) switch
        {
            DiscountLook.Seen { IsActive: true } when !work.Wish.IsOn => await SwitchOffAsync(work, cancel),
            DiscountLook.Seen when !work.Wish.IsOn => Noted(work, "The discount takes nothing off, as it should.", problem: null),
            DiscountLook.Seen { IsActive: false } when code.DiscountEndedAt is null => Noted(
                work,
                $"The discount of {code.Code} was switched off in the store's admin, or has run out there: the code takes nothing off, so orders with it count for nobody by the code."),
            DiscountLook.Seen seen => await BringAsync(work, seen, terms, cancel),
            DiscountLook.Gone when !work.Wish.IsOn => Noted(work, "The discount is gone from the store, as good as ended.", problem: null),
            DiscountLook.Gone gone => Noted(work, gone.Reason),
            DiscountLook.Unavailable unavailable => PutOff(effect, unavailable.Reason, unavailable.Wait, unavailable.WaitsForMerchant),
            DiscountLook.Failed failed => new EffectResult.Failed(failed.Reason),
            var other => throw new UnreachableException($"{other.GetType().Name} is no look."),
        };
    }

    private const string AwaitDiscount =
        """
        UPDATE codes SET discount_state = 'pending'
        WHERE store_id = @storeId AND code_key = @codeKey AND discount_state IN ('none', 'pending') AND ended_at IS NULL AND adopted_at IS NULL
        """;

    // It was performed when the terms gave none.
    private const string OrderAgain =
        """
        UPDATE effects SET state = 'pending', attempts = 0, due_at = @now, lease_id = NULL, done_at = NULL
        WHERE store_id = @storeId AND kind = 'create_discount' AND subject = @codeKey AND state = 'done'
        """;

    private async Task OrderAsync(Tx tx, Effect effect)
    {
        var now = clock.GetUtcNow();
        var args = new { storeId = effect.StoreId, codeKey = effect.Payload, now };
        if (await tx.DoAsync(AwaitDiscount, args) == 1
            && !await Outbox.AddAsync(tx, effect.StoreId, Effect.Kinds.CreateDiscount, effect.Payload, "{}", now))
        {
            await tx.DoAsync(OrderAgain, args);
        }
    }

    private const string SwitchedOff =
        "UPDATE codes SET discount_ended_at = @now WHERE store_id = @storeId AND code_key = @codeKey AND discount_state = 'created'";

    private async Task<EffectResult> SwitchOffAsync(Work work, CancellationToken cancel) =>
        await work.Platform.SwitchDiscountAsync(work.Store, work.Code.Code, work.DiscountId, on: false, cancel) switch
        {
            DiscountResult.Switched switched => new EffectResult.Done(switched.Text, async tx =>
            {
                await tx.DoAsync(SwitchedOff, new { storeId = work.Store.Id, codeKey = work.CodeKey, now = clock.GetUtcNow() });
                await NoteAsync(tx, work, problem: null);
            }),
            var other => Without(work, other),
        };

    /// <summary>
    /// Changes what differs from the wish and is as it was asked for last; then switches on what was switched off here, so that
    /// nobody gets what the terms before gave.
    /// </summary>
    private async Task<EffectResult> BringAsync(Work work, DiscountLook.Seen seen, TermsInForce terms, CancellationToken cancel)
    {
        var (code, wish) = (work.Code, work.Wish);
        var done = new List<string>();
        var change = ChangeOf(seen, code, wish, terms);
        if (!change.IsEmpty)
        {
            var result = await work.Platform.ChangeDiscountAsync(work.Store, code.Code, work.DiscountId, change, cancel);
            if (result is not DiscountResult.Changed changed)
            {
                return Without(work, result);
            }

            done.Add(changed.Text);
            seen = seen with { PercentBp = change.PercentBp ?? seen.PercentBp, OncePerCustomer = change.OncePerCustomer ?? seen.OncePerCustomer };
        }

        if (!seen.IsActive)
        {
            var result = await work.Platform.SwitchDiscountAsync(work.Store, code.Code, work.DiscountId, on: true, cancel);
            if (result is not DiscountResult.Switched switched)
            {
                return Without(work, result);
            }

            // The platform takes away the end that switching it off gave it.
            done.Add(switched.Text);
            seen = seen with { IsActive = true, EndsAt = null };
        }

        var problem = DifferenceOf(seen, code, wish);
        var text = string.Join(' ', problem is null ? done : done.Append(problem));
        return new EffectResult.Done(
            text.Length > 0 ? text : $"The discount of {code.Code} is as the campaign has it.", tx => BroughtAsync(tx, work, seen, isChanged: !change.IsEmpty, problem));
    }

    // Whoever has switched it off since then has written so.
    private const string SwitchedOn =
        """
        UPDATE codes SET discount_ended_at = NULL
        WHERE store_id = @storeId AND code_key = @codeKey AND discount_state = 'created' AND discount_ended_at = @was
        """;

    private const string Asked =
        """
        UPDATE codes SET discount_bp = COALESCE(@percentBp, discount_bp), discount_uses = COALESCE(@uses, discount_uses)
        WHERE store_id = @storeId AND code_key = @codeKey AND discount_state = 'created'
        """;

    private async Task BroughtAsync(Tx tx, Work work, DiscountLook.Seen seen, bool isChanged, string? problem)
    {
        var (code, wish) = (work.Code, work.Wish);
        if (code.DiscountEndedAt is { } was)
        {
            await tx.DoAsync(SwitchedOn, new { storeId = work.Store.Id, codeKey = work.CodeKey, was });
        }

        if (await NoteAsync(tx, work, problem) || isChanged)
        {
            await tx.DoAsync(Asked, new
            {
                storeId = work.Store.Id,
                codeKey = work.CodeKey,
                percentBp = seen.PercentBp == wish.PercentBp ? wish.PercentBp : (long?)null,
                uses = seen.OncePerCustomer == wish.OncePerCustomer ? DiscountUses.Of(wish.OncePerCustomer) : null,
            });
        }
    }

    private EffectResult.Done Noted(Work work, string problem) => Noted(work, problem, problem);

    private EffectResult.Done Noted(Work work, string text, string? problem) => new(text, tx => NoteAsync(tx, work, problem));

    private const string Note = "UPDATE codes SET discount_problem = @problem WHERE store_id = @storeId AND code_key = @codeKey AND discount_state = 'created'";

    /// <summary>
    /// Notes what was found, null for nothing. While the store was being asked the ambassador may have come back or left, or other
    /// terms have come into force: then nothing is noted, and the store is asked once more. Returns whether it was noted.
    /// </summary>
    private async Task<bool> NoteAsync(Tx tx, Work work, string? problem)
    {
        var now = clock.GetUtcNow();
        var args = new { storeId = work.Store.Id, codeKey = work.CodeKey, problem = problem is null ? null : Retry.Fit(problem) };
        var present = await tx.OneAsync<Row>(Read, args) ?? throw new UnreachableException("No code is ever deleted.");
        if (Wish.Of(present, (await TermsInForce.ReadAsync(tx, work.Store.Id, present.CampaignId, now)).Now) != work.Wish)
        {
            await AskAsync(tx, work.Store.Id, work.CodeKey, now);
            return false;
        }

        await tx.DoAsync(Note, args);
        return true;
    }

    private static EffectResult Without(Work work, DiscountResult result) => result switch
    {
        DiscountResult.Refused refused => new EffectResult.Refused(refused.Reason, tx => TellAsync(tx, work.Effect, refused.Reason)),
        DiscountResult.Unavailable unavailable => PutOff(work.Effect, unavailable.Reason, unavailable.Wait, unavailable.WaitsForMerchant),
        DiscountResult.Failed failed => new EffectResult.Failed(failed.Reason),
        var other => throw new UnreachableException($"{other.GetType().Name} is no result."),
    };

    // What lasts until the merchant does something is shown to them.
    private static EffectResult.PutOff PutOff(Effect effect, string reason, TimeSpan wait, bool waitsForMerchant) =>
        new(reason, wait, waitsForMerchant ? tx => TellAsync(tx, effect, reason) : null);

    private static Task<int> TellAsync(Tx tx, Effect effect, string problem) =>
        tx.DoAsync(Note, new { storeId = effect.StoreId, codeKey = effect.Payload, problem = Retry.Fit(problem) });

    /// <summary>What is to be changed: what differs from the wish, but not what the store's people changed.</summary>
    private static DiscountChange ChangeOf(DiscountLook.Seen seen, Row code, Wish wish, TermsInForce terms)
    {
        // What was asked for before it was written down is something that the terms have said.
        var said = terms.Spans.Select(span => span.Terms);
        var isOurSize = code.DiscountBp is { } percentBp ? seen.PercentBp == percentBp : said.Any(one => one.FriendDiscountBp == seen.PercentBp);
        var isOurUse = code.DiscountUses is { } uses
            ? seen.OncePerCustomer is { } once && DiscountUses.Of(once) == uses
            : said.Any(one => one.FriendOncePerCustomer is true == seen.OncePerCustomer);
        return new DiscountChange(
            isOurSize && seen.PercentBp != wish.PercentBp ? wish.PercentBp : null,
            isOurUse && seen.OncePerCustomer != wish.OncePerCustomer ? wish.OncePerCustomer : null);
    }

    /// <summary>What the store's people changed, in a sentence; null where nothing counts.</summary>
    private static string? DifferenceOf(DiscountLook.Seen seen, Row code, Wish wish)
    {
        var changes = new List<string>();
        if (seen.PercentBp != wish.PercentBp)
        {
            changes.Add($"it takes off {(seen.PercentBp is { } percentBp ? PercentOf(percentBp) : "something else than a percentage")} where the campaign says {PercentOf(wish.PercentBp)}");
        }

        if (seen.OncePerCustomer is { } once && once != wish.OncePerCustomer)
        {
            changes.Add(once ? "it works only once for each customer" : "it works more than once for each customer");
        }

        if (seen.EndsAt is not null)
        {
            changes.Add("it has an end");
        }

        if (seen.UsageLimit is not null)
        {
            changes.Add("the number of its uses is limited");
        }

        return changes.Count == 0 ? null : $"The discount of {code.Code} was changed in the store's admin: {string.Join(", ", changes)}.";
    }

    private static string PercentOf(long basisPoints) => string.Create(CultureInfo.InvariantCulture, $"{BasisPoints.ToPercent(basisPoints):0.##} %");

    private sealed record Row(
        string Code, string CampaignId, string? DiscountId, long? DiscountBp, string? DiscountUses, string DiscountState, DateTimeOffset? DiscountEndedAt,
        DateTimeOffset? EndedAt, DateTimeOffset? AdoptedAt, string AmbassadorState)
    {
        /// <summary>It only tracks, or waits for a discount that is perhaps not even ordered.</summary>
        public bool IsWithoutDiscount => DiscountState is "none" or "pending" && EndedAt is null;
    }

    /// <summary>How the programme wants the discount to be at present.</summary>
    /// <param name="PercentBp">Basis points of the price.</param>
    private sealed record Wish(bool IsOn, long PercentBp, bool OncePerCustomer)
    {
        public static Wish Of(Row code, Terms terms) => new(
            code is { EndedAt: null, AmbassadorState: "approved" } && terms.FriendDiscountBp > 0, terms.FriendDiscountBp, terms.FriendOncePerCustomer is true);
    }

    private sealed record Work(IStorePlatform Platform, Store Store, Effect Effect, Row Code, string DiscountId, Wish Wish)
    {
        public string CodeKey => Effect.Payload;
    }
}

/// <summary>The words in <c>codes.discount_uses</c>.</summary>
internal static class DiscountUses
{
    public static string Of(bool oncePerCustomer) => oncePerCustomer ? "once" : "many";
}
