// Where an ambassador says what they are for the VAT, and agrees that the store writes the invoices: a form that works without scripts.
using StorePlugin.Pages;
using StorePlugin.Payouts.SelfBilling;
using StorePlugin.Stores;

namespace StorePlugin.Portal;

/// <param name="StoreName">Of the store that would write the invoices.</param>
/// <param name="Case">What they have said; null for nothing yet.</param>
/// <param name="MaskedId">The end of the number that is kept; null where there is none.</param>
/// <param name="AgreedOn">Since when they agree; null: they do not.</param>
/// <param name="Rate">What is added where VAT is, as a percentage.</param>
/// <param name="Problems">What is wrong with what was sent, in sentences; none on a fresh page.</param>
public sealed record TaxModel(
    Frame Frame, string StoreName, string? Case, string Name, string Address, string Country, string? MaskedId, string? AgreedOn, bool Agrees, string Rate, string StoreCountry,
    IReadOnlyList<PayeeCountry> Countries, IReadOnlyList<string> Problems)
{
    /// <summary>Says nothing, so that no log line can hold a name or a number.</summary>
    public override string ToString() => nameof(TaxModel);
}

internal static class TaxPages
{
    private const string Path = "/portal/tax";
    private const string Yes = "yes";

    public static void MapTaxForm(this IEndpointRouteBuilder rooms)
    {
        rooms.MapGet("/tax", Show);
        rooms.MapPost("/tax", Set);
    }

    private static async Task<IResult> Show(
        Visitor visitor, string? notice, PayeeTaxes taxes, BillParties parties, SelfBillingSettings settings, CancellationToken cancel)
    {
        if (await settings.FindAsync(visitor.Store, cancel) is not { } billing)
        {
            return TypedResults.NotFound();
        }

        var tax = await TaxOfAsync(taxes, visitor, cancel);
        var party = tax.PartyId is { } id ? await parties.OpenAsync(visitor.Store.Id, id, cancel) : null;
        return Page.Of<TaxPage>(ModelOf(
            Frame.OfPortal(visitor, notice), visitor, billing, tax, tax.VatCase, party?.Name ?? "", party?.Address ?? "", party?.Country ?? billing.Merchant.Country,
            tax.AgreedAt is not null, []));
    }

    private static async Task<IResult> Set(
        Visitor visitor, HttpRequest request, PayeeTaxes taxes, BillParties parties, SelfBillingSettings settings, CancellationToken cancel)
    {
        if (await settings.FindAsync(visitor.Store, cancel) is not { } billing)
        {
            return TypedResults.NotFound();
        }

        var form = await request.ReadFormAsync(cancel);
        var tax = await TaxOfAsync(taxes, visitor, cancel);
        var vatCase = VatCase.All.FirstOrDefault(known => known == form["case"].ToString());
        var typed = new TypedParty(form["name"].ToString(), form["address"].ToString(), form["country"].ToString(), form["vatId"].ToString(), form["taxNumber"].ToString());
        var (party, problems) = PartyReading.Read(await WithKeptNumbersAsync(typed, vatCase, tax, parties, visitor, cancel));
        var sentences = problems.Select(problem => $"{Label(problem.Field)} {problem.Why}.").ToList();
        if (vatCase is null)
        {
            sentences.Insert(0, "Say which of the four you are.");
        }
        else if (sentences.Count == 0)
        {
            sentences.AddRange(PartyReading.Lacks(vatCase, party, billing.Merchant.Country).Select(lack => $"{Label(lack.Field)} {lack.Why}."));
        }

        var agrees = form["agrees"].ToString() == Yes;
        if (sentences.Count > 0)
        {
            // With what was written: nobody types an address twice.
            return Page.Of<TaxPage>(
                ModelOf(Frame.OfPortal(visitor), visitor, billing, tax, vatCase, typed.Name, typed.Address, typed.Country, agrees, sentences), StatusCodes.Status400BadRequest);
        }

        await taxes.SetAsync(visitor.Store, visitor.AmbassadorId!, new SaidOfPayee(vatCase!, party, agrees), PayeeTaxes.Ambassador, cancel);
        return TypedResults.Redirect($"{Path}?notice=tax-kept");
    }

    // A number is shown by its end only, so that whoever leaves the fields empty keeps what is there. A private person has none.
    private static async Task<TypedParty> WithKeptNumbersAsync(
        TypedParty typed, string? vatCase, PayeeTax tax, BillParties parties, Visitor visitor, CancellationToken cancel)
    {
        if (vatCase == VatCase.Private)
        {
            return typed with { VatId = null, TaxNumber = null };
        }

        if (tax.PartyId is not { } id || !string.IsNullOrWhiteSpace(typed.VatId) || !string.IsNullOrWhiteSpace(typed.TaxNumber))
        {
            return typed;
        }

        var kept = await parties.OpenAsync(visitor.Store.Id, id, cancel);
        return typed with { VatId = kept.VatId, TaxNumber = kept.TaxNumber };
    }

    private static async Task<PayeeTax> TaxOfAsync(PayeeTaxes taxes, Visitor visitor, CancellationToken cancel) =>
        await taxes.FindAsync(visitor.Store, visitor.AmbassadorId!, cancel)
        ?? throw new InvalidOperationException("A session names an ambassador who does not exist.");

    private static TaxModel ModelOf(
        Frame frame, Visitor visitor, SettledBilling billing, PayeeTax tax, string? vatCase, string name, string address, string country, bool agrees,
        IReadOnlyList<string> problems) => new(
        frame, visitor.Store.DisplayName, vatCase, name, address, country, tax.MaskedId, new StoreTime(visitor.Store).At(tax.AgreedAt)?.Text, agrees,
        SelfBillPages.RateOf(billing.DomesticRateBp), Payouts.Stripe.Route.NameOf(billing.Merchant.Country),
        [.. Payouts.Stripe.Route.Countries.Select(one => new PayeeCountry(one.Code, one.Name))], problems);

    private static string Label(string field) => field switch
    {
        PartyReading.NameField => "Your name",
        PartyReading.AddressField => "Your address",
        PartyReading.CountryField => "The country",
        PartyReading.VatIdField => "The VAT number",
        _ => "The tax number",
    };
}
