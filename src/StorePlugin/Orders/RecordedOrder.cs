// An order version as it is kept: the facts without the shopper, who is replaced by keyed hashes.
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using StorePlugin.Abuse;
using StorePlugin.Ambassadors;
using StorePlugin.Stores;
using StorePlugin.Webhooks;

namespace StorePlugin.Orders;

/// <summary>Keyed hashes of who bought (rule F8); null where the platform withheld the datum.</summary>
internal sealed record ShopperHashes(string? Customer, string? Email, string? Phone)
{
    public static readonly ShopperHashes Unknown = new(null, null, null);

    public static ShopperHashes Of(Shopper shopper, Store store, StoreKeys keys) => new(
        shopper.CustomerId is { } id ? keys.Hash(store, "customer", id) : null,
        shopper.Email is { } email ? keys.Hash(store, "email", PersonKey.OfEmail(email)) : null,
        shopper.Phone is { } phone ? keys.Hash(store, "phone", phone) : null);

    /// <summary>These, with what is withheld here and known there.</summary>
    public ShopperHashes Or(ShopperHashes other) => new(Customer ?? other.Customer, Email ?? other.Email, Phone ?? other.Phone);

    /// <summary>Of each hash the lesser one, so that the order in which two are met changes nothing.</summary>
    public static ShopperHashes Least(ShopperHashes left, ShopperHashes right) => new(
        Least(left.Customer, right.Customer), Least(left.Email, right.Email), Least(left.Phone, right.Phone));

    /// <summary>What is told here and not, or otherwise, there.</summary>
    public ShopperHashes Beside(ShopperHashes other) => new(
        Customer == other.Customer ? null : Customer, Email == other.Email ? null : Email, Phone == other.Phone ? null : Phone);

    private static string? Least(string? left, string? right) =>
        left is null || (right is not null && string.CompareOrdinal(right, left) < 0) ? right : left;
}

/// <summary>A version of an order with its shopper's hashes, as written to the event log.</summary>
internal sealed record RecordedOrder(Order Order, ShopperHashes Shopper)
{
    /// <summary>
    /// Which of two versions stands (rule I4): the later one; at the same instant the one that is paid, more refunded
    /// or cancelled. What is equal in all of these is told apart by its content's hash, so that every order of arrival
    /// ends at the same version.
    /// </summary>
    public static int Compare((RecordedOrder Recorded, string Hash) left, (RecordedOrder Recorded, string Hash) right)
    {
        var (a, b) = (left.Recorded.Order, right.Recorded.Order);
        return Differs(a.UpdatedAt.CompareTo(b.UpdatedAt))
            ?? Differs(a.Paid.CompareTo(b.Paid))
            ?? Differs(a.RefundedInFull.CompareTo(b.RefundedInFull))
            ?? Differs(RefundedMinor(a).CompareTo(RefundedMinor(b)))
            ?? Differs((a.CancelledAt is not null).CompareTo(b.CancelledAt is not null))
            ?? string.CompareOrdinal(left.Hash, right.Hash);
    }

    public string ToJson() => JsonSerializer.Serialize(this, OrdersJson.Default.RecordedOrder);

    public static RecordedOrder FromJson(string json) =>
        JsonSerializer.Deserialize(json, OrdersJson.Default.RecordedOrder) ?? throw new JsonException("An order version is empty.");

    public static string HashOf(string json)
    {
        var size = System.Text.Encoding.UTF8.GetByteCount(json);
        var bytes = System.Buffers.ArrayPool<byte>.Shared.Rent(size);
        var length = System.Text.Encoding.UTF8.GetBytes(json, bytes);
        var hash = Convert.ToHexStringLower(SHA256.HashData(bytes.AsSpan(0, length)));
        System.Buffers.ArrayPool<byte>.Shared.Return(bytes);
        return hash;
    }

    private static int? Differs(int comparison) => comparison == 0 ? null : comparison;

    private static long RefundedMinor(Order order) =>
        order.Refunds.Sum(refund => refund.UnallocatedMinor + refund.Lines.Sum(line => line.BaseMinor));
}

/// <summary>
/// Everything known of one order: the version that stands, the refunds that came on their own, and the earliest sign
/// of payment. It is the same whatever the order of arrival (rule I6).
/// </summary>
/// <param name="ContentHash">Of the version that stands.</param>
/// <param name="PaidAt">The anchor of the hold (rule H2); null while unpaid.</param>
/// <param name="LooseRefunds">Refunds that arrived by themselves; those that the version names count once.</param>
/// <param name="DeletedAt">When the platform last deleted the order; null if it never did.</param>
internal sealed record OrderFacts(
    RecordedOrder Recorded, string ContentHash, DateTimeOffset? PaidAt, ImmutableArray<Refund> LooseRefunds, DateTimeOffset? DeletedAt = null)
{
    /// <summary>What other versions tell that the standing one does not.</summary>
    public EarlierFacts Earlier { get; init; } = EarlierFacts.None;

    /// <summary>
    /// Who bought: as the standing version tells, and where the platform withholds it there, as others told. An ambassador's
    /// own purchase must not begin to earn when the store has erased who made it.
    /// </summary>
    public ShopperHashes Shopper => Recorded.Shopper.Or(Earlier.Shopper);

    /// <summary>What people have decided about the order, oldest first.</summary>
    public ImmutableArray<OrderDecision> Decisions { get; init; } = [];

    /// <summary>The message that stands of each dispute (rule B14), in the order of their instants.</summary>
    public ImmutableArray<Dispute> Disputes { get; init; } = [];

    /// <summary>What the rules about abuse have found, oldest first.</summary>
    public ImmutableArray<PatternFinding> Flags { get; init; } = [];

    /// <summary>Who shall be credited, or that nobody shall be: the newest word on it; null where nobody has said anything.</summary>
    public OrderDecision? Override => Decisions.LastOrDefault(decision => decision.Kind != DecisionKind.Allow);

    /// <summary>Whether the order is gone. A version that is younger than the deletion shows that it was restored.</summary>
    public bool Deleted => DeletedAt >= Recorded.Order.UpdatedAt;

    /// <summary>
    /// All refunds by id. What an order version says of a refund is fuller than the refund's own message. One in another
    /// currency than the order's takes nothing (rule M1): a person has to look.
    /// </summary>
    public ImmutableArray<Refund> Refunds => LooseRefunds.IsEmpty && Recorded.Order.Refunds.Length <= 1 && Earlier.RefundedAt is null
        ? Recorded.Order.Refunds
        : [.. Recorded.Order.Refunds.Select(AsFirstDated).Concat(LooseRefunds.Where(refund => refund.Currency == Recorded.Order.Currency))
            .DistinctBy(refund => refund.Id).OrderBy(refund => refund.At).ThenBy(refund => refund.Id, StringComparer.Ordinal)];

    /// <summary>
    /// When the whole order was refunded or cancelled, as far as versions date it: what no refund names went back by then.
    /// </summary>
    public DateTimeOffset GoneAt => Earlier.GoneAt ?? Recorded.Order.UpdatedAt;

    private Refund AsFirstDated(Refund refund) =>
        Earlier.RefundedAt is { } dates && dates.TryGetValue(refund.Id, out var at) ? refund with { At = at } : refund;

    /// <summary>Everything that takes from the order: its refunds, and what disputes hold or have taken.</summary>
    public ImmutableArray<Refund> Takings => Disputes.IsEmpty
        ? Refunds
        : [.. Refunds.Concat(DisputedTakings.Where(taking => taking.Currency == Recorded.Order.Currency))
            .OrderBy(taking => taking.At).ThenBy(taking => taking.Id, StringComparer.Ordinal)];

    /// <summary>Whether a bank has still to decide (rule H3).</summary>
    public bool IsDisputed => !Disputes.IsEmpty && Disputes.Any(dispute => dispute.State == DisputeState.Open);

    /// <summary>Refunds in another currency than the order's, which the order itself does not explain.</summary>
    public ImmutableArray<Refund> ForeignRefunds => LooseRefunds.IsEmpty
        ? []
        : [.. LooseRefunds.Where(refund => refund.Currency != Recorded.Order.Currency && !Recorded.Order.Refunds.Any(known => known.Id == refund.Id))
            .OrderBy(refund => refund.At).ThenBy(refund => refund.Id, StringComparer.Ordinal)];

    /// <summary>The same with disputes in another currency.</summary>
    public ImmutableArray<Refund> ForeignTakings => Disputes.IsEmpty
        ? ForeignRefunds
        : [.. ForeignRefunds.Concat(DisputedTakings.Where(taking => taking.Currency != Recorded.Order.Currency))];

    private IEnumerable<Refund> DisputedTakings => Disputes.Select(Orders.Disputes.TakingOf).OfType<Refund>();
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(RecordedOrder))]
[JsonSerializable(typeof(Refund))]
[JsonSerializable(typeof(Dispute))]
[JsonSerializable(typeof(EarlierFacts))]
internal sealed partial class OrdersJson : JsonSerializerContext;
