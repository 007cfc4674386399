// What the team has noted about an ambassador, newest first: as many notes as fit a page.
using System.Text.Encodings.Web;
using StorePlugin.Ambassadors;
using StorePlugin.Dashboard.Payouts;
using StorePlugin.Pages;
using Visitor = StorePlugin.Stores.Visitor;

namespace StorePlugin.Dashboard.People;

/// <param name="Path">Of these notes; that of the person is one above it.</param>
/// <param name="Typed">What was typed and could not be kept.</param>
/// <param name="Problem">Why it could not; null where nothing was typed.</param>
public sealed record NotesModel(
    Frame Frame, string PersonPath, string Path, string Name, IReadOnlyList<NoteRow> Notes, bool IsFirst, string? NextPath, string Typed, string? Problem)
{
    /// <summary>Says nothing, so that no log line can hold what is written about a person.</summary>
    public override string ToString() => nameof(NotesModel);
}

/// <param name="Path">What is done with the note is posted below it.</param>
/// <param name="Lines">The lines of the text; none where it can no longer be read.</param>
/// <param name="IsShortened">Whether there is more of it.</param>
public sealed record NoteRow(string Path, IReadOnlyList<string> Lines, bool IsShortened, Moment At, string Who)
{
    /// <summary>Says nothing, so that no log line can hold what is written about a person.</summary>
    public override string ToString() => nameof(NoteRow);
}

internal static class NoteList
{
    private const int PageSize = 25;

    // Of the texts as they stand in the page, where a letter of another script may take eight.
    private const int PageLengthMax = 32_000;

    public static async Task<NotesModel?> ReadAsync(
        PeopleSources sources, Visitor visitor, string id, string? after, string? notice, string typed, string? problem, CancellationToken cancel)
    {
        var store = visitor.Store;
        if (!(await sources.Payees.NamesAsync(store, [id], cancel)).TryGetValue(id, out var name))
        {
            return null;
        }

        var path = DashboardEndpoints.PathOf(id);
        var notes = await sources.Notes.ListAsync(store, id, string.IsNullOrEmpty(after) ? AmbassadorNotes.Newest : after, PageSize + 1, cancel);
        var (time, reader) = (new StoreTime(store), new RunReader(visitor.Actor, await sources.Team.NamesAsync(store, cancel)));
        var shown = Fitting(notes);
        return new NotesModel(
            Frame.OfDashboard(visitor, notice),
            path,
            $"{path}/notes",
            name,
            [.. shown.Select(note => Show(note, path, time, reader, AmbassadorNotes.TextLengthMax))],
            string.IsNullOrEmpty(after),
            shown.Count < notes.Count ? $"{path}/notes?after={Uri.EscapeDataString(shown[^1].Id)}" : null,
            typed,
            problem);
    }

    /// <param name="lengthMax">So much of the text is shown.</param>
    public static NoteRow Show(AmbassadorNote note, string personPath, StoreTime time, RunReader reader, int lengthMax)
    {
        var text = note.Text ?? "";
        var isShortened = text.Length > lengthMax;
        if (isShortened)
        {
            // Half of a surrogate pair is no letter.
            text = text[..(char.IsHighSurrogate(text[lengthMax - 1]) ? lengthMax - 1 : lengthMax)] + "…";
        }

        return new NoteRow($"{personPath}/notes/{Uri.EscapeDataString(note.Id)}", text.Length == 0 ? [] : text.Split('\n'), isShortened, time.At(note.WrittenAt), RunWords.Who(note.WrittenBy, reader));
    }

    private static List<AmbassadorNote> Fitting(IReadOnlyList<AmbassadorNote> notes)
    {
        var (shown, length) = (new List<AmbassadorNote>(), 0);
        foreach (var note in notes.Take(PageSize))
        {
            length += HtmlEncoder.Default.Encode(note.Text ?? "").Length;
            if (shown.Count > 0 && length > PageLengthMax)
            {
                break;
            }

            shown.Add(note);
        }

        return shown;
    }
}
