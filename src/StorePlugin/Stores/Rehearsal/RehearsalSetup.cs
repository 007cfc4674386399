// What the rehearsal store adds to the program: a platform, a Stripe counterpart, and the app's side of both.
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.RateLimiting;
using StorePlugin.Pages;

namespace StorePlugin.Stores.Rehearsal;

internal static class RehearsalSetup
{
    public const string InstallsPolicy = "rehearsal-installs";

    public static void AddRehearsal(this IServiceCollection services)
    {
        services.AddSingleton<RehearsalShopDb>();
        services.AddSingleton<RehearsalValueDb>();
        services.AddSingleton<RehearsalStripeAccount>();
        services.AddSingleton<RehearsalPayees>();
        services.AddSingleton<RehearsalPayeeEndpoints.Counterpart>();
        services.AddHttpClient<RehearsalPlatform>(http => http.Timeout = RehearsalPlatform.Timeout);
        services.AddTransient<IStorePlatform>(provider => provider.GetRequiredService<RehearsalPlatform>());
        services.AddHttpClient<RehearsalStripeEvents>(http => http.Timeout = RehearsalPlatform.Timeout);
        services.AddHttpClient<RehearsalShop>(http => http.Timeout = RehearsalPlatform.Timeout);
        services.AddRateLimiter(limiter => limiter.AddPolicy<string, InstallsLimit>(InstallsPolicy));
    }

    public static void MapRehearsal(this IEndpointRouteBuilder routes)
    {
        routes.MapRehearsalInstall();
        routes.MapRehearsalPlatform();
        routes.MapRehearsalValue();
        routes.MapRehearsalStripe();
        routes.MapRehearsalPayees();
        routes.MapRehearsalStorefront();
    }

    /// <summary>One count for the whole host: whoever asks is a stranger.</summary>
    private sealed class InstallsLimit(Settings settings) : IRateLimiterPolicy<string>
    {
        public Func<OnRejectedContext, CancellationToken, ValueTask>? OnRejected { get; } = TellAsync;

        public RateLimitPartition<string> GetPartition(HttpContext httpContext) => RateLimitPartition.GetFixedWindowLimiter(
            InstallsPolicy,
            _ => new FixedWindowRateLimiterOptions
            {
                PermitLimit = settings.RehearsalInstallsPerHourMax,
                Window = TimeSpan.FromHours(1),
                QueueLimit = 0,
            });

        private static async ValueTask TellAsync(OnRejectedContext context, CancellationToken cancel) =>
            await BrowserErrors.Of(
                context.HttpContext.Request,
                TypedResults.Problem(
                    "Too many rehearsal stores were asked for on this host within an hour. Try again later.",
                    statusCode: StatusCodes.Status429TooManyRequests,
                    title: "Too many requests",
                    type: "/problems/too-many-requests")).ExecuteAsync(context.HttpContext);
    }
}
