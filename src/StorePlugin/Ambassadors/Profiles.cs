// What an ambassador has said of themselves: name, time zone, mails, whether they may be named in public, and that they are 18 or older.
using StorePlugin.Data;
using StorePlugin.Mail;
using StorePlugin.Stores;

namespace StorePlugin.Ambassadors;

/// <param name="TimeZone">An IANA name; null: the store's counts.</param>
/// <param name="MailsOff">The kinds of mails that are switched off; see <see cref="MailKind"/>.</param>
/// <param name="WantsNone">They want none of the mails that are not owed.</param>
/// <param name="Consent">Their newest word on being named; null where they have said none.</param>
internal sealed record Profile(string Name, string? TimeZone, IReadOnlyList<string> MailsOff, bool WantsNone, MentionConsent? Consent, AgeConfirmation? Adult)
{
    /// <summary>Says nothing, so that no log line can hold a person.</summary>
    public override string ToString() => nameof(Profile);
}

/// <param name="Said"><c>given</c> or <c>withdrawn</c>.</param>
/// <param name="WordingHash">Of the wording that stood above the button.</param>
internal sealed record MentionConsent(long Number, string Said, DateTimeOffset At, string WordingHash)
{
    /// <summary>What is consented to. Another sentence here is another version, which nobody has consented to yet.</summary>
    public const string Wording =
        "The store may name me in public as one of its ambassadors: the name that my own page shows, and which milestones I have reached. "
        + "No amount of mine is told, and I can take this back at any time.";

    private const int VersionLength = 8;

    public static string Hash { get; } = Ids.HashOf(Wording);

    public bool IsGiven => Said == "given" && WordingHash == Hash;

    /// <summary>The version of the wording, as pages show it.</summary>
    public string Version => WordingHash[..VersionLength];
}

/// <param name="Place"><c>application</c> or <c>portal</c>.</param>
internal sealed record AgeConfirmation(DateTimeOffset ConfirmedAt, string Place)
{
    /// <summary>From this age on one may take part.</summary>
    public const int Years = 18;
}

internal sealed class Profiles(Db db, Suppressions suppressions, TimeProvider clock)
{
    public const int TimeZoneLengthMax = 60;

    private const string ReadPerson = "SELECT name, email, time_zone FROM ambassadors WHERE store_id = @storeId AND id = @ambassadorId";

    private const string ReadConsents =
        "SELECT number, said, at, wording_hash FROM mention_consents WHERE store_id = @storeId AND ambassador_id = @ambassadorId ORDER BY number DESC ";

    private const string ReadAge = "SELECT confirmed_at, place FROM age_confirmations WHERE store_id = @storeId AND ambassador_id = @ambassadorId";

    /// <summary>Null where there is no such ambassador.</summary>
    public async Task<Profile?> FindAsync(Store store, string ambassadorId, CancellationToken cancel)
    {
        var args = new { storeId = store.Id, ambassadorId };
        return await db.OneAsync<Person>(ReadPerson, args, cancel) is { } person
            ? new Profile(
                person.Name,
                person.TimeZone,
                await MailWishes.OffAsync(db, store.Id, ambassadorId, cancel),
                await suppressions.HasOptedOutAsync(store, suppressions.HashOf(store, person.Email), cancel),
                await ConsentAsync(store, ambassadorId, cancel),
                await AdultAsync(store, ambassadorId, cancel))
            : null;
    }

    /// <summary>Their newest word on being named in public; null where they have said none.</summary>
    public Task<MentionConsent?> ConsentAsync(Store store, string ambassadorId, CancellationToken cancel) =>
        db.OneAsync<MentionConsent>(ReadConsents + db.Page, new { storeId = store.Id, ambassadorId, take = 1L }, cancel);

    /// <summary>Every word of theirs on it, the newest first, within a transaction of the caller's.</summary>
    public static Task<IReadOnlyList<MentionConsent>> ConsentsAsync(Tx tx, string storeId, string ambassadorId) =>
        tx.ManyAsync<MentionConsent>(ReadConsents, new { storeId, ambassadorId });

    public Task<AgeConfirmation?> AdultAsync(Store store, string ambassadorId, CancellationToken cancel) =>
        db.OneAsync<AgeConfirmation>(ReadAge, new { storeId = store.Id, ambassadorId }, cancel);

    public static Task<AgeConfirmation?> AdultAsync(Tx tx, string storeId, string ambassadorId) => tx.OneAsync<AgeConfirmation>(ReadAge, new { storeId, ambassadorId });

    private const string Rename = "UPDATE ambassadors SET name = @name, time_zone = @timeZone WHERE store_id = @storeId AND id = @ambassadorId AND email <> ''";

    /// <summary>Keeps name and time zone.</summary>
    /// <param name="timeZone">Null: the store's counts.</param>
    public Task SetAsync(Store store, string ambassadorId, string name, string? timeZone, CancellationToken cancel) =>
        db.DoAsync(Rename, new { storeId = store.Id, ambassadorId, name, timeZone }, cancel);

    /// <summary>Keeps which mails they want. Whoever wanted none and wants one again gets those.</summary>
    public async Task SetMailsAsync(Store store, string ambassadorId, IReadOnlyCollection<string> wanted, CancellationToken cancel)
    {
        await db.InTransactionAsync(
            async tx =>
            {
                await AmbassadorLife.HoldAsync(tx, store.Id, ambassadorId);
                foreach (var kind in MailKind.All)
                {
                    await MailWishes.SetAsync(tx, store.Id, ambassadorId, kind, wanted.Contains(kind), clock.GetUtcNow());
                }
            },
            cancel: cancel);
        if (wanted.Count > 0 && await db.OneAsync<Person>(ReadPerson, new { storeId = store.Id, ambassadorId }, cancel) is { } person)
        {
            await suppressions.LiftOptOutAsync(store, suppressions.HashOf(store, person.Email), cancel);
        }
    }

    private const string InsertConsent =
        """
        INSERT INTO mention_consents (store_id, ambassador_id, number, said, at, wording_hash)
        VALUES (@storeId, @ambassadorId, @number, @said, @now, @hash)
        """;

    /// <summary>Keeps their word on being named. The same word on the same wording again is no new one. False: the wording is another by now.</summary>
    /// <param name="hash">Of the wording that was shown.</param>
    public Task<bool> SayAsync(Store store, string ambassadorId, bool isGiven, string hash, CancellationToken cancel) => db.InTransactionAsync(
        async tx =>
        {
            // To take it back no wording has to be read.
            if ((isGiven && hash != MentionConsent.Hash) || await AmbassadorLife.HoldAsync(tx, store.Id, ambassadorId) is null)
            {
                return false;
            }

            var newest = await ConsentsAsync(tx, store.Id, ambassadorId) is [var first, ..] ? first : null;
            var said = isGiven ? "given" : "withdrawn";
            if ((newest is null && !isGiven) || (newest?.Said == said && (!isGiven || newest.WordingHash == MentionConsent.Hash)))
            {
                return true;
            }

            await tx.DoAsync(
                InsertConsent, new { storeId = store.Id, ambassadorId, number = (newest?.Number ?? 0) + 1, said, now = clock.GetUtcNow(), hash = MentionConsent.Hash });
            return true;
        },
        cancel: cancel);

    private const string InsertAge =
        """
        INSERT INTO age_confirmations (store_id, ambassador_id, confirmed_at, place)
        SELECT @storeId, @ambassadorId, @at, @place
        WHERE NOT EXISTS (SELECT 1 FROM age_confirmations WHERE store_id = @storeId AND ambassador_id = @ambassadorId)
        """;

    /// <summary>Keeps that they have said in the portal that they are old enough; the first time counts.</summary>
    public Task ConfirmAgeAsync(Store store, string ambassadorId, CancellationToken cancel) => db.InTransactionAsync(
        async tx =>
        {
            await AmbassadorLife.HoldAsync(tx, store.Id, ambassadorId);
            await ConfirmAgeAsync(tx, store.Id, ambassadorId, clock.GetUtcNow(), "portal");
        },
        cancel: cancel);

    /// <summary>As above, in the transaction of a caller who holds the ambassador, or has just made them.</summary>
    public static Task<int> ConfirmAgeAsync(Tx tx, string storeId, string ambassadorId, DateTimeOffset at, string place) =>
        tx.DoAsync(InsertAge, new { storeId, ambassadorId, at, place });

    private const string DropConsents = "DELETE FROM mention_consents WHERE store_id = @storeId AND ambassador_id = @ambassadorId";

    private const string DropAge = "DELETE FROM age_confirmations WHERE store_id = @storeId AND ambassador_id = @ambassadorId";

    /// <summary>Takes away what they have said of themselves here.</summary>
    public static async Task DropAsync(Tx tx, string storeId, string ambassadorId)
    {
        await MailWishes.DropAsync(tx, storeId, ambassadorId);
        await tx.DoAsync(DropConsents, new { storeId, ambassadorId });
        await tx.DoAsync(DropAge, new { storeId, ambassadorId });
    }

    private sealed record Person(string Name, string Email, string? TimeZone)
    {
        public override string ToString() => nameof(Person);
    }
}
