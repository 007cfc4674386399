// The calls about documents, about what payees are to the taxes, and about the sums from which on payments are to be reported.
using System.Text.Json.Nodes;
using StorePlugin.Payouts.SelfBilling;
using StorePlugin.Payouts.Statements;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Payouts.SelfBilling;

internal sealed class SelfBillingApiTests
{
    private SelfBillingWorld _world = null!;

    [SetUp]
    public async Task StartAsync() => _world = await SelfBillingWorld.StartAsync();

    [TearDown]
    public ValueTask StopAsync() => _world.DisposeAsync();

    [Test]
    public async Task The_merchants_side_is_settled_shown_and_taken_back()
    {
        var settled = await _world.Api.Get("self-billing");
        var removed = await _world.Api.Delete("self-billing");

        Assert.That(((bool)settled.Json!["isOn"]!, settled.Text("name"), settled.Text("address"), settled.Text("vatId"), (long)settled.Json["domesticRateBp"]!, settled.Text("numberPrefix")),
            Is.EqualTo((true, "Lux GmbH", "Hauptstr. 1\n10115 Berlin", "DE123456789", 1900L, "LUX-")));
        Assert.That(((bool)removed.Json!["isOn"]!, removed.Json["name"]), Is.EqualTo((false, (JsonNode?)null)));
    }

    [TestCase("name", null, "name is missing.")]
    [TestCase("address", "", "address must not be empty.")]
    [TestCase("country", "de", null)]
    [TestCase("country", "D1", "country must be two capital letters, such as DE.")]
    [TestCase("vatId", "123", "vatId must begin with the two letters of its country")]
    [TestCase("vatId", null, "vatId is needed on every document, or a taxNumber.")]
    [TestCase("domesticRateBp", 5001, "domesticRateBp must be a whole number from 0 to 5000.")]
    [TestCase("other", "x", "other is not known here.")]
    public async Task What_is_wrong_is_said(string field, object? value, string? why)
    {
        var body = SelfBillingWorld.Merchant();
        body[field] = value is null ? null : JsonValue.Create(value);

        var answer = await _world.Api.Put("self-billing", body);

        Assert.That(answer.Status, Is.EqualTo(why is null ? 200 : 400));
        Assert.That(why is null ? "" : answer.Text("detail"), Does.StartWith(why ?? ""));
    }

    [Test]
    public async Task What_a_payee_is_is_shown_masked_and_an_agreement_that_stands_is_not_dated_anew()
    {
        var ann = await _world.PayeeAsync("Ann");
        var first = await _world.Api.Get($"ambassadors/{ann}/tax");
        _world.Payouts.Clock.Advance(TimeSpan.FromDays(1));
        await _world.SayAsync(ann, VatCase.SmallBusiness);
        var second = await _world.Api.Get($"ambassadors/{ann}/tax");
        await _world.SayAsync(ann, VatCase.Private, agreed: false);
        var third = await _world.Api.Get($"ambassadors/{ann}/tax");

        Assert.That((first.Text("vatCase"), first.Text("country"), first.Text("maskedId")), Is.EqualTo(("domestic", "DE", "···321")));
        Assert.That(first.Json!.ToJsonString(), Does.Not.Contain("Ann").And.Not.Contain("987654"));
        Assert.That((second.Text("vatCase"), second.Text("maskedId"), second.Text("agreedAt")), Is.EqualTo(("small_business", "···444", first.Text("agreedAt"))));
        Assert.That((third.Text("vatCase"), third.Json!["maskedId"], third.Json["agreedAt"]), Is.EqualTo(("private", (JsonNode?)null, (JsonNode?)null)));
        Assert.That(await _world.Payouts.Db.OneAsync<long>("SELECT COUNT(*) FROM self_bill_parties WHERE ambassador_id = @ann", new { ann }), Is.EqualTo(1), "what no payout was made with is gone");
    }

    [TestCase("domestic", "vatId", null, "taxNumber is needed of a business, or a VAT identification number.")]
    [TestCase("small_business", "taxNumber", null, "taxNumber is needed of a business, or a VAT identification number.")]
    [TestCase("reverse_charge", "vatId", null, "vatId is needed where the VAT is owed by the store.")]
    [TestCase("reverse_charge", "country", "DE", "country must be another than DE, from where the store bills.")]
    [TestCase("domestic", "country", "FR", "country must be DE, from where the store bills, for its VAT to be added.")]
    [TestCase("private", "agreed", null, "agreed is missing.")]
    [TestCase("private", "vatCase", null, "vatCase is missing.")]
    public async Task What_a_case_lacks_is_said(string vatCase, string field, string? value, string why)
    {
        var ann = await _world.Payouts.AmbassadorAsync("Ann");
        var body = SelfBillingWorld.Tax(vatCase);
        body[field] = value;

        var answer = await _world.Api.Put($"ambassadors/{ann}/tax", body);

        Assert.That((answer.Status, answer.Text("detail")), Is.EqualTo((400, why)));
    }

    [Test]
    public async Task Documents_are_listed_page_by_page_and_shown_one_by_one()
    {
        var (ann, bob) = (await _world.PayeeAsync("Ann"), await _world.PayeeAsync("Bob", VatCase.ReverseCharge));
        foreach (var payee in new[] { ann, bob })
        {
            await _world.Payouts.EarnsAsync(payee, "50.00");
            await _world.PaidAsync(payee);
        }

        var page = await _world.Api.Get("self-bills?limit=1");
        var rest = await _world.Api.Get($"self-bills?limit=1&after={page.Text("next")}");
        var ofBob = await _world.Api.Get($"self-bills?ambassador={bob}");
        var one = await _world.Api.Get("self-bills/2");

        Assert.That((Numbers(page), Numbers(rest), Numbers(ofBob)), Is.EqualTo(("1", "2", "2")));
        Assert.That((one.Text("shownNumber"), one.Text("kind"), one.Text("vatCase"), one.Text("note"), (long)one.Json!["gross"]!["minor"]!), Is.EqualTo(
            ("LUX-2", "document", "reverse_charge", "Reverse charge: the VAT is owed by the recipient of the service.", 50_00L)));
        Assert.That(((await _world.Api.Get("self-bills/3")).Status, (await _world.Api.Get("self-bills/x")).Status, (await _world.Api.Get("self-bills?after=x")).Status), Is.EqualTo((404, 404, 400)));
    }

    [TestCase("w9", "2026-02-03", "w9", null)]
    [TestCase("w8ben", "2026-02-03", "w8ben", "2029-12-31")]
    [TestCase("none", null, "none", null)]
    public async Task A_form_is_noted_with_its_last_day(string form, string? received, string shown, string? expires)
    {
        var ann = await _world.Payouts.AmbassadorAsync("Ann");

        var answer = await _world.Api.Put($"ambassadors/{ann}/tax-form", new JsonObject { ["form"] = form, ["receivedOn"] = received });

        Assert.That((answer.Status, answer.Text("form"), (string?)answer.Json!["formReceivedOn"], (string?)answer.Json["formExpiresOn"]), Is.EqualTo((200, shown, received, expires)));
    }

    [TestCase("w9", "2026-03-02", Description = "a day that has not come")]
    [TestCase("w9", null)]
    [TestCase("w9", "soon")]
    [TestCase("none", "2026-02-03")]
    [TestCase("w4", "2026-02-03")]
    public async Task A_form_without_its_day_is_refused(string form, string? received)
    {
        var ann = await _world.Payouts.AmbassadorAsync("Ann");

        Assert.That((await _world.Api.Put($"ambassadors/{ann}/tax-form", new JsonObject { ["form"] = form, ["receivedOn"] = received })).Status, Is.EqualTo(400));
    }

    [Test]
    public async Task A_store_in_the_United_States_is_told_whose_form_is_due()
    {
        var america = SelfBillingWorld.Merchant();
        america["country"] = "US";
        await _world.Api.Put("self-billing", america);
        var ann = await _world.Payouts.AmbassadorAsync("Ann");
        await _world.Payouts.EarnsAsync(ann, "50.00");
        await _world.PaidAsync(ann);

        var before = await YearAsync();
        await _world.Api.Put($"ambassadors/{ann}/tax-form", new JsonObject { ["form"] = "w8ben", ["receivedOn"] = "2026-02-03" });
        var after = await YearAsync();
        _world.Payouts.Clock.MoveTo(new DateTimeOffset(2030, 1, 1, 12, 0, 0, TimeSpan.Zero));
        var expired = await YearAsync();

        Assert.That(((bool)before["taxFormDue"]!, (bool)after["taxFormDue"]!, (bool)expired["taxFormDue"]!), Is.EqualTo((true, false, true)));
        Assert.That(((string?)after["taxForm"], (string?)after["taxFormExpiresOn"]), Is.EqualTo(("w8ben", "2029-12-31")));

        async Task<JsonNode> YearAsync() => (await _world.Api.Get("payee-years/2026")).Json!["items"]![0]!;
    }

    [Test]
    public async Task A_stores_own_threshold_counts_in_place_of_the_programs()
    {
        var ann = await _world.PayeeAsync("Ann");
        await _world.Payouts.EarnsAsync(ann, "50.00");
        await _world.PaidAsync(ann);

        var before = (await _world.Api.Get("payee-years/2026")).Json!["items"]![0]!;
        var put = await _world.Api.Put("tax-thresholds", Thresholds(("DE", "A form", 2020, 50_00, "EUR"), ("DE", "A form", 2027, 90_00, "EUR")));
        var reached = (await _world.Api.Get("payee-years/2026")).Json!["items"]![0]!;
        var removed = await _world.Api.Delete("tax-thresholds");

        Assert.That((string?)before["form"], Is.Null);
        Assert.That((put.Json!["own"]!.AsArray().Count, removed.Json!["own"]!.AsArray().Count, removed.Json["known"]!.AsArray().Count), Is.EqualTo((2, 0, TaxThresholds.All.Length)));
        Assert.That(((string?)reached["form"], (bool)reached["reachesThreshold"]!, (long)reached["vat"]!["minor"]!, (long)reached["paid"]!["minor"]!), Is.EqualTo(("A form", true, 9_50L, 50_00L)));
    }

    [Test]
    public async Task A_threshold_that_is_named_twice_or_of_no_currency_is_refused()
    {
        var twice = await _world.Api.Put("tax-thresholds", Thresholds(("DE", "A", 2020, 1, "EUR"), ("DE", "B", 2020, 2, "EUR")));
        var strange = await _world.Api.Put("tax-thresholds", Thresholds(("DE", "A", 2020, 1, "XQQ")));
        var missing = await _world.Api.Put("tax-thresholds", new JsonObject());

        Assert.That((twice.Status, strange.Status, missing.Status), Is.EqualTo((400, 400, 400)));
    }

    [Test]
    public void Of_two_thresholds_of_one_year_the_stores_own_counts()
    {
        TaxThreshold[] own = [new("US", "Own", 2026, "USD", 1)];

        Assert.That((TaxThresholds.Of("US", 2026, "USD", own)!.Form, TaxThresholds.Of("US", 2025, "USD", own)!.Form), Is.EqualTo(("Own", "1099-NEC")));
    }

    private static JsonObject Thresholds(params (string Country, string Form, int FromYear, long Minor, string Currency)[] list) => new()
    {
        ["thresholds"] = new JsonArray([.. list.Select(one => (JsonNode)new JsonObject
        {
            ["country"] = one.Country,
            ["form"] = one.Form,
            ["fromYear"] = one.FromYear,
            ["amount"] = new JsonObject { ["minor"] = one.Minor, ["currency"] = one.Currency },
        })]),
    };

    private static string Numbers(ApiAnswer answer) => string.Join(',', answer.Json!["items"]!.AsArray().Select(item => (long)item!["number"]!));
}
