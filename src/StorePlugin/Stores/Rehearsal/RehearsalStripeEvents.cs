// Tells the app of a rehearsal's transfers and accounts, signed, as Stripe sends its webhooks.
using System.Net.Http.Headers;
using System.Text;
using StorePlugin.Data;
using StorePlugin.Webhooks.Stripe;

namespace StorePlugin.Stores.Rehearsal;

/// <summary>
/// Delivers over real HTTP to the app's own webhook path, under the secret that the store has entrusted to the app. It is
/// sent before the transfer's request is answered, which Stripe does not promise either way: nothing may rely on it.
/// </summary>
internal sealed partial class RehearsalStripeEvents(
    HttpClient http, PublicAddress address, Credentials credentials, TimeProvider clock, ILogger<RehearsalStripeEvents> logger)
{
    /// <summary>Tells of a transfer that was just made; a store without a webhook secret has no endpoint to tell.</summary>
    /// <param name="answer">The answer to the request that made it.</param>
    /// <param name="key">The request's idempotency key; null where it had none.</param>
    public Task TellCreatedAsync(string storeId, StripeAnswer answer, string? key, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        return SendAsync(storeId, StripeJson.OfCreated(Ids.New("evt", now), answer.Body, answer.RequestId, key, now), now, cancel);
    }

    /// <summary>Tells of what changed in a payee's account.</summary>
    /// <param name="about">The JSON of the object that the event is about.</param>
    public Task TellConnectedAsync(string storeId, string type, string account, string about, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        return SendAsync(storeId, StripeJson.OfConnected(Ids.New("evt", now), type, account, about, now), now, cancel);
    }

    private async Task SendAsync(string storeId, string json, DateTimeOffset now, CancellationToken cancel)
    {
        if (await credentials.FindAsync(storeId, CredentialKind.StripeWebhookSecrets, cancel) is not { Value: var secrets })
        {
            return;
        }

        var body = Encoding.UTF8.GetBytes(json);
        using var message = new HttpRequestMessage(HttpMethod.Post, new Uri($"{address.Listening}/webhooks/stripe/{storeId}"));
        message.Content = new ByteArrayContent(body);
        message.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        message.Headers.Add("Stripe-Signature", StripeSignature.Sign(body, Encoding.UTF8.GetBytes(secrets.Split('\n')[0]), now));

        // What it tells has happened, and can be read: an event that is lost must not take the answer with it.
        try
        {
            using var told = await http.SendAsync(message, cancel);
            if (!told.IsSuccessStatusCode)
            {
                Log.NotTaken(logger, storeId, (int)told.StatusCode, null);
            }
        }
        catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            Log.NotTaken(logger, storeId, 0, e);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "An event of a rehearsal's Stripe was not taken by the app (store {StoreId}, status {Status})")]
        public static partial void NotTaken(ILogger logger, string storeId, int status, Exception? exception);
    }
}
