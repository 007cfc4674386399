// The store's campaigns, newest first: what each is for, how far it is, and by which terms.
using StorePlugin.Dashboard.Payouts;
using StorePlugin.Data;
using StorePlugin.Pages;
using StorePlugin.Stores;

namespace StorePlugin.Dashboard.Campaigns;

public sealed record CampaignListModel(Frame Frame, IReadOnlyList<CampaignListRow> Campaigns, bool CanCompare, bool IsFirst, string? NextPath);

/// <param name="Progress">Null where it has no objective yet.</param>
/// <param name="Ambassadors">How many take part, in words.</param>
/// <param name="Next">From when on other terms are in force; null where none are planned.</param>
public sealed record CampaignListRow(
    string Path, string Name, Badge State, ProgressModel? Progress, string Ambassadors, string Revision, Moment? Next, Moment CreatedAt);

internal static class CampaignList
{
    public const string Path = "/dashboard/campaigns";

    private const long PageSize = 20;

    private const string CountAmbassadors =
        """
        SELECT campaign_id, CAST(COUNT(*) AS bigint) AS ambassadors FROM ambassadors
        WHERE store_id = @storeId AND campaign_id IN @ids AND state <> 'ended'
        GROUP BY campaign_id ORDER BY campaign_id
        """;

    public static async Task<CampaignListModel> ReadAsync(CampaignSources sources, Visitor visitor, string? after, string? notice, CancellationToken cancel)
    {
        var store = visitor.Store;
        var campaigns = await sources.Campaigns.ListNewestAsync(store, after, PageSize + 1, cancel);
        var shown = campaigns.Take((int)PageSize).ToList();
        var counts = await CountAsync(sources, store, [.. shown.Select(campaign => campaign.Id)], cancel);
        var (time, rows) = (new StoreTime(store), new List<CampaignListRow>(shown.Count));
        foreach (var campaign in shown)
        {
            rows.Add(new CampaignListRow(
                PathOf(campaign.Id),
                campaign.Name,
                CampaignWords.Of(campaign.State),
                await sources.ProgressAsync(store, campaign, cancel),
                Words.Of(counts.GetValueOrDefault(campaign.Id)),
                Words.Of(campaign.Revision),
                time.At(campaign.Next?.EffectiveAt),
                time.At(campaign.CreatedAt)));
        }

        return new CampaignListModel(
            Frame.OfDashboard(visitor, notice),
            rows,
            rows.Count > 1 || after is not null,
            after is null,
            campaigns.Count > PageSize ? $"{Path}?after={Uri.EscapeDataString(shown[^1].Id)}" : null);
    }

    /// <summary>The path of a campaign's page.</summary>
    public static string PathOf(string id) => $"{Path}/{Uri.EscapeDataString(id)}";

    /// <summary>How many ambassadors take part in campaigns, those who pause among them; a campaign without any is left out.</summary>
    public static async Task<IReadOnlyDictionary<string, long>> CountAsync(CampaignSources sources, Store store, string[] ids, CancellationToken cancel) =>
        (await sources.Db.ManyAsync<Count>(CountAmbassadors, new { storeId = store.Id, ids = new TextList(ids) }, cancel))
            .ToDictionary(row => row.CampaignId, row => row.Ambassadors, StringComparer.Ordinal);

    // By properties, not by position: SQLite has no type for a counted column when there is no row.
    private sealed record Count
    {
        public string CampaignId { get; init; } = "";

        public long Ambassadors { get; init; }
    }
}
