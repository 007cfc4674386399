// A store's colour as its pages use it: readable on their grounds, in light and in dark, whatever colour it is.
using System.Globalization;
using System.Runtime.InteropServices;

namespace StorePlugin.Pages;

/// <summary>A colour that a merchant has named as <c>#rrggbb</c>; nothing else ever reaches a style sheet.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct BrandColour(byte Red, byte Green, byte Blue)
{
    // WCAG 2.2, 1.4.3: text and ground differ by this much.
    private const double ContrastMin = 4.5;

    private static readonly BrandColour Black = new(0, 0, 0);
    private static readonly BrandColour White = new(255, 255, 255);

    // The grounds of site.css that the colour stands on.
    private static readonly BrandColour[] LightGrounds = [White, new(0xF5, 0xF7, 0xF6)];
    private static readonly BrandColour[] DarkGrounds = [new(0x18, 0x20, 0x1E), new(0x0F, 0x15, 0x14)];

    /// <summary>Reads <c>#rrggbb</c>; false for every other text.</summary>
    public static bool TryParse(string? text, out BrandColour colour)
    {
        colour = default;
        if (text is not { Length: 7 } || text[0] != '#' || !uint.TryParse(text.AsSpan(1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var number))
        {
            return false;
        }

        colour = new BrandColour((byte)(number >> 16), (byte)((number >> 8) & 0xFF), (byte)(number & 0xFF));
        return true;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"#{Red:x2}{Green:x2}{Blue:x2}");

    /// <summary>The rules that put it in the place of the program's own colour.</summary>
    public string ToStyleSheet() =>
        $$"""
        :root { {{Rules(LightGrounds, Black)}} }
        @media (prefers-color-scheme: dark) { :root { {{Rules(DarkGrounds, White)}} } }
        """;

    /// <summary>How much two colours differ, from 1 to 21 (WCAG 2.2, contrast ratio).</summary>
    public static double Contrast(BrandColour left, BrandColour right)
    {
        var (one, other) = (left.Luminance, right.Luminance);
        return (Math.Max(one, other) + 0.05) / (Math.Min(one, other) + 0.05);
    }

    /// <summary>The colour itself where it can be read, and else as little darker or lighter as it takes.</summary>
    private string Rules(BrandColour[] grounds, BrandColour towards)
    {
        for (var step = 0; ; step++)
        {
            var colour = Mix(towards, step / 20.0);
            var wash = grounds[0].Mix(colour, 0.12);
            if (step == 20 || grounds.Append(wash).All(ground => Contrast(colour, ground) >= ContrastMin))
            {
                var ink = Contrast(colour, White) >= Contrast(colour, Black) ? White : Black;
                return $"--brand: {colour}; --brand-ink: {ink}; --brand-wash: {wash};";
            }
        }
    }

    private BrandColour Mix(BrandColour other, double share)
    {
        return new BrandColour(Of(Red, other.Red), Of(Green, other.Green), Of(Blue, other.Blue));

        byte Of(byte from, byte to) => (byte)Math.Round(from + ((to - from) * share));
    }

    private double Luminance
    {
        get
        {
            return (0.2126 * Linear(Red)) + (0.7152 * Linear(Green)) + (0.0722 * Linear(Blue));

            static double Linear(byte part)
            {
                var share = part / 255.0;
                return share <= 0.04045 ? share / 12.92 : Math.Pow((share + 0.055) / 1.055, 2.4);
            }
        }
    }
}
