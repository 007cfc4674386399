// What the folder Stores/Shopify adds to the program.
namespace StorePlugin.Stores.Shopify;

internal static class ShopifySetup
{
    public static void AddShopify(this IServiceCollection services)
    {
        services.AddSingleton<ShopifyTokens>();
        services.AddSingleton<ShopifyAdminClient>();
        services.AddSingleton<ShopifyAuthorization>();
        services.AddSingleton<IStorePlatform, ShopifyPlatform>();
        services.AddSingleton<StorefrontCodes>();
        services.AddSingleton<StorefrontHeartbeats>();
        services.AddSingleton(_ => new StorefrontLimit());
        services.AddHttpClient(ShopifyAdminClient.HttpName, http =>
            {
                http.Timeout = ShopifyAdminClient.Timeout;
                http.MaxResponseContentBufferSize = ShopifyAdminClient.AnswerBytesMax;
                http.DefaultRequestHeaders.Add("User-Agent", $"StorePlugin/{typeof(ShopifySetup).Assembly.GetName().Version}");
            })
            .RedactLoggedHeaders(_ => true)
            // Whoever answers with a redirect would be handed the token or the client secret.
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                UseCookies = false,
                PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            });
    }
}
