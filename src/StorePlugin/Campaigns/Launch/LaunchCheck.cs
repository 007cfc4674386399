// One check of a campaign before its launch: what it is about, how it came out, what is wrong, and what to do about it.
namespace StorePlugin.Campaigns.Launch;

/// <summary>How a check came out.</summary>
internal static class LaunchState
{
    public const string Passed = "passed";
    public const string Failed = "failed";

    /// <summary>It does not apply to this store or these terms, or what it rests on is not known.</summary>
    public const string NotEvaluated = "not_evaluated";
}

/// <param name="Id">Stable.</param>
/// <param name="Severity"><c>blocks</c>: where it has failed the campaign is not launched; <c>warns</c>: it is shown, and stops nothing.</param>
/// <param name="Title">What it is about, in a few words.</param>
/// <param name="Path">Of the page where it is mended.</param>
/// <param name="State">A word of <see cref="LaunchState"/>.</param>
/// <param name="Finding">What is wrong, or why it was not evaluated, in sentences; null where it has passed.</param>
/// <param name="Fix">What to do; null where nothing is to be done.</param>
internal sealed record LaunchCheck(string Id, string Severity, string Title, string State, string? Finding, string? Fix, string Path)
{
    public const string Blocks = "blocks";
    public const string Warns = "warns";

    /// <summary>A check that refuses the launch where it fails.</summary>
    public static LaunchCheck Red(string id, string title, string path) => new(id, Blocks, title, LaunchState.Passed, null, null, path);

    /// <summary>A check that is shown where it fails.</summary>
    public static LaunchCheck Yellow(string id, string title, string path) => new(id, Warns, title, LaunchState.Passed, null, null, path);

    public bool HasFailed => State == LaunchState.Failed;

    /// <summary>Whether it refuses the launch.</summary>
    public bool Refuses => HasFailed && Severity == Blocks;

    public LaunchCheck Failed(string finding, string fix) => this with { State = LaunchState.Failed, Finding = finding, Fix = fix };

    public LaunchCheck NotEvaluated(string why) => this with { State = LaunchState.NotEvaluated, Finding = why };
}
