// A dispute: the shopper's bank asks for the money of an order, or has taken it.
namespace StorePlugin.Webhooks;

/// <summary>Where a dispute stands (rule B14).</summary>
public enum DisputeState
{
    /// <summary>The bank has not decided yet.</summary>
    Open,

    /// <summary>The money stays with the bank.</summary>
    Lost,

    /// <summary>The money is the store's again, or never left it.</summary>
    Won,
}

/// <summary>
/// One message about a dispute. Until it is won it takes its amount as a refund without lines would (rule B14); while it is
/// open nothing of the order is released (rule H3).
/// </summary>
/// <param name="Id">The platform's id of the dispute; its later messages have the same.</param>
/// <param name="OrderId">The platform's id of the order, which may not have arrived yet.</param>
/// <param name="OpenedAt">When the bank began it, UTC.</param>
/// <param name="ClosedAt">When it was decided, UTC; null while it is open, and where the platform does not say.</param>
/// <param name="Currency">Of the amount; where it is not the order's, nothing can be taken before a person has looked (rule M1).</param>
/// <param name="AmountMinor">What the bank has taken, in minor units, positive; 0 for a mere inquiry, which takes nothing.</param>
public sealed record Dispute(
    string Id, string OrderId, DateTimeOffset OpenedAt, DateTimeOffset? ClosedAt, Currency Currency, long AmountMinor, DisputeState State);
