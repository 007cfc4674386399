// Which path of the store a link may lead to: a path on the store's own domain, and nothing that becomes another address.
using System.Globalization;

namespace StorePlugin.Ambassadors;

internal static class LandingPath
{
    private const int LengthMax = 1000;

    // A text that still changes after this many decodings was made to deceive.
    private const int DecodingsMax = 5;

    /// <summary>
    /// Whether the text, as it is and after each decoding, is a path that begins with exactly one slash, without
    /// backslash, double slash, scheme, fragment, blank or control characters: browsers and proxies decode and repair
    /// addresses, each in its own way.
    /// </summary>
    public static bool IsOwn(string text)
    {
        if (text.Length > LengthMax)
        {
            return false;
        }

        for (var decodings = 0; decodings <= DecodingsMax; decodings++)
        {
            if (!IsPlain(text))
            {
                return false;
            }

            var decoded = Uri.UnescapeDataString(text);
            if (decoded == text)
            {
                return true;
            }

            text = decoded;
        }

        return false;
    }

    /// <summary>
    /// The path without any parameter <c>ref</c>, however it is escaped; the rest stays byte for byte. An order's first
    /// <c>ref</c> counts, so a link that kept a foreign one would bring its order to somebody else, or to nobody.
    /// </summary>
    /// <param name="path">A path that <see cref="IsOwn"/>; so it has no fragment.</param>
    public static string WithoutReference(string path)
    {
        var start = path.IndexOf('?', StringComparison.Ordinal);
        if (start < 0)
        {
            return path;
        }

        var parameters = path[(start + 1)..].Split('&');
        var kept = Array.FindAll(parameters, parameter => !IsReference(parameter));
        return kept.Length == parameters.Length ? path
            : kept.Length == 0 ? path[..start]
            : $"{path[..start]}?{string.Join('&', kept)}";
    }

    private static bool IsReference(string parameter)
    {
        var name = parameter.Split('=')[0];
        for (var decodings = 0; decodings < DecodingsMax; decodings++)
        {
            name = Uri.UnescapeDataString(name);
        }

        return name == "ref";
    }

    private static bool IsPlain(string text) =>
        text.StartsWith('/')
        && !text.Contains("//", StringComparison.Ordinal)
        && !text.Contains("/:", StringComparison.Ordinal)
        && !text.Any(c => c is '\\' or '#' or '\uFFFD' || char.IsControl(c) || (c != ' ' && char.IsWhiteSpace(c))
            || char.GetUnicodeCategory(c) is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
}
