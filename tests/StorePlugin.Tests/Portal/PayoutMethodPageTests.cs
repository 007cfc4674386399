// The forms in which ambassadors say where their money shall go.
using System.Net;
using System.Text.Json.Nodes;
using AngleSharp.Dom;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Portal;

internal sealed class PayoutMethodPageTests
{
    private StoreApp _app = null!;
    private Rooms _rooms = null!;
    private Browser _ann = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _app = await StoreApp.StartAsync();
        _rooms = await Rooms.OpenAsync(_app);
        await _rooms.AmbassadorAsync("amb_ann", "Ann", "ANN10");
        await _rooms.AmbassadorAsync("amb_bob", "Bob", "BOB10");
        _ann = await _rooms.AmbassadorBrowserAsync("amb_ann");
    }

    [TearDown]
    public async Task StopAsync()
    {
        _ann.Dispose();
        await _app.DisposeAsync();
    }

    [Test]
    public async Task Where_the_store_pays_in_no_other_way_nothing_is_asked()
    {
        var before = (await _ann.GetAsync("/portal")).QuerySelectorAll("#how-you-are-paid form.fields");
        await SettleAsync();

        Assert.That(before, Has.Length.EqualTo(2), "PayPal and bank transfer, until the store says otherwise");
        Assert.That((await _ann.GetAsync("/portal")).QuerySelector("#how-you-are-paid"), Is.Null);
    }

    [Test]
    public async Task They_name_an_account_see_it_shortened_and_take_it_away()
    {
        await SettleAsync("paypal", "iban");
        var page = await _ann.GetAsync("/portal");
        var forms = page.QuerySelectorAll("#how-you-are-paid form.fields").Select(form => form.QuerySelector("input[name=kind]")!.GetAttribute("value")).ToList();

        var kept = await FillAsync(page.QuerySelectorAll("#how-you-are-paid form")[1], ("recipient", "nl91 abna 0417 1643 00"), ("holder", "Ann Example"));
        var after = await _ann.GetAsync(kept.Headers.Location!.OriginalString);
        var removed = await _ann.SubmitAsync(after.QuerySelector("form[action='/portal/payout-method/removal']")!);
        var gone = await _ann.GetAsync(removed.Headers.Location!.OriginalString);

        Assert.That(forms, Is.EqualTo(["paypal", "iban"]));
        Assert.That(page.Text("body"), Does.Contain("does not know yet where to send your money"));
        Assert.That(after.Text("#how-you-are-paid"), Does.Contain("Your money goes to bank transfer NL·· ···· 4300, as named on 1 Mar 2026"));
        Assert.That(after.Text("body"), Does.Contain("It is kept: your money goes there from now on.").And.Not.Contain("ABNA").And.Not.Contain("does not know yet where to send"));
        Assert.That(gone.Text("#how-you-are-paid"), Does.Contain("You have named none yet.").And.Not.Contain("4300"));
    }

    [Test]
    public async Task A_change_is_told_with_its_wait()
    {
        await SettleAsync("paypal", "iban");
        await NameAsync("paypal", "ann@example.com");
        await NameAsync("paypal", "other@example.com");

        var text = (await _ann.GetAsync("/portal")).Text("#how-you-are-paid");

        Assert.That(text, Does.Contain("PayPal o···@example.com").And.Contain("Where the money goes was changed. For your safety nothing is paid before 8 March 2026."));
    }

    [Test]
    public async Task What_is_mistyped_comes_back_with_the_reason_and_is_not_kept()
    {
        await SettleAsync("iban");
        var page = await _ann.GetAsync("/portal");

        var answer = await FillAsync(page.QuerySelector("#how-you-are-paid form")!, ("recipient", "NL91 ABNA 0417 1643 01"), ("holder", "Ann Example"), ("bic", "x"));
        var again = await Browser.ReadAsync(answer, HttpStatusCode.BadRequest);

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(again.Text("#how-you-are-paid [role=alert]"), Does.Contain("The IBAN is mistyped: its check digits do not fit.").And.Contain("The BIC must have 8 or 11"));
        Assert.That(again.QuerySelector("#how-you-are-paid input[name=recipient]")!.GetAttribute("value"), Is.EqualTo("NL91 ABNA 0417 1643 01"));
        Assert.That(again.QuerySelector("#how-you-are-paid details")!.HasAttribute("open"), Is.True);
        Assert.That(await _app.Db.OneAsync<long>("SELECT CAST(COUNT(*) AS bigint) FROM payout_methods"), Is.Zero);
    }

    [Test]
    public async Task A_way_that_the_store_has_given_up_is_not_kept()
    {
        await SettleAsync("paypal");
        var form = (await _ann.GetAsync("/portal")).QuerySelector("#how-you-are-paid form")!;
        await SettleAsync("iban");

        var answer = await FillAsync(form, ("recipient", "ann@example.com"));

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That((await Browser.ReadAsync(answer, HttpStatusCode.BadRequest)).Text("[role=alert]"), Does.Contain("does not pay this way any more"));
    }

    [Test]
    public async Task A_form_without_the_token_of_a_page_is_refused()
    {
        await SettleAsync("paypal");

        var answer = await _ann.PostAsync("/portal/payout-method", new Dictionary<string, string> { ["kind"] = "paypal", ["recipient"] = "eve@example.com" });

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(await _app.Db.OneAsync<long>("SELECT CAST(COUNT(*) AS bigint) FROM payout_methods"), Is.Zero);
    }

    [Test]
    public async Task It_is_their_own_and_nobody_elses()
    {
        await SettleAsync("paypal");
        await NameAsync("paypal", "ann@example.com");
        using var bob = await _rooms.AmbassadorBrowserAsync("amb_bob");

        Assert.That((await bob.GetAsync("/portal")).Text("#how-you-are-paid"), Does.Contain("You have named none yet."));
        Assert.That(
            await _app.Db.OneAsync<string>("SELECT ambassador_id || ' ' || created_by FROM payout_methods"), Is.EqualTo("amb_ann ambassador"));
    }

    private Task<HttpResponseMessage> FillAsync(IElement form, params (string Name, string Value)[] typed)
    {
        var fields = form.QuerySelectorAll("input").ToDictionary(input => input.GetAttribute("name")!, input => input.GetAttribute("value") ?? "");
        foreach (var (name, value) in typed)
        {
            fields[name] = value;
        }

        return _ann.PostAsync(form.GetAttribute("action")!, fields);
    }

    private async Task NameAsync(string kind, string recipient)
    {
        var form = (await _ann.GetAsync("/portal")).QuerySelectorAll("#how-you-are-paid form").First(one => one.QuerySelector($"input[value={kind}]") is not null);
        Assert.That((await FillAsync(form, ("recipient", recipient))).StatusCode, Is.EqualTo(HttpStatusCode.Redirect));
    }

    private async Task SettleAsync(params string[] methods)
    {
        var api = await ApiClient.OfAsync(_app, _rooms.Store);
        Assert.That((await api.Put("payout-settings", new JsonObject { ["methods"] = new JsonArray([.. methods.Select(kind => (JsonNode)kind)]) })).Status, Is.EqualTo(200));
    }
}
