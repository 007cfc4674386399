// Rule K4: what nothing settles is written off, never silently, and owed again by whoever comes back in time; nobody is paid below zero.
using StorePlugin.Ambassadors;
using StorePlugin.Ledger;
using StorePlugin.Orders;
using StorePlugin.Payouts;
using StorePlugin.Payouts.Stripe;
using StorePlugin.Stores;
using StorePlugin.Tests.Rig;
using StorePlugin.Verification;
using StorePlugin.Webhooks;

namespace StorePlugin.Tests.Ledger;

internal sealed class WriteOffTests
{
    private static readonly TimeSpan Days180 = TimeSpan.FromDays(180);
    private static readonly TimeSpan Millisecond = TimeSpan.FromMilliseconds(1);

    private StoreApp _app = null!;
    private Shop _shop = null!;
    private ApiClient _api = null!;
    private string _ann = null!;
    private int _payouts;
    private int _bookings;

    [SetUp]
    public async Task OpenAsync()
    {
        _payouts = _bookings = 0;
        _app = await StoreApp.StartAsync();
        _shop = await Shop.OpenAsync(_app);
        _api = await ApiClient.OfAsync(_app, _shop.Store);
        _ann = (await _api.AddAsync(_shop.CampaignId, "ANN10", "ann@example.com")).Text("id");
    }

    [TearDown]
    public async Task CloseAsync() => await _app.DisposeAsync();

    [Test]
    public async Task K_1_after_a_refund_of_what_was_paid_out_later_earnings_settle_it_first_and_nothing_is_paid_before_the_minimum()
    {
        await ConnectAsync();
        await OweAsync("1", "100.00");
        Assert.That(await ApprovedAsync(), Is.EqualTo(-10_00));
        Assert.That(await PreviewAsync(), Is.EqualTo("-10.00 EUR false The balance is below zero; later earnings settle it first."));

        await EarnAsync("2", "40.00");
        Assert.That(await PreviewAsync(), Is.EqualTo("-6.00 EUR false The balance is below zero; later earnings settle it first."));

        await EarnAsync("3", "80.00");
        Assert.That(await PreviewAsync(), Is.EqualTo("2.00 EUR false The balance is below the minimum of 20.00 EUR; it is carried over."));

        await EarnAsync("4", "180.00");
        Assert.That(await PreviewAsync(), Is.EqualTo("20.00 EUR true "));
        await AssertSoundAsync();
    }

    [Test]
    public async Task K_4_what_was_below_zero_for_exactly_180_days_is_written_off_to_the_merchant_once()
    {
        await OweAsync("1", "100.00");

        _app.Clock.Advance(Days180 - Millisecond);
        var early = await RunAsync();
        _app.Clock.Advance(Millisecond);
        var late = await RunAsync();
        var again = await RunAsync();

        Assert.That((early, late, again), Is.EqualTo((0, 1, 0)));
        Assert.That((await ApprovedAsync(), await _shop.BalanceAsync("", Account.WrittenOff)), Is.EqualTo((0, -10_00)));
        var entries = (await _api.Get($"ledger/entries?ambassador={_ann}")).Json!["items"]!.AsArray();
        var entry = entries[^1]!;
        Assert.That(
            $"{entry["kind"]} {entry["source"]} {entry["account"]} {entry["amount"]!["minor"]} {entry["actor"]} {entry["bookedAt"]} {entry["reason"]}",
            Is.EqualTo(
                $"write_off {_ann}:write_off:1 approved 1000 system 2026-09-28T10:00:00Z Written off: below zero since 1 April 2026, for 180 days without a break."));
        var person = (await _api.Get($"ambassadors/{_ann}")).Json!;
        Assert.That(person["writtenOff"]!.ToJsonString(), Is.EqualTo("""[{"minor":1000,"currency":"EUR"}]"""));
        await AssertSoundAsync();
    }

    [Test]
    public async Task A_break_of_a_moment_begins_the_180_days_anew()
    {
        await BookAsync(_ann, -10_00);
        _app.Clock.Advance(TimeSpan.FromDays(100));
        await BookAsync(_ann, 10_00);
        _app.Clock.Advance(Millisecond);
        await BookAsync(_ann, -5_00);

        _app.Clock.Advance(Days180 - Millisecond);
        var early = await RunAsync();
        _app.Clock.Advance(Millisecond);

        Assert.That((early, await RunAsync()), Is.EqualTo((0, 1)));
        Assert.That(await _shop.BalanceAsync("", Account.WrittenOff), Is.EqualTo(-5_00));
    }

    [Test]
    public async Task What_only_lessens_a_debt_or_adds_to_it_is_no_break()
    {
        await BookAsync(_ann, -10_00);
        _app.Clock.Advance(TimeSpan.FromDays(100));
        await BookAsync(_ann, 9_99);
        _app.Clock.Advance(TimeSpan.FromDays(79));
        await BookAsync(_ann, -2_00);

        // Two bookings of one instant have no order: the balance was not above zero for any time.
        _app.Clock.Advance(TimeSpan.FromHours(12));
        await BookAsync(_ann, 5_00);
        await BookAsync(_ann, -5_00);
        _app.Clock.Advance(TimeSpan.FromHours(12));

        Assert.That(await RunAsync(), Is.EqualTo(1));
        Assert.That(await _shop.BalanceAsync("", Account.WrittenOff), Is.EqualTo(-2_01));
    }

    [Test]
    public async Task Each_currency_is_below_zero_by_itself()
    {
        await BookAsync(_ann, -10_00);
        await BookAsync(_ann, 50_00, "USD");
        _app.Clock.Advance(TimeSpan.FromDays(1));
        await BookAsync(_ann, -1_500, "KWD");
        _app.Clock.Advance(TimeSpan.FromDays(179));

        var first = await RunAsync();
        _app.Clock.Advance(TimeSpan.FromDays(1));
        var second = await RunAsync();

        Assert.That((first, second), Is.EqualTo((1, 1)));
        var totals = (await _api.Get($"ledger/balances?ambassador={_ann}")).Json!["totals"]!.AsArray();
        Assert.That(totals.Select(total => $"{total!["account"]} {total["amount"]!["minor"]} {total["amount"]!["currency"]}"),
            Is.EqualTo(["approved 0 EUR", "approved 0 KWD", "approved 5000 USD"]));
        Assert.That((await _api.Get($"ambassadors/{_ann}")).Json!["writtenOff"]!.ToJsonString(),
            Is.EqualTo("""[{"minor":1000,"currency":"EUR"},{"minor":1500,"currency":"KWD"}]"""));
        Assert.That(await FindingsAsync(), Is.Empty);
    }

    [Test]
    public async Task A_refund_after_the_write_off_is_a_debt_of_its_own()
    {
        await OweAsync("1", "100.00");
        _app.Clock.Advance(Days180);
        Assert.That(await RunAsync(), Is.EqualTo(1));

        _app.Clock.Advance(TimeSpan.FromDays(10));
        await BookAsync(_ann, -3_00);
        _app.Clock.Advance(Days180 - Millisecond);
        Assert.That(await RunAsync(), Is.Zero);
        _app.Clock.Advance(Millisecond);
        Assert.That(await RunAsync(), Is.EqualTo(1));
        Assert.That(await _shop.BalanceAsync("", Account.WrittenOff), Is.EqualTo(-13_00));
    }

    [Test]
    public async Task Several_machines_at_once_write_off_once()
    {
        await OweAsync("1", "100.00");
        _app.Clock.Advance(Days180);

        var done = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(
            () => new WriteOffs(_app.Db, new StoreDirectory(_app.Db, _app.Clock), _app.Clock).RunOnceAsync(default))));

        Assert.That(done.Sum(), Is.EqualTo(1));
        Assert.That((await ApprovedAsync(), await _shop.BalanceAsync("", Account.WrittenOff)), Is.EqualTo((0, -10_00)));
        await AssertSoundAsync();
    }

    [Test]
    public async Task What_is_earned_at_the_same_moment_is_not_written_off()
    {
        await BookAsync(_ann, -10_00);
        _app.Clock.Advance(Days180);
        using var goOn = new SemaphoreSlim(0);
        using var began = new SemaphoreSlim(0);

        // The job has looked, and waits for its turn to write, while somebody else books.
        var earning = _app.Db.InTransactionAsync(async tx =>
        {
            began.Release();
            await goOn.WaitAsync();
            await LedgerBook.PostAsync(tx, _shop.Store, [Booking(_ann, 4_00, "EUR")]);
        });
        await began.WaitAsync();
        var job = Task.Run(RunAsync);
        await Task.Delay(300);
        goOn.Release();
        await earning;

        Assert.That(await job, Is.Zero, "what has moved is looked at anew");
        Assert.That(await RunAsync(), Is.EqualTo(1));
        Assert.That((await ApprovedAsync(), await _shop.BalanceAsync("", Account.WrittenOff)), Is.EqualTo((0, -6_00)));
    }

    [Test]
    public async Task Whoever_leaves_below_zero_is_written_off_at_once_where_nothing_is_to_come()
    {
        await OweAsync("1", "100.00");
        await LeaveAsync(_ann);

        Assert.That(await RunAsync(), Is.EqualTo(1));
        Assert.That((await ApprovedAsync(), await _shop.BalanceAsync("", Account.WrittenOff)), Is.EqualTo((0, -10_00)));
        var last = (await _api.Get($"ledger/entries?ambassador={_ann}")).Json!["items"]!.AsArray()[^1]!;
        Assert.That((string?)last["reason"], Is.EqualTo("Written off: the ambassador has left, and nothing is to come that would settle it."));
        await AssertSoundAsync();
    }

    [Test]
    public async Task What_is_held_when_they_leave_settles_it_first()
    {
        await OweAsync("1", "100.00");
        await _shop.PaysAsync(Order("2", "40.00"));
        await LeaveAsync(_ann);

        Assert.That(await RunAsync(), Is.Zero, "4.00 are held");
        _app.Clock.Advance(TimeSpan.FromDays(31));
        await _app.Get<ReleaseHolds>().RunOnceAsync(default);
        Assert.That(await RunAsync(), Is.EqualTo(1));

        Assert.That((await ApprovedAsync(), await _shop.BalanceAsync("", Account.WrittenOff)), Is.EqualTo((0, -6_00)));
        await AssertSoundAsync();
    }

    [Test]
    public async Task What_is_in_review_for_ever_does_not_keep_a_debt_for_ever()
    {
        await OweAsync("1", "100.00");
        await _shop.PaysAsync(Order("2", "40.00"));
        await MoveAsync(Account.Held, Account.Review, 4_00);
        await LeaveAsync(_ann);
        _app.Clock.Advance(Days180 - TimeSpan.FromHours(1) - Millisecond);
        var early = await RunAsync();
        _app.Clock.Advance(TimeSpan.FromHours(1) + Millisecond);

        Assert.That((early, await RunAsync()), Is.EqualTo((0, 1)));
        Assert.That(await _shop.BalanceAsync("", Account.WrittenOff), Is.EqualTo(-10_00));
    }

    [Test]
    public async Task While_a_payout_is_not_settled_nothing_is_written_off()
    {
        var order = await EarnAsync("1", "100.00");
        var payout = await ReserveAsync(10_00);
        await RefundAsync(order, "100.00");
        await LeaveAsync(_ann);
        _app.Clock.Advance(Days180);
        Assert.That((await ApprovedAsync(), await RunAsync()), Is.EqualTo((-10_00, 0)));

        await _app.Db.InTransactionAsync(async tx => Assert.That(
            await PayoutBook.SentAsync(tx, _shop.Store, payout, 1, new StripeTransfer("tr_1", 10_00, 0, "eur", "acct_ann", 1), answer: null, _app.Clock.GetUtcNow()), Is.True));

        Assert.That(await RunAsync(), Is.EqualTo(1));
        Assert.That((await ApprovedAsync(), await _shop.BalanceAsync("", Account.WrittenOff)), Is.EqualTo((0, -10_00)));
        await AssertSoundAsync();
    }

    [Test]
    public async Task A_store_that_has_left_hears_of_nothing_and_writes_nothing_off()
    {
        await OweAsync("1", "100.00");
        await _shop.DeliverAsync("app/uninstalled", "{}");
        await _app.DrainAsync();
        _app.Clock.Advance(Days180);

        Assert.That((await RunAsync(), await ApprovedAsync()), Is.EqualTo((0, -10_00)));
    }

    [TestCase(-1, -10_00)]
    [TestCase(0, 0)]
    public async Task K_4_who_comes_back_within_24_months_owes_it_again(int seconds, long approved)
    {
        await OweAsync("1", "100.00");
        await LeaveAsync(_ann);
        await RunAsync();
        var writtenOff = _app.Clock.GetUtcNow();

        _app.Clock.MoveTo(CalendarMonths.After(writtenOff, 24, _shop.Store.Zone).AddSeconds(seconds));
        Assert.That((await _api.AddAsync(_shop.CampaignId, "ANN20", "ann@example.com")).Text("id"), Is.EqualTo(_ann));

        Assert.That((await ApprovedAsync(), await _shop.BalanceAsync("", Account.WrittenOff)), Is.EqualTo((approved, -10_00 - approved)));
        Assert.That((await _api.Get($"ambassadors/{_ann}")).Json!["writtenOff"]!.AsArray(), Has.Count.EqualTo(approved == 0 ? 1 : 0));
        await AssertSoundAsync();
    }

    [Test]
    public async Task A_debt_that_is_owed_again_says_who_took_the_person_back_and_why()
    {
        await OweAsync("1", "100.00");
        await LeaveAsync(_ann);
        await RunAsync();
        await _api.AddAsync(_shop.CampaignId, "ANN20", "ann@example.com");

        var entry = (await _api.Get($"ledger/entries?ambassador={_ann}")).Json!["items"]!.AsArray().Single(entry => (string?)entry!["kind"] == "revival")!;

        Assert.That($"{entry["source"]} {entry["account"]} {entry["amount"]!["minor"]} {entry["reason"]}", Is.EqualTo(
            $"{_ann}:revival:2 approved -1000 Owed again: written off on 1 April 2026, and the person takes part again within 24 months."));
        Assert.That((string?)entry["actor"], Does.StartWith("API key key_"));
    }

    [Test]
    public async Task It_is_owed_again_once_by_the_same_person_under_another_id_and_in_no_other_store()
    {
        await OweAsync("1", "100.00");
        await LeaveAsync(_ann);
        await RunAsync();
        var other = await Shop.OpenAsync(_app, "other");
        var elsewhere = (await (await ApiClient.OfAsync(_app, other.Store)).AddAsync(other.CampaignId, "ANN10", "ann@example.com")).Text("id");

        var second = (await _api.AddAsync(await _api.LiveAsync(), "ANN20", "Ann+autumn@Example.com")).Text("id");
        var third = (await _api.AddAsync(await _api.LiveAsync(), "ANN30", "ann@example.com")).Text("id");
        await _api.AddAsync(_shop.CampaignId, "ANN40", "ann@example.com");

        Assert.That(await Task.WhenAll(new[] { _ann, second, third }.Select(id => _shop.BalanceAsync(id, Account.Approved))), Is.EqualTo((long[])[0, -10_00, 0]));
        Assert.That(await other.BalanceAsync(elsewhere, Account.Approved), Is.Zero);
        await AssertSoundAsync();
    }

    [Test]
    public async Task Whoever_comes_back_by_an_application_or_an_import_owes_it_as_well()
    {
        await OweAsync("1", "100.00");
        await LeaveAsync(_ann);
        await RunAsync();
        var applications = _app.Get<Applications>();
        await applications.SetOpenAsync(_shop.Store, _shop.CampaignId, isOpen: true, default);
        await applications.ApplyAsync(_shop.Store, _shop.CampaignId, new NewApplication("Ann", "ann@example.com", null), default);
        var application = (await applications.ListAsync(_shop.Store, "applied", "", 10, default)).Single();
        await applications.ApproveAsync(_shop.Store, application.Id, "ANN20", "owner", null, default);
        Assert.That(await ApprovedAsync(), Is.EqualTo(-10_00));

        await LeaveAsync(_ann);
        Assert.That(await RunAsync(), Is.EqualTo(1));
        var campaign = await _api.LiveAsync();
        var answer = await _api.Post(
            $"ambassador-imports?campaignId={campaign}&dryRun=false", "name,email,code,opening_balance,joined_at\nAnn,ann@example.com,ANN30,12.50,2024-01-31\n", "text/csv");
        var person = (await _api.Get("ambassadors")).Json!["items"]!.AsArray().Single(item => (string?)item!["code"] == "ANN30")!;

        Assert.That(answer.Status, Is.EqualTo(200));
        Assert.That(await _shop.BalanceAsync((string)person["id"]!, Account.Approved), Is.EqualTo(2_50));
        await AssertSoundAsync();
    }

    [Test]
    public async Task Whoever_comes_back_before_it_is_written_off_is_not_rid_of_it()
    {
        await OweAsync("1", "100.00");
        await _shop.PaysAsync(Order("2", "40.00"));
        await LeaveAsync(_ann);
        _app.Clock.Advance(TimeSpan.FromDays(1));
        var second = (await _api.AddAsync(await _api.LiveAsync(), "ANN20", "ann@example.com")).Text("id");

        _app.Clock.Advance(TimeSpan.FromDays(30));
        await _app.Get<ReleaseHolds>().RunOnceAsync(default);
        Assert.That(await RunAsync(), Is.EqualTo(1));

        Assert.That((await ApprovedAsync(), await _shop.BalanceAsync(second, Account.Approved)), Is.EqualTo((0, -6_00)));
        await AssertSoundAsync();
    }

    [Test]
    public async Task Whoever_took_part_in_another_campaign_all_the_time_has_not_come_back()
    {
        var second = (await _api.AddAsync(await _api.LiveAsync(), "ANN20", "ann@example.com")).Text("id");
        _app.Clock.Advance(TimeSpan.FromDays(1));
        await BookAsync(_ann, -10_00);
        await LeaveAsync(_ann);

        Assert.That(await RunAsync(), Is.EqualTo(1));
        Assert.That((await ApprovedAsync(), await _shop.BalanceAsync(second, Account.Approved)), Is.EqualTo((0, 0)));
    }

    [Test]
    public async Task What_was_earned_between_settles_it_and_the_rest_is_a_write_off_of_its_own()
    {
        await OweAsync("1", "100.00");
        await _shop.PaysAsync(Order("2", "40.00"));
        _app.Clock.Advance(TimeSpan.FromDays(29));
        await BookAsync(_ann, 0_01);
        _app.Clock.Advance(Days180 - TimeSpan.FromDays(29));
        await RunAsync();
        await _app.Get<ReleaseHolds>().RunOnceAsync(default);
        Assert.That(await ApprovedAsync(), Is.EqualTo(4_00), "written off whatever was held");

        await LeaveAsync(_ann);
        await _api.AddAsync(_shop.CampaignId, "ANN20", "ann@example.com");
        Assert.That(await ApprovedAsync(), Is.EqualTo(4_00 - 9_99));
        await LeaveAsync(_ann);
        await RunAsync();
        Assert.That(await _shop.BalanceAsync("", Account.WrittenOff), Is.EqualTo(-5_99));

        await _api.AddAsync(_shop.CampaignId, "ANN30", "ann@example.com");
        await _api.AddAsync(await _api.LiveAsync(), "ANN40", "ann@example.com");

        Assert.That((await ApprovedAsync(), await _shop.BalanceAsync("", Account.WrittenOff)), Is.EqualTo((-5_99, 0)));
        Assert.That(await FindingsAsync(), Is.Empty);
    }

    [Test]
    public async Task The_ambassador_reads_it_in_their_portal_and_the_merchant_in_the_books()
    {
        await OweAsync("1", "100.00");
        await LeaveAsync(_ann);
        await RunAsync();
        using var ann = await Rooms.SignInAsync(_app, _shop.Store, _ann);
        var before = (await ann.GetAsync("/portal")).Text("#write-offs");
        await _api.AddAsync(_shop.CampaignId, "ANN20", "ann@example.com");
        var after = (await ann.GetAsync("/portal")).Text("#write-offs");

        using var owner = await Rooms.SignInAsync(_app, _shop.Store, null);
        var books = (await owner.GetAsync($"/dashboard/ambassadors/{_ann}")).Text();

        Assert.That(before.Replace('\u00A0', ' '), Does.Contain("Written off").And.Contain("+€ 10.00").And.Contain("You need not pay it back"));
        Assert.That(after.Replace('\u00A0', ' '), Does.Contain("Owed again").And.Contain("−€ 10.00").And.Contain("+€ 10.00"));
        Assert.That(books, Does.Contain("Written off: the ambassador has left").And.Contain("Owed again: written off on 1 April 2026"));
    }

    [Test]
    public async Task More_debts_than_one_look_takes_are_all_written_off()
    {
        await _app.Db.DoAsync("DELETE FROM balances");
        for (var i = 0; i < 203; i++)
        {
            var id = $"amb_{i:d3}";
            await Plant.RowAsync(
                _app.Db, "ambassadors", ("store_id", _shop.Store.Id), ("id", id), ("campaign_id", _shop.CampaignId), ("email_key", id), ("person_hash", id), ("state", "ended"));
            await BookAsync(id, -1);
        }

        Assert.That((await RunAsync(), await RunAsync()), Is.EqualTo((203, 0)));
        Assert.That(await _shop.BalanceAsync("", Account.WrittenOff), Is.EqualTo(-203));
    }

    private LedgerTransaction Booking(string ambassadorId, long minor, string currency)
    {
        var amount = new Money(minor, Currency.Parse(currency));
        return new LedgerTransaction(
            LedgerKind.Commission, $"booking-{++_bookings}", amount.Currency, _app.Clock.GetUtcNow(), "test", "booked",
            LedgerTransaction.Move(ambassadorId, null, Account.Expense, Account.Approved, amount));
    }

    /// <summary>Moves a balance without an order.</summary>
    private Task BookAsync(string ambassadorId, long minor, string currency = "EUR") =>
        _app.Db.InTransactionAsync(tx => LedgerBook.PostAsync(tx, _shop.Store, [Booking(ambassadorId, minor, currency)]));

    private Task MoveAsync(string from, string to, long minor) => _app.Db.InTransactionAsync(tx => LedgerBook.PostAsync(
        tx, _shop.Store,
        [
            new LedgerTransaction(
                LedgerKind.Review, $"booking-{++_bookings}", Currency.Parse("EUR"), _app.Clock.GetUtcNow(), "test", "moved",
                LedgerTransaction.Move(_ann, null, from, to, new Money(minor, Currency.Parse("EUR")))),
        ]));

    private Task<int> RunAsync() => _app.Get<WriteOffs>().RunOnceAsync(default);

    private Task<long> ApprovedAsync() => _app.Db.OneAsync<long>(
        "SELECT COALESCE(SUM(amount_minor), 0) FROM balances WHERE store_id = @id AND ambassador_id = @ann AND account = 'approved' AND currency = 'EUR'",
        new { id = _shop.Store.Id, ann = _ann });

    private TestOrder Order(string id, string price) => new(id, _app.Clock.GetUtcNow()) { Lines = [(price, 1, "0.00")], CartRef = "ANN10" };

    /// <summary>An order whose hold is over. Returns its id.</summary>
    private async Task<string> EarnAsync(string id, string price)
    {
        await _shop.PaysAsync(Order(id, price));
        _app.Clock.Advance(TimeSpan.FromDays(31));
        await _app.Get<ReleaseHolds>().RunOnceAsync(default);
        return id;
    }

    private async Task RefundAsync(string id, string amount)
    {
        await _shop.DeliverAsync("refunds/create", new TestOrder(id, _app.Clock.GetUtcNow()).RefundJson(id + "1", 0, amount));
        await _app.DrainAsync();
    }

    /// <summary>Earns the tenth of a price, is paid it out, and the whole order is refunded.</summary>
    private async Task OweAsync(string id, string price)
    {
        await EarnAsync(id, price);
        await PayOutAsync(await ApprovedAsync());
        await RefundAsync(id, price);
    }

    private async Task<Payout> ReserveAsync(long minor)
    {
        var now = _app.Clock.GetUtcNow();
        if (++_payouts == 1)
        {
            await Plant.RowAsync(_app.Db, "payout_runs", ("store_id", _shop.Store.Id), ("id", "run_1"), ("state", "approved"));
        }

        var payout = new Payout(
            _shop.Store.Id, $"po_{_payouts}", "run_1", _ann, "EUR", minor, 0, "acct_ann", "test", PayoutState.Approved, TransferId: null, Problem: null, now, now);
        await _app.Db.InTransactionAsync(tx => PayoutBook.ReserveAsync(tx, _shop.Store, [payout], now, "owner"));
        return payout;
    }

    private async Task PayOutAsync(long minor)
    {
        var payout = await ReserveAsync(minor);
        var transfer = new StripeTransfer($"tr_{payout.Id}", minor, 0, "eur", "acct_ann", 1);
        await _app.Db.InTransactionAsync(async tx => Assert.That(
            await PayoutBook.SentAsync(tx, _shop.Store, payout, 1, transfer, answer: null, _app.Clock.GetUtcNow()), Is.True));
    }

    private async Task LeaveAsync(string id)
    {
        _app.Clock.Advance(TimeSpan.FromHours(1));
        Assert.That((await _api.Post($"ambassadors/{id}/ending")).Status, Is.EqualTo(200));
    }

    private async Task ConnectAsync()
    {
        await _app.Db.InTransactionAsync(tx => _app.Get<Credentials>().KeepAsync(tx, _shop.Store.Id, CredentialKind.StripeSecretKey, new Credential("sk_test_x", null)));
        await _app.Get<AmbassadorDb>().SetStripeAccountAsync(_shop.Store, _ann, "acct_ann", "test", default);
    }

    private async Task<string> PreviewAsync()
    {
        var line = (await _app.Get<PayoutRuns>().PreviewAsync(_shop.Store, "owner", default)).Lines.Single(line => line.AmbassadorId == _ann);
        return $"{line.Amount} {(line.WillPay ? "true" : "false")} {line.Reason}";
    }

    private Task<IReadOnlyList<Finding>> FindingsAsync() => _app.Get<Verify>().RunAsync(null, default);

    private async Task AssertSoundAsync()
    {
        Assert.That(await FindingsAsync(), Is.Empty);
        Assert.That((await _app.Get<Rebuild>().RunAsync(null, _ => { }, default)).Findings, Is.Empty);
    }
}
