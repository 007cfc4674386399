// The page about what the app costs.
using Microsoft.AspNetCore.Http.HttpResults;
using StorePlugin.Billing;
using StorePlugin.Pages;
using StorePlugin.Stores;

namespace StorePlugin.Dashboard;

internal static class PlanEndpoints
{
    private const string Path = "/plan";

    /// <param name="rooms">The dashboard's group.</param>
    public static void MapPlan(this IEndpointRouteBuilder rooms)
    {
        rooms.MapGet(Path, Show);
        rooms.MapPost(Path, Offer).OwnersOnly().WithSummary("Asks for the app's plan at Shopify.");
    }

    private static async Task<RazorComponentResult> Show(Visitor visitor, IBilling billing, CancellationToken cancel) =>
        Page.Of<PlanPage>(await PlanDetail.ReadAsync(billing, visitor, cancel));

    // No redirect but a link: the platform's page cannot be shown in the frame of its own admin.
    private static async Task<RazorComponentResult> Offer(Visitor visitor, IBilling billing, CancellationToken cancel)
    {
        var model = await PlanDetail.ReadAsync(billing, visitor, cancel);
        if (!model.CanConfirm)
        {
            return Page.Of<PlanPage>(model);
        }

        // The merchant waits for the page: why the platform makes no offer stands on it.
        try
        {
            return Page.Of<PlanPage>(model with { ConfirmUrl = (await billing.OfferAsync(visitor.Store, cancel)).AbsoluteUri });
        }
        catch (PlatformException e)
        {
            return Page.Of<PlanPage>(model with { Problem = e.Message }, StatusCodes.Status502BadGateway);
        }
    }
}
