// The two questions that a host asks.
using System.Net;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests;

internal sealed class HealthTests
{
    [Test]
    public async Task A_fresh_app_is_alive_and_ready_with_nothing_to_do()
    {
        await using var app = await StoreApp.StartAsync();

        var alive = await app.Http.GetAsync(new Uri("/healthz", UriKind.Relative));
        var ready = await app.Http.GetStringAsync(new Uri("/readyz", UriKind.Relative));

        Assert.That(alive.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(
            ready,
            Is.EqualTo("""{"status":"ready","pendingDeliveries":0,"pendingEffects":0,"deadDeliveries":0,"deadEffects":0}"""));
    }

    [Test]
    public async Task While_another_program_holds_the_database_it_is_not_ready_and_says_why()
    {
        await using var app = await StoreApp.StartAsync();
        var path = new Uri("/readyz", UriKind.Relative);

        await using (await HeldDatabase.OfAsync(Path.Combine(app.Folder, "storeplugin.db")))
        {
            using var held = await app.Http.GetAsync(path).WaitAsync(HeldDatabase.Patience);

            Assert.That(held.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
            Assert.That(
                await held.Content.ReadAsStringAsync(),
                Is.EqualTo("""{"status":"unready","reason":"The database takes no writes: another program may hold it."}"""));
        }

        Assert.That((await app.Http.GetAsync(path)).StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task While_another_program_holds_the_database_every_delivery_is_asked_for_again()
    {
        await using var app = await StoreApp.StartAsync();
        var shop = await Shop.OpenAsync(app);

        await using (await HeldDatabase.OfAsync(Path.Combine(app.Folder, "storeplugin.db")))
        {
            // More than two commits take, so that some stand behind others that wait.
            var answers = await Task.WhenAll(Enumerable.Range(0, 1500).Select(i => shop.DeliverAsync("orders/paid", "{}", $"held-{i}")))
                .WaitAsync(HeldDatabase.Patience);

            Assert.That(answers, Is.All.EqualTo(HttpStatusCode.ServiceUnavailable));
        }

        Assert.That(await shop.DeliverAsync("orders/paid", "{}", "held-0"), Is.EqualTo(HttpStatusCode.OK));
    }
}
