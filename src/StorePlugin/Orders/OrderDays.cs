// What the orders of each day have brought, by campaign and currency: kept beside the orders that it sums, in the transactions that move them.
using System.Runtime.InteropServices;
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Orders;

/// <summary>An order as the figures of its day count it: paid, and an ambassador is credited with it.</summary>
/// <param name="LocalDay">The store's day of the order, as yyyymmdd (rule M4).</param>
/// <param name="NetMinor">What is left of it to earn on, in minor units of <paramref name="Currency"/>.</param>
/// <param name="CommissionMinor">What is booked for it, in the same.</param>
/// <param name="IsNewCustomer">Whether it was its customer's first at the store, as far as that is known (rule T9).</param>
internal sealed record CountedOrder(string CampaignId, long LocalDay, string Currency, long NetMinor, long CommissionMinor, bool IsNewCustomer)
{
    /// <summary>Null for an order that is not counted: nobody is credited, or it is not paid or not known yet (rule H1).</summary>
    public static CountedOrder? Of(string state, string? campaignId, string? ambassadorId, long? localDay, string? currency, long netMinor, long commissionMinor, string? customerKind) =>
        state is "held" or "review" or "approved" or "in_payout" or "paid" or "reversed" or "disputed"
            && campaignId is not null && ambassadorId is not null && localDay is { } day && currency is not null
            ? new CountedOrder(campaignId, day, currency, netMinor, commissionMinor, customerKind == CustomerKind.New)
            : null;
}

/// <summary>The words of the column <c>orders.customer_kind</c>.</summary>
internal static class CustomerKind
{
    public const string New = "new";
    public const string Returning = "returning";
}

/// <summary>
/// The changes of one transaction to the table <c>order_days</c>, a projection: they are added up first, since a batch is mostly of
/// one day, and each row is written once.
/// </summary>
internal sealed class OrderDays
{
    private const string Add =
        """
        UPDATE order_days SET orders = orders + @orders, net_minor = net_minor + @netMinor, commission_minor = commission_minor + @commissionMinor,
            new_customers = new_customers + @newCustomers
        WHERE store_id = @storeId AND campaign_id = @campaignId AND local_day = @localDay AND currency = @currency
        """;

    private const string Open =
        """
        INSERT INTO order_days (store_id, campaign_id, local_day, currency, orders, net_minor, commission_minor, new_customers)
        SELECT @storeId, @campaignId, @localDay, @currency, @orders, @netMinor, @commissionMinor, @newCustomers
        WHERE NOT EXISTS (SELECT 1 FROM order_days
            WHERE store_id = @storeId AND campaign_id = @campaignId AND local_day = @localDay AND currency = @currency)
        """;

    private readonly Dictionary<Key, Sum> _sums = [];

    /// <summary>Notes that an order was counted so before, and is counted so now; null where it was or is not.</summary>
    public void Note(CountedOrder? before, CountedOrder? after)
    {
        if (before != after)
        {
            Put(before, -1);
            Put(after, 1);
        }
    }

    public async Task WriteAsync(Tx tx, Store store)
    {
        var changes = _sums.Where(change => change.Value != default)
            .OrderBy(change => change.Key.CampaignId, StringComparer.Ordinal).ThenBy(change => change.Key.LocalDay).ThenBy(change => change.Key.Currency, StringComparer.Ordinal);
        foreach (var ((campaignId, localDay, currency), (orders, netMinor, commissionMinor, newCustomers)) in changes)
        {
            await tx.PutAsync(
                Add, Open, $"{store.Id} {campaignId} orders {localDay} {currency}",
                new { storeId = store.Id, campaignId, localDay, currency, orders, netMinor, commissionMinor, newCustomers });
        }
    }

    private void Put(CountedOrder? order, long sign)
    {
        if (order is not null)
        {
            ref var sum = ref CollectionsMarshal.GetValueRefOrAddDefault(_sums, new Key(order.CampaignId, order.LocalDay, order.Currency), out _);
            sum = new Sum(
                sum.Orders + sign, sum.NetMinor + (sign * order.NetMinor), sum.CommissionMinor + (sign * order.CommissionMinor),
                sum.NewCustomers + (order.IsNewCustomer ? sign : 0));
        }
    }

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Key(string CampaignId, long LocalDay, string Currency);

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Sum(long Orders, long NetMinor, long CommissionMinor, long NewCustomers);
}
