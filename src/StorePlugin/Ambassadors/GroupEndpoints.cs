// The API's calls about the group of an ambassador.
using System.ComponentModel;
using System.Diagnostics;
using Microsoft.AspNetCore.Http.HttpResults;
using StorePlugin.Stores;

namespace StorePlugin.Ambassadors;

internal sealed record GroupRequest(
    [property: Description("1 to 40 characters; upper and lower case are one group, and the spelling that came first is kept.")] string Group)
{
    private const int LengthMax = 40;

    /// <summary>Why this names no group, continuing a sentence that begins with its name; null when it does.</summary>
    public static string? Refusal(string group) =>
        group.Trim().Length is 0 or > LengthMax || group.Any(char.IsControl) || CodeKey.Of(group).Length is 0 or > CodeKey.KeyLengthMax
            ? $"must have 1 to {LengthMax} characters, on one line"
            : null;

    public static string ReadAlone(Fields fields)
    {
        const string Name = "group";
        fields.RefuseOthersThan(Name);
        var group = fields.Text(Name, 1, LengthMax);
        if (group.Length > 0 && Refusal(group) is { } why)
        {
            fields.Refuse(Name, why);
        }

        return group;
    }
}

internal static class GroupEndpoints
{
    public static void MapGroups(this IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/ambassadors/{id}/group").WithTags("Ambassadors");
        group.MapPut("", Join).WithName("putGroup").WithSummary("Puts an ambassador into a group, from this second on.")
            .WithDescription(
                "An ambassador is in one group at a time. Orders are judged by the group at their own instant. Every change is kept, and there may be 20 within 24 hours.")
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
        group.MapDelete("", Leave).WithName("deleteGroup").WithSummary("Takes an ambassador out of their group, from this second on.")
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
    }

    private static async Task<Results<Ok<AmbassadorView>, ProblemHttpResult>> Join(
        ApiCaller caller, string id, ApiBody<GroupRequest> body, Groups groups, AmbassadorViews views, CancellationToken cancel)
    {
        var name = GroupRequest.ReadAlone(body.Fields);
        return body.Fields.Refusal is { } refusal
            ? refusal
            : await AnswerAsync(await groups.JoinAsync(caller.Store, id, name, caller.Name, cancel), caller, id, views, cancel);
    }

    private static async Task<Results<Ok<AmbassadorView>, ProblemHttpResult>> Leave(
        ApiCaller caller, string id, Groups groups, AmbassadorViews views, CancellationToken cancel) =>
        await AnswerAsync(await groups.LeaveAsync(caller.Store, id, caller.Name, cancel), caller, id, views, cancel);

    private static async Task<Results<Ok<AmbassadorView>, ProblemHttpResult>> AnswerAsync(
        GroupStep step, ApiCaller caller, string id, AmbassadorViews views, CancellationToken cancel) =>
        step switch
        {
            GroupStep.Done => await AmbassadorEndpoints.Get(caller, id, views, cancel),
            GroupStep.AmbassadorUnknown => AmbassadorEndpoints.Unknown,
            GroupStep.AmbassadorEnded => AmbassadorEndpoints.Ended,
            GroupStep.TooMany => Problems.Conflict(
                "group-changes-too-many", "The group changed too often.", $"The group of an ambassador may change {Groups.ChangesPerDayMax} times within 24 hours."),
            GroupStep.InNone => Problems.NotFound("group-unknown", "There is no group.", "The ambassador is in no group."),
            _ => throw new UnreachableException(),
        };
}
