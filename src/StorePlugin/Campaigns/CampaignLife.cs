// The life of a campaign: draft, live, paused and ended as dated facts, of which none is ever changed.
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Campaigns;

internal sealed class CampaignLife(Db db, TimeProvider clock)
{
    private const string Hold = "UPDATE campaigns SET state = state WHERE store_id = @storeId AND id = @id";

    private const string ReadState = "SELECT state FROM campaigns WHERE store_id = @storeId AND id = @id";

    private const string UpdateToPaused = "UPDATE campaigns SET state = 'paused' WHERE store_id = @storeId AND id = @id AND state = 'live'";

    private const string UpdateToLive = "UPDATE campaigns SET state = 'live' WHERE store_id = @storeId AND id = @id AND state = 'paused'";

    private const string UpdateToEnded = "UPDATE campaigns SET state = 'ended' WHERE store_id = @storeId AND id = @id AND state IN ('live', 'paused')";

    private const string InsertState =
        """
        INSERT INTO campaign_states (store_id, campaign_id, number, state, at, actor)
        SELECT @storeId, @id, COALESCE(MAX(number), 0) + 1, @state, @at, @actor
        FROM campaign_states WHERE store_id = @storeId AND campaign_id = @id
        """;

    /// <summary>From this second on orders earn nothing, until the campaign goes on (rules T5, T10).</summary>
    public Task<CampaignStep> PauseAsync(Store store, string id, string actor, CancellationToken cancel) =>
        StepAsync(UpdateToPaused, "paused", store, id, actor, cancel);

    /// <summary>Ends a pause: orders from this second on earn again. Those of the pause do not, however late they arrive.</summary>
    public Task<CampaignStep> ResumeAsync(Store store, string id, string actor, CancellationToken cancel) =>
        StepAsync(UpdateToLive, "live", store, id, actor, cancel);

    /// <summary>From this second on orders earn nothing, for good. What was earned before goes its way.</summary>
    public Task<CampaignStep> EndAsync(Store store, string id, string actor, CancellationToken cancel) =>
        StepAsync(UpdateToEnded, "ended", store, id, actor, cancel);

    /// <summary>
    /// Changes nothing, but makes whoever else changes or joins the campaign at the same moment come before or after: the
    /// second sees what the first has done. Returns whether there is such a campaign.
    /// </summary>
    public static async Task<bool> HoldAsync(Tx tx, string storeId, string id) => await tx.DoAsync(Hold, new { storeId, id }) == 1;

    /// <summary>Writes down a state that the caller has just brought about, in the same transaction.</summary>
    public static Task<int> RecordAsync(Tx tx, Store store, string id, string state, DateTimeOffset at, string actor) =>
        tx.DoAsync(InsertState, new { storeId = store.Id, id, state, at, actor });

    private Task<CampaignStep> StepAsync(string update, string state, Store store, string id, string actor, CancellationToken cancel) =>
        db.InTransactionAsync(
            async tx =>
            {
                if (await tx.DoAsync(update, new { storeId = store.Id, id }) == 0)
                {
                    return await tx.OneAsync<string>(ReadState, new { storeId = store.Id, id }) switch
                    {
                        null => CampaignStep.Unknown,
                        "ended" => CampaignStep.AlreadyEnded,
                        _ when state == "live" => CampaignStep.NotPaused,
                        _ => CampaignStep.NotLive,
                    };
                }

                await RecordAsync(tx, store, id, state, WholeSecond.Of(clock.GetUtcNow()), actor);
                return CampaignStep.Done;
            },
            cancel: cancel);
}
