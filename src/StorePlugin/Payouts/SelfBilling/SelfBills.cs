// Reads the documents that were issued: lists, and one with its parties.
using StorePlugin.Data;
using StorePlugin.Stores;
using StorePlugin.Webhooks;

namespace StorePlugin.Payouts.SelfBilling;

/// <summary>A document or a correction, as a row. Amounts of a correction are what it takes away.</summary>
/// <param name="NumberPrefix">As it was when the document was issued.</param>
/// <param name="IssuedDay">yyyymmdd in the store's time zone.</param>
/// <param name="CorrectsPrefix">Of the number of the document that a correction corrects.</param>
internal sealed record SelfBill(
    long Number, string NumberPrefix, string Kind, string Cause, string Source, string PayoutId, string AmbassadorId, long? CorrectsNumber, string? CorrectsPrefix,
    string Currency, long NetMinor, long VatMinor, string VatCase, long VatRateBp, string MerchantId, string PayeeId, DateTimeOffset IssuedAt, long IssuedDay)
{
    public bool IsCorrection => Kind == "correction";

    public Money Net => new(NetMinor, Webhooks.Currency.Parse(Currency));

    public Money VatAmount => Net with { Minor = VatMinor };

    public Money Gross => Net + VatAmount;

    /// <summary>As it stands on paper.</summary>
    public string ShownNumber => ShownOf(NumberPrefix, Number);

    public string? ShownCorrected => CorrectsNumber is { } number ? ShownOf(CorrectsPrefix ?? "", number) : null;

    private static string ShownOf(string prefix, long number) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{prefix}{number}");
}

internal sealed class SelfBills(Db db)
{
    private const string Columns =
        """
        SELECT b.number, m.number_prefix, b.kind, b.cause, b.source, b.payout_id, b.ambassador_id, b.corrects_number, n.number_prefix AS corrects_prefix,
            b.currency, b.net_minor, b.vat_minor, b.vat_case, b.vat_rate_bp, b.merchant_id, b.payee_id, b.issued_at, b.issued_day
        FROM self_bills b
        JOIN self_bill_parties m ON m.store_id = b.store_id AND m.id = b.merchant_id
        LEFT JOIN self_bills d ON d.store_id = b.store_id AND d.number = b.corrects_number
        LEFT JOIN self_bill_parties n ON n.store_id = d.store_id AND n.id = d.merchant_id
        WHERE b.store_id = @storeId
        """;

    private const string ReadAll = Columns + " AND b.number > @after ORDER BY b.number ";

    private const string ReadOfOne = Columns + " AND b.ambassador_id = @ambassadorId AND b.number > @after ORDER BY b.number ";

    private const string ReadNewest = Columns + " AND b.ambassador_id = @ambassadorId ORDER BY b.number DESC ";

    private const string ReadNumber = Columns + " AND b.number = @number";

    /// <summary>Documents in the order of their numbers, beyond the one named.</summary>
    /// <param name="ambassadorId">Only those of one payee; null for all.</param>
    public Task<IReadOnlyList<SelfBill>> ListAsync(Store store, string? ambassadorId, long after, long take, CancellationToken cancel) =>
        db.ManyAsync<SelfBill>((ambassadorId is null ? ReadAll : ReadOfOne) + db.Page, new { storeId = store.Id, ambassadorId, after, take }, cancel);

    /// <summary>The newest of one payee, newest first.</summary>
    public Task<IReadOnlyList<SelfBill>> NewestAsync(Store store, string ambassadorId, long take, CancellationToken cancel) =>
        db.ManyAsync<SelfBill>(ReadNewest + db.Page, new { storeId = store.Id, ambassadorId, take }, cancel);

    /// <summary>One of the store's; null where there is none of this number.</summary>
    public Task<SelfBill?> FindAsync(Store store, long number, CancellationToken cancel) =>
        db.OneAsync<SelfBill>(ReadNumber, new { storeId = store.Id, number }, cancel);
}
