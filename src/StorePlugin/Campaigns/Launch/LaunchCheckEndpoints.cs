// The API's call about what would go wrong if a campaign were launched now, and how a launch that is refused for it is answered.
using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using StorePlugin.Stores;

namespace StorePlugin.Campaigns.Launch;

internal sealed record LaunchChecksView(
    [property: Description("Whether the campaign is a draft, and none of the checks that block has failed.")] bool CanLaunch,
    IReadOnlyList<LaunchCheckView> Checks);

internal sealed record LaunchCheckView(
    [property: Description("Stable.")] string Id,
    [property: Description("blocks: where it has failed the campaign is not launched; warns: it is shown, and stops nothing.")] string Severity,
    [property: Description("passed, failed, or not_evaluated where it does not apply or what it rests on is not known.")] string State,
    [property: Description("What it is about, in a few words.")] string Title,
    [property: Description("What is wrong, or why it was not evaluated, in sentences; null where it has passed.")] string? Finding,
    [property: Description("What to do; null where nothing is to be done.")] string? Fix,
    [property: Description("The path of the page of the dashboard where it is mended.")] string Path)
{
    public static LaunchCheckView Of(LaunchCheck check) => new(check.Id, check.Severity, check.State, check.Title, check.Finding, check.Fix, check.Path);
}

internal static class LaunchCheckEndpoints
{
    public static void MapLaunchChecks(this IEndpointRouteBuilder campaigns) =>
        campaigns.MapGet("/{id}/launch-checks", Get).WithName("getLaunchChecks").WithSummary("What would go wrong if the campaign were launched now.")
            .WithDescription("Each check with its finding and what to do about it. What blocks refuses the launch, with the same findings.")
            .ProducesProblem(StatusCodes.Status404NotFound);

    /// <summary>The answer to a launch that the checks refuse.</summary>
    public static ProblemHttpResult Refused(IReadOnlyList<LaunchCheck> findings) => TypedResults.Problem(
        string.Join(' ', findings.Select(check => $"{check.Finding} {check.Fix}")),
        statusCode: StatusCodes.Status409Conflict,
        title: "The campaign would lose money or orders for certain.",
        type: "/problems/launch-refused",
        extensions: [new("findings", findings.Select(LaunchCheckView.Of).ToList())]);

    private static async Task<Results<Ok<LaunchChecksView>, ProblemHttpResult>> Get(
        ApiCaller caller, string id, CampaignDb campaigns, CampaignLaunch launch, CancellationToken cancel)
    {
        if (await campaigns.FindAsync(caller.Store, id, cancel) is not { } campaign)
        {
            return CampaignEndpoints.Unknown;
        }

        var checks = await launch.CheckAsync(caller.Store, campaign, cancel);
        return TypedResults.Ok(new LaunchChecksView(
            campaign.State == "draft" && !checks.Any(check => check.Refuses), [.. checks.Select(LaunchCheckView.Of)]));
    }
}
