// What of an ambassador's discount is changed after it was made, and who has a code: Shopify's part of it.
using System.Text.Json.Serialization;

namespace StorePlugin.Stores.Shopify;

internal sealed partial class ShopifyPlatform
{
    /// <summary>Sends what changes and nothing else, so that whatever the merchant set besides stays.</summary>
    public async Task<DiscountResult> ChangeDiscountAsync(Store store, string code, string discountId, DiscountChange change, CancellationToken cancel)
    {
        var (payload, without) = PayloadOf(
            await admin.AskAsync(store, ShopifyDiscountChange.Operation, new ChangeDiscountVariables(discountId, DiscountChangeInput.Of(change)), cancel),
            data => data.DiscountCodeBasicUpdate);
        if (payload is null)
        {
            return without!;
        }

        var errors = payload.UserErrors ?? [];
        return payload.CodeDiscountNode?.Id is { Length: > 0 } ? new DiscountResult.Changed($"The code {code} gives what the campaign says.")
            : UserError.Judge(errors) is Objection.Refused or Objection.Taken
                ? new DiscountResult.Refused($"Shopify does not change the discount: {UserError.WordsOf(errors)}")
            : new DiscountResult.Failed($"Shopify failed: {UserError.WordsOf(errors)}");
    }

    public async Task<HolderLook> FindHolderAsync(Store store, string code, CancellationToken cancel)
    {
        var answer = await admin.AskAsync(store, ShopifyOperations.FindDiscount, new FindDiscountVariables(code), cancel);
        return answer switch
        {
            ShopifyAnswer<FindDiscountData>.Given { Data.CodeDiscountNodeByCode: { Id: { Length: > 0 } id, CodeDiscount: { } discount } } => new HolderLook.Held(HolderOf(id, discount)),
            ShopifyAnswer<FindDiscountData>.Given { Data.CodeDiscountNodeByCode: null, Errors.IsEmpty: true } => new HolderLook.Free(),
            ShopifyAnswer<FindDiscountData>.Given given => NotTold(Without(ShopifyAnswer<FindDiscountData>.OfErrors(given.Errors))),
            _ => NotTold(Without(answer)),
        };
    }

    private static HolderLook.NotTold NotTold(DiscountResult without) => new(without switch
    {
        DiscountResult.Unavailable unavailable => unavailable.Reason,
        DiscountResult.Failed failed => failed.Reason,
        DiscountResult.Refused refused => refused.Reason,
        _ => throw new System.Diagnostics.UnreachableException("There was an answer."),
    });

    private static DiscountHolder HolderOf(string id, Discount discount) => new(id, discount.Title, discount.IsActive, discount.Terms) { PercentBp = discount.PercentBp };
}

internal static class ShopifyDiscountChange
{
    public static readonly ShopifyOperation<ChangeDiscountVariables, ChangeDiscountData> Operation = new(
        "DiscountCodeBasicUpdate", ShopifyDiscountChangeJson.Default.GraphQlRequestChangeDiscountVariables, ShopifyDiscountChangeJson.Default.ChangeDiscountData);
}

internal sealed record ChangeDiscountVariables(string Id, DiscountChangeInput Discount);

/// <summary>Shopify's <c>DiscountCodeBasicInput</c> with what changes. What is null is not sent, and stays.</summary>
internal sealed record DiscountChangeInput(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DiscountValueChange? CustomerGets,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? AppliesOncePerCustomer)
{
    public static DiscountChangeInput Of(DiscountChange change) => new(
        change.PercentBp is { } percentBp ? new DiscountValueChange(new DiscountValue(percentBp / (decimal)Campaigns.BasisPoints.Whole, null)) : null,
        change.OncePerCustomer);
}

/// <summary>Without the items that it is given on: they stay.</summary>
internal sealed record DiscountValueChange(DiscountValue Value);

internal sealed record ChangeDiscountData(EndDiscountPayload? DiscountCodeBasicUpdate);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(GraphQlRequest<ChangeDiscountVariables>))]
[JsonSerializable(typeof(ChangeDiscountData))]
internal sealed partial class ShopifyDiscountChangeJson : JsonSerializerContext;
