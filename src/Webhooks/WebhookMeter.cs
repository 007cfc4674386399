// What the webhook paths count.
using System.Diagnostics.Metrics;

namespace StorePlugin.Webhooks;

/// <summary>Counters of intake, by source and reason; never by store or shopper.</summary>
public static class WebhookMeter
{
    public const string Name = "StorePlugin.Webhooks";

    private static readonly Meter Meter = new(Name);

    private static readonly Counter<long> ReceivedCount =
        Meter.CreateCounter<long>("webhooks.received", "{delivery}", "Requests to a webhook path.");

    private static readonly Counter<long> StoredCount =
        Meter.CreateCounter<long>("webhooks.stored", "{delivery}", "Deliveries stored for the first time.");

    private static readonly Counter<long> DuplicateCount =
        Meter.CreateCounter<long>("webhooks.duplicates", "{delivery}", "Deliveries whose key was stored before.");

    private static readonly Counter<long> IgnoredCount =
        Meter.CreateCounter<long>("webhooks.ignored", "{delivery}", "Requests answered with 200 and not stored, by reason.");

    private static readonly Counter<long> RefusedCount =
        Meter.CreateCounter<long>("webhooks.refused", "{delivery}", "Requests refused, by reason.");

    internal static void Received(WebhookSource source) => ReceivedCount.Add(1, Source(source));

    internal static void Stored(WebhookSource source) => StoredCount.Add(1, Source(source));

    internal static void Duplicate(WebhookSource source) => DuplicateCount.Add(1, Source(source));

    internal static void Ignored(WebhookSource source, string reason) => IgnoredCount.Add(1, Source(source), Reason(reason));

    internal static void Refused(WebhookSource source, string reason) => RefusedCount.Add(1, Source(source), Reason(reason));

    private static KeyValuePair<string, object?> Reason(string reason) => new("reason", reason);

    private static KeyValuePair<string, object?> Source(WebhookSource source) => new("source", source switch
    {
        WebhookSource.Shopify => "shopify",
        WebhookSource.WooCommerce => "woocommerce",
        WebhookSource.Stripe => "stripe",
        WebhookSource.Rehearsal => "rehearsal",
        _ => "unknown",
    });
}
