// Who changed what in a store, and what came of it: written before it is carried out, so that nothing is done without a row.
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Audit;

/// <summary>What came of something that somebody asked for.</summary>
internal static class AuditOutcome
{
    public const string Done = "done";

    /// <summary>It was not allowed as it stood; nothing was changed.</summary>
    public const string Refused = "refused";

    /// <summary>A fault of the program; what of it was done is not known from here.</summary>
    public const string Failed = "failed";
}

/// <param name="Action">What was asked for, as a sentence that begins with its verb.</param>
/// <param name="Subject">As in <c>campaigns/cmp_…</c>; null where it names nothing.</param>
/// <param name="Outcome">One of <see cref="AuditOutcome"/>; null where the program ended before it was known.</param>
internal sealed record AuditEntry(string Id, DateTimeOffset At, string Actor, string Action, string? Subject, string? Outcome);

internal sealed class AuditLog(Db db, TimeProvider clock)
{
    /// <summary>Two years: as long as somebody asks who it was.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromDays(731);

    /// <summary>What the ids of entries begin with; they rise with time.</summary>
    public const string IdPrefix = "aud";

    /// <summary>Whoever runs the program, at its command line.</summary>
    public const string Host = "host";

    private const int ActionLengthMax = 200;

    // An order's id may be of any form; what is longer than this names no order of ours.
    private const int SubjectLengthMax = 200;

    private const string Insert =
        "INSERT INTO audit_entries (store_id, id, at, actor, action, subject) VALUES (@storeId, @id, @now, @actor, @action, @subject)";

    private const string InsertDone =
        "INSERT INTO audit_entries (store_id, id, at, actor, action, subject, outcome) VALUES (@storeId, @id, @now, @actor, @action, @subject, 'done')";

    // What the request named stands; what it has made is known only now.
    private const string Update =
        "UPDATE audit_entries SET outcome = @outcome, subject = COALESCE(subject, @subject) WHERE store_id = @storeId AND id = @id AND outcome IS NULL";

    private const string ReadNewest = "SELECT id, at, actor, action, subject, outcome FROM audit_entries WHERE store_id = @storeId ORDER BY id DESC ";

    private const string ReadBefore = "SELECT id, at, actor, action, subject, outcome FROM audit_entries WHERE store_id = @storeId AND id < @before ORDER BY id DESC ";

    /// <summary>Notes in the caller's transaction what is done with it.</summary>
    public static Task<int> NoteAsync(Tx tx, string storeId, string actor, string action, string? subject, DateTimeOffset now) =>
        tx.DoAsync(InsertDone, new { storeId, id = Ids.New(IdPrefix, now), now, actor, action, subject });

    /// <summary>Notes that somebody asks for something. Returns the row's id, for <see cref="EndAsync"/>.</summary>
    public async Task<string> BeginAsync(Store store, string actor, string action, string? subject, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var id = Ids.New(IdPrefix, now);
        await db.DoAsync(
            Insert,
            new
            {
                storeId = store.Id,
                id,
                now,
                actor,
                action = action.Length > ActionLengthMax ? action[..ActionLengthMax] : action,
                subject = Fit(subject),
            },
            cancel);
        return id;
    }

    /// <summary>Notes what came of it, even where whoever asked has gone meanwhile.</summary>
    /// <param name="made">What it has made, as <see cref="AuditEntry.Subject"/>; counts where the request named nothing.</param>
    public Task<int> EndAsync(Store store, string id, string outcome, string? made = null) =>
        db.DoAsync(Update, new { storeId = store.Id, id, outcome, subject = Fit(made) }, CancellationToken.None);

    /// <summary>Newest first.</summary>
    /// <param name="before">An entry's id; null for the newest of all.</param>
    public Task<IReadOnlyList<AuditEntry>> ListAsync(Store store, string? before, long take, CancellationToken cancel) =>
        db.ManyAsync<AuditEntry>((before is null ? ReadNewest : ReadBefore) + db.Page, new { storeId = store.Id, before, take }, cancel);

    private static string? Fit(string? subject) => subject?.Length > SubjectLengthMax ? null : subject;
}
