// The theme's app embed as its files have it, and as a theme without Liquid shows it to a browser.
using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Storefront;

internal static partial class EmbedBlock
{
    public const string Handle = "ambassador-embed";

    private static readonly string Folder = Path.Combine(SourceTree.Root, "infra", "extensions", Handle);

    public static string Liquid { get; } = Read($"blocks/{Handle}.liquid");

    public static string Script { get; } = Read($"assets/{Handle}.js");

    public static string Style { get; } = Read($"assets/{Handle}.css");

    public static JsonNode Schema { get; } = JsonNode.Parse(SchemaText().Match(Liquid).Groups["json"].Value)!;

    public static string Read(string path) => File.ReadAllText(Path.Combine(Folder, path));

    /// <summary>Every output of the block as it stands between the braces.</summary>
    public static IEnumerable<string> Outputs => Output().Matches(Liquid).Select(output => output.Groups["text"].Value.Trim());

    /// <summary>The block with the message switched on: the settings' defaults, and the words of the shop's language.</summary>
    public static string Html
    {
        get
        {
            var words = JsonNode.Parse(Read("locales/en.default.json"))!;
            var body = Tag().Replace(SchemaText().Replace(Comment().Replace(Liquid, ""), ""), "");
            return Output().Replace(body, output => output.Groups["text"].Value.Split('|')[0].Trim() switch
            {
                ['\'', .. var key, '\''] => WebUtility.HtmlEncode((string)key.Split('.').Aggregate(words, (node, part) => node[part]!)!),
                var setting => WebUtility.HtmlEncode((string)Schema["settings"]!.AsArray()
                    .Single(each => "block.settings." + (string?)each!["id"] == setting)!["default"]!),
            });
        }
    }

    [GeneratedRegex(@"\{% schema %\}(?<json>[\s\S]*)\{% endschema %\}", RegexOptions.ExplicitCapture)]
    private static partial Regex SchemaText();

    [GeneratedRegex(@"\{%-? comment -?%\}[\s\S]*?\{%-? endcomment -?%\}")]
    private static partial Regex Comment();

    [GeneratedRegex(@"\{%[\s\S]*?%\}")]
    private static partial Regex Tag();

    [GeneratedRegex(@"\{\{(?<text>[\s\S]*?)\}\}", RegexOptions.ExplicitCapture)]
    private static partial Regex Output();
}
