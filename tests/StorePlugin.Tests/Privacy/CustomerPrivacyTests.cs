// A customer asks what is held about them, and to be erased: what the merchant gets, what goes, and what stays.
using System.Net;
using System.Text.Json.Nodes;
using StorePlugin.Data;
using StorePlugin.Inbox;
using StorePlugin.Privacy;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Privacy;

internal sealed class CustomerPrivacyTests
{
    private PrivacyWorld _world = null!;
    private StoreApp _app = null!;

    [SetUp]
    public async Task SetUp()
    {
        _world = await PrivacyWorld.StartAsync();
        _app = _world.App;
    }

    [TearDown]
    public async Task TearDown() => await _world.DisposeAsync();

    [Test]
    public async Task A_shopper_is_nowhere_in_clear_and_after_the_erasure_nowhere_at_all()
    {
        var order = PrivacyWorld.Order("9001");
        foreach (var shop in new[] { PrivacyWorld.Lux, PrivacyWorld.Other })
        {
            await _world.SendAsync(shop, "orders/paid", PrivacyWorld.Json(order));
            await _world.SendAsync(shop, "orders/updated", PrivacyWorld.Json(order with { UpdatedAt = StoreApp.Start.AddMinutes(1) }));
            await _world.SendAsync(shop, "orders/paid", PrivacyWorld.Json(order with { Id = "9005", Customer = 8008, Email = "somebody@else.example" }));
        }

        await _world.SendAsync(PrivacyWorld.Lux, "refunds/create", order.RefundJson("1", 0, "10.00"));
        await _world.SendAsync(PrivacyWorld.Lux, "orders/paid", $$"""{"id": 9002, "note": "{{PrivacyWorld.Email.Replace("@", "\\u0040", StringComparison.Ordinal)}}" """);
        await _world.SendAsync(PrivacyWorld.Lux, "orders/paid", """{"id": 9004, "note": "somebody@else.example" """);
        await _app.DrainAsync();
        await _world.SendAsync(PrivacyWorld.Lux, "customers/data_request", PrivacyWorld.Request(PrivacyWorld.Lux, "customers/data_request", 9001));
        await _app.DrainAsync();
        Assert.That(await _world.FindAsync(PrivacyWorld.Shopper), Is.Empty);
        Assert.That(await _world.FindAsync(PrivacyWorld.Ambassador), Is.Not.Empty, "the search finds what is there");
        var other = await _world.DumpAsync(_world.OtherStore);

        await _world.SendAsync(PrivacyWorld.Lux, "customers/redact", PrivacyWorld.Request(PrivacyWorld.Lux, "customers/redact", 9001, 9003));
        await _app.DrainAsync();
        await _world.EraseAsync();

        var bodies = await _app.Db.ManyAsync<string>("SELECT state FROM deliveries WHERE store_id = @s AND body IS NOT NULL", new { s = _world.Store.Id });
        var keys = await KeysAsync("9001");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(await _world.FindAsync(PrivacyWorld.Shopper), Is.Empty);
            Assert.That(bodies, Is.EqualTo(["dead"]), "somebody else's can still be replayed");
            Assert.That(keys, Is.Not.Empty.And.All.StartsWith("erased_"));
            Assert.That(await KeysAsync("9005"), Is.Not.Empty.And.None.StartsWith("erased_"));
            Assert.That(await StatesAsync(), Is.EqualTo(["dropped", "done"]));
            Assert.That(new FileInfo(Path.Combine(_app.Folder, "storeplugin.db-wal")).Length, Is.LessThan(64 * 1024));
            Assert.That(await _world.DumpAsync(_world.OtherStore), Is.EqualTo(other));
        }

        await _world.AssertBooksAsync();

        // Late: one that is known in another version, and one that nobody has seen yet.
        await _world.SendAsync(PrivacyWorld.Lux, "orders/updated", PrivacyWorld.Json(order with { UpdatedAt = StoreApp.Start.AddMinutes(2) }));
        await _world.SendAsync(PrivacyWorld.Lux, "orders/paid", PrivacyWorld.Json(order with { Id = "9003" }));
        await _app.DrainAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(await KeysAsync("9001"), Is.EquivalentTo(keys));
            Assert.That(await KeysAsync("9003"), Is.Not.Empty.And.All.StartsWith("erased_"));
            Assert.That(await _world.CountAsync("SELECT COUNT(*) FROM deliveries WHERE store_id = @s AND state = 'done' AND body IS NOT NULL"), Is.Zero);
            Assert.That(await _world.CountAsync("SELECT COUNT(*) FROM receipts WHERE store_id = @s AND order_id = '9003'"), Is.EqualTo(1), "the books go on");
        }

        await _world.AssertBooksAsync();
    }

    [Test]
    public async Task A_request_that_comes_twice_gives_one_file_and_one_mail()
    {
        await _world.SendAsync(PrivacyWorld.Lux, "orders/paid", PrivacyWorld.Json(PrivacyWorld.Order("9001")));
        await _app.DrainAsync();
        for (var i = 0; i < 2; i++)
        {
            await _world.SendAsync(PrivacyWorld.Lux, "customers/data_request", PrivacyWorld.Request(PrivacyWorld.Lux, "customers/data_request", 9001));
            await _app.DrainAsync();
        }

        var request = (await _world.Api.Get("privacy-requests")).Json!["items"]!.AsArray().Single()!;
        Assert.That(((string?)request["topic"], (string?)request["state"], (string?)request["platformRequestId"]), Is.EqualTo(("customers/data_request", "ready", "9999")));
        var mails = await MailsAsync("hello@lux.example");
        Assert.That(mails.Single(), Does.Contain("9999").And.Contain("/dashboard/privacy-requests").And.Not.Contain("markers.example"));
        Assert.That(await _world.CountAsync("SELECT COUNT(*) FROM deliveries WHERE topic = 'customers/data_request' AND body IS NOT NULL"), Is.Zero);
    }

    [Test]
    public async Task The_file_tells_what_is_held_and_nothing_of_others()
    {
        await _world.SendAsync(PrivacyWorld.Lux, "orders/paid", PrivacyWorld.Json(PrivacyWorld.Order("9001")));
        await _world.SendAsync(PrivacyWorld.Lux, "orders/paid", PrivacyWorld.Json(PrivacyWorld.Order("9005") with { Customer = 8008, Email = "somebody@else.example" }));
        await _world.Api.Put("programme-credits/c1", new JsonObject
        {
            ["customer"] = new JsonObject { ["id"] = "7007001" },
            ["amount"] = new JsonObject { ["minor"] = 500, ["currency"] = "EUR" },
            ["at"] = "2026-03-01T09:00:00Z",
            ["reason"] = "A welcome",
        });
        await _app.DrainAsync();
        await _world.SendAsync(PrivacyWorld.Lux, "customers/data_request", PrivacyWorld.Request(PrivacyWorld.Lux, "customers/data_request"));
        await _app.DrainAsync();

        var file = (await _world.Api.Get($"privacy-requests/{await IdAsync()}/file")).Json!;

        var order = file["orders"]!["items"]!.AsArray().Single()!;
        using (Assert.EnterMultipleScope())
        {
            Assert.That((string?)order["platformOrderId"], Is.EqualTo("9001"));
            Assert.That((long)order["netSales"]!["minor"]!, Is.EqualTo(9000));
            Assert.That(((string?)order["creditedCode"], (string?)order["considered"]![0]!["evidence"]), Is.EqualTo(("ANN10", "ANN10")));
            Assert.That((string?)file["storeCredit"]!["items"]![0]!["reason"], Is.EqualTo("A welcome"));
            Assert.That(file["ambassador"]!["items"]!.AsArray(), Is.Empty);
            Assert.That(file.ToJsonString(), Does.Not.Contain("Annplanted").And.Not.Contain("planted.ann").And.Not.Contain("else.example"));
        }
    }

    [Test]
    public async Task Who_was_invited_or_wants_no_mail_is_told_so_and_the_wish_outlives_the_erasure()
    {
        await _world.Api.Post($"campaigns/{_world.CampaignId}/invitations", PrivacyWorld.Invitation(PrivacyWorld.Email));
        await _app.DrainAsync();
        await _world.Api.Post("mail-suppressions", new JsonObject { ["email"] = PrivacyWorld.Email });
        await _world.SendAsync(PrivacyWorld.Lux, "customers/data_request", PrivacyWorld.Request(PrivacyWorld.Lux, "customers/data_request"));
        await _app.DrainAsync();
        var told = (await _world.Api.Get($"privacy-requests/{await IdAsync()}/file")).Json!["mail"]!["items"]!.AsArray();
        var before = await _world.CountAsync("SELECT COUNT(*) FROM mail_sends WHERE store_id = @s");
        await _world.SendAsync(PrivacyWorld.Lux, "customers/redact", PrivacyWorld.Request(PrivacyWorld.Lux, "customers/redact"));
        await _app.DrainAsync();
        await _world.EraseAsync();
        var again = (await _world.Api.Post($"campaigns/{_world.CampaignId}/invitations", PrivacyWorld.Invitation(PrivacyWorld.Email))).Json!;

        using (Assert.EnterMultipleScope())
        {
            Assert.That(told.Select(item => $"{item!["what"]} {item["campaign"]} {item["state"]}"), Is.EqualTo(["invitation Spring sent", "by_merchant  kept back"]));
            Assert.That(await _world.CountAsync("SELECT COUNT(*) FROM invitations WHERE store_id = @s AND sealed IS NULL AND address_hash = id"), Is.EqualTo(1));
            Assert.That(await _world.CountAsync("SELECT COUNT(*) FROM mail_sends WHERE store_id = @s"), Is.EqualTo(before - 1));
            Assert.That((string?)again["skipped"]![0]!["why"], Does.StartWith("The store's people want no mail"));
        }
    }

    [Test]
    public async Task Whoever_is_an_ambassador_or_an_applicant_too_gets_those_data()
    {
        var body = Bodies.Ambassador(_world.CampaignId, "SELF10", PrivacyWorld.Email);
        var added = await _world.Api.Post("ambassadors", body);
        Assert.That(added.Status, Is.EqualTo(201));
        await _app.Get<StorePlugin.Ambassadors.AmbassadorNotes>().AddAsync(_world.Store, added.Text("id"), "Likes tea.", "team mem_1", default);
        var campaign = await _world.Api.LiveAsync();
        await _world.Api.Put($"campaigns/{campaign}/applications", new JsonObject { ["open"] = true });
        await _app.Get<StorePlugin.Ambassadors.Applications>().ApplyAsync(
            _world.Store, campaign, new StorePlugin.Ambassadors.NewApplication("Planted", PrivacyWorld.Email.ToUpperInvariant(), "please"), default);
        await _world.SendAsync(PrivacyWorld.Lux, "customers/data_request", PrivacyWorld.Request(PrivacyWorld.Lux, "customers/data_request"));
        await _app.DrainAsync();

        var file = (await _world.Api.Get($"privacy-requests/{await IdAsync()}/file")).Json!;

        var ambassador = file["ambassador"]!["items"]!.AsArray().Single()!;
        Assert.That(((string?)ambassador["email"], (string?)ambassador["codes"]![0]), Is.EqualTo((PrivacyWorld.Email, "SELF10")));
        Assert.That((string?)ambassador["notes"]!.AsArray().Single()!["text"], Is.EqualTo("Likes tea."));
        Assert.That((string?)file["applications"]!["items"]!.AsArray().Single()!["message"], Is.EqualTo("please"));
    }

    [Test]
    public async Task Each_fetch_is_noted_and_after_thirty_days_there_is_no_file()
    {
        await _world.SendAsync(PrivacyWorld.Lux, "customers/data_request", PrivacyWorld.Request(PrivacyWorld.Lux, "customers/data_request"));
        await _app.DrainAsync();
        var id = await IdAsync();
        var thief = await ApiClient.OfAsync(_app, _world.OtherStore);
        Assert.That((await thief.Get($"privacy-requests/{id}/file")).Status, Is.EqualTo(404));
        Assert.That((await thief.Get("privacy-requests")).Json!["items"]!.AsArray(), Is.Empty);
        Assert.That((await _world.Api.Get($"privacy-requests/{id}/file")).Status, Is.EqualTo(200));
        using (var owner = await Rooms.SignInAsync(_app, _world.Store, null))
        {
            var page = await owner.GetAsync("/dashboard/privacy-requests");
            Assert.That(page.Text(), Does.Contain("9999"));
            var link = page.QuerySelectorAll("main a").Select(a => a.GetAttribute("href")!).Single(href => href.EndsWith("/file", StringComparison.Ordinal));
            Assert.That((await owner.AskAsync(link)).StatusCode, Is.EqualTo(HttpStatusCode.OK));
        }

        var who = (await _world.Api.Get($"privacy-requests/{id}/downloads")).Json!["items"]!.AsArray().Select(item => (string?)item!["who"]).ToList();
        _app.Clock.Advance(PrivacyDuties.FileKept);
        var gone = await _world.Api.Get($"privacy-requests/{id}/file");
        await _app.Get<Retention>().RunOnceAsync(default);

        Assert.That(who, Has.Count.EqualTo(2));
        Assert.That(who, Has.One.StartsWith("API key key_").And.One.StartsWith("dashboard session "));
        Assert.That((gone.Status, gone.Problem), Is.EqualTo((404, "/problems/privacy-file-gone")));
        Assert.That(await StatesAsync(), Is.EqualTo(["dropped"]));
        Assert.That(await _world.CountAsync("SELECT COUNT(*) FROM privacy_requests WHERE file_sealed IS NOT NULL"), Is.Zero);
        Assert.That(await _world.CountAsync("SELECT COUNT(*) FROM privacy_request_customers"), Is.Zero);
    }

    [Test]
    public async Task An_erasure_before_the_mail_takes_the_file_and_the_mail_stays()
    {
        await _world.SendAsync(PrivacyWorld.Lux, "customers/data_request", PrivacyWorld.Request(PrivacyWorld.Lux, "customers/data_request"));
        await _world.SendAsync(PrivacyWorld.Lux, "customers/redact", PrivacyWorld.Request(PrivacyWorld.Lux, "customers/redact"));
        while (await _app.Get<InboxWorker>().RunOnceAsync(default) > 0)
        {
        }

        await _app.DrainAsync();

        Assert.That(await _app.Db.ManyAsync<string>("SELECT outcome FROM effects WHERE subject LIKE 'privacy_file:%'"), Is.EqualTo(["The file is there no more."]));
        Assert.That(await MailsAsync("hello@lux.example"), Is.Empty);
    }

    [Test]
    public async Task What_came_in_before_an_erasure_is_read_before_it_however_long_that_takes()
    {
        await _app.Db.DoAsync("CREATE TRIGGER fault BEFORE INSERT ON receipts BEGIN SELECT RAISE(ABORT, 'injected'); END");
        await _world.SendAsync(PrivacyWorld.Lux, "orders/paid", PrivacyWorld.Json(PrivacyWorld.Order("9001")));
        await _world.SendAsync(PrivacyWorld.Lux, "customers/redact", PrivacyWorld.Request(PrivacyWorld.Lux, "customers/redact"));
        await _app.DrainAsync();
        var waiting = await _app.Db.OneAsync<Waiting>("SELECT state, attempts, outcome FROM deliveries WHERE topic = 'customers/redact'");
        await _app.Db.DoAsync("DROP TRIGGER fault");
        _app.Clock.Advance(TimeSpan.FromMinutes(2));
        await _app.DrainAsync();
        await _world.EraseAsync();

        Assert.That(waiting, Is.EqualTo(new Waiting("pending", 0, "Deliveries that came in before the request are read first.")));
        Assert.That(await StatesAsync(), Is.EqualTo(["done"]));
        Assert.That(await KeysAsync("9001"), Is.Not.Empty.And.All.StartsWith("erased_"));
        Assert.That(await _world.CountAsync("SELECT COUNT(*) FROM deliveries WHERE store_id = @s AND body IS NOT NULL"), Is.Zero);
    }

    [Test]
    public async Task A_reader_of_an_older_state_keeps_the_log_until_the_next_round()
    {
        await using var reader = await _app.Db.OpenAsync(default);
        await using (var reading = Db.BeginReading(reader, mustBeOne: true))
        {
            await using var command = reader.CreateCommand();
            (command.CommandText, command.Transaction) = ("SELECT COUNT(*) FROM stores", reading);
            await command.ExecuteScalarAsync();
            await _app.Db.DoAsync("UPDATE stores SET name = 'Lux' WHERE id = @s", new { s = _world.Store.Id });

            Assert.That(await _app.Db.TruncateLogAsync(default), Is.False);
        }

        Assert.That(await _app.Db.TruncateLogAsync(default), Is.True);
        Assert.That(new FileInfo(Path.Combine(_app.Folder, "storeplugin.db-wal")).Length, Is.Zero);
    }

    private async Task<string> IdAsync() => (string)(await _world.Api.Get("privacy-requests")).Json!["items"]![0]!["id"]!;

    private Task<IReadOnlyList<string>> StatesAsync() =>
        _app.Db.ManyAsync<string>("SELECT state FROM privacy_requests WHERE store_id = @s ORDER BY topic", new { s = _world.Store.Id });

    private Task<IReadOnlyList<string>> KeysAsync(string orderId) => _app.Db.ManyAsync<string>(
        "SELECT customer_key FROM customer_orders WHERE store_id = @s AND order_id = @orderId", new { s = _world.Store.Id, orderId });

    private async Task<IReadOnlyList<string>> MailsAsync(string to)
    {
        var folder = Path.Combine(_app.Folder, "mail");
        var mails = Directory.Exists(folder) ? await Task.WhenAll(Directory.GetFiles(folder, "*.eml").Select(path => File.ReadAllTextAsync(path))) : [];
        return [.. mails.Where(mail => mail.Contains(to, StringComparison.Ordinal))];
    }

    private sealed record Waiting(string State, long Attempts, string Outcome);
}
