// What rebuild reads: the log of an order with what it names, and what stands of it in the tables that follow from the log.
using StorePlugin.Abuse;
using StorePlugin.Orders;

namespace StorePlugin.Verification;

/// <summary>A row of the log of orders; instants as they are kept, in Unix milliseconds.</summary>
internal sealed record LoggedEvent(long Revision, string Kind, string Subject, long At, long? LocalDay, long? BookedDay, string Actor, string? Evidence);

/// <param name="Subject">As the log names it.</param>
internal sealed record LoggedVersion(string Subject, string Hash, string Content);

/// <summary>A row of the refunds: a refund, a message about a dispute, or a deletion, which has no content.</summary>
internal sealed record LoggedRefund(string Id, string Content, long At);

internal sealed record LoggedDecision(
    long Number, string Kind, string? AmbassadorId, string? CampaignId, string Rules, string Reason, string Actor, long At);

internal sealed record StandingReceipt(string Content, long DecidedAt);

/// <summary>A row of <c>orders</c>, every column but its key.</summary>
internal sealed record OrderRow(
    long Revision, string? Reference, string State, long? At, long? LocalDay, long? VersionUpdatedAt, string? VersionHash, string? Currency, long? PaidAt,
    long NetMinor, string? CampaignId, string? AmbassadorId, long CommissionMinor, long? HoldUntil, string? PayoutId, long? ApprovedAt, string? Reason,
    long CreatedAt, long UpdatedAt, long MerchantCostMinor, string? BindsKeys, long? BindsDays, string? CameBy, long? RefundedAt, string? Earlier, long? ReviewAt,
    string? CustomerKind)
{
    /// <summary>The columns in which two rows differ, by name.</summary>
    public IEnumerable<string> ColumnsUnlike(OrderRow other)
    {
        (string Name, bool Same)[] columns =
        [
            ("revision", Revision == other.Revision), ("reference", Reference == other.Reference), ("state", State == other.State), ("at", At == other.At),
            ("local_day", LocalDay == other.LocalDay), ("version_updated_at", VersionUpdatedAt == other.VersionUpdatedAt),
            ("version_hash", VersionHash == other.VersionHash), ("currency", Currency == other.Currency), ("paid_at", PaidAt == other.PaidAt),
            ("net_minor", NetMinor == other.NetMinor), ("campaign_id", CampaignId == other.CampaignId), ("ambassador_id", AmbassadorId == other.AmbassadorId),
            ("commission_minor", CommissionMinor == other.CommissionMinor), ("hold_until", HoldUntil == other.HoldUntil), ("payout_id", PayoutId == other.PayoutId),
            ("approved_at", ApprovedAt == other.ApprovedAt), ("reason", Reason == other.Reason), ("created_at", CreatedAt == other.CreatedAt),
            ("updated_at", UpdatedAt == other.UpdatedAt), ("merchant_cost_minor", MerchantCostMinor == other.MerchantCostMinor),
            ("binds_keys", BindsKeys == other.BindsKeys), ("binds_days", BindsDays == other.BindsDays), ("came_by", CameBy == other.CameBy), ("refunded_at", RefundedAt == other.RefundedAt),
            ("earlier", Earlier == other.Earlier), ("review_at", ReviewAt == other.ReviewAt), ("customer_kind", CustomerKind == other.CustomerKind),
        ];
        return columns.Where(column => !column.Same).Select(column => column.Name);
    }
}

/// <summary>Everything of one order.</summary>
internal sealed class OrderRecords(string orderId)
{
    public string OrderId => orderId;

    /// <summary>In sequence.</summary>
    public List<LoggedEvent> Events { get; } = [];

    public List<LoggedVersion> Versions { get; } = [];

    public List<LoggedRefund> Refunds { get; } = [];

    public List<LoggedDecision> Decisions { get; } = [];

    /// <summary>What was found about it, by rule within a number (rule F7).</summary>
    public List<PatternFinding> Findings { get; } = [];

    /// <summary>What it adds to its ambassador's standing, by number.</summary>
    public List<StandingRow> Standings { get; } = [];

    /// <summary>Its customer's rows, but for what an import told.</summary>
    public List<CustomerRow> Customers { get; } = [];

    public OrderRow? Row { get; set; }

    public StandingReceipt? Receipt { get; set; }

    /// <summary>Those with an entry that names the order.</summary>
    public List<StandingTransaction> Transactions { get; } = [];
}

internal sealed record StandingEntry(long Position, string Account, string AmbassadorId, string? OrderId, long AmountMinor, string Currency);

/// <summary>A transaction of the ledger with its entries.</summary>
internal sealed record StandingTransaction(
    string Id, string Kind, string Source, string Currency, long BookedAt, long LocalDay, string Actor, string Reason)
{
    public List<StandingEntry> Entries { get; } = [];
}
