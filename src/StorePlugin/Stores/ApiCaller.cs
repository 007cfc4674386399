// Who calls the JSON API: the store that the key belongs to, and what the key may do.
namespace StorePlugin.Stores;

internal sealed record ApiCaller(Store Store, bool CanWrite, string Name)
{
    public static ValueTask<ApiCaller?> BindAsync(HttpContext context) => ValueTask.FromResult(context.Features.Get<ApiCaller>());
}
