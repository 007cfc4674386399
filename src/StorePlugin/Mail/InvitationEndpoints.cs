// The API's calls about invitations into a campaign.
using System.ComponentModel;
using System.Diagnostics;
using Microsoft.AspNetCore.Http.HttpResults;
using StorePlugin.Ambassadors;
using StorePlugin.Campaigns;
using StorePlugin.Stores;

namespace StorePlugin.Mail;

internal sealed record InviteeRequest(
    string Email,
    [property: Description("What the sender writes to this person, in 10 to 500 characters. Many identical ones are warned about.")] string PersonalLine,
    [property: Description("1 to 200 characters.")] string? Name = null)
{
    public static Invitee Read(Fields fields)
    {
        fields.RefuseOthersThan("email", "name", "personalLine");
        var email = fields.Text("email", 1, AmbassadorRequest.EmailLengthMax);
        if (email.Length > 0 && !AmbassadorRequest.IsEmail(email))
        {
            fields.Refuse("email", "must be an e-mail address, such as ann@example.com");
        }

        return new Invitee(email, fields.OptionalText("name", 1, AmbassadorRequest.NameLengthMax), fields.Text("personalLine", Invitee.LineLengthMin, Invitee.LineLengthMax));
    }
}

internal sealed record InvitationsRequest([property: Description("1 to 100.")] IReadOnlyList<InviteeRequest> Invitations)
{
    private const string Name = "invitations";

    public static IReadOnlyList<Invitee> Read(Fields fields)
    {
        fields.RefuseOthersThan(Name);
        var people = fields.OptionalObjects(Name, Mail.Invitations.AtOnceMax).Select(InviteeRequest.Read).ToList();
        if (people.Count == 0 && fields.Refusal is null)
        {
            fields.Refuse(Name, $"must list 1 to {Mail.Invitations.AtOnceMax} people");
        }

        return people;
    }
}

internal sealed record InvitedView(string Id, string Email);

internal sealed record SkippedView(string Email, [property: Description("Why they are not invited.")] string Why);

internal sealed record InvitationsView(
    IReadOnlyList<InvitedView> Invited,
    [property: Description("Ambassadors of the campaign, people who were invited before, and addresses that get no mail.")] IReadOnlyList<SkippedView> Skipped,
    [property: Description("What to think about; null where nothing.")] string? Warning);

internal sealed record InvitationView(
    string Id,
    [property: Description("Null once the data have gone: when the person has joined, and six months after the invitation.")] string? Email,
    string? Name,
    [property: Description("waiting, sent, kept_back or joined.")] string State,
    DateTimeOffset CreatedAt,
    string CreatedBy,
    DateTimeOffset? SentAt,
    DateTimeOffset? JoinedAt)
{
    public static InvitationView Of(Invitation row) => new(
        row.Id, row.Person?.Email, row.Person?.Name, row.State, row.CreatedAt, row.CreatedBy, row.SentAt, row.JoinedAt);
}

internal static class InvitationEndpoints
{
    // From so many on, the same line for all is no personal one any more.
    private const int SameLinesMin = 4;

    public static void MapInvitations(this IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/campaigns/{id}/invitations").WithTags("Campaigns");
        group.MapGet("", List).WithName("listInvitations").WithSummary("Whom the store has invited into a campaign, oldest first.")
            .ProducesProblem(StatusCodes.Status404NotFound);
        group.MapPost("", Invite).WithName("inviteToCampaign").WithSummary("Invites people into a live campaign that takes applications, each by a mail with a line of its own.")
            .WithDescription(
                $"The mails count against the limit of a week and heed quiet hours. Each person is invited once to a campaign, and {Invitations.DayMax} in 24 hours by a store at most.")
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
    }

    private static async Task<Results<Ok<Listing<InvitationView>>, ProblemHttpResult>> List(
        ApiCaller caller, string id, Invitations invitations, CampaignDb campaigns, [AsParameters] Paging paging, CancellationToken cancel)
    {
        if (paging.AfterId("inv") is not { } after)
        {
            return Paging.BadAfter;
        }

        return await campaigns.FindAsync(caller.Store, id, cancel) is null
            ? CampaignEndpoints.Unknown
            : TypedResults.Ok(paging.Show(await invitations.ListAsync(caller.Store, id, after, paging.Take, cancel), row => row.Id, InvitationView.Of));
    }

    private static async Task<Results<Ok<InvitationsView>, ProblemHttpResult>> Invite(
        ApiCaller caller, string id, ApiBody<InvitationsRequest> body, Invitations invitations, CancellationToken cancel)
    {
        var people = InvitationsRequest.Read(body.Fields);
        if (body.Fields.Refusal is { } refusal)
        {
            return refusal;
        }

        return await invitations.InviteAsync(caller.Store, id, people, caller.Name, cancel) switch
        {
            InviteResult.Done done => TypedResults.Ok(new InvitationsView(
                [.. done.Invited.Select(one => new InvitedView(one.Id, one.Email))],
                [.. done.Skipped.Select(one => new SkippedView(one.Email, one.Why))],
                people.Count >= SameLinesMin && people.Select(person => person.Line).Distinct(StringComparer.OrdinalIgnoreCase).Count() == 1
                    ? $"All {people.Count} invitations have the same personal line. Mails that look personal and are not are soon taken for advertising."
                    : null)),
            InviteResult.CampaignUnknown => CampaignEndpoints.Unknown,
            InviteResult.Closed => Problems.Conflict(
                "applications-closed", "The campaign takes no applications.", "An invitation leads to the form: the campaign must be live, and PUT /api/v1/campaigns/{id}/applications opens it."),
            InviteResult.TooMany => Problems.Conflict(
                "invitations-exhausted", "That is too many invitations.", $"A store may invite {Invitations.DayMax} people in 24 hours; send the others later."),
            var other => throw new UnreachableException($"{other.GetType().Name} is no result."),
        };
    }
}
