// A payout run over many payees: how long its preview and its approval take, how fast it is sent, and what memory that takes.
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using StorePlugin.Data;
using StorePlugin.Inbox;
using StorePlugin.Ledger;
using StorePlugin.Payouts.Stripe;
using StorePlugin.Stores;
using StorePlugin.Webhooks;

namespace StorePlugin.Bench;

internal static class PayoutFigure
{
    private const double PrepareSecondsMax = 5;
    private const double MegabytesMax = 300;
    private const string Key = "sk_live_benchbench0001";

    private static readonly Currency Euro = Currency.Parse("EUR");

    public static async Task<bool> RunAsync(string parent, int payees, int seconds)
    {
        using var folders = new Folders(parent);
        var folder = folders.New();
        await Shop.PlantAsync(folder);
        await using var stripe = await Stripe.StartAsync();
        string key;
        await using (var app = App(folder, stripe.Address))
        {
            await StorePlugin.App.PrepareAsync(app);
            var store = await StoreAsync(app);
            await PlantAsync(app, store, payees);
            key = await app.Services.GetRequiredService<ApiKeys>().IssueAsync(store, canWrite: true);
        }

        Console.WriteLine($"payout: a run over {Table.Of(payees)} payees with one approved order each; then it is sent for {seconds} s at a time to a stand-in on loopback");

        // As a merchant's own program asks for it, of a server in a process of its own.
        TimeSpan previewed, prepared, cpu;
        double paced, megabytes;
        int reserved;
        string progress;
        await using (var server = await Child.AppAsync(folder, workers: true, stripe.Address))
        {
            using var api = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{server.Port}/api/v1/payout-runs"), Timeout = TimeSpan.FromMinutes(5) };
            api.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
            var (started, before) = (Stopwatch.GetTimestamp(), server.Cpu);
            using (var preview = await AskAsync(api, ""))
            {
                previewed = Stopwatch.GetElapsedTime(started);
                var id = preview.RootElement.GetProperty("id").GetString();
                using var approved = await AskAsync(api, $"/{id}/approval");
                (prepared, cpu) = (Stopwatch.GetElapsedTime(started), server.Cpu - before);
                reserved = approved.RootElement.GetProperty("progress").EnumerateObject().Sum(state => state.Value.GetInt32());
                var sent = stripe.Transfers;
                await Task.Delay(TimeSpan.FromSeconds(seconds));
                paced = (stripe.Transfers - sent) / (double)seconds;
                using var run = await JsonDocument.ParseAsync(await api.GetStreamAsync($"{api.BaseAddress}/{id}"));
                progress = run.RootElement.GetProperty("progress").GetRawText();
            }

            megabytes = server.PeakMegabytes;
        }

        double free;
        await using (var app = App(folder, stripe.Address))
        {
            await StorePlugin.App.PrepareAsync(app);
            free = await SendAsync(app, stripe, seconds);
        }

        Table.Print(
            ["", "seconds", "cpu seconds", "payouts", "a second"],
            [
                ["preview", Table.Of(previewed.TotalSeconds, "N2"), "", "", ""],
                ["preview and approval", Table.Of(prepared.TotalSeconds, "N2"), Table.Of(cpu.TotalSeconds, "N2"), Table.Of(reserved), Table.Of(reserved / prepared.TotalSeconds)],
                ["sent, as Stripe is asked", Table.Of(seconds), "", "", Table.Of(paced, "N1")],
                ["sent, without the rate", Table.Of(seconds), "", "", Table.Of(free)],
            ]);
        Console.WriteLine($"peak working set of the server: {Table.Of(megabytes)} MB; its progress: {progress}");
        return Table.Holds(reserved == payees, $"{Table.Of(reserved)} payouts are reserved of {Table.Of(payees)}")
            & Table.Holds(prepared.TotalSeconds <= PrepareSecondsMax, $"preview and approval: {Table.Of(prepared.TotalSeconds, "N2")} s, at most {PrepareSecondsMax} is asked")
            & Table.Holds(paced < 5 && free > 5 * paced, $"sending is bounded by the rate: {Table.Of(paced, "N1")} a second with it and {Table.Of(free)} without")
            & Table.Holds(megabytes <= MegabytesMax, $"peak working set {Table.Of(megabytes)} MB, at most {MegabytesMax} is asked");
    }

    private static async Task<JsonDocument> AskAsync(HttpClient api, string path)
    {
        using var answer = await api.PostAsync($"{api.BaseAddress}{path}", null);
        var text = await answer.Content.ReadAsStringAsync();
        return answer.IsSuccessStatusCode
            ? JsonDocument.Parse(text)
            : throw new InvalidOperationException($"The server answered {(int)answer.StatusCode}: {text[..Math.Min(text.Length, 500)]}");
    }

    /// <summary>The app without the rate that Stripe is asked at.</summary>
    private static WebApplication App(string folder, Uri stripe)
    {
        var settings = Shop.Settings(folder);
        settings["Stripe:ApiUrl"] = stripe.ToString();
        settings["Logging:LogLevel:Default"] = "Warning";
        return StorePlugin.App.Build(
            [],
            builder => builder.Services.AddSingleton(new StripeRate(requestsPerSecond: 100_000)),
            configuration => configuration.AddInMemoryCollection(settings!));
    }

    private static async Task<Store> StoreAsync(WebApplication app) =>
        await app.Services.GetRequiredService<StoreDirectory>().FindByDomainAsync("shopify", Shop.Domain)
        ?? throw new InvalidOperationException("The store was not planted.");

    private static async Task PlantAsync(WebApplication app, Store store, int payees)
    {
        var db = app.Services.GetRequiredService<Db>();
        var now = TimeProvider.System.GetUtcNow();
        var campaign = await db.OneAsync<string>("SELECT id FROM campaigns WHERE store_id = @id", new { id = store.Id });
        await db.InTransactionAsync(tx => app.Services.GetRequiredService<Credentials>().KeepAsync(tx, store.Id, CredentialKind.StripeSecretKey, new Credential(Key, null)));
        foreach (var numbers in Enumerable.Range(1, payees).Chunk(500))
        {
            await db.InTransactionAsync(async tx =>
            {
                foreach (var number in numbers)
                {
                    var id = string.Create(CultureInfo.InvariantCulture, $"amb_{number:d32}");
                    var amount = new Money(2000 + number, Euro);
                    await tx.DoAsync(
                        """
                        INSERT INTO ambassadors (store_id, id, campaign_id, name, email, email_key, person_hash, state, stripe_account, approved_at, created_at)
                        VALUES (@storeId, @id, @campaign, @id, @id, @id, @id, 'approved', @account, @now, @now)
                        """,
                        new { storeId = store.Id, id, campaign, account = $"acct_{number}", now });
                    await tx.DoAsync(
                        """
                        INSERT INTO orders (store_id, order_id, revision, state, at, approved_at, currency, net_minor, ambassador_id, commission_minor, created_at, updated_at)
                        VALUES (@storeId, @id, 1, 'approved', @now, @now, 'EUR', @net, @id, @minor, @now, @now)
                        """,
                        new { storeId = store.Id, id, net = amount.Minor * 10, minor = amount.Minor, now });
                    await LedgerBook.PostAsync(
                        tx,
                        store,
                        [new LedgerTransaction(LedgerKind.Commission, $"{id}@1", Euro, now, "bench", "earned", LedgerTransaction.Move(id, id, Account.Expense, Account.Approved, amount))]);
                }
            });
        }
    }

    /// <summary>Lets the outbox work for a while. Returns how many transfers a second came of it.</summary>
    private static async Task<double> SendAsync(WebApplication app, Stripe stripe, int seconds)
    {
        var worker = app.Services.GetRequiredService<EffectWorker>();
        var (started, before) = (Stopwatch.GetTimestamp(), stripe.Transfers);
        while (Stopwatch.GetElapsedTime(started).TotalSeconds < seconds && await worker.RunOnceAsync(CancellationToken.None) > 0)
        {
        }

        return (stripe.Transfers - before) / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    /// <summary>Makes a transfer of whatever it is asked for, once for each key.</summary>
    private sealed class Stripe(WebApplication app) : IAsyncDisposable
    {
        private readonly ConcurrentDictionary<string, string> _transfers = new(StringComparer.Ordinal);

        public Uri Address => new(app.Urls.Single());

        public int Transfers => _transfers.Count;

        public static async Task<Stripe> StartAsync()
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            builder.Logging.ClearProviders();
            var app = builder.Build();
            var stripe = new Stripe(app);
            app.MapGet("/v1/balance", () => Results.Content("""{"object":"balance","available":[{"amount":9000000000,"currency":"eur"}]}""", "application/json"));
            app.MapPost("/v1/transfers", (Delegate)stripe.TransferAsync);
            await app.StartAsync();
            return stripe;
        }

        public ValueTask DisposeAsync() => app.DisposeAsync();

        private async Task<IResult> TransferAsync(HttpContext context)
        {
            using var reader = new StreamReader(context.Request.Body);
            var form = QueryHelpers.ParseQuery(await reader.ReadToEndAsync());
            var transfer = _transfers.GetOrAdd(
                context.Request.Headers["Idempotency-Key"].ToString(),
                key => JsonSerializer.Serialize(new
                {
                    id = $"tr_{key}",
                    @object = "transfer",
                    amount = long.Parse(form["amount"].ToString(), CultureInfo.InvariantCulture),
                    currency = form["currency"].ToString(),
                    destination = form["destination"].ToString(),
                    metadata = new { attempt = form["metadata[attempt]"].ToString() },
                }));
            return Results.Content(transfer, "application/json");
        }
    }
}
