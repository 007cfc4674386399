// The ways through the database of what merchants and readers decide about mail.
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using StorePlugin.Inbox;
using StorePlugin.Mail;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Data;

internal static partial class Flows
{
    private static async Task MailAsync(StoreApp app)
    {
        var shop = await Shop.OpenAsync(app, "flow-mail");
        var api = await ApiClient.OfAsync(app, shop.Store);
        var keys = app.Get<Suppressions>();
        await OkAsync(api.Put($"campaigns/{shop.CampaignId}/applications", new JsonObject { ["open"] = true }));
        foreach (var text in new[] { "Come in, {name}", "Join us, {name}" })
        {
            await OkAsync(api.Put("mail-texts/invitation", new JsonObject { ["subject"] = text }));
        }

        await OkAsync(api.Get("mail-texts"));
        await OkAsync(api.Post("mail-texts/invitation/preview", new JsonObject()));
        for (var cap = 1; cap <= 2; cap++)
        {
            await OkAsync(api.Put("mail-settings", new JsonObject { ["weeklyCap"] = cap, ["quietHours"] = null }));
        }

        await OkAsync(api.Get("mail-settings"));
        Assert.That(await InviteAsync("flow.eve@example.com"), Is.EqualTo((1, 0)));
        Assert.That(await InviteAsync("flow.eve@example.com", "flow.bob@example.com"), Is.EqualTo((1, 1)));
        await app.DrainAsync();
        var mail = ReadMail.AllOf(app).Last(one => one["Subject"].Contains("Join us", StringComparison.Ordinal));
        var stop = StopAddress().Match(mail.Text).Value;
        foreach (var path in new[] { "", "/again", "" })
        {
            Assert.That((await app.Http.PostAsync(new Uri(new Uri(stop).AbsolutePath + path, UriKind.Relative), null)).StatusCode, Is.EqualTo(HttpStatusCode.OK));
        }

        Assert.That((await app.Http.GetStringAsync(new Uri(new Uri(stop).AbsolutePath, UriKind.Relative))), Does.Contain("Send me mails again"));
        await OkAsync(api.Get($"campaigns/{shop.CampaignId}/invitations"));

        var ann = await shop.AmbassadorAsync("FLOWMAIL", "flow.ann@example.com");
        await OkAsync(api.Put($"ambassadors/{ann}/time-zone", new JsonObject { ["timeZone"] = "Asia/Tokyo" }));
        foreach (var day in new[] { "1", "2", "3", "4" })
        {
            await shop.PaysAsync(new TestOrder(day, app.Clock.GetUtcNow()).With("FLOWMAIL", "10.00"));
            app.Clock.Advance(TimeSpan.FromDays(1));
            await app.DrainAsync();
        }

        // Night in Tokyo asks for the zone as well.
        await OkAsync(api.Put("mail-settings", new JsonObject { ["weeklyCap"] = 2, ["quietHours"] = new JsonObject { ["from"] = "21:00", ["until"] = "08:00" } }));
        Assert.That((await api.Post("ambassadors", Bodies.Ambassador(shop.CampaignId, "FLOWEVE", "flow.eve@example.com"))).Status, Is.EqualTo(201));
        await app.DrainAsync();

        var id = (await api.Post("mail-suppressions", new JsonObject { ["email"] = "flow.dan@example.com" })).Text("id");
        await OkAsync(api.Get("mail-suppressions?limit=1"));
        using (var owner = await Rooms.SignInAsync(app, shop.Store, null))
        {
            foreach (var (show, text) in new[] { ("", "Sent"), ("sent", "Sent"), ("kept", "Kept back"), ("waiting", ""), ("dead", "") })
            {
                Assert.That((await owner.GetAsync($"/dashboard/mails/log?show={show}")).Text(), Does.Contain(text), show);
            }

            Assert.That((await owner.PushAsync("/dashboard/mails/log", "/dashboard/mails/log/eff_none/replays")).StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
            Assert.That((await owner.GetAsync("/dashboard/mails/settings")).Text("#refused"), Does.Contain("Kept out by your team"));
        }

        await OkAsync(api.Send(HttpMethod.Delete, $"mail-suppressions/{id}", JsonContent.Create(new JsonObject { ["reason"] = "A mistake." })));
        var effect = await app.Db.OneAsync<string>("SELECT MIN(effect_id) FROM mail_sends WHERE store_id = @s", new { s = shop.Store.Id });
        using var bounce = new HttpRequestMessage(HttpMethod.Post, new Uri("/webhooks/mail", UriKind.Relative))
        {
            Content = new StringContent($$"""[{"messageId":"<{{effect}}@refer.example>","kind":"bounce","detail":"5.1.1"}]""", Encoding.UTF8, "application/json"),
        };
        bounce.Headers.Authorization = new AuthenticationHeaderValue("Bearer", app.Get<Settings>().Mail.BounceSecret);
        Assert.That((await app.Http.SendAsync(bounce)).StatusCode, Is.EqualTo(HttpStatusCode.OK));

        // A mailbox that nobody has takes no mail, and counts for nothing.
        await app.Db.InTransactionAsync(async tx =>
        {
            await Cadence.ReleaseAsync(tx, new Effect(shop.Store.Id, effect!, Effect.Kinds.Mail, "", "", 0));
            await StorePlugin.Mail.Invitations.ForgetAsync(tx, shop.Store.Id, [keys.HashOf(shop.Store, "flow.bob@example.com")]);
            await Cadence.ForgetAsync(tx, shop.Store.Id, [keys.HashOf(shop.Store, "flow.eve@example.com")]);
        });
        await InviteAsync("flow.eliza@example.com");
        await app.DrainAsync();
        await OkAsync(api.Send(HttpMethod.Delete, "mail-texts/invitation", null));
        app.Clock.Advance(TimeSpan.FromDays(200));
        await app.Get<Retention>().RunOnceAsync(default);
        Assert.That(await CountAsync("mail_sends WHERE store_id = @s"), Is.Zero);
        Assert.That(await CountAsync("invitations WHERE store_id = @s AND sealed IS NOT NULL"), Is.Zero);

        async Task<(int Invited, int Skipped)> InviteAsync(params string[] emails)
        {
            var answer = (await api.Post($"campaigns/{shop.CampaignId}/invitations", Invitations(emails))).Json!;
            return (answer["invited"]!.AsArray().Count, answer["skipped"]!.AsArray().Count);
        }

        Task<long> CountAsync(string from) => app.Db.OneAsync<long>($"SELECT CAST(COUNT(*) AS bigint) FROM {from}", new { s = shop.Store.Id });
    }

    private static JsonObject Invitations(params string[] emails) => new()
    {
        ["invitations"] = new JsonArray([.. emails.Select(email => new JsonObject { ["email"] = email, ["personalLine"] = $"Dear {email}, come over." })]),
    };

    [GeneratedRegex(@"https?://\S+/mail/stop/\S+")]
    private static partial Regex StopAddress();
}
