// What is to be said of each topic of webhooks, by what came of it and by what Shopify lists. Pure.
namespace StorePlugin.Stores.Shopify;

/// <summary>How it stands with a topic.</summary>
internal enum TopicState
{
    /// <summary>Nothing came of it, although several orders had to be fetched that should have brought it.</summary>
    Silent,

    /// <summary>A message of it came within <see cref="TopicVerdict.HeardWithin"/>.</summary>
    Heard,

    /// <summary>Nothing came of it lately; Shopify lists a subscription of it at this program's address.</summary>
    Reported,

    /// <summary>Neither. Most topics tell what seldom happens, so that this alone is no finding.</summary>
    NotHeard,
}

/// <summary>What the verdicts rest on.</summary>
/// <param name="Heard">When each topic was last heard of, what was fetched in place of a message left out.</param>
/// <param name="Silent">The topics that <see cref="ReconciliationState.SilentAsync"/> names.</param>
/// <param name="Reported">What Shopify lists; null where it has not been asked, or has not answered yet.</param>
/// <param name="Address">Where deliveries of this program go.</param>
/// <param name="Version">The version that they are to come in.</param>
internal sealed record TopicFacts(
    DateTimeOffset Now,
    IReadOnlyDictionary<string, DateTimeOffset> Heard,
    IReadOnlyList<string> Silent,
    IReadOnlyList<ReportedSubscription>? Reported,
    Uri Address,
    string Version);

/// <summary>Something that is wrong with a topic. The remedy is to deploy the app's file, which subscribes every store to all topics.</summary>
/// <param name="Text">In sentences.</param>
/// <param name="SubscriptionId">Shopify's id of the subscription that is then in the way, and has to be deleted; null where none is.</param>
internal sealed record TopicFinding(string Text, string? SubscriptionId);

/// <param name="HeardAt">Null: not within <see cref="HeardWithin"/>.</param>
/// <param name="IsOfStore">Whether Shopify lists a subscription of it, made for this store alone, at this program's address.</param>
internal sealed record TopicVerdict(
    ShopifyTopic Topic, TopicState State, DateTimeOffset? HeardAt, bool IsOfStore, IReadOnlyList<TopicFinding> Findings)
{
    /// <summary>As far as the nightly look goes back.</summary>
    public static readonly TimeSpan HeardWithin = Reconciliation.NightlyDays;

    private const string Json = "JSON";

    /// <summary>One for each of <see cref="ShopifyTopic.All"/>, in its order.</summary>
    public static IReadOnlyList<TopicVerdict> Of(TopicFacts facts)
    {
        var atUs = (facts.Reported ?? []).Where(one => one.Uri == facts.Address).Select(one => one.Topic).ToHashSet(StringComparer.Ordinal);
        var heard = facts.Heard.Where(one => facts.Now - one.Value <= HeardWithin).ToDictionary(StringComparer.Ordinal);
        var missing = ShopifyTopic.All.Where(topic => topic.IsOfOrders && !atUs.Contains(topic.Name)).ToList();
        // A message of one that is not listed proves that the app's file is deployed; what it holds besides, nobody tells.
        var runsOnListed = atUs.Count > 0 && missing.TrueForAll(topic => !heard.ContainsKey(topic.Name));
        return [.. ShopifyTopic.All.Select(topic => Of(topic))];

        TopicVerdict Of(ShopifyTopic topic)
        {
            DateTimeOffset? heardAt = heard.TryGetValue(topic.Name, out var at) ? at : null;
            var state = facts.Silent.Contains(topic.Name, StringComparer.Ordinal) ? TopicState.Silent
                : heardAt is not null ? TopicState.Heard
                : atUs.Contains(topic.Name) ? TopicState.Reported
                : TopicState.NotHeard;
            return new(topic, state, heardAt, atUs.Contains(topic.Name), [.. Findings(topic, state)]);
        }

        IEnumerable<TopicFinding> Findings(ShopifyTopic topic, TopicState state)
        {
            if (state == TopicState.Silent)
            {
                yield return new TopicFinding("Orders had to be fetched in the last day, and no message of this topic came.", null);
            }
            else if (runsOnListed && missing.Contains(topic))
            {
                yield return new TopicFinding(
                    $"Topics of orders are subscribed to for this store alone, and this one is missing among them. No message of it came in the last {HeardWithin.Days} days.",
                    null);
            }

            foreach (var one in (facts.Reported ?? []).Where(one => one.Topic == topic.Name))
            {
                if (WrongWith(one) is { } wrong)
                {
                    yield return new TopicFinding(wrong, one.Id);
                }
            }
        }

        string? WrongWith(ReportedSubscription one) =>
            one.Uri != facts.Address ? $"A subscription of this store points to another address, {one.Uri.Authority}."
            : one.Format != Json ? $"Its messages come as {one.Format}, which is not read here."
            : one.Version != facts.Version ? $"Its messages come in Shopify's version {one.Version}, and {facts.Version} is read here."
            : one.IsPartial ? "Its subscription leaves out some events or fields."
            : null;
    }
}
