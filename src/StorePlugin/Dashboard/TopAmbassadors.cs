// Who has brought the most in an interval.
using System.Collections.Concurrent;
using StorePlugin.Data;
using StorePlugin.Pages;
using StorePlugin.Stores;

namespace StorePlugin.Dashboard;

/// <summary>An ambassador with what their orders of the interval have come to.</summary>
public sealed record TopRow(string Path, string Name, string Orders, string Net, string Commission);

/// <summary>
/// The sums are over single orders, since nothing is kept by ambassador and day: that would cost each order a page of the disk. Of a
/// year of a large store that takes a second, so what was read is shown again for a hundred times as long as reading it took: no page
/// takes more than a hundredth of a processor for it, and a small store's page is always of this moment.
/// </summary>
internal sealed class TopAmbassadors(Db db, TimeProvider clock)
{
    public const long Shown = 5;

    private const int KeptTimes = 100;
    private const int KeptMax = 1000;

    private const string Read =
        """
        SELECT a.id, a.name, x.orders, x.net_minor, x.commission_minor
        FROM (SELECT o.ambassador_id, CAST(COUNT(*) AS bigint) AS orders, SUM(o.net_minor) AS net_minor, SUM(o.commission_minor) AS commission_minor
            FROM orders o
            WHERE o.store_id = @storeId AND o.at >= @from AND o.at < @to AND o.currency = @currency AND o.ambassador_id IS NOT NULL
                AND o.state IN ('held', 'review', 'approved', 'in_payout', 'paid', 'reversed', 'disputed')
            GROUP BY o.ambassador_id) x
        JOIN ambassadors a ON a.store_id = @storeId AND a.id = x.ambassador_id
        ORDER BY x.net_minor DESC, a.id
        """;

    private readonly ConcurrentDictionary<(string StoreId, Period Period, string Currency), Kept> _kept = new();
    private readonly ConcurrentDictionary<(string StoreId, Period Period, string Currency), SemaphoreSlim> _reading = new();

    /// <summary>The first by net sales in one currency, the greatest first.</summary>
    public async Task<IReadOnlyList<TopRow>> OfAsync(Store store, Period period, string currency, CancellationToken cancel)
    {
        var key = (store.Id, period, currency);
        if (FindFresh(key) is { } fresh)
        {
            return fresh;
        }

        // Many look at once, and one reads for all. Whoever comes meanwhile sees what was read before; if nothing was, they wait.
        var gate = _reading.GetOrAdd(key, _ => new SemaphoreSlim(1));
        var before = _kept.GetValueOrDefault(key);
        if (!await gate.WaitAsync(before is null ? Timeout.InfiniteTimeSpan : TimeSpan.Zero, cancel))
        {
            return before!.Rows;
        }

        try
        {
            return FindFresh(key) ?? await ReadAsync(key, store, cancel);
        }
        finally
        {
            gate.Release();
        }
    }

    private IReadOnlyList<TopRow>? FindFresh((string StoreId, Period Period, string Currency) key) =>
        _kept.TryGetValue(key, out var kept) && clock.GetUtcNow() < kept.Until ? kept.Rows : null;

    private async Task<IReadOnlyList<TopRow>> ReadAsync((string StoreId, Period Period, string Currency) key, Store store, CancellationToken cancel)
    {
        var (_, period, currency) = key;
        var began = clock.GetTimestamp();
        var (from, to) = period.InstantsIn(store);
        var rows = await db.ManyAsync<Row>($"{Read} {db.Page}", new { storeId = store.Id, from, to, currency, take = Shown }, cancel);
        IReadOnlyList<TopRow> shown =
        [
            .. rows.Select(row => new TopRow(
                DashboardEndpoints.PathOf(row.Id), Words.ShortName(row.Name), Words.Of(row.Orders), Words.Of(row.NetMinor, currency), Words.Of(row.CommissionMinor, currency))),
        ];
        if (_kept.Count >= KeptMax)
        {
            _kept.Clear();
            _reading.Clear();
        }

        _kept[key] = new Kept(shown, clock.GetUtcNow() + (clock.GetElapsedTime(began) * KeptTimes));
        return shown;
    }

    private sealed record Kept(IReadOnlyList<TopRow> Rows, DateTimeOffset Until);

    // Properties and no constructor: SQLite tells no type for a computed column that has no row.
    private sealed record Row
    {
        public string Id { get; init; } = "";

        public string Name { get; init; } = "";

        public long Orders { get; init; }

        public long NetMinor { get; init; }

        public long CommissionMinor { get; init; }
    }
}
