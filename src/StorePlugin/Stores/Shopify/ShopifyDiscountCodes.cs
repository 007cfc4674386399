// Many codes of one discount: what is asked of Shopify about them, and what its answers mean.
using System.Text.Json.Serialization;

namespace StorePlugin.Stores.Shopify;

internal static class ShopifyDiscountCodes
{
    /// <summary>How many Shopify takes and shows at once.</summary>
    public const int AtOnceMax = 250;

    public static readonly ShopifyOperation<AddCodesVariables, AddCodesData> Add = new(
        "DiscountRedeemCodeBulkAdd", ShopifyCodesJson.Default.GraphQlRequestAddCodesVariables, ShopifyCodesJson.Default.AddCodesData);

    public static readonly ShopifyOperation<AddedCodesVariables, AddedCodesData> LookAtAdded = new(
        "DiscountRedeemCodeBulkCreation", ShopifyCodesJson.Default.GraphQlRequestAddedCodesVariables, ShopifyCodesJson.Default.AddedCodesData);

    public static readonly ShopifyOperation<DiscountCodesVariables, DiscountCodesData> LookAt = new(
        "DiscountCodes", ShopifyCodesJson.Default.GraphQlRequestDiscountCodesVariables, ShopifyCodesJson.Default.DiscountCodesData);
}

internal sealed partial class ShopifyPlatform
{
    // Newest first: what an adding whose answer was lost has made stands on the first page, unless people have added as many since.
    private const int CodePagesMax = 2;

    public async Task<CodesResult> AddCodesAsync(Store store, string discountId, IReadOnlyList<string> codes, CancellationToken cancel)
    {
        var answer = await admin.AskAsync(store, ShopifyDiscountCodes.Add, new AddCodesVariables(discountId, [.. codes.Select(code => new CodeInput(code))]), cancel);
        if (answer is not ShopifyAnswer<AddCodesData>.Given given)
        {
            return WithoutCodes(answer);
        }

        if (given.Data.DiscountRedeemCodeBulkAdd is not { } payload)
        {
            return WithoutCodes(ShopifyAnswer<AddCodesData>.OfErrors(given.Errors));
        }

        if (payload.BulkCreation?.Id is { Length: > 0 } id)
        {
            return new CodesResult.Begun(id);
        }

        var errors = payload.UserErrors ?? [];
        return UserError.Judge(errors) switch
        {
            Objection.None => WithoutCodes(ShopifyAnswer<AddCodesData>.OfErrors(given.Errors)),
            Objection.Internal => new CodesResult.Failed($"Shopify failed: {UserError.WordsOf(errors)}"),
            _ => new CodesResult.Refused($"Shopify refuses the codes: {UserError.WordsOf(errors)}"),
        };
    }

    public async Task<CodesResult> LookAtAddedCodesAsync(Store store, string bulkId, CancellationToken cancel)
    {
        var answer = await admin.AskAsync(store, ShopifyDiscountCodes.LookAtAdded, new AddedCodesVariables(bulkId), cancel);
        return answer switch
        {
            ShopifyAnswer<AddedCodesData>.Given { Data.DiscountRedeemCodeBulkCreation: { } bulk } => bulk.Done ? bulk.Result : new CodesResult.Underway(),
            ShopifyAnswer<AddedCodesData>.Given { Errors.IsEmpty: true } => new CodesResult.Forgotten(),
            ShopifyAnswer<AddedCodesData>.Given given => WithoutCodes(ShopifyAnswer<AddedCodesData>.OfErrors(given.Errors)),
            var without => WithoutCodes(without),
        };
    }

    /// <summary>Asks by the id, since the discount has codes that may have been taken away.</summary>
    public async Task<CodesLook> LookAtCodesAsync(Store store, string discountId, IReadOnlyList<string> codes, CancellationToken cancel)
    {
        var left = codes.ToHashSet(StringComparer.OrdinalIgnoreCase);
        var found = new List<string>();
        string? after = null;
        for (var page = 1; ; page++)
        {
            var variables = new DiscountCodesVariables(discountId, codes.Count == 0 ? 1 : ShopifyDiscountCodes.AtOnceMax, after);
            var answer = await admin.AskAsync(store, ShopifyDiscountCodes.LookAt, variables, cancel);
            if (answer is not ShopifyAnswer<DiscountCodesData>.Given given)
            {
                return new CodesLook.Without(WithoutCodes(answer));
            }

            if (given.Data.Node?.CodeDiscount is not { Codes: { } shown } discount)
            {
                return given.Errors.IsEmpty ? new CodesLook.Gone() : new CodesLook.Without(WithoutCodes(ShopifyAnswer<DiscountCodesData>.OfErrors(given.Errors)));
            }

            found.AddRange((shown.Nodes ?? []).Select(node => node.Code).OfType<string>().Where(left.Remove));
            after = shown.PageInfo is { HasNextPage: true } info ? info.EndCursor : null;
            if (left.Count == 0 || after is null || page == CodePagesMax)
            {
                return new CodesLook.Seen(discount.Now, discount.CodesCount?.Count, found);
            }
        }
    }

    private static CodesResult WithoutCodes<TData>(ShopifyAnswer<TData> answer) => Without(answer) switch
    {
        DiscountResult.Unavailable unavailable => new CodesResult.Unavailable(unavailable.Reason, unavailable.Wait) { WaitsForMerchant = unavailable.WaitsForMerchant },
        DiscountResult.Refused refused => new CodesResult.Refused(refused.Reason),
        DiscountResult.Failed failed => new CodesResult.Failed(failed.Reason),
        _ => throw new System.Diagnostics.UnreachableException("There was an answer."),
    };
}

internal sealed record AddCodesVariables(string DiscountId, IReadOnlyList<CodeInput> Codes);

internal sealed record CodeInput(string Code);

internal sealed record AddCodesData(AddCodesPayload? DiscountRedeemCodeBulkAdd);

internal sealed record AddCodesPayload(BulkCreationId? BulkCreation, IReadOnlyList<UserError>? UserErrors);

internal sealed record BulkCreationId(string? Id);

internal sealed record AddedCodesVariables(string Id);

internal sealed record AddedCodesData(BulkCreation? DiscountRedeemCodeBulkCreation);

/// <param name="Codes">What became of each: as many as one adding takes stand on one page.</param>
internal sealed record BulkCreation(bool Done, long ImportedCount, long FailedCount, BulkCreationCodes? Codes)
{
    public CodesResult.Added Result
    {
        get
        {
            var codes = (Codes?.Nodes ?? []).Where(node => node.Code is not null).ToLookup(node => node.DiscountRedeemCode is not null);
            return new CodesResult.Added(
                [.. codes[true].Select(node => node.Code!)], [.. codes[false].Select(node => new RefusedCode(node.Code!, UserError.WordsOf(node.Errors ?? [])))]);
        }
    }
}

internal sealed record BulkCreationCodes(IReadOnlyList<BulkCreationCode>? Nodes);

/// <param name="DiscountRedeemCode">Null where it could not be made.</param>
internal sealed record BulkCreationCode(string? Code, BulkCreationId? DiscountRedeemCode, IReadOnlyList<UserError>? Errors);

/// <param name="After">The end of the page before; null for the first.</param>
internal sealed record DiscountCodesVariables(string Id, int First, string? After);

internal sealed record DiscountCodesData(CodesNode? Node);

internal sealed record CodesNode(DiscountWithCodes? CodeDiscount);

internal sealed record DiscountWithCodes(
    string? Status, DateTimeOffset? EndsAt, long? UsageLimit, CodesCount? CodesCount, GivenDiscount? CustomerGets, DiscountCodeList? Codes)
{
    public DiscountLook.Seen Now => new(
        Status == "ACTIVE", CustomerGets?.Value?.Percentage is { } share ? Campaigns.BasisPoints.OfPercent(share * 100) : null, EndsAt, UsageLimit);
}

internal sealed record CodesCount(long Count);

internal sealed record DiscountCodeList(IReadOnlyList<DiscountCodeNode>? Nodes, CodesPageInfo? PageInfo);

internal sealed record DiscountCodeNode(string? Code);

internal sealed record CodesPageInfo(bool HasNextPage, string? EndCursor);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(GraphQlRequest<AddCodesVariables>))]
[JsonSerializable(typeof(GraphQlRequest<AddedCodesVariables>))]
[JsonSerializable(typeof(GraphQlRequest<DiscountCodesVariables>))]
[JsonSerializable(typeof(AddCodesData))]
[JsonSerializable(typeof(AddedCodesData))]
[JsonSerializable(typeof(DiscountCodesData))]
internal sealed partial class ShopifyCodesJson : JsonSerializerContext;
