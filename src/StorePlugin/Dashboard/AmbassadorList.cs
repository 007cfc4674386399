// Ambassadors, newest first, page by page.
using StorePlugin.Data;
using StorePlugin.Pages;
using StorePlugin.Stores;

namespace StorePlugin.Dashboard;

public sealed record AmbassadorListModel(Frame Frame, IReadOnlyList<AmbassadorRow> Ambassadors, bool IsFirst, string? NextPath);

/// <param name="State"><c>approved</c>, <c>suspended</c> or <c>ended</c>.</param>
/// <param name="Group">The group that they are in now; null outside of all.</param>
/// <param name="Codes">Their codes, each with the state of its discount.</param>
/// <param name="Earned">One text a currency; see <see cref="Commission.Earned"/>.</param>
public sealed record AmbassadorRow(
    string Path, string Name, string State, string? Group, string? Link, IReadOnlyList<CodeRow> Codes, IReadOnlyList<string> Earned,
    IReadOnlyList<string> Owed);

/// <param name="State">The state of its discount, <c>off</c> where it was switched off here, <c>adopted</c> where it is the store's own.</param>
/// <param name="Problem">Why the store refused the discount, or what is wrong with it.</param>
public sealed record CodeRow(string Code, string State, string StateWords, string? Problem);

internal static class AmbassadorList
{
    private const long PageSize = 25;

    private const string Columns =
        """
        SELECT a.id, a.name, a.state, g.group_name FROM ambassadors a
        LEFT JOIN group_memberships g ON g.store_id = a.store_id AND g.ambassador_id = a.id
            AND g.number = (SELECT MAX(m.number) FROM group_memberships m WHERE m.store_id = a.store_id AND m.ambassador_id = a.id)
        WHERE a.store_id = @storeId
        """;

    private const string ReadFirst = Columns + " ORDER BY a.id DESC";

    private const string ReadAfter = Columns + " AND a.id < @after ORDER BY a.id DESC";

    private const string ReadOne = Columns + " AND a.id = @id";

    private const string ReadCodes =
        """
        SELECT ambassador_id, code AS text, CASE WHEN adopted_at IS NOT NULL THEN 'adopted' WHEN discount_ended_at IS NOT NULL THEN 'off' ELSE discount_state END AS state,
            discount_problem
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

    public static async Task<AmbassadorListModel> ReadAsync(
        Db db, PublicAddress address, Visitor visitor, string? after, CancellationToken cancel)
    {
        var (rows, next) = await PageAsync(db, address, visitor, after, PageSize, cancel);
        return new AmbassadorListModel(
            Frame.OfDashboard(visitor), rows, string.IsNullOrEmpty(after),
            next is null ? null : $"/dashboard/ambassadors?after={Uri.EscapeDataString(next)}");
    }

    /// <summary>One page, and the id after which the next one begins if there is one.</summary>
    public static async Task<(IReadOnlyList<AmbassadorRow> Rows, string? Next)> PageAsync(
        Db db, PublicAddress address, Visitor visitor, string? after, long size, CancellationToken cancel)
    {
        var people = await db.ManyAsync<Person>(
            (string.IsNullOrEmpty(after) ? ReadFirst : ReadAfter) + " " + db.Page, new { storeId = visitor.Store.Id, after, take = size + 1 }, cancel);
        var shown = people.Take((int)size).ToArray();
        return (await WriteAsync(db, address, visitor.Store, shown, cancel), people.Count > size ? shown[^1].Id : null);
    }

    /// <summary>One ambassador, or null.</summary>
    public static async Task<AmbassadorRow?> OneAsync(Db db, PublicAddress address, Store store, string id, CancellationToken cancel) =>
        await db.OneAsync<Person>(ReadOne, new { storeId = store.Id, id }, cancel) is { } person
            ? (await WriteAsync(db, address, store, [person], cancel))[0]
            : null;

    private static async Task<IReadOnlyList<AmbassadorRow>> WriteAsync(
        Db db, PublicAddress address, Store store, Person[] people, CancellationToken cancel)
    {
        if (people.Length == 0)
        {
            return [];
        }

        var args = new { storeId = store.Id, ids = people.Select(person => person.Id).ToArray() };
        var codes = (await db.ManyAsync<Code>(ReadCodes, args, cancel)).ToLookup(code => code.AmbassadorId);
        var links = (await db.ManyAsync<Link>(ReadLinks, args, cancel)).ToLookup(link => link.AmbassadorId);
        var balances = (await db.ManyAsync<BalanceOf>(ReadBalances, args, cancel))
            .ToLookup(balance => balance.AmbassadorId, balance => new Balance { Account = balance.Account, Currency = balance.Currency, AmountMinor = balance.AmountMinor });
        return
        [
            .. people.Select(person =>
            {
                var figures = Figures.Of(balances[person.Id]);
                return new AmbassadorRow(
                    DashboardEndpoints.PathOf(person.Id),
                    person.Name,
                    person.State,
                    person.GroupName,
                    links[person.Id].FirstOrDefault() is { } link ? address.Of($"/r/{Uri.EscapeDataString(link.Slug)}") : null,
                    [.. codes[person.Id].Select(code => new CodeRow(
                        code.Text, code.State, Words.DiscountState(code.State), code.DiscountProblem))],
                    [.. figures.Select(figure => figure.Earned)],
                    [.. figures.Select(figure => figure.Owed)]);
            }),
        ];
    }

    private sealed record Person(string Id, string Name, string State, string? GroupName);

    // Properties and no constructor: SQLite tells no type for a computed column that has no row.
    private sealed record Code
    {
        public string AmbassadorId { get; init; } = "";

        public string Text { get; init; } = "";

        public string State { get; init; } = "";

        public string? DiscountProblem { get; init; }
    }

    private sealed record Link(string AmbassadorId, string Slug);

    private sealed record BalanceOf(string AmbassadorId, string Account, string Currency, long AmountMinor);
}
