// What was written off is owed again when the same person takes part again in time (rule K4); always in the caller's transaction.
using StorePlugin.Data;
using StorePlugin.Stores;
using StorePlugin.Webhooks;

namespace StorePlugin.Ledger;

/// <summary>
/// Each write-off is brought back once, whole, and only by an approval: of the ambassador who left, or of the same person as
/// another ambassador of the store. A person who joins a second campaign before leaving the first is treated alike; else that
/// would be the way around. What was earned between the write-off and the return was never set against the debt and stays the
/// person's: on the same balance it settles what is owed again at once (rule K2), on another ambassador's it is paid as ever
/// (rule H7). What was earned after the return has settled its part: when the rest is written off again, that is a write-off
/// of its own, of the rest alone, and has its own 24 months. Else whoever leaves twice would owe nothing.
/// </summary>
internal static class Revival
{
    /// <summary>For so long a write-off can be brought back: by the store's calendar, half-open (rules K4, M4).</summary>
    public const int Months = 24;

    // Changes nothing, but of a return and a write-off at the same moment the second sees what the first has done.
    private const string HoldPerson = "UPDATE ambassadors SET state = state WHERE store_id = @storeId AND person_hash = @personHash";

    private const string ReadWrittenOff =
        """
        SELECT w.ambassador_id, w.number, w.amount_minor, w.currency, w.at FROM write_offs w
        WHERE w.store_id = @storeId AND w.person_hash = @personHash AND w.kind = 'write_off'
            AND NOT EXISTS (SELECT 1 FROM write_offs r
                WHERE r.store_id = w.store_id AND r.revives_ambassador_id = w.ambassador_id AND r.revives_number = w.number)
        ORDER BY w.at, w.ambassador_id, w.number
        """;

    // As an ambassador who was made since, or who had left and was approved again since.
    private const string FindReturn =
        """
        SELECT a.id FROM ambassadors l
        JOIN ambassador_states e ON e.store_id = l.store_id AND e.ambassador_id = l.id
            AND e.number = (SELECT MAX(n.number) FROM ambassador_states n WHERE n.store_id = l.store_id AND n.ambassador_id = l.id)
        JOIN ambassadors a ON a.store_id = l.store_id AND a.person_hash = l.person_hash AND a.id <> l.id AND a.state <> 'ended'
        WHERE l.store_id = @storeId AND l.id = @ambassadorId AND l.person_hash = @personHash
            AND (a.created_at >= e.at OR EXISTS (SELECT 1 FROM ambassador_states j
                JOIN ambassador_states k ON k.store_id = j.store_id AND k.ambassador_id = j.ambassador_id AND k.number = j.number - 1
                WHERE j.store_id = a.store_id AND j.ambassador_id = a.id AND j.state = 'approved' AND k.state = 'ended' AND j.at >= e.at))
        ORDER BY a.created_at, a.id
        """;

    /// <summary>Keeps every row of the person as it is until the transaction ends.</summary>
    public static Task<int> HoldPersonAsync(Tx tx, Store store, string personHash) => tx.DoAsync(HoldPerson, new { storeId = store.Id, personHash });

    /// <summary>As whom a person has come back since they left as this ambassador; null: they have not.</summary>
    public static async Task<string?> FindReturnAsync(Tx tx, Store store, string ambassadorId, string personHash) =>
        await tx.ManyAsync<string>(FindReturn, new { storeId = store.Id, ambassadorId, personHash }) is [var first, ..] ? first : null;

    /// <summary>Books what was written off of the person's, and can still be brought back, against the ambassador who they are now.</summary>
    /// <param name="approvedAt">The instant of the approval.</param>
    public static async Task ReviveAsync(Tx tx, Store store, string personHash, string ambassadorId, DateTimeOffset approvedAt, string actor, DateTimeOffset now)
    {
        await HoldPersonAsync(tx, store, personHash);
        foreach (var row in await tx.ManyAsync<Row>(ReadWrittenOff, new { storeId = store.Id, personHash }))
        {
            if (approvedAt >= CalendarMonths.After(row.At, Months, store.Zone))
            {
                continue;
            }

            var number = await WriteOff.NextNumberAsync(tx, store, ambassadorId);
            var amount = new Money(row.AmountMinor, Currency.Parse(row.Currency));
            var why = $"Owed again: written off on {Debt.Day(row.At, store.Zone)}, and the person takes part again within {Months} months.";
            await new WriteOff(ambassadorId, number, LedgerKind.Revival, amount, now, actor, why).PostAsync(tx, store, personHash, (row.AmbassadorId, row.Number));
        }
    }

    private sealed record Row(string AmbassadorId, long Number, long AmountMinor, string Currency, DateTimeOffset At);
}
