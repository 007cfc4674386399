// Whatever becomes of a delivery, no log line holds the shopper or a secret.
using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Inbox;

internal sealed class LogTests
{
    private const string Email = "planted.marker@shopper.example";
    private const string Token = "shpat_planted0marker";

    [Test]
    public async Task No_log_line_holds_a_shopper_or_a_token()
    {
        var lines = new ConcurrentBag<string>();
        using var provider = new Keeper(lines);
        await using var app = await StoreApp.StartAsync(services: services => services.AddLogging(logging =>
            logging.AddProvider(provider).SetMinimumLevel(LogLevel.Trace).AddFilter((_, _) => true)));
        var shop = await Shop.OpenAsync(app);
        await shop.AmbassadorAsync("ANN10");
        var order = new TestOrder("1001", StoreApp.Start) { Email = Email, Landing = $"/?token={Token}&ref={Token}", CartRef = Token }.With("ANN10", "10.00");

        await shop.DeliverAsync("orders/paid", order.ToJson());
        await shop.DeliverAsync("orders/paid", "{\"email\": \"" + Email + "\", \"token\": \"" + Token + "\"", "cut-off");
        await shop.DeliverAsync("orders/paid", "{\"email\": \"" + Email + "\", \"token\": \"" + Token + "\"}", "no-id");
        await app.DrainAsync();
        await app.Db.DoAsync("CREATE TRIGGER fault BEFORE INSERT ON receipts BEGIN SELECT RAISE(ABORT, 'injected'); END");
        await shop.DeliverAsync("orders/paid", (order with { Id = "1002" }).ToJson());
        await shop.DeliverAsync("orders/paid", (order with { Id = "1003" }).ToJson());
        await app.DrainAsync();

        var states = await app.Db.ManyAsync<string>("SELECT state FROM deliveries ORDER BY state");
        var outcomes = await app.Db.ManyAsync<string>("SELECT outcome FROM deliveries WHERE outcome IS NOT NULL");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(states, Is.EqualTo(["dead", "dead", "done", "pending", "pending"]));
            Assert.That(lines, Has.Some.Contains("is dead"), "the lines are kept");
            Assert.That(lines.Concat(outcomes), Has.None.Contains("planted"));
            Assert.That(lines.Concat(outcomes), Has.None.Contains("shopper.example"));
        }
    }

    private sealed class Keeper(ConcurrentBag<string> lines) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
        {
            lines.Add(state.ToString() ?? "");
            return null;
        }

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Add($"{formatter(state, exception)} {exception}");

        public void Dispose()
        {
        }
    }
}
