// The API's calls about what a payee is to the taxes. What was told of them is shown masked, and never in full.
using System.ComponentModel;
using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using StorePlugin.Ambassadors;
using StorePlugin.Stores;

namespace StorePlugin.Payouts.SelfBilling;

internal sealed record PayeeTaxRequest(
    [property: Description("private, small_business, domestic (VAT on top) or reverse_charge.")] string VatCase,
    [property: Description("Their legal name, 1 to 120 characters.")] string Name,
    [property: Description("Where they are, 1 to 400 characters, with line breaks.")] string Address,
    [property: Description("ISO 3166, two letters.")] string Country,
    [property: Description("Whether they agree that the store bills for them.")] bool Agreed,
    [property: Description("The VAT identification number; needed for reverse_charge.")] string? VatId = null,
    [property: Description("The number with the tax office; a business needs this or a vatId.")] string? TaxNumber = null)
{
    /// <summary>Reads a request and notes on the fields what is wrong.</summary>
    public static SaidOfPayee Read(Fields fields, string? merchantCountry)
    {
        fields.RefuseOthersThan(
            "vatCase", PartyReading.NameField, PartyReading.AddressField, PartyReading.CountryField, PartyReading.VatIdField, PartyReading.TaxNumberField, "agreed");
        var vatCase = fields.OptionalChoice("vatCase", [.. SelfBilling.VatCase.All]);
        if (!fields.Has("vatCase"))
        {
            fields.Refuse("vatCase", "is missing");
        }

        var said = new SaidOfPayee(vatCase ?? SelfBilling.VatCase.Private, SelfBillingRequest.ReadParty(fields), fields.Flag("agreed"));
        if (fields.Refusal is null)
        {
            foreach (var (field, why) in PartyReading.Lacks(said.VatCase, said.Party, merchantCountry))
            {
                fields.Refuse(field, why);
            }
        }

        return said;
    }

    /// <summary>Says nothing, so that no log line can hold a name or a number.</summary>
    public override string ToString() => nameof(PayeeTaxRequest);
}

internal sealed record TaxFormRequest(
    [property: Description("w9, w8ben, or none: somebody has looked, and none is needed.")] string Form,
    [property: Description("The day on which it was signed, as in 2026-03-01; absent for none.")] string? ReceivedOn = null)
{
    private const string DayForm = "yyyy-MM-dd";

    /// <summary>Reads a request and notes on the fields what is wrong.</summary>
    public static (string Form, DateOnly? Received) Read(Fields fields, DateOnly today)
    {
        fields.RefuseOthersThan("form", "receivedOn");
        var form = fields.OptionalChoice("form", WForm.W9, WForm.W8Ben, WForm.None);
        if (!fields.Has("form"))
        {
            fields.Refuse("form", "is missing");
        }

        var text = fields.OptionalText("receivedOn", 1, 10);
        if (form == WForm.None && text is not null)
        {
            fields.Refuse("receivedOn", "means nothing without a form");
        }

        if (form is null or WForm.None)
        {
            return (WForm.None, null);
        }

        if (!DateOnly.TryParseExact(text, DayForm, CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) || day > today || day.Year < 2000)
        {
            fields.Refuse("receivedOn", "must be a day that has come, as in 2026-03-01");
        }

        return (form, day);
    }
}

internal sealed record PayeeTaxView(
    [property: Description("private, small_business, domestic or reverse_charge; null while nobody has said.")] string? VatCase,
    string? Country,
    [property: Description("The end of the number with the tax office, enough to know it again.")] string? MaskedId,
    [property: Description("Since when they agree that the store bills for them; null: they do not.")] DateTimeOffset? AgreedAt,
    [property: Description("Who said so: the ambassador, or who wrote it down.")] string? AgreedBy,
    [property: Description("w9, w8ben or none; null while nobody has said.")] string? Form,
    DateOnly? FormReceivedOn,
    [property: Description("The last day on which the form counts; null: it does not expire.")] DateOnly? FormExpiresOn)
{
    public static PayeeTaxView Of(PayeeTax tax) => new(
        tax.VatCase, tax.Country, tax.MaskedId, tax.AgreedAt, tax.AgreedBy, tax.Form, SelfBillDay.OrNull(tax.FormReceivedDay), SelfBillDay.OrNull(tax.FormExpiresDay));
}

/// <summary>A local day as it is kept, yyyymmdd, and as it is shown.</summary>
internal static class SelfBillDay
{
    public static DateOnly Of(long number) => new((int)(number / 10_000), (int)(number / 100 % 100), (int)(number % 100));

    public static DateOnly? OrNull(long? number) => number is { } day ? Of(day) : null;
}

internal static class PayeeTaxEndpoints
{
    /// <summary>Adds the calls to the group of the API, which has let the caller in.</summary>
    public static void MapPayeeTax(this IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/ambassadors/{id}").WithTags("Self-billing").ProducesProblem(StatusCodes.Status404NotFound);
        group.MapGet("/tax", Get).WithName("getPayeeTax").WithSummary("What is known of an ambassador for taxes, masked.");
        group.MapPut("/tax", Set).WithName("putPayeeTax").WithSummary("Says what an ambassador is to the VAT, and whether the store may bill for them.")
            .WithDescription("It is kept encrypted and shown masked; only documents hold it in full. Payouts that are reserved keep what they were made with.");
        group.MapPut("/tax-form", SetForm).WithName("putPayeeTaxForm").WithSummary("Notes which form of the United States an ambassador has handed in.")
            .WithDescription("For payees outside of Stripe, which asks by itself. The form is kept by the merchant; here stands that it is there, and until when it counts.");
    }

    private static async Task<Results<Ok<PayeeTaxView>, ProblemHttpResult>> Get(ApiCaller caller, string id, PayeeTaxes taxes, CancellationToken cancel) =>
        await taxes.FindAsync(caller.Store, id, cancel) is { } tax ? TypedResults.Ok(PayeeTaxView.Of(tax)) : AmbassadorEndpoints.Unknown;

    private static async Task<Results<Ok<PayeeTaxView>, ProblemHttpResult>> Set(
        ApiCaller caller, string id, ApiBody<PayeeTaxRequest> body, PayeeTaxes taxes, SelfBillingSettings settings, CancellationToken cancel)
    {
        var said = PayeeTaxRequest.Read(body.Fields, await settings.CountryAsync(caller.Store, cancel));
        if (body.Fields.Refusal is { } refusal)
        {
            return refusal;
        }

        return await taxes.FindAsync(caller.Store, id, cancel) is null
            ? AmbassadorEndpoints.Unknown
            : TypedResults.Ok(PayeeTaxView.Of(await taxes.SetAsync(caller.Store, id, said, caller.Name, cancel)));
    }

    private static async Task<Results<Ok<PayeeTaxView>, ProblemHttpResult>> SetForm(
        ApiCaller caller, string id, ApiBody<TaxFormRequest> body, PayeeTaxes taxes, TimeProvider clock, CancellationToken cancel)
    {
        var (form, received) = TaxFormRequest.Read(body.Fields, Mail.LocalDay.Of(caller.Store, clock.GetUtcNow()));
        if (body.Fields.Refusal is { } refusal)
        {
            return refusal;
        }

        return await taxes.FindAsync(caller.Store, id, cancel) is null
            ? AmbassadorEndpoints.Unknown
            : TypedResults.Ok(PayeeTaxView.Of(await taxes.SetFormAsync(caller.Store, id, form, received, caller.Name, cancel)));
    }
}
