// The launch of a campaign: it is checked, and where nothing red is found the draft becomes live.
using StorePlugin.Billing;
using StorePlugin.Stores;

namespace StorePlugin.Campaigns.Launch;

/// <summary>What came of a launch.</summary>
internal abstract record LaunchResult
{
    /// <summary>It is live, or one of the refusals that every step of a campaign has.</summary>
    internal sealed record Stepped(CampaignStep Step) : LaunchResult;

    /// <summary>The app's plan is not confirmed.</summary>
    internal sealed record PlanOpen : LaunchResult;

    /// <param name="Findings">Every red finding, in the order of the page.</param>
    internal sealed record Refused(IReadOnlyList<LaunchCheck> Findings) : LaunchResult;
}

internal sealed class CampaignLaunch(CampaignDb campaigns, LaunchFactsReader reader, LaunchGate gate, TimeProvider clock)
{
    /// <summary>The checks of a campaign as they come out now.</summary>
    public async Task<IReadOnlyList<LaunchCheck>> CheckAsync(Store store, Campaign campaign, CancellationToken cancel) =>
        LaunchChecks.Of(await reader.ReadAsync(store, campaign, cancel));

    /// <summary>
    /// Launches a draft that passes the checks. They read beside the transaction and right before it: what is found a moment too late
    /// is found by the payouts as well, which judge it again.
    /// </summary>
    /// <param name="acknowledged">From when on the merchant knows that paid orders are known; counts where the terms ask for new customers.</param>
    public async Task<LaunchResult> LaunchAsync(Store store, string id, DateTimeOffset? acknowledged, string actor, CancellationToken cancel)
    {
        if (!await gate.IsOpenAsync(store, cancel))
        {
            return new LaunchResult.PlanOpen();
        }

        // Whatever else keeps it from being launched is refused in its own words.
        if (await campaigns.FindAsync(store, id, cancel) is { State: "draft", Objective: { } objective } draft && objective.By > clock.GetUtcNow()
            && LaunchChecks.RefusalsOf(await CheckAsync(store, draft, cancel)) is { Count: > 0 } findings)
        {
            return new LaunchResult.Refused(acknowledged is null ? findings : [.. findings.Where(finding => finding.Id != "history")]);
        }

        return new LaunchResult.Stepped(await campaigns.LaunchAsync(store, id, acknowledged, actor, cancel));
    }
}
