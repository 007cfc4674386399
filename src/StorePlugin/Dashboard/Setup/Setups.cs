// How far a store is with the guided set-up of its first campaign.
using System.Data.Common;
using StorePlugin.Campaigns;
using StorePlugin.Dashboard.Campaigns;
using StorePlugin.Data;
using StorePlugin.Pages;
using StorePlugin.Stores;

namespace StorePlugin.Dashboard.Setup;

/// <summary>A step, which is a page of its own and can be left and taken up again in any order.</summary>
/// <param name="Word">Of its address and its row.</param>
internal sealed record SetupStep(string Word, string Title, string What)
{
    public const string Root = "/dashboard/setup";

    public static readonly SetupStep Goal = new("goal", "The goal", "What is to be reached, and by when.");
    public static readonly SetupStep Offer = new("offer", "The offer", "What ambassadors earn, and what their friends save.");
    public static readonly SetupStep Rules = new("rules", "The rules", "When money is released, how long a click counts, and what does not.");
    public static readonly SetupStep Look = new("look", "The look", "What the pages that everybody sees wear.");
    public static readonly SetupStep People = new("people", "The people", "Who takes part first, and how others join.");

    public static readonly IReadOnlyList<SetupStep> All = [Goal, Offer, Rules, Look, People];

    public string Path => $"{Root}/{Word}";

    /// <summary>Where somebody goes on who has just been through it: the next that is open, or the end.</summary>
    public string Next(SetupState state) =>
        All.SkipWhile(step => step != this).Skip(1).Concat(All.TakeWhile(step => step != this)).FirstOrDefault(step => !state.Done.Contains(step.Word))?.Path ?? Root;
}

/// <summary>How it stands.</summary>
/// <param name="Campaign">The one that the set-up makes, or a draft that the merchant has made by themselves; null until there is one.</param>
/// <param name="Done">The words of the steps that somebody has been through.</param>
/// <param name="WasLaunched">Whether any campaign of the store ever was.</param>
internal sealed record SetupState(Campaign? Campaign, IReadOnlySet<string> Done, bool WasLaunched)
{
    /// <summary>Whether there is nothing to set up any more.</summary>
    public bool IsOver => Campaign is { State: not "draft" } || (Campaign is null && WasLaunched);

    public bool IsComplete => SetupStep.All.All(step => Done.Contains(step.Word));

    /// <summary>What the draft's terms are, or what they will be.</summary>
    public Terms Terms => Campaign?.Terms ?? TermsForm.Defaults;
}

internal sealed class Setups(Db db, CampaignDb campaigns, TimeProvider clock)
{
    private const string ReadClaim = "SELECT campaign_id FROM setups WHERE store_id = @storeId";

    private const string ReadDraft = "SELECT id FROM campaigns WHERE store_id = @storeId AND state = 'draft' ORDER BY id DESC";

    private const string CountLaunched = "SELECT CAST(COUNT(*) AS bigint) FROM campaigns WHERE store_id = @storeId AND launched_at IS NOT NULL";

    private const string ReadDone = "SELECT step FROM setup_steps WHERE store_id = @storeId";

    private const string Claim =
        """
        INSERT INTO setups (store_id, campaign_id, begun_at, actor)
        SELECT @storeId, @campaignId, @now, @actor WHERE NOT EXISTS (SELECT 1 FROM setups WHERE store_id = @storeId)
        """;

    private const string Finish =
        """
        INSERT INTO setup_steps (store_id, step, done_at, actor)
        SELECT @storeId, @step, @now, @actor WHERE NOT EXISTS (SELECT 1 FROM setup_steps WHERE store_id = @storeId AND step = @step)
        """;

    public async Task<SetupState> ReadAsync(Store store, CancellationToken cancel)
    {
        var args = new { storeId = store.Id, take = 1L };
        var id = await db.OneAsync<string>(ReadClaim, args, cancel) ?? await NewestDraftAsync(store, cancel);
        return new SetupState(
            id is null ? null : await campaigns.FindAsync(store, id, cancel),
            (await db.ManyAsync<string>(ReadDone, args, cancel)).ToHashSet(StringComparer.Ordinal),
            await db.OneAsync<long>(CountLaunched, args, cancel) > 0);
    }

    /// <summary>
    /// The campaign of the set-up, made now where there is none. Its id is kept before it is made, so that there is one for a store,
    /// whoever else begins at the same moment and wherever the program stops.
    /// </summary>
    public async Task<Campaign> DraftAsync(Store store, string actor, CancellationToken cancel)
    {
        var id = await db.OneAsync<string>(ReadClaim, new { storeId = store.Id }, cancel);
        if (id is null)
        {
            await WriteAsync(Claim, new { storeId = store.Id, campaignId = await NewestDraftAsync(store, cancel) ?? campaigns.NewId(), now = clock.GetUtcNow(), actor }, cancel);
            id = (await db.OneAsync<string>(ReadClaim, new { storeId = store.Id }, cancel))!;
        }

        await campaigns.CreateOnceAsync(store, id, NameFor(store), objective: null, TermsForm.Defaults, actor, cancel);
        return (await campaigns.FindAsync(store, id, cancel))!;
    }

    /// <summary>Notes that somebody has been through a step. Once more changes nothing.</summary>
    public Task DoneAsync(Store store, SetupStep step, string actor, CancellationToken cancel) =>
        WriteAsync(Finish, new { storeId = store.Id, step = step.Word, now = clock.GetUtcNow(), actor }, cancel);

    private Task<string?> NewestDraftAsync(Store store, CancellationToken cancel) =>
        db.OneAsync<string>($"{ReadDraft} {db.Page}", new { storeId = store.Id, take = 1L }, cancel);

    private async Task WriteAsync(string sql, object args, CancellationToken cancel)
    {
        // Who was first at the same moment has said the same.
        try
        {
            await db.DoAsync(sql, args, cancel);
        }
        catch (DbException e) when (db.Dialect.IsUniqueViolation(e))
        {
        }
    }

    private static string NameFor(Store store) => Words.Cut($"Ambassadors of {store.DisplayName}", CampaignRequest.NameLengthMax);
}
