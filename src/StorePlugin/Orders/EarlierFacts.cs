// What an order's other versions tell that the standing one does not: who bought, and since when money has gone back.
using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace StorePlugin.Orders;

/// <summary>
/// Kept with the order, since a decision must not change because a platform tells less than before or dates a thing anew:
/// an erased shopper stays whom they were (rule F1), and a refund that WooCommerce dates by each new version of its order
/// stays in the window it was made in (rule K5). It is the same whatever the order of arrival (rule I6).
/// </summary>
/// <param name="Shopper">Of each hash the least that differs from the standing version's.</param>
/// <param name="RefundedAt">By refund, the earliest instant that a version gave it, where the standing one gives none or a later one.</param>
/// <param name="GoneAt">Likewise of the earliest version that called the whole order refunded or cancelled.</param>
internal sealed record EarlierFacts(
    ShopperHashes Shopper,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ImmutableSortedDictionary<string, DateTimeOffset>? RefundedAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? GoneAt)
{
    public static readonly EarlierFacts None = new(ShopperHashes.Unknown, null, null);

    /// <summary>With what a version tells, beside the one that stands.</summary>
    public EarlierFacts With(RecordedOrder other, RecordedOrder standing)
    {
        var shopper = ShopperHashes.Least(Shopper, other.Shopper).Beside(standing.Shopper);
        var refunds = RefundedAt ?? ImmutableSortedDictionary<string, DateTimeOffset>.Empty.WithComparers(StringComparer.Ordinal);
        foreach (var refund in other.Order.Refunds)
        {
            refunds = refunds.TryGetValue(refund.Id, out var known) && known <= refund.At ? refunds : refunds.SetItem(refund.Id, refund.At);
        }

        foreach (var refund in standing.Order.Refunds)
        {
            refunds = refunds.TryGetValue(refund.Id, out var known) && known >= refund.At ? refunds.Remove(refund.Id) : refunds;
        }

        var gone = Least(GoneAt, GoneIn(other));
        gone = GoneIn(standing) <= gone ? null : gone;
        return new EarlierFacts(shopper, refunds.IsEmpty ? null : refunds, gone);
    }

    /// <summary>Whether both say the same.</summary>
    public bool Equals(EarlierFacts? other) => ReferenceEquals(this, other)
        || (other is not null && Shopper == other.Shopper && GoneAt == other.GoneAt
            && (RefundedAt is null ? other.RefundedAt is null : other.RefundedAt is not null && RefundedAt.SequenceEqual(other.RefundedAt)));

    public override int GetHashCode() => HashCode.Combine(Shopper, GoneAt, RefundedAt?.Count);

    /// <summary>As it is kept; null where there is nothing to keep.</summary>
    public string? ToJson() => Equals(None) ? null : JsonSerializer.Serialize(this, OrdersJson.Default.EarlierFacts);

    public static EarlierFacts FromJson(string? json) =>
        json is null ? None : JsonSerializer.Deserialize(json, OrdersJson.Default.EarlierFacts) ?? throw new JsonException("An order's earlier facts are empty.");

    /// <summary>When a version calls the whole order refunded or cancelled, as far as it can date that.</summary>
    private static DateTimeOffset? GoneIn(RecordedOrder version) =>
        version.Order.RefundedInFull || version.Order.CancelledAt is not null ? version.Order.UpdatedAt : null;

    private static DateTimeOffset? Least(DateTimeOffset? left, DateTimeOffset? right) => left is null || right < left ? right ?? left : left;
}
