// Store credit that the programme gave, and orders that were paid with it (rule B4).
using System.Text.Json.Nodes;
using StorePlugin.Campaigns;
using StorePlugin.Ledger;
using StorePlugin.Orders;
using StorePlugin.Stores;
using StorePlugin.Tests.Rig;
using StorePlugin.Verification;
using StorePlugin.Webhooks;

namespace StorePlugin.Tests.Orders;

internal sealed class ProgrammeCreditTests
{
    private static readonly Currency Euro = Currency.Parse("EUR");

    private StoreApp _app = null!;
    private Shop _shop = null!;
    private string _ann = null!;
    private ApiClient _api = null!;

    [SetUp]
    public async Task Open()
    {
        _app = await StoreApp.StartAsync();
        _shop = await Shop.OpenAsync(_app, terms: new Terms(1000, 1000, 30, 30) { ProgrammeCreditLowersBase = true });
        _ann = await _shop.AmbassadorAsync("ANN10");
        _api = await ApiClient.OfAsync(_app, _shop.Store);
    }

    [TearDown]
    public async Task Close() => await _app.DisposeAsync();

    [Test]
    public void What_was_given_and_not_used_before_is_left()
    {
        Assert.That(Unused([Given(0, 40)], []), Is.EqualTo(4000));
        Assert.That(Unused([Given(0, 40)], [Used(1, 30)]), Is.EqualTo(1000));
        Assert.That(Unused([Given(0, 40)], [Used(1, 90)]), Is.Zero, "the rest of the ninety was other credit");
        Assert.That(Unused([Given(2, 40)], [Used(1, 90)]), Is.EqualTo(4000), "nothing of it was there yet");
        Assert.That(Unused([Given(11, 40)], []), Is.Zero, "given afterwards");
    }

    [Test]
    public void What_is_taken_back_is_no_more_than_there_is() =>
        Assert.That(Unused([Given(0, 40), Given(2, -40), Given(3, 5)], [Used(1, 30)]), Is.EqualTo(500));

    [Test]
    public void An_order_that_was_sent_back_whole_gives_back_what_it_used_and_no_more()
    {
        Assert.That(Unused([Given(0, 40)], [Used(1, 90, backAt: 5)]), Is.EqualTo(4000));
        Assert.That(Unused([Given(0, 40)], [Used(1, 90, backAt: 10)]), Is.Zero, "at the order's own instant it was not back yet");
        Assert.That(Unused([Given(0, 40)], [Used(1, 30, backAt: 5), Used(2, 40)]), Is.EqualTo(3000));
    }

    [Test]
    public void No_credit_of_another_currency_is_counted() =>
        Assert.That(ProgrammeCredits.UnusedAt(At(10), OrderMoment.KeyOf(At(10), "9"), Currency.Parse("USD"), [Given(0, 40)], []), Is.Zero);

    [Test]
    public async Task B_7_credit_of_the_programme_lowers_what_counts_and_other_credit_does_not()
    {
        await GiveAsync("c1", 4000);
        await _shop.PaysAsync(Order("1", 1));
        await _shop.PaysAsync(Order("2", 2));
        await _shop.PaysAsync(Order("3", 3) with { Customer = 78, Email = "other@example.test" });

        Assert.That(await CommissionsAsync("1", "2", "3"), Is.EqualTo([600, 1000, 1000]));
        var receipt = await _shop.ReceiptAsync("1");
        Assert.That(receipt.StoreCredit, Is.EqualTo(new ReceiptStoreCredit(10_000, 4000)));
        Assert.That(ReceiptChecker.Check(ReceiptView.Of(receipt.ToJson()).ToJsonString()), Is.Empty);
        Assert.That(await _app.Get<Verify>().RunAsync(_shop.Store.Id, default), Is.Empty);
        Assert.That((await _app.Get<Rebuild>().RunAsync(_shop.Store.Id, _ => { }, default)).Findings, Is.Empty);
    }

    // Two orders, a credit that is told after them, and the first sent back whole before the second: in every order the same.
    [Test]
    public async Task I_6_the_order_of_arrival_changes_nothing([Values("1 2 g r", "g r 2 1", "2 g 1 r", "r g 2 1", "2 1 r g")] string arrival)
    {
        foreach (var step in arrival.Split(' '))
        {
            await (step switch
            {
                "g" => GiveAsync("c1", 4000),
                "r" => _shop.PaysAsync(Order("1", 1) with { FinancialStatus = "refunded", UpdatedAt = StoreApp.Start.AddHours(2) }),
                _ => _shop.PaysAsync(Order(step, 4 * (step[0] - '0') - 3)),
            });
        }

        Assert.That(await CommissionsAsync("1", "2"), Is.EqualTo([0, 600]));
        Assert.That(await _shop.BalanceAsync(_ann, Account.Held), Is.EqualTo(600));
        Assert.That((await _app.Get<Rebuild>().RunAsync(_shop.Store.Id, _ => { }, default)).Findings, Is.Empty);
    }

    [Test]
    public async Task F_9_what_the_store_does_not_tell_is_not_evaluated_and_takes_nothing()
    {
        await GiveAsync("c1", 4000);
        await _shop.PaysAsync(Order("1", 1) with { Payment = (["shopify_store_credit", "bogus"], "100.00") });
        await _shop.PaysAsync(Order("2", 2) with { Customer = null, Email = "" });

        Assert.That(await CommissionsAsync("1", "2"), Is.EqualTo([1000, 1000]));
        foreach (var id in (string[])["1", "2"])
        {
            var receipt = await _shop.ReceiptAsync(id);
            Assert.That(receipt.NotEvaluated.Select(gap => gap.Rule), Does.Contain("B4"));
            Assert.That(ReceiptChecker.Check(ReceiptView.Of(receipt.ToJson()).ToJsonString()), Is.Empty);
        }
    }

    [Test]
    public async Task The_same_call_notes_a_credit_once_and_another_amount_is_refused()
    {
        await GiveAsync("c1", 4000);
        await GiveAsync("c1", 4000);
        var other = await _api.Put("programme-credits/c1", Credit(5000));

        Assert.That((other.Status, other.Problem), Is.EqualTo((409, "/problems/credit-known")));
        Assert.That((await _api.Get("programme-credits")).Json!["items"]!.AsArray().Select(item => ((string?)item!["id"], (string?)item["kind"], (long?)item["amount"]!["minor"])),
            Is.EqualTo([("c1", "given", 4000L)]));
    }

    [Test]
    public async Task Everything_that_is_wrong_with_a_credit_is_told_at_once()
    {
        var answer = await _api.Put($"programme-credits/{new string('x', 61)}", new JsonObject
        {
            ["customer"] = new JsonObject { ["email"] = "nobody" },
            ["amount"] = new JsonObject { ["minor"] = 0, ["currency"] = "USD" },
            ["kind"] = "lent",
            ["at"] = "2999-01-01T00:00:00Z",
        });

        Assert.That(answer.Status, Is.EqualTo(400));
        Assert.That(
            answer.Json!["errors"]!.AsObject().Select(error => error.Key),
            Is.EquivalentTo(["amount.currency", "amount.minor", "at", "customer.email", "id", "kind", "reason"]));
        Assert.That((await _api.Put("programme-credits/c1", new JsonObject { ["customer"] = new JsonObject(), ["reason"] = "x" })).Json!["errors"]!.AsObject().Select(error => error.Key),
            Is.EquivalentTo(["amount", "customer.id"]));
    }

    // What was decided is decided the same again; whoever buys anew is another person.
    [Test]
    public async Task F_8_an_erased_customers_credit_stays_with_their_old_orders_and_names_nobody()
    {
        await GiveAsync("c1", 4000);
        await _shop.PaysAsync(Order("1", 2));
        var hashes = Customers.KeysOf(ShopperHashes.Of(new Shopper("77", "shopper@example.test", null), _shop.Store, _app.Get<StoreKeys>()));
        var named = ShopperHashes.Of(new Shopper("77", null, null), _shop.Store, _app.Get<StoreKeys>());
        await _app.Db.InTransactionAsync(async tx => await Customers.EraseAsync(tx, _shop.Store, await Customers.KeysOfAsync(tx, _shop.Store, named, ["1"])));

        // Of an hour before: the erased order is decided again behind it.
        await _shop.PaysAsync(Order("1", 2) with { FinancialStatus = "partially_refunded", Refunds = [("9", 0, "50.00")], UpdatedAt = StoreApp.Start.AddHours(3) });
        await _shop.PaysAsync(Order("2", 4));

        Assert.That(await CommissionsAsync("1", "2"), Is.EqualTo([300, 1000]));
        foreach (var hash in hashes)
        {
            Assert.That(
                await _app.Db.OneAsync<long>(
                    "SELECT CAST(COUNT(*) AS bigint) FROM programme_credit_customers WHERE store_id = @storeId AND customer_key = @hash", new { storeId = _shop.Store.Id, hash }),
                Is.Zero);
        }
    }

    private async Task GiveAsync(string id, long minor)
    {
        var answer = await _api.Put($"programme-credits/{id}", Credit(minor));
        Assert.That(answer.Status, Is.EqualTo(200), answer.Json?.ToJsonString());
        await _app.DrainAsync();
    }

    private static JsonObject Credit(long minor) => new()
    {
        ["customer"] = new JsonObject { ["id"] = "77", ["email"] = "shopper@example.test" },
        ["amount"] = new JsonObject { ["minor"] = minor, ["currency"] = "EUR" },
        ["reason"] = "A milestone.",
        ["at"] = InstantConverter.Text(StoreApp.Start.AddHours(-1)),
    };

    private async Task<long[]> CommissionsAsync(params string[] orders)
    {
        var commissions = new List<long>();
        foreach (var order in orders)
        {
            commissions.Add((await _shop.ReceiptAsync(order)).CommissionMinor);
        }

        return [.. commissions];
    }

    private static TestOrder Order(string id, int hours) => new(id, StoreApp.Start.AddHours(hours)) { CartRef = "ANN10", Payment = (["shopify_store_credit"], "100.00") };

    private static long Unused(ProgrammeCredit[] credits, CreditUse[] uses) => ProgrammeCredits.UnusedAt(At(10), OrderMoment.KeyOf(At(10), "9"), Euro, credits, uses);

    private static ProgrammeCredit Given(int day, long euros) => new($"c{day}", new Money(euros * 100, Euro), At(day), "", "");

    private static CreditUse Used(int day, long euros, int? backAt = null) =>
        new(OrderMoment.KeyOf(At(day), $"{day}"), new CreditPaid(new Money(euros * 100, Euro), backAt is { } back ? At(back) : null));

    private static DateTimeOffset At(int day) => StoreApp.Start.AddDays(day);
}
