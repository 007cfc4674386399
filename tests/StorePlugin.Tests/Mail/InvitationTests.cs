// Inviting people who have not asked for it: each by a line of their own, once, and not whom it should not reach.
using System.Text.Json.Nodes;
using StorePlugin.Inbox;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Mail;

internal sealed class InvitationTests
{
    private StoreApp _app = null!;
    private Shop _shop = null!;
    private ApiClient _api = null!;

    [SetUp]
    public async Task SetUp()
    {
        _app = await StoreApp.StartAsync([new("PublicUrl", "https://refer.example")]);
        _shop = await Shop.OpenAsync(_app);
        _api = await ApiClient.OfAsync(_app, _shop.Store);
        await OpenAsync(true);
    }

    [TearDown]
    public async Task TearDown() => await _app.DisposeAsync();

    [Test]
    public async Task The_mail_has_the_line_what_joining_means_and_a_way_out()
    {
        var answer = await InviteAsync(("eve@example.com", "You told me of <b>your</b> garden."));
        await _app.DrainAsync();

        var mail = ReadMail.AllOf(_app).Single();
        using (Assert.EnterMultipleScope())
        {
            Assert.That((answer.Status, answer.Json!["warning"]), Is.EqualTo((200, (JsonNode?)null)));
            Assert.That(mail["Subject"], Is.EqualTo("[Rehearsal] lux invites you to Spring"));
            Assert.That(mail["To"], Does.Contain("eve@example.com"));
            Assert.That(mail.Headers.Select(header => header.Name), Does.Contain("List-Unsubscribe").And.Contain("List-Unsubscribe-Post"));
            foreach (var text in new[] { mail.Text, mail.PageText })
            {
                Assert.That(text, Does.Contain("Hello Eve,").And.Contain("They write to you: “You told me of <b>your</b> garden.”"));
                Assert.That(text, Does.Contain("10\u00A0% of each order").Or.Contain("10 % of each order"));
                Assert.That(text, Does.Contain($"https://refer.example/join/{_shop.CampaignId}").And.Contain("has named your address here to invite you"));
            }

            Assert.That(mail.Page.QuerySelectorAll("b"), Is.Empty);
            Assert.That(await StatesAsync(), Is.EqualTo(["sent"]));
        }

        var stored = await _app.Db.ManyAsync<string>("SELECT sealed FROM invitations UNION ALL SELECT payload || subject || outcome FROM effects");
        Assert.That(stored, Has.None.Contains("eve").And.None.Contains("garden"));
    }

    [Test]
    public async Task Who_should_not_be_reached_is_skipped_and_named()
    {
        await _shop.AmbassadorAsync("ANN10", "ann@example.com");
        await _api.Post("mail-suppressions", new JsonObject { ["email"] = "bob@example.com" });
        await InviteAsync(("cid@example.com", "A line for you alone."));

        var answer = await InviteAsync(
            ("ann+x@example.com", "A line for you alone."), ("bob@example.com", "Another line for you."), ("Cid@example.com", "Once more, with love."),
            ("dan@example.com", "A line for Dan alone."), ("dan+2@example.com", "A second line for Dan."));

        Assert.That(answer.Json!["invited"]!.AsArray().Select(one => (string?)one!["email"]), Is.EqualTo(["dan@example.com"]));
        Assert.That(answer.Json!["skipped"]!.AsArray().Select(one => $"{one!["email"]} {one["why"]}"), Is.EqualTo([
            "ann+x@example.com They are an ambassador of this campaign.",
            "bob@example.com The store's people want no mail to go to the address.",
            "Cid@example.com They were invited to this campaign before.",
            "dan+2@example.com They were invited to this campaign before.",
        ]));
    }

    [TestCase(4, true)]
    [TestCase(3, false)]
    public async Task One_line_for_many_is_warned_about(int count, bool isWarned)
    {
        var answer = await InviteAsync([.. Enumerable.Range(0, count).Select(i => ($"eve{i}@example.com", "I thought of you at once."))]);

        Assert.That(answer.Json!["warning"] is not null, Is.EqualTo(isWarned));
        Assert.That(answer.Json!["invited"]!.AsArray(), Has.Count.EqualTo(count), "a warning is no refusal");
    }

    [Test]
    public async Task Who_joins_is_known_as_joined_and_their_data_stand_with_the_ambassador_alone()
    {
        await InviteAsync(("eve@example.com", "A line for you alone."), ("bob@example.com", "Another line for you."));
        await _app.DrainAsync();
        await _api.AddAsync(_shop.CampaignId, "EVE10", "eve+shop@example.com");
        var list = (await _api.Get($"campaigns/{_shop.CampaignId}/invitations")).Json!["items"]!.AsArray();

        Assert.That(list.Select(one => $"{one!["state"]} {one["email"]}"), Is.EquivalentTo(["joined ", "sent bob@example.com"]));
        Assert.That(await _app.Db.OneAsync<long>("SELECT COUNT(*) FROM invitations WHERE sealed IS NOT NULL"), Is.EqualTo(1));
    }

    [Test]
    public async Task An_invitation_that_leads_nowhere_is_not_sent()
    {
        await InviteAsync(("eve@example.com", "A line for you alone."));
        await OpenAsync(false);
        var closed = await InviteAsync(("bob@example.com", "A line for you alone."));
        await _app.DrainAsync();

        Assert.That((closed.Status, closed.Problem), Is.EqualTo((409, "/problems/applications-closed")));
        Assert.That(ReadMail.AllOf(_app), Is.Empty);
        Assert.That(await StatesAsync(), Is.EqualTo(["kept_back"]));
    }

    [Test]
    public async Task Name_and_address_are_kept_for_six_months_and_nobody_is_invited_twice()
    {
        await InviteAsync(("eve@example.com", "A line for you alone."));
        await _app.DrainAsync();
        _app.Clock.Advance(TimeSpan.FromDays(183));
        await _app.Get<Retention>().RunOnceAsync(default);
        var again = await InviteAsync(("eve@example.com", "A line for you alone."));
        var list = (await _api.Get($"campaigns/{_shop.CampaignId}/invitations")).Json!["items"]!.AsArray();

        Assert.That(list.Single()!["email"], Is.Null);
        Assert.That(again.Json!["skipped"]!.AsArray(), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_store_has_a_limit_for_a_day()
    {
        for (var call = 0; call < 5; call++)
        {
            Assert.That((await InviteAsync([.. Enumerable.Range(0, 100).Select(i => ($"eve{call}-{i}@example.com", $"A line for number {i}."))])).Status, Is.EqualTo(200));
        }

        var over = await InviteAsync(("eve@example.com", "A line for you alone."));
        _app.Clock.Advance(TimeSpan.FromDays(1));

        Assert.That((over.Status, over.Problem), Is.EqualTo((409, "/problems/invitations-exhausted")));
        Assert.That((await InviteAsync(("eve@example.com", "A line for you alone."))).Status, Is.EqualTo(200));
    }

    [TestCase("""{"invitations":[]}""")]
    [TestCase("""{}""")]
    [TestCase("""{"invitations":[{"email":"eve@example.com"}]}""")]
    [TestCase("""{"invitations":[{"email":"eve@example.com","personalLine":"too short"}]}""")]
    [TestCase("""{"invitations":[{"email":"eve","personalLine":"A line for you alone."}]}""")]
    [TestCase("""{"invitations":[{"email":"eve@example.com","personalLine":"A line for\nyou alone."}]}""")]
    public async Task Each_row_needs_an_address_and_a_line(string body) =>
        Assert.That((await _api.Post($"campaigns/{_shop.CampaignId}/invitations", JsonNode.Parse(body))).Status, Is.EqualTo(400));

    private Task<ApiAnswer> InviteAsync(params (string Email, string Line)[] people) => _api.Post($"campaigns/{_shop.CampaignId}/invitations", new JsonObject
    {
        ["invitations"] = new JsonArray([.. people.Select(person => new JsonObject { ["email"] = person.Email, ["name"] = "Eve", ["personalLine"] = person.Line })]),
    });

    private async Task OpenAsync(bool isOpen) =>
        Assert.That((await _api.Put($"campaigns/{_shop.CampaignId}/applications", new JsonObject { ["open"] = isOpen })).Status, Is.EqualTo(200));

    private Task<IReadOnlyList<string>> StatesAsync() => _app.Db.ManyAsync<string>("SELECT state FROM invitations ORDER BY id");
}
