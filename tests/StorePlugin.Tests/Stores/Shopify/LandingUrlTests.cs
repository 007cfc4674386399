// Where a referral link leads on Shopify.
using StorePlugin.Stores;
using StorePlugin.Stores.Shopify;

namespace StorePlugin.Tests.Stores.Shopify;

internal sealed class LandingUrlTests
{
    private static readonly Store Lux = new(
        "sto_1", "shopify", "live", "lux.myshopify.com", "Lux", "EUR", null, "www.lux.example", "installed", null, "");

    [TestCase("ANN10", "/", "clk_1", "https://www.lux.example/discount/ANN10?redirect=/%3Fref%3Dclk_1")]
    [TestCase("ANN10", "/products/red candle", "clk_1", "https://www.lux.example/discount/ANN10?redirect=/products/red%20candle%3Fref%3Dclk_1")]
    [TestCase("ANN10", "/search?q=a&b=c", "clk_1", "https://www.lux.example/discount/ANN10?redirect=/search%3Fq%3Da%26b%3Dc%26ref%3Dclk_1")]
    [TestCase("ANN/10?", "/", null, "https://www.lux.example/discount/ANN%2F10%3F?redirect=/")]
    [TestCase("ÄNN", "/", "a b", "https://www.lux.example/discount/%C3%84NN?redirect=/%3Fref%3Da%2520b")]
    [TestCase(null, "/", "clk_1", "https://www.lux.example/?ref=clk_1")]
    [TestCase(null, "/products/x?variant=1#size", "clk_1", "https://www.lux.example/products/x?variant=1&ref=clk_1#size")]
    public void The_code_goes_into_the_path_and_the_reference_into_the_page_behind(string? code, string path, string? reference, string url) =>
        Assert.That(Platform().LandingUrl(Lux, code, path, reference).AbsoluteUri, Is.EqualTo(url));

    [Test]
    public void A_store_without_a_primary_domain_is_met_at_its_own() =>
        Assert.That(
            Platform().LandingUrl(Lux with { PrimaryDomain = null }, null, "/", "clk_1").AbsoluteUri,
            Is.EqualTo("https://lux.myshopify.com/?ref=clk_1"));

    [TestCase("")]
    [TestCase("products")]
    [TestCase("//evil.example/")]
    [TestCase("/\\evil.example/")]
    [TestCase("https://evil.example/")]
    public void A_path_that_could_leave_the_store_is_refused(string path) =>
        Assert.That(() => Platform().LandingUrl(Lux, "ANN10", path, "clk_1"), Throws.ArgumentException);

    private static ShopifyPlatform Platform() => new(null!);
}
