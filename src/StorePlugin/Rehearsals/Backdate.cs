// Moves what a rehearsal makes in the real present to where its journey begins. It touches no store that is not a rehearsal's own.
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Rehearsals;

/// <summary>
/// Orders, refunds and clicks carry instants of their own and are never moved. What the program itself dates, it dates in the present: a
/// campaign that is launched now would attribute no order of last month. Every statement asks again whether the store is a rehearsal's
/// own, so that none can be used on another by mistake; running one again changes nothing.
/// </summary>
internal sealed class Backdate(Db db, TimeProvider clock)
{
    private const string OfOwnStore =
        " AND EXISTS (SELECT 1 FROM stores s WHERE s.id = @storeId AND s.platform = 'rehearsal' AND s.mode = 'test' AND s.rehearses_store_id IS NOT NULL)";

    private const string MoveStore =
        """
        UPDATE stores SET created_at = @at, installed_at = @at
        WHERE id = @storeId AND platform = 'rehearsal' AND mode = 'test' AND rehearses_store_id IS NOT NULL
        """;

    private const string MoveCampaigns =
        "UPDATE campaigns SET created_at = @at, launched_at = CASE WHEN launched_at IS NULL THEN NULL ELSE @at END WHERE store_id = @storeId AND created_at >= @at" + OfOwnStore;

    private const string MoveRevisions =
        "UPDATE campaign_revisions SET created_at = @at, effective_at = CASE WHEN effective_at IS NULL THEN NULL ELSE @at END WHERE store_id = @storeId" + OfOwnStore;

    private const string MoveCampaignStates = "UPDATE campaign_states SET at = @at WHERE store_id = @storeId AND at > @at" + OfOwnStore;

    private const string MoveAmbassadors =
        "UPDATE ambassadors SET approved_at = @at, created_at = @at WHERE store_id = @storeId AND created_at > @at" + OfOwnStore;

    private const string MoveAmbassadorStates = "UPDATE ambassador_states SET at = @at WHERE store_id = @storeId AND at > @at" + OfOwnStore;

    private const string MoveGroups = "UPDATE group_memberships SET at = @at WHERE store_id = @storeId AND at > @at" + OfOwnStore;

    private const string MoveCodes = "UPDATE codes SET assigned_at = @at WHERE store_id = @storeId AND assigned_at > @at" + OfOwnStore;

    private const string MoveDestinations = "UPDATE payout_changes SET at = @at WHERE store_id = @storeId AND at > @at" + OfOwnStore;

    private static readonly string[] Moves =
        [MoveCampaigns, MoveRevisions, MoveCampaignStates, MoveAmbassadors, MoveAmbassadorStates, MoveGroups, MoveCodes, MoveDestinations];

    /// <summary>Lets a store and all that was made in it until now begin at an instant.</summary>
    /// <param name="at">UTC, to the second.</param>
    /// <exception cref="InvalidOperationException">The store is no rehearsal's own; nothing was changed.</exception>
    public async Task BeginningAsync(Store own, DateTimeOffset at, CancellationToken cancel)
    {
        var args = new { storeId = own.Id, at };
        await db.InTransactionAsync(
            async tx =>
            {
                if (await tx.DoAsync(MoveStore, args) != 1)
                {
                    throw new InvalidOperationException($"The store {own.Id} is no rehearsal's own: nothing of it is dated back.");
                }

                foreach (var move in Moves)
                {
                    await tx.DoAsync(move, args);
                }
            },
            cancel: cancel);
    }

    private const string HurryMails =
        "UPDATE effects SET due_at = @now WHERE store_id = @storeId AND kind = 'mail' AND state = 'pending' AND lease_id IS NULL AND due_at > @now" + OfOwnStore;

    /// <summary>Lets mails that wait for their hour, such as the digest of a day, be written now. Returns how many.</summary>
    public Task<int> HurryMailsAsync(Store own, CancellationToken cancel) => db.DoAsync(HurryMails, new { storeId = own.Id, now = clock.GetUtcNow() }, cancel);
}
