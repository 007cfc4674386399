// Ambassadors as a file that a spreadsheet reads, with what they have brought and earned: as many as there are, a page at a time.
using System.Globalization;
using CsvHelper;
using StorePlugin.Data;
using StorePlugin.Ledger;
using StorePlugin.Payouts.Statements;
using StorePlugin.Stores;
using StorePlugin.Webhooks;

namespace StorePlugin.Dashboard.People;

internal static class AmbassadorExport
{
    private const int PageSize = 200;

    private static readonly string[] Accounts = [Account.Held, Account.Review, Account.Approved, Account.InPayout, Account.Paid];

    private static readonly string[] Header =
        ["id", "name", "email", "state", "campaign", "group", "code", "link", "clicks", "orders", "net_sales", .. Accounts, "owed", "currency"];

    private const string ReadPeople =
        """
        SELECT a.id, a.email, c.name AS campaign FROM ambassadors a JOIN campaigns c ON c.store_id = a.store_id AND c.id = a.campaign_id
        WHERE a.store_id = @storeId AND a.id IN @ids
        """;

    // As on the overview: observed orders are not paid yet, and parked ones not known yet (rule H1).
    private const string SumOrders =
        """
        SELECT ambassador_id, currency, CAST(COUNT(*) AS bigint) AS orders, COALESCE(SUM(net_minor), 0) AS net_minor FROM orders
        WHERE store_id = @storeId AND ambassador_id IN @ids AND currency IS NOT NULL
            AND state IN ('held', 'review', 'approved', 'in_payout', 'paid', 'reversed', 'disputed')
        GROUP BY ambassador_id, currency ORDER BY ambassador_id, currency
        """;

    /// <summary>
    /// Writes the ambassadors of a list, newest first. Whoever has earned in several currencies has a line for each, since no sum crosses
    /// two of them (rule M1); their clicks stand on the first line only. Amounts are decimals of their currency, below zero with a minus sign.
    /// </summary>
    public static async Task WriteAsync(PeopleSources sources, Store store, AmbassadorFilter filter, Stream body, CancellationToken cancel)
    {
        await WriteAsync(body, [Header], cancel);
        var warned = await sources.WarnedAsync(store, filter, cancel);
        for (string? after = null; ;)
        {
            var page = await AmbassadorSearch.ReadAsync(sources.Db, store, filter, warned, after, PageSize, cancel);
            if (page.People.Count > 0)
            {
                await WriteAsync(body, await LinesAsync(sources, store, page.People, cancel), cancel);
            }

            if (page.Next is null)
            {
                return;
            }

            after = page.Next;
        }
    }

    private static async Task WriteAsync(Stream body, IEnumerable<string[]> lines, CancellationToken cancel)
    {
        using var part = new MemoryStream();
        using (var csv = CsvWriter.Create(part, leaveOpen: true))
        {
            foreach (var line in lines)
            {
                csv.WriteRecord(line);
            }
        }

        await body.WriteAsync(part.GetBuffer().AsMemory(0, (int)part.Length), cancel);
        await body.FlushAsync(cancel);
    }

    private static async Task<List<string[]>> LinesAsync(
        PeopleSources sources, Store store, IReadOnlyList<FoundAmbassador> found, CancellationToken cancel)
    {
        var ids = found.Select(person => person.Id).ToArray();
        var args = new { storeId = store.Id, ids = new TextList(ids) };
        var people = (await sources.Db.ManyAsync<Person>(ReadPeople, args, cancel)).ToDictionary(person => person.Id, StringComparer.Ordinal);
        var sales = (await sources.Db.ManyAsync<Sales>(SumOrders, args, cancel)).ToLookup(row => row.AmbassadorId, StringComparer.Ordinal);
        var details = await AmbassadorDetails.ReadAsync(sources.Db, sources.Address, store, ids, cancel);
        var counts = await sources.Ambassadors.CountAsync(store, ids, cancel);
        var lines = new List<string[]>();
        foreach (var one in found)
        {
            var (balances, sold, person) = (details.Balances[one.Id].ToList(), sales[one.Id].ToList(), people[one.Id]);
            var currencies = balances.Select(balance => balance.Currency).Concat(sold.Select(row => row.Currency)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
            if (currencies.Count == 0)
            {
                currencies.Add(store.Currency ?? "");
            }

            string[] about =
            [
                one.Id, StatementFile.AsText(one.Name), StatementFile.AsText(person.Email), one.State, StatementFile.AsText(person.Campaign),
                StatementFile.AsText(one.GroupName ?? ""), StatementFile.AsText(details.Codes[one.Id].FirstOrDefault(code => code.IsLive)?.Code ?? ""),
                details.LinkOf(one.Id) ?? "",
            ];
            lines.AddRange(currencies.Select((code, i) => (string[])
            [
                .. about, i == 0 ? Text(counts[one.Id].Clicks) : "",
                .. FiguresOf(code, sold.Find(row => row.Currency == code), [.. balances.Where(balance => balance.Currency == code)]),
            ]));
        }

        return lines;
    }

    /// <summary>The orders and the amounts in one currency, and its code; empty where the store's currency is not known yet and nothing was sold.</summary>
    private static string[] FiguresOf(string code, Sales? sold, IReadOnlyList<Balance> balances)
    {
        if (!Currency.TryParse(code, out var currency))
        {
            return ["0", "", .. Accounts.Select(_ => ""), "", code];
        }

        return
        [
            Text(sold?.Orders ?? 0), new Money(sold?.NetMinor ?? 0, currency).ToDecimalString(), .. Accounts.Select(account => Of(account).ToDecimalString()),
            (Of(Account.Approved) + Of(Account.InPayout)).ToDecimalString(), code,
        ];

        Money Of(string account) => new(balances.Where(balance => balance.Account == account).Sum(balance => balance.AmountMinor), currency);
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private sealed record Person(string Id, string Email, string Campaign)
    {
        public override string ToString() => nameof(Person);
    }

    // By properties, not by position: SQLite has no type for a summed column when there is no row.
    private sealed record Sales
    {
        public string AmbassadorId { get; init; } = "";

        public string Currency { get; init; } = "";

        public long Orders { get; init; }

        public long NetMinor { get; init; }
    }
}
