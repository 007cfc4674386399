// The page about who runs the programme: members, what each may do, and the sessions that are open.
using StorePlugin.Ambassadors;
using StorePlugin.Audit;
using StorePlugin.Mail;
using StorePlugin.Pages;
using StorePlugin.Stores;
using Visitor = StorePlugin.Stores.Visitor;

namespace StorePlugin.Dashboard;

/// <param name="CanChange">Whoever looks is an owner.</param>
/// <param name="Problem">Why what was typed could not be used.</param>
public sealed record TeamModel(
    Frame Frame, bool CanChange, IReadOnlyList<TeamRow> Members, IReadOnlyList<TeamSessionRow> Sessions, string TypedName = "", string TypedEmail = "", string? Problem = null)
{
    /// <summary>Says nothing, so that no log line can hold a person.</summary>
    public override string ToString() => nameof(TeamModel);

    /// <summary>What each role may do, in words.</summary>
    public static readonly IReadOnlyList<(string Role, string Words)> Roles =
    [
        (Role.Manager, "Manager: runs the programme and approves payouts"),
        (Role.Viewer, "Viewer: sees everything here and changes nothing"),
        (Role.Owner, "Owner: may do all, with the team and the keys to your money"),
    ];
}

/// <param name="Path">What is done with the member is posted below it.</param>
public sealed record TeamRow(string Name, string Email, string Role, Moment AddedAt, string Path, bool IsYou);

public sealed record TeamSessionRow(string Who, Moment Since, Moment Until, string Name, bool IsYours);

internal static class TeamPages
{
    private const string Path = "/dashboard/team";

    /// <param name="rooms">The dashboard's group.</param>
    public static void MapTeam(this RouteGroupBuilder rooms)
    {
        var team = rooms.MapGroup("/team");
        team.MapGet("", Show);
        team.MapPost("", Add).OwnersOnly().WithSummary("Adds a member to the team.");
        team.MapPost("/{memberId}/role", Change).OwnersOnly().WithSummary("Changes a member's role.");
        team.MapPost("/{memberId}/removal", Remove).OwnersOnly().WithSummary("Removes a member from the team.");
        team.MapPost("/sessions/end", EndSession).OwnersOnly().WithSummary("Ends a session.");
    }

    private static async Task<IResult> Show(Visitor visitor, string? notice, Team team, CancellationToken cancel) =>
        Page.Of<TeamPage>(await ReadAsync(visitor, notice, team, cancel));

    private static async Task<IResult> Add(
        Visitor visitor, AuditSubject about, HttpRequest request, Team team, SignInRequests requests, SignInLimit limit, CancellationToken cancel)
    {
        var form = await request.ReadFormAsync(cancel);
        var id = team.NewId();
        var (name, email, role) = (form["name"].ToString().Trim(), form["email"].ToString().Trim(), form["role"].ToString());
        var problem = name.Length is 0 or > Team.NameLengthMax ? $"The name must have 1 to {Team.NameLengthMax} letters."
            : !AmbassadorRequest.IsEmail(email) ? "The e-mail address must look like ann@example.com."
            : !Role.OfTeam.Contains(role) ? "Choose what they may do."
            : await team.AddAsync(visitor.Store, name, email, role, visitor.Actor, cancel, id) switch
            {
                TeamAdding.AlreadyThere => "This address is on the team already.",
                TeamAdding.Full => $"A team has at most {Team.MembersMax} members. Remove one first.",
                _ => null,
            };
        if (problem is not null)
        {
            return Page.Of<TeamPage>(
                await ReadAsync(visitor, null, team, cancel) with { TypedName = name, TypedEmail = email, Problem = problem }, StatusCodes.Status422UnprocessableEntity);
        }

        about.Is("team", id);
        // Whoever is added and removed by turns gets no mail each time.
        if (limit.AdmitsMail($"{visitor.Store.Id} {requests.PersonHashOf(visitor.Store, email)}"))
        {
            await requests.AskAsync(visitor.Store, email, cancel);
        }

        return TypedResults.Redirect($"{Path}?notice=member-added");
    }

    private static async Task<IResult> Change(Visitor visitor, string memberId, HttpRequest request, Team team, CancellationToken cancel)
    {
        var role = (await request.ReadFormAsync(cancel))["role"].ToString();
        return !Role.OfTeam.Contains(role) ? TypedResults.BadRequest()
            : await team.ChangeAsync(visitor.Store, memberId, role, cancel) ? TypedResults.Redirect($"{Path}?notice=member-changed")
            : TypedResults.NotFound();
    }

    private static async Task<IResult> Remove(Visitor visitor, string memberId, Team team, CancellationToken cancel) =>
        await team.RemoveAsync(visitor.Store, memberId, visitor.Actor, cancel) || (await team.NamesAsync(visitor.Store, cancel)).ContainsKey(memberId)
            ? TypedResults.Redirect($"{Path}?notice=member-removed")
            : TypedResults.NotFound();

    private static async Task<IResult> EndSession(Visitor visitor, HttpRequest request, Team team, CancellationToken cancel) =>
        await team.EndSessionAsync(visitor.Store, (await request.ReadFormAsync(cancel))["session"].ToString(), cancel)
            ? TypedResults.Redirect($"{Path}?notice=session-ended")
            : TypedResults.NotFound();

    private static async Task<TeamModel> ReadAsync(Visitor visitor, string? notice, Team team, CancellationToken cancel)
    {
        var time = new StoreTime(visitor.Store);
        var members = await team.ListAsync(visitor.Store, cancel);
        var names = members.ToDictionary(member => member.Id, member => member.Name, StringComparer.Ordinal);
        return new TeamModel(
            Frame.OfDashboard(visitor, notice),
            visitor.Role == Role.Owner,
            [
                .. members.Select(member => new TeamRow(
                    member.Name, member.Email, member.Role, time.At(member.AddedAt), $"{Path}/{Uri.EscapeDataString(member.Id)}", member.Id == visitor.MemberId)),
            ],
            [
                .. (await team.SessionsAsync(visitor.Store, cancel)).Select(session => new TeamSessionRow(
                    session.MemberId is { } id ? names.GetValueOrDefault(id, "A member") : "By the store or the program's console",
                    time.At(session.CreatedAt), time.At(session.ExpiresAt), session.Name, session.Name == visitor.SessionName)),
            ]);
    }
}
