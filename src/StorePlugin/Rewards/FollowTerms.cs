// Performs the effect that has the discounts of a campaign follow its changed terms, from the instant on at which these are in force.
using System.Text.Json;
using System.Text.Json.Serialization;
using StorePlugin.Campaigns;
using StorePlugin.Data;
using StorePlugin.Inbox;
using StorePlugin.Pages;
using StorePlugin.Stores;

namespace StorePlugin.Rewards;

/// <summary>
/// Asks for each living code of the campaign, in short transactions: there may be thousands. What the terms say is read when the
/// store is asked, so that a revision which was withdrawn or replaced meanwhile does no harm. A code that is being made at that
/// moment is asked for by its own effect, which looks at the terms once more when it ends.
/// </summary>
internal sealed class FollowTerms(Db db, StoreDirectory stores, TimeProvider clock) : IEffectHandler
{
    private const int BatchMax = 500;

    // Two questions or three for each code: more would only be throttled, and everything else of the store would wait behind it.
    private const int CodesPerSecond = 5;

    private const string FindBeginning =
        """
        SELECT effective_at FROM campaign_revisions
        WHERE store_id = @storeId AND campaign_id = @campaignId AND revision = @revision AND withdrawn_at IS NULL
        """;

    // The store's own discounts are left as they are, and what was refused is asked for again by a person.
    private const string ReadCodes =
        """
        SELECT code_key FROM codes
        WHERE store_id = @storeId AND campaign_id = @campaignId AND ended_at IS NULL AND adopted_at IS NULL AND discount_state <> 'refused'
            AND code_key > @after
        ORDER BY code_key
        """;

    public string Kind => Effect.Kinds.FollowTerms;

    public async Task<EffectResult> PerformAsync(Effect effect, CancellationToken cancel)
    {
        var store = await stores.GetAsync(effect.StoreId, cancel);
        if (!store.IsInstalled)
        {
            return new EffectResult.Done(Installation.UninstalledOutcome);
        }

        var about = FollowedTerms.FromJson(effect.Payload);
        var args = new { storeId = store.Id, campaignId = about.Campaign, revision = about.Revision };
        if (await db.OneAsync<DateTimeOffset?>(FindBeginning, args, cancel) is not { } effectiveAt)
        {
            return new EffectResult.Done("The revision was withdrawn before it took effect: the discounts stay as they are.");
        }

        // A store that installs anew has all its effects tried at once.
        var now = clock.GetUtcNow();
        if (effectiveAt > now)
        {
            return new EffectResult.PutOff("The terms are not in force yet.", effectiveAt - now);
        }

        // Whoever is joining under the terms before has written their code once this is through.
        await db.InTransactionAsync(tx => CampaignLife.HoldAsync(tx, store.Id, about.Campaign), cancel: cancel);
        var (asked, after) = (0L, "");
        while (true)
        {
            var codes = await db.ManyAsync<string>($"{ReadCodes} {db.Page}", new { storeId = store.Id, campaignId = about.Campaign, after, take = BatchMax }, cancel);
            var first = asked;
            await ShortTransactions.EachAsync(
                db, clock, [.. codes.Select((codeKey, index) => (codeKey, DueAt: now.AddSeconds((first + index) / CodesPerSecond)))],
                (tx, code) => KeepDiscount.AskAsync(tx, store.Id, code.codeKey, effect.Id, now, code.DueAt), cancel);
            asked += codes.Count;
            if (codes.Count < BatchMax)
            {
                return new EffectResult.Done($"The store is asked for the {Words.Count(asked, "discount", "discounts")} of the campaign.");
            }

            after = codes[^1];
        }
    }
}

/// <summary>The payload of an effect of the kind <see cref="Effect.Kinds.FollowTerms"/>.</summary>
internal sealed record FollowedTerms(string Campaign, long Revision)
{
    /// <summary>Puts the effect into the outbox, within the transaction that writes the revision.</summary>
    /// <param name="effectiveAt">From when on the revision is in force.</param>
    public Task AddAsync(Tx tx, string storeId, DateTimeOffset effectiveAt, DateTimeOffset now) => Outbox.AddAsync(
        tx, storeId, Effect.Kinds.FollowTerms, $"{Campaign}:{Revision}", JsonSerializer.Serialize(this, FollowedTermsJson.Default.FollowedTerms), now, effectiveAt);

    public static FollowedTerms FromJson(string json) =>
        JsonSerializer.Deserialize(json, FollowedTermsJson.Default.FollowedTerms) ?? throw new JsonException("The payload names no revision.");
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(FollowedTerms))]
internal sealed partial class FollowedTermsJson : JsonSerializerContext;
