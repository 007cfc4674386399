// The merchant's list of ambassadors: searched, filtered, paged, changed several at once, added to, and taken as a file.
using System.Globalization;
using System.Net;
using StorePlugin.Ambassadors;
using StorePlugin.Campaigns;
using StorePlugin.Ledger;
using StorePlugin.Stores;
using StorePlugin.Tests.Rig;
using IDocument = AngleSharp.Dom.IDocument;

namespace StorePlugin.Tests.Dashboard;

internal sealed class PeopleTests
{
    private const string List = "/dashboard/ambassadors";

    private StoreApp _app = null!;
    private Rooms _rooms = null!;
    private Browser _owner = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _app = await StoreApp.StartAsync();
        _rooms = await Rooms.OpenAsync(_app);
        await _app.Db.DoAsync(
            """
            INSERT INTO campaign_revisions (store_id, campaign_id, revision, terms, effective_at, created_at, actor)
            VALUES (@storeId, @campaignId, 1, @terms, @now, @now, 'test')
            """,
            new { storeId = _rooms.Store.Id, campaignId = _rooms.CampaignId, terms = new Terms(1000, 1000, 30, 30).ToJson(), now = StoreApp.Start });
        _owner = await _rooms.OwnerAsync();
    }

    [TearDown]
    public async Task StopAsync()
    {
        _owner.Dispose();
        await _app.DisposeAsync();
    }

    [TestCase("zoé", "Zoé Ärmel")]
    [TestCase("ZOE", "Zoé Ärmel")]
    [TestCase("mel", "Zoé Ärmel")]
    [TestCase("BEN10", "Ben")]
    [TestCase("http://shop.example/r/ben10-str_lux", "Ben")]
    [TestCase("amb_ann+tag@Example.org", "Ann")]
    [TestCase("n", "Ben,Ann")]
    [TestCase("amb_ann@", "")]
    [TestCase("%", "")]
    [TestCase("\u202E<b>", "")]
    public async Task A_search_finds_parts_of_names_whole_addresses_codes_and_links(string search, string names)
    {
        await PlantAsync();
        await _rooms.KnowAsync("amb_ann", "amb_ann@example.org");

        var page = await _owner.GetAsync($"{List}?q={Uri.EscapeDataString(search)}");

        Assert.That(NamesOf(page), Is.EqualTo(names));
        Assert.That(page.QuerySelector("#filter [name=q]")!.GetAttribute("value"), Is.EqualTo(search));
    }

    [Test]
    public async Task Filters_leave_out_by_state_campaign_and_group_and_hold_together()
    {
        await PlantAsync();
        await _app.Get<Groups>().JoinAsync(_rooms.Store, "amb_ann", "Gold", "test", default);
        await _app.Get<Groups>().JoinAsync(_rooms.Store, "amb_ben", "Gold", "test", default);
        await _app.Get<Groups>().JoinAsync(_rooms.Store, "amb_ben", "Silver", "test", default);
        await _app.Get<AmbassadorLife>().SuspendAsync(_rooms.Store, "amb_ben", "test", null, default);

        Assert.That(NamesOf(await _owner.GetAsync($"{List}?state=suspended")), Is.EqualTo("Ben"));
        Assert.That(NamesOf(await _owner.GetAsync($"{List}?state=approved")), Is.EqualTo("Zoé Ärmel,Ann"));
        Assert.That(NamesOf(await _owner.GetAsync($"{List}?group=GOLD")), Is.EqualTo("Ann"), "the group of today counts");
        Assert.That(NamesOf(await _owner.GetAsync($"{List}?group=Silver&state=approved")), Is.Empty);
        Assert.That(NamesOf(await _owner.GetAsync($"{List}?campaign={_rooms.CampaignId}&q=a")), Is.EqualTo("Zoé Ärmel,Ann"));
        Assert.That(NamesOf(await _owner.GetAsync($"{List}?campaign=cmp_other")), Is.Empty);
        Assert.That(NamesOf(await _owner.GetAsync($"{List}?state=nonsense")), Is.EqualTo("Zoé Ärmel,Ben,Ann"));
    }

    [Test]
    public async Task Pages_go_on_within_the_filter_and_show_each_once()
    {
        for (var i = 0; i < 60; i++)
        {
            var number = i.ToString("000", CultureInfo.InvariantCulture);
            await _rooms.AmbassadorAsync($"amb_{number}", i % 2 == 0 ? $"Even {number}" : $"Odd {number}", $"CODE{number}");
        }

        var names = new List<string>();
        var path = $"{List}?q=even";
        for (var pages = 0; path is not null; pages++)
        {
            Assert.That(pages, Is.LessThan(3));
            var page = await _owner.GetAsync(path);
            names.AddRange(page.QuerySelectorAll("tbody th a").Select(link => link.TextContent));
            path = page.QuerySelector("a[rel=next]")?.GetAttribute("href");
            Assert.That(path, Is.Null.Or.Contain("q=even"));
        }

        Assert.That(names, Is.EqualTo(Enumerable.Range(0, 30).Select(i => string.Create(CultureInfo.InvariantCulture, $"Even {58 - (2 * i):000}"))));
    }

    [Test]
    public async Task Several_are_changed_at_once_and_whoever_cannot_be_is_named_with_the_reason()
    {
        await PlantAsync();
        await _app.Get<AmbassadorLife>().EndAsync(_rooms.Store, "amb_ben", "test", null, default);
        var before = await _owner.GetAsync($"{List}?q=n");

        var page = await ChangeAsync(before, [("change", "suspend"), ("reason", "Fraud?"), ("id", "amb_ann"), ("id", "amb_ben"), ("id", "amb_nobody")]);
        var again = await ChangeAsync(before, [("change", "suspend"), ("id", "amb_ann")]);

        Assert.That(page.Text("#report"), Is.EqualTo(
            "1 ambassador was suspended. It was not done for 2 of them: Ben: They have left. Somebody: There is nobody with this id."));
        Assert.That(NamesOf(page), Is.EqualTo("Ben,Ann"), "the search is kept");
        Assert.That(again.Text("#report"), Does.StartWith("0 ambassadors were suspended.").And.Contain("They were suspended before."));
        var states = await _app.Db.ManyAsync<string>("SELECT state FROM ambassador_states WHERE store_id = 'str_lux' AND ambassador_id = 'amb_ann'");
        Assert.That(states, Is.EqualTo(new[] { "suspended" }), "a form that is sent twice acts once");
        Assert.That(
            await _app.Db.OneAsync<string>("SELECT reason FROM ambassador_states WHERE store_id = 'str_lux' AND ambassador_id = 'amb_ann'"), Is.EqualTo("Fraud?"));
    }

    [Test]
    public async Task Several_are_put_into_a_new_group()
    {
        await PlantAsync();
        var before = await _owner.GetAsync(List);

        var page = await ChangeAsync(before, [("change", "join"), ("into", "Gold <b>"), ("id", "amb_ann"), ("id", "amb_zoe")]);

        Assert.That(page.Text("#report"), Is.EqualTo("2 ambassadors are in the group Gold <b> now."));
        Assert.That(NamesOf(await _owner.GetAsync($"{List}?group={Uri.EscapeDataString("Gold <b>")}")), Is.EqualTo("Zoé Ärmel,Ann"));
    }

    [Test]
    public async Task What_nobody_can_do_with_several_is_said()
    {
        await PlantAsync();
        var before = await _owner.GetAsync(List);
        var other = await Rooms.OpenAsync(_app, "str_other", "Other");
        await other.AmbassadorAsync("amb_eve", "Eve", "EVE10");

        Assert.That(await AlertAsync([("change", "suspend")]), Does.StartWith("Choose ambassadors first"));
        Assert.That(await AlertAsync([("id", "amb_ann"), ("change", "delete")]), Is.EqualTo("Choose what shall be done."));
        Assert.That(await AlertAsync([("id", "amb_ann"), ("change", "join")]), Is.EqualTo("Name the group."));
        Assert.That(await AlertAsync([("id", "amb_ann"), ("change", "suspend"), ("reason", new string('x', 201))]), Is.EqualTo("Reason must have 1 to 200 characters."));
        Assert.That(
            await AlertAsync([("change", "suspend"), .. Enumerable.Range(0, 51).Select(i => ("id", $"amb_{i.ToString(CultureInfo.InvariantCulture)}"))]),
            Is.EqualTo("At most 50 are changed at once."));
        var foreign = await SendAsync($"{List}/changes", before, [("change", "suspend"), ("id", "amb_eve")]);
        Assert.That(foreign.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That(await _app.Db.ManyAsync<string>("SELECT DISTINCT state FROM ambassadors"), Is.EqualTo(new[] { "approved" }));

        async Task<string> AlertAsync((string Name, string Value)[] fields) =>
            (await Browser.ReadAsync(await SendAsync($"{List}/changes", before, fields), HttpStatusCode.UnprocessableEntity)).Text("[role=alert]");
    }

    [Test]
    public async Task Somebody_is_added_with_a_code_made_of_the_name_and_a_group()
    {
        await _rooms.AmbassadorAsync("amb_ann", "Ann", "ANN");
        var form = await _owner.GetAsync($"{List}/new");

        var added = await SendAsync($"{List}/new", form, [("name", "Ann Smith"), ("email", "ann.smith@example.com"), ("campaignId", _rooms.CampaignId), ("group", "Gold")]);
        var page = await _owner.GetAsync(added.Headers.Location!.OriginalString);
        var again = await Browser.ReadAsync(
            await SendAsync($"{List}/new", form, [("name", "Ann Smith"), ("email", "Ann.Smith+x@example.com"), ("campaignId", _rooms.CampaignId)]), HttpStatusCode.UnprocessableEntity);

        Assert.That(page.Text("h1"), Is.EqualTo("Ann Smith"));
        Assert.That(page.Text("main"), Does.StartWith("They are an ambassador now."));
        Assert.That(page.Text("#codes"), Does.Contain("ANN2").And.Contain("/r/ANN2"));
        Assert.That(page.Text(".facts"), Does.Contain("Gold"));
        Assert.That(page.Text("#states tbody"), Does.Contain("Active").And.Contain("you"));
        Assert.That(again.QuerySelector("[name=email]")!.ParentElement!.Text("small"), Is.EqualTo("Somebody in this campaign has this e-mail address, or one that reaches the same mailbox."));
        Assert.That(await _app.Db.OneAsync<long>("SELECT COUNT(*) FROM ambassadors"), Is.EqualTo(2));
    }

    [Test]
    public async Task What_cannot_be_used_is_said_beside_the_field_and_kept()
    {
        await _rooms.AmbassadorAsync("amb_ann", "Ann", "ANN10");
        var form = await _owner.GetAsync($"{List}/new");

        var wrong = await Browser.ReadAsync(
            await SendAsync($"{List}/new", form, [("name", "<b>Eve"), ("email", "eve@nowhere"), ("campaignId", _rooms.CampaignId), ("code", "A B"), ("group", new string('g', 41))]),
            HttpStatusCode.UnprocessableEntity);
        var taken = await Browser.ReadAsync(
            await SendAsync($"{List}/new", form, [("name", "Eve"), ("email", "eve@example.com"), ("campaignId", _rooms.CampaignId), ("code", "ann10")]), HttpStatusCode.UnprocessableEntity);
        var foreign = await Browser.ReadAsync(
            await SendAsync($"{List}/new", form, [("name", "Eve"), ("email", "eve@example.com"), ("campaignId", "cmp_other"), ("code", "EVE10")]), HttpStatusCode.UnprocessableEntity);

        Assert.That(WhyOf(wrong, "email"), Is.EqualTo("It must be an e-mail address, such as ann@example.com."));
        Assert.That(WhyOf(wrong, "code"), Is.EqualTo("It may hold letters, digits, - and _ only."));
        Assert.That(WhyOf(wrong, "group"), Is.EqualTo("It must have 1 to 40 characters, on one line."));
        Assert.That(wrong.QuerySelector("[name=name]")!.GetAttribute("value"), Is.EqualTo("<b>Eve"));
        Assert.That(WhyOf(taken, "code"), Does.StartWith("Somebody in this store has the code ann10"));
        Assert.That(WhyOf(foreign, "campaignId"), Is.Not.Empty);
        Assert.That(await _app.Db.OneAsync<long>("SELECT COUNT(*) FROM ambassadors"), Is.EqualTo(1));

        static string WhyOf(IDocument page, string field) => page.QuerySelector($"[name={field}]")!.ParentElement!.QuerySelector("small.warn")!.TextContent;
    }

    [Test]
    public async Task The_file_holds_what_the_ledger_says_and_no_name_is_a_formula()
    {
        await _rooms.AmbassadorAsync("amb_ann", "=HYPERLINK(\"http://evil\")", "ANN10");
        await _rooms.AmbassadorAsync("amb_ben", "Ben, \"the\" <b>שלום</b> \U0001F600", "BEN10");
        await _rooms.AmbassadorAsync("amb_cid", "Cid", "CID10");
        await _rooms.ClicksAsync("amb_ann", 3);
        foreach (var state in new[] { Account.Held, Account.Review, Account.Approved, Account.InPayout, Account.Paid })
        {
            await _rooms.OrderAsync(state, state, 90_00, "amb_ann", 9_00, "Code ANN10 was used.");
        }

        await _rooms.OrderAsync("yen", "held", 3_000, "amb_ann", 300, "Code ANN10 was used.", "JPY");
        await _rooms.OrderAsync("observed", "observed", 90_00, "amb_ann", 9_00, "Not paid yet.");
        await _rooms.BookAsync("refund", null, Account.Approved, Account.Expense, "amb_ben", 5_00, "EUR", "Refunded after it was paid.");

        var answer = await _owner.AskAsync($"{List}/export");
        var lines = (await answer.Content.ReadAsStringAsync()).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        var filtered = await (await _owner.AskAsync($"{List}/export?q=cid")).Content.ReadAsStringAsync();

        Assert.That(answer.Headers.CacheControl!.NoStore, Is.True);
        Assert.That(answer.Content.Headers.ContentType!.MediaType, Is.EqualTo("text/csv"));
        Assert.That(lines, Is.EqualTo(new[]
        {
            "id,name,email,state,campaign,group,code,link,clicks,orders,net_sales,held,review,approved,in_payout,paid,owed,currency",
            $"amb_cid,Cid,amb_cid@example.org,approved,Spring,,CID10,{_app.Address}r/cid10-str_lux,0,0,0.00,0.00,0.00,0.00,0.00,0.00,0.00,EUR",
            $"amb_ben,\"Ben, \"\"the\"\" <b>שלום</b> \U0001F600\",amb_ben@example.org,approved,Spring,,BEN10,{_app.Address}r/ben10-str_lux,0,0,0.00,0.00,0.00,-5.00,0.00,0.00,-5.00,EUR",
            $"amb_ann,\"'=HYPERLINK(\"\"http://evil\"\")\",amb_ann@example.org,approved,Spring,,ANN10,{_app.Address}r/ann10-str_lux,3,5,450.00,9.00,9.00,9.00,9.00,9.00,18.00,EUR",
            $"amb_ann,\"'=HYPERLINK(\"\"http://evil\"\")\",amb_ann@example.org,approved,Spring,,ANN10,{_app.Address}r/ann10-str_lux,,1,3000,300,0,0,0,0,0,JPY",
        }));
        Assert.That(filtered, Does.Contain("amb_cid").And.Not.Contain("amb_ann"));
    }

    [Test]
    public async Task The_file_goes_on_beyond_a_page()
    {
        for (var i = 0; i < 205; i++)
        {
            await _rooms.AmbassadorAsync(string.Create(CultureInfo.InvariantCulture, $"amb_{i:000}"), "Ann", string.Create(CultureInfo.InvariantCulture, $"CODE{i:000}"));
        }

        var lines = (await (await _owner.AskAsync($"{List}/export")).Content.ReadAsStringAsync()).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);

        Assert.That(lines.Select(line => line.Split(',')[0]).Distinct().Count(), Is.EqualTo(206));
    }

    [Test]
    public async Task A_viewer_sees_the_pages_and_no_file_and_changes_nothing()
    {
        await PlantAsync();
        await _app.Get<Team>().AddAsync(_rooms.Store, "Vera", "vera@example.com", Role.Viewer, "test", default);
        var member = (await _app.Get<Team>().ListAsync(_rooms.Store, default)).Single().Id;
        using var vera = await Rooms.SignInAsync(_app, _rooms.Store, null, member);

        var page = await vera.GetAsync(List);
        var person = await vera.GetAsync($"{List}/amb_ann");
        var token = page.QuerySelectorAll("form.out input").ToDictionary(input => input.GetAttribute("name")!, input => input.GetAttribute("value")!);

        Assert.That(NamesOf(page), Is.EqualTo("Zoé Ärmel,Ben,Ann"));
        Assert.That(page.QuerySelectorAll("input[type=checkbox], form[method=post]:not(.out), a[href*=export]"), Is.Empty);
        Assert.That(person.QuerySelector("#actions"), Is.Null);
        Assert.That((await vera.AskAsync($"{List}/export")).StatusCode, Is.EqualTo(HttpStatusCode.Forbidden));
        foreach (var path in new[] { "changes", "new", "import", "amb_ann/suspension", "amb_ann/notes", "amb_ann/ending" })
        {
            Assert.That((await vera.PostAsync($"{List}/{path}", new(token) { ["id"] = "amb_ann", ["change"] = "suspend" })).StatusCode, Is.EqualTo(HttpStatusCode.Forbidden), path);
        }

        Assert.That(await _app.Db.ManyAsync<string>("SELECT DISTINCT state FROM ambassadors"), Is.EqualTo(new[] { "approved" }));
    }

    [Test]
    public async Task A_full_page_of_long_names_stays_small_and_shows_them_as_text()
    {
        for (var i = 0; i < 26; i++)
        {
            var number = i.ToString("00", CultureInfo.InvariantCulture);
            await _rooms.AmbassadorAsync($"amb_{number}", $"<b>\u202E{number}" + new string('a', 190), $"CODE{number}", "refused", "The code belongs to another discount.");
        }

        var html = await (await _owner.AskAsync(List)).Content.ReadAsStringAsync();

        Assert.That(html, Has.Length.LessThan(60_000));
        Assert.That(html, Does.Contain("&lt;b&gt;").And.Not.Contain("<b>"));
    }

    private async Task PlantAsync()
    {
        await _rooms.AmbassadorAsync("amb_ann", "Ann", "ANN10");
        await _rooms.AmbassadorAsync("amb_ben", "Ben", "BEN10");
        await _rooms.AmbassadorAsync("amb_zoe", "Zoé Ärmel", "ZOE10");
    }

    private static string NamesOf(IDocument page) => string.Join(',', page.QuerySelectorAll("tbody th a").Select(link => link.TextContent));

    private async Task<IDocument> ChangeAsync(IDocument page, (string Name, string Value)[] fields) =>
        await Browser.ReadAsync(await SendAsync($"{List}/changes", page, fields));

    /// <summary>Sends the page's form to a path, with its hidden fields and these.</summary>
    private Task<HttpResponseMessage> SendAsync(string path, IDocument page, (string Name, string Value)[] fields) => _owner.SendAsync(
        path,
        page.QuerySelectorAll($"form[action='{path}'] input[type=hidden]").Select(input => KeyValuePair.Create(input.GetAttribute("name")!, input.GetAttribute("value")!))
            .Concat(fields.Select(field => KeyValuePair.Create(field.Name, field.Value))));
}
