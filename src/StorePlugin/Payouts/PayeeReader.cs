// Reads the balances that may be paid, with all that is known of each payee.
using StorePlugin.Data;
using StorePlugin.Payouts.SelfBilling;
using StorePlugin.Stores;
using StorePlugin.Webhooks;

namespace StorePlugin.Payouts;

internal sealed class PayeeReader(Db db)
{
    // Ambassadors who have never earned fill no more of a preview than this.
    private const long WithoutBalanceMax = 1000;

    // Names are asked for in pieces: SQL Server takes no more than 2100 parameters.
    private const int NamesAtOnceMax = 1000;

    // The newest movement of a balance has the greatest id. One person may be an ambassador of several campaigns, and is paid to one
    // destination then. A method that was named goes before a Stripe account: whoever wants Stripe again takes the method back. An
    // account that was not made here and never read says nothing: Stripe's refusal decides.
    private const string Balances =
        """
        SELECT b.ambassador_id, b.currency, b.amount_minor, a.state, a.stripe_account, a.payouts_from, a.payouts_from_why, m.id AS method_id,
            m.kind AS method_kind, f.methods, p.id AS open_payout_id, c.state AS campaign_state, t.booked_at AS moved_at, s.due AS account_due,
            CASE WHEN s.read_at IS NOT NULL OR s.made_here = 1 THEN s.state END AS account_state, q.account_id AS own_account,
            (SELECT MAX(g.state) FROM payout_changes g
                WHERE g.store_id = b.store_id AND g.ambassador_id = b.ambassador_id AND g.state IN ('asked', 'refused', 'revoked')) AS open_change,
            (SELECT COALESCE(SUM(r.amount_minor), 0) FROM balances r
                WHERE r.store_id = b.store_id AND r.ambassador_id = b.ambassador_id AND r.account = 'review' AND r.currency = b.currency) AS review_minor,
            (SELECT CAST(COUNT(*) AS bigint) FROM exemptions x
                WHERE x.store_id = b.store_id AND x.ambassador_id = b.ambassador_id AND x.[rule] = 'F2'
                    AND x.from_at <= @now AND x.until_at > @now AND x.ended_at IS NULL) AS exempt,
            (SELECT CAST(COUNT(*) AS bigint) FROM ambassadors o
                WHERE o.store_id = a.store_id AND o.stripe_account = a.stripe_account AND o.person_hash <> a.person_hash) AS sharing_account,
            (SELECT CAST(COUNT(*) AS bigint) FROM payout_methods n
                JOIN ambassadors o ON o.store_id = n.store_id AND o.id = n.ambassador_id
                WHERE n.store_id = m.store_id AND n.details_hash = m.details_hash AND n.ended_at IS NULL AND o.person_hash <> a.person_hash) AS sharing_method
        FROM balances b
        LEFT JOIN ambassadors a ON a.store_id = b.store_id AND a.id = b.ambassador_id
        LEFT JOIN campaigns c ON c.store_id = a.store_id AND c.id = a.campaign_id
        LEFT JOIN payout_settings f ON f.store_id = b.store_id
        LEFT JOIN payout_methods m ON m.store_id = b.store_id AND m.ambassador_id = b.ambassador_id AND m.ended_at IS NULL
        LEFT JOIN payee_accounts s ON s.store_id = a.store_id AND s.account_id = a.stripe_account
        LEFT JOIN stripe_accounts q ON q.store_id = b.store_id
        LEFT JOIN payouts p ON p.store_id = b.store_id AND p.ambassador_id = b.ambassador_id AND p.currency = b.currency
            AND p.state IN ('approved', 'sending', 'unknown')
        LEFT JOIN ledger_transactions t ON t.store_id = b.store_id AND t.id = (SELECT MAX(e.transaction_id) FROM ledger_entries e
            WHERE e.store_id = b.store_id AND e.ambassador_id = b.ambassador_id AND e.account = 'approved' AND e.currency = b.currency)
        WHERE b.store_id = @storeId AND b.account = 'approved' AND b.ambassador_id <> ''
        """;

    private const string BalancesInOrder = Balances +
        """
         ORDER BY CASE WHEN b.amount_minor > 0 AND a.state IN ('approved', 'ended') AND (a.stripe_account IS NOT NULL OR m.id IS NOT NULL) AND p.id IS NULL
                THEN 0 ELSE 1 END,
            b.amount_minor DESC, b.ambassador_id, b.currency
        """;

    /// <summary>Who can be paid comes first, and the largest balances before the others; sorted by ambassador and currency.</summary>
    public async Task<IReadOnlyList<Payee>> ReadAsync(Store store, DateTimeOffset now, long max, CancellationToken cancel)
    {
        var bills = await BillTermsOfPayees.ReadAsync(db, store, cancel);
        return
        [
            .. (await db.ManyAsync<Row>($"{BalancesInOrder} {db.Page}", new { storeId = store.Id, now, take = max }, cancel))
                .OrderBy(row => row.AmbassadorId, StringComparer.Ordinal).ThenBy(row => row.Currency, StringComparer.Ordinal)
                .Select(row => row.PayeeOf(store, now, bills)),
        ];
    }

    // Writes nothing new, but holds the rows until the commit: whoever else would move these balances waits.
    private const string HoldBalances =
        """
        UPDATE balances SET amount_minor = amount_minor
        WHERE store_id = @storeId AND ambassador_id IN @ids AND account = 'approved'
        """;

    private const string SomeBalances = Balances + " AND b.ambassador_id IN @ids";

    /// <summary>
    /// These payees as of now, by ambassador and currency; nobody else moves their balances until the transaction ends. Who has no
    /// balance is not among them. What clawbacks have taken from documents of theirs is corrected first, since their VAT follows from it.
    /// </summary>
    public static async Task<IReadOnlyDictionary<(string AmbassadorId, string Currency), Payee>> HoldAsync(
        Tx tx, Store store, IReadOnlyCollection<string> ids, DateTimeOffset now)
    {
        var args = new { storeId = store.Id, ids, now };
        await tx.DoAsync(HoldBalances, args);
        await Clawbacks.CorrectAsync(tx, store, ids, now);
        var bills = await BillTermsOfPayees.ReadAsync(tx, store, ids);
        return (await tx.ManyAsync<Row>(SomeBalances, args)).ToDictionary(row => (row.AmbassadorId, row.Currency), row => row.PayeeOf(store, now, bills));
    }

    private const string WithoutBalance =
        """
        SELECT a.id FROM ambassadors a
        WHERE a.store_id = @storeId AND NOT EXISTS (
            SELECT 1 FROM balances b WHERE b.store_id = a.store_id AND b.ambassador_id = a.id AND b.account = 'approved')
        ORDER BY a.id
        """;

    /// <summary>Those whom nothing was ever approved for.</summary>
    public Task<IReadOnlyList<string>> WithoutBalanceAsync(Store store, CancellationToken cancel) =>
        db.ManyAsync<string>($"{WithoutBalance} {db.Page}", new { storeId = store.Id, take = WithoutBalanceMax }, cancel);

    private const string ReadNames = "SELECT id, name FROM ambassadors WHERE store_id = @storeId AND id IN @ids";

    public async Task<IReadOnlyDictionary<string, string>> NamesAsync(Store store, IEnumerable<string> ambassadorIds, CancellationToken cancel)
    {
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var ids in ambassadorIds.Distinct(StringComparer.Ordinal).Chunk(NamesAtOnceMax))
        {
            foreach (var row in await db.ManyAsync<NameRow>(ReadNames, new { storeId = store.Id, ids }, cancel))
            {
                names[row.Id] = row.Name;
            }
        }

        return names;
    }

    private sealed record NameRow(string Id, string Name);

    // By properties, not by position: SQLite has no type for a counted column when there is no row.
    private sealed record Row
    {
        public string AmbassadorId { get; init; } = "";

        public string Currency { get; init; } = "";

        public long AmountMinor { get; init; }

        public string? State { get; init; }

        public string? StripeAccount { get; init; }

        public DateTimeOffset? PayoutsFrom { get; init; }

        public string? PayoutsFromWhy { get; init; }

        public string? MethodId { get; init; }

        public string? MethodKind { get; init; }

        /// <summary>What the merchant allows, parted by commas.</summary>
        public string? Methods { get; init; }

        public string? OpenPayoutId { get; init; }

        public string? CampaignState { get; init; }

        /// <summary>What the changes of their destination wait for; of several the last in the alphabet, which is the gravest.</summary>
        public string? OpenChange { get; init; }

        public DateTimeOffset? MovedAt { get; init; }

        public string? AccountState { get; init; }

        public string? AccountDue { get; init; }

        /// <summary>The merchant's own account at Stripe.</summary>
        public string? OwnAccount { get; init; }

        public long ReviewMinor { get; init; }

        public long Exempt { get; init; }

        public long SharingAccount { get; init; }

        public long SharingMethod { get; init; }

        public Payee PayeeOf(Store store, DateTimeOffset now, BillTermsOfPayees bills) => new(
            AmbassadorId, new Money(AmountMinor, Webhooks.Currency.Parse(Currency)), State, Destination, OpenPayoutId,
            MinimumWaiver.Of(store, State, CampaignState, MovedAt, now), WaitAt(store, now), ReviewMinor, bills.Find(AmbassadorId), bills.OpenOf(AmbassadorId, Currency));

        private bool IsMethodAllowed => MethodKind is not null && PayoutProvider.Allows(Methods, MethodKind);

        private PayoutDestination? Destination =>
            MethodId is not null && (IsMethodAllowed || string.IsNullOrWhiteSpace(StripeAccount)) ? new PayoutDestination(PayoutProvider.Of(MethodKind!), MethodId)
            : string.IsNullOrWhiteSpace(StripeAccount) ? null
            : new PayoutDestination(PayoutProvider.Stripe, StripeAccount);

        private PayeeWait? WaitAt(Store store, DateTimeOffset now)
        {
            if (OpenChange is PayoutChangeState.Refused or PayoutChangeState.Revoked)
            {
                return new PayeeWait.Refused(OpenChange == PayoutChangeState.Revoked);
            }

            if (PayoutsFrom > now)
            {
                return new PayeeWait.Held(PayoutsFrom.Value, PayoutsFromWhy ?? "Where their money goes was changed", OpenChange is not null);
            }

            if (OpenChange is not null)
            {
                return new PayeeWait.Unconfirmed();
            }

            if (Destination is { Provider: not PayoutProvider.Stripe } way)
            {
                return !IsMethodAllowed ? new PayeeWait.NotAllowed()
                    : PayoutProvider.IsInStore(way.Provider) ? (Currency == store.Currency ? null : new PayeeWait.OtherCurrency())
                    : SharingMethod > 0 && Exempt == 0 ? new PayeeWait.Shared()
                    : null;
            }

            if (OwnAccount is not null && OwnAccount == StripeAccount)
            {
                return new PayeeWait.Merchants();
            }

            // A transfer needs no bank: where that is missing the money waits in the payee's balance at Stripe.
            return AccountState is { } state and not ("ready" or "no_bank") ? new PayeeWait.NotReady(state, AccountDue)
                : SharingAccount > 0 && Exempt == 0 ? new PayeeWait.Shared()
                : null;
        }
    }
}
