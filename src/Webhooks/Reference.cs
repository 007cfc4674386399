// What an order may carry as a link reference: a click id or a link slug.
using System.Collections.Immutable;

namespace StorePlugin.Webhooks;

internal static class Reference
{
    private const int LengthMax = 200;

    /// <summary>Adds a reference unless it is blank or longer than any of ours, which a shopper can bring about.</summary>
    public static void AddTo(ImmutableArray<OrderReference>.Builder references, ReferenceSource source, string? value)
    {
        if (value?.Trim() is { Length: > 0 and <= LengthMax } text)
        {
            references.Add(new OrderReference(source, text));
        }
    }
}
