// What an account of the books holds, ambassador by ambassador: the rows that the overview's balances sum.
using StorePlugin.Data;
using StorePlugin.Ledger;
using StorePlugin.Pages;
using StorePlugin.Stores;
using StorePlugin.Webhooks;

namespace StorePlugin.Dashboard;

/// <param name="Title">The account in a word or two.</param>
/// <param name="Sum">Of all ambassadors, whatever the page shows.</param>
public sealed record BalanceListModel(Frame Frame, string Title, string Currency, string Sum, IReadOnlyList<BalanceRow> Rows, bool IsFirst, string FirstPath, string? NextPath);

public sealed record BalanceRow(string Path, string Name, string Amount, bool IsNegative);

internal static class BalanceList
{
    public const string Path = "/dashboard/balances";

    /// <summary>Approved and in payout: what is owed.</summary>
    public const string Owed = "owed";

    private const long PageSize = 50;

    private const string Sum =
        """
        SELECT COALESCE(SUM(amount_minor), 0) FROM balances
        WHERE store_id = @storeId AND ambassador_id <> '' AND account IN @accounts AND currency = @currency
        """;

    private const string Read =
        """
        SELECT b.ambassador_id, a.name, SUM(b.amount_minor) AS amount_minor
        FROM balances b JOIN ambassadors a ON a.store_id = b.store_id AND a.id = b.ambassador_id
        WHERE b.store_id = @storeId AND b.ambassador_id > @after AND b.account IN @accounts AND b.currency = @currency
        GROUP BY b.ambassador_id, a.name
        HAVING SUM(b.amount_minor) <> 0
        ORDER BY b.ambassador_id
        """;

    /// <summary>Null for an account or a currency that there is not.</summary>
    public static async Task<BalanceListModel?> ReadAsync(Db db, Visitor visitor, string? account, string? currency, string? after, CancellationToken cancel)
    {
        string[] accounts = account == Owed ? [Account.Approved, Account.InPayout] : [.. Account.OfAmbassador.Where(known => known == account)];
        if (accounts.Length == 0 || !Currency.TryParse(currency, out var known))
        {
            return null;
        }

        var args = new { storeId = visitor.Store.Id, accounts, currency = known.Code, after = after ?? "", take = PageSize + 1 };
        var rows = await db.ManyAsync<Row>($"{Read} {db.Page}", args, cancel);
        var shown = rows.Take((int)PageSize).ToArray();
        var first = $"{Path}?currency={known.Code}&account={account}";
        return new BalanceListModel(
            Frame.OfDashboard(visitor),
            account == Owed ? "Balance owed" : Words.AccountName(accounts[0]),
            known.Code,
            Words.Of(await db.OneAsync<long>(Sum, args, cancel), known.Code),
            [.. shown.Select(row => new BalanceRow(DashboardEndpoints.PathOf(row.AmbassadorId), Words.ShortName(row.Name), Words.Of(row.AmountMinor, known.Code), row.AmountMinor < 0))],
            string.IsNullOrEmpty(after),
            first,
            rows.Count > PageSize ? $"{first}&after={Uri.EscapeDataString(shown[^1].AmbassadorId)}" : null);
    }

    // Properties and no constructor: SQLite tells no type for a computed column that has no row.
    private sealed record Row
    {
        public string AmbassadorId { get; init; } = "";

        public string Name { get; init; } = "";

        public long AmountMinor { get; init; }
    }
}
