// A picture that came with a form.
namespace StorePlugin.PublicPages;

/// <param name="Picture">Made anew; null where none was sent, or it could not be used.</param>
/// <param name="Problem">Why it could not be used, as a sentence; null where it could, or none was sent.</param>
internal sealed record SentPicture(Picture? Picture, string? Problem)
{
    /// <summary>The largest form that brings one, with its other fields.</summary>
    public const int FormBytesMax = Pictures.BytesMax + (64 * 1024);

    public static async Task<SentPicture> ReadAsync(IFormCollection form, string field, CancellationToken cancel)
    {
        if (form.Files[field] is not { Length: > 0 } file)
        {
            return new SentPicture(null, null);
        }

        if (file.Length > Pictures.BytesMax)
        {
            return new SentPicture(null, $"The picture may have {Pictures.BytesMax / 1024 / 1024} MB at most.");
        }

        using var copy = new MemoryStream((int)file.Length);
        await file.CopyToAsync(copy, cancel);
        return Pictures.Make(copy.ToArray()) is { } picture
            ? new SentPicture(picture, null)
            : new SentPicture(null, "The picture cannot be used: send a JPEG, PNG, WebP or GIF file that opens on your own screen.");
    }
}
