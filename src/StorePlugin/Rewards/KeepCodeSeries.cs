// Performs the effect that brings the discount of a series to where the programme has it, and notes what the store's people changed.
using System.Diagnostics;
using System.Globalization;
using StorePlugin.Campaigns;
using StorePlugin.Data;
using StorePlugin.Inbox;
using StorePlugin.Stores;

namespace StorePlugin.Rewards;

/// <summary>As <see cref="KeepDiscount"/> for an ambassador's code; the payload is the series.</summary>
internal sealed class KeepCodeSeries(Db db, StoreDirectory stores, Platforms platforms, TimeProvider clock) : IEffectHandler
{
    private const string Read =
        """
        SELECT s.state, s.discount_id, s.discount_bp, s.discount_ended_at, s.code_count, s.made_count, a.state AS ambassador_state
        FROM code_series s JOIN ambassadors a ON a.store_id = s.store_id AND a.id = s.ambassador_id
        WHERE s.store_id = @storeId AND s.id = @id
        """;

    private const string ReadCreated =
        "SELECT id FROM code_series WHERE store_id = @storeId AND ambassador_id = @ambassadorId AND discount_id IS NOT NULL ORDER BY id";

    public string Kind => Effect.Kinds.KeepCodeSeries;

    /// <summary>Asks for all series of an ambassador whose state has changed, in the transaction that changed it.</summary>
    public static async Task AskForAllAsync(Tx tx, string storeId, string ambassadorId, DateTimeOffset now)
    {
        foreach (var id in await tx.ManyAsync<string>(ReadCreated, new { storeId, ambassadorId }))
        {
            await AskAsync(tx, storeId, id, now);
        }
    }

    /// <summary>Asks for one series: each change is a cause of its own.</summary>
    public static Task<bool> AskAsync(Tx tx, string storeId, string id, DateTimeOffset now) =>
        Outbox.AddAsync(tx, storeId, Effect.Kinds.KeepCodeSeries, $"{id} {Ids.New("chg", now)}", id, now);

    public async Task<EffectResult> PerformAsync(Effect effect, CancellationToken cancel)
    {
        var store = await stores.GetAsync(effect.StoreId, cancel);
        if (!store.IsInstalled)
        {
            return new EffectResult.Done(Installation.UninstalledOutcome);
        }

        if (await db.OneAsync<Row>(Read, new { storeId = store.Id, id = effect.Payload }, cancel) is not { } series)
        {
            return new EffectResult.Refused($"There is no series {effect.Payload}.");
        }

        if (series.DiscountId is not { } discountId || platforms.Find(store) is not { } platform)
        {
            return new EffectResult.Done("The program has made no discount for the series yet.");
        }

        return await platform.LookAtCodesAsync(store, discountId, [], cancel) switch
        {
            CodesLook.Seen { Discount.IsActive: true } when !series.IsWanted => await SwitchAsync(platform, store, effect, series, discountId, on: false, cancel),
            CodesLook.Seen { Discount.IsActive: false } when series.IsWanted && series.DiscountEndedAt is not null =>
                await SwitchAsync(platform, store, effect, series, discountId, on: true, cancel),
            CodesLook.Seen when !series.IsWanted => new EffectResult.Done("The discount takes nothing off, as it should."),
            CodesLook.Seen seen => Noted(effect, series, DifferenceOf(seen, series)),
            CodesLook.Gone when !series.IsWanted => new EffectResult.Done("The discount is gone from the store, as good as ended."),
            CodesLook.Gone => Noted(effect, series, "The discount of the series was deleted in the store's admin: its codes take nothing off, so orders with them count for nobody by the code."),
            CodesLook.Without { Result: CodesResult.Unavailable unavailable } => new EffectResult.PutOff(unavailable.Reason, unavailable.Wait),
            CodesLook.Without { Result: CodesResult.Failed failed } => new EffectResult.Failed(failed.Reason),
            CodesLook.Without { Result: CodesResult.Refused refused } => new EffectResult.Refused(refused.Reason),
            var other => throw new UnreachableException($"{other.GetType().Name} is no look."),
        };
    }

    private async Task<EffectResult> SwitchAsync(
        IStorePlatform platform, Store store, Effect effect, Row series, string discountId, bool on, CancellationToken cancel) =>
        await platform.SwitchDiscountAsync(store, effect.Payload, discountId, on, cancel) switch
        {
            DiscountResult.Switched => new EffectResult.Done(
                on ? "The codes of the series work again." : "The codes of the series take nothing off any more.", tx => SwitchedAsync(tx, effect, series, on)),
            DiscountResult.Refused refused => new EffectResult.Refused(refused.Reason),
            DiscountResult.Unavailable unavailable => new EffectResult.PutOff(unavailable.Reason, unavailable.Wait),
            DiscountResult.Failed failed => new EffectResult.Failed(failed.Reason),
            var other => throw new UnreachableException($"{other.GetType().Name} is no result."),
        };

    private const string Switched = "UPDATE code_series SET discount_ended_at = @endedAt WHERE store_id = @storeId AND id = @id";

    /// <summary>While the store was being asked the ambassador may have come back, or left: then once more.</summary>
    private async Task SwitchedAsync(Tx tx, Effect effect, Row series, bool on)
    {
        var now = clock.GetUtcNow();
        var args = new { storeId = effect.StoreId, id = effect.Payload, endedAt = on ? (DateTimeOffset?)null : now };
        await tx.DoAsync(Switched, args);
        if (await tx.OneAsync<Row>(Read, args) is { } present && present.IsWanted != series.IsWanted)
        {
            await AskAsync(tx, effect.StoreId, effect.Payload, now);
        }
    }

    // What the making says of a series that is not finished is not written over.
    private const string Note = "UPDATE code_series SET problem = @problem WHERE store_id = @storeId AND id = @id AND state = 'made'";

    private static EffectResult.Done Noted(Effect effect, Row series, string? difference) => new(
        difference ?? "The discount of the series is as it was made.",
        tx => tx.DoAsync(Note, new { storeId = effect.StoreId, id = effect.Payload, problem = difference ?? MakeCodeSeries.ProblemOf(series.CodeCount, series.MadeCount) }));

    /// <summary>What the store's people changed, in a sentence; null where nothing counts.</summary>
    private static string? DifferenceOf(CodesLook.Seen seen, Row series)
    {
        var discount = seen.Discount;
        if (!discount.IsActive)
        {
            return "The discount of the series was switched off in the store's admin, or has run out there: its codes take nothing off, so orders with them count for nobody by the code.";
        }

        var changes = new List<string>();
        if (discount.PercentBp != series.DiscountBp)
        {
            changes.Add($"it takes off {(discount.PercentBp is { } percentBp ? PercentOf(percentBp) : "something else than a percentage")} where the campaign says {PercentOf(series.DiscountBp)}");
        }

        if (discount.EndsAt is not null)
        {
            changes.Add("it has an end");
        }

        if (discount.UsageLimit is not 1)
        {
            changes.Add("its codes work more than once");
        }

        if (series.State == "made" && seen.Count < series.MadeCount)
        {
            changes.Add(string.Create(CultureInfo.InvariantCulture, $"it has {seen.Count} codes where {series.MadeCount} were made"));
        }

        return changes.Count == 0 ? null : $"The discount of the series was changed in the store's admin: {string.Join(", ", changes)}.";
    }

    private static string PercentOf(long basisPoints) => string.Create(CultureInfo.InvariantCulture, $"{BasisPoints.ToPercent(basisPoints):0.##} %");

    private sealed record Row(string State, string? DiscountId, long DiscountBp, DateTimeOffset? DiscountEndedAt, long CodeCount, long MadeCount, string AmbassadorState)
    {
        public bool IsWanted => State != "ended" && AmbassadorState == "approved";
    }
}
