// What is known of an order's customer from their other orders: whether they are new, whose they are, and what they renew.
using System.Collections.Immutable;
using System.Text.Json.Serialization;
using StorePlugin.Data;
using StorePlugin.Privacy;
using StorePlugin.Stores;
using StorePlugin.Webhooks;

namespace StorePlugin.Orders;

/// <summary>The customer as they were at the order's instant (rule T9).</summary>
/// <param name="IsNew">Whether they had no earlier paid order; null where the platform withheld who bought.</param>
internal sealed record CustomerAt([property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? IsNew)
{
    /// <summary>From when on the store's paid orders were known when this was decided; null where the terms do not ask for new customers.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? HistorySince { get; init; }

    /// <summary>
    /// What they had left of the programme's store credit, in minor units of the order's currency (rule B4); null where the
    /// order was not paid with store credit, or nobody knows how much of it or by whom.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? ProgrammeCreditMinor { get; init; }
}

/// <summary>A paid order of which an import tells.</summary>
/// <param name="Keys">The hashes that name its shopper.</param>
internal sealed record ImportedOrder(string OrderId, DateTimeOffset At, ImmutableArray<string> Keys)
{
    /// <summary>Where it stands among the customer's orders.</summary>
    public string Moment { get; } = OrderMoment.KeyOf(At, OrderId);
}

/// <summary>
/// The tables <c>customer_orders</c>, a projection of the paid orders beside those that were imported, and
/// <c>customer_bindings</c>. Customers are keyed hashes; two orders are one customer's when any of the hashes is the same.
/// </summary>
internal static class Customers
{
    private const string OrderKind = "order";
    private const string RenewalKind = "renewal";

    // SQL Server takes 2,100 parameters.
    private const int OrdersAtOnceMax = 500;
    private const int KeysAtOnceMax = 1000;

    private const string Insert =
        """
        INSERT INTO customer_orders (store_id, customer_key, sort_key, order_id, kind, plans, credit_minor, credit_currency, credit_back_at)
        SELECT @StoreId, @CustomerKey, @SortKey, @OrderId, @Kind, @Plans, @CreditMinor, @CreditCurrency, @CreditBackAt
        WHERE NOT EXISTS (SELECT 1 FROM customer_orders WHERE store_id = @StoreId AND customer_key = @CustomerKey AND sort_key = @SortKey)
        """;

    // Of an order that is new nothing can be there; SQLite writes what is selected from the same table into a temporary one first.
    private const string InsertFirst =
        """
        INSERT INTO customer_orders (store_id, customer_key, sort_key, order_id, kind, plans, credit_minor, credit_currency, credit_back_at)
        VALUES (@StoreId, @CustomerKey, @SortKey, @OrderId, @Kind, @Plans, @CreditMinor, @CreditCurrency, @CreditBackAt)
        """;

    private const string InsertErased =
        """
        INSERT INTO customer_orders (store_id, customer_key, sort_key, order_id, kind, plans, credit_minor, credit_currency, credit_back_at, mark)
        VALUES (@StoreId, @CustomerKey, @SortKey, @OrderId, @Kind, @Plans, @CreditMinor, @CreditCurrency, @CreditBackAt, 'erased')
        """;

    private const string LoadLasts =
        """
        SELECT customer_key, MAX(sort_key) AS last_key FROM customer_orders
        WHERE store_id = @storeId AND customer_key IN @keys GROUP BY customer_key
        """;

    private const string Delete = "DELETE FROM customer_orders WHERE store_id = @StoreId AND customer_key = @CustomerKey AND sort_key = @SortKey";

    private const string MoveErased = "UPDATE customer_orders SET sort_key = @moment WHERE store_id = @storeId AND order_id = @orderId AND mark = 'erased'";

    private const string UpdateCredit =
        """
        UPDATE customer_orders SET credit_minor = @CreditMinor, credit_currency = @CreditCurrency, credit_back_at = @CreditBackAt
        WHERE store_id = @StoreId AND customer_key = @CustomerKey AND sort_key = @SortKey
        """;

    private const string UpdateErasedCredit =
        """
        UPDATE customer_orders SET credit_minor = @CreditMinor, credit_currency = @CreditCurrency, credit_back_at = @CreditBackAt
        WHERE store_id = @StoreId AND order_id = @OrderId AND mark = 'erased'
        """;

    // The other orders of the customer from an instant on, as far as they can still change.
    private const string QueueLater =
        """
        INSERT INTO reconsiderations (store_id, order_id, at, queued_at)
        SELECT o.store_id, o.order_id, o.at, @Now FROM customer_orders c
        JOIN orders o ON o.store_id = c.store_id AND o.order_id = c.order_id
        WHERE c.store_id = @StoreId AND c.customer_key = @CustomerKey AND c.sort_key >= @From AND c.order_id <> @OrderId AND o.state NOT IN ('in_payout', 'paid', 'parked')
            AND NOT EXISTS (SELECT 1 FROM reconsiderations r WHERE r.store_id = o.store_id AND r.order_id = o.order_id)
        """;

    private const string InsertImported =
        """
        INSERT INTO customer_orders (store_id, customer_key, sort_key, order_id, kind, mark)
        SELECT @StoreId, @CustomerKey, @SortKey, @OrderId, 'order', 'import'
        WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.store_id = @StoreId AND o.order_id = @OrderId AND o.version_hash IS NOT NULL)
            AND NOT EXISTS (SELECT 1 FROM customer_orders c WHERE c.store_id = @StoreId AND c.customer_key = @CustomerKey AND c.sort_key = @SortKey)
            AND NOT EXISTS (SELECT 1 FROM redacted_orders r WHERE r.store_id = @StoreId AND r.order_id = @OrderId)
        """;

    private const string LoadImported =
        "SELECT customer_key, sort_key FROM customer_orders WHERE store_id = @storeId AND order_id IN @ids AND mark = 'import'";

    private const string LoadVersions =
        """
        SELECT v.content FROM orders o
        JOIN order_versions v ON v.store_id = o.store_id AND v.order_id = o.order_id
        WHERE o.store_id = @storeId AND o.order_id IN @ids
        """;

    private const string Erase =
        "UPDATE customer_orders SET customer_key = @nobody, mark = 'erased' WHERE store_id = @storeId AND customer_key = @key";

    private const string EndOfOrigin =
        """
        UPDATE customer_bindings SET until_at = @at
        WHERE store_id = @storeId AND origin = @orderId AND (@keptFor IS NULL OR ambassador_id <> @keptFor) AND (until_at IS NULL OR until_at > @at)
        """;

    private const string EndOfOthers =
        """
        UPDATE customer_bindings SET until_at = @at
        WHERE store_id = @storeId AND customer_key IN @keys AND ambassador_id <> @ambassadorId AND (until_at IS NULL OR until_at > @at)
        """;

    private const string Bind =
        """
        INSERT INTO customer_bindings (store_id, customer_key, campaign_id, ambassador_id, since_at, until_at, origin)
        SELECT @storeId, @customerKey, @campaignId, @ambassadorId, @now, @until, @orderId
        WHERE NOT EXISTS (SELECT 1 FROM customer_bindings b
            WHERE b.store_id = @storeId AND b.customer_key IN @keys AND b.campaign_id = @campaignId
                AND (b.origin <> @orderId OR b.customer_key = @customerKey) AND (b.until_at IS NULL OR b.until_at > @now))
        """;

    /// <summary>The hashes that name a shopper, the platform's own id first; none where the platform withheld them all.</summary>
    public static ImmutableArray<string> KeysOf(ShopperHashes shopper) =>
        [.. new[] { shopper.Customer, shopper.Email, shopper.Phone }.OfType<string>().Distinct(StringComparer.Ordinal)];

    /// <summary>
    /// Holds the customers of paid orders to the end of the transaction: of two programs that share a database the second sees
    /// what the first has noted, or finds what the first has decided among the orders behind its own.
    /// </summary>
    public static Task HoldAsync(Tx tx, Store store, IEnumerable<OrderFacts?> facts) =>
        HoldAsync(tx, store, facts.SelectMany(NotesOf).Select(note => note.Key));

    private static Task HoldAsync(Tx tx, Store store, IEnumerable<string> keys) => tx.HoldAsync(keys.Select(key => $"{store.Id} {key}"));

    /// <summary>
    /// Notes paid orders with their customers, and has those customers' other orders decided again: those behind each, and where
    /// one has left a customer or moved, those behind where it stood before. What stands in the same batch is decided anyway.
    /// </summary>
    /// <param name="orders">Each with its facts before, or null where nothing was known.</param>
    public static async Task NoteAsync(Tx tx, Store store, IEnumerable<(OrderFacts? Before, OrderFacts Facts)> orders, DateTimeOffset now)
    {
        var changes = orders.Select(order => new NoteChange(order.Before, order.Facts)).Where(change => change.IsAny).ToList();
        var lasts = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var keys in changes.SelectMany(change => change.Keys).Distinct(StringComparer.Ordinal).Chunk(KeysAtOnceMax))
        {
            foreach (var row in await tx.ManyAsync<LastRow>(LoadLasts, new { storeId = store.Id, keys = new TextList(keys) }))
            {
                lasts[row.CustomerKey] = row.LastKey;
            }
        }

        var redacted = await RedactedOrders.OfAsync(tx, store.Id, changes.Where(change => change.Added.Count > 0).Select(change => change.Order.Id));
        foreach (var change in changes)
        {
            await NoteAsync(tx, store, change, redacted.Contains(change.Order.Id));
            var behind = change.Keys.Where(key => lasts.TryGetValue(key, out var last) && string.CompareOrdinal(last, change.From) >= 0);
            await QueueAsync(tx, store, behind, change.From, change.Order.Id, now);
        }
    }

    private static async Task NoteAsync(Tx tx, Store store, NoteChange change, bool isRedacted)
    {
        await using var delete = new Prepared(tx, Delete);
        var erased = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (key, moment) in change.Gone)
        {
            if (await delete.DoAsync(("StoreId", store.Id), ("CustomerKey", key), ("SortKey", moment)) == 0)
            {
                erased.Add(key);
            }
        }

        // Whose row is gone was erased: the words that stand for them move with the order, and no hash comes back.
        var (order, credit) = (change.Order, change.Credit);
        if (erased.Count > 0)
        {
            await tx.DoAsync(MoveErased, new { storeId = store.Id, orderId = order.Id, moment = OrderMoment.KeyOf(order.At, order.Id) });
        }

        // What comes after the erasure of an order's customer is one customer's purchase, and nobody's.
        await using var insert = new Prepared(tx, isRedacted ? InsertErased : change.IsFirst ? InsertFirst : Insert);
        foreach (var (key, moment) in change.Added.Where(note => !erased.Contains(note.Key)))
        {
            await insert.DoAsync(
                ("StoreId", store.Id), ("CustomerKey", isRedacted ? Nobody() : key), ("SortKey", moment), ("OrderId", order.Id),
                ("Kind", order.Channel == OrderChannel.Renewal ? RenewalKind : OrderKind), ("Plans", PlansOf(order)),
                ("CreditMinor", credit?.Amount.Minor), ("CreditCurrency", credit?.Amount.Currency.Code), ("CreditBackAt", credit?.BackAt));
        }

        if (change.IsCreditOther)
        {
            await UpdateCreditAsync(tx, store, order.Id, change.Kept, credit);
        }
    }

    // The rows of an erased person are found by the order: the hash must not come back.
    private static async Task UpdateCreditAsync(Tx tx, Store store, string orderId, IEnumerable<(string Key, string Moment)> notes, CreditPaid? credit)
    {
        var (minor, currency, backAt) = (credit?.Amount.Minor, credit?.Amount.Currency.Code, credit?.BackAt);
        await using var update = new Prepared(tx, UpdateCredit);
        foreach (var (key, moment) in notes)
        {
            await update.DoAsync(
                ("StoreId", store.Id), ("CustomerKey", key), ("SortKey", moment), ("CreditMinor", minor), ("CreditCurrency", currency), ("CreditBackAt", backAt));
        }

        await using var updateErased = new Prepared(tx, UpdateErasedCredit);
        await updateErased.DoAsync(("StoreId", store.Id), ("OrderId", orderId), ("CreditMinor", minor), ("CreditCurrency", currency), ("CreditBackAt", backAt));
    }

    /// <summary>Has the customer's later orders decided again.</summary>
    public static Task QueueLaterAsync(Tx tx, Store store, OrderFacts facts, DateTimeOffset now) => QueueAsync(
        tx, store, KeysOf(facts.Shopper), OrderMoment.KeyOf(facts.Recorded.Order.At, facts.Recorded.Order.Id), facts.Recorded.Order.Id, now);

    /// <summary>Has orders of a customer decided again, from a moment on.</summary>
    /// <param name="orderId">But for this one; empty: for none.</param>
    public static async Task QueueAsync(Tx tx, Store store, IEnumerable<string> keys, string from, string orderId, DateTimeOffset now)
    {
        await using var queue = new Prepared(tx, QueueLater);
        foreach (var key in keys.Distinct(StringComparer.Ordinal))
        {
            await queue.DoAsync(("Now", now), ("StoreId", store.Id), ("CustomerKey", key), ("From", from), ("OrderId", orderId));
        }
    }

    /// <summary>Notes an order of which an import tells, unless the platform has told of it, and has that customer's later orders decided again.</summary>
    public static async Task ImportAsync(Tx tx, Store store, ImportedOrder order, DateTimeOffset now)
    {
        await HoldAsync(tx, store, order.Keys);
        await using var insert = new Prepared(tx, InsertImported);
        foreach (var key in order.Keys)
        {
            if (await insert.DoAsync(("StoreId", store.Id), ("CustomerKey", key), ("SortKey", order.Moment), ("OrderId", order.OrderId)) == 1)
            {
                await QueueAsync(tx, store, [key], order.Moment, order.OrderId, now);
            }
        }
    }

    /// <summary>
    /// Of orders that the platform now tells of for the first time, what an import told is dropped: the platform's word stands,
    /// whichever came first (rule I6), and an order is no earlier one beside itself.
    /// </summary>
    public static async Task DropImportedAsync(Tx tx, Store store, string[] orderIds, DateTimeOffset now)
    {
        if (orderIds.Length == 0)
        {
            return;
        }

        var imported = await tx.ManyAsync<NoteRow>(LoadImported, new { storeId = store.Id, ids = new TextList(orderIds) });
        await HoldAsync(tx, store, imported.Select(row => row.CustomerKey));
        foreach (var row in imported)
        {
            await using var delete = new Prepared(tx, Delete);
            await delete.DoAsync(("StoreId", store.Id), ("CustomerKey", row.CustomerKey), ("SortKey", row.SortKey));
            await QueueAsync(tx, store, [row.CustomerKey], row.SortKey, "", now);
        }
    }

    /// <summary>Every hash that names a person: those that are told, and those of the orders that are named.</summary>
    /// <param name="shopper">Whom the platform names.</param>
    /// <param name="orderIds">The orders that it names: what they tell of the person counts as well.</param>
    public static async Task<IReadOnlyCollection<string>> KeysOfAsync(Tx tx, Store store, ShopperHashes shopper, IReadOnlyList<string> orderIds)
    {
        var keys = KeysOf(shopper).ToHashSet(StringComparer.Ordinal);
        foreach (var ids in orderIds.Distinct(StringComparer.Ordinal).Chunk(OrdersAtOnceMax))
        {
            keys.UnionWith((await tx.ManyAsync<string>(LoadVersions, new { storeId = store.Id, ids })).SelectMany(version => KeysOf(RecordedOrder.FromJson(version).Shopper)));
            keys.UnionWith((await tx.ManyAsync<NoteRow>(LoadImported, new { storeId = store.Id, ids })).Select(row => row.CustomerKey));
        }

        return keys;
    }

    /// <summary>
    /// Takes a person out of the customers' orders. No hash of theirs is left in this table, imported or not: a random word
    /// stands for each, so that what was decided is decided the same again, and whoever buys anew is a new customer.
    /// What the store's orders rest on by themselves keeps its hashes until the store's key goes, which ends them all
    /// (rules F8, U1): the order versions, which tell an ambassador's own purchases, and bindings, by which ambassadors still earn.
    /// </summary>
    /// <param name="keys">Every hash that names the person, as <see cref="KeysOfAsync"/> finds them.</param>
    /// <returns>How many rows were the person's.</returns>
    public static async Task<int> EraseAsync(Tx tx, Store store, IReadOnlyCollection<string> keys)
    {
        var erased = 0;
        foreach (var key in keys.Order(StringComparer.Ordinal))
        {
            var nobody = Nobody();
            erased += await tx.DoAsync(Erase, new { storeId = store.Id, key, nobody }) + await ProgrammeCredits.EraseAsync(tx, store, key, nobody);
        }

        return erased;
    }

    /// <summary>What stands for a hash of somebody who is erased: random, and no hash of anybody.</summary>
    private static string Nobody() => $"erased_{Ids.NewUnguessable()}";

    /// <summary>
    /// Ends what a binding rests on: its first order was refunded in full, or counts for nobody or somebody else now, or a person
    /// credited somebody else (rule T8).
    /// </summary>
    public static async Task EndBindingsAsync(Tx tx, Store store, SettledOrder order, DateTimeOffset now)
    {
        if (order.Receipt is not { } receipt)
        {
            return;
        }

        var ended = 0;
        if (order.Before.AmbassadorId is not null && EndOf(order, receipt) is { } end)
        {
            ended += await tx.DoAsync(EndOfOrigin, new { storeId = store.Id, orderId = receipt.OrderId, keptFor = end.KeptFor, at = end.At });
        }

        if (order.Event is OrderEvent.Decided { Decision: { Kind: DecisionKind.Credit, AmbassadorId: { } ambassadorId } decision }
            && KeysOf(order.Facts!.Shopper) is { IsEmpty: false } keys)
        {
            ended += await tx.DoAsync(EndOfOthers, new { storeId = store.Id, keys = keys.ToArray(), ambassadorId, at = decision.At });
        }

        if (ended > 0)
        {
            await QueueLaterAsync(tx, store, order.Facts!, now);
        }
    }

    /// <summary>When the bindings that an order has made end, and whose are kept; null: they stay.</summary>
    private static (DateTimeOffset At, string? KeptFor)? EndOf(SettledOrder order, Receipt receipt) => receipt switch
    {
        { RemainingBaseMinor: 0, BaseMinor: > 0, IsDisputed: false } => (order.Decision!.Commission.Steps[^1].At, null),
        _ when receipt.AmbassadorId != order.Before.AmbassadorId =>
            (order.Event is OrderEvent.Decided { Decision.At: var at } ? at : receipt.VersionUpdatedAt, receipt.AmbassadorId),
        _ => null,
    };

    /// <summary>Binds the customer of an order that was just approved, unless somebody has them already (rule T8).</summary>
    /// <param name="customerKeys">The order's <c>binds_keys</c>.</param>
    /// <param name="days">The order's <c>binds_days</c>: the terms that it was judged by.</param>
    public static async Task BindAsync(
        Tx tx, Store store, string customerKeys, long days, string campaignId, string ambassadorId, string orderId, DateTimeOffset now)
    {
        var keys = customerKeys.Split(',');
        await HoldAsync(tx, store, keys);
        foreach (var customerKey in keys)
        {
            await tx.DoAsync(
                Bind,
                new { storeId = store.Id, customerKey, keys, campaignId, ambassadorId, orderId, now, until = now + TimeSpan.FromDays(days) });
        }
    }

    /// <summary>Selling plans and subscription of an order, between commas; null where it has none.</summary>
    public static string? PlansOf(Order order)
    {
        var plans = PlanListOf(order);
        return plans.Count == 0 ? null : $",{string.Join(',', plans)},";
    }

    /// <summary>As <see cref="PlansOf"/>, one by one.</summary>
    public static IReadOnlyList<string> PlanListOf(Order order) =>
    [
        .. order.Lines.Select(line => line.SellingPlanId).OfType<string>().Concat(order.Renewal?.SellingPlanIds ?? [])
            .Select(plan => "plan " + plan).Concat(order.Renewal?.SubscriptionId is { } subscription ? ["subscription " + subscription] : Array.Empty<string>())
            .Distinct(StringComparer.Ordinal).Take(20),
    ];

    /// <summary>Where an order stands, by each hash. A test order is nobody's purchase, and an order that is not paid is none yet.</summary>
    public static List<(string Key, string Moment)> NotesOf(OrderFacts? facts)
    {
        if (facts is not { PaidAt: not null, Recorded.Order: { Test: false } order })
        {
            return [];
        }

        var moment = OrderMoment.KeyOf(order.At, order.Id);
        return [.. KeysOf(facts.Shopper).Select(key => (key, moment))];
    }

    private sealed record NoteRow(string CustomerKey, string SortKey);

    // By properties, not by position: SQLite has no type for the greatest of no rows.
    private sealed record LastRow
    {
        public string CustomerKey { get; init; } = "";

        public string LastKey { get; init; } = "";
    }

    /// <summary>What one order's facts change in the table.</summary>
    private sealed class NoteChange
    {
        private readonly List<(string Key, string Moment)> _had;
        private readonly List<(string Key, string Moment)> _has;

        public NoteChange(OrderFacts? before, OrderFacts facts)
        {
            (_had, _has) = (NotesOf(before), NotesOf(facts));
            (Gone, Added) = ([.. _had.Except(_has)], [.. _has.Except(_had)]);
            (Order, Credit, IsFirst) = (facts.Recorded.Order, CreditPaid.Of(facts), before is null);
            IsCreditOther = !IsFirst && Credit != CreditPaid.Of(before);
        }

        public Order Order { get; }

        public CreditPaid? Credit { get; }

        public bool IsFirst { get; }

        public bool IsCreditOther { get; }

        public IReadOnlyList<(string Key, string Moment)> Gone { get; }

        public IReadOnlyList<(string Key, string Moment)> Added { get; }

        public IEnumerable<(string Key, string Moment)> Kept => _has.Except(Added);

        public bool IsAny => Gone.Count > 0 || Added.Count > 0 || IsCreditOther;

        public IEnumerable<string> Keys => _had.Concat(_has).Select(note => note.Key).Distinct(StringComparer.Ordinal);

        /// <summary>Where it stands, or stood before that.</summary>
        public string From => _had.Concat(_has).Select(note => note.Moment).Min(StringComparer.Ordinal) ?? OrderMoment.Last;
    }
}
