// How payouts are made, as rooms of the dashboard: settings, ways to countries, invoices in the payees' place, and who may change them.
using System.Net;
using AngleSharp.Dom;
using StorePlugin.Payouts.Manual;
using StorePlugin.Payouts.SelfBilling;
using StorePlugin.Payouts.Statements;
using StorePlugin.Payouts.Stripe;
using StorePlugin.Stores;
using StorePlugin.Tests.Payouts.Manual;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Dashboard;

internal sealed class PayoutSettingRoomsTests
{
    private const string Settings = "/dashboard/payouts/settings";
    private const string Ways = "/dashboard/payouts/routes";
    private const string Billing = "/dashboard/payouts/self-billing";
    private const string Thresholds = Billing + "/thresholds";

    private StoreApp _app = null!;
    private Rooms _rooms = null!;
    private Browser _owner = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _app = await StoreApp.StartAsync();
        _rooms = await Rooms.OpenAsync(_app);
        _owner = await _rooms.OwnerAsync();
    }

    [TearDown]
    public async Task StopAsync()
    {
        _owner.Dispose();
        await _app.DisposeAsync();
    }

    [Test]
    public async Task What_is_settled_is_kept_and_the_account_is_shown_shortened_alone()
    {
        var first = await _owner.GetAsync(Settings);
        var answer = await SendAsync(Settings, new()
        {
            ["method-paypal"] = "on",
            ["schedule"] = "monthly",
            ["month-day"] = "28",
            ["twoPeopleFrom"] = "1000.00",
            ["approveAloneUpTo"] = "99,50",
            ["account-name"] = "Lux GmbH",
            ["account-iban"] = ManualWorld.GermanIban,
        }, "method-iban");
        var page = await _owner.GetAsync(Settings);

        Assert.That(
            first.QuerySelectorAll("input[name^=method-][checked]").Select(box => box.GetAttribute("name")),
            Is.EqualTo(new[] { "method-paypal", "method-iban" }), "what counts where nothing was said");
        Assert.That(answer, Is.EqualTo($"{Settings}?notice=payout-settings-kept"));
        var settled = await SettledAsync();
        Assert.That((string.Join(',', settled.Methods), settled.Schedule, settled.ScheduleDay), Is.EqualTo(("paypal", "monthly", 28L)));
        Assert.That((settled.TwoPeopleFromMinor, settled.ApproveAloneToMinor), Is.EqualTo((1000_00L, 99_50L)));
        Assert.That((await DebtorAsync())!.Iban, Is.EqualTo(ManualWorld.GermanIban));
        Assert.That(page.Text("#settings"), Does.Contain($"Kept now: {settled.DebtorMasked}. Left empty, it stays."));
        Assert.That(page.DocumentElement.OuterHtml, Does.Not.Contain(ManualWorld.GermanIban).And.Not.Contain("Lux GmbH"));
        Assert.That((page.QuerySelector("[name=month-day]")!.GetAttribute("value"), page.QuerySelector("[name=approveAloneUpTo]")!.GetAttribute("value")), Is.EqualTo(("28", "99.50")));
    }

    [Test]
    public async Task The_account_stays_while_its_fields_are_empty_and_goes_when_it_is_said()
    {
        await SendAsync(Settings, new() { ["account-name"] = "Lux GmbH", ["account-iban"] = ManualWorld.GermanIban, ["account-bic"] = "COBADEFFXXX" });
        await SendAsync(Settings, new() { ["schedule"] = "weekly", ["weekday"] = "5" });
        var stays = await DebtorAsync();

        var both = await RefusedAsync(Settings, new() { ["account-gone"] = "on", ["account-name"] = "Lux GmbH", ["account-iban"] = ManualWorld.DutchIban });
        await SendAsync(Settings, new() { ["account-gone"] = "on" });

        Assert.That((stays!.Iban, stays.Bic), Is.EqualTo((ManualWorld.GermanIban, "COBADEFFXXX")));
        Assert.That(both.Text("#why-account-gone"), Does.EndWith("means nothing where another account is named."));
        Assert.That(await DebtorAsync(), Is.Null);
        Assert.That((await SettledAsync()).ScheduleDay, Is.EqualTo(5));
        Assert.That((await _owner.GetAsync(Settings)).QuerySelector("[name=account-gone]"), Is.Null);
    }

    [Test]
    public async Task What_is_wrong_stands_beside_its_field_and_nothing_typed_is_lost_but_the_account_number()
    {
        var page = await RefusedAsync(Settings, new()
        {
            ["method-other"] = "on",
            ["schedule"] = "monthly",
            ["month-day"] = "31",
            ["twoPeopleFrom"] = "100",
            ["approveAloneUpTo"] = "100",
            ["account-name"] = "Lüx <b>",
            ["account-iban"] = "DE00370400440532013000",
            ["account-bic"] = "X",
        });
        var words = await RefusedAsync(Settings, new() { ["twoPeopleFrom"] = "1.234", ["approveAloneUpTo"] = "0", ["schedule"] = "monthly", ["account-bic"] = "COBADEFFXXX" });

        Assert.That(page.Text("[role=alert]"), Is.EqualTo("Nothing was kept yet. What is to be mended stands beside its field."));
        Assert.That(page.Text("#why-month-day"), Does.EndWith("must be a whole number from 1 to 28."));
        Assert.That(page.Text("#why-approveAloneUpTo"), Does.EndWith("must be less than the sum from which two people approve."));
        Assert.That(page.Text("#why-account-iban"), Does.StartWith("IBAN "));
        Assert.That(page.Text("#why-account-bic"), Is.EqualTo("BIC must have 8 or 11 letters and digits, such as COBADEFFXXX."));
        Assert.That(page.DocumentElement.OuterHtml, Does.Not.Contain("DE00370400440532013000"));
        Assert.That(page.Text("#settings"), Does.Contain("It is not shown again: type it once more."));
        Assert.That((Value(page, "account-name"), Value(page, "account-bic"), Value(page, "month-day"), Value(page, "twoPeopleFrom")), Is.EqualTo(("Lüx <b>", "X", "31", "100")));
        Assert.That(page.QuerySelector("[name=method-other]")!.HasAttribute("checked"), Is.True);
        Assert.That(words.Text("#why-twoPeopleFrom"), Does.EndWith("must be an amount in EUR, such as 25.00."));
        Assert.That(words.Text("#why-approveAloneUpTo"), Does.EndWith("must be more than 0."));
        Assert.That(words.Text("#why-month-day"), Does.EndWith("is missing."));
        Assert.That(words.Text("#why-account-iban"), Is.EqualTo("IBAN is missing."));
        Assert.That(await _app.Db.OneAsync<long>("SELECT COUNT(*) FROM payout_settings"), Is.Zero);
    }

    [Test]
    public async Task A_method_that_the_program_cannot_give_is_not_offered_and_refused()
    {
        var onShopify = await _owner.GetAsync(Settings);
        await _app.Db.DoAsync("UPDATE stores SET platform = 'woocommerce' WHERE id = @id", new { id = _rooms.Store.Id });
        _app.Get<StoreDirectory>().Forget(_rooms.Store);

        var page = await RefusedAsync(Settings, new() { ["method-store_credit"] = "on" });

        Assert.That(onShopify.QuerySelector("[name=method-store_credit]"), Is.Not.Null);
        Assert.That(page.QuerySelector("[name=method-store_credit]"), Is.Null);
        Assert.That(page.Text("[role=alert]"), Does.Contain("The list of methods may not hold store_credit"));
    }

    [Test]
    public async Task Whoever_is_no_owner_reads_all_of_it_and_changes_nothing()
    {
        await ConnectAsync();
        await SendAsync(Settings, new() { ["schedule"] = "weekly", ["weekday"] = "1", ["twoPeopleFrom"] = "500" });
        await SendAsync(Ways, new() { ["to"] = "BR", ["route"] = "recipient" });
        await SendAsync(Billing, Merchant());
        foreach (var role in new[] { Role.Manager, Role.Viewer })
        {
            await _app.Get<Team>().AddAsync(_rooms.Store, role, $"{role}@example.com", role, "test", default);
            var id = await _app.Db.OneAsync<string>("SELECT id FROM team_members WHERE role = @role", new { role });
            using var other = await Rooms.SignInAsync(_app, _rooms.Store, null, id);
            var (settings, ways, billing) = (await other.GetAsync(Settings), await other.GetAsync(Ways), await other.GetAsync(Billing));

            Assert.That(settings.Text("#settled"), Does.Contain("each Monday").And.Contain("from € 500.00 on"), role);
            Assert.That(ways.Text("#ways"), Does.Contain("Account that only receives"), role);
            Assert.That(billing.Text("#settled"), Does.Contain("Lux GmbH").And.Contain("Hauptstr. 1, 10115 Berlin"), role);
            foreach (var page in new[] { settings, ways, billing })
            {
                Assert.That(page.QuerySelectorAll("main form, main button"), Is.Empty, role);
            }

            foreach (var path in new[] { Settings, Ways, Ways + "/removal", Billing, Billing + "/removal", Thresholds, Thresholds + "/removal" })
            {
                Assert.That((await other.PostAsync(path, TokenOf(settings))).StatusCode, Is.EqualTo(HttpStatusCode.Forbidden), $"{role} {path}");
            }
        }
    }

    [Test]
    public async Task A_way_is_changed_and_given_back()
    {
        await ConnectAsync();
        var kept = await SendAsync(Ways, new() { ["to"] = "BR", ["route"] = "recipient" });
        var again = await SendAsync(Ways, new() { ["to"] = "BR", ["route"] = "full" });
        var page = await _owner.GetAsync(Ways);
        var token = TokenOf(page);
        var button = page.QuerySelector("#ways button")!;
        var back = await _owner.PostAsync(Ways + "/removal", new(token) { ["way"] = button.GetAttribute("value")! });
        var twice = await _owner.PostAsync(Ways + "/removal", new(token) { ["way"] = button.GetAttribute("value")! });

        Assert.That((kept, again), Is.EqualTo(($"{Ways}?notice=route-kept", $"{Ways}?notice=route-kept")));
        Assert.That(page.QuerySelector("#ways tbody tr")!.Text("th"), Is.EqualTo("Brazil"));
        Assert.That(
            page.QuerySelector("#ways tbody tr")!.QuerySelectorAll("td").Take(2).Select(cell => cell.TextContent.Trim()),
            Is.EqualTo(new[] { "Germany", "Nobody there is connected" }));
        Assert.That(page.QuerySelector("#ways tbody tr")!.Text("strong"), Is.EqualTo("Full agreement"));
        Assert.That(page.QuerySelectorAll("#ways button"), Has.Length.EqualTo(1));
        Assert.That((back.Headers.Location!.OriginalString, twice.Headers.Location!.OriginalString), Is.EqualTo(($"{Ways}?notice=route-given-back", $"{Ways}?notice=route-was-default")));
        Assert.That(await _app.Get<PayoutRoutes>().OverridesAsync(_rooms.Store, default), Is.Empty);
        Assert.That((await _owner.PostAsync(Ways + "/removal", new(token) { ["way"] = "nowhere" })).StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
    }

    [Test]
    public async Task Each_country_stands_on_some_page_of_the_ways_and_no_page_is_heavy()
    {
        await ConnectAsync();
        foreach (var (code, _) in Route.Countries.Take(120))
        {
            await _app.Get<PayoutRoutes>().SetAsync(_rooms.Store, new RouteOverride("DE", code, Route.Recipient), default);
        }

        var (path, names) = (Ways, new List<string>());
        while (path is not null)
        {
            var page = await _owner.GetAsync(path);
            names.AddRange(page.QuerySelectorAll("#ways tbody th").Select(cell => cell.TextContent));
            Assert.That((await (await _owner.AskAsync(path)).Content.ReadAsByteArrayAsync()), Has.Length.LessThan(60_000), path);
            path = page.QuerySelector("a[rel=next]")?.GetAttribute("href");
        }

        Assert.That(names, Is.EquivalentTo(Route.Countries.Select(country => country.Name)));
    }

    [Test]
    public async Task A_way_that_is_none_is_refused_and_so_is_one_too_many()
    {
        var unknown = await _owner.GetAsync(Ways);
        var early = await Browser.ReadAsync(await _owner.PostAsync(Ways, new(TokenOf(unknown)) { ["to"] = "BR", ["route"] = "full" }), HttpStatusCode.UnprocessableEntity);
        await ConnectAsync();
        var none = await RefusedAsync(Ways, new() { ["to"] = "", ["route"] = "" });
        var odd = await RefusedAsync(Ways, new() { ["to"] = "br", ["route"] = "fast" });
        await _app.Get<PayoutRoutes>().ReplaceAsync(
            _rooms.Store, [.. Enumerable.Range(0, PayoutRoutes.OverridesMax).Select(i => new RouteOverride($"{(char)('A' + (i / 26))}{(char)('A' + (i % 26))}", "ZZ", Route.None))], default);
        var full = await RefusedAsync(Ways, new() { ["to"] = "BR", ["route"] = "full" });

        Assert.That(unknown.QuerySelector("#change"), Is.Null);
        Assert.That(early.Text("[role=alert]"), Does.Contain("connect Stripe first"));
        Assert.That(none.Text("#why-to"), Does.StartWith("Country of the ambassador is missing."));
        Assert.That(none.Text("#why-route"), Is.EqualTo("Way is missing; it is full, recipient or none."));
        Assert.That(odd.Text("#why-to"), Is.EqualTo("Country of the ambassador must be a country's two capitals, such as DE."));
        Assert.That(odd.Text("#why-route"), Is.EqualTo("Way must be full or recipient or none."));
        Assert.That(full.Text("#why-to"), Does.Contain("one more than the 300 ways"));
        Assert.That(await _app.Get<PayoutRoutes>().FindAsync(_rooms.Store, "BR", default), Is.EqualTo(Route.None));
    }

    [Test]
    public async Task Billing_is_switched_on_changed_and_off()
    {
        var off = await _owner.GetAsync(Billing);
        var on = await SendAsync(Billing, Merchant());
        var first = await _app.Get<SelfBillingSettings>().FindAsync(_rooms.Store, default);
        await SendAsync(Billing, new() { ["rate"] = "8,1", ["numberPrefix"] = "" });
        var second = await _app.Get<SelfBillingSettings>().FindAsync(_rooms.Store, default);
        var page = await _owner.GetAsync(Billing);
        var ends = await _owner.PostAsync(Billing + "/removal", TokenOf(page));
        var twice = await _owner.PostAsync(Billing + "/removal", TokenOf(page));

        Assert.That((off.Text("#merchant button"), Value(off, "name")), Is.EqualTo(("Switch it on", "Lux & Co")));
        Assert.That(off.QuerySelector("#off"), Is.Null);
        Assert.That(on, Is.EqualTo($"{Billing}?notice=self-billing-kept"));
        Assert.That(first!.Merchant, Is.EqualTo(new BillParty("Lux GmbH", "Hauptstr. 1\n10115 Berlin", "DE", "DE123456789", null)));
        Assert.That((first.NumberPrefix, first.DomesticRateBp), Is.EqualTo(("LUX-", 1900L)));
        Assert.That(
            (second!.Merchant, second.NumberPrefix, second.DomesticRateBp, second.SinceAt), Is.EqualTo((first.Merchant, "", 810L, first.SinceAt)),
            "what was not typed anew stays as the form had it");
        Assert.That(ends.Headers.Location!.OriginalString, Is.EqualTo($"{Billing}?notice=self-billing-off"));
        Assert.That(twice.Headers.Location!.OriginalString, Is.EqualTo($"{Billing}?notice=self-billing-was-off"));
        Assert.That(await _app.Get<SelfBillingSettings>().FindAsync(_rooms.Store, default), Is.Null);
    }

    [Test]
    public async Task Particulars_that_lack_something_come_back_with_all_that_was_typed()
    {
        var page = await RefusedAsync(Billing, new()
        {
            ["name"] = "Lux <i>",
            ["address"] = "Hauptstr. 1\nBerlin",
            ["country"] = "Germany",
            ["rate"] = "19.123",
            ["numberPrefix"] = new string('P', 21),
        });
        var rate = await RefusedAsync(Billing, new(Merchant()) { ["rate"] = "51" });
        var number = await RefusedAsync(Billing, new(Merchant()) { ["vatId"] = "X1" });

        Assert.That(page.Text("#why-country"), Is.EqualTo("Country must have 2 characters."));
        Assert.That(page.Text("#why-rate"), Is.EqualTo("VAT rate must be from 0 to 50, with two decimals at most, such as 19 or 8.1."));
        Assert.That(page.Text("#why-vatId"), Does.EndWith("is needed on every document, or the number with the tax office."));
        Assert.That(page.Text("#why-numberPrefix"), Does.Contain("1 to 20 characters"));
        Assert.That((Value(page, "name"), Value(page, "country"), Value(page, "rate")), Is.EqualTo(("Lux <i>", "Germany", "19.123")));
        Assert.That(page.QuerySelector("[name=address]")!.TextContent, Is.EqualTo("Hauptstr. 1\nBerlin"));
        Assert.That(rate.Text("#why-rate"), Does.Contain("from 0 to 50"));
        Assert.That(number.Text("#why-vatId"), Does.Contain("such as DE123456789"));
        Assert.That(await _app.Get<SelfBillingSettings>().FindAsync(_rooms.Store, default), Is.Null);
    }

    [Test]
    public async Task A_threshold_is_set_replaced_and_taken_away()
    {
        Dictionary<string, string> typed = new() { ["tax-country"] = "DE", ["tax-form"] = "A form", ["tax-year"] = "2026", ["tax-amount"] = "600", ["tax-currency"] = "EUR" };
        await SendAsync(Thresholds, typed);
        await SendAsync(Thresholds, new(typed) { ["tax-amount"] = "700.50" });
        var page = await _owner.GetAsync(Billing);
        var key = page.QuerySelector("#thresholds tr.own button")!.GetAttribute("value")!;
        var gone = await _owner.PostAsync(Thresholds + "/removal", new(TokenOf(page)) { ["threshold"] = key });
        var twice = await _owner.PostAsync(Thresholds + "/removal", new(TokenOf(page)) { ["threshold"] = key });

        Assert.That(page.QuerySelectorAll("#thresholds tr.own"), Has.Length.EqualTo(1));
        Assert.That(page.Text("#thresholds tr.own"), Does.StartWith("DE A form 2026 € 700.50 You"));
        Assert.That(page.Text("#thresholds tbody"), Does.Contain("US 1099-NEC 2026 $ 2,000.00 The program"));
        Assert.That((gone.Headers.Location!.OriginalString, twice.Headers.Location!.OriginalString), Is.EqualTo(($"{Billing}?notice=threshold-gone", $"{Billing}?notice=threshold-was-gone")));
        Assert.That(await _app.Get<TaxThresholds>().OwnAsync(_rooms.Store, default), Is.Empty);
        Assert.That((await _owner.PostAsync(Thresholds + "/removal", new(TokenOf(page)) { ["threshold"] = "DE" })).StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
    }

    [Test]
    public async Task A_threshold_that_says_nothing_is_refused_field_by_field_and_so_is_one_too_many()
    {
        var wrong = await RefusedAsync(Thresholds, new() { ["tax-country"] = "xx", ["tax-form"] = "", ["tax-year"] = "20", ["tax-amount"] = "12", ["tax-currency"] = "EURO" });
        var less = await RefusedAsync(Thresholds, new() { ["tax-country"] = "DE", ["tax-form"] = "F", ["tax-year"] = "2026", ["tax-amount"] = "-1", ["tax-currency"] = "EUR" });
        var own = Enumerable.Range(0, TaxThresholds.OwnMax).Select(i => new TaxThreshold("DE", new string('W', TaxThresholds.FormLengthMax), 2000 + i, "EUR", 1_000_000_000_000)).ToList();
        await _app.Get<TaxThresholds>().ReplaceAsync(_rooms.Store, own, default);
        var full = await RefusedAsync(Thresholds, new() { ["tax-country"] = "FR", ["tax-form"] = "F", ["tax-year"] = "2026", ["tax-amount"] = "1", ["tax-currency"] = "EUR" });
        var (path, rows) = (Billing, 0);
        while (path is not null)
        {
            var page = await _owner.GetAsync(path);
            rows += page.QuerySelectorAll("#thresholds tr.own").Length;
            Assert.That(await (await _owner.AskAsync(path)).Content.ReadAsByteArrayAsync(), Has.Length.LessThan(60_000), path);
            path = page.QuerySelector("a[rel=next]")?.GetAttribute("href");
        }

        Assert.That(wrong.QuerySelectorAll("[id^=why-]").Select(why => why.Id), Is.EqualTo(new[] { "why-tax-country", "why-tax-form", "why-tax-year", "why-tax-currency" }));
        Assert.That((Value(wrong, "tax-country"), Value(wrong, "tax-amount"), Value(wrong, "tax-currency")), Is.EqualTo(("xx", "12", "EURO")));
        Assert.That(less.Text("#why-tax-amount"), Is.EqualTo("From the sum must not be below 0."));
        Assert.That(full.Text("#why-tax-country"), Does.Contain("one more than the 200"));
        Assert.That(rows, Is.EqualTo(TaxThresholds.OwnMax));
    }

    [Test]
    public async Task Another_store_has_nothing_of_it()
    {
        await ConnectAsync();
        await SendAsync(Settings, new() { ["schedule"] = "weekly", ["weekday"] = "5", ["account-name"] = "Lux GmbH", ["account-iban"] = ManualWorld.GermanIban });
        await SendAsync(Ways, new() { ["to"] = "BR", ["route"] = "recipient" });
        await SendAsync(Billing, Merchant());
        await SendAsync(Thresholds, new() { ["tax-country"] = "DE", ["tax-form"] = "A form", ["tax-year"] = "2026", ["tax-amount"] = "600", ["tax-currency"] = "EUR" });
        var other = await Rooms.OpenAsync(_app, "str_other", "Other");
        using var stranger = await other.OwnerAsync();
        var token = TokenOf(await stranger.GetAsync("/dashboard"));

        var way = await stranger.PostAsync(Ways + "/removal", new(token) { ["way"] = "DE-BR" });
        var threshold = await stranger.PostAsync(Thresholds + "/removal", new(token) { ["threshold"] = "DE.EUR.2026" });
        var off = await stranger.PostAsync(Billing + "/removal", token);

        Assert.That((await stranger.GetAsync(Settings)).Text("#settings"), Does.Contain("None is kept."));
        Assert.That((await stranger.GetAsync(Ways)).QuerySelector("#ways"), Is.Null);
        Assert.That((await stranger.GetAsync(Billing)).DocumentElement.OuterHtml, Does.Not.Contain("Lux GmbH").And.Not.Contain("A form"));
        Assert.That(way.Headers.Location!.OriginalString, Does.EndWith("route-was-default"));
        Assert.That(threshold.Headers.Location!.OriginalString, Does.EndWith("threshold-was-gone"));
        Assert.That(off.Headers.Location!.OriginalString, Does.EndWith("self-billing-was-off"));
        Assert.That(await _app.Get<PayoutRoutes>().OverridesAsync(_rooms.Store, default), Has.Count.EqualTo(1));
        Assert.That(await _app.Get<TaxThresholds>().OwnAsync(_rooms.Store, default), Has.Count.EqualTo(1));
        Assert.That(await _app.Get<SelfBillingSettings>().FindAsync(_rooms.Store, default), Is.Not.Null);
    }

    [Test]
    public async Task The_rooms_are_found_from_the_settings_and_from_the_payouts()
    {
        foreach (var from in new[] { "/dashboard/settings", "/dashboard/payouts" })
        {
            var links = (await _owner.GetAsync(from)).QuerySelectorAll("main a").Select(link => link.GetAttribute("href"));
            Assert.That(links, Is.SupersetOf(new[] { Settings, Ways, Billing }), from);
        }
    }

    private static Dictionary<string, string> Merchant() => new()
    {
        ["name"] = "Lux GmbH",
        ["address"] = "Hauptstr. 1\r\n10115 Berlin",
        ["country"] = "de",
        ["vatId"] = "DE 123456789",
        ["rate"] = "19",
        ["numberPrefix"] = "LUX-",
    };

    /// <summary>The store's account at Stripe is in Germany.</summary>
    private Task ConnectAsync() => Plant.RowAsync(
        _app.Db, "stripe_accounts", ("store_id", _rooms.Store.Id), ("account_id", "acct_own"), ("country", "DE"), ("findings", "[]"), ("balance", "[]"));

    private Task<SettledPayouts> SettledAsync() => _app.Get<PayoutSettings>().FindAsync(_rooms.Store, default);

    private Task<Debtor?> DebtorAsync() => _app.Get<PayoutSettings>().FindDebtorAsync(_rooms.Store, default);

    /// <summary>Sends a form as it stands, with other values in some fields. Returns where it leads.</summary>
    private async Task<string> SendAsync(string path, Dictionary<string, string> typed, params string[] unticked)
    {
        var answer = await PostAsync(path, typed, unticked);
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Redirect), await answer.Content.ReadAsStringAsync());
        return answer.Headers.Location!.OriginalString;
    }

    private async Task<IDocument> RefusedAsync(string path, Dictionary<string, string> typed) =>
        await Browser.ReadAsync(await PostAsync(path, typed), HttpStatusCode.UnprocessableEntity);

    private async Task<HttpResponseMessage> PostAsync(string path, Dictionary<string, string> typed, params string[] unticked)
    {
        var fields = SetupSteps.FieldsOf(await _owner.GetAsync(path == Thresholds ? Billing : path), path);
        foreach (var (name, value) in typed)
        {
            fields[name] = value;
        }

        foreach (var name in unticked)
        {
            fields.Remove(name);
        }

        return await _owner.PostAsync(path, fields);
    }

    private static string? Value(IDocument page, string name) => page.QuerySelector($"[name={name}]")!.GetAttribute("value");

    private static Dictionary<string, string> TokenOf(IDocument page) =>
        page.QuerySelectorAll("form.out input").ToDictionary(input => input.GetAttribute("name")!, input => input.GetAttribute("value")!);
}
