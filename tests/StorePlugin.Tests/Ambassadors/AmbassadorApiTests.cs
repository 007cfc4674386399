// Ambassadors over the API: added with code and link, listed with balances, suspended and reinstated.
using System.Text.Json.Nodes;
using StorePlugin.Ambassadors;
using StorePlugin.Stores;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Ambassadors;

internal sealed class AmbassadorApiTests
{
    private StoreApp _app = null!;
    private Shop _shop = null!;
    private ApiClient _api = null!;
    private string _campaign = null!;

    [SetUp]
    public async Task Open()
    {
        _app = await StoreApp.StartAsync([new("PublicUrl", "https://referrals.example.com")]);
        _shop = await Shop.OpenAsync(_app);
        _api = await ApiClient.OfAsync(_app, _shop.Store);
        _campaign = await _api.LiveAsync();
    }

    [TearDown]
    public async Task Close() => await _app.DisposeAsync();

    // One letter of NFKC's longest becomes eighteen; the others are seen by nobody.
    [TestCase("\uFDFA", 60)]
    [TestCase("ann\u202E", 1)]
    [TestCase("a\u200Dnn", 1)]
    [TestCase("ann\u00AD", 1)]
    public async Task An_address_whose_key_does_not_fit_or_that_hides_signs_is_none(string local, int times)
    {
        var email = string.Concat(Enumerable.Repeat(local, times)) + "@x.com";

        var added = await _api.Post("ambassadors", Bodies.Ambassador(_shop.CampaignId, "ANN10", email));
        var imported = await _api.Post($"ambassador-imports?campaignId={_shop.CampaignId}&dryRun=false", $"name,email,code\nAnn,{email},ANN10\n", "text/csv");

        Assert.That((added.Status, (string?)added.Json!["errors"]!["email"]![0]), Is.EqualTo((400, "must be an e-mail address, such as ann@example.com")));
        Assert.That((string?)imported.Json!["findings"]![0]!["column"], Is.EqualTo("email"));
        Assert.That(AmbassadorRequest.IsEmail("zoë.李娜@bücher.example"), Is.True);
    }

    [Test]
    public async Task An_ambassador_is_added_approved_with_a_code_and_a_link()
    {
        var body = Bodies.Ambassador(_campaign, " ANN10 ", "Ann.Smith@Example.com");
        body["stripeAccount"] = "acct_1032D82eZvKYlo2C";

        var added = await _api.Post("ambassadors", body);

        Assert.That(added.Status, Is.EqualTo(201));
        Assert.That(
            (added.Text("code"), added.Text("slug"), added.Text("link"), added.Text("state"), added.Text("stripeAccount"), added.Text("email")),
            Is.EqualTo(("ANN10", "ANN10", "https://referrals.example.com/r/ANN10", "approved", "acct_1032D82eZvKYlo2C", "Ann.Smith@Example.com")));
        Assert.That((string?)added.Json!["discount"]!["state"], Is.EqualTo("pending"));
        Assert.That(
            added.Json["balances"]!.AsArray().Select(balance => $"{balance!["account"]} {balance["amount"]!["minor"]} {balance["amount"]!["currency"]}"),
            Is.EqualTo(["held 0 EUR", "review 0 EUR", "approved 0 EUR", "in_payout 0 EUR", "paid 0 EUR"]));
        Assert.That((await _api.Get($"ambassadors/{added.Text("id")}")).Json!.ToJsonString(), Is.EqualTo(added.Json.ToJsonString()));
    }

    [Test]
    public async Task The_discount_is_ordered_with_the_ambassador_of_a_live_campaign()
    {
        await _api.AddAsync(_campaign, "ANN10");

        Assert.That(await DiscountsOrderedAsync(), Is.EqualTo(["ann10"]));
    }

    [Test]
    public async Task A_drafts_discounts_are_ordered_at_its_launch_and_once()
    {
        var draft = await _api.DraftAsync();
        await _api.AddAsync(draft, "ANN10");
        await _api.AddAsync(draft, "BOB10");
        var before = await DiscountsOrderedAsync();

        await _api.Post($"campaigns/{draft}/launch");
        await _api.Post($"campaigns/{draft}/launch");

        Assert.That(before, Is.Empty);
        Assert.That(await DiscountsOrderedAsync(), Is.EqualTo(["ann10", "bob10"]));
    }

    [Test]
    public async Task A_campaign_without_a_friends_discount_orders_none()
    {
        var added = await _api.AddAsync(await _api.LiveAsync(friend: 0), "ANN10");

        Assert.That((string?)added.Json!["discount"]!["state"], Is.EqualTo("none"));
        Assert.That(await DiscountsOrderedAsync(), Is.Empty);
    }

    [Test]
    public async Task The_Stripe_account_is_set_changed_and_taken_away()
    {
        var id = (await _api.AddAsync(_campaign, "ANN10")).Text("id");
        var path = $"ambassadors/{id}/stripe-account";

        var set = await _api.Put(path, new JsonObject { ["stripeAccount"] = "acct_1032D82eZvKYlo2C" });
        var changed = await _api.Put(path, new JsonObject { ["stripeAccount"] = " acct_2 " });
        var kept = await AccountAsync();
        var away = await _api.Put(path, new JsonObject { ["stripeAccount"] = null });

        Assert.That((set.Status, changed.Status, away.Status), Is.EqualTo((200, 200, 200)));
        Assert.That((set.Text("stripeAccount"), changed.Text("stripeAccount"), (string?)away.Json!["stripeAccount"]), Is.EqualTo(("acct_1032D82eZvKYlo2C", "acct_2", (string?)null)));
        Assert.That((kept, await AccountAsync()), Is.EqualTo(("acct_2", (string?)null)));
        Assert.That((await _api.Put("ambassadors/amb_none/stripe-account", new JsonObject { ["stripeAccount"] = null })).Problem, Is.EqualTo("/problems/ambassador-unknown"));

        Task<string?> AccountAsync() => _app.Db.OneAsync<string>("SELECT stripe_account FROM ambassadors WHERE store_id = @s AND id = @id", new { s = _shop.Store.Id, id });
    }

    [TestCase("{}", "stripeAccount")]
    [TestCase("""{"stripeaccount":"acct_1"}""", "stripeaccount")]
    [TestCase("""{"stripeAccount":"acct_1","email":"a@b.example"}""", "email")]
    [TestCase("""{"stripeAccount":"po_1"}""", "stripeAccount")]
    [TestCase("""{"stripeAccount":""}""", "stripeAccount")]
    [TestCase("""{"stripeAccount":7}""", "stripeAccount")]
    public async Task A_Stripe_account_that_is_none_changes_nothing(string body, string field)
    {
        var id = (await _api.AddAsync(_campaign, "ANN10")).Text("id");
        await _api.Put($"ambassadors/{id}/stripe-account", new JsonObject { ["stripeAccount"] = "acct_1" });

        var answer = await _api.Send(HttpMethod.Put, $"ambassadors/{id}/stripe-account", new StringContent(body, System.Text.Encoding.UTF8, "application/json"));

        Assert.That((answer.Status, answer.Problem), Is.EqualTo((400, "/problems/fields-invalid")));
        Assert.That(answer.Json!["errors"]![field], Is.Not.Null);
        Assert.That((await _api.Get($"ambassadors/{id}")).Text("stripeAccount"), Is.EqualTo("acct_1"));
    }

    [TestCase("ann10")]
    [TestCase("ＡＮＮ１０")]
    [TestCase(" Ann10")]
    public async Task A_code_is_taken_in_every_spelling(string code)
    {
        await _api.AddAsync(_campaign, "ANN10");

        var answer = await _api.Post("ambassadors", Bodies.Ambassador(_campaign, code));

        Assert.That((answer.Status, answer.Problem), Is.EqualTo((409, "/problems/code-taken")));
    }

    [Test]
    public async Task One_mailbox_joins_a_campaign_once_and_another_campaign_again()
    {
        await _api.AddAsync(_campaign, "ANN10", "ann.smith@gmail.com");

        var again = await _api.Post("ambassadors", Bodies.Ambassador(_campaign, "ANN11", "AnnSmith+shop@gmail.com"));
        var elsewhere = await _api.Post("ambassadors", Bodies.Ambassador(await _api.LiveAsync(), "ANN12", "annsmith@gmail.com"));

        Assert.That((again.Status, again.Problem), Is.EqualTo((409, "/problems/ambassador-exists")));
        Assert.That(elsewhere.Status, Is.EqualTo(201));
    }

    [Test]
    public async Task A_refused_ambassador_leaves_nothing_behind()
    {
        await _api.AddAsync(_campaign, "ANN10", "ann@example.com");

        await _api.Post("ambassadors", Bodies.Ambassador(_campaign, "NEW10", "ann@example.com"));

        var left = await _app.Db.OneAsync<long>("SELECT CAST(COUNT(*) AS bigint) FROM codes WHERE store_id = @id AND code_key = 'new10'", new { id = _shop.Store.Id });
        Assert.That(left, Is.Zero);
        Assert.That(await DiscountsOrderedAsync(), Is.EqualTo(["ann10"]));
    }

    [Test]
    public async Task A_code_that_another_store_has_gets_a_numbered_link()
    {
        var other = await Shop.OpenAsync(_app, "other");
        var third = await Shop.OpenAsync(_app, "third");
        await _api.AddAsync(_campaign, "ANN10");

        var second = await (await ApiClient.OfAsync(_app, other.Store)).AddAsync(other.CampaignId, "Ann10");
        var last = await (await ApiClient.OfAsync(_app, third.Store)).AddAsync(third.CampaignId, "ann10");

        Assert.That((second.Text("code"), second.Text("slug")), Is.EqualTo(("Ann10", "Ann10-2")));
        Assert.That(last.Text("slug"), Is.EqualTo("ann10-3"));
    }

    [Test]
    public async Task A_code_of_another_script_has_a_link_that_works()
    {
        var added = await _api.AddAsync(_campaign, "Анна10");

        var answer = await _app.VisitAsync(new Uri(added.Text("link")).PathAndQuery);

        Assert.That(added.Text("link"), Does.EndWith("/r/%D0%90%D0%BD%D0%BD%D0%B010"));
        Assert.That((int)answer.StatusCode, Is.Not.EqualTo(400));
    }

    [Test]
    public async Task The_person_is_kept_as_the_stores_own_hash()
    {
        var added = await _api.AddAsync(_campaign, "ANN10", "Ann+x@Example.com");

        var hash = await _app.Db.OneAsync<string>("SELECT person_hash FROM ambassadors WHERE store_id = @s AND id = @id", new { s = _shop.Store.Id, id = added.Text("id") });
        Assert.That(hash, Is.EqualTo(_app.Get<StoreKeys>().Hash(_shop.Store, "email", "ann@example.com")));
    }

    [Test]
    public async Task Everything_that_is_wrong_is_told_at_once()
    {
        var answer = await _api.Post("ambassadors", new JsonObject
        {
            ["name"] = new string('a', 201),
            ["email"] = "Ann <ann@example.com>",
            ["code"] = "a b",
            ["stripeAccount"] = "po_1",
        });

        Assert.That((answer.Status, answer.Problem), Is.EqualTo((400, "/problems/fields-invalid")));
        Assert.That(
            answer.Json!["errors"]!.AsObject().Select(error => error.Key),
            Is.EquivalentTo((string[])["name", "email", "campaignId", "code", "stripeAccount"]));
    }

    [TestCase("ann")]
    [TestCase("ann@")]
    [TestCase("ann@localhost")]
    [TestCase("ann@exa mple.com")]
    [TestCase("\"Ann\" <ann@example.com>")]
    [TestCase("ann@[127.0.0.1]")]
    [TestCase("ann@example.com\r\nBcc: eve@example.com")]
    public async Task What_is_no_address_is_refused(string email)
    {
        var answer = await _api.Post("ambassadors", Bodies.Ambassador(_campaign, "ANN10", email));

        Assert.That(answer.Json!["errors"]!["email"], Is.Not.Null);
    }

    [Test]
    public async Task Half_a_character_is_refused_and_not_a_fault()
    {
        var answer = await _api.Post("ambassadors", $$"""{"name":"\ud800","email":"ann@example.com","campaignId":"{{_campaign}}","code":"\udc00ab"}""");

        Assert.That(answer.Json!["errors"]!.AsObject().Select(error => error.Key), Is.EquivalentTo((string[])["name", "code"]));
    }

    [Test]
    public async Task An_unknown_or_ended_campaign_takes_nobody()
    {
        var unknown = await _api.Post("ambassadors", Bodies.Ambassador("cmp_00000000000000000000000000000000", "ANN10"));
        await _app.Db.DoAsync("UPDATE campaigns SET state = 'ended' WHERE store_id = @s AND id = @id", new { s = _shop.Store.Id, id = _campaign });
        var ended = await _api.Post("ambassadors", Bodies.Ambassador(_campaign, "ANN10"));

        Assert.That((unknown.Status, unknown.Problem), Is.EqualTo((404, "/problems/campaign-unknown")));
        Assert.That((ended.Status, ended.Problem), Is.EqualTo((409, "/problems/campaign-ended")));
    }

    [Test]
    public async Task A_suspension_begins_and_ends_and_stays_recorded()
    {
        var id = (await _api.AddAsync(_campaign, "ANN10")).Text("id");

        var suspended = await _api.Post($"ambassadors/{id}/suspension");
        var twice = await _api.Post($"ambassadors/{id}/suspension");
        _app.Clock.Advance(TimeSpan.FromHours(1));
        var reinstated = await _api.Delete($"ambassadors/{id}/suspension");
        var nothing = await _api.Delete($"ambassadors/{id}/suspension");

        Assert.That((suspended.Status, suspended.Text("state"), suspended.Text("suspendedAt")), Is.EqualTo((200, "suspended", "2026-03-01T10:00:00Z")));
        Assert.That((twice.Status, twice.Problem), Is.EqualTo((409, "/problems/ambassador-suspended")));
        Assert.That((reinstated.Status, reinstated.Text("state"), reinstated.Json!["suspendedAt"]), Is.EqualTo((200, "approved", (JsonNode?)null)));
        Assert.That((nothing.Status, nothing.Problem), Is.EqualTo((404, "/problems/suspension-unknown")));
        var states = (await _api.Get($"ambassadors/{id}/states")).Json!["items"]!.AsArray();
        Assert.That(
            states.Select(state => $"{state!["state"]} {state["at"]}"),
            Is.EqualTo(["approved 2026-03-01T10:00:00Z", "suspended 2026-03-01T10:00:00Z", "approved 2026-03-01T11:00:00Z"]));
    }

    [Test]
    public async Task The_list_shows_balances_clicks_and_orders_of_each()
    {
        var ann = await _shop.AmbassadorAsync("ANN10");
        _app.Clock.Advance(TimeSpan.FromSeconds(1));
        var bob = await _shop.AmbassadorAsync("BOB10");
        await _shop.ClickAsync(ann);
        await _shop.ClickAsync(ann);
        await _shop.PaysAsync(new TestOrder("5001", _app.Clock.GetUtcNow()).With("ANN10", "10.00"));

        var items = (await _api.Get("ambassadors")).Json!["items"]!.AsArray();

        Assert.That(
            items.Select(item => ((string?)item!["id"], (long)item["clicks"]!, (long)item["orders"]!, (long)item["balances"]![0]!["amount"]!["minor"]!)),
            Is.EqualTo(((string?, long, long, long)[])[(ann, 2, 1, 900), (bob, 0, 0, 0)]));
    }

    [Test]
    public async Task Ambassadors_who_are_added_at_once_get_one_link_each()
    {
        var stores = new List<ApiClient>();
        var campaigns = new List<string>();
        for (var i = 0; i < 8; i++)
        {
            var shop = await Shop.OpenAsync(_app, $"shop{i}");
            stores.Add(await ApiClient.OfAsync(_app, shop.Store));
            campaigns.Add(shop.CampaignId);
        }

        var added = await Task.WhenAll(stores.Select((store, i) => store.AddAsync(campaigns[i], "SUMMER")));

        Assert.That(added.Select(answer => answer.Text("slug")), Is.Unique);
    }

    private Task<IReadOnlyList<string>> DiscountsOrderedAsync() => _app.Db.ManyAsync<string>(
        "SELECT subject FROM effects WHERE store_id = @id AND kind = 'create_discount' ORDER BY subject", new { id = _shop.Store.Id });
}

internal sealed class CodeKeyTests
{
    [TestCase("ANN10")]
    [TestCase("été-2026")]
    [TestCase("アン_10")]
    [TestCase("हिन्दी")]
    [TestCase("ß10")]
    public void Letters_of_every_script_make_a_code(string code) => Assert.That(CodeKey.Refusal(code), Is.Null);

    [TestCase("ab")]
    [TestCase("a b c")]
    [TestCase("ann/10")]
    [TestCase("ann.10")]
    [TestCase("😀😀😀")]
    [TestCase("an\u200dn")]
    [TestCase("aaaaaaaaaabbbbbbbbbbccccccccccddddddddddX")]
    public void What_an_address_or_a_mail_would_break_makes_none(string code) => Assert.That(CodeKey.Refusal(code), Is.Not.Null);

    [TestCase("ANN10", "ann10")]
    [TestCase(" Ann10 ", "ann10")]
    [TestCase("ｱﾝ10", "アン10")]
    [TestCase("ΣΑΣ", "σας")]
    [TestCase("ſale", "SALE")]
    public void Spellings_that_shoppers_mix_up_share_a_key(string one, string other) =>
        Assert.That(CodeKey.Of(one), Is.EqualTo(CodeKey.Of(other)));
}
