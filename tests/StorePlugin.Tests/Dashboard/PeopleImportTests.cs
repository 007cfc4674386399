// Ambassadors brought over as a file on the merchant's pages: looked through, shown, and imported as it was shown.
using System.Net;
using System.Text;
using StorePlugin.Ambassadors;
using StorePlugin.Inbox;
using StorePlugin.Ledger;
using StorePlugin.Tests.Rig;
using IDocument = AngleSharp.Dom.IDocument;

namespace StorePlugin.Tests.Dashboard;

internal sealed class PeopleImportTests
{
    private const string Path = "/dashboard/ambassadors/import";

    private const string Good = "name,email,code,opening_balance\nAnn <b>,ann@example.com,ANN10,12.50\nBen,ben@example.com,BEN10,\n";

    private StoreApp _app = null!;
    private Shop _shop = null!;
    private Browser _owner = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _app = await StoreApp.StartAsync();
        _shop = await Shop.OpenAsync(_app);
        _owner = await Rooms.SignInAsync(_app, _shop.Store, null);
    }

    [TearDown]
    public async Task StopAsync()
    {
        _owner.Dispose();
        await _app.DisposeAsync();
    }

    [Test]
    public async Task A_file_is_shown_first_and_imported_then_exactly_once()
    {
        var shown = await SendAsync(Good);
        var place = shown.Headers.Location!.OriginalString;
        var page = await _owner.GetAsync(place);
        var before = await CountAsync();
        var kept = Encoding.Latin1.GetString(await _app.Db.OneAsync<byte[]>("SELECT sealed FROM import_files") ?? []);

        var confirmed = await _owner.SubmitAsync(page.QuerySelector("main form")!);
        var done = await _owner.GetAsync(confirmed.Headers.Location!.OriginalString);
        await _owner.SubmitAsync(page.QuerySelector("main form")!);

        Assert.That(page.Text("#counts"), Does.StartWith("2 ambassadors would be added. 1 opening balance of € 12.50 in all would be booked as owed."));
        Assert.That(page.Text("#people tbody"), Is.EqualTo("Ann <b> ann@example.com ANN10 € 12.50 Ben ben@example.com BEN10 –"));
        Assert.That(before, Is.Zero, "nobody is added before the word");
        Assert.That(kept, Is.Not.Empty.And.Not.Contain("example.com"));
        Assert.That(done.Text("#counts"), Does.StartWith("2 ambassadors were added."));
        Assert.That(await CountAsync(), Is.EqualTo(2));
        var ann = await _app.Db.OneAsync<string>("SELECT id FROM ambassadors WHERE email = 'ann@example.com'");
        Assert.That(await _shop.BalanceAsync(ann!, Account.Approved), Is.EqualTo(12_50));
        Assert.That(await _app.Db.OneAsync<long>("SELECT COUNT(*) FROM import_files WHERE sealed IS NOT NULL"), Is.Zero, "the file goes once it is imported");
    }

    [Test]
    public async Task Each_bad_line_is_named_with_its_reason_and_nothing_is_kept()
    {
        await _shop.AmbassadorAsync("TAKEN10");

        var page = await Browser.ReadAsync(
            await SendAsync("name,email,code\nAnn,ann@,ANN10\n,ben@example.com,BEN10\nCid,cid@example.com,TAKEN10\nDot,dot@example.com\n"), HttpStatusCode.UnprocessableEntity);

        Assert.That(page.QuerySelectorAll("#findings li").Select(line => line.TextContent), Is.EqualTo(new[]
        {
            "Line 2, email: It must be an e-mail address, such as ann@example.com.",
            "Line 3, name: The name must have 1 to 200 characters, on one line.",
            "Line 4, code: Somebody else in this store has the code, or had it before.",
            "Line 5: The line has 2 fields, and the header names 3.",
        }));
        Assert.That(page.Text("#findings"), Does.StartWith("Nothing was changed."));
        Assert.That((await CountAsync(), await _app.Db.OneAsync<long>("SELECT COUNT(*) FROM import_files")), Is.EqualTo((1, 0)));
    }

    [Test]
    public async Task Whoever_takes_a_code_meanwhile_stops_the_import_and_is_told_of()
    {
        var place = (await SendAsync(Good)).Headers.Location!.OriginalString;
        var page = await _owner.GetAsync(place);
        await _shop.AmbassadorAsync("BEN10", "other@example.com");

        await _owner.SubmitAsync(page.QuerySelector("main form")!);
        var after = await _owner.GetAsync(place);

        Assert.That(await CountAsync(), Is.EqualTo(1));
        Assert.That(after.Text("#findings"), Does.Contain("no longer fit").And.Contain("Line 3, code:"));
        Assert.That(after.QuerySelector("main form"), Is.Null);
    }

    [Test]
    public async Task What_is_no_such_file_is_refused()
    {
        Assert.That(await AlertAsync(""), Is.EqualTo("No file was sent, or an empty one."));
        Assert.That(await AlertAsync("name,email,code\n"), Is.EqualTo("The file has no line below its header."));
        Assert.That((await Browser.ReadAsync(await SendAsync([0xE4, 0x0A]), HttpStatusCode.UnprocessableEntity)).Text("[role=alert]"), Does.StartWith("The file is not in UTF-8"));
        Assert.That(await AlertAsync(Good, campaign: "cmp_other"), Is.EqualTo("Choose the campaign that they join."));
        Assert.That(
            await AlertAsync("name,email,code\n" + string.Concat(Enumerable.Repeat("a,b,c\n", ImportFile.RowsMax + 1))), Does.Contain("has 5001 rows and may have 5000"));
        Assert.That((await SendAsync(new byte[CsvBody.BytesMax + 1])).StatusCode, Is.EqualTo(HttpStatusCode.RequestEntityTooLarge));
        Assert.That((await SendAsync(new byte[CsvBody.BytesMax + 40_000])).StatusCode, Is.EqualTo(HttpStatusCode.RequestEntityTooLarge));
        Assert.That(await CountAsync(), Is.Zero);

        async Task<string> AlertAsync(string text, string? campaign = null) =>
            (await Browser.ReadAsync(await SendAsync(Encoding.UTF8.GetBytes(text), campaign), HttpStatusCode.UnprocessableEntity)).Text("[role=alert]");
    }

    [Test]
    public async Task The_example_that_the_page_offers_can_be_imported()
    {
        var page = await _owner.GetAsync(Path);
        var example = await _owner.AskAsync(page.QuerySelector("#format a")!.GetAttribute("href")!);

        var answer = await SendAsync(await example.Content.ReadAsByteArrayAsync());

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Redirect));
        Assert.That((await _owner.GetAsync(answer.Headers.Location!.OriginalString)).Text("#counts"), Does.StartWith("2 ambassadors would be added."));
    }

    [Test]
    public async Task Another_stores_file_is_not_there_and_one_that_waited_a_day_goes()
    {
        var other = await Shop.OpenAsync(_app, "other");
        using var stranger = await Rooms.SignInAsync(_app, other.Store, null);
        var place = (await SendAsync(Good)).Headers.Location!.OriginalString;
        var token = FormOf(await stranger.GetAsync(Path));

        await stranger.GetAsync(place, HttpStatusCode.NotFound);
        Assert.That((await stranger.PostAsync($"{place}/confirmation", token)).StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        _app.Clock.Advance(ImportFiles.Kept - TimeSpan.FromSeconds(1));
        await _app.Get<Retention>().RunOnceAsync(default);
        using var later = await Rooms.SignInAsync(_app, _shop.Store, null);
        await later.GetAsync(place);
        _app.Clock.Advance(TimeSpan.FromSeconds(1));
        await _app.Get<Retention>().RunOnceAsync(default);
        await later.GetAsync(place, HttpStatusCode.NotFound);
        Assert.That(await CountAsync(), Is.Zero);
    }

    private Task<HttpResponseMessage> SendAsync(string text) => SendAsync(Encoding.UTF8.GetBytes(text));

    private async Task<HttpResponseMessage> SendAsync(byte[] bytes, string? campaign = null) => await _owner.SendFileAsync(
        Path, new(FormOf(await _owner.GetAsync(Path))) { ["campaignId"] = campaign ?? _shop.CampaignId }, "file", bytes);

    private static Dictionary<string, string> FormOf(IDocument page) =>
        page.QuerySelectorAll("main form input[type=hidden]").ToDictionary(input => input.GetAttribute("name")!, input => input.GetAttribute("value")!);

    private Task<long> CountAsync() => _app.Db.OneAsync<long>("SELECT COUNT(*) FROM ambassadors");
}
