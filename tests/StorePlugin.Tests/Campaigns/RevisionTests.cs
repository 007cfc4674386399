// Revisions over the API, and the orders that are judged by them.
using System.Text.Json.Nodes;
using StorePlugin.Campaigns;
using StorePlugin.Tests.Rig;
using StorePlugin.Tests.Stores.Rehearsal;

namespace StorePlugin.Tests.Campaigns;

internal sealed class RevisionTests
{
    private StoreApp _app = null!;
    private Shop _shop = null!;
    private ApiClient _api = null!;

    [SetUp]
    public async Task Open()
    {
        _app = await StoreApp.StartAsync();
        _shop = await Shop.OpenAsync(_app);
        _api = await ApiClient.OfAsync(_app, _shop.Store);
        _app.Clock.Advance(TimeSpan.FromDays(1));
    }

    [TearDown]
    public async Task Close() => await _app.DisposeAsync();

    [Test]
    public async Task A_better_revision_is_in_force_from_now_on_and_says_in_what_it_differs()
    {
        var answer = await ReviseAsync(Body(commission: 12.5m));

        Assert.That((answer.Status, (long)answer.Json!["revision"]!, (long)answer.Json["basedOn"]!), Is.EqualTo((201, 2, 1)));
        Assert.That((answer.Text("effectiveAt"), answer.Text("createdAt")), Is.EqualTo(("2026-03-02T10:00:00Z", "2026-03-02T10:00:00Z")));
        Assert.That(answer.Text("actor"), Is.Not.Empty);
        Assert.That(
            answer.Json["difference"]!.ToJsonString(), Is.EqualTo("""[{"term":"commission","from":"10 %","to":"12.5 %","forAmbassadors":"better"}]"""));
        var campaign = (await _api.Get($"campaigns/{_shop.CampaignId}")).Json!;
        Assert.That(((long)campaign["revision"]!, campaign["nextRevision"], (decimal)campaign["terms"]!["commission"]!["percent"]!), Is.EqualTo((2, (JsonNode?)null, 12.5m)));
    }

    [Test]
    public async Task An_order_is_judged_by_the_revision_of_its_own_instant_however_late_it_arrives()
    {
        await _shop.AmbassadorAsync("BOB10");
        await _app.Db.DoAsync(
            "UPDATE codes SET assigned_at = @at WHERE store_id = @id; UPDATE ambassadors SET approved_at = @at WHERE store_id = @id",
            new { id = _shop.Store.Id, at = StoreApp.Start });
        await ReviseAsync(Body(commission: 20));
        _app.Clock.Advance(TimeSpan.FromDays(1));

        await _shop.PaysAsync(new TestOrder("1", StoreApp.Start.AddDays(1).AddSeconds(-1)).With("BOB10", "10.00"));
        await _shop.PaysAsync(new TestOrder("2", StoreApp.Start.AddDays(1)).With("BOB10", "10.00"));

        var (before, after) = (await _shop.ReceiptAsync("1"), await _shop.ReceiptAsync("2"));
        Assert.That((before.TermsRevision, before.CommissionMinor), Is.EqualTo((1, 900)));
        Assert.That((after.TermsRevision, after.CommissionMinor), Is.EqualTo((2, 1800)));
    }

    [Test]
    public async Task A_worse_revision_without_an_instant_gets_the_earliest_and_the_campaign_tells_of_it()
    {
        var answer = await ReviseAsync(Body(commission: 5));

        Assert.That((answer.Status, answer.Text("effectiveAt")), Is.EqualTo((201, "2026-03-16T10:00:00Z")));
        var campaign = (await _api.Get($"campaigns/{_shop.CampaignId}")).Json!;
        Assert.That((long)campaign["revision"]!, Is.EqualTo(1));
        Assert.That(campaign["nextRevision"]!.ToJsonString(), Is.EqualTo("""{"revision":2,"effectiveAt":"2026-03-16T10:00:00Z"}"""));
        _app.Clock.MoveTo(StoreApp.Start.AddDays(15));
        campaign = (await _api.Get("campaigns")).Json!["items"]![0]!;
        Assert.That(((long)campaign["revision"]!, campaign["nextRevision"]), Is.EqualTo((2, (JsonNode?)null)));
    }

    [Test]
    public async Task A_notice_that_is_too_short_is_refused_with_what_gets_worse_and_the_earliest_instant()
    {
        var early = await ReviseAsync(Body(commission: 5, friend: 5, hold: 60, window: 7, effectiveAt: "2026-03-16T09:59:59Z"));
        var exact = await ReviseAsync(Body(commission: 5, friend: 5, hold: 60, window: 7, effectiveAt: "2026-03-16T10:00:00Z"));

        Assert.That((early.Status, early.Problem), Is.EqualTo((422, "/problems/notice-too-short")));
        Assert.That(
            early.Text("detail"),
            Is.EqualTo("To their disadvantage, the commission goes from 10 % to 5 % and the friend's discount goes from 10 % to 5 % and the hold goes from 30 days to 60 days "
                + "and the window of a click goes from 30 days to 7 days. Such a change takes effect 14 days from now at the earliest: 2026-03-16T10:00:00Z."));
        Assert.That(exact.Status, Is.EqualTo(201));
    }

    [Test]
    public async Task Of_two_people_at_once_who_know_the_same_revision_one_is_told_of_the_other()
    {
        var answers = await Task.WhenAll(ReviseAsync(Body(commission: 11, basedOn: 1)), ReviseAsync(Body(commission: 12, basedOn: 1)));

        Assert.That(answers.Select(answer => answer.Status), Is.EquivalentTo([201, 409]));
        var refused = answers.Single(answer => answer.Status == 409);
        Assert.That(refused.Problem, Is.EqualTo("/problems/campaign-revised"));
        Assert.That(refused.Text("detail"), Does.Contain("newest revision is 2"));
    }

    [Test]
    public async Task What_is_wrong_with_a_revision_is_told_at_once()
    {
        var body = Body(commission: 0, hold: 366, effectiveAt: "2026-03-02T09:59:59Z");
        body["basedOn"] = 0;
        body["effective"] = "now";

        var answer = await ReviseAsync(body);

        Assert.That((answer.Status, answer.Problem), Is.EqualTo((400, "/problems/fields-invalid")));
        Assert.That(
            answer.Json!["errors"]!.AsObject().Select(error => error.Key),
            Is.EquivalentTo(["terms.commission.percent", "terms.holdDays", "effectiveAt", "basedOn", "effective"]));
    }

    [TestCase("soon")]
    [TestCase("2026-04-01")]
    [TestCase("2026-03-02T09:59:59Z")]
    [TestCase("2031-03-02T10:00:01Z")]
    public async Task An_instant_that_is_none_or_past_or_far_off_is_refused(string effectiveAt) =>
        Assert.That((await ReviseAsync(Body(commission: 20, effectiveAt: effectiveAt))).Json!["errors"]!.AsObject().Single().Key, Is.EqualTo("effectiveAt"));

    [Test]
    public async Task A_body_without_terms_is_refused() =>
        Assert.That((await ReviseAsync([])).Json!["errors"]!.AsObject().Single().Key, Is.EqualTo("terms"));

    [Test]
    public async Task A_revision_that_says_nothing_new_is_refused() => await RefusedAsync(ReviseAsync(Body()), 422, "terms-unchanged");

    [Test]
    public async Task While_one_lies_ahead_none_takes_effect_before_it()
    {
        await ReviseAsync(Body(commission: 5));

        await RefusedAsync(ReviseAsync(Body(commission: 20, effectiveAt: "2026-03-03T10:00:00Z")), 422, "revision-ahead");
        Assert.That((await ReviseAsync(Body(commission: 20))).Text("effectiveAt"), Is.EqualTo("2026-03-16T10:00:00Z"));
        var next = (await _api.Get($"campaigns/{_shop.CampaignId}")).Json!["nextRevision"]!;
        Assert.That((long)next["revision"]!, Is.EqualTo(3), "of two that take effect at once the newer counts");
    }

    [Test]
    public async Task A_withdrawn_revision_stays_on_record_and_judges_nothing()
    {
        await _shop.AmbassadorAsync("ANN10");
        await ReviseAsync(Body(commission: 20, effectiveAt: "2026-03-03T10:00:00Z"));

        var withdrawn = await WithdrawAsync(2);
        _app.Clock.MoveTo(StoreApp.Start.AddDays(3));
        await _shop.PaysAsync(new TestOrder("1", StoreApp.Start.AddDays(3)).With("ANN10", "10.00"));

        Assert.That((withdrawn.Status, withdrawn.Text("withdrawnAt")), Is.EqualTo((200, "2026-03-02T10:00:00Z")));
        Assert.That((await _shop.ReceiptAsync("1")).TermsRevision, Is.EqualTo(1));
        var campaign = (await _api.Get($"campaigns/{_shop.CampaignId}")).Json!;
        Assert.That(((long)campaign["revision"]!, campaign["nextRevision"]), Is.EqualTo((1, (JsonNode?)null)));
        var again = await ReviseAsync(Body(commission: 15, basedOn: 1));
        Assert.That(((long)again.Json!["revision"]!, (long)again.Json["basedOn"]!), Is.EqualTo((3, 1)), "a number is given once");
        var list = (await _api.Get($"campaigns/{_shop.CampaignId}/revisions")).Json!["items"]!.AsArray();
        Assert.That(list.Select(item => (long)item!["revision"]!), Is.EqualTo([1, 2, 3]));
        Assert.That(list.Select(item => (string?)item!["withdrawnBy"] is not null), Is.EqualTo([false, true, false]));
        Assert.That((string?)list[2]!["difference"]![0]!["from"], Is.EqualTo("10 %"), "against the one it is based on");
    }

    [Test]
    public async Task Who_joins_after_a_withdrawal_gets_the_discount_and_the_words_of_the_terms_that_stand()
    {
        var installed = await InstalledShop.InstallAsync(_app);
        var api = await ApiClient.OfAsync(_app, installed.Store);
        var id = await api.LiveAsync();
        await api.Post($"campaigns/{id}/revisions", Body(commission: 33, friend: 44, effectiveAt: "2026-03-03T10:00:00Z"));
        await api.Delete($"campaigns/{id}/revisions/2");
        _app.Clock.MoveTo(StoreApp.Start.AddDays(3));

        await api.AddAsync(id, "BEN10");
        await _app.DrainAsync();

        Assert.That(
            await _app.Db.OneAsync<long>("SELECT percent_bp FROM rehearsal_discounts WHERE store_id = @id AND code = 'BEN10'", new { id = installed.Store.Id }),
            Is.EqualTo(1000));
        Assert.That(ReadMail.AllOf(_app).Single().Text, Does.Match("10.%").And.Not.Match("(33|44).%"));
    }

    [Test]
    public async Task A_campaign_has_so_many_revisions_and_no_more()
    {
        await _app.Db.InTransactionAsync(async tx =>
        {
            for (var number = 2L; number <= Revisions.CountMax; number++)
            {
                await tx.DoAsync(
                    """
                    INSERT INTO campaign_revisions (store_id, campaign_id, revision, terms, based_on, effective_at, created_at, actor)
                    SELECT store_id, campaign_id, @number, terms, @number - 1, effective_at, created_at, actor
                    FROM campaign_revisions WHERE store_id = @storeId AND campaign_id = @id AND revision = 1
                    """,
                    new { storeId = _shop.Store.Id, id = _shop.CampaignId, number });
            }
        });

        await RefusedAsync(ReviseAsync(Body(commission: 20)), 422, "revisions-too-many");
    }

    [Test]
    public async Task Only_the_newest_is_withdrawn_and_only_before_its_instant()
    {
        await ReviseAsync(Body(commission: 20, effectiveAt: "2026-03-03T10:00:00Z"));
        await ReviseAsync(Body(commission: 30, effectiveAt: "2026-03-04T10:00:00Z"));

        await RefusedAsync(WithdrawAsync(2), 409, "revision-not-newest");
        await RefusedAsync(WithdrawAsync(4), 404, "revision-unknown");
        Assert.That((await WithdrawAsync(3)).Status, Is.EqualTo(200));
        await RefusedAsync(WithdrawAsync(3), 409, "revision-withdrawn");
        _app.Clock.MoveTo(StoreApp.Start.AddDays(2));
        await RefusedAsync(WithdrawAsync(2), 409, "revision-in-force");
        Assert.That((await _api.Delete($"campaigns/{_shop.CampaignId}/revisions/two")).Status, Is.EqualTo(400));
    }

    [Test]
    public async Task A_draft_is_launched_with_its_newest_terms()
    {
        var id = await _api.DraftAsync();
        var codes = (await _api.AddAsync(id, "ANN10")).Text("id");

        var revised = await _api.Post($"campaigns/{id}/revisions", Body(commission: 3, friend: 0, hold: 90));
        await RefusedAsync(_api.Post($"campaigns/{id}/revisions", Body(effectiveAt: "2026-04-01T00:00:00Z")), 422, "draft-has-no-instant");
        await RefusedAsync(_api.Delete($"campaigns/{id}/revisions/2"), 409, "revision-in-force");
        var launched = await _api.Post($"campaigns/{id}/launch");

        Assert.That((revised.Status, revised.Json!["effectiveAt"]), Is.EqualTo((201, (JsonNode?)null)), "nobody has joined, so nobody needs notice");
        Assert.That(((long)launched.Json!["revision"]!, (decimal)launched.Json["terms"]!["commission"]!["percent"]!), Is.EqualTo((2, 3m)));
        var list = (await _api.Get($"campaigns/{id}/revisions")).Json!["items"]!.AsArray();
        Assert.That(list.Select(item => (string?)item!["effectiveAt"]), Is.EqualTo([null, "2026-03-02T10:00:00Z"]));
        Assert.That((string?)(await _api.Get($"ambassadors/{codes}")).Json!["discount"]!["state"], Is.EqualTo("none"), "its code follows the terms");
    }

    [Test]
    public async Task A_draft_that_gives_a_discount_after_all_has_it_ordered_at_the_launch()
    {
        var id = await _api.DraftAsync(friend: 0);
        var ann = (await _api.AddAsync(id, "ANN10")).Text("id");

        await _api.Post($"campaigns/{id}/revisions", Body());
        await _api.Post($"campaigns/{id}/launch");

        Assert.That((string?)(await _api.Get($"ambassadors/{ann}")).Json!["discount"]!["state"], Is.EqualTo("pending"));
        Assert.That(
            await _app.Db.OneAsync<long>("SELECT CAST(COUNT(*) AS bigint) FROM effects WHERE store_id = @id AND kind = 'create_discount'", new { id = _shop.Store.Id }),
            Is.EqualTo(1));
    }

    [Test]
    public async Task A_drafts_printed_codes_stay_as_they_are_in_the_store_whatever_its_terms_become()
    {
        var id = await _api.DraftAsync(friend: 0);
        await _api.Post($"ambassador-imports?dryRun=false&campaignId={id}", "name,email,code\nAnn,ann@example.com,PRINTED10\n", "text/csv");

        await _api.Post($"campaigns/{id}/revisions", Body());
        await _api.Post($"campaigns/{id}/launch");

        // Ordered again, the store would answer that the code is taken, and that would end it.
        Assert.That(
            await _app.Db.OneAsync<string>("SELECT discount_state FROM codes WHERE store_id = @id AND code_key = 'printed10'", new { id = _shop.Store.Id }),
            Is.EqualTo("none"));
        Assert.That(
            await _app.Db.OneAsync<long>("SELECT CAST(COUNT(*) AS bigint) FROM effects WHERE store_id = @id AND kind = 'create_discount'", new { id = _shop.Store.Id }),
            Is.Zero);
    }

    [Test]
    public async Task Who_joins_while_a_revision_lies_ahead_joins_under_the_terms_in_force()
    {
        var id = await _api.LiveAsync(friend: 10);
        await _api.Post($"campaigns/{id}/revisions", Body(friend: 0));

        var ann = await _api.AddAsync(id, "ANN10");

        Assert.That((string?)ann.Json!["discount"]!["state"], Is.EqualTo("pending"));
    }

    [TestCase(10, 15, 1)]
    [TestCase(10, 10, 0)]
    [TestCase(0, 10, 1)]
    [TestCase(10, 0, 1)]
    public async Task The_discounts_follow_a_revision_that_gives_friends_something_else(decimal before, decimal after, long followed)
    {
        var id = await _api.LiveAsync(friend: before);

        var added = await _api.Post($"campaigns/{id}/revisions", Body(commission: 12, friend: after, effectiveAt: "2026-04-01T00:00:00Z"));

        Assert.That(added.Status, Is.EqualTo(201), added.Json?.ToJsonString());
        Assert.That(
            await _app.Db.OneAsync<long>(
                "SELECT CAST(COUNT(*) AS bigint) FROM effects WHERE store_id = @id AND kind = 'follow_terms' AND due_at = @at",
                new { id = _shop.Store.Id, at = new DateTimeOffset(2026, 4, 1, 0, 0, 0, TimeSpan.Zero) }),
            Is.EqualTo(followed));
    }

    [Test]
    public async Task The_list_is_read_page_by_page()
    {
        await ReviseAsync(Body(commission: 11));
        await ReviseAsync(Body(commission: 12));

        var first = await _api.Get($"campaigns/{_shop.CampaignId}/revisions?limit=2");
        var second = await _api.Get($"campaigns/{_shop.CampaignId}/revisions?limit=2&after={first.Text("next")}");

        Assert.That(first.Json!["items"]!.AsArray().Select(item => (long)item!["revision"]!), Is.EqualTo([1, 2]));
        Assert.That(second.Json!["items"]!.AsArray().Select(item => (long)item!["revision"]!), Is.EqualTo([3]));
        Assert.That((string?)second.Json["items"]![0]!["difference"]![0]!["from"], Is.EqualTo("11 %"));
        Assert.That(second.Json["next"], Is.Null);
        Assert.That((await _api.Get($"campaigns/{_shop.CampaignId}/revisions?after=two")).Status, Is.EqualTo(400));
    }

    private Task<ApiAnswer> ReviseAsync(JsonObject body) => _api.Post($"campaigns/{_shop.CampaignId}/revisions", body);

    private Task<ApiAnswer> WithdrawAsync(long number) => _api.Delete($"campaigns/{_shop.CampaignId}/revisions/{number}");

    private static async Task RefusedAsync(Task<ApiAnswer> call, int status, string slug)
    {
        var answer = await call;
        Assert.That((answer.Status, answer.Problem), Is.EqualTo((status, $"/problems/{slug}")));
    }

    private static JsonObject Body(
        decimal commission = 10, decimal friend = 10, int hold = 30, int window = 30, string? effectiveAt = null, long? basedOn = null)
    {
        var body = new JsonObject
        {
            ["terms"] = new JsonObject
            {
                ["commission"] = new JsonObject { ["percent"] = commission },
                ["friendDiscount"] = new JsonObject { ["percent"] = friend },
                ["holdDays"] = hold,
                ["windowDays"] = window,
            },
        };
        if (effectiveAt is not null)
        {
            body["effectiveAt"] = effectiveAt;
        }

        if (basedOn is not null)
        {
            body["basedOn"] = basedOn;
        }

        return body;
    }
}
