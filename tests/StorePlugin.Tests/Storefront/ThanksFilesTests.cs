// What Shopify asks of the files of the thank-you page's block, and what they must not hold.
using System.Text;
using System.Text.RegularExpressions;

namespace StorePlugin.Tests.Storefront;

internal sealed partial class ThanksFilesTests
{
    // Shopify takes no larger one.
    private const int ScriptBytesMax = 64 * 1024;

    [Test]
    public async Task The_script_with_all_that_it_needs_is_small_enough_for_Shopify() =>
        Assert.That(Encoding.UTF8.GetByteCount(await ThanksBlock.ScriptAsync()), Is.LessThan(ScriptBytesMax));

    [Test]
    public void Every_language_has_the_same_words_with_the_same_gaps()
    {
        var (en, de) = (ThanksBlock.Words("en.default"), ThanksBlock.Words("de"));

        Assert.That(de.Keys, Is.EquivalentTo(en.Keys));
        Assert.That(de.Select(word => (word.Key, GapsOf(word.Value))), Is.EquivalentTo(en.Select(word => (word.Key, GapsOf(word.Value)))));
    }

    [Test]
    public void Every_word_of_the_script_is_there_and_every_word_that_is_there_is_said()
    {
        var script = ThanksBlock.Read("src/Referral.jsx");

        Assert.That(ThanksBlock.Words("en.default").Keys, Is.EquivalentTo(Key().Matches(script).Select(match => match.Groups["key"].Value).Distinct()));
    }

    // An advertisement says that it is one, in each language.
    [Test]
    public void What_is_shared_discloses_that_the_sharer_earns()
    {
        Assert.That(ThanksBlock.Words("en.default").Where(word => IsShared(word.Key)).Select(word => word.Value), Has.Exactly(3).Items.And.All.Contains("(Ad: I earn"));
        Assert.That(ThanksBlock.Words("de").Where(word => IsShared(word.Key)).Select(word => word.Value), Has.Exactly(3).Items.And.All.Contains("(Werbung: Ich verdiene"));

        static bool IsShared(string key) => key.StartsWith("share.", StringComparison.Ordinal) && key != "share.heading";
    }

    [Test]
    public void The_block_asks_for_the_network_and_nothing_else_and_writes_nothing_on_the_order()
    {
        var toml = ThanksBlock.Read("shopify.extension.toml");
        var script = ThanksBlock.Read("src/Referral.jsx");

        Assert.That(Target().Matches(toml).Select(match => match.Groups["target"].Value), Is.EqualTo(
            ["purchase.thank-you.block.render", "customer-account.order-status.block.render", "customer-account.profile.block.render"]));
        Assert.That(Capability().Matches(toml).Select(match => match.Value), Is.EqualTo(["network_access = true"]));
        Assert.That(script, Does.Not.Contain("applyAttributeChange").And.Not.Contain("applyMetafieldChange").And.Not.Contain("storage").And.Not.Contain("innerHTML").And.Not.Contain("console."));
    }

    private static string GapsOf(string text) => string.Join(' ', Gap().Matches(text).Select(match => match.Value).Order(StringComparer.Ordinal));

    [GeneratedRegex(@"\{\{\w+\}\}")]
    private static partial Regex Gap();

    [GeneratedRegex(@"'(?<key>(applied|copy|earning|form|link|offer|share)\.[a-z_]+|rules)'", RegexOptions.ExplicitCapture)]
    private static partial Regex Key();

    [GeneratedRegex("^target = \"(?<target>[^\"]+)\"", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Target();

    [GeneratedRegex("^(network_access|api_access|block_progress|collect_buyer_consent)[^\n]*", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Capability();
}
