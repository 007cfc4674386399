// What the console says once the program serves: how its owner gets in.
using StorePlugin.Data;

namespace StorePlugin.Stores;

/// <summary>
/// Printed to standard output and never through the log: a link is a secret, and log files are kept and read by others.
/// </summary>
internal sealed partial class SignInLine(Db db, StoreDirectory stores, SignIn signIn, PublicAddress address, Settings settings, ILogger<SignInLine> logger)
{
    private const string ReadNewest = "SELECT id FROM stores WHERE state = 'installed' ORDER BY installed_at DESC, id DESC ";

    /// <summary>Prints the line as soon as the server listens, since only then its address is known.</summary>
    public static void PrintWhenStarted(WebApplication app) =>
        app.Lifetime.ApplicationStarted.Register(
            () => _ = app.Services.GetRequiredService<SignInLine>().PrintAsync(Console.Out, app.Lifetime.ApplicationStopping));

    /// <summary>A link for the owner of the store that was installed last, or where to install one.</summary>
    public async Task<string> TextAsync(CancellationToken cancel)
    {
        var newest = await db.OneAsync<string>(ReadNewest + db.Page, new { take = 1L }, cancel);
        if (newest is null)
        {
            var shopify = settings.Shopify is null
                ? "  Shopify      not set up: the keys Shopify:ClientId and Shopify:ClientSecret are missing"
                : "  Shopify      from the app's page at Shopify: choose the store there, and it leads back here";
            return $"""
                No store is installed yet. Install one:
                  Rehearsal    {address.Of("/rehearsal/install")}   (a made-up store, to try everything)
                {shopify}
                """;
        }

        var store = await stores.GetAsync(newest, cancel);
        return $"""
            Sign in to {store.DisplayName} as its owner (works once, for {SignIn.LinkLifetime.TotalMinutes:0} minutes; start again for another):
              {await signIn.NewLinkAsync(store, Role.Owner, null, cancel)}
            """;
    }

    private async Task PrintAsync(TextWriter output, CancellationToken cancel)
    {
        // Nobody awaits this: the program serves whether or not the line could be made.
        try
        {
            await output.WriteLineAsync(await TextAsync(cancel));
            await output.FlushAsync(cancel);
        }
        catch (Exception e) when (e is System.Data.Common.DbException or IOException or OperationCanceledException)
        {
            Log.NotPrinted(logger, e);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The sign-in link could not be made or printed")]
        public static partial void NotPrinted(ILogger logger, Exception exception);
    }
}
