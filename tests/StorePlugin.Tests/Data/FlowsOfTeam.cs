// The ways through the database of a store's team: added, come in by mail, changed and removed; and of who asks for a link without a store.
using System.Net;
using StorePlugin.Mail;
using StorePlugin.Payouts;
using StorePlugin.Stores;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Data;

internal static partial class Flows
{
    private static async Task TeamAsync(StoreApp app)
    {
        var shop = await Shop.OpenAsync(app, "flow-team");
        var ann = await shop.AmbassadorAsync("FLOWTEAM", "flow.team@example.com");
        var team = app.Get<Team>();
        Assert.That(await team.AddAsync(shop.Store, "Max", "flow.team@example.com", Role.Viewer, "test", default), Is.EqualTo(TeamAdding.Added));
        Assert.That(await team.AddAsync(shop.Store, "Max", "Flow.Team@example.com", Role.Viewer, "test", default), Is.EqualTo(TeamAdding.AlreadyThere));
        Assert.That((await app.Get<FunnelWarnings>().ReadAsync(shop.Store, default)).OwnPeople, Is.EqualTo([ann]));

        using var browser = new Browser(app.Address);
        app.Get<SignInAsks>().Add("flow.team@example.com");
        await app.Get<SignInAsks>().RunOnceAsync(default);
        await app.DrainAsync();
        var mail = ReadMail.AllOf(app).Last(one => one["To"].Contains("flow.team@", StringComparison.Ordinal));
        var path = mail.Page.QuerySelectorAll("a").Select(link => link.GetAttribute("href")!).First(link => link.Contains("/sign-in/", StringComparison.Ordinal));
        var form = (await browser.GetAsync(new Uri(path).PathAndQuery)).QuerySelector("main form")!;
        Assert.That((await browser.SubmitAsync(form)).Headers.Location!.OriginalString, Is.EqualTo("/dashboard"));
        await browser.GetAsync("/dashboard/team");

        var member = (await team.ListAsync(shop.Store, default)).Single();
        var session = (await team.SessionsAsync(shop.Store, default)).Single(one => one.MemberId == member.Id);
        Assert.That(await team.ChangeAsync(shop.Store, member.Id, Role.Owner, default), Is.True);
        var (approvers, actor) = (app.Get<Approvers>(), $"team {member.Id}");
        Assert.That(await approvers.IsPaidAsync(shop.Store, actor, [], default), Is.False);
        Assert.That(await approvers.JudgeAsync(shop.Store, actor, app.Clock.GetUtcNow(), actor, null, default), Is.EqualTo(SecondApproval.NeedsSignIn));
        Assert.That(await team.EndSessionAsync(shop.Store, session.Name, default), Is.True);
        Assert.That((await browser.AskAsync("/dashboard")).StatusCode, Is.EqualTo(HttpStatusCode.Redirect));
        Assert.That(await team.RemoveAsync(shop.Store, member.Id, "test", default), Is.True);
        Assert.That(await team.ListAsync(shop.Store, default), Is.Empty);
        Assert.That(await team.NamesAsync(shop.Store, default), Is.EqualTo(new Dictionary<string, string> { [member.Id] = "Max" }));
    }
}
