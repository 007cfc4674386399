// The one place where signatures are compared.
using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace StorePlugin.Webhooks;

/// <summary>
/// HMAC-SHA256 over raw bytes, compared in constant time (rule I1). A blank secret proves nothing and is passed over.
/// </summary>
public static class Signature
{
    private const int Base64Length = 44;
    private const int HexLength = 64;
    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    /// <summary>
    /// Whether <paramref name="base64"/> is the canonical base64 of the body's HMAC under one of the secrets. A missing
    /// pad, the URL alphabet, blanks or stray last bits are refused: the text is compared, never decoded.
    /// </summary>
    public static bool IsBase64Hmac(ReadOnlySpan<byte> body, string? base64, params ReadOnlySpan<byte[]> secrets)
    {
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        Span<byte> expected = stackalloc byte[Base64Length];
        Span<byte> actual = stackalloc byte[Base64Length];
        if (!TryAscii(base64, actual))
        {
            return false;
        }

        var matches = false;
        foreach (var secret in secrets)
        {
            if (!IsBlank(secret))
            {
                HMACSHA256.HashData(secret, body, hash);
                Base64.EncodeToUtf8(hash, expected, out _, out _);
                matches |= CryptographicOperations.FixedTimeEquals(expected, actual);
            }
        }

        return matches;
    }

    /// <summary>Whether a text has the form that <see cref="IsBase64Hmac"/> can accept; no body is needed to tell.</summary>
    public static bool HasBase64Form(string? base64) => base64 is { Length: Base64Length } && Base64.IsValid(base64);

    /// <summary>Whether <paramref name="hex"/> is the lower-case hex of the message's HMAC under one of the secrets.</summary>
    public static bool IsHexHmac(ReadOnlySpan<byte> message, string? hex, params ReadOnlySpan<byte[]> secrets)
    {
        Span<byte> expected = stackalloc byte[HexLength];
        var matches = false;
        foreach (var secret in secrets)
        {
            if (!IsBlank(secret))
            {
                WriteHexHmac(secret, [], message, expected);
                matches |= IsSameHex(expected, hex);
            }
        }

        return matches;
    }

    /// <summary>The HMAC of a body as base64, for what our own rehearsal store sends.</summary>
    internal static string Base64Hmac(ReadOnlySpan<byte> body, byte[] secret) =>
        Convert.ToBase64String(HMACSHA256.HashData(secret, body));

    /// <summary>Writes the lower-case hex of the HMAC over two pieces, so that a large body need not be copied behind its prefix.</summary>
    internal static void WriteHexHmac(byte[] secret, ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> body, Span<byte> hex)
    {
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        if (prefix.IsEmpty)
        {
            HMACSHA256.HashData(secret, body, hash);
        }
        else
        {
            using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, secret);
            hmac.AppendData(prefix);
            hmac.AppendData(body);
            hmac.GetHashAndReset(hash);
        }

        Convert.TryToHexStringLower(hash, hex, out _);
    }

    /// <summary>Compares hex text with what was expected, in constant time.</summary>
    internal static bool IsSameHex(ReadOnlySpan<byte> expected, ReadOnlySpan<char> actual)
    {
        Span<byte> bytes = stackalloc byte[HexLength];
        return TryAscii(actual, bytes) && CryptographicOperations.FixedTimeEquals(expected, bytes);
    }

    internal static bool HasHexForm(ReadOnlySpan<char> hex) => hex.Length == HexLength && !hex.ContainsAnyExcept(HexDigits);

    internal static bool IsBlank(ReadOnlySpan<byte> secret) => !secret.ContainsAnyExcept(" \t\r\n"u8);

    private static bool TryAscii(ReadOnlySpan<char> text, Span<byte> bytes) =>
        text.Length == bytes.Length && Ascii.FromUtf16(text, bytes, out _) == OperationStatus.Done;
}
