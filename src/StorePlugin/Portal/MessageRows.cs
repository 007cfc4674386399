// The messages of a thread as both sides read them: as many as fit a page.
using System.Text.Encodings.Web;
using StorePlugin.Ambassadors;
using StorePlugin.Pages;

namespace StorePlugin.Portal;

/// <param name="Who">Who wrote it, as the reader calls them.</param>
/// <param name="Lines">The lines of the text; none where it can no longer be read.</param>
public sealed record MessageRow(string Who, IReadOnlyList<string> Lines, Moment At)
{
    /// <summary>Says nothing, so that no log line can hold what a person wrote.</summary>
    public override string ToString() => nameof(MessageRow);
}

internal static class MessageRows
{
    /// <summary>So many are read for a page, and one more.</summary>
    public const int PageSize = 25;

    // Of the texts as they stand in the page, where a letter of another script may take eight.
    private const int PageLengthMax = 32_000;

    /// <param name="found">Up to one more than fit, the newest first.</param>
    /// <param name="who">Says who wrote a message.</param>
    /// <returns>The rows, and the id behind which the next page begins; null where this is the last.</returns>
    public static (IReadOnlyList<MessageRow> Rows, string? Next) Of(IReadOnlyList<ThreadMessage> found, StoreTime time, Func<ThreadMessage, string> who)
    {
        var (shown, length) = (new List<ThreadMessage>(), 0);
        foreach (var message in found.Take(PageSize))
        {
            length += HtmlEncoder.Default.Encode(message.Text ?? "").Length;
            if (shown.Count > 0 && length > PageLengthMax)
            {
                break;
            }

            shown.Add(message);
        }

        return (
            [.. shown.Select(message => new MessageRow(who(message), message.Text?.Split('\n') ?? [], time.At(message.WrittenAt)))],
            shown.Count < found.Count ? shown[^1].Id : null);
    }
}
