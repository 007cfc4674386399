// The merchant's page about a code that the store refused. A form that cannot be done shows the page again, with what is there now.
using System.Diagnostics;
using StorePlugin.Ambassadors;
using StorePlugin.Pages;
using Visitor = StorePlugin.Stores.Visitor;

namespace StorePlugin.Dashboard;

internal static class RefusedCodeEndpoints
{
    /// <param name="rooms">The group of the merchant's pages.</param>
    public static void MapRefusedCodes(this IEndpointRouteBuilder rooms)
    {
        var page = rooms.MapGroup("/ambassadors/{ambassadorId}/codes/{code}");
        page.MapGet("", Show);
        page.MapPost("/adoption", Adopt).WithSummary("Gives an ambassador a code that is the store's already.");
        page.MapPost("/replacement", Replace).WithSummary("Replaces a code that the store refused.");
        page.MapPost("/replays", AskAgain).WithSummary("Asks the store for a refused code again.");
    }

    private static Task<IResult> Show(Visitor visitor, string ambassadorId, string code, RefusedCodes codes, CancellationToken cancel) =>
        PageAsync(visitor, ambassadorId, code, codes, alert: null, cancel);

    private static async Task<IResult> Adopt(
        Visitor visitor, string ambassadorId, string code, HttpRequest request, RefusedCodes codes, CancellationToken cancel)
    {
        var discountId = (await request.ReadFormAsync(cancel))["discountId"].ToString();
        return await codes.AdoptAsync(visitor.Store, ambassadorId, code, discountId, cancel) switch
        {
            AdoptionResult.Adopted => TypedResults.Redirect($"{DashboardEndpoints.PathOf(ambassadorId)}?notice=code-adopted"),
            AdoptionResult.NotRefused => TypedResults.Redirect($"{DashboardEndpoints.PathOf(ambassadorId)}?notice=settled"),
            AdoptionResult.AmbassadorUnknown or AdoptionResult.CodeUnknown => TypedResults.NotFound(),
            AdoptionResult.Another => await AgainAsync("Your store has another discount under this code by now. Nothing was given; look at the one below first."),
            AdoptionResult.Gone => await AgainAsync("Your store has no discount under this code any more. Nothing was given."),
            AdoptionResult.NotTold => await AgainAsync("Your store could not be asked. Nothing was given."),
            AdoptionResult.AmbassadorEnded => await AgainAsync("The ambassador has left, so the code was not given."),
            AdoptionResult.CampaignEnded => await AgainAsync("The campaign has ended, so the code was not given."),
            AdoptionResult.TooMany => await AgainAsync(TooMany),
            var other => throw new UnreachableException($"{other.GetType().Name} is no result."),
        };

        Task<IResult> AgainAsync(string alert) => PageAsync(visitor, ambassadorId, code, codes, alert, cancel);
    }

    private static async Task<IResult> Replace(
        Visitor visitor, string ambassadorId, string code, HttpRequest request, RefusedCodes codes, AmbassadorCodes added, CancellationToken cancel)
    {
        var other = (await request.ReadFormAsync(cancel))["code"].ToString().Trim();
        if (CodeRequest.RefusalOf(other) is { } why)
        {
            return await AgainAsync($"The other code {why}.");
        }

        return await added.AddAsync(visitor.Store, ambassadorId, other, cancel) switch
        {
            AddCodeResult.Added => TypedResults.Redirect($"{DashboardEndpoints.PathOf(ambassadorId)}?notice=code-added"),
            AddCodeResult.AmbassadorUnknown => TypedResults.NotFound(),
            AddCodeResult.Taken => await AgainAsync($"Somebody in this programme has the code {other}, or had it before. Choose another."),
            AddCodeResult.TooMany => await AgainAsync(TooMany),
            AddCodeResult.CampaignEnded => await AgainAsync("The campaign has ended, and takes no further code."),
            AddCodeResult.AmbassadorEnded => await AgainAsync("The ambassador has left, and gets no further code."),
            var result => throw new UnreachableException($"{result.GetType().Name} is no result."),
        };

        Task<IResult> AgainAsync(string alert) => PageAsync(visitor, ambassadorId, code, codes, alert, cancel);
    }

    private static async Task<IResult> AskAgain(Visitor visitor, string ambassadorId, string code, RefusedCodes codes, CancellationToken cancel) =>
        TypedResults.Redirect(
            $"{DashboardEndpoints.PathOf(ambassadorId)}?notice={(await codes.AskAgainAsync(visitor.Store, ambassadorId, code, cancel) ? "replayed" : "settled")}");

    private static readonly string TooMany = $"The ambassador has {AmbassadorCodes.LiveMax} live codes, which is the most. End one first.";

    private static async Task<IResult> PageAsync(
        Visitor visitor, string ambassadorId, string code, RefusedCodes codes, string? alert, CancellationToken cancel) =>
        await codes.LookAsync(visitor.Store, ambassadorId, code, cancel) switch
        {
            RefusedCodeLook.Seen seen => Page.Of<RefusedCodePage>(
                await RefusedCodeDetail.ReadAsync(codes, visitor, seen, alert, cancel), alert is null ? StatusCodes.Status200OK : StatusCodes.Status409Conflict),
            RefusedCodeLook.NotRefused => TypedResults.Redirect($"{DashboardEndpoints.PathOf(ambassadorId)}?notice=settled"),
            _ => TypedResults.NotFound(),
        };
}
