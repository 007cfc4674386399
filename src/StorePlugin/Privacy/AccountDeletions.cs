// Ambassadors who ask to be deleted: they leave at once, and what a payout needs goes when nothing is owed any more.
using StorePlugin.Ambassadors;
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Privacy;

/// <param name="ErasedAt">When what a payout needs went too; null while it waits for what is owed.</param>
internal sealed record AccountDeletion(string AmbassadorId, DateTimeOffset AskedAt, DateTimeOffset? ErasedAt);

/// <summary>
/// A person is deleted in all campaigns of the store in which they take part. The round may run twice, and on several machines,
/// without effect. Whoever has come back before the end keeps what is left of them.
/// </summary>
internal sealed partial class AccountDeletions(
    Db db, StoreDirectory stores, AmbassadorLife life, AmbassadorErasure erasure, Settings settings, TimeProvider clock,
    ILogger<AccountDeletions> logger)
{
    /// <summary>
    /// How long somebody is still known who is owed something and has named no way to be paid (rule U1). Whoever has named one is known
    /// until they are paid: a positive balance never lapses (rule H7).
    /// </summary>
    public static readonly TimeSpan OwedKept = EraseStore.OwedKept;

    private const string Reason = "They have asked that their account be deleted.";

    private const int BatchMax = 200;

    private const string ReadOne = "SELECT ambassador_id, asked_at, erased_at FROM account_deletions WHERE store_id = @storeId AND ambassador_id = @ambassadorId";

    public Task<AccountDeletion?> FindAsync(Store store, string ambassadorId, CancellationToken cancel) =>
        db.OneAsync<AccountDeletion>(ReadOne, new { storeId = store.Id, ambassadorId }, cancel);

    private const string ReadPerson = "SELECT person_hash FROM ambassadors WHERE store_id = @storeId AND id = @ambassadorId AND email <> ''";

    private const string ReadMemberships = "SELECT id FROM ambassadors WHERE store_id = @storeId AND person_hash = @personHash AND email <> ''";

    private const string Insert =
        """
        INSERT INTO account_deletions (store_id, ambassador_id, asked_at)
        SELECT @storeId, @id, @now
        WHERE NOT EXISTS (SELECT 1 FROM account_deletions WHERE store_id = @storeId AND ambassador_id = @id)
        """;

    /// <summary>
    /// The person leaves all campaigns of the store, what nobody needs any more goes, and every session of theirs ends: one
    /// transaction. Asked again it changes nothing more.
    /// </summary>
    public Task AskAsync(Store store, string ambassadorId, CancellationToken cancel) => db.InTransactionAsync(
        async tx =>
        {
            var now = clock.GetUtcNow();
            var personHash = await tx.OneAsync<string>(ReadPerson, new { storeId = store.Id, ambassadorId });

            // In the order of their ids, so that two who hold the same rows hold them one after the other.
            foreach (var id in (await tx.ManyAsync<string>(ReadMemberships, new { storeId = store.Id, personHash })).Order(StringComparer.Ordinal))
            {
                await AmbassadorLife.HoldAsync(tx, store.Id, id);
                await tx.DoAsync(Insert, new { storeId = store.Id, id, now });
                await life.EndAsync(tx, store, id, $"ambassador {id}", Reason);
                await erasure.DropWordsAsync(tx, store.Id, id);
                await SignIn.EndAllAsync(tx, store.Id, id, now);
            }
        },
        cancel: cancel);

    private const string FindWaiting =
        """
        SELECT store_id, ambassador_id, asked_at FROM account_deletions
        WHERE erased_at IS NULL AND asked_at >= @at AND (asked_at > @at OR ambassador_id > @ambassadorId)
        ORDER BY asked_at, ambassador_id
        """;

    /// <summary>Looks at everybody who waits, some at a time. Returns how many it erased.</summary>
    public async Task<int> RunOnceAsync(CancellationToken cancel)
    {
        var (erased, last) = (0, new Waiting("", "", DateTimeOffset.UnixEpoch));
        while (true)
        {
            var found = await db.ManyAsync<Waiting>(
                $"{FindWaiting} {db.Page}", new { at = last.AskedAt, ambassadorId = last.AmbassadorId, take = BatchMax }, cancel);
            foreach (var waiting in found)
            {
                cancel.ThrowIfCancellationRequested();
                var store = await stores.GetAsync(waiting.StoreId, cancel);
                if (await db.InTransactionAsync(tx => LookAsync(tx, store, waiting), cancel: cancel))
                {
                    Log.Erased(logger, waiting.AmbassadorId, waiting.StoreId);
                    erased++;
                }
            }

            if (found.Count < BatchMax)
            {
                // What was overwritten leaves the log as well; while somebody reads an older state, the next erasure does it.
                if (erased > 0)
                {
                    await db.TruncateLogAsync(cancel);
                }

                return erased;
            }

            last = found[^1];
        }
    }

    private const string ReadStanding =
        """
        SELECT
            (SELECT CAST(COUNT(*) AS bigint) FROM balances b
                WHERE b.store_id = a.store_id AND b.ambassador_id = a.id AND b.account IN ('held', 'review', 'approved', 'in_payout') AND b.amount_minor <> 0) AS open_balances,
            (SELECT CAST(COUNT(*) AS bigint) FROM balances b
                WHERE b.store_id = a.store_id AND b.ambassador_id = a.id AND b.account IN ('held', 'review', 'approved') AND b.amount_minor > 0) AS owed_balances,
            (SELECT CAST(COUNT(*) AS bigint) FROM payouts p
                WHERE p.store_id = a.store_id AND p.ambassador_id = a.id AND p.state IN ('approved', 'sending', 'unknown')) AS open_payouts,
            (SELECT CAST(COUNT(*) AS bigint) FROM payout_methods m WHERE m.store_id = a.store_id AND m.ambassador_id = a.id AND m.ended_at IS NULL) AS methods,
            a.stripe_account, a.email, a.person_hash
        FROM ambassadors a WHERE a.store_id = @storeId AND a.id = @ambassadorId
        """;

    // The news that a payout was sent is owed to them, and has their address from the row.
    private const string CountOwedMails =
        "SELECT CAST(COUNT(*) AS bigint) FROM effects WHERE store_id = @storeId AND state = 'pending' AND kind = 'mail' AND subject LIKE @payoutMails";

    private const string Withdraw = "DELETE FROM account_deletions WHERE store_id = @storeId AND ambassador_id = @ambassadorId AND erased_at IS NULL";

    private const string End = "UPDATE account_deletions SET erased_at = @now WHERE store_id = @storeId AND ambassador_id = @ambassadorId AND erased_at IS NULL";

    private async Task<bool> LookAsync(Tx tx, Store store, Waiting waiting)
    {
        var now = clock.GetUtcNow();
        var args = new { storeId = store.Id, ambassadorId = waiting.AmbassadorId, now, payoutMails = Mail.MailNotice.PayoutSubjects };
        if (await AmbassadorLife.HoldAsync(tx, store.Id, waiting.AmbassadorId) != "ended")
        {
            await tx.DoAsync(Withdraw, args);
            return false;
        }

        var standing = (await tx.OneAsync<Standing>(ReadStanding, args))!;
        if (standing.Waits(now - waiting.AskedAt) || await tx.OneAsync<long>(CountOwedMails, args) > 0 || await tx.DoAsync(End, args) == 0)
        {
            return false;
        }

        // Else they would be known by what they wrote before they took part, and by who invited them.
        await tx.DoAsync(EraseApplications, new { args.storeId, emailKey = PersonKey.OfEmail(standing.Email), now });
        await Mail.Invitations.ForgetAsync(tx, store.Id, [standing.PersonHash]);
        await DropMailsAsync(tx, store, waiting.AmbassadorId);
        await erasure.EraseAsync(tx, store, waiting.AmbassadorId);
        return true;
    }

    private const string EraseApplications =
        """
        UPDATE applications SET name = '', email = '', email_key = '', message = NULL, reason = NULL, erased_at = @now
        WHERE store_id = @storeId AND email_key = @emailKey AND state = 'rejected' AND erased_at IS NULL
        """;

    private const string FindMails = "SELECT id FROM effects WHERE store_id = @storeId AND kind = 'mail' AND state <> 'pending' AND payload LIKE @named";

    // Mails that were sent are out of reach; those that went into the folder are not. An id holds no sign that a pattern knows but one that fits itself.
    private async Task DropMailsAsync(Tx tx, Store store, string ambassadorId)
    {
        var ids = await tx.ManyAsync<string>(FindMails, new { storeId = store.Id, named = $"%{ambassadorId}%" });
        foreach (var path in ids.Select(id => Path.Combine(settings.Mail.Folder, Mail.MailSender.FileOf(id))).Where(File.Exists))
        {
            File.Delete(path);
        }
    }

    private sealed record Waiting(string StoreId, string AmbassadorId, DateTimeOffset AskedAt);

    // Properties and no constructor: SQLite tells no type for a computed column that has no row.
    private sealed record Standing
    {
        public long OpenBalances { get; init; }

        public long OwedBalances { get; init; }

        public long OpenPayouts { get; init; }

        public long Methods { get; init; }

        public string? StripeAccount { get; init; }

        public string Email { get; init; } = "";

        public string PersonHash { get; init; } = "";

        /// <summary>
        /// A payout under way has its payee until it is settled. Whoever is owed something and has named a way is paid first; else
        /// nobody is known for longer than <see cref="OwedKept"/>, and a balance below zero is written off by its own rule (K4).
        /// </summary>
        public bool Waits(TimeSpan since) =>
            OpenPayouts > 0 || (OpenBalances > 0 && (since < OwedKept || (OwedBalances > 0 && (Methods > 0 || StripeAccount is not null))));

        public override string ToString() => nameof(Standing);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "The account of {AmbassadorId} at {StoreId} is erased, as they have asked")]
        public static partial void Erased(ILogger logger, string ambassadorId, string storeId);
    }
}
