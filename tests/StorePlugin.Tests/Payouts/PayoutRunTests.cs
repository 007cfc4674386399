// Previews and approvals: what is reserved, for whom, and never twice.
using System.Globalization;
using StorePlugin.Ambassadors;
using StorePlugin.Data;
using StorePlugin.Payouts;
using StorePlugin.Stores;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Payouts;

internal sealed class PayoutRunTests
{
    private PayoutWorld _world = null!;

    private PayoutRuns Runs => _world.App.Get<PayoutRuns>();

    [SetUp]
    public async Task StartAsync() => _world = await PayoutWorld.StartAsync();

    [TearDown]
    public ValueTask StopAsync() => _world.DisposeAsync();

    [Test]
    public async Task A_preview_says_who_is_paid_and_who_not_and_reserves_nothing()
    {
        var ann = await _world.AmbassadorAsync("Ann");
        var ben = await _world.AmbassadorAsync("Ben", account: null);
        var cleo = await _world.AmbassadorAsync("Cleo", "acct_cleo");
        await _world.EarnsAsync(ann, "25.00");
        await _world.EarnsAsync(ann, "7.124", "KWD");
        await _world.EarnsAsync(ben, "30.00");

        var run = await PreviewAsync();

        Assert.That(run.State, Is.EqualTo("preview"));
        Assert.That(run.Lines.Select(line => (line.AmbassadorId, line.Amount.ToString(), line.WillPay)), Is.EqualTo(
        [
            (ann, "25.00 EUR", true), (ann, "7.120 KWD", true), (ben, "30.00 EUR", false), (cleo, "0.00 EUR", false),
        ]));
        Assert.That(run.Lines[0].Reason, Is.Null);
        Assert.That(run.Lines[1].Reason, Does.StartWith("0.004 KWD stay"));
        Assert.That(run.Lines[2].Reason, Does.Contain("no Stripe account"));
        Assert.That(run.Lines[3].Reason, Is.EqualTo("Nothing is approved."));
        Assert.That(await _world.BalancesAsync(ann), Is.EqualTo((2500L, 0L, 0L)));
    }

    [Test]
    public async Task Approval_moves_the_money_freezes_the_request_and_takes_the_orders()
    {
        var payout = await _world.ReservedAsync();

        var attempt = (await _world.AttemptsAsync(payout.Id)).Single();
        Assert.That(await _world.BalancesAsync(payout.AmbassadorId), Is.EqualTo((0L, 5000L, 0L)));
        Assert.That(await _world.OrderStatesAsync(), Is.EqualTo(["in_payout"]));
        Assert.That((payout.State, payout.AmountMinor, payout.Destination, payout.Mode), Is.EqualTo(("approved", 5000L, "acct_ann", "test")));
        Assert.That((attempt.Outcome, attempt.Sends, attempt.FirstSentAt), Is.EqualTo(("frozen", 0L, (DateTimeOffset?)null)));
        Assert.That(_world.Stripe.Sends, Is.Empty);
        await _world.AssertBooksAsync();
    }

    [Test]
    public async Task A_run_is_approved_once()
    {
        var ann = await _world.AmbassadorAsync("Ann");
        await _world.EarnsAsync(ann, "25.00");
        var run = await PreviewAsync();

        var approvals = await Task.WhenAll(ApproveAsync(run.Id), ApproveAsync(run.Id), ApproveAsync(run.Id));

        Assert.That(approvals.Count(approval => approval is RunApproval.Done), Is.EqualTo(1));
        Assert.That(approvals.Count(approval => approval is RunApproval.AlreadyApproved), Is.EqualTo(2));
        Assert.That(await _world.BalancesAsync(ann), Is.EqualTo((0L, 2500L, 0L)));
    }

    [Test]
    public async Task Two_runs_over_the_same_balance_make_one_payout()
    {
        var ann = await _world.AmbassadorAsync("Ann");
        await _world.EarnsAsync(ann, "25.00");
        var (first, second) = (await PreviewAsync(), await PreviewAsync());

        await ApproveAsync(first.Id);
        var late = (RunApproval.Done)await ApproveAsync(second.Id);

        Assert.That(late.Run.Payouts, Is.Empty);
        Assert.That(late.Run.Notes.Single().Note, Does.StartWith("Not paid: Payout po_"));
        Assert.That(await _world.BalancesAsync(ann), Is.EqualTo((0L, 2500L, 0L)));
    }

    [Test]
    public async Task What_came_after_the_preview_waits_and_what_went_is_not_paid()
    {
        var ann = await _world.AmbassadorAsync("Ann");
        var ben = await _world.AmbassadorAsync("Ben", "acct_ben");
        var cleo = await _world.AmbassadorAsync("Cleo", "acct_cleo");
        await _world.EarnsAsync(ann, "25.00");
        await _world.EarnsAsync(ben, "50.00");
        await _world.EarnsAsync(cleo, "25.00");
        var preview = await PreviewAsync();
        _world.Clock.Advance(TimeSpan.FromMinutes(1));
        await _world.EarnsAsync(ann, "5.00");
        await _world.EarnsAsync(ben, "-10.00");
        await _world.EarnsAsync(cleo, "-10.00");

        var run = ((RunApproval.Done)await ApproveAsync(preview.Id)).Run;

        Assert.That(run.Payouts.Select(payout => (payout.AmbassadorId, payout.AmountMinor)), Is.EquivalentTo([(ann, 2500L), (ben, 4000L)]));
        Assert.That(run.Notes.Select(note => note.Note), Is.EqualTo(
        [
            "5.00 EUR came since the preview and stay for the next run.",
            "10.00 EUR less than shown: the balance has fallen since.",
            "Not paid: The balance is below the minimum of 20.00 EUR; it is carried over.",
        ]));
        Assert.That(await _world.BalancesAsync(ann), Is.EqualTo((500L, 2500L, 0L)));
        Assert.That(
            await _world.Db.ManyAsync<string>(
                "SELECT state FROM orders WHERE store_id = @storeId AND ambassador_id = @ann ORDER BY commission_minor DESC",
                new { storeId = _world.Store.Id, ann }),
            Is.EqualTo(["in_payout", "approved"]), "an order waits with its money");
        await _world.AssertBooksAsync();
    }

    [Test]
    public async Task A_destination_that_changed_after_the_preview_is_not_paid()
    {
        var ann = await _world.AmbassadorAsync("Ann");
        await _world.EarnsAsync(ann, "25.00");
        var preview = await PreviewAsync();
        await _world.App.Get<AmbassadorDb>().SetStripeAccountAsync(_world.Store, ann, "acct_other", "test", default);

        var run = ((RunApproval.Done)await ApproveAsync(preview.Id)).Run;

        Assert.That(run.Payouts, Is.Empty);
        Assert.That(run.Notes.Single().Note, Does.Contain("account that payouts go to was changed; payouts to them begin again on"));
    }

    [Test]
    public async Task Who_had_no_account_is_paid_once_it_is_set()
    {
        var ben = await _world.AmbassadorAsync("Ben", account: null);
        await _world.EarnsAsync(ben, "25.00");
        var without = await _world.PayAsync();
        await _world.App.Get<AmbassadorDb>().SetStripeAccountAsync(_world.Store, ben, "acct_ben", "test", default);

        var run = await _world.PayAsync();

        Assert.That(without.Payouts, Is.Empty);
        Assert.That(run.Payouts.Select(payout => (payout.AmbassadorId, payout.AmountMinor)), Is.EqualTo([(ben, 2500L)]));
    }

    [Test]
    public async Task Each_currency_is_a_payout_of_its_own()
    {
        var ann = await _world.AmbassadorAsync("Ann");
        await _world.EarnsAsync(ann, "25.00");
        await _world.EarnsAsync(ann, "4000", "JPY");

        var run = await _world.PayAsync();

        Assert.That(run.Payouts.Select(payout => (payout.Currency, payout.AmountMinor)), Is.EquivalentTo([("EUR", 2500L), ("JPY", 4000L)]));
        await _world.AssertBooksAsync();
    }

    [Test]
    public async Task A_run_has_so_many_lines_and_whoever_can_be_paid_is_among_them()
    {
        var ann = await _world.AmbassadorAsync("Ann");
        await _world.EarnsAsync(ann, "25.00");
        await _world.Db.InTransactionAsync(async tx =>
        {
            await using var insert = new Prepared(
                tx, "INSERT INTO balances (store_id, ambassador_id, account, currency, amount_minor) VALUES (@StoreId, @Id, 'approved', 'EUR', 100000)");
            for (var i = 0; i < PayoutRuns.LinesMax; i++)
            {
                await insert.DoAsync(("StoreId", _world.Store.Id), ("Id", string.Create(CultureInfo.InvariantCulture, $"amb_gone{i:d5}")));
            }
        });

        var run = await PreviewAsync();

        Assert.That(run.Lines, Has.Count.EqualTo(PayoutRuns.LinesMax));
        Assert.That(run.Lines.Where(line => line.WillPay).Select(line => line.AmbassadorId), Is.EqualTo([ann]));
        Assert.That(run.Names, Is.EqualTo(new Dictionary<string, string> { [ann] = "Ann" }));
    }

    [Test]
    public async Task H_7_who_has_left_is_paid_less_than_the_minimum_down_to_one_unit()
    {
        var ann = await _world.AmbassadorAsync("Ann", state: "ended");
        var ben = await _world.AmbassadorAsync("Ben", "acct_ben", state: "ended");
        var cleo = await _world.AmbassadorAsync("Cleo", "acct_cleo");
        await _world.EarnsAsync(ann, "1.00");
        await _world.EarnsAsync(ben, "0.99");
        await _world.EarnsAsync(cleo, "19.99");

        var run = await _world.PayAsync();

        Assert.That(run.Lines.Select(line => (line.AmbassadorId, line.WillPay, line.Reason)), Is.EqualTo(
        [
            (ann, true, "Less than the minimum of 20.00 EUR is paid, since the ambassador has left."),
            (ben, false, "The balance is below 1.00 EUR, the least that can be sent; it is carried over."),
            (cleo, false, "The balance is below the minimum of 20.00 EUR; it is carried over."),
        ]));
        Assert.That(run.Payouts.Select(payout => (payout.AmbassadorId, payout.AmountMinor)), Is.EqualTo([(ann, 100L)]));
        await _world.AssertBooksAsync();
    }

    [Test]
    public async Task H_7_at_the_end_of_the_campaign_everybody_is_paid_what_is_left()
    {
        var ann = await _world.AmbassadorAsync("Ann");
        await _world.EarnsAsync(ann, "5.00");
        await _world.Db.DoAsync("UPDATE campaigns SET state = 'ended' WHERE store_id = @id", new { id = _world.Store.Id });

        var line = (await PreviewAsync()).Lines.Single();

        Assert.That((line.WillPay, line.Reason), Is.EqualTo((true, "Less than the minimum of 20.00 EUR is paid, since the campaign has ended.")));
    }

    [Test]
    public async Task H_7_what_has_not_moved_for_12_months_is_paid_from_the_very_second_on()
    {
        var ann = await _world.AmbassadorAsync("Ann");
        await _world.EarnsAsync(ann, "4.00");
        _world.Clock.Advance(TimeSpan.FromDays(100));
        await _world.EarnsAsync(ann, "1.00");
        var moved = _world.Clock.GetUtcNow();

        _world.Clock.MoveTo(CalendarMonths.After(moved, 12, _world.Store.Zone).AddSeconds(-1));
        var early = (await PreviewAsync()).Lines.Single();
        _world.Clock.Advance(TimeSpan.FromSeconds(1));
        var run = await _world.PayAsync();

        Assert.That(early.WillPay, Is.False);
        Assert.That(run.Lines.Single().Reason, Is.EqualTo("Less than the minimum of 20.00 EUR is paid, since nothing has moved for 12 months."));
        Assert.That(run.Payouts.Single().AmountMinor, Is.EqualTo(500));
    }

    private Task<PayoutRun> PreviewAsync() => Runs.PreviewAsync(_world.Store, "ann", CancellationToken.None);

    private Task<RunApproval> ApproveAsync(string id) => Runs.ApproveAsync(_world.Store, id, "ann", CancellationToken.None);
}
