// What nobody needs any more goes: clicks that led to no order, what rejected and unanswered applicants wrote, who was invited and when
// somebody was written to, files for customers and of ambassadors that have had their time, old messages, addresses of before, installations, links and sessions
// that have ended, and who changed what two years ago.
using StorePlugin.Ambassadors;
using StorePlugin.Audit;
using StorePlugin.Data;
using StorePlugin.Mail;
using StorePlugin.Privacy;

namespace StorePlugin.Inbox;

/// <summary>
/// Over all stores, in small batches. Effects stay: their subjects keep the same cause from making two, and those of
/// payouts prove what was sent.
/// </summary>
internal sealed class Retention(Db db, TimeProvider clock)
{
    private const int BatchMax = 500;

    private const string OldClicks = "SELECT store_id, id AS name FROM clicks WHERE used_at IS NULL AND at <= @before ORDER BY at ";

    private const string DropClick = "DELETE FROM clicks WHERE store_id = @StoreId AND id = @Name AND used_at IS NULL";

    private const string OldStates = "SELECT store_id, state_hash AS name FROM install_states WHERE expires_at <= @before ORDER BY expires_at ";

    private const string DropState = "DELETE FROM install_states WHERE store_id = @StoreId AND state_hash = @Name";

    private const string OldLinks = "SELECT store_id, token_hash AS name FROM sign_in_links WHERE expires_at <= @before ORDER BY expires_at ";

    private const string DropLink = "DELETE FROM sign_in_links WHERE store_id = @StoreId AND token_hash = @Name";

    private const string OldSessions = "SELECT store_id, token_hash AS name FROM sessions WHERE expires_at <= @before ORDER BY expires_at ";

    private const string DropSession = "DELETE FROM sessions WHERE store_id = @StoreId AND token_hash = @Name";

    private const string OldChangeLinks = "SELECT store_id, token_hash AS name FROM change_links WHERE expires_at <= @before ORDER BY expires_at ";

    private const string DropChangeLink = "DELETE FROM change_links WHERE store_id = @StoreId AND token_hash = @Name";

    private const string OldSignInRequests = "SELECT store_id, id AS name FROM sign_in_requests WHERE asked_at <= @before ORDER BY asked_at ";

    private const string DropSignInRequest = "DELETE FROM sign_in_requests WHERE store_id = @StoreId AND id = @Name";

    private const string OldAddressChanges = "SELECT store_id, id AS name FROM address_changes WHERE sealed IS NOT NULL AND asked_at <= @before ORDER BY asked_at ";

    // That a change was asked for stays; between which addresses does not.
    private const string DropAddresses = "UPDATE address_changes SET sealed = NULL WHERE store_id = @StoreId AND id = @Name";

    private const string UnansweredApplications =
        "SELECT store_id, id AS name FROM applications WHERE state = 'applied' AND applied_at <= @before ORDER BY applied_at ";

    // It holds a place among those that may wait; and nobody has said a word that the person might ask about.
    private const string EndApplication =
        """
        UPDATE applications SET state = 'rejected', decided_at = @Now, decided_by = 'time', reason = 'Nobody answered in time.',
            name = '', email = '', email_key = '', message = NULL, erased_at = @Now
        WHERE store_id = @StoreId AND id = @Name AND state = 'applied'
        """;

    private const string OldApplications =
        "SELECT store_id, id AS name FROM applications WHERE state = 'rejected' AND erased_at IS NULL AND decided_at <= @before ORDER BY decided_at ";

    // That somebody was rejected, when and by whom stays; who it was does not.
    private const string EraseApplication =
        """
        UPDATE applications SET name = '', email = '', email_key = '', message = NULL, reason = NULL, erased_at = @Now
        WHERE store_id = @StoreId AND id = @Name AND state = 'rejected' AND erased_at IS NULL
        """;

    private const string OldSends = "SELECT store_id, effect_id AS name FROM mail_sends WHERE at <= @before ORDER BY at ";

    private const string DropSend = "DELETE FROM mail_sends WHERE store_id = @StoreId AND effect_id = @Name";

    // As long as of those who were turned away.
    private static readonly TimeSpan InvitedKept = KeptFor.Rejected;

    private const string OldInvitations =
        "SELECT store_id, id AS name FROM invitations WHERE sealed IS NOT NULL AND created_at <= @before ORDER BY created_at ";

    // The hash stays, so that nobody is invited a second time.
    private const string DropInvited = "UPDATE invitations SET sealed = NULL WHERE store_id = @StoreId AND id = @Name";

    private const string OldImports = "SELECT store_id, id AS name FROM import_files WHERE sent_at <= @before ORDER BY sent_at ";

    private const string DropImport = "DELETE FROM import_files WHERE store_id = @StoreId AND id = @Name";

    private const string OldAudit = "SELECT store_id, id AS name FROM audit_entries WHERE at <= @before ORDER BY at ";

    private const string DropAudit = "DELETE FROM audit_entries WHERE store_id = @StoreId AND id = @Name";

    private const string OldFiles =
        "SELECT store_id, id AS name FROM privacy_requests WHERE state = 'ready' AND file_until <= @before ORDER BY file_until ";

    private const string OldClaimTexts = "SELECT store_id, id AS name FROM order_claims WHERE sealed IS NOT NULL AND decided_at <= @before ORDER BY decided_at ";

    // That an order was missed, and what was decided, stays.
    private const string DropClaimText = "UPDATE order_claims SET sealed = NULL WHERE store_id = @StoreId AND id = @Name AND decided_at IS NOT NULL";

    private const string OldThreads = "SELECT store_id, ambassador_id AS name FROM message_threads WHERE last_at <= @before ORDER BY last_at ";

    /// <summary>Drops one batch of each. Returns how many rows it dropped.</summary>
    public async Task<int> RunOnceAsync(CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        return await DropAsync(OldClicks, DropClick, now - KeptFor.Clicks, cancel)
            + await DropAsync(OldStates, DropState, now - KeptFor.Ended, cancel)
            + await DropAsync(OldLinks, DropLink, now - KeptFor.Ended, cancel)
            + await DropAsync(OldSessions, DropSession, now - KeptFor.Ended, cancel)
            + await DropAsync(OldChangeLinks, DropChangeLink, now, cancel)
            + await DropAsync(OldSignInRequests, DropSignInRequest, now - SignInRequests.Kept, cancel)
            + await DropAsync(OldAddressChanges, DropAddresses, now - KeptFor.Ended, cancel)
            + await EraseAsync(UnansweredApplications, EndApplication, now, Applications.UnansweredKept, cancel)
            + await EraseAsync(OldApplications, EraseApplication, now, KeptFor.Rejected, cancel)
            + await DropAsync(OldSends, DropSend, now - KeptFor.Sends, cancel)
            + await DropAsync(OldInvitations, DropInvited, now - InvitedKept, cancel)
            + await DropAsync(OldImports, DropImport, now - ImportFiles.Kept, cancel)
            + await DropAsync(OldAudit, DropAudit, now - AuditLog.Kept, cancel)
            + await DropAsync(OldClaimTexts, DropClaimText, now - KeptFor.ClaimTexts, cancel)
            + await DropThreadsAsync(now - KeptFor.Messages, cancel)
            + await DropFilesAsync(now, cancel);
    }

    private async Task<int> DropThreadsAsync(DateTimeOffset before, CancellationToken cancel)
    {
        var rows = await db.ManyAsync<Row>(OldThreads + db.Page, new { before, take = BatchMax }, cancel);
        await ShortTransactions.EachAsync(db, clock, rows, (tx, row) => Messages.DropOldAsync(tx, row.StoreId, row.Name, before), cancel);
        return rows.Count;
    }

    private async Task<int> DropFilesAsync(DateTimeOffset now, CancellationToken cancel)
    {
        var rows = await db.ManyAsync<Row>(OldFiles + db.Page, new { before = now, take = BatchMax }, cancel);
        await ShortTransactions.EachAsync(db, clock, rows, (tx, row) => PrivacyRequests.DropFileAsync(tx, row.StoreId, row.Name), cancel);
        return rows.Count;
    }

    private async Task<int> EraseAsync(string find, string erase, DateTimeOffset now, TimeSpan kept, CancellationToken cancel)
    {
        var rows = await db.ManyAsync<Row>(find + db.Page, new { before = now - kept, take = BatchMax }, cancel);
        await ShortTransactions.EachAsync(
            db, clock, erase, rows, row => [("StoreId", row.StoreId), ("Name", row.Name), ("Now", now)], cancel);
        return rows.Count;
    }

    private async Task<int> DropAsync(string find, string drop, DateTimeOffset before, CancellationToken cancel)
    {
        var rows = await db.ManyAsync<Row>(find + db.Page, new { before, take = BatchMax }, cancel);
        await ShortTransactions.EachAsync(db, clock, drop, rows, row => [("StoreId", row.StoreId), ("Name", row.Name)], cancel);
        return rows.Count;
    }

    private sealed record Row(string StoreId, string Name);
}
