// The description of the API: it parses, it names every call, and it says what a caller must send.
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using StorePlugin.Campaigns;
using StorePlugin.Ledger;
using StorePlugin.Tests.Rig;
using StorePlugin.Webhooks;

namespace StorePlugin.Tests;

internal sealed class OpenApiTests
{
    private StoreApp _app = null!;
    private JsonNode _document = null!;

    [OneTimeSetUp]
    public async Task Open()
    {
        _app = await StoreApp.StartAsync();
        _document = JsonNode.Parse(await _app.Http.GetStringAsync(new Uri("/openapi/v1.json", UriKind.Relative)))!;
    }

    [OneTimeTearDown]
    public async Task Close() => await _app.DisposeAsync();

    [Test]
    public void It_names_every_call_and_nothing_else()
    {
        var mapped = _app.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.RoutePattern.RawText!.StartsWith("/api/", StringComparison.Ordinal))
            .SelectMany(endpoint => endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods.Select(method => $"{method} {endpoint.RoutePattern.RawText!.TrimEnd('/')}"));

        var described = _document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject().Select(call => $"{call.Key.ToUpperInvariant()} {path.Key}"));

        Assert.That(described, Is.EquivalentTo(mapped));
    }

    [Test]
    public void Every_call_has_a_name_a_summary_and_a_group()
    {
        var calls = Calls().Select(call => call.Call).ToList();

        Assert.That(calls, Is.Not.Empty);
        Assert.That(calls.Select(call => (string?)call["operationId"]), Is.Unique.And.All.Match("^[a-z][A-Za-z]+$"));
        Assert.That(calls.Select(call => (string?)call["summary"]), Is.All.Not.Null.And.All.EndsWith("."));
        Assert.That(calls.Select(call => (string?)call["tags"]?[0]), Is.All.Not.Null);
    }

    [Test]
    public void Every_call_says_what_it_answers_when_it_is_served_and_when_it_is_not()
    {
        foreach (var (name, call) in Calls())
        {
            var answers = call["responses"]!.AsObject();
            var served = answers.Where(answer => answer.Key[0] == '2').ToList();
            var refused = answers.Where(answer => answer.Key[0] == '4').ToList();

            // What a call makes where it is not there cannot be missing.
            var names = name.Contains('{', StringComparison.Ordinal) && name is not ("put /api/v1/collections/{id}" or "put /api/v1/programme-credits/{id}");
            string[] always = names ? ["400", "401", "403", "404", "429"] : ["400", "401", "403", "429"];

            Assert.That(served, Has.Count.EqualTo(1), name);
            Assert.That((served[0].Value!["content"]!["application/json"] ?? served[0].Value!["content"]!["text/csv"])?["schema"], Is.Not.Null, name);
            Assert.That(refused.Select(answer => answer.Key), Is.SupersetOf(always), name);
            Assert.That(
                refused.Select(answer => (string?)answer.Value!["content"]?["application/problem+json"]?["schema"]?["$ref"]),
                Is.All.EqualTo("#/components/schemas/ProblemDetails"), name);
        }
    }

    private IEnumerable<(string Name, JsonNode Call)> Calls() =>
        _document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject().Select(call => ($"{call.Key} {path.Key}", call.Value!)));

    [Test]
    public void A_key_is_asked_for()
    {
        Assert.That((string?)_document["components"]!["securitySchemes"]!["apiKey"]!["scheme"], Is.EqualTo("bearer"));
        Assert.That(_document["security"]![0]!["apiKey"], Is.Not.Null);
    }

    [Test]
    public void Bodies_and_pages_are_described()
    {
        var campaign = _document["components"]!["schemas"]!["CampaignRequest"]!;
        var parameters = _document["paths"]!["/api/v1/orders"]!["get"]!["parameters"]!.AsArray().Select(parameter => (string?)parameter!["name"]);
        var limit = _document["paths"]!["/api/v1/orders"]!["get"]!["parameters"]!.AsArray().Single(parameter => (string?)parameter!["name"] == "limit")!;

        Assert.That(campaign["properties"]!.AsObject().Select(property => property.Key), Is.EquivalentTo(["name", "objective", "terms"]));
        Assert.That(parameters, Is.EquivalentTo(["after", "limit", "ambassador", "state"]));
        Assert.That(((string?)limit["schema"]!["type"], (bool?)limit["required"]), Is.EqualTo(("integer", (bool?)null)));
    }

    [TestCase("post", "/api/v1/ambassadors/{id}/suspension", "ReasonRequest")]
    [TestCase("delete", "/api/v1/ambassadors/{id}/suspension", "ReasonRequest")]
    [TestCase("post", "/api/v1/ambassadors/{id}/ending", "ReasonRequest")]
    [TestCase("post", "/api/v1/applications/{id}/approval", "ApplicationApprovalRequest")]
    [TestCase("post", "/api/v1/campaigns/{id}/launch", "LaunchRequest")]
    public void A_body_that_may_be_left_out_is_described_and_not_required(string method, string path, string schema)
    {
        var body = _document["paths"]![path]![method]!["requestBody"]!;

        Assert.That((string?)body["content"]!["application/json"]!["schema"]!["$ref"], Is.EqualTo("#/components/schemas/" + schema));
        Assert.That((bool?)body["required"], Is.Not.True);
        Assert.That(_document["components"]!["schemas"]![schema]!["required"], Is.Null);
    }

    [Test]
    public void The_kinds_of_entries_are_all_told()
    {
        var kinds = typeof(LedgerKind).GetFields().Select(field => (string)field.GetRawConstantValue()!);

        var words = ((string?)_document["components"]!["schemas"]!["LedgerEntryView"]!["properties"]!["kind"]!["description"])!;

        Assert.That(words[(words.IndexOf(':', StringComparison.Ordinal) + 1)..].TrimEnd('.').Split(',', StringSplitOptions.TrimEntries), Is.EquivalentTo(kinds));
    }

    [Test]
    public async Task A_receipt_is_described_as_it_is_shown()
    {
        // A term that is not stated is not in a receipt, so all are.
        var shop = await Shop.OpenAsync(_app, terms: new Terms(0, 1000, 30, 30)
        {
            Currency = Currency.Parse("EUR"),
            Flat = new FlatCommission(500, PerItem: true),
            Rates = [new RateRule("1", "amb_1", 500)],
            ExcludedProducts = ["2"],
            MinimumOrderMinor = 100,
            MaximumCommissionMinor = 1000,
            FirstTouch = true,
            ExclusiveCodes = true,
            SelfPurchaseEarns = true,
            Channels = [OrderChannel.Online],
            FriendOncePerCustomer = true,
            Enrolment = Enrolment.Instant,
            AdvocateReward = new AdvocateReward(new RewardCode(null, 500, 2000, 180), new RewardMaximum(3, new TermsPeriod(PeriodKind.RollingDays, 30))),
            Milestones = [new Milestone(TierMetric.NetSales, 100_000, null, 5000, null), new Milestone(TierMetric.Orders, null, 5, null, new RewardCode(1000, null, null, 30))],
        });
        var api = await ApiClient.OfAsync(_app, shop.Store);
        var started = _app.Clock.GetUtcNow();
        _app.Clock.Advance(TimeSpan.FromSeconds(5));
        var click = await shop.ClickAsync(await shop.AmbassadorAsync("ANN10"));
        await shop.PaysAsync(new TestOrder("7001", _app.Clock.GetUtcNow()) { CartRef = click, CheckoutStartedAt = started, Refunds = [("71", 0, "5.00")] });
        await api.Post("orders/7001/decisions", new JsonObject { ["decision"] = "allow", ["reason"] = "Looked at." });
        var receipt = (await api.Get("orders/7001/receipt")).Json!;

        var schema = _document["paths"]!["/api/v1/orders/{platformOrderId}/receipt"]!["get"]!["responses"]!["200"]!["content"]!["application/json"]!["schema"]!;
        var described = new List<string>();
        Compare(schema, receipt, "receipt");

        Assert.That(described, Does.Contain("receipt.base.minor").And.Contain("receipt.touches.discount.currency")
            .And.Contain("receipt.refunds.lines.possibleTax.minor").And.Contain("receipt.terms.holdDays")
            .And.Contain("receipt.terms.minimumOrder.minor").And.Contain("receipt.terms.flat.amount.currency")
            .And.Contain("receipt.terms.advocateReward.code.amount.minor").And.Contain("receipt.terms.milestones.from.currency"));

        void Compare(JsonNode schema, JsonNode? value, string place)
        {
            schema = Resolve(schema);
            switch (value)
            {
                case JsonObject fields:
                    // What is absent where there is nothing to say is described all the same.
                    Assert.That(fields.Select(field => field.Key), Is.SubsetOf(schema["properties"]!.AsObject().Select(field => field.Key)), place);
                    foreach (var (name, field) in fields)
                    {
                        described.Add($"{place}.{name}");
                        Compare(schema["properties"]![name]!, field, $"{place}.{name}");
                    }

                    break;
                case JsonArray items:
                    foreach (var item in items)
                    {
                        Compare(schema["items"]!, item, place);
                    }

                    break;
                case JsonValue word when word.GetValueKind() == System.Text.Json.JsonValueKind.String:
                    Assert.That(schema["format"] is not null || schema["type"]!.ToJsonString().Contains("\"string\"", StringComparison.Ordinal), $"{place}: {schema.ToJsonString()}");
                    break;
            }
        }

        JsonNode Resolve(JsonNode schema) =>
            schema["$ref"] is { } reference ? Resolve(_document["components"]!["schemas"]![((string)reference!).Split('/')[^1]]!)
            : schema["oneOf"] is JsonArray choices ? Resolve(choices.First(choice => (string?)choice!["type"] != "null")!)
            : schema;
    }

    [Test]
    public void An_amount_is_minor_units_and_a_currency_and_an_instant_a_date_time()
    {
        var amount = _document["components"]!["schemas"]!["Amount"]!["properties"]!.AsObject();
        var at = _document["components"]!["schemas"]!["OrderView"]!["properties"]!["at"]!;

        Assert.That(amount.Select(property => property.Key), Is.EquivalentTo(["minor", "currency"]));
        Assert.That(((string?)at["type"], (string?)at["format"]), Is.EqualTo(("string", "date-time")));
        Assert.That(((string?)amount["minor"]!["type"], (string?)amount["minor"]!["format"]), Is.EqualTo(("integer", "int64")));
        Assert.That(amount["minor"]!["pattern"], Is.Null);
    }

    [Test]
    public void Every_instant_is_a_text_and_no_number_is_one()
    {
        var schemas = SchemasIn(_document["components"]!["schemas"]!).ToList();

        Assert.That(schemas.Where(schema => schema["format"] is JsonValue format && (string?)format == "date-time").Select(schema => TypesOf(schema)[0]), Is.Not.Empty.And.All.EqualTo("string"));
        Assert.That(schemas.Select(TypesOf).Where(types => types.Contains("string") && (types.Contains("integer") || types.Contains("number"))), Is.Empty);
    }

    [TestCase("AmbassadorRequest", "name", "email", "campaignId", "code")]
    [TestCase("CampaignRequest", "name", "terms")]
    [TestCase("TermsRequest", "commission")]
    [TestCase("RevisionRequest", "terms")]
    [TestCase("CopyRequest", "name")]
    [TestCase("GroupRequest", "group")]
    [TestCase("ApplicationsRequest", "open")]
    [TestCase("ApplicationRejectionRequest", "reason")]
    [TestCase("BackTestRequest", "terms", "from", "to")]
    public void What_has_a_default_or_may_be_left_out_is_not_required(string schema, params string[] required) =>
        Assert.That(
            _document["components"]!["schemas"]![schema]!["required"]!.AsArray().Select(name => (string?)name), Is.EquivalentTo(required));

    private static string[] TypesOf(JsonObject schema) => schema["type"] switch
    {
        JsonArray types => [.. types.Select(type => (string)type!).OrderBy(type => type == "null")],
        JsonValue type => [(string)type!],
        _ => ["none"],
    };

    private static IEnumerable<JsonObject> SchemasIn(JsonNode node) => node switch
    {
        JsonObject schema => schema.Select(member => member.Value).OfType<JsonNode>().SelectMany(SchemasIn).Prepend(schema),
        JsonArray many => many.OfType<JsonNode>().SelectMany(SchemasIn),
        _ => [],
    };
}
