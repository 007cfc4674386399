// What a merchant can do with one ambassador: look, suspend, take back, end, change group and codes, acknowledge warnings, and note something.
using System.Diagnostics;
using Microsoft.AspNetCore.Http.HttpResults;
using StorePlugin.Abuse;
using StorePlugin.Ambassadors;
using StorePlugin.Dashboard.Campaigns;
using StorePlugin.Pages;
using StorePlugin.Portal;
using StorePlugin.Stores;
using Visitor = StorePlugin.Stores.Visitor;

namespace StorePlugin.Dashboard.People;

internal static class PersonEndpoints
{
    private const string Path = "/ambassadors/{ambassadorId}";

    /// <param name="rooms">The dashboard's group.</param>
    public static void MapPerson(this IEndpointRouteBuilder rooms)
    {
        var person = rooms.MapGroup(Path);
        person.MapGet("", Show);
        person.MapGet("/link.svg", ShowLinkCode);
        person.MapGet("/link.png", DownloadLinkCode);
        person.MapPost("/sign-in-links", MakeSignInLink).WithSummary("Makes a sign-in link for an ambassador.");
        person.MapPost("/suspension", Suspend).WithSummary("Suspends an ambassador.");
        person.MapPost("/reinstatement", Reinstate).WithSummary("Takes a suspended ambassador back.");
        person.MapPost("/ending", End).WithSummary("Ends an ambassador's part for good.");
        person.MapPost("/group", ChangeGroup).WithSummary("Changes an ambassador's group.");
        person.MapPost("/codes", AddCode).WithSummary("Gives an ambassador a code.");
        person.MapPost("/code-endings", EndCode).WithSummary("Ends an ambassador's code.");
        person.MapPost("/acknowledgements", Acknowledge).OwnersOnly().WithSummary("Acknowledges a warning about an ambassador.");
        person.MapPost("/acknowledgement-endings", EndAcknowledgement).OwnersOnly().WithSummary("Ends the acknowledgement of a warning.");
        person.MapGet("/notes", ListNotes);
        person.MapPost("/notes", AddNote).WithSummary("Writes a note about an ambassador.");
        person.MapPost("/notes/{noteId}/removal", RemoveNote).WithSummary("Removes a note about an ambassador.");
    }

    private static Task<IResult> Show(Visitor visitor, string ambassadorId, string? notice, PeopleSources sources, CancellationToken cancel) =>
        PageAsync(sources, visitor, ambassadorId, new PersonView(Notice: notice), cancel);

    private static async Task<IResult> ShowLinkCode(Visitor visitor, string ambassadorId, PeopleSources sources, CancellationToken cancel) =>
        await AmbassadorDetail.FindLinkAsync(sources, visitor.Store, ambassadorId, cancel) is { } link
            ? TypedResults.Text(LinkCode.Svg(link), "image/svg+xml")
            : TypedResults.NotFound();

    private static async Task<IResult> DownloadLinkCode(Visitor visitor, string ambassadorId, PeopleSources sources, CancellationToken cancel) =>
        await AmbassadorDetail.FindLinkAsync(sources, visitor.Store, ambassadorId, cancel) is { } link
            ? TypedResults.Bytes(LinkCode.Png(link), "image/png", $"{ambassadorId}.png")
            : TypedResults.NotFound();

    // The answer is the page itself and no redirect: the link is a secret, and an address would keep it in the history.
    private static async Task<IResult> MakeSignInLink(Visitor visitor, string ambassadorId, PeopleSources sources, SignIn signIn, CancellationToken cancel) =>
        await sources.Ambassadors.ExistsAsync(visitor.Store, ambassadorId, cancel)
            ? await PageAsync(
                sources, visitor, ambassadorId, new PersonView(SignInLink: await signIn.NewLinkAsync(visitor.Store, Role.Ambassador, ambassadorId, cancel)), cancel)
            : TypedResults.NotFound();

    private static Task<IResult> Suspend(Visitor visitor, string ambassadorId, HttpRequest request, PeopleSources sources, CancellationToken cancel) =>
        StepAsync(sources.Life.SuspendAsync, "ambassador-suspended", visitor, ambassadorId, request, sources, cancel);

    private static Task<IResult> Reinstate(Visitor visitor, string ambassadorId, HttpRequest request, PeopleSources sources, CancellationToken cancel) =>
        StepAsync(sources.Life.ReinstateAsync, "ambassador-reinstated", visitor, ambassadorId, request, sources, cancel);

    private static Task<IResult> End(Visitor visitor, string ambassadorId, HttpRequest request, PeopleSources sources, CancellationToken cancel) =>
        StepAsync(sources.Life.EndAsync, "ambassador-ended", visitor, ambassadorId, request, sources, cancel);

    private static async Task<IResult> StepAsync(
        Func<Store, string, string, string?, CancellationToken, Task<LifeStep>> step,
        string done,
        Visitor visitor,
        string id,
        HttpRequest request,
        PeopleSources sources,
        CancellationToken cancel)
    {
        var fields = FormFields.Of(await request.ReadFormAsync(cancel), "reason");
        var reason = ReasonRequest.Read(fields);
        if (fields.Reasons.Any())
        {
            return await SayAsync(sources, visitor, id, $"The reason {fields.ReasonsOf("reason")[0]}.", cancel);
        }

        return await step(visitor.Store, id, visitor.Actor, reason, cancel) switch
        {
            LifeStep.Done => Back(id, done),
            LifeStep.Unknown => TypedResults.NotFound(),
            LifeStep.AlreadySuspended => Back(id, "ambassador-was-suspended"),
            LifeStep.NotSuspended => Back(id, "ambassador-was-active"),
            LifeStep.AlreadyEnded => Back(id, "ambassador-had-left"),
            _ => throw new UnreachableException(),
        };
    }

    // A field that is left empty takes them out of their group.
    private static async Task<IResult> ChangeGroup(Visitor visitor, string ambassadorId, HttpRequest request, PeopleSources sources, CancellationToken cancel)
    {
        var group = (await request.ReadFormAsync(cancel))["group"].ToString().Trim();
        if (group.Length > 0 && GroupRequest.Refusal(group) is { } wrong)
        {
            return await SayAsync(sources, visitor, ambassadorId, $"The group {wrong}.", cancel);
        }

        var step = group.Length == 0
            ? await sources.Groups.LeaveAsync(visitor.Store, ambassadorId, visitor.Actor, cancel)
            : await sources.Groups.JoinAsync(visitor.Store, ambassadorId, group, visitor.Actor, cancel);
        return step == GroupStep.AmbassadorUnknown ? TypedResults.NotFound()
            : PeopleChanges.WhyNot(step) is { } why ? await SayAsync(sources, visitor, ambassadorId, why, cancel)
            : Back(ambassadorId, group.Length == 0 ? "group-left" : "group-set");
    }

    private static async Task<IResult> AddCode(Visitor visitor, string ambassadorId, HttpRequest request, PeopleSources sources, CancellationToken cancel)
    {
        var fields = FormFields.Of(await request.ReadFormAsync(cancel), "code");
        var code = CodeRequest.Read(fields);
        if (fields.Reasons.Any())
        {
            return await SayAsync(sources, visitor, ambassadorId, $"The code {fields.ReasonsOf("code")[0]}.", cancel);
        }

        return await sources.Codes.AddAsync(visitor.Store, ambassadorId, code, cancel) switch
        {
            AddCodeResult.Added => Back(ambassadorId, "code-given"),
            AddCodeResult.AmbassadorUnknown => TypedResults.NotFound(),
            AddCodeResult.Taken => await SayAsync(sources, visitor, ambassadorId, AmbassadorEndpoints.CodeTaken(code).ProblemDetails.Detail!, cancel),
            AddCodeResult.TooMany => await SayAsync(sources, visitor, ambassadorId, CodeEndpoints.TooMany.ProblemDetails.Detail!, cancel),
            AddCodeResult.CampaignEnded => await SayAsync(sources, visitor, ambassadorId, CodeEndpoints.CampaignEnded.ProblemDetails.Detail!, cancel),
            AddCodeResult.AmbassadorEnded => await SayAsync(sources, visitor, ambassadorId, "They have left, and get no further code.", cancel),
            var other => throw new UnreachableException($"{other.GetType().Name} is no result."),
        };
    }

    private static async Task<IResult> EndCode(Visitor visitor, string ambassadorId, HttpRequest request, PeopleSources sources, CancellationToken cancel) =>
        await sources.Codes.EndAsync(visitor.Store, ambassadorId, (await request.ReadFormAsync(cancel))["code"].ToString(), cancel) switch
        {
            EndCodeResult.Ended => Back(ambassadorId, "code-ended"),
            EndCodeResult.AmbassadorUnknown => TypedResults.NotFound(),
            EndCodeResult.CodeUnknown => await SayAsync(sources, visitor, ambassadorId, "They have no live code of this name; nothing was changed.", cancel),
            EndCodeResult.LastOne => await SayAsync(
                sources, visitor, ambassadorId, "It is their last live code. Give them another one first, or suspend them.", cancel),
            var other => throw new UnreachableException($"{other.GetType().Name} is no result."),
        };

    private static async Task<IResult> Acknowledge(Visitor visitor, string ambassadorId, HttpRequest request, PeopleSources sources, CancellationToken cancel)
    {
        var (form, (rule, reason, until)) = AcknowledgementForm.Judge(await Typed.ReadAsync(request, cancel), visitor.Store, sources.Clock.GetUtcNow());
        if (!await sources.Ambassadors.ExistsAsync(visitor.Store, ambassadorId, cancel))
        {
            return TypedResults.NotFound();
        }

        if (form.Errors.Count == 0)
        {
            switch (await sources.Exemptions.GrantAsync(visitor.Store, ambassadorId, rule, reason, until, visitor.Actor, cancel))
            {
                case ExemptionResult.Granted: return Back(ambassadorId, "warning-acknowledged");
                case ExemptionResult.InForce other:
                    form.Refuse("rule", $"is acknowledged until {new StoreTime(visitor.Store).At(other.Exemption.UntilAt).Text} already; end that first");
                    break;
                case var other: throw new UnreachableException($"{other.GetType().Name} is no result.");
            }
        }

        return await PageAsync(sources, visitor, ambassadorId, new PersonView(Acknowledging: form), cancel);
    }

    private static async Task<IResult> EndAcknowledgement(Visitor visitor, string ambassadorId, HttpRequest request, PeopleSources sources, CancellationToken cancel)
    {
        var rule = (await request.ReadFormAsync(cancel))["rule"].ToString();
        return !await sources.Ambassadors.ExistsAsync(visitor.Store, ambassadorId, cancel) || !ExemptionRequest.Rules.Contains(rule) ? TypedResults.NotFound()
            : Back(ambassadorId, await sources.Exemptions.EndAsync(visitor.Store, ambassadorId, rule, visitor.Actor, cancel) is null ? "warning-was-back" : "warning-back");
    }

    private static Task<IResult> ListNotes(Visitor visitor, string ambassadorId, string? after, string? notice, PeopleSources sources, CancellationToken cancel) =>
        NotesAsync(sources, visitor, ambassadorId, after, notice, "", null, cancel);

    private static async Task<IResult> AddNote(Visitor visitor, string ambassadorId, HttpRequest request, PeopleSources sources, CancellationToken cancel)
    {
        var form = await request.ReadFormAsync(cancel);
        var fields = FormFields.Of(form, "text");
        var text = fields.OptionalText("text", 1, AmbassadorNotes.TextLengthMax, lineBreaks: true);
        var why = fields.ReasonsOf("text").Select(reason => $"The note {reason}.").FirstOrDefault();
        if (text is not null)
        {
            switch (await sources.Notes.AddAsync(visitor.Store, ambassadorId, text, visitor.Actor, cancel))
            {
                case NoteStep.Done: return TypedResults.Redirect($"{DashboardEndpoints.PathOf(ambassadorId)}/notes?notice=note-kept");
                case NoteStep.AmbassadorUnknown: return TypedResults.NotFound();
                case NoteStep.TooMany:
                    why = $"There are {AmbassadorNotes.OfOneMax} notes about them, which is the most. Take one away first.";
                    break;
            }
        }

        return await NotesAsync(sources, visitor, ambassadorId, null, null, form["text"].ToString(), why ?? "Write something first.", cancel);
    }

    // A note that is gone already was removed, too: a form may be sent twice.
    private static async Task<IResult> RemoveNote(Visitor visitor, string ambassadorId, string noteId, PeopleSources sources, CancellationToken cancel) =>
        await sources.Notes.DeleteAsync(visitor.Store, ambassadorId, noteId, cancel) || await sources.Ambassadors.ExistsAsync(visitor.Store, ambassadorId, cancel)
            ? TypedResults.Redirect($"{DashboardEndpoints.PathOf(ambassadorId)}/notes?notice=note-removed")
            : TypedResults.NotFound();

    private static async Task<IResult> NotesAsync(
        PeopleSources sources, Visitor visitor, string id, string? after, string? notice, string typed, string? problem, CancellationToken cancel) =>
        await NoteList.ReadAsync(sources, visitor, id, after, notice, typed, problem, cancel) is { } model
            ? Page.Of<NotesPage>(model, problem is null ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity)
            : TypedResults.NotFound();

    private static RedirectHttpResult Back(string id, string notice) => TypedResults.Redirect($"{DashboardEndpoints.PathOf(id)}?notice={notice}");

    private static Task<IResult> SayAsync(PeopleSources sources, Visitor visitor, string id, string problem, CancellationToken cancel) =>
        PageAsync(sources, visitor, id, new PersonView(Problem: problem), cancel);

    private static async Task<IResult> PageAsync(PeopleSources sources, Visitor visitor, string id, PersonView view, CancellationToken cancel) =>
        await AmbassadorDetail.ReadAsync(sources, visitor, id, view, cancel) is { } model
            ? Page.Of<AmbassadorPage>(model, view is { Problem: null, Acknowledging: null } ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity)
            : TypedResults.NotFound();
}
