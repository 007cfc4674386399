// From an order's event to receipt and ledger: load for a whole batch, decide each order, write for the batch.
using System.Collections.Immutable;
using System.Text.Json;
using StorePlugin.Abuse;
using StorePlugin.Data;
using StorePlugin.Ledger;
using StorePlugin.Mail;
using StorePlugin.Rewards;
using StorePlugin.Stores;
using StorePlugin.Webhooks;

namespace StorePlugin.Orders;

/// <summary>
/// Applies order events in the caller's transaction. An order's row is written by compare-and-set on its revision: when
/// another worker was faster the whole transaction fails and is tried again, so that no decision rests on stale facts.
/// </summary>
internal sealed class ReceiveOrders(Digests digests, TimeProvider clock)
{
    /// <summary>How many orders one call takes, of which each may name three customers; SQL Server allows 2,100 parameters a statement.</summary>
    public const int BatchMax = 400;

    private const string LoadOrders =
        """
        SELECT o.order_id, o.revision, o.state, o.paid_at, o.commission_minor, o.merchant_cost_minor, o.currency, o.ambassador_id, o.hold_until, o.local_day, o.earlier,
            o.campaign_id, o.net_minor, o.customer_kind, o.version_hash, v.content
        FROM orders o
        LEFT JOIN order_versions v ON v.store_id = o.store_id AND v.order_id = o.order_id
            AND v.updated_at = o.version_updated_at AND v.content_hash = o.version_hash
        WHERE o.store_id = @storeId AND o.order_id IN @ids
        """;

    private const string LoadRefunds =
        "SELECT order_id, refund_id, content, at FROM refunds WHERE store_id = @storeId AND order_id IN @ids ORDER BY refund_id";

    private const string LoadDecisions =
        """
        SELECT order_id, number, kind, ambassador_id, campaign_id, rules, reason, actor, at
        FROM order_decisions WHERE store_id = @storeId AND order_id IN @ids ORDER BY order_id, number
        """;

    private const string ReadLastEvidence =
        """
        SELECT evidence FROM order_events WHERE store_id = @storeId AND order_id = @orderId
            AND revision = (SELECT MAX(e.revision) FROM order_events e WHERE e.store_id = @storeId AND e.order_id = @orderId AND e.evidence IS NOT NULL)
        """;

    private const string LoadReceipts = "SELECT order_id, content FROM receipts WHERE store_id = @storeId AND order_id IN @ids";

    // SQLite writes what is selected from the same table into a temporary one first: of an order that is new no version can be there.
    private const string InsertFirstVersion =
        """
        INSERT INTO order_versions (store_id, order_id, updated_at, content_hash, content, recorded_at)
        VALUES (@StoreId, @OrderId, @UpdatedAt, @Hash, @Content, @Now)
        """;

    private const string InsertVersion =
        """
        INSERT INTO order_versions (store_id, order_id, updated_at, content_hash, content, recorded_at)
        SELECT @StoreId, @OrderId, @UpdatedAt, @Hash, @Content, @Now
        WHERE NOT EXISTS (SELECT 1 FROM order_versions
            WHERE store_id = @StoreId AND order_id = @OrderId AND updated_at = @UpdatedAt AND content_hash = @Hash)
        """;

    private const string InsertRefund =
        """
        INSERT INTO refunds (store_id, refund_id, order_id, content, at, recorded_at)
        SELECT @StoreId, @RefundId, @OrderId, @Content, @At, @Now
        WHERE NOT EXISTS (SELECT 1 FROM refunds WHERE store_id = @StoreId AND refund_id = @RefundId)
        """;

    private const string InsertDecision =
        """
        INSERT INTO order_decisions (store_id, order_id, number, kind, ambassador_id, campaign_id, rules, reason, actor, at)
        VALUES (@StoreId, @OrderId, @Number, @Kind, @AmbassadorId, @CampaignId, @Rules, @Reason, @Actor, @At)
        """;

    private const string InsertOrder =
        """
        INSERT INTO orders (store_id, order_id, revision, reference, state, at, local_day, version_updated_at, version_hash,
            currency, paid_at, net_minor, campaign_id, ambassador_id, commission_minor, merchant_cost_minor, binds_keys, binds_days, hold_until, reason,
            came_by, refunded_at, earlier, customer_kind, review_at, created_at, updated_at)
        VALUES (@StoreId, @OrderId, @Revision, @Reference, @State, @At, @LocalDay, @VersionUpdatedAt, @VersionHash,
            @Currency, @PaidAt, @NetMinor, @CampaignId, @AmbassadorId, @CommissionMinor, @MerchantCostMinor, @BindsKeys, @BindsDays, @HoldUntil, @Reason,
            @CameBy, @RefundedAt, @Earlier, @CustomerKind, CASE WHEN @State = 'review' THEN @Now END, @Now, @Now)
        """;

    private const string UpdateOrder =
        """
        UPDATE orders SET revision = @Revision, reference = @Reference, state = @State, at = @At, local_day = @LocalDay,
            version_updated_at = @VersionUpdatedAt, version_hash = @VersionHash, currency = @Currency, paid_at = @PaidAt,
            net_minor = @NetMinor, campaign_id = @CampaignId, ambassador_id = @AmbassadorId, commission_minor = @CommissionMinor,
            merchant_cost_minor = @MerchantCostMinor, binds_keys = @BindsKeys, binds_days = @BindsDays, hold_until = @HoldUntil, reason = @Reason,
            came_by = @CameBy, refunded_at = @RefundedAt, earlier = @Earlier, customer_kind = @CustomerKind, updated_at = @Now,
            review_at = CASE WHEN @State = 'review' AND state = 'review' THEN review_at WHEN @State = 'review' THEN @Now END
        WHERE store_id = @StoreId AND order_id = @OrderId AND revision = @Revision - 1
        """;

    private const string UpdateReceipt =
        "UPDATE receipts SET content = @Content, decided_at = @Now WHERE store_id = @StoreId AND order_id = @OrderId";

    private const string InsertReceipt =
        "INSERT INTO receipts (store_id, order_id, content, decided_at) VALUES (@StoreId, @OrderId, @Content, @Now)";

    /// <summary>
    /// Applies the events, at most one for each order. Returns what became of each, in words, in the same order.
    /// </summary>
    /// <exception cref="StaleOrderException">Another worker decided one of the orders meanwhile.</exception>
    /// <exception cref="TooManyDisputesException">One is about a dispute beyond those that are taken of one order.</exception>
    public async Task<IReadOnlyList<string>> ApplyAsync(Tx tx, Store store, IReadOnlyList<OrderEvent> events)
    {
        var now = clock.GetUtcNow();
        var known = await LoadKnownAsync(tx, store, events);
        if (events.OfType<OrderEvent.Disputed>().FirstOrDefault(e => Disputes.IsBeyond((known.GetValueOrDefault(e.OrderId) ?? OrderState.Nothing).Disputes, e.Dispute)) is { } beyond)
        {
            throw new TooManyDisputesException(beyond.OrderId);
        }

        var fresh = await RecordAsync(tx, store, known, events, now);

        var changes = new List<Change>(events.Count);
        var outcomes = new string[events.Count];
        for (var i = 0; i < events.Count; i++)
        {
            var before = known.GetValueOrDefault(events[i].OrderId) ?? OrderState.Nothing;
            if (!fresh[i])
            {
                outcomes[i] = "Known already: nothing new.";
            }
            else if (before.With(events[i]) is var facts && facts is not null && facts == before.Facts && events[i] is not OrderEvent.Reconsidered)
            {
                outcomes[i] = "An older version: the newer one stands.";
            }
            else
            {
                changes.Add(new Change(i, events[i], before, facts));
            }
        }

        // Orders of one batch stand before and behind each other as all orders do.
        changes.Sort(static (left, right) => string.CompareOrdinal(left.Moment, right.Moment));
        await Customers.HoldAsync(tx, store, changes.SelectMany(change => new[] { change.Before.Facts, change.Facts }));
        await Customers.DropImportedAsync(
            tx, store, [.. changes.Where(change => change is { Before.Facts: null, Facts: not null }).Select(change => change.Event.OrderId)], now);
        await Customers.NoteAsync(tx, store, changes.Where(change => change.Facts is not null).Select(change => (change.Before.Facts, change.Facts!)), now);

        await SeriesUses.NoteAsync(tx, store, changes.Where(change => change.Facts is not null).Select(change => (change.Before.Facts, change.Facts!)), now);

        var evidence = await EvidenceReader.LoadAsync(tx, store, [.. changes.Select(change => change.Facts).OfType<OrderFacts>()], now);
        var standings = await Standings.LoadAsync(tx, store, [.. changes.Where(change => change.Before.Facts is not null).Select(change => change.Event.OrderId)]);
        var stored = await LoadReceiptsAsync(tx, store, events);
        var settled = new List<SettledOrder>(changes.Count);
        foreach (var change in changes)
        {
            var order = await SettleAsync(tx, store, change, evidence);
            outcomes[change.Index] = order.Outcome;
            if (stored.TryGetValue(order.Event.OrderId, out var content) && order.Receipt?.ToJson() == content)
            {
                outcomes[change.Index] = "Decided again: as before.";
                continue;
            }

            settled.Add(order);
            await StandAsync(tx, store, order, [.. standings[order.Event.OrderId]], evidence, now);
        }

        await WriteAsync(tx, store, settled, now);
        await FollowOrders.AfterAsync(tx, store, settled, now);
        foreach (var order in settled)
        {
            await Customers.EndBindingsAsync(tx, store, order, now);
            if (order.Receipt is { } receipt && receipt.AmbassadorId != order.Before.AmbassadorId && Customers.PlansOf(order.Facts!.Recorded.Order) is not null)
            {
                // Its renewals are whose it is.
                await Customers.QueueLaterAsync(tx, store, order.Facts, now);
            }
        }

        return outcomes;
    }

    private static async Task<SettledOrder> SettleAsync(Tx tx, Store store, Change change, EvidenceReader reader)
    {
        var (before, localDay) = (change.Before, change.LocalDayIn(store));
        if (change.Facts is not { } facts)
        {
            return before.Settle(change.Event, null, Evidence.None);
        }

        var (evidence, order) = (reader.Of(facts), facts.Recorded.Order);
        var last = before.State is "in_payout" or "paid" ? await LastEvidenceAsync(tx, store, order.Id) : null;
        evidence = last is null ? evidence : evidence.AsKnownIn(last);
        if (Attribution.Decide(order, evidence, facts.Override) is Attribution.Credited { Terms.LooksBack: true } credited)
        {
            evidence = evidence with
            {
                Standing = (credited.Winner.AmbassadorId == before.AmbassadorId ? last?.Standing : null)
                    ?? await Standings.AtAsync(tx, store, credited.Winner.AmbassadorId, credited.Campaign.Id, credited.Terms, order.At, order.Id, order.Currency, localDay!.Value),
            };
        }

        return before.Settle(change.Event, facts, evidence) with { LocalDay = localDay };
    }

    /// <summary>What was known when the order was last decided. Of one that is in a payout or paid it stays so (rule L2).</summary>
    private static async Task<Evidence?> LastEvidenceAsync(Tx tx, Store store, string orderId) =>
        await tx.OneAsync<string>(ReadLastEvidence, new { storeId = store.Id, orderId }) is { } last ? Evidence.WithoutTerms(last) : null;

    /// <summary>Writes what the order adds to its ambassador's standing, and has those behind it decided again where that matters.</summary>
    private static async Task StandAsync(
        Tx tx, Store store, SettledOrder order, IReadOnlyList<StandingRow> before, EvidenceReader reader, DateTimeOffset now)
    {
        if (order.Receipt is not { } receipt || Standings.RowsOf(order, before) is var rows && ReferenceEquals(rows, before))
        {
            return;
        }

        var stood = before.Count > 0 ? before[0] : null;
        var looking = receipt.CampaignId is { } campaignId ? reader.TermsOf(campaignId).Where(terms => terms.LooksBack).ToList() : [];
        if (looking.Count > 0)
        {
            await Standings.HoldAsync(tx, store.Id, receipt.AmbassadorId!);
        }

        await Standings.ReplaceAsync(tx, store.Id, receipt.OrderId, before.Count > 0, rows);
        if (looking.Count > 0)
        {
            await Standings.QueueLaterAsync(tx, store, receipt.AmbassadorId!, receipt, stood?.EffectiveAt, looking, now);
        }

        // What an order no longer adds to somebody, or in a campaign, is missing behind it.
        if (stood is not null && (stood.AmbassadorId, stood.CampaignId) != (receipt.AmbassadorId, receipt.CampaignId))
        {
            await Standings.HoldAsync(tx, store.Id, stood.AmbassadorId);
            await Standings.QueueLaterAsync(tx, store, stood.AmbassadorId, receipt, stood.EffectiveAt, null, now);
        }
    }

    private static async Task<Dictionary<string, OrderState>> LoadKnownAsync(Tx tx, Store store, IReadOnlyList<OrderEvent> events)
    {
        var ids = events.Select(e => e.OrderId).ToArray();
        var args = new { storeId = store.Id, ids = new TextList(ids) };
        var orders = await tx.ManyAsync<OrderRow>(LoadOrders, args);
        if (orders.Count == 0)
        {
            return [];
        }

        var refunds = (await tx.ManyAsync<RefundRow>(LoadRefunds, args)).ToLookup(row => row.OrderId);
        var decisions = (await tx.ManyAsync<DecisionRow>(LoadDecisions, args)).ToLookup(row => row.OrderId);
        var flags = await Findings.LoadAsync(tx, store, ids);
        return orders.ToDictionary(
            row => row.OrderId, row => StateOf(row, refunds[row.OrderId], decisions[row.OrderId], flags[row.OrderId]), StringComparer.Ordinal);
    }

    private static OrderState StateOf(OrderRow row, IEnumerable<RefundRow> refunds, IEnumerable<DecisionRow> decisions, IEnumerable<PatternFinding> flags)
    {
        var loose = LooseFacts.Of([.. refunds.Select(refund => (refund.RefundId, refund.Content, refund.At))]);
        var facts = row.Content is null
            ? null
            : new OrderFacts(RecordedOrder.FromJson(row.Content), row.VersionHash!, row.PaidAt, loose.Refunds, loose.DeletedAt)
            {
                Disputes = loose.Disputes,
                Earlier = EarlierFacts.FromJson(row.Earlier),
                Decisions = [.. decisions.Select(decision => decision.Decision)],
                Flags = [.. flags],
            };
        Currency? currency = row.Currency is null ? null : Currency.Parse(row.Currency);
        return new OrderState(row.Revision, row.State, row.CommissionMinor, currency, row.AmbassadorId, row.HoldUntil, facts, loose.Refunds, loose.DeletedAt)
        {
            Disputes = loose.Disputes,
            MerchantCostMinor = row.MerchantCostMinor,
            LocalDay = row.LocalDay,
            Counted = CountedOrder.Of(row.State, row.CampaignId, row.AmbassadorId, row.LocalDay, row.Currency, row.NetMinor, row.CommissionMinor, row.CustomerKind),
        };
    }

    /// <summary>The receipts as they stand of those orders to which nothing happened: where deciding them again changes nothing, nothing is written.</summary>
    private static async Task<Dictionary<string, string>> LoadReceiptsAsync(Tx tx, Store store, IReadOnlyList<OrderEvent> events)
    {
        var ids = events.OfType<OrderEvent.Reconsidered>().Select(e => e.OrderId).ToArray();
        return ids.Length == 0
            ? []
            : (await tx.ManyAsync<ReceiptRow>(LoadReceipts, new { storeId = store.Id, ids = new TextList(ids) })).ToDictionary(row => row.OrderId, row => row.Content, StringComparer.Ordinal);
    }

    /// <summary>Writes the events into the log. Returns which of them were not there before.</summary>
    private static async Task<bool[]> RecordAsync(Tx tx, Store store, Dictionary<string, OrderState> known, IReadOnlyList<OrderEvent> events, DateTimeOffset now)
    {
        var fresh = new bool[events.Count];
        await using var insertFirstVersion = new Prepared(tx, InsertFirstVersion);
        await using var insertVersion = new Prepared(tx, InsertVersion);
        await using var insertRefund = new Prepared(tx, InsertRefund);
        await using var insertDecision = new Prepared(tx, InsertDecision);
        for (var i = 0; i < events.Count; i++)
        {
            fresh[i] = events[i] switch
            {
                OrderEvent.Version version => await (known.ContainsKey(version.OrderId) ? insertVersion : insertFirstVersion).DoAsync(
                    ("StoreId", store.Id), ("OrderId", version.OrderId), ("UpdatedAt", version.Recorded.Order.UpdatedAt),
                    ("Hash", version.Hash), ("Content", version.Json), ("Now", now)) == 1,
                OrderEvent.Refunded { Refund: var refund } => await insertRefund.DoAsync(
                    ("StoreId", store.Id), ("RefundId", refund.Id), ("OrderId", refund.OrderId),
                    ("Content", JsonSerializer.Serialize(refund, OrdersJson.Default.Refund)), ("At", refund.At), ("Now", now)) == 1,
                OrderEvent.Disputed { Dispute: var dispute } => await insertRefund.DoAsync(
                    ("StoreId", store.Id), ("RefundId", Disputes.RowOf(dispute)), ("OrderId", dispute.OrderId),
                    ("Content", Disputes.ToJson(dispute)), ("At", dispute.OpenedAt), ("Now", now)) == 1,
                OrderEvent.Deleted deleted => await insertRefund.DoAsync(
                    ("StoreId", store.Id), ("RefundId", OrderState.DeletionOf(deleted)), ("OrderId", deleted.OrderId),
                    ("Content", ""), ("At", deleted.At), ("Now", now)) == 1,
                OrderEvent.Decided { Decision: var decision } => await insertDecision.DoAsync(
                    ("StoreId", store.Id), ("OrderId", events[i].OrderId), ("Number", decision.Number), ("Kind", WordOf(decision.Kind)),
                    ("AmbassadorId", decision.AmbassadorId), ("CampaignId", decision.CampaignId), ("Rules", string.Join(',', decision.Rules)),
                    ("Reason", decision.Reason), ("Actor", decision.Actor), ("At", decision.At)) == 1,
                OrderEvent.Flagged flagged => await Findings.WriteAsync(tx, store, flagged, now),
                OrderEvent.Reconsidered => true,
                _ => throw new System.Diagnostics.UnreachableException(),
            };
        }

        return fresh;
    }

    private async Task WriteAsync(Tx tx, Store store, List<SettledOrder> orders, DateTimeOffset now)
    {
        await using var insertOrder = new Prepared(tx, InsertOrder);
        await using var updateOrder = new Prepared(tx, UpdateOrder);
        await using var insertEvent = new Prepared(tx, OrderLog.Insert);
        await using var insertReceipt = new Prepared(tx, InsertReceipt);
        await using var updateReceipt = new Prepared(tx, UpdateReceipt);
        var postings = new List<LedgerTransaction>();
        var days = new OrderDays();
        foreach (var order in orders)
        {
            days.Note(order.Before.Counted, order.Counted);
            var (orderId, receipt) = (order.Event.OrderId, order.Receipt);
            var write = order.Before.Revision == 0 ? insertOrder : updateOrder;
            var written = await write.DoAsync(
                ("StoreId", store.Id), ("OrderId", orderId), ("Revision", order.Revision), ("Reference", receipt?.Reference),
                ("State", order.State), ("At", receipt?.At), ("LocalDay", order.LocalDay),
                ("VersionUpdatedAt", receipt?.VersionUpdatedAt), ("VersionHash", receipt?.VersionHash),
                ("Currency", receipt?.Currency.Code), ("PaidAt", receipt?.PaidAt), ("NetMinor", receipt?.RemainingBaseMinor ?? 0L),
                ("CampaignId", receipt?.CampaignId), ("AmbassadorId", receipt?.AmbassadorId), ("CommissionMinor", order.CommissionMinor),
                ("MerchantCostMinor", order.MerchantCostMinor), ("BindsKeys", order.BindsKeys), ("BindsDays", order.BindsDays),
                ("HoldUntil", order.HoldUntil), ("Reason", order.Reason), ("CameBy", order.CameBy), ("RefundedAt", order.RefundedAt),
                ("Earlier", order.Facts?.Earlier.ToJson()), ("CustomerKind", order.CustomerKind), ("Now", now));
            if (written == 0)
            {
                throw new StaleOrderException(orderId);
            }

            var (kind, subject) = OrderLog.NameOf(order.Event);
            await insertEvent.DoAsync(
                ("StoreId", store.Id), ("OrderId", orderId), ("Revision", order.Revision), ("Kind", kind), ("Subject", subject), ("At", now),
                ("LocalDay", order.LocalDay), ("BookedDay", store.LocalDay(now)), ("Actor", order.Actor), ("Evidence", order.Decision?.Evidence.ToJson()));
            if (receipt is null)
            {
                continue;
            }

            var update = order.Before.Facts is not null;
            await (update ? updateReceipt : insertReceipt).DoAsync(
                ("StoreId", store.Id), ("OrderId", orderId), ("Content", receipt.ToJson()), ("Now", now));
            postings.AddRange(order.Postings(now));
        }

        await days.WriteAsync(tx, store);
        if (postings.Count > 0)
        {
            await LedgerBook.PostAsync(tx, store, postings);
            await digests.AddAsync(tx, store, EarnersOf(postings), now);
        }
    }

    /// <summary>Who has more than before: they are told, once a day.</summary>
    private static HashSet<string> EarnersOf(List<LedgerTransaction> postings)
    {
        var earners = new HashSet<string>(StringComparer.Ordinal);
        foreach (var posting in postings)
        {
            foreach (var entry in posting.Entries)
            {
                if (entry.AmountMinor > 0 && entry.AmbassadorId.Length > 0)
                {
                    earners.Add(entry.AmbassadorId);
                }
            }
        }

        return earners;
    }

    private static string WordOf(DecisionKind kind) => kind switch
    {
        DecisionKind.Allow => "allow",
        DecisionKind.Reject => "reject",
        DecisionKind.Credit => "credit",
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>The decision that a row's word means.</summary>
    public static DecisionKind KindOf(string word) => word switch
    {
        "allow" => DecisionKind.Allow,
        "reject" => DecisionKind.Reject,
        "credit" => DecisionKind.Credit,
        _ => throw new System.Diagnostics.UnreachableException($"{word} is no decision."),
    };

    private sealed record OrderRow(
        string OrderId, long Revision, string State, DateTimeOffset? PaidAt, long CommissionMinor, long MerchantCostMinor, string? Currency,
        string? AmbassadorId, DateTimeOffset? HoldUntil, long? LocalDay, string? Earlier, string? CampaignId, long NetMinor, string? CustomerKind, string? VersionHash, string? Content);

    private sealed record DecisionRow(
        string OrderId, long Number, string Kind, string? AmbassadorId, string? CampaignId, string Rules, string Reason, string Actor, DateTimeOffset At)
    {
        public OrderDecision Decision => new(
            Number, KindOf(Kind), AmbassadorId, CampaignId, [.. Rules.Split(',', StringSplitOptions.RemoveEmptyEntries)], Reason, Actor, At);
    }

    private sealed record ReceiptRow(string OrderId, string Content);

    // A deletion stands among the refunds, without content; and so do messages about disputes (see LooseFacts).
    private sealed record RefundRow(string OrderId, string RefundId, string Content, DateTimeOffset At);

    private sealed record Change(int Index, OrderEvent Event, OrderState Before, OrderFacts? Facts)
    {
        // The day was told when the instant was first written: a change of the store's zone is for later orders (rule M4).
        public long? LocalDayIn(Store store) => Facts?.Recorded.Order.At is not { } at ? null
            : Before.Facts?.Recorded.Order.At == at ? Before.LocalDay ?? store.LocalDay(at)
            : store.LocalDay(at);

        /// <summary>Where the order stands among others; those of which only refunds are known stand nowhere.</summary>
        public string Moment { get; } = Facts is null ? "" : OrderMoment.KeyOf(Facts.Recorded.Order.At, Event.OrderId);
    }
}

/// <summary>An order was decided by another worker between the read and the write; the transaction starts over.</summary>
internal sealed class StaleOrderException(string orderId) : Exception($"Order {orderId} changed while it was being decided.");
