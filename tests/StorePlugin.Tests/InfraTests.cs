// What stands in infra fits the program: its volumes belong to the user it runs as, and its topics to its scopes.
using System.Text.RegularExpressions;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests;

internal sealed partial class InfraTests
{
    // Each topic with the scope that a subscription to it needs; topics about the app and the shop need none.
    private static readonly Dictionary<string, string?> ScopeOf = new(StringComparer.Ordinal)
    {
        ["app/uninstalled"] = null,
        ["app/scopes_update"] = null,
        ["shop/update"] = null,
        ["orders/create"] = "read_orders",
        ["orders/paid"] = "read_orders",
        ["orders/updated"] = "read_orders",
        ["orders/edited"] = "read_orders",
        ["orders/cancelled"] = "read_orders",
        ["orders/delete"] = "read_orders",
        ["refunds/create"] = "read_orders",
        ["discounts/update"] = "write_discounts",
        ["discounts/delete"] = "write_discounts",
        ["discounts/redeemcode_removed"] = "write_discounts",
        ["customers/merge"] = "read_customer_merge",
    };

    [Test]
    public void Every_volume_of_the_app_belongs_to_the_user_it_runs_as()
    {
        var app = AppService().Match(Read("infra/compose.yaml")).Value;
        var mounted = Mount().Matches(app).Select(match => match.Groups["path"].Value).ToList();
        var owned = Owned().Match(Read("infra/Dockerfile")).Groups["paths"].Value.Split(' ');

        Assert.That(mounted, Is.Not.Empty);
        Assert.That(mounted, Is.SubsetOf(owned), "a volume over a folder that the image does not have belongs to root");
    }

    // Both stand behind a proxy that ends TLS, and all the world would share the limits of one address.
    [TestCase("infra/Dockerfile", "ASPNETCORE_FORWARDEDHEADERS_ENABLED=true")]
    [TestCase("infra/compose.yaml", "ASPNETCORE_FORWARDEDHEADERS_ENABLED: \"true\"")]
    public void Visitors_behind_the_proxy_are_told_apart(string file, string setting) => Assert.That(Read(file), Does.Contain(setting));

    [TestCase("data")]
    [TestCase("**/.env")]
    [TestCase("**/*.key")]
    [TestCase("**/*.db")]
    [TestCase(".git")]
    public void No_secret_and_no_data_reaches_the_image(string pattern) =>
        Assert.That(Read(".dockerignore").Split('\n'), Has.Member(pattern));

    [Test]
    public void Every_topic_that_is_asked_for_is_within_the_scopes_that_are_asked_for()
    {
        var file = Read("infra/shopify.app.toml");
        var topics = Quoted().Matches(Topics().Match(file).Value).Select(match => match.Groups["text"].Value).ToList();
        var scopes = Scopes().Match(file).Groups["scopes"].Value.Split(',');

        Assert.That(topics, Is.Not.Empty.And.SubsetOf(ScopeOf.Keys));
        Assert.That(topics.Select(topic => ScopeOf[topic]).OfType<string>().Distinct(), Is.SubsetOf(scopes));
    }

    // With the older way, or outside of the frame, the merchant would be asked twice.
    [TestCase("embedded = true")]
    [TestCase("use_legacy_install_flow = false")]
    [TestCase("scopes = \"read_orders,read_products,read_customers,write_discounts,write_app_proxy\"")]
    public void Shopify_installs_the_app_and_opens_it_in_its_frame(string line) =>
        Assert.That(Read("infra/shopify.app.toml").Split('\n'), Has.Member(line));

    private static string Read(string path) => File.ReadAllText(Path.Combine(SourceTree.Root, path));

    [GeneratedRegex(@"^  app:\n(    .*\n|\n)*", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex AppService();

    [GeneratedRegex(@"^      - \w+:(?<path>/[\w/]+)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Mount();

    [GeneratedRegex(@"chown app:app (?<paths>.*)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Owned();

    [GeneratedRegex(@"^topics = \[[^\]]*\]", RegexOptions.Multiline)]
    private static partial Regex Topics();

    [GeneratedRegex("\"(?<text>[^\"]+)\"", RegexOptions.ExplicitCapture)]
    private static partial Regex Quoted();

    [GeneratedRegex("^scopes = \"(?<scopes>[^\"]*)\"", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Scopes();
}
