// A touch: evidence that an ambassador brought this order, with the dated facts that decide whether it counts.
using System.Text.Json.Serialization;

namespace StorePlugin.Orders;

/// <summary>The classes of evidence, strongest first (rule T1).</summary>
internal enum TouchKind
{
    /// <summary>The ambassador's code was used (class 3), or one that was made for one use (class 2).</summary>
    Code,

    /// <summary>A click id that the order carried on the server side (class 4).</summary>
    Click,

    /// <summary>A link slug that the order carried without a click; it counts at the order's own instant.</summary>
    Link,

    /// <summary>The customer is bound to the ambassador by an earlier order (class 6, rule T8).</summary>
    Customer,

    /// <summary>The order renews one that the ambassador brought (rule T14); all other evidence on it is old.</summary>
    Renewal,

    /// <summary>A person's decision (class 1); nothing is weighed against it.</summary>
    Override,
}

/// <summary>Why a campaign that had been launched was not live.</summary>
internal enum CampaignStop
{
    Paused,
    Ended,
}

/// <summary>One piece of evidence. Instants are UTC and compared with the order's own.</summary>
/// <param name="Evidence">The code as the shopper typed it, the click id, the slug, or the order that bound or is renewed.</param>
/// <param name="At">When it happened; for codes and unclicked links the order's instant, for renewals that of the first order.</param>
/// <param name="DiscountMinor">What a code took off, in the order's currency.</param>
/// <param name="Position">The platform's order of application (rule T6).</param>
/// <param name="AssignedAt">Since when the code is the ambassador's.</param>
/// <param name="EndedAt">Until when, if it has ended.</param>
/// <param name="SuspendedAt">Since when the ambassador was suspended at the order's instant; null where they were not.</param>
internal sealed record Touch(
    TouchKind Kind,
    string Evidence,
    DateTimeOffset At,
    long DiscountMinor,
    long Position,
    string AmbassadorId,
    string CampaignId,
    DateTimeOffset AssignedAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? EndedAt,
    DateTimeOffset ApprovedAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? SuspendedAt)
{
    /// <summary>Since when the ambassador had left at the order's instant; null where they had not.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? LeftAt { get; init; }

    /// <summary>
    /// Whether the shopper is the ambassador (rule F1), told by keyed hashes when the evidence was read; null where the
    /// platform withheld the shopper (rule F9).
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? IsOwn { get; init; }

    /// <summary>The how manieth renewal it is, or the how manieth order of a bound customer; null where nothing counts them.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Number { get; init; }

    /// <summary>True for a code that was made for one use (class 2); null for all other evidence.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? SingleUse { get; init; }

    /// <summary>The paid order before this one that used such a code; null where there was none, and while this one is not paid.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? UsedBy { get; init; }

    /// <summary>The key of the ambassador's group at the order's instant (rule B6); null: none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Group { get; init; }
}

/// <summary>A touch as it was weighed: kept, or dropped by a rule.</summary>
internal sealed record WeighedTouch(Touch Touch, string? DroppedBy, string? Why);
