// Erases a store that has left for good, table by table in short transactions: people, texts and secrets go, the books stay.
using StorePlugin.Data;
using StorePlugin.Mail;
using StorePlugin.Rehearsals;
using StorePlugin.Stores;

namespace StorePlugin.Privacy;

/// <summary>
/// What goes and what stays is told by docs/decisions/0018-erasure.md, table by table. Every step looks for what is left of its
/// table, so that steps may be repeated, and interrupted at any point; none changes a store that has come back meanwhile (rule U1).
/// </summary>
internal sealed class EraseStore(
    Db db, StoreDirectory stores, StoreKeys keys, Credentials credentials, AmbassadorErasure ambassadorErasure, OldRehearsals rehearsals, Settings settings, TimeProvider clock)
{
    /// <summary>
    /// How long an ambassador who is owed something is still known after the store has left (rule U1). Shopify wants an erasure to
    /// be over 30 days after it asks, which it does two days after the store has left.
    /// </summary>
    public static readonly TimeSpan OwedKept = TimeSpan.FromDays(30);

    private const int BatchMax = 500;

    private const string HoldGone = "UPDATE stores SET state = state WHERE state = 'uninstalled' AND id = @storeId";

    /// <summary>Takes one batch of each table. Returns how many rows it changed, and whether what is left waits for payouts or for time.</summary>
    public async Task<(int Changed, bool Waits)> StepAsync(Store store, Erasure erasure, CancellationToken cancel)
    {
        var changed = await EndKeysAsync(store, erasure, cancel);
        changed += await EndAccessAsync(store, cancel);
        changed += await rehearsals.DropAsync(store, 0, cancel, async tx => await tx.DoAsync(HoldGone, new { storeId = store.Id }) == 1);
        foreach (var (find, erase) in Rows)
        {
            changed += await EachAsync(store, find, erase, cancel);
        }

        changed += await DropFilesAsync(store, cancel);
        changed += await EraseMailsAsync(store, cancel);
        var isSettled = await IsSettledAsync(store, cancel);
        changed += await EraseAmbassadorsAsync(store, isSettled, cancel);
        if (isSettled)
        {
            changed += await DropCredentialsAsync(store, cancel);
        }

        var after = await db.OneAsync<Erasure>(ReadErasure, new { storeId = store.Id, id = erasure.Id }, cancel);
        return (changed, !isSettled || after?.ErasedAt is null || await db.OneAsync<long>(CountAmbassadors, new { storeId = store.Id }, cancel) > 0);
    }

    private const string ReadErasure = "SELECT id, store_id, topic, received_at, erased_at FROM privacy_requests WHERE store_id = @storeId AND id = @id";

    private const string ReplaceKeys =
        """
        UPDATE stores SET keys_sealed = @keysSealed, name = NULL, primary_domain = NULL, scopes = NULL
        WHERE id = @storeId AND state = 'uninstalled'
            AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.store_id = @storeId AND d.state = 'pending' AND d.body IS NOT NULL)
        """;

    private const string MarkErased = "UPDATE privacy_requests SET erased_at = @now WHERE store_id = @storeId AND id = @id AND erased_at IS NULL";

    /// <summary>
    /// A new root in place of the store's: every keyed hash of before names nobody from now on, and every body of before is
    /// unreadable at once. A delivery that waits, such as one about a payout, is read first.
    /// </summary>
    private async Task<int> EndKeysAsync(Store store, Erasure erasure, CancellationToken cancel)
    {
        if (erasure.ErasedAt is not null)
        {
            return 0;
        }

        // Made before the transaction: it may have to write a key of the ring, and that waits behind whoever writes.
        var keysSealed = keys.NewSealedRoot();
        var changed = await db.InTransactionAsync(
            async tx => await tx.DoAsync(ReplaceKeys, new { storeId = store.Id, keysSealed }) == 1
                ? await tx.DoAsync(MarkErased, new { storeId = store.Id, id = erasure.Id, now = clock.GetUtcNow() })
                : 0,
            cancel: cancel);
        stores.Forget(store);
        return changed;
    }

    private const string DropKeys = "DELETE FROM api_keys WHERE store_id = @storeId";

    private const string DropStates = "DELETE FROM install_states WHERE store_id = @storeId";

    private const string DropTokens = "DELETE FROM credentials WHERE store_id = @storeId AND kind NOT IN ('stripe_secret_key', 'stripe_webhook_secrets')";

    private Task<int> EndAccessAsync(Store store, CancellationToken cancel) => db.InTransactionAsync(
        async tx =>
        {
            var args = new { storeId = store.Id };
            return await tx.DoAsync(HoldGone, args) == 0
                ? 0
                : await tx.DoAsync(DropKeys, args) + await tx.DoAsync(DropStates, args) + await tx.DoAsync(DropTokens, args);
        },
        cancel: cancel);

    private const string FindLinks = "SELECT token_hash AS name FROM sign_in_links WHERE store_id = @storeId ORDER BY token_hash ";

    private const string DropLink = "DELETE FROM sign_in_links WHERE store_id = @storeId AND token_hash = @name";

    private const string FindSessions = "SELECT token_hash AS name FROM sessions WHERE store_id = @storeId ORDER BY token_hash ";

    private const string DropSession = "DELETE FROM sessions WHERE store_id = @storeId AND token_hash = @name";

    private const string FindChangeLinks = "SELECT token_hash AS name FROM change_links WHERE store_id = @storeId ORDER BY token_hash ";

    private const string DropChangeLink = "DELETE FROM change_links WHERE store_id = @storeId AND token_hash = @name";

    private const string FindMembers = "SELECT id AS name FROM team_members WHERE store_id = @storeId ORDER BY id ";

    private const string DropMember = "DELETE FROM team_members WHERE store_id = @storeId AND id = @name";

    private const string FindLooks = "SELECT store_id AS name FROM store_looks WHERE store_id = @storeId ORDER BY store_id ";

    private const string DropLook = "DELETE FROM store_looks WHERE store_id = @storeId AND store_id = @name";

    private const string FindPlaybooks = "SELECT id AS name FROM campaigns WHERE store_id = @storeId AND playbook IS NOT NULL ORDER BY id ";

    private const string ErasePlaybook = "UPDATE campaigns SET playbook = NULL WHERE store_id = @storeId AND id = @name";

    private const string FindPictures = "SELECT id AS name FROM pictures WHERE store_id = @storeId ORDER BY id ";

    private const string DropPicture = "DELETE FROM pictures WHERE store_id = @storeId AND id = @name";

    private const string FindSignInRequests = "SELECT id AS name FROM sign_in_requests WHERE store_id = @storeId ORDER BY id ";

    private const string DropSignInRequest = "DELETE FROM sign_in_requests WHERE store_id = @storeId AND id = @name";

    private const string FindNotes = "SELECT id AS name FROM ambassador_notes WHERE store_id = @storeId ORDER BY id ";

    private const string DropNote = "DELETE FROM ambassador_notes WHERE store_id = @storeId AND id = @name";

    private const string FindImports = "SELECT id AS name FROM import_files WHERE store_id = @storeId ORDER BY id ";

    private const string DropImport = "DELETE FROM import_files WHERE store_id = @storeId AND id = @name";

    private const string FindRehearsalNotes = "SELECT id AS name FROM rehearsal_notes WHERE store_id = @storeId ORDER BY id ";

    private const string DropRehearsalNote = "DELETE FROM rehearsal_notes WHERE store_id = @storeId AND id = @name";

    private const string FindClaims = "SELECT id AS name FROM order_claims WHERE store_id = @storeId ORDER BY id ";

    private const string DropClaim = "DELETE FROM order_claims WHERE store_id = @storeId AND id = @name";

    private const string FindMessages = "SELECT id AS name FROM messages WHERE store_id = @storeId ORDER BY id ";

    private const string DropMessage = "DELETE FROM messages WHERE store_id = @storeId AND id = @name";

    private const string FindThreads = "SELECT ambassador_id AS name FROM message_threads WHERE store_id = @storeId ORDER BY ambassador_id ";

    private const string DropThread = "DELETE FROM message_threads WHERE store_id = @storeId AND ambassador_id = @name";

    private const string FindConsents = "SELECT DISTINCT ambassador_id AS name FROM mention_consents WHERE store_id = @storeId ORDER BY ambassador_id ";

    private const string DropConsents = "DELETE FROM mention_consents WHERE store_id = @storeId AND ambassador_id = @name";

    private const string FindAges = "SELECT ambassador_id AS name FROM age_confirmations WHERE store_id = @storeId ORDER BY ambassador_id ";

    private const string DropAge = "DELETE FROM age_confirmations WHERE store_id = @storeId AND ambassador_id = @name";

    private const string FindAddressChanges =
        "SELECT id AS name FROM address_changes WHERE store_id = @storeId AND (sealed IS NOT NULL OR waived_reason IS NOT NULL) ORDER BY id ";

    private const string EraseAddressChange = "UPDATE address_changes SET sealed = NULL, waived_reason = NULL WHERE store_id = @storeId AND id = @name";

    private const string FindDecisions = "SELECT id AS name FROM payout_changes WHERE store_id = @storeId AND decision_reason IS NOT NULL ORDER BY id ";

    private const string EraseDecision = "UPDATE payout_changes SET decision_reason = NULL WHERE store_id = @storeId AND id = @name";

    private const string FindApplications = "SELECT id AS name FROM applications WHERE store_id = @storeId AND erased_at IS NULL ORDER BY id ";

    private const string EraseApplication =
        """
        UPDATE applications SET state = CASE WHEN state = 'applied' THEN 'rejected' ELSE state END, decided_at = COALESCE(decided_at, @now),
            decided_by = COALESCE(decided_by, 'platform'), name = '', email = '', email_key = '', message = NULL, reason = NULL, erased_at = @now
        WHERE store_id = @storeId AND id = @name
        """;

    private const string FindCustomers = "SELECT customer_key AS name FROM ambassador_customers WHERE store_id = @storeId ORDER BY customer_key ";

    private const string DropCustomer = "DELETE FROM ambassador_customers WHERE store_id = @storeId AND customer_key = @name";

    private const string FindStateReasons =
        "SELECT DISTINCT ambassador_id AS name FROM ambassador_states WHERE store_id = @storeId AND reason IS NOT NULL ORDER BY ambassador_id ";

    private const string EraseStateReasons = "UPDATE ambassador_states SET reason = NULL WHERE store_id = @storeId AND ambassador_id = @name";

    private const string FindLeaks = "SELECT id AS name FROM leaks WHERE store_id = @storeId AND (place <> '' OR note IS NOT NULL OR ended_why IS NOT NULL) ORDER BY id ";

    private const string EraseLeak = "UPDATE leaks SET place = '', note = NULL, ended_why = NULL WHERE store_id = @storeId AND id = @name";

    private const string FindExemptions = "SELECT id AS name FROM exemptions WHERE store_id = @storeId AND reason <> '' ORDER BY id ";

    private const string EraseExemption = "UPDATE exemptions SET reason = '' WHERE store_id = @storeId AND id = @name";

    private const string FindCredits = "SELECT id AS name FROM programme_credits WHERE store_id = @storeId AND reason <> '' ORDER BY id ";

    private const string EraseCredit = "UPDATE programme_credits SET reason = '' WHERE store_id = @storeId AND id = @name";

    private const string FindClearances = "SELECT id AS name FROM payout_differences WHERE store_id = @storeId AND reason <> '' ORDER BY id ";

    private const string EraseClearance = "UPDATE payout_differences SET reason = '' WHERE store_id = @storeId AND id = @name";

    private const string FindReversals = "SELECT DISTINCT payout_id AS name FROM payout_reversals WHERE store_id = @storeId AND reason <> '' ORDER BY payout_id ";

    private const string EraseReversal = "UPDATE payout_reversals SET reason = '' WHERE store_id = @storeId AND payout_id = @name";

    private const string FindHolders = "SELECT id AS name FROM rewards WHERE store_id = @storeId AND holder_id IS NOT NULL ORDER BY id ";

    private const string EraseHolder = "UPDATE rewards SET holder_id = NULL WHERE store_id = @storeId AND id = @name";

    private const string FindPaidHolders = "SELECT DISTINCT payout_id AS name FROM payout_attempts WHERE store_id = @storeId AND holder_id IS NOT NULL ORDER BY payout_id ";

    private const string ErasePaidHolder = "UPDATE payout_attempts SET holder_id = NULL WHERE store_id = @storeId AND payout_id = @name";

    private const string FindReversedHolders = "SELECT DISTINCT payout_id AS name FROM payout_reversals WHERE store_id = @storeId AND holder_id IS NOT NULL ORDER BY payout_id ";

    private const string EraseReversedHolder = "UPDATE payout_reversals SET holder_id = NULL WHERE store_id = @storeId AND payout_id = @name";

    private const string FindUnusedClicks = "SELECT id AS name FROM clicks WHERE store_id = @storeId AND used_at IS NULL ORDER BY id ";

    private const string DropClick = "DELETE FROM clicks WHERE store_id = @storeId AND id = @name AND used_at IS NULL";

    private const string FindUsedClicks =
        "SELECT id AS name FROM clicks WHERE store_id = @storeId AND (referrer_class <> 'none' OR consent <> 'unknown' OR visit IS NOT NULL) ORDER BY id ";

    private const string EraseClick = "UPDATE clicks SET referrer_class = 'none', consent = 'unknown', visit = NULL WHERE store_id = @storeId AND id = @name";

    private const string FindBodies = "SELECT id AS name FROM deliveries WHERE store_id = @storeId AND state <> 'pending' AND body IS NOT NULL ORDER BY id ";

    private const string DropBody = "UPDATE deliveries SET body = NULL, outcome = 'erased' WHERE store_id = @storeId AND id = @name AND state <> 'pending'";

    private const string FindPayoutSettings = "SELECT store_id AS name FROM payout_settings WHERE store_id = @storeId ORDER BY store_id ";

    private const string DropPayoutSettings = "DELETE FROM payout_settings WHERE store_id = @storeId";

    private const string FindDebtors = "SELECT id AS name FROM payout_exports WHERE store_id = @storeId AND debtor_sealed IS NOT NULL ORDER BY id ";

    private const string EraseDebtor = "UPDATE payout_exports SET debtor_sealed = NULL WHERE store_id = @storeId AND id = @name";

    private const string FindBilling = "SELECT store_id AS name FROM self_billing_settings WHERE store_id = @storeId ORDER BY store_id ";

    private const string DropBilling = "DELETE FROM self_billing_settings WHERE store_id = @storeId";

    // The merchant's particulars; those of payees go with them. What stands on a document, or will stand on one, stays with it for the term of
    // tax law (rule U1).
    private const string FindParties =
        """
        SELECT y.id AS name FROM self_bill_parties y
        WHERE y.store_id = @storeId AND y.ambassador_id = ''
            AND NOT EXISTS (SELECT 1 FROM self_billing_settings f WHERE f.store_id = y.store_id AND f.party_id = y.id)
            AND NOT EXISTS (SELECT 1 FROM payouts p WHERE p.store_id = y.store_id AND p.bill_merchant_id = y.id)
        ORDER BY y.id
        """ + " ";

    private const string DropParty = "DELETE FROM self_bill_parties WHERE store_id = @storeId AND id = @name";

    private const string FindTexts = "SELECT mail AS name FROM mail_texts WHERE store_id = @storeId ORDER BY mail ";

    private const string DropText = "DELETE FROM mail_texts WHERE store_id = @storeId AND mail = @name";

    private const string FindSends = "SELECT effect_id AS name FROM mail_sends WHERE store_id = @storeId ORDER BY effect_id ";

    private const string DropSend = "DELETE FROM mail_sends WHERE store_id = @storeId AND effect_id = @name";

    private const string FindInvitations =
        "SELECT id AS name FROM invitations WHERE store_id = @storeId AND (sealed IS NOT NULL OR address_hash <> id) ORDER BY id ";

    private const string EraseInvitation = "UPDATE invitations SET sealed = NULL, address_hash = id WHERE store_id = @storeId AND id = @name";

    private const string FindSuppressions =
        "SELECT id AS name FROM mail_suppressions WHERE store_id = @storeId AND (detail IS NOT NULL OR lift_reason IS NOT NULL) ORDER BY id ";

    private const string EraseSuppression =
        "UPDATE mail_suppressions SET detail = NULL, lift_reason = NULL WHERE store_id = @storeId AND id = @name";

    // What is found, and what is done with each.
    private static readonly (string Find, string Erase)[] Rows =
    [
        (FindLinks, DropLink),
        (FindSessions, DropSession),
        (FindChangeLinks, DropChangeLink),
        (FindSignInRequests, DropSignInRequest),
        (FindMembers, DropMember),
        (FindLooks, DropLook),
        (FindPlaybooks, ErasePlaybook),
        (FindPictures, DropPicture),
        (FindNotes, DropNote),
        (FindImports, DropImport),
        (FindRehearsalNotes, DropRehearsalNote),
        (FindClaims, DropClaim),
        (FindMessages, DropMessage),
        (FindThreads, DropThread),
        (FindConsents, DropConsents),
        (FindAges, DropAge),
        (FindAddressChanges, EraseAddressChange),
        (FindDecisions, EraseDecision),
        (FindApplications, EraseApplication),
        (FindCustomers, DropCustomer),
        (FindStateReasons, EraseStateReasons),
        (FindLeaks, EraseLeak),
        (FindExemptions, EraseExemption),
        (FindCredits, EraseCredit),
        (FindClearances, EraseClearance),
        (FindReversals, EraseReversal),
        (FindHolders, EraseHolder),
        (FindPaidHolders, ErasePaidHolder),
        (FindReversedHolders, EraseReversedHolder),
        (FindUnusedClicks, DropClick),
        (FindUsedClicks, EraseClick),
        (FindBodies, DropBody),
        (FindPayoutSettings, DropPayoutSettings),
        (FindDebtors, EraseDebtor),
        (FindBilling, DropBilling),
        (FindParties, DropParty),
        (FindTexts, DropText),
        (FindSends, DropSend),
        (FindInvitations, EraseInvitation),
        (FindSuppressions, EraseSuppression),
    ];

    private async Task<int> EachAsync(Store store, string find, string erase, CancellationToken cancel)
    {
        var found = await db.ManyAsync<string>(find + db.Page, new { storeId = store.Id, take = BatchMax }, cancel);
        var now = clock.GetUtcNow();
        var changed = 0;
        await ShortTransactions.EachAsync(
            db, clock, found, async (tx, name) => changed += await IfGoneAsync(tx, store, () => tx.DoAsync(erase, new { storeId = store.Id, name, now })), cancel);
        return changed;
    }

    /// <summary>Changes something while the store is still gone; who comes back meanwhile waits for it, and finds the rest as it was.</summary>
    private static async Task<int> IfGoneAsync(Tx tx, Store store, Func<Task<int>> change) =>
        await tx.DoAsync(HoldGone, new { storeId = store.Id }) == 1 ? await change() : 0;

    private const string FindFiles = "SELECT id AS name FROM privacy_requests WHERE store_id = @storeId AND state = 'ready' ORDER BY id ";

    private async Task<int> DropFilesAsync(Store store, CancellationToken cancel)
    {
        var found = await db.ManyAsync<string>(FindFiles + db.Page, new { storeId = store.Id, take = BatchMax }, cancel);
        var changed = 0;
        await ShortTransactions.EachAsync(db, clock, found, async (tx, id) => changed += await IfGoneAsync(tx, store, () => PrivacyRequests.DropFileAsync(tx, store.Id, id)), cancel);
        return changed;
    }

    private const string FindMails =
        "SELECT id AS name FROM effects WHERE store_id = @storeId AND kind = 'mail' AND state <> 'pending' AND payload <> '{}' ORDER BY id ";

    private const string EraseMail =
        "UPDATE effects SET payload = '{}', outcome = 'erased' WHERE store_id = @storeId AND id = @name AND kind = 'mail' AND state <> 'pending'";

    /// <summary>Mails that were sent are out of reach; those that went into the folder are deleted, and the row afterwards.</summary>
    private async Task<int> EraseMailsAsync(Store store, CancellationToken cancel)
    {
        var found = await db.ManyAsync<string>(FindMails + db.Page, new { storeId = store.Id, take = BatchMax }, cancel);
        foreach (var path in found.Select(id => Path.Combine(settings.Mail.Folder, MailSender.FileOf(id))).Where(File.Exists))
        {
            File.Delete(path);
        }

        var changed = 0;
        await ShortTransactions.EachAsync(
            db, clock, found, async (tx, name) => changed += await IfGoneAsync(tx, store, () => tx.DoAsync(EraseMail, new { storeId = store.Id, name })), cancel);
        return changed;
    }

    private const string CountUnsettled =
        """
        SELECT CAST(COUNT(*) AS bigint) FROM payouts
        WHERE store_id = @storeId AND state IN ('approved', 'sending', 'unknown') AND provider = 'stripe'
        """;

    private const string CountOwedEffects =
        """
        SELECT CAST(COUNT(*) AS bigint) FROM effects
        WHERE store_id = @storeId AND state = 'pending' AND (kind IN ('send_transfer', 'look_up_transfer', 'reverse_transfer') OR (kind = 'mail' AND subject LIKE @payoutMails))
        """;

    /// <summary>
    /// Whether every payout has come to an end and was told of (rule U1). Those by Stripe alone: what came of others only a person of the store
    /// can tell, and none has a key any more; their payees are known for as long as somebody who is owed a balance.
    /// </summary>
    private async Task<bool> IsSettledAsync(Store store, CancellationToken cancel) =>
        await db.OneAsync<long>(CountUnsettled, new { storeId = store.Id }, cancel) == 0
        && await db.OneAsync<long>(CountOwedEffects, new { storeId = store.Id, payoutMails = MailNotice.PayoutSubjects }, cancel) == 0;

    // While payouts are open, whoever was ever paid may still be written to.
    private const string FindAmbassadors =
        """
        SELECT a.id AS name FROM ambassadors a
        WHERE a.store_id = @storeId AND a.email <> ''
            AND (@isSettled = 1 OR NOT EXISTS (SELECT 1 FROM payouts p WHERE p.store_id = a.store_id AND p.ambassador_id = a.id))
            AND (@isOver = 1 OR NOT EXISTS (SELECT 1 FROM balances b
                WHERE b.store_id = a.store_id AND b.ambassador_id = a.id AND b.account IN ('held', 'review', 'approved', 'in_payout') AND b.amount_minor <> 0))
        ORDER BY a.id
        """;

    private const string DropFormers = "DELETE FROM former_addresses WHERE store_id = @storeId AND ambassador_id = @name";

    private const string CountAmbassadors = "SELECT CAST(COUNT(*) AS bigint) FROM ambassadors WHERE store_id = @storeId AND email <> ''";

    private async Task<int> EraseAmbassadorsAsync(Store store, bool isSettled, CancellationToken cancel)
    {
        var isOver = clock.GetUtcNow() >= store.UninstalledAt + OwedKept;
        var found = await db.ManyAsync<string>(
            $"{FindAmbassadors} {db.Page}", new { storeId = store.Id, isSettled = isSettled ? 1L : 0L, isOver = isOver ? 1L : 0L, take = BatchMax }, cancel);
        var changed = 0;
        await ShortTransactions.EachAsync(db, clock, found, async (tx, id) => changed += await IfGoneAsync(tx, store, () => EraseAmbassadorAsync(tx, store, id)), cancel);
        return changed;
    }

    private async Task<int> EraseAmbassadorAsync(Tx tx, Store store, string id)
    {
        await tx.DoAsync(DropFormers, new { storeId = store.Id, name = id });
        return await ambassadorErasure.EraseAsync(tx, store, id);
    }

    private const string DropCredentials = "DELETE FROM credentials WHERE store_id = @storeId";

    private const string DropStripeAccount = "DELETE FROM stripe_accounts WHERE store_id = @storeId";

    private async Task<int> DropCredentialsAsync(Store store, CancellationToken cancel)
    {
        var args = new { storeId = store.Id };
        var dropped = await db.InTransactionAsync(
            tx => IfGoneAsync(tx, store, async () => await tx.DoAsync(DropCredentials, args) + await tx.DoAsync(DropStripeAccount, args)), cancel: cancel);
        foreach (var kind in CredentialKind.All)
        {
            credentials.Forget(store.Id, kind);
        }

        return dropped;
    }
}
