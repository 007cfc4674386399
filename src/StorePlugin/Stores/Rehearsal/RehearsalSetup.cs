// What the rehearsal store adds to the program: a platform, a Stripe counterpart, and the app's side of both.
using System.ComponentModel.DataAnnotations;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.Options;
using StorePlugin.Pages;

namespace StorePlugin.Stores.Rehearsal;

/// <summary>Limits of the rehearsal platform (keys <c>Rehearsal:…</c>).</summary>
internal sealed record RehearsalOptions
{
    public const int InstallsMin = 1;
    public const int InstallsMax = 10_000;

    /// <summary>How many rehearsal stores may be made on this host in an hour; anybody may ask.</summary>
    [Range(InstallsMin, InstallsMax)]
    public int InstallsPerHourMax { get; init; } = 60;
}

internal static class RehearsalSetup
{
    public const string InstallsPolicy = "rehearsal-installs";

    public static void AddRehearsal(this IServiceCollection services)
    {
        services.AddOptions<RehearsalOptions>().BindConfiguration("Rehearsal").ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<RehearsalShopDb>();
        services.AddSingleton<RehearsalStripeAccount>();
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
        routes.MapRehearsalStripe();
        routes.MapRehearsalStorefront();
    }

    /// <summary>One count for the whole host: whoever asks is a stranger.</summary>
    private sealed class InstallsLimit(IOptions<RehearsalOptions> options) : IRateLimiterPolicy<string>
    {
        public Func<OnRejectedContext, CancellationToken, ValueTask>? OnRejected { get; } = TellAsync;

        public RateLimitPartition<string> GetPartition(HttpContext httpContext) => RateLimitPartition.GetFixedWindowLimiter(
            InstallsPolicy,
            _ => new FixedWindowRateLimiterOptions
            {
                PermitLimit = options.Value.InstallsPerHourMax,
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
