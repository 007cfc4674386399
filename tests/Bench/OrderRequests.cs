// Requests as Shopify sends them: 2.6 kB of one order, signed, each with ids of its own.
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace StorePlugin.Bench;

/// <summary>
/// Renders requests by writing over the same text, so that making one costs little more than its HMAC. The placeholders
/// are as wide as what is written over them.
/// </summary>
internal sealed class OrderRequests
{
    private const string OrderMark = "<--order-id->";
    private const string CodeMark = "<cod>";
    private const string ClickMark = "<------------ click id ------------>";
    private const string CodesOfOrder = """[{"code":"<cod>","amount":"11.99","type":"percentage"}]""";
    private const string SignatureMark = "<------------------signature--------------->";
    private const string DeliveryMark = "<---------- delivery id ----------->";

    private const string Body =
        """
        {"id":<--order-id->,"admin_graphql_api_id":"gid://shopify/Order/<--order-id->","app_id":580111,
        "browser_ip":"203.0.113.24","buyer_accepts_marketing":false,"cancel_reason":null,"cancelled_at":null,
        "cart_token":"c1-<--order-id->","checkout_id":3<--order-id->,"closed_at":null,"confirmed":true,
        "contact_email":"shopper.<--order-id->@example.com","created_at":"{now}","currency":"EUR",
        "current_subtotal_price":"107.91","current_total_discounts":"11.99","current_total_price":"112.86",
        "current_total_tax":"0.00","customer_locale":"de-DE",
        "discount_codes":{codes},
        "email":"shopper.<--order-id->@example.com","financial_status":"paid","fulfillment_status":null,
        "landing_site":"/products/mug?utm_source=link&ref={reference}","name":"#<--order-id->","note":null,"note_attributes":[],
        "number":1,"order_number":1001,"payment_gateway_names":["shopify_payments"],"phone":null,"presentment_currency":"EUR",
        "processed_at":"{now}","referring_site":"https://social.example/","source_name":"web","subtotal_price":"107.91",
        "tags":"","taxes_included":false,"test":false,"total_discounts":"11.99","total_line_items_price":"119.90",
        "total_price":"112.86","total_tax":"0.00","updated_at":"{now}",
        "billing_address":{"first_name":"Ada","last_name":"Example","address1":"Musterstraße 12","address2":null,"zip":"10115",
        "city":"Berlin","province":null,"country":"Germany","phone":null,"country_code":"DE","name":"Ada Example"},
        "shipping_address":{"first_name":"Ada","last_name":"Example","address1":"Musterstraße 12","address2":null,"zip":"10115",
        "city":"Berlin","province":null,"country":"Germany","phone":null,"country_code":"DE","name":"Ada Example"},
        "customer":{"id":7<--order-id->,"email":"shopper.<--order-id->@example.com","first_name":"Ada","last_name":"Example",
        "phone":null,"tags":""},
        "line_items":[{"id":1<--order-id->,"product_id":8801,"variant_id":9901,"title":"Mug","sku":"MUG-1","quantity":2,
        "price":"39.95","total_discount":"0.00","gift_card":false,"requires_shipping":true,"taxable":true,"tax_lines":[],
        "discount_allocations":[{"amount":"7.99","discount_application_index":0}]},
        {"id":2<--order-id->,"product_id":8802,"variant_id":9902,"title":"Scarf","sku":"SCARF-1","quantity":1,
        "price":"40.00","total_discount":"0.00","gift_card":false,"requires_shipping":true,"taxable":true,"tax_lines":[],
        "discount_allocations":[{"amount":"4.00","discount_application_index":0}]}],
        "shipping_lines":[{"id":5,"code":"Standard","price":"4.95","title":"Standard","discount_allocations":[]}],"refunds":[]}
        """;

    private readonly byte[] _text;
    private readonly int _bodyAt;
    private readonly int[] _orders;
    private readonly int[] _codes;
    private readonly int[] _clicks;
    private readonly Func<long, string>? _clickOf;
    private readonly int _signature;
    private readonly int _delivery;

    /// <param name="clickOf">The click that an order of a number names in place of a code; null: each carries a code.</param>
    public OrderRequests(Func<long, string>? clickOf = null)
    {
        _clickOf = clickOf;

        // Dated a minute ago, so that no order lies in the future of the server that reads it.
        var now = TimeProvider.System.GetUtcNow().AddMinutes(-1).ToString("yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture);
        var body = Body.ReplaceLineEndings("").Replace("{now}", now, StringComparison.Ordinal)
            .Replace("{codes}", clickOf is null ? CodesOfOrder : "[]", StringComparison.Ordinal)
            .Replace("{reference}", clickOf is null ? CodeMark : ClickMark, StringComparison.Ordinal);
        BodyBytes = Encoding.UTF8.GetByteCount(body);
        var head = string.Create(
            CultureInfo.InvariantCulture,
            $"""
            POST /webhooks/shopify HTTP/1.1
            Host: 127.0.0.1
            User-Agent: Shopify-Captain-Hook
            Accept: */*
            Content-Type: application/json
            Content-Length: {BodyBytes}
            X-Shopify-Api-Version: 2026-10
            X-Shopify-Hmac-Sha256: {SignatureMark}
            X-Shopify-Shop-Domain: {Shop.Domain}
            X-Shopify-Topic: orders/paid
            X-Shopify-Webhook-Id: {DeliveryMark}


            """).ReplaceLineEndings("\r\n");
        _text = Encoding.UTF8.GetBytes(head + body);
        _bodyAt = _text.Length - BodyBytes;
        _orders = Places(OrderMark);
        _codes = Places(CodeMark);
        _clicks = Places(ClickMark);
        _signature = Places(SignatureMark).Single();
        _delivery = Places(DeliveryMark).Single();
    }

    public int BodyBytes { get; }

    /// <summary>The request for the order with this number; the same number gives the same request.</summary>
    public byte[] Render(long number)
    {
        var request = (byte[])_text.Clone();
        foreach (var place in _orders)
        {
            Write(request.AsSpan(place, OrderMark.Length), 5_000_000_000_000 + number, "D13");
        }

        var code = Shop.Code(number);
        foreach (var place in _codes)
        {
            Encoding.ASCII.GetBytes(code, request.AsSpan(place));
        }

        foreach (var place in _clicks)
        {
            Encoding.ASCII.GetBytes(_clickOf!(number), request.AsSpan(place));
        }

        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(Shop.Secret, request.AsSpan(_bodyAt), hash);
        System.Buffers.Text.Base64.EncodeToUtf8(hash, request.AsSpan(_signature, SignatureMark.Length), out _, out _);

        // Shopify's delivery ids are random; the hash of a text that occurs once is as good.
        new Guid(hash[..16]).TryFormat(request.AsSpan(_delivery, DeliveryMark.Length), out _);
        return request;
    }

    /// <summary>Requests made before they are needed, with the numbers from 0 up.</summary>
    public byte[][] Prepare(int count)
    {
        var requests = new byte[count][];
        Parallel.For(0, count, i => requests[i] = Render(i));
        return requests;
    }

    private int[] Places(string mark)
    {
        var bytes = Encoding.UTF8.GetBytes(mark);
        var places = new List<int>();
        for (var at = _text.AsSpan().IndexOf(bytes); at >= 0;)
        {
            places.Add(at);
            var next = _text.AsSpan(at + 1).IndexOf(bytes);
            at = next < 0 ? -1 : at + 1 + next;
        }

        return [.. places];
    }

    private static void Write(Span<byte> place, long number, string format)
    {
        if (!number.TryFormat(place, out var length, format, CultureInfo.InvariantCulture) || length != place.Length)
        {
            throw new UnreachableException("A placeholder has another width than its number.");
        }
    }
}
