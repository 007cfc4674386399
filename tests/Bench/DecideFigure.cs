// Attribution and commission as the pure functions that they are: orders per second of one core, and what each allocates.
using System.Collections.Immutable;
using System.Diagnostics;
using StorePlugin.Orders;

namespace StorePlugin.Bench;

internal static class DecideFigure
{
    private const double PerSecondMin = 500_000;

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(2);

    public static bool Run(int rounds, int seconds)
    {
        var cases = DecideCases.Make();
        Console.WriteLine(
            $"decide: {Table.Of(cases.Length)} orders of {DecideCases.Mix(cases)}; {rounds} rounds of {seconds} s on one thread, by the processor's time of the whole process");
        (string Name, Func<DecideCase, object> Decide)[] functions =
        [
            ("attribution", Attribute),
            ("commission", Commit),
            ("attribution and commission", AttributeAndCommit),
            ("with the receipt (Decision.Of)", one => Decision.Of(one.Facts, one.Evidence)),
        ];

        // Each function has its turn in each round, so that a neighbour's hour of work falls on all of them.
        var all = functions.Select(_ => new List<Round>()).ToArray();
        Array.ForEach(functions, function => Measure(cases, function.Decide, WarmUp));
        for (var i = 0; i < rounds; i++)
        {
            for (var f = 0; f < functions.Length; f++)
            {
                all[f].Add(Measure(cases, functions[f].Decide, TimeSpan.FromSeconds(seconds)));
            }
        }

        Table.Print(
            ["median of rounds", "per second", "lowest", "ns each", "bytes each"],
            functions.Select((function, f) => (string[])[
                function.Name,
                Table.Of(Table.Median(all[f].Select(round => round.PerSecond))),
                Table.Of(all[f].Min(round => round.PerSecond)),
                Table.Of(1e9 / Table.Median(all[f].Select(round => round.PerSecond))),
                Table.Of(Table.Median(all[f].Select(round => round.BytesEach)))]));
        var reached = Table.Median(all[2].Select(round => round.PerSecond));
        return Table.Holds(
            reached >= PerSecondMin, $"attribution and commission: {Table.Of(reached)} orders per second and core, at least {Table.Of(PerSecondMin)} is asked");
    }

    private static Attribution Attribute(DecideCase one) => Attribution.Decide(one.Facts.Recorded.Order, one.Evidence, one.Facts.Override);

    // Whoever the code or click belongs to, by the terms that are in force: what attribution would hand over.
    private static Commission Commit(DecideCase one) => one.Touches is [var first, ..]
        ? Commission.Of(one.Facts, one.Evidence.CampaignOf(first.CampaignId).Terms!, new Earner(first.AmbassadorId))
        : Commission.OfNobody(one.Facts);

    // The very call that live processing makes, before its receipt is written.
    private static Decision AttributeAndCommit(DecideCase one) => Decision.Make(one.Facts, one.Evidence);

    private static Round Measure(DecideCase[] cases, Func<DecideCase, object> decide, TimeSpan time)
    {
        var started = Stopwatch.GetTimestamp();
        var cpu = Environment.CpuUsage.TotalTime;
        var bytes = GC.GetAllocatedBytesForCurrentThread();
        var orders = 0L;
        do
        {
            foreach (var one in cases)
            {
                GC.KeepAlive(decide(one));
            }

            orders += cases.Length;
        }
        while (Stopwatch.GetElapsedTime(started) < time);

        bytes = GC.GetAllocatedBytesForCurrentThread() - bytes;
        cpu = Environment.CpuUsage.TotalTime - cpu;
        return new Round(orders / cpu.TotalSeconds, (double)bytes / orders);
    }

    private sealed record Round(double PerSecond, double BytesEach);
}

/// <summary>One order with everything that decides it.</summary>
internal sealed record DecideCase(OrderFacts Facts, Evidence Evidence)
{
    public ImmutableArray<Touch> Touches => Evidence.Touches;
}
