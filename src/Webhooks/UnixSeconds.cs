// The timestamps that platforms sign: plain digits and nothing else.
using System.Globalization;

namespace StorePlugin.Webhooks;

internal static class UnixSeconds
{
    /// <summary>Reads digits without sign, blank, leading zero, point or exponent.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, int lengthMax, out long seconds)
    {
        seconds = 0;
        return text.Length <= lengthMax
            && text is [>= '1' and <= '9', ..]
            && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out seconds);
    }
}
