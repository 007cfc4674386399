// Sends what happens in a rehearsal shop to the app, signed, as a platform sends its webhooks.
using System.Net.Http.Headers;
using StorePlugin.Data;
using StorePlugin.Webhooks.Rehearsal;

namespace StorePlugin.Stores.Rehearsal;

/// <summary>A webhook that is ready to be sent, once or again.</summary>
/// <param name="Id">The platform's id of the delivery; the same id again is a duplicate.</param>
internal sealed record ShopDelivery(string Topic, string Id, ReadOnlyMemory<byte> Body)
{
    public static ShopDelivery Of(string topic, ReadOnlyMemory<byte> body) => new(topic, Ids.NewUnguessable(), body);

    /// <summary>Names the topic only, since the body holds a shopper.</summary>
    public override string ToString() => $"{nameof(ShopDelivery)} {Topic}";
}

/// <summary>
/// Delivers over real HTTP to the app's own webhook path. The secret is the platform's copy, so that a delivery proves
/// what the platform and the app agreed on at the installation.
/// </summary>
internal sealed class RehearsalShop(HttpClient http, PublicAddress address, RehearsalShopDb platform)
{
    /// <summary>Sends one delivery and returns the status of the answer.</summary>
    /// <exception cref="PlatformException">The shop has granted nobody access, so nothing signs its deliveries.</exception>
    public async Task<int> SendAsync(string storeId, ShopDelivery delivery, CancellationToken cancel)
    {
        var secret = await platform.FindWebhookSecretAsync(storeId, cancel)
            ?? throw new PlatformException("The app was never installed in this rehearsal shop.");
        using var message = new HttpRequestMessage(HttpMethod.Post, new Uri($"{address.Listening}/webhooks/rehearsal/{storeId}"));
        message.Content = new ReadOnlyMemoryContent(delivery.Body);
        message.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        message.Headers.Add(RehearsalSignature.TopicHeader, delivery.Topic);
        message.Headers.Add(RehearsalSignature.SignatureHeader, RehearsalSignature.Sign(delivery.Body.Span, secret));
        message.Headers.Add(RehearsalSignature.DeliveryIdHeader, delivery.Id);
        using var answer = await http.SendAsync(message, cancel);
        return (int)answer.StatusCode;
    }
}
