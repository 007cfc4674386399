// Corrects the documents of payouts whose orders have lost commission since. It may run twice, and on several machines, without effect.
using System.Globalization;
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Payouts.SelfBilling;

/// <summary>
/// A refund after the payout takes the commission back on the account approved (rule K1): for each such transaction there is one
/// correction. The round finds them, and each reservation does for its own payees first, so that no payout is billed without them.
/// </summary>
internal sealed class Clawbacks(Db db, StoreDirectory stores, TimeProvider clock)
{
    private const int FoundAtOnceMax = 200;

    // Clocks of several machines differ; what came before the reservation by the order's own log is sorted out afterwards.
    private const string Candidates =
        """
        SELECT t.id, t.source, e.order_id, -e.amount_minor AS lost_minor, d.number, v.revision AS reserved_revision
        FROM ledger_entries e
        JOIN ledger_transactions t ON t.store_id = e.store_id AND t.id = e.transaction_id
        JOIN orders o ON o.store_id = e.store_id AND o.order_id = e.order_id
        JOIN self_bills d ON d.store_id = o.store_id AND d.payout_id = o.payout_id AND d.kind = 'document' AND d.ambassador_id = e.ambassador_id AND d.currency = e.currency
        JOIN payouts p ON p.store_id = d.store_id AND p.id = d.payout_id
        JOIN order_events v ON v.store_id = o.store_id AND v.order_id = o.order_id AND v.kind = 'reserved' AND v.subject = o.payout_id
        WHERE e.store_id = @storeId AND e.account = 'approved' AND e.amount_minor < 0 AND e.order_id IS NOT NULL
            AND t.booked_at >= p.created_at - @slackMs AND d.corrected_net_minor < d.net_minor
            AND NOT EXISTS (SELECT 1 FROM self_bills c WHERE c.store_id = t.store_id AND c.source = t.id)
        """;

    private const string CandidatesOfSome = Candidates + " AND e.ambassador_id IN @ids ORDER BY t.id";

    private const string CandidatesInOrder = Candidates + " AND e.transaction_id > @after ORDER BY e.transaction_id";

    private const string FindStores =
        """
        SELECT k.store_id FROM self_bill_counters k JOIN stores s ON s.id = k.store_id WHERE k.last_number > 0 AND s.state = 'installed' ORDER BY k.store_id
        """;

    /// <summary>Looks at every store that has billed. Returns how many corrections it wrote.</summary>
    public async Task<int> RunOnceAsync(CancellationToken cancel)
    {
        var written = 0;
        foreach (var storeId in await db.ManyAsync<string>(FindStores, cancel: cancel))
        {
            cancel.ThrowIfCancellationRequested();
            written += await CorrectStoreAsync(await stores.GetAsync(storeId, cancel), cancel);
        }

        return written;
    }

    /// <summary>Looks at one store. Returns how many corrections it wrote.</summary>
    public async Task<int> CorrectStoreAsync(Store store, CancellationToken cancel)
    {
        var (written, after) = (0, "");
        while (true)
        {
            var found = await db.ManyAsync<Candidate>(
                $"{CandidatesInOrder} {db.Page}", new { storeId = store.Id, slackMs = SlackMs, after, take = FoundAtOnceMax }, cancel);
            await ShortTransactions.EachAsync(
                db, clock, [.. found.Where(one => one.IsAfterReservation)],
                async (tx, one) =>
                {
                    if (await SelfBillBook.HoldAsync(tx, store.Id) && await CorrectAsync(tx, store, one, clock.GetUtcNow()))
                    {
                        written++;
                    }
                },
                cancel);
            if (found.Count < FoundAtOnceMax)
            {
                return written;
            }

            after = found[^1].Id;
        }
    }

    /// <summary>Writes what is missing for these payees, in the caller's transaction, which holds their balances.</summary>
    public static async Task CorrectAsync(Tx tx, Store store, IReadOnlyCollection<string> ambassadorIds, DateTimeOffset now)
    {
        if (!await SelfBillBook.HoldAsync(tx, store.Id))
        {
            return;
        }

        foreach (var one in await tx.ManyAsync<Candidate>(CandidatesOfSome, new { storeId = store.Id, slackMs = SlackMs, ids = ambassadorIds }))
        {
            if (one.IsAfterReservation)
            {
                await CorrectAsync(tx, store, one, now);
            }
        }
    }

    private const string ReadDocument =
        BilledPayout.Columns
        + """
         WHERE d.store_id = @storeId AND d.number = @number
            AND NOT EXISTS (SELECT 1 FROM self_bills c WHERE c.store_id = @storeId AND c.source = @source)
        """;

    // The document is read anew: the correction before this one may have been of the same.
    private static async Task<bool> CorrectAsync(Tx tx, Store store, Candidate one, DateTimeOffset now)
    {
        if (await tx.OneAsync<BilledPayout>(ReadDocument, new { storeId = store.Id, number = one.Number, source = one.Id }) is not { } document)
        {
            return false;
        }

        var amount = Vat.OfClawback(document.Left, one.LostMinor, document.VatCase, document.VatRateBp);
        if (amount.NetMinor == 0)
        {
            return false;
        }

        await SelfBillBook.CorrectAsync(tx, store, document, SelfBillCause.Clawback, one.Id, amount, now);
        return true;
    }

    private static readonly long SlackMs = (long)TimeSpan.FromHours(1).TotalMilliseconds;

    // By properties, not by position: SQLite has no type for a computed column when there is no row.
    private sealed record Candidate
    {
        /// <summary>Of the ledger's transaction.</summary>
        public string Id { get; init; } = "";

        /// <summary>Of the transaction: the order and its revision, and what else tells it apart.</summary>
        public string Source { get; init; } = "";

        public string OrderId { get; init; } = "";

        /// <summary>In minor units of the document's currency, above zero.</summary>
        public long LostMinor { get; init; }

        /// <summary>Of the document.</summary>
        public long Number { get; init; }

        /// <summary>The order's, when it was reserved for the payout.</summary>
        public long ReservedRevision { get; init; }

        // What the order lost before it was reserved is not in the payout, whatever the clocks say.
        public bool IsAfterReservation =>
            Source.Length > OrderId.Length && long.TryParse(Source[OrderId.Length..].Split(':')[1], NumberStyles.None, CultureInfo.InvariantCulture, out var revision)
            && revision > ReservedRevision;
    }
}
