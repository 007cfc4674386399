// Under what terms a payee's next payout is billed: what both sides have agreed, and what earlier corrections have left to settle.
using StorePlugin.Data;
using StorePlugin.Stores;
using StorePlugin.Webhooks;

namespace StorePlugin.Payouts.SelfBilling;

/// <summary>What a payout's document will say, frozen with the payout when its money is reserved.</summary>
/// <param name="VatCase">One of <see cref="SelfBilling.VatCase"/>.</param>
/// <param name="RateBp">In basis points; 0 where the case adds no VAT.</param>
/// <param name="MerchantId">The row of the merchant's particulars.</param>
/// <param name="PayeeId">The row of the payee's.</param>
/// <param name="Unfit">Why the case cannot be applied as things are, as a sentence; null when it can.</param>
internal sealed record BillTerms(string VatCase, long RateBp, string MerchantId, string PayeeId, string? Unfit)
{
    /// <summary>
    /// The VAT that is sent with a net amount. The net is what clawbacks have left, while their corrections have lessened documents that
    /// were paid in full: so the document is for both, and the VAT that was paid too much is kept back. It may be below zero.
    /// </summary>
    /// <param name="open">What of corrections nothing has settled yet, in the currency of <paramref name="net"/>.</param>
    public Money VatOn(Money net, NetAndVat open) =>
        net with { Minor = Vat.Of(net.Minor + open.NetMinor, VatCase, RateBp) - open.VatMinor };
}

/// <summary>The terms of some payees, and what is open of each in each currency.</summary>
internal sealed class BillTermsOfPayees(IReadOnlyDictionary<string, BillTerms> terms, IReadOnlyDictionary<(string AmbassadorId, string Currency), NetAndVat> open)
{
    private const string ReadTerms =
        """
        SELECT x.ambassador_id, x.vat_case, x.party_id AS payee_id, p.country AS payee_country, f.party_id AS merchant_id, m.country AS merchant_country,
            f.domestic_rate_bp
        FROM self_billing_settings f
        JOIN self_bill_parties m ON m.store_id = f.store_id AND m.id = f.party_id
        JOIN payee_tax x ON x.store_id = f.store_id AND x.agreed_at IS NOT NULL
        JOIN self_bill_parties p ON p.store_id = x.store_id AND p.id = x.party_id
        WHERE f.store_id = @storeId
        """;

    private const string ReadOpen =
        """
        SELECT y.ambassador_id, y.currency, COALESCE(SUM(y.net_minor), 0) AS net_minor, COALESCE(SUM(y.vat_minor), 0) AS vat_minor
        FROM (SELECT c.ambassador_id, c.currency, c.net_minor, c.vat_minor
                FROM self_bills c WHERE c.store_id = @storeId AND c.cause = 'clawback'
            UNION ALL
            SELECT c.ambassador_id, c.currency, -s.net_minor, -s.vat_minor
                FROM self_bill_settlements s
                JOIN self_bills c ON c.store_id = s.store_id AND c.number = s.number
                WHERE s.store_id = @storeId) y
        GROUP BY y.ambassador_id, y.currency
        """;

    private const string ReadTermsOfSome = ReadTerms + " AND x.ambassador_id IN @ids";

    private const string ReadOpenOfSome =
        """
        SELECT y.ambassador_id, y.currency, COALESCE(SUM(y.net_minor), 0) AS net_minor, COALESCE(SUM(y.vat_minor), 0) AS vat_minor
        FROM (SELECT c.ambassador_id, c.currency, c.net_minor, c.vat_minor
                FROM self_bills c WHERE c.store_id = @storeId AND c.ambassador_id IN @ids AND c.cause = 'clawback'
            UNION ALL
            SELECT c.ambassador_id, c.currency, -s.net_minor, -s.vat_minor
                FROM self_bills c
                JOIN self_bill_settlements s ON s.store_id = c.store_id AND s.number = c.number
                WHERE c.store_id = @storeId AND c.ambassador_id IN @ids) y
        GROUP BY y.ambassador_id, y.currency
        """;

    /// <summary>Of all who have agreed.</summary>
    public static async Task<BillTermsOfPayees> ReadAsync(Db db, Store store, CancellationToken cancel)
    {
        var args = new { storeId = store.Id };
        return Of(await db.ManyAsync<TermsRow>(ReadTerms, args, cancel), await db.ManyAsync<OpenRow>(ReadOpen, args, cancel));
    }

    /// <summary>Of some, as the transaction sees them.</summary>
    public static async Task<BillTermsOfPayees> ReadAsync(Tx tx, Store store, IReadOnlyCollection<string> ids)
    {
        var args = new { storeId = store.Id, ids };
        return Of(await tx.ManyAsync<TermsRow>(ReadTermsOfSome, args), await tx.ManyAsync<OpenRow>(ReadOpenOfSome, args));
    }

    /// <summary>The terms of a payee; null where not both sides have agreed.</summary>
    public BillTerms? Find(string ambassadorId) => terms.GetValueOrDefault(ambassadorId);

    /// <summary>What of a payee's corrections nothing has settled yet, in minor units of a currency.</summary>
    public NetAndVat OpenOf(string ambassadorId, string currency) => open.GetValueOrDefault((ambassadorId, currency));

    private static BillTermsOfPayees Of(IReadOnlyList<TermsRow> terms, IReadOnlyList<OpenRow> open) => new(
        terms.ToDictionary(row => row.AmbassadorId, row => row.Terms, StringComparer.Ordinal),
        open.ToDictionary(row => (row.AmbassadorId, row.Currency), row => new NetAndVat(row.NetMinor, row.VatMinor)));

    private sealed record TermsRow(
        string AmbassadorId, string VatCase, string PayeeId, string PayeeCountry, string MerchantId, string MerchantCountry, long DomesticRateBp)
    {
        public BillTerms Terms => new(
            VatCase, VatCase == SelfBilling.VatCase.Domestic ? DomesticRateBp : 0, MerchantId, PayeeId,
            SelfBilling.VatCase.Unfit(VatCase, PayeeCountry, MerchantCountry));
    }

    // By properties, not by position: SQLite has no type for a summed column when there is no row.
    private sealed record OpenRow
    {
        public string AmbassadorId { get; init; } = "";

        public string Currency { get; init; } = "";

        public long NetMinor { get; init; }

        public long VatMinor { get; init; }
    }
}
