// How a store looks to the public: its colour, what it says of itself, and its logo.
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.PublicPages;

/// <summary>What a merchant has said; null for what they have not.</summary>
/// <param name="Colour"><c>#rrggbb</c>.</param>
/// <param name="Headline">The first line of ambassadors' pages, in place of the offer.</param>
/// <param name="About">What the store is, for people who do not know it.</param>
/// <param name="LogoId">Of a picture.</param>
internal sealed record StoreLook(string? Colour, string? Headline, string? About, string? LogoId)
{
    public const int HeadlineLengthMax = 120;
    public const int AboutLengthMax = 600;

    public static readonly StoreLook None = new(null, null, null, null);

    /// <summary>The style sheet of the colour; null where there is none.</summary>
    public string? StylePath(string storeId) => Colour is null ? null : $"/looks/{Uri.EscapeDataString(storeId)}/{Colour[1..]}.css";

    public string? LogoPath(string storeId) => LogoId is null ? null : Pictures.PathOf(storeId, LogoId);
}

internal sealed class Looks(Db db, TimeProvider clock)
{
    private const string Read = "SELECT colour, headline, about, logo_id FROM store_looks WHERE store_id = @storeId";

    private const string Update =
        """
        UPDATE store_looks SET colour = @Colour, headline = @Headline, about = @About, logo_id = @LogoId, updated_at = @Now, actor = @Actor
        WHERE store_id = @StoreId
        """;

    private const string Insert =
        """
        INSERT INTO store_looks (store_id, colour, headline, about, logo_id, updated_at, actor)
        SELECT @StoreId, @Colour, @Headline, @About, @LogoId, @Now, @Actor
        WHERE NOT EXISTS (SELECT 1 FROM store_looks WHERE store_id = @StoreId)
        """;

    public async Task<StoreLook> FindAsync(Store store, CancellationToken cancel) =>
        await db.OneAsync<StoreLook>(Read, new { storeId = store.Id }, cancel) ?? StoreLook.None;

    /// <summary>Replaces the colour and the words, and the logo where one was sent.</summary>
    /// <param name="keepsLogo">Whether the logo of before is shown on where none was sent.</param>
    public Task SetAsync(Store store, string? colour, string? headline, string? about, Picture? logo, bool keepsLogo, string actor, CancellationToken cancel) => db.InTransactionAsync(
        async tx =>
        {
            // Of two forms at once the second sees the picture of the first, and takes its place.
            await tx.HoldAsync(NameOf(store));
            var (now, before) = (clock.GetUtcNow(), await tx.OneAsync<StoreLook>(Read, new { storeId = store.Id }));
            var logoId = await Pictures.ReplaceAsync(tx, store, before?.LogoId, logo, keepsLogo, now);
            await tx.PutAsync(
                Update, Insert, NameOf(store), new { StoreId = store.Id, Colour = colour, Headline = headline, About = about, LogoId = logoId, Now = now, Actor = actor });
        },
        cancel: cancel);

    private static string NameOf(Store store) => $"{store.Id} look";
}
