// What a delivery says, once read: a closed set that every worker switches over.
using System.Collections.Immutable;

namespace StorePlugin.Webhooks;

/// <summary>One fact from outside. The set is closed: the types of this file are all there are.</summary>
public abstract record StoreEvent
{
    private protected StoreEvent()
    {
    }
}

/// <summary>A full version of an order was sent: created, paid, edited, cancelled or refunded.</summary>
public sealed record OrderChanged(Order Order, Shopper Shopper) : StoreEvent;

/// <summary>A refund was sent on its own; its order may come later (rule I4).</summary>
public sealed record OrderRefunded(Refund Refund) : StoreEvent;

/// <summary>The shopper's bank disputes an order's payment, or has decided about it (rule B14). The order may come later.</summary>
public sealed record OrderDisputed(Dispute Dispute) : StoreEvent;

/// <summary>The platform deleted an order; a later version shows that it was restored. What became of its money it does not say.</summary>
/// <param name="At">When, UTC; null where the platform does not say.</param>
public sealed record OrderDeleted(string OrderId, DateTimeOffset? At = null) : StoreEvent;

/// <summary>The merchant removed the app; tokens are dead (rule U1).</summary>
public sealed record StoreUninstalled : StoreEvent;

/// <summary>The store's own facts changed. Null where the payload does not say.</summary>
/// <param name="CurrencyCode">The store's currency, ISO 4217.</param>
/// <param name="TimeZone">IANA name, as in <c>Europe/Berlin</c>.</param>
/// <param name="PrimaryDomain">Host name of the storefront.</param>
public sealed record StoreChanged(string? Name, string? CurrencyCode, string? TimeZone, string? PrimaryDomain) : StoreEvent;

/// <summary>A discount of the store was changed, deleted, or lost one of its codes. What it is like now is asked for.</summary>
/// <param name="DiscountId">The platform's id, as in <c>gid://shopify/DiscountCodeNode/1</c>.</param>
public sealed record DiscountTouched(string DiscountId) : StoreEvent;

/// <summary>The scopes that the merchant has granted are now these.</summary>
public sealed record ScopesChanged(IReadOnlyList<string> Scopes) : StoreEvent;

/// <summary>A privacy duty: the platform's topic and the payload's ids.</summary>
public sealed record PrivacyRequested(string Topic) : StoreEvent
{
    /// <summary>Whose data it is about; unknown where the whole store's data are to go.</summary>
    public Shopper Shopper { get; init; } = Shopper.Unknown;

    /// <summary>The orders that the platform names, by its ids; may be empty.</summary>
    public ImmutableArray<string> OrderIds { get; init; } = [];

    /// <summary>The platform's id of a request for data, to be named in the answer to the merchant.</summary>
    public string? RequestId { get; init; }
}

/// <summary>
/// Something happened at Stripe. The object is re-read before anything is decided, so only ids are kept.
/// </summary>
/// <param name="Id">Stripe's id of the event, <c>evt_…</c>.</param>
/// <param name="Type">Such as <c>transfer.created</c>.</param>
/// <param name="Account">The connected account it happened in; null for the store's own.</param>
/// <param name="ObjectId">The id of <c>data.object</c>, such as <c>tr_…</c>.</param>
/// <param name="PayoutId">Our payout's id from <c>metadata[payout_id]</c> or <c>transfer_group</c>, where there is one.</param>
public sealed record StripeEventReceived(string Id, string Type, string? Account, string ObjectId, string? PayoutId) : StoreEvent;

/// <summary>A delivery that is rightly signed and asks nothing of us.</summary>
/// <param name="Reason">Why, in words.</param>
public sealed record Irrelevant(string Reason) : StoreEvent;

/// <summary>
/// A delivery that no retry can mend: not JSON, no id, a currency or amount that does not exist. The message is the
/// reason in words and is shown to people; it never quotes a shopper's data.
/// </summary>
public sealed class UnreadableDeliveryException(string reason, Exception? inner = null) : FormatException(reason, inner);
