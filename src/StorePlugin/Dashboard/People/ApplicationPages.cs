// What a merchant can do with applications: look, approve with a code, and reject with a reason, one by one or several at once.
using StorePlugin.Ambassadors;
using StorePlugin.Pages;
using Visitor = StorePlugin.Stores.Visitor;

namespace StorePlugin.Dashboard.People;

internal static class ApplicationPages
{
    private const string Path = "/applications";
    private const string OnePath = Path + "/{id}";

    private static readonly string[] Changes = [PeopleChanges.Approve, PeopleChanges.Reject];

    /// <param name="rooms">The dashboard's group.</param>
    public static void MapApplicationPages(this IEndpointRouteBuilder rooms)
    {
        rooms.MapGet(Path, List);
        rooms.MapPost(Path + "/changes", Decide).WithSummary("Decides about several applications.");
        rooms.MapPost(OnePath + "/approval", Approve).WithSummary("Approves an application.");
        rooms.MapPost(OnePath + "/rejection", Reject).WithSummary("Rejects an application.");
    }

    private static async Task<IResult> List(
        Visitor visitor, string? show, string? after, string? notice, PeopleSources sources, CancellationToken cancel) =>
        Page.Of<ApplicationListPage>(await ApplicationList.ReadAsync(sources, visitor, show, after, notice, cancel));

    // As with ambassadors the answer is the page: what became of each stands nowhere else, and the same form again decides nothing.
    private static async Task<IResult> Decide(Visitor visitor, HttpRequest request, PeopleSources sources, CancellationToken cancel)
    {
        return PeopleChanges.Read(await request.ReadFormAsync(cancel), Changes, "applications") switch
        {
            PeopleAsked.Asked asked when await PeopleChanges.DecideAsync(sources, visitor, asked, cancel) is { } report =>
                Page.Of<ApplicationListPage>(await ApplicationList.ReadAsync(sources, visitor, null, null, null, cancel) with { Report = report }),
            PeopleAsked.Wrong wrong => await SayAsync(sources, visitor, wrong.Why, cancel),
            _ => TypedResults.NotFound(),
        };
    }

    private static async Task<IResult> Approve(Visitor visitor, string id, HttpRequest request, PeopleSources sources, CancellationToken cancel)
    {
        if (await sources.Applications.FindAsync(visitor.Store, id, cancel) is not { } application)
        {
            return TypedResults.NotFound();
        }

        var fields = FormFields.Of(await request.ReadFormAsync(cancel), "code");
        var code = fields.Has("code") ? CodeRequest.Read(fields) : null;
        return fields.Reasons.FirstOrDefault() is { } why
            ? await SayAsync(sources, visitor, $"{application.Name} was not approved: {why}", cancel)
            : await AnswerAsync(
                sources, visitor, application, "approved", await sources.Applications.ApproveAsync(visitor.Store, id, code, visitor.Actor, reason: null, cancel), cancel);
    }

    private static async Task<IResult> Reject(Visitor visitor, string id, HttpRequest request, PeopleSources sources, CancellationToken cancel)
    {
        if (await sources.Applications.FindAsync(visitor.Store, id, cancel) is not { } application)
        {
            return TypedResults.NotFound();
        }

        var fields = FormFields.Of(await request.ReadFormAsync(cancel), "reason");
        return ReasonRequest.Read(fields) is { } reason
            ? await AnswerAsync(
                sources, visitor, application, "rejected", await sources.Applications.RejectAsync(visitor.Store, id, visitor.Actor, reason, cancel), cancel)
            : await SayAsync(
                sources, visitor, $"{application.Name} was not rejected: {fields.Reasons.FirstOrDefault("say why, it is kept with the application.")}", cancel);
    }

    private static async Task<IResult> AnswerAsync(
        PeopleSources sources, Visitor visitor, Application application, string done, ApprovalResult result, CancellationToken cancel) => result switch
        {
            ApprovalResult.Done => TypedResults.Redirect($"{ApplicationList.Path}?notice=application-{done}"),
            ApprovalResult.Decided => TypedResults.Redirect($"{ApplicationList.Path}?notice=application-decided"),
            _ => await SayAsync(sources, visitor, $"{application.Name} was not {done}: {PeopleChanges.WhyNot(result)}", cancel),
        };

    private static async Task<IResult> SayAsync(PeopleSources sources, Visitor visitor, string problem, CancellationToken cancel) =>
        Page.Of<ApplicationListPage>(
            await ApplicationList.ReadAsync(sources, visitor, null, null, null, cancel) with { Problem = problem }, StatusCodes.Status422UnprocessableEntity);
}
