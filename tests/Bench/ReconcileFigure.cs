// How long a month of payouts takes to be compared with Stripe's list: the rows with each other, and the reading of the list from a stand-in.
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Dapper;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using StorePlugin.Campaigns;
using StorePlugin.Mail;
using StorePlugin.Payouts.Stripe;
using StorePlugin.Stores;

namespace StorePlugin.Bench;

internal static class ReconcileFigure
{
    private const int Days = 30;
    private const int PerPage = 100;
    private const double MegabytesMax = 500;
    private const string SecretKey = "sk_live_benchstripe00001";

    private static readonly TimeSpan Most = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan PeakLookedAtEach = TimeSpan.FromMilliseconds(20);

    /// <param name="payouts">How many payouts the month holds; what is asked is asked of 100,000.</param>
    /// <param name="pages">How many pages of the list are read in the second line.</param>
    public static async Task<bool> RunAsync(string parent, int payouts, int pages)
    {
        using var folders = new Folders(parent);
        var folder = folders.New();
        var until = WholeSecond.Of(TimeProvider.System.GetUtcNow().AddHours(-1));
        await Shop.PlantAsync(folder, until.AddDays(-Days - 1));
        var store = Fill(folder, payouts, until);
        await using var stripe = await StartStripeAsync(payouts, until);
        var settings = Shop.Settings(folder);
        settings["Stripe:ApiUrl"] = stripe.Urls.Single();
        settings["Workers:Idle"] = "true";
        await using var app = App.Build([], configure: configuration => configuration.AddInMemoryCollection(settings!));
        await App.PrepareAsync(app);
        Console.WriteLine($"reconcile: {Table.Of(payouts)} payouts of {Days} days, each with its transfer; the list in pages of {PerPage}");

        var here = await app.Services.GetRequiredService<StoreDirectory>().GetAsync(store);
        var comparing = app.Services.GetRequiredService<CompareTransfers>();
        var (from, to) = (here.LocalDay(until.AddDays(-Days - 1)), here.LocalDay(until.AddDays(1)));
        var now = TimeProvider.System.GetUtcNow();
        var (took, peak, comparison) = await MeasureAsync(async () =>
        {
            await comparing.LaggingAsync(here, from, to, PerPage, default);
            return await comparing.CompareAsync(here, from, to, now, now, default);
        });
        var (sums, found) = comparison.Finish();
        var stopping = found.Count(one => Payouts.DifferenceKind.Stops(one.Kind));

        var (read, readPeak, transfers) = await MeasureAsync(() => ReadAsync(app.Services, here, until, Math.Min(pages, payouts / PerPage)));
        var perSecond = transfers / read.TotalSeconds;
        Table.Print(
            ["step", "transfers", "seconds", "transfers per second", "peak working set MB"],
            [
                ["rows compared with rows", Table.Of(payouts), Table.Of(took.TotalSeconds, "N1"), Table.Of(payouts / took.TotalSeconds), Table.Of(peak)],
                ["list read, at four pages a second", Table.Of(transfers), Table.Of(read.TotalSeconds, "N1"), Table.Of(perSecond), Table.Of(readPeak)],
            ]);
        Console.WriteLine($"the whole list of {Table.Of(payouts)} would be read in {Table.Of(payouts / perSecond / 60, "N1")} minutes, once; a day's in {Table.Of(payouts / perSecond / Days, "N0")} s");
        var most = Most * (payouts / 100_000d);
        return Table.Holds(took <= most, $"compared in {Table.Of(took.TotalSeconds, "N1")} s, at most {Table.Of(most.TotalSeconds, "N0")} s are asked")
            & Table.Holds(peak < MegabytesMax, $"{Table.Of(peak)} MB at most, below {Table.Of(MegabytesMax)} MB is asked")
            & Table.Holds(
                sums.Sum(sum => sum.Payouts) == payouts && sums.All(sum => sum.OursMinor == sum.TheirsMinor) && stopping == 0,
                $"{Table.Of(sums.Sum(sum => sum.Payouts))} payouts in {sums.Count} sums, and nothing differs");
    }

    private static async Task<long> ReadAsync(IServiceProvider services, Store store, DateTimeOffset until, int pages)
    {
        var (stripe, reading) = (services.GetRequiredService<StripeClient>(), services.GetRequiredService<ReadTransfers>());
        var read = 0L;
        string? after = null;
        for (var page = 0; page < pages; page++)
        {
            var found = (StripeRead<TransferPage>.Found)await stripe.TransfersAsync(store.Id, SecretKey, until.AddDays(-Days - 1), after, default);
            await reading.KeepAsync(store, store.Mode, found.Value.Transfers, default);
            (read, after) = (read + found.Value.Transfers.Length, found.Value.Transfers[^1].Transfer.Id);
        }

        return read;
    }

    private static async Task<(TimeSpan Took, double Megabytes, T Result)> MeasureAsync<T>(Func<Task<T>> work)
    {
        var started = Stopwatch.GetTimestamp();
        var running = Task.Run(work);
        var peak = 0L;
        using var process = Process.GetCurrentProcess();
        do
        {
            process.Refresh();
            peak = Math.Max(peak, process.WorkingSet64);
        }
        while (await Task.WhenAny(running, Task.Delay(PeakLookedAtEach)) != running);

        return (Stopwatch.GetElapsedTime(started), peak / 1e6, await running);
    }

    /// <summary>Payouts that are sent, as the program writes them, and Stripe's rows of them. Returns the store.</summary>
    private static string Fill(string folder, int payouts, DateTimeOffset until)
    {
        SqliteConnection.ClearAllPools();
        using var connection = new SqliteConnection($"Data Source={Shop.Database(folder)};Pooling=False;Foreign Keys=False");
        connection.Open();
        connection.Execute("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF");
        var store = connection.QuerySingle<string>("SELECT id FROM stores");
        var people = connection.Query<string>("SELECT id FROM ambassadors").ToArray();
        using var transaction = connection.BeginTransaction();
        connection.Execute(
            "INSERT INTO payout_runs (store_id, id, state, preview, created_at, created_by) VALUES (@store, 'run_1', 'approved', '[]', 0, 'bench')", new { store }, transaction);
        for (var number = 0; number < payouts; number++)
        {
            var at = MadeAt(number, payouts, until);
            var local = TimeZoneInfo.ConvertTime(at, TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin"));
            var row = new
            {
                store,
                id = PayoutId(number),
                run = "run_1",
                person = people[number % people.Length],
                currency = CurrencyOf(number),
                amount = AmountOf(number),
                account = AccountOf(number),
                transfer = TransferId(number),
                at = at.ToUnixTimeMilliseconds(),
                day = LocalDay.Number(DateOnly.FromDateTime(local.DateTime)),
            };
            connection.Execute(
                """
                INSERT INTO payouts (store_id, id, run_id, ambassador_id, currency, amount_minor, reversed_minor, destination, mode, state, transfer_id, created_at, updated_at)
                VALUES (@store, @id, @run, @person, @currency, @amount, 0, @account, 'live', 'sent', @transfer, @at, @at)
                """,
                row,
                transaction);
            connection.Execute(
                """
                INSERT INTO payout_events (store_id, payout_id, number, kind, subject, at, booked_day, actor, ambassador_id, amount_minor, currency, reason)
                VALUES (@store, @id, 1, 'reserved', @id, @at, @day, 'payouts', @person, @amount, @currency, 'bench'),
                    (@store, @id, 2, 'sent', @id, @at, @day, 'payouts', @person, @amount, @currency, 'bench')
                """,
                row,
                transaction);
            connection.Execute(
                """
                INSERT INTO stripe_transfers (store_id, transfer_id, payout_group, amount, amount_reversed, currency, destination, mode, created_at, created_day, read_at)
                VALUES (@store, @transfer, @id, @amount, 0, lower(@currency), @account, 'live', @at, @day, @at)
                """,
                row,
                transaction);
        }

        transaction.Commit();
        connection.Execute("PRAGMA journal_mode = WAL");
        return store;
    }

    /// <summary>Answers with the same transfers, newest first, page by page.</summary>
    private static async Task<WebApplication> StartStripeAsync(int payouts, DateTimeOffset until)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Run(async context =>
        {
            var after = context.Request.Query["starting_after"].ToString();
            var first = after.Length == 0 ? payouts - 1 : int.Parse(after.AsSpan("tr_".Length), CultureInfo.InvariantCulture) - 1;
            var body = new StringBuilder("""{"object":"list","data":[""");
            for (var number = first; number >= 0 && number > first - PerPage; number--)
            {
                body.Append(number == first ? "" : ",").Append(
                    CultureInfo.InvariantCulture,
                    $$$"""
                    {"id":"{{{TransferId(number)}}}","object":"transfer","amount":{{{AmountOf(number)}}},"amount_reversed":0,"balance_transaction":"txn_1","created":{{{MadeAt(number, payouts, until).ToUnixTimeSeconds()}}},
                    "currency":"{{{CurrencyOf(number).ToLowerInvariant()}}}","description":null,"destination":"{{{AccountOf(number)}}}","destination_payment":"py_1","livemode":true,
                    "metadata":{"payout_id":"{{{PayoutId(number)}}}","attempt":"1"},"reversals":{"object":"list","data":[],"has_more":false},"reversed":false,"source_type":"card",
                    "transfer_group":"{{{PayoutId(number)}}}"}
                    """);
            }

            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync(body.Append(CultureInfo.InvariantCulture, $$"""],"has_more":{{(first >= PerPage ? "true" : "false")}}}""").ToString());
        });
        await app.StartAsync();
        return app;
    }

    private static DateTimeOffset MadeAt(int number, int payouts, DateTimeOffset until) => WholeSecond.Of(until.AddDays(-Days) + (TimeSpan.FromDays(Days) / payouts * number));

    private static string PayoutId(int number) => string.Create(CultureInfo.InvariantCulture, $"po_{number:x32}");

    private static string TransferId(int number) => string.Create(CultureInfo.InvariantCulture, $"tr_{number:d9}");

    private static string AccountOf(int number) => string.Create(CultureInfo.InvariantCulture, $"acct_{number % 5000}");

    private static string CurrencyOf(int number) => (number % 10) switch { 0 => "JPY", 1 or 2 => "USD", _ => "EUR" };

    private static long AmountOf(int number) => 1000 + (number % 9000);
}
