// The spans in which an ambassador earns nothing, as the judging of orders reads them today.
using StorePlugin.Data;

namespace StorePlugin.Ambassadors;

/// <summary>Follows <see cref="AmbassadorLife"/>: a span is open from a suspension or an ending on, until the next approval.</summary>
internal static class SuspensionSpans
{
    private const string Begin =
        """
        INSERT INTO suspensions (store_id, id, ambassador_id, from_at, from_actor)
        SELECT @storeId, @spanId, @id, @at, @actor
        WHERE NOT EXISTS (SELECT 1 FROM suspensions WHERE store_id = @storeId AND ambassador_id = @id AND until_at IS NULL)
        """;

    private const string End =
        """
        UPDATE suspensions SET until_at = @at, until_actor = @actor
        WHERE store_id = @storeId AND ambassador_id = @id AND until_at IS NULL
        """;

    public static Task<int> FollowAsync(Tx tx, string storeId, string id, string state, DateTimeOffset at, string actor, DateTimeOffset now) =>
        tx.DoAsync(state == "approved" ? End : Begin, new { storeId, spanId = Ids.New("sus", now), id, at, actor });
}
