// A payout of a rehearsal store, whose transfer Stripe's counterpart tells twice: by its answer and by an event, in any order.
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using StorePlugin.Inbox;
using StorePlugin.Payouts.Stripe;
using StorePlugin.Stores.Rehearsal;
using StorePlugin.Tests.Rig;
using StorePlugin.Verification;

namespace StorePlugin.Tests.Stores.Rehearsal;

internal sealed class RehearsalPayoutTests
{
    private StoreApp _app = null!;
    private InstalledShop _shop = null!;
    private ApiClient _api = null!;
    private string _payoutId = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _app = await StoreApp.StartAsync();
        _shop = await InstalledShop.InstallAsync(_app);
        _api = await ApiClient.OfAsync(_app, _shop.Store);
        var ann = Bodies.Ambassador(await _api.LiveAsync(commission: 50), "ANN10");
        ann["stripeAccount"] = "acct_1Ann";
        Assert.That((await _api.Post("ambassadors", ann)).Status, Is.EqualTo(201));
        await _app.Get<RehearsalShop>().SendAsync(_shop.Store.Id, ShopDelivery.Of("orders/paid", Orders.Paid().ToJson()), default);
        await _app.DrainAsync();
        _app.Clock.Advance(TimeSpan.FromDays(31));
        await _app.DrainAsync();
        var run = await _api.Post("payout-runs");
        var approved = await _api.Post($"payout-runs/{run.Text("id")}/approval");
        _payoutId = (string)approved.Json!["lines"]![0]!["payoutId"]!;
    }

    [TearDown]
    public async Task StopAsync() => await _app.DisposeAsync();

    [Test]
    public async Task The_answer_settles_the_payout_and_the_event_changes_nothing_more()
    {
        await _app.Get<EffectWorker>().RunOnceAsync(default);
        var answered = await PayoutAsync();

        await _app.DrainAsync();

        await AssertSettledAsync(answered);
        Assert.That(await OutcomesAsync("look_up_transfer"), Has.Exactly(1).EndsWith("exists."));
    }

    [Test]
    public async Task The_event_settles_the_payout_and_the_answer_changes_nothing_more()
    {
        var effect = await _app.Db.OneAsync<Effect>(
            "SELECT store_id, id, kind, subject, payload, attempts FROM effects WHERE store_id = @id AND kind = 'send_transfer'", new { id = _shop.Store.Id });
        var send = _app.Services.GetServices<IEffectHandler>().Single(handler => handler.Kind == Effect.Kinds.SendTransfer);

        var answer = await send.PerformAsync(effect!, default);
        await _app.Get<InboxWorker>().RunOnceAsync(default);
        await Effects.PerformAsync(_app, _shop.Store.Id, Effect.Kinds.LookUpTransfer, await SubjectOfLookUpAsync());
        var told = await PayoutAsync();
        await _app.Db.InTransactionAsync(answer.Write!);

        await AssertSettledAsync(told);
        await _app.DrainAsync();
        await AssertSettledAsync(told);
    }

    [Test]
    public async Task The_list_agrees_with_the_books_and_takes_nothing_back()
    {
        await _app.DrainAsync();
        _app.Clock.Advance(TimeSpan.FromHours(1));

        while (await _app.Get<ReconcilePayouts>().RunOnceAsync(default) > 0)
        {
        }

        var look = (await _api.Get("payout-reconciliations")).Json!["items"]!.AsArray().Single()!;
        Assert.That(((string?)look["state"], (long?)look["transfersRead"]), Is.EqualTo(("done", 1L)), (string?)look["problem"]);
        Assert.That((await _api.Get("payout-differences")).Json!["items"]!.AsArray(), Is.Empty);
        Assert.That((await _api.Post($"payouts/{_payoutId}/reversals", new JsonObject { ["reason"] = "x" })).Status, Is.EqualTo(409));
    }

    private async Task AssertSettledAsync(JsonNode before)
    {
        var payout = await PayoutAsync();
        var transfers = await _app.Db.ManyAsync<string>("SELECT id FROM rehearsal_transfers WHERE store_id = @id", new { id = _shop.Store.Id });
        Assert.Multiple(() =>
        {
            Assert.That((string?)before["state"], Is.EqualTo("sent"));
            Assert.That(((string?)payout["state"], (string?)payout["problem"]), Is.EqualTo(("sent", (string?)null)));
            Assert.That(transfers, Is.EqualTo([(string?)payout["transferId"]]));
            Assert.That((string?)payout["attempts"]![0]!["outcome"], Is.EqualTo("accepted"));
        });
        Assert.That(await _app.Get<Verify>().RunAsync(_shop.Store.Id, default), Is.Empty);
    }

    private async Task<JsonNode> PayoutAsync() => (await _api.Get($"payouts/{_payoutId}")).Json!;

    private async Task<string> SubjectOfLookUpAsync() =>
        (await _app.Db.OneAsync<string>("SELECT subject FROM effects WHERE store_id = @id AND kind = 'look_up_transfer'", new { id = _shop.Store.Id }))!;

    private Task<IReadOnlyList<string>> OutcomesAsync(string kind) => _app.Db.ManyAsync<string>(
        "SELECT outcome FROM effects WHERE store_id = @id AND kind = @kind", new { id = _shop.Store.Id, kind });
}
