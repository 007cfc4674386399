// The block of the thank-you page and the customer accounts: its files, and its script as the builder makes one of it.
using System.ComponentModel;
using System.Text.Json.Nodes;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Storefront;

internal static class ThanksBlock
{
    public static readonly string[] Languages = ["en.default", "de"];

    private static readonly string Folder = Path.Combine(SourceTree.Root, "infra", "extensions", "ambassador-thanks");
    private static readonly string Builder = Path.Combine(SourceTree.Root, "tests", "StorePlugin.Tests", "Storefront", "Extension");
    private static readonly Lazy<Task<(string? Script, string? Without)>> Built = new(BuildAsync);

    public static string Read(string path) => File.ReadAllText(Path.Combine(Folder, path));

    /// <summary>The words of a language by their keys, as in <c>offer.join</c>.</summary>
    public static Dictionary<string, string> Words(string language)
    {
        var words = new Dictionary<string, string>(StringComparer.Ordinal);
        Add(JsonNode.Parse(Read($"locales/{language}.json"))!.AsObject(), "");
        return words;

        void Add(JsonObject node, string prefix)
        {
            foreach (var (name, value) in node)
            {
                if (value is JsonObject inner)
                {
                    Add(inner, $"{prefix}{name}.");
                }
                else
                {
                    words.Add(prefix + name, (string)value!);
                }
            }
        }
    }

    /// <summary>The script with all that it needs. Without Node.js the test is skipped and says so, except where it must not be.</summary>
    public static async Task<string> ScriptAsync()
    {
        var (script, without) = await Built.Value;
        if (script is null)
        {
            if (NodePackages.AreRequired)
            {
                Assert.Fail(without!);
            }

            Assert.Ignore(without!);
        }

        return script!;
    }

    private static async Task<(string? Script, string? Without)> BuildAsync()
    {
        var output = Path.Combine(Directory.CreateTempSubdirectory("storeplugin-extension-").FullName, "extension.js");
        try
        {
            await NodePackages.InstallAsync(Builder);
            await NodePackages.RunAsync(Builder, "The builder", TimeSpan.FromMinutes(1), "node",
            [
                Path.Combine("node_modules", "esbuild", "bin", "esbuild"), Path.Combine(Folder, "src", "Referral.jsx"), "--bundle", "--minify", "--format=esm", "--target=es2020",
                "--jsx=automatic", "--jsx-import-source=preact", "--outfile=" + output,
            ]);
            return (await File.ReadAllTextAsync(output), null);
        }
        catch (Exception e) when (e is Win32Exception or NotInstalledException)
        {
            return (null, $"The block of the thank-you page was not tried: {e.Message}");
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(output)!, recursive: true);
        }
    }
}
