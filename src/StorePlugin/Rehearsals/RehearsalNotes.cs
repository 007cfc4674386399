// What the team notes about steps of rehearsals: kept with the campaign and its revision, and shown again when it is rehearsed later.
using System.Text;
using StorePlugin.Campaigns;
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Rehearsals;

/// <param name="Step">The number of the step; 0 for the rehearsal as a whole.</param>
/// <param name="Title">Of the step, as it was then.</param>
/// <param name="Text">Null where it can no longer be read.</param>
/// <param name="WrittenBy">As <see cref="Visitor.Actor"/> says it.</param>
internal sealed record RehearsalNote(
    string Id, long Revision, string Scenario, string RehearsalId, long Step, string Title, string? Text, DateTimeOffset WrittenAt, string WrittenBy)
{
    /// <summary>Says nothing, so that no log line can hold what people write.</summary>
    public override string ToString() => nameof(RehearsalNote);
}

internal enum RehearsalNoteStep
{
    Done,

    /// <summary>The rehearsal has no such step.</summary>
    StepUnknown,

    /// <summary>The campaign has <see cref="RehearsalNotes.OfCampaignMax"/> notes.</summary>
    TooMany,
}

internal sealed class RehearsalNotes(Db db, StoreKeys keys, TimeProvider clock)
{
    public const int TextLengthMax = 1000;
    public const long OfCampaignMax = 500;

    private const string Columns =
        """
        SELECT id, revision, scenario, rehearsal_id, step, title, sealed, written_at, written_by FROM rehearsal_notes
        WHERE store_id = @storeId AND campaign_id = @campaignId
        """;

    private const string ReadNewest = Columns + " ORDER BY id DESC ";

    /// <summary>The newest notes of a campaign's rehearsals, newest first.</summary>
    public async Task<IReadOnlyList<RehearsalNote>> ListAsync(Store store, string campaignId, long take, CancellationToken cancel) =>
        [.. (await db.ManyAsync<Row>(ReadNewest + db.Page, new { storeId = store.Id, campaignId, take }, cancel)).Select(row => Open(store, row))];

    private const string ReadTitle = "SELECT title FROM rehearsal_steps WHERE store_id = @storeId AND rehearsal_id = @rehearsalId AND number = @step";

    private const string Count = "SELECT CAST(COUNT(*) AS bigint) FROM rehearsal_notes WHERE store_id = @storeId AND campaign_id = @campaignId";

    private const string Insert =
        """
        INSERT INTO rehearsal_notes (store_id, id, campaign_id, revision, scenario, rehearsal_id, step, title, sealed, written_at, written_by)
        VALUES (@storeId, @id, @campaignId, @revision, @scenario, @rehearsalId, @step, @title, @sealedText, @now, @actor)
        """;

    /// <summary>Notes something. The same words by the same person, one after the other, are one note: a form may be sent twice.</summary>
    /// <param name="step">0 for the rehearsal as a whole.</param>
    public Task<RehearsalNoteStep> AddAsync(Store store, Rehearsal of, long step, string text, string actor, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var id = Ids.New("rhn", now);
        var sealedText = keys.SealBody(store, id, Encoding.UTF8.GetBytes(text));
        return db.InTransactionAsync(
            async tx =>
            {
                // Of two who write at once the second sees what the first has done.
                await CampaignLife.HoldAsync(tx, store.Id, of.CampaignId);
                var title = step == 0 ? "" : await tx.OneAsync<string>(ReadTitle, new { storeId = store.Id, rehearsalId = of.Id, step });
                if (title is null)
                {
                    return RehearsalNoteStep.StepUnknown;
                }

                var args = new
                {
                    storeId = store.Id,
                    id,
                    campaignId = of.CampaignId,
                    revision = of.Revision,
                    scenario = of.Scenario,
                    rehearsalId = of.Id,
                    step,
                    title,
                    sealedText,
                    now,
                    actor,
                    take = 1L,
                };
                var newest = await tx.OneAsync<Row>(ReadNewest + db.Page, args);
                if (newest is not null && newest.RehearsalId == of.Id && newest.Step == step && newest.WrittenBy == actor && Open(store, newest).Text == text)
                {
                    return RehearsalNoteStep.Done;
                }

                if (await tx.OneAsync<long>(Count, args) >= OfCampaignMax)
                {
                    return RehearsalNoteStep.TooMany;
                }

                await tx.DoAsync(Insert, args);
                return RehearsalNoteStep.Done;
            },
            cancel: cancel);
    }

    private RehearsalNote Open(Store store, Row row) => new(
        row.Id, row.Revision, row.Scenario, row.RehearsalId, row.Step, row.Title, SealedText.Open(keys, store, row.Id, row.Sealed), row.WrittenAt, row.WrittenBy);

    private sealed record Row(
        string Id, long Revision, string Scenario, string RehearsalId, long Step, string Title, byte[] Sealed, DateTimeOffset WrittenAt, string WrittenBy);
}
