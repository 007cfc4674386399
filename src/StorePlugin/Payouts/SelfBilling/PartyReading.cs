// Reads the particulars of a side from what a person typed, for the API and the forms alike.
using System.Text.RegularExpressions;

namespace StorePlugin.Payouts.SelfBilling;

/// <summary>What was typed, before anybody has looked at it.</summary>
/// <param name="Address">May have several lines.</param>
internal sealed record TypedParty(string Name, string Address, string Country, string? VatId, string? TaxNumber)
{
    /// <summary>Says nothing, so that no log line can hold a name or a number.</summary>
    public override string ToString() => nameof(TypedParty);
}

internal static partial class PartyReading
{
    public const string NameField = "name";
    public const string AddressField = "address";
    public const string CountryField = "country";
    public const string VatIdField = "vatId";
    public const string TaxNumberField = "taxNumber";

    /// <summary>The particulars in their normal form, or everything that is wrong with them: which field, and the end of a sentence about it.</summary>
    public static (BillParty Party, IReadOnlyList<(string Field, string Why)> Problems) Read(TypedParty typed)
    {
        var problems = new List<(string Field, string Why)>();
        var party = new BillParty(
            OneLine(typed.Name), string.Join('\n', typed.Address.ReplaceLineEndings("\n").Split('\n').Select(OneLine).Where(line => line.Length > 0)),
            typed.Country.Trim().ToUpperInvariant(), NumberOf(typed.VatId)?.Replace(" ", "", StringComparison.Ordinal).ToUpperInvariant(), NumberOf(typed.TaxNumber));
        if (party.Name.Length is 0 or > BillParty.NameLengthMax || party.Name.Any(char.IsControl))
        {
            problems.Add((NameField, $"must have 1 to {BillParty.NameLengthMax} characters, on one line"));
        }

        if (party.Address.Length is 0 or > BillParty.AddressLengthMax || party.Address.Any(letter => letter != '\n' && char.IsControl(letter)))
        {
            problems.Add((AddressField, $"must have 1 to {BillParty.AddressLengthMax} characters"));
        }

        if (!Stripe.Route.IsCountry(party.Country))
        {
            problems.Add((CountryField, "must be two capital letters, such as DE"));
        }

        if (party.VatId is not null && !VatIdForm().IsMatch(party.VatId))
        {
            problems.Add((VatIdField, "must begin with the two letters of its country and have 2 to 13 letters and digits more, such as DE123456789"));
        }

        if (party.TaxNumber is { Length: > BillParty.NumberLengthMax } || party.TaxNumber?.Any(char.IsControl) == true)
        {
            problems.Add((TaxNumberField, $"must have 1 to {BillParty.NumberLengthMax} characters"));
        }

        return (party, problems);
    }

    /// <summary>What a case needs of the particulars: which field, and the end of a sentence about it.</summary>
    /// <param name="merchantCountry">From where the store bills; null while it does not, and then the countries are not compared.</param>
    public static IEnumerable<(string Field, string Why)> Lacks(string vatCase, BillParty party, string? merchantCountry)
    {
        if (vatCase == VatCase.ReverseCharge && party.VatId is null)
        {
            yield return (VatIdField, "is needed where the VAT is owed by the store");
        }

        if (vatCase is VatCase.Domestic or VatCase.SmallBusiness && party.VatId is null && party.TaxNumber is null)
        {
            yield return (TaxNumberField, "is needed of a business, or a VAT identification number");
        }

        if (merchantCountry is not null && VatCase.Unfit(vatCase, party.Country, merchantCountry) is not null)
        {
            yield return (CountryField, vatCase == VatCase.Domestic
                ? $"must be {merchantCountry}, from where the store bills, for its VAT to be added"
                : $"must be another than {merchantCountry}, from where the store bills");
        }
    }

    private static string OneLine(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    private static string? NumberOf(string? text) => text is null || OneLine(text) is not { Length: > 0 } number ? null : number;

    [GeneratedRegex(@"\A[A-Z]{2}[A-Z0-9+*]{2,13}\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex VatIdForm();
}
