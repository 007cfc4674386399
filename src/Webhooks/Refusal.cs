// Every answer of the webhook paths that is not 200: its status, its slug, and a sentence for people.
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.WebUtilities;

namespace StorePlugin.Webhooks;

/// <summary>
/// A refusal as ProblemDetails. Its bytes are made once, because whoever sends wrong signatures sends many.
/// </summary>
internal sealed class Refusal
{
    public static readonly Refusal NotConfigured = new(StatusCodes.Status503ServiceUnavailable, "shopify-not-configured",
        "Shopify is not set up on this server: its client id and client secret are missing from the configuration.");

    public static readonly Refusal TooLarge = new(StatusCodes.Status413PayloadTooLarge, "body-too-large",
        "The body is larger than this server takes (Webhooks:BodyBytesMax).");

    public static readonly Refusal Unreadable = new(StatusCodes.Status400BadRequest, "body-incomplete",
        "The body did not arrive whole.");

    public static readonly Refusal SignatureMissing = new(StatusCodes.Status401Unauthorized, "signature-missing",
        "The request bears no signature.");

    public static readonly Refusal SignatureRepeated = new(StatusCodes.Status401Unauthorized, "signature-repeated",
        "The signature header came more than once.");

    public static readonly Refusal SignatureWrong = new(StatusCodes.Status401Unauthorized, "signature-wrong",
        "The signature is not right for this body.");

    public static readonly Refusal TopicInvalid = new(StatusCodes.Status400BadRequest, "topic-invalid",
        "The topic is missing, repeated or malformed.");

    public static readonly Refusal StoreInvalid = new(StatusCodes.Status400BadRequest, "store-invalid",
        "The shop's domain is missing, repeated or malformed.");

    public static readonly Refusal DeliveryIdInvalid = new(StatusCodes.Status400BadRequest, "delivery-id-invalid",
        "The delivery's id is missing, repeated or malformed.");

    public static readonly Refusal EventInvalid = new(StatusCodes.Status400BadRequest, "event-invalid",
        "The body is not a Stripe event: it must be JSON with an id, a type and livemode.");

    public static readonly Refusal ThinEvent = new(StatusCodes.Status400BadRequest, "thin-event",
        "This address takes Stripe's snapshot events; thin events carry no object. Make the endpoint anew with snapshot payloads.");

    public static readonly Refusal StoreUnknown = new(StatusCodes.Status404NotFound, "store-unknown",
        "No such store was ever installed here.");

    public static readonly Refusal NotStored = new(StatusCodes.Status503ServiceUnavailable, "not-stored",
        "The delivery could not be stored. Please send it again.");

    private readonly byte[] _body;

    private Refusal(int status, string slug, string detail)
    {
        Status = status;
        Slug = slug;
        _body = JsonSerializer.SerializeToUtf8Bytes(new ProblemDetails
        {
            Type = "/problems/" + slug,
            Title = ReasonPhrases.GetReasonPhrase(status),
            Status = status,
            Detail = detail,
        });
    }

    public int Status { get; }

    /// <summary>The last part of the problem's type; also the reason on the counter.</summary>
    public string Slug { get; }

    public Task AnswerAsync(HttpContext context)
    {
        context.Response.StatusCode = Status;
        context.Response.ContentType = "application/problem+json";
        context.Response.ContentLength = _body.Length;
        return context.Response.Body.WriteAsync(_body, context.RequestAborted).AsTask();
    }
}
