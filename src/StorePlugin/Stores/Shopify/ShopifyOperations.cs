// What we ask of Shopify's Admin API: each operation is a document beside this file, its variables and its answer.
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace StorePlugin.Stores.Shopify;

/// <summary>One operation; the documents are held to Shopify's schema.</summary>
/// <param name="Name">The document's file name, which also stands in logs.</param>
internal sealed record ShopifyOperation<TVariables, TData>(
    string Name, JsonTypeInfo<GraphQlRequest<TVariables>> Request, JsonTypeInfo<TData> Data)
{
    public string Document { get; } = ShopifyOperations.ReadDocument(Name);
}

internal static class ShopifyOperations
{
    public static readonly ShopifyOperation<CreateDiscountVariables, CreateDiscountData> CreateDiscount = new(
        "DiscountCodeBasicCreate", ShopifyJson.Default.GraphQlRequestCreateDiscountVariables, ShopifyJson.Default.CreateDiscountData);

    public static readonly ShopifyOperation<FindDiscountVariables, FindDiscountData> FindDiscount = new(
        "CodeDiscountNodeByCode", ShopifyJson.Default.GraphQlRequestFindDiscountVariables, ShopifyJson.Default.FindDiscountData);

    public static readonly ShopifyOperation<NoVariables, ReadShopData> ReadShop = new(
        "Shop", ShopifyJson.Default.GraphQlRequestNoVariables, ShopifyJson.Default.ReadShopData);

    internal static string ReadDocument(string name)
    {
        using var stream = typeof(ShopifyOperations).Assembly.GetManifestResourceStream($"Shopify/{name}.graphql")
            ?? throw new InvalidOperationException($"The document {name} is not in the program.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}

internal sealed record GraphQlRequest<TVariables>(string Query, TVariables Variables);

internal sealed record NoVariables;

internal sealed record CreateDiscountVariables(DiscountInput Discount);

/// <summary>Shopify's <c>DiscountCodeBasicInput</c>, as far as it is used: no limit, no end, combines with nothing.</summary>
internal sealed record DiscountInput(
    string Title, string Code, DateTimeOffset StartsAt, bool AppliesOncePerCustomer, DiscountContext Context, DiscountGets CustomerGets)
{
    /// <param name="percentBp">Basis points of the price.</param>
    public static DiscountInput Of(string title, string code, DateTimeOffset startsAt, long percentBp) => new(
        title,
        code,
        startsAt,
        AppliesOncePerCustomer: false,
        new DiscountContext("ALL"),
        new DiscountGets(new DiscountValue(percentBp / (decimal)Campaigns.BasisPoints.Whole), new DiscountItems(All: true)));
}

internal sealed record DiscountContext(string All);

internal sealed record DiscountGets(DiscountValue Value, DiscountItems Items);

/// <param name="Percentage">A share from 0 to 1; a decimal, so that 0.1 is written as 0.1.</param>
internal sealed record DiscountValue(decimal Percentage);

internal sealed record DiscountItems(bool All);

internal sealed record CreateDiscountData(CreateDiscountPayload? DiscountCodeBasicCreate);

internal sealed record CreateDiscountPayload(DiscountNode? CodeDiscountNode, IReadOnlyList<UserError>? UserErrors);

internal sealed record UserError(IReadOnlyList<string>? Field, string? Code, string? Message);

internal sealed record FindDiscountVariables(string Code);

internal sealed record FindDiscountData(DiscountNode? CodeDiscountNodeByCode);

internal sealed record DiscountNode(string? Id, Discount? CodeDiscount);

/// <param name="Title">Null for kinds of discounts that we never create.</param>
internal sealed record Discount(string? Title);

internal sealed record ReadShopData(ShopData? Shop);

/// <param name="Id">As in <c>gid://shopify/Shop/548380009</c>.</param>
internal sealed record ShopData(string? Id, string? Name, string? CurrencyCode, string? IanaTimezone, ShopDomainData? PrimaryDomain);

internal sealed record ShopDomainData(string? Host);

/// <summary>The body of the token request of the authorization code grant.</summary>
internal sealed record TokenRequest(string ClientId, string ClientSecret, string Code, string Expiring);

/// <param name="ExpiresIn">Seconds; null where the token does not expire.</param>
/// <param name="RefreshTokenExpiresIn">Seconds.</param>
/// <param name="AssociatedUserScope">Only with a token for one member of staff, which is not what we ask for.</param>
internal sealed record TokenAnswer(
    string? AccessToken,
    string? Scope,
    decimal? ExpiresIn,
    string? RefreshToken,
    decimal? RefreshTokenExpiresIn,
    string? AssociatedUserScope,
    JsonElement? Error);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(GraphQlRequest<CreateDiscountVariables>))]
[JsonSerializable(typeof(GraphQlRequest<FindDiscountVariables>))]
[JsonSerializable(typeof(GraphQlRequest<NoVariables>))]
[JsonSerializable(typeof(CreateDiscountData))]
[JsonSerializable(typeof(FindDiscountData))]
[JsonSerializable(typeof(ReadShopData))]
internal sealed partial class ShopifyJson : JsonSerializerContext;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, NumberHandling = JsonNumberHandling.AllowReadingFromString)]
[JsonSerializable(typeof(TokenRequest))]
[JsonSerializable(typeof(TokenAnswer))]
internal sealed partial class ShopifyTokenJson : JsonSerializerContext;
