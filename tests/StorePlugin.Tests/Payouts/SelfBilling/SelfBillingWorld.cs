// A store that bills for its payees: what both sides agree, orders that lose commission, and payouts that are settled in any way.
using System.Text.Json.Nodes;
using StorePlugin.Data;
using StorePlugin.Ledger;
using StorePlugin.Payouts;
using StorePlugin.Payouts.SelfBilling;
using StorePlugin.Tests.Rig;
using StorePlugin.Verification;
using StorePlugin.Webhooks;

namespace StorePlugin.Tests.Payouts.SelfBilling;

internal sealed class SelfBillingWorld : IAsyncDisposable
{
    private SelfBillingWorld(PayoutWorld world, ApiClient api) => (Payouts, Api) = (world, api);

    public PayoutWorld Payouts { get; }

    public ApiClient Api { get; }

    public static async Task<SelfBillingWorld> StartAsync() => await OfAsync(await PayoutWorld.StartAsync());

    /// <param name="world">Of which the store bills from now on.</param>
    public static async Task<SelfBillingWorld> OfAsync(PayoutWorld world)
    {
        var billing = new SelfBillingWorld(world, await ApiClient.OfAsync(world.App, world.Store));
        Assert.That((await billing.Api.Put("self-billing", Merchant())).Status, Is.EqualTo(200));
        return billing;
    }

    public static JsonObject Merchant(long rateBp = 1900) => new()
    {
        ["name"] = "Lux GmbH",
        ["address"] = "Hauptstr. 1\n10115 Berlin",
        ["country"] = "DE",
        ["vatId"] = "DE123456789",
        ["domesticRateBp"] = rateBp,
        ["numberPrefix"] = "LUX-",
    };

    public static JsonObject Tax(string vatCase, bool agreed = true) => new()
    {
        ["vatCase"] = vatCase,
        ["name"] = "Ann Example",
        ["address"] = "Weg 2\n20095 Hamburg",
        ["country"] = vatCase == VatCase.ReverseCharge ? "FR" : "DE",
        ["agreed"] = agreed,
        ["vatId"] = vatCase switch { VatCase.ReverseCharge => "FR12345678901", VatCase.Domestic => "DE987654321", _ => null },
        ["taxNumber"] = vatCase == VatCase.SmallBusiness ? "22/333/44444" : null,
    };

    public async Task SayAsync(string ambassadorId, string vatCase, bool agreed = true) =>
        Assert.That((await Api.Put($"ambassadors/{ambassadorId}/tax", Tax(vatCase, agreed))).Status, Is.EqualTo(200));

    /// <summary>An ambassador who agrees.</summary>
    public async Task<string> PayeeAsync(string name, string vatCase = VatCase.Domestic)
    {
        var id = await Payouts.AmbassadorAsync(name, $"acct_{name.ToLowerInvariant()}");
        await SayAsync(id, vatCase);
        return id;
    }

    /// <summary>Pays what is owed, and says that it was sent.</summary>
    public async Task<Payout> PaidAsync(string ambassadorId) => await SentAsync(await ReservedAsync(ambassadorId));

    public async Task<Payout> ReservedAsync(string ambassadorId)
    {
        var run = await Payouts.PayAsync();
        return await Payouts.PayoutAsync(run.Payouts.Single(payout => payout.AmbassadorId == ambassadorId).Id);
    }

    public async Task<Payout> SentAsync(Payout payout)
    {
        await Payouts.Db.InTransactionAsync(async tx => Assert.That(await SendAsync(tx, payout)));
        return await Payouts.PayoutAsync(payout.Id);
    }

    public async Task<bool> SendAsync(Tx tx, Payout payout)
    {
        var attempt = (await tx.ManyAsync<PayoutAttempt>(PayoutAttempt.OfPayout, new { storeId = payout.StoreId, payoutId = payout.Id }))[^1];
        return await PayoutBook.PaidAsync(tx, Payouts.Store, payout, attempt, $"tr_{payout.Id}", Payouts.Clock.GetUtcNow(), "test", "It was sent.");
    }

    public async Task RefusedAsync(Payout payout)
    {
        var attempt = (await Payouts.AttemptsAsync(payout.Id))[^1];
        await Payouts.Db.InTransactionAsync(async tx =>
        {
            Assert.That(await PayoutBook.BeginSendAsync(tx, attempt, "test", Payouts.Clock.GetUtcNow()));
            Assert.That(await PayoutBook.FailedAsync(tx, Payouts.Store, payout, attempt, "It failed.", Payouts.Clock.GetUtcNow(), "test", "It failed."));
        });
    }

    public Task CancelledAsync(Payout payout) =>
        Payouts.Db.InTransactionAsync(tx => PayoutBook.CancelledAsync(tx, Payouts.Store, payout, "test", Payouts.Clock.GetUtcNow()));

    /// <param name="minor">The whole sum reversed so far.</param>
    public async Task ReversedAsync(string payoutId, long minor)
    {
        var payout = await Payouts.PayoutAsync(payoutId);
        await Payouts.Db.InTransactionAsync(tx => PayoutBook.ReversedAsync(tx, Payouts.Store, payout, payout.Amount with { Minor = minor }, Payouts.Clock.GetUtcNow()));
    }

    /// <summary>An order loses commission, as a refund takes it.</summary>
    public async Task LosesAsync(string orderId, long minor)
    {
        var order = (await Payouts.Db.OneAsync<Order>(
            "SELECT order_id, revision, ambassador_id, currency FROM orders WHERE store_id = @storeId AND order_id = @orderId", new { storeId = Payouts.Store.Id, orderId }))!;
        var (now, amount) = (Payouts.Clock.GetUtcNow(), new Money(-minor, Currency.Parse(order.Currency)));
        await Payouts.Db.InTransactionAsync(async tx =>
        {
            await LedgerBook.PostAsync(
                tx, Payouts.Store,
                [
                    new LedgerTransaction(
                        LedgerKind.Commission, $"{orderId}:{order.Revision + 1}", amount.Currency, now, "test", "The order changed.",
                        LedgerTransaction.Move(order.AmbassadorId, orderId, Account.Expense, Account.Approved, amount)),
                ]);
            await tx.DoAsync(
                "UPDATE orders SET revision = revision + 1, commission_minor = commission_minor - @minor, updated_at = @now WHERE store_id = @storeId AND order_id = @orderId",
                new { storeId = Payouts.Store.Id, orderId, minor, now });
        });
    }

    public Task<IReadOnlyList<SelfBill>> BillsAsync() => Payouts.App.Get<SelfBills>().ListAsync(Payouts.Store, null, 0, 10_000, default);

    /// <summary>Kind, cause, net and VAT of each document, by number.</summary>
    public async Task<IReadOnlyList<string>> LinesAsync() =>
        [.. (await BillsAsync()).Select(bill => FormattableString.Invariant($"{bill.Number} {bill.Cause} {bill.NetMinor}+{bill.VatMinor}"))];

    /// <summary>What verify finds, but for the orders, which are planted and have no versions; and what a rebuild of payouts finds.</summary>
    public async Task AssertSoundAsync()
    {
        var found = (await Payouts.App.Get<Verify>().RunAsync(Payouts.Store.Id, default))
            .Where(finding => !finding.Check.StartsWith("order-", StringComparison.Ordinal) && !finding.Check.StartsWith("receipt-", StringComparison.Ordinal)
                && !finding.Check.StartsWith("campaign-", StringComparison.Ordinal));
        Assert.That(found, Is.Empty);
        var rebuilt = (await Payouts.App.Get<Rebuild>().RunAsync(Payouts.Store.Id, _ => { }, default)).Findings.Where(finding => finding.Check != "log-incomplete");
        Assert.That(rebuilt, Is.Empty);
    }

    public ValueTask DisposeAsync() => Payouts.DisposeAsync();

    private sealed record Order(string OrderId, long Revision, string AmbassadorId, string Currency);
}
