// The stand-in's end of what the Admin API tells an app of itself: its scopes, its web pixel, its subscriptions.
using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;

namespace StorePlugin.Tests.Rig;

internal sealed partial class FakeShopify
{
    /// <summary>The settings of each shop's web pixel, with its id.</summary>
    public ConcurrentDictionary<string, (string Id, JsonNode Settings)> Pixels { get; } = new(StringComparer.Ordinal);

    /// <summary>Why no pixel can be switched on: an error's code; null: it can.</summary>
    public string? PixelError { get; set; }

    /// <summary>What was offered to each shop last, and what became of it: <c>PENDING</c>, <c>ACTIVE</c>, <c>DECLINED</c> or <c>FROZEN</c>.</summary>
    public ConcurrentDictionary<string, (JsonNode Offer, string Status)> Subscriptions { get; } = new(StringComparer.Ordinal);

    /// <summary>Answers an offer in its own way.</summary>
    public JsonObject? OfferAnswer { get; set; }

    /// <summary>The merchant answers what was offered.</summary>
    public void Settle(string shop, string status) => Subscriptions[shop] = (Subscriptions[shop].Offer, status);

    private JsonObject? PerformOnApp(string shop, string document, JsonNode variables) =>
        document.Contains("accessScopes", StringComparison.Ordinal) ? Installed("accessScopes", [.. Granted.Split(',').Select(scope => new JsonObject { ["handle"] = scope })])
        : document.Contains("webPixelCreate", StringComparison.Ordinal) ? new JsonObject { ["webPixelCreate"] = CreatePixel(shop, variables) }
        : document.Contains("webPixelUpdate", StringComparison.Ordinal) ? new JsonObject { ["webPixelUpdate"] = ChangePixel(shop, variables) }
        : document.Contains("webPixel", StringComparison.Ordinal)
            ? new JsonObject { ["webPixel"] = Pixels.TryGetValue(shop, out var pixel) ? new JsonObject { ["id"] = pixel.Id } : null }
        : document.Contains("activeSubscriptions", StringComparison.Ordinal) ? Installed("activeSubscriptions", Subscribed(shop))
        : document.Contains("appSubscriptionCreate", StringComparison.Ordinal) ? new JsonObject { ["appSubscriptionCreate"] = OfferAnswer ?? Offer(shop, variables) }
        : null;

    private static JsonObject Installed(string name, JsonArray value) => new() { ["currentAppInstallation"] = new JsonObject { [name] = value } };

    private JsonObject CreatePixel(string shop, JsonNode variables)
    {
        if (PixelError is { } error)
        {
            return PixelRefusal(error);
        }

        var settings = JsonNode.Parse(variables["webPixel"]!["settings"]!.GetValue<string>())!;
        var id = $"gid://shopify/WebPixel/{Interlocked.Increment(ref _number)}";
        return Pixels.TryAdd(shop, (id, settings)) ? Pixel(id) : PixelRefusal("TAKEN");
    }

    private JsonObject ChangePixel(string shop, JsonNode variables)
    {
        var id = variables["id"]!.GetValue<string>();
        if (!Pixels.TryGetValue(shop, out var pixel) || pixel.Id != id)
        {
            return PixelRefusal("NOT_FOUND");
        }

        Pixels[shop] = (id, JsonNode.Parse(variables["webPixel"]!["settings"]!.GetValue<string>())!);
        return Pixel(id);
    }

    private static JsonObject Pixel(string id) => new() { ["webPixel"] = new JsonObject { ["id"] = id }, ["userErrors"] = new JsonArray() };

    private static JsonObject PixelRefusal(string code) => new()
    {
        ["webPixel"] = null,
        ["userErrors"] = new JsonArray(new JsonObject { ["field"] = null, ["code"] = code, ["message"] = "The pixel cannot be set." }),
    };

    private JsonObject Offer(string shop, JsonNode variables)
    {
        Subscriptions[shop] = (variables.DeepClone(), "PENDING");
        return new JsonObject
        {
            ["appSubscription"] = new JsonObject { ["id"] = $"gid://shopify/AppSubscription/{Interlocked.Increment(ref _number)}" },
            ["confirmationUrl"] = $"https://{shop}/admin/charges/7/1/RecurringApplicationCharge/confirm_recurring_application_charge?signature=s",
            ["userErrors"] = new JsonArray(),
        };
    }

    private JsonArray Subscribed(string shop)
    {
        if (!Subscriptions.TryGetValue(shop, out var subscription) || subscription.Status is not ("ACTIVE" or "FROZEN"))
        {
            return [];
        }

        var details = subscription.Offer["lineItems"]![0]!["plan"]!["appRecurringPricingDetails"]!;
        return
        [
            new JsonObject
            {
                ["name"] = subscription.Offer["name"]!.DeepClone(),
                ["status"] = subscription.Status,
                ["test"] = subscription.Offer["test"]!.DeepClone(),
                ["currentPeriodEnd"] = Clock.GetUtcNow().AddDays(30).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
                ["lineItems"] = new JsonArray(new JsonObject
                {
                    ["plan"] = new JsonObject
                    {
                        ["pricingDetails"] = new JsonObject
                        {
                            ["__typename"] = "AppRecurringPricing",
                            ["interval"] = details["interval"]!.DeepClone(),
                            ["price"] = details["price"]!.DeepClone(),
                        },
                    },
                }),
            },
        ];
    }
}
