// Acknowledged durable webhooks per second, and how long the slowest hundredth waits, beside the limit's in the same run.
namespace StorePlugin.Bench;

internal static class IntakeFigure
{
    private const int Connections = 64;
    private const double RatioMin = 0.6;
    private const double SlownessMax = 2;

    // More than the limit answers on this kind of machine; a round that sends them all ends early.
    private const int PreparedPerSecond = 40_000;

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(5);

    public static async Task<bool> RunAsync(string parent, int rounds, int seconds)
    {
        using var folders = new Folders(parent);
        var planted = folders.New();
        await Shop.PlantAsync(planted);
        var orders = new OrderRequests();
        var requests = orders.Prepare(PreparedPerSecond * (seconds + (int)WarmUp.TotalSeconds));
        Console.WriteLine($"intake: {Connections} connections, bodies of {orders.BodyBytes} bytes, {rounds} rounds of {seconds} s, {Environment.ProcessorCount} cores");

        List<Round> limit = [], idle = [], working = [];
        for (var i = 0; i < rounds; i++)
        {
            limit.Add(await MeasureAsync(await Child.LimitAsync(folders.New()), requests, seconds));
            idle.Add(await MeasureAsync(await Child.AppAsync(folders.New(planted), workers: false), requests, seconds));
            working.Add(await MeasureAsync(await Child.AppAsync(folders.New(planted), workers: true), requests, seconds));
        }

        Table.Print(
            ["median of rounds", "per second", "ratio", "p50 ms", "p99 ms", "ratio", "cpu us each", "ratio of each round"],
            [Row("limit", limit, limit), Row("app, workers off", idle, limit), Row("app, workers on", working, limit)]);
        var fast = Ratio(idle, limit, round => round.PerSecond);
        var slow = Ratio(idle, limit, round => round.P99);
        return Table.Holds(fast >= RatioMin, $"per second with workers off: {Table.Of(fast, "N2")} of the limit, at least {RatioMin} is asked")
            & Table.Holds(slow <= SlownessMax, $"p99 with workers off: {Table.Of(slow, "N2")} times the limit's, at most {SlownessMax} is asked");
    }

    private static async Task<Round> MeasureAsync(Child server, byte[][] requests, int seconds)
    {
        await using (server)
        {
            using var senders = new Senders(server.Port, Connections);
            var next = 0;
            byte[]? Next() => next < requests.Length ? requests[next++] : null;
            senders.Flood(Next, WarmUp);
            var cpu = server.Cpu;
            var load = senders.Flood(Next, TimeSpan.FromSeconds(seconds));
            var cpuEach = (server.Cpu - cpu).TotalMicroseconds / load.Answered;
            return new Round(load.PerSecond, load.Milliseconds(0.5), load.Milliseconds(0.99), cpuEach);
        }
    }

    private static string[] Row(string name, List<Round> rounds, List<Round> limit) =>
    [
        name,
        Table.Of(Table.Median(rounds.Select(round => round.PerSecond))),
        Table.Of(Ratio(rounds, limit, round => round.PerSecond), "N2"),
        Table.Of(Table.Median(rounds.Select(round => round.P50)), "N2"),
        Table.Of(Table.Median(rounds.Select(round => round.P99)), "N2"),
        Table.Of(Ratio(rounds, limit, round => round.P99), "N2"),
        Table.Of(Table.Median(rounds.Select(round => round.CpuEach))),
        string.Join(" ", rounds.Zip(limit, (round, of) => Table.Of(round.PerSecond / of.PerSecond, "N2"))),
    ];

    private static double Ratio(List<Round> rounds, List<Round> limit, Func<Round, double> figure) =>
        Table.Median(rounds.Select(figure)) / Table.Median(limit.Select(figure));

    private sealed record Round(double PerSecond, double P50, double P99, double CpuEach);
}
