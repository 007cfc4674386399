// Finds the files beside the tests, whatever folder the tests run in.
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace StorePlugin.Webhooks.Tests;

internal static class TestData
{
    /// <summary>The folder in the source tree, so that golden files can be written anew.</summary>
    public static string Folder { get; } = Path.Combine(Path.GetDirectoryName(ThisFile())!, "Data");

    public static byte[] Bytes(params string[] path) => File.ReadAllBytes(Path.Combine([Folder, .. path]));

    public static JsonElement Json(params string[] path)
    {
        using var document = JsonDocument.Parse(Bytes(path));
        return document.RootElement.Clone();
    }

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
