// What stands beside the names of some ambassadors: codes, links and balances, read for all of them at once.
using StorePlugin.Data;
using StorePlugin.Pages;
using StorePlugin.Stores;

namespace StorePlugin.Dashboard.People;

/// <param name="Codes">By the ambassador's id, oldest first: those that count, and those that the store refused.</param>
/// <param name="Links">The addresses to share, by the ambassador's id.</param>
/// <param name="Balances">By the ambassador's id.</param>
internal sealed record AmbassadorDetails(ILookup<string, CodeRow> Codes, ILookup<string, string> Links, ILookup<string, Balance> Balances)
{
    private const string ReadCodes =
        """
        SELECT ambassador_id, code AS text, CASE WHEN adopted_at IS NOT NULL THEN 'adopted' WHEN discount_ended_at IS NOT NULL THEN 'off' ELSE discount_state END AS state,
            discount_problem, ended_at
        FROM codes
        WHERE store_id = @storeId AND ambassador_id IN @ids AND (ended_at IS NULL OR ended_at = assigned_at) ORDER BY assigned_at, code_key
        """;

    private const string ReadLinks =
        "SELECT ambassador_id, slug FROM link_slugs WHERE store_id = @storeId AND ambassador_id IN @ids ORDER BY created_at, slug_key";

    private const string ReadBalances =
        """
        SELECT ambassador_id, account, currency, amount_minor FROM balances
        WHERE store_id = @storeId AND ambassador_id IN @ids
        """;

    /// <summary>The address to share; null where there is none.</summary>
    public string? LinkOf(string ambassadorId) => Links[ambassadorId].FirstOrDefault();

    public static async Task<AmbassadorDetails> ReadAsync(
        Db db, PublicAddress address, Store store, IReadOnlyCollection<string> ids, CancellationToken cancel)
    {
        var args = new { storeId = store.Id, ids = new TextList(ids) };
        var codes = await db.ManyAsync<Code>(ReadCodes, args, cancel);
        var links = await db.ManyAsync<Link>(ReadLinks, args, cancel);
        var balances = await db.ManyAsync<BalanceOf>(ReadBalances, args, cancel);
        return new AmbassadorDetails(
            codes.ToLookup(
                code => code.AmbassadorId,
                code => new CodeRow(code.Text, code.State, Words.DiscountState(code.State), code.DiscountProblem, code.EndedAt is null),
                StringComparer.Ordinal),
            links.ToLookup(link => link.AmbassadorId, link => address.Of($"/r/{Uri.EscapeDataString(link.Slug)}"), StringComparer.Ordinal),
            balances.ToLookup(
                balance => balance.AmbassadorId,
                balance => new Balance { Account = balance.Account, Currency = balance.Currency, AmountMinor = balance.AmountMinor },
                StringComparer.Ordinal));
    }

    // Properties and no constructor: SQLite tells no type for a computed column that has no row.
    private sealed record Code
    {
        public string AmbassadorId { get; init; } = "";

        public string Text { get; init; } = "";

        public string State { get; init; } = "";

        public string? DiscountProblem { get; init; }

        public DateTimeOffset? EndedAt { get; init; }
    }

    private sealed record Link(string AmbassadorId, string Slug);

    private sealed record BalanceOf(string AmbassadorId, string Account, string Currency, long AmountMinor);
}
