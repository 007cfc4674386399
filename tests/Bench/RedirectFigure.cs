// How long shoppers wait on a referral link at a steady pace, and whether every click is committed when they are sent on.
using System.Globalization;
using System.Text;

namespace StorePlugin.Bench;

internal static class RedirectFigure
{
    private const int Connections = 64;
    private const double MillisecondsMax = 10;
    private const double DurableMillisecondsMax = 1000;

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(5);

    /// <param name="big">A folder that <see cref="Past"/> has filled; null: an empty database. The clicks stay in it.</param>
    public static async Task<bool> RunAsync(string parent, string? big, int perSecond, int seconds)
    {
        using var folders = new Folders(parent);
        var folder = big ?? folders.New();
        if (big is null)
        {
            await Shop.PlantAsync(folder);
        }

        var before = Books.Clicks(folder);
        Console.WriteLine($"redirect: {Table.Of(perSecond)} visits per second for {seconds} s, on a database of {Table.Of(before)} clicks");
        byte[][] requests = [.. Enumerable.Range(0, Shop.Ambassadors).Select(Request)];
        var next = 0;
        byte[] Next() => requests[next++ % requests.Length];

        Load load;
        TimeSpan cpu;
        await using (var app = await Child.AppAsync(folder, workers: true))
        {
            using var senders = new Senders(app.Port, Connections, status: 302);
            senders.Pace(Next, WarmUp, perSecond);
            cpu = app.Cpu;
            load = senders.Pace(Next, TimeSpan.FromSeconds(seconds), perSecond);
            cpu = app.Cpu - cpu;

            // Whatever was not committed when the last shopper was answered is not committed any more.
            await app.KillAsync();
        }

        var written = Books.Clicks(folder) - before;
        var (p99, max) = (load.Milliseconds(0.99), load.Milliseconds(1));
        Table.Print(
            ["answered", "per second", "p50 ms", "p99 ms", "p99.9 ms", "max ms", "cpu us each"],
            [[
                Table.Of(load.Answered), Table.Of(load.PerSecond), Table.Of(load.Milliseconds(0.5), "N2"), Table.Of(p99, "N2"),
                Table.Of(load.Milliseconds(0.999), "N2"), Table.Of(max, "N2"), Table.Of(cpu.TotalMicroseconds / load.Answered),
            ]]);
        Console.WriteLine("A shopper is sent on when the click is committed: what they wait is the longest that a click is not durable.");
        return Table.Holds(p99 < MillisecondsMax, $"p99: {Table.Of(p99, "N2")} ms, below {Table.Of(MillisecondsMax)} ms is asked")
            & Table.Holds(
                written == next && max < DurableMillisecondsMax,
                $"{Table.Of(written)} clicks of {Table.Of(next)} answered visits are in the database of the program that was killed after the last answer; "
                + $"each within {Table.Of(max, "N0")} ms, {Table.Of(DurableMillisecondsMax)} ms are asked");
    }

    private static byte[] Request(int number) => Encoding.ASCII.GetBytes(string.Create(
        CultureInfo.InvariantCulture,
        $"""
        GET /r/{Shop.Code(number)}?to=/products/mug HTTP/1.1
        Host: 127.0.0.1
        User-Agent: Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1
        Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8
        Accept-Language: de-DE,de;q=0.9
        Referer: https://www.instagram.com/


        """).ReplaceLineEndings("\r\n"));
}
