// What the app costs in this store, and whether the merchant has confirmed it.
using StorePlugin.Billing;
using StorePlugin.Pages;
using StorePlugin.Stores;

namespace StorePlugin.Dashboard;

/// <param name="State">In sentences.</param>
/// <param name="CanConfirm">Whether there is something to confirm.</param>
/// <param name="ConfirmUrl">The platform's page for it, once it has been asked for.</param>
/// <param name="Problem">Why it is not known, or could not be asked for; null where all went well.</param>
public sealed record PlanModel(Frame Frame, string State, bool CanConfirm, string? ConfirmUrl, string? Problem);

internal static class PlanDetail
{
    /// <summary>Asks the platform. Where it does not answer, that is what the page says.</summary>
    public static async Task<PlanModel> ReadAsync(IBilling billing, Visitor visitor, CancellationToken cancel)
    {
        var frame = Frame.OfDashboard(visitor);
        try
        {
            return await billing.LookAsync(visitor.Store, cancel) switch
            {
                Plan.Active active => new PlanModel(frame, WordsOf(active, new StoreTime(visitor.Store)), false, null, null),
                Plan.Open { Offer: var offer } => new PlanModel(frame, WordsOf(offer), true, null, null),
                _ => new PlanModel(frame, "The app costs nothing in this store.", false, null, null),
            };
        }
        catch (PlatformException e)
        {
            return new PlanModel(frame, "Whether the plan is confirmed is not known at the moment.", false, null, e.Message);
        }
    }

    private static string WordsOf(Plan.Active active, StoreTime time) =>
        $"You have confirmed “{active.Name}”"
        + (active.Price is { } price ? $": {price}" : "")
        + (active.PaidUntil is { } until ? $", at present until {time.Day(until)}." : ".")
        + (active.IsTest ? " It is a test: Shopify charges nothing for it." : " It stands on your bill of Shopify.");

    private static string WordsOf(BillingOptions offer) =>
        $"“{offer.Name}” costs {Words.Of(offer.Price)} for 30 days"
        + (offer.TrialDays > 0 ? $", and nothing for the first {Words.Count(offer.TrialDays, "day", "days")}." : ".")
        + " It is the same however much you sell, and stands on your bill of Shopify. Until it is confirmed no campaign can be launched; what runs already goes on.";
}
