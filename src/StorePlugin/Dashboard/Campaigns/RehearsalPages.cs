// The pages about rehearsals of a campaign: pick one, watch its journey, note something, take part.
using System.Diagnostics;
using System.Globalization;
using StorePlugin.Pages;
using StorePlugin.Portal;
using StorePlugin.Rehearsals;
using StorePlugin.Stores;
using Visitor = StorePlugin.Stores.Visitor;

namespace StorePlugin.Dashboard.Campaigns;

public sealed record RehearsalOrderModel(OrderModel Order, string BackPath);

internal static class RehearsalPages
{
    private const string Path = "/campaigns/{id}/rehearsals";
    private const string One = Path + "/{rehearsalId}";

    // How soon a page of one that runs looks again; without a script, by a header that browsers know.
    private const string LookAgain = "2";

    /// <param name="rooms">The dashboard's group.</param>
    public static void MapRehearsalPages(this IEndpointRouteBuilder rooms)
    {
        rooms.MapGet(Path, List);
        rooms.MapPost(Path, Begin).WithSummary("Begins a rehearsal of a campaign.");
        rooms.MapGet(One, Show);
        rooms.MapGet(One + "/orders/{orderId}", ShowOrder);
        rooms.MapGet(One + "/ambassadors/{ambassadorId}.svg", Picture);
        rooms.MapPost(One + "/sign-in", Open).WithSummary("Opens a rehearsal's own dashboard.").OwnersOnly();
    }

    /// <summary>What every member of the team may do, whoever only looks among them: it changes nothing of the store's.</summary>
    public static void MapRehearsalNotes(this IEndpointRouteBuilder team)
    {
        team.MapPost(One + "/notes", Note).WithSummary("Writes a note about a rehearsal.");
        team.MapPost(One + "/ambassadors", TakePart).WithSummary("Takes part in a rehearsal.");
    }

    private static async Task<IResult> List(Visitor visitor, string id, RehearsalSources sources, CancellationToken cancel) =>
        await RehearsalList.ReadAsync(sources, visitor, id, sources.Rehearsals.NewId(), null, cancel) is { } model ? Page.Of<RehearsalListPage>(model) : TypedResults.NotFound();

    private static async Task<IResult> Begin(Visitor visitor, string id, HttpRequest request, RehearsalSources sources, CancellationToken cancel)
    {
        var typed = await Typed.ReadAsync(request, cancel);
        if (!RehearsalDb.IsId(typed["id"]) || Scenario.Find(typed["scenario"]) is not { } scenario)
        {
            return TypedResults.BadRequest();
        }

        return await sources.Rehearsals.BeginAsync(visitor.Store, typed["id"], id, scenario, visitor.Actor, cancel) switch
        {
            RehearsalBegin.Begun begun => TypedResults.Redirect(RehearsalList.PathOf(id, begun.Rehearsal.Id)),
            RehearsalBegin.CampaignUnknown => TypedResults.NotFound(),
            RehearsalBegin.IdTaken => TypedResults.BadRequest(),
            RehearsalBegin.CurrencyUnknown => await SayAsync("It was not begun: your store's currency is not known yet. Try again in a moment."),
            RehearsalBegin.TooMany => await SayAsync($"It was not begun: {Words.Of(RehearsalDb.RunningMax)} rehearsals are running. Each ends within minutes."),
            _ => throw new UnreachableException(),
        };

        async Task<IResult> SayAsync(string why) => Page.Of<RehearsalListPage>(
            (await RehearsalList.ReadAsync(sources, visitor, id, typed["id"], why, cancel))!, StatusCodes.Status422UnprocessableEntity);
    }

    private static async Task<IResult> Show(
        Visitor visitor, string id, string rehearsalId, string? notice, HttpContext context, RehearsalSources sources, CancellationToken cancel)
    {
        if (await RehearsalDetail.ReadAsync(sources, visitor, id, rehearsalId, notice, null, "", cancel) is not { } model)
        {
            return TypedResults.NotFound();
        }

        if (model.IsRunning)
        {
            context.Response.Headers["Refresh"] = LookAgain;
        }

        return Page.Of<RehearsalPage>(model);
    }

    private static async Task<IResult> ShowOrder(
        Visitor visitor, string id, string rehearsalId, string orderId, RehearsalSources sources, CancellationToken cancel) =>
        await FindAsync(sources, visitor, id, rehearsalId, cancel) is var (_, own)
        && await OrderDetail.ReadAsync(sources.Db, visitor with { Store = own }, orderId, null, cancel) is { } order
            ? Page.Of<RehearsalOrderPage>(new RehearsalOrderModel(order with { Frame = Frame.OfDashboard(visitor) }, RehearsalList.PathOf(id, rehearsalId)))
            : TypedResults.NotFound();

    private static async Task<IResult> Picture(
        Visitor visitor, string id, string rehearsalId, string ambassadorId, RehearsalSources sources, CancellationToken cancel) =>
        await FindAsync(sources, visitor, id, rehearsalId, cancel) is var (_, own)
        && (await sources.Testers.ListAsync(own, cancel)).FirstOrDefault(tester => tester.Id == ambassadorId) is { } found
            ? TypedResults.Text(LinkCode.Svg(sources.Address.Of($"/r/{Uri.EscapeDataString(found.Slug)}")), "image/svg+xml")
            : TypedResults.NotFound();

    private static async Task<IResult> Open(Visitor visitor, string id, string rehearsalId, RehearsalSources sources, CancellationToken cancel) =>
        await FindAsync(sources, visitor, id, rehearsalId, cancel) is var (_, own)
            ? TypedResults.Redirect(await sources.SignIn.NewLinkAsync(own, Role.Owner, null, cancel))
            : TypedResults.NotFound();

    private static async Task<IResult> Note(Visitor visitor, string id, string rehearsalId, HttpRequest request, RehearsalSources sources, CancellationToken cancel)
    {
        if (await sources.Rehearsals.FindAsync(visitor.Store, id, rehearsalId, cancel) is not { } found)
        {
            return TypedResults.NotFound();
        }

        var typed = await Typed.ReadAsync(request, cancel);
        if (!long.TryParse(typed["step"], NumberStyles.None, CultureInfo.InvariantCulture, out var step))
        {
            return TypedResults.BadRequest();
        }

        var text = typed["text"].ReplaceLineEndings("\n");
        var problem = text.Length is 0 or > RehearsalNotes.TextLengthMax
            ? $"It was not noted: a note has 1 to {Words.Of(RehearsalNotes.TextLengthMax)} letters."
            : await sources.Notes.AddAsync(visitor.Store, found, step, text, visitor.Actor, cancel) switch
            {
                RehearsalNoteStep.Done => null,
                RehearsalNoteStep.TooMany => $"It was not noted: a campaign has {Words.Of(RehearsalNotes.OfCampaignMax)} notes of rehearsals at most.",
                RehearsalNoteStep.StepUnknown => "It was not noted: the rehearsal has no such step yet.",
                _ => throw new UnreachableException(),
            };
        return problem is null
            ? TypedResults.Redirect($"{RehearsalList.PathOf(id, rehearsalId)}?notice=rehearsal-noted#{(step == 0 ? "notes" : string.Create(CultureInfo.InvariantCulture, $"step-{step}"))}")
            : Page.Of<RehearsalPage>(
                (await RehearsalDetail.ReadAsync(sources, visitor, id, rehearsalId, null, problem, text, cancel))!, StatusCodes.Status422UnprocessableEntity);
    }

    private static async Task<IResult> TakePart(Visitor visitor, string id, string rehearsalId, RehearsalSources sources, CancellationToken cancel)
    {
        if (await FindAsync(sources, visitor, id, rehearsalId, cancel) is not var (found, own) || found.State != RehearsalState.Finished)
        {
            return TypedResults.NotFound();
        }

        var campaignId = RehearsalStores.CampaignIdOf(visitor.Store, found.Id);
        return await sources.Testers.JoinAsync(own, campaignId, visitor.Actor, cancel) switch
        {
            TesterStep.Done => TypedResults.Redirect($"{RehearsalList.PathOf(id, rehearsalId)}?notice=rehearsal-joined#taking-part"),
            TesterStep.TooMany => Page.Of<RehearsalPage>(
                (await RehearsalDetail.ReadAsync(sources, visitor, id, rehearsalId, null, $"You do not take part: {Words.Of(Testers.OfOneMax)} of the team do already.", "", cancel))!,
                StatusCodes.Status422UnprocessableEntity),
            _ => throw new UnreachableException(),
        };
    }

    /// <summary>A rehearsal of the visitor's own store with its own store, while that is there.</summary>
    private static async Task<(Rehearsal Found, Store Own)?> FindAsync(
        RehearsalSources sources, Visitor visitor, string id, string rehearsalId, CancellationToken cancel) =>
        await sources.Rehearsals.FindAsync(visitor.Store, id, rehearsalId, cancel) is { } found && await sources.Own.FindAsync(found, cancel) is { } own ? (found, own) : null;
}
