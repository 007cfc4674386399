// Which words may not be a code, and which harmless ones only look like them.
using System.Text.Json.Nodes;
using StorePlugin.Ambassadors;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Ambassadors;

internal sealed class CodeWordsTests
{
    [TestCase("admin")]
    [TestCase("ADMIN")]
    [TestCase("adm1n")]
    [TestCase("A-D-M-I-N")]
    [TestCase("@dmin")]
    [TestCase("$taff")]
    [TestCase("574FF")]
    [TestCase("CH3CK0U7")]
    [TestCase("NU11")]
    [TestCase("ｆｒｅｅ")]
    [TestCase("www")]
    [TestCase("test_2")]
    public void What_the_store_would_be_taken_for_is_reserved(string code) =>
        Assert.That(CodeWords.Refusal(code), Does.StartWith("is a word that the store"));

    [TestCase("shit")]
    [TestCase("5H1T")]
    [TestCase("ASS10")]
    [TestCase("BIG-ASS")]
    [TestCase("a_s_s")]
    [TestCase("FUCKYOU10")]
    [TestCase("MYFU-CK")]
    [TestCase("Scheiße")]
    [TestCase("SCHEISSE20")]
    [TestCase("4rschl0ch")]
    [TestCase("PUTE")]
    [TestCase("connard99")]
    [TestCase("coño")]
    [TestCase("Gilipollas")]
    public void What_nobody_wants_to_print_is_refused(string code) =>
        Assert.That(CodeWords.Refusal(code), Does.StartWith("holds a word that is not fit"));

    [TestCase("SCUNTHORPE")]
    [TestCase("CLASS10")]
    [TestCase("PUSH-IT")]
    [TestCase("GLASS-HOLE")]
    [TestCase("Marsch")]
    [TestCase("SCHWARZENEGGER")]
    [TestCase("COMPUTE")]
    [TestCase("UNIQUE")]
    [TestCase("DISPUTA")]
    [TestCase("CALCULO")]
    [TestCase("COCKTAIL")]
    [TestCase("DICK")]
    [TestCase("Cumbria")]
    [TestCase("FREE20")]
    [TestCase("GIFTED")]
    [TestCase("Testino")]
    [TestCase("Shipping-Ann")]
    [TestCase("ANN10")]
    [TestCase("2026")]
    [TestCase("Анна10")]
    [TestCase("हिन्दी")]
    public void A_harmless_code_is_not(string code) => Assert.That(CodeWords.Refusal(code), Is.Null);

    [TestCase("\ud800")]
    [TestCase("")]
    [TestCase("---")]
    [TestCase("😀😀😀")]
    public void What_is_no_code_at_all_is_no_fault(string code) => Assert.That(CodeWords.Refusal(code), Is.Null);

    [TestCase("FUCKYOU", "fuckyou")]
    [TestCase("4dm1n", "admin")]
    public void The_sentence_does_not_repeat_the_word(string code, string word) =>
        Assert.That(CodeWords.Refusal(code), Is.Not.Null.And.Not.Contains(word).IgnoreCase);

    [Test]
    public async Task Neither_a_first_nor_a_further_code_may_be_such_a_word()
    {
        await using var app = await StoreApp.StartAsync();
        var api = await ApiClient.OfAsync(app, (await Shop.OpenAsync(app)).Store);
        var campaign = await api.LiveAsync();
        var ann = (await api.AddAsync(campaign, "ANN10")).Text("id");

        var first = await api.Post("ambassadors", Bodies.Ambassador(campaign, "CH3CKOUT"));
        var further = await api.Post($"ambassadors/{ann}/codes", new JsonObject { ["code"] = "ASS10" });

        Assert.That((first.Status, (string?)first.Json!["errors"]!["code"]![0]), Is.EqualTo((400, CodeWords.Refusal("checkout"))));
        Assert.That((further.Status, (string?)further.Json!["errors"]!["code"]![0]), Is.EqualTo((400, CodeWords.Refusal("ass"))));
    }
}
