// The API's calls about billing for payees: the merchant's side, and the documents.
using System.ComponentModel;
using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using StorePlugin.Ambassadors;
using StorePlugin.Stores;

namespace StorePlugin.Payouts.SelfBilling;

internal sealed record SelfBillingRequest(
    [property: Description("The legal name of the merchant, 1 to 120 characters.")] string Name,
    [property: Description("Where they are, 1 to 400 characters, with line breaks.")] string Address,
    [property: Description("ISO 3166, two letters: whose VAT law counts.")] string Country,
    [property: Description("The rate that is added for payees of the same country, in basis points: 1900 for 19 %; 0 to 5000.")] long DomesticRateBp,
    [property: Description("The VAT identification number.")] string? VatId = null,
    [property: Description("The number with the tax office.")] string? TaxNumber = null,
    [property: Description("What stands before the number of each document, at most 20 characters.")] string? NumberPrefix = null)
{
    /// <summary>Reads a request and notes on the fields what is wrong.</summary>
    public static (BillParty Merchant, string NumberPrefix, long DomesticRateBp) Read(Fields fields)
    {
        fields.RefuseOthersThan(
            PartyReading.NameField, PartyReading.AddressField, PartyReading.CountryField, PartyReading.VatIdField, PartyReading.TaxNumberField, "domesticRateBp", "numberPrefix");
        var settled = (
            Merchant: ReadParty(fields), NumberPrefix: fields.OptionalText("numberPrefix", 1, SettledBilling.PrefixLengthMax) ?? "",
            DomesticRateBp: fields.Whole("domesticRateBp", 0, SettledBilling.RateBpMax));
        if (fields.Refusal is null && settled.Merchant is { VatId: null, TaxNumber: null })
        {
            fields.Refuse(PartyReading.VatIdField, "is needed on every document, or a taxNumber");
        }

        return settled;
    }

    /// <summary>Reads particulars, of either side.</summary>
    public static BillParty ReadParty(Fields fields)
    {
        var typed = new TypedParty(
            fields.Text(PartyReading.NameField, 1, BillParty.NameLengthMax), ReadAddress(fields), fields.Text(PartyReading.CountryField, 2, 2),
            fields.OptionalText(PartyReading.VatIdField, 1, BillParty.NumberLengthMax), fields.OptionalText(PartyReading.TaxNumberField, 1, BillParty.NumberLengthMax));
        if (fields.Refusal is not null)
        {
            return new BillParty("", "", "", null, null);
        }

        var (party, problems) = PartyReading.Read(typed);
        foreach (var (field, why) in problems)
        {
            fields.Refuse(field, why);
        }

        return party;
    }

    private static string ReadAddress(Fields fields)
    {
        if (!fields.Has(PartyReading.AddressField))
        {
            fields.Refuse(PartyReading.AddressField, "is missing");
        }

        return fields.OptionalText(PartyReading.AddressField, 1, BillParty.AddressLengthMax, lineBreaks: true) ?? "";
    }

    /// <summary>Says nothing, so that no log line can hold a name or a number.</summary>
    public override string ToString() => nameof(SelfBillingRequest);
}

internal sealed record SelfBillingView(
    [property: Description("Whether the store bills for payees who agree; nothing else is told where it does not.")] bool IsOn,
    string? Name,
    string? Address,
    string? Country,
    string? VatId,
    string? TaxNumber,
    [property: Description("In basis points.")] long? DomesticRateBp,
    string? NumberPrefix,
    DateTimeOffset? Since)
{
    public static SelfBillingView Of(SettledBilling? settled) => new(
        settled is not null, settled?.Merchant.Name, settled?.Merchant.Address, settled?.Merchant.Country, settled?.Merchant.VatId, settled?.Merchant.TaxNumber,
        settled?.DomesticRateBp, settled?.NumberPrefix, settled?.SinceAt);

    /// <summary>Says nothing, so that no log line can hold a name or a number.</summary>
    public override string ToString() => nameof(SelfBillingView);
}

internal sealed record SelfBillView(
    [property: Description("In the order of issue, from 1 on and without a gap.")] long Number,
    [property: Description("As it stands on the document, with its prefix.")] string ShownNumber,
    [property: Description("document or correction.")] string Kind,
    [property: Description("payout: it was sent; reversal: money of it came back; clawback: a commission in it was taken back since.")] string Cause,
    [property: Description("The payout, its reversal, or the transaction of the ledger that it is for.")] string Source,
    string PayoutId,
    string AmbassadorId,
    [property: Description("The number of the document that a correction corrects.")] long? Corrects,
    [property: Description("What a correction takes away; else what the document is for.")] Amount Net,
    Amount Vat,
    Amount Gross,
    [property: Description("private, small_business, domestic or reverse_charge.")] string VatCase,
    [property: Description("In basis points.")] long VatRateBp,
    [property: Description("What the document says of the VAT.")] string Note,
    DateTimeOffset IssuedAt,
    [property: Description("The day of issue in the store's time zone.")] DateOnly IssuedOn,
    [property: Description("The page that prints.")] string Page)
{
    public static SelfBillView Of(SelfBill bill) => new(
        bill.Number, bill.ShownNumber, bill.Kind, bill.Cause, bill.Source, bill.PayoutId, bill.AmbassadorId, bill.CorrectsNumber, Amount.Of(bill.Net),
        Amount.Of(bill.VatAmount), Amount.Of(bill.Gross), bill.VatCase, bill.VatRateBp, SelfBilling.VatCase.NoteOf(bill.VatCase), bill.IssuedAt, SelfBillDay.Of(bill.IssuedDay),
        SelfBillPages.PathOf(bill.Number));
}

internal static class SelfBillingEndpoints
{
    /// <summary>Adds the calls to the group of the API, which has let the caller in.</summary>
    public static void MapSelfBilling(this IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("").WithTags("Self-billing");
        group.MapGet("/self-billing", Get).WithName("getSelfBilling").WithSummary("Whether and how the store issues the documents for payouts in its payees' place.");
        group.MapPut("/self-billing", Set).WithName("putSelfBilling").WithSummary("Has the store bill for each payee who agrees.")
            .WithDescription(
                "From then on each payout to a payee who agreed before it was reserved is billed when it is sent, with VAT on top where the payee's case adds it. " +
                "Documents that were issued, and payouts that are reserved, keep what they were made with.");
        group.MapDelete("/self-billing", Remove).WithName("removeSelfBilling").WithSummary("Has the store bill no longer. Corrections of earlier documents go on.");
        group.MapGet("/self-bills", List).WithName("listSelfBills").WithSummary("The documents and corrections that were issued, by number.")
            .ProducesProblem(StatusCodes.Status404NotFound);
        group.MapGet("/self-bills/{number}", Show).WithName("getSelfBill").WithSummary("One document or correction.").ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<Ok<SelfBillingView>> Get(ApiCaller caller, SelfBillingSettings settings, CancellationToken cancel) =>
        TypedResults.Ok(SelfBillingView.Of(await settings.FindAsync(caller.Store, cancel)));

    private static async Task<Results<Ok<SelfBillingView>, ProblemHttpResult>> Set(
        ApiCaller caller, ApiBody<SelfBillingRequest> body, SelfBillingSettings settings, CancellationToken cancel)
    {
        var (merchant, prefix, rate) = SelfBillingRequest.Read(body.Fields);
        return body.Fields.Refusal is { } refusal
            ? refusal
            : TypedResults.Ok(SelfBillingView.Of(await settings.SetAsync(caller.Store, merchant, prefix, rate, caller.Name, cancel)));
    }

    private static async Task<Ok<SelfBillingView>> Remove(ApiCaller caller, SelfBillingSettings settings, CancellationToken cancel)
    {
        await settings.RemoveAsync(caller.Store, cancel);
        return TypedResults.Ok(SelfBillingView.Of(null));
    }

    private static async Task<Results<Ok<Listing<SelfBillView>>, ProblemHttpResult>> List(
        ApiCaller caller,
        SelfBills bills,
        AmbassadorDb ambassadors,
        [AsParameters] Paging paging,
        [Description("Only those of this ambassador.")] string? ambassador,
        CancellationToken cancel)
    {
        if (paging.AfterCount() is not { } after)
        {
            return Paging.BadAfter;
        }

        if (ambassador is not null && !await ambassadors.ExistsAsync(caller.Store, ambassador, cancel))
        {
            return AmbassadorEndpoints.Unknown;
        }

        var rows = await bills.ListAsync(caller.Store, ambassador, after, paging.Take, cancel);
        return TypedResults.Ok(paging.Show(rows, row => row.Number.ToString(CultureInfo.InvariantCulture), SelfBillView.Of));
    }

    private static async Task<Results<Ok<SelfBillView>, ProblemHttpResult>> Show(ApiCaller caller, string number, SelfBills bills, CancellationToken cancel) =>
        long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var wanted) && await bills.FindAsync(caller.Store, wanted, cancel) is { } bill
            ? TypedResults.Ok(SelfBillView.Of(bill))
            : Problems.NotFound("self-bill-unknown", "There is no such document.", "The store has issued no document of this number.");
}
