// Gives what an approved order brings beside its commission: a reward for the ambassador, and milestones (rules W1 to W3).
using StorePlugin.Ambassadors;
using StorePlugin.Campaigns;
using StorePlugin.Data;
using StorePlugin.Inbox;
using StorePlugin.Ledger;
using StorePlugin.Mail;
using StorePlugin.Orders;
using StorePlugin.Stores;
using StorePlugin.Webhooks;

namespace StorePlugin.Rewards;

/// <summary>
/// Works in the transaction that approves the orders. It is begun before the first approval: from then on the ambassadors are
/// held, so that of two programs that approve orders of one ambassador at once, one sees what the other has approved. The
/// friend's benefit was the discount on the order itself; neither waits for the other (rule W6).
/// </summary>
internal sealed class GrantRewards
{
    private const string ReadTerms = "SELECT campaign_id, terms FROM campaign_revisions WHERE store_id = @storeId AND campaign_id IN @ids";

    private const string Hold = "UPDATE ambassadors SET state = state WHERE store_id = @storeId AND id IN @ids";

    private const string ReadReceipts = "SELECT order_id, content FROM receipts WHERE store_id = @storeId AND order_id IN @ids";

    // What is taken back makes room; what was used and is the merchant's cost does not.
    private const string CountGiven =
        """
        SELECT CAST(COUNT(*) AS bigint) FROM rewards
        WHERE store_id = @storeId AND ambassador_id = @ambassadorId AND campaign_id = @campaignId AND kind = 'advocate'
            AND state NOT IN ('refused', 'revoked') AND order_at > @after AND order_at < @before AND order_day >= @fromDay AND order_day < @toDay
        """;

    private const string SumApproved =
        """
        SELECT COALESCE(SUM(o.net_minor), 0) AS net_minor, CAST(COUNT(*) AS bigint) AS orders, COALESCE(SUM(s.new_customers), 0) AS new_customers
        FROM orders o
        LEFT JOIN order_standings s ON s.store_id = o.store_id AND s.order_id = o.order_id AND s.number = 0
        WHERE o.store_id = @storeId AND o.ambassador_id = @ambassadorId AND o.campaign_id = @campaignId AND o.currency = @currency
            AND o.state IN ('approved', 'in_payout', 'paid') AND o.net_minor > 0
        """;

    private const string Insert =
        """
        INSERT INTO rewards (store_id, id, kind, cause, ambassador_id, campaign_id, order_id, order_at, order_day, state,
            percent_bp, amount_minor, minimum_minor, currency, code, code_key, ends_at, problem, created_at, booked_day, issued_at, form, valid_days)
        SELECT @storeId, @id, @kind, @cause, @ambassadorId, @campaignId, @orderId, @orderAt, @orderDay, @state,
            @percentBp, @amountMinor, @minimumMinor, @currency, @code, @codeKey, @endsAt, @problem, @now, @bookedDay, @issuedAt, @form, @validDays
        WHERE NOT EXISTS (SELECT 1 FROM rewards WHERE store_id = @storeId AND kind = @kind AND cause = @cause AND ambassador_id = @ambassadorId)
        """;

    private readonly Tx _tx;
    private readonly Store _store;
    private readonly DateTimeOffset _now;
    private readonly IReadOnlyDictionary<string, Receipt> _receipts;
    private readonly Dictionary<(string AmbassadorId, string CampaignId, Currency Currency), Position> _positions = [];
    private readonly HashSet<(string AmbassadorId, string Cause)> _reached = [];

    private GrantRewards(Tx tx, Store store, DateTimeOffset now, IReadOnlyDictionary<string, Receipt> receipts) =>
        (_tx, _store, _now, _receipts) = (tx, store, now, receipts);

    /// <summary>Looks at the terms of orders that are about to be approved. Where none of them gives rewards, nothing more is done.</summary>
    public static async Task<GrantRewards> BeginAsync(Tx tx, Store store, IReadOnlyCollection<DueReward> orders, DateTimeOffset now)
    {
        var campaigns = orders.Select(order => order.CampaignId).Distinct().ToArray();
        var giving = campaigns.Length == 0 ? [] : (await tx.ManyAsync<TermsRow>(ReadTerms, new { storeId = store.Id, ids = campaigns }))
            .Where(row => TermsRewards.Exist(Terms.FromJson(row.Terms))).Select(row => row.CampaignId).ToHashSet(StringComparer.Ordinal);
        var due = orders.Where(order => giving.Contains(order.CampaignId)).ToList();
        if (due.Count == 0)
        {
            return new GrantRewards(tx, store, now, new Dictionary<string, Receipt>());
        }

        await tx.DoAsync(Hold, new { storeId = store.Id, ids = due.Select(order => order.AmbassadorId).Distinct().Order(StringComparer.Ordinal).ToArray() });
        var receipts = await tx.ManyAsync<ReceiptRow>(ReadReceipts, new { storeId = store.Id, ids = new TextList([.. due.Select(order => order.OrderId)]) });
        return new GrantRewards(
            tx, store, now, receipts.ToDictionary(row => row.OrderId, row => Receipt.FromJson(row.Content), StringComparer.Ordinal));
    }

    /// <summary>Gives what the order brings, which has just been approved. Returns what is to be booked for it.</summary>
    public async Task<IReadOnlyList<LedgerTransaction>> OfAsync(string orderId)
    {
        if (!_receipts.TryGetValue(orderId, out var receipt) || receipt is not { Credited: true, Terms: { } terms })
        {
            return [];
        }

        // What was added up for an earlier order of the batch does not know this one.
        var key = KeyOf(receipt);
        if (_positions.TryGetValue(key, out var known))
        {
            _positions[key] = known.With(receipt);
        }

        var postings = new List<LedgerTransaction>();
        if (terms.AdvocateReward is { } reward && RewardBase.Suffices(receipt) && !IsOwn(receipt))
        {
            postings.AddRange(await ForOrderAsync(receipt, reward));
        }

        if (terms.Milestones is { } milestones)
        {
            postings.AddRange(await ForMilestonesAsync(receipt, milestones));
        }

        return postings;
    }

    // Where own purchases earn, they earn the commission and nothing besides (rule W2).
    private static bool IsOwn(Receipt receipt) => receipt.Touches.First(touch => touch.DroppedBy is null).IsOwn is true;

    private async Task<IReadOnlyList<LedgerTransaction>> ForOrderAsync(Receipt receipt, AdvocateReward reward)
    {
        var isMost = reward.Maximum is { } maximum && await GivenAsync(receipt, maximum.Period) >= maximum.Count;
        return await AddRewardAsync(
            receipt, RewardKind.Advocate, receipt.OrderId, reward.Code,
            isMost ? $"The ambassador has had as many {(reward.Code.As is null ? "codes" : "rewards")} as the terms allow in the period (rule W2)." : null);
    }

    /// <summary>How many rewards of the period the order belongs to were given: of a rolling one those before and behind it, so that no such period ever holds more.</summary>
    private async Task<long> GivenAsync(Receipt receipt, TermsPeriod period)
    {
        var isMonth = period.Kind == PeriodKind.CalendarMonth;
        var month = _store.LocalDay(receipt.At) / 100 * 100;
        var reach = period.Kind == PeriodKind.RollingDays ? TimeSpan.FromDays(period.Days!.Value) : TimeSpan.Zero;
        var isBounded = reach > TimeSpan.Zero;
        return await _tx.OneAsync<long>(CountGiven, new
        {
            storeId = _store.Id,
            ambassadorId = receipt.AmbassadorId,
            campaignId = receipt.CampaignId,
            after = isBounded ? receipt.At - reach : DateTimeOffset.UnixEpoch.AddDays(-1),
            before = isBounded ? receipt.At + reach : DateTimeOffset.MaxValue,
            fromDay = isMonth ? month : 0,
            toDay = isMonth ? month + 100 : long.MaxValue,
        });
    }

    private async Task<IReadOnlyList<LedgerTransaction>> ForMilestonesAsync(Receipt receipt, IReadOnlyList<Milestone> milestones)
    {
        var position = _positions.GetValueOrDefault(KeyOf(receipt)) ?? (_positions[KeyOf(receipt)] = await SumAsync(receipt));
        var postings = new List<LedgerTransaction>();
        foreach (var milestone in milestones.Where(milestone => position.Of(milestone.Metric) >= milestone.Threshold))
        {
            var cause = $"{receipt.CampaignId}:{TermsOverTimeRequest.WordOf(milestone.Metric)}:{milestone.Threshold}";
            if (!_reached.Add((receipt.AmbassadorId!, cause)))
            {
                continue;
            }

            if (milestone.Code is { } code)
            {
                postings.AddRange(await AddRewardAsync(receipt, RewardKind.Milestone, cause, code, refusal: null));
            }
            else if (await AddBonusAsync(receipt, cause, new Money(milestone.BonusMinor!.Value, receipt.Terms!.Currency!.Value)) is { } bonus)
            {
                postings.Add(bonus.Posting);
            }
        }

        return postings;
    }

    /// <summary>What the ambassador's approved orders come to, this one among them. It is asked for once in a batch.</summary>
    private async Task<Position> SumAsync(Receipt receipt) => (await _tx.OneAsync<Position>(SumApproved, new
    {
        storeId = _store.Id,
        ambassadorId = receipt.AmbassadorId,
        campaignId = receipt.CampaignId,
        currency = receipt.Currency.Code,
    }))!;

    private static (string AmbassadorId, string CampaignId, Currency Currency) KeyOf(Receipt receipt) =>
        (receipt.AmbassadorId!, receipt.CampaignId!, receipt.Currency);

    private async Task<IReadOnlyList<LedgerTransaction>> AddRewardAsync(Receipt receipt, string kind, string cause, RewardCode code, string? refusal)
    {
        if (code.As is not { } form)
        {
            await AddCodeAsync(receipt, kind, cause, code, refusal);
            return [];
        }

        // Its end counts from when it is given.
        var id = Ids.New("rwd", _now);
        var amount = new Money(code.AmountMinor!.Value, receipt.Terms!.Currency!.Value);
        var given = new Given(refusal is null ? RewardState.PendingCode : RewardState.Refused, null, amount.Minor, null, amount.Currency.Code, null, null, refusal)
        {
            Form = ValueForm.Of(form),
            ValidDays = code.ValidDays,
        };
        if (!await AddAsync(id, receipt, kind, cause, given) || refusal is not null)
        {
            return [];
        }

        await Outbox.AddAsync(_tx, _store.Id, Effect.Kinds.GiveValue, id, "{}", _now);
        return [new ValueStep(LedgerKind.RewardReserved, id, receipt.AmbassadorId!, amount, _now).Posting];
    }

    private async Task AddCodeAsync(Receipt receipt, string kind, string cause, RewardCode code, string? refusal)
    {
        var id = Ids.New("rwd", _now);
        var name = RewardCodes.Of(id);
        var isNew = await AddAsync(id, receipt, kind, cause, new Given(
            refusal is null ? RewardState.PendingCode : RewardState.Refused,
            code.PercentBp,
            code.AmountMinor,
            code.MinimumOrderMinor,
            code.StatesAmount ? receipt.Terms!.Currency!.Value.Code : null,
            refusal is null ? name : null,
            refusal is null ? WholeSecond.Of(_now).AddDays(code.ValidDays!.Value) : null,
            refusal));
        if (isNew && refusal is null)
        {
            await Outbox.AddAsync(_tx, _store.Id, Effect.Kinds.CreateReward, id, "{}", _now);
        }
    }

    private async Task<Bonus?> AddBonusAsync(Receipt receipt, string cause, Money amount)
    {
        var id = Ids.New("rwd", _now);
        var given = new Given(RewardState.Issued, null, amount.Minor, null, amount.Currency.Code, null, null, null);
        if (!await AddAsync(id, receipt, RewardKind.Milestone, cause, given))
        {
            return null;
        }

        await new MailNotice(MailNotice.RewardGiven, receipt.AmbassadorId!, Reward: id).AddAsync(_tx, _store.Id, _now);
        return new Bonus(id, receipt.AmbassadorId!, amount, _now);
    }

    private async Task<bool> AddAsync(string id, Receipt receipt, string kind, string cause, Given given) => await _tx.DoAsync(Insert, new
    {
        storeId = _store.Id,
        id,
        kind,
        cause,
        ambassadorId = receipt.AmbassadorId,
        campaignId = receipt.CampaignId,
        orderId = receipt.OrderId,
        orderAt = receipt.At,
        orderDay = _store.LocalDay(receipt.At),
        state = given.State,
        percentBp = given.PercentBp,
        amountMinor = given.AmountMinor,
        minimumMinor = given.MinimumMinor,
        currency = given.Currency,
        code = given.Code,
        codeKey = given.Code is null ? null : CodeKey.Of(given.Code),
        endsAt = given.EndsAt,
        problem = given.Problem,
        now = _now,
        bookedDay = _store.LocalDay(_now),
        issuedAt = given.State == RewardState.Issued ? _now : (DateTimeOffset?)null,
        form = given.Form,
        validDays = given.ValidDays,
    }) == 1;

    private sealed record Given(
        string State, long? PercentBp, long? AmountMinor, long? MinimumMinor, string? Currency, string? Code, DateTimeOffset? EndsAt, string? Problem)
    {
        public string? Form { get; init; }

        public long? ValidDays { get; init; }
    }

    private sealed record TermsRow(string CampaignId, string Terms);

    private sealed record ReceiptRow(string OrderId, string Content);

    // By properties, not by position: SQLite has no type for a summed column when there is no row.
    private sealed record Position
    {
        public long NetMinor { get; init; }

        public long Orders { get; init; }

        public long NewCustomers { get; init; }

        /// <summary>With an order that was approved since; of one that is sent back whole nothing counts.</summary>
        public Position With(Receipt receipt) => receipt.RemainingBaseMinor == 0
            ? this
            : new Position
            {
                NetMinor = NetMinor + receipt.RemainingBaseMinor,
                Orders = Orders + 1,
                NewCustomers = NewCustomers + (receipt.NewCustomer is true ? 1 : 0),
            };

        public long Of(TierMetric metric) => metric switch
        {
            TierMetric.NetSales => NetMinor,
            TierMetric.Orders => Orders,
            TierMetric.NewCustomers => NewCustomers,
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }
}

/// <summary>An order that is about to be approved.</summary>
internal sealed record DueReward(string OrderId, string AmbassadorId, string CampaignId);
