// What the verb verify has to say about one row.
namespace StorePlugin.Verification;

/// <summary>An invariant that does not hold.</summary>
/// <param name="Check">The name of the invariant, stable: people search for it.</param>
/// <param name="StoreId">The store of the row.</param>
/// <param name="Subject">The row: an id, or what else names it within its store.</param>
/// <param name="Text">What is wrong, in words; it names no shopper.</param>
internal sealed record Finding(string Check, string StoreId, string Subject, string Text)
{
    public override string ToString() => $"{Check} {StoreId} {Subject}: {Text}";
}
