// From the start of the process to the first answered request, on a database that is in use.
using System.Diagnostics;

namespace StorePlugin.Bench;

internal static class StartFigure
{
    private const int Connections = 64;
    private static readonly TimeSpan Most = TimeSpan.FromSeconds(1.5);
    private static readonly TimeSpan FillTimeMax = TimeSpan.FromMinutes(5);

    public static async Task<bool> RunAsync(string parent, int runs, int orders)
    {
        using var folders = new Folders(parent);
        var folder = folders.New();
        await Shop.PlantAsync(folder);
        await FillAsync(folder, orders);

        var took = new List<double>();
        for (var i = 0; i < runs; i++)
        {
            await using var app = await Child.AppAsync(folder, workers: true);
            took.Add(app.StartedIn.TotalMilliseconds);
        }

        Console.WriteLine($"start: database of {Table.Of(orders)} orders, {runs} starts");
        Table.Print(
            ["milliseconds", "lowest", "median", "highest"],
            [["start to first answer", Table.Of(took.Min()), Table.Of(Table.Median(took)), Table.Of(took.Max())]]);
        return Table.Holds(
            Table.Median(took) < Most.TotalMilliseconds,
            $"start: {Table.Of(Table.Median(took))} ms, below {Table.Of(Most.TotalMilliseconds)} ms is asked");
    }

    private static async Task FillAsync(string folder, int orders)
    {
        await using var app = await Child.AppAsync(folder, workers: true);
        using var senders = new Senders(app.Port, Connections);
        var requests = new OrderRequests();
        var next = 0;
        senders.Flood(() => next < orders ? requests.Render(next++) : null, FillTimeMax);
        var started = Stopwatch.GetTimestamp();
        while (Books.Decided(folder) < orders)
        {
            if (Stopwatch.GetElapsedTime(started) > FillTimeMax)
            {
                throw new InvalidOperationException("The orders that fill the database were not decided in time.");
            }

            await Task.Delay(100);
        }
    }
}
