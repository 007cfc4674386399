// Reads a request's raw bytes under a cap, into one buffer of the right size where the sender names it.
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace StorePlugin.Webhooks;

internal static class RequestBody
{
    // Larger bodies get more room as their bytes arrive: a promised length costs the sender nothing, memory costs us.
    private const int PromisedBytesMax = 512 * 1024;
    private const int UnknownLengthBytes = 16 * 1024;
    private const int FramingBytes = 64 * 1024;

    // A sender that writes all before it reads would see a broken connection in place of its 413: up to here the server
    // lets what is too large run out, for a few seconds at most and without keeping any of it.
    private const long RunOutBytesMax = 64 * 1024 * 1024;

    /// <summary>
    /// Whether the sender promises more than <paramref name="bytesMax"/>. It also lets the server know the cap, so that a
    /// request that is answered without its body is let run out.
    /// </summary>
    public static bool IsTooLong(HttpContext context, long bytesMax)
    {
        // The server's own limit follows ours, which may be lower or higher.
        // Without a told length it counts the framing of the chunks too.
        var promised = context.Request.ContentLength;
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = promised is null ? (2 * bytesMax) + FramingBytes : Math.Max(bytesMax, RunOutBytesMax);
        }

        return promised > bytesMax;
    }

    /// <summary>Reads all bytes. No more than one byte beyond the cap is ever kept in memory.</summary>
    /// <returns>Null when there are more than <paramref name="bytesMax"/>.</returns>
    public static async ValueTask<ReadOnlyMemory<byte>?> ReadAsync(HttpContext context, long bytesMax)
    {
        if (IsTooLong(context, bytesMax))
        {
            return null;
        }

        var promised = context.Request.ContentLength;
        var buffer = GC.AllocateUninitializedArray<byte>((int)Math.Min(promised ?? UnknownLengthBytes, PromisedBytesMax));
        var length = 0;
        while (true)
        {
            // The server gives no more than was promised, so there is no end left to be found.
            if (length == promised)
            {
                return buffer.AsMemory(0, length);
            }

            if (length == buffer.Length)
            {
                Array.Resize(ref buffer, (int)Math.Min(buffer.Length * 2L, bytesMax + 1));
            }

            var read = await context.Request.Body.ReadAsync(buffer.AsMemory(length), context.RequestAborted);
            length += read;
            if (length > bytesMax)
            {
                return null;
            }

            if (read == 0)
            {
                return buffer.AsMemory(0, length);
            }
        }
    }
}
