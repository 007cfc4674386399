// The benchmarks' door: which figure, and for how long. Exit code 0: the figure holds; 1: it does not; 2: usage.
using System.Globalization;
using StorePlugin.Bench;

const string Usage =
    """
    usage: dotnet run -c Release --project tests/Bench -- FIGURE [--option value]

      intake    acknowledged webhooks per second, as a ratio against the limit
                --rounds 3  --seconds 5
      process   orders per second from accepted to decided and booked, with intake running
                --orders 200000  --intake 500
      start     from the start of the process to the first answered request
                --runs 7  --orders 10000
      decide    attribution and commission as pure functions: orders per second of one core, bytes allocated
                --rounds 5  --seconds 2
      scale     orders per second without intake, on an empty database and on one that holds a year
                --orders 100000  --rounds 1
      redirect  how long a visit of a referral link takes, and whether its click is durable
                --per-second 1000  --seconds 30  --full no|yes
      payout    a payout run: preview and approval, sending with the rate that Stripe is asked at and without, peak memory
                --payees 10000  --seconds 10
      pages     the merchant's pages at 50 a second and an ambassador's at 500, over the database that holds a year
                --ambassadors 10000  --seconds 15
      verify    the verb over the database that holds a year: time and peak memory
      rebuild   the same: the event log replayed and compared with what stands
      backtest  the same: all of its orders decided again, by the terms that they had
      reconcile a month of payouts compared with Stripe's list of transfers, and the list read from a stand-in
                --payouts 100000  --pages 120

    All take --folder PATH for their databases (default: the system's temporary folder). What holds a year is filled once,
    in some minutes, and stays: --year PATH (default: storeplugin-bench-year in the folder)
                --past-orders 1000000  --past-clicks 10000000
    """;

var options = new Dictionary<string, string>(StringComparer.Ordinal);
for (var i = 1; i < args.Length; i += 2)
{
    if (!args[i].StartsWith("--", StringComparison.Ordinal) || i + 1 == args.Length)
    {
        Console.Error.WriteLine(Usage);
        return 2;
    }

    options[args[i][2..]] = args[i + 1];
}

switch (args.FirstOrDefault())
{
    case "intake":
        return await IntakeFigure.RunAsync(Folder(), Number("rounds", 3), Number("seconds", 5)) ? 0 : 1;
    case "process":
        return await ProcessFigure.RunAsync(Folder(), Number("orders", 200_000), Number("intake", 500)) ? 0 : 1;
    case "start":
        return await StartFigure.RunAsync(Folder(), Number("runs", 7), Number("orders", 10_000)) ? 0 : 1;
    case "decide":
        return DecideFigure.Run(Number("rounds", 5), Number("seconds", 2)) ? 0 : 1;
    case "scale":
        return await ScaleFigure.RunAsync(Folder(), await YearAsync(), Number("orders", 100_000), Number("rounds", 1)) ? 0 : 1;
    case "redirect":
        var full = options.GetValueOrDefault("full", "no") == "yes" ? await YearAsync() : null;
        return await RedirectFigure.RunAsync(Folder(), full?.Folder, Number("per-second", 1000), Number("seconds", 30)) ? 0 : 1;
    case "payout":
        return await PayoutFigure.RunAsync(Folder(), Number("payees", 10_000), Number("seconds", 10)) ? 0 : 1;
    case "pages":
        return await PagesFigure.RunAsync(await YearAsync(), Number("ambassadors", 10_000), Number("seconds", 15)) ? 0 : 1;
    case "verify":
        return await VerbFigure.RunAsync((await YearAsync()).Folder, ["verify"]) ? 0 : 1;
    case "rebuild":
        return await VerbFigure.RebuildAsync(await YearAsync()) ? 0 : 1;
    case "backtest":
        return await VerbFigure.BackTestAsync(await YearAsync()) ? 0 : 1;
    case "reconcile":
        return await ReconcileFigure.RunAsync(Folder(), Number("payouts", 100_000), Number("pages", 120)) ? 0 : 1;
    case Limit.Verb:
        await Limit.RunAsync(Number("port", 0), options["database"]);
        return 0;
    default:
        Console.Error.WriteLine(Usage);
        return 2;
}

string Folder() => options.GetValueOrDefault("folder", Path.GetTempPath());

// Every figure over a year's past takes the same one, so that it is filled once.
Task<Past> YearAsync() => Past.EnsureAsync(
    options.GetValueOrDefault("year", Path.Combine(Folder(), "storeplugin-bench-year")), Number("past-orders", 1_000_000), Number("past-clicks", 10_000_000));

int Number(string name, int standard) =>
    options.TryGetValue(name, out var text) ? int.Parse(text, CultureInfo.InvariantCulture) : standard;
