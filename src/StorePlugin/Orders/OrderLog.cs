// The event log of orders: everything that ever moved one, in sequence, with the evidence that each decision rested on.
namespace StorePlugin.Orders;

/// <summary>
/// The words of the table <c>order_events</c>. A row's revision is the one that the order had after it, so that the log of
/// an order has no gaps; <c>rebuild</c> replays it. Rows are only ever added.
/// </summary>
internal static class OrderLog
{
    /// <summary>A version of the order; the subject is its instant and hash, as in <c>order_versions</c>.</summary>
    public const string Version = "version";

    /// <summary>A refund that came on its own; the subject is its id.</summary>
    public const string Refund = "refund";

    /// <summary>A message about a dispute (rule B14); the subject is its row's id among the refunds.</summary>
    public const string Dispute = "dispute";

    /// <summary>The platform deleted the order; the subject is the row's id among the refunds.</summary>
    public const string Deletion = "deletion";

    /// <summary>A person decided about the order; the subject is the decision's number.</summary>
    public const string Decision = "decision";

    /// <summary>An order before it came late or changed, and the terms look back; without a subject.</summary>
    public const string Reconsidered = "reconsidered";

    /// <summary>A rule about abuse has found something (section 6); the subject is the number of its findings.</summary>
    public const string Flagged = "flagged";

    /// <summary>The hold was over (rule H2).</summary>
    public const string Release = "release";

    /// <summary>A payout took the order's money; the subject is the payout.</summary>
    public const string Reserved = "reserved";

    /// <summary>The payout's transfer exists; the subject is the payout.</summary>
    public const string Paid = "paid";

    /// <summary>The payout's money came back; the subject is the payout.</summary>
    public const string Returned = "returned";

    /// <summary>The order was decided before its log was kept, up to this revision.</summary>
    public const string Unlogged = "unlogged";

    public const string Insert =
        """
        INSERT INTO order_events (store_id, order_id, revision, kind, subject, at, local_day, booked_day, actor, evidence)
        VALUES (@StoreId, @OrderId, @Revision, @Kind, @Subject, @At, @LocalDay, @BookedDay, @Actor, @Evidence)
        """;

    /// <summary>The word and the subject of an event.</summary>
    public static (string Kind, string Subject) NameOf(OrderEvent orderEvent) => orderEvent switch
    {
        OrderEvent.Version version => (Version, SubjectOf(version.Recorded.Order.UpdatedAt, version.Hash)),
        OrderEvent.Refunded { Refund: var refund } => (Refund, refund.Id),
        OrderEvent.Disputed { Dispute: var dispute } => (Dispute, Disputes.RowOf(dispute)),
        OrderEvent.Deleted deleted => (Deletion, OrderState.DeletionOf(deleted)),
        OrderEvent.Decided { Decision: var decision } => (Decision, decision.Number.ToString(System.Globalization.CultureInfo.InvariantCulture)),
        OrderEvent.Flagged { Number: var number } => (Flagged, number.ToString(System.Globalization.CultureInfo.InvariantCulture)),
        OrderEvent.Reconsidered => (Reconsidered, ""),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    public static string SubjectOf(DateTimeOffset updatedAt, string hash) =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{updatedAt.ToUnixTimeMilliseconds()}:{hash}");
}
