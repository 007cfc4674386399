// From an order's event to receipt and ledger: load for a whole batch, decide each order, write for the batch.
using System.Collections.Immutable;
using System.Text.Json;
using StorePlugin.Ambassadors;
using StorePlugin.Campaigns;
using StorePlugin.Data;
using StorePlugin.Ledger;
using StorePlugin.Mail;
using StorePlugin.Stores;
using StorePlugin.Webhooks;

namespace StorePlugin.Orders;

/// <summary>An event of one order, with its shopper already replaced by hashes.</summary>
internal abstract record OrderEvent(string OrderId)
{
    /// <param name="Json">The recorded order as it is kept.</param>
    internal sealed record Version(RecordedOrder Recorded, string Json, string Hash) : OrderEvent(Recorded.Order.Id);

    internal sealed record Refunded(Refund Refund) : OrderEvent(Refund.OrderId);

    internal sealed record Deleted(string OrderId, DateTimeOffset At) : OrderEvent(OrderId);

    /// <summary>A person's decision about an order that is known.</summary>
    internal sealed record Decided(string OrderId, OrderDecision Decision) : OrderEvent(OrderId);

    /// <summary>The order's event of a store event, or null when it is about something else.</summary>
    /// <param name="happenedAt">Dates an event that does not date itself; the same whenever it is read again.</param>
    public static OrderEvent? Of(StoreEvent storeEvent, Store store, StoreKeys keys, DateTimeOffset happenedAt)
    {
        switch (storeEvent)
        {
            case OrderChanged changed:
                var recorded = new RecordedOrder(changed.Order, ShopperHashes.Of(changed.Shopper, store, keys));
                var json = recorded.ToJson();
                return new Version(recorded, json, RecordedOrder.HashOf(json));
            case OrderRefunded refunded:
                return new Refunded(refunded.Refund);
            case OrderDeleted deleted:
                return new Deleted(deleted.OrderId, deleted.At ?? happenedAt);
            default:
                return null;
        }
    }
}

/// <summary>
/// Applies order events in the caller's transaction. An order's row is written by compare-and-set on its revision: when
/// another worker was faster the whole transaction fails and is tried again, so that no decision rests on stale facts.
/// </summary>
internal sealed class ReceiveOrders(Digests digests, TimeProvider clock)
{
    /// <summary>How many orders one call takes; SQL Server allows 2,100 parameters a statement.</summary>
    public const int BatchMax = 200;

    private const string Actor = "system";

    private const string LoadOrders =
        """
        SELECT o.order_id, o.revision, o.state, o.paid_at, o.commission_minor, o.currency, o.ambassador_id, o.hold_until, o.version_hash, v.content
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

    private const string LoadCodes =
        """
        SELECT c.code_key, c.ambassador_id, c.campaign_id, c.assigned_at, c.ended_at, a.approved_at, k.launched_at, a.person_hash
        FROM codes c
        JOIN ambassadors a ON a.store_id = c.store_id AND a.id = c.ambassador_id
        JOIN campaigns k ON k.store_id = c.store_id AND k.id = c.campaign_id
        WHERE c.store_id = @storeId AND c.code_key IN @keys
        """;

    private const string LoadClicks =
        """
        SELECT c.id AS reference, c.ambassador_id, c.campaign_id, c.at AS dated, a.approved_at, k.launched_at, a.person_hash
        FROM clicks c
        JOIN ambassadors a ON a.store_id = c.store_id AND a.id = c.ambassador_id
        JOIN campaigns k ON k.store_id = c.store_id AND k.id = c.campaign_id
        WHERE c.store_id = @storeId AND c.id IN @ids
        """;

    // From now on the click is kept: the order may change years later, and is then decided by the same click again.
    private const string KeepClicks =
        "UPDATE clicks SET used_at = @now WHERE store_id = @storeId AND id IN @ids AND used_at IS NULL";

    private const string LoadLinks =
        """
        SELECT l.slug_key AS reference, l.ambassador_id, l.campaign_id, l.created_at AS dated, a.approved_at, k.launched_at, a.person_hash
        FROM link_slugs l
        JOIN ambassadors a ON a.store_id = l.store_id AND a.id = l.ambassador_id
        JOIN campaigns k ON k.store_id = l.store_id AND k.id = l.campaign_id
        WHERE l.store_id = @storeId AND l.slug_key IN @keys
        """;

    private const string LoadSuspensions =
        """
        SELECT ambassador_id, from_at, until_at FROM suspensions
        WHERE store_id = @storeId AND ambassador_id IN @ids
        """;

    private const string LoadTerms =
        """
        SELECT campaign_id, revision, terms, effective_at FROM campaign_revisions
        WHERE store_id = @storeId AND campaign_id IN @ids AND effective_at IS NOT NULL AND withdrawn_at IS NULL
        """;

    private const string LoadStates =
        """
        SELECT campaign_id, number, state, at FROM campaign_states
        WHERE store_id = @storeId AND campaign_id IN @ids AND state <> 'draft'
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
            currency, paid_at, net_minor, campaign_id, ambassador_id, commission_minor, hold_until, reason, created_at, updated_at)
        VALUES (@StoreId, @OrderId, @Revision, @Reference, @State, @At, @LocalDay, @VersionUpdatedAt, @VersionHash,
            @Currency, @PaidAt, @NetMinor, @CampaignId, @AmbassadorId, @CommissionMinor, @HoldUntil, @Reason, @Now, @Now)
        """;

    private const string UpdateOrder =
        """
        UPDATE orders SET revision = @Revision, reference = @Reference, state = @State, at = @At, local_day = @LocalDay,
            version_updated_at = @VersionUpdatedAt, version_hash = @VersionHash, currency = @Currency, paid_at = @PaidAt,
            net_minor = @NetMinor, campaign_id = @CampaignId, ambassador_id = @AmbassadorId, commission_minor = @CommissionMinor,
            hold_until = @HoldUntil, reason = @Reason, updated_at = @Now
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
    public async Task<IReadOnlyList<string>> ApplyAsync(Tx tx, Store store, IReadOnlyList<OrderEvent> events)
    {
        var now = clock.GetUtcNow();
        var known = await LoadKnownAsync(tx, store, events);
        var fresh = await RecordAsync(tx, store, events, now);

        var changes = new List<Change>(events.Count);
        var outcomes = new string[events.Count];
        for (var i = 0; i < events.Count; i++)
        {
            var before = known.GetValueOrDefault(events[i].OrderId) ?? Known.Nothing;
            if (!fresh[i])
            {
                outcomes[i] = "Known already: nothing new.";
                continue;
            }

            var facts = before.With(events[i], out var earlierPayment);
            if (facts is null)
            {
                changes.Add(new Change(i, events[i], before, null));
            }
            else if (facts == before.Facts && !earlierPayment)
            {
                outcomes[i] = "An older version: the newer one stands.";
            }
            else
            {
                changes.Add(new Change(i, events[i], before, facts));
            }
        }

        var evidence = await LoadEvidenceAsync(tx, store, changes, now);
        var settled = changes.Select(change => Settle(change, evidence)).ToList();
        await WriteAsync(tx, store, settled, now);
        foreach (var order in settled)
        {
            outcomes[order.Change.Index] = order.Outcome;
        }

        return outcomes;
    }

    private static async Task<Dictionary<string, Known>> LoadKnownAsync(Tx tx, Store store, IReadOnlyList<OrderEvent> events)
    {
        var ids = events.Select(e => e.OrderId).ToArray();
        var orders = await tx.ManyAsync<OrderRow>(LoadOrders, new { storeId = store.Id, ids });
        if (orders.Count == 0)
        {
            return [];
        }

        var refunds = (await tx.ManyAsync<RefundRow>(LoadRefunds, new { storeId = store.Id, ids })).ToLookup(row => row.OrderId);
        var decisions = (await tx.ManyAsync<DecisionRow>(LoadDecisions, new { storeId = store.Id, ids })).ToLookup(row => row.OrderId);
        return orders.ToDictionary(row => row.OrderId, row => Known.Of(row, refunds[row.OrderId], decisions[row.OrderId]), StringComparer.Ordinal);
    }

    /// <summary>Writes the events into the log. Returns which of them were not there before.</summary>
    private static async Task<bool[]> RecordAsync(Tx tx, Store store, IReadOnlyList<OrderEvent> events, DateTimeOffset now)
    {
        var fresh = new bool[events.Count];
        await using var insertVersion = new Prepared(tx, InsertVersion);
        await using var insertRefund = new Prepared(tx, InsertRefund);
        await using var insertDecision = new Prepared(tx, InsertDecision);
        for (var i = 0; i < events.Count; i++)
        {
            fresh[i] = events[i] switch
            {
                OrderEvent.Version version => await insertVersion.DoAsync(
                    ("StoreId", store.Id), ("OrderId", version.OrderId), ("UpdatedAt", version.Recorded.Order.UpdatedAt),
                    ("Hash", version.Hash), ("Content", version.Json), ("Now", now)) == 1,
                OrderEvent.Refunded { Refund: var refund } => await insertRefund.DoAsync(
                    ("StoreId", store.Id), ("RefundId", refund.Id), ("OrderId", refund.OrderId),
                    ("Content", JsonSerializer.Serialize(refund, OrdersJson.Default.Refund)), ("At", refund.At), ("Now", now)) == 1,
                OrderEvent.Deleted deleted => await insertRefund.DoAsync(
                    ("StoreId", store.Id), ("RefundId", Known.DeletionOf(deleted)), ("OrderId", deleted.OrderId),
                    ("Content", ""), ("At", deleted.At), ("Now", now)) == 1,
                OrderEvent.Decided { Decision: var decision } => await insertDecision.DoAsync(
                    ("StoreId", store.Id), ("OrderId", events[i].OrderId), ("Number", decision.Number), ("Kind", WordOf(decision.Kind)),
                    ("AmbassadorId", decision.AmbassadorId), ("CampaignId", decision.CampaignId), ("Rules", string.Join(',', decision.Rules)),
                    ("Reason", decision.Reason), ("Actor", decision.Actor), ("At", decision.At)) == 1,
                _ => throw new System.Diagnostics.UnreachableException(),
            };
        }

        return fresh;
    }

    private static async Task<Evidence> LoadEvidenceAsync(Tx tx, Store store, List<Change> changes, DateTimeOffset now)
    {
        var orders = changes.Where(change => change.Facts is not null).Select(change => change.Facts!.Recorded.Order).ToList();
        var codeKeys = orders.SelectMany(order => order.Codes).Select(code => CodeKey.Of(code.Code)).Distinct().ToArray();
        var references = orders.SelectMany(order => order.References).Select(reference => reference.Value).Distinct().ToArray();

        var codes = new Dictionary<string, CodeRow>(StringComparer.Ordinal);
        var clicks = new Dictionary<string, ReferenceRow>(StringComparer.Ordinal);
        var links = new Dictionary<string, ReferenceRow>(StringComparer.Ordinal);
        foreach (var keys in codeKeys.Chunk(BatchMax))
        {
            foreach (var row in await tx.ManyAsync<CodeRow>(LoadCodes, new { storeId = store.Id, keys }))
            {
                codes[row.CodeKey] = row;
            }
        }

        foreach (var ids in references.Chunk(BatchMax))
        {
            foreach (var row in await tx.ManyAsync<ReferenceRow>(LoadClicks, new { storeId = store.Id, ids }))
            {
                clicks[row.Reference] = row;
            }
        }

        foreach (var ids in clicks.Keys.Chunk(BatchMax))
        {
            await tx.DoAsync(KeepClicks, new { storeId = store.Id, ids, now });
        }

        foreach (var keys in references.Where(reference => !clicks.ContainsKey(reference)).Select(CodeKey.Of).Distinct().Chunk(BatchMax))
        {
            foreach (var row in await tx.ManyAsync<ReferenceRow>(LoadLinks, new { storeId = store.Id, keys }))
            {
                links[row.Reference] = row;
            }
        }

        var campaigns = changes.Select(change => change.Facts?.Override?.CampaignId).OfType<string>()
            .Concat(codes.Values.Select(row => row.CampaignId))
            .Concat(clicks.Values.Concat(links.Values).Select(row => row.CampaignId)).Distinct().ToArray();
        var ambassadors = codes.Values.Select(row => row.AmbassadorId)
            .Concat(clicks.Values.Concat(links.Values).Select(row => row.AmbassadorId)).Distinct().ToArray();
        var suspensions = new List<SuspensionRow>();
        foreach (var ids in ambassadors.Chunk(BatchMax))
        {
            suspensions.AddRange(await tx.ManyAsync<SuspensionRow>(LoadSuspensions, new { storeId = store.Id, ids }));
        }

        var states = new List<StateRow>();
        foreach (var ids in campaigns.Chunk(BatchMax))
        {
            states.AddRange(await tx.ManyAsync<StateRow>(LoadStates, new { storeId = store.Id, ids }));
        }

        var terms = campaigns.Length == 0 ? [] : await tx.ManyAsync<TermsRow>(LoadTerms, new { storeId = store.Id, ids = campaigns });
        return new Evidence(
            codes, clicks, links, suspensions.ToLookup(row => row.AmbassadorId), states.ToLookup(row => row.CampaignId), terms.ToLookup(row => row.CampaignId));
    }

    /// <summary>Decides one order and how its row and its ledger follow.</summary>
    private static Settled Settle(Change change, Evidence evidence)
    {
        var before = change.Before;
        if (change.Facts is not { } facts)
        {
            return new Settled(change, null, "parked", before.CommissionMinor, null, null, "A refund or deletion came before its order and waits for it.");
        }

        var order = facts.Recorded.Order;
        var receipt = Decision.Of(facts, evidence.TouchesOf(order), campaign => evidence.TermsAt(campaign, order.At));
        var state = StateAfter(before, receipt);
        return new Settled(
            change, receipt, state, receipt.CommissionMinor, state is "held" or "review" ? receipt.HoldUntil : before.HoldUntil, ReasonOf(state, facts, receipt),
            receipt.Credited ? $"{new Money(receipt.CommissionMinor, order.Currency)} for {receipt.AmbassadorId}: {state}." : $"Nobody is credited: {receipt.Reason}");
    }

    /// <summary>Where an order stands after a decision. What has been approved or paid stays so; refunds post beside it (rule K1).</summary>
    private static string StateAfter(Known before, Receipt receipt) => receipt switch
    {
        { Credited: false } => before.CommissionMinor == 0 && before.State != "reversed" ? "uncredited" : "reversed",
        { PaidAt: null } => "observed",
        { CommissionMinor: 0 } when before.CommissionMinor != 0 || receipt.RemainingBaseMinor < receipt.BaseMinor => "reversed",
        _ when before.AmbassadorId == receipt.AmbassadorId && before.IsIn(receipt.Currency) is not false
            && before.State is "approved" or "in_payout" or "paid" => before.State,
        _ => receipt.OpenRules.IsEmpty ? "held" : "review",
    };

    /// <summary>
    /// Why an order stands so, in words. Who brought it is half of the answer; what became of it since is the other, and
    /// the whole one where nothing is left.
    /// </summary>
    private static string ReasonOf(string state, OrderFacts facts, Receipt receipt) => (state, receipt) switch
    {
        ("reversed", { Credited: false }) => $"The commission was taken back. {receipt.Reason}",
        ("reversed", _) => $"{FateOf(facts, receipt)}: the commission was taken back.",
        ("observed", { RemainingBaseMinor: 0 }) => $"{FateOf(facts, receipt)} before it was paid: it earns nothing.",
        ("review", _) => string.Join(' ', receipt.Reviews.Where(review => review.AllowedBy is null).Select(review => review.Why)),
        ("held", { Findings: [_, ..] findings }) => string.Join(' ', findings),
        (_, { CommissionMinor: > 0 }) when receipt.CommissionMinor < receipt.OriginalCommissionMinor =>
            $"{receipt.Reason} Refunds have taken a part of its commission back.",
        _ => receipt.Reason,
    };

    private static string FateOf(OrderFacts facts, Receipt receipt) =>
        (receipt.CancelledAt is not null, facts.Recorded.Order.RefundedInFull || !receipt.Refunds.IsEmpty) switch
        {
            (true, true) => "Cancelled and refunded",
            (true, false) => "Cancelled",
            (false, true) => receipt.RemainingBaseMinor == 0 ? "Refunded in full" : "Refunded but for a rest that earns nothing",
            _ => facts.Deleted ? "Deleted in the store" : "Changed so that it earns nothing any more",
        };

    private async Task WriteAsync(Tx tx, Store store, List<Settled> orders, DateTimeOffset now)
    {
        await using var insertOrder = new Prepared(tx, InsertOrder);
        await using var updateOrder = new Prepared(tx, UpdateOrder);
        await using var insertReceipt = new Prepared(tx, InsertReceipt);
        await using var updateReceipt = new Prepared(tx, UpdateReceipt);
        var postings = new List<LedgerTransaction>();
        foreach (var settled in orders)
        {
            var (change, receipt) = (settled.Change, settled.Receipt);
            var revision = change.Before.Revision + 1;
            var write = change.Before.Revision == 0 ? insertOrder : updateOrder;
            var written = await write.DoAsync(
                ("StoreId", store.Id), ("OrderId", change.OrderId), ("Revision", revision), ("Reference", receipt?.Reference),
                ("State", settled.State), ("At", receipt?.At), ("LocalDay", receipt is null ? null : store.LocalDay(receipt.At)),
                ("VersionUpdatedAt", receipt?.VersionUpdatedAt), ("VersionHash", receipt?.VersionHash),
                ("Currency", receipt?.Currency.Code), ("PaidAt", receipt?.PaidAt), ("NetMinor", receipt?.RemainingBaseMinor ?? 0L),
                ("CampaignId", receipt?.CampaignId), ("AmbassadorId", receipt?.AmbassadorId), ("CommissionMinor", settled.CommissionMinor),
                ("HoldUntil", settled.HoldUntil), ("Reason", settled.Reason), ("Now", now));
            if (written == 0)
            {
                throw new StaleOrderException(change.OrderId);
            }

            if (receipt is null)
            {
                continue;
            }

            var update = change.Before.Facts is not null;
            await (update ? updateReceipt : insertReceipt).DoAsync(
                ("StoreId", store.Id), ("OrderId", change.OrderId), ("Content", receipt.ToJson()), ("Now", now));
            postings.AddRange(Postings(settled, revision, now));
        }

        if (postings.Count > 0)
        {
            await LedgerBook.PostAsync(tx, store, postings);
            await digests.AddAsync(tx, store, EarnersOf(postings), now);
        }
    }

    /// <summary>The entries that bring the ledger to the receipt's target (rule B9); none when it is there already.</summary>
    private static IEnumerable<LedgerTransaction> Postings(Settled settled, long revision, DateTimeOffset now)
    {
        var (before, receipt) = (settled.Change.Before, settled.Receipt!);
        var target = settled.CommissionMinor;
        var booked = before.CommissionMinor;
        var source = $"{settled.Change.OrderId}:{revision}";
        if (booked != 0 && before.IsIn(receipt.Currency) is false)
        {
            // What was booked in another currency is taken back in that currency: the two are never added (rule M1).
            yield return Post($"{source}:currency", before.AmbassadorId!, AccountOf(before.State), new Money(-booked, before.Currency!.Value), "The order's currency changed.");
            booked = 0;
        }
        else if (booked != 0 && receipt.AmbassadorId is not null && receipt.AmbassadorId != before.AmbassadorId)
        {
            // An edit gave the order to another ambassador: the first one's commission is taken back whole.
            yield return Post($"{source}:reassigned", before.AmbassadorId!, AccountOf(before.State), Minor(-booked), "The order counts for another ambassador now.");
            booked = 0;
        }

        var (from, to) = (AccountOf(before.State), AccountOf(settled.State));
        if (booked != 0 && from != to && settled.State != "reversed")
        {
            // What a person must look at stands in an account of its own, and goes back when they have allowed it (rule H3).
            yield return new LedgerTransaction(
                LedgerKind.Review, source, receipt.Currency, now, settled.Change.By, to == Account.Review ? settled.Reason! : "A person has looked at it and allows it.",
                LedgerTransaction.Move(receipt.AmbassadorId!, settled.Change.OrderId, from, to, Minor(booked)));
        }

        if (target != booked)
        {
            // Reversed from wherever it stood: while in a payout and after it, a negative entry on approved (rule K1).
            var account = AccountOf(settled.State == "reversed" ? before.State : settled.State);
            yield return Post(
                source, receipt.AmbassadorId ?? before.AmbassadorId!, account, Minor(target - booked), booked == 0 ? receipt.Reason : "The order changed.");
        }

        Money Minor(long minor) => new(minor, receipt.Currency);

        LedgerTransaction Post(string from, string ambassadorId, string account, Money amount, string reason) => new(
            LedgerKind.Commission, from, amount.Currency, now, settled.Change.By, reason,
            LedgerTransaction.Move(ambassadorId, settled.Change.OrderId, Account.Expense, account, amount));
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

    private static DecisionKind KindOf(string word) => word switch
    {
        "allow" => DecisionKind.Allow,
        "reject" => DecisionKind.Reject,
        "credit" => DecisionKind.Credit,
        _ => throw new System.Diagnostics.UnreachableException($"{word} is no decision."),
    };

    private static string AccountOf(string state) => state switch
    {
        "review" => Account.Review,
        "approved" or "in_payout" or "paid" => Account.Approved,
        _ => Account.Held,
    };

    private sealed record OrderRow(
        string OrderId, long Revision, string State, DateTimeOffset? PaidAt, long CommissionMinor, string? Currency,
        string? AmbassadorId, DateTimeOffset? HoldUntil, string? VersionHash, string? Content);

    private sealed record DecisionRow(
        string OrderId, long Number, string Kind, string? AmbassadorId, string? CampaignId, string Rules, string Reason, string Actor, DateTimeOffset At)
    {
        public OrderDecision Decision => new(
            Number, KindOf(Kind), AmbassadorId, CampaignId, [.. Rules.Split(',', StringSplitOptions.RemoveEmptyEntries)], Reason, Actor, At);
    }

    // A deletion stands among the refunds, without content.
    private sealed record RefundRow(string OrderId, string RefundId, string Content, DateTimeOffset At);

    private sealed record CodeRow(
        string CodeKey, string AmbassadorId, string CampaignId, DateTimeOffset AssignedAt, DateTimeOffset? EndedAt,
        DateTimeOffset ApprovedAt, DateTimeOffset? LaunchedAt, string PersonHash);

    // A click's id and instant, or a slug's key and the instant it was made.
    private sealed record ReferenceRow(
        string Reference, string AmbassadorId, string CampaignId, DateTimeOffset Dated,
        DateTimeOffset ApprovedAt, DateTimeOffset? LaunchedAt, string PersonHash);

    private sealed record SuspensionRow(string AmbassadorId, DateTimeOffset FromAt, DateTimeOffset? UntilAt);

    private sealed record StateRow(string CampaignId, long Number, string State, DateTimeOffset At);

    private sealed record TermsRow(string CampaignId, long Revision, string Terms, DateTimeOffset EffectiveAt);

    /// <summary>What stood before the event. Revision 0: nothing was known of the order.</summary>
    private sealed record Known(
        long Revision, string State, long CommissionMinor, Currency? Currency, string? AmbassadorId, DateTimeOffset? HoldUntil,
        OrderFacts? Facts, ImmutableArray<Refund> LooseRefunds, DateTimeOffset? DeletedAt)
    {
        public static readonly Known Nothing = new(0, "parked", 0, null, null, null, null, [], null);

        // Unique for the order and the instant, in the width of the column.
        public static string DeletionOf(OrderEvent.Deleted deleted) =>
            "deleted:" + Ids.HashOf($"{deleted.OrderId} {deleted.At.ToUnixTimeMilliseconds()}")[..40];

        public static Known Of(OrderRow row, IEnumerable<RefundRow> refunds, IEnumerable<DecisionRow> decisions)
        {
            var rows = refunds.ToList();
            var deletedAt = rows.Where(refund => refund.Content.Length == 0).Max(refund => (DateTimeOffset?)refund.At);
            var loose = rows.Where(refund => refund.Content.Length > 0)
                .Select(refund => JsonSerializer.Deserialize(refund.Content, OrdersJson.Default.Refund)!).ToImmutableArray();
            var facts = row.Content is null
                ? null
                : new OrderFacts(RecordedOrder.FromJson(row.Content), row.VersionHash!, row.PaidAt, loose, deletedAt)
                {
                    Decisions = [.. decisions.Select(decision => decision.Decision)],
                };
            Currency? currency = row.Currency is null ? null : Webhooks.Currency.Parse(row.Currency);
            return new Known(row.Revision, row.State, row.CommissionMinor, currency, row.AmbassadorId, row.HoldUntil, facts, loose, deletedAt);
        }

        /// <summary>Whether the order was decided in this currency; null while it was not decided.</summary>
        public bool? IsIn(Currency currency) => Currency is { } known ? known == currency : null;

        /// <summary>The facts with the event; null while only refunds are known.</summary>
        public OrderFacts? With(OrderEvent orderEvent, out bool earlierPayment)
        {
            earlierPayment = false;
            switch (orderEvent)
            {
                case OrderEvent.Version version:
                    var paidAt = PaidAtOf(version.Recorded.Order);
                    if (Facts is null)
                    {
                        return new OrderFacts(version.Recorded, version.Hash, paidAt, LooseRefunds, DeletedAt);
                    }

                    earlierPayment = paidAt is not null && (Facts.PaidAt is null || paidAt < Facts.PaidAt);
                    var newer = RecordedOrder.Compare((version.Recorded, version.Hash), (Facts.Recorded, Facts.ContentHash)) > 0;
                    var merged = newer ? Facts with { Recorded = version.Recorded, ContentHash = version.Hash } : Facts;
                    return earlierPayment ? merged with { PaidAt = paidAt } : merged;
                case OrderEvent.Refunded refunded:
                    return Facts is null ? null : Facts with { LooseRefunds = Facts.LooseRefunds.Add(refunded.Refund) };
                case OrderEvent.Deleted deleted:
                    return Facts is null ? null : deleted.At <= Facts.DeletedAt ? Facts : Facts with { DeletedAt = deleted.At };
                case OrderEvent.Decided decided:
                    return Facts is null ? null : Facts with { Decisions = Facts.Decisions.Add(decided.Decision) };
                default:
                    throw new System.Diagnostics.UnreachableException();
            }
        }

        /// <summary>The anchor that this version gives (rule H2): the platform's own instant, else when the version was made.</summary>
        private static DateTimeOffset? PaidAtOf(Order order) => order.Paid ? order.PaidAt ?? order.UpdatedAt : null;
    }

    private sealed record Change(int Index, OrderEvent Event, Known Before, OrderFacts? Facts)
    {
        public string OrderId => Event.OrderId;

        /// <summary>Who moves the money (rule H6): the person who decided, or the program.</summary>
        public string By => Event is OrderEvent.Decided decided ? decided.Decision.Actor : Actor;
    }

    private sealed record Settled(
        Change Change, Receipt? Receipt, string State, long CommissionMinor, DateTimeOffset? HoldUntil, string? Reason,
        string Outcome);

    private sealed record Evidence(
        Dictionary<string, CodeRow> Codes, Dictionary<string, ReferenceRow> Clicks, Dictionary<string, ReferenceRow> Links,
        ILookup<string, SuspensionRow> Suspensions, ILookup<string, StateRow> States, ILookup<string, TermsRow> Terms)
    {
        private readonly Dictionary<(string, long), Terms> _read = [];

        public List<Touch> TouchesOf(Order order)
        {
            var touches = new List<Touch>();
            for (var position = 0; position < order.Codes.Length; position++)
            {
                var code = order.Codes[position];
                if (Codes.TryGetValue(CodeKey.Of(code.Code), out var row))
                {
                    touches.Add(new Touch(
                        TouchKind.Code, code.Code, order.At, code.AmountMinor, position, row.AmbassadorId, row.CampaignId,
                        row.AssignedAt, row.EndedAt, row.ApprovedAt, SuspendedAt(row.AmbassadorId, order.At), row.LaunchedAt, row.PersonHash,
                        StoppedAs(row.CampaignId, order.At)));
                }
            }

            foreach (var reference in order.References.DistinctBy(reference => reference.Value))
            {
                if (Clicks.TryGetValue(reference.Value, out var click))
                {
                    touches.Add(Reference(TouchKind.Click, reference.Value, click, click.Dated, order.At));
                }
                else if (Links.TryGetValue(CodeKey.Of(reference.Value), out var link))
                {
                    touches.Add(Reference(TouchKind.Link, reference.Value, link, order.At, order.At));
                }
            }

            return touches;
        }

        public TermsInForce? TermsAt(string campaignId, DateTimeOffset at)
        {
            var row = Terms[campaignId].Where(terms => terms.EffectiveAt <= at).MaxBy(terms => (terms.EffectiveAt, terms.Revision));
            if (row is null)
            {
                return null;
            }

            if (!_read.TryGetValue((campaignId, row.Revision), out var terms))
            {
                terms = _read[(campaignId, row.Revision)] = Campaigns.Terms.FromJson(row.Terms);
            }

            return new TermsInForce(row.Revision, terms);
        }

        private Touch Reference(TouchKind kind, string evidence, ReferenceRow row, DateTimeOffset at, DateTimeOffset orderAt) => new(
            kind, evidence, at, DiscountMinor: 0, Position: 0, row.AmbassadorId, row.CampaignId, row.Dated, EndedAt: null,
            row.ApprovedAt, SuspendedAt(row.AmbassadorId, orderAt), row.LaunchedAt, row.PersonHash, StoppedAs(row.CampaignId, orderAt));

        /// <summary>
        /// Since when the ambassador was suspended at an order's instant, or null. A suspension that has ended since still
        /// counts for the orders of its time, however late they arrive (rules T10, I6).
        /// </summary>
        private DateTimeOffset? SuspendedAt(string ambassadorId, DateTimeOffset at) => Suspensions[ambassadorId]
            .Where(suspension => suspension.FromAt <= at && (suspension.UntilAt is null || at < suspension.UntilAt))
            .Min(suspension => (DateTimeOffset?)suspension.FromAt);

        /// <summary>Whether the campaign was paused or had ended at an order's instant, by its states dated then (rules T10, I6).</summary>
        private CampaignStop? StoppedAs(string campaignId, DateTimeOffset at) =>
            States[campaignId].Where(state => state.At <= at).MaxBy(state => state.Number)?.State switch
            {
                "paused" => CampaignStop.Paused,
                "ended" => CampaignStop.Ended,
                _ => null,
            };
    }
}

/// <summary>An order was decided by another worker between the read and the write; the transaction starts over.</summary>
internal sealed class StaleOrderException(string orderId) : Exception($"Order {orderId} changed while it was being decided.");
