// The mails about money that did not arrive or was taken back, and what a payout's mail says of its arrival.
using StorePlugin.Mail;
using StorePlugin.Payouts;
using StorePlugin.Tests.Payouts;
using StorePlugin.Tests.Rig;
using StorePlugin.Webhooks;

namespace StorePlugin.Tests.Mail;

internal sealed class PayoutFailedTests
{
    private PayoutWorld _world = null!;

    [SetUp]
    public async Task SetUp() => _world = await PayoutWorld.StartAsync();

    [TearDown]
    public async Task TearDown() => await _world.DisposeAsync();

    [Test]
    public async Task A_refusal_is_told_once_with_what_to_do_and_that_nothing_is_lost()
    {
        _world.Stripe.TopUp("eur", -1_000_000);
        var payout = await ReservedAsync();
        await WorkAsync();

        var mail = ReadMail.AllOf(_world.App).Single();
        Assert.That(await SubjectsAsync(), Is.EqualTo([$"payout_failed:{payout}"]));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(mail["Subject"], Is.EqualTo("[Rehearsal] A payout of €\u00A050.00 from Lux did not go through"));
            Assert.That(mail.Headers.Select(header => header.Name), Has.None.StartsWith("List-"));
            foreach (var text in new[] { mail.Text, mail.PageText })
            {
                Assert.That(text, Does.Contain("Stripe refused the payment").And.Contain("Nothing is lost").And.Contain("goes out with a later payout"));
                Assert.That(text, Does.Contain("The cause lies on the side of Lux").And.Contain(payout));
                Assert.That(text, Does.Not.Contain("/sign-in/").And.Not.Contain("acct_").And.Not.Contain("balance_insufficient"));
            }
        }
    }

    [TestCase("no_account", "look whether it waits for something from you")]
    [TestCase(null, "look whether it waits for something from you")]
    [TestCase("livemode_mismatch", "You need not do anything")]
    public async Task What_to_do_hangs_on_whose_matter_it_is(string? code, string advice)
    {
        _world.Stripe.TopUp("eur", -1_000_000);
        await ReservedAsync();
        await _world.WorkAsync();
        await _world.Db.DoAsync("UPDATE payout_attempts SET error_code = @code", new { code });
        await WorkAsync();

        Assert.That(ReadMail.AllOf(_world.App).Single().Text, Does.Contain(advice));
    }

    [Test]
    public async Task A_bank_that_sends_the_money_back_is_told_of()
    {
        var payout = await ReservedAsync();
        await _world.WorkAsync();
        await _world.Db.DoAsync("UPDATE payouts SET bank_state = 'failed', bank_problem = 'account_closed'");
        await _world.Db.InTransactionAsync(tx => new MailNotice(MailNotice.PayoutFailed, "amb", Payout: payout).AddAsync(tx, _world.Store.Id, _world.Clock.GetUtcNow()));
        await WorkAsync();

        var mail = ReadMail.AllOf(_world.App).Single();
        Assert.That(mail["Subject"], Does.EndWith("Your bank has sent €\u00A050.00 from Lux back"));
        Assert.That(mail.Text, Does.Contain("the money lies in your account at Stripe").And.Contain("Sign in at Stripe and look whether the bank account there is right"));
        Assert.That(await OutcomesAsync(), Has.Some.StartsWith("The bank sent the money back before the mail was sent"));
    }

    [Test]
    public async Task Each_reversal_is_told_and_the_newest_tells_of_all()
    {
        var payout = await ReservedAsync();
        await WorkAsync();
        _world.Clock.Advance(TimeSpan.FromHours(1));
        await ReverseAsync(payout, "20.00");
        await WorkAsync();
        _world.Clock.Advance(TimeSpan.FromHours(1));
        await ReverseAsync(payout, "30.00");
        _world.Clock.Advance(TimeSpan.FromHours(1));
        await ReverseAsync(payout, "50.00");
        await WorkAsync();

        var mails = ReadMail.AllOf(_world.App);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(mails.Select(mail => mail["Subject"]["[Rehearsal] ".Length..]), Is.EqualTo(
                ["€\u00A050.00 is on its way to you from Lux", "€\u00A020.00 of a payout from Lux was taken back", "€\u00A050.00 of a payout from Lux was taken back"]));
            Assert.That(mails[1].Text, Does.Contain("A part of a payout that Lux had sent you was taken back at Stripe.").And.Contain("Payout: €\u00A050.00").And.Contain("stands as approved again"));
            Assert.That(mails[2].Text, Does.Contain("the whole of it"));
            Assert.That(await OutcomesAsync(), Has.Exactly(1).StartsWith("More was taken back since"));
        }
    }

    [TestCase("provider = 'stripe'", "to your account at Stripe", "usually two to five working days after Stripe has sent it on")]
    [TestCase("provider = 'stripe', arrives_at = 1772668800000", "to your account at Stripe", "Stripe expects it at your bank on 5 March 2026")]
    [TestCase("provider = 'stripe', bank_state = 'paid'", "to your account at Stripe", "it has reached your bank")]
    [TestCase("provider = 'manual'", "by the way that you have named", "within one to three working days")]
    public async Task A_payouts_mail_says_where_it_went_and_when_it_may_be_there(string set, string where, string when)
    {
        await ReservedAsync();
        await _world.WorkAsync();
        await _world.Db.DoAsync($"UPDATE payouts SET {set}");
        await WorkAsync();

        Assert.That(ReadMail.AllOf(_world.App).Single().Text, Does.Contain(where).And.Contain(when));
    }

    private async Task<string> ReservedAsync()
    {
        var payout = await _world.ReservedAsync();
        await _world.Db.DoAsync("UPDATE ambassadors SET email = 'ann@example.com'");
        return payout.Id;
    }

    private async Task ReverseAsync(string id, string sum)
    {
        var payout = await _world.PayoutAsync(id);
        await _world.Db.InTransactionAsync(tx => PayoutBook.ReversedAsync(tx, _world.Store, payout, Money.Parse(sum, Currency.Parse("EUR")), _world.Clock.GetUtcNow()));
    }

    private async Task WorkAsync()
    {
        while (await _world.WorkAsync() > 0)
        {
        }
    }

    private Task<IReadOnlyList<string>> SubjectsAsync() => _world.Db.ManyAsync<string>("SELECT subject FROM effects WHERE kind = 'mail'");

    private Task<IReadOnlyList<string>> OutcomesAsync() => _world.Db.ManyAsync<string>("SELECT outcome FROM effects WHERE kind = 'mail' AND state = 'done'");
}
