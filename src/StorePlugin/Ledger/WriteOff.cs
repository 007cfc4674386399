// A balance below zero that was written off, or that is owed again, as a fact of its own beside the ledger (rule K4).
using System.Globalization;
using StorePlugin.Data;
using StorePlugin.Stores;
using StorePlugin.Webhooks;

namespace StorePlugin.Ledger;

/// <summary>
/// A row of the table <c>write_offs</c>; the program at work and the replay of the log make the same transaction of it.
/// </summary>
/// <param name="Number">Counts what there is of an ambassador.</param>
/// <param name="Kind"><see cref="LedgerKind.WriteOff"/> or <see cref="LedgerKind.Revival"/>.</param>
/// <param name="Amount">Above zero in both: what the balance was below it, or is again.</param>
/// <param name="Actor">Who or what caused it (rule H6).</param>
internal sealed record WriteOff(string AmbassadorId, long Number, string Kind, Money Amount, DateTimeOffset At, string Actor, string Reason)
{
    private const string NextNumber = "SELECT COALESCE(MAX(number), 0) + 1 FROM write_offs WHERE store_id = @storeId AND ambassador_id = @ambassadorId";

    private const string Insert =
        """
        INSERT INTO write_offs (store_id, ambassador_id, number, kind, person_hash, at, booked_day, actor, amount_minor, currency, reason,
            revives_ambassador_id, revives_number)
        VALUES (@storeId, @AmbassadorId, @Number, @Kind, @personHash, @At, @bookedDay, @Actor, @minor, @currency, @Reason, @revivesId, @revivesNumber)
        """;

    /// <summary>The source of its transaction.</summary>
    public string Source => string.Create(CultureInfo.InvariantCulture, $"{AmbassadorId}:{Kind}:{Number}");

    /// <summary>What it moves in the ledger: the merchant's loss brings the balance to zero, and goes away again when it is owed again.</summary>
    public LedgerTransaction Posting => new(
        Kind, Source, Amount.Currency, At, Actor, Reason,
        LedgerTransaction.Move(AmbassadorId, null, Account.WrittenOff, Account.Approved, Kind == LedgerKind.Revival ? -Amount : Amount));

    /// <summary>The number that the ambassador's next one has.</summary>
    public static Task<long> NextNumberAsync(Tx tx, Store store, string ambassadorId) =>
        tx.OneAsync<long>(NextNumber, new { storeId = store.Id, ambassadorId });

    private const string Move = "UPDATE write_offs SET person_hash = @to WHERE store_id = @storeId AND person_hash = @from";

    /// <summary>Has what was written off found by another hash: the person has another address.</summary>
    public static Task<int> MoveAsync(Tx tx, string storeId, string from, string to) => tx.DoAsync(Move, new { storeId, from, to });

    /// <summary>Writes it as a fact and into the ledger, in the caller's transaction.</summary>
    /// <param name="personHash">By which the person is found when they take part again (rule F8).</param>
    /// <param name="revives">The write-off that a revival brings back.</param>
    public async Task PostAsync(Tx tx, Store store, string personHash, (string AmbassadorId, long Number)? revives = null)
    {
        await tx.DoAsync(
            Insert,
            new
            {
                storeId = store.Id,
                AmbassadorId,
                Number,
                Kind,
                personHash,
                At,
                bookedDay = store.LocalDay(At),
                Actor,
                minor = Amount.Minor,
                currency = Amount.Currency.Code,
                Reason,
                revivesId = revives?.AmbassadorId,
                revivesNumber = revives?.Number,
            });
        await LedgerBook.PostAsync(tx, store, [Posting]);
    }
}
