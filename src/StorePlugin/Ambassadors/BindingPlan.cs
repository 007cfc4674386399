// What an import of bindings would do: values in, value out.
namespace StorePlugin.Ambassadors;

/// <summary>A time in which a customer is an ambassador's.</summary>
/// <param name="Until">Null: nobody said when it ends.</param>
internal sealed record BindingSpan(string AmbassadorId, DateTimeOffset Since, DateTimeOffset? Until)
{
    public bool Meets(BindingSpan other) => (other.Until is null || Since < other.Until) && (Until is null || other.Since < Until);
}

/// <summary>A binding to write: of one customer by one of their hashes.</summary>
internal sealed record NewBinding(string CustomerKey, BindingSpan Span);

/// <summary>What the campaign knows already of the people and customers of a file.</summary>
/// <param name="PersonOfEmail">The ambassador by the e-mail's key.</param>
/// <param name="OwnerOfCode">The ambassador whose code it is, or was, by the code's key.</param>
/// <param name="SpansOfCustomer">By the customer's hash.</param>
internal sealed record BindingKnown(
    IReadOnlyDictionary<string, BindingOwner> PersonOfEmail, IReadOnlyDictionary<string, BindingOwner> OwnerOfCode, ILookup<string, BindingSpan> SpansOfCustomer);

internal sealed record BindingOwner(string AmbassadorId, bool HasLeft);

/// <param name="New">What to write.</param>
/// <param name="NewRows">How many rows of the file are not here, or not whole.</param>
/// <param name="AlreadyThere">How many rows stand here as the file has them.</param>
/// <param name="Findings">In the order of the lines; with any of them nothing may be written.</param>
internal sealed record BindingPlan(IReadOnlyList<NewBinding> New, long NewRows, long AlreadyThere, IReadOnlyList<ImportFinding> Findings) : IImportPlan
{
    public int Undone => New.Count;

    /// <param name="rows">Each with the hashes of its customer: by the id, by the e-mail, or both.</param>
    /// <param name="findings">What is wrong with the file by itself.</param>
    public static BindingPlan Decide(
        IReadOnlyList<(BindingRow Row, IReadOnlyList<string> CustomerKeys)> rows, IReadOnlyList<ImportFinding> findings, BindingKnown known)
    {
        var all = findings.ToList();
        var written = new List<NewBinding>();
        var ofFile = new Dictionary<string, List<(long Line, BindingSpan Span)>>(StringComparer.Ordinal);
        var (newRows, alreadyThere) = (0L, 0L);
        foreach (var (row, customerKeys) in rows)
        {
            var owner = row.AmbassadorEmailKey is { } email ? known.PersonOfEmail.GetValueOrDefault(email) : known.OwnerOfCode.GetValueOrDefault(row.AmbassadorCodeKey!);
            if (owner is null or { HasLeft: true })
            {
                Refuse(row, "ambassador", owner is not null ? "The ambassador has left the campaign."
                    : row.AmbassadorEmailKey is not null ? "The campaign has no ambassador with this e-mail address."
                    : "No ambassador of the campaign has this code, or had it before.");
                continue;
            }

            var span = new BindingSpan(owner.AmbassadorId, row.Since, row.Until);
            if (customerKeys.SelectMany(key => ofFile.GetValueOrDefault(key, [])).OrderBy(other => other.Line).FirstOrDefault(other => other.Span.Meets(span)) is { Line: > 0 } first)
            {
                Refuse(row, "", $"The same customer stands on line {first.Line} for a time that this one falls into; where the first ends, it needs an until.");
                continue;
            }

            foreach (var key in customerKeys)
            {
                ofFile.TryAdd(key, []);
                ofFile[key].Add((row.Line, span));
            }

            if (customerKeys.Any(key => known.SpansOfCustomer[key].Any(other => other != span && other.Meets(span))))
            {
                Refuse(row, "", "The customer is an ambassador's already at that time; a binding that is written is not changed.");
                continue;
            }

            var missing = customerKeys.Where(key => !known.SpansOfCustomer[key].Contains(span)).ToList();
            written.AddRange(missing.Select(key => new NewBinding(key, span)));
            newRows += missing.Count > 0 ? 1 : 0;
            alreadyThere += missing.Count > 0 ? 0 : 1;
        }

        return new BindingPlan(written, newRows, alreadyThere, [.. all.OrderBy(finding => finding.Line)]);

        void Refuse(BindingRow row, string column, string text) => all.Add(new ImportFinding(row.Line, column, text));
    }
}
