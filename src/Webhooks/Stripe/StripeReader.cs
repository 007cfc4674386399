// Reads Stripe's snapshot events. The snapshot itself is never trusted: only ids are taken, and the object is re-read.
using System.Text.Json;

namespace StorePlugin.Webhooks.Stripe;

/// <summary>What intake must know about an event.</summary>
internal readonly record struct StripeEnvelope(string? Id, string? Object, string? Type, bool? LiveMode);

internal static class StripeReader
{
    /// <summary>Reads the outermost properties.</summary>
    /// <returns>False where the body is no JSON object or has no id.</returns>
    public static bool TryReadEnvelope(ReadOnlySpan<byte> body, out StripeEnvelope envelope)
    {
        envelope = default;
        try
        {
            var reader = new Utf8JsonReader(body);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return false;
            }

            while (reader.Read())
            {
                if (reader.TokenType == JsonTokenType.PropertyName)
                {
                    envelope = Next(ref reader, envelope);
                }
            }
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // No JSON, or text that is no Unicode: signed, and still no event.
            return false;
        }

        return !string.IsNullOrEmpty(envelope.Id);
    }

    public static StripeEventReceived Read(ReadOnlyMemory<byte> body)
    {
        using var document = JsonDocument.Parse(body);
        var stripeEvent = Payload.Of(document);
        var subject = stripeEvent.ObjectOrNull("data")?.ObjectOrNull("object")
            ?? throw new UnreadableDeliveryException("data.object is missing (expected the object that the event is about).");
        return new StripeEventReceived(
            stripeEvent.Id("id"),
            stripeEvent.Text("type"),
            stripeEvent.TextOrNull("account"),
            // The balance has no id; its kind names it.
            subject.IdOrNull("id") ?? subject.TextOrNull("object") ?? throw new UnreadableDeliveryException("data.object.id is missing (expected an id)."),
            subject.ObjectOrNull("metadata")?.TextOrNull("payout_id") ?? subject.TextOrNull("transfer_group"));
    }

    private static StripeEnvelope Next(ref Utf8JsonReader reader, StripeEnvelope envelope)
    {
        var isId = reader.ValueTextEquals("id"u8);
        var isObject = reader.ValueTextEquals("object"u8);
        var isType = reader.ValueTextEquals("type"u8);
        var isLiveMode = reader.ValueTextEquals("livemode"u8);
        reader.Read();
        var text = (isId || isObject || isType) && reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
        bool? flag = reader.TokenType is JsonTokenType.True or JsonTokenType.False ? reader.GetBoolean() : null;
        reader.Skip();
        return envelope with
        {
            Id = isId ? text : envelope.Id,
            Object = isObject ? text : envelope.Object,
            Type = isType ? text : envelope.Type,
            LiveMode = isLiveMode ? flag : envelope.LiveMode,
        };
    }
}
