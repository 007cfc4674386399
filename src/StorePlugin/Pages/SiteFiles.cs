// The style sheet and the icon: embedded, and addressed by their content, so that browsers keep them for good.
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http.HttpResults;

namespace StorePlugin.Pages;

internal static class SiteFiles
{
    public const string StyleRoute = "/assets/{version}/site.css";
    public const string IconRoute = "/assets/{version}/icon.svg";

    private static readonly Asset StyleSheet = Asset.Read("site.css");
    private static readonly Asset IconFile = Asset.Read("icon.svg");

    public static string StylePath { get; } = $"/assets/{StyleSheet.Version}/site.css";

    public static string IconPath { get; } = $"/assets/{IconFile.Version}/icon.svg";

    public static FileContentHttpResult Style(HttpContext context) => Answer(context, StyleSheet, "text/css; charset=utf-8");

    public static FileContentHttpResult Icon(HttpContext context) => Answer(context, IconFile, "image/svg+xml");

    private static FileContentHttpResult Answer(HttpContext context, Asset asset, string type)
    {
        context.Response.Headers.CacheControl = "public, max-age=31536000, immutable";
        return TypedResults.Bytes(asset.Bytes, type);
    }

    private sealed record Asset(byte[] Bytes, string Version)
    {
        public static Asset Read(string name)
        {
            using var stream = typeof(SiteFiles).Assembly.GetManifestResourceStream($"Assets/{name}")
                ?? throw new InvalidOperationException($"The program was built without {name}.");
            using var copy = new MemoryStream();
            stream.CopyTo(copy);
            var bytes = copy.ToArray();
            return new Asset(bytes, Convert.ToHexStringLower(SHA256.HashData(bytes))[..12]);
        }
    }
}
