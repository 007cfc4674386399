// The ways through the database of gift cards and store credit, with the rehearsal platform behind them.
using StorePlugin.Campaigns;
using StorePlugin.Inbox;
using StorePlugin.Ledger;
using StorePlugin.Orders;
using StorePlugin.Rewards;
using StorePlugin.Stores;
using StorePlugin.Tests.Rewards;
using StorePlugin.Tests.Rig;
using StorePlugin.Verification;
using StorePlugin.Webhooks;

namespace StorePlugin.Tests.Data;

internal static partial class Flows
{
    private static async Task GiftCardsAsync(StoreApp app)
    {
        var (shop, ann) = await OpenValueAsync(app, "flow-value-cards", RewardForm.GiftCard);
        var (first, second) = (await RewardOfAsync(app, shop, "1"), await RewardOfAsync(app, shop, "2"));

        // The answer of one is lost; it is found by its code.
        await Effects.AskAsync(app, shop.Store.Id, Effect.Kinds.GiveValue, first);
        Assert.That((await Effects.PerformAsync(app, shop.Store.Id, Effect.Kinds.GiveValue, first)).Text, Is.EqualTo("The gift card had been made before."));
        await app.DrainAsync();
        await app.Db.DoAsync(
            "UPDATE rehearsal_values SET left_minor = 200 WHERE store_id = @s AND note LIKE @note", new { s = shop.Store.Id, note = $"%{second}%" });
        await SendBackAsync(app, shop, "1");
        await SendBackAsync(app, shop, "2");
        await app.DrainAsync();

        Assert.That(await ValueStatesAsync(app, shop), Is.EqualTo(["revoked", "cost", "issued", "issued", "issued"]));
        Assert.That(await shop.BalanceAsync(ann, Account.Paid), Is.EqualTo(300 + (3 * 500)));
        await AssertBooksAsync(app, shop);
    }

    private static async Task StoreCreditsAsync(StoreApp app)
    {
        var (shop, ann) = await OpenValueAsync(app, "flow-value-credit", RewardForm.StoreCredit);
        var ids = new List<string>();
        foreach (var order in new[] { "1", "2", "3", "4", "5" })
        {
            ids.Add(await RewardOfAsync(app, shop, order));
        }

        // The first was never tried; the second is looked for, since its answer was lost.
        await SendBackAsync(app, shop, "1");
        await Effects.AskAsync(app, shop.Store.Id, Effect.Kinds.GiveValue, ids[1]);
        app.Clock.Advance(TimeSpan.FromMinutes(2));
        Assert.That((await Effects.PerformAsync(app, shop.Store.Id, Effect.Kinds.GiveValue, ids[1])).Text, Is.EqualTo("The store credit had been given before."));

        // The third is taken back while its answer is on the way, and the answer comes twice.
        var answer = await Effects.AskAsync(app, shop.Store.Id, Effect.Kinds.GiveValue, ids[2]);
        await SendBackAsync(app, shop, "3");
        await app.Db.InTransactionAsync(answer.Write!);
        await app.Db.InTransactionAsync(answer.Write!);

        // The fourth was noted and never sent.
        await app.Db.DoAsync(
            "UPDATE rewards SET sent_at = @now, holder_id = 'nobody' WHERE store_id = @s AND id = @id",
            new { s = shop.Store.Id, id = ids[3], now = app.Clock.GetUtcNow() });
        await SendBackAsync(app, shop, "4");
        app.Clock.Advance(TakeValueBack.InFlight);
        await app.DrainAsync();

        // The answer to a debit is lost, and the fifth's ambassador is erased before it is given.
        await SendBackAsync(app, shop, "2");
        await Effects.AskAsync(app, shop.Store.Id, Effect.Kinds.TakeValueBack, ids[1]);

        // Of one customer one thing is on its way at a time: what finds another puts itself off for a minute.
        for (var i = 0; i < 5; i++)
        {
            app.Clock.Advance(TimeSpan.FromMinutes(2));
            await app.DrainAsync();
        }

        Assert.That(await ValueStatesAsync(app, shop), Is.EqualTo(["revoked", "revoked", "revoked", "revoked", "issued"]));
        Assert.That(await shop.BalanceAsync(ann, Account.Paid), Is.EqualTo(500));

        var bob = await shop.AmbassadorAsync("FLOWVALUEBOB");
        await shop.PaysAsync(Order("6").With("FLOWVALUEBOB", "10.00") with { At = app.Clock.GetUtcNow() });
        await app.Db.DoAsync("UPDATE ambassadors SET email = '' WHERE store_id = @s AND id = @bob", new { s = shop.Store.Id, bob });
        app.Clock.Advance(TimeSpan.FromDays(31));
        await app.DrainAsync();
        Assert.That(await shop.BalanceAsync(bob, Account.InPayout), Is.EqualTo(500), "it waits, and says why");
        await AssertBooksAsync(app, shop);

        await app.Db.InTransactionAsync(tx => CreditMoves.EraseAsync(tx, shop.Store, "nobody"));
        await app.Db.InTransactionAsync(tx => app.Get<Installation>().UninstallAsync(tx, shop.Store));
        app.Get<Installation>().Forget(shop.Store);
        await app.Db.InTransactionAsync(tx => app.Get<ReceiveStoreEvent>().ApplyAsync(
            tx, shop.Store, new PrivacyRequested("shop/redact"), app.Clock.GetUtcNow(), app.Clock.GetUtcNow()));
        await EraseAsync(app);
        Assert.That(
            await app.Db.OneAsync<long>("SELECT CAST(COUNT(*) AS bigint) FROM rewards WHERE store_id = @s AND holder_id IS NOT NULL", new { s = shop.Store.Id }), Is.Zero);
    }

    /// <summary>A shop of which five orders have been approved, and nothing has been given yet.</summary>
    private static async Task<(Shop Shop, string Ann)> OpenValueAsync(StoreApp app, string name, RewardForm form)
    {
        var shop = await Shop.OpenAsync(app, name, new Terms(1000, 1000, 30, 30)
        {
            Currency = Currency.Parse("EUR"),
            AdvocateReward = new AdvocateReward(new RewardCode(null, 500, null, 365) { As = form }, null),
        });
        await RewardWorld.OpenPlatformAsync(app, shop);
        var ann = await shop.AmbassadorAsync(name.ToUpperInvariant());
        foreach (var id in new[] { "1", "2", "3", "4", "5" })
        {
            await shop.PaysAsync(Order(id).With(name, "10.00") with { At = app.Clock.GetUtcNow() });
        }

        app.Clock.Advance(TimeSpan.FromDays(31));
        await app.Get<ReleaseHolds>().RunOnceAsync(default);
        Assert.That(await shop.BalanceAsync(ann, Account.InPayout), Is.EqualTo(5 * 500));
        return (shop, ann);
    }

    private static async Task<string> RewardOfAsync(StoreApp app, Shop shop, string orderId) => (await app.Db.OneAsync<string>(
        "SELECT id FROM rewards WHERE store_id = @s AND order_id = @orderId", new { s = shop.Store.Id, orderId }))!;

    private static Task<IReadOnlyList<string>> ValueStatesAsync(StoreApp app, Shop shop) => app.Db.ManyAsync<string>(
        "SELECT state FROM rewards WHERE store_id = @s ORDER BY order_id", new { s = shop.Store.Id });

    /// <summary>The refund is followed; what it asks for is not done yet.</summary>
    private static async Task SendBackAsync(StoreApp app, Shop shop, string orderId)
    {
        await shop.DeliverAsync("refunds/create", (Order(orderId) with { UpdatedAt = app.Clock.GetUtcNow() }).RefundJson(orderId + "1", 0, "90.00"));
        while (await app.Get<InboxWorker>().RunOnceAsync(default) > 0)
        {
        }
    }

    private static async Task AssertBooksAsync(StoreApp app, Shop shop)
    {
        Assert.That(await app.Get<Verify>().RunAsync(shop.Store.Id, default), Is.Empty);
        Assert.That((await app.Get<Rebuild>().RunAsync(shop.Store.Id, _ => { }, default)).Findings, Is.Empty);
    }
}
