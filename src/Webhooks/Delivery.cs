// A delivery as it came: proven to be the sender's, not yet read.
namespace StorePlugin.Webhooks;

/// <summary>Who sends deliveries. Stored as the lower-case word.</summary>
public enum WebhookSource
{
    Shopify,
    WooCommerce,
    Stripe,
    Rehearsal,
}

/// <summary>A signed request of a platform, kept as bytes until a worker reads it.</summary>
/// <param name="Key">
/// Unique for (store, source): rule I3 says for each source what it is made of. At most 200 characters.
/// </param>
/// <param name="Topic">The platform's own word, such as <c>orders/paid</c>. At most 100 characters.</param>
/// <param name="Body">The raw bytes that were signed.</param>
public sealed record Delivery(string StoreId, WebhookSource Source, string Key, string Topic, ReadOnlyMemory<byte> Body);
