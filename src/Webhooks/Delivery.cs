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
public sealed record Delivery(string StoreId, WebhookSource Source, string Key, string Topic, ReadOnlyMemory<byte> Body)
{
    /// <summary>
    /// The shop that a Shopify delivery was accepted for. Shopify signs the body and no header, so what the body says of a
    /// shop must agree with it; a body that names a shop cannot be read without it. Other sources have a secret for each
    /// store, which proves it already.
    /// </summary>
    public SendingShop? Shop { get; init; }

    /// <summary>
    /// When the platform says that the event happened, which for a delivery that was sent again is well before it came in.
    /// Null where it does not say. No signature covers it.
    /// </summary>
    public DateTimeOffset? TriggeredAt { get; init; }
}

/// <summary>A Shopify shop as its deliveries name it.</summary>
/// <param name="Domain">Its <c>myshopify.com</c> domain; case does not count.</param>
/// <param name="Id">Shopify's number of it; null until Shopify has told it.</param>
public sealed record SendingShop(string Domain, string? Id = null);
