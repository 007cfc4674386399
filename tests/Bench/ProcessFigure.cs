// Orders per second from accepted to receipt, order and ledger written, while intake goes on; and the memory it takes.
using System.Diagnostics;

namespace StorePlugin.Bench;

internal static class ProcessFigure
{
    private const int Connections = 64;
    private const double PerSecondMin = 2000;
    private const double MegabytesMax = 300;

    // Flat: the highest of the second half is no more than this part above the highest of the first.
    private const double GrowthMax = 0.1;

    private static readonly TimeSpan Window = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan TimeMax = TimeSpan.FromMinutes(30);

    public static async Task<bool> RunAsync(string parent, int orders, int intakePerSecond)
    {
        using var folders = new Folders(parent);
        var folder = folders.New();
        await Shop.PlantAsync(folder);
        var effectsBefore = Books.Effects(folder);
        var requests = new OrderRequests();
        var accepted = 0L;
        byte[] Next() => requests.Render(accepted++);

        await using (var idle = await Child.AppAsync(folder, workers: false))
        {
            using var senders = new Senders(idle.Port, Connections);
            var load = senders.Flood(() => accepted < orders ? Next() : null, TimeMax);
            Console.WriteLine($"process: {Table.Of(load.Answered)} orders accepted and waiting; intake of {intakePerSecond} per second beside");
        }

        var samples = new List<Sample>();
        Load beside;
        TimeSpan cpu;
        await using (var app = await Child.AppAsync(folder, workers: true))
        {
            using var senders = new Senders(app.Port, Connections);
            using var stop = new CancellationTokenSource(TimeMax);
            var intake = Task.Factory.StartNew(
                () => senders.Pace(() => stop.IsCancellationRequested ? null : Next(), TimeMax, intakePerSecond), TaskCreationOptions.LongRunning);
            var started = Stopwatch.GetTimestamp();
            do
            {
                samples.Add(new Sample(Stopwatch.GetElapsedTime(started), Books.Decided(folder), app.WorkingSetMegabytes));
                await Task.Delay(1000);
            }
            while (samples[^1].Decided < orders && !intake.IsCompleted);

            cpu = app.Cpu;
            await stop.CancelAsync();
            beside = await intake;
            while (Books.Decided(folder) < accepted && Stopwatch.GetElapsedTime(started) < TimeMax)
            {
                await Task.Delay(200);
            }
        }

        Console.WriteLine(
            $"effects rows written: {Table.Of(Books.Effects(folder) - effectsBefore)}, for {Table.Of(accepted)} orders of {Table.Of(Shop.Ambassadors)} ambassadors");
        return Report(samples, beside, cpu) & Checked(folder, accepted);
    }

    private static bool Report(List<Sample> samples, Load beside, TimeSpan cpu)
    {
        // The last sample is taken when little is left to do, so no window ends with it unless it is the only one.
        var windows = new List<Sample[]>();
        for (var from = 0; from < samples.Count - 1;)
        {
            var to = samples.FindIndex(from, sample => sample.At - samples[from].At >= Window);
            if (to < 0)
            {
                if (windows.Count > 0)
                {
                    break;
                }

                to = samples.Count - 1;
            }

            windows.Add([.. samples[from..(to + 1)]]);
            from = to;
        }

        Table.Print(
            ["seconds", "orders", "per second", "working set MB"],
            windows.Select(window => (string[])[
                $"{Table.Of(window[0].At.TotalSeconds)} to {Table.Of(window[^1].At.TotalSeconds)}",
                Table.Of(window[^1].Decided - window[0].Decided),
                Table.Of(PerSecond(window[0], window[^1])),
                Table.Of(window.Max(sample => sample.Megabytes))]));

        var each = windows.Select(window => PerSecond(window[0], window[^1])).ToList();
        var (first, last) = (samples[0], samples[^1]);
        var half = samples.Count / 2;
        var highest = samples.Max(sample => sample.Megabytes);
        var growth = half < 2 ? 0 : (samples.Skip(half).Max(sample => sample.Megabytes) / samples.Take(half).Max(sample => sample.Megabytes)) - 1;
        Console.WriteLine(
            $"orders per second: lowest window {Table.Of(each.Min())}, median {Table.Of(Table.Median(each))}, all {Table.Of(PerSecond(first, last))}; "
            + $"cpu {Table.Of(cpu.TotalMicroseconds / last.Decided)} us each");
        Console.WriteLine(
            $"intake beside: {Table.Of(beside.PerSecond)} per second, p50 {Table.Of(beside.Milliseconds(0.5), "N1")} ms, p99 {Table.Of(beside.Milliseconds(0.99), "N1")} ms");
        Console.WriteLine($"working set MB: first {Table.Of(first.Megabytes)}, highest {Table.Of(highest)}, last {Table.Of(last.Megabytes)}");
        return Table.Holds(each.Min() >= PerSecondMin, $"lowest window: {Table.Of(each.Min())} orders per second, at least {Table.Of(PerSecondMin)} is asked")
            & Table.Holds(highest < MegabytesMax, $"working set: {Table.Of(highest)} MB at most, below {MegabytesMax} MB is asked")
            & Table.Holds(growth <= GrowthMax, $"working set of the second half: {Table.Of(growth * 100)} % above the first half's, at most {Table.Of(GrowthMax * 100)} % is asked");
    }

    private static bool Checked(string folder, long accepted)
    {
        var faults = Books.Check(folder, accepted);
        return Table.Holds(
            faults.Count == 0, $"all {Table.Of(accepted)} deliveries done, each order with one receipt and its entries{string.Concat(faults.Select(fault => $"; {fault}"))}");
    }

    private static double PerSecond(Sample from, Sample to) => (to.Decided - from.Decided) / (to.At - from.At).TotalSeconds;

    private sealed record Sample(TimeSpan At, long Decided, double Megabytes);
}
