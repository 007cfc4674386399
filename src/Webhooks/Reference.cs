// Texts that name an order or what it was brought by, kept within the lengths that anyone stores.
using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace StorePlugin.Webhooks;

internal static class Reference
{
    /// <summary>No platform makes longer codes; a longer text is none of ours.</summary>
    public const int CodeLengthMax = 255;

    private const int LengthMax = 200;
    private const int NameLengthMax = 100;

    /// <summary>What people call an order; plugins make it up, so it is cut where it is overlong.</summary>
    public static string Named(string name) => name.Length <= NameLengthMax ? name : name[..NameLengthMax];

    /// <summary>
    /// Adds a reference if it may be one of ours: a click's id or a link's slug. A shopper can write anything there, and
    /// other programs use the same name, so that an e-mail address may stand in it, which is not to be kept (rule F8).
    /// </summary>
    public static void AddTo(ImmutableArray<OrderReference>.Builder references, ReferenceSource source, string? value)
    {
        if (value?.Trim() is { Length: > 0 and <= LengthMax } text && text.EnumerateRunes().All(MayStand))
        {
            references.Add(new OrderReference(source, text));
        }
    }

    private static bool MayStand(Rune rune) =>
        Rune.IsLetterOrDigit(rune) || rune.Value is '-' or '_'
        || Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark;
}
