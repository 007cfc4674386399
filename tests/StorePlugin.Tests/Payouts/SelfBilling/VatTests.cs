// What VAT is due, and what corrections take back: values in, value out.
using StorePlugin.Payouts;
using StorePlugin.Payouts.SelfBilling;
using StorePlugin.Webhooks;

namespace StorePlugin.Tests.Payouts.SelfBilling;

internal sealed class VatTests
{
    private static readonly BillTerms Domestic = new(VatCase.Domestic, 1900, "m", "p", Unfit: null);

    [TestCase(100_00, "domestic", 1900, 19_00)]
    [TestCase(50, "domestic", 1900, 10, Description = "9.5 is rounded away from zero")]
    [TestCase(2, "domestic", 2000, 0)]
    [TestCase(3, "domestic", 2000, 1)]
    [TestCase(100_00, "domestic", 0, 0)]
    [TestCase(100_00, "private", 1900, 0)]
    [TestCase(100_00, "small_business", 1900, 0)]
    [TestCase(100_00, "reverse_charge", 1900, 0)]
    [TestCase(long.MaxValue / 4, "domestic", 2000, 461168601842738790)]
    public void Vat_is_added_in_one_case_and_rounded_once(long net, string vatCase, long rate, long vat) => Assert.That(Vat.Of(net, vatCase, rate), Is.EqualTo(vat));

    [TestCase("domestic", "DE", "DE", true)]
    [TestCase("domestic", "FR", "DE", false)]
    [TestCase("reverse_charge", "FR", "DE", true)]
    [TestCase("reverse_charge", "DE", "DE", false)]
    [TestCase("private", "FR", "DE", true)]
    [TestCase("small_business", "DE", "DE", true)]
    public void A_case_fits_two_countries_or_not(string vatCase, string payee, string merchant, bool fits) =>
        Assert.That(VatCase.Unfit(vatCase, payee, merchant) is null, Is.EqualTo(fits));

    [Test]
    public void Every_case_has_its_note() => Assert.That(VatCase.All.Select(VatCase.NoteOf), Is.Unique.And.All.Not.Empty);

    [Test]
    public void The_parts_of_a_reversal_come_to_the_vat_whatever_the_split([Range(1, 30)] int seed)
    {
        var random = new Random(seed);
        var net = random.Next(1, 100_000);
        var vat = Vat.Of(net, VatCase.Domestic, random.Next(0, 2700));
        var (reversed, sum) = (0L, 0L);
        while (reversed < net + vat)
        {
            var next = Math.Min(net + vat, reversed + random.Next(1, 30_000));
            var part = Vat.OfReversed(next, vat, net + vat) - Vat.OfReversed(reversed, vat, net + vat);
            Assert.That(part, Is.InRange(0, next - reversed));
            (reversed, sum) = (next, sum + part);
        }

        Assert.That(sum, Is.EqualTo(vat));
    }

    [Test]
    public void No_reversal_brings_back_what_was_kept_back() => Assert.That(Vat.OfReversed(81_00, -19_00, 81_00), Is.Zero);

    [Test]
    public void Clawbacks_leave_the_vat_of_what_remains_and_end_at_nothing([Range(1, 30)] int seed)
    {
        var random = new Random(seed);
        var rate = random.Next(0, 2700);
        var net = (long)random.Next(1, 100_000);
        var left = new NetAndVat(net, Vat.Of(net, VatCase.Domestic, rate));
        while (left.NetMinor > 0)
        {
            var taken = Vat.OfClawback(left, random.Next(1, 30_000), VatCase.Domestic, rate);
            left -= taken;
            Assert.That(left.VatMinor, Is.EqualTo(Vat.Of(left.NetMinor, VatCase.Domestic, rate)));
        }

        Assert.That(left, Is.Default);
        Assert.That(Vat.OfClawback(left, 5_00, VatCase.Domestic, rate), Is.Default);
    }

    [TestCase(50_00, 9_50, 50_00, 9_50, 50_00, 9_50, Description = "all of it came back")]
    [TestCase(16_81, 3_19, 50_00, 9_50, 16_81, 3_19, Description = "a part")]
    [TestCase(16_81, 3_19, 16_81, 3_18, 16_81, 3_19, Description = "no correction of VAT alone")]
    [TestCase(50_00, 9_50, 20_00, 3_80, 20_00, 3_80, Description = "the rest is corrected anew")]
    [TestCase(50_00, 9_50, 0, 0, 0, 0)]
    public void What_comes_back_settles_what_was_taken_back_before(long net, long vat, long openNet, long openVat, long settledNet, long settledVat) =>
        Assert.That(Vat.SettledBy(new(net, vat), new(openNet, openVat)), Is.EqualTo(new NetAndVat(settledNet, settledVat)));

    [TestCase(80_00, 20_00, 3_80, 15_20)]
    [TestCase(80_00, 0, 0, 15_20)]
    [TestCase(5_00, 20_00, 19_00, -14_25, Description = "corrected at a higher rate than is in force now")]
    public void The_vat_that_is_sent_is_that_of_both_less_what_was_sent_too_much(long net, long openNet, long openVat, long vat) =>
        Assert.That(Domestic.VatOn(new Money(net, Currency.Parse("EUR")), new(openNet, openVat)).Minor, Is.EqualTo(vat));

    [Test]
    public void Minimum_and_floor_are_compared_without_vat()
    {
        var below = (PayoutDecision.Hold)Decide(19_00);
        var enough = (PayoutDecision.Pay)Decide(20_00);

        Assert.That(below.Why, Does.Contain("below the minimum of 20.00 EUR"));
        Assert.That((enough.Amount.Minor, enough.VatMinor, enough.Net.Minor, enough.Note), Is.EqualTo((23_80L, 3_80L, 20_00L, "3.80 EUR of it are VAT.")));
    }

    [Test]
    public void A_cap_counts_without_vat() => Assert.That(((PayoutDecision.Pay)Decide(50_00, atMost: 30_00)).Amount.Minor, Is.EqualTo(35_70));

    [Test]
    public void Vat_that_was_sent_too_much_is_kept_back_and_what_would_leave_nothing_waits()
    {
        var exempt = Domestic with { VatCase = VatCase.SmallBusiness, RateBp = 0 };

        var kept = (PayoutDecision.Pay)Decide(50_00, exempt, new(100_00, 19_00));
        var held = (PayoutDecision.Hold)Decide(20_00, exempt, new(150_00, 28_50));

        Assert.That((kept.Amount.Minor, kept.VatMinor, kept.Note), Is.EqualTo(
            (31_00L, -19_00L, "19.00 EUR of VAT are kept back, paid on commissions that were taken back since.")));
        Assert.That(held.Why, Does.StartWith("28.50 EUR of VAT were paid on commissions that were taken back since"));
    }

    [Test]
    public void A_case_that_fits_no_more_holds_the_payout() =>
        Assert.That(((PayoutDecision.Hold)Decide(50_00, Domestic with { Unfit = "It does not fit." })).Why, Is.EqualTo("It does not fit."));

    [Test]
    public void An_amount_that_is_too_fine_for_Stripe_with_vat_waits()
    {
        var payee = new Payee("amb_1", new Money(20_010, Currency.Parse("KWD")), "approved", new PayoutDestination(PayoutProvider.Stripe, "acct_a"), null, Bill: Domestic);

        Assert.That(((PayoutDecision.Hold)PayoutDecision.Decide(payee, connected: true)).Why, Does.Contain("With 3.802 KWD of VAT it is 23.812 KWD"));
    }

    private static PayoutDecision Decide(long minor, BillTerms? terms = null, NetAndVat open = default, long? atMost = null)
    {
        var euro = Currency.Parse("EUR");
        var payee = new Payee(
            "amb_1", new Money(minor, euro), "approved", new PayoutDestination(PayoutProvider.Stripe, "acct_a"), null, Bill: terms ?? Domestic, Uncleared: open);
        return PayoutDecision.Decide(payee, connected: true, atMost is { } most ? new Money(most, euro) : null);
    }
}
