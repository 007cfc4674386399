// Deliveries and effects over the API: listed by state, and once more from the start.
using System.Net;
using StorePlugin.Inbox;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Inbox;

internal sealed class DeliveryApiTests
{
    private StoreApp _app = null!;
    private Shop _shop = null!;
    private ApiClient _api = null!;

    [SetUp]
    public async Task Open()
    {
        _app = await StoreApp.StartAsync();
        _shop = await Shop.OpenAsync(_app);
        _api = await ApiClient.OfAsync(_app, _shop.Store);
    }

    [TearDown]
    public async Task Close() => await _app.DisposeAsync();

    [Test]
    public async Task Each_state_has_its_list()
    {
        await _shop.PaysAsync(new TestOrder("5001", StoreApp.Start));
        await DieAsync();
        await _shop.DeliverAsync("orders/paid", new TestOrder("5002", StoreApp.Start).ToJson(), "waits");

        foreach (var (state, key) in ((string, string)[])[("done", $"d-{_shop.Store.Id}-1"), ("dead", "dies"), ("pending", "waits")])
        {
            var items = (await _api.Get($"deliveries?state={state}")).Json!["items"]!.AsArray();

            Assert.That(items.Select(item => ((string?)item!["key"], (string?)item["state"])), Is.EqualTo(((string?, string?)[])[(key, state)]), state);
        }
    }

    [Test]
    public async Task A_dead_delivery_says_what_it_was_and_why_it_died()
    {
        var id = await DieAsync();

        var item = (await _api.Get("deliveries")).Json!["items"]!.AsArray().Single()!;

        Assert.That(((string?)item["id"], (string?)item["source"], (string?)item["topic"], (string?)item["dueAt"]), Is.EqualTo((id, "rehearsal", "orders/paid", (string?)null)));
        Assert.That((string?)item["reason"], Does.Contain("not JSON"));
        Assert.That((await _api.Get($"deliveries/{id}")).Json!.ToJsonString(), Is.EqualTo(item.ToJsonString()));
    }

    [Test]
    public async Task A_state_that_is_none_is_refused()
    {
        foreach (var list in (string[])["deliveries", "effects"])
        {
            var answer = await _api.Get($"{list}?state=zombie");

            Assert.That((answer.Status, answer.Problem), Is.EqualTo((400, "/problems/fields-invalid")));
            Assert.That(answer.Json!["errors"]!["state"], Is.Not.Null);
        }
    }

    [Test]
    public async Task A_replayed_delivery_is_worked_on_again()
    {
        var id = await DieAsync();

        var replayed = await _api.Post($"deliveries/{id}/replays");
        var again = await _api.Post($"deliveries/{id}/replays");
        await _app.DrainAsync();

        Assert.That((replayed.Status, replayed.Text("state"), (long)replayed.Json!["attempts"]!), Is.EqualTo((202, "pending", 0)));
        Assert.That((again.Status, again.Problem), Is.EqualTo((409, "/problems/delivery-not-dead")));
        Assert.That((await _api.Get($"deliveries/{id}")).Text("state"), Is.EqualTo("dead"));
    }

    [Test]
    public async Task A_delivery_whose_body_is_gone_cannot_be_replayed()
    {
        var id = await DieAsync();
        _app.Clock.Advance(TimeSpan.FromDays(31));
        await _app.Get<DropBodies>().RunOnceAsync(default);

        var answer = await _api.Post($"deliveries/{id}/replays");

        Assert.That((answer.Status, answer.Problem), Is.EqualTo((409, "/problems/delivery-body-gone")));
    }

    [Test]
    public async Task The_key_of_a_delivery_is_forgotten_400_days_after_it_came_and_not_while_it_waits()
    {
        var dead = await DieAsync();
        await _shop.PaysAsync(new TestOrder("1001", StoreApp.Start));
        await _shop.DeliverAsync("orders/paid", new TestOrder("1002", StoreApp.Start).ToJson(), "waits");
        await _app.Db.DoAsync("UPDATE deliveries SET due_at = due_at * 2 WHERE delivery_key = 'waits'");
        _app.Clock.Advance(TimeSpan.FromDays(1));
        await _shop.DeliverAsync("orders/paid", "not JSON", "younger");
        await _app.DrainAsync();
        _app.Clock.Advance(TimeSpan.FromDays(399));

        var atTheLimit = await DropAllAsync();
        _app.Clock.Advance(TimeSpan.FromMilliseconds(1));
        var beyondIt = await DropAllAsync();

        Assert.That(atTheLimit, Has.Count.EqualTo(4));
        Assert.That(beyondIt, Is.EqualTo(["waits", "younger"]));
        Assert.That((await _api.Get($"deliveries/{dead}")).Status, Is.EqualTo(404));
    }

    private async Task<IReadOnlyList<string>> DropAllAsync()
    {
        while (await _app.Get<DropBodies>().RunOnceAsync(default) > 0)
        {
        }

        return await _app.Db.ManyAsync<string>("SELECT delivery_key FROM deliveries WHERE store_id = @s ORDER BY delivery_key", new { s = _shop.Store.Id });
    }

    [Test]
    public async Task A_replayed_effect_is_due_at_once_and_its_code_waits_again()
    {
        await _shop.AmbassadorAsync("ANN10");
        await _app.Db.DoAsync("UPDATE codes SET discount_state = 'refused', discount_problem = 'taken' WHERE store_id = @s", new { s = _shop.Store.Id });
        var id = await DeadEffectAsync("ann10");

        var listed = await _api.Get("effects?state=dead");
        var replayed = await _api.Post($"effects/{id}/replays");
        var again = await _api.Post($"effects/{id}/replays");

        Assert.That((string?)listed.Json!["items"]!.AsArray().Single()!["reason"], Is.EqualTo("refused"));
        Assert.That((replayed.Status, replayed.Text("state"), replayed.Text("dueAt")), Is.EqualTo((202, "pending", "2026-03-01T10:00:00Z")));
        Assert.That((again.Status, again.Problem), Is.EqualTo((409, "/problems/effect-not-dead")));
        var code = await _app.Db.OneAsync<string>("SELECT discount_state FROM codes WHERE store_id = @s", new { s = _shop.Store.Id });
        Assert.That(code, Is.EqualTo("pending"));
    }

    private async Task<string> DieAsync()
    {
        Assert.That(await _shop.DeliverAsync("orders/paid", "no json", "dies"), Is.EqualTo(HttpStatusCode.OK));
        await _app.DrainAsync();
        return (await _app.Db.OneAsync<string>("SELECT id FROM deliveries WHERE store_id = @s AND delivery_key = 'dies'", new { s = _shop.Store.Id }))!;
    }

    private async Task<string> DeadEffectAsync(string subject)
    {
        var now = _app.Clock.GetUtcNow();
        await _app.Db.InTransactionAsync(async tx =>
        {
            await Outbox.AddAsync(tx, _shop.Store.Id, Effect.Kinds.CreateDiscount, subject, "{}", now);
            await tx.DoAsync("UPDATE effects SET state = 'dead', attempts = 12, outcome = 'refused', done_at = @now WHERE store_id = @s AND subject = @subject", new { s = _shop.Store.Id, now, subject });
        });
        return (await _app.Db.OneAsync<string>("SELECT id FROM effects WHERE store_id = @s AND subject = @subject", new { s = _shop.Store.Id, subject }))!;
    }
}
