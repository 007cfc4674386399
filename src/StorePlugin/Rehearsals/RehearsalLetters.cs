// The mails of a rehearsal: written by the code that writes live ones, and kept beside their step in place of being sent.
using StorePlugin.Data;
using StorePlugin.Inbox;
using StorePlugin.Mail;
using StorePlugin.Stores;

namespace StorePlugin.Rehearsals;

/// <param name="Step">The number of the step after which it was written.</param>
/// <param name="Recipient">A made-up person's address.</param>
internal sealed record RehearsalLetter(long Step, string Mail, string Recipient, string Subject, string Content, DateTimeOffset WrittenAt)
{
    /// <summary>Says nothing: what is true of a letter's reader holds for an invented one too.</summary>
    public override string ToString() => nameof(RehearsalLetter);
}

/// <summary>Whose rehearsal a store is.</summary>
internal sealed record RehearsedBy(string StoreId, string RehearsalId);

internal sealed class RehearsalLetters(Db db, TimeProvider clock)
{
    /// <summary>The outcome of a mail that was kept.</summary>
    public const string Kept = "It is kept with the rehearsal and goes nowhere.";

    private const string ReadOrigin =
        """
        SELECT r.store_id, r.id AS rehearsal_id FROM stores s
        JOIN rehearsals r ON r.store_id = s.rehearses_store_id AND r.rehearsal_store_id = @ownId
        WHERE s.id = @ownId AND s.rehearses_store_id IS NOT NULL
        """;

    /// <summary>The rehearsal whose own store it is; null of every other store, those of /rehearsal/install among them.</summary>
    public async Task<RehearsedBy?> FindAsync(Store store, CancellationToken cancel) =>
        store.IsRehearsal ? await db.OneAsync<RehearsedBy>(ReadOrigin, new { ownId = store.Id }, cancel) : null;

    private const string Insert =
        """
        INSERT INTO rehearsal_letters (store_id, rehearsal_id, effect_id, step, mail, recipient, subject, content, written_at)
        SELECT @storeId, @id, @effectId,
            COALESCE((SELECT MAX(s.number) FROM rehearsal_steps s WHERE s.store_id = @storeId AND s.rehearsal_id = @id), 0),
            @mail, @recipient, @subject, @content, @now
        WHERE NOT EXISTS (SELECT 1 FROM rehearsal_letters WHERE store_id = @storeId AND rehearsal_id = @id AND effect_id = @effectId)
        """;

    /// <summary>Keeps a letter as it would have left. A sign-in link is no part of a rehearsal, and is shown to nobody.</summary>
    public EffectResult Keep(RehearsedBy of, Effect effect, string mail, PrintedLetter printed, string subject) => mail == MailNotice.SignIn
        ? new EffectResult.Done("A rehearsal's own store sends no sign-in links.")
        : new EffectResult.Done(
            Kept,
            tx => tx.DoAsync(
                Insert,
                new
                {
                    storeId = of.StoreId,
                    id = of.RehearsalId,
                    effectId = effect.Id,
                    mail,
                    recipient = printed.Letter.Email,
                    subject,
                    content = printed.Text,
                    now = clock.GetUtcNow(),
                }));

    private const string Read =
        """
        SELECT step, mail, recipient, subject, content, written_at FROM rehearsal_letters
        WHERE store_id = @storeId AND rehearsal_id = @id ORDER BY step, written_at, effect_id
        """;

    public Task<IReadOnlyList<RehearsalLetter>> ListAsync(Store store, string rehearsalId, long take, CancellationToken cancel) =>
        db.ManyAsync<RehearsalLetter>($"{Read} {db.Page}", new { storeId = store.Id, id = rehearsalId, take }, cancel);
}
