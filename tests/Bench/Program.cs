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

    All take --folder PATH for their databases (default: the system's temporary folder).
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
    case Limit.Verb:
        await Limit.RunAsync(Number("port", 0), options["database"]);
        return 0;
    default:
        Console.Error.WriteLine(Usage);
        return 2;
}

string Folder() => options.GetValueOrDefault("folder", Path.GetTempPath());

int Number(string name, int standard) =>
    options.TryGetValue(name, out var text) ? int.Parse(text, CultureInfo.InvariantCulture) : standard;
