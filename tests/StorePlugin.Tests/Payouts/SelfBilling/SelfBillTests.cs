// Documents: when they are issued, their numbers, their corrections, and what verify finds when one is wrong.
using StorePlugin.Ledger;
using StorePlugin.Payouts;
using StorePlugin.Payouts.SelfBilling;
using StorePlugin.Payouts.Statements;
using StorePlugin.Verification;

namespace StorePlugin.Tests.Payouts.SelfBilling;

internal sealed class SelfBillTests
{
    private SelfBillingWorld _world = null!;

    private PayoutWorld Payouts => _world.Payouts;

    [SetUp]
    public async Task StartAsync() => _world = await SelfBillingWorld.StartAsync();

    [TearDown]
    public ValueTask StopAsync() => _world.DisposeAsync();

    [Test]
    public async Task A_payout_to_a_business_of_the_country_carries_vat_in_an_account_of_its_own()
    {
        var ann = await _world.PayeeAsync("Ann");
        await Payouts.EarnsAsync(ann, "50.00");

        var reserved = await _world.ReservedAsync(ann);
        var whileReserved = (await Payouts.BalancesAsync(ann), await VatAsync());
        await _world.SentAsync(reserved);

        Assert.That((reserved.AmountMinor, reserved.VatMinor, reserved.VatCase, reserved.VatRateBp), Is.EqualTo((59_50L, 9_50L, "domestic", 1900L)));
        Assert.That((await Payouts.AttemptsAsync(reserved.Id)).Single().Body, Does.StartWith("amount=5950&"));
        Assert.That(whileReserved, Is.EqualTo(((0L, 59_50L, 0L), -9_50L)));
        Assert.That((await Payouts.BalancesAsync(ann), await VatAsync()), Is.EqualTo(((0L, 0L, 59_50L), -9_50L)));
        Assert.That(await _world.LinesAsync(), Is.EqualTo(["1 payout 5000+950"]));
        Assert.That((await _world.BillsAsync()).Single().ShownNumber, Is.EqualTo("LUX-1"));
        await _world.AssertSoundAsync();
    }

    [TestCase("private")]
    [TestCase("small_business")]
    [TestCase("reverse_charge")]
    public async Task The_other_cases_are_billed_without_vat(string vatCase)
    {
        var ann = await _world.PayeeAsync("Ann", vatCase);
        await Payouts.EarnsAsync(ann, "50.00");

        var sent = await _world.PaidAsync(ann);

        Assert.That((sent.AmountMinor, sent.VatMinor, sent.VatCase), Is.EqualTo((50_00L, 0L, vatCase)));
        Assert.That(await _world.LinesAsync(), Is.EqualTo(["1 payout 5000+0"]));
        await _world.AssertSoundAsync();
    }

    [Test]
    public async Task Only_who_agreed_before_the_reservation_is_billed()
    {
        var ann = await Payouts.AmbassadorAsync("Ann", "acct_ann");
        var bob = await Payouts.AmbassadorAsync("Bob", "acct_bob");
        await _world.SayAsync(bob, VatCase.Domestic, agreed: false);
        await Payouts.EarnsAsync(ann, "50.00");
        await Payouts.EarnsAsync(bob, "50.00");

        var run = await Payouts.PayAsync();
        await _world.SayAsync(ann, VatCase.Domestic);
        foreach (var one in run.Payouts)
        {
            await _world.SentAsync(await Payouts.PayoutAsync(one.Id));
        }

        Assert.That(run.Payouts.Select(one => one.AmountMinor), Is.EqualTo([50_00L, 50_00L]));
        Assert.That(await _world.BillsAsync(), Is.Empty);
        await _world.AssertSoundAsync();
    }

    [Test]
    public async Task What_was_agreed_at_the_reservation_counts_whatever_is_said_before_the_money_is_sent()
    {
        var ann = await _world.PayeeAsync("Ann");
        await Payouts.EarnsAsync(ann, "50.00");
        var reserved = await _world.ReservedAsync(ann);

        await _world.SayAsync(ann, VatCase.Private, agreed: false);
        Assert.That((await _world.Api.Delete("self-billing")).Status, Is.EqualTo(200));
        await _world.SentAsync(reserved);

        Assert.That(await _world.LinesAsync(), Is.EqualTo(["1 payout 5000+950"]));
        Assert.That((await Payouts.App.Get<BillParties>().OpenAsync(Payouts.Store.Id, reserved.BillPayeeId!, default)).VatId, Is.EqualTo("DE987654321"));
        await _world.AssertSoundAsync();
    }

    [Test]
    public async Task More_vat_than_was_shown_is_never_sent()
    {
        var ann = await _world.PayeeAsync("Ann", VatCase.Private);
        await Payouts.EarnsAsync(ann, "50.00");
        var runs = Payouts.App.Get<PayoutRuns>();
        var preview = await runs.PreviewAsync(Payouts.Store, "ann", default);

        await _world.SayAsync(ann, VatCase.Domestic);
        var run = ((RunApproval.Done)await runs.ApproveAsync(Payouts.Store, preview.Id, "ann", default)).Run;

        Assert.That(run.Payouts, Is.Empty);
        Assert.That(run.Notes.Single().Note, Is.EqualTo("Not paid: with VAT it is 9.50 EUR more than shown, since what is to be billed has changed; the next run shows it."));
    }

    [Test]
    public async Task What_came_since_the_preview_stays_with_its_vat()
    {
        var ann = await _world.PayeeAsync("Ann");
        await Payouts.EarnsAsync(ann, "50.00");
        var runs = Payouts.App.Get<PayoutRuns>();
        var preview = await runs.PreviewAsync(Payouts.Store, "ann", default);
        await Payouts.EarnsAsync(ann, "10.00");

        var run = ((RunApproval.Done)await runs.ApproveAsync(Payouts.Store, preview.Id, "ann", default)).Run;

        Assert.That((preview.Lines.Single().Minor, preview.Lines.Single().Reason), Is.EqualTo((59_50L, "9.50 EUR of it are VAT.")));
        Assert.That(run.Payouts.Single().AmountMinor, Is.EqualTo(59_50));
        Assert.That(run.Notes.Single().Note, Is.EqualTo("10.00 EUR came since the preview and stay for the next run."));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task What_came_to_nothing_has_no_document_and_gives_net_and_vat_back(bool refused)
    {
        var ann = await _world.PayeeAsync("Ann");
        await Payouts.EarnsAsync(ann, "50.00");
        var reserved = await _world.ReservedAsync(ann);

        await (refused ? _world.RefusedAsync(reserved) : _world.CancelledAsync(reserved));

        Assert.That((await Payouts.BalancesAsync(ann), await VatAsync()), Is.EqualTo(((50_00L, 0L, 0L), 0L)));
        Assert.That(await _world.BillsAsync(), Is.Empty);
        await _world.AssertSoundAsync();
    }

    [Test]
    public async Task A_number_that_was_taken_by_a_transaction_that_failed_is_given_again()
    {
        var ann = await _world.PayeeAsync("Ann");
        await Payouts.EarnsAsync(ann, "50.00");
        var reserved = await _world.ReservedAsync(ann);

        await Assert.ThatAsync(
            () => Payouts.Db.InTransactionAsync(async tx =>
            {
                Assert.That(await _world.SendAsync(tx, reserved));
                Assert.That(await tx.OneAsync<long>("SELECT MAX(number) FROM self_bills"), Is.EqualTo(1));
                throw new InvalidOperationException("It broke after the number was taken.");
            }),
            Throws.InvalidOperationException);
        await _world.SentAsync(reserved);

        Assert.That(await _world.LinesAsync(), Is.EqualTo(["1 payout 5000+950"]));
        await _world.AssertSoundAsync();
    }

    [Test]
    public async Task Payouts_that_are_settled_at_once_have_numbers_without_a_gap()
    {
        var payees = new List<string>();
        foreach (var name in Enumerable.Range(1, 8).Select(number => $"P{number}"))
        {
            payees.Add(await _world.PayeeAsync(name));
            await Payouts.EarnsAsync(payees[^1], "50.00");
        }

        var run = await Payouts.PayAsync();
        await Task.WhenAll(run.Payouts.Select(one => Task.Run(async () => await _world.SentAsync(await Payouts.PayoutAsync(one.Id)))));

        var bills = await _world.BillsAsync();
        Assert.That(bills.Select(bill => bill.Number), Is.EqualTo(Enumerable.Range(1, 8)));
        Assert.That(bills.Select(bill => bill.AmbassadorId), Is.EquivalentTo(payees));
        await _world.AssertSoundAsync();
    }

    [Test]
    public async Task A_payout_that_is_settled_twice_has_one_document()
    {
        var ann = await _world.PayeeAsync("Ann");
        await Payouts.EarnsAsync(ann, "50.00");
        var reserved = await _world.ReservedAsync(ann);
        await _world.SentAsync(reserved);

        Assert.That(await Payouts.Db.InTransactionAsync(tx => _world.SendAsync(tx, reserved)), Is.False);
        Assert.That(await _world.BillsAsync(), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Money_that_comes_back_is_corrected_in_parts_and_in_whole()
    {
        var ann = await _world.PayeeAsync("Ann");
        await Payouts.EarnsAsync(ann, "50.00");
        var sent = await _world.PaidAsync(ann);

        await _world.ReversedAsync(sent.Id, 20_00);
        var part = (await Payouts.BalancesAsync(ann), await VatAsync());
        await _world.ReversedAsync(sent.Id, 59_50);

        Assert.That(part, Is.EqualTo(((16_81L, 0L, 39_50L), -6_31L)));
        Assert.That((await Payouts.BalancesAsync(ann), await VatAsync()), Is.EqualTo(((50_00L, 0L, 0L), 0L)));
        Assert.That(await _world.LinesAsync(), Is.EqualTo(["1 payout 5000+950", "2 reversal 1681+319", "3 reversal 3319+631"]));
        Assert.That((await _world.BillsAsync()).Skip(1).Select(bill => bill.ShownCorrected), Is.EqualTo(["LUX-1", "LUX-1"]));
        await _world.AssertSoundAsync();
    }

    [Test]
    public async Task A_clawback_is_corrected_once_and_the_next_payout_settles_it()
    {
        var ann = await _world.PayeeAsync("Ann");
        await Payouts.EarnsAsync(ann, "50.00");
        await _world.PaidAsync(ann);
        Tick();
        await _world.LosesAsync("order-1", 20_00);
        var job = Payouts.App.Get<Clawbacks>();

        var rounds = (await job.RunOnceAsync(default), await job.RunOnceAsync(default));
        var corrected = await _world.LinesAsync();
        Tick();
        await Payouts.EarnsAsync(ann, "100.00");
        var next = await _world.PaidAsync(ann);
        Tick();
        await Payouts.EarnsAsync(ann, "30.00");
        var after = await _world.PaidAsync(ann);

        Assert.That(rounds, Is.EqualTo((1, 0)));
        Assert.That(corrected, Is.EqualTo(["1 payout 5000+950", "2 clawback 2000+380"]));
        Assert.That((next.AmountMinor, next.VatMinor), Is.EqualTo((80_00L + 15_20, 15_20L)), "19 % of 100.00, less the 3.80 that were sent too much");
        Assert.That(await _world.LinesAsync(), Is.EqualTo(["1 payout 5000+950", "2 clawback 2000+380", "3 payout 10000+1900", "4 payout 3000+570"]));
        Assert.That((after.AmountMinor, after.VatMinor), Is.EqualTo((35_70L, 5_70L)));
        await _world.AssertSoundAsync();
    }

    [Test]
    public async Task A_reservation_corrects_what_no_round_has_found_yet_and_a_return_frees_it()
    {
        var ann = await _world.PayeeAsync("Ann");
        await Payouts.EarnsAsync(ann, "50.00");
        await _world.PaidAsync(ann);
        Tick();
        await Payouts.EarnsAsync(ann, "100.00");
        var runs = Payouts.App.Get<PayoutRuns>();
        var preview = await runs.PreviewAsync(Payouts.Store, "ann", default);
        await _world.LosesAsync("order-1", 20_00);

        var run = ((RunApproval.Done)await runs.ApproveAsync(Payouts.Store, preview.Id, "ann", default)).Run;
        var first = await Payouts.PayoutAsync(run.Payouts.Single().Id);
        await _world.RefusedAsync(first);
        Tick();
        var second = await _world.PaidAsync(ann);

        Assert.That((first.AmountMinor, first.VatMinor, second.AmountMinor, second.VatMinor), Is.EqualTo((95_20L, 15_20L, 95_20L, 15_20L)));
        Assert.That(run.Notes.Single().Note, Is.EqualTo("20.00 EUR less than shown: the balance has fallen since."));
        Assert.That(await _world.LinesAsync(), Is.EqualTo(["1 payout 5000+950", "2 clawback 2000+380", "3 payout 10000+1900"]));
        await _world.AssertSoundAsync();
    }

    [Test]
    public async Task What_an_order_lost_before_it_was_paid_is_no_correction()
    {
        var ann = await _world.PayeeAsync("Ann");
        await Payouts.EarnsAsync(ann, "50.00");
        await _world.LosesAsync("order-1", 5_00);
        await _world.PaidAsync(ann);

        Assert.That(await Payouts.App.Get<Clawbacks>().RunOnceAsync(default), Is.Zero);
        Assert.That(await _world.LinesAsync(), Is.EqualTo(["1 payout 4500+855"]));
    }

    [Test]
    public async Task What_is_lost_while_the_payout_is_under_way_is_corrected_when_it_was_sent()
    {
        var ann = await _world.PayeeAsync("Ann");
        await Payouts.EarnsAsync(ann, "50.00");
        var reserved = await _world.ReservedAsync(ann);
        await _world.LosesAsync("order-1", 20_00);
        var job = Payouts.App.Get<Clawbacks>();
        var before = await job.RunOnceAsync(default);

        await _world.SentAsync(reserved);

        Assert.That((before, await job.RunOnceAsync(default)), Is.EqualTo((0, 1)));
        Assert.That(await _world.LinesAsync(), Is.EqualTo(["1 payout 5000+950", "2 clawback 2000+380"]));
        await _world.AssertSoundAsync();
    }

    // The usual reason to take a transfer back: its order was refunded.
    [Test]
    public async Task A_reversal_settles_the_clawback_that_it_was_asked_for()
    {
        var ann = await _world.PayeeAsync("Ann");
        await Payouts.EarnsAsync(ann, "50.00");
        var sent = await _world.PaidAsync(ann);
        Tick();
        await _world.LosesAsync("order-1", 50_00);

        await _world.ReversedAsync(sent.Id, 59_50);
        Tick();
        await Payouts.EarnsAsync(ann, "100.00");
        var next = await _world.PaidAsync(ann);

        Assert.That(next.AmountMinor, Is.EqualTo(119_00));
        Assert.That(await _world.LinesAsync(), Is.EqualTo(["1 payout 5000+950", "2 clawback 5000+950", "3 payout 10000+1900"]));
        await _world.AssertSoundAsync();
    }

    [Test]
    public async Task Whoever_is_no_longer_liable_has_the_vat_of_a_clawback_kept_back()
    {
        var ann = await _world.PayeeAsync("Ann");
        await Payouts.EarnsAsync(ann, "50.00");
        await _world.PaidAsync(ann);
        Tick();
        await _world.LosesAsync("order-1", 20_00);
        await _world.SayAsync(ann, VatCase.SmallBusiness);
        await Payouts.EarnsAsync(ann, "100.00");

        var next = await _world.PaidAsync(ann);
        await _world.ReversedAsync(next.Id, next.AmountMinor);

        Assert.That((next.AmountMinor, next.VatMinor), Is.EqualTo((76_20L, -3_80L)));
        Assert.That(await _world.LinesAsync(), Is.EqualTo(["1 payout 5000+950", "2 clawback 2000+380", "3 payout 10000+0", "4 reversal 7620+0"]));
        await _world.AssertSoundAsync();
    }

    [Test]
    public async Task A_statement_is_net_and_tells_the_vat_beside_it_and_so_does_the_year()
    {
        var ann = await _world.PayeeAsync("Ann");
        await Payouts.EarnsAsync(ann, "50.00");
        var reserved = await _world.ReservedAsync(ann);
        var reader = Payouts.App.Get<StatementReader>();
        var open = (await reader.ReadAsync(Payouts.Store, ann, new Month(2026, 3), default))!.Parts.Single();
        Tick();
        await _world.SentAsync(reserved);
        Tick();
        await _world.ReversedAsync(reserved.Id, 20_00);
        Payouts.Clock.Advance(TimeSpan.FromDays(35));

        var part = (await reader.ReadAsync(Payouts.Store, ann, new Month(2026, 3), default))!.Parts.Single();
        var later = (await reader.ReadAsync(Payouts.Store, ann, new Month(2026, 4), default))!.Parts.Single();
        var year = (await Payouts.App.Get<YearTotals>().ReadAsync(Payouts.Store, 2026, ("", ""), 10, default)).Single();

        Assert.That((open.Lines.Length, open.Closing.Minor), Is.EqualTo((1, 50_00L)));
        Assert.That(part.Lines.Select(line => (line.What, line.Amount.Minor, line.Vat?.Minor)), Is.EqualTo(
            [("Commission", 50_00L, (long?)null), ("Payout", -50_00L, -9_50L), ("Payout that came back", 16_81L, 3_19L)]));
        Assert.That((part.Closing.Minor, part.PaidOut.Minor, later.Opening.Minor), Is.EqualTo((16_81L, 33_19L, 16_81L)));
        Assert.That((year.PaidMinor, year.VatMinor), Is.EqualTo((33_19L, 6_31L)));
    }

    [TestCase("UPDATE ledger_entries SET amount_minor = amount_minor - 1 WHERE account = 'vat'", "payout-vat")]
    [TestCase("UPDATE payouts SET vat_minor = vat_minor + 1 WHERE vat_minor > 0", "payout-vat")]
    [TestCase("DELETE FROM self_bills WHERE cause = 'reversal'", "self-bill-net")]
    [TestCase("UPDATE self_bills SET vat_minor = vat_minor + 1 WHERE cause = 'payout'", "self-bill-vat")]
    [TestCase("DELETE FROM self_bills WHERE number = 5", "self-bill-missing")]
    [TestCase("UPDATE self_bill_counters SET last_number = last_number + 1", "self-bill-number")]
    [TestCase("UPDATE self_bills SET number = 9 WHERE number = 5", "self-bill-number")]
    [TestCase("UPDATE self_bills SET corrected_net_minor = corrected_net_minor + 1 WHERE number = 1", "self-bill-corrected")]
    [TestCase("UPDATE self_bills SET net_minor = net_minor + 1 WHERE cause = 'clawback'", "self-bill-clawback")]
    [TestCase("UPDATE self_bill_settlements SET net_minor = net_minor * 2", "self-bill-clawback")]
    [TestCase("UPDATE self_bills SET source = 'ltx_0' WHERE cause = 'clawback'", "self-bill-uncorrected")]
    [TestCase("UPDATE payout_events SET vat_minor = vat_minor + 1 WHERE kind = 'reversed'", "self-bill-net")]
    public async Task What_is_wrong_with_documents_is_found(string corruption, string check)
    {
        var ann = await _world.PayeeAsync("Ann");
        await Payouts.EarnsAsync(ann, "50.00");
        var first = await _world.PaidAsync(ann);
        Tick();
        await _world.ReversedAsync(first.Id, 10_00);
        await _world.LosesAsync("order-1", 20_00);
        Tick();
        await Payouts.EarnsAsync(ann, "100.00");
        await _world.PaidAsync(ann);
        Tick();
        await Payouts.EarnsAsync(ann, "40.00");
        await _world.PaidAsync(ann);
        await _world.AssertSoundAsync();

        await using var raw = new Microsoft.Data.Sqlite.SqliteConnection((await Payouts.Db.OpenAsync(default)).ConnectionString);
        await raw.OpenAsync();
        Assert.That(await Dapper.SqlMapper.ExecuteAsync(raw, $"PRAGMA foreign_keys = OFF; {corruption}"), Is.Not.Zero);

        Assert.That((await Payouts.App.Get<Verify>().RunAsync(Payouts.Store.Id, default)).Select(finding => finding.Check), Does.Contain(check));
    }

    [Test]
    public async Task A_replay_notices_vat_that_the_log_does_not_give()
    {
        var ann = await _world.PayeeAsync("Ann");
        await Payouts.EarnsAsync(ann, "50.00");
        await _world.PaidAsync(ann);
        await Payouts.Db.DoAsync("UPDATE payout_events SET vat_minor = vat_minor - 1 WHERE kind = 'reserved'");

        var found = (await Payouts.App.Get<Rebuild>().RunAsync(Payouts.Store.Id, _ => { }, default)).Findings;

        Assert.That(found.Select(finding => finding.Check), Does.Contain("ledger-differs"));
    }

    private void Tick() => Payouts.Clock.Advance(TimeSpan.FromMinutes(1));

    private Task<long> VatAsync() => Payouts.BalanceAsync(Account.Merchant, Account.Vat);
}
