// Series of codes over the API: who may have one, how many, and what the lists and the file say.
using System.Text;
using System.Text.Json.Nodes;
using StorePlugin.Ambassadors;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Ambassadors;

internal sealed class SeriesApiTests
{
    private StoreApp _app = null!;
    private Shop _shop = null!;
    private ApiClient _api = null!;
    private string _campaign = null!;
    private string _ann = null!;
    private string _series = null!;

    [SetUp]
    public async Task Open()
    {
        _app = await StoreApp.StartAsync();
        _shop = await Shop.OpenAsync(_app);
        _api = await ApiClient.OfAsync(_app, _shop.Store);
        _campaign = await _api.LiveAsync();
        _ann = (await _api.AddAsync(_campaign, "ANN10")).Text("id");
        _series = $"ambassadors/{_ann}/code-series";
    }

    [TearDown]
    public async Task Close() => await _app.DisposeAsync();

    [Test]
    public async Task A_series_is_ordered_with_the_ambassadors_code_in_front()
    {
        var added = await AddAsync(3);

        Assert.That(
            (added.Status, added.Text("state"), (long)added.Json!["count"]!, (long)added.Json["made"]!, (decimal)added.Json["percent"]!, (string?)added.Json["endedAt"]),
            Is.EqualTo((201, "making", 3, 0, 10m, (string?)null)));
        Assert.That(await CodesAsync(added.Text("id")), Has.Count.EqualTo(3).And.All.Matches("^ANN10-[BCDFGHJKMNPQRSTVWXZ]{8} waiting$"));
        Assert.That(await _app.Db.OneAsync<string>("SELECT subject FROM effects WHERE kind = 'make_code_series'"), Is.EqualTo(added.Text("id")));
    }

    [TestCase("-Ann_", "Ann")]
    [TestCase("THIRTY-ONE-LETTERS-AND-NO-MORE1", "THIRTY-ONE-LETTERS-AND-NO-MORE1")]
    [TestCase("THIRTY-TWO-LETTERS-AND-NO-MORE-1", "CARD")]
    [TestCase("アンナ", "アンナ")]
    public void A_prefix_is_the_code_where_both_together_may_be_one(string code, string prefix) => Assert.That(SeriesCode.PrefixOf(code), Is.EqualTo(prefix));

    [TestCase("ann10-bcdfghjk", true)]
    [TestCase("ann10-bcdfghja", false)]
    [TestCase("ann10bcdfghjkm", false)]
    [TestCase("-bcdfghjk", false)]
    [TestCase("", false)]
    public void The_form_of_a_code_is_known(string key, bool may) => Assert.That(SeriesCode.MayBe(key), Is.EqualTo(may));

    [TestCase("{}")]
    [TestCase("""{"count":0}""")]
    [TestCase("""{"count":1001}""")]
    [TestCase("""{"count":1.5}""")]
    [TestCase("""{"count":"5"}""")]
    [TestCase("""{"count":5,"prefix":"X"}""")]
    public async Task A_wrong_count_is_told(string body) => Assert.That((await _api.Post(_series, body)).Status, Is.EqualTo(400));

    [Test]
    public async Task Who_cannot_have_a_series_is_told_why()
    {
        var draft = (await _api.AddAsync(await _api.DraftAsync(), "BOB10")).Text("id");
        var free = (await _api.AddAsync(await _api.LiveAsync(friend: 0), "CID10")).Text("id");
        var over = await _api.LiveAsync();
        var late = (await _api.AddAsync(over, "DAN10")).Text("id");
        await _api.Post($"campaigns/{over}/ending");
        var gone = (await _api.AddAsync(_campaign, "EVE10")).Text("id");
        await _api.Post($"ambassadors/{gone}/ending");
        await _api.Post($"ambassadors/{_ann}/suspension");

        Assert.That(await ProblemAsync(draft), Is.EqualTo("409 /problems/campaign-draft"));
        Assert.That(await ProblemAsync(free), Is.EqualTo("409 /problems/campaign-without-discount"));
        Assert.That(await ProblemAsync(late), Is.EqualTo("409 /problems/campaign-ended"));
        Assert.That(await ProblemAsync(gone), Is.EqualTo("409 /problems/ambassador-ended"));
        Assert.That(await ProblemAsync(_ann), Is.EqualTo("409 /problems/ambassador-suspended"));
        Assert.That(await ProblemAsync("amb_nobody"), Is.EqualTo("404 /problems/ambassador-unknown"));
        Assert.That((await _api.Get($"{_series}/ser_nobody/codes")).Problem, Is.EqualTo("/problems/series-unknown"));
        Assert.That(await _app.Db.OneAsync<long>("SELECT COUNT(*) FROM code_series"), Is.Zero);
    }

    [Test]
    public async Task No_more_than_ten_series_live_at_once()
    {
        for (var i = 0; i < AmbassadorSeries.LiveMax; i++)
        {
            Assert.That((await AddAsync(1)).Status, Is.EqualTo(201));
        }

        var refused = await AddAsync(1);
        var first = (await _api.Get($"{_series}?limit=1")).Json!;
        await _api.Delete($"{_series}/{(string?)first["items"]![0]!["id"]}");
        _app.Clock.Advance(TimeSpan.FromSeconds(1));

        Assert.That((refused.Status, refused.Problem), Is.EqualTo((409, "/problems/series-too-many")));
        Assert.That((await AddAsync(1)).Status, Is.EqualTo(201));
        Assert.That((await _api.Get($"{_series}?limit=200&after={(string?)first["next"]}")).Json!["items"]!.AsArray(), Has.Count.EqualTo(AmbassadorSeries.LiveMax));
    }

    [Test]
    public async Task No_more_than_five_thousand_codes_wait_for_their_use()
    {
        for (var i = 0; i < 5; i++)
        {
            Assert.That((await AddAsync(AmbassadorSeries.CodesMax)).Status, Is.EqualTo(201));
        }

        var refused = await AddAsync(1);
        await _shop.PaysAsync(new TestOrder("1", StoreApp.Start).With((await _app.Db.ManyAsync<string>("SELECT code FROM series_codes WHERE number = 7"))[0], "10.00"));

        Assert.That((refused.Status, refused.Problem), Is.EqualTo((409, "/problems/series-codes-too-many")));
        Assert.That((string?)refused.Json!["detail"], Does.Contain("and has 5000;"));
        Assert.That((await AddAsync(1)).Status, Is.EqualTo(201), "one of them is used");
        Assert.That(await _app.Db.OneAsync<long>("SELECT COUNT(DISTINCT code_key) FROM series_codes"), Is.EqualTo(5001));
    }

    [Test]
    public async Task A_code_of_a_series_is_nobody_elses()
    {
        var code = (await CodesAsync((await AddAsync(1)).Text("id")))[0].Split(' ')[0];

        Assert.That((await _api.Post($"ambassadors/{_ann}/codes", new JsonObject { ["code"] = code.ToLowerInvariant() })).Problem, Is.EqualTo("/problems/code-taken"));
        Assert.That((await _api.Post("ambassadors", Bodies.Ambassador(_campaign, code))).Problem, Is.EqualTo("/problems/code-taken"));
    }

    [Test]
    public async Task The_file_holds_what_exists_in_the_store_and_who_used_it()
    {
        var id = (await AddAsync(3)).Text("id");
        var codes = (await CodesAsync(id)).Select(row => row.Split(' ')[0]).ToList();
        await _app.Db.DoAsync("UPDATE series_codes SET state = 'made' WHERE number < 3");
        await _shop.PaysAsync(new TestOrder("5512", StoreApp.Start).With(codes[1], "10.00"));

        var file = await _api.Get($"{_series}/{id}/codes.csv");
        var used = (await _api.Get($"{_series}/{id}/codes?limit=1&after=1.{codes[0].ToLowerInvariant()}")).Json!["items"]![0]!;

        Assert.That(file.Response.Content.Headers.ContentType!.ToString(), Is.EqualTo("text/csv; charset=utf-8"));
        Assert.That(await file.Response.Content.ReadAsStringAsync(), Is.EqualTo($"number,code,used,order\r\n1,{codes[0]},no,\r\n2,{codes[1]},yes,5512\r\n"));
        Assert.That(((bool)used["used"]!, (string?)used["usedByPlatformOrderId"]), Is.EqualTo((true, "5512")));
        Assert.That((long)(await _api.Get(_series)).Json!["items"]![0]!["used"]!, Is.EqualTo(1));
    }

    [TestCase("=1+1", "\"'=1+1\"")]
    [TestCase("-ANN", "\"'-ANN\"")]
    [TestCase("@SUM", "\"'@SUM\"")]
    public void A_cell_that_a_spreadsheet_would_reckon_with_is_marked_as_text(string code, string cell) =>
        Assert.That(Encoding.UTF8.GetString(SeriesEndpoints.CsvOf([new CodeOfSeries { Number = 1, Code = code }])), Is.EqualTo($"number,code,used,order\r\n1,{cell},no,\r\n"));

    private Task<ApiAnswer> AddAsync(int count) => _api.Post(_series, new JsonObject { ["count"] = count });

    private async Task<IReadOnlyList<string>> CodesAsync(string id) =>
        [.. (await _api.Get($"{_series}/{id}/codes")).Json!["items"]!.AsArray().Select(row => $"{row!["code"]} {row["state"]}")];

    private async Task<string> ProblemAsync(string ambassador)
    {
        var answer = await _api.Post($"ambassadors/{ambassador}/code-series", new JsonObject { ["count"] = 1 });
        return $"{answer.Status} {answer.Problem}";
    }
}
