// The verb rebuild: differences one a line on standard output, progress on standard error.
namespace StorePlugin.Verification;

internal static class RebuildVerb
{
    private const int Equal = 0;
    private const int Different = 1;
    private const int Usage = 2;

    public const string Store = "--store";

    /// <summary>Reads the verb's own options. False when they are not its.</summary>
    public static bool TryRead(string[] own, out string? storeId)
    {
        storeId = own switch
        {
            [Store, var id] => id,
            [var both] when both.StartsWith(Store + "=", StringComparison.Ordinal) => both[(Store.Length + 1)..],
            _ => null,
        };
        return own.Length == 0 || (storeId?.Length > 0 && !storeId.StartsWith('-'));
    }

    public static async Task<int> RunAsync(string[] configuration, string? storeId)
    {
        await using var app = App.BuildAtLeisure(configuration);
        await App.PrepareAsync(app);
        var report = await app.Services.GetRequiredService<Rebuild>().RunAsync(storeId, Console.Error.WriteLine, CancellationToken.None);
        if (storeId is not null && report.Stores == 0)
        {
            await Console.Error.WriteLineAsync($"There is no store with the id '{storeId}'.");
            return Usage;
        }

        foreach (var finding in report.Findings)
        {
            Console.WriteLine(finding);
        }

        if (report.Unlogged > 0)
        {
            await Console.Error.WriteLineAsync(string.Create(
                System.Globalization.CultureInfo.InvariantCulture,
                $"{report.Unlogged} orders were decided before their log was kept; nothing of them can be compared."));
        }

        await Console.Error.WriteLineAsync(report.IsEmpty ? "The log gives exactly what stands." : "There are differences.");
        return report.IsEmpty ? Equal : Different;
    }
}
