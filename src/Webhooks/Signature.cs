// The one place where signatures are compared.
using System.Buffers.Text;
using System.Security.Cryptography;

namespace StorePlugin.Webhooks;

/// <summary>HMAC-SHA256 over raw bytes, compared in constant time (rule I1).</summary>
public static class Signature
{
    /// <summary>
    /// Whether <paramref name="base64"/> is the canonical base64 of the body's HMAC under one of the secrets. A missing
    /// pad, the URL alphabet, blanks or stray last bits are refused: the text is compared, never decoded.
    /// </summary>
    public static bool IsBase64Hmac(ReadOnlySpan<byte> body, string? base64, params ReadOnlySpan<byte[]> secrets)
    {
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        Span<byte> expected = stackalloc byte[44];
        Span<byte> actual = stackalloc byte[44];
        if (base64 is not { Length: 44 } || !TryAscii(base64, actual))
        {
            return false;
        }

        var matches = false;
        foreach (var secret in secrets)
        {
            HMACSHA256.HashData(secret, body, hash);
            Base64.EncodeToUtf8(hash, expected, out _, out _);
            matches |= CryptographicOperations.FixedTimeEquals(expected, actual);
        }

        return matches;
    }

    /// <summary>Whether <paramref name="hex"/> is the lower-case hex of the message's HMAC under one of the secrets.</summary>
    public static bool IsHexHmac(ReadOnlySpan<byte> message, string? hex, params ReadOnlySpan<byte[]> secrets)
    {
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        Span<byte> expected = stackalloc byte[64];
        Span<byte> actual = stackalloc byte[64];
        if (hex is not { Length: 64 } || !TryAscii(hex, actual))
        {
            return false;
        }

        var matches = false;
        foreach (var secret in secrets)
        {
            HMACSHA256.HashData(secret, message, hash);
            Convert.TryToHexStringLower(hash, expected, out _);
            matches |= CryptographicOperations.FixedTimeEquals(expected, actual);
        }

        return matches;
    }

    private static bool TryAscii(string text, Span<byte> bytes) =>
        System.Text.Ascii.FromUtf16(text, bytes, out var written) == System.Buffers.OperationStatus.Done && written == bytes.Length;
}
