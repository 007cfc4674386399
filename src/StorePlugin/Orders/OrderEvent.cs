// What moves an order: a version, a refund, a dispute, a deletion, a person's decision or what a rule has found.
using System.Collections.Immutable;
using StorePlugin.Abuse;
using StorePlugin.Stores;
using StorePlugin.Webhooks;

namespace StorePlugin.Orders;

/// <summary>An event of one order, with its shopper already replaced by hashes.</summary>
internal abstract record OrderEvent(string OrderId)
{
    /// <param name="Json">The recorded order as it is kept.</param>
    internal sealed record Version(RecordedOrder Recorded, string Json, string Hash) : OrderEvent(Recorded.Order.Id);

    internal sealed record Refunded(Refund Refund) : OrderEvent(Refund.OrderId);

    internal sealed record Deleted(string OrderId, DateTimeOffset At) : OrderEvent(OrderId);

    /// <param name="Actor">Who told of it: the platform, or a person.</param>
    internal sealed record Disputed(Dispute Dispute, string Actor = OrderState.Program) : OrderEvent(Dispute.OrderId);

    /// <summary>A person's decision about an order that is known.</summary>
    internal sealed record Decided(string OrderId, OrderDecision Decision) : OrderEvent(OrderId);

    /// <summary>A pattern over the ambassador's orders was found where this one was to be released (rules F2 to F6).</summary>
    /// <param name="Number">1 for the first time the order is flagged, and rising; it is that of each finding.</param>
    internal sealed record Flagged(string OrderId, long Number, ImmutableArray<PatternFinding> Findings) : OrderEvent(OrderId);

    /// <summary>Nothing happened to the order itself: one before it came late or changed, and the terms look back.</summary>
    internal sealed record Reconsidered(string OrderId) : OrderEvent(OrderId);

    /// <summary>The order's event of a store event, or null when it is about something else.</summary>
    /// <param name="happenedAt">Dates an event that does not date itself; the same whenever it is read again.</param>
    public static OrderEvent? Of(StoreEvent storeEvent, Store store, StoreKeys keys, DateTimeOffset happenedAt)
    {
        switch (storeEvent)
        {
            case OrderChanged changed:
                var recorded = new RecordedOrder(changed.Order, ShopperHashes.Of(changed.Shopper, store, keys));
                var json = recorded.ToJson();
                return new Version(recorded, json, RecordedOrder.HashOf(json));
            case OrderRefunded refunded:
                return new Refunded(refunded.Refund);
            case OrderDisputed disputed:
                return new Disputed(disputed.Dispute);
            case OrderDeleted deleted:
                return new Deleted(deleted.OrderId, deleted.At ?? happenedAt);
            default:
                return null;
        }
    }
}
