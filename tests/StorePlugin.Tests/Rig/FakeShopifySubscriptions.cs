// The stand-in's subscriptions to webhooks that were made over the Admin API. Those of the app's file it does not list, as Shopify does not.
using System.Collections.Concurrent;
using System.Text.Json.Nodes;

namespace StorePlugin.Tests.Rig;

internal sealed partial class FakeShopify
{
    private readonly ConcurrentQueue<(string Shop, JsonObject Node)> _webhookSubscriptions = new();

    /// <summary>Subscribes a shop to a topic, for itself alone.</summary>
    /// <param name="topic">As in <c>ORDERS_PAID</c>.</param>
    public void Subscribe(string shop, string topic, string uri, string format = "JSON", string version = "2026-10", string? filter = null) =>
        _webhookSubscriptions.Enqueue((shop, new JsonObject
        {
            ["id"] = $"gid://shopify/WebhookSubscription/{Interlocked.Increment(ref _number)}",
            ["topic"] = topic,
            ["uri"] = uri,
            ["format"] = format,
            ["filter"] = filter,
            ["includeFields"] = new JsonArray(),
            ["apiVersion"] = new JsonObject { ["handle"] = version },
        }));

    private JsonObject? PerformOnSubscriptions(string shop, string document, JsonNode variables) =>
        document.StartsWith("query WebhookSubscriptions", StringComparison.Ordinal)
            ? new JsonObject
            {
                ["webhookSubscriptions"] = Page(
                    [.. _webhookSubscriptions.Where(one => one.Shop == shop).Select(one => one.Node.DeepClone())], variables["after"]?.GetValue<string>()),
            }
            : null;
}
