// Which paid orders named a code that works once: of several the first counts, by instant and id.
using StorePlugin.Ambassadors;
using StorePlugin.Data;
using StorePlugin.Stores;
using StorePlugin.Webhooks;

namespace StorePlugin.Orders;

/// <summary>
/// The table <c>series_uses</c>, a projection of the paid orders. A platform may let two checkouts take one code at the same
/// moment: the order that stands first counts, whichever is told of first (rule I6), and where that changes the others are decided
/// again. One that is in a payout or paid stays as it was known, as with all that orders rest on (rule L2).
/// </summary>
internal static class SeriesUses
{
    // SQL Server takes 2,100 parameters.
    private const int KeysAtOnceMax = 500;

    private const string FindCodes = "SELECT code_key FROM series_codes WHERE store_id = @storeId AND code_key IN @keys AND state <> 'refused'";

    private const string Delete = "DELETE FROM series_uses WHERE store_id = @storeId AND code_key = @codeKey AND sort_key = @sortKey";

    private const string Insert =
        """
        INSERT INTO series_uses (store_id, code_key, sort_key, order_id)
        SELECT @storeId, @codeKey, @sortKey, @orderId
        WHERE NOT EXISTS (SELECT 1 FROM series_uses WHERE store_id = @storeId AND code_key = @codeKey AND sort_key = @sortKey)
        """;

    private const string QueueLater =
        """
        INSERT INTO reconsiderations (store_id, order_id, at, queued_at)
        SELECT o.store_id, o.order_id, o.at, @now FROM series_uses u
        JOIN orders o ON o.store_id = u.store_id AND o.order_id = u.order_id
        WHERE u.store_id = @storeId AND u.code_key = @codeKey AND u.sort_key >= @sortKey AND u.order_id <> @orderId
            AND o.state NOT IN ('in_payout', 'paid', 'parked')
            AND NOT EXISTS (SELECT 1 FROM reconsiderations r WHERE r.store_id = o.store_id AND r.order_id = o.order_id)
        """;

    /// <summary>Notes the codes of paid orders, and has the orders behind them on the same code decided again.</summary>
    /// <param name="orders">Each with its facts before, or null where nothing was known.</param>
    public static async Task NoteAsync(Tx tx, Store store, IEnumerable<(OrderFacts? Before, OrderFacts Facts)> orders, DateTimeOffset now)
    {
        var changes = orders
            .Select(order => (order.Facts.Recorded.Order.Id, Had: NotesOf(order.Before), Has: NotesOf(order.Facts)))
            .Where(change => change.Had.Except(change.Has).Any() || change.Has.Except(change.Had).Any()).ToList();
        if (changes.Count == 0)
        {
            return;
        }

        // Of two programs that share a database the second sees what the first has noted.
        var keys = changes.SelectMany(change => change.Had.Concat(change.Has)).Select(note => note.CodeKey).Distinct(StringComparer.Ordinal).ToList();
        await tx.HoldAsync(keys.Select(key => $"{store.Id} {key}"));
        var known = new HashSet<string>(StringComparer.Ordinal);
        foreach (var chunk in keys.Chunk(KeysAtOnceMax))
        {
            known.UnionWith(await tx.ManyAsync<string>(FindCodes, new { storeId = store.Id, keys = new TextList(chunk) }));
        }

        foreach (var (orderId, had, has) in changes)
        {
            foreach (var (codeKey, sortKey) in had.Except(has).Where(note => known.Contains(note.CodeKey)))
            {
                await tx.DoAsync(Delete, new { storeId = store.Id, codeKey, sortKey });
                await tx.DoAsync(QueueLater, new { storeId = store.Id, codeKey, sortKey, orderId, now });
            }

            foreach (var (codeKey, sortKey) in has.Except(had).Where(note => known.Contains(note.CodeKey)))
            {
                await tx.DoAsync(Insert, new { storeId = store.Id, codeKey, sortKey, orderId });
                await tx.DoAsync(QueueLater, new { storeId = store.Id, codeKey, sortKey, orderId, now });
            }
        }
    }

    /// <summary>Whether an order uses codes up. A renewal repeats the code of its first order, and a test is none.</summary>
    public static bool Uses(OrderFacts? facts) => facts is { PaidAt: not null, Recorded.Order: { Test: false, Channel: not OrderChannel.Renewal } };

    private static List<(string CodeKey, string SortKey)> NotesOf(OrderFacts? facts)
    {
        if (facts is not { Recorded.Order: { Codes.IsEmpty: false } order } || !Uses(facts))
        {
            return [];
        }

        var moment = OrderMoment.KeyOf(order.At, order.Id);
        return [.. order.Codes.Select(code => CodeKey.Of(code.Code)).Where(SeriesCode.MayBe).Distinct(StringComparer.Ordinal).Select(key => (key, moment))];
    }
}
