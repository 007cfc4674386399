// How long a verb of the program takes over a year's past, and the most memory it holds meanwhile.
using System.Globalization;

namespace StorePlugin.Bench;

internal static class VerbFigure
{
    private const double MegabytesMax = 500;

    private static readonly TimeSpan RebuildMax = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan BackTestMax = TimeSpan.FromSeconds(30);

    /// <summary>The whole past replayed from its log, which must come to what stands.</summary>
    public static Task<bool> RebuildAsync(Past past) => RunAsync(past.Folder, ["rebuild"], Most(RebuildMax, past), MegabytesMax);

    /// <summary>Every order of the past decided twice, by the terms that it had on both sides: nothing may differ.</summary>
    public static async Task<bool> BackTestAsync(Past past)
    {
        var terms = Path.Combine(past.Folder, "terms.json");
        await File.WriteAllTextAsync(terms, Shop.TermsAsAsked);
        string[] verb =
        [
            "backtest", "--store", Shop.Domain, "--campaign", Books.Campaign(past.Folder), "--terms", terms,
            "--from", past.From.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
            "--to", past.Until.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
        ];
        return await RunAsync(past.Folder, verb, Most(BackTestMax, past), MegabytesMax);
    }

    /// <param name="most">How long it may take; null: nobody has asked.</param>
    /// <param name="megabytesMax">How much memory it may hold; null: nobody has asked.</param>
    public static async Task<bool> RunAsync(string folder, string[] verb, TimeSpan? most = null, double? megabytesMax = null)
    {
        var run = await Child.VerbAsync(folder, verb);
        Table.Print(
            ["verb", "seconds", "peak working set MB", "exit code"],
            [[verb[0], Table.Of(run.Took.TotalSeconds, "N1"), Table.Of(run.PeakMegabytes), Table.Of(run.ExitCode)]]);
        if (run.ExitCode != 0)
        {
            Console.WriteLine(string.Join(Environment.NewLine, run.LastLines));
        }

        return Table.Holds(run.ExitCode == 0, $"{verb[0]}: nothing found")
            & (most is null || Table.Holds(run.Took <= most, $"{verb[0]}: {Table.Of(run.Took.TotalSeconds, "N1")} s, at most {Table.Of(most.Value.TotalSeconds)} s are asked"))
            & (megabytesMax is null || Table.Holds(
                run.PeakMegabytes < megabytesMax, $"{verb[0]}: {Table.Of(run.PeakMegabytes)} MB at most, below {Table.Of(megabytesMax.Value)} MB is asked"));
    }

    // What is asked is asked of a million orders; of fewer in proportion.
    private static TimeSpan Most(TimeSpan ofMillion, Past past) => ofMillion * (past.Orders / 1e6);
}
