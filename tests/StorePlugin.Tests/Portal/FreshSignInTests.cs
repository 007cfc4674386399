// What decides where money goes needs a sign-in of less than fifteen minutes ago.
using System.Net;
using System.Text.RegularExpressions;
using StorePlugin.Stores;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Portal;

internal sealed class FreshSignInTests
{
    private StoreApp _app = null!;
    private Rooms _rooms = null!;
    private Browser _ann = null!;
    private string _token = "";

    [SetUp]
    public async Task StartAsync()
    {
        _app = await StoreApp.StartAsync();
        _rooms = await Rooms.OpenAsync(_app);
        await _rooms.AmbassadorAsync("amb_ann", "Ann", "ANN10");
        await _rooms.KnowAsync("amb_ann", "ann@example.com");
        _ann = await _rooms.AmbassadorBrowserAsync("amb_ann");
        _token = (await _ann.GetAsync("/portal")).QuerySelector("input[name=__RequestVerificationToken]")!.GetAttribute("value")!;
    }

    [TearDown]
    public async Task StopAsync()
    {
        _ann.Dispose();
        await _app.DisposeAsync();
    }

    [TestCase("/portal/payout-method")]
    [TestCase("/portal/payout-method/removal")]
    [TestCase("/portal/payouts")]
    [TestCase("/portal/payouts/account")]
    [TestCase("/portal/address-changes")]
    public async Task A_stale_session_changes_nothing(string path)
    {
        _app.Clock.Advance(Visitor.Freshness);
        var before = await RowsAsync();

        var page = await Browser.ReadAsync(await PostAsync(path), HttpStatusCode.Forbidden);

        Assert.That(page.Text("main"), Does.StartWith("Sign in once more").And.Contain("was not kept"));
        Assert.That(page.QuerySelector("form[action='/portal/fresh-sign-in'] button"), Is.Not.Null);
        Assert.That(await RowsAsync(), Is.EqualTo(before));
    }

    [Test]
    public async Task A_session_is_fresh_for_fifteen_minutes_and_stays_good_for_the_rest()
    {
        _app.Clock.Advance(Visitor.Freshness - TimeSpan.FromMilliseconds(1));
        var fresh = await PostAsync("/portal/payout-method");
        _app.Clock.Advance(TimeSpan.FromMilliseconds(1));
        var stale = await PostAsync("/portal/payout-method/removal");

        Assert.That((fresh.StatusCode, stale.StatusCode), Is.EqualTo((HttpStatusCode.Redirect, HttpStatusCode.Forbidden)));
        Assert.That((await _ann.AskAsync("/portal/payouts/refresh")).StatusCode, Is.EqualTo(HttpStatusCode.Forbidden));
        Assert.That((await _ann.GetAsync("/portal")).Text("#how-you-are-paid"), Does.Contain("PayPal o···@example.com"), "to look needs no more");
    }

    [Test]
    public async Task The_mail_goes_to_the_address_on_file_and_leads_back_to_the_payouts()
    {
        _app.Clock.Advance(Visitor.Freshness);
        var page = await Browser.ReadAsync(await PostAsync("/portal/payout-method"), HttpStatusCode.Forbidden);
        var answer = await Browser.ReadAsync(await _ann.SubmitAsync(page.QuerySelector("main form")!));
        await _app.DrainAsync();
        var mail = ReadMail.AllOf(_app).Single();
        var link = await _ann.GetAsync(new Uri(Regex.Match(mail.Text, "http[^\\s]+/sign-in/[^\\s]+", RegexOptions.None, TimeSpan.FromSeconds(1)).Value).PathAndQuery);
        var back = await _ann.SubmitAsync(link.QuerySelector("main form")!);
        _token = (await _ann.GetAsync("/portal")).QuerySelector("input[name=__RequestVerificationToken]")!.GetAttribute("value")!;

        Assert.That(answer.Text("main"), Does.Contain("the address that Lux & Co has of you").And.Not.Contain("ann@"));
        Assert.That(mail["To"], Does.Contain("ann@example.com"));
        Assert.That((back.StatusCode, back.Headers.Location!.OriginalString), Is.EqualTo((HttpStatusCode.Redirect, "/portal#payouts")));
        Assert.That((await PostAsync("/portal/payout-method")).StatusCode, Is.EqualTo(HttpStatusCode.Redirect));
    }

    [Test]
    public async Task A_session_asks_for_few_mails()
    {
        _app.Clock.Advance(Visitor.Freshness);
        for (var i = 0; i < 5; i++)
        {
            Assert.That((await PostAsync("/portal/fresh-sign-in")).StatusCode, Is.EqualTo(HttpStatusCode.OK));
        }

        Assert.That(await _app.Db.OneAsync<long>("SELECT CAST(COUNT(*) AS bigint) FROM sign_in_requests"), Is.EqualTo(3));
    }

    private Task<HttpResponseMessage> PostAsync(string path) => _ann.PostAsync(
        path,
        new Dictionary<string, string>
        {
            ["__RequestVerificationToken"] = _token,
            ["kind"] = "paypal",
            ["recipient"] = "other@example.com",
            ["country"] = "NL",
            ["email"] = "other@example.com",
        });

    private async Task<(long Methods, long Changes, long Mails)> RowsAsync() => (
        await _app.Db.OneAsync<long>("SELECT CAST(COUNT(*) AS bigint) FROM payout_methods"),
        await _app.Db.OneAsync<long>("SELECT CAST(COUNT(*) AS bigint) FROM address_changes"),
        await _app.Db.OneAsync<long>("SELECT CAST(COUNT(*) AS bigint) FROM effects"));
}
