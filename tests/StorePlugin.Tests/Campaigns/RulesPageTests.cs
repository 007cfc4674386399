// The page of the rules, the same over the API, and what an ambassador accepts.
using System.Net;
using System.Text.Json.Nodes;
using StorePlugin.Campaigns;
using StorePlugin.Tests.Rig;
using StorePlugin.Webhooks;

namespace StorePlugin.Tests.Campaigns;

internal sealed class RulesPageTests
{
    private StoreApp _app = null!;
    private Shop _shop = null!;
    private ApiClient _api = null!;
    private Browser _anybody = null!;

    [SetUp]
    public async Task Open()
    {
        _app = await StoreApp.StartAsync();
        _shop = await Shop.OpenAsync(_app);
        _api = await ApiClient.OfAsync(_app, _shop.Store);
        _anybody = new Browser(_app.Address);
        _app.Clock.Advance(TimeSpan.FromDays(1));
    }

    [TearDown]
    public async Task Close()
    {
        _anybody.Dispose();
        await _app.DisposeAsync();
    }

    [Test]
    public async Task Anybody_reads_the_rules_that_are_in_force_with_their_examples()
    {
        var page = await _anybody.GetAsync($"/rules/{_shop.CampaignId}");

        Assert.That(page.Text("h1"), Is.EqualTo("The rules of Spring"));
        Assert.That(page.Text(".heading"), Does.Contain("lux. Version 1, in force since 1 Mar 2026, 11:00. Times are in Europe/Berlin."));
        Assert.That(page.Text(".rules"), Does.Contain("You earn 10 % of what counts of each order.").And.Contain("you earn 10 % of € 90.00: € 9.00."));
        Assert.That(page.QuerySelectorAll(".rules dt"), Has.Exactly(8).Items);
        Assert.That(page.Text(), Does.Not.Contain("A change lies ahead"));
        Assert.That(page.Title, Does.Contain("Spring").And.Contain("lux"));
        Assert.That(page.QuerySelectorAll("script, form, [style]"), Is.Empty);
    }

    [Test]
    public async Task What_is_no_launched_campaign_of_an_installed_store_is_not_there()
    {
        var draft = await _api.DraftAsync();

        var asked = (await _anybody.GetAsync($"/rules/{draft}", HttpStatusCode.NotFound)).Text();
        Assert.That((await _anybody.GetAsync("/rules/cmp_unknown", HttpStatusCode.NotFound)).Text(), Is.EqualTo(asked), "nobody learns that it is a draft");
        Assert.That((await _app.Http.GetAsync(new Uri("/rules/cmp_unknown", UriKind.Relative))).Content.Headers.ContentType!.MediaType, Is.EqualTo("application/problem+json"));

        await _shop.DeliverAsync("app/uninstalled", "{}");
        await _app.DrainAsync();
        await _anybody.GetAsync($"/rules/{_shop.CampaignId}", HttpStatusCode.NotFound);
    }

    [Test]
    public async Task A_name_is_text_and_never_markup()
    {
        await _app.Db.DoAsync("UPDATE campaigns SET name = @name WHERE store_id = @id", new { name = "<b>Spring</b> & co", id = _shop.Store.Id });

        var html = await (await _anybody.AskAsync($"/rules/{_shop.CampaignId}")).Content.ReadAsStringAsync();

        Assert.That(html, Does.Contain("&lt;b&gt;Spring&lt;/b&gt; &amp; co").And.Not.Contain("<b>Spring"));
    }

    [Test]
    public async Task A_change_that_lies_ahead_is_told_with_its_day_and_then_in_force()
    {
        await ReviseAsync(Bodies.Campaign(5)["terms"]!.DeepClone());
        var before = await _anybody.GetAsync($"/rules/{_shop.CampaignId}");
        _app.Clock.MoveTo(StoreApp.Start.AddDays(15));
        var after = await _anybody.GetAsync($"/rules/{_shop.CampaignId}");

        Assert.That(before.Text("[aria-labelledby=coming]"), Does.Contain("From 16 Mar 2026, 11:00 on version 2 is in force").And.Contain("The commission goes from 10 % to 5 %."));
        Assert.That(before.Text(".rules"), Does.Contain("You earn 10 % of what counts"));
        Assert.That(after.Text(".heading"), Does.Contain("Version 2, in force since 16 Mar 2026, 11:00."));
        Assert.That(after.Text(".rules"), Does.Contain("You earn 5 % of what counts"));
        Assert.That(after.QuerySelector("[aria-labelledby=coming]"), Is.Null);
    }

    [Test]
    public async Task What_is_agreed_with_one_ambassador_is_on_no_page_for_everybody()
    {
        var terms = Bodies.Campaign()["terms"]!.DeepClone();
        terms["rates"] = new JsonArray(new JsonObject { ["percent"] = 20, ["ambassador"] = "amb_star" });
        var answer = await _api.Post(
            $"campaigns/{_shop.CampaignId}/revisions", new JsonObject { ["terms"] = terms, ["effectiveAt"] = "2026-03-20T00:00:00Z" });
        Assert.That(answer.Status, Is.EqualTo(201));

        var page = await _anybody.GetAsync($"/rules/{_shop.CampaignId}");

        Assert.That(page.Text(), Does.Contain("It changes shares that are agreed with single ambassadors").And.Not.Contain("amb_star").And.Not.Contain("20 %"));
    }

    [TestCase("pauses", "The campaign is paused: orders that are made now do not count.")]
    [TestCase("ending", "The campaign has ended: new orders do not count.")]
    public async Task A_campaign_that_does_not_run_says_so(string step, string sentence)
    {
        await _api.Post($"campaigns/{_shop.CampaignId}/{step}");

        Assert.That((await _anybody.GetAsync($"/rules/{_shop.CampaignId}")).Text(), Does.Contain(sentence));
    }

    [Test]
    public async Task The_api_shows_any_revision_and_those_of_drafts()
    {
        await ReviseAsync(Bodies.Campaign(5)["terms"]!.DeepClone());
        var draft = await _api.DraftAsync(commission: 7);

        var standing = await _api.Get($"campaigns/{_shop.CampaignId}/rules");
        var coming = await _api.Get($"campaigns/{_shop.CampaignId}/rules?revision=2");
        var drafted = await _api.Get($"campaigns/{draft}/rules");

        var text = RulesText.Of(new Terms(1000, 1000, 30, 30), Currency.Parse("EUR"), null);
        Assert.That(((long)standing.Json!["revision"]!, standing.Text("effectiveAt"), standing.Text("title")), Is.EqualTo((1L, "2026-03-01T10:00:00Z", "The rules of Spring at lux")));
        Assert.That(standing.Text("textHash"), Is.EqualTo(text.Hash));
        Assert.That(
            standing.Json["paragraphs"]!.AsArray().Select(part => new RulesPart((string)part!["title"]!, (string)part["text"]!)), Is.EqualTo(text.Paragraphs));
        Assert.That(standing.Json["examples"]!.AsArray().Select(part => new RulesPart((string)part!["title"]!, (string)part["text"]!)), Is.EqualTo(text.Examples));
        Assert.That(((long)coming.Json!["revision"]!, coming.Text("effectiveAt")), Is.EqualTo((2L, "2026-03-16T10:00:00Z")));
        Assert.That(coming.Text("textHash"), Is.Not.EqualTo(text.Hash));
        Assert.That((drafted.Status, drafted.Json!["effectiveAt"]), Is.EqualTo((200, (JsonNode?)null)));
        Assert.That((string)drafted.Json["paragraphs"]![0]!["text"]!, Does.StartWith("You earn 7\u00A0% of what counts"));
    }

    [Test]
    public async Task What_there_is_no_text_of_is_a_problem_of_its_own()
    {
        Assert.That((await _api.Get("campaigns/cmp_unknown/rules")).Problem, Is.EqualTo("/problems/campaign-unknown"));
        Assert.That((await _api.Get($"campaigns/{_shop.CampaignId}/rules?revision=2")).Problem, Is.EqualTo("/problems/revision-unknown"));
        Assert.That((await _api.Get($"campaigns/{_shop.CampaignId}/rules?revision=two")).Status, Is.EqualTo(400));
    }

    [Test]
    public async Task An_ambassador_has_accepted_nothing_reads_the_rules_and_accepts_them()
    {
        var id = await _shop.AmbassadorAsync("ANN10");
        using var ann = await Rooms.SignInAsync(_app, _shop.Store, id);

        var first = await ann.GetAsync("/portal");
        Assert.That(first.Text(".heading"), Does.Contain("You have not accepted the rules as they are now."));
        Assert.That(first.QuerySelector("#rules details")!.HasAttribute("open"), Is.True, "what is accepted is shown");
        Assert.That(first.QuerySelector("#rules a")!.GetAttribute("href"), Is.EqualTo($"/rules/{_shop.CampaignId}"));
        Assert.That(await AcceptedAsync(), Is.Empty);

        _app.Clock.Advance(TimeSpan.FromMinutes(5));
        var form = first.QuerySelector("form[action='/portal/rules/acceptance']")!;
        var answer = await ann.SubmitAsync(form);
        var second = await ann.GetAsync(answer.Headers.Location!.OriginalString);
        await ann.SubmitAsync(form);

        Assert.That(second.Text(), Does.Contain("You have accepted the rules.").And.Contain("You accepted it on 2 Mar 2026, 11:05."));
        Assert.That(second.QuerySelector("form[action='/portal/rules/acceptance']"), Is.Null);
        Assert.That(second.QuerySelector("#rules details")!.HasAttribute("open"), Is.False);
        var hash = RulesText.Of(new Terms(1000, 1000, 30, 30), Currency.Parse("EUR"), id).Hash;
        Assert.That(await AcceptedAsync(), Is.EqualTo([new Accepted(id, 1, hash, StoreApp.Start.AddDays(1).AddMinutes(5), $"ambassador {id}")]));
    }

    [Test]
    public async Task A_change_of_terms_is_a_new_version_and_nobody_accepts_it_unseen()
    {
        var id = await _shop.AmbassadorAsync("ANN10");
        using var ann = await Rooms.SignInAsync(_app, _shop.Store, id);
        var form = (await ann.GetAsync("/portal")).QuerySelector("form[action='/portal/rules/acceptance']")!;
        await ReviseAsync(Bodies.Campaign(12)["terms"]!.DeepClone());

        var late = await ann.SubmitAsync(form);
        Assert.That(late.Headers.Location!.OriginalString, Is.EqualTo("/portal?notice=rules-changed"));
        Assert.That(await AcceptedAsync(), Is.Empty);

        await ann.SubmitAsync((await ann.GetAsync("/portal?notice=rules-changed")).QuerySelector("form[action='/portal/rules/acceptance']")!);
        await ReviseAsync(Bodies.Campaign(15)["terms"]!.DeepClone());
        var page = await ann.GetAsync("/portal");

        Assert.That((await AcceptedAsync()).Single().Revision, Is.EqualTo(2));
        Assert.That(page.Text("#rules"), Does.Contain("Version 3").And.Contain("You earn 15 %").And.Not.Contain("You accepted it"));
    }

    [Test]
    public async Task What_is_accepted_is_accepted_by_one_ambassador_alone()
    {
        var ann = await _shop.AmbassadorAsync("ANN10");
        var bob = await _shop.AmbassadorAsync("BOB10");
        using var anns = await Rooms.SignInAsync(_app, _shop.Store, ann);
        using var bobs = await Rooms.SignInAsync(_app, _shop.Store, bob);

        await anns.SubmitAsync((await anns.GetAsync("/portal")).QuerySelector("form[action='/portal/rules/acceptance']")!);

        Assert.That((await AcceptedAsync()).Select(row => row.AmbassadorId), Is.EqualTo([ann]));
        Assert.That((await bobs.GetAsync("/portal")).Text("#rules"), Does.Not.Contain("You accepted it"));
    }

    [Test]
    public async Task Before_the_launch_there_is_nothing_to_accept()
    {
        var draft = await _api.DraftAsync();
        var id = (await _api.AddAsync(draft, "EVE10")).Text("id");
        using var eve = await Rooms.SignInAsync(_app, _shop.Store, id);
        var page = await eve.GetAsync("/portal");
        var fields = page.QuerySelectorAll("form.out input").ToDictionary(input => input.GetAttribute("name")!, input => input.GetAttribute("value")!);

        Assert.That(page.QuerySelector("#rules"), Is.Null);
        Assert.That((await eve.PostAsync("/portal/rules/acceptance", fields)).Headers.Location!.OriginalString, Is.EqualTo("/portal?notice=rules-changed"));
        Assert.That((await eve.PostAsync("/portal/rules/acceptance", [])).StatusCode, Is.EqualTo(HttpStatusCode.BadRequest), "the form's token is missing");
        Assert.That(await AcceptedAsync(), Is.Empty);
    }

    private async Task ReviseAsync(JsonNode terms) =>
        Assert.That((await _api.Post($"campaigns/{_shop.CampaignId}/revisions", new JsonObject { ["terms"] = terms })).Status, Is.EqualTo(201));

    private Task<IReadOnlyList<Accepted>> AcceptedAsync() => _app.Db.ManyAsync<Accepted>(
        "SELECT ambassador_id, revision, text_hash, accepted_at, actor FROM rules_acceptances WHERE store_id = @id", new { id = _shop.Store.Id });

    private sealed record Accepted(string AmbassadorId, long Revision, string TextHash, DateTimeOffset AcceptedAt, string Actor);
}
