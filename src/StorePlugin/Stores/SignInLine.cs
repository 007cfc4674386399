// What the console says once the program serves: how its owner gets in.
using System.Globalization;
using System.Text;
using StorePlugin.Data;

namespace StorePlugin.Stores;

/// <summary>
/// Printed to standard output and never through the log: a link is a secret, and log files are kept and read by others.
/// </summary>
internal sealed partial class SignInLine(Db db, StoreDirectory stores, SignIn signIn, PublicAddress address, Settings settings, ILogger<SignInLine> logger)
{
    // Enough for a host's own few stores. Where many merchants are hosted, nobody signs in for them from the console.
    private const int ShownMax = 5;

    private const string ReadNewest = "SELECT id FROM stores WHERE state = 'installed' AND rehearses_store_id IS NULL ORDER BY installed_at DESC, id DESC ";

    /// <summary>Prints the line as soon as the server listens, since only then its address is known.</summary>
    public static void PrintWhenStarted(WebApplication app) =>
        app.Lifetime.ApplicationStarted.Register(
            () => _ = app.Services.GetRequiredService<SignInLine>().PrintAsync(Console.Out, app.Lifetime.ApplicationStopping));

    /// <summary>
    /// A link for the owner of each store, the last installed first, or where to install one. A demo dates its store two
    /// months back, so that the newest alone could be another than the one that somebody looks for.
    /// </summary>
    public async Task<string> TextAsync(CancellationToken cancel)
    {
        var newest = await db.ManyAsync<string>(ReadNewest + db.Page, new { take = ShownMax + 1L }, cancel);
        if (newest.Count == 0)
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

        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"Sign in as the owner (each link works once, for {SignIn.LinkLifetime.TotalMinutes:0} minutes; start again for others):");
        foreach (var id in newest.Take(ShownMax))
        {
            var store = await stores.GetAsync(id, cancel);
            text.Append(CultureInfo.InvariantCulture, $"\n  {store.DisplayName} ({store.Domain}):\n    {await signIn.NewLinkAsync(store, Role.Owner, null, cancel)}");
        }

        return text.Append(newest.Count > ShownMax ? "\n  More stores are installed; their merchants sign in from their own admin." : "").ToString();
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
