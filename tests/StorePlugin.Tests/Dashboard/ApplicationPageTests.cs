// The merchant's page of applications: those that wait, approved with a code, rejected with a reason, one by one and together.
using System.Globalization;
using System.Net;
using StorePlugin.Ambassadors;
using StorePlugin.Inbox;
using StorePlugin.Stores;
using StorePlugin.Tests.Rig;
using IDocument = AngleSharp.Dom.IDocument;
using IElement = AngleSharp.Dom.IElement;

namespace StorePlugin.Tests.Dashboard;

internal sealed class ApplicationPageTests
{
    private const string List = "/dashboard/applications";

    private StoreApp _app = null!;
    private Shop _shop = null!;
    private Browser _owner = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _app = await StoreApp.StartAsync();
        _shop = await Shop.OpenAsync(_app);
        Assert.That(await _app.Get<Applications>().SetOpenAsync(_shop.Store, _shop.CampaignId, isOpen: true, default), Is.EqualTo(ApplicationStep.Done));
        _owner = await Rooms.SignInAsync(_app, _shop.Store, null);
    }

    [TearDown]
    public async Task StopAsync()
    {
        _owner.Dispose();
        await _app.DisposeAsync();
    }

    [Test]
    public async Task Whoever_waits_stands_there_oldest_first_with_words_and_age()
    {
        var nobody = await _owner.GetAsync(List);
        await ApplyAsync("Eve <b>", "I would <i>love</i> to.\nReally.");
        _app.Clock.Advance(TimeSpan.FromHours(5));
        await ApplyAsync("Fay", null);
        _app.Clock.Advance(TimeSpan.FromHours(1));

        var page = await _owner.GetAsync(List);
        var rows = page.QuerySelectorAll("tbody tr");

        Assert.That(nobody.Text(), Does.Contain("Nobody waits for your answer."));
        Assert.That(rows.Select(row => row.Text("th")), Is.EqualTo(new[]
        {
            "Eve <b> eve@example.com Spring 6 hours ago", "Fay fay@example.com Spring 1 hour ago",
        }));
        Assert.That(rows.Select(row => row.Text("td.why")), Is.EqualTo(new[] { "I would <i>love</i> to. Really.", "Nothing" }));
        Assert.That((await _owner.GetAsync("/dashboard/ambassadors")).Text(".heading"), Does.Contain("2 applications wait for your answer"));
    }

    [Test]
    public async Task One_is_approved_with_the_proposed_code_or_with_another()
    {
        await _shop.AmbassadorAsync("EVE");
        await ApplyAsync("Eve", null);
        await ApplyAsync("Fay", null);
        var page = await _owner.GetAsync(List);
        var forms = page.QuerySelectorAll("form[action$='/approval']");

        var first = await _owner.SubmitAsync(forms[0]);
        var again = await _owner.SubmitAsync(forms[0]);
        var taken = await Browser.ReadAsync(await SendAsync(forms[1], ("code", "eve")), HttpStatusCode.UnprocessableEntity);
        var second = await SendAsync(forms[1], ("code", "FAY-20"));
        var approved = await _owner.GetAsync($"{List}?show=approved");

        Assert.That(forms[0].QuerySelector("[name=code]")!.GetAttribute("placeholder"), Is.EqualTo("Code: EVE2"));
        Assert.That((NoticeOf(first), NoticeOf(again), NoticeOf(second)), Is.EqualTo(("application-approved", "application-decided", "application-approved")));
        Assert.That(taken.Text("[role=alert]"), Does.StartWith("Fay was not approved: Somebody in this store has the code eve"));
        Assert.That(await _app.Db.ManyAsync<string>("SELECT code FROM codes ORDER BY code"), Is.EqualTo(new[] { "EVE", "EVE2", "FAY-20" }));
        Assert.That(approved.QuerySelectorAll("tbody th a").Select(link => link.TextContent), Is.EqualTo(new[] { "Fay", "Eve" }));
        Assert.That(approved.Text("tbody"), Does.Contain("By you"));
        Assert.That(approved.QuerySelectorAll("main form"), Is.Empty);
    }

    [Test]
    public async Task One_is_rejected_with_a_reason_and_not_without()
    {
        await ApplyAsync("Eve", "Please.");
        var form = (await _owner.GetAsync(List)).QuerySelector("form[action$='/rejection']")!;

        var without = await Browser.ReadAsync(await _owner.SubmitAsync(form), HttpStatusCode.UnprocessableEntity);
        var rejected = await SendAsync(form, ("reason", "Too few followers."));
        var page = await _owner.GetAsync($"{List}?show=rejected");

        Assert.That(without.Text("[role=alert]"), Is.EqualTo("Eve was not rejected: say why, it is kept with the application."));
        Assert.That(NoticeOf(rejected), Is.EqualTo("application-rejected"));
        Assert.That(page.Text("tbody"), Does.StartWith("Eve eve@example.com").And.Contain("By you Too few followers."));
    }

    [Test]
    public async Task Several_are_decided_at_once_and_what_was_decided_before_is_named()
    {
        foreach (var name in new[] { "Eve", "Fay", "Gus" })
        {
            await ApplyAsync(name, null);
        }

        var page = await _owner.GetAsync(List);
        var ids = page.QuerySelectorAll("input[type=checkbox]").Select(box => box.GetAttribute("value")!).ToList();
        await _owner.SubmitAsync(page.QuerySelector($"form[action='{List}/{ids[0]}/approval']")!);

        var report = await Browser.ReadAsync(await BulkAsync(page, [("change", "approve"), .. ids.Select(id => ("id", id))]));
        var again = await Browser.ReadAsync(await BulkAsync(page, [("change", "reject"), ("reason", "Late."), .. ids.Select(id => ("id", id))]));
        var nobody = await BulkAsync(page, [("change", "approve"), ("id", "app_other")]);

        Assert.That(report.Text("#report"), Is.EqualTo("2 applications were approved. It was not done for 1 of them: Somebody: It was decided before."));
        Assert.That(again.Text("#report"), Does.StartWith("0 applications were rejected."));
        Assert.That(nobody.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That(await _app.Db.ManyAsync<string>("SELECT code FROM codes ORDER BY code"), Is.EqualTo(new[] { "EVE", "FAY", "GUS" }));
    }

    [Test]
    public async Task What_nobody_answered_in_time_has_a_tab_of_its_own()
    {
        await ApplyAsync("Eve", "Please.");
        _app.Clock.Advance(Applications.UnansweredKept);
        await _app.Get<Retention>().RunOnceAsync(default);
        using var owner = await Rooms.SignInAsync(_app, _shop.Store, null);

        var expired = await owner.GetAsync($"{List}?show=expired");

        Assert.That(expired.Text("tbody"), Does.Contain("Erased").And.Contain("Nobody answered in time.").And.Not.Contain("Eve"));
        Assert.That((await owner.GetAsync($"{List}?show=rejected")).QuerySelectorAll("tbody tr"), Is.Empty);
        Assert.That((await owner.GetAsync(List)).QuerySelectorAll("tbody tr"), Is.Empty);
    }

    [Test]
    public async Task A_full_page_stays_small_and_the_next_one_goes_on()
    {
        for (var i = 0; i < 21; i++)
        {
            await ApplyAsync(i.ToString("00", CultureInfo.InvariantCulture) + new string('n', 198), new string('w', 500), $"eve{i.ToString(CultureInfo.InvariantCulture)}@{new string('e', 60)}.example.com");
        }

        var html = await (await _owner.AskAsync(List)).Content.ReadAsStringAsync();
        var next = await _owner.GetAsync((await _owner.GetAsync(List)).QuerySelector("a[rel=next]")!.GetAttribute("href")!);

        Assert.That(html, Has.Length.LessThan(60_000));
        Assert.That(next.QuerySelectorAll("tbody tr").Select(row => row.Text("th")[..2]), Is.EqualTo(new[] { "20" }));
    }

    [Test]
    public async Task A_viewer_sees_them_and_decides_nothing_and_another_store_has_none_of_them()
    {
        await ApplyAsync("Eve", null);
        await _app.Get<Team>().AddAsync(_shop.Store, "Vera", "vera@example.com", Role.Viewer, "test", default);
        using var vera = await Rooms.SignInAsync(_app, _shop.Store, null, (await _app.Get<Team>().ListAsync(_shop.Store, default)).Single().Id);
        var other = await Shop.OpenAsync(_app, "other");
        using var stranger = await Rooms.SignInAsync(_app, other.Store, null);
        var id = await _app.Db.OneAsync<string>("SELECT id FROM applications");

        var seen = await vera.GetAsync(List);
        var foreign = await stranger.GetAsync(List);
        foreach (var step in new[] { "approval", "rejection" })
        {
            Assert.That((await vera.PostAsync($"{List}/{id}/{step}", new(TokenOf(seen)) { ["reason"] = "x" })).StatusCode, Is.EqualTo(HttpStatusCode.Forbidden));
            Assert.That((await stranger.PostAsync($"{List}/{id}/{step}", new(TokenOf(foreign)) { ["reason"] = "x" })).StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        }

        Assert.That(seen.Text("tbody"), Does.StartWith("Eve"));
        Assert.That(seen.QuerySelectorAll("main form, input[type=checkbox]"), Is.Empty);
        Assert.That(foreign.Text("body"), Does.Not.Contain("Eve"));
        Assert.That(await _app.Db.OneAsync<string>("SELECT state FROM applications"), Is.EqualTo("applied"));
    }

    private async Task ApplyAsync(string name, string? message, string? email = null)
    {
        var application = new NewApplication(name, email ?? $"{name[..3].ToLowerInvariant()}@example.com", message);
        Assert.That(await _app.Get<Applications>().ApplyAsync(_shop.Store, _shop.CampaignId, application, default), Is.EqualTo(ApplyStep.Taken));

        // Of two ids of one instant either may be the lesser.
        _app.Clock.Advance(TimeSpan.FromSeconds(1));
    }

    private static string NoticeOf(HttpResponseMessage answer) => answer.Headers.Location!.OriginalString.Split('=')[^1];

    private static Dictionary<string, string> TokenOf(IDocument page) =>
        page.QuerySelectorAll("form.out input").ToDictionary(input => input.GetAttribute("name")!, input => input.GetAttribute("value")!);

    private Task<HttpResponseMessage> SendAsync(IElement form, (string Name, string Value) field) => _owner.PostAsync(
        form.GetAttribute("action")!,
        new(form.QuerySelectorAll("input[type=hidden]").ToDictionary(input => input.GetAttribute("name")!, input => input.GetAttribute("value")!)) { [field.Name] = field.Value });

    private Task<HttpResponseMessage> BulkAsync(IDocument page, (string Name, string Value)[] fields) =>
        _owner.SendAsync($"{List}/changes", TokenOf(page).Concat(fields.Select(field => KeyValuePair.Create(field.Name, field.Value))));
}
