// The books: double entry, append-only. A transaction is posted whole or not at all, and never twice.
using System.Collections.Immutable;
using System.Diagnostics;
using System.Runtime.InteropServices;
using StorePlugin.Data;
using StorePlugin.Stores;
using StorePlugin.Webhooks;

namespace StorePlugin.Ledger;

/// <summary>The accounts of rule H7. The first five are an ambassador's, the others the merchant's.</summary>
internal static class Account
{
    public const string Held = "held";
    public const string Review = "review";
    public const string Approved = "approved";
    public const string InPayout = "in_payout";
    public const string Paid = "paid";
    public const string Expense = "expense";
    public const string WrittenOff = "written_off";

    /// <summary>VAT that was sent on top of commissions: the merchant's to settle with the tax office, below zero as an expense is.</summary>
    public const string Vat = "vat";

    /// <summary>In the order in which money passes through them.</summary>
    public static readonly IReadOnlyList<string> OfAmbassador = [Held, Review, Approved, InPayout, Paid];

    /// <summary>What the merchant's accounts carry in place of an ambassador.</summary>
    public const string Merchant = "";
}

/// <summary>Why a transaction was posted; with its source it is unique for a store.</summary>
internal static class LedgerKind
{
    /// <summary>A commission came to be or changed; the source is the order and its revision.</summary>
    public const string Commission = "commission";

    /// <summary>The hold is over; the source is the order and its revision.</summary>
    public const string Release = "release";

    /// <summary>A commission went into review or came back from it; the source is the order and its revision.</summary>
    public const string Review = "review";

    /// <summary>Money was reserved for a payout; the source is the payout.</summary>
    public const string PayoutReserved = "payout_reserved";

    /// <summary>The transfer exists; the source is the payout.</summary>
    public const string PayoutSent = "payout_sent";

    /// <summary>The provider refused and the money is payable again; the source is the payout and its attempt.</summary>
    public const string PayoutReturned = "payout_returned";

    /// <summary>The transfer was reversed, in part or whole; the source is the payout and the sum reversed so far.</summary>
    public const string PayoutReversed = "payout_reversed";

    /// <summary>A refund after the window of reversal: the commission stands and is the merchant's cost (rule K5); the source is the order and its revision.</summary>
    public const string MerchantCost = "merchant_cost";

    /// <summary>What an ambassador was owed when they were brought over from elsewhere; the source is <c>{ambassador}:opening</c>.</summary>
    public const string Opening = "opening";

    /// <summary>A balance below zero became the merchant's loss (rule K4); the source is the ambassador and the number of the write-off.</summary>
    public const string WriteOff = "write_off";

    /// <summary>What was written off is owed again (rule K4); the source is the ambassador and the number of the revival.</summary>
    public const string Revival = "revival";

    /// <summary>A milestone was reached that gives money; the source is the reward.</summary>
    public const string Bonus = "bonus";

    /// <summary>A gift card or store credit was granted, and its amount set aside; the source is the reward, as of the next three.</summary>
    public const string RewardReserved = "reward_reserved";

    /// <summary>The store has given what was set aside.</summary>
    public const string RewardGiven = "reward_given";

    /// <summary>It was taken back before the store had given it.</summary>
    public const string RewardReleased = "reward_released";

    /// <summary>It was taken back after the store had given it: what of it was not used.</summary>
    public const string RewardReturned = "reward_returned";
}

/// <summary>One side of a transaction, in minor units. Positive: owed to the ambassador; the merchant's expense is negative.</summary>
internal sealed record Entry(string Account, string AmbassadorId, string? OrderId, long AmountMinor);

/// <summary>A movement that sums to zero in one currency.</summary>
/// <param name="Source">What caused it; unique with the kind, so that the same cause posts once.</param>
/// <param name="BookedAt">The instant of booking, which dates all figures of money (rule M4).</param>
/// <param name="Actor">Who or what caused it (rule H6).</param>
internal sealed record LedgerTransaction(
    string Kind, string Source, Currency Currency, DateTimeOffset BookedAt, string Actor, string Reason, ImmutableArray<Entry> Entries)
{
    /// <summary>Moves an amount of one ambassador from one account to another, for one order or for none.</summary>
    public static ImmutableArray<Entry> Move(string ambassadorId, string? orderId, string from, string to, Money amount) =>
    [
        new Entry(from, OwnerOf(from, ambassadorId), orderId, -amount.Minor),
        new Entry(to, OwnerOf(to, ambassadorId), orderId, amount.Minor),
    ];

    /// <summary>Moves an amount of the merchant's from the expense of an order to what is written off for it.</summary>
    public static ImmutableArray<Entry> MoveCost(string orderId, Money amount) =>
    [
        new Entry(Account.Expense, Account.Merchant, orderId, amount.Minor),
        new Entry(Account.WrittenOff, Account.Merchant, orderId, -amount.Minor),
    ];

    private static string OwnerOf(string account, string ambassadorId) => account is Account.Expense or Account.WrittenOff or Account.Vat ? Account.Merchant : ambassadorId;
}

/// <summary>Writes transactions and keeps the running balances beside them, in the caller's database transaction.</summary>
internal static class LedgerBook
{
    private const string InsertTransaction =
        """
        INSERT INTO ledger_transactions (store_id, id, kind, source, currency, booked_at, local_day, actor, reason)
        VALUES (@StoreId, @Id, @Kind, @Source, @Currency, @BookedAt, @LocalDay, @Actor, @Reason)
        """;

    private const string InsertEntry =
        """
        INSERT INTO ledger_entries (store_id, transaction_id, position, account, ambassador_id, order_id, amount_minor, currency)
        VALUES (@StoreId, @TransactionId, @Position, @Account, @AmbassadorId, @OrderId, @AmountMinor, @Currency)
        """;

    private const string MoveBalance =
        """
        UPDATE balances SET amount_minor = amount_minor + @AmountMinor
        WHERE store_id = @StoreId AND ambassador_id = @AmbassadorId AND account = @Account AND currency = @Currency
        """;

    private const string OpenBalance =
        """
        INSERT INTO balances (store_id, ambassador_id, account, currency, amount_minor)
        VALUES (@StoreId, @AmbassadorId, @Account, @Currency, @AmountMinor)
        """;

    /// <summary>Posts the transactions; together with the caller's writes, or not at all.</summary>
    /// <exception cref="UnreachableException">One does not sum to zero: a fault of the program, and nothing is posted.</exception>
    public static async Task PostAsync(Tx tx, Store store, IReadOnlyCollection<LedgerTransaction> transactions)
    {
        await using var insertTransaction = new Prepared(tx, InsertTransaction);
        await using var insertEntry = new Prepared(tx, InsertEntry);
        var moves = new Dictionary<(string AmbassadorId, string Account, string Currency), long>();
        foreach (var transaction in transactions)
        {
            if (transaction.Entries.Length < 2 || transaction.Entries.Sum(entry => entry.AmountMinor) != 0)
            {
                throw new UnreachableException($"The ledger transaction {transaction.Kind} {transaction.Source} does not sum to zero.");
            }

            var id = Ids.New("ltx", transaction.BookedAt);
            await insertTransaction.DoAsync(
                ("StoreId", store.Id), ("Id", id), ("Kind", transaction.Kind), ("Source", transaction.Source),
                ("Currency", transaction.Currency.Code), ("BookedAt", transaction.BookedAt),
                ("LocalDay", store.LocalDay(transaction.BookedAt)), ("Actor", transaction.Actor), ("Reason", transaction.Reason));
            for (var i = 0; i < transaction.Entries.Length; i++)
            {
                var entry = transaction.Entries[i];
                await insertEntry.DoAsync(
                    ("StoreId", store.Id), ("TransactionId", id), ("Position", (long)i), ("Account", entry.Account),
                    ("AmbassadorId", entry.AmbassadorId), ("OrderId", entry.OrderId), ("AmountMinor", entry.AmountMinor),
                    ("Currency", transaction.Currency.Code));
                CollectionsMarshal.GetValueRefOrAddDefault(
                    moves, (entry.AmbassadorId, entry.Account, transaction.Currency.Code), out _) += entry.AmountMinor;
            }
        }

        await using var moveBalance = new Prepared(tx, MoveBalance);
        var unopened = new List<KeyValuePair<(string AmbassadorId, string Account, string Currency), long>>();
        foreach (var move in moves)
        {
            if (await MoveAsync(move) == 0)
            {
                unopened.Add(move);
            }
        }

        if (unopened.Count == 0)
        {
            return;
        }

        // Of two programs that share a database the second finds the row that the first has opened.
        await tx.HoldAsync(unopened.Select(move => $"{store.Id} balance {move.Key.AmbassadorId} {move.Key.Account} {move.Key.Currency}"));
        await using var openBalance = new Prepared(tx, OpenBalance);
        foreach (var move in unopened)
        {
            if (await MoveAsync(move) == 0)
            {
                await WriteAsync(openBalance, move);
            }
        }

        Task<int> MoveAsync(KeyValuePair<(string AmbassadorId, string Account, string Currency), long> move) => WriteAsync(moveBalance, move);

        Task<int> WriteAsync(Prepared statement, KeyValuePair<(string AmbassadorId, string Account, string Currency), long> move) => statement.DoAsync(
            ("StoreId", store.Id), ("AmbassadorId", move.Key.AmbassadorId), ("Account", move.Key.Account), ("Currency", move.Key.Currency),
            ("AmountMinor", move.Value));
    }
}
