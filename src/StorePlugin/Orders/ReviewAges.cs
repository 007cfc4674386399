// How long orders have stood in review. No time ends a review (rule H4): the merchant is shown what waits, and reminded of it.
using System.Collections.Immutable;
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Orders;

/// <summary>How many of a store's orders stand in review, and for how many days of 24 hours.</summary>
internal sealed record ReviewAges
{
    /// <summary>Whoever has to decide is reminded when a review becomes so many days old.</summary>
    public static readonly ImmutableArray<int> Reminders = [3, 7, 14];

    private const string Read =
        """
        SELECT CAST(COUNT(*) AS bigint) AS waiting, COALESCE(MIN(review_at), 0) AS oldest_at,
            CAST(COALESCE(SUM(CASE WHEN review_at <= @three THEN 1 ELSE 0 END), 0) AS bigint) AS three_days,
            CAST(COALESCE(SUM(CASE WHEN review_at <= @seven THEN 1 ELSE 0 END), 0) AS bigint) AS seven_days,
            CAST(COALESCE(SUM(CASE WHEN review_at <= @fourteen THEN 1 ELSE 0 END), 0) AS bigint) AS fourteen_days
        FROM orders WHERE store_id = @storeId AND state = 'review'
        """;

    public long Waiting { get; init; }

    /// <summary>Of what waits longest, in Unix milliseconds.</summary>
    public long OldestAt { get; init; }

    public long ThreeDays { get; init; }

    public long SevenDays { get; init; }

    public long FourteenDays { get; init; }

    /// <summary>How many have waited for so many days or longer.</summary>
    public IReadOnlyList<(int Days, long Orders)> ByAge => [(Reminders[0], ThreeDays), (Reminders[1], SevenDays), (Reminders[2], FourteenDays)];

    public long OldestDays(DateTimeOffset now) => DaysOf(DateTimeOffset.FromUnixTimeMilliseconds(OldestAt), now);

    /// <summary>For how many whole days something has stood in review.</summary>
    public static long DaysOf(DateTimeOffset reviewAt, DateTimeOffset now) => (long)(now - reviewAt).TotalDays;

    public static async Task<ReviewAges> ReadAsync(Db db, Store store, DateTimeOffset now, CancellationToken cancel) =>
        (await db.OneAsync<ReviewAges>(
            Read,
            new { storeId = store.Id, three = now.AddDays(-Reminders[0]), seven = now.AddDays(-Reminders[1]), fourteen = now.AddDays(-Reminders[2]) },
            cancel))!;
}
