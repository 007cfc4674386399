// Reads Shopify's dispute object, of the topics disputes/create and disputes/update.
namespace StorePlugin.Webhooks.Shopify;

/// <summary>
/// The Dispute resource of Shopify Payments. Its <c>type</c> is an inquiry, which moves no money, or a chargeback; its
/// <c>status</c> tells where it stands.
/// </summary>
internal static class ShopifyDispute
{
    public static Dispute Read(Payload dispute)
    {
        var (state, currency) = (StateOf(dispute), dispute.Currency("currency"));
        var amount = dispute.Minor("amount", currency);
        if (amount < 0)
        {
            throw new UnreadableDeliveryException($"{dispute.Place("amount")} is negative.");
        }

        return new Dispute(
            dispute.Id("id"),
            dispute.OrderId("order_id"),
            dispute.Instant("initiated_at"),
            state == DisputeState.Open ? null : dispute.InstantOrNull("finalized_on"),
            currency,
            IsInquiry(dispute) ? 0 : amount,
            state);
    }

    private static bool IsInquiry(Payload dispute) => dispute.Text("type") switch
    {
        "chargeback" => false,
        "inquiry" => true,
        _ => throw new UnreadableDeliveryException($"{dispute.Place("type")} is neither an inquiry nor a chargeback."),
    };

    private static DisputeState StateOf(Payload dispute) => dispute.Text("status") switch
    {
        "needs_response" or "under_review" => DisputeState.Open,
        "accepted" or "lost" => DisputeState.Lost,
        // The merchant has refunded the charge, and that refund tells itself what went back.
        "won" or "charge_refunded" => DisputeState.Won,
        var other => throw new UnreadableDeliveryException($"{dispute.Place("status")} is {Known(other)}."),
    };

    // What is quoted is shown to people, and nobody knows what a stranger wrote there.
    private static string Known(string status) => status.Length <= 30 && status.All(c => char.IsAsciiLetterLower(c) || c == '_')
        ? $"{status}, which is no status of a dispute that is known"
        : "no status of a dispute";
}
