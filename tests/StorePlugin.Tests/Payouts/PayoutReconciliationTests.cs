// Payouts beside Stripe's own list: what agrees, each kind of difference by its name, and what a difference stops.
using System.Text.Json.Nodes;
using StorePlugin.Data;
using StorePlugin.Inbox;
using StorePlugin.Payouts;
using StorePlugin.Payouts.Stripe;
using StorePlugin.Stores;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Payouts;

internal sealed class PayoutReconciliationTests
{
    private PayoutWorld _world = null!;
    private ApiClient _api = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _world = await PayoutWorld.StartAsync();
        _api = await ApiClient.OfAsync(_world.App, _world.Store);
    }

    [TearDown]
    public ValueTask StopAsync() => _world.DisposeAsync();

    [Test]
    public async Task What_was_paid_agrees_by_the_day_of_its_transfer_and_by_currency()
    {
        _world.Stripe.TopUp("jpy", 10_000);
        _world.Stripe.TopUp("isk", 5_000_000);
        var ann = await _world.AmbassadorAsync("Ann");
        await _world.EarnsAsync(ann, "50.00");
        await _world.EarnsAsync(ann, "4000", "JPY");
        await _world.EarnsAsync(ann, "30000", "ISK");
        await _world.PayAsync();
        await _world.WorkAsync();

        // The next one's answer is lost, and the books hear of it on the day after.
        _world.Clock.MoveTo(StoreApp.Start.AddHours(12));
        _world.Stripe.Next([StripeFault.DropAfterCommit, .. Enumerable.Repeat(StripeFault.RateLimit, 30)]);
        await _world.ReservedAsync("acct_bob");
        await _world.WorkForAsync(TimeSpan.FromHours(30));
        Assert.That(await _world.Db.OneAsync<long>("SELECT MAX(booked_day) FROM payout_events WHERE kind = 'sent'"), Is.EqualTo(20260302));

        Assert.That(await _world.ReconcileAsync(), Is.Empty);

        var looks = (await _api.Get("payout-reconciliations")).Json!["items"]!.AsArray();
        var shown = (await _api.Get($"payout-reconciliations/{looks[^1]!["id"]}")).Json!;
        var file = await FileAsync((string)looks[^1]!["id"]!);
        Assert.That(looks.Select(look => (string)look!["askedBy"]!), Is.EqualTo(["schedule", "ann"]));
        Assert.That((string)shown["reconciliation"]!["state"]!, Is.EqualTo("done"));
        Assert.That(file, Is.EqualTo(
            """
            day,currency,ours_minor,stripe_minor,difference_minor,payouts,transfers,outside
            2026-03-01,EUR,10000,10000,0,2,2,0
            2026-03-01,ISK,30000,30000,0,1,1,0
            2026-03-01,JPY,4000,4000,0,1,1,0

            """));
        Assert.That(shown["days"]![0]!.ToJsonString(), Is.EqualTo(
            """{"day":"2026-03-01","ours":{"minor":10000,"currency":"EUR"},"stripe":{"minor":10000,"currency":"EUR"},"difference":{"minor":0,"currency":"EUR"},"payouts":2,"transfers":2,"outside":0}"""));
    }

    [Test]
    public async Task A_transfer_that_Stripe_does_not_hold_stops_runs_until_a_person_clears_it()
    {
        var payout = await SentAsync();
        _world.Stripe.Lose(payout.TransferId!);
        await AmbassadorEarnsAsync("acct_bob");

        var open = await _world.ReconcileAsync();
        var preview = await _api.Post("payout-runs");
        var refused = await _api.Post($"payout-runs/{preview.Text("id")}/approval");
        var listed = (await _api.Get("payout-differences")).Json!["items"]![0]!;
        var withoutReason = await _api.Post($"payout-differences/{listed["id"]}/clearance", new JsonObject());
        var cleared = await _api.Post($"payout-differences/{listed["id"]}/clearance", new JsonObject { ["reason"] = "Found in the old account." });
        var again = await _world.ReconcileAsync();
        var approved = await _api.Post($"payout-runs/{preview.Text("id")}/approval");

        Assert.That(KindsOf(open), Is.EqualTo([("missing_at_stripe", payout.Id, 5000L, 0L)]));
        Assert.That((refused.Status, refused.Problem), Is.EqualTo((409, "/problems/payout-difference-open")));
        Assert.That(refused.Text("detail"), Does.Contain(payout.TransferId));
        Assert.That(((bool)listed["stops"]!, (string)listed["kind"]!, (string)listed["day"]!), Is.EqualTo((true, "missing_at_stripe", "2026-03-01")));
        Assert.That((withoutReason.Status, cleared.Status, approved.Status), Is.EqualTo((400, 200, 200)));
        Assert.That(((bool)cleared.Json!["stops"]!, cleared.Text("reason")), Is.EqualTo((false, "Found in the old account.")));
        Assert.That(again, Is.Empty, "what was cleared stays cleared as long as it is the same");
    }

    [Test]
    public async Task A_transfer_of_a_payout_that_nobody_knows_is_named_and_those_of_others_stop_nothing()
    {
        var stranger = Ids.New("po", StoreApp.Start);
        var neighbour = Ids.New("po", StoreApp.Start);
        await _world.Db.DoAsync(
            "INSERT INTO stores (id, platform, mode, domain, state, keys_sealed, created_at) VALUES ('sto_b', 'shopify', 'test', 'b', 'installed', @keys, 0)",
            new { keys = _world.App.Get<StoreKeys>().NewSealedRoot() });
        await Plant.RowAsync(_world.Db, "payout_runs", ("store_id", "sto_b"), ("id", "run_1"), ("state", "approved"), ("preview", "[]"));
        await Plant.RowAsync(
            _world.Db, "payouts", ("store_id", "sto_b"), ("id", neighbour), ("run_id", "run_1"), ("ambassador_id", "amb"), ("currency", "EUR"), ("amount_minor", 100L), ("mode", "test"),
            ("state", "sent"));
        _world.Stripe.AddTransfer(700, "eur", "acct_x", stranger);
        _world.Stripe.AddTransfer(800, "eur", "acct_y", neighbour);
        _world.Stripe.AddTransfer(900, "eur", "acct_z", "po_1Q2w3E4r5T6y7U8i9O0p");

        var open = await _world.ReconcileAsync();

        Assert.That(KindsOf(open), Is.EqualTo(new (string, string, long?, long?)[] { ("missing_here", "tr_1", 0, 700), ("outside", "20260301-EUR", null, null) }));
        Assert.That(open[1].Words, Does.StartWith("2 transfers of 2026-03-01 in EUR"));
        Assert.That(
            await _world.Db.ManyAsync<string>("SELECT transfer_id FROM stripe_transfers WHERE destination IS NOT NULL ORDER BY transfer_id"), Is.EqualTo(["tr_1", "tr_2"]),
            "of others' transfers no payee is kept");

        await _api.Post($"payout-differences/{open[0].Id}/clearance", new JsonObject { ["reason"] = "Made by hand." });
        Assert.That(await _world.App.Get<PayoutDifferences>().StoppingAsync(_world.Store, default), Is.Empty);
    }

    [Test]
    public async Task A_transfer_of_a_refused_payout_is_none_of_the_books()
    {
        _world.Stripe.TopUp("eur", -1_000_000);
        var payout = await _world.ReservedAsync();
        await _world.WorkAsync();
        _world.Stripe.AddTransfer(5000, "eur", "acct_ann", payout.Id);

        var open = await _world.ReconcileAsync();

        Assert.That(KindsOf(open), Is.EqualTo([("missing_here", "tr_1", 0L, 5000L)]));
        Assert.That(open[0].Words, Does.Contain("which is refused and payable again"));
    }

    [Test]
    public async Task A_wrong_amount_a_second_transfer_and_another_payee_are_named()
    {
        var sent = await SentAsync();
        _world.Stripe.AddTransfer(300, "eur", "acct_ann", sent.Id);
        _world.Stripe.AddTransfer(400, "eur", "acct_ann", sent.Id);
        _world.Stripe.Reverse("tr_3", 400);
        var elsewhere = await SentAsync("acct_bob");
        await _world.Db.DoAsync("UPDATE payouts SET destination = 'acct_carl' WHERE id = @id", new { id = elsewhere.Id });
        _world.Stripe.Next(StripeFault.WrongAmount);
        await _world.ReservedAsync("acct_dan");
        await _world.WorkAsync();

        var open = await _world.ReconcileAsync();

        Assert.That(KindsOf(open), Is.EqualTo([("differs", "tr_2", 0L, 300L), ("differs", "tr_4", 5000L, 5000L), ("differs", "tr_5", 0L, 5001L)]));
        Assert.That(open.Select(one => one.Words), Has.Some.Contains("beside tr_1").And.Some.Contains("acct_bob").And.Some.Contains("50.01"));
    }

    [Test]
    public async Task What_nobody_can_tell_for_a_day_is_a_difference_until_it_is_settled()
    {
        _world.Stripe.Next(Enumerable.Repeat(StripeFault.StoredFault, 1).ToArray());
        var payout = await _world.ReservedAsync();
        await _world.WorkForAsync(TimeSpan.FromHours(20));
        var early = await _world.ReconcileAsync();
        await _world.WorkForAsync(TimeSpan.FromDays(2));
        var open = await _world.ReconcileAsync();
        await _api.Post($"payouts/{payout.Id}/attempts");
        await _world.WorkForAsync(TimeSpan.FromHours(1));
        var after = await _world.ReconcileAsync();

        Assert.That(early, Is.Empty);
        Assert.That(KindsOf(open), Is.EqualTo(new (string, string, long?, long?)[] { ("unknown", payout.Id, 5000, null) }));
        Assert.That(after, Is.Empty);
        Assert.That(await _world.Db.OneAsync<long>("SELECT COUNT(*) FROM payout_differences WHERE kind = 'unknown' AND gone_at IS NOT NULL"), Is.EqualTo(1));
    }

    [Test]
    public async Task Whoever_hears_nothing_of_the_bank_for_a_week_is_told_and_pays_on()
    {
        var payout = await SentAsync();
        _world.Clock.Advance(TimeSpan.FromDays(8));

        var open = await _world.ReconcileAsync();
        var stopping = await _world.App.Get<PayoutDifferences>().StoppingAsync(_world.Store, default);
        await _world.Db.DoAsync("UPDATE payouts SET bank_state = 'paid' WHERE id = @id", new { id = payout.Id });
        var heard = await _world.ReconcileAsync();

        Assert.That(KindsOf(open), Is.EqualTo(new (string, string, long?, long?)[] { ("no_bank_payout", "20260301-EUR", 5000, null) }));
        Assert.That((stopping.Count, heard.Count), Is.EqualTo((0, 0)));
    }

    [Test]
    public async Task A_reversal_of_which_no_event_came_is_booked_by_a_look_up()
    {
        var payout = await SentAsync();
        _world.Stripe.Reverse(payout.TransferId!, 1200);

        var open = await _world.ReconcileAsync();

        Assert.That(open, Is.Empty);
        Assert.That((await _world.PayoutAsync(payout.Id)).ReversedMinor, Is.EqualTo(1200));
    }

    [Test]
    public async Task What_is_reversed_on_one_side_only_is_a_difference_of_the_sums()
    {
        var payout = await SentAsync();
        await SentAsync("acct_bob");
        _world.Stripe.Reverse(payout.TransferId!, 1200);
        var rounds = _world.App.Get<ReconcilePayouts>();

        // The look-up does not come to anything in time.
        while (await rounds.RunOnceAsync(default) > 0)
        {
        }

        await _world.Db.DoAsync("UPDATE effects SET due_at = @later WHERE kind = 'look_up_transfer'", new { later = _world.Clock.GetUtcNow().AddDays(9) });
        _world.Clock.Advance(TimeSpan.FromMinutes(2));
        while (await rounds.RunOnceAsync(default) > 0)
        {
        }

        var open = await _world.OpenAsync();
        _world.Clock.Advance(TimeSpan.FromDays(9));
        await _world.WorkAsync();
        await _world.Db.DoAsync("UPDATE payouts SET bank_state = 'paid'");
        var after = await _world.ReconcileAsync();

        Assert.That(KindsOf(open), Is.EqualTo([("clearing", "20260301-EUR", 10_000L, 8800L)]));
        Assert.That(after, Is.Empty);
    }

    [Test]
    public async Task An_old_transfer_that_was_reversed_since_is_read_again()
    {
        var payout = await SentAsync();
        await _world.ReconcileAsync();
        _world.Clock.Advance(TimeSpan.FromDays(5));
        await _world.ReconcileAsync();
        _world.Clock.Advance(TimeSpan.FromDays(1));
        _world.Stripe.Reverse(payout.TransferId!, 5000);
        await _world.Db.InTransactionAsync(tx => Outbox.AddAsync(tx, _world.Store.Id, Effect.Kinds.LookUpTransfer, "evt_1", payout.Id, _world.Clock.GetUtcNow()));
        await _world.WorkAsync();

        Assert.That(await _world.ReconcileAsync(), Is.Empty);
        Assert.That(await _world.Db.OneAsync<long>("SELECT amount_reversed FROM stripe_transfers"), Is.EqualTo(5000));
        Assert.That(_world.Stripe.Requests.Select(request => request.PathAndQuery), Has.One.EqualTo("/v1/transfers/tr_1"));
    }

    [Test]
    public async Task The_list_is_read_page_by_page_and_goes_on_where_it_was_interrupted()
    {
        for (var i = 1; i <= 7; i++)
        {
            await SentAsync($"acct_{i}");
        }

        (_world.Stripe.PageSize, var rounds) = (2, _world.App.Get<ReconcilePayouts>());
        _world.Stripe.NextLists(200, 200, 503, 429);
        await rounds.RunOnceAsync(default);
        var interrupted = (await _api.Get("payout-reconciliations")).Json!["items"]![0]!;
        await rounds.RunOnceAsync(default);
        await _world.EndLooksAsync();

        Assert.That(((string)interrupted["state"]!, (long)interrupted["transfersRead"]!, (string)interrupted["problem"]!),
            Is.EqualTo(("reading", 4L, "Stripe's list could not be read: Stripe answered 503.")));
        Assert.That(Lists().Select(After), Is.EqualTo(["", "tr_6", "tr_4", "tr_4", "tr_4", "tr_2"]));
        Assert.That(await _world.Db.OneAsync<long>("SELECT COUNT(*) FROM stripe_transfers"), Is.EqualTo(7));

        _world.Clock.Advance(TimeSpan.FromDays(10));
        await _world.ReconcileAsync();
        var before = Lists().Count;
        await _world.ReconcileAsync();
        Assert.That(Lists().Count - before, Is.EqualTo(1), "three days before the last look nothing was made");
    }

    [Test]
    public async Task Another_key_reads_everything_anew_and_what_was_read_stays()
    {
        _world.Stripe.GiveKey("sk_test_anotheraccount1", "acct_other");
        await SentAsync();
        await _world.ReconcileAsync();
        _world.Clock.Advance(TimeSpan.FromDays(5));
        await _world.ConnectAsync("sk_test_anotheraccount1");

        var before = Lists().Count;
        Assert.That(await _world.ReconcileAsync(), Is.Empty);
        Assert.That(Lists()[before].PathAndQuery, Does.Contain($"created%5Bgte%5D={StoreApp.Start.AddDays(-1).ToUnixTimeSeconds()}&"));
    }

    [Test]
    public async Task The_daily_one_comes_once_a_day_after_three_and_after_the_store_has_left()
    {
        await SentAsync();
        var rounds = _world.App.Get<ReconcilePayouts>();
        await _world.Db.DoAsync("UPDATE stores SET state = 'uninstalled'");
        _world.App.Get<StoreDirectory>().Forget(_world.Store);

        // 01:30 and 02:30 of winter time in Berlin, then 03:30.
        var counts = new List<long>();
        foreach (var hours in (double[])[15.5, 16.5, 17.5, 17.6, 40, 41.5])
        {
            _world.Clock.MoveTo(StoreApp.Start.AddHours(hours - 1));
            await _world.EndLooksAsync();
            await rounds.RunOnceAsync(default);
            counts.Add(await _world.Db.OneAsync<long>("SELECT COUNT(*) FROM payout_reconciliations WHERE state = 'done'"));
        }

        Assert.That(counts, Is.EqualTo([0L, 0L, 1L, 1L, 1L, 2L]));
    }

    [Test]
    public async Task A_cleared_difference_that_becomes_another_sum_is_a_new_one()
    {
        var payout = await SentAsync();
        _world.Stripe.Lose(payout.TransferId!);
        var first = (await _world.ReconcileAsync()).Single();
        await _api.Post($"payout-differences/{first.Id}/clearance", new JsonObject { ["reason"] = "Known." });
        await _world.Db.DoAsync("UPDATE payouts SET reversed_minor = 1");

        var second = (await _world.ReconcileAsync()).Single();

        Assert.That((second.Id == first.Id, second.OursMinor), Is.EqualTo((false, 4999L)));
        var gone = await _api.Post($"payout-differences/{first.Id}/clearance", new JsonObject { ["reason"] = "Known." });
        Assert.That(gone.Status, Is.EqualTo(200), "the first word stands");
        var pages = await _api.Get("payout-differences?limit=1");
        var next = await _api.Get($"payout-differences?limit=1&after={pages.Text("next")}");
        Assert.That(((string)pages.Json!["items"]![0]!["id"]!, (string)next.Json!["items"]![0]!["id"]!), Is.EqualTo((second.Id, first.Id)));
    }

    [Test]
    public async Task A_person_took_another_transfer_and_it_is_no_difference()
    {
        _world.Stripe.Next(StripeFault.WrongAmount);
        var payout = await _world.ReservedAsync();
        await _world.WorkForAsync(TimeSpan.FromDays(3));
        _world.Stripe.Reverse("tr_1", 5001);
        Assert.That((await _api.Post($"payouts/{payout.Id}/adoption", new JsonObject { ["transferId"] = "tr_1", ["reason"] = "reversed" })).Status, Is.EqualTo(201));

        Assert.That(await _world.ReconcileAsync(), Is.Empty);
    }

    [Test]
    public async Task A_look_without_a_key_or_with_one_of_the_other_mode_fails_in_words()
    {
        await SentAsync();
        await _world.ConnectAsync("sk_live_otherwise00001");
        var asked = await _api.Post("payout-reconciliations", Range("2026-02-01", "2026-03-01"));
        var second = await _api.Post("payout-reconciliations", Range("2026-02-01", "2026-03-01"));
        await _world.EndLooksAsync();
        var failed = (await _api.Get($"payout-reconciliations/{asked.Text("id")}")).Json!["reconciliation"]!;

        Assert.That((asked.Status, second.Status, second.Problem), Is.EqualTo((202, 409, "/problems/payout-reconciliation-running")));
        Assert.That(((string)failed["state"]!, (string)failed["problem"]!), Is.EqualTo(("failed", "The store's Stripe key is not of mode test, in which its payouts are made.")));
    }

    [TestCase("2026-02-01", "2026-01-31", "to must not lie before from.")]
    [TestCase("2026-01-01", "2027-02-05", "to must lie within 400 days of from, both included.")]
    [TestCase("1.2.2026", "2026-02-01", "from must have 10 characters.")]
    [TestCase("2026-02-30", "2026-03-01", "from must be a day such as 2026-11-30.")]
    public async Task A_range_that_is_none_is_refused(string from, string to, string detail) =>
        Assert.That((await _api.Post("payout-reconciliations", Range(from, to))).Text("detail"), Is.EqualTo(detail));

    [Test]
    public async Task The_overview_says_that_payouts_are_stopped()
    {
        var payout = await SentAsync();
        _world.Stripe.Lose(payout.TransferId!);
        await _world.ReconcileAsync();

        using var owner = await Rooms.SignInAsync(_world.App, _world.Store, null);
        var page = await owner.GetAsync("/dashboard");

        Assert.That(page.Body!.TextContent, Does.Contain("1 difference between your payouts and Stripe's transfers has to be looked at."));
    }

    private static JsonObject Range(string from, string to) => new() { ["from"] = from, ["to"] = to };

    private static IEnumerable<(string Kind, string Subject, long? Ours, long? Theirs)> KindsOf(IEnumerable<PayoutDifference> differences) =>
        differences.Select(one => (one.Kind, one.Subject, one.OursMinor, one.TheirsMinor));

    private List<FakeRequest> Lists() => [.. _world.Stripe.Requests.Where(request => request.PathAndQuery.Contains("created", StringComparison.Ordinal))];

    private static string After(FakeRequest request) => request.PathAndQuery.Split("&starting_after=") is [_, var after] ? after : "";

    private async Task<string> AmbassadorEarnsAsync(string account)
    {
        var id = await _world.AmbassadorAsync(account, account);
        await _world.EarnsAsync(id, "50.00");
        return id;
    }

    private async Task<Payout> SentAsync(string account = "acct_ann")
    {
        var payout = await _world.ReservedAsync(account);
        await _world.WorkAsync();
        var sent = await _world.PayoutAsync(payout.Id);
        Assert.That(sent.State, Is.EqualTo("sent"));
        return sent;
    }

    private async Task<string> FileAsync(string id)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"/api/v1/payout-reconciliations/{id}", UriKind.Relative));
        request.Headers.Add("Accept", "text/csv");
        request.Headers.Add("Authorization", $"Bearer {_api.Key}");
        using var answer = await _world.App.Http.SendAsync(request);
        Assert.That(answer.Content.Headers.ContentType?.MediaType, Is.EqualTo("text/csv"));
        return (await answer.Content.ReadAsStringAsync()).TrimStart('\uFEFF').ReplaceLineEndings("\n");
    }
}
