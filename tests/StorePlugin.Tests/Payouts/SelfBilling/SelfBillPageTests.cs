// The pages of documents, and the form in which ambassadors say what they are for the VAT.
using System.Net;
using System.Text.RegularExpressions;
using AngleSharp.Dom;
using StorePlugin.Payouts.SelfBilling;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Payouts.SelfBilling;

internal sealed partial class SelfBillPageTests
{
    private SelfBillingWorld _world = null!;

    private StoreApp App => _world.Payouts.App;

    [SetUp]
    public async Task StartAsync() => _world = await SelfBillingWorld.StartAsync();

    [TearDown]
    public ValueTask StopAsync() => _world.DisposeAsync();

    [Test]
    public async Task A_document_says_who_pays_whom_what_and_with_which_vat()
    {
        var ann = await _world.PayeeAsync("Ann");
        await _world.Payouts.EarnsAsync(ann, "50.00");
        var sent = await _world.PaidAsync(ann);
        using var browser = await Rooms.SignInAsync(App, _world.Payouts.Store, ann);

        var page = await browser.GetAsync("/portal/self-bills/1");

        Assert.That(Plain(page.Text("main")), Is.EqualTo(Plain(
            $"""
            Self-billing invoice LUX-1 Issued on 1 March 2026
            A rehearsal: no money moved, and this is no document for any tax office.
            Back · print this page to have it as PDF
            Supplier Ann Example Weg 2 20095 Hamburg Germany VAT number: DE987654321
            Customer, who issues this document Lux GmbH Hauptstr. 1 10115 Berlin Germany VAT number: DE123456789
            What this document is for What Amount
            Commission for referring customers, as approved up to this payout. € 50.00
            VAT at 19 % € 9.50
            Total € 59.50
            VAT is charged at the rate shown.
            The customer issues this document in the supplier's place, as both have agreed. Payout {sent.Id}.
            """)));
    }

    [Test]
    public async Task A_correction_names_what_it_corrects_and_stands_below_zero()
    {
        var ann = await _world.PayeeAsync("Ann", VatCase.ReverseCharge);
        await _world.Payouts.EarnsAsync(ann, "50.00");
        var sent = await _world.PaidAsync(ann);
        await _world.ReversedAsync(sent.Id, 20_00);
        using var owner = await Rooms.SignInAsync(App, _world.Payouts.Store, null);

        var text = Plain((await owner.GetAsync("/dashboard/self-bills/2")).Text("main"));
        var list = Plain((await owner.GetAsync($"/dashboard/ambassadors/{ann}/statements")).Text("main"));

        Assert.That(text, Does.StartWith("Correction LUX-2 Issued on 1 March 2026, correcting LUX-1").And.Contain("VAT € 0.00").And.Contain("Total −€ 20.00")
            .And.Contain("Reverse charge: the VAT is owed by the recipient of the service."));
        Assert.That(list, Does.Contain("Documents for the tax office Correction LUX-2 1 March 2026, −€ 20.00 Self-billing invoice LUX-1 1 March 2026, € 50.00"));
    }

    [Test]
    public async Task Nobody_reads_anothers_document()
    {
        var (ann, bob) = (await _world.PayeeAsync("Ann"), await _world.PayeeAsync("Bob"));
        await _world.Payouts.EarnsAsync(ann, "50.00");
        await _world.PaidAsync(ann);
        using var browser = await Rooms.SignInAsync(App, _world.Payouts.Store, bob);

        Assert.That((await browser.AskAsync("/portal/self-bills/1")).StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That((await browser.AskAsync("/portal/self-bills/x")).StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That((await browser.GetAsync("/portal/statements")).Text("main"), Does.Not.Contain("LUX-1"));
    }

    [Test]
    public async Task They_say_what_they_are_and_agree_and_their_number_is_kept_when_it_is_left_empty()
    {
        var ann = await _world.Payouts.AmbassadorAsync("Ann");
        using var browser = await Rooms.SignInAsync(App, _world.Payouts.Store, ann);
        var link = (await browser.GetAsync("/portal")).QuerySelector("a[href='/portal/tax']");

        var kept = await FillAsync(browser, ("case", "domestic"), ("name", "Ann  Example"), ("address", "Weg 2\r\n20095 Hamburg"), ("vatId", "de 987 654 321"), ("agrees", "yes"));
        var after = await browser.GetAsync(kept.Headers.Location!.OriginalString);
        await FillAsync(browser, ("case", "small_business"), ("agrees", "yes"));
        var tax = (await App.Get<PayeeTaxes>().FindAsync(_world.Payouts.Store, ann, default))!;
        var party = await App.Get<BillParties>().OpenAsync(_world.Payouts.Store.Id, tax.PartyId!, default);
        await FillAsync(browser, ("case", "private"), ("agrees", "no"));
        var left = (await App.Get<PayeeTaxes>().FindAsync(_world.Payouts.Store, ann, default))!;

        Assert.That(link, Is.Not.Null);
        Assert.That(after.Text("body"), Does.Contain("It is kept, and counts from your next payout on.").And.Contain("You have agreed on 1 Mar 2026").And.Contain("···321")
            .And.Not.Contain("987654"));
        Assert.That((party.Name, party.Address, party.Country, party.VatId), Is.EqualTo(("Ann Example", "Weg 2\n20095 Hamburg", "DE", "DE987654321")));
        Assert.That((tax.VatCase, tax.AgreedBy), Is.EqualTo(("small_business", PayeeTaxes.Ambassador)));
        Assert.That((left.VatCase, left.AgreedAt, left.MaskedId), Is.EqualTo(("private", (DateTimeOffset?)null, (string?)null)));
    }

    [Test]
    public async Task What_is_missing_is_said_and_what_was_written_stands_there_still()
    {
        var ann = await _world.Payouts.AmbassadorAsync("Ann");
        using var browser = await Rooms.SignInAsync(App, _world.Payouts.Store, ann);

        var lacking = await Browser.ReadAsync(
            await FillAsync(browser, ("case", "reverse_charge"), ("name", "Ann Example"), ("address", "Weg 2"), ("agrees", "yes")), HttpStatusCode.BadRequest);
        var nothing = await Browser.ReadAsync(await FillAsync(browser, ("name", ""), ("address", "")), HttpStatusCode.BadRequest);

        Assert.That(lacking.Text("[role=alert]"), Does.Contain("The VAT number is needed where the VAT is owed by the store.").And.Contain("The country must be another than DE"));
        Assert.That(lacking.QuerySelector("textarea")!.TextContent, Is.EqualTo("Weg 2"));
        Assert.That(nothing.Text("[role=alert]"), Does.Contain("Say which of the four you are.").And.Contain("Your name must have 1 to 120 characters"));
        Assert.That((await App.Get<PayeeTaxes>().FindAsync(_world.Payouts.Store, ann, default))!.VatCase, Is.Null);
    }

    [Test]
    public async Task Where_the_store_does_not_bill_nothing_is_asked()
    {
        await _world.Api.Delete("self-billing");
        var ann = await _world.Payouts.AmbassadorAsync("Ann");
        using var browser = await Rooms.SignInAsync(App, _world.Payouts.Store, ann);

        Assert.That((await browser.AskAsync("/portal/tax")).StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That((await browser.GetAsync("/portal")).QuerySelector("a[href='/portal/tax']"), Is.Null);
    }

    /// <summary>Sends the form as a browser would, with these fields in place of what stands in it.</summary>
    private static async Task<HttpResponseMessage> FillAsync(Browser browser, params (string Name, string Value)[] fields)
    {
        var form = (await browser.GetAsync("/portal/tax")).QuerySelector("form[action='/portal/tax']")!;
        var sent = form.QuerySelectorAll("input").ToDictionary(input => input.GetAttribute("name")!, input => input.GetAttribute("value") ?? "");
        foreach (var select in form.QuerySelectorAll("select"))
        {
            sent[select.GetAttribute("name")!] = (select.QuerySelector("option[selected]") ?? select.QuerySelector("option"))!.GetAttribute("value") ?? "";
        }

        sent["address"] = form.QuerySelector("textarea")!.TextContent;
        foreach (var (name, value) in fields)
        {
            sent[name] = value;
        }

        return await browser.PostAsync("/portal/tax", sent);
    }

    private static string Plain(string text) => Blanks().Replace(text, " ").Trim();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}
