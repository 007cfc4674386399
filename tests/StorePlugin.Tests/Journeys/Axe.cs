// Asks axe-core, in the page itself, what would keep somebody from using it.
using System.Text.Json;
using Microsoft.Playwright;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Journeys;

/// <summary>The rules of WCAG 2.2, levels A and AA.</summary>
internal static class Axe
{
    private const string Run =
        """
        async () => {
          const found = await axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], resultTypes: ["violations"] });
          return JSON.stringify(found.violations.flatMap(rule => rule.nodes.map(node =>
            `${rule.id}: ${node.target.join(" ")}: ${(node.any[0] ?? node.all[0] ?? node.none[0])?.message ?? rule.help}`)));
        }
        """;

    private static readonly Lazy<Task<string>> Script = new(FetchAsync);

    /// <summary>Each violation in one line, with the element; empty where there is none.</summary>
    public static async Task<IReadOnlyList<string>> ViolationsAsync(IPage page)
    {
        await page.EvaluateAsync(await Script.Value);
        return JsonSerializer.Deserialize<string[]>(await page.EvaluateAsync<string>(Run))!;
    }

    private static async Task<string> FetchAsync()
    {
        var folder = Path.Combine(SourceTree.Root, "tests", "StorePlugin.Tests", "Journeys");
        try
        {
            await NodePackages.InstallAsync(folder);
        }
        // Where Node.js is missing or reaches no registry.
        catch (Exception e) when (e is NotInstalledException or System.ComponentModel.Win32Exception && !NodePackages.AreRequired)
        {
            Assert.Ignore($"axe-core could not be fetched, and no page was judged. {e.Message}");
        }

        return await File.ReadAllTextAsync(Path.Combine(folder, "node_modules", "axe-core", "axe.min.js"));
    }
}
