// The rehearsal store is our own; it signs as Shopify does, with a secret of each store.
namespace StorePlugin.Webhooks.Rehearsal;

/// <summary>Signs and proves deliveries of a rehearsal store.</summary>
public static class RehearsalSignature
{
    public const string TopicHeader = "X-Rehearsal-Topic";
    public const string SignatureHeader = "X-Rehearsal-Hmac-Sha256";
    public const string DeliveryIdHeader = "X-Rehearsal-Delivery-Id";

    /// <summary>The value of <see cref="SignatureHeader"/> for a body.</summary>
    public static string Sign(ReadOnlySpan<byte> body, byte[] secret) => Signature.Base64Hmac(body, secret);

    /// <summary>Whether the body bears a right signature; an empty one never does (rule I1).</summary>
    public static bool IsBodyAuthentic(ReadOnlySpan<byte> body, string? signature, params ReadOnlySpan<byte[]> secrets) =>
        !body.IsEmpty && Signature.IsBase64Hmac(body, signature, secrets);
}
