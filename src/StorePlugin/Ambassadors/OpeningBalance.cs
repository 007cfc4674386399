// What an ambassador was owed when they were brought over, as a fact of its own beside the ledger.
using StorePlugin.Data;
using StorePlugin.Ledger;
using StorePlugin.Stores;
using StorePlugin.Webhooks;

namespace StorePlugin.Ambassadors;

/// <summary>A row of the table <c>opening_balances</c>; an import and the replay of the log make the same transaction of it.</summary>
/// <param name="Actor">Who brought the ambassador over (rule H6).</param>
internal sealed record OpeningBalance(string AmbassadorId, Money Amount, DateTimeOffset At, string Actor)
{
    private const string Reason = "Opening balance brought over.";

    private const string Insert =
        """
        INSERT INTO opening_balances (store_id, ambassador_id, at, booked_day, actor, amount_minor, currency)
        VALUES (@StoreId, @AmbassadorId, @At, @BookedDay, @Actor, @AmountMinor, @Currency)
        """;

    /// <summary>The source of an ambassador's opening transaction.</summary>
    public static string SourceOf(string ambassadorId) => $"{ambassadorId}:opening";

    /// <summary>What it moves in the ledger.</summary>
    public LedgerTransaction Posting => new(
        LedgerKind.Opening, SourceOf(AmbassadorId), Amount.Currency, At, Actor, Reason,
        LedgerTransaction.Move(AmbassadorId, null, Account.Expense, Account.Approved, Amount));

    /// <summary>Writes the balances as facts and into the ledger, in the caller's transaction.</summary>
    public static async Task PostAsync(Tx tx, Store store, IReadOnlyList<OpeningBalance> openings)
    {
        await using var insert = new Prepared(tx, Insert);
        foreach (var opening in openings)
        {
            await insert.DoAsync(
                ("StoreId", store.Id), ("AmbassadorId", opening.AmbassadorId), ("At", opening.At), ("BookedDay", store.LocalDay(opening.At)),
                ("Actor", opening.Actor), ("AmountMinor", opening.Amount.Minor), ("Currency", opening.Amount.Currency.Code));
        }

        await LedgerBook.PostAsync(tx, store, [.. openings.Select(opening => opening.Posting)]);
    }
}
