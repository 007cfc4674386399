// The one place where ids and secrets are made.
using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace StorePlugin.Data;

/// <summary>
/// Ids are text: a prefix that says what they name and a UUIDv7 as 32 hexadecimal digits, so that their order as text is
/// the order of their making. Secrets are random and are stored only as hashes.
/// </summary>
internal static class Ids
{
    /// <summary>A new id such as <c>amb_0192…</c>, sortable by the instant.</summary>
#pragma warning disable RS0030 // Every other place is told to come here.
    public static string New(string prefix, DateTimeOffset now) => $"{prefix}_{Guid.CreateVersion7(now):N}";
#pragma warning restore RS0030

    /// <summary>Whether a text has the form of <see cref="New"/> with this prefix: what a form brings back may be anything.</summary>
    public static bool Is(string prefix, string text) =>
        text.Length == prefix.Length + 33 && text.StartsWith(prefix + "_", StringComparison.Ordinal) && text.Skip(prefix.Length + 1).All(char.IsAsciiHexDigitLower);

    /// <summary>What sorts before every id of a prefix that was made at an instant or later, and after all that were made before.</summary>
    public static string Since(string prefix, DateTimeOffset instant) =>
        string.Create(CultureInfo.InvariantCulture, $"{prefix}_{instant.ToUnixTimeMilliseconds():x12}");

    /// <summary>256 random bits in the URL alphabet of base64: 43 characters.</summary>
    public static string NewSecret() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    /// <summary>128 random bits as 32 hexadecimal digits, for references that strangers see and must not guess.</summary>
    public static string NewUnguessable() => RandomNumberGenerator.GetHexString(32, lowercase: true);

    /// <summary>What is stored of a secret: its SHA-256 as lower-case hex. Enough, since the secrets are random.</summary>
    public static string HashOf(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));
}
