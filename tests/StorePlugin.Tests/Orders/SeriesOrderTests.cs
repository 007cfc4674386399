// Orders with codes that work once: they count before shared ones, and each for one order, in whatever sequence the orders are told.
using System.Text.Json.Nodes;
using StorePlugin.Ledger;
using StorePlugin.Orders;
using StorePlugin.Tests.Rig;
using StorePlugin.Verification;

namespace StorePlugin.Tests.Orders;

internal sealed class SeriesOrderTests
{
    private StoreApp _app = null!;
    private Shop _shop = null!;
    private ApiClient _api = null!;
    private string _ann = null!;
    private string _bob = null!;
    private string _code = null!;

    [SetUp]
    public async Task Open()
    {
        _app = await StoreApp.StartAsync([new("Serilog:MinimumLevel:Default", "Fatal")]);
        _shop = await Shop.OpenAsync(_app);
        _api = await ApiClient.OfAsync(_app, _shop.Store);
        _ann = await _shop.AmbassadorAsync("ANN10");
        _bob = await _shop.AmbassadorAsync("BOB10");
        _code = await SeriesOfAsync(_ann);
    }

    [TearDown]
    public async Task Close() => await _app.DisposeAsync();

    [Test]
    public async Task It_counts_before_a_shared_code_whatever_that_took_off()
    {
        await _shop.PaysAsync(Order("1").With("BOB10", "20.00").With(_code, "5.00"));

        var receipt = await _shop.ReceiptAsync("1");
        Assert.That((receipt.AmbassadorId, receipt.Reason), Is.EqualTo((_ann, $"The shopper used the code {_code}, which was made for one use.")));
        Assert.That((receipt.Touches[0].DroppedBy, receipt.Touches[0].SingleUse, receipt.Touches[1].SingleUse), Is.EqualTo(("T1", (bool?)null, (bool?)true)));
        Assert.That(ReceiptText.Lines(receipt, TimeZoneInfo.Utc), Has.Some.EqualTo($"Code {_code}, made for one use, which took off 5.00 EUR: counted."));
        await AssertSoundAsync("1");
    }

    [Test]
    public async Task Of_two_such_codes_the_greater_discount_counts()
    {
        var bobs = await SeriesOfAsync(_bob);
        await _shop.PaysAsync(Order("1").With(_code, "5.00").With(bobs, "20.00"));

        var receipt = await _shop.ReceiptAsync("1");
        Assert.That((receipt.AmbassadorId, receipt.Touches[0].DroppedBy), Is.EqualTo((_bob, "T6")));
        await AssertSoundAsync("1");
    }

    // By instant and then by id, and not by who is told of first.
    [TestCase("1", "2")]
    [TestCase("2", "1")]
    public async Task The_first_order_alone_counts_in_whatever_sequence_they_are_told(params string[] sequence)
    {
        foreach (var id in sequence)
        {
            await _shop.PaysAsync(Order(id).With(_code, "10.00"));
        }

        var (first, second) = (await _shop.ReceiptAsync("1"), await _shop.ReceiptAsync("2"));
        Assert.That((first.AmbassadorId, first.Touches[0].UsedBy), Is.EqualTo((_ann, (string?)null)));
        Assert.That(
            (second.Credited, second.Rule, second.Reason, second.Touches[0].UsedBy), Is.EqualTo((false, "T5", "The code works once, and the order 1 had used it before.", "1")));
        Assert.That(await _shop.BalanceAsync(_ann, Account.Held), Is.EqualTo(900));
        await AssertSoundAsync("1", "2");
    }

    [Test]
    public async Task Two_orders_of_one_batch_know_of_each_other()
    {
        foreach (var id in new[] { "2", "3", "1" })
        {
            await _shop.DeliverAsync("orders/paid", (Order(id) with { At = StoreApp.Start.AddMinutes(id == "1" ? 0 : 1) }).With(_code, "10.00").ToJson());
        }

        await _app.DrainAsync();

        Assert.That(await UsersAsync("1", "2", "3"), Is.EqualTo(["", "1", "1"]));
        await AssertSoundAsync("1", "2", "3");
    }

    [Test]
    public async Task Who_has_not_paid_uses_nothing_up_until_they_do()
    {
        await _shop.PaysAsync(Order("1").With(_code, "10.00") with { FinancialStatus = "pending" });
        await _shop.PaysAsync(Order("2").With(_code, "10.00"));
        var before = await UsersAsync("1", "2");
        await _shop.PaysAsync(Order("1").With(_code, "10.00") with { UpdatedAt = StoreApp.Start.AddHours(1) });

        Assert.That(before, Is.EqualTo(["", ""]));
        Assert.That(await UsersAsync("1", "2"), Is.EqualTo(["", "1"]));
        Assert.That(await _shop.BalanceAsync(_ann, Account.Held), Is.EqualTo(900));
        await AssertSoundAsync("1", "2");
    }

    [Test]
    public async Task An_order_that_loses_the_code_gives_it_to_the_next()
    {
        await _shop.PaysAsync(Order("1").With(_code, "10.00"));
        await _shop.PaysAsync(Order("2").With(_code, "10.00"));
        await _shop.PaysAsync(Order("1") with { UpdatedAt = StoreApp.Start.AddHours(1) });

        Assert.That((await _shop.ReceiptAsync("2")).AmbassadorId, Is.EqualTo(_ann));
        await AssertSoundAsync("1", "2");
    }

    [Test]
    public async Task An_order_that_is_in_a_payout_stays_as_it_was_known()
    {
        await _shop.PaysAsync(Order("2").With(_code, "10.00"));
        await _shop.TakeAsync("2");
        await _shop.PaysAsync(Order("1").With(_code, "10.00"));
        await _shop.PaysAsync(Order("2").With(_code, "10.00") with { UpdatedAt = StoreApp.Start.AddHours(1) });

        Assert.That(await UsersAsync("1", "2"), Is.EqualTo(["", ""]));
        Assert.That(await _shop.StateAsync("2"), Is.EqualTo("in_payout"));
    }

    [Test]
    public async Task A_series_that_has_ended_counts_for_orders_of_its_time_alone()
    {
        var id = await _app.Db.OneAsync<string>("SELECT MIN(series_id) FROM series_codes");
        _app.Clock.Advance(TimeSpan.FromHours(1));
        await _api.Delete($"ambassadors/{_ann}/code-series/{id}");
        await _shop.PaysAsync((Order("1") with { At = StoreApp.Start.AddHours(1).AddSeconds(-1) }).With(_code, "10.00"));
        var other = await _app.Db.OneAsync<string>("SELECT code FROM series_codes WHERE number = 2");
        await _shop.PaysAsync((Order("2") with { At = StoreApp.Start.AddHours(1) }).With(other!, "10.00"));

        Assert.That((await _shop.ReceiptAsync("1")).AmbassadorId, Is.EqualTo(_ann));
        Assert.That(((await _shop.ReceiptAsync("2")).Rule, (await _shop.ReceiptAsync("2")).Reason), Is.EqualTo(("T5", "The code was not the ambassador's at the order's instant.")));
    }

    [Test]
    public async Task A_test_order_and_a_renewal_use_nothing_up()
    {
        await _shop.PaysAsync(Order("1").With(_code, "10.00") with { Test = true });
        await _shop.PaysAsync(Order("2").With(_code, "10.00") with { Source = "subscription_contract" });
        await _shop.PaysAsync(Order("3").With(_code, "10.00"));

        Assert.That((await _shop.ReceiptAsync("3")).AmbassadorId, Is.EqualTo(_ann));
        Assert.That(await _app.Db.ManyAsync<string>("SELECT order_id FROM series_uses"), Is.EqualTo(["3"]));
    }

    private static TestOrder Order(string id) => new(id, StoreApp.Start);

    private async Task<string> SeriesOfAsync(string ambassador)
    {
        var added = await _api.Post($"ambassadors/{ambassador}/code-series", new JsonObject { ["count"] = 2 });
        Assert.That(added.Status, Is.EqualTo(201));
        return (await _app.Db.OneAsync<string>("SELECT code FROM series_codes WHERE series_id = @id AND number = 1", new { id = added.Text("id") }))!;
    }

    private async Task<IReadOnlyList<string>> UsersAsync(params string[] orders)
    {
        var users = new List<string>();
        foreach (var order in orders)
        {
            users.Add((await _shop.ReceiptAsync(order)).Touches[0].UsedBy ?? "");
        }

        return users;
    }

    /// <summary>The receipts follow from themselves, and the log gives the same once more.</summary>
    private async Task AssertSoundAsync(params string[] orders)
    {
        foreach (var order in orders)
        {
            Assert.That(ReceiptChecker.Check((await _api.Get($"orders/{order}/receipt")).Json!.ToJsonString()), Is.Empty);
        }

        Assert.That((await _app.Get<Rebuild>().RunAsync(_shop.Store.Id, _ => { }, default)).Findings, Is.Empty);
        Assert.That(await _app.Get<Verify>().RunAsync(_shop.Store.Id, default), Is.Empty);
    }
}
