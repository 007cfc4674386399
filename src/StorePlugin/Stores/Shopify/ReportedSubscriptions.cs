// What Shopify lists of a store's subscriptions to webhooks: those that were made over the API, and none of the app's file.
using System.Text.Json.Serialization;

namespace StorePlugin.Stores.Shopify;

/// <summary>A subscription to one of our topics, at this program's path on whatever host.</summary>
/// <param name="Id">Shopify's global id.</param>
/// <param name="Topic">As in deliveries: <c>orders/paid</c>.</param>
/// <param name="Uri">An absolute address.</param>
/// <param name="Format">As in <c>JSON</c>.</param>
/// <param name="Version">The version that its bodies are in, as in <c>2026-10</c>.</param>
/// <param name="IsPartial">Whether it leaves out some events, or some fields.</param>
internal sealed record ReportedSubscription(string Id, string Topic, Uri Uri, string Format, string Version, bool IsPartial)
{
    public const string Path = "/webhooks/shopify";

    /// <summary>Null where it is none of ours: another topic, or another place of the app's.</summary>
    public static ReportedSubscription? OrNull(SubscriptionNode node) =>
        ShopifyTopic.All.FirstOrDefault(topic => topic.Word == node.Topic) is { } known
        && Uri.TryCreate(node.Uri, UriKind.Absolute, out var uri)
        && (uri.Scheme == Uri.UriSchemeHttps || uri.Scheme == Uri.UriSchemeHttp)
        && uri.AbsolutePath.EndsWith(Path, StringComparison.Ordinal)
            ? new(node.Id, known.Name, uri, node.Format, node.ApiVersion?.Handle ?? "", !string.IsNullOrEmpty(node.Filter) || node.IncludeFields is { Count: > 0 })
            : null;
}

internal static class ReportedSubscriptions
{
    /// <summary>A page holds 250, and a store that uses them has one for each topic.</summary>
    public const int PagesMax = 4;

    public static readonly ShopifyOperation<SubscriptionsVariables, SubscriptionsData> List = new(
        "WebhookSubscriptions", SubscriptionsJson.Default.GraphQlRequestSubscriptionsVariables, SubscriptionsJson.Default.SubscriptionsData);

    /// <summary>Those of ours, of all that the store has of this app.</summary>
    /// <exception cref="PlatformException">Shopify did not answer, or refused, or there are too many.</exception>
    public static async Task<IReadOnlyList<ReportedSubscription>> ReadAsync(ShopifyAdminClient admin, Store store, CancellationToken cancel)
    {
        var ours = new List<ReportedSubscription>();
        string? after = null;
        for (var page = 1; page <= PagesMax; page++)
        {
            var data = await admin.DataAsync(store, List, new SubscriptionsVariables(after), cancel);
            var list = data.WebhookSubscriptions ?? throw new PlatformException("Shopify's answer does not hold the list of subscriptions.");
            ours.AddRange(list.Nodes.Select(ReportedSubscription.OrNull).OfType<ReportedSubscription>());
            after = list.PageInfo.EndCursor;
            if (!list.PageInfo.HasNextPage || after is null)
            {
                return ours;
            }
        }

        throw new PlatformException($"Shopify lists more than {PagesMax} pages of subscriptions of the app in this store, so they were not compared.");
    }
}

internal sealed record SubscriptionsVariables(string? After);

internal sealed record SubscriptionsData(Connection<SubscriptionNode>? WebhookSubscriptions);

/// <param name="Topic">As in <c>ORDERS_PAID</c>.</param>
/// <param name="Filter">Which events it tells; null or empty: all.</param>
/// <param name="IncludeFields">Which fields it tells; empty: all.</param>
internal sealed record SubscriptionNode(
    string Id, string Topic, string Uri, string Format, string? Filter, IReadOnlyList<string>? IncludeFields, SubscriptionVersion? ApiVersion);

internal sealed record SubscriptionVersion(string Handle);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(GraphQlRequest<SubscriptionsVariables>))]
[JsonSerializable(typeof(SubscriptionsData))]
internal sealed partial class SubscriptionsJson : JsonSerializerContext;
