// Reads the CSV file of ambassadors who are brought over from elsewhere, and says of each line what is wrong with it.
using System.Globalization;
using StorePlugin.Webhooks;

namespace StorePlugin.Ambassadors;

/// <summary>A line of which every field is right.</summary>
/// <param name="OpeningMinor">What is owed to them already, in minor units of the store's currency; may be below 0 (rule K2).</param>
/// <param name="JoinedAt">The beginning of the day in the store's time zone; null where the file does not say.</param>
internal sealed record ImportRow(
    long Line, string Name, string Email, string Code, string? StripeAccount, long OpeningMinor, DateTimeOffset? JoinedAt)
{
    public string EmailKey { get; } = PersonKey.OfEmail(Email);

    public string CodeKey { get; } = Ambassadors.CodeKey.Of(Code);
}

/// <param name="RowCount">Lines with something on them, right or wrong, without the header.</param>
/// <param name="OpeningMinor">The sum of all rows.</param>
internal sealed record ImportFile(IReadOnlyList<ImportRow> Rows, long RowCount, long OpeningMinor, IReadOnlyList<ImportFinding> Findings)
{
    /// <summary>The most rows that one file may have.</summary>
    public const int RowsMax = 5000;

    /// <summary>An opening balance beyond it, up or down, is a slip of the pen: minor units.</summary>
    public const long OpeningMinorMax = 1_000_000_000_000;

    private const string NameColumn = "name";
    private const string EmailColumn = "email";
    private const string CodeColumn = "code";
    private const string StripeColumn = "stripe_account";
    private const string OpeningColumn = "opening_balance";
    private const string JoinedColumn = "joined_at";

    private static readonly string[] Required = [NameColumn, EmailColumn, CodeColumn];
    private static readonly string[] Columns = [.. Required, StripeColumn, OpeningColumn, JoinedColumn];

    // Who joined earlier than that did not join an online programme.
    private static readonly DateOnly JoinedMin = new(1990, 1, 1);

    /// <summary>Reads a whole file. One with findings must not be imported.</summary>
    /// <param name="text">Without a byte order mark.</param>
    /// <param name="currency">The store's; null while the platform has not told it, and then no balance can be read.</param>
    /// <param name="zone">The store's, by which days are counted.</param>
    public static ImportFile Read(string text, Currency? currency, TimeZoneInfo zone, DateTimeOffset now)
    {
        var sheet = CsvSheet.Read(text, Columns, Required);
        var lines = new Lines(currency, zone, now);
        foreach (var row in sheet.Rows)
        {
            lines.Read(row);
        }

        return new ImportFile(lines.Rows, sheet.RowCount, lines.Rows.Sum(row => row.OpeningMinor), [.. sheet.HeaderFindings, .. lines.Findings]);
    }

    /// <summary>The lines below the header, as they are read one after the other.</summary>
    private sealed class Lines(Currency? currency, TimeZoneInfo zone, DateTimeOffset now)
    {
        private readonly Dictionary<string, long> _emails = new(StringComparer.Ordinal);
        private readonly Dictionary<string, long> _codes = new(StringComparer.Ordinal);

        private CsvRow _row = null!;

        public List<ImportRow> Rows { get; } = [];

        public List<ImportFinding> Findings { get; } = [];

        public void Read(CsvRow line)
        {
            _row = line;
            var before = Findings.Count;
            if (line.Fault is { } fault)
            {
                Refuse("", fault);
                return;
            }

            var row = new ImportRow(line.Line, ReadName(), ReadEmail(), ReadCode(), ReadStripeAccount(), ReadOpening(), ReadJoined());
            if (row.Email.Length > 0 && !_emails.TryAdd(row.EmailKey, row.Line))
            {
                Refuse(EmailColumn, $"The same mailbox stands on line {_emails[row.EmailKey]}.");
            }

            if (row.Code.Length > 0 && !_codes.TryAdd(row.CodeKey, row.Line))
            {
                Refuse(CodeColumn, $"The same code stands on line {_codes[row.CodeKey]}.");
            }

            if (Findings.Count == before)
            {
                Rows.Add(row);
            }
        }

        private string ReadName()
        {
            var name = Field(NameColumn);
            if (name.Length is 0 or > AmbassadorRequest.NameLengthMax || name.Any(char.IsControl))
            {
                Refuse(NameColumn, $"The name must have 1 to {AmbassadorRequest.NameLengthMax} characters, on one line.");
            }

            return name;
        }

        private string ReadEmail()
        {
            var email = Field(EmailColumn);
            if (!AmbassadorRequest.IsEmail(email))
            {
                Refuse(EmailColumn, "It must be an e-mail address, such as ann@example.com.");
                return "";
            }

            return email;
        }

        private string ReadCode()
        {
            var code = Field(CodeColumn);
            if ((CodeKey.Refusal(code) ?? CodeWords.Refusal(code)) is { } why)
            {
                Refuse(CodeColumn, $"The code {why}.");
                return "";
            }

            return code;
        }

        private string? ReadStripeAccount()
        {
            var account = Field(StripeColumn);
            if (account.Length == 0)
            {
                return null;
            }

            if (!StripeAccountRequest.IsAccount(account))
            {
                Refuse(StripeColumn, "It must be the id of a connected Stripe account, acct_…, or empty.");
            }

            return account;
        }

        private long ReadOpening()
        {
            var text = Field(OpeningColumn);
            if (text.Length == 0)
            {
                return 0;
            }

            if (currency is not { } known)
            {
                Refuse(OpeningColumn, "The store's currency is not known yet, so that no balance can be brought over.");
                return 0;
            }

            if (!Money.TryParse(text, known, out var amount))
            {
                Refuse(OpeningColumn, $"It must be an amount of {known.Code} in plain digits with a point and up to {known.Exponent} decimals, or empty.");
                return 0;
            }

            if (amount.Minor is > OpeningMinorMax or < -OpeningMinorMax)
            {
                Refuse(OpeningColumn, $"The amount is beyond {new Money(OpeningMinorMax, known)}, which nobody is owed.");
                return 0;
            }

            return amount.Minor;
        }

        private DateTimeOffset? ReadJoined()
        {
            var text = Field(JoinedColumn);
            if (text.Length == 0)
            {
                return null;
            }

            if (!DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day))
            {
                Refuse(JoinedColumn, "It must be a day such as 2025-03-31, or empty.");
                return null;
            }

            var today = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(now, zone).DateTime);
            if (day > today || day < JoinedMin)
            {
                Refuse(JoinedColumn, day > today ? "The day lies in the future." : "The day lies before 1990.");
                return null;
            }

            var midnight = day.ToDateTime(TimeOnly.MinValue);
            return new DateTimeOffset(midnight, zone.GetUtcOffset(midnight)).ToUniversalTime();
        }

        private string Field(string column) => _row.Field(column);

        private void Refuse(string column, string text) => Findings.Add(new ImportFinding(_row.Line, column, text));
    }
}
