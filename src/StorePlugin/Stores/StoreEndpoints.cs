// The API's call about the store itself.
using Microsoft.AspNetCore.Http.HttpResults;

namespace StorePlugin.Stores;

internal static class StoreEndpoints
{
    public static void MapStore(this IEndpointRouteBuilder api) =>
        api.MapGet("/store", Get).WithName("getStore").WithTags("Store")
            .WithSummary("The store that the key belongs to.")
            .WithDescription("Currency and time zone are null until the platform has told them.");

    private static Ok<StoreView> Get(ApiCaller caller)
    {
        var store = caller.Store;
        return TypedResults.Ok(new StoreView(
            store.Id, store.DisplayName, store.Platform, store.Mode, store.Domain, store.PrimaryDomain, store.Currency, store.TimeZone, store.State));
    }
}

internal sealed record StoreView(
    string Id, string Name, string Platform, string Mode, string Domain, string? PrimaryDomain, string? Currency, string? TimeZone, string State);
