// A bulk operation's file of past orders, read line by line.
using System.Runtime.CompilerServices;
using System.Text.Json;
using StorePlugin.Orders;
using StorePlugin.Webhooks;

namespace StorePlugin.Stores.Shopify;

/// <summary>An order of the file: who bought and when, and whether it was paid.</summary>
internal sealed record PastOrder(
    string Id, DateTimeOffset CreatedAt, DateTimeOffset? ProcessedAt, bool Test, string? DisplayFinancialStatus, string? Email, string? Phone, Buyer? Customer)
{
    /// <summary>Names the order only, so that no log line can hold an address.</summary>
    public override string ToString() => $"{nameof(PastOrder)} {Id}";

    /// <summary>The order as an import takes it; null where it was never paid, or names nobody.</summary>
    public HistoryRow? ToRow(long line)
    {
        var shopper = new Shopper(
            Customer is { } customer ? Gid.NumberOf(customer.Id) : null,
            Email ?? Customer?.DefaultEmailAddress?.EmailAddress,
            Phone ?? Customer?.DefaultPhoneNumber?.PhoneNumber);
        return !Test && DisplayFinancialStatus is "PAID" or "PARTIALLY_REFUNDED" or "REFUNDED" && shopper != Shopper.Unknown
            ? new HistoryRow(line, Gid.NumberOf(Id), ProcessedAt ?? CreatedAt, shopper)
            : null;
    }
}

internal static class PastOrderFile
{
    // Longer than any line of the fields that are asked for.
    private const int LineLengthMax = 20_000;

    /// <summary>The lines of a file in their order. The file is never held whole.</summary>
    /// <exception cref="PlatformException">The file is cut off, or holds something else; what came before has been given out.</exception>
    public static async IAsyncEnumerable<PastOrder> ReadAsync(Stream file, [EnumeratorCancellation] CancellationToken cancel)
    {
        using var reader = new StreamReader(file);
        for (var line = 1L; await reader.ReadLineAsync(cancel) is { } text; line++)
        {
            if (text.Length > 0)
            {
                yield return Parse(text, line);
            }
        }
    }

    private static PastOrder Parse(string text, long line)
    {
        try
        {
            return (text.Length <= LineLengthMax ? JsonSerializer.Deserialize(text, ShopifyJson.Default.PastOrder) : null) ?? throw Broken(line);
        }
        // The parser's words quote the line, which names a person.
        catch (JsonException)
        {
            throw Broken(line);
        }
    }

    private static PlatformException Broken(long line) =>
        new(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"Shopify's file of past orders is cut off, or is none, at line {line}. It is asked for again."));
}
