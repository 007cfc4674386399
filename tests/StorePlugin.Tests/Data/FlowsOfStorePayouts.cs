// Every statement about payouts that stay in the store, run once as the program runs it, on the rehearsal platform.
using StorePlugin.Campaigns;
using StorePlugin.Inbox;
using StorePlugin.Ledger;
using StorePlugin.Orders;
using StorePlugin.Payouts;
using StorePlugin.Payouts.Manual;
using StorePlugin.Rewards;
using StorePlugin.Stores;
using StorePlugin.Tests.Rewards;
using StorePlugin.Tests.Rig;
using StorePlugin.Webhooks;

namespace StorePlugin.Tests.Data;

internal static partial class Flows
{
    private static async Task StorePayoutsAsync(StoreApp app)
    {
        var shop = await Shop.OpenAsync(app, "flow-store-payouts", new Terms(3000, 1000, 30, 30) { Currency = Currency.Parse("EUR") });
        await RewardWorld.OpenPlatformAsync(app, shop);
        var settings = new SettledPayouts([.. PayoutKind.All], null, null, null, null, null);
        await app.Get<PayoutSettings>().SetAsync(shop.Store, settings, setsDebtor: false, null, "flow", default);
        var credited = await PaidInStoreAsync(app, shop, "FLOWCREDIT", PayoutKind.StoreCredit, "1");
        var coded = await PaidInStoreAsync(app, shop, "FLOWCODED", PayoutKind.DiscountCode, "2");
        var nameless = await PaidInStoreAsync(app, shop, "FLOWNAMELESS", PayoutKind.StoreCredit, "3");
        await app.Db.DoAsync("UPDATE ambassadors SET email = '' WHERE store_id = @s AND id = @nameless", new { s = shop.Store.Id, nameless });

        var runs = app.Get<PayoutRuns>();
        var run = await runs.PreviewAsync(shop.Store, "flow", default);
        Assert.That(await runs.ApproveAsync(shop.Store, run.Id, "flow", default), Is.TypeOf<RunApproval.Done>());
        await app.Db.InTransactionAsync(tx => PayoutRuns.StopAsync(tx, shop.Store.Id, run.Id, "flow", app.Clock.GetUtcNow()));
        await app.DrainAsync();
        Assert.That(await shop.BalanceAsync(credited, Account.InPayout), Is.EqualTo(2700), "the run waits");
        Assert.That(await runs.ResumeAsync(shop.Store.Id, run.Id, default), Is.True);

        // The answer to the credit is lost, it cannot be told apart, and a person looks.
        var attempt = await SubjectAsync(credited);
        await Effects.AskAsync(app, shop.Store.Id, Effect.Kinds.SendPayout, attempt);
        await app.DrainAsync();
        var state = (await app.Db.OneAsync<Payout>(Payout.Columns + " WHERE store_id = @s AND ambassador_id = @credited", new { s = shop.Store.Id, credited }))!;
        var unclear = (await app.Db.ManyAsync<PayoutAttempt>(PayoutAttempt.OfPayout, new { storeId = shop.Store.Id, payoutId = state.Id })).Single();
        await app.Db.InTransactionAsync(tx => PayoutBook.UnclearAsync(tx, state, unclear, "A person looks.", app.Clock.GetUtcNow()));
        await MinutesAsync(10);

        Assert.That(
            (await shop.BalanceAsync(credited, Account.Paid), await shop.BalanceAsync(coded, Account.Paid), await shop.BalanceAsync(nameless, Account.Approved)),
            Is.EqualTo((2700L, 2700L, 2700L)));

        // Taken back: a part, whose answer is lost; then more than is left; then of the code, which this platform does not count.
        var reversals = app.Get<PayoutReversals>();
        await AskAsync(credited, 700);
        await Effects.AskAsync(app, shop.Store.Id, Effect.Kinds.TakePayoutBack, await SubjectOfReversalAsync(credited));
        var open = (await ReversalsAsync(credited))[^1];
        await app.Db.InTransactionAsync(tx => PayoutReversals.UnclearAsync(tx, open, "A person looks.", app.Clock.GetUtcNow()));
        await MinutesAsync(5);
        await AskAsync(coded, null);
        await MinutesAsync(5);

        Assert.That((await shop.BalanceAsync(credited, Account.Paid), await shop.BalanceAsync(credited, Account.Approved)), Is.EqualTo((2000L, 700L)));
        Assert.That((await ReversalsAsync(coded)).Single().State, Is.EqualTo(ReversalState.Refused));
        await AssertBooksAsync(app, shop);

        await app.Db.InTransactionAsync(tx => CreditMoves.EraseAsync(tx, shop.Store, "nobody"));
        await app.Db.InTransactionAsync(tx => app.Get<Installation>().UninstallAsync(tx, shop.Store));
        app.Get<Installation>().Forget(shop.Store);
        await app.Db.InTransactionAsync(tx => app.Get<ReceiveStoreEvent>().ApplyAsync(
            tx, shop.Store, new PrivacyRequested("shop/redact"), app.Clock.GetUtcNow(), app.Clock.GetUtcNow()));
        await EraseAsync(app);
        Assert.That(
            await app.Db.OneAsync<long>(
                """
                SELECT (SELECT CAST(COUNT(*) AS bigint) FROM payout_attempts WHERE store_id = @s AND holder_id IS NOT NULL)
                    + (SELECT CAST(COUNT(*) AS bigint) FROM payout_reversals WHERE store_id = @s AND holder_id IS NOT NULL)
                """,
                new { s = shop.Store.Id }),
            Is.Zero);

        async Task MinutesAsync(int minutes)
        {
            for (var i = 0; i < minutes; i++)
            {
                app.Clock.Advance(TimeSpan.FromMinutes(1));
                await app.DrainAsync();
            }
        }

        async Task<string> SubjectAsync(string ambassador) => PayoutAttempt.SubjectOf((await PayoutIdAsync(ambassador))!, 1);

        Task<string?> PayoutIdAsync(string ambassador) => app.Db.OneAsync<string>(
            "SELECT id FROM payouts WHERE store_id = @s AND ambassador_id = @ambassador", new { s = shop.Store.Id, ambassador });

        async Task AskAsync(string ambassador, long? minor) => Assert.That(
            await reversals.AskAsync(shop.Store, (await PayoutIdAsync(ambassador))!, minor, minor is null ? null : "EUR", "flow", "a slip", default),
            Is.TypeOf<ReversalRequest.Asked>());

        async Task<IReadOnlyList<PayoutReversal>> ReversalsAsync(string ambassador) => await app.Db.ManyAsync<PayoutReversal>(
            PayoutReversal.OfPayout, new { storeId = shop.Store.Id, payoutId = await PayoutIdAsync(ambassador) });

        async Task<string> SubjectOfReversalAsync(string ambassador) => (await ReversalsAsync(ambassador))[^1].Subject;
    }

    /// <summary>An ambassador with 27.00 EUR approved, who wants it in the store.</summary>
    private static async Task<string> PaidInStoreAsync(StoreApp app, Shop shop, string code, string kind, string orderId)
    {
        var ambassador = await shop.AmbassadorAsync(code);
        await app.Get<PayoutMethods>().SetAsync(shop.Store, ambassador, new PayoutDetails(kind, ""), PayoutMethods.Ambassador, default);
        await shop.PaysAsync(Order(orderId).With(code, "10.00") with { At = app.Clock.GetUtcNow() });
        app.Clock.Advance(TimeSpan.FromDays(31));
        await app.Get<ReleaseHolds>().RunOnceAsync(default);
        Assert.That(await shop.BalanceAsync(ambassador, Account.Approved), Is.EqualTo(2700));
        return ambassador;
    }
}
