// The style sheet, the icon and the script of the admin's frame: embedded, and addressed by their content, so that browsers keep them for good.
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http.HttpResults;

namespace StorePlugin.Pages;

internal static class SiteFiles
{
    public const string StyleRoute = "/assets/{version}/site.css";
    public const string IconRoute = "/assets/{version}/icon.svg";
    public const string EmbeddedScriptRoute = "/assets/{version}/embedded.js";

    private static readonly Asset StyleSheet = Asset.Read("site.css");
    private static readonly Asset IconFile = Asset.Read("icon.svg");
    private static readonly Asset EmbeddedScriptFile = Asset.Read("embedded.js");

    public static string StylePath { get; } = $"/assets/{StyleSheet.Version}/site.css";

    public static string IconPath { get; } = $"/assets/{IconFile.Version}/icon.svg";

    /// <summary>For pages in the frame of Shopify's admin only; all others work without scripts and have none.</summary>
    public static string EmbeddedScriptPath { get; } = $"/assets/{EmbeddedScriptFile.Version}/embedded.js";

    public static FileContentHttpResult Style(HttpContext context) => Answer(context, StyleSheet, "text/css; charset=utf-8");

    public static FileContentHttpResult Icon(HttpContext context) => Answer(context, IconFile, "image/svg+xml");

    public static FileContentHttpResult EmbeddedScript(HttpContext context) => Answer(context, EmbeddedScriptFile, "text/javascript; charset=utf-8");

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
