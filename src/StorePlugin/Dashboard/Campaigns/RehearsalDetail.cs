// One rehearsal: its journey step by step with the mails and notes beside, and what it has come to for each ambassador.
using System.Text.Encodings.Web;
using StorePlugin.Dashboard.Payouts;
using StorePlugin.Pages;
using StorePlugin.Rehearsals;
using StorePlugin.Stores;
using Visitor = StorePlugin.Stores.Visitor;

namespace StorePlugin.Dashboard.Campaigns;

/// <param name="Failure">Why it failed; null where it did not.</param>
/// <param name="Progress">How far it is, in words.</param>
/// <param name="Results">Empty before its store is made, and once that is gone.</param>
/// <param name="Earlier">Notes of other rehearsals of the campaign.</param>
/// <param name="TakingPart">Null while the team cannot take part.</param>
/// <param name="StorePath">Where an owner opens its own store; null for everybody else.</param>
/// <param name="Problem">Why what was typed could not be kept.</param>
public sealed record RehearsalModel(
    Frame Frame, string CampaignName, string ListPath, string Path, string Name, string LookFor, Badge State, string Revision, Moment BegunAt, Moment? EndedAt, string Who, string? Failure,
    string Progress, bool IsRunning, IReadOnlyList<RehearsalStepRow> Steps, IReadOnlyList<RehearsalResultRow> Results, Plot? Plot, IReadOnlyList<RehearsalNoteRow> Notes,
    IReadOnlyList<RehearsalNoteRow> Earlier, TakingPartModel? TakingPart, string? StorePath, string? Problem, string TypedNote);

/// <param name="Day">Of the journey.</param>
/// <param name="More">How many more orders there are than are linked; null where there are none.</param>
public sealed record RehearsalStepRow(
    long Number, Moment Day, string Title, IReadOnlyList<string> Lines, IReadOnlyList<RehearsalLink> Receipts, string? More, IReadOnlyList<RehearsalLetterRow> Letters,
    IReadOnlyList<RehearsalNoteRow> Notes);

public sealed record RehearsalLink(string Text, string Path);

/// <param name="Text">Null where the page has no room for more.</param>
public sealed record RehearsalLetterRow(string To, string Subject, string? Text)
{
    /// <summary>Says nothing: what is true of a letter's reader holds for an invented one too.</summary>
    public override string ToString() => nameof(RehearsalLetterRow);
}

public sealed record RehearsalResultRow(string Name, string Orders, string Earned, string InReview, string Payable, bool IsBelow, string Paid);

/// <param name="ShopPath">The storefront, where one buys as a shopper.</param>
/// <param name="HasJoined">Whether whoever looks takes part.</param>
public sealed record TakingPartModel(string ShopPath, bool HasJoined, IReadOnlyList<TesterRow> Testers, IReadOnlyList<TesterOrderRow> Orders);

public sealed record TesterRow(string Name, string Code, string Link, string PicturePath);

public sealed record TesterOrderRow(string Reference, string Path, string Says);

internal static class RehearsalDetail
{
    private const int ReceiptsShown = 6;
    private const long LettersMax = 60;
    private const long NotesMax = 60;
    private const int EarlierShown = 10;
    private const long OrdersShown = 10;
    private const int LetterShown = 1_500;
    // Of all texts together as they stand in the page, where a letter of another script may take eight; of the mails that come after, the
    // subjects are shown.
    private const int NotesBudget = 7_000;
    private const int LettersBudget = 17_000;

    private const string ReadReferences = "SELECT order_id, reference FROM orders WHERE store_id = @storeId AND order_id IN @ids";

    public static async Task<RehearsalModel?> ReadAsync(
        RehearsalSources sources, Visitor visitor, string campaignId, string id, string? notice, string? problem, string typedNote, CancellationToken cancel)
    {
        var store = visitor.Store;
        if (await sources.Campaigns.FindAsync(store, campaignId, cancel) is not { } campaign
            || await sources.Rehearsals.FindAsync(store, campaignId, id, cancel) is not { } found)
        {
            return null;
        }

        var (time, reader) = (new StoreTime(store), await sources.ReaderAsync(visitor, cancel));
        var plan = await sources.Rehearsals.PlanOfAsync(store, found, cancel);
        var steps = await sources.Rehearsals.StepsAsync(store, found.Id, cancel);
        var letters = Cut(await sources.Letters.ListAsync(store, found.Id, LettersMax, cancel));
        var notes = Cut(await sources.Notes.ListAsync(store, campaignId, NotesMax, cancel));
        var own = await sources.Own.FindAsync(found, cancel);
        var earned = own is null ? [] : await sources.Earned.ReadAsync(own, found.Currency, cancel);
        var path = RehearsalList.PathOf(campaignId, found.Id);
        var references = await ReferencesAsync(sources, own, steps, cancel);
        return new RehearsalModel(
            Frame.OfDashboard(visitor, notice),
            campaign.Name,
            RehearsalList.PathOf(campaignId),
            path,
            RehearsalList.NameOf(found.Scenario),
            Scenario.Find(found.Scenario)?.LookFor ?? "",
            RehearsalList.BadgeOf(found.State),
            Words.Of(found.Revision),
            time.At(found.BegunAt),
            time.At(found.EndedAt),
            RunWords.Who(found.BegunBy, reader),
            found.Failure,
            $"{Words.Of(steps.Count(step => step.IsDone))} of {Words.Of(plan.Steps.Length)} steps are done.",
            found.IsRunning,
            [.. steps.Select(step => RowOf(step))],
            [.. earned.Select(ResultOf)],
            PlotOf(earned),
            [.. notes.Where(note => note.RehearsalId == found.Id && note.Step == 0).Select(note => RehearsalList.Show(note, campaignId, false, time, reader))],
            [.. notes.Where(note => note.RehearsalId != found.Id).Take(EarlierShown).Select(note => RehearsalList.Show(note, campaignId, false, time, reader))],
            own is not null && found is { State: RehearsalState.Finished, EndedAt: { } ended } ? await TakingPartAsync(sources, visitor, own, ended, path, cancel) : null,
            own is not null && visitor.Role == Role.Owner ? $"{path}/sign-in" : null,
            problem,
            typedNote);

        RehearsalLink ReceiptOf(string orderId) => new(references.GetValueOrDefault(orderId, orderId), $"{path}/orders/{Uri.EscapeDataString(orderId)}");

        RehearsalStepRow RowOf(RehearsalStep step) => new(
            step.Number,
            new Moment(step.At, time.Day(step.At)),
            step.Title,
            step.Outcome?.Split('\n') ?? ["It is under way."],
            own is null || !step.IsDone ? [] : [.. step.Orders.Take(ReceiptsShown).Select(ReceiptOf)],
            step.Orders.Count > ReceiptsShown ? $"and {Words.Of(step.Orders.Count - ReceiptsShown)} more" : null,
            [.. letters.Where(letter => letter.Step == step.Number).Select(letter => letter.Row)],
            [.. notes.Where(note => note.RehearsalId == found.Id && note.Step == step.Number).Select(note => RehearsalList.Show(note, campaignId, false, time, reader))]);
    }

    /// <summary>What the rehearsal's store calls the orders that are shown, by their ids.</summary>
    private static async Task<IReadOnlyDictionary<string, string>> ReferencesAsync(
        RehearsalSources sources, Store? own, IReadOnlyList<RehearsalStep> steps, CancellationToken cancel)
    {
        string[] ids = [.. steps.SelectMany(step => step.Orders.Take(ReceiptsShown)).Distinct(StringComparer.Ordinal)];
        return own is null || ids.Length == 0
            ? new Dictionary<string, string>(StringComparer.Ordinal)
            : (await sources.Db.ManyAsync<Named>(ReadReferences, new { storeId = own.Id, ids }, cancel)).ToDictionary(row => row.OrderId, row => row.Reference ?? row.OrderId, StringComparer.Ordinal);
    }

    private sealed record Named(string OrderId, string? Reference);

    private static List<(long Step, RehearsalLetterRow Row)> Cut(IReadOnlyList<RehearsalLetter> letters)
    {
        var (shown, length) = (new List<(long, RehearsalLetterRow)>(letters.Count), 0);
        foreach (var letter in letters)
        {
            var text = Words.Cut(letter.Content.ReplaceLineEndings("\n"), LetterShown);
            length += LengthOf(text);
            text = length > LettersBudget ? null : text;
            shown.Add((letter.Step, new RehearsalLetterRow(letter.Recipient, Words.Cut(letter.Subject, 120), text)));
        }

        return shown;
    }

    private static List<RehearsalNote> Cut(IReadOnlyList<RehearsalNote> notes)
    {
        var length = 0;
        return [.. notes.TakeWhile(note => (length += LengthOf(Words.Cut(note.Text ?? "", RehearsalList.NoteShown))) <= NotesBudget)];
    }

    private static int LengthOf(string text) => HtmlEncoder.Default.Encode(text).Length;

    private static RehearsalResultRow ResultOf(EarnedBy one) => new(
        Words.ShortName(one.Name), Words.Of(one.Orders), Words.Of(one.EarnedMinor, one.Currency), Words.Of(one.ReviewMinor, one.Currency), Words.Of(one.PayableMinor, one.Currency),
        one.PayableMinor < 0, Words.Of(one.PaidMinor, one.Currency));

    private static Plot? PlotOf(IReadOnlyList<EarnedBy> earned) => earned.Count == 0 ? null : new Plot(
        "Commission after refunds", Words.Of(earned.Sum(one => one.EarnedMinor), earned[0].Currency), null,
        [.. earned.Select(one => new PlotPoint(Words.ShortName(one.Name), Math.Max(0, one.EarnedMinor), Words.Of(one.EarnedMinor, one.Currency), null, null))])
    {
        PointName = "Ambassador",
    };

    private static async Task<TakingPartModel> TakingPartAsync(
        RehearsalSources sources, Visitor visitor, Store own, DateTimeOffset ended, string path, CancellationToken cancel)
    {
        var testers = await sources.Testers.ListAsync(own, cancel);
        var orders = await sources.Till.ListAsync(own, ended, OrdersShown, cancel);
        return new TakingPartModel(
            sources.Address.Of($"/rehearsal/shop/{own.Id}/"),
            testers.Any(tester => tester.Code == Testers.CodeOf(own, visitor.Actor)),
            [.. testers.Select(tester => new TesterRow(
                tester.Name, tester.Code, sources.Address.Of($"/r/{Uri.EscapeDataString(tester.Slug)}"), $"{path}/ambassadors/{Uri.EscapeDataString(tester.Id)}.svg"))],
            [.. orders.Select(order => new TesterOrderRow(
                order.Reference ?? order.OrderId, $"{path}/orders/{Uri.EscapeDataString(order.OrderId)}",
                order.Name is null || order.Currency is null ? "nobody is credited" : $"{Words.Of(order.CommissionMinor, order.Currency)} for {order.Name}"))]);
    }
}
