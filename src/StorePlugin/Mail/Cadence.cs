// Decides whether a mail may go to a person now, and writes down that it does: the list of suppressions, quiet hours, the limit of a week.
using StorePlugin.Data;
using StorePlugin.Inbox;
using StorePlugin.Stores;

namespace StorePlugin.Mail;

/// <summary>What came of asking for a mail's way.</summary>
internal abstract record Passage
{
    internal sealed record Free : Passage;

    /// <summary>It was handed over before, and only its mark is missing.</summary>
    internal sealed record Taken : Passage;

    /// <summary>It is not sent, and why, in words without a person.</summary>
    internal sealed record KeptBack(string Why) : Passage;

    /// <summary>Not now.</summary>
    internal sealed record Later(string Why, TimeSpan Wait) : Passage;
}

/// <summary>
/// Counting and writing are one transaction that holds the person, so that of two workers one sees what the other has let pass. The
/// row is written before the mail is handed over: a mail that was sent and not marked counts, and its repeat counts once.
/// </summary>
internal sealed class Cadence(Db db, TimeProvider clock)
{
    private static readonly TimeSpan Window = TimeSpan.FromDays(7);

    private const string ReadZone = "SELECT time_zone FROM ambassadors WHERE store_id = @storeId AND id = @ambassadorId";

    private const string ReadCounted =
        """
        SELECT at FROM mail_sends
        WHERE store_id = @storeId AND person_hash = @personHash AND at > @since AND counted = 1 AND effect_id <> @effectId
        ORDER BY at
        """;

    private const string CountTaken =
        "SELECT CAST(COUNT(*) AS bigint) FROM mail_sends WHERE store_id = @storeId AND effect_id = @effectId AND taken_at IS NOT NULL";

    private const string UpdateSend = "UPDATE mail_sends SET at = @now, person_hash = @personHash WHERE store_id = @storeId AND effect_id = @effectId";

    private const string InsertSend =
        """
        INSERT INTO mail_sends (store_id, effect_id, person_hash, mail, counted, at)
        VALUES (@storeId, @effectId, @personHash, @mail, @counted, @now)
        """;

    private const string DeleteSend = "DELETE FROM mail_sends WHERE store_id = @storeId AND effect_id = @effectId";

    private const string DeletePersons = "DELETE FROM mail_sends WHERE store_id = @storeId AND person_hash IN @keys";

    /// <param name="personHash">Of the address that the mail goes to.</param>
    public Task<Passage> AskAsync(Store store, Effect effect, MailNotice notice, string personHash, CancellationToken cancel) =>
        db.InTransactionAsync(tx => AskAsync(tx, store, effect, notice, personHash), cancel: cancel);

    private async Task<Passage> AskAsync(Tx tx, Store store, Effect effect, MailNotice notice, string personHash)
    {
        var now = clock.GetUtcNow();
        var isExempt = MailNotice.IsExempt(notice.Mail);
        await tx.HoldAsync($"{store.Id} mail {personHash}");
        if (await tx.OneAsync<long>(CountTaken, new { storeId = store.Id, effectId = effect.Id }) > 0)
        {
            return new Passage.Taken();
        }

        if (await Suppressions.WhyKeptBackAsync(tx, store.Id, personHash, isExempt) is { } why)
        {
            return new Passage.KeptBack(why);
        }

        if (!isExempt && await MailWishes.IsOffAsync(tx, store.Id, notice.Ambassador, notice.Mail))
        {
            return new Passage.KeptBack("The person has switched off this kind of mail.");
        }

        if (!isExempt && await HindranceAsync(tx, store, effect, notice, personHash, now) is { } hindrance)
        {
            return hindrance;
        }

        var args = new { storeId = store.Id, effectId = effect.Id, personHash, mail = notice.Mail, counted = isExempt ? 0L : 1L, now };
        if (await tx.DoAsync(UpdateSend, args) == 0)
        {
            await tx.DoAsync(InsertSend, args);
        }

        return new Passage.Free();
    }

    private static async Task<Passage?> HindranceAsync(Tx tx, Store store, Effect effect, MailNotice notice, string personHash, DateTimeOffset now)
    {
        var rules = await MailSettings.FindAsync(tx, store.Id);
        if (rules.Quiet?.EndOf(now, await ZoneAsync(tx, store, notice)) is { } morning)
        {
            return new Passage.Later("It is night where the person is.", morning - now);
        }

        var before = await tx.ManyAsync<DateTimeOffset>(ReadCounted, new { storeId = store.Id, personHash, since = now - Window, effectId = effect.Id });
        if (before.Count < rules.WeeklyCap)
        {
            return null;
        }

        // The next one has its days in it, and weeks later nobody wants to read of them.
        if (notice.Mail == MailNotice.OrderDigest)
        {
            return new Passage.KeptBack($"The person has had as many mails in seven days as they may. {OrderDigest.ToldLater}");
        }

        var free = before[before.Count - (int)rules.WeeklyCap] + Window;
        return new Passage.Later("The person has had as many mails in seven days as they may.", free - now);
    }

    private static async Task<TimeZoneInfo> ZoneAsync(Tx tx, Store store, MailNotice notice) =>
        notice.Ambassador is { } ambassadorId
        && await tx.OneAsync<string>(ReadZone, new { storeId = store.Id, ambassadorId }) is { } name
        && TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone)
            ? zone
            : store.Zone;

    private const string NoteTaken = "UPDATE mail_sends SET taken_at = @now WHERE store_id = @storeId AND effect_id = @effectId";

    /// <summary>Writes down that a server has a mail, before anything else is handed over. A stopping program does not cancel it.</summary>
    public Task NoteTakenAsync(Effect effect) => db.DoAsync(NoteTaken, new { storeId = effect.StoreId, effectId = effect.Id, now = clock.GetUtcNow() }, CancellationToken.None);

    /// <summary>A mail that nobody took counts for nothing.</summary>
    public static Task ReleaseAsync(Tx tx, Effect effect) => tx.DoAsync(DeleteSend, new { storeId = effect.StoreId, effectId = effect.Id });

    private const string Move = "UPDATE mail_sends SET person_hash = @to WHERE store_id = @storeId AND person_hash = @from";

    /// <summary>Counts what was sent to a person for their new address.</summary>
    public static Task<int> MoveAsync(Tx tx, string storeId, string from, string to) => tx.DoAsync(Move, new { storeId, from, to });

    /// <summary>Forgets what was sent to a person.</summary>
    public static Task<int> ForgetAsync(Tx tx, string storeId, IReadOnlyCollection<string> keys) =>
        tx.DoAsync(DeletePersons, new { storeId, keys = new TextList(keys) });
}
