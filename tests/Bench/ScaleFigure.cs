// Orders per second from waiting to receipt, ledger and effects, with no intake beside, on an empty database and on a full one.
using System.Diagnostics;

namespace StorePlugin.Bench;

internal static class ScaleFigure
{
    private const int Connections = 64;
    private const double PerSecondMin = 3000;
    private const double RatioMin = 0.8;

    private static readonly TimeSpan TimeMax = TimeSpan.FromMinutes(30);
    private static readonly TimeSpan LookedAtEach = TimeSpan.FromMilliseconds(100);

    /// <param name="full">The database that holds a year; each round works on a copy, so that it stays what it is.</param>
    public static async Task<bool> RunAsync(string parent, Past full, int orders, int rounds)
    {
        using var folders = new Folders(parent);
        var empty = await Past.FillWithClicksAsync(folders.New(), Math.Max(1, orders / 2));
        Console.WriteLine(
            $"scale: {Table.Of(orders)} orders, every second one by a click; the full database holds {Table.Of(full.Orders)} orders and {Table.Of(full.Clicks)} clicks "
            + $"in {Table.Of(new FileInfo(Shop.Database(full.Folder)).Length / 1e9, "N1")} GB; {rounds} rounds");

        List<Round> small = [], large = [];
        var faults = new List<string>();
        for (var i = 0; i < rounds; i++)
        {
            foreach (var (rows, past) in new[] { (small, empty), (large, full) })
            {
                var folder = folders.New(past.Folder);
                Settle(folder);
                rows.Add(await MeasureAsync(folder, past, orders, faults));
                Directory.Delete(folder, recursive: true);
            }
        }

        Table.Print(
            ["median of rounds", "orders per second", "ratio", "slowest second", "cpu us each", "working set MB"],
            [Row("empty database", small, small), Row("full database", large, small)]);
        var reached = Table.Median(large.Select(round => round.PerSecond));
        var ratio = reached / Table.Median(small.Select(round => round.PerSecond));
        return Table.Holds(reached >= PerSecondMin, $"full database: {Table.Of(reached)} orders per second, at least {Table.Of(PerSecondMin)} is asked")
            & Table.Holds(ratio >= RatioMin, $"full database: {Table.Of(ratio, "N2")} of the empty one's, at least {RatioMin} is asked")
            & Table.Holds(faults.Count == 0, $"all deliveries done, each order with one receipt and its entries{string.Concat(faults.Select(fault => $"; {fault}"))}");
    }

    /// <summary>
    /// Waits until a copy is on the disk: what is measured must not share the disk with the copying. Then reads it once, since copying
    /// drives the one or the other out of the memory, and a store's database that fits into it is there.
    /// </summary>
    private static void Settle(string folder)
    {
        var buffer = new byte[4 * 1024 * 1024];
        foreach (var file in Directory.GetFiles(folder))
        {
            using var handle = File.OpenHandle(file, FileMode.Open, FileAccess.ReadWrite, options: FileOptions.SequentialScan);
            RandomAccess.FlushToDisk(handle);
            var offset = 0L;
            for (int read; (read = RandomAccess.Read(handle, buffer, offset)) > 0; offset += read)
            {
            }
        }
    }

    private static async Task<Round> MeasureAsync(string folder, Past past, int orders, List<string> faults)
    {
        var since = TimeProvider.System.GetUtcNow();
        var (byCode, byClick) = (new OrderRequests(), new OrderRequests(number => ClickOf(past, number)));
        var accepted = 0;
        await CatchUpAsync(folder);
        await using (var idle = await Child.AppAsync(folder, workers: false))
        {
            using var senders = new Senders(idle.Port, Connections);
            senders.Flood(() => accepted < orders ? (accepted % 2 == 0 ? byCode : byClick).Render(accepted++) : null, TimeMax);
        }

        var before = Books.Decided(folder);
        var samples = new List<(TimeSpan At, long Decided)>();
        TimeSpan cpu;
        double megabytes;
        await using (var app = await Child.AppAsync(folder, workers: true))
        {
            var started = Stopwatch.GetTimestamp();
            do
            {
                samples.Add((Stopwatch.GetElapsedTime(started), Books.Decided(folder) - before));
                await Task.Delay(LookedAtEach);
            }
            while (samples[^1].Decided < orders && samples[^1].At < TimeMax);

            (cpu, megabytes) = (app.Cpu, app.WorkingSetMegabytes);
        }

        faults.AddRange(Books.Check(folder, accepted, since));
        var (first, last) = (samples[0], samples[^1]);
        return new Round((last.Decided - first.Decided) / (last.At - first.At).TotalSeconds, Slowest(samples), cpu.TotalMicroseconds / orders, megabytes);
    }

    /// <summary>What has fallen due since the past was made is released first: it is none of the orders that are measured.</summary>
    private static async Task CatchUpAsync(string folder)
    {
        await using var app = await Child.AppAsync(folder, workers: true);
        while (Books.DueReleases(folder) > 0)
        {
            await Task.Delay(LookedAtEach);
        }
    }

    /// <summary>The fewest orders of any second but the last, which is not a whole one.</summary>
    private static double Slowest(List<(TimeSpan At, long Decided)> samples)
    {
        var slowest = double.MaxValue;
        for (var from = 0; from < samples.Count; from++)
        {
            var to = samples.FindIndex(from, sample => sample.At - samples[from].At >= TimeSpan.FromSeconds(1));
            if (to < 0)
            {
                break;
            }

            slowest = Math.Min(slowest, (samples[to].Decided - samples[from].Decided) / (samples[to].At - samples[from].At).TotalSeconds);
        }

        return slowest == double.MaxValue ? 0 : slowest;
    }

    private static string ClickOf(Past past, long number) => Past.ClickId(
        past.RecentClick(number) ?? throw new InvalidOperationException("The full database has no click of the last weeks: remove its folder, and it is filled anew."));

    private static string[] Row(string name, List<Round> rounds, List<Round> empty) =>
    [
        name,
        Table.Of(Table.Median(rounds.Select(round => round.PerSecond))),
        Table.Of(Table.Median(rounds.Select(round => round.PerSecond)) / Table.Median(empty.Select(round => round.PerSecond)), "N2"),
        Table.Of(rounds.Min(round => round.Slowest)),
        Table.Of(Table.Median(rounds.Select(round => round.CpuEach))),
        Table.Of(rounds.Max(round => round.Megabytes)),
    ];

    private sealed record Round(double PerSecond, double Slowest, double CpuEach, double Megabytes);
}
