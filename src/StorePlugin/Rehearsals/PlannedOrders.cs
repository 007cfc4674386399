// The orders of a plan as the shop has them at each step, and the deliveries that tell of them: the same bytes whenever they are made.
using System.Globalization;
using StorePlugin.Campaigns;
using StorePlugin.Data;
using StorePlugin.Stores.Rehearsal;
using StorePlugin.Webhooks;

namespace StorePlugin.Rehearsals;

/// <param name="RehearsalId">Stands in the ids of clicks and deliveries, so that a step which is taken again is known.</param>
internal sealed record PlannedOrders(string RehearsalId, ScenarioPlan Plan, Terms Terms, Currency Currency, TimeZoneInfo Zone)
{
    // Above what a merchant's own orders are numbered with in the tests of one, and within every platform's range.
    private const long FirstId = 4_100_000_000;
    private const long FirstReference = 1000;
    private const long FirstProduct = 5000;
    private const int ProductsMax = 6;
    private const long PartsPerOrder = 10;

    private static readonly TimeSpan PaidAfter = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan ClickedBefore = TimeSpan.FromMinutes(40);

    public static string IdOf(int purchase) => (FirstId + purchase).ToString(CultureInfo.InvariantCulture);

    /// <summary>The click that led to an order; null where none did.</summary>
    public string? ClickOf(PlannedPurchase purchase) => purchase.Way is Way.Link or Way.LinkWithoutCode ? ClickId($"order:{purchase.Number}") : null;

    /// <summary>The id of a click, which its name within the rehearsal alone decides.</summary>
    public string ClickId(string name) => Ambassadors.Links.ClickPrefix + Ids.HashOf($"{RehearsalId}:{name}")[..32];

    public static DateTimeOffset ClickedAt(PlannedPurchase purchase) => purchase.At - ClickedBefore;

    /// <summary>The deliveries of a step, in the order in which they are sent.</summary>
    public IEnumerable<ShopDelivery> DeliveriesOf(PlannedStep step)
    {
        foreach (var purchase in step.Purchases.Select(number => Plan.Purchases[number - 1]))
        {
            yield return new ShopDelivery("orders/paid", $"{RehearsalId}-{purchase.Number}-paid", Paid(purchase).ToJson());
        }

        foreach (var (index, planned) in step.Returns.Index())
        {
            var order = After(planned.Purchase, step, index);
            yield return new ShopDelivery("refunds/create", $"{RehearsalId}-{planned.Purchase}-{order.Refunds.Length}-refund", order.ToJson(order.Refunds[^1]));
            yield return new ShopDelivery("orders/updated", $"{RehearsalId}-{planned.Purchase}-{order.Refunds.Length}-updated", order.ToJson());
        }
    }

    private ShopOrder Paid(PlannedPurchase purchase)
    {
        var person = purchase.Person is { } index ? Plan.People[index] : null;
        var usesCode = person is not null && purchase.Way is Way.Code or Way.Link;
        var gross = purchase.PriceMinor * purchase.Quantity;
        var discount = usesCode ? (long)((Int128)gross * Terms.FriendDiscountBp / BasisPoints.Whole) : 0;
        var product = FirstProduct + 1 + (purchase.Number % ProductsMax);
        return new ShopOrder
        {
            Id = FirstId + purchase.Number,
            Number = FirstReference + purchase.Number,
            Currency = Currency,
            Zone = Zone,
            CreatedAt = purchase.At,
            UpdatedAt = purchase.At,
            Customer = BuyerOf(purchase, person),
            Lines = [new ShopLine(FirstId + (purchase.Number * PartsPerOrder), product, "A product", purchase.Quantity, purchase.PriceMinor, discount)],
            Code = usesCode ? person!.Code : null,
            LandingReference = ClickOf(purchase),
        }.PaidAt(purchase.At + PaidAfter);
    }

    private static ShopCustomer BuyerOf(PlannedPurchase purchase, PlannedPerson? person)
    {
        var id = FirstId + purchase.Number;
        if (purchase.OwnAddress is not { } variant)
        {
            return new ShopCustomer(id, "Shopper", purchase.Number.ToString(CultureInfo.InvariantCulture), $"shopper{purchase.Number}@shoppers.example");
        }

        var at = person!.Email.IndexOf('@', StringComparison.Ordinal);
        return new ShopCustomer(id, person.FirstName, person.Name[(person.FirstName.Length + 1)..], person.Email[..at] + variant + person.Email[at..]);
    }

    /// <summary>An order after a return of a step, and after all that lie before it.</summary>
    private ShopOrder After(int purchase, PlannedStep last, int lastIndex)
    {
        var order = Paid(Plan.Purchases[purchase - 1]);
        foreach (var step in Plan.Steps)
        {
            foreach (var (index, planned) in step.Returns.Index().Where(one => one.Item.Purchase == purchase))
            {
                var refundId = FirstId + (purchase * PartsPerOrder) + order.Refunds.Length + 1;
                order = order.RefundedAt(step.At.AddMinutes(index), refundId, line => planned.Units == 0 ? line.Quantity : planned.Units);
                if (step == last && index == lastIndex)
                {
                    return order;
                }
            }
        }

        throw new System.Diagnostics.UnreachableException("The return is one of the plan's.");
    }
}
