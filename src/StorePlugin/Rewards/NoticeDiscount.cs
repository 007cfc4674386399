// What is done when the platform tells that a discount was touched: the code of ours behind it is looked at.
using System.Globalization;
using StorePlugin.Data;
using StorePlugin.Inbox;
using StorePlugin.Stores;
using StorePlugin.Webhooks;

namespace StorePlugin.Rewards;

/// <summary>Called by the inbox's worker within the transaction that also marks the delivery done.</summary>
internal sealed class NoticeDiscount(TimeProvider clock)
{
    private const string FindCode = "SELECT MIN(code_key) FROM codes WHERE store_id = @storeId AND discount_id = @discountId";

    private const string FindSeries = "SELECT MIN(id) FROM code_series WHERE store_id = @storeId AND discount_id = @discountId";

    /// <summary>
    /// Has the store asked what the discount is like now; a delivery says that, and may be older than what it speaks of. Many of
    /// one minute are one look, at its end.
    /// </summary>
    public async Task<string> ApplyAsync(Tx tx, Store store, DiscountTouched touched)
    {
        var args = new { storeId = store.Id, discountId = touched.DiscountId };
        if (await tx.OneAsync<string>(FindCode, args) is { } codeKey)
        {
            await LookAsync(tx, store, Effect.Kinds.KeepDiscount, codeKey);
            return "The discount of an ambassador's code was touched in the store; it is looked at within a minute.";
        }

        if (await tx.OneAsync<string>(FindSeries, args) is { } seriesId)
        {
            await LookAsync(tx, store, Effect.Kinds.KeepCodeSeries, seriesId);
            return "The discount of a series of codes was touched in the store; it is looked at within a minute.";
        }

        return "The discount is of no ambassador's code; nothing is done.";
    }

    private async Task LookAsync(Tx tx, Store store, string kind, string of)
    {
        var now = clock.GetUtcNow();
        var minute = (now.ToUnixTimeSeconds() / 60) + 1;
        await Outbox.AddAsync(tx, store.Id, kind, string.Create(CultureInfo.InvariantCulture, $"{of} {minute}"), of, now, DateTimeOffset.FromUnixTimeSeconds(minute * 60));
    }
}
