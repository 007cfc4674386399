// An approved order brings store credit: to the store's customer with the ambassador's address, once, and back as far as it is left (rules W1, W3, W4, B4).
using StorePlugin.Campaigns;
using StorePlugin.Ledger;
using StorePlugin.Orders;
using StorePlugin.Stores;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Rewards;

internal sealed class StoreCreditTests
{
    private ValueWorld _world = null!;
    private string _customer = "";

    [SetUp]
    public async Task OpenAsync()
    {
        _world = await ValueWorld.OpenAsync(RewardForm.StoreCredit);
        _customer = _world.Shopify.NewCustomer(ValueWorld.Shop, ValueWorld.Email);
    }

    [TearDown]
    public async Task CloseAsync() => await _world.DisposeAsync();

    private decimal Balance => _world.Shopify.BalanceOf(ValueWorld.Shop, _customer);

    [Test]
    public async Task W_1_the_customer_with_the_ambassadors_address_is_credited()
    {
        await _world.ApproveAsync(_world.Order("1001"));

        var reward = (await _world.RewardsAsync()).Single();
        Assert.That(((string?)reward["form"], (string?)reward["state"], (string?)reward["endsAt"]), Is.EqualTo(("storeCredit", "issued", (string?)null)));
        Assert.That(_world.Shopify.Credit.Select(move => (move.Customer, move.Amount, move.ExpiresAt)), Is.EqualTo([(_customer, 10m, (DateTimeOffset?)null)]));
        Assert.That(await _world.BalancesAsync(), Is.EqualTo((900L, 0L, 1000L)));
        await _world.AssertSoundAsync();
    }

    [Test]
    public async Task The_mail_tells_where_the_credit_is()
    {
        await _world.ApproveAsync(_world.Order("1001"));
        await _world.SettleAsync();

        var mail = ReadMail.AllOf(_world.App).Single(mail => mail["Subject"].Contains("thank-you", StringComparison.Ordinal));

        Assert.That(mail["Subject"].Replace('\u00A0', ' '), Does.EndWith("€ 10.00 of store credit"));
        Assert.That(mail.Text, Does.Contain("On your customer account at the store").And.Contain("It does not expire."));
    }

    [Test]
    public async Task Whoever_is_no_customer_yet_is_looked_for_daily_and_credited_once_they_are()
    {
        _world.Shopify.Customers.Clear();
        await _world.ApproveAsync(_world.Order("1001"));
        var (state, problem) = await _world.RewardAsync();
        var waiting = await _world.BalancesAsync();
        var questions = _world.Shopify.Questions.Count;
        await DaysAsync(9);
        var asked = _world.Shopify.Questions.Count - questions;

        _customer = _world.Shopify.NewCustomer(ValueWorld.Shop, ValueWorld.Email);
        await DaysAsync(1);

        Assert.That((state, waiting), Is.EqualTo(("pending_code", (900L, 1000L, 0L))));
        Assert.That(problem, Is.EqualTo("The store has no customer with the ambassador's e-mail address. The credit is given once there is one."));
        Assert.That(asked, Is.EqualTo(9));
        Assert.That((await _world.RewardAsync()).State, Is.EqualTo("issued"));
        Assert.That(Balance, Is.EqualTo(10m));
        await _world.AssertSoundAsync();
    }

    [Test]
    public async Task After_90_days_a_person_has_the_customer_looked_for_again()
    {
        _world.Shopify.Customers.Clear();
        await _world.ApproveAsync(_world.Order("1001"));
        await DaysAsync(91);
        var dead = (await _world.Api.Get("effects?state=dead")).Json!["items"]!.AsArray().Select(effect => (string?)effect!["kind"]).ToList();
        _customer = _world.Shopify.NewCustomer(ValueWorld.Shop, ValueWorld.Email);
        await DaysAsync(3);
        var waiting = await _world.BalancesAsync();

        await _world.ReplayAsync();

        Assert.That((dead, waiting), Is.EqualTo((dead, (900L, 1000L, 0L))));
        Assert.That(dead, Is.EqualTo(["give_value"]));
        Assert.That((await _world.RewardAsync()).State, Is.EqualTo("issued"));
    }

    [TestCase(null)]
    [TestCase(365L)]
    public async Task W_3_a_credit_whose_answer_was_lost_is_known_again_and_not_given_twice(long? validDays)
    {
        await using var world = await ValueWorld.OpenAsync(RewardForm.StoreCredit, validDays);
        var customer = world.Shopify.NewCustomer(ValueWorld.Shop, ValueWorld.Email);
        await world.PaysAsync(world.Order("1001"));
        world.Shopify.Next(new FakeShopify.Fault.None(), new FakeShopify.Fault.LostAnswer());
        world.App.Clock.Advance(TimeSpan.FromDays(31));

        await world.SettleAsync();

        Assert.That((await world.RewardAsync()).State, Is.EqualTo("issued"));
        Assert.That(world.Shopify.BalanceOf(ValueWorld.Shop, customer), Is.EqualTo(10m));
        Assert.That(world.Shopify.Credit.Single().ExpiresAt, Is.EqualTo(validDays is null ? (DateTimeOffset?)null : new DateTimeOffset(2027, 4, 1, 10, 0, 0, TimeSpan.Zero)));
        await world.AssertSoundAsync();
    }

    [Test]
    public async Task W_3_a_credit_that_was_never_made_is_given_when_nothing_is_found()
    {
        await _world.PaysAsync(_world.Order("1001"));
        _world.Shopify.Next(new FakeShopify.Fault.None(), new FakeShopify.Fault.Status(503));
        _world.App.Clock.Advance(TimeSpan.FromDays(31));

        await _world.SettleAsync();

        Assert.That((await _world.RewardAsync()).State, Is.EqualTo("issued"));
        Assert.That(Balance, Is.EqualTo(10m));
    }

    [Test]
    public async Task W_3_what_cannot_be_told_apart_is_never_sent_again_and_waits_for_a_person()
    {
        await _world.PaysAsync(_world.Order("1001"));
        _world.Shopify.Next(new FakeShopify.Fault.None(), new FakeShopify.Fault.LostAnswer());
        _world.App.Clock.Advance(TimeSpan.FromDays(31));
        await _world.App.DrainAsync();

        // The store's people give the same amount in the same minute.
        _world.Shopify.Move(ValueWorld.Shop, _customer, 10m);
        await _world.SettleAsync(120);
        var ((state, problem), waiting, balance) = (await _world.RewardAsync(), await _world.BalancesAsync(), Balance);
        await _world.ReplayAsync();

        Assert.That((state, waiting, balance), Is.EqualTo(("pending_code", (900L, 1000L, 0L), 20m)));
        Assert.That(problem, Does.Contain("was given this amount more than once since").And.Contain("try again to have the first of them count"));
        Assert.That((await _world.RewardAsync()).State, Is.EqualTo("issued"), "the person has looked");
        Assert.That(Balance, Is.EqualTo(20m));
        await _world.AssertSoundAsync();
    }

    [Test]
    public async Task W_3_of_one_customer_one_credit_is_on_its_way_at_a_time()
    {
        await _world.PaysAsync(_world.Order("1001"));
        await _world.PaysAsync(_world.Order("1002"));
        _world.App.Clock.Advance(TimeSpan.FromDays(31));
        await _world.App.Get<ReleaseHolds>().RunOnceAsync(default);
        _world.Shopify.Next(new FakeShopify.Fault.None(), new FakeShopify.Fault.None(), new FakeShopify.Fault.LostAnswer(), new FakeShopify.Fault.LostAnswer());

        await _world.SettleAsync(10);

        Assert.That((await _world.RewardsAsync()).Select(reward => (string?)reward["state"]), Is.EqualTo(["issued", "issued"]));
        Assert.That(_world.Shopify.Credit.Select(move => move.Amount), Is.EqualTo([10m, 10m]));
        Assert.That(await _world.BalancesAsync(), Is.EqualTo((1800L, 0L, 2000L)));
        await _world.AssertSoundAsync();
    }

    [TestCase("read_customers")]
    [TestCase("write_store_credit_account_transactions")]
    public async Task A_permission_that_is_missing_is_named_and_waited_for(string scope)
    {
        _world.Shopify.Denied[scope] = 0;
        await _world.ApproveAsync(_world.Order("1001"));
        var (state, problem) = await _world.RewardAsync();

        _world.Shopify.Denied.Clear();
        await _world.SettleAsync(61);

        Assert.That(state, Is.EqualTo("pending_code"));
        Assert.That(problem, Does.Contain($"the app lacks the permission {scope}"));
        Assert.That((await _world.RewardAsync()).State, Is.EqualTo("issued"));
        Assert.That(Balance, Is.EqualTo(10m));
    }

    [Test]
    public async Task A_limit_that_is_reached_is_told_in_words()
    {
        _world.Shopify.ValueMax = 9;
        await _world.ApproveAsync(_world.Order("1001"));
        var (_, problem) = await _world.RewardAsync();
        _world.Shopify.ValueMax = 100;
        await _world.ReplayAsync();

        Assert.That(problem, Does.StartWith("The customer's store credit would be more than Shopify allows. Shopify says:"));
        Assert.That(Balance, Is.EqualTo(10m));
    }

    [TestCase("UNSUPPORTED_CURRENCY", "Shopify has no store credit in this currency.")]
    [TestCase("MISMATCHING_CURRENCY", "The customer's account of store credit has another currency.")]
    [TestCase("OWNER_NOT_FOUND", "The store has no such customer any more.")]
    [TestCase("NEGATIVE_OR_ZERO_AMOUNT", "The amount is less than Shopify takes.")]
    [TestCase("EXPIRES_AT_IN_PAST", "The time in which the credit was to be used is over.")]
    public async Task What_Shopify_objects_to_is_told_in_words(string code, string words)
    {
        _world.Shopify.Next(new FakeShopify.Fault.None(), new FakeShopify.Fault.Answer(
            """{"data":{"storeCreditAccountCredit":{"storeCreditAccountTransaction":null,"userErrors":[{"field":["id"],"code":"CODE","message":"No."}]}}}""".Replace("CODE", code, StringComparison.Ordinal)));

        await _world.ApproveAsync(_world.Order("1001"));

        var (state, problem) = await _world.RewardAsync();
        Assert.That(state, Is.EqualTo("pending_code"));
        Assert.That(problem, Is.EqualTo($"{words} Shopify says: No. ({code}, id)"));
        Assert.That(await _world.BalancesAsync(), Is.EqualTo((900L, 1000L, 0L)));
    }

    [TestCase(10, 0, "revoked", 0)]
    [TestCase(10, 4, "cost", 400)]
    [TestCase(10, 10, "cost", 1000)]
    public async Task W_4_the_account_is_debited_by_what_it_has_and_the_rest_is_cost(int credited, int used, string state, long paid)
    {
        var order = _world.Order("1001");
        await _world.ApproveAsync(order);
        if (used > 0)
        {
            _world.Shopify.Move(ValueWorld.Shop, _customer, -used, @event: "ORDER_PAYMENT");
        }

        await _world.RefundAsync(order);

        Assert.That((await _world.RewardAsync()).State, Is.EqualTo(state));
        Assert.That(Balance, Is.Zero);
        Assert.That(await _world.BalancesAsync(), Is.EqualTo((0L, 0L, paid)));
        Assert.That(_world.Shopify.Credit[0].Amount, Is.EqualTo(credited));
        await _world.AssertSoundAsync();
    }

    [Test]
    public async Task W_4_a_debit_whose_answer_was_lost_is_known_again_and_not_made_twice()
    {
        var order = _world.Order("1001");
        await _world.ApproveAsync(order);
        _world.Shopify.Move(ValueWorld.Shop, _customer, 50m);
        _world.Shopify.Next(new FakeShopify.Fault.None(), new FakeShopify.Fault.LostAnswer());

        await _world.RefundAsync(order);

        Assert.That((await _world.RewardAsync()).State, Is.EqualTo("revoked"));
        Assert.That(Balance, Is.EqualTo(50m));
        Assert.That(await _world.BalanceAsync(Account.Paid), Is.Zero);
        await _world.AssertSoundAsync();
    }

    // What an order pays looks like a debit of ours in all but its cause.
    [Test]
    public async Task W_4_what_an_order_has_paid_is_not_taken_for_a_debit_whose_answer_was_lost()
    {
        var order = _world.Order("1001");
        await _world.ApproveAsync(order);
        _world.Shopify.Move(ValueWorld.Shop, _customer, 50m);
        _world.Shopify.Next(new FakeShopify.Fault.None(), new FakeShopify.Fault.Status(503));
        await _world.RefundAsync(order, minutes: 0);
        _world.Shopify.Move(ValueWorld.Shop, _customer, -10m, @event: "ORDER_PAYMENT");

        await _world.SettleAsync(10);

        Assert.That(Balance, Is.EqualTo(40m));
        Assert.That(await _world.BalanceAsync(Account.Paid), Is.Zero);
    }

    [Test]
    public async Task B_4_what_the_programme_gave_and_took_back_is_its_own_credit_where_the_customer_pays_with_it()
    {
        await using var world = await ValueWorld.OpenAsync(ValueWorld.Terms(RewardForm.StoreCredit) with { ProgrammeCreditLowersBase = true });
        var customer = world.Shopify.NewCustomer(ValueWorld.Shop, ValueWorld.Email);
        await world.AmbassadorAsync("BOB10", "bob@ambassadors.example");
        var order = world.Order("1001");
        await world.ApproveAsync(order);

        // By the customer's number, as the order has another address.
        var own = new TestOrder("2001", world.App.Clock.GetUtcNow()) { Customer = long.Parse(customer.Split('/')[^1], System.Globalization.CultureInfo.InvariantCulture), Email = "other@example.test" };
        await world.PaysAsync(own.With("BOB10", "10.00") with { Payment = (["shopify_store_credit"], "90.00") });
        var before = await ReceiptAsync(world, "2001");
        await world.RefundAsync(order);
        await world.PaysAsync(own.With("BOB10", "10.00") with { Id = "2002", At = world.App.Clock.GetUtcNow(), Payment = (["shopify_store_credit"], "90.00") });
        var after = await ReceiptAsync(world, "2002");

        Assert.That((before.StoreCredit!.ProgrammeMinor, before.BaseMinor), Is.EqualTo((1000L, 8000L)));
        Assert.That(after.BaseMinor, Is.EqualTo(9000));
        Assert.That(
            await world.App.Db.ManyAsync<long>("SELECT amount_minor FROM programme_credits WHERE store_id = @s ORDER BY id", new { s = world.Store.Id }), Is.EqualTo([1000L, -1000L]));
        await world.AssertSoundAsync();
    }

    [Test]
    public async Task A_customer_whom_Shopify_wants_erased_is_forgotten_and_their_credit_stays_as_cost()
    {
        var order = _world.Order("1001");
        await _world.ApproveAsync(order);
        var number = _customer.Split('/')[^1];
        await FakeShopify.DeliverAsync(
            _world.App, ValueWorld.Shop, "customers/redact",
            $$"""{"shop_id":{{FakeShopify.IdOf(ValueWorld.Shop)}},"shop_domain":"{{ValueWorld.Shop}}","customer":{"id":{{number}},"email":"{{ValueWorld.Email}}","phone":null},"orders_to_redact":[]}""");
        await _world.App.DrainAsync();
        Assert.That(await _world.App.Db.OneAsync<long>("SELECT CAST(COUNT(*) AS bigint) FROM rewards WHERE store_id = @s AND holder_id IS NOT NULL", new { s = _world.Store.Id }), Is.Zero);

        await _world.RefundAsync(order);

        Assert.That((await _world.RewardAsync()).State, Is.EqualTo("cost"));
        Assert.That(await _world.BalanceAsync(Account.Paid), Is.EqualTo(1000));
        await _world.AssertSoundAsync();
    }

    [Test]
    public async Task Nothing_is_asked_of_a_store_that_has_left_until_it_is_back()
    {
        await _world.PaysAsync(_world.Order("1001"));
        _world.App.Clock.Advance(TimeSpan.FromDays(31));
        await _world.App.Get<ReleaseHolds>().RunOnceAsync(default);
        await _world.App.Db.InTransactionAsync(tx => _world.App.Get<Installation>().UninstallAsync(tx, _world.Store));
        _world.App.Get<Installation>().Forget(_world.Store);
        await _world.App.DrainAsync();
        var waiting = await _world.BalancesAsync();

        await _world.Shopify.InstallAsync(_world.App, ValueWorld.Shop);
        await _world.SettleAsync();

        Assert.That(waiting, Is.EqualTo((900L, 1000L, 0L)));
        Assert.That((await _world.RewardAsync()).State, Is.EqualTo("issued"));
    }

    private async Task DaysAsync(int days)
    {
        for (var day = 0; day < days; day++)
        {
            _world.App.Clock.Advance(TimeSpan.FromDays(1));
            await _world.App.DrainAsync();
        }
    }

    private static async Task<Receipt> ReceiptAsync(ValueWorld world, string orderId) => Receipt.FromJson(
        (await world.App.Db.OneAsync<string>("SELECT content FROM receipts WHERE store_id = @s AND order_id = @orderId", new { s = world.Store.Id, orderId }))!);
}
