// The merchant's pages of payout runs: prepared, looked at, approved by one or two, stopped, taken back, and paid by file.
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using StorePlugin.Data;
using StorePlugin.Payouts;
using StorePlugin.Payouts.Manual;
using StorePlugin.Stores;
using StorePlugin.Tests.Payouts;
using StorePlugin.Tests.Payouts.Manual;
using StorePlugin.Tests.Rig;
using IDocument = AngleSharp.Dom.IDocument;
using IElement = AngleSharp.Dom.IElement;

namespace StorePlugin.Tests.Dashboard;

internal sealed class RunPageTests
{
    private const string List = "/dashboard/payouts";

    private PayoutWorld _world = null!;
    private Browser _owner = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _world = await PayoutWorld.StartAsync();
        _owner = await Rooms.SignInAsync(_world.App, _world.Store, null);
    }

    [TearDown]
    public async Task StopAsync()
    {
        _owner.Dispose();
        await _world.DisposeAsync();
    }

    [Test]
    public async Task A_run_is_prepared_looked_at_approved_and_followed_to_its_end()
    {
        var ann = await EarnedAsync("Ann", "50.00");
        await EarnedAsync("Ben", "5.00");
        var before = await _owner.GetAsync(List);

        var run = await PrepareAsync();
        var prepared = await _owner.GetAsync($"{run}?notice=run-prepared");
        var waiting = await _world.BalancesAsync(ann);
        var approved = await ActAsync(run, "approval");
        var sending = await _owner.GetAsync(run);
        await _world.WorkAsync();
        var done = await _owner.GetAsync(run);
        var after = await _owner.GetAsync(List);

        Assert.That(before.Text("#owed"), Does.Contain("€ 55.00").And.Contain("There is no schedule"));
        Assert.That(before.Text(), Does.Contain("No run yet."));
        Assert.That(prepared.Text(), Does.StartWith("The run is prepared.").And.Contain("Waits for approval"));
        Assert.That(prepared.Text("#facts"), Does.Contain("To be paid € 50.00 to 1 payee").And.Contain("by you"));
        Assert.That(prepared.Text("#approval"), Does.Contain("reserves € 50.00 for 1 payee.").And.Contain("1 payout goes from your Stripe account at once."));
        Assert.That(LinesOf(prepared), Is.EqualTo(new[]
        {
            "Ann To be paid Stripe € 50.00", "Ben Not paid The balance is below the minimum of 20.00 EUR; it is carried over. – € 5.00",
        }));
        Assert.That(waiting, Is.EqualTo((5000L, 0L, 0L)), "a preview reserves nothing");
        Assert.That(approved, Is.EqualTo("run-approved"));
        Assert.That(sending.Text(), Does.Contain("Being paid").And.Contain("0 of 1 payout has come to an end. Waits to be sent: 1.").And.Contain("Load the page again"));
        Assert.That(sending.QuerySelector("#approval"), Is.Null);
        Assert.That(done.Text(), Does.Contain("1 of 1 payout has come to an end. Sent: 1.").And.Not.Contain("Load the page again"));
        Assert.That(done.QuerySelectorAll("form").Select(form => form.GetAttribute("action")), Is.EqualTo(new[] { "/sign-out" }), "nothing is left to be done");
        Assert.That(LinesOf(done)[0], Is.EqualTo("Ann Sent Stripe € 50.00"));
        Assert.That(after.Text("#runs tbody"), Does.Contain("Prepared by you Done Approved by you 1 € 50.00"));
        Assert.That(_world.Stripe.Transfers, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_run_is_stopped_sends_nothing_and_goes_on()
    {
        await EarnedAsync("Ann", "50.00");
        var run = await PrepareAsync();
        var tooEarly = (await ActAsync(run, "stop"), await ActAsync(run, "resumption"));
        await ActAsync(run, "approval");

        var stopped = await ActAsync(run, "stop");
        var page = await _owner.GetAsync(run);
        await _world.WorkForAsync(TimeSpan.FromHours(5));
        var silent = _world.Stripe.Sends.Count;
        var resumed = await ActAsync(run, "resumption");
        await _world.WorkAsync();

        Assert.That(tooEarly, Is.EqualTo(("run-not-running", "run-not-stopped")));
        Assert.That((stopped, resumed, silent), Is.EqualTo(("run-stopped", "run-goes-on", 0)));
        Assert.That(page.Text("#stop"), Does.StartWith("A person has stopped it."));
        Assert.That(page.QuerySelector($"form[action='{run}/stop']"), Is.Null);
        Assert.That(_world.Stripe.Transfers, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task What_cancelling_takes_back_is_said_before_and_done_then()
    {
        var (ann, ben) = (await EarnedAsync("Ann", "25.00"), await EarnedAsync("Ben", "30.00"));
        var run = await PrepareAsync();
        await ActAsync(run, "approval");
        await _world.PerformAsync(await _world.EffectAsync($"{await PayoutOfAsync(ann)}-a1"));
        var before = await _owner.GetAsync(run);

        var cancelled = await ActAsync(run, "cancellation");
        var after = await _owner.GetAsync(run);
        await _world.WorkForAsync(TimeSpan.FromDays(2));

        Assert.That(before.Text("#cancellation"), Does.Contain("takes back what is not sent: € 30.00 in 1 payout"));
        Assert.That(cancelled, Is.EqualTo("run-cancelled"));
        Assert.That(after.Text("#facts"), Does.Contain("Pays € 25.00 to 1 payee"));
        Assert.That(LinesOf(after), Is.EqualTo(new[] { "Ann Sent Stripe € 25.00", "Ben Cancelled You cancelled it before it was sent. Stripe € 30.00" }));
        Assert.That(await _world.BalancesAsync(ben), Is.EqualTo((3000L, 0L, 0L)));
        Assert.That(_world.Stripe.Transfers, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_preview_that_is_cancelled_is_approved_by_nobody()
    {
        await EarnedAsync("Ann", "25.00");
        var run = await PrepareAsync();

        var cancelled = await ActAsync(run, "cancellation");
        var late = await ActAsync(run, "approval");

        Assert.That((cancelled, late), Is.EqualTo(("run-cancelled", "run-ended")));
        Assert.That((await _owner.GetAsync($"{run}?notice={late}")).Text(), Does.StartWith("It was not approved: the run is cancelled."));
        Assert.That(await _world.Db.OneAsync<long>("SELECT COUNT(*) FROM payouts"), Is.Zero);
    }

    [Test]
    public async Task What_is_missing_at_Stripe_is_named_before_and_holds_the_run_up_after()
    {
        _world.Stripe.TellsBalance = true;
        await EarnedAsync("Ann", "12000.00");

        var run = await PrepareAsync();
        var prepared = await _owner.GetAsync(run);
        var approved = await ActAsync(run, "approval");
        var stopped = await _owner.GetAsync(run);

        Assert.That(prepared.Text("#facts"), Does.Contain("Needed at Stripe € 12,000.00 € 10,000.00 were available € 2,000.00 are missing"));
        Assert.That(prepared.Text("#approval"), Does.Contain("Your Stripe account does not hold enough"));
        Assert.That(approved, Is.EqualTo("run-short"));
        Assert.That(stopped.Text("#stop"), Does.Contain("2000.00 EUR are missing").And.Contain("Top up your Stripe balance"));
        Assert.That((await _owner.GetAsync("/dashboard")).QuerySelector("#run a")!.GetAttribute("href"), Is.EqualTo(run));
    }

    [Test]
    public async Task H_5_a_run_that_takes_two_is_not_approved_twice_by_one()
    {
        await SettleAsync("two_people_from_minor", 2500);
        await _world.App.Get<Team>().AddAsync(_world.Store, "Max Muster", "max@example.com", Role.Manager, "test", default);
        var ann = await EarnedAsync("Ann", "25.00");
        var run = await PrepareAsync();
        var asked = (await _owner.GetAsync(run)).Text("#approval");

        var first = await ActAsync(run, "approval");
        var mine = await _owner.GetAsync(run);
        var again = await ActAsync(run, "approval");
        var reserved = await _world.BalancesAsync(ann);
        using var other = await Rooms.SignInAsync(_world.App, _world.Store, null);
        var theirs = await other.GetAsync(run);
        var token = theirs.QuerySelectorAll("form.out input").ToDictionary(input => input.GetAttribute("name")!, input => input.GetAttribute("value")!);
        var second = NoticeOf(await other.PostAsync($"{run}/approval", token));

        Assert.That(asked, Does.Contain("this run takes two people"));
        Assert.That((first, again, second), Is.EqualTo(("run-half-approved", "run-same-person", "run-same-person")), "whoever opens a second session is no second person");
        Assert.That(mine.Text("#approval"), Does.Contain("You have approved it; another one has to"));
        Assert.That(mine.QuerySelector($"form[action='{run}/approval']"), Is.Null);
        Assert.That((await _owner.GetAsync($"{run}?notice={again}")).Text(), Does.StartWith("It was not approved: you have approved it already"));
        Assert.That(reserved, Is.EqualTo((2500L, 0L, 0L)), "one of two reserves nothing");
        Assert.That(theirs.Text("#approval"), Does.Contain("Another session has approved it that tells no more than yours who it is"));
        Assert.That(theirs.QuerySelector($"form[action='{run}/approval']"), Is.Null);
        Assert.That(await _world.BalancesAsync(ann), Is.EqualTo((2500L, 0L, 0L)));
    }

    [Test]
    public async Task H_5_where_the_team_is_one_person_they_confirm_it_after_a_fresh_sign_in()
    {
        await SettleAsync("two_people_from_minor", 2500);
        await _world.App.Get<Team>().AddAsync(_world.Store, "Vera", "vera@example.com", Role.Viewer, "test", default);
        var ann = await EarnedAsync("Ann", "25.00");
        var run = await PrepareAsync();
        await ActAsync(run, "approval");
        _world.Clock.Advance(TimeSpan.FromMinutes(1));

        var asked = await _owner.GetAsync(run);
        var again = await ActAsync(run, "approval");
        using var anew = await Rooms.SignInAsync(_world.App, _world.Store, null);
        var offered = await anew.GetAsync(run);
        _world.Clock.Advance(Visitor.Freshness);
        var late = await ActAsync(run, "approval", anew);
        using var once = await Rooms.SignInAsync(_world.App, _world.Store, null);
        var reserved = await _world.BalancesAsync(ann);
        var confirmed = await ActAsync(run, "approval", once);

        Assert.That(asked.Text("#approval"), Does.Contain("Nobody else of your team may approve it. Sign out and in again by a new link"));
        Assert.That(asked.QuerySelector($"form[action='{run}/approval']"), Is.Null);
        Assert.That(offered.QuerySelector($"form[action='{run}/approval'] button")!.TextContent, Is.EqualTo("Confirm it, and pay"));
        Assert.That((again, late, confirmed), Is.EqualTo(("run-needs-sign-in", "run-needs-sign-in", "run-approved")));
        Assert.That(reserved, Is.EqualTo((2500L, 0L, 0L)));
        Assert.That(await _world.BalancesAsync(ann), Is.EqualTo((0L, 2500L, 0L)));
    }

    [Test]
    public async Task H_5_a_manager_who_is_alone_on_the_team_is_not_the_owner_as_well()
    {
        await SettleAsync("two_people_from_minor", 2500);
        await EarnedAsync("Ann", "25.00");
        var run = await PrepareAsync();
        await _world.App.Get<Team>().AddAsync(_world.Store, "Max Muster", "max@example.com", Role.Manager, "test", default);
        var max = (await _world.App.Get<Team>().ListAsync(_world.Store, default)).Single().Id;
        using var first = await Rooms.SignInAsync(_world.App, _world.Store, null, max);
        await ActAsync(run, "approval", first);
        _world.Clock.Advance(TimeSpan.FromMinutes(1));
        using var anew = await Rooms.SignInAsync(_world.App, _world.Store, null, max);

        Assert.That(await ActAsync(run, "approval", anew), Is.EqualTo("run-same-person"));
    }

    [Test]
    public async Task H_5_whoever_is_paid_by_a_run_that_takes_two_is_neither_of_them()
    {
        await SettleAsync("two_people_from_minor", 2500);
        var ann = await EarnedAsync("Ann", "25.00");
        var run = await PrepareAsync();
        var team = _world.App.Get<Team>();
        await team.AddAsync(_world.Store, "Ann", "ann@example.com", Role.Owner, "test", default);
        await _world.Db.DoAsync("UPDATE ambassadors SET person_hash = (SELECT person_hash FROM team_members) WHERE id = @ann", new { ann });
        using var payee = await Rooms.SignInAsync(_world.App, _world.Store, null, (await team.ListAsync(_world.Store, default)).Single().Id);

        var asked = await payee.GetAsync(run);
        var refused = await ActAsync(run, "approval", payee);
        var first = await ActAsync(run, "approval");

        Assert.That(asked.Text("#approval"), Does.Contain("it pays you: two others approve it"));
        Assert.That((refused, first), Is.EqualTo(("run-own-payout", "run-half-approved")));
        Assert.That((await payee.GetAsync($"{run}?notice={refused}")).Text(), Does.StartWith("It was not approved: this run takes two people, and pays you."));
    }

    [TestCase("dashboard session 00112233445566778899aabbccddeeff", "dashboard session ffeeddccbbaa99887766554433221100", true)]
    [TestCase("shopify staff 7", "Shopify staff 7", true)]
    [TestCase("shopify staff 7", "shopify staff 8", false)]
    [TestCase("team mem_1", "dashboard session ffeeddccbbaa99887766554433221100", false)]
    [TestCase("team mem_1", "team mem_2", false)]
    public void H_5_who_is_one_person(string first, string second, bool isSame) =>
        Assert.That((Approvers.IsSamePerson(first, second), Approvers.IsSamePerson(second, first)), Is.EqualTo((isSame, isSame)));

    [Test]
    public async Task A_manager_is_the_second_person_and_named_and_a_viewer_is_none()
    {
        await SettleAsync("two_people_from_minor", 2500);
        await EarnedAsync("Ann", "25.00");
        var run = await PrepareAsync();
        await ActAsync(run, "approval");
        var team = _world.App.Get<Team>();
        await team.AddAsync(_world.Store, "Max Muster", "max@example.com", Role.Manager, "test", default);
        await team.AddAsync(_world.Store, "Vera", "vera@example.com", Role.Viewer, "test", default);
        var members = (await team.ListAsync(_world.Store, default)).ToDictionary(member => member.Name, member => member.Id);
        using var vera = await Rooms.SignInAsync(_world.App, _world.Store, null, members["Vera"]);
        using var max = await Rooms.SignInAsync(_world.App, _world.Store, null, members["Max Muster"]);

        var looked = await vera.GetAsync(run);
        var refused = await vera.SubmitAsync(looked.QuerySelector($"form[action='{run}/approval']")!);
        var second = NoticeOf(await max.SubmitAsync((await max.GetAsync(run)).QuerySelector($"form[action='{run}/approval']")!));

        Assert.That(refused.StatusCode, Is.EqualTo(HttpStatusCode.Forbidden));
        Assert.That(second, Is.EqualTo("run-approved"));
        var facts = (await _owner.GetAsync(run)).Text("#facts");
        Assert.That(facts, Does.Match("Approved [^)]* by Max Muster").And.Contain("First approval"));
        Assert.That(await _world.App.Db.OneAsync<string>("SELECT approved_by FROM payout_runs"), Is.EqualTo($"team {members["Max Muster"]}"));
    }

    [Test]
    public async Task An_approval_that_is_refused_says_why()
    {
        await EarnedAsync("Ann", "25.00");
        var run = await PrepareAsync();
        _world.Stripe.AddTransfer(900, "eur", "acct_z", Ids.New("po", _world.Clock.GetUtcNow()));
        await _world.ReconcileAsync();

        var differs = await ActAsync(run, "approval");
        var listed = (await _owner.GetAsync(List)).Text("#differences");
        var said = (await _owner.GetAsync(run)).Text("#approval");
        foreach (var one in await _world.OpenAsync())
        {
            await _world.App.Get<PayoutDifferences>().ClearAsync(_world.Store, one.Id, "ann", "seen", default);
        }

        var approved = await ActAsync(run, "approval");
        var already = await ActAsync(run, "approval");

        Assert.That((differs, approved, already), Is.EqualTo(("run-differs", "run-approved", "run-already-approved")));
        Assert.That((await _owner.GetAsync($"{run}?notice={differs}")).Text(), Does.StartWith("It was not approved: your books and Stripe's list differ."));
        Assert.That(said, Does.EndWith("It cannot be approved yet: 1 difference between your payouts and Stripe's transfers has to be looked at first."));
        Assert.That(listed, Does.StartWith("1 difference between your payouts and Stripe's transfers has to be looked at."));
        Assert.That((await _owner.GetAsync($"{run}?notice=Pay%20mallory")).QuerySelector("[role=status]"), Is.Null, "a notice is one of our words");
    }

    [Test]
    public async Task Without_Stripe_nobody_is_paid_and_the_page_says_so()
    {
        await using var world = await PayoutWorld.StartAsync(connected: false);
        await world.EarnsAsync(await world.AmbassadorAsync("Ann"), "25.00");
        using var owner = await Rooms.SignInAsync(world.App, world.Store, null);
        var run = await PrepareAsync(owner);

        var page = await owner.GetAsync(run);
        var refused = await ActAsync(run, "approval", owner);

        Assert.That(page.Text("#approval"), Does.Contain("The run pays nobody"));
        Assert.That(LinesOf(page), Is.EqualTo(new[] { "Ann Not paid The store is not connected to Stripe. – € 25.00" }));
        Assert.That((await owner.GetAsync($"{run}?notice={refused}")).Text(), Does.StartWith("It was not approved: your store is not connected to Stripe."));
    }

    [Test]
    public async Task Another_stores_run_is_not_there_for_looking_nor_for_anything_else()
    {
        await EarnedAsync("Ann", "25.00");
        var run = await PrepareAsync();
        var stranger = await PayoutWorld.OfAsync(_world.App, _world.Stripe);
        using var owner = await Rooms.SignInAsync(_world.App, stranger.Store, null);
        var token = TokenOf(await owner.GetAsync(List));

        await owner.GetAsync(run, HttpStatusCode.NotFound);
        await owner.GetAsync($"{run}/exports/pex_1/file", HttpStatusCode.NotFound);
        foreach (var verb in new[] { "approval", "stop", "resumption", "cancellation", "exports" })
        {
            var answer = await owner.PostAsync($"{run}/{verb}", new(token) { ["file"] = "csv" });
            Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.NotFound), verb);
        }

        Assert.That((await owner.SendFileAsync($"{run}/results", token, "results", "payoutId,status\n"u8.ToArray())).StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That((await owner.GetAsync(List)).Text(), Does.Contain("No run yet.").And.Not.Contain("€ 25.00"));
        Assert.That((await _owner.GetAsync(run)).Text(), Does.Contain("Waits for approval"), "nothing was changed");
    }

    [Test]
    public async Task Names_are_text_and_never_markup()
    {
        const string Name = "<b>Ann</b> & \"co\" <script>alert(1)</script>";
        await EarnedAsync(Name, "25.00", "acct_ann");

        var page = await _owner.GetAsync(await PrepareAsync());

        Assert.That(page.QuerySelector("#lines tbody th")!.TextContent, Is.EqualTo(Name));
        Assert.That(page.QuerySelectorAll("#lines b, #lines script"), Is.Empty);
    }

    [Test]
    public async Task Lines_come_a_hundred_at_a_time_in_the_order_of_the_run_and_by_what_becomes_of_them()
    {
        List<RunLine> lines =
        [
            .. Enumerable.Range(0, 250).Select(i => new RunLine(
                string.Create(CultureInfo.InvariantCulture, $"amb_{i:d3}"), 5000 + i, "EUR", i % 2 == 0, i % 2 == 0 ? null : "Nothing is approved.", i % 2 == 0 ? "acct_x" : null,
                Warning: i == 4 ? "This payee has the address of the store's own people." : null)),
        ];
        await PlantAsync("run_long", lines);

        var all = await PagesAsync($"{List}/run_long");
        var paid = await PagesAsync($"{List}/run_long?show=paid");
        var odd = await PagesAsync($"{List}/run_long?show=look");
        var beyond = await _owner.GetAsync($"{List}/run_long?from=9999");

        Assert.That(all.Select(page => page.Count), Is.EqualTo(new[] { 100, 100, 50 }));
        Assert.That(all.SelectMany(page => page).Select(line => line[^7..]), Is.EqualTo(lines.Select(line => $"€ {line.Minor / 100}.{line.Minor % 100:d2}")));
        Assert.That(paid.Select(page => page.Count), Is.EqualTo(new[] { 100, 25 }));
        Assert.That(paid.SelectMany(page => page), Has.All.Contains("To be paid"));
        Assert.That(odd.Single().Single(), Does.Contain("the store's own people"));
        Assert.That(beyond.Text("#lines"), Does.Contain("There is no such line."));
        Assert.That(
            beyond.QuerySelectorAll(".tabs a").Select(tab => tab.Text(".muted")).ToArray(), Is.EqualTo(new[] { "250", "125", "125", "1" }));
    }

    [Test]
    public async Task Runs_come_fifty_at_a_time_newest_first()
    {
        for (var i = 0; i < 51; i++)
        {
            await PlantAsync(string.Create(CultureInfo.InvariantCulture, $"run_{i:d2}"), []);
        }

        var first = await _owner.GetAsync(List);
        var second = await _owner.GetAsync(first.QuerySelector(".pager a[rel=next]")!.GetAttribute("href")!);

        Assert.That(RunsOf(first).Concat(RunsOf(second)), Is.EqualTo(Enumerable.Range(0, 51).Reverse().Select(i => string.Create(CultureInfo.InvariantCulture, $"{List}/run_{i:d2}"))));
        Assert.That(RunsOf(second), Has.Count.EqualTo(1));
        Assert.That(second.QuerySelector(".pager a[rel=next]"), Is.Null);
    }

    [Test]
    public async Task The_next_run_of_the_schedule_is_named()
    {
        await SettleAsync("approve_alone_to_minor", 10_000, "weekly");
        await EarnedAsync("Ann", "25.00");
        var sunday = (await _owner.GetAsync(List)).Text("#next");
        _world.Clock.Advance(TimeSpan.FromDays(1));
        using var owner = await Rooms.SignInAsync(_world.App, _world.Store, null);
        var monday = (await owner.GetAsync(List)).Text("#next");
        await _world.App.Get<PayoutSchedule>().RunOnceAsync(default);
        var made = await owner.GetAsync(List);

        Assert.That(sunday, Does.StartWith("The next one is prepared on 2 March 2026 by the weekly schedule. Up to € 100.00 it is approved by itself"));
        Assert.That(monday, Does.Contain("on 2 March 2026"));
        Assert.That(made.Text("#next"), Does.Contain("on 9 March 2026"));
        Assert.That(made.Text("#runs tbody"), Does.Contain("Prepared by the schedule Being paid Approved by the schedule"));
    }

    [Test]
    public async Task Two_currencies_are_never_added()
    {
        await EarnedAsync("Ann", "25.00");
        await EarnedAsync("Ben", "4000", "acct_ben", "JPY");

        var page = await _owner.GetAsync(await PrepareAsync());
        var list = await _owner.GetAsync(List);

        Assert.That(page.Text("#approval"), Does.Contain("reserves € 25.00 and ¥ 4,000 for 2 payees."));
        Assert.That(list.QuerySelectorAll("#owed strong").Select(owed => owed.TextContent), Is.EqualTo(new[] { "€\u00A025.00", "¥\u00A04,000" }));
        Assert.That(list.QuerySelectorAll("#runs .sum").Select(sum => sum.TextContent), Is.EqualTo(new[] { "€\u00A025.00", "¥\u00A04,000" }));
    }

    [Test]
    public async Task The_overview_leads_to_the_run_that_waits_and_to_none_that_was_overtaken()
    {
        await EarnedAsync("Ann", "25.00");
        var none = (await _owner.GetAsync("/dashboard")).QuerySelector("#run");
        var old = await PrepareAsync();
        var waiting = await _owner.GetAsync("/dashboard");
        _world.Clock.Advance(TimeSpan.FromMinutes(1));
        await ActAsync(await PrepareAsync(), "approval");

        Assert.That(none, Is.Null);
        Assert.That((waiting.Text("#run strong"), waiting.QuerySelector("#run a")!.GetAttribute("href")), Is.EqualTo(("A payout run waits for your approval.", old)));
        Assert.That((await _owner.GetAsync("/dashboard")).QuerySelector("#run"), Is.Null);
    }

    [Test]
    public async Task A_file_is_made_once_fetched_and_its_payouts_count_as_sent()
    {
        var manual = await ManualWorld.OfAsync(_world);
        await _world.EarnsAsync(await manual.PayeeAsync("Ann", ManualWorld.DutchIban), "50.00");
        await _world.EarnsAsync(await manual.PayeeAsync("Cleo", "cleo@example.com"), "30.00");
        var run = await PrepareAsync();
        var asked = (await _owner.GetAsync(run)).Text("#approval");
        await ActAsync(run, "approval");
        var open = await _owner.GetAsync(run);

        var made = await MakeAsync(run, "sepa-xml EUR");
        var again = await MakeAsync(run, "sepa-xml EUR");
        var page = await _owner.GetAsync(run);
        var file = await _owner.AskAsync(page.QuerySelector("#exports a")!.GetAttribute("href")!);
        var text = await file.Content.ReadAsStringAsync();

        Assert.That(asked, Does.Contain("2 payouts go by a file that you make here afterwards, and pay."));
        Assert.That(open.Text("#files"), Does.StartWith("Files 2 payouts wait for a file."));
        Assert.That(
            open.QuerySelectorAll("#files option").Select(option => option.GetAttribute("value")), Is.EqualTo(new[] { "paypal-csv EUR", "sepa-xml EUR", "wise-csv", "csv" }));
        Assert.That((made, again), Is.EqualTo(("export-made", "export-again")));
        Assert.That(page.QuerySelectorAll("#exports li"), Has.Exactly(1).Items);
        Assert.That(page.Text("#exports"), Does.StartWith("SEPA credit transfer for your bank (pain.001): 1 payout, € 50.00").And.Contain("by you"));
        Assert.That(LinesOf(page), Is.EqualTo(new[] { "Ann In a file, result open By file € 50.00", "Cleo Waits for a file By file € 30.00" }));
        Assert.That(file.Content.Headers.ContentType!.MediaType, Is.EqualTo("application/xml"));
        Assert.That(file.Content.Headers.ContentDisposition!.FileName, Is.EqualTo($"{run[(List.Length + 1)..]}-sepa-xml.xml"));
        Assert.That(file.Headers.CacheControl!.NoStore, Is.True);
        Assert.That(text, Does.Contain(ManualWorld.DutchIban).And.Not.Contain("cleo@"));
        var who = await _world.Db.ManyAsync<string>("SELECT who FROM payout_export_downloads ORDER BY id");
        Assert.That(who, Has.Count.EqualTo(3).And.All.StartsWith("dashboard session "), "each time that it was handed out is noted");
        await manual.AssertBooksAsync();
    }

    [Test]
    public async Task No_file_is_made_of_a_run_that_is_stopped_and_none_that_cannot_be()
    {
        var manual = await ManualWorld.OfAsync(_world, debtor: false);
        await _world.EarnsAsync(await manual.PayeeAsync("Ann", ManualWorld.DutchIban), "50.00");
        var run = await PrepareAsync();
        await ActAsync(run, "approval");
        var page = await _owner.GetAsync(run);

        var debtor = await Browser.ReadAsync(await ExportAsync(run, "sepa-xml"), HttpStatusCode.UnprocessableEntity);
        var nothing = await Browser.ReadAsync(await ExportAsync(run, "paypal-csv"), HttpStatusCode.UnprocessableEntity);
        var unknown = await ExportAsync(run, "exe");
        await ActAsync(run, "stop");
        var stopped = await Browser.ReadAsync(await ExportAsync(run, "csv"), HttpStatusCode.UnprocessableEntity);

        Assert.That(page.Text("#files"), Does.Contain("needs the account that pays"));
        Assert.That(page.QuerySelectorAll("#files option").Select(option => option.GetAttribute("value")), Is.EqualTo(new[] { "wise-csv", "csv" }));
        Assert.That(debtor.Text("[role=alert]"), Does.Contain("the account that pays is not named"));
        Assert.That(nothing.Text("[role=alert]"), Is.EqualTo("No file was made. The payee has named no PayPal address."));
        Assert.That(unknown.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(stopped.Text("[role=alert]"), Does.Contain("the run was stopped"));
        Assert.That(stopped.QuerySelector("#files select"), Is.Null);
        Assert.That(await _world.Db.OneAsync<long>("SELECT COUNT(*) FROM payout_exports"), Is.Zero);
    }

    [Test]
    public async Task Results_are_read_back_and_each_wrong_line_is_named()
    {
        var manual = await ManualWorld.OfAsync(_world);
        await _world.EarnsAsync(await manual.PayeeAsync("Ann", ManualWorld.DutchIban), "50.00");
        await _world.EarnsAsync(await manual.PayeeAsync("Cleo", "cleo@example.com"), "30.00");
        var run = await PrepareAsync();
        await ActAsync(run, "approval");
        await MakeAsync(run, "csv");
        var payouts = await _world.Db.ManyAsync<string>("SELECT id FROM payouts ORDER BY amount_minor DESC");
        var results = $"payoutId,status,reason\n{payouts[0]},paid,\n{payouts[1]},failed,no <i>such</i> account\npo_none,paid,\n";

        var page = await Browser.ReadAsync(await SendAsync(run, Encoding.UTF8.GetBytes(results)));
        var again = await Browser.ReadAsync(await SendAsync(run, Encoding.UTF8.GetBytes(results)));

        Assert.That(page.Text("#report"), Does.Contain("Lines read: 3; Paid: 1; Not paid, payable again: 1").And.Contain("Line 4: The line is of no manual payout of this run."));
        Assert.That(again.Text("#report"), Does.Contain("Paid: 0; Not paid, payable again: 0").And.Contain("Known before: 2"));
        Assert.That(LinesOf(page), Is.EqualTo(new[]
        {
            "Ann Paid By file € 50.00", "Cleo Refused It was not paid: no <i>such</i> account. The money is payable again. By file € 30.00",
        }));
        Assert.That(page.Text("#exports"), Does.Contain("2 of them have come to an end: who pays the whole file again pays twice."));
        await manual.AssertBooksAsync();
    }

    [Test]
    public async Task A_file_of_results_that_cannot_be_read_changes_nothing_and_says_why()
    {
        var manual = await ManualWorld.OfAsync(_world);
        await _world.EarnsAsync(await manual.PayeeAsync("Ann", ManualWorld.DutchIban), "50.00");
        var run = await PrepareAsync();
        await ActAsync(run, "approval");

        Assert.That((await RefusedAsync([])).Text("[role=alert]"), Does.StartWith("No file was sent"));
        Assert.That((await RefusedAsync([0xFF, 0xFE, 0x41])).Text("[role=alert]"), Does.Contain("not in UTF-8"));
        Assert.That((await RefusedAsync("<Document><open></Document>"u8.ToArray())).Text("[role=alert]"), Does.Contain("no XML").And.Contain("line 1"));
        Assert.That(
            (await RefusedAsync(Encoding.UTF8.GetBytes("payoutId,status\n" + string.Concat(Enumerable.Repeat("a,b\n", ResultFile.RowsMax + 1))))).Text("[role=alert]"),
            Does.Contain("20,001 rows and may have 20,000"));
        Assert.That((await SendAsync(run, new byte[6 * 1024 * 1024])).StatusCode, Is.EqualTo(HttpStatusCode.RequestEntityTooLarge));
        Assert.That(await _world.Db.ManyAsync<string>("SELECT state FROM payouts"), Is.EqualTo(new[] { "approved" }));

        async Task<IDocument> RefusedAsync(byte[] bytes) => await Browser.ReadAsync(await SendAsync(run, bytes), HttpStatusCode.UnprocessableEntity);
    }

    private async Task<string> EarnedAsync(string name, string amount, string? account = null, string currency = "EUR")
    {
        var id = await _world.AmbassadorAsync(name, account ?? $"acct_{name}");
        await _world.EarnsAsync(id, amount, currency);
        return id;
    }

    private Task<int> SettleAsync(string column, long minor, string? schedule = null) => _world.Db.DoAsync(
        "INSERT INTO payout_settings (store_id, schedule, schedule_day, two_people_from_minor, approve_alone_to_minor, methods, updated_at, updated_by) "
            + "VALUES (@id, @schedule, @day, @two, @alone, 'paypal,iban', 0, 'test')",
        new
        {
            id = _world.Store.Id,
            schedule,
            day = schedule is null ? (long?)null : 1,
            two = column == "two_people_from_minor" ? minor : (long?)null,
            alone = column == "approve_alone_to_minor" ? minor : (long?)null,
        });

    private Task<int> PlantAsync(string id, List<RunLine> lines) => _world.Db.DoAsync(
        "INSERT INTO payout_runs (store_id, id, state, preview, created_at, created_by) VALUES (@storeId, @id, 'preview', @preview, @now, 'ann')",
        new { storeId = _world.Store.Id, id, preview = JsonSerializer.Serialize(lines, RunJson.Default.ListRunLine), now = StoreApp.Start });

    private async Task<string> PayoutOfAsync(string ambassadorId) =>
        (await _world.Db.OneAsync<string>("SELECT id FROM payouts WHERE ambassador_id = @ambassadorId", new { ambassadorId }))!;

    /// <summary>Prepares a run by the button of the list. Returns the path of its page.</summary>
    private async Task<string> PrepareAsync(Browser? owner = null)
    {
        var browser = owner ?? _owner;
        var answer = await browser.SubmitAsync((await browser.GetAsync(List)).QuerySelector($"form[action='{List}']")!);
        Assert.That(NoticeOf(answer), Is.EqualTo("run-prepared"));
        return answer.Headers.Location!.OriginalString.Split('?')[0];
    }

    /// <summary>Asks for something, whether or not the page offers it any more. Returns the word of the notice.</summary>
    private async Task<string> ActAsync(string run, string verb, Browser? owner = null)
    {
        var browser = owner ?? _owner;
        return NoticeOf(await browser.PostAsync($"{run}/{verb}", TokenOf(await browser.GetAsync(run))));
    }

    private async Task<HttpResponseMessage> ExportAsync(string run, string file) =>
        await _owner.PostAsync($"{run}/exports", new(TokenOf(await _owner.GetAsync(run))) { ["file"] = file });

    private async Task<string> MakeAsync(string run, string file) => NoticeOf(await ExportAsync(run, file));

    private async Task<HttpResponseMessage> SendAsync(string run, byte[] bytes) =>
        await _owner.SendFileAsync($"{run}/results", TokenOf(await _owner.GetAsync(run)), "results", bytes);

    private static string NoticeOf(HttpResponseMessage answer)
    {
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Redirect));
        return answer.Headers.Location!.OriginalString.Split("?notice=")[1];
    }

    private static Dictionary<string, string> TokenOf(IDocument page) => page.QuerySelectorAll("form.out input").ToDictionary(
        input => input.GetAttribute("name")!, input => input.GetAttribute("value")!);

    private static List<string> LinesOf(IDocument page) => [.. page.QuerySelectorAll("#lines tbody tr").Select(row => row.Text("th") + TextOf(row))];

    private static string TextOf(IElement row) => string.Concat(row.QuerySelectorAll("td").Select(cell =>
    {
        cell.SetAttribute("id", "cell");
        var text = row.Text("#cell");
        cell.RemoveAttribute("id");
        return " " + text;
    }));

    private static List<string> RunsOf(IDocument page) => [.. page.QuerySelectorAll("#runs tbody a").Select(link => link.GetAttribute("href")!)];

    private async Task<List<List<string>>> PagesAsync(string path)
    {
        var pages = new List<List<string>>();
        for (var next = path; next is not null;)
        {
            var page = await _owner.GetAsync(next.Split('#')[0]);
            pages.Add(LinesOf(page));
            next = page.QuerySelector("#lines a[rel=next]")?.GetAttribute("href");
        }

        return pages;
    }
}
