// Performs the effect that makes a reward's code in the store.
using System.Diagnostics;
using StorePlugin.Data;
using StorePlugin.Inbox;
using StorePlugin.Mail;
using StorePlugin.Stores;
using StorePlugin.Webhooks;

namespace StorePlugin.Rewards;

/// <summary>
/// The reward's id is the key by which the platform knows the code again (rule W3). Where the platform refuses, the reward
/// waits with the reason, and the programme goes on; the effect can be replayed.
/// </summary>
internal sealed class CreateReward(Db db, StoreDirectory stores, Platforms platforms, TimeProvider clock) : IEffectHandler
{
    /// <summary>What merchants see in front of the reward's id; it holds no person's name.</summary>
    public const string Title = "StorePlugin reward";

    private const string Read =
        """
        SELECT ambassador_id, state, percent_bp, amount_minor, minimum_minor, currency, code, ends_at, created_at
        FROM rewards WHERE store_id = @storeId AND id = @id
        """;

    public string Kind => Effect.Kinds.CreateReward;

    public async Task<EffectResult> PerformAsync(Effect effect, CancellationToken cancel)
    {
        var store = await stores.GetAsync(effect.StoreId, cancel);
        if (!store.IsInstalled)
        {
            return new EffectResult.Done(Installation.UninstalledOutcome);
        }

        if (await db.OneAsync<Row>(Read, new { storeId = store.Id, id = effect.Subject }, cancel) is not { Code: { } code, EndsAt: { } endsAt } reward)
        {
            return new EffectResult.Refused($"There is no reward {effect.Subject} with a code.");
        }

        if (reward.State != RewardState.PendingCode)
        {
            return new EffectResult.Done($"The reward is {reward.State}: there is no code to make.");
        }

        if (endsAt <= clock.GetUtcNow())
        {
            return Refused(effect, "The time in which the code was to work is over.");
        }

        if (platforms.Find(store) is not { } platform)
        {
            return Refused(effect, $"The program cannot create discounts in a store of {store.Platform}.");
        }

        var request = new DiscountRequest(effect.Subject, code, Title, reward.PercentBp ?? 0, reward.CreatedAt)
        {
            AmountOff = reward.AmountOf(reward.AmountMinor),
            Minimum = reward.AmountOf(reward.MinimumMinor),
            EndsAt = endsAt,
            UsageLimit = 1,
            OncePerCustomer = true,
        };
        return await platform.CreateDiscountAsync(store, request, cancel) switch
        {
            DiscountResult.Created created => new EffectResult.Done($"The code {code} was created.", tx => IssuedAsync(tx, effect, reward, created)),
            DiscountResult.Taken taken => Refused(effect, taken.Reason),
            DiscountResult.Refused refused => Refused(effect, refused.Reason),
            DiscountResult.Unavailable { WaitsForMerchant: true } unavailable =>
                new EffectResult.PutOff(unavailable.Reason, unavailable.Wait, tx => NoteAsync(tx, effect, unavailable.Reason)),
            DiscountResult.Unavailable unavailable => new EffectResult.PutOff(unavailable.Reason, unavailable.Wait),
            DiscountResult.Failed failed => new EffectResult.Failed(failed.Reason, tx => NoteAsync(tx, effect, failed.Reason)),
            var other => throw new UnreachableException($"{other.GetType().Name} is no result."),
        };
    }

    private const string Made = "UPDATE rewards SET discount_id = @discountId, problem = NULL WHERE store_id = @storeId AND id = @id";

    private const string Issue =
        "UPDATE rewards SET state = 'issued', issued_at = @now WHERE store_id = @storeId AND id = @id AND state = 'pending_code'";

    private const string IsRevoked = "SELECT CAST(COUNT(*) AS bigint) FROM rewards WHERE store_id = @storeId AND id = @id AND state = 'revoked'";

    /// <summary>The code works. What was taken back while it was being made is ended once more: the first try may have come too early to find it.</summary>
    private async Task IssuedAsync(Tx tx, Effect effect, Row reward, DiscountResult.Created created)
    {
        var now = clock.GetUtcNow();
        var args = new { storeId = effect.StoreId, id = effect.Subject, discountId = created.DiscountId, now };
        await tx.DoAsync(Made, args);
        if (await tx.DoAsync(Issue, args) == 1)
        {
            await new MailNotice(MailNotice.RewardGiven, reward.AmbassadorId, Reward: effect.Subject).AddAsync(tx, effect.StoreId, now);
        }
        else if (await tx.OneAsync<long>(IsRevoked, args) == 1)
        {
            await Outbox.AddAsync(tx, effect.StoreId, Effect.Kinds.RevokeReward, $"{effect.Subject}:made", effect.Subject, now);
        }
    }

    private const string Note = "UPDATE rewards SET problem = @problem WHERE store_id = @storeId AND id = @id AND state = 'pending_code'";

    private static EffectResult.Refused Refused(Effect effect, string reason) => new(reason, tx => NoteAsync(tx, effect, reason));

    private static Task<int> NoteAsync(Tx tx, Effect effect, string problem) =>
        tx.DoAsync(Note, new { storeId = effect.StoreId, id = effect.Subject, problem = Retry.Fit(problem) });

    private sealed record Row(
        string AmbassadorId, string State, long? PercentBp, long? AmountMinor, long? MinimumMinor, string? Currency, string? Code, DateTimeOffset? EndsAt,
        DateTimeOffset CreatedAt)
    {
        public Money? AmountOf(long? minor) => minor is { } known ? new Money(known, Webhooks.Currency.Parse(Currency)) : null;
    }
}
