// What an ambassador reads: their own earnings and why, and nobody else's data.
using System.Net;
using StorePlugin.Ledger;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Portal;

internal sealed class PortalTests
{
    private StoreApp _app = null!;
    private Rooms _rooms = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _app = await StoreApp.StartAsync();
        _rooms = await Rooms.OpenAsync(_app);
        await _rooms.AmbassadorAsync("amb_ann", "Ann", "ANN10");
        await _rooms.AmbassadorAsync("amb_bob", "Bob", "BOB10");
    }

    [TearDown]
    public async Task StopAsync() => await _app.DisposeAsync();

    [Test]
    public async Task A_new_ambassador_finds_link_code_and_what_to_do_first()
    {
        using var ann = await _rooms.AmbassadorBrowserAsync("amb_ann");

        var page = await ann.GetAsync("/portal");

        Assert.That(page.Text(".share"), Does.Contain("/r/ann10-str_lux").And.Contain("ANN10").And.Contain("0 clicks"));
        Assert.That(page.Text(), Does.Contain("No order yet.").And.Contain("Nothing is waiting for a payout yet."));
    }

    [Test]
    public async Task Each_order_says_what_it_earns_its_state_and_why()
    {
        await _rooms.OrderAsync("1001", "held", 90_00, "amb_ann", 9_00, "Code ANN10 was used.");
        await _rooms.OrderAsync("1002", "reversed", 0, "amb_ann", 0, "Refunded in full: the commission was taken back.");
        await _rooms.OrderAsync("1003", "observed", 0, "amb_ann", 0, "Cancelled before it was paid: it earns nothing.");
        using var ann = await _rooms.AmbassadorBrowserAsync("amb_ann");

        var rows = (await ann.GetAsync("/portal")).QuerySelectorAll("tbody tr").Select(row => row.TextContent.Replace('\u00A0', ' ')).ToArray();

        Assert.That(rows[2], Does.Contain("#1001").And.Contain("€ 90.00").And.Contain("€ 9.00").And.Contain("Held until 31 March 2026"));
        Assert.That(rows[1], Does.Contain("#1002").And.Contain("Reversed").And.Contain("Refunded in full: the commission was taken back."));
        Assert.That(rows[0], Does.Contain("#1003").And.Contain("earns nothing.").And.Not.Contain("once the order is paid"));
    }

    [Test]
    public async Task Nothing_of_another_ambassador_shows()
    {
        await _rooms.OrderAsync("1001", "held", 90_00, "amb_bob", 9_00, "Code BOB10 was used.");
        await _rooms.OrderAsync("1002", "uncredited", 90_00, null, 0, "No code and no click.");
        using var ann = await _rooms.AmbassadorBrowserAsync("amb_ann");

        var text = (await ann.GetAsync("/portal")).Text("body");

        Assert.That(text, Does.Not.Contain("1001").And.Not.Contain("1002").And.Not.Contain("Bob").And.Not.Contain("BOB10").And.Not.Contain("9.00"));
    }

    [Test]
    public async Task The_balances_are_those_of_the_ledger()
    {
        await _rooms.OrderAsync("1", "held", 90_00, "amb_ann", 9_00, "Code ANN10 was used.");
        await _rooms.OrderAsync("2", "approved", 250_00, "amb_ann", 25_00, "Code ANN10 was used.");
        await _rooms.BookAsync("payout", null, Account.Approved, Account.InPayout, "amb_ann", 5_00, "EUR", "Reserved.");
        using var ann = await _rooms.AmbassadorBrowserAsync("amb_ann");

        var page = await ann.GetAsync("/portal");

        Assert.That(page.Text(".states"), Is.EqualTo("Held € 9.00 In review € 0.00 Approved € 20.00 In payout € 5.00 Paid out € 0.00"));
        Assert.That(page.Text(".payout"), Does.Contain("€ 5.00 is on its way to you.").And.Contain("€ 20.00 is approved and goes out when Lux & Co runs its next payout."));
    }

    [Test]
    public async Task The_qr_code_is_served_as_a_drawing_and_as_a_picture()
    {
        using var ann = await _rooms.AmbassadorBrowserAsync("amb_ann");
        var page = await ann.GetAsync("/portal");

        var svg = await ann.AskAsync(page.QuerySelector("img")!.GetAttribute("src")!);
        var png = await ann.AskAsync(page.QuerySelector("figure a")!.GetAttribute("href")!);

        Assert.That(svg.Content.Headers.ContentType!.MediaType, Is.EqualTo("image/svg+xml"));
        Assert.That(await svg.Content.ReadAsStringAsync(), Does.StartWith("<svg ").And.Contain("viewBox"));
        Assert.That((await png.Content.ReadAsByteArrayAsync())[..4], Is.EqualTo(new byte[] { 0x89, (byte)'P', (byte)'N', (byte)'G' }));
    }

    [Test]
    public async Task Two_links_have_two_drawings()
    {
        using var ann = await _rooms.AmbassadorBrowserAsync("amb_ann");
        using var bob = await _rooms.AmbassadorBrowserAsync("amb_bob");

        var first = await (await ann.AskAsync("/portal/link.svg")).Content.ReadAsStringAsync();
        var second = await (await bob.AskAsync("/portal/link.svg")).Content.ReadAsStringAsync();

        Assert.That(first, Is.Not.EqualTo(second));
    }

    [Test]
    public async Task Without_a_link_there_is_no_drawing_and_the_page_says_whom_to_ask()
    {
        await _app.Db.DoAsync("DELETE FROM link_slugs WHERE ambassador_id = 'amb_ann'");
        using var ann = await _rooms.AmbassadorBrowserAsync("amb_ann");

        var page = await ann.GetAsync("/portal");

        Assert.That(page.Text(".share"), Does.Contain("You have no link yet."));
        Assert.That(page.QuerySelector("img"), Is.Null);
        Assert.That((await ann.AskAsync("/portal/link.svg")).StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
    }

    [Test]
    public async Task A_suspended_ambassador_still_sees_what_they_earned()
    {
        await _rooms.OrderAsync("1001", "approved", 90_00, "amb_ann", 9_00, "Code ANN10 was used.");
        await _app.Db.DoAsync("UPDATE ambassadors SET state = 'suspended', suspended_at = @now WHERE id = 'amb_ann'", new { now = StoreApp.Start });
        using var ann = await _rooms.AmbassadorBrowserAsync("amb_ann");

        Assert.That((await ann.GetAsync("/portal")).Text(), Does.Contain("You are suspended").And.Contain("€ 9.00"));
    }

    [Test]
    public async Task Who_has_left_sees_what_they_earned_and_nothing_to_share()
    {
        await _rooms.OrderAsync("1001", "approved", 90_00, "amb_ann", 9_00, "Code ANN10 was used.");
        await _app.Db.DoAsync("UPDATE ambassadors SET state = 'ended' WHERE id = 'amb_ann'");
        using var ann = await _rooms.AmbassadorBrowserAsync("amb_ann");

        var page = await ann.GetAsync("/portal");

        Assert.That(page.Text(), Does.Contain("You have left this programme").And.Contain("€ 9.00"));
        Assert.That(page.QuerySelector(".share"), Is.Null);
    }

    [Test]
    public async Task Signing_out_leads_to_the_sign_in_page()
    {
        using var ann = await _rooms.AmbassadorBrowserAsync("amb_ann");

        var answer = await ann.SubmitAsync((await ann.GetAsync("/portal")).QuerySelector("form.out")!);

        Assert.That(answer.Headers.Location!.OriginalString, Is.EqualTo("/sign-in"));
        Assert.That((await ann.AskAsync("/portal")).StatusCode, Is.EqualTo(HttpStatusCode.Redirect));
    }
}
