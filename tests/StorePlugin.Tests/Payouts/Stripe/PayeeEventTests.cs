// What events of connected accounts do: Stripe is asked, and never believed from the event itself, in any order and any number of times.
using StorePlugin.Payouts;
using StorePlugin.Payouts.Stripe;
using StorePlugin.Tests.Rig;
using StorePlugin.Webhooks;

namespace StorePlugin.Tests.Payouts.Stripe;

internal sealed class PayeeEventTests
{
    private const string Account = "acct_ann";

    private PayoutWorld _world = null!;
    private int _events;

    private FakeStripe Stripe => _world.Stripe;

    [SetUp]
    public async Task StartAsync()
    {
        _events = 0;
        _world = await PayoutWorld.StartAsync();
    }

    [TearDown]
    public ValueTask StopAsync() => _world.DisposeAsync();

    [TestCase("account.updated")]
    [TestCase("capability.updated")]
    [TestCase("account.external_account.created")]
    [TestCase("account.external_account.updated")]
    [TestCase("account.external_account.deleted")]
    [TestCase("account.application.deauthorized")]
    public async Task An_event_about_a_payee_reads_the_account_again(string type)
    {
        await PayeeAsync();
        Stripe.AddPayee(Account).Ready();

        var words = await TellAsync(type);
        var before = await StateAsync();
        await _world.WorkAsync();

        Assert.That((words, before, await StateAsync()), Is.EqualTo(($"The account {Account} is read again.", "created", "ready")));
    }

    [Test]
    public async Task Events_twice_and_out_of_order_end_with_what_Stripe_says_last()
    {
        await PayeeAsync();
        var payee = Stripe.AddPayee(Account).Ready();
        await TellAsync("account.updated", id: "evt_new");
        (payee.Transfers, payee.PayoutsEnabled) = ("inactive", false);
        payee.PastDue.Add("individual.verification.document");
        await TellAsync("account.updated", id: "evt_old");
        await TellAsync("account.updated", id: "evt_old");
        await _world.WorkAsync();

        Assert.That(await StateAsync(), Is.EqualTo("restricted"));
        Assert.That(await _world.Db.OneAsync<long>("SELECT COUNT(*) FROM effects WHERE kind = 'read_payee_account'"), Is.EqualTo(2));
    }

    [TestCase("account.updated")]
    [TestCase("payout.paid")]
    public async Task An_account_that_is_no_payees_of_this_store_is_ignored(string type)
    {
        await PayeeAsync();

        var words = await TellAsync(type, account: "acct_of_another_store");

        Assert.That(words, Does.StartWith("Ignored:"));
        Assert.That(await _world.Db.ManyAsync<string>("SELECT id FROM effects"), Is.Empty);
    }

    [Test]
    public async Task What_says_nothing_of_payees_is_ignored()
    {
        await PayeeAsync();

        Assert.That(await TellAsync("person.updated"), Is.EqualTo("Ignored: person.updated says nothing about a payee."));
    }

    [Test]
    public async Task A_payee_is_read_later_while_Stripe_is_out_and_not_at_all_without_a_key()
    {
        await PayeeAsync();
        Stripe.AddPayee(Account).Ready();
        Stripe.Refuse($"GET /v1/accounts/{Account}", 503);
        await TellAsync("account.updated");
        await _world.WorkAsync();
        var waits = await _world.OutcomeAsync("evt_1");
        Stripe.Refuse($"GET /v1/accounts/{Account}");
        await _world.WorkForAsync(TimeSpan.FromMinutes(10));

        Assert.That((waits, await StateAsync()), Is.EqualTo(("The reading waits: Stripe answered 503.", "ready")));
    }

    [Test]
    public async Task The_bank_leg_is_followed_from_on_its_way_to_arrived()
    {
        var payout = await SentAsync();
        Stripe.BankPayout("po_bank", "pending", Later(1));
        await BankAsync("po_bank", "payout.created");
        var way = await LegAsync(payout);
        Stripe.BankPayout("po_bank", "paid", Later(1));
        await BankAsync("po_bank", "payout.paid");
        var paid = await LegAsync(payout);

        Assert.That((way.BankState, way.BankPayoutId, way.ArrivesAt), Is.EqualTo(("in_transit", "po_bank", Later(1).AddDays(2))));
        Assert.That(paid.BankState, Is.EqualTo("paid"));
        Assert.That(Stripe.Requests[^1].Headers["stripe-account"], Is.EqualTo(Account));
        Assert.That((await _world.PayoutAsync(payout)).State, Is.EqualTo(PayoutState.Sent), "it moves no state and no money of ours");
        Assert.That(await _world.BalancesAsync((await _world.PayoutAsync(payout)).AmbassadorId), Is.EqualTo((0L, 0L, 5000L)));
    }

    [Test]
    public async Task A_paid_one_that_fails_later_is_failed_and_nothing_is_paid_again()
    {
        var payout = await SentAsync();
        Stripe.BankPayout("po_bank", "paid", Later(1));
        await BankAsync("po_bank", "payout.paid");
        Stripe.BankPayout("po_bank", "failed", Later(1), failure: "The bank account has been closed.");
        await BankAsync("po_bank", "payout.failed");
        await BankAsync("po_bank", "payout.paid");
        var failed = await LegAsync(payout);
        var transfers = Stripe.Transfers.Count;

        // The money lies at Stripe, and the next bank payout takes it.
        Stripe.BankPayout("po_next", "in_transit", Later(5));
        await BankAsync("po_next", "payout.created");
        await BankAsync("po_bank", "payout.failed");
        var next = await LegAsync(payout);

        Assert.That((failed.BankState, failed.BankProblem), Is.EqualTo(("failed", "The bank account has been closed.")));
        Assert.That((next.BankState, next.BankPayoutId, next.BankProblem), Is.EqualTo(("in_transit", "po_next", (string?)null)));
        Assert.That((transfers, Stripe.Transfers.Count), Is.EqualTo((1, 1)));
        Assert.That(await _world.BalancesAsync((await _world.PayoutAsync(payout)).AmbassadorId), Is.EqualTo((0L, 0L, 5000L)));
    }

    [Test]
    public async Task Time_decides_which_bank_payout_carries_what_until_Stripe_tells()
    {
        var first = await SentAsync();
        Stripe.BankPayout("po_1", "in_transit", Later(1));
        await BankAsync("po_1", "payout.created");
        _world.Clock.Advance(TimeSpan.FromDays(2));
        var second = await SentAgainAsync();
        Stripe.BankPayout("po_other", "in_transit", Later(3), currency: "usd");
        await BankAsync("po_other", "payout.created");
        await BankAsync("po_1", "payout.updated");
        var (before, unsent) = (await LegAsync(first), await LegAsync(second));
        Stripe.BankPayout("po_2", "in_transit", Later(3));
        await BankAsync("po_2", "payout.created");
        var guessed = await LegAsync(second);

        // Reconciled: the second one carries the first transfer as well, and the first carried nothing.
        Stripe.BankPayout("po_1", "paid", Later(1), contents: []);
        await BankAsync("po_1", "payout.reconciliation_completed");
        var forgotten = await LegAsync(first);
        Stripe.BankPayout("po_2", "paid", Later(3), contents: [(await _world.PayoutAsync(first)).TransferId!, (await _world.PayoutAsync(second)).TransferId!]);
        await BankAsync("po_2", "payout.reconciliation_completed");

        Assert.That((before.BankPayoutId, unsent.BankPayoutId), Is.EqualTo(("po_1", (string?)null)), "what was sent later is not in it, nor another currency");
        Assert.That(guessed.BankPayoutId, Is.EqualTo("po_2"));
        Assert.That((forgotten.BankState, forgotten.BankPayoutId), Is.EqualTo(((string?)null, (string?)null)));
        Assert.That(((await LegAsync(first)).BankPayoutId, (await LegAsync(second)).BankState), Is.EqualTo(("po_2", "paid")));
    }

    [Test]
    public async Task A_cancelled_bank_payout_has_come_back_and_one_that_is_gone_says_nothing()
    {
        var payout = await SentAsync();
        await BankAsync("po_gone", "payout.created");
        var gone = await _world.OutcomeAsync("evt_1");
        Stripe.BankPayout("po_bank", "canceled", Later(1));
        await BankAsync("po_bank", "payout.canceled");

        Assert.That(gone, Is.EqualTo("Stripe knows no such bank payout any more."));
        Assert.That(((await LegAsync(payout)).BankState, (await LegAsync(payout)).BankProblem), Is.EqualTo(("failed", "It was cancelled at Stripe.")));
    }

    private async Task PayeeAsync()
    {
        var ann = await _world.AmbassadorAsync("Ann", account: null);
        await _world.App.Get<StorePlugin.Ambassadors.AmbassadorDb>().SetStripeAccountAsync(_world.Store, ann, Account, "team", default);
    }

    /// <summary>A payout whose transfer exists.</summary>
    private async Task<string> SentAsync()
    {
        var payout = await _world.ReservedAsync(Account);
        await _world.WorkAsync();
        return payout.Id;
    }

    private async Task<string> SentAgainAsync()
    {
        var ann = (await _world.Db.OneAsync<string>("SELECT id FROM ambassadors WHERE stripe_account = @Account", new { Account }))!;
        await _world.EarnsAsync(ann, "40.00");
        var run = await _world.PayAsync();
        await _world.WorkAsync();
        return run.Payouts.Single().Id;
    }

    private static DateTimeOffset Later(int days) => StoreApp.Start.AddDays(days);

    private async Task BankAsync(string bankPayoutId, string type)
    {
        await TellAsync(type, objectId: bankPayoutId);
        await _world.WorkAsync();
    }

    private Task<string> TellAsync(string type, string account = Account, string objectId = "obj_1", string? id = null) => _world.Db.InTransactionAsync(tx =>
        _world.App.Get<ReceiveStripeEvent>().ApplyAsync(tx, _world.Store, new StripeEventReceived(id ?? $"evt_{++_events}", type, account, objectId, null)));

    private Task<string?> StateAsync() => _world.Db.OneAsync<string>("SELECT state FROM payee_accounts WHERE account_id = @Account", new { Account });

    private async Task<Leg> LegAsync(string payoutId) => (await _world.Db.OneAsync<Leg>(
        "SELECT bank_state, bank_payout_id, bank_problem, arrives_at FROM payouts WHERE id = @payoutId", new { payoutId }))!;

    private sealed record Leg(string? BankState, string? BankPayoutId, string? BankProblem, DateTimeOffset? ArrivesAt);
}
