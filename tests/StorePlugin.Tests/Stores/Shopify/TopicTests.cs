// What is said of the topics of webhooks: by what came, by what had to be fetched, and by what Shopify lists.
using System.Text.RegularExpressions;
using StorePlugin.Stores.Shopify;
using StorePlugin.Tests.Rig;
using StorePlugin.Webhooks;

namespace StorePlugin.Tests.Stores.Shopify;

internal sealed partial class TopicTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 10, 0, 0, TimeSpan.Zero);
    private static readonly Uri Here = new("https://plugin.example/webhooks/shopify");
    private static readonly TopicFacts Nothing = new(Now, new Dictionary<string, DateTimeOffset>(), [], null, Here, "2026-10");

    private static readonly string[] OfOrders =
        ["orders/create", "orders/paid", "orders/updated", "orders/edited", "orders/cancelled", "orders/delete", "refunds/create"];

    [Test]
    public void They_are_those_of_the_apps_file()
    {
        var file = File.ReadAllText(Path.Combine(SourceTree.Root, "infra", "shopify.app.toml"));

        Assert.That(ShopifyTopic.All.Select(topic => topic.Name), Is.EquivalentTo(FileTopics().Match(file).Groups["topic"].Captures.Select(one => one.Value)));
    }

    [Test]
    public void Each_is_acted_on()
    {
        foreach (var topic in ShopifyTopic.All)
        {
            var delivery = new Delivery("sto_1", WebhookSource.Shopify, "key", topic.Name, "{}"u8.ToArray()) { Shop = new SendingShop("lux.myshopify.com") };
            var said = "";
            // An empty body is none of any topic that is read.
            try
            {
                said = DeliveryReader.Read(delivery) is Irrelevant nothing ? nothing.Reason : "";
            }
            catch (UnreadableDeliveryException)
            {
            }

            Assert.That(said, Does.Not.StartWith("Nothing is done on the topic"), topic.Name);
        }
    }

    [Test]
    public void A_topic_that_nobody_tells_of_is_not_heard_and_is_no_finding()
    {
        var verdicts = TopicVerdict.Of(Nothing);

        Assert.That(verdicts.Select(one => one.Topic), Is.EqualTo(ShopifyTopic.All));
        Assert.That(verdicts.Select(one => (one.State, one.HeardAt, one.IsOfStore)).Distinct(), Is.EqualTo(new[] { (TopicState.NotHeard, (DateTimeOffset?)null, false) }));
        Assert.That(FindingsOf(Nothing with { Reported = [] }), Is.Empty, "all stand in the app's file");
    }

    [TestCase(35, TopicState.Heard)]
    [TestCase(36, TopicState.NotHeard)]
    public void A_topic_counts_as_heard_for_thirty_five_days(int days, TopicState state)
    {
        var verdict = Of(Nothing with { Heard = HeardOf(Now.AddDays(-days), "orders/paid") }, "orders/paid");

        Assert.That(verdict.State, Is.EqualTo(state));
        Assert.That(verdict.HeardAt, Is.EqualTo(state == TopicState.Heard ? Now.AddDays(-days) : (DateTimeOffset?)null));
        Assert.That(verdict.Findings, Is.Empty);
    }

    [Test]
    public void A_topic_that_Shopify_lists_at_our_address_is_reported()
    {
        var verdict = Of(Nothing with { Reported = Listed(OfOrders) }, "orders/delete");

        Assert.That((verdict.State, verdict.IsOfStore, verdict.Findings.Count), Is.EqualTo((TopicState.Reported, true, 0)));
    }

    [Test]
    public void A_silent_topic_is_a_finding_though_it_was_heard_before_or_is_listed()
    {
        var facts = Nothing with { Silent = ["orders/paid"], Heard = HeardOf(Now.AddDays(-3), "orders/paid"), Reported = Listed(OfOrders) };

        Assert.That(Of(facts, "orders/paid").State, Is.EqualTo(TopicState.Silent));
        Assert.That(FindingsOf(facts), Is.EqualTo(new[] { "orders/paid: Orders had to be fetched in the last day, and no message of this topic came." }));
    }

    [Test]
    public void Where_the_store_subscribes_for_itself_each_topic_of_orders_that_it_lacks_is_a_finding()
    {
        var facts = Nothing with { Reported = Listed([.. OfOrders.Except(["orders/paid", "refunds/create"])]) };

        Assert.That(FindingsOf(facts).Select(text => text.Split(':')[0]), Is.EqualTo(new[] { "orders/paid", "refunds/create" }));
        Assert.That(FindingsOf(facts)[0], Does.EndWith("this one is missing among them. No message of it came in the last 35 days."));
    }

    [Test]
    public void Any_of_orders_that_comes_without_being_listed_proves_the_apps_file()
    {
        var facts = Nothing with { Reported = Listed("orders/create"), Heard = HeardOf(Now, "orders/updated") };

        Assert.That(FindingsOf(facts), Is.Empty);
    }

    [Test]
    public void A_topic_of_another_kind_may_be_missing() =>
        Assert.That(FindingsOf(Nothing with { Reported = Listed(OfOrders) }), Is.Empty);

    [Test]
    public void A_subscription_at_another_address_is_a_finding_and_does_not_count_as_ours()
    {
        var elsewhere = Listed("orders/paid")[0] with { Uri = new Uri("https://old.example/webhooks/shopify") };
        var facts = Nothing with { Reported = [elsewhere] };

        Assert.That(Of(facts, "orders/paid").IsOfStore, Is.False);
        Assert.That(Of(facts, "orders/paid").Findings, Is.EqualTo(new[] { new TopicFinding("A subscription of this store points to another address, old.example.", "gid://shopify/WebhookSubscription/orders/paid") }));
        Assert.That(FindingsOf(facts with { Reported = [.. Listed(OfOrders), elsewhere] }), Has.Count.EqualTo(1), "though another one is right");
    }

    [TestCase("XML", "2026-10", false, "Its messages come as XML, which is not read here.")]
    [TestCase("JSON", "2025-07", false, "Its messages come in Shopify's version 2025-07, and 2026-10 is read here.")]
    [TestCase("JSON", "2026-10", true, "Its subscription leaves out some events or fields.")]
    public void A_subscription_that_is_not_whole_or_not_readable_is_a_finding(string format, string version, bool isPartial, string words)
    {
        var facts = Nothing with { Reported = [.. Listed(OfOrders).Select(one => one.Topic == "orders/paid" ? one with { Format = format, Version = version, IsPartial = isPartial } : one)] };

        Assert.That(FindingsOf(facts), Is.EqualTo(new[] { "orders/paid: " + words }));
    }

    [TestCase("ORDERS_PAID", "https://plugin.example/webhooks/shopify", true)]
    [TestCase("ORDERS_PAID", "https://old.example/base/webhooks/shopify", true)]
    [TestCase("ORDERS_PAID", "https://plugin.example/other", false)]
    [TestCase("ORDERS_PAID", "arn:aws:events:us-east-1::event-source/aws.partner/shopify.com/1/webhooks/shopify", false)]
    [TestCase("ORDERS_PAID", "pubsub://project:topic", false)]
    [TestCase("PRODUCTS_UPDATE", "https://plugin.example/webhooks/shopify", false)]
    public void Only_our_topics_at_our_path_are_kept(string topic, string uri, bool isOurs) =>
        Assert.That(
            ReportedSubscription.OrNull(new SubscriptionNode("gid://shopify/WebhookSubscription/7", topic, uri, "JSON", null, [], new SubscriptionVersion("2026-10"))) is not null,
            Is.EqualTo(isOurs));

    [TestCase("total_price:>100", null, true)]
    [TestCase(null, "id", true)]
    [TestCase("", null, false)]
    public void A_filter_and_chosen_fields_make_a_subscription_partial(string? filter, string? field, bool isPartial)
    {
        var node = new SubscriptionNode("gid://shopify/WebhookSubscription/7", "ORDERS_PAID", Here.ToString(), "JSON", filter, field is null ? [] : [field], null);

        Assert.That(ReportedSubscription.OrNull(node)!.IsPartial, Is.EqualTo(isPartial));
    }

    private static Dictionary<string, DateTimeOffset> HeardOf(DateTimeOffset at, string topic) => new() { [topic] = at };

    private static List<ReportedSubscription> Listed(params string[] topics) =>
        [.. topics.Select(topic => new ReportedSubscription("gid://shopify/WebhookSubscription/" + topic, topic, Here, "JSON", "2026-10", IsPartial: false))];

    private static TopicVerdict Of(TopicFacts facts, string topic) => TopicVerdict.Of(facts).Single(one => one.Topic.Name == topic);

    private static List<string> FindingsOf(TopicFacts facts) =>
        [.. TopicVerdict.Of(facts).SelectMany(one => one.Findings.Select(finding => $"{one.Topic.Name}: {finding.Text}"))];

    [GeneratedRegex("^topics = \\[(\\s*\"(?<topic>[^\"]+)\",?)+\\s*\\]", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex FileTopics();
}
