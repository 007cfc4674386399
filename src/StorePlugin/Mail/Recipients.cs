// Who a mail goes to, read when it is sent: the outbox knows no name and no address.
using System.Collections.Immutable;
using StorePlugin.Data;

namespace StorePlugin.Mail;

/// <param name="State"><c>approved</c>, <c>suspended</c> or <c>ended</c>.</param>
/// <param name="StripeAccount">Null: nobody knows yet where to send their money.</param>
internal sealed record Recipient(
    string Name, string Email, string State, string? StripeAccount, string CampaignId, string Campaign, string CampaignState)
{
    private const string Read =
        """
        SELECT a.name, a.email, a.state, a.stripe_account, a.campaign_id, c.name AS campaign, c.state AS campaign_state
        FROM ambassadors a
        JOIN campaigns c ON c.store_id = a.store_id AND c.id = a.campaign_id
        WHERE a.store_id = @storeId AND a.id = @ambassadorId
        """;

    /// <summary>Why the ambassador is told nothing of what goes on; null while they take part. Mail about money is owed all the same.</summary>
    public string? Aside => State switch
    {
        "suspended" => "The ambassador is suspended.",
        "ended" => "The ambassador has left.",
        _ => null,
    };

    /// <summary>What the placeholders that every mail to ambassadors knows stand for.</summary>
    public ImmutableDictionary<string, string> ValuesAt(string shop) => ImmutableDictionary.CreateRange(
        StringComparer.Ordinal,
        [KeyValuePair.Create(Placeholder.Reader.Name, Name), KeyValuePair.Create(Placeholder.Shop.Name, shop), KeyValuePair.Create(Placeholder.Campaign.Name, Campaign)]);

    /// <summary>The ambassador, with every text that people wrote made safe for one line; null when there is none any more.</summary>
    public static async Task<Recipient?> FindAsync(Db db, string storeId, string ambassadorId, CancellationToken cancel) =>
        await db.OneAsync<Recipient>(Read, new { storeId, ambassadorId }, cancel) is { } found
            ? found with { Name = OneLine.Of(found.Name), Campaign = OneLine.Of(found.Campaign) }
            : null;
}
