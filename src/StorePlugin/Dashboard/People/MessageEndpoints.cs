// What a merchant does with messages of ambassadors: see who waits, read, answer, and say that something needs no answer.
using StorePlugin.Ambassadors;
using StorePlugin.Pages;
using StorePlugin.Portal;
using Visitor = StorePlugin.Stores.Visitor;

namespace StorePlugin.Dashboard.People;

internal static class MessageEndpoints
{
    private const string ThreadPath = "/ambassadors/{ambassadorId}/messages";

    /// <param name="rooms">The dashboard's group.</param>
    public static void MapMessages(this IEndpointRouteBuilder rooms)
    {
        rooms.MapGet("/messages", List);
        rooms.MapGet(ThreadPath, Show);
        rooms.MapPost(ThreadPath, Write).WithSummary("Writes a message to an ambassador.");
        rooms.MapPost(ThreadPath + "/settlement", Settle).WithSummary("Settles an ambassador's question.");
    }

    private static async Task<IResult> List(Visitor visitor, string? show, string? after, string? notice, MessageSources sources, CancellationToken cancel) =>
        Page.Of<MessageListPage>(await MessageList.ReadAsync(sources, visitor, show, after, notice, cancel));

    private static Task<IResult> Show(Visitor visitor, string ambassadorId, string? after, string? notice, MessageSources sources, CancellationToken cancel) =>
        PageAsync(sources, visitor, ambassadorId, after, notice, "", null, StatusCodes.Status200OK, cancel);

    private static async Task<IResult> Write(Visitor visitor, string ambassadorId, HttpRequest request, MessageSources sources, CancellationToken cancel)
    {
        var (text, problem) = MessagePages.Read((await request.ReadFormAsync(cancel))["text"]);
        if (problem is not null)
        {
            return await AgainAsync(problem, StatusCodes.Status422UnprocessableEntity);
        }

        return await sources.Messages.AnswerAsync(visitor.Store, ambassadorId, text, visitor.Actor, cancel) switch
        {
            MessageStep.Done => TypedResults.Redirect($"{MessageList.PathOf(ambassadorId)}?notice=message-sent"),
            MessageStep.TooMany => await AgainAsync($"{Messages.OfStoreMax} messages went to them in 24 hours, which is the most.", StatusCodes.Status429TooManyRequests),
            _ => TypedResults.NotFound(),
        };

        Task<IResult> AgainAsync(string why, int status) =>
            PageAsync(sources, visitor, ambassadorId, null, null, TypedText.Cut(text, Messages.TextLengthMax), why, status, cancel);
    }

    private static async Task<IResult> Settle(Visitor visitor, string ambassadorId, MessageSources sources, CancellationToken cancel) =>
        await sources.Messages.SettleAsync(visitor.Store, ambassadorId, cancel)
            ? TypedResults.Redirect($"{MessageList.PathOf(ambassadorId)}?notice=message-settled")
            : TypedResults.NotFound();

    private static async Task<IResult> PageAsync(
        MessageSources sources, Visitor visitor, string ambassadorId, string? after, string? notice, string typed, string? problem, int status, CancellationToken cancel) =>
        await MessageList.ThreadAsync(sources, visitor, ambassadorId, after, notice, typed, problem, cancel) is { } model
            ? Page.Of<ThreadPage>(model, status)
            : TypedResults.NotFound();
}
