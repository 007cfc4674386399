// The merchant's page of one ambassador: what is there, what can be done, what the team notes, and what all of it leads to.
using System.Globalization;
using System.Net;
using System.Text;
using StorePlugin.Ambassadors;
using StorePlugin.Stores;
using StorePlugin.Tests.Rig;
using IDocument = AngleSharp.Dom.IDocument;

namespace StorePlugin.Tests.Dashboard;

internal sealed class PersonPageTests
{
    private StoreApp _app = null!;
    private Shop _shop = null!;
    private Browser _owner = null!;
    private string _ann = "";
    private string _page = "";

    [SetUp]
    public async Task StartAsync()
    {
        _app = await StoreApp.StartAsync();
        _shop = await Shop.OpenAsync(_app);
        _ann = await _shop.AmbassadorAsync("ANN10");
        _page = $"/dashboard/ambassadors/{_ann}";
        _owner = await Rooms.SignInAsync(_app, _shop.Store, null);
    }

    [TearDown]
    public async Task StopAsync()
    {
        _owner.Dispose();
        await _app.DisposeAsync();
    }

    [Test]
    public async Task A_suspension_its_end_and_a_leaving_stand_there_with_reason_and_who()
    {
        await _app.Get<Team>().AddAsync(_shop.Store, "Max", "max@example.com", Role.Manager, "test", default);
        using var max = await Rooms.SignInAsync(_app, _shop.Store, null, (await _app.Get<Team>().ListAsync(_shop.Store, default)).Single().Id);

        Assert.That(await ActAsync(_owner, "suspension", ("reason", "Spam <b>.")), Is.EqualTo("ambassador-suspended"));
        Assert.That(await ActAsync(_owner, "suspension"), Is.EqualTo("ambassador-was-suspended"));
        var suspended = await _owner.GetAsync(_page);
        _app.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.That(await ActAsync(max, "reinstatement"), Is.EqualTo("ambassador-reinstated"));
        Assert.That(await ActAsync(max, "reinstatement"), Is.EqualTo("ambassador-was-active"));
        _app.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.That(await ActAsync(max, "ending", ("reason", "Moved away.")), Is.EqualTo("ambassador-ended"));
        Assert.That(await ActAsync(max, "ending"), Is.EqualTo("ambassador-had-left"));
        var left = await _owner.GetAsync(_page);

        Assert.That(suspended.Text(".heading"), Does.Contain("Suspended on"));
        Assert.That(suspended.QuerySelector("form[action$='/suspension']"), Is.Null);
        Assert.That(left.QuerySelectorAll("#states tbody tr").Select(row => row.Text("td")), Is.EqualTo(new[] { "Left Moved away.", "Active", "Suspended Spam <b>." }));
        Assert.That(left.Text("#states tbody"), Does.Contain("Max").And.Contain("you"));
        Assert.That(left.QuerySelectorAll("#actions form").Select(form => form.GetAttribute("action")), Is.EqualTo(new[] { $"{_page}/sign-in-links" }));
    }

    [Test]
    public async Task Codes_are_given_and_ended_and_the_last_one_stays()
    {
        Assert.That(await ActAsync(_owner, "codes", ("code", "ANNA")), Is.EqualTo("code-given"));
        Assert.That(await AlertAsync("codes", ("code", "anna")), Does.StartWith("Somebody in this store has the code anna"));
        Assert.That(await AlertAsync("codes", ("code", "A B")), Is.EqualTo("The code may hold letters, digits, - and _ only."));
        Assert.That(await ActAsync(_owner, "code-endings", ("code", "ANN10")), Is.EqualTo("code-ended"));
        Assert.That(await AlertAsync("code-endings", ("code", "ANNA")), Does.StartWith("It is their last live code."));
        Assert.That(await AlertAsync("code-endings", ("code", "OTHER")), Does.StartWith("They have no live code of this name"));

        var page = await _owner.GetAsync(_page);
        Assert.That(page.QuerySelectorAll("#codes .code code").Select(code => code.TextContent), Is.EqualTo(new[] { "ANNA" }));
        Assert.That(page.Text("#codes"), Does.Contain("ANN10 ended on"));
    }

    [Test]
    public async Task The_group_is_set_and_left()
    {
        Assert.That(await ActAsync(_owner, "group", ("group", "Gold")), Is.EqualTo("group-set"));
        var gold = await _owner.GetAsync(_page);
        Assert.That(await ActAsync(_owner, "group", ("group", "")), Is.EqualTo("group-left"));
        Assert.That(await AlertAsync("group", ("group", new string('g', 41))), Is.EqualTo("The group must have 1 to 40 characters, on one line."));

        Assert.That(gold.QuerySelector("#group [name=group]")!.GetAttribute("value"), Is.EqualTo("Gold"));
        Assert.That((await _owner.GetAsync(_page)).QuerySelector("#group [name=group]")!.GetAttribute("value"), Is.Null.Or.Empty);
    }

    [Test]
    public async Task The_link_is_drawn_as_a_code_and_another_stores_is_not_there()
    {
        var other = await Shop.OpenAsync(_app, "other");
        using var stranger = await Rooms.SignInAsync(_app, other.Store, null);

        var svg = await _owner.AskAsync($"{_page}/link.svg");
        var png = await (await _owner.AskAsync($"{_page}/link.png")).Content.ReadAsByteArrayAsync();

        Assert.That(svg.Content.Headers.ContentType!.MediaType, Is.EqualTo("image/svg+xml"));
        Assert.That((await _owner.GetAsync(_page)).QuerySelector(".qr path"), Is.Not.Null);
        Assert.That(png[..4], Is.EqualTo(new byte[] { 0x89, (byte)'P', (byte)'N', (byte)'G' }));
        foreach (var path in new[] { "", "/link.svg", "/link.png", "/notes" })
        {
            await stranger.GetAsync(_page + path, HttpStatusCode.NotFound);
        }
    }

    [Test]
    public async Task Clicks_stand_under_the_days_of_the_stores_time_zone()
    {
        // 23:30 UTC of 1 March is the 2nd in Berlin.
        _app.Clock.SetUtcNow(new DateTimeOffset(2026, 3, 1, 23, 30, 0, TimeSpan.Zero));
        await _shop.ClickAsync(_ann);
        await _shop.ClickAsync(_ann);
        _app.Clock.SetUtcNow(new DateTimeOffset(2026, 3, 31, 12, 0, 0, TimeSpan.Zero));
        await _shop.ClickAsync(_ann);
        using var owner = await Rooms.SignInAsync(_app, _shop.Store, null);

        var page = await owner.GetAsync(_page);
        var days = page.QuerySelectorAll("#clicks tbody tr").Select(row => row.Text("th") + ": " + row.Text("td")).ToList();

        Assert.That(days, Has.Count.EqualTo(30));
        Assert.That((days[0], days[1], days[^1]), Is.EqualTo(("2 Mar: 2", "3 Mar: 0", "31 Mar: 1")));
        Assert.That(page.Text("#clicks figcaption"), Is.EqualTo("Clicks in the last 30 days 3"));
        Assert.That(page.QuerySelectorAll("#clicks rect").Select(column => column.GetAttribute("height")), Is.EqualTo(new[] { "150", "75" }));
    }

    [Test]
    public async Task Each_order_leads_to_its_receipt_and_its_entry()
    {
        await _shop.PaysAsync(new TestOrder("1001", StoreApp.Start).With("ANN10", "10.00"));
        await _app.DrainAsync();

        var page = await _owner.GetAsync(_page);
        var order = await _owner.GetAsync(page.QuerySelector("a[href^='/dashboard/orders/']")!.GetAttribute("href")!);

        Assert.That(order.Text("main"), Does.Contain("ANN10"));
        Assert.That(order.QuerySelectorAll("tbody tr"), Is.Not.Empty);
    }

    [Test]
    public async Task Payouts_stand_there_with_their_state_and_lead_to_the_run()
    {
        await Plant.RowAsync(_app.Db, "payout_runs", ("store_id", _shop.Store.Id), ("id", "run_1"), ("state", "approved"), ("preview", "[]"));
        for (var i = 0; i < 26; i++)
        {
            await Plant.RowAsync(
                _app.Db, "payouts", ("store_id", _shop.Store.Id), ("id", string.Create(CultureInfo.InvariantCulture, $"po_{i:00}")), ("run_id", "run_1"), ("ambassador_id", _ann),
                ("currency", "EUR"), ("amount_minor", 100L + i), ("mode", "test"), ("state", "refused"), ("provider", "stripe"), ("problem", "No such account."), ("destination", ""));
        }

        var rows = (await _owner.GetAsync(_page)).QuerySelectorAll("#payouts tbody tr");

        Assert.That(rows, Has.Length.EqualTo(25));
        Assert.That(rows[0].Text("td.why"), Is.EqualTo("Refused No such account."));
        Assert.That(rows[0].Text(".amount"), Is.EqualTo("€ 1.25"));
        Assert.That(rows[0].QuerySelector("a")!.GetAttribute("href"), Is.EqualTo("/dashboard/payouts/run_1"));
    }

    [Test]
    public async Task What_the_team_notes_is_sealed_shown_with_its_writer_and_deleted()
    {
        const string Text = "Likes <b>tea</b>.\r\nDoes not like שלום \U0001F600.";
        var empty = await _owner.GetAsync($"{_page}/notes");
        Assert.That(await NoteAsync(Text), Is.EqualTo("note-kept"));
        Assert.That(await NoteAsync(Text), Is.EqualTo("note-kept"));
        var row = Encoding.Latin1.GetString(await _app.Db.OneAsync<byte[]>("SELECT sealed FROM ambassador_notes") ?? []);

        var page = await _owner.GetAsync($"{_page}/notes");
        var glance = await _owner.GetAsync(_page);
        var removed = await _owner.SubmitAsync(page.QuerySelector("article form")!);
        var again = await _owner.SubmitAsync(page.QuerySelector("article form")!);

        Assert.That(empty.Text(), Does.Contain("No note yet."));
        Assert.That(page.QuerySelectorAll("article .note p[dir]").Select(line => line.TextContent), Is.EqualTo(new[] { "Likes <b>tea</b>.", "Does not like שלום \U0001F600." }));
        Assert.That(page.QuerySelectorAll("article"), Has.Length.EqualTo(1), "a form that is sent twice notes it once");
        Assert.That(page.Text("article"), Does.Contain("by you"));
        Assert.That(glance.Text("#notes"), Does.Contain("Likes <b>tea</b>.").And.Contain("All 1, and a new one"));
        Assert.That(row, Does.Not.Contain("tea"));
        Assert.That(removed.Headers.Location!.OriginalString, Does.EndWith("notice=note-removed"));
        Assert.That(again.Headers.Location!.OriginalString, Does.EndWith("notice=note-removed"), "a form that is sent twice finds it removed");
        Assert.That(await _app.Db.OneAsync<long>("SELECT COUNT(*) FROM ambassador_notes"), Is.Zero);
    }

    [Test]
    public async Task A_note_has_its_limits_and_stays_in_the_form_when_it_cannot_be_kept()
    {
        var longest = await NoteAsync(new string('x', 2000));
        var tooLong = await NotedAsync(new string('y', 2001));
        var empty = await NotedAsync("  \n ");
        var notes = _app.Get<AmbassadorNotes>();
        for (var i = 1; i < AmbassadorNotes.OfOneMax; i++)
        {
            await notes.AddAsync(_shop.Store, _ann, $"Note {i.ToString(CultureInfo.InvariantCulture)}", "test", default);
        }

        var tooMany = await NotedAsync("One more.");

        Assert.That(longest, Is.EqualTo("note-kept"));
        Assert.That(tooLong.Text("[role=alert]"), Is.EqualTo("The note must have 1 to 2000 characters."));
        Assert.That(tooLong.QuerySelector("textarea")!.TextContent, Has.Length.EqualTo(2001));
        Assert.That(empty.Text("[role=alert]"), Is.EqualTo("Write something first."));
        Assert.That(tooMany.Text("[role=alert]"), Does.StartWith("There are 200 notes about them"));
        Assert.That(await notes.AddAsync(_shop.Store, "amb_nobody", "x", "test", default), Is.EqualTo(NoteStep.AmbassadorUnknown));

        async Task<IDocument> NotedAsync(string text) => await Browser.ReadAsync(await PostNoteAsync(text), HttpStatusCode.UnprocessableEntity);
    }

    [Test]
    public async Task Notes_of_other_scripts_fill_pages_that_stay_small_and_are_all_there()
    {
        var notes = _app.Get<AmbassadorNotes>();
        for (var i = 0; i < 12; i++)
        {
            await notes.AddAsync(_shop.Store, _ann, i.ToString("00", CultureInfo.InvariantCulture) + new string('好', 1900), "test", default);
            _app.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        var seen = new List<string>();
        var path = $"{_page}/notes";
        while (path is not null)
        {
            var html = await (await _owner.AskAsync(path)).Content.ReadAsStringAsync();
            Assert.That(html, Has.Length.LessThan(60_000));
            var page = await _owner.GetAsync(path);
            seen.AddRange(page.QuerySelectorAll("article .note p[dir]").Select(line => line.TextContent[..2]));
            path = page.QuerySelector("a[rel=next]")?.GetAttribute("href");
        }

        Assert.That(seen, Is.EqualTo(Enumerable.Range(0, 12).Reverse().Select(i => i.ToString("00", CultureInfo.InvariantCulture))));
    }

    [Test]
    public async Task The_page_stays_small_at_its_limits_and_shows_a_hostile_name_as_text()
    {
        await _app.Db.DoAsync("UPDATE ambassadors SET name = @name WHERE id = @id", new { id = _ann, name = "<script>\u202E\U0001F600" + new string('é', 180) });
        await _app.DrainAsync();
        for (var i = 0; i < 25; i++)
        {
            await _shop.PaysAsync(new TestOrder((2000 + i).ToString(CultureInfo.InvariantCulture), StoreApp.Start).With("ANN10", "10.00"));
        }

        for (var i = 1; i < AmbassadorCodes.LiveMax; i++)
        {
            await _app.Get<AmbassadorCodes>().AddAsync(_shop.Store, _ann, $"ANN-{new string('X', 30)}-{i.ToString(CultureInfo.InvariantCulture)}", default);
        }

        await Plant.RowAsync(_app.Db, "payout_runs", ("store_id", _shop.Store.Id), ("id", "run_1"), ("state", "approved"), ("preview", "[]"));
        for (var i = 0; i < 25; i++)
        {
            await Plant.RowAsync(
                _app.Db, "payouts", ("store_id", _shop.Store.Id), ("id", string.Create(CultureInfo.InvariantCulture, $"po_{i:00}")), ("run_id", "run_1"), ("ambassador_id", _ann),
                ("currency", "EUR"), ("amount_minor", 100L + i), ("mode", "test"), ("state", "sent"), ("provider", "stripe"), ("destination", ""));
            await _app.Get<AmbassadorNotes>().AddAsync(_shop.Store, _ann, i.ToString(CultureInfo.InvariantCulture) + new string('好', 1900), "test", default);
            await ActAsync(_owner, i % 2 == 0 ? "suspension" : "reinstatement", ("reason", new string('r', 200)));
        }

        await _app.DrainAsync();
        var html = await (await _owner.AskAsync(_page)).Content.ReadAsStringAsync();

        Assert.That(html, Has.Length.LessThan(60_000));
        Assert.That(html, Does.Contain("&lt;script&gt;").And.Not.Contain("<script>"));
    }

    private async Task<string> NoteAsync(string text) => (await PostNoteAsync(text)).Headers.Location!.OriginalString.Split('=')[^1];

    private async Task<HttpResponseMessage> PostNoteAsync(string text) => await _owner.PostAsync($"{_page}/notes", new(await TokenAsync(_owner)) { ["text"] = text });

    private async Task<string> ActAsync(Browser browser, string what, params (string Name, string Value)[] fields)
    {
        var answer = await PostAsync(browser, what, fields);
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Redirect), what);
        return answer.Headers.Location!.OriginalString.Split('=')[^1];
    }

    private async Task<string> AlertAsync(string what, params (string Name, string Value)[] fields) =>
        (await Browser.ReadAsync(await PostAsync(_owner, what, fields), HttpStatusCode.UnprocessableEntity)).Text("[role=alert]");

    private async Task<HttpResponseMessage> PostAsync(Browser browser, string what, (string Name, string Value)[] fields) => await browser.SendAsync(
        $"{_page}/{what}", (await TokenAsync(browser)).Concat(fields.Select(field => KeyValuePair.Create(field.Name, field.Value))));

    private async Task<Dictionary<string, string>> TokenAsync(Browser browser) => (await browser.GetAsync(_page)).QuerySelectorAll("form.out input[type=hidden]")
        .ToDictionary(input => input.GetAttribute("name")!, input => input.GetAttribute("value")!);
}
