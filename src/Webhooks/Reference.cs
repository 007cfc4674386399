// Texts that name an order or what it was brought by, kept within the lengths that anyone stores.
using System.Collections.Immutable;

namespace StorePlugin.Webhooks;

internal static class Reference
{
    /// <summary>No platform makes longer codes; a longer text is none of ours.</summary>
    public const int CodeLengthMax = 255;

    private const int LengthMax = 200;
    private const int NameLengthMax = 100;

    /// <summary>What people call an order; plugins make it up, so it is cut where it is overlong.</summary>
    public static string Named(string name) => name.Length <= NameLengthMax ? name : name[..NameLengthMax];

    /// <summary>Adds a reference unless it is blank or longer than any of ours, which a shopper can bring about.</summary>
    public static void AddTo(ImmutableArray<OrderReference>.Builder references, ReferenceSource source, string? value)
    {
        if (value?.Trim() is { Length: > 0 and <= LengthMax } text)
        {
            references.Add(new OrderReference(source, text));
        }
    }
}
