// The ambassador's way to Stripe and back: each link is made when they ask, after they have signed in, and leads there at once.
using StorePlugin.Payouts.Stripe;
using StorePlugin.Stores;

namespace StorePlugin.Portal;

internal static class HowPaidEndpoints
{
    /// <param name="rooms">The portal's group.</param>
    public static void MapHowPaid(this IEndpointRouteBuilder rooms)
    {
        rooms.MapPost("/payouts", Start).AddEndpointFilter<RequireFreshSignIn>();
        rooms.MapGet("/payouts/refresh", Again).AddEndpointFilter<RequireFreshSignIn>();
        rooms.MapGet("/payouts/return", Return);
        rooms.MapPost("/payouts/account", Open).AddEndpointFilter<RequireFreshSignIn>();
    }

    private static async Task<IResult> Start(Visitor visitor, HttpRequest request, Onboarding onboarding, PortalPages pages, CancellationToken cancel)
    {
        var country = (await request.ReadFormAsync(cancel))["country"].ToString();
        return await pages.AnswerAsync(visitor, request.HttpContext, await onboarding.StartAsync(visitor.Store, visitor.AmbassadorId!, country, cancel), cancel);
    }

    // Stripe sends the browser here when a link was used before or is too old.
    private static async Task<IResult> Again(Visitor visitor, HttpContext context, Onboarding onboarding, PortalPages pages, CancellationToken cancel) =>
        await pages.AnswerAsync(visitor, context, await onboarding.AgainAsync(visitor.Store, visitor.AmbassadorId!, cancel), cancel);

    // Stripe sends the browser here whenever somebody leaves its pages, finished or not: only a reading tells.
    private static async Task<IResult> Return(Visitor visitor, Onboarding onboarding, PayeeAccounts payees, CancellationToken cancel)
    {
        var account = await onboarding.AccountAsync(visitor.Store, visitor.AmbassadorId!, cancel);
        return account is not null && (await payees.ReadAsync(visitor.Store, account, cancel)).State is not null
            ? TypedResults.Redirect("/portal?notice=payouts-opened#how-paid")
            : TypedResults.Redirect("/portal?notice=payouts-unread#how-paid");
    }

    private static async Task<IResult> Open(Visitor visitor, HttpContext context, Onboarding onboarding, PortalPages pages, CancellationToken cancel) =>
        await pages.AnswerAsync(visitor, context, await onboarding.OpenAsync(visitor.Store, visitor.AmbassadorId!, cancel), cancel);
}
