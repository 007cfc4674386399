// The job that reminds merchants of orders in review (rule H4). It may run twice, and on several machines, without effect.
using System.Globalization;
using StorePlugin.Data;
using StorePlugin.Orders;
using StorePlugin.Stores;

namespace StorePlugin.Mail;

/// <summary>
/// Looks at each store at 08:00 of its day, or later where it could not then, and writes one mail where a review has become old
/// enough since the look that made the store's last mail. The outbox holds those, so that no age of a review is told twice and none
/// is missed while the program is down.
/// </summary>
internal sealed class RemindOfReviews(Db db, StoreDirectory stores, StoreContact contact, TimeProvider clock)
{
    private const int BatchMax = 200;

    // A store that has left is not reminded: its orders are nobody's to decide.
    private const string FindWaiting =
        """
        SELECT s.id FROM stores s
        WHERE s.id > @after AND s.state = 'installed'
            AND EXISTS (SELECT 1 FROM orders o WHERE o.store_id = s.id AND o.state = 'review' AND o.review_at <= @before)
        ORDER BY s.id
        """;

    /// <summary>Looks at all of them, some at a time. Returns how many are reminded.</summary>
    public async Task<int> RunOnceAsync(CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var (reminded, last) = (0, "");
        while (true)
        {
            var found = await db.ManyAsync<string>($"{FindWaiting} {db.Page}", new { after = last, before = now.AddDays(-ReviewAges.Reminders[0]), take = BatchMax }, cancel);
            foreach (var id in found)
            {
                reminded += await LookAsync(await stores.GetAsync(id, cancel), now, cancel) ? 1 : 0;
            }

            if (found.Count < BatchMax)
            {
                return reminded;
            }

            last = found[^1];
        }
    }

    private const string ReadLast =
        """
        SELECT subject FROM effects
        WHERE store_id = @storeId AND kind = 'mail' AND subject >= @from AND subject < @before
        ORDER BY subject DESC
        """;

    private async Task<bool> LookAsync(Store store, DateTimeOffset now, CancellationToken cancel)
    {
        var day = LocalDay.Of(store, now);
        var look = LocalDay.Morning(store, day);
        if (now < look)
        {
            return false;
        }

        // A colon is followed by a semicolon: between the two lie the mails of every day.
        const string From = MailNotice.ReviewReminder + ":";
        const string Before = MailNotice.ReviewReminder + ";";
        var subject = await db.OneAsync<string>($"{ReadLast} {db.Page}", new { storeId = store.Id, from = From, before = Before, take = 1L }, cancel);
        DateOnly? last = subject is null ? null : DateOnly.ParseExact(subject[From.Length..], MailNotice.DayFormat, CultureInfo.InvariantCulture);
        if (last >= day
            || !await HasAgedAsync(store, last is { } known ? LocalDay.Morning(store, known) : DateTimeOffset.UnixEpoch, look, cancel)
            || await contact.FindAsync(store.Id, cancel) is null)
        {
            return false;
        }

        return await db.InTransactionAsync(tx => new MailNotice(MailNotice.ReviewReminder, null, day).AddAsync(tx, store.Id, now), cancel: cancel);
    }

    private const string CountAged =
        """
        SELECT CAST(COUNT(*) AS bigint) FROM orders
        WHERE store_id = @storeId AND state = 'review' AND review_at > @after AND review_at <= @until
        """;

    /// <summary>Whether a review has become old enough for a reminder after one look and until the other.</summary>
    private async Task<bool> HasAgedAsync(Store store, DateTimeOffset after, DateTimeOffset until, CancellationToken cancel)
    {
        foreach (var days in ReviewAges.Reminders)
        {
            if (await db.OneAsync<long>(CountAged, new { storeId = store.Id, after = after.AddDays(-days), until = until.AddDays(-days) }, cancel) > 0)
            {
                return true;
            }
        }

        return false;
    }
}
