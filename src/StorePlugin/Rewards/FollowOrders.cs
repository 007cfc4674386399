// What an order's event means for rewards: a code that it used, and a reward whose order has come to nothing (rules W4, W5).
using StorePlugin.Ambassadors;
using StorePlugin.Data;
using StorePlugin.Inbox;
using StorePlugin.Ledger;
using StorePlugin.Orders;
using StorePlugin.Stores;
using StorePlugin.Webhooks;

namespace StorePlugin.Rewards;

internal static class FollowOrders
{
    // An order that is decided again names the same code again, and one code works once. What was revoked and yet used, since
    // the store learned of it too late, is the merchant's cost; so it is whichever of the two came first.
    private const string Use =
        """
        UPDATE rewards SET state = CASE WHEN state IN ('revoked', 'cost') THEN 'cost' ELSE 'used' END,
            used_at = @at, used_order_id = @orderId, used_minor = @minor, used_currency = @currency
        WHERE store_id = @storeId AND code_key = @codeKey AND (used_order_id IS NULL OR used_order_id = @orderId)
        """;

    // A milestone stays: it was reached.
    private const string ReadStanding =
        """
        SELECT id, state, form, amount_minor, currency FROM rewards
        WHERE store_id = @storeId AND order_id = @orderId AND ambassador_id = @ambassadorId AND kind = 'advocate'
            AND state IN ('pending_code', 'issued', 'used')
        """;

    private const string TakeBack =
        """
        UPDATE rewards SET state = @state, revoked_at = @now
        WHERE store_id = @storeId AND id = @id AND state IN ('pending_code', 'issued', 'used')
        """;

    /// <summary>Follows the orders as they have just been written, in the same transaction.</summary>
    public static async Task AfterAsync(Tx tx, Store store, IReadOnlyList<SettledOrder> orders, DateTimeOffset now)
    {
        foreach (var receipt in orders.Select(order => order.Receipt).OfType<Receipt>())
        {
            foreach (var code in receipt.Codes)
            {
                if (CodeKey.Of(code.Code) is { Length: <= CodeKey.KeyLengthMax } key && key.StartsWith(RewardCodes.KeyPrefix, StringComparison.Ordinal))
                {
                    await tx.DoAsync(
                        Use,
                        new
                        {
                            storeId = store.Id,
                            codeKey = key,
                            orderId = receipt.OrderId,
                            at = receipt.At,
                            minor = code.AmountMinor,
                            currency = receipt.Currency.Code,
                        });
                }
            }
        }

        foreach (var order in orders.Where(order => order.Before.AmbassadorId is not null && !IsStillEarned(order)))
        {
            await TakeBackAsync(tx, store, order.Event.OrderId, order.Before.AmbassadorId!, now);
        }
    }

    // A code that takes a share of a later order has no share of this one's base: it stands whole or falls whole (rules B9, W5).
    // What a bank or a person has still to decide takes nothing away that they could not give back (rules B14, H3).
    private static bool IsStillEarned(SettledOrder order) =>
        order.Receipt is { Credited: true } receipt && receipt.AmbassadorId == order.Before.AmbassadorId && (receipt.IsDisputed || RewardBase.Suffices(receipt));

    private static async Task TakeBackAsync(Tx tx, Store store, string orderId, string ambassadorId, DateTimeOffset now)
    {
        foreach (var reward in await tx.ManyAsync<Row>(ReadStanding, new { storeId = store.Id, orderId, ambassadorId }))
        {
            if (reward.Form is not null)
            {
                await TakeValueBackAsync(tx, store, reward, ambassadorId, now);
                continue;
            }

            var isUsed = reward.State == RewardState.Used;
            await tx.DoAsync(TakeBack, new { storeId = store.Id, id = reward.Id, state = isUsed ? RewardState.Cost : RewardState.Revoked, now });
            if (!isUsed)
            {
                await Outbox.AddAsync(tx, store.Id, Effect.Kinds.RevokeReward, reward.Id, reward.Id, now);
            }
        }
    }

    // What was never tried is given up here and now: whoever is about to try finds the state.
    private const string GiveUp =
        """
        UPDATE rewards SET state = 'revoked', revoked_at = @now, returned_at = @now, returned_day = @day, returned_minor = amount_minor, problem = NULL
        WHERE store_id = @storeId AND id = @id AND state = 'pending_code' AND sent_at IS NULL
        """;

    private static async Task TakeValueBackAsync(Tx tx, Store store, Row reward, string ambassadorId, DateTimeOffset now)
    {
        var args = new { storeId = store.Id, id = reward.Id, state = RewardState.Revoked, now, day = store.LocalDay(now) };
        if (await tx.DoAsync(GiveUp, args) == 1)
        {
            var amount = new Money(reward.AmountMinor!.Value, Currency.Parse(reward.Currency));
            await LedgerBook.PostAsync(tx, store, [new ValueStep(LedgerKind.RewardReleased, reward.Id, ambassadorId, amount, now).Posting]);
            return;
        }

        // What of it was used the store tells later: until then all of it counts as taken back.
        await tx.DoAsync(TakeBack, args);
        await Outbox.AddAsync(tx, store.Id, Effect.Kinds.TakeValueBack, reward.Id, reward.Id, now);
    }

    private sealed record Row(string Id, string State, string? Form, long? AmountMinor, string? Currency);
}
