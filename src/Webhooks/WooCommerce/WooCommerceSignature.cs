// WooCommerce signs webhook bodies with the webhook's own secret, and greets a new address with an unsigned ping.
namespace StorePlugin.Webhooks.WooCommerce;

/// <summary>Whether something comes from a WooCommerce store.</summary>
public static class WooCommerceSignature
{
    /// <summary>The longest greeting: <c>webhook_id=</c> and a 64-bit number.</summary>
    public const int PingLengthMax = 31;

    /// <summary>Whether the body bears a right signature; an empty one never does (rule I1).</summary>
    /// <param name="body">The raw bytes; the JSON must not be written anew first.</param>
    /// <param name="signature">The value of <c>X-WC-Webhook-Signature</c>.</param>
    public static bool IsBodyAuthentic(ReadOnlySpan<byte> body, string? signature, params ReadOnlySpan<byte[]> secrets) =>
        !body.IsEmpty && Signature.IsBase64Hmac(body, signature, secrets);

    /// <summary>
    /// Whether a request without a signature is the greeting that WooCommerce sends while a webhook is being made:
    /// exactly <c>webhook_id=7</c>, sent as a form. It says nothing, so it need not be proven.
    /// </summary>
    public static bool IsPing(string? contentType, ReadOnlySpan<byte> body)
    {
        var start = "webhook_id="u8;
        return IsForm(contentType)
            && body.Length > start.Length
            && body.Length <= PingLengthMax
            && body.StartsWith(start)
            && !body[start.Length..].ContainsAnyExceptInRange((byte)'0', (byte)'9');
    }

    /// <summary>Whether a request without a signature is sent as a form, as <see cref="IsPing"/> demands.</summary>
    public static bool IsForm(string? contentType) =>
        contentType is not null
        && contentType.AsSpan().TrimStart().StartsWith("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase);
}
