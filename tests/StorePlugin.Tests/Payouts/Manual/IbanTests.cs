// Account numbers of many countries, as their registry gives them, and the ways in which people mistype them.
using StorePlugin.Payouts.Manual;

namespace StorePlugin.Tests.Payouts.Manual;

internal sealed class IbanTests
{
    [TestCase("AE07 0331 2345 6789 0123 456")]
    [TestCase("AT61 1904 3002 3457 3201")]
    [TestCase("BE68 5390 0754 7034")]
    [TestCase("BR18 0036 0305 0000 1000 9795 493C 1")]
    [TestCase("CH93 0076 2011 6238 5295 7")]
    [TestCase("CZ65 0800 0000 1920 0014 5399")]
    [TestCase("DE89 3704 0044 0532 0130 00")]
    [TestCase("DK50 0040 0440 1162 43")]
    [TestCase("ES91 2100 0418 4502 0005 1332")]
    [TestCase("FI21 1234 5600 0007 85")]
    [TestCase("FR14 2004 1010 0505 0001 3M02 606")]
    [TestCase("GB29 NWBK 6016 1331 9268 19")]
    [TestCase("GR16 0110 1250 0000 0001 2300 695")]
    [TestCase("HU42 1177 3016 1111 1018 0000 0000")]
    [TestCase("IE29 AIBK 9311 5212 3456 78")]
    [TestCase("IT60 X054 2811 1010 0000 0123 456")]
    [TestCase("LU28 0019 4006 4475 0000")]
    [TestCase("MT84 MALT 0110 0001 2345 MTLC AST0 01S")]
    [TestCase("NL91 ABNA 0417 1643 00")]
    [TestCase("NO93 8601 1117 947")]
    [TestCase("PL61 1090 1014 0000 0712 1981 2874")]
    [TestCase("PT50 0002 0123 1234 5678 9015 4")]
    [TestCase("SA03 8000 0000 6080 1016 7519")]
    [TestCase("SE45 5000 0000 0583 9825 7466")]
    [TestCase("TR33 0006 1005 1978 6457 8413 26")]
    public void An_account_of_the_registry_is_one(string text) => Assert.That(Iban.Refusal(Iban.Normal(text)), Is.Null);

    [TestCase("DE89 3704 0044 0532 0130 01", "its check digits do not fit")]
    [TestCase("DE98 3704 0044 0532 0130 00", "its check digits do not fit")]
    [TestCase("DE89 3704 0044 0532 0103 00", "its check digits do not fit")]
    [TestCase("NL91 ABNA 0417 1643 0", "has 17 letters and digits; in NL it has 18")]
    [TestCase("DE89 3704 0044 0532 0130 000", "has 23 letters and digits; in DE it has 22")]
    [TestCase("US64 SVBK US6S 3300 9586 71", "no country with such accounts does")]
    [TestCase("ZZ68 5390 0754 7034", "no country with such accounts does")]
    [TestCase("370400440532013000", "must begin with two letters")]
    [TestCase("DE89-3704-0044-0532-0130-00", "letters and digits only")]
    [TestCase("DE8९370400440532013000", "must begin with two letters")]
    [TestCase("", "must begin with two letters")]
    [TestCase("DE", "must begin with two letters")]
    public void What_is_mistyped_is_refused_in_words(string text, string why) => Assert.That(Iban.Refusal(Iban.Normal(text)), Does.Contain(why));

    // Two digits that changed places are always found, and so is a single wrong one: that is what 97 is chosen for.
    [Test]
    public void Every_single_wrong_digit_and_every_two_that_changed_places_are_found()
    {
        const string Right = "DE89370400440532013000";
        for (var place = 4; place < Right.Length; place++)
        {
            for (var digit = '0'; digit <= '9'; digit++)
            {
                var wrong = $"{Right[..place]}{digit}{Right[(place + 1)..]}";
                Assert.That(Iban.Refusal(wrong) is null, Is.EqualTo(wrong == Right), wrong);
            }

            if (place + 1 < Right.Length && Right[place] != Right[place + 1])
            {
                var swapped = $"{Right[..place]}{Right[place + 1]}{Right[place]}{Right[(place + 2)..]}";
                Assert.That(Iban.Refusal(swapped), Is.Not.Null, swapped);
            }
        }
    }

    [TestCase(" de89 3704\u00A00044\t0532 0130 00 ")]
    [TestCase("IBAN DE89 3704 0044 0532 0130 00")]
    public void Blanks_small_letters_and_the_word_itself_do_not_matter(string text) => Assert.That(Iban.Normal(text), Is.EqualTo("DE89370400440532013000"));

    [TestCase("DE89370400440532013000", true)]
    [TestCase("CH9300762011623852957", true)]
    [TestCase("TR330006100519786457841326", false)]
    public void Who_is_reached_by_a_SEPA_transfer_is_known_by_the_country(string iban, bool isIn) => Assert.That(Iban.IsInSepa(iban), Is.EqualTo(isIn));
}
