// The links in mails about a change, by which its reader says that it was them, or that it was not: without sign-in.
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Mail;

/// <summary>A link that can still be followed.</summary>
/// <param name="Purpose">One of the constants of <see cref="ChangeLinks"/>.</param>
/// <param name="ChangeId">Of a change of the payouts' destination, or of an address.</param>
internal sealed record ChangeLink(Store Store, string Purpose, string ChangeId, string TokenHash);

/// <summary>
/// The secret is made when the mail is written and stored as a hash, so that it is in no outbox. A mail that is written again has another
/// one; the first stays good until it is used or has had its time. Links open nothing: they take a word, and move no money.
/// </summary>
internal sealed class ChangeLinks(Db db, StoreDirectory stores, PublicAddress address, TimeProvider clock)
{
    /// <summary>A change that the payee's payouts wait for.</summary>
    public const string Payout = "payout";

    /// <summary>A change of address; the reader has the address of before.</summary>
    public const string AddressOld = "address_old";

    /// <summary>A change of address; the reader has the address that is to come.</summary>
    public const string AddressNew = "address_new";

    public const string Confirmation = "confirmation";
    public const string Refusal = "refusal";

    /// <summary>How long a link waits to be used.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(30);

    private const int TokenLengthMax = 100;

    private const string Insert =
        """
        INSERT INTO change_links (store_id, token_hash, purpose, change_id, created_at, expires_at)
        VALUES (@storeId, @hash, @purpose, @changeId, @now, @expiresAt)
        """;

    private const string Read =
        "SELECT purpose, change_id FROM change_links WHERE store_id = @storeId AND token_hash = @hash AND expires_at > @now";

    private const string Use =
        "UPDATE change_links SET used_at = @now WHERE store_id = @storeId AND token_hash = @hash AND used_at IS NULL AND expires_at > @now";

    /// <summary>A new token, which carries the store's id in clear.</summary>
    public async Task<string> NewAsync(Store store, string purpose, string changeId, CancellationToken cancel)
    {
        var (secret, now) = (Ids.NewSecret(), clock.GetUtcNow());
        await db.DoAsync(
            Insert, new { storeId = store.Id, hash = Ids.HashOf(secret), purpose, changeId, now, expiresAt = now + Lifetime }, cancel);
        return $"{store.Id}.{secret}";
    }

    /// <param name="word"><see cref="Confirmation"/> or <see cref="Refusal"/>.</param>
    public string AddressOf(string token, string word) => address.Of(PathOf(token, word));

    public static string PathOf(string token, string word) => $"/changes/{Uri.EscapeDataString(token)}/{word}";

    /// <summary>What a token speaks of, used or not; null where it is unknown or too old.</summary>
    public async Task<ChangeLink?> FindAsync(string token, CancellationToken cancel)
    {
        if (token.Length > TokenLengthMax || token.Split('.') is not [var storeId, var secret] || await stores.FindAsync(storeId, cancel) is not { } store)
        {
            return null;
        }

        var hash = Ids.HashOf(secret);
        return await db.OneAsync<Row>(Read, new { storeId = store.Id, hash, now = clock.GetUtcNow() }, cancel) is { } row
            ? new ChangeLink(store, row.Purpose, row.ChangeId, hash)
            : null;
    }

    /// <summary>Uses a link up, in the transaction that takes its word. Of two requests with the same link one gets 1, the other 0.</summary>
    public static Task<int> UseAsync(Tx tx, ChangeLink link, DateTimeOffset now) =>
        tx.DoAsync(Use, new { storeId = link.Store.Id, hash = link.TokenHash, now });

    private sealed record Row(string Purpose, string ChangeId);
}
