// A shop and its shoppers as the tests drive them: every delivery is signed and goes over HTTP.
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using StorePlugin.Ambassadors;
using StorePlugin.Campaigns;
using StorePlugin.Data;
using StorePlugin.Orders;
using StorePlugin.Stores;

namespace StorePlugin.Tests.Rig;

/// <summary>A rehearsal store with a live campaign; ambassadors are planted straight into the database.</summary>
internal sealed class Shop
{
    private readonly StoreApp _app;
    private readonly byte[] _secret;
    private long _deliveries;

    private Shop(StoreApp app, Store store, string campaignId, byte[] secret) =>
        (_app, Store, CampaignId, _secret) = (app, store, campaignId, secret);

    public Store Store { get; }

    public string CampaignId { get; }

    public static async Task<Shop> OpenAsync(StoreApp app, string name = "lux", Terms? terms = null, string currency = "EUR")
    {
        const string Secret = "rehearsal-secret";
        var installation = app.Get<Installation>();
        var start = await installation.BeginAsync("rehearsal", "test", $"{name}.rehearsal.example", default);
        var store = await installation.CompleteAsync(
            start.Store,
            new Grant("token", null, null, null, "orders", Secret, new StoreFacts(name, currency, "Europe/Berlin", null)),
            default);
        var now = app.Clock.GetUtcNow();
        var campaignId = Ids.New("cmp", now);
        await app.Db.InTransactionAsync(async tx =>
        {
            await tx.DoAsync(
                "INSERT INTO campaigns (store_id, id, name, state, created_at, launched_at) VALUES (@storeId, @campaignId, 'Spring', 'live', @now, @now)",
                new { storeId = store.Id, campaignId, now });
            await tx.DoAsync(
                """
                INSERT INTO campaign_revisions (store_id, campaign_id, revision, terms, effective_at, created_at, actor)
                VALUES (@storeId, @campaignId, 1, @terms, @now, @now, 'test')
                """,
                new { storeId = store.Id, campaignId, terms = (terms ?? new Terms(1000, 1000, 30, 30)).ToJson(), now });
        });
        return new Shop(app, store, campaignId, Encoding.UTF8.GetBytes(Secret));
    }

    /// <summary>The same shop in a program that runs on a copy of the database.</summary>
    public Shop On(StoreApp app) => new(app, Store, CampaignId, _secret);

    /// <summary>Plants an ambassador with a code and a link of the same text. Returns the id.</summary>
    public async Task<string> AmbassadorAsync(string code, string? email = null)
    {
        var now = _app.Clock.GetUtcNow();
        var id = Ids.New("amb", now);
        email ??= $"{code.ToLowerInvariant()}@ambassadors.example";
        var args = new
        {
            storeId = Store.Id,
            id,
            campaignId = CampaignId,
            code,
            key = CodeKey.Of(code),
            email,
            emailKey = PersonKey.OfEmail(email),
            personHash = _app.Get<StoreKeys>().Hash(Store, "email", PersonKey.OfEmail(email)),
            now,
        };
        await _app.Db.InTransactionAsync(async tx =>
        {
            await tx.DoAsync(
                """
                INSERT INTO ambassadors (store_id, id, campaign_id, name, email, email_key, person_hash, state, approved_at, created_at)
                VALUES (@storeId, @id, @campaignId, @code, @email, @emailKey, @personHash, 'approved', @now, @now)
                """,
                args);
            await tx.DoAsync(
                """
                INSERT INTO codes (store_id, code_key, code, ambassador_id, campaign_id, assigned_at, discount_state)
                VALUES (@storeId, @key, @code, @id, @campaignId, @now, 'created')
                """,
                args);
            await tx.DoAsync(
                """
                INSERT INTO link_slugs (slug_key, slug, store_id, campaign_id, ambassador_id, created_at)
                VALUES (@key, @code, @storeId, @campaignId, @id, @now)
                """,
                args);
        });
        return id;
    }

    /// <summary>Plants a click on an ambassador's link at the present instant. Returns the click's id.</summary>
    public async Task<string> ClickAsync(string ambassadorId)
    {
        var id = "clk_" + Ids.NewUnguessable();
        var now = _app.Clock.GetUtcNow();
        await _app.Get<ClickLog>().RecordAsync(
            new Click(Store.Id, id, ambassadorId, CampaignId, now, Store.LocalDay(now), Referrer.None, IsFirst: false, HasConsent: false), default);
        return id;
    }

    /// <summary>Posts a signed delivery. Returns the answer's status.</summary>
    public async Task<HttpStatusCode> DeliverAsync(string topic, string json, string? deliveryId = null)
    {
        using var request = Delivery(topic, json, deliveryId ?? $"d-{Store.Id}-{Interlocked.Increment(ref _deliveries)}");
        using var response = await _app.Http.SendAsync(request);
        return response.StatusCode;
    }

    /// <summary>A signed delivery that has not been sent.</summary>
    public HttpRequestMessage Delivery(string topic, string json, string deliveryId)
    {
        var body = Encoding.UTF8.GetBytes(json);
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri($"/webhooks/rehearsal/{Store.Id}", UriKind.Relative))
        {
            Content = new ByteArrayContent(body),
        };
        request.Headers.Add("X-Rehearsal-Topic", topic);
        request.Headers.Add("X-Rehearsal-Delivery-Id", deliveryId);
        request.Headers.Add("X-Rehearsal-Hmac-Sha256", Convert.ToBase64String(HMACSHA256.HashData(_secret, body)));
        return request;
    }

    /// <summary>Delivers an order and lets the workers finish.</summary>
    public async Task PaysAsync(TestOrder order)
    {
        Assert.That(await DeliverAsync("orders/paid", order.ToJson()), Is.EqualTo(HttpStatusCode.OK));
        await _app.DrainAsync();
    }

    public async Task<Receipt> ReceiptAsync(string orderId) => Receipt.FromJson(
        await _app.Db.OneAsync<string>(
            "SELECT content FROM receipts WHERE store_id = @storeId AND order_id = @orderId", new { storeId = Store.Id, orderId })
        ?? throw new AssertionException($"Order {orderId} has no receipt."));

    /// <summary>Makes an order one that is in a payout, without a payout.</summary>
    public Task<int> TakeAsync(string orderId) => _app.Db.DoAsync(
        "UPDATE orders SET state = 'in_payout' WHERE store_id = @storeId AND order_id = @orderId", new { storeId = Store.Id, orderId });

    /// <summary>Ends what <see cref="TakeAsync"/> began.</summary>
    public Task<int> ReturnAsync(string orderId) => _app.Db.DoAsync(
        "UPDATE orders SET state = 'held' WHERE store_id = @storeId AND order_id = @orderId", new { storeId = Store.Id, orderId });

    public async Task<string> StateAsync(string orderId) =>
        (await _app.Db.OneAsync<string>(
            "SELECT state FROM orders WHERE store_id = @storeId AND order_id = @orderId", new { storeId = Store.Id, orderId }))!;

    /// <summary>The balance of an ambassador's account in minor units.</summary>
    public Task<long> BalanceAsync(string ambassadorId, string account) => _app.Db.OneAsync<long>(
        "SELECT COALESCE(SUM(amount_minor), 0) FROM balances WHERE store_id = @storeId AND ambassador_id = @ambassadorId AND account = @account",
        new { storeId = Store.Id, ambassadorId, account });
}

/// <summary>An order in the shape that Shopify sends.</summary>
internal sealed record TestOrder(string Id, DateTimeOffset At)
{
    public string Currency { get; init; } = "EUR";

    public string FinancialStatus { get; init; } = "paid";

    public DateTimeOffset? UpdatedAt { get; init; }

    public DateTimeOffset? CancelledAt { get; init; }

    /// <summary>Unit price, quantity and the discount on the line, as decimal text.</summary>
    public IReadOnlyList<(string Price, int Quantity, string Discount)> Lines { get; init; } = [("100.00", 1, "0.00")];

    public IReadOnlyList<(string Code, string Amount)> Codes { get; init; } = [];

    public string? CartRef { get; init; }

    public string? Landing { get; init; }

    public DateTimeOffset? CheckoutStartedAt { get; init; }

    public string Email { get; init; } = "shopper@example.test";

    /// <summary>The platform's id of the customer; null: withheld.</summary>
    public long? Customer { get; init; } = 77;

    /// <summary>The selling plan of every line.</summary>
    public long? SellingPlan { get; init; }

    public bool Test { get; init; }

    public string Source { get; init; } = "web";

    /// <summary>What it was paid by, as the platform names it; the total where one is stated.</summary>
    public (string[] Gateways, string? Total) Payment { get; init; } = ([], null);

    /// <summary>Refund id, line index and amount.</summary>
    public IReadOnlyList<(string Id, int Line, string Amount)> Refunds { get; init; } = [];

    public TestOrder With(string code, string amount) => this with
    {
        Codes = [.. Codes, (code, amount)],
        Lines = [(Lines[0].Price, Lines[0].Quantity, amount), .. Lines.Skip(1)],
    };

    public string ToJson()
    {
        var order = new JsonObject
        {
            ["id"] = long.Parse(Id, CultureInfo.InvariantCulture),
            ["name"] = "#" + Id,
            ["created_at"] = Text(At),
            ["processed_at"] = Text(At),
            ["updated_at"] = Text(UpdatedAt ?? At),
            ["cancelled_at"] = CancelledAt is { } cancelled ? Text(cancelled) : null,
            ["currency"] = Currency,
            ["financial_status"] = FinancialStatus,
            ["taxes_included"] = false,
            ["test"] = Test,
            ["total_price"] = Payment.Total,
            ["payment_gateway_names"] = new JsonArray([.. Payment.Gateways.Select(name => JsonValue.Create(name))]),
            ["source_name"] = Source,
            ["landing_site"] = Landing,
            ["customer"] = Customer is { } id ? new JsonObject { ["id"] = id, ["email"] = Email } : null,
            ["email"] = Email,
            ["note_attributes"] = new JsonArray([.. Attributes()]),
            ["discount_codes"] = new JsonArray([.. Codes.Select(code => new JsonObject { ["code"] = code.Code, ["amount"] = code.Amount, ["type"] = "percentage" })]),
            ["line_items"] = new JsonArray([.. Lines.Select((line, i) => new JsonObject
            {
                ["id"] = i + 1,
                ["product_id"] = 10 + i,
                ["title"] = "Mug",
                ["price"] = line.Price,
                ["quantity"] = line.Quantity,
                ["gift_card"] = false,
                ["selling_plan_allocation"] = SellingPlan is { } plan ? new JsonObject { ["selling_plan"] = new JsonObject { ["id"] = plan } } : null,
                ["discount_allocations"] = line.Discount == "0.00"
                    ? []
                    : new JsonArray(new JsonObject { ["amount"] = line.Discount, ["discount_application_index"] = 0 }),
            })]),
            ["refunds"] = new JsonArray([.. Refunds.Select(refund => (JsonNode)Refund(refund))]),
        };
        return order.ToJsonString();
    }

    private IEnumerable<JsonNode> Attributes()
    {
        if (CartRef is not null)
        {
            yield return new JsonObject { ["name"] = "_amb_ref", ["value"] = CartRef };
        }

        if (CheckoutStartedAt is { } started)
        {
            yield return new JsonObject { ["name"] = "_amb_checkout_at", ["value"] = Text(started) };
        }
    }

    /// <summary>The body of a refund that is sent on its own.</summary>
    public string RefundJson(string id, int line, string amount) => Refund((id, line, amount)).ToJsonString();

    private JsonObject Refund((string Id, int Line, string Amount) refund) => new()
    {
        ["id"] = long.Parse(refund.Id, CultureInfo.InvariantCulture),
        ["order_id"] = long.Parse(Id, CultureInfo.InvariantCulture),
        ["created_at"] = Text(UpdatedAt ?? At),
        ["processed_at"] = Text(UpdatedAt ?? At),
        ["refund_line_items"] = new JsonArray(new JsonObject
        {
            ["line_item_id"] = refund.Line + 1,
            ["quantity"] = 1,
            ["subtotal"] = refund.Amount,
            ["total_tax"] = "0.00",
        }),
        ["order_adjustments"] = new JsonArray(),
        ["transactions"] = new JsonArray(new JsonObject
        {
            ["kind"] = "refund",
            ["status"] = "success",
            ["amount"] = refund.Amount,
            ["currency"] = Currency,
        }),
    };

    private static string Text(DateTimeOffset instant) => instant.ToString("yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture);
}
