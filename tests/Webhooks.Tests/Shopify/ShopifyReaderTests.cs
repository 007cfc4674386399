// Shopify's payloads, read into events.
using System.Text;
using System.Text.Json.Nodes;
using NUnit.Framework;

namespace StorePlugin.Webhooks.Tests.Shopify;

[TestFixture]
internal sealed class ShopifyReaderTests
{
    private const string PaidOrder = "orders.paid-own-code";
    private static readonly ReferenceSource[] LandingOnly = [ReferenceSource.LandingPage];
    private static readonly ReferenceSource[] CartThenLanding = [ReferenceSource.Cart, ReferenceSource.LandingPage];
    private const string BareRefund = "refunds.create-one-line";
    private static readonly SendingShop Lux = new("lux.myshopify.com");

    [TestCaseSource(nameof(Names))]
    public void A_payload_says_what_its_golden_file_says(string name) =>
        Golden.AssertEvent(Read(Topic(name), TestData.Bytes("shopify", name + ".json")), "shopify", name + ".event.json");

    [Test]
    public void The_first_test_vector_of_the_rules_has_a_base_of_ninety()
    {
        var order = Order(Payload(PaidOrder));

        var line = order.Lines.Single();
        Assert.That(line.GrossMinor - line.DiscountMinor - line.IncludedTaxMinor, Is.EqualTo(9000));
    }

    [TestCase("paid", true, false)]
    [TestCase("partially_refunded", true, false)]
    [TestCase("refunded", true, true)]
    [TestCase("voided", false, false)]
    [TestCase("pending", false, false)]
    [TestCase("authorized", false, false)]
    [TestCase("partially_paid", false, false)]
    [TestCase(null, false, false)]
    public void The_financial_status_tells_whether_the_money_has_come(string? status, bool paid, bool refundedInFull)
    {
        var order = Order(Payload(PaidOrder, payload => payload["financial_status"] = status));

        Assert.That((order.Paid, order.RefundedInFull), Is.EqualTo((paid, refundedInFull)));
    }

    [TestCase("/?ref=abc", "abc")]
    [TestCase("https://lux.example/x?a=1&ref=a%5Fb-c", "a_b-c")]
    [TestCase("/?ref=first&ref=second", "first")]
    [TestCase("/?xref=abc", null)]
    [TestCase("/ref=abc", null)]
    [TestCase("/?a=1#?ref=abc", null)]
    [TestCase("/?ref=", null)]
    [TestCase("/?ref=%zz", null)]
    [TestCase("", null)]
    public void The_landing_page_carries_a_reference_in_its_query(string landingSite, string? expected)
    {
        var order = Order(Payload(PaidOrder, payload =>
        {
            payload["landing_site"] = landingSite;
            payload["note_attributes"] = new JsonArray();
        }));

        Assert.That(order.References.Select(reference => reference.Value), Is.EqualTo(expected is null ? Array.Empty<string>() : [expected]));
    }

    [TestCase("\"   \"")]
    [TestCase("7")]
    [TestCase("null")]
    [TestCase("\"\\ud800\"")]
    public void A_cart_attribute_that_is_no_reference_is_passed_over(string value)
    {
        var body = Text(PaidOrder).Replace("\" clk_0192f7a1cart \"", value, StringComparison.Ordinal);

        Assert.That(Order(body).References.Select(reference => reference.Source), Is.EqualTo(LandingOnly));
    }

    [TestCase(200, 1)]
    [TestCase(201, 0)]
    public void A_reference_longer_than_any_of_ours_is_passed_over(int length, int count)
    {
        var order = Order(Payload(PaidOrder, payload => payload["note_attributes"]![1]!["value"] = new string('x', length)));

        Assert.That(order.References.Count(reference => reference.Source == ReferenceSource.Cart), Is.EqualTo(count));
    }

    [Test]
    public void The_cart_is_stronger_evidence_than_the_landing_page() =>
        Assert.That(Order(Payload(PaidOrder)).References.Select(reference => reference.Source), Is.EqualTo(CartThenLanding));

    [TestCase("688128104", "688128104")]
    [TestCase("\"688128104\"", "688128104")]
    [TestCase("\"gid://shopify/SellingPlan/688128104\"", "688128104")]
    [TestCase("\"gid://shopify/SellingPlan/\"", null)]
    [TestCase("\"monthly\"", null)]
    [TestCase("-1", null)]
    [TestCase("{}", null)]
    public void A_selling_plan_is_known_by_its_number_wherever_it_stands(string value, string? expected)
    {
        var plain = Order(Payload(PaidOrder, payload => payload["line_items"]![0]!["selling_plan_id"] = JsonNode.Parse(value)));
        var inside = Order(Payload(PaidOrder, payload => payload["line_items"]![0]!["selling_plan_allocation"] =
            new JsonObject { ["selling_plan"] = new JsonObject { ["id"] = JsonNode.Parse(value) } }));

        Assert.That((plain.Lines[0].SellingPlanId, inside.Lines[0].SellingPlanId), Is.EqualTo((expected, expected)));
        Assert.That((plain.Channel, plain.Renewal), Is.EqualTo((OrderChannel.Online, (OrderRenewal?)null)), "the first order of a subscription is no renewal");
    }

    [TestCase("subscription_contract", true)]
    [TestCase("subscription_contract_checkout_one", true)]
    [TestCase("web", false)]
    [TestCase(null, false)]
    public void A_renewal_is_known_by_its_source(string? source, bool renews)
    {
        var order = Order(Payload("orders.paid-renewal-with-selling-plans", payload => payload["source_name"] = source));

        Assert.That(order.Channel == OrderChannel.Renewal, Is.EqualTo(renews));
        Assert.That(order.Renewal?.SellingPlanIds.ToArray(), Is.EqualTo(renews ? new[] { "688128104", "688128105" } : null));
    }

    [TestCase("12,50", "'12,50' in line_items[0].price_set.shop_money.amount is not an amount of EUR")]
    [TestCase("1e3", "not an amount")]
    [TestCase(" 1", "not an amount")]
    [TestCase("1.234", "not an amount")]
    [TestCase("+1", "not an amount")]
    [TestCase("", "not an amount")]
    [TestCase(null, "missing")]
    [TestCase("-1.00", "line_items[0].price is negative")]
    public void A_bad_amount_is_named(string? amount, string reason)
    {
        var payload = Payload(PaidOrder, payload => payload["line_items"]![0]!["price_set"]!["shop_money"]!["amount"] = amount);

        Assert.That(() => Order(payload), Unreadable(reason));
    }

    [TestCase("12,50", "'12,50' in line_items[0].price is not an amount of EUR")]
    [TestCase("1.234", "'1.234' in line_items[0].price is not an amount of EUR")]
    [TestCase("", "'' in line_items[0].price is not an amount of EUR")]
    [TestCase(null, "line_items[0].price is missing")]
    public void A_bad_plain_amount_is_named(string? amount, string reason)
    {
        var payload = Payload(PaidOrder, payload =>
        {
            payload["line_items"]![0]!.AsObject().Remove("price_set");
            payload["line_items"]![0]!["price"] = amount;
        });

        Assert.That(() => Order(payload), Unreadable(reason));
    }

    [Test]
    public void An_amount_that_is_a_number_is_refused() =>
        Assert.That(
            () => Order(Payload(PaidOrder, payload => payload["discount_codes"]![0]!["amount"] = 10.0)),
            Unreadable("discount_codes[0].amount is not an amount of EUR"));

    [Test]
    public void An_amount_in_a_list_inside_a_list_is_found() =>
        Assert.That(
            () => Order(Payload(PaidOrder, payload => payload["line_items"]![0]!["discount_allocations"]![0]!["amount_set"]!["shop_money"]!["amount"] = "x")),
            Unreadable("'x' in line_items[0].discount_allocations[0].amount_set.shop_money.amount"));

    [Test]
    public void Decimals_beyond_a_yen_are_refused() =>
        Assert.That(() => Order(Text("orders.paid-yen").Replace("\"1999\"", "\"1999.5\"", StringComparison.Ordinal)), Unreadable("'1999.5'"));

    [TestCase("EURO")]
    [TestCase("eur")]
    [TestCase("")]
    [TestCase("XTS")]
    public void An_unknown_currency_is_named(string currency) =>
        Assert.That(() => Order(Payload(PaidOrder, payload => payload["currency"] = currency)), Unreadable($"'{currency}' in currency"));

    [Test]
    public void A_missing_currency_is_named() =>
        Assert.That(() => Order(WithoutSets(payload => payload.Remove("currency"))), Unreadable("currency is missing"));

    [Test]
    public void Plain_amounts_are_read_where_there_are_no_sets()
    {
        var plain = Order(WithoutSets(_ => { }));

        Assert.That(plain.Lines, Is.EqualTo(Order(Payload(PaidOrder)).Lines));
    }

    [Test]
    public void A_line_in_another_currency_than_its_order_is_refused() =>
        Assert.That(
            () => Order(Payload(PaidOrder, payload => payload["line_items"]![0]!["price_set"]!["shop_money"]!["currency_code"] = "USD")),
            Unreadable("is in USD, but the order is in EUR"));

    [Test]
    public void Where_the_order_contradicts_itself_only_the_shops_own_money_is_read()
    {
        var consistent = Order(Payload(PaidOrder, payload => payload["currency"] = "USD"));

        Assert.That(consistent.Currency.Code, Is.EqualTo("EUR"));
        Assert.That(
            () => Order(Payload(PaidOrder, payload =>
            {
                payload["currency"] = "USD";
                payload["line_items"]![0]!.AsObject().Remove("price_set");
            })),
            Unreadable("the order names two currencies"));
    }

    [TestCase("-1")]
    [TestCase("1.5")]
    [TestCase("\"1\"")]
    [TestCase("null")]
    [TestCase("99999999999999999999")]
    public void A_bad_quantity_is_named(string quantity) =>
        Assert.That(
            () => Order(Payload(PaidOrder, payload => payload["line_items"]![0]!["quantity"] = JsonNode.Parse(quantity))),
            Unreadable("line_items[0].quantity"));

    [Test]
    public void Amounts_that_cannot_be_counted_are_refused() =>
        Assert.That(
            () => Order(Payload(PaidOrder, payload =>
            {
                payload["line_items"]![0]!["quantity"] = long.MaxValue;
            })),
            Unreadable("too large"));

    [TestCase("id", "id is missing")]
    [TestCase("updated_at", "updated_at is missing")]
    [TestCase("line_items", "line_items is missing")]
    public void A_missing_field_is_named(string name, string reason)
    {
        Assert.That(() => Order(Payload(PaidOrder, payload => payload.Remove(name))), Unreadable(reason));
        Assert.That(() => Order(Payload(PaidOrder, payload => payload[name] = null)), Unreadable(reason));
    }

    [TestCase("1.5")]
    [TestCase("-7")]
    [TestCase("0")]
    [TestCase("\"abc\"")]
    [TestCase("\"\"")]
    [TestCase("\"a b\"")]
    [TestCase("true")]
    [TestCase("{}")]
    [TestCase("92233720368547758079")]
    public void What_is_no_id_of_an_order_is_named(string id)
    {
        Assert.That(() => Order(Payload(PaidOrder, payload => payload["id"] = JsonNode.Parse(id))), Unreadable("id is not the id of an order"));
        Assert.That(() => Read("orders/delete", $$"""{"id":{{id}}}"""), Unreadable("id is not the id of an order"));
        Assert.That(
            () => Read("refunds/create", $$"""{"id":1,"order_id":{{id}},"created_at":"2026-11-21T10:00:00Z","transactions":[]}"""),
            Unreadable("order_id is not the id of an order"));
    }

    [TestCase("1.5")]
    [TestCase("\"a b\"")]
    [TestCase("true")]
    public void What_is_no_id_is_named(string id) =>
        Assert.That(
            () => Order(Payload(PaidOrder, payload => payload["line_items"]![0]!["id"] = JsonNode.Parse(id))), Unreadable("line_items[0].id is not an id"));

    // The columns of ids have 60 characters, and a deletion's stands behind a prefix.
    [TestCase(50, true)]
    [TestCase(51, false)]
    public void An_id_that_fits_no_column_is_dead_at_once(int length, bool fits)
    {
        var payload = Payload(PaidOrder, payload => payload["line_items"]![0]!["id"] = new string('7', length));

        Assert.That(() => Order(payload), fits ? Throws.Nothing : Unreadable("line_items[0].id is not an id (expected a whole number, or a word of at most 50 characters)."));
    }

    [TestCase("2026-11-20T21:14:05")]
    [TestCase("2026-11-20")]
    [TestCase("2026-13-20T21:14:05Z")]
    [TestCase("yesterday")]
    [TestCase("")]
    public void An_instant_without_its_offset_is_refused(string instant) =>
        Assert.That(() => Order(Payload(PaidOrder, payload => payload["updated_at"] = instant)), Unreadable("updated_at is not an instant"));

    [TestCase("2026-11-20T21:14:05.123456789Z", "2026-11-20T21:14:05.1234567+00:00")]
    [TestCase("2026-11-20T21:14:05-05:00", "2026-11-21T02:14:05.0000000+00:00")]
    public void An_instant_is_kept_in_utc(string instant, string expected) =>
        Assert.That(
            Order(Payload(PaidOrder, payload => payload["updated_at"] = instant)).UpdatedAt.ToString("O", System.Globalization.CultureInfo.InvariantCulture),
            Is.EqualTo(expected));

    [TestCase("")]
    [TestCase("not json")]
    [TestCase("{\"id\":1")]
    [TestCase("{\"id\":1}}")]
    [TestCase("{'id':1}")]
    public void A_body_that_is_no_JSON_is_refused_in_words(string body) =>
        Assert.That(() => Order(body), Unreadable("The body is not JSON"));

    [TestCase("[]")]
    [TestCase("7")]
    [TestCase("null")]
    [TestCase("\"order\"")]
    public void A_body_that_is_no_object_is_refused_in_words(string body) =>
        Assert.That(() => Order(body), Unreadable("The body is not a JSON object"));

    [TestCase("line_items", "{}", "line_items is not a list")]
    [TestCase("line_items", "[7]", "line_items[0] is not an object")]
    [TestCase("refunds", "\"x\"", "refunds is not a list")]
    public void A_list_that_is_none_is_named(string name, string value, string reason) =>
        Assert.That(() => Order(Payload(PaidOrder, payload => payload[name] = JsonNode.Parse(value))), Unreadable(reason));

    [Test]
    public void Of_a_repeated_key_the_last_counts() =>
        Assert.That(Order(Text(PaidOrder).TrimEnd()[..^1] + ",\"id\":7}").Id, Is.EqualTo("7"));

    [Test]
    public void A_reason_never_quotes_the_shopper()
    {
        foreach (var field in new[] { "id", "updated_at", "currency", "line_items" })
        {
            var payload = Payload(PaidOrder, payload => payload[field] = new JsonObject());
            Assert.That(
                () => Order(payload),
                Throws.TypeOf<UnreadableDeliveryException>().With.Property(nameof(Exception.Message)).Not.Contains("example.test"));
        }

        Assert.That(
            () => Order("{\"email\":\"ann@example.test\" oops}"),
            Throws.TypeOf<UnreadableDeliveryException>().With.Property(nameof(Exception.Message)).Not.Contains("ann").And.InnerException.Null);
    }

    [Test]
    public void A_refund_needs_the_id_of_its_order() =>
        Assert.That(() => Read("refunds/create", Payload(BareRefund, payload => payload.Remove("order_id"))), Unreadable("order_id is missing"));

    [Test]
    public void A_refund_without_any_currency_is_refused() =>
        Assert.That(
            () => Read("refunds/create", """{"id":1,"order_id":2,"created_at":"2026-11-21T10:00:00Z","refund_line_items":[{"line_item_id":3,"quantity":1,"subtotal":"1.00"}]}"""),
            Unreadable("The refund names no currency"));

    [Test]
    public void A_sum_in_the_shoppers_currency_alone_cannot_be_booked() =>
        Assert.That(
            () => Order(Payload("orders.updated-refunded", payload =>
            {
                payload["refunds"]![0]!["refund_line_items"] = new JsonArray();
                payload["refunds"]![0]!["transactions"]![0]!["currency"] = "USD";
            })),
            Unreadable("is in USD, but the order is in EUR"));

    [Test]
    public void A_sum_in_the_shoppers_currency_is_left_to_the_lines()
    {
        var order = Order(Payload("orders.updated-refunded", payload => payload["refunds"]![0]!["transactions"]![0]!["currency"] = "USD"));

        Assert.That(order.Refunds.Single().UnallocatedMinor, Is.Zero);
        Assert.That(order.Refunds.Single().Lines.Single().BaseMinor, Is.EqualTo(3000));
    }

    [Test]
    public void Only_Shopify_itself_tells_of_shops_and_privacy()
    {
        var body = TestData.Bytes("shopify", "shop.redact-shop.json");

        Assert.That(DeliveryReader.Read(new Delivery("sto_1", WebhookSource.Rehearsal, "k", "shop/redact", body)), Is.TypeOf<Irrelevant>());
        Assert.That(DeliveryReader.Read(new Delivery("sto_1", WebhookSource.Rehearsal, "k", "app/uninstalled", body)), Is.TypeOf<StoreUninstalled>());
        Assert.That(
            DeliveryReader.Read(new Delivery("sto_1", WebhookSource.Rehearsal, "k", "orders/paid", TestData.Bytes("shopify", PaidOrder + ".json"))),
            Is.TypeOf<OrderChanged>());
    }

    [TestCase("app.uninstalled-shop")]
    [TestCase("shop.update-shop")]
    [TestCase("customers.data_request-one")]
    [TestCase("customers.redact-mail-only")]
    [TestCase("shop.redact-shop")]
    public void A_body_that_names_its_shop_is_read_for_that_shop_only(string name)
    {
        var body = TestData.Bytes("shopify", name + ".json");

        Assert.That(() => Read(Topic(name), body, new SendingShop("LUX.myshopify.com")), Throws.Nothing);
        Assert.That(() => Read(Topic(name), body, new SendingShop("other.myshopify.com")), Unreadable("another shop").And.Message.Not.Contains("lux"));
        Assert.That(() => Read(Topic(name), body, shop: null), Unreadable("another shop"));
    }

    [TestCase("app.uninstalled-shop", "548380009")]
    [TestCase("shop.update-shop", "548380009")]
    [TestCase("shop.redact-shop", "954889")]
    [TestCase("app.scopes_update-granted", "548380009")]
    public void A_body_that_names_its_shop_by_number_is_read_for_that_shop_only(string name, string id)
    {
        var body = TestData.Bytes("shopify", name + ".json");

        Assert.That(() => Read(Topic(name), body, Lux with { Id = id }), Throws.Nothing);
        Assert.That(() => Read(Topic(name), body, Lux with { Id = "7" }), Unreadable("another shop"));
    }

    [TestCase("app.uninstalled-shop", "myshopify_domain")]
    [TestCase("shop.update-shop", "myshopify_domain")]
    [TestCase("customers.data_request-one", "shop_domain")]
    [TestCase("customers.redact-mail-only", "shop_domain")]
    [TestCase("shop.redact-shop", "shop_domain")]
    [TestCase("app.scopes_update-granted", "previous")]
    [TestCase("app.scopes_update-granted", "current")]
    [TestCase("orders.paid-own-code", "created_at")]
    [TestCase("refunds.create-one-line", "order_id")]
    public void A_body_without_what_its_topic_always_carries_is_refused(string name, string field)
    {
        Assert.That(() => Read(Topic(name), Payload(name, payload => payload.Remove(field))), Unreadable($"{field} is missing"));
        Assert.That(() => Read(Topic(name), Payload(name, payload => payload[field] = null)), Unreadable($"{field} is missing"));
    }

    [TestCase("\"lux.myshopify.com.evil.example\"")]
    [TestCase("\"\"")]
    [TestCase("7")]
    [TestCase("[\"lux.myshopify.com\"]")]
    public void What_is_no_shops_domain_is_not_this_shop(string named) =>
        Assert.That(
            () => Read("app/uninstalled", Payload("app.uninstalled-shop", payload => payload["myshopify_domain"] = JsonNode.Parse(named))),
            Unreadable("another shop"));

    [TestCase("myshopify_domain")]
    [TestCase("shop_domain")]
    public void An_order_that_names_another_shop_is_refused_wherever_Shopify_may_put_the_name(string field) =>
        Assert.That(() => Order(Payload(PaidOrder, payload => payload[field] = "other.myshopify.com")), Unreadable("another shop"));

    // Only what cannot tell the topics apart is left out: the topics of orders carry the same order, and two carry the shop.
    [Test]
    public void A_signed_body_sent_again_under_the_topic_of_another_does_nothing()
    {
        string[] bodies =
        [
            "app.uninstalled-shop", "app.scopes_update-granted", "customers.data_request-one", "customers.redact-mail-only",
            "shop.redact-shop", PaidOrder, "orders.delete-gone", BareRefund,
        ];
        string[] acting =
        [
            "app/uninstalled", "shop/update", "app/scopes_update", "customers/data_request", "customers/redact", "shop/redact",
            "orders/create", "orders/paid", "orders/updated", "orders/cancelled", "orders/delete", "refunds/create",
        ];

        foreach (var name in bodies)
        {
            foreach (var topic in acting.Where(topic => Kind(topic) != Kind(Topic(name))))
            {
                Assert.That(
                    () => Read(topic, TestData.Bytes("shopify", name + ".json"), Lux), Throws.TypeOf<UnreadableDeliveryException>(), $"{name} under {topic}");
            }
        }

        static string Kind(string topic) => topic switch
        {
            "app/uninstalled" or "shop/update" => "shop",
            "orders/create" or "orders/paid" or "orders/updated" or "orders/cancelled" => "order",
            _ => topic,
        };
    }

    private static IEnumerable<string> Names() =>
        Directory.EnumerateFiles(Path.Combine(TestData.Folder, "shopify"), "*.json")
            .Select(file => Path.GetFileNameWithoutExtension(file))
            .Where(name => !name.EndsWith(".event", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal);

    // orders.paid-two-codes is a delivery of the topic orders/paid.
    private static string Topic(string name) => name[..name.IndexOf('-', StringComparison.Ordinal)].Replace('.', '/');

    private static string Text(string name) => Encoding.UTF8.GetString(TestData.Bytes("shopify", name + ".json"));

    private static string Payload(string name, Action<JsonObject>? change = null)
    {
        var payload = JsonNode.Parse(Text(name))!.AsObject();
        change?.Invoke(payload);
        return payload.ToJsonString();
    }

    private static string WithoutSets(Action<JsonObject> change) => Payload(PaidOrder, payload =>
    {
        Strip(payload);
        change(payload);
    });

    private static void Strip(JsonNode? node)
    {
        if (node is JsonObject thing)
        {
            foreach (var name in thing.Select(pair => pair.Key).Where(name => name.EndsWith("_set", StringComparison.Ordinal)).ToArray())
            {
                thing.Remove(name);
            }

            foreach (var pair in thing)
            {
                Strip(pair.Value);
            }
        }
        else if (node is JsonArray list)
        {
            foreach (var item in list)
            {
                Strip(item);
            }
        }
    }

    private static StoreEvent Read(string topic, string body) => Read(topic, Encoding.UTF8.GetBytes(body));

    private static StoreEvent Read(string topic, byte[] body) =>
        Read(topic, body, Lux);

    private static StoreEvent Read(string topic, byte[] body, SendingShop? shop) =>
        DeliveryReader.Read(new Delivery("sto_1", WebhookSource.Shopify, "k", topic, body) { Shop = shop });

    private static Order Order(string body) => ((OrderChanged)Read("orders/updated", body)).Order;

    private static NUnit.Framework.Constraints.ContainsConstraint Unreadable(string reason) =>
        Throws.TypeOf<UnreadableDeliveryException>().With.Message.Contains(reason);
}
