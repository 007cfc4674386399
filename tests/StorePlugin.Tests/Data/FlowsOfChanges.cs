// The ways through the database of changes that are confirmed: of where money goes, and of an ambassador's address; and of sign-in by mail.
using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using StorePlugin.Inbox;
using StorePlugin.Mail;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Data;

internal static partial class Flows
{
    private static async Task ChangesAsync(StoreApp app)
    {
        var shop = await Shop.OpenAsync(app, "flow-changes");
        var api = await ApiClient.OfAsync(app, shop.Store);
        var ann = await shop.AmbassadorAsync("FLOWCHANGE", "flow.change@example.com");
        using var browser = await Rooms.SignInAsync(app, shop.Store, ann);

        // Where the money goes: confirmed, refused by mail, decided by the store in both ways.
        await OkAsync(api.Put("payout-settings", new JsonObject { ["methods"] = new JsonArray("paypal", "other") }));
        await NameAsync("first@example.com");
        await NameAsync("second@example.com");
        await SayAsync(await PayoutTokenAsync(), ChangeLinks.Confirmation);
        await NameAsync("third@example.com");
        var refused = await PayoutTokenAsync();
        await SayAsync(refused, ChangeLinks.Refusal);
        Assert.That((await browser.GetAsync("/portal")).Text("#change-waits"), Does.Contain("was not yours"));
        await DecideAsync("refused", "revoked");
        await NameAsync("fourth@example.com");
        await DecideAsync("asked", "confirmed");
        Assert.That((await api.Get($"ambassadors/{ann}/payout-changes")).Json!["items"]!.AsArray(), Has.Count.EqualTo(4));

        // The address: asked for in the portal and again, confirmed by both, and refused when it was made.
        await OkAsync(api.Post($"ambassadors/{ann}/address-changes", new JsonObject { ["email"] = "flow.other@example.org" }));
        app.Clock.Advance(TimeSpan.FromMinutes(1));
        var form = (await browser.GetAsync("/portal")).QuerySelector("form[action='/portal/address-changes']")!;
        form.QuerySelector("input[name=email]")!.SetAttribute("value", "flow.new@example.org");
        Assert.That((await browser.SubmitAsync(form)).StatusCode, Is.EqualTo(HttpStatusCode.Redirect));
        await browser.GetAsync("/portal");
        await app.Get<Suppressions>().AddAsync(shop.Store, app.Get<Suppressions>().HashOf(shop.Store, "flow.change@example.com"), SuppressionReason.OptedOut, null, Suppressions.TheReader, default);
        await app.DrainAsync();
        await SayAsync(TokenTo("flow.change@example.com", "Was it you"), ChangeLinks.Confirmation);
        await SayAsync(TokenTo("flow.new@example.org", "Is this your address"), ChangeLinks.Confirmation);
        await app.DrainAsync();
        await SayAsync(TokenTo("flow.change@example.com", "was changed"), ChangeLinks.Refusal);
        Assert.That((await api.Get($"ambassadors/{ann}/address-changes")).Json!["items"]!.AsArray().Select(item => (string?)item!["state"]), Is.EqualTo(["replaced", "applied"]));
        await shop.PaysAsync(new TestOrder("1", app.Clock.GetUtcNow()).With("FLOWCHANGE", "10.00") with { Email = "flow.change@example.com" });
        Assert.That((await shop.ReceiptAsync("1")).Touches.Single().IsOwn, Is.True);

        // Signed in by mail, and once more because the first was too old.
        await browser.AskAsync("/portal/sign-in");
        form = (await browser.GetAsync($"/portal/sign-in?store={shop.Store.Id}")).QuerySelector("main form")!;
        form.QuerySelector("input[name=email]")!.SetAttribute("value", "flow.new@example.org");
        Assert.That((await browser.SubmitAsync(form)).StatusCode, Is.EqualTo(HttpStatusCode.OK));
        await app.DrainAsync();
        await app.Get<SignInRequests>().AskAgainAsync(shop.Store, ann, StorePlugin.Stores.PortalPath.Payouts, default);
        await app.DrainAsync();
        Assert.That(ReadMail.AllOf(app).Count(mail => mail["To"].Contains("flow.new@", StringComparison.Ordinal) && mail.Text.Contains("/sign-in/", StringComparison.Ordinal)), Is.EqualTo(2));

        app.Clock.Advance(TimeSpan.FromDays(40));
        await app.Get<Retention>().RunOnceAsync(default);
        Assert.That(
            await app.Db.OneAsync<long>(
                """
                SELECT (SELECT CAST(COUNT(*) AS bigint) FROM change_links WHERE store_id = @id) + (SELECT CAST(COUNT(*) AS bigint) FROM sign_in_requests WHERE store_id = @id)
                    + (SELECT CAST(COUNT(*) AS bigint) FROM address_changes WHERE store_id = @id AND sealed IS NOT NULL)
                """,
                new { id = shop.Store.Id }),
            Is.Zero);

        async Task NameAsync(string email)
        {
            app.Clock.Advance(TimeSpan.FromMinutes(1));
            await OkAsync(api.Put($"ambassadors/{ann}/payout-method", new JsonObject { ["kind"] = "paypal", ["email"] = email }));
            await app.DrainAsync();
        }

        async Task<string> PayoutTokenAsync()
        {
            var change = (await app.Db.OneAsync<string>("SELECT id FROM payout_changes WHERE store_id = @id AND state = 'asked'", new { id = shop.Store.Id }))!;
            return await app.Get<ChangeLinks>().NewAsync(shop.Store, ChangeLinks.Payout, change, default);
        }

        async Task SayAsync(string token, string word)
        {
            using var mail = new Browser(app.Address);
            await mail.GetAsync(ChangeLinks.PathOf(token, word));
            Assert.That((await mail.PostAsync(ChangeLinks.PathOf(token, word), [])).StatusCode, Is.EqualTo(HttpStatusCode.OK));
        }

        async Task DecideAsync(string state, string decision)
        {
            var change = await app.Db.OneAsync<string>("SELECT id FROM payout_changes WHERE store_id = @id AND state = @state", new { id = shop.Store.Id, state });
            await OkAsync(api.Put($"ambassadors/{ann}/payout-changes/{change}/decision", new JsonObject { ["decision"] = decision, ["reason"] = "x" }));
        }

        string TokenTo(string email, string subject) => Regex.Match(
            ReadMail.AllOf(app).Last(mail => mail["To"].Contains(email, StringComparison.Ordinal) && mail["Subject"].Contains(subject, StringComparison.Ordinal)
                && mail.Text.Contains("/changes/", StringComparison.Ordinal) && !mail["Subject"].Contains("sends your money", StringComparison.Ordinal)).Text,
            "/changes/(?<token>[^/\\s]+)/", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1)).Groups["token"].Value;
    }
}
