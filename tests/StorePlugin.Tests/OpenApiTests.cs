// The description of the API: it parses, it names every call, and it says what a caller must send.
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using StorePlugin.Ledger;
using StorePlugin.Tests.Rig;

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
    public void Every_call_of_the_programme_has_a_name_and_a_summary()
    {
        var calls = _document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject())
            .Where(call => (string?)call.Value!["tags"]![0] != "Payouts").Select(call => call.Value!).ToList();

        Assert.That(calls.Select(call => (string?)call["operationId"]), Is.Unique.And.All.Not.Null);
        Assert.That(calls.Select(call => (string?)call["summary"]), Is.All.EndsWith("."));
    }

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
        Assert.That(parameters, Is.EquivalentTo(["after", "limit", "ambassador"]));
        Assert.That(((string?)limit["schema"]!["type"], (bool?)limit["required"]), Is.EqualTo(("integer", (bool?)null)));
    }

    [Test]
    public void The_kinds_of_entries_are_all_told()
    {
        var kinds = typeof(LedgerKind).GetFields().Select(field => (string)field.GetRawConstantValue()!);

        var words = ((string?)_document["components"]!["schemas"]!["LedgerEntryView"]!["properties"]!["kind"]!["description"])!;

        Assert.That(words[(words.IndexOf(':', StringComparison.Ordinal) + 1)..].TrimEnd('.').Split(',', StringSplitOptions.TrimEntries), Is.EquivalentTo(kinds));
    }

    [Test]
    public void An_amount_is_minor_units_and_a_currency_and_an_instant_a_date_time()
    {
        var amount = _document["components"]!["schemas"]!["Amount"]!["properties"]!.AsObject();
        var at = _document["components"]!["schemas"]!["OrderView"]!["properties"]!["at"]!;

        Assert.That(amount.Select(property => property.Key), Is.EquivalentTo(["minor", "currency"]));
        Assert.That((string?)at["format"], Is.EqualTo("date-time"));
    }
}
