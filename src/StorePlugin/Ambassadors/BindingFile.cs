// Reads the CSV file of customers who belong to ambassadors already, and says of each line what is wrong with it.
using StorePlugin.Campaigns;
using StorePlugin.Stores;

namespace StorePlugin.Ambassadors;

/// <summary>A line of which every field is right.</summary>
/// <param name="AmbassadorEmailKey">Whose the customer is, by their e-mail; null where the file names a code.</param>
/// <param name="AmbassadorCodeKey">The same by a code; null where the file names an e-mail.</param>
/// <param name="CustomerId">The platform's number of the customer; null where the file has none.</param>
/// <param name="CustomerEmailKey">In the normal form of rule F1; null where the file has none.</param>
/// <param name="Until">From this second on it is over; null where the campaign's terms decide that.</param>
internal sealed record BindingRow(
    long Line, string? AmbassadorEmailKey, string? AmbassadorCodeKey, string? CustomerId, string? CustomerEmailKey, DateTimeOffset Since, DateTimeOffset? Until);

/// <param name="RowCount">Lines with something on them, right or wrong, without the header.</param>
internal sealed record BindingFile(IReadOnlyList<BindingRow> Rows, long RowCount, IReadOnlyList<ImportFinding> Findings)
{
    private const string AmbassadorColumn = "ambassador";
    private const string CustomerIdColumn = "customer_id";
    private const string CustomerEmailColumn = "customer_email";
    private const string SinceColumn = "since";
    private const string UntilColumn = "until";

    private const int CustomerIdLengthMax = 60;

    private static readonly string[] Required = [AmbassadorColumn, SinceColumn];
    private static readonly string[] Columns = [AmbassadorColumn, CustomerIdColumn, CustomerEmailColumn, SinceColumn, UntilColumn];

    // No online programme is older.
    private static readonly DateTimeOffset SinceMin = new(1990, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Reads a whole file. One with findings must not be imported.</summary>
    /// <param name="text">Without a byte order mark.</param>
    /// <param name="store">By its time zone days are counted.</param>
    public static BindingFile Read(string text, Store store, DateTimeOffset now)
    {
        var sheet = CsvSheet.Read(text, Columns, Required);
        var findings = sheet.HeaderFindings.ToList();
        var rows = new List<BindingRow>();
        foreach (var line in sheet.Rows)
        {
            var before = findings.Count;
            var row = Read(line, store, now, findings);
            if (findings.Count == before)
            {
                rows.Add(row!);
            }
        }

        return new BindingFile(rows, sheet.RowCount, findings);
    }

    private static BindingRow? Read(CsvRow line, Store store, DateTimeOffset now, List<ImportFinding> findings)
    {
        if (line.Fault is { } fault)
        {
            Refuse("", fault);
            return null;
        }

        var ambassador = line.Field(AmbassadorColumn);
        var isEmail = ambassador.Contains('@', StringComparison.Ordinal);
        if (isEmail ? !AmbassadorRequest.IsEmail(ambassador) : ambassador.Length is 0 or > CodeKey.KeyLengthMax)
        {
            Refuse(AmbassadorColumn, "It must be the e-mail address of an ambassador, or one of their codes.");
        }

        var (id, email) = (line.Field(CustomerIdColumn), line.Field(CustomerEmailColumn));
        if (id.Length > CustomerIdLengthMax || !id.All(char.IsAsciiDigit))
        {
            Refuse(CustomerIdColumn, "It must be the number that the store's platform gives the customer, in digits, or empty.");
        }

        if (email.Length > 0 && !AmbassadorRequest.IsEmail(email))
        {
            Refuse(CustomerEmailColumn, "It must be an e-mail address, such as ann@example.com, or empty.");
        }

        if (id.Length == 0 && email.Length == 0)
        {
            Refuse("", "The line names no customer: it needs a customer_id, a customer_email, or both.");
        }

        var since = DateOrInstant.Beginning(line.Field(SinceColumn), store);
        if (since is null || since < SinceMin || since > now)
        {
            Refuse(SinceColumn, since is null ? "It must be a day such as 2025-03-31, or an instant such as 2025-03-31T10:00:00Z."
                : since > now ? "It lies in the future."
                : "It lies before 1990.");
        }

        var until = line.Field(UntilColumn) is { Length: > 0 } end ? DateOrInstant.End(end, store) : null;
        if (line.Field(UntilColumn).Length > 0 && (until is null || until <= since))
        {
            Refuse(UntilColumn, until is null ? "It must be a day, which counts whole, or an instant, or empty." : "It is over before it begins.");
        }

        return new BindingRow(
            line.Line,
            isEmail ? PersonKey.OfEmail(ambassador) : null,
            isEmail ? null : CodeKey.Of(ambassador),
            id.Length > 0 ? id : null,
            email.Length > 0 ? PersonKey.OfEmail(email) : null,
            WholeSecond.Of(since ?? now),
            until is { } known ? WholeSecond.Of(known) : null);

        void Refuse(string column, string text) => findings.Add(new ImportFinding(line.Line, column, text));
    }
}
