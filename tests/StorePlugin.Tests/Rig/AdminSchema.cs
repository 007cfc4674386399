// Shopify's own Admin schema, which judges what is asked of Shopify and what the stand-in answers.
using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace StorePlugin.Tests.Rig;

/// <param name="Name">The operation's; null where there is none to be found.</param>
/// <param name="Errors">What is wrong, a deprecated field or input included; empty where nothing is.</param>
/// <param name="Access">What the fields of the document need, in the schema's words.</param>
internal sealed record SchemaVerdict(string? Name, IReadOnlyList<string> Errors, IReadOnlyList<SchemaAccess> Access);

/// <param name="Of">A type, or a field as in <c>Mutation.discountCodeBasicCreate</c>.</param>
internal sealed record SchemaAccess(string Of, string Needs);

/// <summary>
/// One process of Node.js for a test run, started by the first that asks: it reads the schema once. Where Node.js is missing,
/// nothing is judged, except where the run must not go without.
/// </summary>
internal static class AdminSchema
{
    private static readonly string Folder = Path.Combine(SourceTree.Root, "tests", "StorePlugin.Tests", "Schema");
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromMinutes(1);

    private static readonly Lazy<Task<(Process? Process, string? Without)>> Started = new(StartAsync);
    private static readonly SemaphoreSlim Turn = new(1);

    /// <summary>Skips the test, with the reason, where there is no schema on this machine.</summary>
    public static async Task RequireAsync()
    {
        if (!await IsAvailableAsync())
        {
            Assert.Ignore((await Started.Value).Without!);
        }
    }

    /// <summary>Whether there is a schema to judge by; the first call may take as long as an installation.</summary>
    /// <exception cref="InvalidOperationException">There is none, and the run must not go without.</exception>
    public static async Task<bool> IsAvailableAsync() => (await Started.Value) switch
    {
        { Process: not null } => true,
        { Without: var without } when NodePackages.AreRequired => throw new InvalidOperationException(without),
        _ => false,
    };

    /// <param name="variables">As they are sent; null: they are not judged.</param>
    /// <param name="data">The answer's; null: it is not judged.</param>
    public static async Task<SchemaVerdict> JudgeAsync(string document, JsonNode? variables = null, JsonNode? data = null)
    {
        var process = (await Started.Value).Process ?? throw new InvalidOperationException("There is no schema to judge by.");
        var question = new JsonObject { ["document"] = document };
        if (variables is not null)
        {
            question["variables"] = variables.DeepClone();
        }

        if (data is not null)
        {
            question["data"] = data.DeepClone();
        }

        await Turn.WaitAsync();
        try
        {
            await process.StandardInput.WriteLineAsync(question.ToJsonString());
            await process.StandardInput.FlushAsync();
            var line = await process.StandardOutput.ReadLineAsync().WaitAsync(AnswerTimeout)
                ?? throw new InvalidOperationException("The process that knows the schema has ended.");
            return JsonSerializer.Deserialize<SchemaVerdict>(line, JsonSerializerOptions.Web)!;
        }
        finally
        {
            Turn.Release();
        }
    }

    private static async Task<(Process? Process, string? Without)> StartAsync()
    {
        try
        {
            await NodePackages.InstallAsync(Folder);
            var process = Process.Start(new ProcessStartInfo("node", ["check.mjs"])
            {
                WorkingDirectory = Folder,
                UseShellExecute = false,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                StandardInputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
                StandardOutputEncoding = Encoding.UTF8,
            });
            return (process, null);
        }
        // Neither is installed.
        catch (Win32Exception e)
        {
            return (null, $"Shopify's schema is not asked: Node.js cannot be started ({e.Message}).");
        }
        catch (NotInstalledException e)
        {
            return (null, $"Shopify's schema is not asked: {e.Message}");
        }
    }
}
