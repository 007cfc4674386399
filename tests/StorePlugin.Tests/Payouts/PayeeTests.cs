// What keeps a payee from being paid besides their balance: a change of destination, an account that is not ready, one that is shared.
using StorePlugin.Payouts;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Payouts;

internal sealed class PayeeTests
{
    private PayoutWorld _world = null!;

    [SetUp]
    public async Task StartAsync() => _world = await PayoutWorld.StartAsync();

    [TearDown]
    public ValueTask StopAsync() => _world.DisposeAsync();

    [Test]
    public async Task After_a_change_of_destination_nothing_is_paid_for_a_while_and_then_it_is()
    {
        var ann = await EarnedAsync("Ann");
        var until = _world.Clock.GetUtcNow() + TimeSpan.FromDays(7);
        await _world.Db.DoAsync(
            "UPDATE ambassadors SET payouts_from = @until, payouts_from_why = 'Their Stripe account was changed' WHERE id = @ann", new { until, ann });

        var held = (await PreviewAsync()).Lines.Single();
        _world.Clock.MoveTo(until);
        var later = (await PreviewAsync()).Lines.Single();

        Assert.That((held.WillPay, held.Reason), Is.EqualTo(
            (false, $"Their Stripe account was changed; payouts to them begin again on {until:yyyy-MM-dd HH:mm} UTC.")));
        Assert.That(later.WillPay);
    }

    [TestCase("ready", true)]
    [TestCase("no_bank", true)]
    [TestCase("created", false)]
    [TestCase("onboarding", false)]
    [TestCase("pending", false)]
    [TestCase("restricted", false)]
    [TestCase("rejected", false)]
    [TestCase("closed", false)]
    public async Task Only_an_account_that_takes_transfers_is_paid(string state, bool paid)
    {
        var ann = await EarnedAsync("Ann");
        await _world.Db.DoAsync(
            """
            INSERT INTO payee_accounts (store_id, account_id, ambassador_id, state, made_here, created_at) VALUES (@storeId, 'acct_Ann', @ann, @state, 0, 0)
            """,
            new { storeId = _world.Store.Id, ann, state });

        var line = (await PreviewAsync()).Lines.Single();

        Assert.That(line.WillPay, Is.EqualTo(paid), line.Reason);
    }

    [Test]
    public async Task F_2_two_people_with_one_account_wait_for_a_person()
    {
        var ann = await EarnedAsync("Ann", "acct_shared");
        var ben = await EarnedAsync("Ben", "acct_shared");
        await ExemptAsync(ben);

        var run = await PreviewAsync();

        Assert.That(run.Lines.Select(line => (line.AmbassadorId, line.WillPay)), Is.EqualTo([(ann, false), (ben, true)]));
        Assert.That(run.Lines[0].Reason, Does.Contain("same destination").And.Contain("F2"));
    }

    [Test]
    public async Task F_2_one_person_in_two_campaigns_shares_with_nobody()
    {
        var ann = await EarnedAsync("Ann", "acct_shared");
        var again = await EarnedAsync("Ann again", "acct_shared");
        await _world.Db.DoAsync("UPDATE ambassadors SET person_hash = @ann WHERE id = @again", new { ann, again });

        Assert.That((await PreviewAsync()).Lines.All(line => line.WillPay));
    }

    [Test]
    public async Task A_method_that_was_named_goes_before_the_account_and_a_shared_one_waits()
    {
        var ann = await EarnedAsync("Ann");
        var ben = await EarnedAsync("Ben");
        await MethodAsync(ann, "pm_1", "iban", "same");

        var alone = (await PreviewAsync()).Lines;
        await MethodAsync(ben, "pm_2", "iban", "same");
        var shared = (await PreviewAsync()).Lines;

        Assert.That(alone.Select(line => (line.To!.Provider, line.To.Id)), Is.EqualTo([("manual", "pm_1"), ("stripe", "acct_Ben")]));
        Assert.That(shared.All(line => !line.WillPay && line.Reason!.Contains("F2", StringComparison.Ordinal)));
    }

    [Test]
    public async Task A_method_that_is_not_allowed_gives_way_to_the_account_or_waits()
    {
        var ann = await EarnedAsync("Ann");
        var ben = await EarnedAsync("Ben", account: null);
        await MethodAsync(ann, "pm_1", "other", "a");
        await MethodAsync(ben, "pm_2", "other", "b");

        var lines = (await PreviewAsync()).Lines;

        Assert.That((lines[0].To!.Provider, lines[0].WillPay), Is.EqualTo(("stripe", true)));
        Assert.That((lines[1].WillPay, lines[1].Reason), Is.EqualTo((false, "The store does not pay in the way that they named any more; they must name another.")));
    }

    [Test]
    public async Task A_manual_payout_needs_no_stripe_and_is_reserved_like_any_other()
    {
        await using var world = await PayoutWorld.StartAsync(connected: false);
        var ann = await world.AmbassadorAsync("Ann", account: null);
        await world.EarnsAsync(ann, "25.00");
        await world.Db.DoAsync(InsertMethod, new { storeId = world.Store.Id, id = "pm_1", ambassadorId = ann, kind = "paypal", hash = "h", now = world.Clock.GetUtcNow() });

        var run = await world.PayAsync();
        var payout = await world.PayoutAsync(run.Payouts.Single().Id);
        await world.WorkForAsync(TimeSpan.FromDays(2));

        Assert.That((payout.Provider, payout.Destination, payout.State), Is.EqualTo(("manual", "pm_1", "approved")));
        Assert.That(run.Funding, Is.Empty);
        Assert.That(await world.BalancesAsync(ann), Is.EqualTo((0L, 2500L, 0L)));
        Assert.That(world.Stripe.Requests, Is.Empty);
        await world.AssertBooksAsync();
    }

    [Test]
    public async Task What_stands_in_review_is_named_where_nothing_is_approved()
    {
        var ann = await _world.AmbassadorAsync("Ann");
        await _world.EarnsAsync(ann, "25.00");
        await _world.EarnsAsync(ann, "-25.00");
        await _world.Db.DoAsync(
            "INSERT INTO balances (store_id, ambassador_id, account, currency, amount_minor) VALUES (@storeId, @ann, 'review', 'EUR', 1200)", new { storeId = _world.Store.Id, ann });

        Assert.That((await PreviewAsync()).Lines.Single().Reason, Is.EqualTo("Nothing is approved; 12.00 EUR stand in review, which a person decides."));
    }

    private const string InsertMethod =
        """
        INSERT INTO payout_methods (store_id, id, ambassador_id, kind, masked, details_hash, created_at, created_by)
        VALUES (@storeId, @id, @ambassadorId, @kind, 'x', @hash, @now, 'test')
        """;

    private Task<int> MethodAsync(string ambassadorId, string id, string kind, string hash) => _world.Db.DoAsync(
        InsertMethod, new { storeId = _world.Store.Id, id, ambassadorId, kind, hash, now = _world.Clock.GetUtcNow() });

    private Task<int> ExemptAsync(string ambassadorId) => _world.Db.DoAsync(
        """
        INSERT INTO exemptions (store_id, id, ambassador_id, [rule], reason, actor, from_at, until_at)
        VALUES (@storeId, 'exm_1', @ambassadorId, 'F2', 'a couple', 'test', 0, @until)
        """,
        new { storeId = _world.Store.Id, ambassadorId, until = _world.Clock.GetUtcNow().AddDays(30) });

    private async Task<string> EarnedAsync(string name, string? account = "own")
    {
        var id = await _world.AmbassadorAsync(name, account == "own" ? $"acct_{name}" : account);
        await _world.EarnsAsync(id, "25.00");
        return id;
    }

    private Task<PayoutRun> PreviewAsync() => _world.App.Get<PayoutRuns>().PreviewAsync(_world.Store, "ann", default);
}
