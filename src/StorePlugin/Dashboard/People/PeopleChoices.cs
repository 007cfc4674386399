// What forms about ambassadors offer to choose from: the store's campaigns, and the groups that somebody is or was in.
using StorePlugin.Ambassadors;
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Dashboard.People;

internal static class PeopleChoices
{
    private const long CampaignsMax = 100;
    private const long GroupsMax = 100;

    private const string ReadCampaigns = "SELECT id, name, state FROM campaigns WHERE store_id = @storeId ORDER BY created_at DESC, id DESC ";

    /// <summary>All campaigns, newest first.</summary>
    /// <param name="chosen">The id of the one that is chosen; empty for none.</param>
    public static async Task<IReadOnlyList<Choice>> CampaignsAsync(Db db, Store store, string chosen, CancellationToken cancel) =>
        [.. (await ReadAsync(db, store, cancel)).Select(campaign => new Choice(campaign.Id, campaign.Name, campaign.Id == chosen))];

    /// <summary>Those that somebody can join, newest first; where none is chosen, the newest that is live is.</summary>
    public static async Task<IReadOnlyList<Choice>> OpenCampaignsAsync(Db db, Store store, string chosen, CancellationToken cancel)
    {
        var campaigns = (await ReadAsync(db, store, cancel)).Where(campaign => campaign.State != "ended").ToList();
        var offered = chosen.Length > 0 ? chosen : campaigns.Find(campaign => campaign.State == "live")?.Id;
        return
        [
            .. campaigns.Select(campaign => new Choice(
                campaign.Id, campaign.State == "draft" ? $"{campaign.Name} (a draft)" : campaign.Name, campaign.Id == offered)),
        ];
    }

    private const string ReadGroups =
        """
        SELECT group_key, MIN(group_name) AS group_name FROM group_memberships
        WHERE store_id = @storeId AND group_key IS NOT NULL GROUP BY group_key ORDER BY group_key
        """;

    /// <param name="chosen">The one that is chosen; empty for none.</param>
    public static async Task<IReadOnlyList<Choice>> GroupsAsync(Db db, Store store, string chosen, CancellationToken cancel)
    {
        var key = CodeKey.Of(chosen);
        return
        [
            .. (await db.ManyAsync<GroupRow>($"{ReadGroups} {db.Page}", new { storeId = store.Id, take = GroupsMax }, cancel))
                .Select(group => new Choice(group.GroupName, group.GroupName, group.GroupKey == key)),
        ];
    }

    private static Task<IReadOnlyList<Campaign>> ReadAsync(Db db, Store store, CancellationToken cancel) =>
        db.ManyAsync<Campaign>(ReadCampaigns + db.Page, new { storeId = store.Id, take = CampaignsMax }, cancel);

    private sealed record Campaign(string Id, string Name, string State);

    // By properties, not by position: SQLite has no type for the least of no rows.
    private sealed record GroupRow
    {
        public string GroupKey { get; init; } = "";

        public string GroupName { get; init; } = "";
    }
}
