// The ways through the database of the merchant's rooms about ambassadors and applications.
using System.Net;
using StorePlugin.Ambassadors;
using StorePlugin.Inbox;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Data;

internal static partial class Flows
{
    private static async Task PeopleRoomsAsync(StoreApp app)
    {
        const string List = "/dashboard/ambassadors";
        var shop = await Shop.OpenAsync(app, "flow-rooms");
        var ann = await shop.AmbassadorAsync("ROOMANN", "room.ann@example.com");
        await shop.AmbassadorAsync("ROOMBEN", "room.ben@example.com");
        await shop.ClickAsync(ann);
        await shop.PaysAsync(Order("1").With("ROOMANN", "10.00"));
        using var owner = await Rooms.SignInAsync(app, shop.Store, null);
        var token = (await owner.GetAsync($"{List}/new")).QuerySelectorAll("main form input[type=hidden]")
            .ToDictionary(input => input.GetAttribute("name")!, input => input.GetAttribute("value")!);

        await DoneAsync($"{List}/new", ("name", "Cid"), ("email", "room.cid@example.com"), ("campaignId", shop.CampaignId), ("group", "Gold"));
        foreach (var (query, count) in new[] { ("", 3), ("?q=room.ben@example.com", 1), ("?q=roomann", 1), ("?q=CI", 1), ("?group=gold", 1), ("?state=ended", 0) })
        {
            Assert.That((await owner.GetAsync(List + query)).QuerySelectorAll("tbody tr"), Has.Length.EqualTo(count), query);
        }

        Assert.That(await (await owner.AskAsync($"{List}/export?campaign={shop.CampaignId}")).Content.ReadAsStringAsync(), Does.Contain("ROOMANN"));
        await DoneAsync($"{List}/{ann}/codes", ("code", "ROOMTWO"));
        await DoneAsync($"{List}/{ann}/code-endings", ("code", "ROOMTWO"));
        await DoneAsync($"{List}/{ann}/suspension", ("reason", "Holidays."));
        await DoneAsync($"{List}/{ann}/reinstatement");
        await DoneAsync($"{List}/{ann}/notes", ("text", "Likes tea."));
        await owner.GetAsync($"{List}/{ann}");
        await owner.GetAsync($"{List}/{ann}/link.svg");
        var note = (await owner.GetAsync($"{List}/{ann}/notes")).QuerySelector("article form")!.GetAttribute("action")!;
        await DoneAsync(note);

        var file = "name,email,code\nDot,room.dot@example.com,ROOMDOT\n"u8.ToArray();
        var sent = await owner.SendFileAsync($"{List}/import", new(token) { ["campaignId"] = shop.CampaignId }, "file", file);
        await DoneAsync($"{sent.Headers.Location!.OriginalString}/confirmation");
        Assert.That((await owner.GetAsync(sent.Headers.Location!.OriginalString)).Text("#counts"), Does.StartWith("1 ambassador was added."));
        for (var i = 0; i <= ImportFiles.WaitingMax; i++)
        {
            await app.Get<ImportFiles>().KeepAsync(shop.Store, shop.CampaignId, $"name,email,code\n{i}", 1, "test", default);
        }

        var applications = app.Get<Applications>();
        Assert.That(await applications.SetOpenAsync(shop.Store, shop.CampaignId, isOpen: true, default), Is.EqualTo(ApplicationStep.Done));
        await applications.ApplyAsync(shop.Store, shop.CampaignId, new NewApplication("Eve", "room.eve@example.com", "Please."), default);
        var approval = (await owner.GetAsync("/dashboard/applications")).QuerySelector("form[action$='/approval']")!.GetAttribute("action")!;
        await DoneAsync(approval);
        foreach (var show in new[] { "approved", "rejected", "expired" })
        {
            await owner.GetAsync($"/dashboard/applications?show={show}");
        }

        app.Clock.Advance(ImportFiles.Kept);
        await app.Get<Retention>().RunOnceAsync(default);
        Assert.That(await app.Db.OneAsync<long>("SELECT COUNT(*) FROM import_files WHERE store_id = @s", new { s = shop.Store.Id }), Is.Zero);

        async Task DoneAsync(string path, params (string Name, string Value)[] fields)
        {
            var answer = await owner.SendAsync(path, token.Concat(fields.Select(field => KeyValuePair.Create(field.Name, field.Value))));
            Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Redirect), path);
        }
    }
}
