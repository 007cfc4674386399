// Reads WooCommerce's webhook bodies (REST v3 orders) and makes their key.
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;

namespace StorePlugin.Webhooks.WooCommerce;

internal static class WooCommerceReader
{
    private const string ReferenceMeta = "_amb_ref";
    private const string RenewalMeta = "_subscription_renewal";

    // Longer than any number of 64 bits; what does not fit is no id of a subscription.
    private const int SubscriptionLengthMax = 20;

    /// <summary>
    /// The delivery's key (rule I3): its own id is made of webhook and second, and three orders have shared one. A body
    /// that tells its version is known by topic and bytes; another, such as <c>{"id":17}</c>, needs the id besides.
    /// </summary>
    public static string Key(string topic, ReadOnlySpan<byte> body, string deliveryId)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(body, hash);
        var key = $"{topic}:{Convert.ToHexStringLower(hash)}";
        return HasVersion(body) ? key : $"{key}:{deliveryId}";
    }

    public static StoreEvent Read(string topic, ReadOnlyMemory<byte> body)
    {
        if (topic is not ("order.created" or "order.updated" or "order.restored" or "order.deleted"))
        {
            return new Irrelevant($"Nothing is done on the topic {topic}.");
        }

        using var document = JsonDocument.Parse(body);
        var order = Payload.Of(document);
        if (IsRestError(order))
        {
            return new Irrelevant("The store could not show the order any more and sent its error instead.");
        }

        var status = order.TextOrNull("status");
        return (topic, status) switch
        {
            // The topic is a header, which the signature does not cover; the body of this one is an id and nothing else.
            ("order.deleted", not "trash") when order.Has("line_items") => throw new UnreadableDeliveryException(
                "The topic carries the id of a deleted order, and the body is an order. Only the body is signed, so nothing was done."),
            (_, "trash") => new OrderDeleted(order.OrderId("id"), Required(order, "date_modified_gmt")),
            ("order.deleted", _) => new OrderDeleted(order.OrderId("id")),
            (_, "checkout-draft" or "auto-draft") => new Irrelevant("A cart that is no order yet."),
            _ => new OrderChanged(Order(order, status), Buyer(order)),
        };
    }

    // Only the outermost properties count; a line's or refund's own fields do not.
    private static bool HasVersion(ReadOnlySpan<byte> body)
    {
        var found = false;
        try
        {
            var reader = new Utf8JsonReader(body);
            while (reader.Read())
            {
                if (reader.TokenType == JsonTokenType.PropertyName && reader.CurrentDepth == 1)
                {
                    var isVersion = reader.ValueTextEquals("date_modified_gmt"u8);
                    reader.Read();
                    found = isVersion ? reader.TokenType == JsonTokenType.String : found;
                    reader.Skip();
                }
            }

            return found;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // No JSON, or a key that is no Unicode, so no version; the reader says what is wrong with it later.
            return false;
        }
    }

    private static bool IsRestError(Payload payload) =>
        !payload.Has("id") && payload.TextOrNull("code") is not null && payload.ObjectOrNull("data")?.Has("status") is true;

    private static Order Order(Payload order, string? status)
    {
        var id = order.OrderId("id");
        var currency = order.Currency("currency");
        var updatedAt = Required(order, "date_modified_gmt");
        var paidAt = order.UtcInstantOrNull("date_paid_gmt");
        var renewal = Renewal(order);
        var lines = Lines(order, currency);
        return new Order
        {
            Id = id,
            Reference = Reference.Named("#" + (order.TextOrNull("number") ?? id)),
            At = Required(order, "date_created_gmt"),
            UpdatedAt = updatedAt,
            Currency = currency,
            Paid = paidAt is not null || IsPaid(order, status),
            PaidAt = paidAt,
            RefundedInFull = status is "refunded",
            // WooCommerce tells no instant of the cancelling.
            CancelledAt = status is "cancelled" ? updatedAt : null,
            Channel = renewal is null ? OrderChannel.Online : OrderChannel.Renewal,
            Renewal = renewal,
            CheckoutStartedAt = CheckoutStartedAt(order),
            Lines = lines,
            Codes = Codes(order, currency),
            References = References(order),
            Refunds = Refunds(order, id, currency, updatedAt, lines),
            Contradiction = WooCommerceTotals.Contradiction(order, currency, lines),
        };
    }

    // Names and addresses are not matched (rule F2), so they are not read. Guests have the customer id 0.
    private static Shopper Buyer(Payload order)
    {
        var billing = order.ObjectOrNull("billing");
        var shopper = new Shopper(
            order.IdOrNull("customer_id") is { } id and not "0" ? id : null,
            billing?.TextOrNull("email"),
            billing?.TextOrNull("phone"));
        return shopper == Shopper.Unknown ? Shopper.Unknown : shopper;
    }

    private static DateTimeOffset Required(Payload order, string name) => order.UtcInstantOrNull(name)
        ?? throw new UnreadableDeliveryException($"{name} is missing (expected an instant).");

    // Cash on delivery is "processing" before anyone has paid (rule H1): there only the instant of payment counts.
    private static bool IsPaid(Payload order, string? status) =>
        status is "processing" or "completed" or "refunded" && order.TextOrNull("payment_method") is not "cod";

    // The subscription is told by WooCommerce's own plugin; another may write something else there, and it is a renewal
    // all the same.
    private static OrderRenewal? Renewal(Payload order)
    {
        foreach (var meta in order.Each("meta_data"))
        {
            if (meta.TextOrNull("key") is RenewalMeta)
            {
                var id = meta.TextOrNumberOrNull("value");
                return new OrderRenewal(
                    id is { Length: <= SubscriptionLengthMax } && !id.AsSpan().ContainsAnyExceptInRange('0', '9') ? id : null, []);
            }
        }

        return null;
    }

    private static DateTimeOffset? CheckoutStartedAt(Payload order)
    {
        foreach (var meta in order.Each("meta_data"))
        {
            if (meta.TextOrNull("key") is CheckoutClock.Attribute && CheckoutClock.Read(meta.TextOrNumberOrNull("value")) is { } instant)
            {
                return instant;
            }
        }

        return null;
    }

    // subtotal and total are both without tax, before and after coupons.
    private static ImmutableArray<OrderLine> Lines(Payload order, Currency currency)
    {
        if (!order.Has("line_items"))
        {
            throw new UnreadableDeliveryException("line_items is missing (expected the order's lines).");
        }

        var lines = ImmutableArray.CreateBuilder<OrderLine>();
        foreach (var line in order.Each("line_items"))
        {
            var total = line.Minor("total", currency);
            var gross = Math.Max(total, line.MinorOrNull("subtotal", currency) ?? total);
            lines.Add(new OrderLine(
                line.Id("id"),
                line.IdOrNull("product_id") is { } product and not "0" ? product : null,
                LineKind.Product,
                line.CountRoundedUp("quantity"),
                gross,
                gross - total,
                0));
        }

        foreach (var fee in order.Each("fee_lines"))
        {
            // A negative fee is how shops write a discount by hand.
            var total = fee.Minor("total", currency);
            lines.Add(new OrderLine(fee.Id("id"), null, LineKind.Fee, 1, Math.Max(0, total), Math.Max(0, -total), 0));
        }

        return lines.DrainToImmutable();
    }

    private static ImmutableArray<OrderCode> Codes(Payload order, Currency currency)
    {
        var codes = ImmutableArray.CreateBuilder<OrderCode>();
        foreach (var coupon in order.Each("coupon_lines"))
        {
            if (coupon.TextOrNull("code") is { Length: <= Reference.CodeLengthMax } code)
            {
                // Unlike every other amount this one comes as the store computed it, with whatever decimals.
                codes.Add(new OrderCode(code, coupon.MinorRounded("discount", currency)));
            }
        }

        return codes.DrainToImmutable();
    }

    private static ImmutableArray<OrderReference> References(Payload order)
    {
        var references = ImmutableArray.CreateBuilder<OrderReference>();
        foreach (var meta in order.Each("meta_data"))
        {
            if (meta.TextOrNull("key") is ReferenceMeta)
            {
                Reference.AddTo(references, ReferenceSource.Cart, meta.TextOrNull("value"));
            }
        }

        return references.DrainToImmutable();
    }

    // A refund inside an order is one sum with tax and shipping, and names no lines. The goods' share of it is the goods'
    // share of what has not been paid back yet, in the order in which the refunds were made: their ids are counted up.
    private static ImmutableArray<Refund> Refunds(
        Payload order, string orderId, Currency currency, DateTimeOffset updatedAt, ImmutableArray<OrderLine> lines)
    {
        var refunds = ImmutableArray.CreateBuilder<Refund>();
        foreach (var refund in order.Each("refunds"))
        {
            refunds.Add(new Refund(refund.Id("id"), orderId, updatedAt, currency, [], Math.Abs(refund.Minor("total", currency))));
        }

        if (refunds.Count == 0)
        {
            return [];
        }

        var goods = lines.Where(line => line.Kind == LineKind.Product).Sum(line => line.GrossMinor - line.DiscountMinor);
        var left = new Repayable(goods, 0, order.Minor("total", currency) - goods);
        foreach (var i in Enumerable.Range(0, refunds.Count).OrderBy(i => refunds[i].Id.Length).ThenBy(i => refunds[i].Id, StringComparer.Ordinal))
        {
            (var share, left) = left.Pay(refunds[i].UnallocatedMinor);
            refunds[i] = refunds[i] with { UnallocatedMinor = share };
        }

        return refunds.DrainToImmutable();
    }
}
