// The webhook paths: read raw bytes, prove the sender, hand over to the inbox, answer.
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using StorePlugin.Webhooks.Rehearsal;
using StorePlugin.Webhooks.Shopify;
using StorePlugin.Webhooks.Stripe;
using StorePlugin.Webhooks.WooCommerce;

namespace StorePlugin.Webhooks;

/// <summary>Maps the paths that platforms deliver to.</summary>
public static class WebhookEndpoints
{
    /// <summary>
    /// Maps <c>POST /webhooks/…</c>. Needs an <see cref="IInbox"/> and a <see cref="TimeProvider"/>, and takes
    /// <see cref="WebhookOptions"/>. The signature is the authorization: no other is asked for.
    /// </summary>
    public static IEndpointRouteBuilder MapWebhooks(this IEndpointRouteBuilder endpoints)
    {
        // Resolved once: these paths carry the load.
        var intake = new Intake(
            endpoints.ServiceProvider.GetRequiredService<IInbox>(),
            endpoints.ServiceProvider.GetRequiredService<IOptions<WebhookOptions>>().Value,
            endpoints.ServiceProvider.GetRequiredService<TimeProvider>(),
            endpoints.ServiceProvider.GetRequiredService<ILogger<Intake>>());

        // Answered by the router itself: sessions, error pages and limits of other paths have no part in a delivery.
        var group = endpoints.MapGroup("/webhooks");
        group.ExcludeFromDescription().ShortCircuit();
        group.MapPost("/shopify", intake.Shopify);
        group.MapPost("/woocommerce/{storeId}", intake.WooCommerce);
        group.MapPost("/stripe/{storeId}", intake.Stripe);
        group.MapPost("/rehearsal/{storeId}", intake.Rehearsal);
        return endpoints;
    }
}

/// <summary>
/// Answers one delivery. Null among the private answers means 200. What the headers tell is judged before the body is read:
/// a stranger without a signature takes none of our memory.
/// </summary>
internal sealed partial class Intake(IInbox inbox, WebhookOptions options, TimeProvider time, ILogger<Intake> logger)
{
    private const int KeyLengthMax = 200;
    private const int TopicLengthMax = 100;
    private const int StoreIdLengthMax = 100;
    private const int InstantLengthMax = 40;

    public Task Shopify(HttpContext context) => AnswerAsync(context, WebhookSource.Shopify, static (self, context) => self.ShopifyAsync(context));

    public Task WooCommerce(HttpContext context) => AnswerAsync(context, WebhookSource.WooCommerce, static (self, context) => self.WooCommerceAsync(context));

    public Task Stripe(HttpContext context) => AnswerAsync(context, WebhookSource.Stripe, static (self, context) => self.StripeAsync(context));

    public Task Rehearsal(HttpContext context) => AnswerAsync(context, WebhookSource.Rehearsal, static (self, context) => self.RehearsalAsync(context));

    private async Task AnswerAsync(HttpContext context, WebhookSource source, Func<Intake, HttpContext, ValueTask<Refusal?>> decide)
    {
        WebhookMeter.Received(source);
        Refusal? refusal;
        try
        {
            refusal = await decide(this, context);
        }
        catch (BadHttpRequestException exception)
        {
            refusal = exception.StatusCode == StatusCodes.Status413PayloadTooLarge ? Refusal.TooLarge : Refusal.Unreadable;
        }
        catch (Exception exception) when (exception is OperationCanceledException or ConnectionResetException && context.RequestAborted.IsCancellationRequested)
        {
            // The sender has hung up: nobody is left to answer, and it will send again.
            return;
        }
        catch (Exception exception)
        {
            // Whatever went wrong, the delivery is not on disk, and only a 5xx makes the platform send it again (rule I2).
            Log.NotStored(logger, source, exception);
            refusal = Refusal.NotStored;
        }

        if (refusal is null)
        {
            context.Response.ContentLength = 0;
            return;
        }

        if (refusal == Refusal.SignatureWrong)
        {
            inbox.NoteWrongSignature(source, context.GetRouteValue("storeId") as string);
        }

        WebhookMeter.Refused(source, refusal.Slug);
        Log.Refused(logger, source, refusal.Slug);
        await refusal.AnswerAsync(context);
    }

    // Headers are not covered by the signature, so the store is looked up after it and tells nothing to strangers.
    private async ValueTask<Refusal?> ShopifyAsync(HttpContext context)
    {
        if (options.ShopifySecrets.IsDefaultOrEmpty)
        {
            return Refusal.NotConfigured;
        }

        if (RequestBody.IsTooLong(context, options.BodyBytesMax))
        {
            return Refusal.TooLarge;
        }

        var headers = context.Request.Headers;
        if (Once(headers, "X-Shopify-Hmac-Sha256", out var hmac) is { } refusal)
        {
            return refusal;
        }

        if (!Signature.HasBase64Form(hmac))
        {
            return Refusal.SignatureWrong;
        }

        if (await RequestBody.ReadAsync(context, options.BodyBytesMax) is not { } body)
        {
            return Refusal.TooLarge;
        }

        if (!ShopifySignature.IsBodyAuthentic(body.Span, hmac, options.ShopifySecrets.AsSpan()))
        {
            return Refusal.SignatureWrong;
        }

        if (!TryWord(headers, "X-Shopify-Topic", TopicLengthMax, out var topic) || !Topic.IsOfShopify(topic))
        {
            return Refusal.TopicInvalid;
        }

        if (!TryWord(headers, "X-Shopify-Shop-Domain", TopicLengthMax, out var shop) || !ShopDomain.TryParse(shop, out var domain))
        {
            return Refusal.StoreInvalid;
        }

        if (!TryWord(headers, "X-Shopify-Webhook-Id", KeyLengthMax, out var key))
        {
            return Refusal.DeliveryIdInvalid;
        }

        var compliance = ShopifyReader.IsCompliance(topic);
        var sender = await inbox.FindSenderAsync(WebhookSource.Shopify, domain, context.RequestAborted);
        if (sender is null)
        {
            // Shopify's review sends compliance topics for shops that were never here, and wants 200.
            return compliance ? Ignored(WebhookSource.Shopify, "never-installed") : Refusal.StoreUnknown;
        }

        if (!sender.Installed && !compliance)
        {
            return Ignored(WebhookSource.Shopify, "uninstalled");
        }

        // Whether the body is this shop's and fits the topic is judged when it is read, out of the platform's way.
        var delivery = new Delivery(sender.StoreId, WebhookSource.Shopify, key, topic, body)
        {
            Shop = new SendingShop(domain),
            TriggeredAt = InstantOrNull(headers, "X-Shopify-Triggered-At"),
        };
        return await StoreAsync(context, delivery);
    }

    private async ValueTask<Refusal?> WooCommerceAsync(HttpContext context)
    {
        if (await SenderAsync(context, WebhookSource.WooCommerce) is not { } sender)
        {
            return Refusal.StoreUnknown;
        }

        if (RequestBody.IsTooLong(context, options.BodyBytesMax))
        {
            return Refusal.TooLarge;
        }

        var headers = context.Request.Headers;
        if (Once(headers, "X-WC-Webhook-Signature", out var signature) is { } refusal)
        {
            return refusal == Refusal.SignatureMissing && await IsPingAsync(context) ? Ignored(WebhookSource.WooCommerce, "ping") : refusal;
        }

        if (IsDisconnected(sender))
        {
            return Ignored(WebhookSource.WooCommerce, "uninstalled");
        }

        if (!Signature.HasBase64Form(signature))
        {
            return Refusal.SignatureWrong;
        }

        if (await RequestBody.ReadAsync(context, options.BodyBytesMax) is not { } body)
        {
            return Refusal.TooLarge;
        }

        if (!WooCommerceSignature.IsBodyAuthentic(body.Span, signature, sender.Secrets.AsSpan()))
        {
            return Refusal.SignatureWrong;
        }

        if (!TryWord(headers, "X-WC-Webhook-Topic", TopicLengthMax, out var topic) || !Topic.IsOfWooCommerce(topic))
        {
            return Refusal.TopicInvalid;
        }

        if (!TryWord(headers, "X-WC-Webhook-Delivery-ID", KeyLengthMax, out var deliveryId)
            || WooCommerceReader.Key(topic, body.Span, deliveryId) is not { Length: <= KeyLengthMax } key)
        {
            return Refusal.DeliveryIdInvalid;
        }

        return sender.Installed
            ? await StoreAsync(context, new Delivery(sender.StoreId, WebhookSource.WooCommerce, key, topic, body))
            : Ignored(WebhookSource.WooCommerce, "uninstalled");
    }

    // A store that has left still gets its Stripe events stored: payouts that were sent must settle (rule U1).
    private async ValueTask<Refusal?> StripeAsync(HttpContext context)
    {
        if (await SenderAsync(context, WebhookSource.Stripe) is not { } sender)
        {
            return Refusal.StoreUnknown;
        }

        if (RequestBody.IsTooLong(context, options.BodyBytesMax))
        {
            return Refusal.TooLarge;
        }

        if (Once(context.Request.Headers, "Stripe-Signature", out var signature) is { } refusal)
        {
            return refusal;
        }

        if (!StripeSignature.HasForm(signature, time.GetUtcNow()))
        {
            return Refusal.SignatureWrong;
        }

        if (await RequestBody.ReadAsync(context, options.BodyBytesMax) is not { } body)
        {
            return Refusal.TooLarge;
        }

        if (!StripeSignature.IsAuthentic(body.Span, signature, sender.Secrets.AsSpan(), time.GetUtcNow()))
        {
            return Refusal.SignatureWrong;
        }

        if (!StripeReader.TryReadEnvelope(body.Span, out var envelope))
        {
            return Refusal.EventInvalid;
        }

        if (envelope.Object is "v2.core.event")
        {
            return Refusal.ThinEvent;
        }

        if (!IsWord(envelope.Id, KeyLengthMax) || !IsWord(envelope.Type, TopicLengthMax) || envelope.LiveMode is not { } liveMode)
        {
            return Refusal.EventInvalid;
        }

        // A live Connect endpoint receives test events too.
        return liveMode == sender.LiveMode
            ? await StoreAsync(context, new Delivery(sender.StoreId, WebhookSource.Stripe, envelope.Id, envelope.Type, body))
            : Ignored(WebhookSource.Stripe, "livemode");
    }

    private async ValueTask<Refusal?> RehearsalAsync(HttpContext context)
    {
        if (await SenderAsync(context, WebhookSource.Rehearsal) is not { } sender)
        {
            return Refusal.StoreUnknown;
        }

        if (RequestBody.IsTooLong(context, options.BodyBytesMax))
        {
            return Refusal.TooLarge;
        }

        var headers = context.Request.Headers;
        if (Once(headers, RehearsalSignature.SignatureHeader, out var signature) is { } refusal)
        {
            return refusal;
        }

        if (IsDisconnected(sender))
        {
            return Ignored(WebhookSource.Rehearsal, "uninstalled");
        }

        if (!Signature.HasBase64Form(signature))
        {
            return Refusal.SignatureWrong;
        }

        if (await RequestBody.ReadAsync(context, options.BodyBytesMax) is not { } body)
        {
            return Refusal.TooLarge;
        }

        if (!RehearsalSignature.IsBodyAuthentic(body.Span, signature, sender.Secrets.AsSpan()))
        {
            return Refusal.SignatureWrong;
        }

        if (!TryWord(headers, RehearsalSignature.TopicHeader, TopicLengthMax, out var topic) || !Topic.IsOfShopify(topic))
        {
            return Refusal.TopicInvalid;
        }

        if (!TryWord(headers, RehearsalSignature.DeliveryIdHeader, KeyLengthMax, out var key))
        {
            return Refusal.DeliveryIdInvalid;
        }

        return sender.Installed
            ? await StoreAsync(context, new Delivery(sender.StoreId, WebhookSource.Rehearsal, key, topic, body))
            : Ignored(WebhookSource.Rehearsal, "uninstalled");
    }

    private ValueTask<Sender?> SenderAsync(HttpContext context, WebhookSource source) =>
        context.Request.RouteValues["storeId"] is string storeId && IsWord(storeId, StoreIdLengthMax)
            ? inbox.FindSenderAsync(source, storeId, context.RequestAborted)
            : ValueTask.FromResult<Sender?>(null);

    private async ValueTask<Refusal?> StoreAsync(HttpContext context, Delivery delivery)
    {
        var acceptance = await inbox.AcceptAsync(delivery, context.RequestAborted);
        if (acceptance == Acceptance.Duplicate)
        {
            WebhookMeter.Duplicate(delivery.Source);
        }
        else
        {
            WebhookMeter.Stored(delivery.Source);
        }

        return null;
    }

    // A store that has left may have no secret any more; nothing of what it sends is used, so nothing need be proven.
    private static bool IsDisconnected(Sender sender) => !sender.Installed && sender.Secrets.IsDefaultOrEmpty;

    private static Refusal? Ignored(WebhookSource source, string reason)
    {
        WebhookMeter.Ignored(source, reason);
        return null;
    }

    // No more is read than a greeting has.
    private static async ValueTask<bool> IsPingAsync(HttpContext context) =>
        WooCommerceSignature.IsForm(context.Request.ContentType)
        && await RequestBody.ReadAsync(context, WooCommerceSignature.PingLengthMax) is { } body
        && WooCommerceSignature.IsPing(context.Request.ContentType, body.Span);

    private static Refusal? Once(IHeaderDictionary headers, string name, out string? signature)
    {
        var values = headers[name];
        signature = values.Count == 1 ? values[0] : null;
        return values.Count > 1 ? Refusal.SignatureRepeated : string.IsNullOrEmpty(signature) ? Refusal.SignatureMissing : null;
    }

    private static bool TryWord(IHeaderDictionary headers, string name, int lengthMax, out string word)
    {
        var values = headers[name];
        word = values.Count == 1 ? values[0] ?? "" : "";
        return IsWord(word, lengthMax);
    }

    // What tells more about a delivery, and is no reason to refuse it.
    private static DateTimeOffset? InstantOrNull(IHeaderDictionary headers, string name) =>
        TryWord(headers, name, InstantLengthMax, out var text)
        && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var instant)
            ? instant.ToUniversalTime()
            : null;

    // A comma means that something on the way joined two headers into one.
    private static bool IsWord([NotNullWhen(true)] string? text, int lengthMax) =>
        text is { Length: > 0 } && text.Length <= lengthMax
        && !text.AsSpan().ContainsAnyExceptInRange('!', '~') && !text.Contains(',', StringComparison.Ordinal);

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Error, Message = "A delivery of {Source} could not be stored; it was answered with 503")]
        public static partial void NotStored(ILogger logger, WebhookSource source, Exception exception);

        [LoggerMessage(Level = LogLevel.Debug, Message = "A delivery of {Source} was refused: {Reason}")]
        public static partial void Refused(ILogger logger, WebhookSource source, string reason);
    }
}
