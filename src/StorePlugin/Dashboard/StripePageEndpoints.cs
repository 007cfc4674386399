// What can be done on the page about the connection to Stripe.
using StorePlugin.Pages;
using StorePlugin.Payouts.Stripe;
using StorePlugin.Stores;

namespace StorePlugin.Dashboard;

internal static class StripePageEndpoints
{
    private const string Path = "/payouts/stripe";

    /// <param name="rooms">The dashboard's group.</param>
    public static void MapStripePage(this IEndpointRouteBuilder rooms)
    {
        rooms.MapGet(Path, Show);
        rooms.MapPost(Path, Connect).OwnersOnly().WithSummary("Connects Stripe.");
        rooms.MapPost(Path + "/readings", Check).WithSummary("Checks the connection to Stripe.");
    }

    private static async Task<IResult> Show(
        Visitor visitor, string? notice, StripeConnection connection, PublicAddress address, CancellationToken cancel) =>
        Page.Of<StripePage>(await StripeDetail.ReadAsync(connection, address, visitor, notice, null, cancel));

    // A field that is left empty leaves what is kept: who adds a webhook need not look for the key again.
    private static async Task<IResult> Connect(
        Visitor visitor, HttpRequest request, StripeConnection connection, Credentials credentials, PublicAddress address, CancellationToken cancel)
    {
        var form = await request.ReadFormAsync(cancel);
        var key = form["secretKey"].ToString().Trim();
        var secrets = form["webhookSecret"].Select(secret => secret?.Trim()).Where(secret => secret is { Length: > 0 }).ToList();
        if (key.Length == 0)
        {
            key = (await credentials.FindAsync(visitor.Store.Id, CredentialKind.StripeSecretKey, cancel))?.Value ?? "";
        }

        if (secrets.Count == 0 && await credentials.FindAsync(visitor.Store.Id, CredentialKind.StripeWebhookSecrets, cancel) is { Value: var kept })
        {
            secrets.AddRange(kept.Split('\n'));
        }

        return await connection.ConnectAsync(visitor.Store, key, secrets, cancel) switch
        {
            ConnectionResult.Connected => TypedResults.Redirect("/dashboard/payouts/stripe?notice=stripe-connected"),
            ConnectionResult.Refused(_, var why) => Page.Of<StripePage>(
                await StripeDetail.ReadAsync(connection, address, visitor, null, why, cancel), StatusCodes.Status422UnprocessableEntity),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    private static async Task<IResult> Check(Visitor visitor, StripeConnection connection, PublicAddress address, CancellationToken cancel) =>
        await connection.CheckAsync(visitor.Store, cancel) is not null
            ? TypedResults.Redirect("/dashboard/payouts/stripe?notice=stripe-read")
            : Page.Of<StripePage>(
                await StripeDetail.ReadAsync(connection, address, visitor, null, "Stripe rejects the key, or there is none. Connect it again.", cancel),
                StatusCodes.Status422UnprocessableEntity);
}
