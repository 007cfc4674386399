// What disputes take from an order, and which message about one stands (rule B14). Pure.
using System.Collections.Immutable;
using System.Text.Json;
using StorePlugin.Data;
using StorePlugin.Webhooks;

namespace StorePlugin.Orders;

/// <summary>
/// Messages about disputes are kept among what arrived on its own for an order, and of each dispute the latest one stands,
/// in whatever order they came (rule I6).
/// </summary>
internal static class Disputes
{
    /// <summary>How many disputes are taken of one order; a bank opens one, seldom a second for a part.</summary>
    public const int OfOrderMax = 20;

    private const string RowPrefix = "disputed:";

    /// <summary>The id of a message among the refunds: unique for its content, in the width of the column.</summary>
    public static string RowOf(Dispute dispute) => RowPrefix + Ids.HashOf($"{dispute.OrderId} {ToJson(dispute)}")[..40];

    /// <summary>Whether a row among the refunds is a message about a dispute.</summary>
    public static bool IsRow(string refundId) => refundId.StartsWith(RowPrefix, StringComparison.Ordinal);

    public static string ToJson(Dispute dispute) => JsonSerializer.Serialize(dispute, OrdersJson.Default.Dispute);

    public static Dispute FromJson(string json) =>
        JsonSerializer.Deserialize(json, OrdersJson.Default.Dispute) ?? throw new JsonException("A dispute is empty.");

    /// <summary>The messages that stand when this one has come: one for each dispute, in the order of their instants; the same list where it says nothing new.</summary>
    public static ImmutableArray<Dispute> With(ImmutableArray<Dispute> standing, Dispute dispute)
    {
        var known = standing.FirstOrDefault(other => other.Id == dispute.Id);
        return known is not null && Compare(dispute, known) <= 0
            ? standing
            : [.. standing.Where(other => other.Id != dispute.Id).Append(dispute).OrderBy(of => of.OpenedAt).ThenBy(of => of.Id, StringComparer.Ordinal)];
    }

    /// <summary>Whether a message is about a dispute beyond those that are taken of one order.</summary>
    public static bool IsBeyond(ImmutableArray<Dispute> standing, Dispute dispute) =>
        standing.Length >= OfOrderMax && !standing.Any(other => other.Id == dispute.Id);

    /// <summary>What a dispute takes, as a refund without lines (rules B9, B14); null where it takes nothing.</summary>
    public static Refund? TakingOf(Dispute dispute) => dispute.State == DisputeState.Won || dispute.AmountMinor <= 0
        ? null
        : new Refund(RowPrefix + dispute.Id, dispute.OrderId, dispute.OpenedAt, dispute.Currency, [], dispute.AmountMinor);

    // Which of two messages is the later one: the platform numbers none of them. A decision ends what was open, and a
    // chargeback follows an inquiry; what is equal in all of this is told apart by its text.
    private static int Compare(Dispute left, Dispute right)
    {
        var byEnd = (left.State != DisputeState.Open).CompareTo(right.State != DisputeState.Open);
        var byInstant = Nullable.Compare(left.ClosedAt, right.ClosedAt);
        var byAmount = left.AmountMinor.CompareTo(right.AmountMinor);
        return byEnd != 0 ? byEnd
            : byInstant != 0 ? byInstant
            : byAmount != 0 ? byAmount
            : string.CompareOrdinal(ToJson(left), ToJson(right));
    }
}

/// <summary>A dispute beyond those that are taken of one order. No retry mends that: a delivery of it is kept as a dead one, with this reason.</summary>
internal sealed class TooManyDisputesException(string orderId) : Exception(
    $"Order {orderId} has {Disputes.OfOrderMax} disputes already, and no more are taken of one order: this one takes nothing.");
