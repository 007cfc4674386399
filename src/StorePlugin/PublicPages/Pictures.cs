// Pictures that people have sent: each is read, turned upright, made small enough and written anew, so that nothing of the file itself is kept.
using NetVips;
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.PublicPages;

/// <summary>A picture as it is served.</summary>
internal sealed record Picture(string MediaType, byte[] Content, long Width, long Height);

internal sealed class Pictures(Db db)
{
    /// <summary>What may be sent at most.</summary>
    public const int BytesMax = 5 * 1024 * 1024;

    /// <summary>The longer side of what is kept, in pixels.</summary>
    public const int SideMax = 640;

    // What a file may claim to be: beyond this a small file unfolds into gigabytes.
    private const long PixelsMax = 40_000_000;

    private const string Insert =
        """
        INSERT INTO pictures (store_id, id, media_type, content, width, height, created_at)
        VALUES (@storeId, @id, @MediaType, @Content, @Width, @Height, @now)
        """;

    private const string Read = "SELECT media_type, content, width, height FROM pictures WHERE store_id = @storeId AND id = @id";

    private const string Delete = "DELETE FROM pictures WHERE store_id = @storeId AND id = @id";

    public static string PathOf(string storeId, string id) => $"/pictures/{Uri.EscapeDataString(storeId)}/{Uri.EscapeDataString(id)}";

    public Task<Picture?> FindAsync(string storeId, string id, CancellationToken cancel) => db.OneAsync<Picture>(Read, new { storeId, id }, cancel);

    /// <summary>Puts a picture in the place of another, or of none, in the transaction that writes where it is shown: none is kept that is shown nowhere.</summary>
    /// <param name="before">The one that was shown; it goes unless it stays.</param>
    /// <param name="stays">Whether it is shown on where no new one was sent.</param>
    /// <returns>The one to show; null for none.</returns>
    public static async Task<string?> ReplaceAsync(Tx tx, Store store, string? before, Picture? sent, bool stays, DateTimeOffset now)
    {
        if (sent is null && stays)
        {
            return before;
        }

        if (before is not null)
        {
            await DropAsync(tx, store.Id, before);
        }

        if (sent is null)
        {
            return null;
        }

        var id = Ids.New("pic", now);
        await tx.DoAsync(Insert, new { storeId = store.Id, id, sent.MediaType, sent.Content, sent.Width, sent.Height, now });
        return id;
    }

    public static Task DropAsync(Tx tx, string storeId, string id) => tx.DoAsync(Delete, new { storeId, id });

    /// <summary>
    /// The picture in a file, whatever its name says: JPEG, PNG, WebP or GIF, of which the first frame counts. It is written as PNG where
    /// it lets something shine through, and as JPEG else. Null where the file is none of them, is broken, or claims to be too large.
    /// </summary>
    public static Picture? Make(byte[] file)
    {
        if (!IsKnown(file))
        {
            return null;
        }

        try
        {
            using var header = Image.NewFromBuffer(file, access: Enums.Access.Sequential);
            if ((long)header.Width * header.Height > PixelsMax || header.Width < 1 || header.Height < 1)
            {
                return null;
            }

            // It turns the picture upright by what the camera has noted, and makes no small picture larger.
            using var small = Image.ThumbnailBuffer(file, SideMax, height: SideMax, size: Enums.Size.Down, failOn: Enums.FailOn.Error);
            using var colours = small.Colourspace(Enums.Interpretation.Srgb);
            var (type, content) = colours.HasAlpha()
                ? ("image/png", colours.PngsaveBuffer(keep: Enums.ForeignKeep.None))
                : ("image/jpeg", colours.JpegsaveBuffer(q: 82, keep: Enums.ForeignKeep.None, optimizeCoding: true));
            return new Picture(type, content, colours.Width, colours.Height);
        }
        // A file that is broken, or made to break something: whoever sent it is told that it cannot be read.
        catch (VipsException)
        {
            return null;
        }
    }

    // By their first bytes. Whatever else the library could read, and above all what could hold a script, is never given to it.
    private static bool IsKnown(ReadOnlySpan<byte> file) =>
        file.StartsWith<byte>([0xFF, 0xD8, 0xFF])
        || file.StartsWith<byte>([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
        || file.StartsWith("GIF8"u8)
        || (file.Length > 12 && file.StartsWith("RIFF"u8) && file[8..].StartsWith("WEBP"u8));
}
