// Invoices in the payees' place, as a room: who the store is on them, and from what yearly sum on payments are to be reported.
using System.Globalization;
using System.Text.Json.Nodes;
using StorePlugin.Dashboard.Campaigns;
using StorePlugin.Pages;
using StorePlugin.Payouts.SelfBilling;
using StorePlugin.Payouts.Statements;
using StorePlugin.Stores;
using StorePlugin.Webhooks;

namespace StorePlugin.Dashboard.Payouts;

/// <param name="CanChange">Whoever looks is an owner.</param>
/// <param name="Since">Since when the store bills for its payees; null while it does not.</param>
/// <param name="Facts">Who the store is on the documents; none while it bills for nobody.</param>
/// <param name="Fields">The form of an owner.</param>
/// <param name="ThresholdFields">Likewise, of a threshold of the store's own.</param>
/// <param name="Own">The store's own thresholds, as many as fit a page.</param>
/// <param name="Problem">Why nothing was kept.</param>
public sealed record SelfBillingModel(
    Frame Frame, bool CanChange, Moment? Since, IReadOnlyList<(string Name, string Value)> Facts, IReadOnlyList<FormField> Fields,
    IReadOnlyList<FormField> ThresholdFields, IReadOnlyList<ThresholdRow> Own, IReadOnlyList<ThresholdRow> Known, bool IsFirst, string? NextPath, string? Problem)
{
    /// <summary>Says nothing, so that no log line can hold a name or a number.</summary>
    public override string ToString() => nameof(SelfBillingModel);
}

/// <param name="Key">By which the row is named when it is taken away.</param>
public sealed record ThresholdRow(string Key, string Country, string Form, string FromYear, string Amount);

/// <summary>What the page is made of.</summary>
internal sealed record SelfBillingSources(SelfBillingSettings Settings, TaxThresholds Thresholds);

internal static class SelfBillingPages
{
    public const string Path = "/dashboard/payouts/self-billing";

    private const int PageSize = 50;
    private const decimal PercentMax = SettledBilling.RateBpMax / 100m;

    private const string Rate = "rate";
    private const string Prefix = "numberPrefix";
    private const string TaxCountry = "tax-country";
    private const string TaxForm = "tax-form";
    private const string TaxYear = "tax-year";
    private const string TaxAmount = "tax-amount";
    private const string TaxCurrency = "tax-currency";

    private static readonly string[] OfParty =
        [PartyReading.NameField, PartyReading.AddressField, PartyReading.CountryField, PartyReading.VatIdField, PartyReading.TaxNumberField, Prefix];

    /// <param name="rooms">The dashboard's group.</param>
    public static void MapSelfBillingRoom(this RouteGroupBuilder rooms)
    {
        var room = rooms.MapGroup("/payouts/self-billing");
        room.MapGet("", Show);
        room.MapPost("", Keep).OwnersOnly().WithSummary("Has the store bill in its payees' place.");
        room.MapPost("/removal", SwitchOff).OwnersOnly().WithSummary("Has the store bill in its payees' place no longer.");
        room.MapPost("/thresholds", SetThreshold).OwnersOnly().WithSummary("Sets a sum from which on payments are to be reported.");
        room.MapPost("/thresholds/removal", RemoveThreshold).OwnersOnly().WithSummary("Removes a sum from which on payments are to be reported.");
    }

    private static async Task<IResult> Show(Visitor visitor, string? after, string? notice, SelfBillingSources sources, CancellationToken cancel) =>
        Page.Of<SelfBillingPage>(await ReadAsync(visitor, sources, null, null, after, notice, cancel));

    private static async Task<IResult> Keep(Visitor visitor, HttpRequest request, SelfBillingSources sources, CancellationToken cancel)
    {
        var form = new FormReader(await Typed.ReadAsync(request, cancel), null);
        var json = new JsonObject { ["domesticRateBp"] = RateOf(form) };
        foreach (var name in OfParty.Where(form.Has))
        {
            json[name] = form[name];
        }

        if (!form.Has(PartyReading.VatIdField) && !form.Has(PartyReading.TaxNumberField))
        {
            form.Refuse(PartyReading.VatIdField, "is needed on every document, or the number with the tax office");
        }

        var fields = Fields.Of(FormReader.ElementOf(json));
        var (merchant, prefix, rateBp) = SelfBillingRequest.Read(fields);
        form.Judge(fields, path => path == "domesticRateBp" ? Rate : path);
        if (form.Errors.Count > 0)
        {
            return Page.Of<SelfBillingPage>(await ReadAsync(visitor, sources, form, null, null, null, cancel), StatusCodes.Status422UnprocessableEntity);
        }

        await sources.Settings.SetAsync(visitor.Store, merchant, prefix, rateBp, visitor.Actor, cancel);
        return TypedResults.Redirect($"{Path}?notice=self-billing-kept");
    }

    // The API takes basis points, and people say percent.
    private static JsonValue? RateOf(FormReader form)
    {
        if (form.Number(Rate, isRequired: true)?.GetValue<decimal>() is not { } percent)
        {
            return null;
        }

        if (percent is >= 0 and <= PercentMax && decimal.Truncate(percent * 100) == percent * 100)
        {
            return JsonValue.Create((long)(percent * 100));
        }

        form.Refuse(Rate, $"must be from 0 to {PercentMax.ToString("0", CultureInfo.InvariantCulture)}, with two decimals at most, such as 19 or 8.1");
        return null;
    }

    private static async Task<IResult> SwitchOff(Visitor visitor, SelfBillingSources sources, CancellationToken cancel) =>
        TypedResults.Redirect($"{Path}?notice={(await sources.Settings.RemoveAsync(visitor.Store, cancel) > 0 ? "self-billing-off" : "self-billing-was-off")}");

    private static async Task<IResult> SetThreshold(Visitor visitor, HttpRequest request, SelfBillingSources sources, CancellationToken cancel)
    {
        var typed = await Typed.ReadAsync(request, cancel);
        var currency = Currency.TryParse(typed[TaxCurrency], out var known) ? known : (Currency?)null;
        var form = new FormReader(typed, currency);
        var fields = Fields.Of(FormReader.ElementOf(ReadThreshold(form, currency)));
        var threshold = TaxThresholdEndpoints.Read(fields);
        form.Judge(fields, path => path switch
        {
            "country" => TaxCountry,
            "form" => TaxForm,
            "fromYear" => TaxYear,
            "amount.currency" => TaxCurrency,
            _ => TaxAmount,
        });
        if (form.Errors.Count == 0 && !await sources.Thresholds.SetAsync(visitor.Store, threshold, cancel))
        {
            form.Refuse(TaxCountry, $"is one more than the {TaxThresholds.OwnMax} of your own that there may be; take one away first");
        }

        return form.Errors.Count == 0
            ? TypedResults.Redirect($"{Path}?notice=threshold-kept")
            : Page.Of<SelfBillingPage>(await ReadAsync(visitor, sources, null, form, null, null, cancel), StatusCodes.Status422UnprocessableEntity);
    }

    private static JsonObject ReadThreshold(FormReader form, Currency? currency)
    {
        // Of a currency that nobody knows no amount can be judged: the currency is refused, and only it.
        long? minor = 0;
        if (currency is not null || !form.Has(TaxAmount))
        {
            minor = form.Minor(TaxAmount, isRequired: true);
        }

        if (minor < 0)
        {
            form.Refuse(TaxAmount, "must not be below 0");
        }

        var json = new JsonObject { ["fromYear"] = form.Number(TaxYear, isRequired: true), ["amount"] = new JsonObject { ["minor"] = minor ?? 0, ["currency"] = form[TaxCurrency] } };
        foreach (var (member, field) in new[] { ("country", TaxCountry), ("form", TaxForm) })
        {
            json[member] = form.Has(field) ? form[field] : null;
        }

        return json;
    }

    private static async Task<IResult> RemoveThreshold(Visitor visitor, HttpRequest request, SelfBillingSources sources, CancellationToken cancel)
    {
        var key = (await request.ReadFormAsync(cancel))["threshold"].ToString().Split('.');
        return key is not [{ Length: 2 } country, { Length: 3 } currency, var year] || !long.TryParse(year, NumberStyles.None, CultureInfo.InvariantCulture, out var fromYear)
                ? TypedResults.NotFound()
            : TypedResults.Redirect(
                $"{Path}?notice={(await sources.Thresholds.RemoveAsync(visitor.Store, country, currency, fromYear, cancel) ? "threshold-gone" : "threshold-was-gone")}");
    }

    /// <param name="party">What was typed of the store, and what is wrong with it; null where nothing was.</param>
    /// <param name="threshold">Likewise of a threshold.</param>
    private static async Task<SelfBillingModel> ReadAsync(
        Visitor visitor, SelfBillingSources sources, FormReader? party, FormReader? threshold, string? after, string? notice, CancellationToken cancel)
    {
        var store = visitor.Store;
        var settled = await sources.Settings.FindAsync(store, cancel);
        var own = await sources.Thresholds.OwnAsync(store, cancel);
        var skip = int.TryParse(after, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count < own.Count ? count : 0;
        var isOwner = visitor.Role == Role.Owner;
        return new SelfBillingModel(
            Frame.OfDashboard(visitor, notice),
            isOwner,
            new StoreTime(store).At(settled?.SinceAt),
            settled is null ? [] : FactsOf(settled),
            isOwner ? FieldsOf(LayoutOf(party, party?.Typed ?? TypedOf(settled, store))) : [],
            isOwner ? ThresholdFieldsOf(LayoutOf(threshold, threshold?.Typed ?? new Typed(new Dictionary<string, string>(StringComparer.Ordinal) { [TaxCurrency] = store.Currency ?? "" }))) : [],
            [.. own.Skip(skip).Take(PageSize).Select(RowOf)],
            [.. TaxThresholds.All.Select(RowOf)],
            skip == 0,
            own.Count > skip + PageSize ? string.Create(CultureInfo.InvariantCulture, $"{Path}?after={skip + PageSize}") : null,
            party is null && threshold is null ? null : "What is to be mended stands beside its field.");
    }

    private static FormLayout LayoutOf(FormReader? judged, Typed typed) => new(typed, judged?.Errors ?? new Dictionary<string, List<string>>(StringComparer.Ordinal));

    private static IReadOnlyList<FormField> FieldsOf(FormLayout of) =>
    [
        of.Text(PartyReading.NameField, "Legal name"),
        of.Lines(PartyReading.AddressField, "Address"),
        of.Text(PartyReading.CountryField, "Country", "Two letters, such as DE: whose VAT law counts."),
        of.Text(PartyReading.VatIdField, "VAT identification number"),
        of.Text(PartyReading.TaxNumberField, "Number with the tax office", "Where there is no VAT identification number."),
        of.Decimal(Rate, "VAT rate", "Percent; it is added for businesses of your own country."),
        of.Text(Prefix, "Before each number", $"At most {SettledBilling.PrefixLengthMax} characters; may be empty."),
    ];

    private static IReadOnlyList<FormField> ThresholdFieldsOf(FormLayout of) =>
    [
        of.Text(TaxCountry, "Country of the payee", "Two capitals, such as US."),
        of.Text(TaxForm, "Form that is due"),
        of.Decimal(TaxYear, "From the year", "It holds until another begins."),
        of.Decimal(TaxAmount, "From the sum"),
        of.Text(TaxCurrency, "Currency", "Three capitals, such as USD."),
    ];

    private static Typed TypedOf(SettledBilling? settled, Store store) => new(new Dictionary<string, string>(StringComparer.Ordinal)
    {
        [PartyReading.NameField] = settled?.Merchant.Name ?? store.DisplayName,
        [PartyReading.AddressField] = settled?.Merchant.Address ?? "",
        [PartyReading.CountryField] = settled?.Merchant.Country ?? "",
        [PartyReading.VatIdField] = settled?.Merchant.VatId ?? "",
        [PartyReading.TaxNumberField] = settled?.Merchant.TaxNumber ?? "",
        [Rate] = settled is null ? "" : (settled.DomesticRateBp / 100m).ToString("0.##", CultureInfo.InvariantCulture),
        [Prefix] = settled?.NumberPrefix ?? "",
    });

    private static IReadOnlyList<(string Name, string Value)> FactsOf(SettledBilling settled) =>
    [
        ("Legal name", settled.Merchant.Name), ("Address", settled.Merchant.Address.Replace("\n", ", ", StringComparison.Ordinal)), ("Country", settled.Merchant.Country),
        ("VAT identification number", settled.Merchant.VatId ?? "None"), ("Number with the tax office", settled.Merchant.TaxNumber ?? "None"),
        ("VAT rate", Words.Percent(settled.DomesticRateBp)), ("Before each number", settled.NumberPrefix.Length > 0 ? settled.NumberPrefix : "Nothing"),
    ];

    private static ThresholdRow RowOf(TaxThreshold one)
    {
        var year = one.FromYear.ToString(CultureInfo.InvariantCulture);
        return new ThresholdRow($"{one.Country}.{one.Currency}.{year}", one.Country, one.Form, year, Words.Of(one.Minor, one.Currency));
    }
}
