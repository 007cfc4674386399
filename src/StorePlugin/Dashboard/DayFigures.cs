// What an interval has brought, day by day: clicks, and the orders that ambassadors are credited with.
using System.Runtime.InteropServices;
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Dashboard;

/// <summary>The figures of a part of an interval, in one currency.</summary>
/// <param name="NetMinor">What the orders of these days come to now, after refunds; in minor units.</param>
/// <param name="CommissionMinor">What is booked for them.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct DaySum(long Orders, long NewCustomers, long NetMinor, long CommissionMinor)
{
    public static DaySum operator +(DaySum left, DaySum right) => new(
        left.Orders + right.Orders, left.NewCustomers + right.NewCustomers, left.NetMinor + right.NetMinor, left.CommissionMinor + right.CommissionMinor);
}

/// <summary>All figures of a store between two days. An order counts on its own day, whatever became of it since.</summary>
internal sealed class DayFigures
{
    private const string ReadClicks =
        """
        SELECT local_day, SUM(clicks) AS clicks FROM click_days
        WHERE store_id = @storeId AND local_day >= @from AND local_day <= @to GROUP BY local_day
        """;

    private const string ReadOrders =
        """
        SELECT local_day, currency, SUM(orders) AS orders, SUM(new_customers) AS new_customers, SUM(net_minor) AS net_minor, SUM(commission_minor) AS commission_minor
        FROM order_days
        WHERE store_id = @storeId AND local_day >= @from AND local_day <= @to GROUP BY local_day, currency
        """;

    private readonly Dictionary<long, long> _clicks;
    private readonly Dictionary<(long Day, string Currency), DaySum> _orders;

    private DayFigures(IReadOnlyList<ClickRow> clicks, IReadOnlyList<OrderRow> orders)
    {
        _clicks = clicks.ToDictionary(row => row.LocalDay, row => row.Clicks);
        _orders = orders.ToDictionary(row => (row.LocalDay, row.Currency), row => new DaySum(row.Orders, row.NewCustomers, row.NetMinor, row.CommissionMinor));
        Currencies = [.. orders.Where(row => row.Orders != 0).Select(row => row.Currency).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
    }

    /// <summary>Those in which something was sold.</summary>
    public IReadOnlyList<string> Currencies { get; }

    public static async Task<DayFigures> ReadAsync(Db db, Store store, Period period, CancellationToken cancel)
    {
        var args = new { storeId = store.Id, from = period.FromDay, to = period.ToDay };
        return new DayFigures(await db.ManyAsync<ClickRow>(ReadClicks, args, cancel), await db.ManyAsync<OrderRow>(ReadOrders, args, cancel));
    }

    public long Clicks(Period part) => _clicks.Where(day => IsIn(day.Key, part)).Sum(day => day.Value);

    /// <summary>The orders of some days: in one currency, or their number in all of them for null, of which no amount may be used (rule M1).</summary>
    public DaySum Orders(Period part, string? currency = null) => _orders
        .Where(day => IsIn(day.Key.Day, part) && (currency is null || day.Key.Currency == currency))
        .Aggregate(default(DaySum), (sum, day) => sum + day.Value);

    private static bool IsIn(long day, Period part) => day >= part.FromDay && day <= part.ToDay;

    // Properties and no constructor: SQLite tells no type for a computed column that has no row.
    private sealed record ClickRow
    {
        public long LocalDay { get; init; }

        public long Clicks { get; init; }
    }

    private sealed record OrderRow
    {
        public long LocalDay { get; init; }

        public string Currency { get; init; } = "";

        public long Orders { get; init; }

        public long NewCustomers { get; init; }

        public long NetMinor { get; init; }

        public long CommissionMinor { get; init; }
    }
}
