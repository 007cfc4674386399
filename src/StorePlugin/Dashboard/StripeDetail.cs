// The page about the connection to Stripe: what Stripe needs beforehand, the key and the webhooks, and what is wrong with them.
using StorePlugin.Pages;
using StorePlugin.Payouts.Stripe;
using StorePlugin.Stores;

namespace StorePlugin.Dashboard;

/// <param name="Connected">The key that is kept, as people recognise it; null: none.</param>
/// <param name="WebhookSecrets">How many signing secrets are kept.</param>
/// <param name="Account">The store's own account at Stripe; null until the key could read it.</param>
/// <param name="Balance">What was available when it was last read; one text a currency.</param>
/// <param name="ReadAt">When Stripe was asked last.</param>
/// <param name="WebhookUrl">Where both endpoints send to.</param>
/// <param name="Problem">Why what was asked for did not happen; null where nothing was.</param>
public sealed record StripeModel(
    Frame Frame,
    string Mode,
    string? Connected,
    int WebhookSecrets,
    string? Account,
    IReadOnlyList<string> Balance,
    Moment? ReadAt,
    IReadOnlyList<StripeFindingRow> Findings,
    string WebhookUrl,
    IReadOnlyList<string> OwnEvents,
    IReadOnlyList<string> ConnectEvents,
    string ApiVersion,
    IReadOnlyList<string> Permissions,
    string? Problem);

public sealed record StripeFindingRow(string Severity, string Message, string Fix);

internal static class StripeDetail
{
    public static async Task<StripeModel> ReadAsync(
        StripeConnection connection, PublicAddress address, Visitor visitor, string? notice, string? problem, CancellationToken cancel)
    {
        var store = visitor.Store;
        var connected = await connection.FindAsync(store, cancel);
        return new StripeModel(
            Frame.OfDashboard(visitor, notice),
            store.Mode,
            connected is null ? null : $"{connected.Mode} key …{connected.Last4}",
            connected?.WebhookSecrets ?? 0,
            connected?.AccountId,
            connected is null ? [] : [.. connected.Balance.Select(amount => Words.Of(amount.Minor, amount.Currency))],
            new StoreTime(store).At(connected?.ReadAt),
            connected is null ? [] : [.. connected.Findings.Select(finding => new StripeFindingRow(finding.Severity, finding.Message, finding.Fix))],
            address.Of($"/webhooks/stripe/{store.Id}"),
            ReceiveStripeEvent.OwnTypes,
            ReceiveStripeEvent.ConnectTypes,
            StripeClient.ApiVersion,
            StripeFinding.Permissions,
            problem);
    }
}
