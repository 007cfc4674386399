// How long a verb of the program takes over a year's past, and the most memory it holds meanwhile.
namespace StorePlugin.Bench;

internal static class VerbFigure
{
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
}
