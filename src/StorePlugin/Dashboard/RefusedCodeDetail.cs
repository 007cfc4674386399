// A code that the store refused as the merchant sees it: what has it there now, and what can be done.
using StorePlugin.Ambassadors;
using StorePlugin.Pages;
using StorePlugin.Stores;
using Visitor = StorePlugin.Stores.Visitor;

namespace StorePlugin.Dashboard;

/// <param name="Problem">Why the store refused it, in words.</param>
/// <param name="Holder">The store's discount that has the code; null where there is none, or the store did not say.</param>
/// <param name="NotTold">Why the store did not say; null where it did.</param>
/// <param name="Alert">What came of the form that was just sent; null where none was, or all went well.</param>
public sealed record RefusedCodeModel(
    Frame Frame, string AmbassadorPath, string AmbassadorName, string Path, string Code, string? Problem, HolderRow? Holder, string? NotTold, string Suggestion,
    string? Alert);

/// <param name="Title">What the merchant calls it.</param>
/// <param name="Difference">How it differs from what the campaign says, as a sentence; null where it does not.</param>
public sealed record HolderRow(string DiscountId, string? Title, bool IsActive, string Terms, string? Difference);

internal static class RefusedCodeDetail
{
    public static string PathOf(string ambassadorPath, string code) => $"{ambassadorPath}/codes/{Uri.EscapeDataString(code)}";

    public static async Task<RefusedCodeModel> ReadAsync(
        RefusedCodes codes, Visitor visitor, RefusedCodeLook.Seen seen, string? alert, CancellationToken cancel)
    {
        var code = seen.Code;
        var path = DashboardEndpoints.PathOf(code.AmbassadorId);
        return new RefusedCodeModel(
            Frame.OfDashboard(visitor),
            path,
            code.AmbassadorName,
            PathOf(path, code.Code),
            code.Code,
            code.Problem,
            seen.Store is HolderLook.Held { Holder: var holder }
                ? new HolderRow(holder.DiscountId, holder.Title, holder.IsActive, holder.Terms, DifferenceOf(holder, code.CampaignBp))
                : null,
            (seen.Store as HolderLook.NotTold)?.Reason,
            await codes.SuggestAsync(visitor.Store, code, cancel),
            alert);
    }

    private static string? DifferenceOf(DiscountHolder holder, long campaignBp) =>
        holder.PercentBp == campaignBp ? null
        : $"The campaign {(campaignBp > 0 ? $"says {Words.Percent(campaignBp)}" : "gives no discount")}, this code "
            + (holder.PercentBp is { } percentBp ? $"takes off {Words.Percent(percentBp)}." : "takes off something else.");
}
