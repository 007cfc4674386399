// Customers who belong to ambassadors, brought over from a CSV file: what is found in it, what is written, and what is not kept.
using System.Text.Json.Nodes;
using StorePlugin.Orders;
using StorePlugin.Stores;
using StorePlugin.Tests.Rig;
using StorePlugin.Webhooks;

namespace StorePlugin.Tests.Ambassadors;

internal sealed class BindingImportTests
{
    private const string Header = "ambassador,customer_id,customer_email,since,until\n";

    private const string Three = Header +
        "ann10@ambassadors.example,77,Shopper@Example.test,2025-12-31,\n" +
        "BOB10,78,,2025-06-01T10:00:00Z,2026-02-28\n" +
        "bob10,,eve+news@example.test,2026-01-01,\n";

    private StoreApp _app = null!;
    private Shop _shop = null!;
    private ApiClient _api = null!;
    private string _ann = null!;
    private string _bob = null!;

    [SetUp]
    public async Task Open()
    {
        _app = await StoreApp.StartAsync();
        _shop = await Shop.OpenAsync(_app);
        _api = await ApiClient.OfAsync(_app, _shop.Store);
        _ann = await _shop.AmbassadorAsync("ANN10");
        _bob = await _shop.AmbassadorAsync("BOB10");
    }

    [TearDown]
    public async Task Close() => await _app.DisposeAsync();

    [Test]
    public async Task A_dry_run_says_what_would_happen_and_changes_nothing()
    {
        var answer = await ImportAsync(Three, dryRun: true);

        Assert.That((answer.Status, FiguresOf(answer)), Is.EqualTo((200, "rows 3, new 3, added 0, already there 0, findings 0")));
        Assert.That((answer.Json!["importId"], (bool)answer.Json["dryRun"]!), Is.EqualTo(((JsonNode?)null, true)));
        Assert.That(await RowsAsync(), Is.Empty);
    }

    [Test]
    public async Task A_run_writes_each_customer_under_the_hashes_that_their_orders_have()
    {
        var answer = await ImportAsync(Three);

        Assert.That(FiguresOf(answer), Is.EqualTo("rows 3, new 3, added 3, already there 0, findings 0"));
        var keys = _app.Get<StoreKeys>();
        var first = ShopperHashes.Of(new Shopper("77", "shopper@example.test", null), _shop.Store, keys);
        var second = ShopperHashes.Of(new Shopper("78", null, null), _shop.Store, keys);
        var third = ShopperHashes.Of(new Shopper(null, "eve@example.test", null), _shop.Store, keys);
        Assert.That(
            await RowsAsync(),
            Is.EquivalentTo(new[]
            {
                $"{first.Customer} {_ann} 2025-12-30T23:00:00Z ",
                $"{first.Email} {_ann} 2025-12-30T23:00:00Z ",
                $"{second.Customer} {_bob} 2025-06-01T10:00:00Z 2026-02-28T23:00:00Z",
                $"{third.Email} {_bob} 2025-12-31T23:00:00Z ",
            }));
        Assert.That(
            await _app.Db.ManyAsync<string>("SELECT DISTINCT campaign_id || ' ' || origin FROM customer_bindings"),
            Is.EqualTo([$"{_shop.CampaignId} import:{answer.Text("importId")}"]));
    }

    [Test]
    public async Task The_same_file_again_adds_nothing_and_a_longer_one_what_is_new()
    {
        await ImportAsync(Three);
        await _app.Db.DoAsync("DELETE FROM customer_bindings WHERE store_id = @s AND until_at IS NOT NULL", new { s = _shop.Store.Id });

        var completed = await ImportAsync(Three);
        var again = await ImportAsync(Three);
        var longer = await ImportAsync(Three + "ANN10,79,,2026-02-01,\n");

        Assert.That(FiguresOf(completed), Is.EqualTo("rows 3, new 1, added 1, already there 2, findings 0"));
        Assert.That(FiguresOf(again), Is.EqualTo("rows 3, new 0, added 0, already there 3, findings 0"));
        Assert.That(FiguresOf(longer), Is.EqualTo("rows 4, new 1, added 1, already there 3, findings 0"));
    }

    [TestCase("nobody@example.com,77,,2026-01-01,", "2 ambassador: The campaign has no ambassador with this e-mail address.")]
    [TestCase("NOBODY,77,,2026-01-01,", "2 ambassador: No ambassador of the campaign has this code, or had it before.")]
    [TestCase(",77,,2026-01-01,", "2 ambassador: It must be")]
    [TestCase("@,77,,2026-01-01,", "2 ambassador: It must be")]
    [TestCase("ANN10,,,2026-01-01,", "2 : The line names no customer")]
    [TestCase("ANN10,'77,,2026-01-01,", "2 customer_id: It must be the number")]
    [TestCase("ANN10,gid://shopify/Customer/77,,2026-01-01,", "2 customer_id: It must be the number")]
    [TestCase("ANN10,,eve,2026-01-01,", "2 customer_email: It must be an e-mail address")]
    [TestCase("ANN10,77,,,", "2 since: It must be a day")]
    [TestCase("ANN10,77,,31.12.2025,", "2 since: It must be a day")]
    [TestCase("ANN10,77,,2026-03-02,", "2 since: It lies in the future.")]
    [TestCase("ANN10,77,,1989-01-01,", "2 since: It lies before 1990.")]
    [TestCase("ANN10,77,,2026-01-02,2026-01-01", "2 until: It is over before it begins.")]
    [TestCase("ANN10,77,,2026-01-02,soon", "2 until: It must be a day")]
    [TestCase("ANN10,77,,2026-01-02", "2 : The line has 4 fields")]
    [TestCase("ANN10,77,,2025-01-01,\nBOB10,77,,2026-01-01,", "3 : The same customer stands on line 2")]
    [TestCase("ANN10,77,,2025-01-01,\nANN10,77,,2025-01-01,", "3 : The same customer stands on line 2")]
    [TestCase("ANN10,77,,2025-01-01,2025-06-30\nBOB10,77,,2025-06-30,", "3 : The same customer stands on line 2")]
    public async Task Each_bad_line_is_named_and_nothing_is_written(string lines, string finding)
    {
        var dry = await ImportAsync(Header + lines, dryRun: true);
        var answer = await ImportAsync(Header + lines);

        Assert.That((dry.Status, (long)dry.Json!["findingCount"]!), Is.EqualTo((200, 1)));
        Assert.That((answer.Status, answer.Problem), Is.EqualTo((422, "/problems/import-findings")));
        Assert.That(FindingsOf(answer).Single(), Does.StartWith(finding));
        Assert.That(await RowsAsync(), Is.Empty);
    }

    [TestCase("ANN10,77,,2025-01-01,2025-06-30\nBOB10,77,,2025-07-01,", 2)]
    [TestCase("ANN10,77,,2025-01-01,\nBOB10,78,,2025-01-01,", 2)]
    [TestCase("\nANN10,77,,2026-03-01T09:59:59Z,\n\n", 1)]
    public async Task Times_that_do_not_meet_are_written(string lines, long added) =>
        Assert.That((long)(await ImportAsync(Header + lines)).Json!["added"]!, Is.EqualTo(added));

    [TestCase("BOB10,77,,2025-12-31,")]
    [TestCase("BOB10,,shopper@example.test,2026-02-01,")]
    [TestCase("ANN10,77,,2026-01-31,")]
    [TestCase("ANN10,77,,2025-12-31,2026-01-31")]
    [TestCase("BOB10,77,,2024-12-31,2026-01-01")]
    public async Task What_stands_here_is_not_changed(string line)
    {
        await ImportAsync(Three);

        var answer = await ImportAsync(Header + line);

        Assert.That(FindingsOf(answer).Single(), Does.StartWith("2 : The customer is an ambassador's already at that time"));
        Assert.That(await RowsAsync(), Has.Count.EqualTo(4));
    }

    [Test]
    public async Task Of_two_files_at_once_that_claim_a_customer_for_times_that_meet_one_is_written()
    {
        for (var customer = 100; customer < 120; customer++)
        {
            var answers = await Task.WhenAll(
                ImportAsync(Header + $"ANN10,{customer},,2025-01-01,2025-12-31\n"), ImportAsync(Header + $"BOB10,{customer},,2025-06-01,2026-01-31\n"));

            Assert.That(answers.Select(answer => answer.Status), Is.EquivalentTo([200, 422]));
            Assert.That(FindingsOf(answers.Single(answer => answer.Status == 422)).Single(), Does.StartWith("2 : The customer is an ambassador's already at that time"));
        }

        Assert.That(await RowsAsync(), Has.Count.EqualTo(20));
    }

    [Test]
    public async Task Who_has_left_gets_no_customers()
    {
        await _api.Post($"ambassadors/{_ann}/ending");

        Assert.That(FindingsOf(await ImportAsync(Three)), Is.EqualTo(["2 ambassador: The ambassador has left the campaign."]));
    }

    [Test]
    public async Task A_header_that_is_none_and_a_campaign_that_takes_nobody_are_told()
    {
        var header = await ImportAsync("ambassador,customer,since\nANN10,77,2025-01-01");
        var unknown = await ImportAsync(Three, campaign: "cmp_none");
        var parameters = await _api.Post("binding-imports", Three, "text/csv");
        await _app.Db.DoAsync("UPDATE campaigns SET state = 'ended' WHERE store_id = @s", new { s = _shop.Store.Id });
        var ended = await ImportAsync(Three);

        Assert.That(FindingsOf(header), Is.EqualTo(["1 customer: The column is not known here; the columns are ambassador, customer_id, customer_email, since, until."]));
        Assert.That((unknown.Status, parameters.Status, ended.Status), Is.EqualTo((404, 400, 409)));
    }

    [Test]
    public async Task Too_many_rows_are_refused()
    {
        var answer = await ImportAsync(Header + string.Concat(Enumerable.Range(0, 5001).Select(i => $"ANN10,{i},,2025-01-01,\n")));

        Assert.That((answer.Status, answer.Problem), Is.EqualTo((422, "/problems/rows-too-many")));
    }

    private Task<ApiAnswer> ImportAsync(string file, bool dryRun = false, string? campaign = null) =>
        _api.Post($"binding-imports?dryRun={(dryRun ? "true" : "false")}&campaignId={campaign ?? _shop.CampaignId}", file, "text/csv");

    private static string FiguresOf(ApiAnswer answer) =>
        $"rows {answer.Json!["rows"]}, new {answer.Json["new"]}, added {answer.Json["added"]}, already there {answer.Json["alreadyThere"]}, " +
        $"findings {answer.Json["findingCount"]}";

    private static List<string> FindingsOf(ApiAnswer answer) =>
        [.. answer.Json!["findings"]!.AsArray().Select(finding => $"{finding!["line"]} {finding["column"]}: {finding["text"]}")];

    private async Task<List<string>> RowsAsync() =>
    [
        .. (await _app.Db.ManyAsync<Row>(
            "SELECT customer_key, ambassador_id, since_at, until_at FROM customer_bindings WHERE store_id = @s", new { s = _shop.Store.Id }))
            .Select(row => $"{row.CustomerKey} {row.AmbassadorId} {row.SinceAt:yyyy-MM-dd'T'HH:mm:ss'Z'} {row.UntilAt:yyyy-MM-dd'T'HH:mm:ss'Z'}"),
    ];

    private sealed record Row(string CustomerKey, string AmbassadorId, DateTimeOffset SinceAt, DateTimeOffset? UntilAt);
}
