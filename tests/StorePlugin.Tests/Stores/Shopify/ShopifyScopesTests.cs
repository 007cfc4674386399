// What counts as granted.
using StorePlugin.Stores.Shopify;

namespace StorePlugin.Tests.Stores.Shopify;

internal sealed class ShopifyScopesTests
{
    [TestCase("write_orders,write_discounts", "read_orders,write_discounts")]
    [TestCase("read_orders, write_discounts", "write_discounts,read_orders")]
    [TestCase("unauthenticated_write_x", "unauthenticated_read_x")]
    [TestCase("read_orders,,", "read_orders")]
    [TestCase("read_orders,write_discounts,read_customers", "read_orders,write_discounts")]
    public void Writing_implies_reading_and_neither_order_nor_blanks_matter(string granted, string asked) =>
        Assert.That(ShopifyScopes.Missing(granted, asked), Is.Empty);

    [TestCase("read_orders", "write_orders", "write_orders")]
    [TestCase("read_orders", "read_orders,write_discounts", "write_discounts")]
    [TestCase("", "read_orders", "read_orders")]
    [TestCase(null, "read_orders", "read_orders")]
    [TestCase("write_x", "unauthenticated_read_x", "unauthenticated_read_x")]
    [TestCase("Read_orders", "read_orders", "read_orders")]
    public void Reading_implies_no_writing_and_what_is_missing_is_named(string? granted, string asked, string missing) =>
        Assert.That(ShopifyScopes.Missing(granted, asked), Is.EqualTo([missing]));
}
