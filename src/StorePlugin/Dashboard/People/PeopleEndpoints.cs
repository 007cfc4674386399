// What a merchant can do with the list of ambassadors: search, change several at once, add one, and take all of them as a file.
using System.Diagnostics;
using Microsoft.AspNetCore.Http.HttpResults;
using StorePlugin.Ambassadors;
using StorePlugin.Audit;
using StorePlugin.Pages;
using StorePlugin.Payouts.Statements;
using StorePlugin.Stores;
using Visitor = StorePlugin.Stores.Visitor;

namespace StorePlugin.Dashboard.People;

internal static class PeopleEndpoints
{
    private const string Path = "/ambassadors";

    /// <param name="rooms">The dashboard's group.</param>
    public static void MapPeople(this IEndpointRouteBuilder rooms)
    {
        rooms.MapGet(Path, List);
        rooms.MapPost(Path + "/changes", Change).WithSummary("Changes several ambassadors.");
        rooms.MapGet(Path + "/export", Export).RequireAuthorization(SessionAuthentication.ManagerPolicy);
        rooms.MapGet(Path + "/new", ShowForm);
        rooms.MapPost(Path + "/new", Add).WithSummary("Adds an ambassador.");
        rooms.MapImportPages();
        rooms.MapPerson();
        rooms.MapApplicationPages();
    }

    private static async Task<RazorComponentResult> List(
        Visitor visitor, HttpRequest request, string? after, string? notice, PeopleSources sources, CancellationToken cancel) =>
        Page.Of<AmbassadorListPage>(await AmbassadorList.ReadAsync(sources, visitor, FilterOf(request), after, notice, cancel));

    private static readonly string[] Changes = [PeopleChanges.Suspend, PeopleChanges.Reinstate, PeopleChanges.Join];

    // The answer is the page and no redirect: what became of each stands nowhere else. The same form again changes nothing.
    private static async Task<IResult> Change(Visitor visitor, HttpRequest request, PeopleSources sources, CancellationToken cancel)
    {
        var form = await request.ReadFormAsync(cancel);
        var (report, problem) = ((ChangeReport?)null, (string?)null);
        switch (PeopleChanges.Read(form, Changes, "ambassadors"))
        {
            case PeopleAsked.Wrong wrong:
                problem = wrong.Why;
                break;

            case PeopleAsked.Asked asked:
                report = await PeopleChanges.DoAsync(sources, visitor, asked, cancel);
                if (report is null)
                {
                    return TypedResults.NotFound();
                }

                break;
        }

        var filter = AmbassadorFilter.Of(name => form[name].ToString());
        return Page.Of<AmbassadorListPage>(
            await AmbassadorList.ReadAsync(sources, visitor, filter, form["after"].ToString(), null, cancel) with { Report = report, Problem = problem },
            problem is null ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity);
    }

    private static PushStreamHttpResult Export(Visitor visitor, HttpRequest request, HttpResponse response, PeopleSources sources, CancellationToken cancel)
    {
        response.Headers.CacheControl = "no-store";
        var filter = FilterOf(request);
        return TypedResults.Stream(
            body => AmbassadorExport.WriteAsync(sources, visitor.Store, filter, body, cancel), StatementFile.ContentType, "ambassadors.csv");
    }

    private static async Task<RazorComponentResult> ShowForm(Visitor visitor, PeopleSources sources, CancellationToken cancel) =>
        Page.Of<NewAmbassadorPage>(await NewAmbassadorForm.ReadAsync(sources, visitor, NewAmbassadorForm.Empty, cancel));

    private static async Task<IResult> Add(Visitor visitor, AuditSubject about, HttpRequest request, PeopleSources sources, CancellationToken cancel)
    {
        var form = await request.ReadFormAsync(cancel);
        var fields = FormFields.Of(form, "name", "email", "campaignId", "code", "group");
        var person = AmbassadorRequest.Read(fields, codeMayLack: true);
        var group = fields.OptionalText("group", 1, CodeKey.KeyLengthMax);
        if (group is not null && GroupRequest.Refusal(group) is { } why)
        {
            fields.Refuse("group", why);
        }

        var wrong = NewAmbassadorForm.Names.SelectMany(name => fields.ReasonsOf(name).Select(reason => (Name: name, Why: $"It {reason}."))).ToList();
        if (wrong.Count == 0)
        {
            switch (await sources.Ambassadors.AddAsync(visitor.Store, person, new Approval(visitor.Actor), cancel))
            {
                case AddResult.Added { Id: var id }:
                    about.Is("ambassadors", id);
                    if (group is not null)
                    {
                        await sources.Groups.JoinAsync(visitor.Store, id, group, visitor.Actor, cancel);
                    }

                    return TypedResults.Redirect($"{DashboardEndpoints.PathOf(id)}?notice=ambassador-added");

                case var refused:
                    wrong.Add(RefusalOf(refused, person));
                    break;
            }
        }

        var typed = new NewAmbassadorTyped(Typed("name"), Typed("email"), Typed("campaignId"), Typed("code"), Typed("group"), wrong);
        return Page.Of<NewAmbassadorPage>(await NewAmbassadorForm.ReadAsync(sources, visitor, typed, cancel), StatusCodes.Status422UnprocessableEntity);

        string Typed(string field) => form[field].ToString();
    }

    /// <summary>At which field a refusal belongs, in the words of the API.</summary>
    private static (string Name, string Why) RefusalOf(AddResult refused, NewAmbassador person) => (
        refused switch
        {
            AddResult.CodeTaken => "code",
            AddResult.EmailTaken => "email",
            AddResult.CampaignUnknown or AddResult.CampaignEnded => "campaignId",
            _ => throw new UnreachableException($"{refused.GetType().Name} is no refusal."),
        },
        refused is AddResult.CodeTaken && person.Code.Length == 0
            ? "No free code could be made of the name; choose one."
            : AmbassadorEndpoints.RefusalOf(refused, person.Code).ProblemDetails.Detail!);

    private static AmbassadorFilter FilterOf(HttpRequest request) => AmbassadorFilter.Of(name => request.Query[name].ToString());
}
