// The rehearsal shop's own books: what was sold and given back, and what an ambassador should get for it.
using StorePlugin.Data;
using StorePlugin.Stores.Rehearsal;
using StorePlugin.Webhooks;

namespace StorePlugin.Demo;

/// <summary>
/// Makes the shop's orders from the plan and reckons commissions from them with a few lines of its own, which share
/// nothing with the engine that is checked by them.
/// </summary>
internal sealed class Books(Currency currency, TimeZoneInfo zone, DemoPlan plan)
{
    private readonly Dictionary<PlannedOrder, ShopOrder> _orders = new(ReferenceEqualityComparer.Instance);

    // Ids are the shop's own, so they may begin anywhere; a new shop begins at a new place.
    private long _lastId = 5_000_000_000_000 + (Math.Abs((long)Ids.NewUnguessable().GetHashCode(StringComparison.Ordinal)) * 100_000L);

    private long _lastNumber = 1000;

    /// <summary>A new order that is not paid yet.</summary>
    /// <param name="reference">The click id or slug that it carries.</param>
    public ShopOrder Open(PlannedOrder planned, DateTimeOffset at, string? reference)
    {
        var (code, percent) = CodeOf(planned);
        var order = new ShopOrder
        {
            Id = NextId(),
            Number = ++_lastNumber,
            Currency = currency,
            Zone = zone,
            CreatedAt = at,
            UpdatedAt = at,
            Customer = CustomerOf(planned),
            Lines = [.. planned.Lines.Select(line => LineOf(line, percent))],
            Code = code,
            CartReference = planned.Evidence is Evidence.LinkWithoutCode ? reference : null,
            LandingReference = planned.Evidence is Evidence.Link or Evidence.LinkWithoutClick ? reference : null,
            ShippingMinor = 490,
            Test = planned.Oddity == Oddity.Test,
        };
        return _orders[planned] = order;
    }

    public ShopOrder Pay(PlannedOrder planned, DateTimeOffset at) => _orders[planned] = _orders[planned].PaidAt(at);

    public ShopOrder Refund(PlannedOrder planned, PlannedRefund refund, DateTimeOffset at)
    {
        var order = _orders[planned];
        var first = order.Lines[0].Id;
        var shipping = refund.ShippingOnly || refund.Units is null ? order.ShippingMinor : 0;
        return _orders[planned] = order.RefundedAt(
            at,
            NextId(),
            line => refund.ShippingOnly ? 0 : refund.Units is { } units ? (line.Id == first ? units : 0) : line.Quantity,
            shipping);
    }

    /// <summary>What the ambassador should get for all their orders, in minor units.</summary>
    public long CommissionMinor(int ambassador) => _orders
        .Where(pair => pair.Key.Ambassador == ambassador && pair.Key.Oddity == Oddity.None)
        .Sum(pair => CommissionOf(pair.Value));

    /// <summary>How many paid orders are the ambassador's.</summary>
    public int OrderCount(int ambassador) =>
        _orders.Keys.Count(planned => planned.Ambassador == ambassador && planned.Oddity == Oddity.None);

    private static long CommissionOf(ShopOrder order)
    {
        var sold = order.Lines.Sum(line => line.NetMinor - line.TaxMinor);
        var back = order.Refunds.SelectMany(refund => refund.Lines).Sum(line => line.SubtotalMinor - line.TaxMinor);
        return (((sold - back) * DemoPlan.CommissionPercent) + 50) / 100;
    }

    private (string? Code, int Percent) CodeOf(PlannedOrder planned) => planned.Evidence switch
    {
        // Shoppers type as they like; a link spells the code as it is.
        Evidence.Code => (Typed(plan.Ambassadors[planned.Ambassador!.Value].Code, planned.Minute), DemoPlan.DiscountPercent),
        Evidence.Link => (plan.Ambassadors[planned.Ambassador!.Value].Code, DemoPlan.DiscountPercent),
        Evidence.ForeignCode => (DemoPlan.ForeignCode, 5),
        _ => (null, 0),
    };

    private static string Typed(string code, int minute) => (minute % 3) switch
    {
        0 => code,
        1 => code.ToLowerInvariant(),
        _ => $" {code[..1]}{code[1..].ToLowerInvariant()} ",
    };

    private ShopLine LineOf(PlannedLine line, int discountPercent) => new(
        NextId(), line.ProductId, line.Title, line.Quantity, line.PriceMinor, ((line.PriceMinor * line.Quantity * discountPercent) + 50) / 100);

    private ShopCustomer CustomerOf(PlannedOrder planned)
    {
        var id = NextId();
        var email = planned.Oddity == Oddity.OwnPurchase ? plan.Ambassadors[planned.Ambassador!.Value].Email : $"shopper.{id}@shoppers.example";
        return new ShopCustomer(id, "Robin", "Shopper", email);
    }

    private long NextId() => ++_lastId;
}
