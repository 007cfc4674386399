// Reads the evidence of a batch of orders: touches with their dated facts, and their campaigns, in a few statements.
using System.Collections.Immutable;
using StorePlugin.Ambassadors;
using StorePlugin.Campaigns;
using StorePlugin.Data;
using StorePlugin.Stores;
using StorePlugin.Webhooks;

namespace StorePlugin.Orders;

internal sealed class EvidenceReader
{
    // SQL Server takes 2,100 parameters.
    private const int KeysAtOnceMax = 200;

    private const string LoadCodes =
        """
        SELECT c.code_key, c.ambassador_id, c.campaign_id, c.assigned_at, c.ended_at, a.approved_at, a.person_hash
        FROM codes c
        JOIN ambassadors a ON a.store_id = c.store_id AND a.id = c.ambassador_id
        WHERE c.store_id = @storeId AND c.code_key IN @keys
        """;

    private const string LoadSeries =
        """
        SELECT c.code_key, s.ambassador_id, s.campaign_id, c.assigned_at, s.ended_at, a.approved_at, a.person_hash
        FROM series_codes c
        JOIN code_series s ON s.store_id = c.store_id AND s.id = c.series_id
        JOIN ambassadors a ON a.store_id = s.store_id AND a.id = s.ambassador_id
        WHERE c.store_id = @storeId AND c.code_key IN @keys AND c.state <> 'refused'
        """;

    private const string LoadUses = "SELECT code_key, sort_key, order_id FROM series_uses WHERE store_id = @storeId AND code_key IN @keys";

    private const string LoadClicks =
        """
        SELECT c.id AS reference, c.ambassador_id, c.campaign_id, c.at AS dated, a.approved_at, a.person_hash
        FROM clicks c
        JOIN ambassadors a ON a.store_id = c.store_id AND a.id = c.ambassador_id
        WHERE c.store_id = @storeId AND c.id IN @keys
        """;

    // From now on the click is kept: the order may change years later, and is then decided by the same click again.
    private const string KeepClicks =
        "UPDATE clicks SET used_at = @now WHERE store_id = @storeId AND id IN @keys AND used_at IS NULL";

    private const string LoadLinks =
        """
        SELECT l.slug_key AS reference, l.ambassador_id, l.campaign_id, l.created_at AS dated, a.approved_at, a.person_hash
        FROM link_slugs l
        JOIN ambassadors a ON a.store_id = l.store_id AND a.id = l.ambassador_id
        WHERE l.store_id = @storeId AND l.slug_key IN @keys
        """;

    private const string LoadBindings =
        """
        SELECT b.customer_key, b.campaign_id, b.ambassador_id, b.since_at, b.until_at, b.origin, a.approved_at, a.person_hash
        FROM customer_bindings b
        JOIN ambassadors a ON a.store_id = b.store_id AND a.id = b.ambassador_id
        WHERE b.store_id = @storeId AND b.customer_key IN @keys
        """;

    private const string CountSince =
        """
        SELECT CAST(COUNT(*) AS bigint) FROM customer_orders
        WHERE store_id = @storeId AND customer_key = @customerKey AND sort_key > @since AND sort_key < @sortKey
        """;

    // Orders with a selling plan or a subscription are few, however often a customer buys.
    private const string LoadSubscriptions =
        """
        SELECT c.customer_key, c.sort_key, c.order_id, c.kind, c.plans, o.at, o.ambassador_id, o.campaign_id, a.approved_at, a.person_hash
        FROM customer_orders c
        JOIN orders o ON o.store_id = c.store_id AND o.order_id = c.order_id
        LEFT JOIN ambassadors a ON a.store_id = o.store_id AND a.id = o.ambassador_id
        WHERE c.store_id = @storeId AND c.customer_key IN @keys AND c.plans IS NOT NULL
        """;

    private const string LoadFirsts =
        """
        SELECT customer_key, MIN(sort_key) AS first_key FROM customer_orders
        WHERE store_id = @storeId AND customer_key IN @keys GROUP BY customer_key
        """;

    // Whose these orders were is erased; that they are one customer's is not.
    private const string LoadErased =
        "SELECT order_id, customer_key FROM customer_orders WHERE store_id = @storeId AND order_id IN @keys AND mark = 'erased'";

    private const string LoadCredits =
        """
        SELECT k.customer_key, c.id, c.amount_minor, c.currency, c.at
        FROM programme_credit_customers k
        JOIN programme_credits c ON c.store_id = k.store_id AND c.id = k.credit_id
        WHERE k.store_id = @storeId AND k.customer_key IN @keys
        """;

    private const string LoadCreditUses =
        """
        SELECT customer_key, sort_key, credit_minor, credit_currency, credit_back_at FROM customer_orders
        WHERE store_id = @storeId AND customer_key IN @keys AND credit_minor IS NOT NULL
        """;

    private const string LoadGroups =
        """
        SELECT ambassador_id, number, group_key, at FROM group_memberships
        WHERE store_id = @storeId AND ambassador_id IN @keys
        """;

    private const string LoadFormers = "SELECT ambassador_id, person_hash FROM former_addresses WHERE store_id = @storeId AND ambassador_id IN @keys";

    // To apply changes nothing: who has left and applies again has left until they are approved.
    private const string LoadLives =
        """
        SELECT ambassador_id, number, state, at FROM ambassador_states
        WHERE store_id = @storeId AND ambassador_id IN @keys AND state <> 'applied'
        """;

    private const string LoadCampaigns = "SELECT id, launched_at FROM campaigns WHERE store_id = @storeId AND id IN @keys";

    private const string LoadTerms =
        """
        SELECT campaign_id, revision, terms, effective_at FROM campaign_revisions
        WHERE store_id = @storeId AND campaign_id IN @keys AND effective_at IS NOT NULL AND withdrawn_at IS NULL
        """;

    private const string LoadStates =
        """
        SELECT campaign_id, number, state, at FROM campaign_states
        WHERE store_id = @storeId AND campaign_id IN @keys AND state <> 'draft'
        """;

    private CollectionBook? _collections;
    private readonly Dictionary<string, CodeRow> _codes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, CodeRow> _series = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ReferenceRow> _clicks = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ReferenceRow> _links = new(StringComparer.Ordinal);
    private readonly Dictionary<(string CampaignId, long Revision), Terms> _terms = [];
    private Dictionary<string, DateTimeOffset?> _launches = [];
    private readonly Dictionary<(string OrderId, string Origin, DateTimeOffset Since), long> _sinceBinding = [];
    private ILookup<string, UseRow> _uses = Empty<UseRow>();
    private ILookup<string, BindingRow> _bindings = Empty<BindingRow>();
    private ILookup<string, SubscriptionRow> _subscriptions = Empty<SubscriptionRow>();
    private ILookup<string, ErasedRow> _erased = Empty<ErasedRow>();
    private Dictionary<string, string> _firsts = [];
    private ILookup<string, CreditRow> _credits = Empty<CreditRow>();
    private ILookup<string, CreditUseRow> _creditUses = Empty<CreditUseRow>();
    private HistoryHorizon? _horizon;
    private ILookup<string, GroupRow> _groups = Empty<GroupRow>();
    private ILookup<string, LifeRow> _lives = Empty<LifeRow>();
    private ILookup<string, FormerRow> _formers = Empty<FormerRow>();
    private ILookup<string, StateRow> _states = Empty<StateRow>();
    private ILookup<string, TermsRow> _revisions = Empty<TermsRow>();

    private EvidenceReader()
    {
    }

    /// <summary>Reads what the orders name, and keeps the clicks among it for good.</summary>
    public static async Task<EvidenceReader> LoadAsync(Tx tx, Store store, IReadOnlyList<OrderFacts> facts, DateTimeOffset now)
    {
        var reader = new EvidenceReader();
        await reader.LoadTouchesAsync(tx, store, facts, now);
        await reader.LoadCustomersAsync(tx, store, facts);
        var references = reader._clicks.Values.Concat(reader._links.Values).ToList();
        var bindings = reader._bindings.SelectMany(rows => rows).ToList();
        var renewed = reader._subscriptions.SelectMany(rows => rows).ToList();
        var codes = reader._codes.Values.Concat(reader._series.Values).ToList();
        var ambassadors = codes.Select(row => row.AmbassadorId).Concat(references.Select(row => row.AmbassadorId))
            .Concat(bindings.Select(row => row.AmbassadorId)).Concat(renewed.Select(row => row.AmbassadorId).OfType<string>())
            .Concat(facts.Select(of => of.Override?.AmbassadorId).OfType<string>()).Distinct().ToList();
        var campaigns = facts.Select(of => of.Override?.CampaignId).OfType<string>()
            .Concat(codes.Select(row => row.CampaignId)).Concat(references.Select(row => row.CampaignId))
            .Concat(bindings.Select(row => row.CampaignId)).Concat(renewed.Select(row => row.CampaignId).OfType<string>()).Distinct().ToList();
        reader._lives = (await ReadAsync<LifeRow>(tx, store, LoadLives, ambassadors)).ToLookup(row => row.AmbassadorId);
        reader._formers = (await ReadAsync<FormerRow>(tx, store, LoadFormers, ambassadors)).ToLookup(row => row.AmbassadorId);
        reader._launches = (await ReadAsync<CampaignRow>(tx, store, LoadCampaigns, campaigns)).ToDictionary(row => row.Id, row => row.LaunchedAt, StringComparer.Ordinal);
        reader._states = (await ReadAsync<StateRow>(tx, store, LoadStates, campaigns)).ToLookup(row => row.CampaignId);
        reader._revisions = (await ReadAsync<TermsRow>(tx, store, LoadTerms, campaigns)).ToLookup(row => row.CampaignId);
        await reader.LoadAskedForAsync(tx, store, facts, campaigns, ambassadors);
        return reader;
    }

    /// <summary>The evidence of one of the orders that were read.</summary>
    public Evidence Of(OrderFacts facts)
    {
        var order = facts.Recorded.Order;
        var touches = ImmutableArray.CreateBuilder<Touch>();
        AddCodes(touches, facts);
        AddReferences(touches, order, facts.Shopper);
        AddBindings(touches, order, facts.Shopper);
        AddRenewed(touches, facts);
        if (touches.Count == 0 && facts.Override?.CampaignId is null)
        {
            return Evidence.None;
        }

        var campaigns = touches.Select(touch => touch.CampaignId).Append(facts.Override?.CampaignId).OfType<string>().Distinct(StringComparer.Ordinal)
            .Select(campaign => CampaignAt(campaign, order.At)).ToImmutableArray();
        return new Evidence(touches.DrainToImmutable(), campaigns)
        {
            Collections = _collections is not null && campaigns.Any(campaign => campaign.Terms?.NamesCollections is true) ? _collections.At(order) : default,
            DecidedGroup = facts.Override?.AmbassadorId is { } person ? GroupAt(person, order.At) : null,

            // Who has not paid is no customer yet, and nobody would look again at such an order when an earlier one comes late.
            Customer = facts.PaidAt is null || order.Test ? null
                : CustomerAt(facts) with { HistorySince = campaigns.Any(campaign => campaign.Terms is { AsksForNewCustomers: true }) ? _horizon!.Since : null },
        };
    }

    /// <summary>The terms of every revision of a campaign that was read.</summary>
    public IEnumerable<Terms> TermsOf(string campaignId) => _revisions[campaignId].Select(TermsOf);

    private async Task LoadTouchesAsync(Tx tx, Store store, IReadOnlyList<OrderFacts> facts, DateTimeOffset now)
    {
        var codeKeys = facts.SelectMany(of => of.Recorded.Order.Codes).Select(code => CodeKey.Of(code.Code)).Distinct().ToList();
        foreach (var row in await ReadAsync<CodeRow>(tx, store, LoadCodes, codeKeys))
        {
            _codes[row.CodeKey] = row;
        }

        foreach (var row in await ReadAsync<CodeRow>(tx, store, LoadSeries, codeKeys.Where(key => !_codes.ContainsKey(key) && SeriesCode.MayBe(key))))
        {
            _series[row.CodeKey] = row;
        }

        _uses = (await ReadAsync<UseRow>(tx, store, LoadUses, _series.Keys)).ToLookup(row => row.CodeKey, StringComparer.Ordinal);

        var references = facts.SelectMany(of => of.Recorded.Order.References).Select(reference => reference.Value).Distinct().ToList();
        foreach (var row in await ReadAsync<ReferenceRow>(tx, store, LoadClicks, references))
        {
            _clicks[row.Reference] = row;
        }

        foreach (var keys in _clicks.Keys.Chunk(KeysAtOnceMax))
        {
            await tx.DoAsync(KeepClicks, new { storeId = store.Id, keys = new TextList(keys), now });
        }

        var slugs = references.Where(reference => !_clicks.ContainsKey(reference)).Select(CodeKey.Of).Distinct();
        foreach (var row in await ReadAsync<ReferenceRow>(tx, store, LoadLinks, slugs))
        {
            _links[row.Reference] = row;
        }
    }

    private async Task LoadCustomersAsync(Tx tx, Store store, IReadOnlyList<OrderFacts> facts)
    {
        _erased = (await ReadAsync<ErasedRow>(tx, store, LoadErased, facts.Select(of => of.Recorded.Order.Id))).ToLookup(row => row.OrderId, StringComparer.Ordinal);
        var keys = facts.SelectMany(of => Customers.KeysOf(of.Shopper)).Distinct();
        _bindings = (await ReadAsync<BindingRow>(tx, store, LoadBindings, keys)).ToLookup(row => row.CustomerKey);
        var renewing = facts.Where(of => of.Recorded.Order.Channel == OrderChannel.Renewal).SelectMany(CustomerKeysOf).Distinct();
        _subscriptions = (await ReadAsync<SubscriptionRow>(tx, store, LoadSubscriptions, renewing)).ToLookup(row => row.CustomerKey);
    }

    /// <summary>
    /// Reads groups and whether customers are new, which terms may ask for that are only thought of yet: a back-test finds them
    /// in the evidence. How many orders bound customers have made is counted where terms ask for it.
    /// </summary>
    private async Task LoadAskedForAsync(Tx tx, Store store, IReadOnlyList<OrderFacts> facts, List<string> campaigns, List<string> ambassadors)
    {
        if (campaigns.Count == 0)
        {
            return;
        }

        var keys = facts.SelectMany(CustomerKeysOf).Distinct();
        _firsts = (await ReadAsync<FirstRow>(tx, store, LoadFirsts, keys)).ToDictionary(row => row.CustomerKey, row => row.FirstKey, StringComparer.Ordinal);
        _groups = (await ReadAsync<GroupRow>(tx, store, LoadGroups, ambassadors)).ToLookup(row => row.AmbassadorId);
        var crediting = facts.Where(of => of.Recorded.Order.StoreCredit is { Minor: > 0 }).SelectMany(CustomerKeysOf).Distinct().ToList();
        _credits = (await ReadAsync<CreditRow>(tx, store, LoadCredits, crediting)).ToLookup(row => row.CustomerKey);
        _creditUses = (await ReadAsync<CreditUseRow>(tx, store, LoadCreditUses, crediting)).ToLookup(row => row.CustomerKey);
        var terms = campaigns.SelectMany(TermsOf).ToList();
        if (terms.Exists(of => of.NamesCollections))
        {
            _collections = await Collections.LoadAsync(
                tx, store, [.. facts.SelectMany(of => of.Recorded.Order.Lines).Select(line => line.ProductId).OfType<string>().Distinct(StringComparer.Ordinal)]);
        }

        _horizon = terms.Exists(of => of.AsksForNewCustomers) ? await OrderHistory.HorizonAsync(tx, store) : null;
        if (!terms.Exists(of => of.Binding?.Orders is not null))
        {
            return;
        }

        foreach (var of in facts)
        {
            var order = of.Recorded.Order;
            foreach (var binding in BindingsOf(order, of.Shopper))
            {
                var count = 0L;
                foreach (var customerKey in _erased[order.Id].Select(row => row.CustomerKey).Prepend(binding.CustomerKey))
                {
                    count = Math.Max(count, await tx.OneAsync<long>(CountSince, new
                    {
                        storeId = store.Id,
                        customerKey,
                        since = OrderMoment.Since(binding.SinceAt),
                        sortKey = OrderMoment.KeyOf(order.At, order.Id),
                    }));
                }

                _sinceBinding[(order.Id, binding.Origin, binding.SinceAt)] = count;
            }
        }
    }

    private static async Task<List<T>> ReadAsync<T>(Tx tx, Store store, string sql, IEnumerable<string> wanted)
    {
        var rows = new List<T>();
        foreach (var keys in wanted.Chunk(KeysAtOnceMax))
        {
            rows.AddRange(await tx.ManyAsync<T>(sql, new { storeId = store.Id, keys = new TextList(keys) }));
        }

        return rows;
    }

    private void AddCodes(ImmutableArray<Touch>.Builder touches, OrderFacts facts)
    {
        var (order, shopper) = (facts.Recorded.Order, facts.Shopper);
        for (var position = 0; position < order.Codes.Length; position++)
        {
            var code = order.Codes[position];
            var codeKey = CodeKey.Of(code.Code);
            var isShared = _codes.TryGetValue(codeKey, out var row);
            if (isShared || _series.TryGetValue(codeKey, out row))
            {
                touches.Add(new Touch(
                    TouchKind.Code, code.Code, order.At, code.AmountMinor, position, row!.AmbassadorId, row.CampaignId, row.AssignedAt, row.EndedAt,
                    row.ApprovedAt, Since("suspended", row.AmbassadorId, order.At))
                {
                    LeftAt = Since("ended", row.AmbassadorId, order.At),
                    IsOwn = IsOwn(shopper, row.AmbassadorId, row.PersonHash),
                    Group = GroupAt(row.AmbassadorId, order.At),
                    SingleUse = isShared ? null : true,
                    UsedBy = isShared ? null : UsedBefore(codeKey, facts),
                });
            }
        }
    }

    /// <summary>The first paid order on the code, where it stands before this one. Who has not paid uses nothing up, and nobody would look again at such an order.</summary>
    private string? UsedBefore(string codeKey, OrderFacts facts)
    {
        if (!SeriesUses.Uses(facts))
        {
            return null;
        }

        var order = facts.Recorded.Order;
        return _uses[codeKey].Where(row => row.OrderId != order.Id).MinBy(row => row.SortKey, StringComparer.Ordinal) is { } first
            && string.CompareOrdinal(first.SortKey, OrderMoment.KeyOf(order.At, order.Id)) < 0 ? first.OrderId : null;
    }

    private void AddReferences(ImmutableArray<Touch>.Builder touches, Order order, ShopperHashes shopper)
    {
        foreach (var reference in order.References.DistinctBy(reference => reference.Value))
        {
            if (_clicks.TryGetValue(reference.Value, out var click))
            {
                touches.Add(Reference(TouchKind.Click, reference.Value, click, click.Dated));
            }
            else if (_links.TryGetValue(CodeKey.Of(reference.Value), out var link))
            {
                touches.Add(Reference(TouchKind.Link, reference.Value, link, order.At));
            }
        }

        Touch Reference(TouchKind kind, string evidence, ReferenceRow row, DateTimeOffset at) => new(
            kind, evidence, at, DiscountMinor: 0, Position: 0, row.AmbassadorId, row.CampaignId, row.Dated, EndedAt: null, row.ApprovedAt,
            Since("suspended", row.AmbassadorId, order.At))
        {
            LeftAt = Since("ended", row.AmbassadorId, order.At),
            IsOwn = IsOwn(shopper, row.AmbassadorId, row.PersonHash),
            Group = GroupAt(row.AmbassadorId, order.At),
        };
    }

    private void AddBindings(ImmutableArray<Touch>.Builder touches, Order order, ShopperHashes shopper)
    {
        foreach (var row in BindingsOf(order, shopper))
        {
            touches.Add(new Touch(
                TouchKind.Customer, row.Origin, row.SinceAt, DiscountMinor: 0, Position: 0, row.AmbassadorId, row.CampaignId, row.SinceAt, row.UntilAt,
                row.ApprovedAt, Since("suspended", row.AmbassadorId, order.At))
            {
                LeftAt = Since("ended", row.AmbassadorId, order.At),
                IsOwn = IsOwn(shopper, row.AmbassadorId, row.PersonHash),
                Group = GroupAt(row.AmbassadorId, order.At),
                Number = _sinceBinding.TryGetValue((order.Id, row.Origin, row.SinceAt), out var before) ? before + 1 : null,
            });
        }
    }

    /// <summary>The bindings that had begun, each once: a customer is known by several hashes.</summary>
    private IEnumerable<BindingRow> BindingsOf(Order order, ShopperHashes shopper) => Customers.KeysOf(shopper).SelectMany(key => _bindings[key])
        .Where(row => row.SinceAt <= order.At).OrderBy(row => row.SinceAt).ThenBy(row => row.Origin, StringComparer.Ordinal)
        .DistinctBy(row => (row.CampaignId, row.AmbassadorId, row.Origin, row.SinceAt));

    /// <summary>The order that this one renews: the customer's latest before it with the same selling plan or subscription (rule T14).</summary>
    private void AddRenewed(ImmutableArray<Touch>.Builder touches, OrderFacts facts)
    {
        var (order, shopper) = (facts.Recorded.Order, facts.Shopper);
        if (order.Channel != OrderChannel.Renewal)
        {
            return;
        }

        var (plans, moment) = (Customers.PlanListOf(order), OrderMoment.KeyOf(order.At, order.Id));
        var earlier = CustomerKeysOf(facts).SelectMany(key => _subscriptions[key]).DistinctBy(row => row.OrderId)
            .Where(row => string.CompareOrdinal(row.SortKey, moment) < 0 && plans.Any(plan => row.Plans.Contains($",{plan},", StringComparison.Ordinal))).ToList();
        var first = earlier.Where(row => row.Kind == "order").MaxBy(row => row.SortKey, StringComparer.Ordinal);
        if (first is not { AmbassadorId: { } ambassadorId, CampaignId: { } campaignId, ApprovedAt: { } approvedAt, PersonHash: { } personHash })
        {
            return;
        }

        touches.Add(new Touch(
            TouchKind.Renewal, first.OrderId, first.At, DiscountMinor: 0, Position: 0, ambassadorId, campaignId, first.At, EndedAt: null,
            approvedAt, Since("suspended", ambassadorId, order.At))
        {
            LeftAt = Since("ended", ambassadorId, order.At),
            IsOwn = IsOwn(shopper, ambassadorId, personHash),
            Group = GroupAt(ambassadorId, order.At),
            Number = earlier.Count(row => row.Kind == "renewal" && string.CompareOrdinal(row.SortKey, first.SortKey) > 0) + 1,
        });
    }

    private CustomerAt CustomerAt(OrderFacts facts)
    {
        var keys = CustomerKeysOf(facts).ToList();
        var (id, moment) = (facts.Recorded.Order.Id, OrderMoment.KeyOf(facts.Recorded.Order.At, facts.Recorded.Order.Id));
        return new CustomerAt(keys.Count == 0 ? null : !keys.Exists(key => _firsts.TryGetValue(key, out var first)
            && string.CompareOrdinal(first, moment) < 0 && !OrderMoment.IsOf(first, id)))
        {
            ProgrammeCreditMinor = keys.Count == 0 || facts.Recorded.Order.StoreCredit is not { Minor: > 0 } ? null
                : ProgrammeCredits.UnusedAt(
                    facts.Recorded.Order.At, moment, facts.Recorded.Order.Currency,
                    keys.SelectMany(key => _credits[key]).DistinctBy(row => row.Id).Select(row => row.Credit),
                    keys.SelectMany(key => _creditUses[key]).DistinctBy(row => row.SortKey).Select(row => row.Use)),
        };
    }

    /// <summary>What the order's customer is known by among the customers' orders: their hashes, and what stands for those that were erased.</summary>
    private IEnumerable<string> CustomerKeysOf(OrderFacts facts) =>
        Customers.KeysOf(facts.Shopper).Concat(_erased[facts.Recorded.Order.Id].Select(row => row.CustomerKey));

    private string? GroupAt(string ambassadorId, DateTimeOffset at) => _groups[ambassadorId].Where(row => row.At <= at).MaxBy(row => row.Number)?.GroupKey;

    // Whoever had another address before still buys for themselves with it.
    private bool? IsOwn(ShopperHashes shopper, string ambassadorId, string personHash) =>
        shopper.Email is { } email ? email == personHash || _formers[ambassadorId].Any(former => former.PersonHash == email) : null;

    private CampaignAt CampaignAt(string campaignId, DateTimeOffset at)
    {
        var row = _revisions[campaignId].Where(revision => revision.EffectiveAt <= at).MaxBy(revision => (revision.EffectiveAt, revision.Revision));
        return new CampaignAt(campaignId, row?.Revision, _launches[campaignId], StoppedAs(campaignId, at)) { Terms = row is null ? null : TermsOf(row) };
    }

    private Terms TermsOf(TermsRow row)
    {
        if (!_terms.TryGetValue((row.CampaignId, row.Revision), out var terms))
        {
            terms = _terms[(row.CampaignId, row.Revision)] = Terms.FromJson(row.Terms);
        }

        return terms;
    }

    /// <summary>
    /// Since when the ambassador was in a state at an order's instant; null where they were in another. A suspension that has
    /// ended since still counts for the orders of its time, however late they arrive (rules T10, I6).
    /// </summary>
    private DateTimeOffset? Since(string state, string ambassadorId, DateTimeOffset at) =>
        _lives[ambassadorId].Where(row => row.At <= at).MaxBy(row => row.Number) is { } last && last.State == state ? last.At : null;

    /// <summary>Whether the campaign was paused or had ended at an order's instant, by its states dated then (rules T10, I6).</summary>
    private CampaignStop? StoppedAs(string campaignId, DateTimeOffset at) =>
        _states[campaignId].Where(state => state.At <= at).MaxBy(state => state.Number)?.State switch
        {
            "paused" => CampaignStop.Paused,
            "ended" => CampaignStop.Ended,
            _ => null,
        };

    private static ILookup<string, T> Empty<T>() => Enumerable.Empty<T>().ToLookup(_ => "");

    private sealed record CodeRow(
        string CodeKey, string AmbassadorId, string CampaignId, DateTimeOffset AssignedAt, DateTimeOffset? EndedAt,
        DateTimeOffset ApprovedAt, string PersonHash);

    private sealed record UseRow(string CodeKey, string SortKey, string OrderId);

    // A click's id and instant, or a slug's key and the instant it was made.
    private sealed record ReferenceRow(
        string Reference, string AmbassadorId, string CampaignId, DateTimeOffset Dated, DateTimeOffset ApprovedAt, string PersonHash);

    private sealed record FormerRow(string AmbassadorId, string PersonHash);

    private sealed record LifeRow(string AmbassadorId, long Number, string State, DateTimeOffset At);

    private sealed record BindingRow(
        string CustomerKey, string CampaignId, string AmbassadorId, DateTimeOffset SinceAt, DateTimeOffset? UntilAt, string Origin,
        DateTimeOffset ApprovedAt, string PersonHash);

    private sealed record SubscriptionRow(
        string CustomerKey, string SortKey, string OrderId, string Kind, string Plans, DateTimeOffset At, string? AmbassadorId, string? CampaignId,
        DateTimeOffset? ApprovedAt, string? PersonHash);

    private sealed record ErasedRow(string OrderId, string CustomerKey);

    // By properties, not by position: SQLite has no type for the least of no rows.
    private sealed record FirstRow
    {
        public string CustomerKey { get; init; } = "";

        public string FirstKey { get; init; } = "";
    }

    private sealed record CreditRow(string CustomerKey, string Id, long AmountMinor, string Currency, DateTimeOffset At)
    {
        public ProgrammeCredit Credit => new(Id, new Money(AmountMinor, Webhooks.Currency.Parse(Currency)), At, "", "");
    }

    private sealed record CreditUseRow(string CustomerKey, string SortKey, long CreditMinor, string CreditCurrency, DateTimeOffset? CreditBackAt)
    {
        public CreditUse Use => new(SortKey, new CreditPaid(new Money(CreditMinor, Currency.Parse(CreditCurrency)), CreditBackAt));
    }

    private sealed record GroupRow(string AmbassadorId, long Number, string? GroupKey, DateTimeOffset At);

    private sealed record CampaignRow(string Id, DateTimeOffset? LaunchedAt);

    private sealed record StateRow(string CampaignId, long Number, string State, DateTimeOffset At);

    private sealed record TermsRow(string CampaignId, long Revision, string Terms, DateTimeOffset EffectiveAt);
}
