// Issues documents and corrections in the transactions that move the money, and gives them their numbers.
using System.Diagnostics;
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Payouts.SelfBilling;

/// <summary>The words of the column <c>cause</c>.</summary>
internal static class SelfBillCause
{
    /// <summary>A document: the payout was sent.</summary>
    public const string Payout = "payout";

    /// <summary>A correction: money of the payout came back.</summary>
    public const string Reversal = "reversal";

    /// <summary>A correction: an order that was paid for has lost commission since.</summary>
    public const string Clawback = "clawback";
}

/// <summary>
/// The one place where documents come to be. Always in the caller's transaction: what is rolled back has used no number. Whoever
/// writes one holds the store's counter first, so that documents of a store are written one after the other.
/// </summary>
internal static class SelfBillBook
{
    private const string HoldCounter = "UPDATE self_bill_counters SET last_number = last_number WHERE store_id = @storeId";

    /// <summary>Until the transaction ends nobody else writes a document of the store. False: the store has never billed.</summary>
    public static async Task<bool> HoldAsync(Tx tx, string storeId) => await tx.DoAsync(HoldCounter, new { storeId }) == 1;

    private const string SettleOpen =
        """
        INSERT INTO self_bill_settlements (store_id, number, source, payout_id, net_minor, vat_minor)
        SELECT y.store_id, y.number, @payoutId, @payoutId, y.net_minor, y.vat_minor
        FROM (SELECT c.store_id, c.number, MAX(c.net_minor) - COALESCE(SUM(s.net_minor), 0) AS net_minor, MAX(c.vat_minor) - COALESCE(SUM(s.vat_minor), 0) AS vat_minor
            FROM self_bills c
            LEFT JOIN self_bill_settlements s ON s.store_id = c.store_id AND s.number = c.number
            WHERE c.store_id = @storeId AND c.ambassador_id = @ambassadorId AND c.currency = @currency AND c.cause = 'clawback'
            GROUP BY c.store_id, c.number) y
        WHERE y.net_minor <> 0 OR y.vat_minor <> 0
        """;

    /// <summary>A payout is reserved that is less by what clawbacks took: it settles their corrections.</summary>
    public static async Task ReservedAsync(Tx tx, Payout payout)
    {
        if (payout.VatCase is not null)
        {
            await tx.DoAsync(SettleOpen, new { storeId = payout.StoreId, payoutId = payout.Id, ambassadorId = payout.AmbassadorId, currency = payout.Currency });
        }
    }

    private const string Unsettle = "DELETE FROM self_bill_settlements WHERE store_id = @storeId AND payout_id = @payoutId";

    /// <summary>A payout came to nothing: what it would have settled is open again. It never had a document.</summary>
    public static async Task ReturnedAsync(Tx tx, Payout payout)
    {
        if (payout.VatCase is not null)
        {
            await tx.DoAsync(Unsettle, new { storeId = payout.StoreId, payoutId = payout.Id });
        }
    }

    private const string ReadSettled =
        """
        SELECT COALESCE(SUM(net_minor), 0) AS net_minor, COALESCE(SUM(vat_minor), 0) AS vat_minor FROM self_bill_settlements
        WHERE store_id = @storeId AND payout_id = @payoutId
        """;

    /// <summary>A payout was sent: its document is for what was sent and for what was kept back of it.</summary>
    public static async Task SentAsync(Tx tx, Store store, Payout payout, DateTimeOffset now)
    {
        if (payout.VatCase is not { } vatCase)
        {
            return;
        }

        var settled = (await tx.OneAsync<SumRow>(ReadSettled, new { storeId = store.Id, payoutId = payout.Id }))!.Sum;
        var amount = new NetAndVat(payout.AmountMinor - payout.VatMinor, payout.VatMinor) + settled;
        await IssueAsync(
            tx, store,
            new NewBill(
                store.Id, "document", SelfBillCause.Payout, payout.Id, payout.Id, payout.AmbassadorId, CorrectsNumber: null, payout.Currency, amount.NetMinor,
                amount.VatMinor, vatCase, payout.VatRateBp ?? 0, payout.BillMerchantId!, payout.BillPayeeId!, now, store.LocalDay(now)));
    }

    private const string ReadOpenOfDocument =
        """
        SELECT y.number, y.net_minor, y.vat_minor
        FROM (SELECT c.number, MAX(c.net_minor) - COALESCE(SUM(s.net_minor), 0) AS net_minor, MAX(c.vat_minor) - COALESCE(SUM(s.vat_minor), 0) AS vat_minor
            FROM self_bills c
            LEFT JOIN self_bill_settlements s ON s.store_id = c.store_id AND s.number = c.number
            WHERE c.store_id = @storeId AND c.payout_id = @payoutId AND c.cause = 'clawback'
            GROUP BY c.number) y
        WHERE y.net_minor > 0
        ORDER BY y.number
        """;

    private const string ReadDocument = BilledPayout.Columns + " WHERE d.store_id = @storeId AND d.payout_id = @payoutId AND d.kind = 'document'";

    private const string InsertSettlement =
        """
        INSERT INTO self_bill_settlements (store_id, number, source, payout_id, net_minor, vat_minor)
        VALUES (@storeId, @number, @source, @payoutId, @netMinor, @vatMinor)
        """;

    /// <summary>
    /// Money of a payout came back. As far as clawbacks of the same payout were still to be settled, it settles them; the rest is a
    /// correction of its own.
    /// </summary>
    /// <param name="step">The reversal, with what came back in it.</param>
    public static async Task ReversedAsync(Tx tx, Store store, Payout payout, PayoutEvent step)
    {
        if (payout.VatCase is null)
        {
            return;
        }

        // What its orders lost before comes first, since they are of no payout any more after the whole has come back.
        await Clawbacks.CorrectAsync(tx, store, [payout.AmbassadorId], step.At);
        if (await tx.OneAsync<BilledPayout>(ReadDocument, new { storeId = store.Id, payoutId = payout.Id }) is not { } document)
        {
            return;
        }

        var left = new NetAndVat(step.Amount.Minor - step.VatMinor, step.VatMinor);
        foreach (var row in await tx.ManyAsync<OpenRow>(ReadOpenOfDocument, new { storeId = store.Id, payoutId = payout.Id }))
        {
            if (left.NetMinor <= 0)
            {
                break;
            }

            var settled = Vat.SettledBy(left, new NetAndVat(row.NetMinor, row.VatMinor));
            await tx.DoAsync(
                InsertSettlement,
                new { storeId = store.Id, number = row.Number, source = step.Subject, payoutId = payout.Id, netMinor = settled.NetMinor, vatMinor = settled.VatMinor });
            left -= settled;
        }

        if (left.NetMinor > 0 || left.VatMinor > 0)
        {
            await CorrectAsync(tx, store, document, SelfBillCause.Reversal, step.Subject, left, step.At);
        }
    }

    private const string Correct =
        """
        UPDATE self_bills SET corrected_net_minor = corrected_net_minor + @netMinor, corrected_vat_minor = corrected_vat_minor + @vatMinor
        WHERE store_id = @storeId AND number = @number AND kind = 'document'
        """;

    /// <summary>Writes a correction of a document.</summary>
    /// <param name="source">What it is for; it is written once.</param>
    /// <param name="amount">What it takes from the document.</param>
    public static async Task CorrectAsync(
        Tx tx, Store store, BilledPayout document, string cause, string source, NetAndVat amount, DateTimeOffset now)
    {
        await IssueAsync(
            tx, store,
            new NewBill(
                store.Id, "correction", cause, source, document.PayoutId, document.AmbassadorId, document.Number, document.Currency, amount.NetMinor, amount.VatMinor,
                document.VatCase, document.VatRateBp, document.MerchantId, document.PayeeId, now, store.LocalDay(now)));
        await tx.DoAsync(Correct, new { storeId = store.Id, number = document.Number, netMinor = amount.NetMinor, vatMinor = amount.VatMinor });
    }

    private const string TakeNumber = "UPDATE self_bill_counters SET last_number = last_number + 1 WHERE store_id = @storeId";

    private const string ReadNumber = "SELECT last_number FROM self_bill_counters WHERE store_id = @storeId";

    private const string Insert =
        """
        INSERT INTO self_bills (store_id, number, kind, cause, source, payout_id, ambassador_id, corrects_number, currency, net_minor, vat_minor, vat_case,
            vat_rate_bp, corrected_net_minor, corrected_vat_minor, merchant_id, payee_id, issued_at, issued_day)
        VALUES (@StoreId, @Number, @Kind, @Cause, @Source, @PayoutId, @AmbassadorId, @CorrectsNumber, @Currency, @NetMinor, @VatMinor, @VatCase,
            @VatRateBp, 0, 0, @MerchantId, @PayeeId, @IssuedAt, @IssuedDay)
        """;

    // The row of the counter is held from here to the commit: a number that was taken and not used does not exist.
    private static async Task IssueAsync(Tx tx, Store store, NewBill bill)
    {
        var counted = await tx.DoAsync(TakeNumber, new { storeId = store.Id });
        if (counted != 1)
        {
            throw new UnreachableException($"Store {store.Id} has no counter of documents, and a payout that needs one.");
        }

        var number = await tx.OneAsync<long>(ReadNumber, new { storeId = store.Id });
        await tx.DoAsync(Insert, bill with { Number = number });
    }

    private sealed record NewBill(
        string StoreId, string Kind, string Cause, string Source, string PayoutId, string AmbassadorId, long? CorrectsNumber, string Currency, long NetMinor,
        long VatMinor, string VatCase, long VatRateBp, string MerchantId, string PayeeId, DateTimeOffset IssuedAt, long IssuedDay, long Number = 0);

    // By properties, not by position: SQLite has no type for a summed column when there is no row.
    private sealed record OpenRow
    {
        public long Number { get; init; }

        public long NetMinor { get; init; }

        public long VatMinor { get; init; }
    }

    // By properties: as above.
    private sealed record SumRow
    {
        public long NetMinor { get; init; }

        public long VatMinor { get; init; }

        public NetAndVat Sum => new(NetMinor, VatMinor);
    }
}

/// <summary>A document, as a correction of it needs it.</summary>
/// <param name="CorrectedNetMinor">What corrections have taken from it so far.</param>
internal sealed record BilledPayout(
    long Number, string PayoutId, string AmbassadorId, string Currency, long NetMinor, long VatMinor, string VatCase, long VatRateBp, long CorrectedNetMinor,
    long CorrectedVatMinor, string MerchantId, string PayeeId)
{
    /// <summary>The columns in the order of the record.</summary>
    public const string Columns =
        """
        SELECT d.number, d.payout_id, d.ambassador_id, d.currency, d.net_minor, d.vat_minor, d.vat_case, d.vat_rate_bp, d.corrected_net_minor,
            d.corrected_vat_minor, d.merchant_id, d.payee_id
        FROM self_bills d
        """;

    /// <summary>What corrections have left of it.</summary>
    public NetAndVat Left => new(NetMinor - CorrectedNetMinor, VatMinor - CorrectedVatMinor);
}
