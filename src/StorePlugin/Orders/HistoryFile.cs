// Reads the CSV file of a store's earlier paid orders, and says of each line what is wrong with it.
using System.Globalization;
using StorePlugin.Ambassadors;
using StorePlugin.Campaigns;
using StorePlugin.Webhooks;

namespace StorePlugin.Orders;

/// <summary>An order of the file: what all of its lines say together.</summary>
/// <param name="Line">The first of them.</param>
/// <param name="Shopper">Clear text that lives in memory only.</param>
internal sealed record HistoryRow(long Line, string OrderId, DateTimeOffset PlacedAt, Shopper Shopper);

/// <param name="Rows">One for each order, in the order of the lines.</param>
/// <param name="RowCount">Lines with something on them, right or wrong, without the header.</param>
internal sealed record HistoryFile(IReadOnlyList<HistoryRow> Rows, long RowCount, IReadOnlyList<ImportFinding> Findings)
{
    /// <summary>No online store is older.</summary>
    public static readonly DateTimeOffset EarliestAt = new(1990, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private const string OrderColumn = "order";
    private const string PlacedColumn = "placed_at";
    private const string CustomerColumn = "customer";
    private const string EmailColumn = "email";
    private const string PhoneColumn = "phone";

    private const int IdLengthMax = 60;
    private const int PhoneLengthMax = 40;

    private static readonly string[] Required = [OrderColumn, PlacedColumn];
    private static readonly string[] Naming = [CustomerColumn, EmailColumn, PhoneColumn];
    private static readonly string[] Columns = [.. Required, .. Naming];

    /// <summary>Reads a whole file. One with findings must not be imported.</summary>
    /// <param name="text">Without a byte order mark.</param>
    public static HistoryFile Read(string text, DateTimeOffset now)
    {
        var sheet = CsvSheet.Read(text, Columns, Required);
        var findings = sheet.HeaderFindings.ToList();
        if (sheet.Rows is [{ Fields: { Count: > 0 } fields }, ..] && !Naming.Any(fields.ContainsKey))
        {
            return new HistoryFile([], sheet.RowCount, [new ImportFinding(1, "", $"The file names no customers: it needs one of the columns {string.Join(", ", Naming)}.")]);
        }

        var orders = new Dictionary<string, HistoryRow>(StringComparer.Ordinal);
        foreach (var line in sheet.Rows)
        {
            var before = findings.Count;
            var row = Read(line, now, findings);
            if (findings.Count == before && Merge(orders.GetValueOrDefault(row!.OrderId), row, findings) is { } merged)
            {
                orders[row.OrderId] = merged;
            }
        }

        return new HistoryFile([.. orders.Values.OrderBy(row => row.Line)], sheet.RowCount, findings);
    }

    private static HistoryRow? Read(CsvRow line, DateTimeOffset now, List<ImportFinding> findings)
    {
        if (line.Fault is { } fault)
        {
            Refuse("", fault);
            return null;
        }

        var (order, customer, email, phone) = (line.Field(OrderColumn), line.Field(CustomerColumn), line.Field(EmailColumn), line.Field(PhoneColumn));
        if (order.Length is 0 or > IdLengthMax || !order.All(char.IsAsciiDigit))
        {
            Refuse(OrderColumn, "It must be the number that the store's platform gives the order, in digits: its id, not what people call it.");
        }

        var placedAt = DateOrInstant.Instant(line.Field(PlacedColumn));
        if (placedAt is null || placedAt < EarliestAt || placedAt > now)
        {
            Refuse(PlacedColumn, placedAt is null ? "It must be an instant such as 2025-03-31T10:00:00Z."
                : placedAt > now ? "It lies in the future."
                : "It lies before 1990.");
        }

        if (customer.Length > IdLengthMax || !customer.All(char.IsAsciiDigit))
        {
            Refuse(CustomerColumn, "It must be the number that the store's platform gives the customer, in digits, or empty.");
        }

        if (email.Length > 0 && !AmbassadorRequest.IsEmail(email))
        {
            Refuse(EmailColumn, "It must be an e-mail address, such as ann@example.com, or empty.");
        }

        if (phone.Length > PhoneLengthMax || (phone.Length > 0 && !phone.Any(char.IsAsciiDigit)))
        {
            Refuse(PhoneColumn, "It must be a phone number as the store's platform has it, such as +4930123456, or empty.");
        }

        if (customer.Length == 0 && email.Length == 0 && phone.Length == 0)
        {
            Refuse("", "The line names no customer: it needs a customer, an email or a phone.");
        }

        return new HistoryRow(line.Line, order, placedAt ?? now, new Shopper(OrNull(customer), OrNull(email), OrNull(phone)));

        void Refuse(string column, string text) => findings.Add(new ImportFinding(line.Line, column, text));
    }

    /// <summary>
    /// Stores write an order once for each thing that was bought, with the shopper on the first line only: what is said again,
    /// or not said, is no contradiction. Null where something is.
    /// </summary>
    private static HistoryRow? Merge(HistoryRow? known, HistoryRow row, List<ImportFinding> findings)
    {
        if (known is null)
        {
            return row;
        }

        var before = findings.Count;
        Demand(PlacedColumn, "another instant", known.PlacedAt == row.PlacedAt);
        Demand(CustomerColumn, "another customer", Agree(known.Shopper.CustomerId, row.Shopper.CustomerId));
        Demand(EmailColumn, "another e-mail address", Agree(KeyOf(known.Shopper.Email), KeyOf(row.Shopper.Email)));
        Demand(PhoneColumn, "another phone number", Agree(known.Shopper.Phone, row.Shopper.Phone));
        return findings.Count > before
            ? null
            : known with
            {
                Shopper = new Shopper(known.Shopper.CustomerId ?? row.Shopper.CustomerId, known.Shopper.Email ?? row.Shopper.Email, known.Shopper.Phone ?? row.Shopper.Phone),
            };

        void Demand(string column, string other, bool isSo)
        {
            if (!isSo)
            {
                findings.Add(new ImportFinding(
                    row.Line, column, string.Create(CultureInfo.InvariantCulture, $"The same order stands on line {known.Line} with {other}.")));
            }
        }
    }

    private static bool Agree(string? one, string? other) => one is null || other is null || one == other;

    private static string? KeyOf(string? email) => email is null ? null : PersonKey.OfEmail(email);

    private static string? OrNull(string text) => text.Length == 0 ? null : text;
}
