// Performs the effect that brings a code's discount in the store to where the programme has it, and notes what its people changed.
using System.Diagnostics;
using System.Globalization;
using StorePlugin.Data;
using StorePlugin.Inbox;
using StorePlugin.Stores;

namespace StorePlugin.Rewards;

/// <summary>
/// A code of somebody who is suspended or has left, and one that has ended, takes nothing off; once they are back it does so
/// again. What the store's people changed themselves stays as they have it, and is shown. The payload is the code's key. Nothing of
/// it is remembered from when it was asked for: the code's row says what is wanted, the store what is there.
/// </summary>
internal sealed class KeepDiscount(Db db, StoreDirectory stores, Platforms platforms, TimeProvider clock) : IEffectHandler
{
    private const string Read =
        """
        SELECT c.code, c.discount_id, c.discount_bp, c.discount_state, c.discount_ended_at, c.ended_at, a.state AS ambassador_state
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
        Outbox.AddAsync(tx, storeId, Effect.Kinds.KeepDiscount, $"{codeKey} {Ids.New("chg", now)}", codeKey, now);

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

        if (code is not { DiscountState: "created", DiscountId: { } discountId } || platforms.Find(store) is not { } platform)
        {
            return new EffectResult.Done("The program has made no discount for the code.");
        }

        return await platform.LookAtDiscountAsync(store, code.Code, discountId, cancel) switch
        {
            DiscountLook.Seen { IsActive: var isActive } when isActive && !code.IsWanted => await SwitchAsync(platform, store, effect, code, discountId, on: false, cancel),
            DiscountLook.Seen { IsActive: false } when code.IsWanted && code.DiscountEndedAt is not null =>
                await SwitchAsync(platform, store, effect, code, discountId, on: true, cancel),
            DiscountLook.Seen when !code.IsWanted => new EffectResult.Done("The discount takes nothing off, as it should."),
            DiscountLook.Seen seen => Noted(effect, code, DifferenceOf(seen, code)),
            DiscountLook.Gone when !code.IsWanted => new EffectResult.Done("The discount is gone from the store, as good as ended."),
            DiscountLook.Gone gone => Noted(effect, code, gone.Reason),
            DiscountLook.Unavailable unavailable => new EffectResult.PutOff(unavailable.Reason, unavailable.Wait),
            DiscountLook.Failed failed => new EffectResult.Failed(failed.Reason),
            var other => throw new UnreachableException($"{other.GetType().Name} is no look."),
        };
    }

    private async Task<EffectResult> SwitchAsync(
        IStorePlatform platform, Store store, Effect effect, Row code, string discountId, bool on, CancellationToken cancel) =>
        await platform.SwitchDiscountAsync(store, code.Code, discountId, on, cancel) switch
        {
            DiscountResult.Switched switched => new EffectResult.Done(switched.Text, tx => SwitchedAsync(tx, effect, code, on)),
            DiscountResult.Refused refused => new EffectResult.Refused(refused.Reason),
            DiscountResult.Unavailable unavailable => new EffectResult.PutOff(unavailable.Reason, unavailable.Wait),
            DiscountResult.Failed failed => new EffectResult.Failed(failed.Reason),
            var other => throw new UnreachableException($"{other.GetType().Name} is no result."),
        };

    private const string Switched =
        "UPDATE codes SET discount_ended_at = @endedAt, discount_problem = NULL WHERE store_id = @storeId AND code_key = @codeKey AND discount_state = 'created'";

    /// <summary>While the store was being asked the ambassador may have come back, or left: then once more.</summary>
    private async Task SwitchedAsync(Tx tx, Effect effect, Row code, bool on)
    {
        var now = clock.GetUtcNow();
        var args = new { storeId = effect.StoreId, codeKey = effect.Payload, endedAt = on ? (DateTimeOffset?)null : now };
        await tx.DoAsync(Switched, args);
        if (await tx.OneAsync<Row>(Read, args) is { } present && present.IsWanted != code.IsWanted)
        {
            await AskAsync(tx, effect.StoreId, effect.Payload, now);
        }
    }

    private const string Note = "UPDATE codes SET discount_problem = @problem WHERE store_id = @storeId AND code_key = @codeKey AND discount_state = 'created'";

    private static EffectResult.Done Noted(Effect effect, Row code, string? difference) => new(
        difference ?? $"The discount of {code.Code} is as it was made.",
        tx => tx.DoAsync(Note, new { storeId = effect.StoreId, codeKey = effect.Payload, problem = difference is null ? null : Retry.Fit(difference) }));

    /// <summary>What the store's people changed, in a sentence; null where nothing counts.</summary>
    private static string? DifferenceOf(DiscountLook.Seen seen, Row code)
    {
        if (!seen.IsActive)
        {
            return $"The discount of {code.Code} was switched off in the store's admin, or has run out there: the code takes nothing off, so orders with it count for nobody by the code.";
        }

        var changes = new List<string>();
        if (code.DiscountBp is { } asked && seen.PercentBp != asked)
        {
            changes.Add($"it takes off {(seen.PercentBp is { } percentBp ? PercentOf(percentBp) : "something else than a percentage")} where the campaign says {PercentOf(asked)}");
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

    private static string PercentOf(long basisPoints) => string.Create(CultureInfo.InvariantCulture, $"{Campaigns.BasisPoints.ToPercent(basisPoints):0.##} %");

    private sealed record Row(
        string Code, string? DiscountId, long? DiscountBp, string DiscountState, DateTimeOffset? DiscountEndedAt, DateTimeOffset? EndedAt, string AmbassadorState)
    {
        public bool IsWanted => EndedAt is null && AmbassadorState == "approved";
    }
}
