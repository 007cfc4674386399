// How many clicks each day has brought to each campaign: what stays when the clicks themselves have had their time.
using StorePlugin.Data;

namespace StorePlugin.Ambassadors;

internal static class ClickDays
{
    private const string Add =
        """
        UPDATE click_days SET clicks = clicks + @clicks, first_visits = first_visits + @firstVisits
        WHERE store_id = @storeId AND campaign_id = @campaignId AND local_day = @localDay
        """;

    private const string Open =
        """
        INSERT INTO click_days (store_id, campaign_id, local_day, clicks, first_visits)
        SELECT @storeId, @campaignId, @localDay, @clicks, @firstVisits
        WHERE NOT EXISTS (SELECT 1 FROM click_days WHERE store_id = @storeId AND campaign_id = @campaignId AND local_day = @localDay)
        """;

    /// <summary>Adds clicks to their days, in the transaction that writes them.</summary>
    public static async Task AddAsync(Tx tx, IEnumerable<Click> clicks)
    {
        var days = clicks.GroupBy(click => (click.StoreId, click.CampaignId, click.LocalDay))
            .OrderBy(day => day.Key.StoreId, StringComparer.Ordinal).ThenBy(day => day.Key.CampaignId, StringComparer.Ordinal).ThenBy(day => day.Key.LocalDay);
        foreach (var day in days)
        {
            var (storeId, campaignId, localDay) = day.Key;
            await tx.PutAsync(
                Add, Open, $"{storeId} {campaignId} clicks {localDay}",
                new { storeId, campaignId, localDay, clicks = day.LongCount(), firstVisits = day.LongCount(click => click.IsFirst) });
        }
    }
}
