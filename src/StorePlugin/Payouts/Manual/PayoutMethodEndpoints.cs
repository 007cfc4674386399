// The API's calls about where an ambassador wants their money. What was named is shown masked, and never in full.
using System.ComponentModel;
using System.Diagnostics;
using Microsoft.AspNetCore.Http.HttpResults;
using StorePlugin.Ambassadors;
using StorePlugin.Stores;

namespace StorePlugin.Payouts.Manual;

internal sealed record PayoutMethodRequest(
    [property: Description("store_credit, discount_code, paypal, iban or other; one that the store's payout settings allow.")] string Kind,
    [property: Description("Of the PayPal account; for paypal alone.")] string? Email = null,
    [property: Description("The account, with or without blanks; for iban alone.")] string? Iban = null,
    [property: Description("Whose account it is, 1 to 70 Latin letters as the bank writes it; for iban alone.")] string? Holder = null,
    [property: Description("Of the bank; for iban alone, and only where the bank asks for it.")] string? Bic = null,
    [property: Description("Whatever a person needs to know to pay, 1 to 200 characters; for other alone.")] string? Text = null)
{
    /// <summary>Reads a request and notes on the fields what is wrong; null when anything is.</summary>
    public static PayoutDetails? Read(Fields fields)
    {
        var kind = fields.OptionalChoice("kind", [.. PayoutKind.All]);
        if (kind is null)
        {
            if (!fields.Has("kind"))
            {
                fields.Refuse("kind", "is missing");
            }

            return null;
        }

        if (PayoutProvider.IsInStore(kind))
        {
            fields.RefuseOthersThan("kind");
            return fields.Refusal is null ? new PayoutDetails(kind, "") : null;
        }

        var field = PayoutDetails.RecipientField(kind);
        var recipient = fields.Text(field, 1, AmbassadorRequest.EmailLengthMax);
        var holder = kind == PayoutKind.Iban ? fields.Text(PayoutDetails.HolderField, 1, PayoutDetails.HolderLengthMax) : null;
        var bic = kind == PayoutKind.Iban ? fields.OptionalText(PayoutDetails.BicField, 1, 20) : null;
        fields.RefuseOthersThan(kind == PayoutKind.Iban ? ["kind", field, PayoutDetails.HolderField, PayoutDetails.BicField] : ["kind", field]);
        if (fields.Refusal is not null)
        {
            return null;
        }

        switch (PayoutDetails.Read(kind, recipient, holder, bic))
        {
            case DetailsReading.Read(var details):
                return details;

            case DetailsReading.Wrong(var problems):
                foreach (var (name, why) in problems)
                {
                    fields.Refuse(name, why);
                }

                return null;

            default:
                throw new UnreachableException();
        }
    }

    /// <summary>Says nothing, so that no log line can hold an account.</summary>
    public override string ToString() => nameof(PayoutMethodRequest);
}

internal sealed record PayoutMethodView(
    [property: Description("store_credit, discount_code, paypal, iban or other; null where none is named.")] string? Kind,
    [property: Description("Enough to know it again, such as DE·· ···· 3000.")] string? Masked,
    DateTimeOffset? Since,
    [property: Description("Who named it.")] string? By,
    [property: Description("Nothing is paid before this instant; null where nothing waits.")] DateTimeOffset? PayoutsFrom,
    string? PayoutsFromWhy)
{
    public static PayoutMethodView Of(ChosenMethod chosen) => new(
        chosen.Method?.Kind, chosen.Method?.Masked, chosen.Method?.CreatedAt, chosen.Method?.CreatedBy, chosen.PayoutsFrom, chosen.PayoutsFromWhy);
}

internal static class PayoutMethodEndpoints
{
    public static void MapPayoutMethods(this IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/ambassadors/{id}/payout-method").WithTags("Payouts").ProducesProblem(StatusCodes.Status404NotFound);
        group.MapGet("", Get).WithName("getPayoutMethod").WithSummary("Where an ambassador wants their money besides Stripe, masked.");
        group.MapPut("", Set).WithName("putPayoutMethod").WithSummary("Names where an ambassador wants their money besides Stripe.")
            .WithDescription(
                "It is kept encrypted and shown masked; only the export of a payout run holds it in full. Another destination than the last one makes the " +
                "ambassador's payouts wait for seven days. Payouts that are under way keep theirs.")
            .ProducesProblem(StatusCodes.Status409Conflict);
        group.MapDelete("", Remove).WithName("removePayoutMethod").WithSummary("Takes the method away; payouts wait until there is another.");
    }

    private static async Task<Results<Ok<PayoutMethodView>, ProblemHttpResult>> Get(ApiCaller caller, string id, PayoutMethods methods, CancellationToken cancel) =>
        await methods.FindAsync(caller.Store, id, cancel) is { } chosen ? TypedResults.Ok(PayoutMethodView.Of(chosen)) : AmbassadorEndpoints.Unknown;

    private static async Task<Results<Ok<PayoutMethodView>, ProblemHttpResult>> Set(
        ApiCaller caller, string id, ApiBody<PayoutMethodRequest> body, PayoutMethods methods, CancellationToken cancel)
    {
        if (PayoutMethodRequest.Read(body.Fields) is not { } details)
        {
            return body.Fields.Refusal!;
        }

        if (await methods.FindAsync(caller.Store, id, cancel) is null)
        {
            return AmbassadorEndpoints.Unknown;
        }

        return await methods.SetAsync(caller.Store, id, details, caller.Name, cancel) switch
        {
            MethodChange.Done(var chosen) => TypedResults.Ok(PayoutMethodView.Of(chosen)),
            MethodChange.AmbassadorUnknown => AmbassadorEndpoints.Unknown,
            MethodChange.KindNotAllowed => Problems.Conflict(
                "payout-kind-not-allowed", "The store does not pay this way.", $"The payout settings do not allow {details.Kind}; allow it there first."),
            _ => throw new UnreachableException(),
        };
    }

    private static async Task<Results<Ok<PayoutMethodView>, ProblemHttpResult>> Remove(ApiCaller caller, string id, PayoutMethods methods, CancellationToken cancel) =>
        await methods.RemoveAsync(caller.Store, id, caller.Name, cancel) is { } chosen ? TypedResults.Ok(PayoutMethodView.Of(chosen)) : AmbassadorEndpoints.Unknown;
}
