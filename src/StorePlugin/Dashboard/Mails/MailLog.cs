// What became of each mail of the last thirty days, newest first: from the outbox, which knows no name and no address.
using StorePlugin.Dashboard.Payouts;
using StorePlugin.Data;
using StorePlugin.Mail;
using StorePlugin.Pages;
using StorePlugin.Stores;

namespace StorePlugin.Dashboard.Mails;

/// <param name="Show">Which are shown: one of the words of <see cref="Choices"/>.</param>
/// <param name="FirstPath">The list with its filter, from its beginning.</param>
public sealed record MailLogModel(Frame Frame, string Show, IReadOnlyList<MailLogRow> Rows, string FirstPath, bool IsFirst, string? NextPath)
{
    /// <summary>What can be shown, by the word of the address.</summary>
    public static readonly IReadOnlyList<(string Word, string Text)> Choices =
        [("", "All mails"), ("waiting", "Waiting"), ("sent", "Sent"), ("kept", "Kept back"), ("dead", "Given up")];
}

/// <param name="To">The reader's name, or who they are where nobody is named.</param>
/// <param name="ToPath">The page of the reader; null for whoever has none.</param>
/// <param name="At">When it was caused.</param>
/// <param name="Says">What came of it, as a sentence.</param>
/// <param name="DoneAt">When that came of it; null while it waits.</param>
/// <param name="ReplayPath">Where it is tried again; null where it was not given up.</param>
public sealed record MailLogRow(string Name, string To, string? ToPath, Moment At, Badge State, string Says, Moment? DoneAt, string? ReplayPath);

internal static class MailLog
{
    public const string Path = "/dashboard/mails/log";

    /// <summary>How far back the list goes.</summary>
    public static readonly TimeSpan Shown = TimeSpan.FromDays(30);

    private const int PageSize = 25;
    private const int ReasonLengthMax = 200;
    private const string IdPrefix = "eff";

    // Behind every id: no digit of one is a g.
    private const string Newest = IdPrefix + "_g";

    // The kind as a literal: only then its own index serves. Ids rise with time.
    private const string Columns =
        """
        SELECT id, subject, payload, state, attempts, due_at, lease_id, outcome, created_at, done_at FROM effects
        WHERE store_id = @storeId AND kind = 'mail' AND id > @since AND id < @before
        """;

    private const string Order = " ORDER BY id DESC ";

    private const string ReadAll = Columns + Order;
    private const string ReadWaiting = Columns + " AND state = 'pending'" + Order;
    private const string ReadSent = Columns + " AND state = 'done' AND (outcome = @taken OR outcome LIKE @inFolder)" + Order;
    private const string ReadKept = Columns + " AND state = 'done' AND outcome <> @taken AND outcome NOT LIKE @inFolder" + Order;
    private const string ReadDead = Columns + " AND state = 'dead'" + Order;

    /// <param name="show">A word of <see cref="MailLogModel.Choices"/>; everything else shows all.</param>
    /// <param name="before">The id of a mail: those before it are shown; null: the newest.</param>
    public static async Task<MailLogModel> ReadAsync(MailSources sources, Visitor visitor, string? show, string? before, string? notice, CancellationToken cancel)
    {
        var (store, now) = (visitor.Store, sources.Clock.GetUtcNow());
        var word = MailLogModel.Choices.Any(choice => choice.Word == show) ? show! : "";
        var read = word switch
        {
            "waiting" => ReadWaiting,
            "sent" => ReadSent,
            "kept" => ReadKept,
            "dead" => ReadDead,
            _ => ReadAll,
        };
        var args = new
        {
            storeId = store.Id,
            since = Ids.Since(IdPrefix, now - Shown),
            before = string.IsNullOrEmpty(before) ? Newest : before,
            taken = MailSender.Taken,
            inFolder = MailSender.InFolderPattern,
            take = PageSize + 1L,
        };
        var rows = await sources.Db.ManyAsync<Row>(read + sources.Db.Page, args, cancel);
        var shown = rows.Take(PageSize).Select(row => (Row: row, Notice: MailNotice.FromJson(row.Payload))).ToList();
        var names = await sources.Payees.NamesAsync(store, shown.Select(one => one.Notice.Ambassador).OfType<string>(), cancel);
        var (time, path) = (new StoreTime(store), word.Length == 0 ? Path : $"{Path}?show={word}");
        return new MailLogModel(
            Frame.OfDashboard(visitor, notice),
            word,
            [.. shown.Select(one => Show(one.Row, one.Notice, names, time, now))],
            path,
            string.IsNullOrEmpty(before),
            rows.Count > PageSize ? $"{path}{(word.Length == 0 ? '?' : '&')}before={Uri.EscapeDataString(shown[^1].Row.Id)}" : null);
    }

    private static MailLogRow Show(Row row, MailNotice notice, IReadOnlyDictionary<string, string> names, StoreTime time, DateTimeOffset now)
    {
        // What is erased has an empty payload, and its subject still says which mail it was.
        var mail = row.Subject.Split(':')[0];
        var (to, toPath) = ReaderOf(mail, notice, names);
        var (state, says) = OutcomeOf(row, time, now);
        return new MailLogRow(
            MailWords.NameOf(mail), to, toPath, time.At(row.CreatedAt), state, says, time.At(row.DoneAt), row.State == "dead" ? $"{Path}/{Uri.EscapeDataString(row.Id)}/replays" : null);
    }

    private static (string To, string? Path) ReaderOf(string mail, MailNotice notice, IReadOnlyDictionary<string, string> names)
    {
        if (notice.Ambassador is { } id && !MailWords.IsToStore(mail))
        {
            return (names.TryGetValue(id, out var name) && name.Length > 0 ? Words.ShortName(name) : "An ambassador", DashboardEndpoints.PathOf(id));
        }

        return (
            MailWords.IsToStore(mail) ? "Your store"
            : mail == MailNotice.Invited ? "Somebody whom you have invited"
            : mail == MailNotice.SignIn ? "Whoever has asked for it"
            : "Somebody who is erased",
            null);
    }

    private static (Badge State, string Says) OutcomeOf(Row row, StoreTime time, DateTimeOffset now)
    {
        var outcome = row.Outcome is { } text ? Words.Cut(text, ReasonLengthMax) : null;
        return row.State switch
        {
            "dead" => (new Badge("reversed", "Given up"), outcome ?? "No reason was recorded."),
            "done" when MailSender.WasSent(row.Outcome) => (new Badge("paid", "Sent"), outcome!),
            "done" => (new Badge("none", "Kept back"), outcome ?? "No reason was recorded."),
            _ when row.LeaseId is not null => (new Badge("held", "Being sent"), outcome ?? "It is handed over just now."),
            _ when outcome is not null =>
                (new Badge("review", "Waiting"), $"{outcome} {Words.Count(row.Attempts, "try has", "tries have")} failed; it is tried again at {time.At(row.DueAt).Text}."),
            _ when row.DueAt > now => (new Badge("held", "Waiting"), $"It waits until {time.At(row.DueAt).Text}."),
            _ => (new Badge("held", "Waiting"), "It goes in a moment."),
        };
    }

    private sealed record Row(
        string Id, string Subject, string Payload, string State, long Attempts, DateTimeOffset DueAt, string? LeaseId, string? Outcome, DateTimeOffset CreatedAt, DateTimeOffset? DoneAt);
}
