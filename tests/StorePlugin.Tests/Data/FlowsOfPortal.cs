// The ways through the database of the portal's rooms: missing orders, messages, profile, notice, and the end of an account.
using StorePlugin.Ambassadors;
using StorePlugin.Inbox;
using StorePlugin.Mail;
using StorePlugin.Privacy;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Data;

internal static partial class Flows
{
    private static async Task PortalRoomsAsync(StoreApp app)
    {
        var shop = await Shop.OpenAsync(app, "flow-portal");
        var ann = await shop.AmbassadorAsync("PORTALANN", "portal.ann@example.com");
        await shop.PaysAsync(Order("1"));
        using var browser = await Rooms.SignInAsync(app, shop.Store, ann);
        using var owner = await Rooms.SignInAsync(app, shop.Store, null);
        var day = DateOnly.FromDateTime(app.Clock.GetUtcNow().UtcDateTime).AddDays(-1);

        foreach (var number in new[] { "#1", "#2" })
        {
            Assert.That(await app.Get<OrderClaims>().TellAsync(shop.Store, ann, new NewClaim(number, day, "A friend."), default), Is.EqualTo(ClaimStep.Done));
            app.Clock.Advance(TimeSpan.FromMilliseconds(1));
        }

        await browser.GetAsync("/portal/claims");
        await owner.GetAsync("/dashboard");
        var claims = (await owner.GetAsync("/dashboard/claims")).QuerySelectorAll("tbody th a").Select(link => link.GetAttribute("href")!).ToList();
        var page = await owner.GetAsync(claims[0]);
        await owner.FillAsync(page.QuerySelector("#decide")!, ("decision", "credit"), ("order", page.QuerySelector("input[name=order]")!.GetAttribute("value")!), ("reason", "Hers."));
        await owner.FillAsync(claims[1], $"{claims[1]}/decision", ("decision", "decline"), ("reason", "Not hers."));
        Assert.That(await shop.BalanceAsync(ann, "held"), Is.EqualTo(1000));
        await owner.GetAsync("/dashboard/claims?show=credited");

        await browser.FillAsync("/portal/messages", "/portal/messages", ("text", "When?"));
        await owner.GetAsync("/dashboard/messages");
        await owner.GetAsync("/dashboard/messages?show=all");
        var thread = $"/dashboard/ambassadors/{ann}/messages";
        await owner.FillAsync(thread, $"{thread}/settlement");
        await owner.FillAsync(thread, thread, ("text", "Soon."));
        await browser.GetAsync("/portal/messages");
        await browser.FillAsync("/portal/messages", "/portal/messages", ("text", "Thank you."));
        var newcomer = await shop.AmbassadorAsync("PORTALBOB");
        await app.Get<Messages>().AnswerAsync(shop.Store, newcomer, "Welcome.", "test", default);

        await browser.FillAsync("/portal/profile", "/portal/profile", ("name", "Ann"), ("zone", "Europe/Paris"));
        await browser.FillAsync("/portal/profile", "/portal/profile/mails", ("mail", MailKind.News));
        await browser.FillAsync("/portal/profile", "/portal/profile/consent", ("say", "give"));
        await browser.FillAsync("/portal/profile", "/portal/profile/age", ("adult", "yes"));
        await browser.FillAsync("/portal/privacy", "/portal/privacy/acknowledgement");
        await owner.GetAsync($"/dashboard/ambassadors/{ann}");
        await browser.GetAsync("/portal");
        await app.DrainAsync();

        await browser.FillAsync("/portal/data", "/portal/data/file");
        await browser.FillAsync("/portal/data", "/portal/data/deletion", ("word", "delete"));
        await app.Get<AccountDeletions>().RunOnceAsync(default);
        await app.Db.DoAsync("UPDATE ambassadors SET state = 'approved' WHERE store_id = @s AND id = @ann", new { s = shop.Store.Id, ann });
        await app.Get<AccountDeletions>().RunOnceAsync(default);
        using var back = await Rooms.SignInAsync(app, shop.Store, newcomer);
        await back.FillAsync("/portal/data", "/portal/data/deletion", ("word", "delete"));
        await app.Get<AccountDeletions>().RunOnceAsync(default);
        Assert.That(await app.Db.OneAsync<string>("SELECT name FROM ambassadors WHERE store_id = @s AND id = @newcomer", new { s = shop.Store.Id, newcomer }), Is.EqualTo("erased"));

        await app.Get<Messages>().WriteAsync(shop.Store, ann, "Later.", default);
        await app.Get<OrderClaims>().TellAsync(shop.Store, ann, new NewClaim("#3", day, "Another."), default);
        await app.Get<OrderClaims>().DeclineAsync(shop.Store, (await app.Get<OrderClaims>().ListWaitingAsync(shop.Store, "", 1, default)).Single().Id, "No.", "test", default);
        app.Clock.Advance(KeptFor.Messages);
        await app.Get<Retention>().RunOnceAsync(default);
        Assert.That(await app.Db.OneAsync<long>("SELECT COUNT(*) FROM messages WHERE store_id = @s", new { s = shop.Store.Id }), Is.Zero);
    }
}
