// The threads of a store: those that wait for an answer with their age, and all of them.
using System.Globalization;
using StorePlugin.Ambassadors;
using StorePlugin.Dashboard.Payouts;
using StorePlugin.Pages;
using StorePlugin.Payouts;
using StorePlugin.Portal;
using StorePlugin.Stores;
using Visitor = StorePlugin.Stores.Visitor;

namespace StorePlugin.Dashboard.People;

/// <param name="AreWaiting">Whether those are listed that wait; else all.</param>
public sealed record MessageListModel(Frame Frame, string Waiting, bool AreWaiting, IReadOnlyList<ThreadRow> Threads, string FirstPath, bool IsFirst, string? NextPath);

/// <param name="Age">For how long it waits; null where it does not.</param>
public sealed record ThreadRow(string Path, string Name, Moment LastAt, string? Age);

/// <param name="Waits">For how long it waits; null where it does not.</param>
/// <param name="Path">Of these messages; that of the person is one above it.</param>
/// <param name="Typed">What was typed and could not be sent.</param>
public sealed record ThreadModel(
    Frame Frame, string PersonPath, string Path, string Name, string? Waits, IReadOnlyList<MessageRow> Messages, bool IsFirst, string? NextPath, string Typed, string? Problem)
{
    /// <summary>Says nothing, so that no log line can hold what a person wrote.</summary>
    public override string ToString() => nameof(ThreadModel);
}

internal sealed record MessageSources(Messages Messages, PayeeReader Payees, Team Team, TimeProvider Clock);

internal static class MessageList
{
    public const string Path = "/dashboard/messages";
    private const string AllPath = Path + "?show=all";

    private const int PageSize = 25;

    public static string PathOf(string ambassadorId) => $"{DashboardEndpoints.PathOf(ambassadorId)}/messages";

    public static async Task<MessageListModel> ReadAsync(MessageSources sources, Visitor visitor, string? show, string? after, string? notice, CancellationToken cancel)
    {
        var (store, time, now, areWaiting) = (visitor.Store, new StoreTime(visitor.Store), sources.Clock.GetUtcNow(), show != "all");
        var cursor = Cursor.Read(after);
        var found = areWaiting
            ? await sources.Messages.ListWaitingAsync(store, cursor?.At ?? DateTimeOffset.UnixEpoch, cursor?.AmbassadorId ?? "", PageSize + 1, cancel)
            : await sources.Messages.ListLatestAsync(store, cursor?.At ?? now, cursor?.AmbassadorId ?? Messages.Newest, PageSize + 1, cancel);
        var shown = found.Take(PageSize).ToList();
        var names = await sources.Payees.NamesAsync(store, [.. shown.Select(thread => thread.AmbassadorId)], cancel);
        var path = areWaiting ? Path : AllPath;
        return new MessageListModel(
            Frame.OfDashboard(visitor, notice),
            await sources.Messages.WaitingAsync(store, cancel) is var (waiting, oldest)
                ? $"{Words.Count(waiting, "ambassador waits", "ambassadors wait")} for an answer; the oldest question came {Words.Ago(now - oldest)}."
                : "Nobody waits for an answer.",
            areWaiting,
            [
                .. shown.Select(thread => new ThreadRow(
                    PathOf(thread.AmbassadorId), Words.ShortName(names.GetValueOrDefault(thread.AmbassadorId, "An ambassador")), time.At(thread.LastAt),
                    thread.WaitingSince is { } since ? Words.Ago(now - since) : null)),
            ],
            path,
            cursor is null,
            found.Count > PageSize ? $"{path}{(areWaiting ? '?' : '&')}after={Uri.EscapeDataString(CursorOf(shown[^1], areWaiting).ToString())}" : null);
    }

    /// <param name="typed">What was written and could not be sent.</param>
    public static async Task<ThreadModel?> ThreadAsync(
        MessageSources sources, Visitor visitor, string ambassadorId, string? after, string? notice, string typed, string? problem, CancellationToken cancel)
    {
        var store = visitor.Store;
        if (!(await sources.Payees.NamesAsync(store, [ambassadorId], cancel)).TryGetValue(ambassadorId, out var name))
        {
            return null;
        }

        var (time, reader) = (new StoreTime(store), new RunReader(visitor.Actor, await sources.Team.NamesAsync(store, cancel)));
        var found = await sources.Messages.ListAsync(store, ambassadorId, string.IsNullOrEmpty(after) ? Messages.Newest : after, MessageRows.PageSize + 1, cancel);
        var (rows, next) = MessageRows.Of(found, time, message => message.Side == ThreadMessage.Ambassador ? Words.ShortName(name) : RunWords.Who(message.WrittenBy, reader));
        var thread = await sources.Messages.FindThreadAsync(store, ambassadorId, cancel);
        return new ThreadModel(
            Frame.OfDashboard(visitor, notice),
            DashboardEndpoints.PathOf(ambassadorId),
            PathOf(ambassadorId),
            Words.ShortName(name),
            thread?.WaitingSince is { } since ? Words.Ago(sources.Clock.GetUtcNow() - since) : null,
            rows,
            string.IsNullOrEmpty(after),
            next is null ? null : $"{PathOf(ambassadorId)}?after={Uri.EscapeDataString(next)}",
            typed,
            problem);
    }

    private static Cursor CursorOf(MessageThread thread, bool areWaiting) => new(areWaiting ? thread.WaitingSince!.Value : thread.LastAt, thread.AmbassadorId);

    /// <summary>Where a list goes on: behind an instant and an ambassador.</summary>
    private sealed record Cursor(DateTimeOffset At, string AmbassadorId)
    {
        public static Cursor? Read(string? text)
        {
            var dot = text?.IndexOf('.', StringComparison.Ordinal) ?? -1;
            return dot > 0 && long.TryParse(text.AsSpan(0, dot), NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds)
                && milliseconds <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()
                ? new Cursor(DateTimeOffset.FromUnixTimeMilliseconds(milliseconds), text![(dot + 1)..])
                : null;
        }

        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{At.ToUnixTimeMilliseconds()}.{AmbassadorId}");
    }
}
