// A link as a QR code.
using System.Globalization;
using System.Text;
using QRCoder;

namespace StorePlugin.Portal;

internal static class LinkCode
{
    // Large enough for a printed card at the usual 300 dots an inch.
    private const int PngPixelsPerModule = 16;

    /// <summary>A drawing that scales, dark on white in every colour scheme, since scanners expect that.</summary>
    public static string Svg(string link)
    {
        using var code = Encode(link);
        var rows = code.ModuleMatrix;
        var path = new StringBuilder();
        for (var y = 0; y < rows.Count; y++)
        {
            // One stroke for each run of dark modules keeps the file small.
            for (var x = 0; x < rows[y].Length; x++)
            {
                var from = x;
                while (x < rows[y].Length && rows[y][x])
                {
                    x++;
                }

                if (x > from)
                {
                    path.Append(CultureInfo.InvariantCulture, $"M{from} {y}h{x - from}v1h-{x - from}z");
                }
            }
        }

        return string.Create(
            CultureInfo.InvariantCulture,
            $"""
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {rows.Count} {rows.Count}" shape-rendering="crispEdges">
            <rect width="100%" height="100%" fill="#fff"/><path d="{path}" fill="#000"/></svg>
            """);
    }

    public static byte[] Png(string link)
    {
        using var code = Encode(link);
        using var png = new PngByteQRCode(code);
        return png.GetGraphic(PngPixelsPerModule);
    }

    // Level M survives a crease or a stain; the quiet zone around it is part of the matrix.
    private static QRCodeData Encode(string link) => QRCodeGenerator.GenerateQrCode(link, QRCodeGenerator.ECCLevel.M);
}
