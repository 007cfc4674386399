// An order of a rehearsal shop for tests: two shirts and a cap, 10 % off, prices with tax.
using StorePlugin.Stores.Rehearsal;
using StorePlugin.Tests.Rig;
using StorePlugin.Webhooks;

namespace StorePlugin.Tests.Stores.Rehearsal;

internal static class Orders
{
    public static ShopOrder Paid() => new()
    {
        Id = 9_007_199_254_740_993,
        Number = 1001,
        Currency = Currency.Parse("EUR"),
        Zone = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin"),
        CreatedAt = StoreApp.Start,
        UpdatedAt = StoreApp.Start.AddMinutes(1),
        Customer = new ShopCustomer(7, "Kim", "Berg", "kim@shopper.example"),
        Lines = [new ShopLine(11, 501, "Shirt", 3, 1999, 600), new ShopLine(12, 502, "Cap", 1, 1499, 150)],
        Code = "ann10",
        CartReference = "clk_1",
        LandingReference = "clk_2",
        ShippingMinor = 490,
        Paid = true,
    };
}
