// An order as every platform's payload is read into: facts only, amounts in minor units of one currency.
using System.Collections.Immutable;

namespace StorePlugin.Webhooks;

/// <summary>
/// One version of an order, without the shopper. Every amount is in minor units of <see cref="Currency"/>, the store's
/// own currency (rule B13), never the one shown to the shopper. Instants are UTC.
/// </summary>
public sealed record Order
{
    /// <summary>The platform's id of the order, as text.</summary>
    public required string Id { get; init; }

    /// <summary>What people call the order, as in <c>#1001</c>.</summary>
    public required string Reference { get; init; }

    /// <summary>The order's own instant <i>t</i> (rule M5): processed, else created; never the time of receipt.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The platform's instant of this version (rule I4).</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    public required Currency Currency { get; init; }

    /// <summary>Whether the money has come: paid, or paid and refunded in part or whole (rule H1).</summary>
    public required bool Paid { get; init; }

    /// <summary>When it was paid, where the platform says so (WooCommerce <c>date_paid_gmt</c>).</summary>
    public DateTimeOffset? PaidAt { get; init; }

    /// <summary>Whether the platform calls the whole order refunded; then no base remains.</summary>
    public bool RefundedInFull { get; init; }

    public DateTimeOffset? CancelledAt { get; init; }

    /// <summary>A test order of the platform's; it gets a receipt and no commission (rule T13).</summary>
    public bool Test { get; init; }

    public OrderChannel Channel { get; init; }

    /// <summary>What tells the origin of a renewal (rule T14); null for every other order.</summary>
    public OrderRenewal? Renewal { get; init; }

    /// <summary>When the checkout began (rule T4), as the storefront script wrote it; null where it did not, or wrote no instant.</summary>
    public DateTimeOffset? CheckoutStartedAt { get; init; }

    public ImmutableArray<OrderLine> Lines { get; init; } = [];

    /// <summary>The discount codes, in the platform's order of application (rule T6).</summary>
    public ImmutableArray<OrderCode> Codes { get; init; } = [];

    /// <summary>Click ids or link slugs that the order carries, strongest evidence first.</summary>
    public ImmutableArray<OrderReference> References { get; init; } = [];

    /// <summary>The refunds that this version of the order names; others may arrive on their own.</summary>
    public ImmutableArray<Refund> Refunds { get; init; } = [];

    /// <summary>That it was paid with store credit, wholly or in part; null where it was not (rule B4).</summary>
    public StoreCreditPayment? StoreCredit { get; init; }

    /// <summary>
    /// Why the lines do not add up to the totals that the platform tells, in words and without the shopper; null where
    /// they do, or where there are no totals. Such an order is shown, and not paid before a person has looked.
    /// </summary>
    public string? Contradiction { get; init; }
}

/// <summary>Payment with store credit, whoever had given the credit (rule B4).</summary>
/// <param name="Minor">How much of the order it paid, in minor units of the order's currency; null where the platform does not tell.</param>
public sealed record StoreCreditPayment(long? Minor);

/// <summary>What a renewal says of the order it renews (rule T14).</summary>
/// <param name="SubscriptionId">The platform's id of the subscription; null where it does not tell it.</param>
/// <param name="SellingPlanIds">The platform's ids of the lines' selling plans, each once, in the order of the lines.</param>
public sealed record OrderRenewal(string? SubscriptionId, ImmutableArray<string> SellingPlanIds);

/// <summary>Where an order was made (rule T13, T14).</summary>
public enum OrderChannel
{
    /// <summary>The web shop, or a channel that is not told apart from it.</summary>
    Online,
    PointOfSale,

    /// <summary>A draft made by staff and paid later.</summary>
    Draft,

    /// <summary>A renewal of a subscription.</summary>
    Renewal,
}

/// <summary>What a line sells; only products earn commission (rules B2, B3).</summary>
public enum LineKind
{
    Product,
    GiftCard,

    /// <summary>A tip or another charge that is no product.</summary>
    Fee,
}

/// <summary>A line of an order, in minor units of the order's currency.</summary>
/// <param name="Id">The platform's id of the line.</param>
/// <param name="ProductId">The platform's id of the product; null for a custom line.</param>
/// <param name="Quantity">Units ordered, without those that an edit of the order took away (rule B12).</param>
/// <param name="GrossMinor">Unit price times quantity, before discounts.</param>
/// <param name="DiscountMinor">All discounts allocated to the line, of the line and of the order, as a positive amount.</param>
/// <param name="IncludedTaxMinor">The tax inside the discounted price; 0 where prices come without tax (rule B2).</param>
public sealed record OrderLine(
    string Id, string? ProductId, LineKind Kind, long Quantity, long GrossMinor, long DiscountMinor, long IncludedTaxMinor)
{
    /// <summary>The platform's id of the selling plan that the line was bought under; null where it was bought without one.</summary>
    public string? SellingPlanId { get; init; }
}

/// <summary>A discount code on an order, in the shopper's spelling.</summary>
/// <param name="AmountMinor">What it took off this order; 0 is no evidence (rule T5).</param>
public sealed record OrderCode(string Code, long AmountMinor);

/// <summary>A click id or link slug on an order, and where it was found.</summary>
public sealed record OrderReference(ReferenceSource Source, string Value);

/// <summary>Where an order carried its link reference.</summary>
public enum ReferenceSource
{
    /// <summary>A cart attribute or order meta field <c>_amb_ref</c>.</summary>
    Cart,

    /// <summary><c>ref</c> in the query of the landing page.</summary>
    LandingPage,
}

/// <summary>
/// A refund. Amounts are positive minor units of the order's currency, without tax where the lines are without tax.
/// Refunded shipping, tips and taxes alone are left out: they change no base (rule B10).
/// </summary>
/// <param name="Id">The platform's id of the refund.</param>
/// <param name="OrderId">The platform's id of the order, which may not have arrived yet.</param>
/// <param name="UnallocatedMinor">
/// The part that names no line; it is spread over what remains (rule B9). Inside an order's version it is the goods' share
/// alone. A refund that was sent on its own cannot know that share: there it is all that went back beyond lines and the
/// shipping and tax it tells, until the version of its order arrives.
/// </param>
public sealed record Refund(
    string Id, string OrderId, DateTimeOffset At, Currency Currency, ImmutableArray<RefundLine> Lines, long UnallocatedMinor);

/// <param name="LineId">The order line it takes back.</param>
/// <param name="Quantity">Units returned; may be 0 where only money goes back.</param>
/// <param name="BaseMinor">The refunded part of the line's base: after discounts, without included tax.</param>
/// <param name="PossibleTaxMinor">
/// Tax that may lie inside <paramref name="BaseMinor"/>: a Shopify refund that is sent on its own does not say whether
/// prices include tax. Where the order's line has included tax it is to be subtracted; 0 where nothing is in doubt.
/// </param>
public sealed record RefundLine(string LineId, long Quantity, long BaseMinor, long PossibleTaxMinor = 0);

/// <summary>
/// Who bought. Clear text that lives in memory only: it is replaced by keyed hashes before anything is written
/// (rule F8). Fields are null where the platform withholds them.
/// </summary>
public sealed record Shopper(string? CustomerId, string? Email, string? Phone)
{
    public static readonly Shopper Unknown = new(null, null, null);

    /// <summary>Says nothing, so that no log line can hold a shopper.</summary>
    public override string ToString() => nameof(Shopper);
}
