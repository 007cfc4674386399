// The stored receipt in words.
using System.Text.Json;

namespace StorePlugin.Dashboard;

internal static class ReceiptWords
{
    public static IReadOnlyList<string> Lines(string content)
    {
        using var receipt = JsonDocument.Parse(content);
        return receipt.RootElement.TryGetProperty("reason", out var reason) ? [reason.GetString() ?? ""] : [];
    }
}
