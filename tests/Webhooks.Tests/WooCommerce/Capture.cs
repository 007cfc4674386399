// A request that a real WooCommerce store sent, as it was captured.
using System.Text;

namespace StorePlugin.Webhooks.Tests.WooCommerce;

internal sealed record Capture(string Name, byte[] Body, IReadOnlyDictionary<string, string> Headers)
{
    /// <summary>The secret of every signed capture.</summary>
    public static readonly byte[] Secret = Encoding.UTF8.GetBytes("whsec & <test> 'q' \"d\" é");

    public static IEnumerable<string> Names() =>
        Directory.EnumerateFiles(Path.Combine(TestData.Folder, "woocommerce"), "*.body")
            .Select(file => Path.GetFileNameWithoutExtension(file))
            .Order(StringComparer.Ordinal);

    public static IEnumerable<string> SignedNames() => Names().Where(name => name is not "ping");

    public static Capture Load(string name)
    {
        var raw = TestData.Json("woocommerce", name + ".headers.json").GetProperty("rawHeaders").EnumerateArray().Select(text => text.GetString()!).ToArray();
        return new(
            name,
            TestData.Bytes("woocommerce", name + ".body"),
            raw.Chunk(2).ToDictionary(pair => pair[0], pair => pair[1], StringComparer.OrdinalIgnoreCase));
    }
}
