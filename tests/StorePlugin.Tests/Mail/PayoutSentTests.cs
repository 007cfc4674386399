// The mail about money on its way: written with the booking of the transfer, once, and owed to everyone who is paid.
using StorePlugin.Payouts;
using StorePlugin.Payouts.Stripe;
using StorePlugin.Stores;
using StorePlugin.Tests.Payouts;
using StorePlugin.Tests.Rig;
using StorePlugin.Webhooks;

namespace StorePlugin.Tests.Mail;

internal sealed class PayoutSentTests
{
    private PayoutWorld _world = null!;

    [SetUp]
    public async Task SetUp() => _world = await PayoutWorld.StartAsync();

    [TearDown]
    public async Task TearDown() => await _world.DisposeAsync();

    [Test]
    public async Task It_says_how_much_for_what_and_when_it_may_arrive()
    {
        var ann = await AnnAsync();
        await _world.EarnsAsync(ann, "30.00");
        await _world.EarnsAsync(ann, "20.50");
        await _world.Db.DoAsync("UPDATE orders SET at = @at, reference = '#1'", new { at = StoreApp.Start.AddDays(-40) });
        await _world.Db.DoAsync("UPDATE orders SET at = @at WHERE order_id = 'order-2'", new { at = StoreApp.Start.AddDays(-31) });
        var payout = (await _world.PayAsync()).Payouts.Single().Id;
        await WorkAsync();

        var mail = ReadMail.AllOf(_world.App).Single();
        Assert.That(await SubjectsAsync(), Is.EqualTo([$"payout_sent:{payout}"]));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(mail["Subject"], Is.EqualTo("[Rehearsal] €\u00A050.50 is on its way to you from Lux"));
            Assert.That(mail["To"], Does.EndWith("<ann@example.com>"));
            foreach (var text in new[] { mail.Text, mail.PageText })
            {
                Assert.That(text.Replace('\u00A0', ' '), Does.Contain("€ 50.50").And.Contain("Lux, for “Spring”").And.Contain("2 orders from 20 January 2026 to 29 January 2026"));
                Assert.That(text, Does.Contain("1 March 2026").And.Contain(payout).And.Contain("usually two to five working days"));
                Assert.That(text, Does.Not.Contain("/sign-in/").And.Not.Contain("acct_").And.Not.Contain("Taken back"));
            }
        }
    }

    [Test]
    public async Task A_lost_answer_and_its_look_up_tell_it_once()
    {
        await _world.EarnsAsync(await AnnAsync(), "50.00");
        var payout = (await _world.PayAsync()).Payouts.Single().Id;
        await WorkAsync();
        var sent = await _world.PayoutAsync(payout);
        await _world.Db.InTransactionAsync(tx => PayoutBook.SentAsync(
            tx, _world.Store, sent, 1, new StripeTransfer("tr_2", 5000, 0, "eur", "acct_ann", 1), null, _world.Clock.GetUtcNow()));

        Assert.That(await SubjectsAsync(), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Who_was_suspended_meanwhile_and_whose_store_has_left_is_told_all_the_same()
    {
        var ann = await AnnAsync();
        await _world.EarnsAsync(ann, "50.00");
        await _world.PayAsync();
        await _world.WorkAsync();
        await _world.Db.DoAsync("UPDATE ambassadors SET state = 'suspended'");
        await _world.Db.InTransactionAsync(tx => _world.App.Get<Installation>().UninstallAsync(tx, _world.Store));
        _world.App.Get<StoreDirectory>().Forget(_world.Store);
        await WorkAsync();

        Assert.That(ReadMail.AllOf(_world.App), Has.Count.EqualTo(1));
    }

    [TestCase("20.00", true)]
    [TestCase("50.00", false)]
    public async Task What_was_taken_back_since_is_said(string reversed, bool isTold)
    {
        await _world.EarnsAsync(await AnnAsync(), "50.00");
        var id = (await _world.PayAsync()).Payouts.Single().Id;
        await _world.WorkAsync();
        var payout = await _world.PayoutAsync(id);
        await _world.Db.InTransactionAsync(tx => PayoutBook.ReversedAsync(
            tx, _world.Store, payout, Money.Parse(reversed, Currency.Parse("EUR")), _world.Clock.GetUtcNow()));
        await WorkAsync();

        var mails = ReadMail.AllOf(_world.App).Where(mail => mail["Subject"].Contains("on its way", StringComparison.Ordinal)).ToList();
        Assert.That(mails, Has.Count.EqualTo(isTold ? 1 : 0));
        Assert.That(mails.Select(mail => mail.Text), Has.All.Contains("Taken back since: €\u00A020.00"));
    }

    private async Task<string> AnnAsync()
    {
        var ann = await _world.AmbassadorAsync("Ann");
        await _world.Db.DoAsync("UPDATE ambassadors SET email = 'ann@example.com'");
        return ann;
    }

    private async Task WorkAsync()
    {
        while (await _world.WorkAsync() > 0)
        {
        }
    }

    private Task<IReadOnlyList<string>> SubjectsAsync() => _world.Db.ManyAsync<string>("SELECT subject FROM effects WHERE kind = 'mail'");
}
