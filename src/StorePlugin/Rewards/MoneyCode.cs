// A code that is worth money to whoever has it: computed where it is needed, kept nowhere, and shown to the ambassador alone.
using StorePlugin.Stores;

namespace StorePlugin.Rewards;

internal static class MoneyCode
{
    private const int Length = 16;

    // No vowel, so that no word comes about; no letter that is taken for a digit.
    private const string Alphabet = "23456789BCDFGHJKMNPQRSTVWXYZ";

    /// <param name="purpose">What it is for, once for each code.</param>
    public static string Of(StoreKeys keys, Store store, string purpose) => keys.Code(store, purpose, Alphabet, Length);

    /// <summary>In groups of four, as people read it.</summary>
    public static string Shown(string code) => string.Join(' ', code.Chunk(4).Select(part => new string(part)));
}
