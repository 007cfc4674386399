// What an order of a store usually comes to: the scale on which terms are shown before they are decided.
using StorePlugin.Data;
using StorePlugin.Stores;
using StorePlugin.Webhooks;

namespace StorePlugin.Campaigns;

/// <param name="Amount">What counts of it: products after discounts, without tax and shipping.</param>
/// <param name="Orders">Of how many orders it is the median; 0 where none is known, and then it is made up.</param>
internal sealed record TypicalOrder(Money Amount, int Orders)
{
    /// <summary>How far back orders are looked at, in days of 24 hours.</summary>
    public const int Days = 90;

    // Of more orders the newest tell as much.
    private const long OrdersMax = 1000;

    private const long MadeUpMajor = 50;

    private const string ReadAmounts =
        """
        SELECT net_minor FROM orders
        WHERE store_id = @storeId AND at >= @from AND at < @to AND currency = @currency AND paid_at IS NOT NULL AND net_minor > 0
        ORDER BY at DESC, order_id DESC
        """;

    /// <summary>The median of the store's newest paid orders; of an even number the lower of the two in the middle. Null until the store's currency is known.</summary>
    public static async Task<TypicalOrder?> ReadAsync(Db db, Store store, DateTimeOffset now, CancellationToken cancel)
    {
        if (!Currency.TryParse(store.Currency, out var currency))
        {
            return null;
        }

        var args = new { storeId = store.Id, from = now.AddDays(-Days), to = now, currency = currency.Code, take = OrdersMax };
        var amounts = (await db.ManyAsync<long>($"{ReadAmounts} {db.Page}", args, cancel)).Order().ToList();
        return amounts.Count == 0
            ? new TypicalOrder(new Money(MadeUpMajor * currency.MinorPerMajor, currency), 0)
            : new TypicalOrder(new Money(amounts[(amounts.Count - 1) / 2], currency), amounts.Count);
    }
}
