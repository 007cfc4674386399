// Performs the effect that tells a campaign's ambassadors of changed terms, or that a change does not come (rule U2).
using System.Text.Json;
using System.Text.Json.Serialization;
using StorePlugin.Data;
using StorePlugin.Inbox;
using StorePlugin.Pages;
using StorePlugin.Stores;

namespace StorePlugin.Mail;

/// <summary>
/// Writes a mail for each into the outbox, in short transactions: a campaign may have thousands. One that is there already stays as
/// it is, so that a second try goes on where the first one broke off.
/// </summary>
internal sealed class AnnounceTerms(Db db, StoreDirectory stores, TimeProvider clock) : IEffectHandler
{
    private const int BatchMax = 500;

    private const string ReadAmbassadors =
        """
        SELECT id FROM ambassadors
        WHERE store_id = @storeId AND campaign_id = @campaignId AND state = 'approved' AND id > @after
        ORDER BY id
        """;

    private const string ReadTold =
        """
        SELECT subject FROM effects
        WHERE store_id = @storeId AND kind = 'mail' AND subject > @after AND subject < @before
        ORDER BY subject
        """;

    public string Kind => Effect.Kinds.AnnounceTerms;

    public async Task<EffectResult> PerformAsync(Effect effect, CancellationToken cancel)
    {
        var store = await stores.GetAsync(effect.StoreId, cancel);
        if (!store.IsInstalled)
        {
            return new EffectResult.Done(Installation.UninstalledOutcome);
        }

        var about = TermsAnnouncement.FromJson(effect.Payload);
        return about.Withdrawn ? await WithdrawAsync(store, about, cancel) : await AnnounceAsync(store, about, cancel);
    }

    private async Task<EffectResult> AnnounceAsync(Store store, TermsAnnouncement about, CancellationToken cancel)
    {
        if (await TermsRevision.FindAsync(db, store.Id, about.Campaign, about.Revision, cancel) is not { WithdrawnAt: null } revision)
        {
            return new EffectResult.Done("The revision was withdrawn before anybody was told of it.");
        }

        var (told, after) = (0L, "");
        while (true)
        {
            var ids = await db.ManyAsync<string>($"{ReadAmbassadors} {db.Page}", new { storeId = store.Id, campaignId = about.Campaign, after, take = BatchMax }, cancel);
            var concerned = ids.Where(revision.Concerns).ToList();
            await WriteAsync(store, MailNotice.TermsChanged, about, concerned, cancel);
            told += concerned.Count;
            if (ids.Count < BatchMax)
            {
                return Told(told);
            }

            after = ids[^1];
        }
    }

    /// <summary>To everybody for whom a mail about the change was written; whether it was sent is seen when this one is.</summary>
    private async Task<EffectResult> WithdrawAsync(Store store, TermsAnnouncement about, CancellationToken cancel)
    {
        var prefix = about.NoticeTo(MailNotice.TermsChanged, "").Subject;

        // A colon is followed by a semicolon: between the two lie the mails of this revision.
        var (told, after, before) = (0L, prefix, prefix[..^1] + ";");
        while (true)
        {
            var subjects = await db.ManyAsync<string>($"{ReadTold} {db.Page}", new { storeId = store.Id, after, before, take = BatchMax }, cancel);
            await WriteAsync(store, MailNotice.TermsWithdrawn, about, [.. subjects.Select(subject => subject[prefix.Length..])], cancel);
            told += subjects.Count;
            if (subjects.Count < BatchMax)
            {
                return Told(told);
            }

            after = subjects[^1];
        }
    }

    private Task WriteAsync(Store store, string mail, TermsAnnouncement about, List<string> ambassadorIds, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        return ShortTransactions.EachAsync(db, clock, ambassadorIds, (tx, id) => about.NoticeTo(mail, id).AddAsync(tx, store.Id, now), cancel);
    }

    private static EffectResult.Done Told(long count) => new($"Mails to {Words.Count(count, "ambassador", "ambassadors")} are in the outbox.");
}

/// <summary>The payload of an effect of the kind <see cref="Effect.Kinds.AnnounceTerms"/>.</summary>
/// <param name="Withdrawn">The revision does not come; else it is planned, or in force at once.</param>
internal sealed record TermsAnnouncement(string Campaign, long Revision, bool Withdrawn = false)
{
    /// <summary>Puts the announcement into the outbox, within the transaction that writes or withdraws the revision.</summary>
    public Task AddAsync(Tx tx, string storeId, DateTimeOffset now) => Outbox.AddAsync(
        tx, storeId, Effect.Kinds.AnnounceTerms, $"{Campaign}:{Revision}{(Withdrawn ? ":withdrawn" : "")}",
        JsonSerializer.Serialize(this, TermsAnnouncementJson.Default.TermsAnnouncement), now);

    public static TermsAnnouncement FromJson(string json) =>
        JsonSerializer.Deserialize(json, TermsAnnouncementJson.Default.TermsAnnouncement) ?? throw new JsonException("The payload names no revision.");

    public MailNotice NoticeTo(string mail, string ambassadorId) => new(mail, ambassadorId, Campaign: Campaign, Revision: Revision);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(TermsAnnouncement))]
internal sealed partial class TermsAnnouncementJson : JsonSerializerContext;
