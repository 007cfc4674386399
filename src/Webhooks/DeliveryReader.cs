// The one way from a stored delivery to what it says.
using System.Text.Json;
using StorePlugin.Webhooks.Shopify;
using StorePlugin.Webhooks.Stripe;
using StorePlugin.Webhooks.WooCommerce;

namespace StorePlugin.Webhooks;

/// <summary>Reads deliveries. Pure: the same bytes always say the same.</summary>
public static class DeliveryReader
{
    /// <summary>What a delivery says.</summary>
    /// <exception cref="UnreadableDeliveryException">No retry can mend it; the message says why, in words.</exception>
    public static StoreEvent Read(Delivery delivery)
    {
        try
        {
            return delivery.Source switch
            {
                WebhookSource.Shopify => ShopifyReader.Read(delivery.Topic, delivery.Shop, delivery.Body),
                WebhookSource.Rehearsal => ShopifyReader.ReadRehearsal(delivery.Topic, delivery.Body),
                WebhookSource.WooCommerce => WooCommerceReader.Read(delivery.Topic, delivery.Body),
                WebhookSource.Stripe => StripeReader.Read(delivery.Body),
                _ => throw new UnreadableDeliveryException($"No reader knows deliveries of {delivery.Source}."),
            };
        }
        catch (JsonException exception)
        {
            // The parser's message can quote the body, so only the place is told.
            throw new UnreadableDeliveryException(
                $"The body is not JSON (line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1}).");
        }
        catch (OverflowException)
        {
            throw new UnreadableDeliveryException("The amounts are too large to be counted.");
        }
    }
}
