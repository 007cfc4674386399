// What the folder Stores/Shopify adds to the program.
using StorePlugin.Inbox;

namespace StorePlugin.Stores.Shopify;

internal static class ShopifySetup
{
    /// <summary>The client that fetches files, and bears no token.</summary>
    public const string FilesHttpName = "shopify-files";

    public static void AddShopify(this IServiceCollection services)
    {
        services.AddSingleton<ShopifyTokenEndpoint>();
        services.AddSingleton<ShopifyTokens>();
        services.AddRound<RefreshShopifyTokens>("tokens", Rounds.Hour, (job, cancel) => job.RunOnceAsync(cancel));
        services.AddSingleton<ShopifyPace>();
        services.AddSingleton<ShopifyAdminClient>();
        services.AddSingleton<ShopifyAuthorization>();
        services.AddSingleton<ShopifyOrderReader>();
        services.AddSingleton<TopicLooks>();
        services.AddRound<Reconciliation>("reconciliation", Rounds.Minute, (job, cancel) => job.RunOnceAsync(cancel));
        services.AddRound<ReadHistory>("history", TimeSpan.FromSeconds(15), (job, cancel) => job.RunOnceAsync(cancel));
        services.AddHttpClient(FilesHttpName)
            .RedactLoggedHeaders(_ => true)
            .RemoveAllLoggers()
            // Nobody but the named host is asked, and a file's address opens it.
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false });
        services.AddSingleton<ShopifySessions>();
        services.AddSingleton<IStorePlatform, ShopifyPlatform>();
        services.AddSingleton<ShopifyGrants>();
        services.AddSingleton<WebPixels>();
        services.AddSingleton<StorefrontCodes>();
        services.AddSingleton<StorefrontHeartbeats>();
        services.AddSingleton(_ => new StorefrontLimit());
        services.AddSingleton(_ => new CustomerLimit());
        services.AddSingleton<ShopifyCustomers>();
        services.AddSingleton<RecogniseCustomer>();
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
