// What stands in the set-up's goal before anybody has typed anything.
using System.Globalization;
using StorePlugin.Campaigns;
using StorePlugin.Dashboard.Campaigns;
using StorePlugin.Data;
using StorePlugin.Stores;
using StorePlugin.Webhooks;

namespace StorePlugin.Dashboard.Setup;

internal static class SetupDefaults
{
    /// <summary>What a programme may be hoped to bring of what the store sells already: a tenth.</summary>
    private const long Part = 10;

    /// <summary>Where nothing of the store is known.</summary>
    private const long OrdersUsual = 20;

    private static readonly TimeSpan Ahead = TimeSpan.FromDays(90);

    private const string SumSales =
        """
        SELECT COALESCE(SUM(net_minor), 0) FROM orders
        WHERE store_id = @storeId AND at >= @from AND at < @to AND currency = @currency AND paid_at IS NOT NULL AND net_minor > 0
        """;

    /// <summary>A tenth of the net sales of the last 90 days, as a round number, to be reached in as many; a few orders where nothing was sold.</summary>
    public static async Task<Typed> GoalAsync(Db db, Store store, DateTimeOffset now, CancellationToken cancel)
    {
        var sold = Currency.TryParse(store.Currency, out var currency)
            ? await db.OneAsync<long>(SumSales, new { storeId = store.Id, from = now.AddDays(-TypicalOrder.Days), to = now, currency = currency.Code }, cancel)
            : 0;
        var major = sold / Part / Math.Max(1, currency.MinorPerMajor);
        return new Typed(new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["metric"] = major > 0 ? "net_sales" : "orders",
            ["target"] = (major > 0 ? Round(major) : OrdersUsual).ToString(CultureInfo.InvariantCulture),
            ["by"] = TimeZoneInfo.ConvertTime(now + Ahead, store.Zone).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        });
    }

    /// <summary>The least 1, 2 or 5 with noughts that is not below a number.</summary>
    internal static long Round(long number)
    {
        var unit = 1L;
        while (unit <= number / 10)
        {
            unit *= 10;
        }

        return unit >= number ? unit : 2 * unit >= number ? 2 * unit : 5 * unit >= number ? 5 * unit : 10 * unit;
    }
}
