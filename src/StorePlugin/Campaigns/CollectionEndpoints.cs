// The API's calls about collections, which terms may give shares of their own or leave out.
using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using StorePlugin.Stores;

namespace StorePlugin.Campaigns;

internal sealed record CollectionRequest(
    [property: Description("What people call it, 1 to 120 characters; the rules page names it so.")] string Title,
    [property: Description("The platform's ids of all products in it, 5,000 at most; those that are not named leave it now.")] IReadOnlyList<string> Products);

internal sealed record CollectionView(
    string Id, string Title, [property: Description("How many products are in it now.")] long Products, DateTimeOffset UpdatedAt, string UpdatedBy)
{
    public static CollectionView Of(Collection row) => new(row.Id, row.Title, row.Products, row.UpdatedAt, row.UpdatedBy);
}

internal static class CollectionEndpoints
{
    private const int IdLengthMax = 60;

    public static void MapCollections(this IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/collections").WithTags("Campaigns");
        group.MapGet("", List).WithName("listCollections").WithSummary("The store's collections that the program knows, by id.");
        group.MapPut("/{id}", Put).WithName("putCollection").WithSummary("Tells which products are in a collection from now on.")
            .WithDescription("Orders are judged by the collections at their own instant: a product that comes or goes now changes nothing of earlier orders.");
    }

    private static async Task<Results<Ok<Listing<CollectionView>>, ProblemHttpResult>> List(
        ApiCaller caller, [AsParameters] Paging paging, Collections collections, CancellationToken cancel) =>
        TypedResults.Ok(paging.Show(
            await collections.ListAsync(caller.Store, paging.After ?? "", paging.Take, cancel), row => row.Id, CollectionView.Of));

    private static async Task<Results<Ok<CollectionView>, ProblemHttpResult>> Put(
        ApiCaller caller, string id, ApiBody<CollectionRequest> body, Collections collections, CancellationToken cancel)
    {
        var fields = body.Fields;
        fields.RefuseOthersThan("title", "products");
        var title = fields.Text("title", 1, Collections.TitleLengthMax);
        var products = fields.OptionalTexts("products");
        if (products.Count > Collections.ProductsMax || products.Any(product => product is not { Length: > 0 and <= IdLengthMax }))
        {
            fields.Refuse("products", $"must be {Collections.ProductsMax} ids at most, of 1 to {IdLengthMax} characters each");
        }

        if (id.Length > IdLengthMax)
        {
            fields.Refuse("id", $"must be of {IdLengthMax} characters at most");
        }

        if (fields.Refusal is { } refusal)
        {
            return refusal;
        }

        await collections.PutAsync(caller.Store, id, title, [.. products.OfType<string>().Distinct(StringComparer.Ordinal)], caller.Name, cancel);
        return TypedResults.Ok(CollectionView.Of((await collections.FindAsync(caller.Store, id, cancel))!));
    }
}
