// What Shopify's checks and a strict theme ask of the extensions' files.
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Storefront;

internal sealed class EmbedFilesTests
{
    private const int ScriptBytesMax = 7 * 1024;

    [Test]
    public void Everything_that_the_block_puts_out_is_escaped()
    {
        Assert.That(EmbedBlock.Outputs, Is.Not.Empty);
        Assert.That(EmbedBlock.Outputs.Where(output => !Regex.IsMatch(output, @"\|\s*(escape|json)$", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1))), Is.Empty);
    }

    [Test]
    public void The_block_is_an_app_embed_with_nothing_inline_and_its_message_is_off_by_itself()
    {
        var schema = EmbedBlock.Schema;
        var settings = schema["settings"]!.AsArray().ToDictionary(setting => (string?)setting!["id"] ?? "", setting => setting!["default"]);

        Assert.That(((string?)schema["target"], (string?)schema["javascript"]), Is.EqualTo(("body", "ambassador-embed.js")));
        Assert.That(((bool)settings["show_message"]!, (string?)settings["proxy"]), Is.EqualTo((false, "/apps/ambassadors")));
        Assert.That(EmbedBlock.Liquid, Does.Not.Contain("<script").And.Not.Match(@"\son\w+=").And.Not.Contain("style=").And.Not.Contain("javascript:"));
        Assert.That(EmbedBlock.Script, Does.Not.Contain("innerHTML").And.Not.Contain("eval(").And.Not.Contain("insertAdjacent").And.Not.Contain("console."));
    }

    [Test]
    public void The_script_is_small() => Assert.That(System.Text.Encoding.UTF8.GetByteCount(EmbedBlock.Script), Is.LessThanOrEqualTo(ScriptBytesMax));

    [Test]
    public void Every_language_has_the_same_words()
    {
        var (en, de) = (WordsOf("en.default"), WordsOf("de"));

        Assert.That(de.Select(word => word.Key), Is.EqualTo(en.Select(word => word.Key)));
        Assert.That(en.Concat(de).Where(word => word.Key == "message").Select(word => (string)word.Value!), Has.All.Contain("[percent]").And.All.Contain("[code]"));
    }

    // The path in the theme editor's link, the app proxy and the block's default are one thing in several files.
    [Test]
    public void The_files_agree_on_the_path_of_the_app_proxy()
    {
        var toml = File.ReadAllText(Path.Combine(SourceTree.Root, "infra", "shopify.app.toml"));

        Assert.That(toml, Does.Contain("/shopify/proxy\"\nprefix = \"apps\"\nsubpath = \"ambassadors\"").And.Match("\nscopes = \".*write_app_proxy"));
    }

    private static JsonObject WordsOf(string language) => JsonNode.Parse(EmbedBlock.Read($"locales/{language}.json"))!["ambassador_embed"]!.AsObject();
}
