// Where an ambassador writes to the store, and reads what it answers.
using StorePlugin.Ambassadors;
using StorePlugin.Pages;
using StorePlugin.PublicPages;
using Visitor = StorePlugin.Stores.Visitor;

namespace StorePlugin.Portal;

/// <param name="WaitingSince">Since when their question waits for an answer; null where none does.</param>
/// <param name="Typed">What was written and could not be sent.</param>
public sealed record OwnMessagesModel(
    Frame Frame, string StoreName, Moment? WaitingSince, IReadOnlyList<MessageRow> Messages, bool IsFirst, string? NextPath, string Typed, string? Problem)
{
    /// <summary>Says nothing, so that no log line can hold what a person wrote.</summary>
    public override string ToString() => nameof(OwnMessagesModel);
}

internal sealed class MessagePages(Messages messages)
{
    public const string Path = "/portal/messages";

    /// <param name="rooms">The portal's group.</param>
    public static void Map(RouteGroupBuilder rooms)
    {
        rooms.MapGet("/messages", (Visitor visitor, string? after, string? notice, MessagePages pages, CancellationToken cancel) => pages.ShowAsync(visitor, after, notice, cancel));
        rooms.MapPost("/messages", (Visitor visitor, HttpRequest request, MessagePages pages, CancellationToken cancel) => pages.WriteAsync(visitor, request, cancel));
    }

    private async Task<IResult> ShowAsync(Visitor visitor, string? after, string? notice, CancellationToken cancel)
    {
        // Read before the page is: what comes in between is shown or stays unread, and never neither.
        var seen = await messages.FindThreadAsync(visitor.Store, visitor.AmbassadorId!, cancel);
        var page = Page.Of<OwnMessagesPage>(await ReadAsync(visitor, after, notice, "", null, cancel));

        // Whoever reads on knows the newest already.
        if (seen is { UnreadSince: not null } && string.IsNullOrEmpty(after))
        {
            await messages.MarkReadAsync(visitor.Store, seen, cancel);
        }

        return page;
    }

    private async Task<IResult> WriteAsync(Visitor visitor, HttpRequest request, CancellationToken cancel)
    {
        var (text, problem) = Read((await request.ReadFormAsync(cancel))["text"]);
        if (problem is not null)
        {
            return await AgainAsync(problem, StatusCodes.Status422UnprocessableEntity);
        }

        return await messages.WriteAsync(visitor.Store, visitor.AmbassadorId!, text, cancel) switch
        {
            MessageStep.Done => TypedResults.Redirect($"{Path}?notice=message-sent"),
            MessageStep.TooMany => await AgainAsync(
                $"You have written {Messages.OfAmbassadorMax} messages in 24 hours, which is the most. Copy what you wrote, and send it tomorrow.", StatusCodes.Status429TooManyRequests),
            _ => TypedResults.NotFound(),
        };

        async Task<IResult> AgainAsync(string why, int status) =>
            Page.Of<OwnMessagesPage>(await ReadAsync(visitor, null, null, TypedText.Cut(text, Messages.TextLengthMax), why, cancel), status);
    }

    /// <summary>What was written, and why it cannot be sent; the same for both sides.</summary>
    public static (string Text, string? Problem) Read(string? sent)
    {
        var text = PublicText.Read(sent);
        return (
            text ?? "",
            text is null ? "Write something first."
            : PublicText.ProblemOf(text, Messages.TextLengthMax, isOneLine: false) is { } problem ? $"A message {problem}"
            : null);
    }

    private async Task<OwnMessagesModel> ReadAsync(Visitor visitor, string? after, string? notice, string typed, string? problem, CancellationToken cancel)
    {
        var (store, time) = (visitor.Store, new StoreTime(visitor.Store));
        var found = await messages.ListAsync(
            store, visitor.AmbassadorId!, string.IsNullOrEmpty(after) ? Messages.Newest : after, MessageRows.PageSize + 1, cancel);

        // Who of the team has written is the store's own matter.
        var (rows, next) = MessageRows.Of(found, time, message => message.Side == ThreadMessage.Ambassador ? "You" : store.DisplayName);
        return new OwnMessagesModel(
            Frame.OfPortal(visitor, notice),
            store.DisplayName,
            time.At((await messages.FindThreadAsync(store, visitor.AmbassadorId!, cancel))?.WaitingSince),
            rows,
            string.IsNullOrEmpty(after),
            next is null ? null : $"{Path}?after={Uri.EscapeDataString(next)}",
            typed,
            problem);
    }
}
