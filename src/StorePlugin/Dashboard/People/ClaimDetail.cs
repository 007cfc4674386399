// One missing order: what the ambassador wrote, and the orders of the store that have its number.
using StorePlugin.Ambassadors;
using StorePlugin.Dashboard.Payouts;
using StorePlugin.Data;
using StorePlugin.Pages;
using StorePlugin.Stores;
using Visitor = StorePlugin.Stores.Visitor;

namespace StorePlugin.Dashboard.People;

/// <param name="Look">The number that was looked for.</param>
/// <param name="Found">The orders that have it.</param>
/// <param name="Reason">What was typed and could not be used.</param>
/// <param name="CanDecide">Whether it waits, and whoever looks may decide.</param>
public sealed record ClaimModel(
    Frame Frame, ClaimRow Claim, IReadOnlyList<string> Lines, string Look, IReadOnlyList<FoundOrder> Found, bool CanDecide, string? CreditedPath, string Reason = "", string? Problem = null)
{
    /// <summary>Says nothing, so that no log line can hold what a person wrote.</summary>
    public override string ToString() => nameof(ClaimModel);
}

/// <param name="Value">Names the order, and the newest decision about it, in the form.</param>
/// <param name="Credited">Whom it counts for, in words.</param>
/// <param name="CountsForThem">Whether it counts for the one who misses it.</param>
public sealed record FoundOrder(string Value, string Path, string Reference, Moment? At, string State, string Net, string Commission, string Credited, bool CountsForThem);

internal static class ClaimDetail
{
    // Two orders of one number are rare, and nobody chooses among many.
    private const long FoundMax = 5;

    private const string FindOrders =
        """
        SELECT o.order_id, o.reference, o.state, o.at, o.currency, o.net_minor, o.commission_minor, o.ambassador_id, a.name AS ambassador,
            COALESCE((SELECT MAX(d.number) FROM order_decisions d WHERE d.store_id = o.store_id AND d.order_id = o.order_id), 0) AS decisions
        FROM orders o LEFT JOIN ambassadors a ON a.store_id = o.store_id AND a.id = o.ambassador_id
        WHERE o.store_id = @storeId AND (o.reference IN @references OR o.order_id = @orderId)
        ORDER BY o.order_id
        """;

    /// <param name="look">A number in place of the one that the ambassador wrote; empty: that one.</param>
    public static async Task<ClaimModel?> ReadAsync(ClaimSources sources, Visitor visitor, string id, string? look, string? notice, CancellationToken cancel)
    {
        var store = visitor.Store;
        if (await sources.Claims.FindAsync(store, id, cancel) is not { } claim)
        {
            return null;
        }

        var (time, reader) = (new StoreTime(store), new RunReader(visitor.Actor, await sources.Team.NamesAsync(store, cancel)));
        var names = await sources.Payees.NamesAsync(store, [claim.AmbassadorId], cancel);
        var number = look?.Trim() is { Length: > 0 and <= NewClaim.ReferenceLengthMax } typed ? typed : claim.Reference;
        var isOpen = claim.State == OrderClaim.Open;
        return new ClaimModel(
            Frame.OfDashboard(visitor, notice),
            ClaimList.Show(claim, names, time, reader, sources.Clock.GetUtcNow(), NewClaim.TextLengthMax),
            claim.Text?.Split('\n') ?? [],
            number,
            isOpen ? [.. (await FindAsync(sources.Db, store, number, cancel)).Select(order => Show(order, claim, time))] : [],
            isOpen && visitor.Role != Role.Viewer,
            claim.OrderId is { } orderId ? OrderPages.PathOf(orderId) : null);
    }

    private static Task<IReadOnlyList<Row>> FindAsync(Db db, Store store, string number, CancellationToken cancel)
    {
        // Stores write a sign before the number, and people leave it out.
        var bare = number.TrimStart('#', ' ');
        return db.ManyAsync<Row>(
            $"{FindOrders} {db.Page}", new { storeId = store.Id, references = new TextList([number, bare, "#" + bare]), orderId = bare, take = FoundMax }, cancel);
    }

    private static FoundOrder Show(Row row, OrderClaim claim, StoreTime time) => new(
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{row.Decisions}:{row.OrderId}"),
        OrderPages.PathOf(row.OrderId),
        row.Reference ?? row.OrderId,
        time.At(row.At),
        row.State,
        row.Currency is null ? "–" : Words.Of(row.NetMinor, row.Currency),
        row.Currency is null ? "–" : Words.Of(row.CommissionMinor, row.Currency),
        row.AmbassadorId is null ? "Nobody" : row.AmbassadorId == claim.AmbassadorId ? "Them already" : Words.ShortName(row.Ambassador ?? "An ambassador"),
        row.AmbassadorId == claim.AmbassadorId);

    // Properties and no constructor: SQLite tells no type for a computed column that has no row.
    private sealed record Row
    {
        public string OrderId { get; init; } = "";

        public string? Reference { get; init; }

        public string State { get; init; } = "";

        public DateTimeOffset? At { get; init; }

        public string? Currency { get; init; }

        public long NetMinor { get; init; }

        public long CommissionMinor { get; init; }

        public string? AmbassadorId { get; init; }

        public string? Ambassador { get; init; }

        public long Decisions { get; init; }
    }
}
