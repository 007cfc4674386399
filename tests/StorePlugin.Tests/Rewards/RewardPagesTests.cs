// What ambassadors and merchants are told of rewards: a mail, the portal, the ambassador's page.
using StorePlugin.Campaigns;
using StorePlugin.Rewards;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Rewards;

internal sealed class RewardPagesTests
{
    [Test]
    public async Task A_mail_brings_the_code_once_it_works_and_never_twice()
    {
        await using var world = await RewardWorld.OpenAsync(RewardWorld.Plain);
        await world.ApproveAsync(world.Order("1001"));
        await world.PassAsync(1);

        var code = (string)(await world.RewardAsync())["code"]!;
        var mail = ReadMail.AllOf(world.App).Single(mail => mail["Subject"].Contains("thank-you", StringComparison.Ordinal));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(mail["Subject"].Replace('\u00A0', ' '), Is.EqualTo("[Rehearsal] A thank-you from Lux: 15 % off one order"));
            Assert.That(mail["To"], Does.EndWith("<ann10@ambassadors.example>"));
            foreach (var text in new[] { mail.Text, mail.PageText })
            {
                Assert.That(text, Does.Contain(code).And.Contain("The order #1001, which you brought, is approved.").And.Contain("Once, until 28 September 2026."));
                Assert.That(text, Does.Not.Contain("shopper@example.test").And.Not.Contain("rwd_"));
            }
        }
    }

    [Test]
    public async Task A_mail_tells_of_a_milestones_money()
    {
        await using var world = await RewardWorld.OpenAsync(new Terms(1000, 1000, 30, 30)
        {
            Currency = RewardWorld.Euro,
            Milestones = [new Milestone(TierMetric.NetSales, 5000, null, 2500, null)],
        });
        await world.ApproveAsync(world.Order("1001"));

        var mail = ReadMail.AllOf(world.App).Single(mail => mail["Subject"].Contains("more from", StringComparison.Ordinal));

        Assert.That(mail["Subject"].Replace('\u00A0', ' '), Is.EqualTo("[Rehearsal] € 25.00 more from Lux"));
        Assert.That(mail.Text, Does.Contain("You have reached a milestone of “Spring”.").And.Contain("It goes out with your next payout."));
    }

    [Test]
    public async Task A_code_that_was_taken_back_before_its_mail_was_sent_is_told_to_nobody()
    {
        await using var world = await RewardWorld.OpenAsync(RewardWorld.Plain);
        await world.ApproveAsync(world.Order("1001"));
        var id = (string)(await world.RewardAsync())["id"]!;
        await world.App.Db.DoAsync("UPDATE rewards SET state = 'revoked', revoked_at = 1 WHERE store_id = @s", new { s = world.Shop.Store.Id });

        var result = await Effects.AskAsync(world.App, world.Shop.Store.Id, "mail", $"reward:{id}");

        Assert.That(result.Text, Is.EqualTo("The reward is revoked: there is nothing to tell."));
    }

    [Test]
    public async Task The_ambassador_reads_their_codes_and_nobody_elses_and_no_words_of_the_platform()
    {
        await using var app = await StoreApp.StartAsync();
        var rooms = await Rooms.OpenAsync(app);
        await rooms.AmbassadorAsync("amb_ann", "Ann", "ANN10");
        await rooms.AmbassadorAsync("amb_bob", "Bob", "BOB10");
        await rooms.OrderAsync("1001", "approved", 90_00, "amb_ann", 9_00, "Code ANN10 was used.");
        await RewardAsync(app, rooms, "rwd_1", "amb_ann", "issued", "1001", "THANKS-AAAA", null);
        await RewardAsync(app, rooms, "rwd_2", "amb_ann", "pending_code", "1002", "THANKS-BBBB", "The app lacks a permission.");
        await RewardAsync(app, rooms, "rwd_3", "amb_bob", "issued", "1003", "THANKS-CCCC", null);
        using var ann = await rooms.AmbassadorBrowserAsync("amb_ann");
        using var owner = await rooms.OwnerAsync();

        var portal = (await ann.GetAsync("/portal")).Text().Replace('\u00A0', ' ');
        var page = (await owner.GetAsync("/dashboard/ambassadors/amb_ann")).Text();

        Assert.That(portal, Does.Contain("Your rewards").And.Contain("Order #1001").And.Contain("THANKS-AAAA").And.Contain("15 % off one order").And.Contain("On its way"));
        Assert.That(portal, Does.Not.Contain("THANKS-BBBB").And.Not.Contain("THANKS-CCCC").And.Not.Contain("permission"));
        Assert.That(page, Does.Contain("THANKS-AAAA").And.Contain("THANKS-BBBB").And.Contain("The app lacks a permission.").And.Not.Contain("THANKS-CCCC"));
    }

    [Test]
    public async Task The_ambassador_reads_the_code_of_a_gift_card_and_the_merchant_does_not()
    {
        await using var app = await StoreApp.StartAsync();
        var rooms = await Rooms.OpenAsync(app);
        await rooms.AmbassadorAsync("amb_ann", "Ann", "ANN10");
        await ValueAsync("rwd_1", "gift_card", "issued", null);
        await ValueAsync("rwd_2", "store_credit", "pending_code", "The app lacks a permission.");
        await ValueAsync("rwd_3", "gift_card", "cost", null);
        var code = GiftCardCode.Shown(app.Get<StorePlugin.Stores.StoreKeys>(), rooms.Store, "rwd_1");
        using var ann = await rooms.AmbassadorBrowserAsync("amb_ann");
        using var owner = await rooms.OwnerAsync();

        var portal = (await ann.GetAsync("/portal")).Text().Replace('\u00A0', ' ');
        var page = (await owner.GetAsync("/dashboard/ambassadors/amb_ann")).Text().Replace('\u00A0', ' ');

        Assert.That(portal, Does.Contain("A gift card of € 10.00").And.Contain(code).And.Contain("It pays for any order. It does not expire."));
        Assert.That(portal, Does.Contain("€ 10.00 of store credit").And.Contain("customer who has your e-mail address").And.Not.Contain("permission"));
        Assert.That(portal, Does.Contain("€ 4.00 of it was taken back"));
        Assert.That(portal, Does.Not.Contain(GiftCardCode.Shown(app.Get<StorePlugin.Stores.StoreKeys>(), rooms.Store, "rwd_3")), "it has ended");
        Assert.That(page, Does.Contain("A gift card of € 10.00").And.Contain("The app lacks a permission.").And.Not.Contain(code));

        Task ValueAsync(string id, string form, string state, string? problem) => Plant.RowAsync(
            app.Db, "rewards", ("store_id", rooms.Store.Id), ("id", id), ("kind", "advocate"), ("cause", id), ("order_id", id), ("ambassador_id", "amb_ann"),
            ("state", state), ("amount_minor", 1000L), ("currency", "EUR"), ("form", form), ("problem", problem), ("returned_minor", state == "cost" ? 400L : null));
    }

    private static Task RewardAsync(StoreApp app, Rooms rooms, string id, string ambassadorId, string state, string orderId, string code, string? problem) => Plant.RowAsync(
        app.Db, "rewards", ("store_id", rooms.Store.Id), ("id", id), ("kind", "advocate"), ("cause", orderId), ("order_id", orderId), ("ambassador_id", ambassadorId),
        ("state", state), ("percent_bp", 1500L), ("code", code), ("code_key", code.ToLowerInvariant()), ("ends_at", StoreApp.Start), ("problem", problem), ("issued_at", 1L));
}
