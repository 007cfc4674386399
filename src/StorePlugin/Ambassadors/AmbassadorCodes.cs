// The codes of an ambassador: several may live side by side, and one that ends keeps its time.
using System.Data.Common;
using StorePlugin.Campaigns;
using StorePlugin.Data;
using StorePlugin.Rewards;
using StorePlugin.Stores;

namespace StorePlugin.Ambassadors;

/// <param name="Code">In the spelling it was given in.</param>
/// <param name="AssignedAt">Orders from this second on count (rule T5).</param>
/// <param name="EndedAt">Orders from this second on do not; null while it lives.</param>
/// <param name="AdoptedAt">When it was taken over from the store as it was; null for a code that was made here.</param>
/// <param name="DiscountState"><c>none</c>, <c>pending</c>, <c>created</c> or <c>refused</c>.</param>
internal sealed record AmbassadorCode(
    string CodeKey, string Code, DateTimeOffset AssignedAt, DateTimeOffset? EndedAt, DateTimeOffset? AdoptedAt, string DiscountState, string? DiscountProblem);

/// <summary>What came of adding a code.</summary>
internal abstract record AddCodeResult
{
    internal sealed record Added(AmbassadorCode Code) : AddCodeResult;

    internal sealed record AmbassadorUnknown : AddCodeResult;

    /// <summary>It is or was a code of this store, whoever had it, or one of a series.</summary>
    internal sealed record Taken : AddCodeResult;

    /// <summary>The ambassador has <see cref="AmbassadorCodes.LiveMax"/> live codes.</summary>
    internal sealed record TooMany : AddCodeResult;

    internal sealed record CampaignEnded : AddCodeResult;

    /// <summary>The ambassador has left.</summary>
    internal sealed record AmbassadorEnded : AddCodeResult;
}

/// <summary>What came of ending a code.</summary>
internal abstract record EndCodeResult
{
    internal sealed record Ended(AmbassadorCode Code) : EndCodeResult;

    internal sealed record AmbassadorUnknown : EndCodeResult;

    /// <summary>The ambassador has no live code of this name.</summary>
    internal sealed record CodeUnknown : EndCodeResult;

    /// <summary>It is the only one that lives.</summary>
    internal sealed record LastOne : EndCodeResult;
}

internal sealed class AmbassadorCodes(Db db, TimeProvider clock)
{
    /// <summary>How many codes of one ambassador may live at once.</summary>
    public const int LiveMax = 20;

    private const int RaceTriesMax = 5;

    private const string Columns =
        """
        SELECT code_key, code, assigned_at, ended_at, adopted_at, discount_state, discount_problem FROM codes
        WHERE store_id = @storeId AND ambassador_id = @id
        """;

    private const string ReadMany = Columns +
        " AND assigned_at >= @assignedAt AND (assigned_at > @assignedAt OR code_key > @codeKey) ORDER BY assigned_at, code_key ";

    /// <summary>Those that live and those that ended, oldest first, after one of them.</summary>
    public Task<IReadOnlyList<AmbassadorCode>> ListAsync(
        Store store, string ambassadorId, (long AssignedAt, string CodeKey) after, long take, CancellationToken cancel) =>
        db.ManyAsync<AmbassadorCode>(
            ReadMany + db.Page, new { storeId = store.Id, id = ambassadorId, assignedAt = after.AssignedAt, codeKey = after.CodeKey, take }, cancel);

    /// <summary>
    /// Gives an ambassador a further code and has its discount made as for the first. A code that has ended stays ended: it
    /// has one time, and orders are decided again by it, so that those of a gap would begin to count.
    /// </summary>
    public async Task<AddCodeResult> AddAsync(Store store, string ambassadorId, string code, CancellationToken cancel)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await db.InTransactionAsync(tx => AddAsync(tx, store.Id, ambassadorId, code), cancel: cancel);
            }
            // Another campaign's ambassador took the code between the look and the write: the next look sees it.
            catch (DbException e) when (db.Dialect.IsUniqueViolation(e) && tries < RaceTriesMax)
            {
            }
        }
    }

    /// <summary>From this second on the code counts for nobody, and soon its discount takes nothing off in the store. An adopted one stays as it is there.</summary>
    public Task<EndCodeResult> EndAsync(Store store, string ambassadorId, string code, CancellationToken cancel) =>
        db.InTransactionAsync(tx => EndAsync(tx, store.Id, ambassadorId, CodeKey.Of(code)), cancel: cancel);

    // A second after its beginning at least: what ended as it began was never the ambassador's, and the store said so.
    private const string EndAll =
        """
        UPDATE codes SET ended_at = CASE WHEN assigned_at < @at THEN @at ELSE assigned_at + 1000 END
        WHERE store_id = @storeId AND ambassador_id = @id AND ended_at IS NULL
        """;

    /// <summary>From this second on no code of the ambassador counts.</summary>
    public static Task<int> EndAllAsync(Tx tx, string storeId, string id, DateTimeOffset at) => tx.DoAsync(EndAll, new { storeId, id, at });

    private const string ReadOne = Columns + " AND code_key = @codeKey";

    private const string FindCampaign = "SELECT campaign_id FROM ambassadors WHERE store_id = @storeId AND id = @id";

    private const string CountTaken =
        """
        SELECT (SELECT CAST(COUNT(*) AS bigint) FROM codes WHERE store_id = @storeId AND code_key = @codeKey)
            + (SELECT CAST(COUNT(*) AS bigint) FROM series_codes WHERE store_id = @storeId AND code_key = @codeKey)
        """;

    private const string CountLive =
        "SELECT CAST(COUNT(*) AS bigint) FROM codes WHERE store_id = @storeId AND ambassador_id = @id AND ended_at IS NULL AND code_key <> @exceptKey";

    /// <summary>How many codes of an ambassador live, beside one.</summary>
    public static Task<long> CountLiveAsync(Tx tx, string storeId, string id, string exceptKey) => tx.OneAsync<long>(CountLive, new { storeId, id, exceptKey });

    /// <summary>A code that is known to be the ambassador's.</summary>
    public static async Task<AmbassadorCode> ReadAsync(Tx tx, string storeId, string id, string codeKey) =>
        await tx.OneAsync<AmbassadorCode>(ReadOne, new { storeId, id, codeKey }) ?? throw new InvalidOperationException($"The ambassador {id} has no such code.");

    private async Task<AddCodeResult> AddAsync(Tx tx, string storeId, string id, string code)
    {
        var now = clock.GetUtcNow();
        var codeKey = CodeKey.Of(code);
        if (await tx.OneAsync<string>(FindCampaign, new { storeId, id }) is not { } campaignId)
        {
            return new AddCodeResult.AmbassadorUnknown();
        }

        // It also makes those who add a code to one ambassador wait for one another.
        var campaign = await Joining.HoldCampaignAsync(tx, storeId, campaignId, now)
            ?? throw new InvalidOperationException($"The campaign {campaignId} of the ambassador {id} is gone.");
        if (campaign.HasEnded)
        {
            return new AddCodeResult.CampaignEnded();
        }

        if (await AmbassadorLife.HoldAsync(tx, storeId, id) == "ended")
        {
            return new AddCodeResult.AmbassadorEnded();
        }

        if (await tx.OneAsync<long>(CountTaken, new { storeId, codeKey }) > 0)
        {
            return new AddCodeResult.Taken();
        }

        if (await CountLiveAsync(tx, storeId, id, exceptKey: codeKey) >= LiveMax)
        {
            return new AddCodeResult.TooMany();
        }

        var added = new NewCode(id, campaignId, code, WholeSecond.Of(now), campaign.HasDiscount ? "pending" : "none");
        await Joining.WriteCodeAsync(tx, storeId, added);
        await Joining.OrderAsync(tx, storeId, campaign, added, now);
        return new AddCodeResult.Added(await ReadAsync(tx, storeId, id, codeKey));
    }

    private const string End = EndAll +
        """
         AND code_key = @codeKey
            AND EXISTS (SELECT 1 FROM codes k
                WHERE k.store_id = @storeId AND k.ambassador_id = @id AND k.code_key <> @codeKey AND k.ended_at IS NULL)
        """;

    private async Task<EndCodeResult> EndAsync(Tx tx, string storeId, string id, string codeKey)
    {
        // Of two who end the last two codes at once the second sees what the first has done.
        if (await AmbassadorLife.HoldAsync(tx, storeId, id) is null)
        {
            return new EndCodeResult.AmbassadorUnknown();
        }

        var now = clock.GetUtcNow();
        var ended = await tx.DoAsync(End, new { storeId, id, codeKey, at = WholeSecond.Of(now) }) == 1;
        if (ended)
        {
            await KeepDiscount.AskAsync(tx, storeId, codeKey, now);
        }

        return await tx.OneAsync<AmbassadorCode>(ReadOne, new { storeId, id, codeKey }) switch
        {
            { } code when ended => new EndCodeResult.Ended(code),
            { EndedAt: null } => new EndCodeResult.LastOne(),
            _ => new EndCodeResult.CodeUnknown(),
        };
    }
}
