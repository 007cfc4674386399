// What an import would do: values in, value out.
using StorePlugin.Webhooks;

namespace StorePlugin.Ambassadors;

/// <summary>What the store knows already of the people and codes of a file.</summary>
/// <param name="PersonOfEmail">The id of the campaign's ambassador by the e-mail's key.</param>
/// <param name="OwnerOfCode">The id of the ambassador whose code it is, or was, by the code's key.</param>
/// <param name="OpeningOfPerson">The opening balance that was booked by the ambassador's id, in minor units.</param>
internal sealed record ImportKnown(
    IReadOnlyDictionary<string, string> PersonOfEmail, IReadOnlyDictionary<string, string> OwnerOfCode, IReadOnlyDictionary<string, Money> OpeningOfPerson);

/// <param name="New">The rows to write.</param>
/// <param name="AlreadyThere">How many rows stand here as the file has them.</param>
/// <param name="PostedMinor">The opening balances of the rows that are already there, in minor units.</param>
/// <param name="Findings">In the order of the lines; with any of them nothing may be written.</param>
internal sealed record ImportPlan(IReadOnlyList<ImportRow> New, long AlreadyThere, long PostedMinor, IReadOnlyList<ImportFinding> Findings) : IImportPlan
{
    public int Undone => New.Count;

    /// <param name="currency">The store's; null only when no row has an opening balance.</param>
    public static ImportPlan Decide(ImportFile file, ImportKnown known, Currency? currency)
    {
        var newcomers = new List<ImportRow>();
        var findings = file.Findings.ToList();
        var (alreadyThere, posted) = (0L, 0L);
        foreach (var row in file.Rows)
        {
            var person = known.PersonOfEmail.GetValueOrDefault(row.EmailKey);
            var owner = known.OwnerOfCode.GetValueOrDefault(row.CodeKey);
            if (person is null && owner is null)
            {
                newcomers.Add(row);
            }
            else if (person is null)
            {
                findings.Add(new ImportFinding(row.Line, "code", "Somebody else in this store has the code, or had it before."));
            }
            else if (person != owner)
            {
                findings.Add(new ImportFinding(row.Line, "code", "The campaign has this person already, with another code."));
            }
            else if (OpeningOf(person) is var opening && opening == row.OpeningMinor)
            {
                alreadyThere++;
                posted += row.OpeningMinor;
            }
            else
            {
                findings.Add(new ImportFinding(
                    row.Line, "opening_balance", "The campaign has this person already, without this opening balance; one that is booked cannot be changed."));
            }
        }

        return new ImportPlan(newcomers, alreadyThere, posted, [.. findings.OrderBy(finding => finding.Line)]);

        // Of another currency than the store's of today it is no number of the file's kind (rule M1).
        long? OpeningOf(string person) => !known.OpeningOfPerson.TryGetValue(person, out var opening) ? 0
            : opening.Currency == currency ? opening.Minor
            : null;
    }
}
