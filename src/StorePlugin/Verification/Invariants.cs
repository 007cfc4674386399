// The invariants of the database, each a query for the rows that break it.
using System.Collections.Immutable;
using System.Globalization;

namespace StorePlugin.Verification;

/// <summary>
/// A row that breaks an invariant. It has setters, since SQLite gives computed columns a type only with the first row,
/// and there is seldom one.
/// </summary>
internal sealed record Offence
{
    public string StoreId { get; init; } = "";

    public string Subject { get; init; } = "";

    /// <summary>What else names the row, such as an account; may be empty.</summary>
    public string Detail { get; init; } = "";

    public string Currency { get; init; } = "";

    /// <summary>What the figure should be, in minor units or as a count.</summary>
    public long Expected { get; init; }

    public long Actual { get; init; }
}

/// <summary>One invariant.</summary>
/// <param name="Sql">Returns the columns of <see cref="Offence"/>, of the store <c>@storeId</c> or of all; without an order.</param>
/// <param name="Say">What is wrong with a row, in words.</param>
internal sealed record Invariant(string Name, string Sql, Func<Offence, string> Say);

/// <summary>
/// Every check of the verb <c>verify</c> but the comparison of receipts and of frozen requests, which need more than SQL.
/// They read the tables as they are and share nothing with the code that writes them. Joins compare columns of one collation only, since SQL
/// Server refuses others.
/// </summary>
internal static class Invariants
{
    public const string ReceiptAgrees = "receipt-agrees";
    public const string PayoutAttemptAgrees = "payout-attempt-agrees";

    private const string EntriesTooFew =
        """
        SELECT t.store_id, t.id AS subject, '' AS detail, '' AS currency, CAST(2 AS bigint) AS expected, CAST(COUNT(e.position) AS bigint) AS actual
        FROM ledger_transactions t
        LEFT JOIN ledger_entries e ON e.store_id = t.store_id AND e.transaction_id = t.id
        WHERE (@storeId IS NULL OR t.store_id = @storeId)
        GROUP BY t.store_id, t.id
        HAVING COUNT(e.position) < 2
        """;

    private const string NotZero =
        """
        SELECT e.store_id, e.transaction_id AS subject, '' AS detail, '' AS currency, CAST(0 AS bigint) AS expected, SUM(e.amount_minor) AS actual
        FROM ledger_entries e
        WHERE (@storeId IS NULL OR e.store_id = @storeId)
        GROUP BY e.store_id, e.transaction_id
        HAVING SUM(e.amount_minor) <> 0
        """;

    private const string CurrencyMixed =
        """
        SELECT e.store_id, e.transaction_id AS subject, e.currency AS detail, t.currency, CAST(0 AS bigint) AS expected, e.amount_minor AS actual
        FROM ledger_entries e
        JOIN ledger_transactions t ON t.store_id = e.store_id AND t.id = e.transaction_id
        WHERE (@storeId IS NULL OR e.store_id = @storeId) AND e.currency <> t.currency
        """;

    private const string PostedTwice =
        """
        SELECT t.store_id, t.source AS subject, t.kind AS detail, '' AS currency, CAST(1 AS bigint) AS expected, CAST(COUNT(*) AS bigint) AS actual
        FROM ledger_transactions t
        WHERE (@storeId IS NULL OR t.store_id = @storeId)
        GROUP BY t.store_id, t.kind, t.source
        HAVING COUNT(*) > 1
        """;

    // The merchant's accounts carry no ambassador, and an ambassador's accounts always carry one (rule H7).
    private const string EntryAccount =
        """
        SELECT e.store_id, e.transaction_id AS subject, e.account AS detail, e.currency, CAST(0 AS bigint) AS expected, e.amount_minor AS actual
        FROM ledger_entries e
        WHERE (@storeId IS NULL OR e.store_id = @storeId)
            AND ((e.account IN ('expense', 'written_off', 'vat') AND e.ambassador_id <> '')
                OR (e.account IN ('held', 'review', 'approved', 'in_payout', 'paid') AND e.ambassador_id = '')
                OR e.account NOT IN ('held', 'review', 'approved', 'in_payout', 'paid', 'expense', 'written_off', 'vat'))
        """;

    private const string EntryAmbassador =
        """
        SELECT e.store_id, e.transaction_id AS subject, e.ambassador_id AS detail, e.currency, CAST(0 AS bigint) AS expected, e.amount_minor AS actual
        FROM ledger_entries e
        WHERE (@storeId IS NULL OR e.store_id = @storeId) AND e.ambassador_id <> ''
            AND NOT EXISTS (SELECT 1 FROM ambassadors a WHERE a.store_id = e.store_id AND a.id = e.ambassador_id)
        """;

    private const string BalanceMissing =
        """
        SELECT e.store_id, e.ambassador_id AS subject, e.account AS detail, e.currency, SUM(e.amount_minor) AS expected, CAST(0 AS bigint) AS actual
        FROM ledger_entries e
        WHERE (@storeId IS NULL OR e.store_id = @storeId)
            AND NOT EXISTS (SELECT 1 FROM balances b
                WHERE b.store_id = e.store_id AND b.ambassador_id = e.ambassador_id AND b.account = e.account AND b.currency = e.currency)
        GROUP BY e.store_id, e.ambassador_id, e.account, e.currency
        """;

    private const string BalanceSuperfluous =
        """
        SELECT b.store_id, b.ambassador_id AS subject, b.account AS detail, b.currency, CAST(0 AS bigint) AS expected, b.amount_minor AS actual
        FROM balances b
        WHERE (@storeId IS NULL OR b.store_id = @storeId)
            AND NOT EXISTS (SELECT 1 FROM ledger_entries e
                WHERE e.store_id = b.store_id AND e.ambassador_id = b.ambassador_id AND e.account = b.account AND e.currency = b.currency)
        """;

    private const string BalanceWrong =
        """
        SELECT b.store_id, b.ambassador_id AS subject, b.account AS detail, b.currency, s.total AS expected, b.amount_minor AS actual
        FROM balances b
        JOIN (SELECT e.store_id, e.ambassador_id, e.account, e.currency, SUM(e.amount_minor) AS total
            FROM ledger_entries e
            WHERE (@storeId IS NULL OR e.store_id = @storeId)
            GROUP BY e.store_id, e.ambassador_id, e.account, e.currency) s
            ON s.store_id = b.store_id AND s.ambassador_id = b.ambassador_id AND s.account = b.account AND s.currency = b.currency
        WHERE b.amount_minor <> s.total
        """;

    private const string DayFigures =
        """
        SELECT x.store_id, x.campaign_id AS subject, CAST(x.local_day AS varchar(10)) AS detail, x.currency, SUM(x.expected) AS expected, SUM(x.actual) AS actual
        FROM (
            SELECT d.store_id, d.campaign_id, d.local_day, d.currency, CAST(0 AS bigint) AS orders, CAST(0 AS bigint) AS expected, CAST(0 AS bigint) AS commission,
                CAST(0 AS bigint) AS new_customers, d.orders AS day_orders, d.net_minor AS actual, d.commission_minor AS day_commission, d.new_customers AS day_new
            FROM order_days d WHERE (@storeId IS NULL OR d.store_id = @storeId)
            UNION ALL
            SELECT o.store_id, o.campaign_id, o.local_day, o.currency, 1, o.net_minor, o.commission_minor, CASE WHEN o.customer_kind = 'new' THEN 1 ELSE 0 END, 0, 0, 0, 0
            FROM orders o
            WHERE (@storeId IS NULL OR o.store_id = @storeId) AND o.ambassador_id IS NOT NULL AND o.campaign_id IS NOT NULL AND o.currency IS NOT NULL
                AND o.local_day IS NOT NULL AND o.state IN ('held', 'review', 'approved', 'in_payout', 'paid', 'reversed', 'disputed')) x
        GROUP BY x.store_id, x.campaign_id, x.local_day, x.currency
        HAVING SUM(x.orders) <> SUM(x.day_orders) OR SUM(x.expected) <> SUM(x.actual) OR SUM(x.commission) <> SUM(x.day_commission)
            OR SUM(x.new_customers) <> SUM(x.day_new)
        """;

    // A payout moves an ambassador's money without naming orders, so what an order earned stays the sum of its entries.
    private const string OrderCommission =
        """
        SELECT o.store_id, o.order_id AS subject, '' AS detail, COALESCE(o.currency, '') AS currency,
            o.commission_minor AS expected, COALESCE(s.total, 0) AS actual
        FROM orders o
        LEFT JOIN (SELECT e.store_id, e.order_id, SUM(e.amount_minor) AS total
            FROM ledger_entries e
            WHERE (@storeId IS NULL OR e.store_id = @storeId) AND e.order_id IS NOT NULL
                AND e.account IN ('held', 'review', 'approved', 'in_payout', 'paid')
            GROUP BY e.store_id, e.order_id) s ON s.store_id = o.store_id AND s.order_id = o.order_id
        WHERE (@storeId IS NULL OR o.store_id = @storeId) AND o.commission_minor <> COALESCE(s.total, 0)
        """;

    private const string OrderCurrency =
        """
        SELECT e.store_id, o.order_id AS subject, e.currency AS detail, COALESCE(o.currency, '') AS currency,
            CAST(0 AS bigint) AS expected, SUM(e.amount_minor) AS actual
        FROM ledger_entries e
        JOIN orders o ON o.store_id = e.store_id AND o.order_id = e.order_id
        WHERE (@storeId IS NULL OR e.store_id = @storeId) AND e.account <> 'expense' AND COALESCE(o.currency, '') <> e.currency
        GROUP BY e.store_id, o.order_id, e.currency, o.currency
        """;

    // Whoever an order no longer counts for has had it taken back whole.
    private const string OrderAmbassador =
        """
        SELECT e.store_id, o.order_id AS subject, e.ambassador_id AS detail, e.currency, CAST(0 AS bigint) AS expected, SUM(e.amount_minor) AS actual
        FROM ledger_entries e
        JOIN orders o ON o.store_id = e.store_id AND o.order_id = e.order_id
        WHERE (@storeId IS NULL OR e.store_id = @storeId) AND e.ambassador_id <> '' AND e.ambassador_id <> COALESCE(o.ambassador_id, '')
        GROUP BY e.store_id, o.order_id, e.ambassador_id, e.currency
        HAVING SUM(e.amount_minor) <> 0
        """;

    // An order's commission lies on the account of its state and on no other (section 4 of the rules).
    private const string OrderAccount =
        """
        SELECT e.store_id, o.order_id AS subject, e.account AS detail, e.currency, CAST(0 AS bigint) AS expected, SUM(e.amount_minor) AS actual
        FROM ledger_entries e
        JOIN orders o ON o.store_id = e.store_id AND o.order_id = e.order_id
        WHERE (@storeId IS NULL OR e.store_id = @storeId) AND e.account IN ('held', 'review', 'approved')
            AND NOT (e.account = 'held' AND o.state = 'held')
            AND NOT (e.account = 'review' AND o.state IN ('review', 'disputed'))
            AND NOT (e.account = 'approved' AND o.state IN ('approved', 'in_payout', 'paid'))
        GROUP BY e.store_id, o.order_id, e.account, e.currency
        HAVING SUM(e.amount_minor) <> 0
        """;

    private const string OrderVersion =
        """
        SELECT o.store_id, o.order_id AS subject, o.version_hash AS detail, '' AS currency, CAST(1 AS bigint) AS expected, CAST(0 AS bigint) AS actual
        FROM orders o
        WHERE (@storeId IS NULL OR o.store_id = @storeId) AND o.version_hash IS NOT NULL
            AND NOT EXISTS (SELECT 1 FROM order_versions v
                WHERE v.store_id = o.store_id AND v.order_id = o.order_id AND v.updated_at = o.version_updated_at AND v.content_hash = o.version_hash)
        """;

    private const string OrderPayout =
        """
        SELECT o.store_id, o.order_id AS subject, COALESCE(o.payout_id, '') AS detail, '' AS currency, CAST(1 AS bigint) AS expected, CAST(0 AS bigint) AS actual
        FROM orders o
        WHERE (@storeId IS NULL OR o.store_id = @storeId) AND o.state IN ('in_payout', 'paid')
            AND NOT EXISTS (SELECT 1 FROM payouts p WHERE p.store_id = o.store_id AND p.id = o.payout_id AND p.ambassador_id = o.ambassador_id)
        """;

    private const string ReceiptMissing =
        """
        SELECT o.store_id, o.order_id AS subject, o.state AS detail, '' AS currency, CAST(1 AS bigint) AS expected, CAST(0 AS bigint) AS actual
        FROM orders o
        WHERE (@storeId IS NULL OR o.store_id = @storeId) AND o.state <> 'parked'
            AND NOT EXISTS (SELECT 1 FROM receipts r WHERE r.store_id = o.store_id AND r.order_id = o.order_id)
        """;

    private const string ReceiptTwice =
        """
        SELECT r.store_id, r.order_id AS subject, '' AS detail, '' AS currency, CAST(1 AS bigint) AS expected, CAST(COUNT(*) AS bigint) AS actual
        FROM receipts r
        WHERE (@storeId IS NULL OR r.store_id = @storeId)
        GROUP BY r.store_id, r.order_id
        HAVING COUNT(*) > 1
        """;

    private const string ReceiptSuperfluous =
        """
        SELECT r.store_id, r.order_id AS subject, '' AS detail, '' AS currency, CAST(0 AS bigint) AS expected, CAST(1 AS bigint) AS actual
        FROM receipts r
        WHERE (@storeId IS NULL OR r.store_id = @storeId)
            AND NOT EXISTS (SELECT 1 FROM orders o WHERE o.store_id = r.store_id AND o.order_id = r.order_id AND o.state <> 'parked')
        """;

    private const string DeliveryState =
        """
        SELECT d.store_id, d.id AS subject, d.state AS detail, '' AS currency, CAST(0 AS bigint) AS expected, d.attempts AS actual
        FROM deliveries d
        WHERE (@storeId IS NULL OR d.store_id = @storeId)
            AND (d.state NOT IN ('pending', 'done', 'dead')
                OR (d.state = 'pending' AND d.done_at IS NOT NULL)
                OR (d.state <> 'pending' AND (d.done_at IS NULL OR d.outcome IS NULL OR d.lease_id IS NOT NULL))
                OR (d.state = 'dead' AND d.attempts < 1)
                OR d.done_at < d.received_at)
        """;

    // Of what was acknowledged and not yet done, the raw body is all there is (rule I2).
    private const string DeliveryBody =
        """
        SELECT d.store_id, d.id AS subject, d.state AS detail, '' AS currency, CAST(1 AS bigint) AS expected, CAST(0 AS bigint) AS actual
        FROM deliveries d
        WHERE (@storeId IS NULL OR d.store_id = @storeId) AND d.state = 'pending' AND d.body IS NULL
        """;

    private const string CampaignRevision =
        """
        SELECT c.store_id, c.id AS subject, c.state AS detail, '' AS currency, CAST(1 AS bigint) AS expected, CAST(0 AS bigint) AS actual
        FROM campaigns c
        WHERE (@storeId IS NULL OR c.store_id = @storeId)
            AND NOT EXISTS (SELECT 1 FROM campaign_revisions r WHERE r.store_id = c.store_id AND r.campaign_id = c.id)
        """;

    private const string EffectState =
        """
        SELECT f.store_id, f.id AS subject, f.state AS detail, '' AS currency, CAST(0 AS bigint) AS expected, f.attempts AS actual
        FROM effects f
        WHERE (@storeId IS NULL OR f.store_id = @storeId)
            AND (f.state NOT IN ('pending', 'done', 'dead')
                OR (f.state = 'pending' AND f.done_at IS NOT NULL)
                OR (f.state <> 'pending' AND (f.done_at IS NULL OR f.outcome IS NULL OR f.lease_id IS NOT NULL))
                OR (f.state = 'dead' AND f.attempts < 1)
                OR f.done_at < f.created_at)
        """;

    private const string EffectTwice =
        """
        SELECT f.store_id, f.subject AS subject, f.kind AS detail, '' AS currency, CAST(1 AS bigint) AS expected, CAST(COUNT(*) AS bigint) AS actual
        FROM effects f
        WHERE (@storeId IS NULL OR f.store_id = @storeId)
        GROUP BY f.store_id, f.kind, f.subject
        HAVING COUNT(*) > 1
        """;

    private const string PayoutTransferTwice =
        """
        SELECT a.store_id, a.payout_id AS subject, '' AS detail, '' AS currency, CAST(1 AS bigint) AS expected, CAST(COUNT(*) AS bigint) AS actual
        FROM payout_attempts a
        WHERE (@storeId IS NULL OR a.store_id = @storeId) AND a.outcome = 'accepted'
        GROUP BY a.store_id, a.payout_id
        HAVING COUNT(*) > 1
        """;

    private const string PayoutTransfer =
        """
        SELECT p.store_id, p.id AS subject, p.state AS detail, p.currency, p.amount_minor AS expected, CAST(0 AS bigint) AS actual
        FROM payouts p
        WHERE (@storeId IS NULL OR p.store_id = @storeId)
            AND ((p.state IN ('sent', 'reversed')
                    AND (p.transfer_id IS NULL OR NOT EXISTS (SELECT 1 FROM payout_attempts a
                        WHERE a.store_id = p.store_id AND a.payout_id = p.id AND a.outcome = 'accepted' AND a.transfer_id = p.transfer_id)))
                OR (p.state NOT IN ('sent', 'reversed')
                    AND (p.transfer_id IS NOT NULL OR EXISTS (SELECT 1 FROM payout_attempts a
                        WHERE a.store_id = p.store_id AND a.payout_id = p.id AND a.outcome = 'accepted'))))
        """;

    // One transfer pays one payout. Manual ones may share a reference: a bank names a whole file by one.
    private const string PayoutTransferShared =
        """
        SELECT p.store_id, p.transfer_id AS subject, '' AS detail, '' AS currency, CAST(1 AS bigint) AS expected, CAST(COUNT(*) AS bigint) AS actual
        FROM payouts p
        WHERE (@storeId IS NULL OR p.store_id = @storeId) AND p.transfer_id IS NOT NULL AND p.provider <> 'manual'
        GROUP BY p.store_id, p.transfer_id
        HAVING COUNT(*) > 1
        """;

    private const string PayoutMode =
        """
        SELECT a.store_id, a.payout_id AS subject, a.mode AS detail, '' AS currency, a.attempt AS expected, CAST(0 AS bigint) AS actual
        FROM payout_attempts a
        JOIN payouts p ON p.store_id = a.store_id AND p.id = a.payout_id
        WHERE (@storeId IS NULL OR a.store_id = @storeId) AND a.mode <> p.mode
        """;

    // One open payout for each ambassador and currency (rule P1).
    private const string PayoutOpenTwice =
        """
        SELECT p.store_id, p.ambassador_id AS subject, '' AS detail, p.currency, CAST(1 AS bigint) AS expected, CAST(COUNT(*) AS bigint) AS actual
        FROM payouts p
        WHERE (@storeId IS NULL OR p.store_id = @storeId) AND p.state IN ('approved', 'sending', 'unknown')
        GROUP BY p.store_id, p.ambassador_id, p.currency
        HAVING COUNT(*) > 1
        """;

    // The money of every payout was reserved when it was made.
    private const string PayoutReserved =
        """
        SELECT p.store_id, p.id AS subject, p.state AS detail, p.currency, p.amount_minor AS expected, COALESCE(SUM(e.amount_minor), 0) AS actual
        FROM payouts p
        LEFT JOIN ledger_transactions t ON t.store_id = p.store_id AND t.kind = 'payout_reserved' AND t.source = p.id
        LEFT JOIN ledger_entries e ON e.store_id = t.store_id AND e.transaction_id = t.id AND e.account = 'in_payout'
            AND e.ambassador_id = p.ambassador_id AND e.currency = p.currency
        WHERE (@storeId IS NULL OR p.store_id = @storeId)
        GROUP BY p.store_id, p.id, p.state, p.currency, p.amount_minor
        HAVING COALESCE(SUM(e.amount_minor), 0) <> p.amount_minor
        """;

    // The money of a payout is on the account paid once its transfer exists, and not before.
    private const string PayoutSent =
        """
        SELECT p.store_id, p.id AS subject, p.state AS detail, p.currency,
            CASE WHEN p.state IN ('sent', 'reversed') THEN p.amount_minor ELSE 0 END AS expected, COALESCE(SUM(e.amount_minor), 0) AS actual
        FROM payouts p
        LEFT JOIN ledger_transactions t ON t.store_id = p.store_id AND t.kind = 'payout_sent' AND t.source = p.id
        LEFT JOIN ledger_entries e ON e.store_id = t.store_id AND e.transaction_id = t.id AND e.account = 'paid'
            AND e.ambassador_id = p.ambassador_id AND e.currency = p.currency
        WHERE (@storeId IS NULL OR p.store_id = @storeId)
        GROUP BY p.store_id, p.id, p.state, p.currency, p.amount_minor
        HAVING COALESCE(SUM(e.amount_minor), 0) <> CASE WHEN p.state IN ('sent', 'reversed') THEN p.amount_minor ELSE 0 END
        """;

    // What is reserved is what the open payouts ask for, since a refused or cancelled one has given its money back (rule P4), and what
    // rewards of value wait for.
    private const string PayoutInFlight =
        """
        SELECT s.store_id, s.ambassador_id AS subject, '' AS detail, s.currency, SUM(s.asked) AS expected, SUM(s.booked) AS actual
        FROM (SELECT p.store_id, p.ambassador_id, p.currency, p.amount_minor AS asked, CAST(0 AS bigint) AS booked
                FROM payouts p WHERE p.state IN ('approved', 'sending', 'unknown') AND (@storeId IS NULL OR p.store_id = @storeId)
            UNION ALL
            SELECT r.store_id, r.ambassador_id, r.currency, r.amount_minor, CAST(0 AS bigint)
                FROM rewards r
                WHERE r.form IS NOT NULL AND r.state <> 'refused' AND r.issued_at IS NULL AND r.returned_at IS NULL AND (@storeId IS NULL OR r.store_id = @storeId)
            UNION ALL
            SELECT e.store_id, e.ambassador_id, e.currency, CAST(0 AS bigint), e.amount_minor
                FROM ledger_entries e WHERE e.account = 'in_payout' AND (@storeId IS NULL OR e.store_id = @storeId)) s
        GROUP BY s.store_id, s.ambassador_id, s.currency
        HAVING SUM(s.asked) <> SUM(s.booked)
        """;

    // What was paid is what was sent, less what reversals of transfers have brought back, and what rewards were worth, less what came back.
    private const string PayoutPaid =
        """
        SELECT s.store_id, s.ambassador_id AS subject, '' AS detail, s.currency, SUM(s.asked) AS expected, SUM(s.booked) AS actual
        FROM (SELECT p.store_id, p.ambassador_id, p.currency, p.amount_minor AS asked, CAST(0 AS bigint) AS booked
                FROM payouts p WHERE p.state IN ('sent', 'reversed') AND (@storeId IS NULL OR p.store_id = @storeId)
            UNION ALL
            SELECT r.store_id, r.ambassador_id, r.currency, r.amount_minor - COALESCE(r.returned_minor, 0), CAST(0 AS bigint)
                FROM rewards r WHERE r.form IS NOT NULL AND r.issued_at IS NOT NULL AND (@storeId IS NULL OR r.store_id = @storeId)
            UNION ALL
            SELECT e.store_id, e.ambassador_id, e.currency, CASE WHEN t.kind = 'payout_reversed' THEN e.amount_minor ELSE 0 END, e.amount_minor
                FROM ledger_entries e
                JOIN ledger_transactions t ON t.store_id = e.store_id AND t.id = e.transaction_id
                WHERE e.account = 'paid' AND (@storeId IS NULL OR e.store_id = @storeId)) s
        GROUP BY s.store_id, s.ambassador_id, s.currency
        HAVING SUM(s.asked) <> SUM(s.booked)
        """;

    // The source of a reversal is its payout and the sum reversed so far. What a payout's row says of it is what was
    // booked for it, and nothing was booked for a payout that does not exist.
    private const string PayoutReversed =
        """
        SELECT p.store_id, p.id AS subject, p.state AS detail, p.currency, p.reversed_minor AS expected, COALESCE(SUM(r.reversed), 0) AS actual
        FROM payouts p
        LEFT JOIN (SELECT t.store_id, t.source, e.ambassador_id, e.currency, -e.amount_minor AS reversed
                FROM ledger_transactions t
                JOIN ledger_entries e ON e.store_id = t.store_id AND e.transaction_id = t.id AND e.account = 'paid'
                WHERE t.kind = 'payout_reversed' AND (@storeId IS NULL OR t.store_id = @storeId)) r
            ON r.store_id = p.store_id AND r.ambassador_id = p.ambassador_id AND r.currency = p.currency AND REPLACE(r.source, p.id, '') LIKE '-r%'
        WHERE (@storeId IS NULL OR p.store_id = @storeId)
        GROUP BY p.store_id, p.id, p.state, p.currency, p.reversed_minor
        HAVING COALESCE(SUM(r.reversed), 0) <> p.reversed_minor
        UNION ALL
        SELECT t.store_id, t.source, 'unknown here', t.currency, CAST(0 AS bigint), -e.amount_minor
        FROM ledger_transactions t
        JOIN ledger_entries e ON e.store_id = t.store_id AND e.transaction_id = t.id AND e.account = 'paid'
        WHERE t.kind = 'payout_reversed' AND (@storeId IS NULL OR t.store_id = @storeId)
            AND NOT EXISTS (SELECT 1 FROM payouts p WHERE p.store_id = t.store_id AND p.ambassador_id = e.ambassador_id
                AND p.currency = e.currency AND REPLACE(t.source, p.id, '') LIKE '-r%')
        """;

    // What stands on the account of VAT is what the payouts carry that have not come to nothing, less what came back with reversals.
    private const string PayoutVat =
        """
        SELECT s.store_id, s.currency AS subject, '' AS detail, s.currency, SUM(s.asked) AS expected, SUM(s.booked) AS actual
        FROM (SELECT p.store_id, p.currency, -p.vat_minor AS asked, CAST(0 AS bigint) AS booked
                FROM payouts p WHERE p.state NOT IN ('refused', 'cancelled') AND (@storeId IS NULL OR p.store_id = @storeId)
            UNION ALL
            SELECT v.store_id, v.currency, v.vat_minor, CAST(0 AS bigint)
                FROM payout_events v WHERE v.kind = 'reversed' AND (@storeId IS NULL OR v.store_id = @storeId)
            UNION ALL
            SELECT e.store_id, e.currency, CAST(0 AS bigint), e.amount_minor
                FROM ledger_entries e WHERE e.account = 'vat' AND (@storeId IS NULL OR e.store_id = @storeId)) s
        GROUP BY s.store_id, s.currency
        HAVING SUM(s.asked) <> SUM(s.booked)
        """;

    // Each payout that is billed has its document once it was sent, and no other has one.
    private const string SelfBillMissing =
        """
        SELECT p.store_id, p.id AS subject, p.state AS detail, p.currency,
            CAST(CASE WHEN p.vat_case IS NOT NULL AND p.state IN ('sent', 'reversed') THEN 1 ELSE 0 END AS bigint) AS expected, CAST(COUNT(d.number) AS bigint) AS actual
        FROM payouts p
        LEFT JOIN self_bills d ON d.store_id = p.store_id AND d.payout_id = p.id AND d.kind = 'document' AND d.source = p.id
        WHERE (@storeId IS NULL OR p.store_id = @storeId)
        GROUP BY p.store_id, p.id, p.state, p.currency, p.vat_case
        HAVING COUNT(d.number) <> CASE WHEN p.vat_case IS NOT NULL AND p.state IN ('sent', 'reversed') THEN 1 ELSE 0 END
        """;

    // A payout's document, less the clawbacks that it or its reversal settled, less what was corrected since it came back, is what was sent and
    // has not come back: net and VAT each by itself.
    private const string SelfBillNet =
        """
        SELECT s.store_id, s.payout_id AS subject, '' AS detail, s.currency, SUM(s.sent) AS expected, SUM(s.billed) AS actual
        FROM (SELECT p.store_id, p.id AS payout_id, p.currency, p.amount_minor - p.vat_minor - p.reversed_minor AS sent, CAST(0 AS bigint) AS billed
                FROM payouts p WHERE p.vat_case IS NOT NULL AND p.state IN ('sent', 'reversed') AND (@storeId IS NULL OR p.store_id = @storeId)
            UNION ALL
            SELECT v.store_id, v.payout_id, v.currency, v.vat_minor, CAST(0 AS bigint)
                FROM payout_events v JOIN payouts p ON p.store_id = v.store_id AND p.id = v.payout_id AND p.vat_case IS NOT NULL
                WHERE v.kind = 'reversed' AND (@storeId IS NULL OR v.store_id = @storeId)
            UNION ALL
            SELECT b.store_id, b.payout_id, b.currency, CAST(0 AS bigint), CASE b.cause WHEN 'payout' THEN b.net_minor ELSE -b.net_minor END
                FROM self_bills b WHERE b.cause IN ('payout', 'reversal') AND (@storeId IS NULL OR b.store_id = @storeId)
            UNION ALL
            SELECT l.store_id, l.payout_id, p.currency, CAST(0 AS bigint), -l.net_minor
                FROM self_bill_settlements l JOIN payouts p ON p.store_id = l.store_id AND p.id = l.payout_id AND p.state IN ('sent', 'reversed')
                WHERE (@storeId IS NULL OR l.store_id = @storeId)) s
        GROUP BY s.store_id, s.payout_id, s.currency
        HAVING SUM(s.sent) <> SUM(s.billed)
        """;

    private const string SelfBillVat =
        """
        SELECT s.store_id, s.payout_id AS subject, '' AS detail, s.currency, SUM(s.sent) AS expected, SUM(s.billed) AS actual
        FROM (SELECT p.store_id, p.id AS payout_id, p.currency, p.vat_minor AS sent, CAST(0 AS bigint) AS billed
                FROM payouts p WHERE p.vat_case IS NOT NULL AND p.state IN ('sent', 'reversed') AND (@storeId IS NULL OR p.store_id = @storeId)
            UNION ALL
            SELECT v.store_id, v.payout_id, v.currency, -v.vat_minor, CAST(0 AS bigint)
                FROM payout_events v JOIN payouts p ON p.store_id = v.store_id AND p.id = v.payout_id AND p.vat_case IS NOT NULL
                WHERE v.kind = 'reversed' AND (@storeId IS NULL OR v.store_id = @storeId)
            UNION ALL
            SELECT b.store_id, b.payout_id, b.currency, CAST(0 AS bigint), CASE b.cause WHEN 'payout' THEN b.vat_minor ELSE -b.vat_minor END
                FROM self_bills b WHERE b.cause IN ('payout', 'reversal') AND (@storeId IS NULL OR b.store_id = @storeId)
            UNION ALL
            SELECT l.store_id, l.payout_id, p.currency, CAST(0 AS bigint), -l.vat_minor
                FROM self_bill_settlements l JOIN payouts p ON p.store_id = l.store_id AND p.id = l.payout_id AND p.state IN ('sent', 'reversed')
                WHERE (@storeId IS NULL OR l.store_id = @storeId)) s
        GROUP BY s.store_id, s.payout_id, s.currency
        HAVING SUM(s.sent) <> SUM(s.billed)
        """;

    // Numbers begin at 1 and have no gap, and the counter is at the last.
    private const string SelfBillNumbers =
        """
        SELECT s.store_id, s.store_id AS subject, '' AS detail, '' AS currency, SUM(s.counted) AS expected, SUM(s.issued) AS actual
        FROM (SELECT k.store_id, k.last_number AS counted, CAST(0 AS bigint) AS issued, CAST(0 AS bigint) AS highest
                FROM self_bill_counters k WHERE (@storeId IS NULL OR k.store_id = @storeId)
            UNION ALL
            SELECT b.store_id, CAST(0 AS bigint), CAST(COUNT(*) AS bigint), MAX(b.number)
                FROM self_bills b WHERE (@storeId IS NULL OR b.store_id = @storeId) GROUP BY b.store_id) s
        GROUP BY s.store_id
        HAVING SUM(s.counted) <> SUM(s.issued) OR SUM(s.counted) <> SUM(s.highest)
        """;

    // What is noted with a document as corrected is what its corrections say.
    private const string SelfBillCorrected =
        """
        SELECT d.store_id, d.payout_id AS subject, '' AS detail, d.currency, d.corrected_net_minor + d.corrected_vat_minor AS expected,
            COALESCE(SUM(c.net_minor), 0) + COALESCE(SUM(c.vat_minor), 0) AS actual
        FROM self_bills d
        LEFT JOIN self_bills c ON c.store_id = d.store_id AND c.corrects_number = d.number
        WHERE (@storeId IS NULL OR d.store_id = @storeId) AND d.kind = 'document'
        GROUP BY d.store_id, d.payout_id, d.currency, d.corrected_net_minor, d.corrected_vat_minor
        HAVING COALESCE(SUM(c.net_minor), 0) <> d.corrected_net_minor OR COALESCE(SUM(c.vat_minor), 0) <> d.corrected_vat_minor
        """;

    // A clawback is corrected by no more than the ledger took, and settled by no more than was corrected.
    private const string SelfBillClawback =
        """
        SELECT c.store_id, c.source AS subject, 'taken back' AS detail, c.currency, COALESCE(-SUM(e.amount_minor), 0) AS expected, c.net_minor AS actual
        FROM self_bills c
        LEFT JOIN ledger_entries e ON e.store_id = c.store_id AND e.transaction_id = c.source AND e.account = 'approved' AND e.ambassador_id = c.ambassador_id
            AND e.currency = c.currency AND e.amount_minor < 0
        WHERE (@storeId IS NULL OR c.store_id = @storeId) AND c.cause = 'clawback'
        GROUP BY c.store_id, c.source, c.currency, c.net_minor
        HAVING COALESCE(-SUM(e.amount_minor), 0) < c.net_minor
        UNION ALL
        SELECT c.store_id, c.source, 'corrected', c.currency, c.net_minor, SUM(l.net_minor)
        FROM self_bills c
        JOIN self_bill_settlements l ON l.store_id = c.store_id AND l.number = c.number
        WHERE (@storeId IS NULL OR c.store_id = @storeId)
        GROUP BY c.store_id, c.source, c.currency, c.net_minor
        HAVING SUM(l.net_minor) > c.net_minor
        """;

    // What an order lost after its payout was billed has its correction before the payee's next payout is billed.
    private const string SelfBillUncorrected =
        """
        SELECT e.store_id, e.transaction_id AS subject, '' AS detail, e.currency, -e.amount_minor AS expected, CAST(0 AS bigint) AS actual
        FROM ledger_entries e
        JOIN ledger_transactions t ON t.store_id = e.store_id AND t.id = e.transaction_id
        JOIN orders o ON o.store_id = e.store_id AND o.order_id = e.order_id
        JOIN self_bills d ON d.store_id = o.store_id AND d.payout_id = o.payout_id AND d.kind = 'document' AND d.ambassador_id = e.ambassador_id AND d.currency = e.currency
        WHERE (@storeId IS NULL OR e.store_id = @storeId) AND e.account = 'approved' AND e.amount_minor < 0 AND t.booked_at > d.issued_at
            AND d.corrected_net_minor < d.net_minor
            AND NOT EXISTS (SELECT 1 FROM self_bills c WHERE c.store_id = e.store_id AND c.source = e.transaction_id)
            AND EXISTS (SELECT 1 FROM payouts p WHERE p.store_id = e.store_id AND p.ambassador_id = e.ambassador_id AND p.currency = e.currency
                AND p.vat_case IS NOT NULL AND p.created_at > t.booked_at)
        """;

    // What is written off of an ambassador's, less what is owed again, is what the facts say (rule K4). A balance above zero is
    // never written off: the facts hold amounts above zero, and only a write-off adds to the balance.
    private const string WriteOffBooked =
        """
        SELECT s.store_id, s.ambassador_id AS subject, s.kind AS detail, s.currency, SUM(s.noted) AS expected, SUM(s.booked) AS actual
        FROM (SELECT w.store_id, w.ambassador_id, w.kind, w.currency, CASE w.kind WHEN 'write_off' THEN w.amount_minor ELSE -w.amount_minor END AS noted,
                    CAST(0 AS bigint) AS booked
                FROM write_offs w WHERE (@storeId IS NULL OR w.store_id = @storeId)
            UNION ALL
            SELECT e.store_id, e.ambassador_id, t.kind, e.currency, CAST(0 AS bigint), e.amount_minor
                FROM ledger_transactions t
                JOIN ledger_entries e ON e.store_id = t.store_id AND e.transaction_id = t.id AND e.account = 'approved'
                WHERE t.kind IN ('write_off', 'revival') AND (@storeId IS NULL OR t.store_id = @storeId)) s
        GROUP BY s.store_id, s.ambassador_id, s.kind, s.currency
        HAVING SUM(s.noted) <> SUM(s.booked)
        """;

    // A revival brings back one write-off of the same person, whole.
    private const string WriteOffRevived =
        """
        SELECT r.store_id, r.ambassador_id AS subject, '' AS detail, r.currency, COALESCE(w.amount_minor, 0) AS expected, r.amount_minor AS actual
        FROM write_offs r
        LEFT JOIN write_offs w ON w.store_id = r.store_id AND w.ambassador_id = r.revives_ambassador_id AND w.number = r.revives_number
            AND w.kind = 'write_off' AND w.person_hash = r.person_hash AND w.currency = r.currency AND w.at <= r.at
        WHERE (@storeId IS NULL OR r.store_id = @storeId) AND r.kind = 'revival' AND (w.amount_minor IS NULL OR w.amount_minor <> r.amount_minor)
        """;

    private const string WriteOffRevivedTwice =
        """
        SELECT r.store_id, r.revives_ambassador_id AS subject, '' AS detail, '' AS currency, CAST(1 AS bigint) AS expected, CAST(COUNT(*) AS bigint) AS actual
        FROM write_offs r
        WHERE (@storeId IS NULL OR r.store_id = @storeId) AND r.revives_number IS NOT NULL
        GROUP BY r.store_id, r.revives_ambassador_id, r.revives_number
        HAVING COUNT(*) > 1
        """;

    // What a reward's state says is what its other columns say (rules W3, W4).
    private const string RewardStates =
        """
        SELECT r.store_id, r.id AS subject, r.state AS detail, '' AS currency, CAST(0 AS bigint) AS expected, CAST(0 AS bigint) AS actual
        FROM rewards r
        WHERE (@storeId IS NULL OR r.store_id = @storeId)
            AND ((r.form IS NULL AND r.state IN ('used', 'cost') AND r.used_order_id IS NULL)
                OR (r.state NOT IN ('used', 'cost') AND r.used_order_id IS NOT NULL)
                OR (r.state IN ('revoked', 'cost') AND r.revoked_at IS NULL)
                OR (r.state NOT IN ('revoked', 'cost') AND r.revoked_at IS NOT NULL)
                OR (r.state = 'issued' AND r.issued_at IS NULL)
                OR (r.state = 'refused' AND r.code_key IS NOT NULL)
                OR (r.form IS NULL AND r.state <> 'refused' AND r.code_key IS NULL AND (r.amount_minor IS NULL OR r.kind <> 'milestone'))
                OR (r.form IS NULL AND (r.sent_at IS NOT NULL OR r.returned_at IS NOT NULL OR r.back_sent_at IS NOT NULL))
                OR (r.form IS NOT NULL
                    AND (r.state = 'used' OR r.code_key IS NOT NULL OR r.amount_minor IS NULL OR r.used_order_id IS NOT NULL
                        OR (r.state IN ('pending_code', 'refused') AND (r.issued_at IS NOT NULL OR r.returned_at IS NOT NULL))
                        OR (r.state = 'issued' AND r.returned_at IS NOT NULL)
                        OR (r.state = 'cost' AND (r.issued_at IS NULL OR r.returned_at IS NULL OR r.returned_minor >= r.amount_minor))
                        OR (r.state = 'revoked' AND r.returned_minor <> r.amount_minor)
                        OR (r.issued_at IS NOT NULL AND r.discount_id IS NULL))))
        """;

    // An order and a milestone bring somebody one reward (rule W3).
    private const string RewardTwice =
        """
        SELECT r.store_id, r.cause AS subject, r.kind AS detail, '' AS currency, CAST(1 AS bigint) AS expected, CAST(COUNT(*) AS bigint) AS actual
        FROM rewards r
        WHERE (@storeId IS NULL OR r.store_id = @storeId)
        GROUP BY r.store_id, r.kind, r.cause, r.ambassador_id
        HAVING COUNT(*) > 1
        """;

    // The money of a milestone is owed to whom it was given, once, and to nobody else.
    private const string RewardBonus =
        """
        SELECT r.store_id, r.id AS subject, '' AS detail, COALESCE(r.currency, '') AS currency, r.amount_minor AS expected, COALESCE(SUM(e.amount_minor), 0) AS actual
        FROM rewards r
        LEFT JOIN ledger_transactions t ON t.store_id = r.store_id AND t.kind = 'bonus' AND t.source = r.id
        LEFT JOIN ledger_entries e ON e.store_id = t.store_id AND e.transaction_id = t.id AND e.account = 'approved'
            AND e.ambassador_id = r.ambassador_id AND e.currency = r.currency
        WHERE (@storeId IS NULL OR r.store_id = @storeId) AND r.code_key IS NULL AND r.form IS NULL AND r.state <> 'refused'
        GROUP BY r.store_id, r.id, r.currency, r.amount_minor
        HAVING COALESCE(SUM(e.amount_minor), 0) <> r.amount_minor
        UNION ALL
        SELECT t.store_id, t.source, 'unknown here', t.currency, CAST(0 AS bigint), CAST(0 AS bigint)
        FROM ledger_transactions t
        WHERE t.kind = 'bonus' AND (@storeId IS NULL OR t.store_id = @storeId)
            AND NOT EXISTS (SELECT 1 FROM rewards r WHERE r.store_id = t.store_id AND r.id = t.source AND r.code_key IS NULL AND r.form IS NULL)
        """;

    // A gift card or store credit is set aside until it was given, paid as far as it was not taken back, and nobody else's.
    private const string RewardValue =
        """
        SELECT s.store_id, s.subject, s.account AS detail, s.currency, SUM(s.noted) AS expected, SUM(s.booked) AS actual
        FROM (SELECT r.store_id, r.id AS subject, r.ambassador_id, 'in_payout' AS account, r.currency,
                    CASE WHEN r.issued_at IS NULL AND r.returned_at IS NULL THEN r.amount_minor ELSE 0 END AS noted, CAST(0 AS bigint) AS booked
                FROM rewards r WHERE r.form IS NOT NULL AND r.state <> 'refused' AND (@storeId IS NULL OR r.store_id = @storeId)
            UNION ALL
            SELECT r.store_id, r.id, r.ambassador_id, 'paid', r.currency, r.amount_minor - COALESCE(r.returned_minor, 0), CAST(0 AS bigint)
                FROM rewards r WHERE r.form IS NOT NULL AND r.issued_at IS NOT NULL AND (@storeId IS NULL OR r.store_id = @storeId)
            UNION ALL
            SELECT t.store_id, t.source, e.ambassador_id, CASE e.account WHEN 'in_payout' THEN 'in_payout' ELSE 'paid' END, e.currency, CAST(0 AS bigint), e.amount_minor
                FROM ledger_transactions t
                JOIN ledger_entries e ON e.store_id = t.store_id AND e.transaction_id = t.id AND e.account IN ('in_payout', 'paid')
                WHERE t.kind IN ('reward_reserved', 'reward_given', 'reward_released', 'reward_returned') AND (@storeId IS NULL OR t.store_id = @storeId)) s
        GROUP BY s.store_id, s.subject, s.ambassador_id, s.account, s.currency
        HAVING SUM(s.noted) <> SUM(s.booked)
        """;

    // Nothing that the platform has given is given twice.
    private const string RewardShared =
        """
        SELECT r.store_id, r.discount_id AS subject, '' AS detail, '' AS currency, CAST(1 AS bigint) AS expected, CAST(COUNT(*) AS bigint) AS actual
        FROM rewards r
        WHERE r.form IS NOT NULL AND r.discount_id IS NOT NULL AND (@storeId IS NULL OR r.store_id = @storeId)
        GROUP BY r.store_id, r.discount_id
        HAVING COUNT(*) > 1
        """;

    // Foreign keys keep most of these out; a restored or repaired database may have been written without them.
    private const string Orphans =
        """
        SELECT e.store_id, e.transaction_id AS subject, 'ledger_entries' AS detail, '' AS currency, CAST(0 AS bigint) AS expected, CAST(0 AS bigint) AS actual
        FROM ledger_entries e
        WHERE (@storeId IS NULL OR e.store_id = @storeId)
            AND NOT EXISTS (SELECT 1 FROM ledger_transactions t WHERE t.store_id = e.store_id AND t.id = e.transaction_id)
        UNION ALL
        SELECT e.store_id, e.order_id, 'ledger_entries.order_id', '', CAST(0 AS bigint), CAST(0 AS bigint)
        FROM ledger_entries e
        WHERE (@storeId IS NULL OR e.store_id = @storeId) AND e.order_id IS NOT NULL
            AND NOT EXISTS (SELECT 1 FROM orders o WHERE o.store_id = e.store_id AND o.order_id = e.order_id)
        UNION ALL
        SELECT v.store_id, v.order_id, 'order_versions', '', CAST(0 AS bigint), CAST(0 AS bigint)
        FROM order_versions v
        WHERE (@storeId IS NULL OR v.store_id = @storeId)
            AND NOT EXISTS (SELECT 1 FROM orders o WHERE o.store_id = v.store_id AND o.order_id = v.order_id)
        UNION ALL
        SELECT r.store_id, r.refund_id, 'refunds', '', CAST(0 AS bigint), CAST(0 AS bigint)
        FROM refunds r
        WHERE (@storeId IS NULL OR r.store_id = @storeId)
            AND NOT EXISTS (SELECT 1 FROM orders o WHERE o.store_id = r.store_id AND o.order_id = r.order_id)
        UNION ALL
        SELECT o.store_id, o.order_id, 'orders.ambassador_id', '', CAST(0 AS bigint), CAST(0 AS bigint)
        FROM orders o
        WHERE (@storeId IS NULL OR o.store_id = @storeId) AND o.ambassador_id IS NOT NULL
            AND NOT EXISTS (SELECT 1 FROM ambassadors a WHERE a.store_id = o.store_id AND a.id = o.ambassador_id)
        UNION ALL
        SELECT b.store_id, b.ambassador_id, 'balances', '', CAST(0 AS bigint), CAST(0 AS bigint)
        FROM balances b
        WHERE (@storeId IS NULL OR b.store_id = @storeId) AND b.ambassador_id <> ''
            AND NOT EXISTS (SELECT 1 FROM ambassadors a WHERE a.store_id = b.store_id AND a.id = b.ambassador_id)
        UNION ALL
        SELECT a.store_id, a.payout_id, 'payout_attempts', '', CAST(0 AS bigint), CAST(0 AS bigint)
        FROM payout_attempts a
        WHERE (@storeId IS NULL OR a.store_id = @storeId)
            AND NOT EXISTS (SELECT 1 FROM payouts p WHERE p.store_id = a.store_id AND p.id = a.payout_id)
        UNION ALL
        SELECT p.store_id, p.id, 'payouts.ambassador_id', '', CAST(0 AS bigint), CAST(0 AS bigint)
        FROM payouts p
        WHERE (@storeId IS NULL OR p.store_id = @storeId)
            AND NOT EXISTS (SELECT 1 FROM ambassadors a WHERE a.store_id = p.store_id AND a.id = p.ambassador_id)
        UNION ALL
        SELECT p.store_id, p.id, 'payouts.run_id', '', CAST(0 AS bigint), CAST(0 AS bigint)
        FROM payouts p
        WHERE (@storeId IS NULL OR p.store_id = @storeId)
            AND NOT EXISTS (SELECT 1 FROM payout_runs u WHERE u.store_id = p.store_id AND u.id = p.run_id)
        UNION ALL
        SELECT c.store_id, c.code_key, 'codes', '', CAST(0 AS bigint), CAST(0 AS bigint)
        FROM codes c
        WHERE (@storeId IS NULL OR c.store_id = @storeId)
            AND NOT EXISTS (SELECT 1 FROM ambassadors a WHERE a.store_id = c.store_id AND a.id = c.ambassador_id)
        UNION ALL
        SELECT l.store_id, l.slug_key, 'link_slugs', '', CAST(0 AS bigint), CAST(0 AS bigint)
        FROM link_slugs l
        WHERE (@storeId IS NULL OR l.store_id = @storeId)
            AND NOT EXISTS (SELECT 1 FROM ambassadors a WHERE a.store_id = l.store_id AND a.id = l.ambassador_id)
        UNION ALL
        SELECT c.store_id, c.id, 'clicks', '', CAST(0 AS bigint), CAST(0 AS bigint)
        FROM clicks c
        WHERE (@storeId IS NULL OR c.store_id = @storeId)
            AND NOT EXISTS (SELECT 1 FROM ambassadors a WHERE a.store_id = c.store_id AND a.id = c.ambassador_id)
        UNION ALL
        SELECT w.store_id, w.ambassador_id, 'write_offs', '', CAST(0 AS bigint), CAST(0 AS bigint)
        FROM write_offs w
        WHERE (@storeId IS NULL OR w.store_id = @storeId)
            AND NOT EXISTS (SELECT 1 FROM ambassadors a WHERE a.store_id = w.store_id AND a.id = w.ambassador_id)
        UNION ALL
        SELECT r.store_id, r.id, 'rewards', '', CAST(0 AS bigint), CAST(0 AS bigint)
        FROM rewards r
        WHERE (@storeId IS NULL OR r.store_id = @storeId)
            AND NOT EXISTS (SELECT 1 FROM ambassadors a WHERE a.store_id = r.store_id AND a.id = r.ambassador_id)
        UNION ALL
        SELECT d.store_id, d.id, 'deliveries.store_id', '', CAST(0 AS bigint), CAST(0 AS bigint)
        FROM deliveries d
        WHERE (@storeId IS NULL OR d.store_id = @storeId) AND NOT EXISTS (SELECT 1 FROM stores s WHERE s.id = d.store_id)
        UNION ALL
        SELECT f.store_id, f.id, 'effects.store_id', '', CAST(0 AS bigint), CAST(0 AS bigint)
        FROM effects f
        WHERE (@storeId IS NULL OR f.store_id = @storeId) AND NOT EXISTS (SELECT 1 FROM stores s WHERE s.id = f.store_id)
        UNION ALL
        SELECT o.store_id, o.order_id, 'orders.store_id', '', CAST(0 AS bigint), CAST(0 AS bigint)
        FROM orders o
        WHERE (@storeId IS NULL OR o.store_id = @storeId) AND NOT EXISTS (SELECT 1 FROM stores s WHERE s.id = o.store_id)
        UNION ALL
        SELECT t.store_id, t.id, 'ledger_transactions.store_id', '', CAST(0 AS bigint), CAST(0 AS bigint)
        FROM ledger_transactions t
        WHERE (@storeId IS NULL OR t.store_id = @storeId) AND NOT EXISTS (SELECT 1 FROM stores s WHERE s.id = t.store_id)
        """;

    public static readonly ImmutableArray<Invariant> All =
    [
        new("ledger-entries-too-few", EntriesTooFew, row => Numbers($"the transaction has {row.Actual} entries and must have two or more")),
        new("ledger-not-zero", NotZero, row => Numbers($"the entries of the transaction sum to {row.Actual} and must sum to 0")),
        new("ledger-currency-mixed", CurrencyMixed, row => $"an entry is in {row.Detail}, its transaction in {row.Currency}"),
        new("ledger-posted-twice", PostedTwice, row => Numbers($"the source was posted {row.Actual} times as {row.Detail}")),
        new("ledger-entry-account", EntryAccount, row => $"an entry on the account '{row.Detail}' names the wrong party"),
        new("ledger-entry-ambassador", EntryAmbassador, row => $"an entry names {row.Detail}, who is no ambassador of this store"),
        new("balance-missing", BalanceMissing, row => Numbers($"the account {row.Detail} has entries of {row.Expected} {row.Currency} in minor units and no balance")),
        new("balance-superfluous", BalanceSuperfluous, row => Numbers($"the account {row.Detail} has a balance of {row.Actual} {row.Currency} in minor units and no entries")),
        new("balance-wrong", BalanceWrong, row => Numbers($"the account {row.Detail} has a balance of {row.Actual} and entries of {row.Expected} {row.Currency} in minor units")),
        new("day-figures", DayFigures, row => Numbers($"the figures of {row.Detail} are not those of its orders, which sold {row.Expected} {row.Currency} in minor units; the day says {row.Actual}")),
        new("order-commission", OrderCommission, row => Numbers($"the order earned {row.Expected} and its entries sum to {row.Actual}")),
        new("order-currency", OrderCurrency, row => $"the order is in {row.Currency} and has entries in {row.Detail}"),
        new("order-ambassador", OrderAmbassador, row => Numbers($"{row.Detail} has {row.Actual} of an order that counts for someone else")),
        new("order-account", OrderAccount, row => Numbers($"{row.Actual} lie on the account {row.Detail}, which is not that of the order's state")),
        new("order-version", OrderVersion, _ => "the version that the order was judged by is not in the log"),
        new("order-payout", OrderPayout, row => $"the order counts as paid out by '{row.Detail}', which is no payout of its ambassador"),
        new("receipt-missing", ReceiptMissing, row => $"the order is {row.Detail} and has no receipt"),
        new("receipt-twice", ReceiptTwice, row => Numbers($"the order has {row.Actual} receipts")),
        new("receipt-superfluous", ReceiptSuperfluous, _ => "the receipt has no order that was decided"),
        new("delivery-state", DeliveryState, row => Numbers($"the columns of a delivery that is {row.Detail} contradict each other (attempts: {row.Actual})")),
        new("delivery-body", DeliveryBody, _ => "the delivery waits to be applied and its body is gone"),
        new("campaign-revision", CampaignRevision, row => $"the campaign is {row.Detail} and has no terms"),
        new("effect-state", EffectState, row => Numbers($"the columns of an effect that is {row.Detail} contradict each other (attempts: {row.Actual})")),
        new("effect-twice", EffectTwice, row => Numbers($"there are {row.Actual} effects {row.Detail} for one subject")),
        new("payout-transfer-twice", PayoutTransferTwice, row => Numbers($"the payout has {row.Actual} accepted attempts")),
        new("payout-transfer", PayoutTransfer, row => $"the payout is {row.Detail}, which its attempts and its transfer contradict"),
        new("payout-transfer-shared", PayoutTransferShared, row => Numbers($"{row.Actual} payouts name the same transfer")),
        new("payout-mode", PayoutMode, row => Numbers($"attempt {row.Expected} is of mode {row.Detail}, and its payout is not")),
        new("payout-open-twice", PayoutOpenTwice, row => Numbers($"{row.Actual} payouts in {row.Currency} are open at once (rule P1)")),
        new("payout-reserved", PayoutReserved, row => Numbers($"{row.Actual} were reserved for a payout of {row.Expected}")),
        new("payout-sent", PayoutSent, row => Numbers($"the payout is {row.Detail}: {row.Actual} were booked as paid and must be {row.Expected}")),
        new("payout-in-flight", PayoutInFlight, row => Numbers($"{row.Actual} {row.Currency} are reserved in minor units and the open payouts ask for {row.Expected}")),
        new("payout-paid", PayoutPaid, row => Numbers($"{row.Actual} {row.Currency} are booked as paid in minor units and the transfers come to {row.Expected}")),
        new("payout-reversed", PayoutReversed, row => Numbers($"the payout is {row.Detail}: {row.Actual} were booked as reversed and {row.Expected} are noted with it")),
        new("payout-vat", PayoutVat, row => Numbers($"{row.Actual} {row.Currency} of VAT are booked in minor units and the payouts carry {row.Expected}")),
        new("self-bill-missing", SelfBillMissing, row => Numbers($"the payout is {row.Detail} and has {row.Actual} documents; it must have {row.Expected}")),
        new("self-bill-net", SelfBillNet, row => Numbers($"{row.Actual} {row.Currency} are billed net in minor units and {row.Expected} were sent and kept")),
        new("self-bill-vat", SelfBillVat, row => Numbers($"{row.Actual} {row.Currency} of VAT are billed in minor units and {row.Expected} were sent and kept")),
        new("self-bill-number", SelfBillNumbers, row => Numbers($"{row.Actual} documents were issued, and the counter is at {row.Expected}, or a number has no document")),
        new("self-bill-corrected", SelfBillCorrected, row => Numbers($"{row.Expected} {row.Currency} are noted as corrected in minor units, with VAT, and the corrections come to {row.Actual}")),
        new("self-bill-clawback", SelfBillClawback, row => Numbers($"{row.Actual} {row.Currency} stand against {row.Expected} that were {row.Detail}, in minor units")),
        new("self-bill-uncorrected", SelfBillUncorrected, row => Numbers($"{row.Expected} {row.Currency} were taken back in minor units after they were billed, and there is no correction")),
        new("write-off-booked", WriteOffBooked, row => Numbers($"{row.Actual} {row.Currency} were booked as {row.Detail} in minor units and {row.Expected} are noted")),
        new("write-off-revived", WriteOffRevived, row => Numbers($"{row.Actual} {row.Currency} are owed again in minor units, and the write-off that they come from was of {row.Expected}")),
        new("write-off-revived-twice", WriteOffRevivedTwice, row => Numbers($"one write-off is owed again {row.Actual} times")),
        new("reward-state", RewardStates, row => $"the columns of a reward that is {row.Detail} contradict each other"),
        new("reward-twice", RewardTwice, row => Numbers($"somebody has {row.Actual} rewards {row.Detail} of one cause")),
        new("reward-bonus", RewardBonus, row => Numbers($"{row.Actual} {row.Currency} were booked in minor units for a bonus of {row.Expected}; {row.Detail}").TrimEnd(' ', ';')),
        new("reward-value", RewardValue, row => Numbers($"{row.Actual} {row.Currency} of the reward are booked on {row.Detail} in minor units and must be {row.Expected}")),
        new("reward-shared", RewardShared, row => Numbers($"{row.Actual} rewards name the same gift card or credit")),
        new("orphan", Orphans, row => $"{row.Detail} refers to a row that does not exist"),
    ];

    private static string Numbers(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
