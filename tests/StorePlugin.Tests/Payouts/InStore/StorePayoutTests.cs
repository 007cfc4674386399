// Payouts that stay in the store: given once, through lost answers and outages, looked for before anything is sent again, and taken back (rules P1 to P4).
using System.Text.Json.Nodes;
using StorePlugin.Campaigns;
using StorePlugin.Inbox;
using StorePlugin.Payouts;
using StorePlugin.Tests.Rewards;
using StorePlugin.Tests.Rig;
using StorePlugin.Webhooks;

namespace StorePlugin.Tests.Payouts.InStore;

internal sealed class StorePayoutTests
{
    private ValueWorld _world = null!;
    private string _customer = "";

    [SetUp]
    public async Task OpenAsync()
    {
        _world = await ValueWorld.OpenAsync(new Terms(1000, 1000, 30, 30) { Currency = Currency.Parse("EUR") });
        _customer = _world.Shopify.NewCustomer(ValueWorld.Shop, ValueWorld.Email);
        var settings = new JsonObject { ["methods"] = new JsonArray("store_credit", "discount_code", "paypal") };
        Assert.That((await _world.Api.Put("payout-settings", settings)).Status, Is.EqualTo(200));
    }

    [TearDown]
    public async Task CloseAsync() => await _world.DisposeAsync();

    private decimal Credit => _world.Shopify.BalanceOf(ValueWorld.Shop, _customer);

    private static readonly FakeShopify.Fault Well = new FakeShopify.Fault.None();

    [Test]
    public async Task The_customer_with_the_ambassadors_address_is_credited_what_the_payout_is_of()
    {
        await EarnAsync("store_credit");
        var preview = await PayAsync();

        Assert.That((string?)preview["lines"]![0]!["provider"], Is.EqualTo("store_credit"));
        var payout = await PayoutAsync();
        Assert.That(((string?)payout["state"], (string?)payout["provider"], (string?)payout["problem"]), Is.EqualTo(("sent", "store_credit", (string?)null)));
        Assert.That((string?)payout["transferId"], Does.StartWith("gid://"));
        Assert.That(_world.Shopify.Credit.Select(move => (move.Customer, move.Amount, move.ExpiresAt)), Is.EqualTo([(_customer, 27m, (DateTimeOffset?)null)]));
        Assert.That(await _world.BalancesAsync(), Is.EqualTo((0L, 0L, 2700L)));
        Assert.That(
            await _world.App.Db.OneAsync<long>("SELECT amount_minor FROM programme_credits"), Is.EqualTo(2700), "the store credit is the programme's own where it pays for an order (rule B4)");
        await _world.AssertSoundAsync();
    }

    [Test]
    public async Task The_mail_tells_that_it_is_there_and_how_to_use_it()
    {
        await EarnAsync("store_credit");
        await PayAsync();
        await _world.SettleAsync();

        var mail = ReadMail.AllOf(_world.App).Single(one => one["Subject"].Contains("has paid you", StringComparison.Ordinal));

        Assert.That(mail.Text, Does.Contain("as store credit on your customer account there").And.Contain("It is there now. Sign in to the store with this e-mail address"));
    }

    [Test]
    public async Task A_credit_whose_answer_was_lost_is_found_and_not_given_twice()
    {
        await EarnAsync("store_credit");
        _world.Shopify.Next(Well, new FakeShopify.Fault.LostAnswer());
        await PayAsync();

        Assert.That((string?)(await PayoutAsync())["state"], Is.EqualTo("sent"));
        Assert.That(Credit, Is.EqualTo(27m));
        await _world.AssertSoundAsync();
    }

    [Test]
    public async Task A_credit_that_was_never_made_is_given_when_a_look_finds_nothing()
    {
        await EarnAsync("store_credit");
        _world.Shopify.Next(Well, new FakeShopify.Fault.Status(503));
        await PayAsync();
        var attempt = (await PayoutAsync())["attempts"]![0]!;

        Assert.That(((string?)attempt["outcome"], (long)attempt["sends"]!), Is.EqualTo(("accepted", 2L)));
        Assert.That(Credit, Is.EqualTo(27m));
        await _world.AssertSoundAsync();
    }

    [Test]
    public async Task What_cannot_be_told_apart_is_never_sent_again_and_waits_for_a_person()
    {
        await EarnAsync("store_credit");
        _world.Shopify.Next(Well, new FakeShopify.Fault.LostAnswer());
        await PayAsync(minutes: 0);
        _world.Shopify.Move(ValueWorld.Shop, _customer, 27m);
        await _world.SettleAsync(60);
        var (unclear, waiting) = (await PayoutAsync(), await _world.BalancesAsync());
        await _world.ReplayAsync();

        Assert.That(((string?)unclear["state"], waiting), Is.EqualTo(("unknown", (0L, 2700L, 0L))));
        Assert.That((string?)unclear["problem"], Does.Contain("cannot be told from the customer's account. Please look there"));
        Assert.That((string?)(await PayoutAsync())["state"], Is.EqualTo("sent"), "the person has looked");
        Assert.That(Credit, Is.EqualTo(54m));
        await _world.AssertSoundAsync();
    }

    [Test]
    public async Task Whoever_is_no_customer_keeps_the_balance_and_is_told_what_to_do()
    {
        _world.Shopify.Customers.Clear();
        await EarnAsync("store_credit");
        await PayAsync();
        await _world.SettleAsync();
        var payout = await PayoutAsync();

        Assert.That(((string?)payout["state"], (string?)payout["problem"]), Is.EqualTo(("refused", "The store has no customer with the ambassador's e-mail address.")));
        Assert.That((long)payout["attempts"]![0]!["sends"]!, Is.Zero, "nothing was sent");
        Assert.That(await _world.BalancesAsync(), Is.EqualTo((2700L, 0L, 0L)));
        var mail = ReadMail.AllOf(_world.App).Single(one => one["Subject"].Contains("did not go through", StringComparison.Ordinal));
        Assert.That(mail.Text, Does.Contain("with this e-mail address: open one there, or choose another way to be paid"));
        await _world.AssertSoundAsync();
    }

    [Test]
    public async Task A_code_takes_the_amount_off_one_order_and_only_its_ambassador_sees_it()
    {
        await EarnAsync("discount_code");
        await PayAsync();
        await _world.SettleAsync();

        var payout = await PayoutAsync();
        var (key, made) = _world.Shopify.Discounts.Single(one => one.Value.Title.StartsWith("StorePlugin payout", StringComparison.Ordinal));
        Assert.That((string?)payout["state"], Is.EqualTo("sent"));
        Assert.That((string?)made.Input["customerGets"]!["value"]!["discountAmount"]!["amount"], Is.EqualTo("27.00"));
        Assert.That(((long)made.Input["usageLimit"]!, (bool)made.Input["appliesOncePerCustomer"]!), Is.EqualTo((1L, true)));
        Assert.That(payout.ToJsonString(), Does.Not.Contain(key.Code));
        Assert.That(ReadMail.AllOf(_world.App).Select(mail => mail.Text), Has.None.Contains(key.Code).And.None.Contains(Grouped(key.Code)).And.Some.Contains("so it is in no mail"));
        Assert.That(await _world.App.Db.OneAsync<long>("SELECT COUNT(*) FROM effects WHERE payload LIKE @code OR outcome LIKE @code", new { code = $"%{key.Code}%" }), Is.Zero);

        using var browser = await Rooms.SignInAsync(_world.App, _world.Store, _world.Ann);
        Assert.That((await browser.GetAsync("/portal")).Text("#paid-codes"), Does.Contain(Grouped(key.Code)).And.Contain("27.00"));
        await _world.AssertSoundAsync();
    }

    [Test]
    public async Task A_code_whose_answer_was_lost_is_known_again()
    {
        await EarnAsync("discount_code");
        _world.Shopify.Next(new FakeShopify.Fault.LostAnswer());
        await PayAsync();

        Assert.That((string?)(await PayoutAsync())["state"], Is.EqualTo("sent"));
        Assert.That(_world.Shopify.Discounts.Count(one => one.Value.Title.StartsWith("StorePlugin payout", StringComparison.Ordinal)), Is.EqualTo(1));
    }

    [Test]
    public async Task A_part_of_a_credit_is_taken_back_and_never_more_than_is_left()
    {
        await EarnAsync("store_credit");
        await PayAsync();
        var part = await TakeBackAsync(1000);
        _world.Shopify.Move(ValueWorld.Shop, _customer, -10m);
        var (state, problem) = await TakeBackAsync(null);

        Assert.That(part, Is.EqualTo(("done", (string?)null)));
        Assert.That(state, Is.EqualTo("refused"));
        Assert.That(problem?.Replace('\u00A0', ' '), Does.StartWith("Only 7.00 EUR are left of the customer's store credit"));
        Assert.That(Credit, Is.EqualTo(7m));
        Assert.That(await _world.BalancesAsync(), Is.EqualTo((1000L, 0L, 1700L)));
        Assert.That(((string?)(await PayoutAsync())["state"], (long)(await PayoutAsync())["reversed"]!["minor"]!), Is.EqualTo(("reversed", 1000L)));
        await _world.AssertSoundAsync();
    }

    [Test]
    public async Task A_credit_that_was_taken_back_without_an_answer_is_not_taken_twice()
    {
        await EarnAsync("store_credit");
        await PayAsync();
        _world.Shopify.Next(Well, new FakeShopify.Fault.LostAnswer());

        Assert.That(await TakeBackAsync(1000), Is.EqualTo(("done", (string?)null)));
        Assert.That(Credit, Is.EqualTo(17m));
        Assert.That(await _world.BalancesAsync(), Is.EqualTo((1000L, 0L, 1700L)));
        await _world.AssertSoundAsync();
    }

    [Test]
    public async Task A_code_is_taken_back_as_a_whole_once_it_is_sure_that_nobody_used_it()
    {
        await EarnAsync("discount_code");
        await PayAsync();
        var part = await _world.Api.Post($"payouts/{(string?)(await PayoutAsync())["id"]}/reversals", new JsonObject { ["reason"] = "a slip", ["amount"] = Minor(1000) });
        var (state, _) = await TakeBackAsync(null, minutes: 2);
        var paidMeanwhile = await _world.BalancesAsync();
        await _world.SettleAsync(15);

        Assert.That(part.Status, Is.EqualTo(422).Or.EqualTo(400));
        Assert.That((state, paidMeanwhile), Is.EqualTo(("unknown", (0L, 0L, 2700L))), "a use may not be counted yet");
        Assert.That(await _world.BalancesAsync(), Is.EqualTo((2700L, 0L, 0L)));
        Assert.That(_world.Shopify.Off, Has.Count.EqualTo(1));
        using var browser = await Rooms.SignInAsync(_world.App, _world.Store, _world.Ann);
        Assert.That((await browser.GetAsync("/portal")).Text("#paid-codes"), Does.Contain("taken back"));
        await _world.AssertSoundAsync();
    }

    [Test]
    public async Task A_code_that_was_used_stays_paid()
    {
        await EarnAsync("discount_code");
        await PayAsync();
        _world.Shopify.Uses[(string)(await PayoutAsync())["transferId"]!] = 1;

        Assert.That(await TakeBackAsync(null), Is.EqualTo(("refused", "The code was used: there is nothing to take back.")));
        Assert.That(await _world.BalancesAsync(), Is.EqualTo((0L, 0L, 2700L)));
        Assert.That(_world.Shopify.Off, Is.Empty);
    }

    [Test]
    public async Task A_run_that_a_person_has_stopped_gives_nothing_until_it_goes_on()
    {
        await EarnAsync("store_credit");
        var run = (string)(await _world.Api.Post("payout-runs")).Json!["id"]!;
        Assert.That((await _world.Api.Post($"payout-runs/{run}/approval")).Status, Is.InRange(200, 299));
        Assert.That((await _world.Api.Post($"payout-runs/{run}/stop")).Status, Is.InRange(200, 299));
        await _world.SettleAsync();
        var held = Credit;
        Assert.That((await _world.Api.Post($"payout-runs/{run}/resumption")).Status, Is.InRange(200, 299));
        await _world.SettleAsync();

        Assert.That((held, Credit), Is.EqualTo((0m, 27m)));
    }

    [Test]
    public async Task When_the_store_leaves_what_was_not_given_is_payable_again()
    {
        await EarnAsync("store_credit");
        var run = (string)(await _world.Api.Post("payout-runs")).Json!["id"]!;
        await _world.Api.Post($"payout-runs/{run}/approval");
        await FakeShopify.DeliverAsync(_world.App, ValueWorld.Shop, "app/uninstalled", _world.Shopify.ShopJson(ValueWorld.Shop));
        await _world.App.Get<InboxWorker>().RunOnceAsync(default);
        await _world.SettleAsync();

        Assert.That(await _world.App.Db.OneAsync<string>("SELECT state FROM payouts"), Is.EqualTo("cancelled"));
        Assert.That(await _world.BalancesAsync(), Is.EqualTo((2700L, 0L, 0L)));
    }

    [Test]
    public async Task The_way_is_named_without_details_and_a_change_of_it_makes_payouts_wait()
    {
        var path = $"ambassadors/{_world.Ann}/payout-method";
        var more = await _world.Api.Put(path, new JsonObject { ["kind"] = "store_credit", ["email"] = "thief@example.com" });
        var paypal = await _world.Api.Put(path, new JsonObject { ["kind"] = "paypal", ["email"] = "ann@example.com" });
        var credit = await _world.Api.Put(path, new JsonObject { ["kind"] = "store_credit" });

        Assert.That(more.Status, Is.EqualTo(422).Or.EqualTo(400));
        Assert.That((paypal.Status, credit.Status), Is.EqualTo((200, 200)));
        Assert.That((credit.Text("kind"), credit.Text("masked")), Is.EqualTo(("store_credit", "store credit")));
        Assert.That((string?)credit.Json!["payoutsFrom"], Is.Not.Null);
    }

    [Test]
    public async Task Only_a_store_that_the_program_can_ask_offers_it()
    {
        await _world.App.Db.DoAsync("UPDATE stores SET platform = 'woocommerce' WHERE id = @id", new { id = _world.Store.Id });
        _world.App.Get<StorePlugin.Stores.StoreDirectory>().Forget(_world.Store);

        var refused = await _world.Api.Put("payout-settings", new JsonObject { ["methods"] = new JsonArray("store_credit") });

        Assert.That(refused.Status, Is.EqualTo(422).Or.EqualTo(400));
        Assert.That(refused.Json!.ToJsonString(), Does.Contain("the program cannot give it in a store of woocommerce"));
    }

    [Test]
    public void What_the_store_cannot_give_in_a_currency_is_held_with_the_reason()
    {
        var payee = new Payee(
            "amb_1", Money.Parse("50.00", Currency.Parse("USD")), "approved", new PayoutDestination(PayoutProvider.StoreCredit, "pm_1"), null,
            Wait: new PayeeWait.OtherCurrency());

        Assert.That(
            PayoutDecision.Decide(payee, connected: false),
            Is.EqualTo(new PayoutDecision.Hold("The store gives credit and discount codes in its own currency only; they must name another way.")));
    }

    /// <summary>27.00 EUR are approved for the ambassador, who has chosen a way in the store.</summary>
    private async Task EarnAsync(string kind)
    {
        Assert.That((await _world.Api.Put($"ambassadors/{_world.Ann}/payout-method", new JsonObject { ["kind"] = kind })).Status, Is.EqualTo(200));
        await _world.ApproveAsync(_world.Order("1001"), _world.Order("1002"), _world.Order("1003"));
        Assert.That(await _world.BalancesAsync(), Is.EqualTo((2700L, 0L, 0L)));
    }

    /// <summary>Makes a run and approves it; returns the preview.</summary>
    private async Task<JsonNode> PayAsync(int minutes = 5)
    {
        var preview = (await _world.Api.Post("payout-runs")).Json!;
        Assert.That((await _world.Api.Post($"payout-runs/{preview["id"]}/approval")).Status, Is.InRange(200, 299));
        await _world.SettleAsync(minutes);
        return preview;
    }

    private async Task<JsonNode> PayoutAsync() => (await _world.Api.Get("payouts")).Json!["items"]!.AsArray().Single()!;

    private async Task<(string State, string? Problem)> TakeBackAsync(long? minor, int minutes = 5)
    {
        var path = $"payouts/{(string?)(await PayoutAsync())["id"]}/reversals";
        var asked = await _world.Api.Post(path, minor is { } part ? new JsonObject { ["reason"] = "a slip", ["amount"] = Minor(part) } : new JsonObject { ["reason"] = "a slip" });
        Assert.That(asked.Status, Is.EqualTo(202), asked.Json!.ToJsonString());
        await _world.SettleAsync(minutes);
        var reversal = (await _world.Api.Get(path)).Json!["items"]!.AsArray()[^1]!;
        return ((string)reversal["state"]!, (string?)reversal["problem"]);
    }

    private static JsonObject Minor(long minor) => new() { ["minor"] = minor, ["currency"] = "EUR" };

    private static string Grouped(string code) => string.Join(' ', code.Chunk(4).Select(part => new string(part)));
}
