// How often a store writes to a person, and at which hours it does not.
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Mail;

/// <param name="WeeklyCap">How many mails a person gets in any rolling seven days, over all campaigns.</param>
/// <param name="Quiet">Null: mail goes at any hour.</param>
internal sealed record MailRules(long WeeklyCap, QuietHours? Quiet)
{
    public const long WeeklyCapMax = 50;

    public static readonly MailRules Default = new(2, new QuietHours(new TimeOnly(21, 0), new TimeOnly(8, 0)));
}

internal sealed class MailSettings(Db db, TimeProvider clock)
{
    private const string Read = "SELECT weekly_cap, quiet_from, quiet_until FROM mail_settings WHERE store_id = @storeId";

    private const string Update =
        """
        UPDATE mail_settings SET weekly_cap = @cap, quiet_from = @from, quiet_until = @until, updated_at = @now, updated_by = @by
        WHERE store_id = @storeId
        """;

    private const string Insert =
        """
        INSERT INTO mail_settings (store_id, weekly_cap, quiet_from, quiet_until, updated_at, updated_by)
        VALUES (@storeId, @cap, @from, @until, @now, @by)
        """;

    public async Task<MailRules> FindAsync(Store store, CancellationToken cancel) => RulesOf(await db.OneAsync<Row>(Read, new { storeId = store.Id }, cancel));

    /// <summary>As above, in the caller's transaction.</summary>
    public static async Task<MailRules> FindAsync(Tx tx, string storeId) => RulesOf(await tx.OneAsync<Row>(Read, new { storeId }));

    public Task KeepAsync(Store store, MailRules rules, string by, CancellationToken cancel) => db.InTransactionAsync(
        async tx =>
        {
            var args = new
            {
                storeId = store.Id,
                cap = rules.WeeklyCap,
                from = MinuteOf(rules.Quiet?.From),
                until = MinuteOf(rules.Quiet?.Until),
                now = clock.GetUtcNow(),
                by,
            };
            await tx.HoldAsync($"{store.Id} mail settings");
            if (await tx.DoAsync(Update, args) == 0)
            {
                await tx.DoAsync(Insert, args);
            }
        },
        cancel: cancel);

    private static MailRules RulesOf(Row? row) => row is null ? MailRules.Default
        : new MailRules(row.WeeklyCap, row is { QuietFrom: { } from, QuietUntil: { } until } ? new QuietHours(TimeOf(from), TimeOf(until)) : null);

    private static TimeOnly TimeOf(long minute) => TimeOnly.FromTimeSpan(TimeSpan.FromMinutes(minute));

    private static long? MinuteOf(TimeOnly? time) => time is { } known ? (known.Hour * 60L) + known.Minute : null;

    private sealed record Row(long WeeklyCap, long? QuietFrom, long? QuietUntil);
}
