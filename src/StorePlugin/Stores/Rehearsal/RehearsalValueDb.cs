// What the rehearsal platform remembers of gift cards and store credit.
using StorePlugin.Data;

namespace StorePlugin.Stores.Rehearsal;

/// <param name="Holder">The hash of a card's code, or the customer.</param>
/// <param name="LeftMinor">Of a card; in minor units, as the amount is.</param>
internal sealed record ShopValue(
    string Id, string Kind, string Holder, string? Note, long AmountMinor, long LeftMinor, string Currency, DateTimeOffset? ExpiresAt, DateTimeOffset CreatedAt,
    DateTimeOffset? EndedAt)
{
    public const string GiftCard = "gift_card";
    public const string Credit = "credit";
    public const string Debit = "debit";
}

/// <summary>The table <c>rehearsal_values</c>, which the app never reads: it asks over HTTP. Balances come from movements alone.</summary>
internal sealed class RehearsalValueDb(Db db, TimeProvider clock)
{
    private const int MovesMax = 100;

    private const string Columns =
        "SELECT id, kind, holder, note, amount_minor, left_minor, currency, expires_at, created_at, ended_at FROM rehearsal_values WHERE store_id = @storeId";

    private const string FindCard = Columns + " AND holder = @holder AND kind = 'gift_card'";

    private const string ReadOne = Columns + " AND id = @id AND kind = 'gift_card'";

    private const string ReadMoves = Columns + " AND holder = @holder AND currency = @currency AND kind IN ('credit', 'debit') ORDER BY id DESC ";

    private const string Sum =
        """
        SELECT COALESCE(SUM(CASE kind WHEN 'credit' THEN amount_minor ELSE -amount_minor END), 0) FROM rehearsal_values
        WHERE store_id = @storeId AND holder = @holder AND currency = @currency AND kind IN ('credit', 'debit')
        """;

    private const string Insert =
        """
        INSERT INTO rehearsal_values (store_id, id, kind, holder, note, amount_minor, left_minor, currency, expires_at, created_at)
        VALUES (@storeId, @Id, @Kind, @Holder, @Note, @AmountMinor, @LeftMinor, @Currency, @ExpiresAt, @CreatedAt)
        """;

    private const string End = "UPDATE rehearsal_values SET ended_at = @now WHERE store_id = @storeId AND id = @id AND ended_at IS NULL";

    public Task<ShopValue?> FindCardAsync(string storeId, string code, CancellationToken cancel) =>
        db.OneAsync<ShopValue>(FindCard, new { storeId, holder = HolderOf(code) }, cancel);

    public Task<ShopValue?> FindAsync(string storeId, string id, CancellationToken cancel) => db.OneAsync<ShopValue>(ReadOne, new { storeId, id }, cancel);

    /// <summary>Makes a card unless its code is taken. Returns the card that has the code now, and whether it is new.</summary>
    public Task<(ShopValue Card, bool IsNew)> MakeCardAsync(string storeId, PlatformCardRequest request, CancellationToken cancel) => db.InTransactionAsync(
        async tx =>
        {
            var holder = HolderOf(request.Code!);
            if (await tx.OneAsync<ShopValue>(FindCard, new { storeId, holder }) is { } taken)
            {
                return (taken, false);
            }

            var now = clock.GetUtcNow();
            var card = new ShopValue(
                Ids.New("rgc", now), ShopValue.GiftCard, holder, request.Note, request.AmountMinor, request.AmountMinor, request.Currency!, request.ExpiresAt, now, null);
            await InsertAsync(tx, storeId, card);
            return (card, true);
        },
        cancel: cancel);

    /// <summary>Ends a card, which then keeps what is left of it. Returns whether the shop has it.</summary>
    public async Task<ShopValue?> EndCardAsync(string storeId, string id, CancellationToken cancel)
    {
        await db.DoAsync(End, new { storeId, id, now = clock.GetUtcNow() }, cancel);
        return await FindAsync(storeId, id, cancel);
    }

    /// <summary>What a customer has in a currency, and the newest movements.</summary>
    public async Task<(long BalanceMinor, IReadOnlyList<ShopValue> Moves)> ReadCreditAsync(string storeId, string customer, string currency, CancellationToken cancel)
    {
        var args = new { storeId, holder = customer, currency, take = MovesMax };
        return (await db.OneAsync<long>(Sum, args, cancel), await db.ManyAsync<ShopValue>(ReadMoves + db.Page, args, cancel));
    }

    /// <summary>Adds a movement. Null: it would take more than there is.</summary>
    public Task<ShopValue?> MoveAsync(string storeId, string customer, string kind, PlatformCreditRequest request, CancellationToken cancel) => db.InTransactionAsync(
        async tx =>
        {
            var now = clock.GetUtcNow();
            var move = new ShopValue(Ids.New("rcm", now), kind, customer, null, request.AmountMinor, 0, request.Currency!, request.ExpiresAt, now, null);
            if (kind == ShopValue.Debit && await tx.OneAsync<long>(Sum, new { storeId, holder = customer, currency = move.Currency }) < move.AmountMinor)
            {
                return null;
            }

            await InsertAsync(tx, storeId, move);
            return move;
        },
        cancel: cancel);

    private static Task<int> InsertAsync(Tx tx, string storeId, ShopValue value) => tx.DoAsync(
        Insert,
        new { storeId, value.Id, value.Kind, value.Holder, value.Note, value.AmountMinor, value.LeftMinor, value.Currency, value.ExpiresAt, value.CreatedAt });

    // A code is as good as money, on this platform too.
    private static string HolderOf(string code) => Ids.HashOf(code.Trim().ToUpperInvariant());
}
