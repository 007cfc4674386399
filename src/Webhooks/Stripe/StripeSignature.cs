// Stripe signs the timestamp and the body together, and names several signatures while a secret is rolled.
using System.Globalization;
using System.Text;

namespace StorePlugin.Webhooks.Stripe;

/// <summary>Whether something comes from Stripe.</summary>
public static class StripeSignature
{
    /// <summary>How far the signed timestamp may lie from our clock, in seconds, either way.</summary>
    public const int ToleranceSeconds = 300;

    private const int TimestampLengthMax = 12;

    /// <summary>
    /// Whether <paramref name="header"/>, as in <c>t=1795228800,v1=…</c>, is fresh and one of its <c>v1</c> is right
    /// under one of the secrets (rule I1). Exactly one <c>t</c>; other schemes, <c>v0</c> among them, prove nothing;
    /// nothing is trimmed; an empty body is never authentic.
    /// </summary>
    /// <param name="body">The raw bytes.</param>
    /// <param name="header">The value of <c>Stripe-Signature</c>.</param>
    /// <param name="secrets">The whole secrets with their <c>whsec_</c>, as UTF-8.</param>
    public static bool IsAuthentic(ReadOnlySpan<byte> body, string? header, ReadOnlySpan<byte[]> secrets, DateTimeOffset now)
    {
        if (body.IsEmpty || !TryFresh(header, now, out var timestamp))
        {
            return false;
        }

        Span<byte> prefix = stackalloc byte[TimestampLengthMax + 1];
        Ascii.FromUtf16(timestamp, prefix, out var length);
        prefix[length++] = (byte)'.';

        // One HMAC for each secret, whatever the number of signatures: a header full of them costs no more.
        Span<byte> expected = stackalloc byte[64];
        var matches = false;
        foreach (var secret in secrets)
        {
            if (Signature.IsBlank(secret))
            {
                continue;
            }

            Signature.WriteHexHmac(secret, prefix[..length], body, expected);
            foreach (var item in header.AsSpan().Split(','))
            {
                matches |= header.AsSpan(item) is ['v', '1', '=', .. var hex] && Signature.IsSameHex(expected, hex);
            }
        }

        return matches;
    }

    /// <summary>The value of <c>Stripe-Signature</c> for a body, as Stripe's counterpart of a rehearsal sends it.</summary>
    public static string Sign(ReadOnlySpan<byte> body, byte[] secret, DateTimeOffset now)
    {
        var timestamp = now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        Span<byte> hex = stackalloc byte[64];
        Signature.WriteHexHmac(secret, Encoding.ASCII.GetBytes(timestamp + "."), body, hex);
        return $"t={timestamp},v1={Encoding.ASCII.GetString(hex)}";
    }

    /// <summary>
    /// Whether a header has the form that <see cref="IsAuthentic"/> can accept: fresh, and with a <c>v1</c>. No body is
    /// needed to tell.
    /// </summary>
    /// <param name="header">The value of <c>Stripe-Signature</c>.</param>
    public static bool HasForm(string? header, DateTimeOffset now)
    {
        if (!TryFresh(header, now, out _))
        {
            return false;
        }

        foreach (var item in header.AsSpan().Split(','))
        {
            if (header.AsSpan(item) is ['v', '1', '=', .. var hex] && Signature.HasHexForm(hex))
            {
                return true;
            }
        }

        return false;
    }

    private static bool TryFresh(string? header, DateTimeOffset now, out ReadOnlySpan<char> timestamp) =>
        TryTimestamp(header, out timestamp)
        && UnixSeconds.TryParse(timestamp, TimestampLengthMax, out var seconds)
        && Math.Abs(now.ToUnixTimeSeconds() - seconds) <= ToleranceSeconds;

    private static bool TryTimestamp(string? header, out ReadOnlySpan<char> timestamp)
    {
        timestamp = default;
        var found = 0;
        foreach (var item in header.AsSpan().Split(','))
        {
            if (header.AsSpan(item) is ['t', '=', .. var text])
            {
                timestamp = text;
                found++;
            }
        }

        return found == 1;
    }
}
