// An order of a rehearsal shop, and its JSON in the shape that Shopify sends.
using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using StorePlugin.Webhooks;

namespace StorePlugin.Stores.Rehearsal;

/// <summary>A line, in minor units of the order's currency; prices include tax.</summary>
/// <param name="PriceMinor">The price of one unit.</param>
/// <param name="DiscountMinor">What a code takes off the whole line.</param>
internal sealed record ShopLine(long Id, long ProductId, string Title, long Quantity, long PriceMinor, long DiscountMinor)
{
    // The rate that German prices include.
    private const long TaxPercent = 19;

    /// <summary>What the shopper pays for the line, with tax.</summary>
    public long NetMinor => (PriceMinor * Quantity) - DiscountMinor;

    /// <summary>The tax inside <see cref="NetMinor"/>, rounded half up.</summary>
    public long TaxMinor => TaxOf(NetMinor);

    public static long TaxOf(long minor) => ((2 * minor * TaxPercent) + 100 + TaxPercent) / (2 * (100 + TaxPercent));
}

/// <summary>A refunded line; both amounts are what goes back, the subtotal with tax.</summary>
internal sealed record ShopRefundLine(long LineId, long Quantity, long SubtotalMinor, long TaxMinor);

/// <summary>A refund; it may give back shipping, with lines or alone.</summary>
internal sealed record ShopRefund(long Id, DateTimeOffset At, ImmutableArray<ShopRefundLine> Lines, long ShippingMinor);

/// <summary>Who buys. An invented person at a domain that no one can have.</summary>
internal sealed record ShopCustomer(long Id, string FirstName, string LastName, string Email)
{
    /// <summary>Says nothing: what is true of a shopper's data holds for an invented one too.</summary>
    public override string ToString() => nameof(ShopCustomer);
}

/// <summary>
/// One version of an order. A change gives a new version with its own instant; what was sent before stays as it was.
/// </summary>
internal sealed record ShopOrder
{
    public required long Id { get; init; }

    /// <summary>What people call it is <c>#</c> and this number.</summary>
    public required long Number { get; init; }

    public required Currency Currency { get; init; }

    public required TimeZoneInfo Zone { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    public required ShopCustomer Customer { get; init; }

    public required ImmutableArray<ShopLine> Lines { get; init; }

    /// <summary>The code as the shopper typed it; null where none was used.</summary>
    public string? Code { get; init; }

    /// <summary>A click id or link slug in the cart's attributes.</summary>
    public string? CartReference { get; init; }

    /// <summary>A click id or link slug in the query of the landing page.</summary>
    public string? LandingReference { get; init; }

    public long ShippingMinor { get; init; }

    public bool Paid { get; init; }

    public bool Test { get; init; }

    public ImmutableArray<ShopRefund> Refunds { get; init; } = [];

    /// <summary>What all units together may still give back.</summary>
    public bool IsRefundedInFull => Lines.All(line => RefundedQuantity(line.Id) == line.Quantity);

    public ShopOrder PaidAt(DateTimeOffset at) => this with { Paid = true, UpdatedAt = at };

    /// <summary>Refunds units of lines; the parts of a line always add to the whole.</summary>
    /// <param name="quantityOf">How many more units of each line come back.</param>
    public ShopOrder RefundedAt(DateTimeOffset at, long refundId, Func<ShopLine, long> quantityOf, long shippingMinor = 0)
    {
        var lines = ImmutableArray.CreateBuilder<ShopRefundLine>();
        foreach (var line in Lines)
        {
            var before = RefundedQuantity(line.Id);
            var after = Math.Min(line.Quantity, before + quantityOf(line));
            if (after > before)
            {
                lines.Add(new ShopRefundLine(
                    line.Id,
                    after - before,
                    Share(line.NetMinor, after, line.Quantity) - Share(line.NetMinor, before, line.Quantity),
                    Share(line.TaxMinor, after, line.Quantity) - Share(line.TaxMinor, before, line.Quantity)));
            }
        }

        return this with { UpdatedAt = at, Refunds = Refunds.Add(new ShopRefund(refundId, at, lines.ToImmutable(), shippingMinor)) };
    }

    /// <summary>The body of <c>orders/create</c>, <c>orders/paid</c> and <c>orders/updated</c>.</summary>
    public ReadOnlyMemory<byte> ToJson()
    {
        var discount = Lines.Sum(line => line.DiscountMinor);
        var subtotal = Lines.Sum(line => line.NetMinor);
        var tax = Lines.Sum(line => line.TaxMinor);
        var node = new JsonObject
        {
            ["id"] = Id,
            ["admin_graphql_api_id"] = $"gid://shopify/Order/{Id}",
            ["name"] = $"#{Number}",
            ["order_number"] = Number,
            ["created_at"] = Instant(CreatedAt),
            ["processed_at"] = Instant(CreatedAt),
            ["updated_at"] = Instant(UpdatedAt),
            ["cancelled_at"] = null,
            ["test"] = Test,
            ["currency"] = Currency.Code,
            ["presentment_currency"] = Currency.Code,
            ["taxes_included"] = true,
            ["source_name"] = "web",
            ["financial_status"] = FinancialStatus,
            ["email"] = Customer.Email,
            ["contact_email"] = Customer.Email,
            ["customer"] = CustomerJson(),
            ["landing_site"] = LandingReference is null ? "/" : $"/?ref={Uri.EscapeDataString(LandingReference)}",
            ["referring_site"] = null,
            ["note_attributes"] = CartReference is null
                ? new JsonArray()
                : new JsonArray(new JsonObject { ["name"] = "_amb_ref", ["value"] = CartReference }),
            ["discount_codes"] = Code is null
                ? new JsonArray()
                : new JsonArray(new JsonObject { ["code"] = Code, ["amount"] = Text(discount), ["type"] = "percentage" }),
            ["discount_applications"] = Code is null ? new JsonArray() : new JsonArray(ApplicationJson()),
            ["line_items"] = new JsonArray([.. Lines.Select(LineJson)]),
            ["shipping_lines"] = new JsonArray(new JsonObject { ["title"] = "Standard", ["price"] = Text(ShippingMinor) }),
            ["refunds"] = new JsonArray([.. Refunds.Select(refund => RefundNode(refund))]),
        };
        Put(node, "total_line_items_price", subtotal + discount);
        Put(node, "total_discounts", discount);
        Put(node, "subtotal_price", subtotal);
        Put(node, "total_tax", tax);
        Put(node, "total_price", subtotal + ShippingMinor);
        return JsonSerializer.SerializeToUtf8Bytes(node);
    }

    /// <summary>The body of <c>refunds/create</c> for a refund of this order.</summary>
    public ReadOnlyMemory<byte> ToJson(ShopRefund refund) => JsonSerializer.SerializeToUtf8Bytes(RefundNode(refund));

    private string FinancialStatus => this switch
    {
        { Paid: false } => "pending",
        { Refunds.IsEmpty: true } => "paid",
        { IsRefundedInFull: true } => "refunded",
        _ => "partially_refunded",
    };

    private long RefundedQuantity(long lineId) =>
        Refunds.SelectMany(refund => refund.Lines).Where(line => line.LineId == lineId).Sum(line => line.Quantity);

    private JsonObject CustomerJson() => new()
    {
        ["id"] = Customer.Id,
        ["email"] = Customer.Email,
        ["first_name"] = Customer.FirstName,
        ["last_name"] = Customer.LastName,
    };

    private JsonObject ApplicationJson() => new()
    {
        ["type"] = "discount_code",
        ["code"] = Code,
        ["value_type"] = "percentage",
        ["allocation_method"] = "across",
        ["target_selection"] = "all",
        ["target_type"] = "line_item",
    };

    private JsonObject LineJson(ShopLine line)
    {
        var node = new JsonObject
        {
            ["id"] = line.Id,
            ["product_id"] = line.ProductId,
            ["title"] = line.Title,
            ["quantity"] = line.Quantity,
            ["gift_card"] = false,
            ["requires_shipping"] = true,
            ["discount_allocations"] = line.DiscountMinor == 0
                ? new JsonArray()
                : new JsonArray(With(new JsonObject { ["discount_application_index"] = 0 }, "amount", line.DiscountMinor)),
            ["tax_lines"] = new JsonArray(With(new JsonObject { ["title"] = "VAT", ["rate"] = 0.19 }, "price", line.TaxMinor)),
        };
        return With(node, "price", line.PriceMinor);
    }

    private JsonObject RefundNode(ShopRefund refund)
    {
        var adjustments = new JsonArray();
        if (refund.ShippingMinor > 0)
        {
            var adjustment = new JsonObject { ["kind"] = "shipping_refund", ["reason"] = "Shipping refund" };
            adjustments.Add(With(With(adjustment, "amount", -refund.ShippingMinor), "tax_amount", 0));
        }

        var transaction = new JsonObject { ["kind"] = "refund", ["status"] = "success", ["currency"] = Currency.Code };
        return new JsonObject
        {
            ["id"] = refund.Id,
            ["order_id"] = Id,
            ["created_at"] = Instant(refund.At),
            ["processed_at"] = Instant(refund.At),
            ["refund_line_items"] = new JsonArray([.. refund.Lines.Select(RefundLineJson)]),
            ["order_adjustments"] = adjustments,
            ["transactions"] = new JsonArray(
                With(transaction, "amount", refund.Lines.Sum(line => line.SubtotalMinor) + refund.ShippingMinor)),
        };
    }

    private JsonObject RefundLineJson(ShopRefundLine line)
    {
        var node = new JsonObject { ["line_item_id"] = line.LineId, ["quantity"] = line.Quantity };
        return With(With(node, "subtotal", line.SubtotalMinor), "total_tax", line.TaxMinor);
    }

    private JsonObject With(JsonObject node, string name, long minor)
    {
        Put(node, name, minor);
        return node;
    }

    private void Put(JsonObject node, string name, long minor)
    {
        node[name] = Text(minor);
        node[name + "_set"] = new JsonObject
        {
            ["shop_money"] = new JsonObject { ["amount"] = Text(minor), ["currency_code"] = Currency.Code },
            ["presentment_money"] = new JsonObject { ["amount"] = Text(minor), ["currency_code"] = Currency.Code },
        };
    }

    private string Text(long minor) => new Money(minor, Currency).ToDecimalString();

    private string Instant(DateTimeOffset at) =>
        TimeZoneInfo.ConvertTime(at, Zone).ToString("yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture);

    private static long Share(long total, long part, long whole) => total * part / whole;
}
