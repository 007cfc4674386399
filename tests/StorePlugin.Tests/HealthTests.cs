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
}
