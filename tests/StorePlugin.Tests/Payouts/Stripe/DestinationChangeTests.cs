// A change of where the money goes: written down, and followed by seven days in which nothing is paid.
using System.Text.Json.Nodes;
using StorePlugin.Ambassadors;
using StorePlugin.Payouts.Stripe;
using StorePlugin.Stores;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Payouts.Stripe;

internal sealed class DestinationChangeTests
{
    private PayoutWorld _world = null!;
    private ApiClient _api = null!;

    private FakeStripe Stripe => _world.Stripe;

    [SetUp]
    public async Task StartAsync()
    {
        _world = await PayoutWorld.StartAsync();
        _api = new ApiClient(_world.App, _world.App.Http.DefaultRequestHeaders.Authorization!.Parameter);
    }

    [TearDown]
    public ValueTask StopAsync() => _world.DisposeAsync();

    [Test]
    public async Task The_first_account_is_no_change_and_every_later_one_is()
    {
        var ann = await _world.AmbassadorAsync("Ann", account: null);
        await SetAsync(ann, "acct_first000001");
        var first = await HoldAsync(ann);
        await SetAsync(ann, "acct_first000001");
        var same = await HoldAsync(ann);
        _world.Clock.Advance(TimeSpan.FromMinutes(1));
        await SetAsync(ann, "acct_second00002");
        var second = await HoldAsync(ann);

        Assert.That((first.From, same.From), Is.EqualTo((default(DateTimeOffset?), default(DateTimeOffset?))));
        Assert.That(second, Is.EqualTo(new Held(StoreApp.Start.AddDays(7).AddMinutes(1), "The Stripe account that payouts go to was changed.")));
        Assert.That(
            await ChangesAsync(ann),
            Is.EqualTo(["stripe_account  > acct_…0001", "stripe_account acct_…0001 > acct_…0002"]), "masked, and the same account is no row");
    }

    [Test]
    public async Task An_account_that_is_taken_away_first_is_changed_all_the_same()
    {
        var ann = await _world.AmbassadorAsync("Ann", "acct_first000001");
        await SetAsync(ann, null);
        var without = await HoldAsync(ann);
        await SetAsync(ann, "acct_thief000009");

        Assert.That(without.From, Is.Null, "nothing is paid nowhere");
        Assert.That((await HoldAsync(ann)).From, Is.EqualTo(StoreApp.Start.AddDays(7)));
    }

    [Test]
    public async Task A_first_account_after_a_method_that_was_taken_away_is_a_change()
    {
        var ann = await _world.AmbassadorAsync("Ann", account: null);
        await _api.Put("payout-settings", new JsonObject { ["methods"] = new JsonArray("paypal") });
        Assert.That((await _api.Put($"ambassadors/{ann}/payout-method", new JsonObject { ["kind"] = "paypal", ["email"] = "ann@example.com" })).Status, Is.EqualTo(200));
        await _api.Delete($"ambassadors/{ann}/payout-method");
        var before = await HoldAsync(ann);
        await SetAsync(ann, "acct_thief000009");

        Assert.That((before.From, (await HoldAsync(ann)).From), Is.EqualTo((default(DateTimeOffset?), (DateTimeOffset?)StoreApp.Start.AddDays(7))));
    }

    [Test]
    public async Task Who_is_added_with_an_account_is_not_held_and_who_comes_back_with_another_is()
    {
        var campaign = await _api.LiveAsync();
        var body = Bodies.Ambassador(campaign, "ANN10");
        body["stripeAccount"] = "acct_first000001";
        var id = (await _api.Post("ambassadors", body.DeepClone())).Text("id");
        var added = await HoldAsync(id);
        await _api.Post($"ambassadors/{id}/ending");
        body["code"] = "ANN20";
        body["stripeAccount"] = "acct_second00002";
        var back = await _api.Post("ambassadors", body);

        Assert.That((back.Status, back.Text("id")), Is.EqualTo((201, id)));
        Assert.That(added.From, Is.Null);
        Assert.That((await HoldAsync(id)).From, Is.EqualTo(StoreApp.Start.AddDays(7)));
        Assert.That(await _world.Db.ManyAsync<string>("SELECT state FROM payee_accounts ORDER BY account_id"), Is.EqualTo(["created", "created"]));
    }

    [Test]
    public async Task Another_bank_account_at_Stripe_holds_everybody_who_is_paid_there()
    {
        var payee = Stripe.AddPayee("acct_shared").Ready();
        var (ann, bob, eve) = (await PayeeAsync("Ann", "acct_shared"), await PayeeAsync("Bob", "acct_shared"), await PayeeAsync("Eve", "acct_eve"));
        await ReadAsync();
        var seen = await HoldAsync(ann);
        _world.Clock.Advance(TimeSpan.FromDays(1));
        payee.Banks.Clear();
        await ReadAsync();
        payee.Banks.Add(("N26", "7777", "fp_9"));
        await ReadAsync();
        var (held, other) = (await HoldAsync(ann), await HoldAsync(eve));
        _world.Clock.Advance(TimeSpan.FromDays(1));
        await ReadAsync();

        Assert.That(seen.From, Is.Null, "the first bank that is seen is no change");
        Assert.That(held, Is.EqualTo(new Held(StoreApp.Start.AddDays(8), "The bank account at Stripe was changed.")));
        Assert.That((await HoldAsync(bob), other.From), Is.EqualTo((held, default(DateTimeOffset?))));
        Assert.That(await HoldAsync(ann), Is.EqualTo(held), "the same bank again is no change");
        Assert.That(await ChangesAsync(ann), Has.Exactly(1).StartsWith("bank_account").And.Contains("bank_account  > N26 …7777"), "while there was none, the last one was remembered");
        Assert.That(
            await _world.Db.OneAsync<string>("SELECT bank_hash FROM payee_accounts WHERE account_id = 'acct_shared'"), Has.Length.EqualTo(64).And.Not.Contains("fp_9"));

        async Task<string> PayeeAsync(string name, string account)
        {
            var id = await _world.AmbassadorAsync(name, account: null);
            await SetAsync(id, account);
            return id;
        }

        Task ReadAsync() => _world.App.Get<PayeeAccounts>().ReadAsync(_world.Store, "acct_shared", default);
    }

    [Test]
    public async Task A_reading_that_began_earlier_does_not_undo_a_later_one()
    {
        var ann = await _world.AmbassadorAsync("Ann", account: null);
        await SetAsync(ann, "acct_1");
        var payee = Stripe.AddPayee("acct_1");
        var early = await _world.App.Get<PayeeAccounts>().AskAsync(_world.Store, "acct_1", default);
        _world.Clock.Advance(TimeSpan.FromSeconds(1));
        payee.Ready();
        await _world.App.Get<PayeeAccounts>().ReadAsync(_world.Store, "acct_1", default);

        var written = await _world.Db.InTransactionAsync(tx => PayeeBook.ApplyAsync(
            tx, _world.App.Get<StoreKeys>(), _world.Store, "acct_1", early.State!, early.AskedAt, _world.Clock.GetUtcNow()));

        Assert.That(written, Is.False);
        Assert.That(await StateAsync("acct_1"), Is.EqualTo("ready"));
    }

    [Test]
    public async Task A_manual_schedule_is_a_finding_and_a_closed_account_a_state()
    {
        var ann = await _world.AmbassadorAsync("Ann", account: null);
        await SetAsync(ann, "acct_1");
        Stripe.AddPayee("acct_1").Ready().Schedule = "manual";

        var manual = await _api.Post($"ambassadors/{ann}/payout-account/refresh");
        Stripe.Payees.Single().IsGone = true;
        var closed = await _api.Post($"ambassadors/{ann}/payout-account/refresh");
        Stripe.Refuse("GET /v1/accounts/acct_1", 403, null, "The provided key does not have the required permissions for this endpoint.");
        var refused = await _api.Post($"ambassadors/{ann}/payout-account/refresh");

        Assert.That((manual.Status, manual.Text("state"), manual.Text("finding")[..45]), Is.EqualTo((200, "ready", "Payouts of this account are set to manual at ")));
        Assert.That((closed.Status, closed.Text("state")), Is.EqualTo((200, "closed")));
        Assert.That((refused.Status, refused.Problem), Is.EqualTo((503, "/problems/stripe-not-asked")), "a lacking permission closes nothing");
        Assert.That(await StateAsync("acct_1"), Is.EqualTo("closed"));
    }

    [Test]
    public async Task The_daily_job_reads_those_who_have_money_to_come_and_asks_no_store_twice_that_is_shut()
    {
        var (ann, bob, eve) = (await _world.AmbassadorAsync("Ann", null), await _world.AmbassadorAsync("Bob", null), await _world.AmbassadorAsync("Eve", null));
        foreach (var (id, account) in new[] { (ann, "acct_ann"), (bob, "acct_bob"), (eve, "acct_eve") })
        {
            Stripe.AddPayee(account).Ready();
            await SetAsync(id, account);
        }

        await _world.EarnsAsync(ann, "10.00");
        await _world.EarnsAsync(bob, "10.00");
        Stripe.Refuse("GET /v1/accounts/acct_ann", 503);
        await _world.App.Get<ReadPayees>().RunOnceAsync(default);
        var shut = Reads();
        Stripe.Refuse("GET /v1/accounts/acct_ann");
        await _world.App.Get<ReadPayees>().RunOnceAsync(default);
        await _world.App.Get<ReadPayees>().RunOnceAsync(default);
        var once = Reads();
        _world.Clock.Advance(TimeSpan.FromHours(20));
        await _world.App.Get<ReadPayees>().RunOnceAsync(default);

        Assert.That((shut, once, Reads()), Is.EqualTo((1, 3, 5)));
        Assert.That((await StateAsync("acct_bob"), await StateAsync("acct_eve")), Is.EqualTo(("ready", "created")));

        int Reads() => Stripe.Requests.Count(request => request.PathAndQuery.StartsWith("/v1/accounts/", StringComparison.Ordinal));
    }

    [Test]
    public async Task Accounts_that_were_named_before_are_known_after_the_first_round()
    {
        await _world.AmbassadorAsync("Ann", "acct_old");
        await _world.AmbassadorAsync("Bob", "acct_old");
        await _world.App.Get<ReadPayees>().RunOnceAsync(default);
        await _world.App.Get<ReadPayees>().RunOnceAsync(default);

        Assert.That(await _world.Db.ManyAsync<string>("SELECT account_id FROM payee_accounts WHERE state = 'created' AND read_at IS NULL"), Is.EqualTo(["acct_old"]));
    }

    private async Task SetAsync(string ambassadorId, string? account) =>
        Assert.That(await _world.App.Get<AmbassadorDb>().SetStripeAccountAsync(_world.Store, ambassadorId, account, "team", default));

    private Task<string?> StateAsync(string account) => _world.Db.OneAsync<string>("SELECT state FROM payee_accounts WHERE account_id = @account", new { account });

    private async Task<Held> HoldAsync(string ambassadorId) =>
        (await _world.Db.OneAsync<Held>("SELECT payouts_from AS \"from\", payouts_from_why AS why FROM ambassadors WHERE id = @ambassadorId", new { ambassadorId }))!;

    private async Task<IReadOnlyList<string>> ChangesAsync(string ambassadorId) =>
        [.. (await _world.Db.ManyAsync<Change>(
            "SELECT kind, before_masked, after_masked FROM payout_changes WHERE ambassador_id = @ambassadorId ORDER BY id", new { ambassadorId }))
            .Select(change => $"{change.Kind} {change.BeforeMasked} > {change.AfterMasked}")];

    private sealed record Held(DateTimeOffset? From, string? Why);

    private sealed record Change(string Kind, string? BeforeMasked, string? AfterMasked);
}
