// What intake is told by the host: how large a body may be, and the secrets that belong to the app.
using System.Collections.Immutable;
using System.ComponentModel.DataAnnotations;

namespace StorePlugin.Webhooks;

/// <summary>Settings of the webhook paths.</summary>
public sealed record WebhookOptions
{
    /// <summary>The most bytes that a body may have; more is answered with 413. At most 1 GiB.</summary>
    [Range(1, 1024 * 1024 * 1024)]
    public long BodyBytesMax { get; set; } = 10 * 1024 * 1024;

    /// <summary>
    /// The app's client secrets at Shopify as UTF-8, the current one first, then the previous. Empty: Shopify is not
    /// set up, and its path answers 503.
    /// </summary>
    public ImmutableArray<byte[]> ShopifySecrets { get; set; } = [];
}
