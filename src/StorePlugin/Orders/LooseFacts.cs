// What arrived on its own for an order, as its rows in the table of refunds have it.
using System.Collections.Immutable;
using System.Text.Json;
using StorePlugin.Webhooks;

namespace StorePlugin.Orders;

/// <param name="Disputes">The message that stands of each.</param>
/// <param name="DeletedAt">When the platform last deleted the order; null if it never did.</param>
internal sealed record LooseFacts(ImmutableArray<Refund> Refunds, ImmutableArray<Dispute> Disputes, DateTimeOffset? DeletedAt)
{
    private static readonly LooseFacts None = new([], [], null);

    /// <summary>Reads rows in any order; one without content is a deletion.</summary>
    public static LooseFacts Of(IReadOnlyCollection<(string Id, string Content, DateTimeOffset At)> rows) => rows.Count == 0
        ? None
        : new LooseFacts(
            [.. rows.Where(row => row.Content.Length > 0 && !Orders.Disputes.IsRow(row.Id)).Select(row => RefundOf(row.Content))],
            rows.Where(row => Orders.Disputes.IsRow(row.Id)).Select(row => Orders.Disputes.FromJson(row.Content)).Aggregate(ImmutableArray<Dispute>.Empty, Orders.Disputes.With),
            rows.Where(row => row.Content.Length == 0).Max(row => (DateTimeOffset?)row.At));

    public static Refund RefundOf(string content) =>
        JsonSerializer.Deserialize(content, OrdersJson.Default.Refund) ?? throw new JsonException("A refund is empty.");
}
