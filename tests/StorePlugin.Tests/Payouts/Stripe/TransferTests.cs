// Transfers under faults: whatever goes wrong, one transfer exists in the end, and the books say so.
using StorePlugin.Payouts;
using StorePlugin.Payouts.Stripe;
using StorePlugin.Tests.Rig;
using StorePlugin.Webhooks;

namespace StorePlugin.Tests.Payouts.Stripe;

internal sealed class TransferTests
{
    private static readonly TimeSpan Days = TimeSpan.FromDays(3);

    private PayoutWorld _world = null!;

    private FakeStripe Stripe => _world.Stripe;

    [SetUp]
    public async Task StartAsync() => _world = await PayoutWorld.StartAsync();

    [TearDown]
    public ValueTask StopAsync() => _world.DisposeAsync();

    [Test]
    public async Task A_transfer_that_stripe_accepts_pays_the_payout_and_its_orders()
    {
        var payout = await _world.ReservedAsync();

        await _world.WorkAsync();

        var transfer = Stripe.Transfers.Single();
        var (sent, attempt) = (await _world.PayoutAsync(payout.Id), (await _world.AttemptsAsync(payout.Id)).Single());
        Assert.That((transfer.Amount, transfer.Currency, transfer.Destination, transfer.Group, transfer.PayoutId),
            Is.EqualTo((5000L, "eur", "acct_ann", payout.Id, payout.Id)));
        Assert.That((sent.State, sent.TransferId, sent.Problem), Is.EqualTo(("sent", transfer.Id, (string?)null)));
        Assert.That((attempt.Outcome, attempt.Sends, attempt.HttpStatus), Is.EqualTo(("accepted", 1L, 200L)));
        Assert.That(attempt.RequestId, Does.StartWith("req_"));
        Assert.That(await _world.BalancesAsync(payout.AmbassadorId), Is.EqualTo((0L, 0L, 5000L)));
        Assert.That(await _world.OrderStatesAsync(), Is.EqualTo(["paid"]));
    }

    [Test]
    public async Task The_request_on_the_wire_is_that_of_stripes_library()
    {
        var vector = StripeVectors.Of("wire_requests").Single(one => one["name"]!.GetValue<string>() == "transfers.create");
        var payout = await _world.ReservedAsync();
        var frozen = (await _world.AttemptsAsync(payout.Id)).Single() with
        {
            Body = vector["body"]!.GetValue<string>(),
            IdempotencyKey = vector["headers"]!["idempotency-key"]!.GetValue<string>(),
        };

        await _world.App.Get<StripeClient>().SendAsync(_world.Store.Id, "sk_test_vectors", frozen, CancellationToken.None);

        var request = Stripe.OfTransfers.Single();
        Assert.That((request.Method, request.PathAndQuery, request.Body), Is.EqualTo(("POST", "/v1/transfers", frozen.Body)));
        foreach (var (name, value) in vector["headers"]!.AsObject())
        {
            Assert.That(request.Headers[name], Is.EqualTo(value!.GetValue<string>()), name);
        }

        Assert.That(request.Headers["user-agent"], Does.StartWith("StorePlugin/"));
    }

    [Test]
    public async Task The_look_up_on_the_wire_is_that_of_stripes_library()
    {
        var vector = StripeVectors.Of("wire_requests").Single(one => one["name"]!.GetValue<string>() == "transfers.list by group");

        await _world.App.Get<StripeClient>().LookUpAsync(_world.Store.Id, "sk_test_vectors", "po_42", CancellationToken.None);

        var request = Stripe.OfTransfers.Single();
        Assert.That((request.Method, request.PathAndQuery), Is.EqualTo(("GET", vector["path"]!.GetValue<string>())));
        Assert.That(request.Headers["stripe-version"], Is.EqualTo(vector["headers"]!["stripe-version"]!.GetValue<string>()));
        Assert.That(request.Headers["authorization"], Is.EqualTo("Bearer sk_test_vectors"));
        Assert.That(request.Headers, Does.Not.ContainKey("idempotency-key"));
    }

    [Test]
    public async Task After_every_fault_one_transfer_exists(
        [Values(
            StripeFault.DropAfterCommit, StripeFault.Reset, StripeFault.Hang, StripeFault.TruncatedJson, StripeFault.Conflict,
            StripeFault.RateLimit, StripeFault.BadKey, StripeFault.StoredFaultAfterCommit, StripeFault.FailedDependency)]
        StripeFault fault)
    {
        Stripe.Next(fault);
        var payout = await _world.ReservedAsync();

        await _world.WorkForAsync(Days);

        Assert.That(Stripe.Transfers, Has.Count.EqualTo(1));
        Assert.That((await _world.PayoutAsync(payout.Id)).State, Is.EqualTo("sent"));
        Assert.That(await _world.BalancesAsync(payout.AmbassadorId), Is.EqualTo((0L, 0L, 5000L)));
        Assert.That(Stripe.Sends.Select(send => (send.Headers["idempotency-key"], send.Body)).Distinct().ToList(), Has.Count.EqualTo(1), "the same key and bytes");
    }

    [Test]
    public async Task While_the_outcome_is_unknown_the_money_stays_and_the_payee_waits()
    {
        Stripe.Next(StripeFault.DropAfterCommit);
        var payout = await _world.ReservedAsync();
        await _world.WorkAsync();
        await _world.EarnsAsync(payout.AmbassadorId, "30.00");

        var run = await _world.PayAsync();

        Assert.That(run.Payouts, Is.Empty);
        Assert.That(run.Lines.Single().Reason, Does.Contain("still open"));
        Assert.That((await _world.PayoutAsync(payout.Id)).State, Is.EqualTo("unknown"));
        Assert.That(await _world.BalancesAsync(payout.AmbassadorId), Is.EqualTo((3000L, 5000L, 0L)));
    }

    [Test]
    public async Task A_lost_answer_that_is_asked_for_after_25_hours_makes_no_second_transfer()
    {
        // Vector P-1. By then Stripe has forgotten the key and would pay again.
        Stripe.Next(StripeFault.DropAfterCommit);
        var payout = await _world.ReservedAsync();
        await _world.WorkAsync();
        _world.Clock.Advance(TimeSpan.FromHours(25));

        await _world.WorkForAsync(Days);

        Assert.That(Stripe.Transfers, Has.Count.EqualTo(1));
        Assert.That(Stripe.Sends, Has.Count.EqualTo(1));
        Assert.That((await _world.PayoutAsync(payout.Id)).TransferId, Is.EqualTo(Stripe.Transfers[0].Id));
        Assert.That(await _world.BalancesAsync(payout.AmbassadorId), Is.EqualTo((0L, 0L, 5000L)));
    }

    [Test]
    public async Task A_crash_before_the_outcome_is_written_makes_no_second_transfer([Values(0, 19, 25, 49)] int hours)
    {
        var payout = await _world.ReservedAsync();
        await _world.PerformAsync(await _world.EffectAsync($"{payout.Id}-a1"), crashBeforeWrite: true);
        Assert.That((await _world.PayoutAsync(payout.Id)).State, Is.EqualTo("sending"));
        _world.Clock.Advance(TimeSpan.FromHours(hours));

        await _world.WorkForAsync(Days);

        Assert.That(Stripe.Transfers, Has.Count.EqualTo(1));
        Assert.That((await _world.PayoutAsync(payout.Id)).State, Is.EqualTo("sent"));
    }

    [Test]
    public async Task A_handler_that_is_called_again_changes_nothing()
    {
        var payout = await _world.ReservedAsync();
        var effect = await _world.EffectAsync($"{payout.Id}-a1");

        for (var i = 0; i < 3; i++)
        {
            await _world.PerformAsync(effect);
            await _world.AssertBooksAsync();
        }

        Assert.That(Stripe.Sends, Has.Count.EqualTo(1));
        Assert.That(await _world.BalancesAsync(payout.AmbassadorId), Is.EqualTo((0L, 0L, 5000L)));
    }

    [Test]
    public async Task Two_workers_with_the_same_effect_make_one_transfer()
    {
        var payout = await _world.ReservedAsync();
        var effect = await _world.EffectAsync($"{payout.Id}-a1");

        await Task.WhenAll(_world.PerformAsync(effect), _world.PerformAsync(effect), _world.PerformAsync(effect));
        await _world.WorkForAsync(Days);

        Assert.That(Stripe.Transfers, Has.Count.EqualTo(1));
        Assert.That((await _world.PayoutAsync(payout.Id)).State, Is.EqualTo("sent"));
        await _world.AssertBooksAsync();
    }

    [Test]
    public async Task A_refusal_returns_the_money_and_a_new_payout_has_a_new_key()
    {
        Stripe.TopUp("eur", -1_000_000);
        var payout = await _world.ReservedAsync();

        await _world.WorkAsync();

        var refused = await _world.PayoutAsync(payout.Id);
        Assert.That(refused.State, Is.EqualTo("refused"));
        Assert.That(refused.Problem, Does.Contain("balance_insufficient").And.Contains("can be cured"));
        Assert.That(await _world.BalancesAsync(payout.AmbassadorId), Is.EqualTo((5000L, 0L, 0L)));
        Assert.That(await _world.OrderStatesAsync(), Is.EqualTo(["approved"]));
        Assert.That((await _world.AttemptsAsync(payout.Id)).Single().Outcome, Is.EqualTo("refused"));

        Stripe.TopUp("eur", 1_000_000);
        await _world.PayAsync();
        await _world.WorkForAsync(Days);

        Assert.That(Stripe.Sends.Select(send => send.Headers["idempotency-key"]).Distinct().ToList(), Has.Count.EqualTo(2));
        Assert.That(Stripe.Transfers, Has.Count.EqualTo(1));
        Assert.That(await _world.BalancesAsync(payout.AmbassadorId), Is.EqualTo((0L, 0L, 5000L)));
        Assert.That(await _world.OrderStatesAsync(), Is.EqualTo(["paid"]));
    }

    [Test]
    public async Task A_closed_account_is_a_refusal_for_good()
    {
        var payout = await _world.ReservedAsync("acct_gone");

        await _world.WorkAsync();

        Assert.That((await _world.PayoutAsync(payout.Id)).Problem, Does.StartWith("Stripe refused for good (resource_missing)"));
        Assert.That(await _world.BalancesAsync(payout.AmbassadorId), Is.EqualTo((5000L, 0L, 0L)));
    }

    [Test]
    public async Task A_refusal_of_a_second_send_does_not_return_money_that_the_first_has_paid()
    {
        // Permissions are checked before the key is, so this refusal says nothing about the first send.
        Stripe.Next(StripeFault.DropAfterCommit, StripeFault.NoPermission);
        var payout = await _world.ReservedAsync();

        await _world.WorkForAsync(Days);

        Assert.That(Stripe.Transfers, Has.Count.EqualTo(1));
        Assert.That((await _world.PayoutAsync(payout.Id)).State, Is.EqualTo("sent"));
        Assert.That(await _world.BalancesAsync(payout.AmbassadorId), Is.EqualTo((0L, 0L, 5000L)));
    }

    [Test]
    public async Task A_refusal_of_a_second_send_returns_nothing_while_the_first_may_still_be_under_way()
    {
        Stripe.Next(StripeFault.Reset, StripeFault.NoPermission);
        var payout = await _world.ReservedAsync();

        // The look-up that follows the refusal at once finds nothing.
        await _world.WorkForAsync(TimeSpan.FromMinutes(1));

        var unknown = await _world.PayoutAsync(payout.Id);
        Assert.That(Stripe.OfTransfers.Select(request => request.Method), Is.EqualTo(["POST", "POST", "GET"]));
        Assert.That(unknown.State, Is.EqualTo("unknown"));
        Assert.That(unknown.Problem, Does.Contain("does not tell what became of the first send"));
        Assert.That((await _world.AttemptsAsync(payout.Id)).Single().HttpStatus, Is.EqualTo(403));
        Assert.That(await _world.BalancesAsync(payout.AmbassadorId), Is.EqualTo((0L, 5000L, 0L)));
        Assert.That((await _world.PayAsync()).Payouts, Is.Empty);

        // Stripe had been carrying out the first one all the time.
        Stripe.AddTransfer(5000, "eur", "acct_ann", payout.Id);
        await _world.WorkForAsync(Days);

        Assert.That((await _world.PayoutAsync(payout.Id)).State, Is.EqualTo("sent"));
        Assert.That(await _world.BalancesAsync(payout.AmbassadorId), Is.EqualTo((0L, 0L, 5000L)));
    }

    [Test]
    public async Task A_key_that_is_rejected_after_an_unknown_send_does_not_say_that_nothing_was_moved()
    {
        Stripe.Next(StripeFault.DropAfterCommit, StripeFault.BadKey);
        var payout = await _world.ReservedAsync();
        await _world.WorkAsync();
        _world.Clock.Advance(TimeSpan.FromMinutes(1));

        await _world.WorkAsync();

        Assert.That(
            (await _world.PayoutAsync(payout.Id)).Problem,
            Is.EqualTo("Stripe rejects the store's secret key; connect Stripe again. Whether an earlier send has made the transfer is not known."));
    }

    [Test]
    public async Task A_busy_answer_to_a_second_send_leaves_the_first_unknown(
        [Values(StripeFault.Conflict, StripeFault.RateLimit, StripeFault.BadKey)] StripeFault second)
    {
        Stripe.Next(StripeFault.DropAfterCommit, second);
        var payout = await _world.ReservedAsync();
        await _world.WorkAsync();
        _world.Clock.Advance(TimeSpan.FromMinutes(1));

        await _world.WorkAsync();

        var attempt = (await _world.AttemptsAsync(payout.Id)).Single();
        Assert.That((await _world.PayoutAsync(payout.Id)).State, Is.EqualTo("unknown"));
        Assert.That((attempt.Outcome, attempt.Sends, attempt.FirstSentAt), Is.EqualTo(("unknown", 2L, (DateTimeOffset?)StoreApp.Start)));
    }

    [Test]
    public async Task A_rejected_key_moves_nothing_and_starts_no_clock()
    {
        Stripe.Next(StripeFault.BadKey, StripeFault.BadKey);
        var payout = await _world.ReservedAsync();
        await _world.WorkAsync();
        _world.Clock.Advance(TimeSpan.FromHours(26));

        await _world.WorkAsync();

        var waiting = await _world.PayoutAsync(payout.Id);
        Assert.That((waiting.State, waiting.Problem), Is.EqualTo(("sending", "Stripe rejects the store's secret key; connect Stripe again. Nothing was moved.")));
        Assert.That((await _world.AttemptsAsync(payout.Id)).Single().FirstSentAt, Is.Null);

        await _world.WorkForAsync(Days);

        Assert.That((await _world.PayoutAsync(payout.Id)).State, Is.EqualTo("sent"));
        Assert.That(Stripe.Transfers, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Without_a_key_or_with_one_of_the_other_mode_nothing_is_sent()
    {
        var payout = await _world.ReservedAsync();
        await _world.ConnectAsync("sk_live_0000000000");

        await _world.WorkAsync();

        Assert.That(Stripe.OfTransfers, Is.Empty);
        Assert.That((await _world.PayoutAsync(payout.Id)).Problem, Does.Contain("not of mode test"));
    }

    [Test]
    public async Task A_rehearsals_key_never_reaches_stripe()
    {
        var payout = await _world.ReservedAsync();
        await _world.ConnectAsync("sk_rehearsal_a-b_c0000");

        await _world.WorkAsync();

        Assert.That(Stripe.OfTransfers, Is.Empty);
        Assert.That(_world.RehearsalRequests, Is.EqualTo([$"POST /rehearsal/stripe/{_world.Store.Id}/v1/transfers"]));
        Assert.That((await _world.PayoutAsync(payout.Id)).State, Is.EqualTo("unknown"));
    }

    [Test]
    public async Task A_key_that_was_replaced_after_the_send_is_not_sent_with()
    {
        // Another account would not know the idempotency key and would pay a second time.
        Stripe.Next(StripeFault.DropAfterCommit);
        var payout = await _world.ReservedAsync();
        await _world.WorkAsync();
        await _world.ConnectAsync("sk_test_anotheraccount01");

        await _world.WorkForAsync(Days);

        Assert.That(Stripe.Transfers, Has.Count.EqualTo(1));
        Assert.That(Stripe.Sends, Has.Count.EqualTo(1));
        Assert.That((await _world.PayoutAsync(payout.Id)).State, Is.EqualTo("sent"));
    }

    [Test]
    public async Task Another_accounts_silence_proves_nothing_and_the_first_accounts_key_settles_it()
    {
        var payout = await UnknownThenAnotherAccountAsync(StripeFault.DropAfterCommit);

        await _world.WorkForAsync(TimeSpan.FromDays(10));
        var again = await _world.App.Http.PostAsync(new Uri($"/api/v1/payouts/{payout.Id}/attempts", UriKind.Relative), null);

        var unknown = await _world.PayoutAsync(payout.Id);
        Assert.That((unknown.State, again.StatusCode), Is.EqualTo(("unknown", System.Net.HttpStatusCode.Conflict)));
        Assert.That(unknown.Problem, Does.Contain("proves nothing").And.Contains(payout.Id).And.EndsWith("the money stays reserved."));
        Assert.That((await _world.AttemptsAsync(payout.Id)).Single().FoundNothingAt, Is.Null);
        Assert.That(await _world.BalancesAsync(payout.AmbassadorId), Is.EqualTo((0L, 5000L, 0L)));

        await _world.ConnectAsync(PayoutWorld.TestKey);
        await _world.WorkForAsync(TimeSpan.FromHours(2));

        Assert.That(Stripe.Transfers, Has.Count.EqualTo(1));
        Assert.That((await _world.PayoutAsync(payout.Id)).State, Is.EqualTo("sent"));
    }

    [Test]
    public async Task The_first_accounts_key_proves_absence_when_it_is_back()
    {
        var payout = await UnknownThenAnotherAccountAsync(StripeFault.Reset);
        await _world.WorkForAsync(TimeSpan.FromDays(10));

        await _world.ConnectAsync(PayoutWorld.TestKey);
        await _world.WorkForAsync(TimeSpan.FromHours(2));

        Assert.That((await _world.AttemptsAsync(payout.Id)).Single().FoundNothingAt, Is.Not.Null);
        Assert.That((await _world.PayoutAsync(payout.Id)).Problem, Does.Contain("A person must decide"));
    }

    [Test]
    public async Task A_transfer_made_by_hand_in_the_account_that_is_connected_now_settles_it()
    {
        var payout = await UnknownThenAnotherAccountAsync(StripeFault.Reset);
        await _world.WorkForAsync(TimeSpan.FromDays(1));

        Stripe.AddTransfer(5000, "eur", "acct_ann", payout.Id, "acct_other");
        await _world.WorkForAsync(TimeSpan.FromHours(2));

        Assert.That((await _world.PayoutAsync(payout.Id)).State, Is.EqualTo("sent"));
        Assert.That(await _world.BalancesAsync(payout.AmbassadorId), Is.EqualTo((0L, 0L, 5000L)));
    }

    /// <summary>A payout that was sent once, with this fault, before the store connected a key of another account.</summary>
    private async Task<Payout> UnknownThenAnotherAccountAsync(StripeFault fault)
    {
        const string Other = "sk_test_anotheraccount01";
        Stripe.GiveKey(Other, "acct_other");
        Stripe.TopUp("eur", 1_000_000, "acct_other");
        Stripe.Next(fault);
        var payout = await _world.ReservedAsync();
        await _world.WorkAsync();
        await _world.ConnectAsync(Other);
        return payout;
    }

    [Test]
    public async Task A_drifted_body_stops_the_sending_and_is_looked_up()
    {
        Stripe.Next(StripeFault.DropAfterCommit);
        var payout = await _world.ReservedAsync();
        await _world.WorkAsync();
        await _world.Db.DoAsync(
            "UPDATE payout_attempts SET body = body || '&description=x' WHERE store_id = @storeId", new { storeId = _world.Store.Id });

        await _world.WorkForAsync(Days);

        Assert.That(Stripe.Sends, Has.Count.EqualTo(2));
        Assert.That(Stripe.Transfers, Has.Count.EqualTo(1));
        Assert.That((await _world.PayoutAsync(payout.Id)).State, Is.EqualTo("sent"));
    }

    [Test]
    public async Task A_transfer_of_another_amount_is_never_taken_for_ours()
    {
        Stripe.Next(StripeFault.WrongAmount);
        var payout = await _world.ReservedAsync();

        await _world.WorkForAsync(Days);

        var unknown = await _world.PayoutAsync(payout.Id);
        Assert.That(unknown.State, Is.EqualTo("unknown"));
        Assert.That(unknown.Problem, Does.Contain("5001 eur").And.Contains("not 5000 eur"));
        Assert.That(await _world.BalancesAsync(payout.AmbassadorId), Is.EqualTo((0L, 5000L, 0L)));
    }

    [Test]
    public async Task When_nothing_is_found_a_person_decides_and_the_money_stays()
    {
        Stripe.Next(StripeFault.StoredFault);
        var payout = await _world.ReservedAsync();

        await _world.WorkForAsync(TimeSpan.FromDays(10));

        var unknown = await _world.PayoutAsync(payout.Id);
        var attempt = (await _world.AttemptsAsync(payout.Id)).Single();
        Assert.That(unknown.State, Is.EqualTo("unknown"));
        Assert.That(unknown.Problem, Does.Contain("A person must decide"));
        Assert.That(attempt.LastSentAt - attempt.FirstSentAt, Is.LessThan(TimeSpan.FromHours(20)));
        Assert.That(attempt.FoundNothingAt - attempt.LastSentAt, Is.GreaterThanOrEqualTo(TimeSpan.FromHours(24)));
        Assert.That(await _world.BalancesAsync(payout.AmbassadorId), Is.EqualTo((0L, 5000L, 0L)));
        Assert.That(Stripe.Transfers, Is.Empty);
    }

    [Test]
    public async Task A_stored_fault_is_looked_up_at_once_when_it_is_replayed()
    {
        Stripe.Next(StripeFault.StoredFaultAfterCommit);
        var payout = await _world.ReservedAsync();

        await _world.WorkForAsync(TimeSpan.FromMinutes(1));

        Assert.That((await _world.PayoutAsync(payout.Id)).State, Is.EqualTo("sent"));
    }

    [Test]
    public async Task An_event_of_stripes_closes_an_unknown_payout_early()
    {
        Stripe.Next(StripeFault.DropAfterCommit);
        var payout = await _world.ReservedAsync();
        await _world.WorkAsync();

        var said = await ReceiveAsync(new StripeEventReceived("evt_1", "transfer.created", null, "tr_1", payout.Id));
        await _world.WorkAsync();

        Assert.That(said, Is.EqualTo($"Payout {payout.Id} is looked up."));
        Assert.That((await _world.PayoutAsync(payout.Id)).State, Is.EqualTo("sent"));
        Assert.That(Stripe.Sends, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task An_event_says_why_it_is_ignored()
    {
        Assert.That(await ReceiveAsync(new StripeEventReceived("evt_1", "payout.paid", "acct_1", "po_x", null)), Does.Contain("connected account"));
        Assert.That(await ReceiveAsync(new StripeEventReceived("evt_2", "balance.available", null, "balance", null)), Does.Contain("nothing about a payout"));
        Assert.That(await ReceiveAsync(new StripeEventReceived("evt_3", "transfer.created", null, "tr_1", null)), Does.Contain("names no payout"));
        Assert.That(await ReceiveAsync(new StripeEventReceived("evt_4", "transfer.created", null, "tr_1", "po_other")), Does.Contain("no payout of this store"));
        Assert.That(await _world.WorkAsync(), Is.Zero);
    }

    [Test]
    public async Task Reversals_make_payable_what_they_took_and_each_cent_once()
    {
        var payout = await _world.ReservedAsync();
        await _world.WorkAsync();
        var transfer = Stripe.Transfers.Single().Id;

        Stripe.Reverse(transfer, 1200);
        await LookUpAsync(payout.Id, "evt_1");
        await LookUpAsync(payout.Id, "evt_2");

        Assert.That((await _world.PayoutAsync(payout.Id)).State, Is.EqualTo("reversed"));
        Assert.That(await _world.BalancesAsync(payout.AmbassadorId), Is.EqualTo((1200L, 0L, 3800L)));

        Stripe.Reverse(transfer, 3800);
        await LookUpAsync(payout.Id, "evt_3");
        await LookUpAsync(payout.Id, "evt_4");

        Assert.That((await _world.PayoutAsync(payout.Id)).ReversedMinor, Is.EqualTo(5000));
        Assert.That(await _world.BalancesAsync(payout.AmbassadorId), Is.EqualTo((5000L, 0L, 0L)));
        Assert.That(await _world.OrderStatesAsync(), Is.EqualTo(["approved"]));
    }

    // Two look-ups at once on SQL Server: both read the row before either wrote it.
    [Test]
    public async Task A_greater_reversal_that_finds_the_row_changed_is_not_taken_for_done()
    {
        var payout = await _world.ReservedAsync();
        await _world.WorkAsync();
        var before = await _world.PayoutAsync(payout.Id);
        Assert.That(await ReverseAsync(before, 500), Is.True);

        await Assert.ThatAsync(() => ReverseAsync(before, 1000), Throws.TypeOf<StalePayoutException>());
        Assert.That(await ReverseAsync(await _world.PayoutAsync(payout.Id), 1000), Is.True);
        Assert.That(await ReverseAsync(await _world.PayoutAsync(payout.Id), 700), Is.False, "less than is booked already");

        Assert.That(await _world.BalancesAsync(payout.AmbassadorId), Is.EqualTo((1000L, 0L, 4000L)));
        await _world.AssertBooksAsync();
    }

    private Task<bool> ReverseAsync(Payout payout, long minor) => _world.Db.InTransactionAsync(
        tx => PayoutBook.ReversedAsync(tx, _world.Store, payout, payout.Amount with { Minor = minor }, _world.Clock.GetUtcNow()));

    [Test]
    public async Task A_second_transfer_of_the_same_group_is_told_and_moves_nothing()
    {
        var payout = await _world.ReservedAsync();
        await _world.WorkAsync();
        Stripe.AddTransfer(5000, "eur", "acct_ann", payout.Id);

        await LookUpAsync(payout.Id, "evt_1");

        var sent = await _world.PayoutAsync(payout.Id);
        Assert.That(sent.State, Is.EqualTo("sent"));
        Assert.That(sent.Problem, Does.Contain("2 transfers"));
        Assert.That(await _world.BalancesAsync(payout.AmbassadorId), Is.EqualTo((0L, 0L, 5000L)));
    }

    private async Task LookUpAsync(string payoutId, string eventId)
    {
        await ReceiveAsync(new StripeEventReceived(eventId, "transfer.reversed", null, "tr_1", payoutId));
        await _world.WorkAsync();
    }

    private Task<string> ReceiveAsync(StripeEventReceived e) =>
        _world.Db.InTransactionAsync(tx => _world.App.Get<ReceiveStripeEvent>().ApplyAsync(tx, _world.Store, e));
}
