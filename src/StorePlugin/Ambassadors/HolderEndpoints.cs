// The API's calls about a code that a discount of the store has: which one, and giving it to the ambassador as it is.
using System.ComponentModel;
using System.Diagnostics;
using Microsoft.AspNetCore.Http.HttpResults;
using StorePlugin.Campaigns;
using StorePlugin.Stores;

namespace StorePlugin.Ambassadors;

internal sealed record HolderView(
    [property: Description("The platform's id of the discount, which an adoption names.")] string DiscountId,
    [property: Description("What the merchant calls it. It is not kept here.")] string? Title,
    [property: Description("Whether it takes something off now.")] bool IsActive,
    [property: Description("In words, such as 15 % off, 100 uses in all, until 2026-08-28.")] string Terms,
    [property: Description("Null where it takes off something else than a percentage.")] Share? Discount,
    [property: Description("What the campaign's terms say.")] Share CampaignDiscount,
    [property: Description("A code that is free here and, as far as the store tells, there too: POST /api/v1/ambassadors/{id}/codes gives it.")] string Suggestion);

internal sealed record AdoptionRequest([property: Description("The discount that was looked at: another one is not given.")] string DiscountId);

internal static class HolderEndpoints
{
    /// <summary>The longest id that a discount may have.</summary>
    public const int DiscountIdLengthMax = 200;

    /// <param name="codes">The group of the calls about an ambassador's codes.</param>
    public static void MapHolders(this IEndpointRouteBuilder codes)
    {
        codes.MapGet("/{code}/holder", Get).WithName("getCodeHolder").WithSummary("The discount of the store that has a code which was refused as taken.")
            .WithDescription("The store is asked at this moment.")
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict).ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        codes.MapPost("/{code}/adoption", Adopt).WithName("adoptCode").WithSummary("Gives a code to its ambassador with the discount that the store has for it.")
            .WithDescription(
                "From this second on orders with it count for the ambassador. The discount stays the store's own: it is never changed, switched off or ended here.")
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict).ProducesProblem(StatusCodes.Status503ServiceUnavailable);
    }

    private static async Task<Results<Ok<HolderView>, ProblemHttpResult>> Get(
        ApiCaller caller, string id, string code, RefusedCodes refused, CancellationToken cancel) =>
        await refused.LookAsync(caller.Store, id, code, cancel) switch
        {
            RefusedCodeLook.AmbassadorUnknown => AmbassadorEndpoints.Unknown,
            RefusedCodeLook.CodeUnknown => CodeEndpoints.Unknown,
            RefusedCodeLook.NotRefused => NotTaken,
            RefusedCodeLook.Seen { Store: HolderLook.NotTold { Reason: var reason } } => NotTold(reason),
            RefusedCodeLook.Seen { Store: HolderLook.Held { Holder: var holder }, Code: var row } =>
                TypedResults.Ok(Show(holder, row, await refused.SuggestAsync(caller.Store, row, cancel))),
            RefusedCodeLook.Seen => Gone,
            var other => throw new UnreachableException($"{other.GetType().Name} is no look."),
        };

    private static async Task<Results<Ok<CodeView>, ProblemHttpResult>> Adopt(
        ApiCaller caller, string id, string code, ApiBody<AdoptionRequest> body, RefusedCodes refused, CancellationToken cancel)
    {
        var discountId = body.Fields.Text("discountId", 1, DiscountIdLengthMax);
        if (body.Fields.Refusal is { } refusal)
        {
            return refusal;
        }

        return await refused.AdoptAsync(caller.Store, id, code, discountId, cancel) switch
        {
            AdoptionResult.Adopted { Code: var adopted } => TypedResults.Ok(CodeEndpoints.Show(adopted)),
            AdoptionResult.AmbassadorUnknown => AmbassadorEndpoints.Unknown,
            AdoptionResult.CodeUnknown => CodeEndpoints.Unknown,
            AdoptionResult.NotRefused => NotTaken,
            AdoptionResult.Gone => Gone,
            AdoptionResult.Another another => Problems.Conflict(
                "holder-changed", "Another discount has the code by now.",
                $"The store's discount with this code is {another.Holder.DiscountId} ({another.Holder.Terms}); look at it, and give that one if you like."),
            AdoptionResult.NotTold { Reason: var reason } => NotTold(reason),
            AdoptionResult.AmbassadorEnded => AmbassadorEndpoints.Ended,
            AdoptionResult.CampaignEnded => CodeEndpoints.CampaignEnded,
            AdoptionResult.TooMany => CodeEndpoints.TooMany,
            var other => throw new UnreachableException($"{other.GetType().Name} is no result."),
        };
    }

    private static ProblemHttpResult NotTaken => Problems.Conflict(
        "code-not-taken", "No discount of the store stands in the code's way.", "Its discount was not refused, is being made again, or the code was given or has ended meanwhile.");

    private static ProblemHttpResult Gone => Problems.NotFound(
        "holder-gone", "The store has no discount with this code any more.", "Have the discount made again: POST /api/v1/effects/{id}/replays with the dead effect of the code.");

    private static ProblemHttpResult NotTold(string reason) =>
        Problems.Of(StatusCodes.Status503ServiceUnavailable, "store-not-asked", "The store could not be asked.", reason);

    private static HolderView Show(DiscountHolder holder, RefusedCode code, string suggestion) => new(
        holder.DiscountId, holder.Title, holder.IsActive, holder.Terms,
        holder.PercentBp is { } percentBp ? new Share(BasisPoints.ToPercent(percentBp)) : null,
        new Share(BasisPoints.ToPercent(code.CampaignBp)),
        suggestion);
}
