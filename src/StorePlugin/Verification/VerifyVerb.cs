// The verb verify: findings one a line on standard output, progress on standard error.
namespace StorePlugin.Verification;

internal static class VerifyVerb
{
    private const int Clean = 0;
    private const int Found = 1;

    public static async Task<int> RunAsync(string[] args)
    {
        await using var app = App.BuildAtLeisure(args);
        await App.PrepareAsync(app);
        await Console.Error.WriteLineAsync($"Checking {Invariants.All.Length + 1} invariants.");
        var findings = await app.Services.GetRequiredService<Verify>().RunAsync(storeId: null, CancellationToken.None);
        foreach (var finding in findings)
        {
            Console.WriteLine(finding);
        }

        await Console.Error.WriteLineAsync(findings.Count == 0 ? "Everything holds." : $"{findings.Count} findings.");
        return findings.Count == 0 ? Clean : Found;
    }
}
