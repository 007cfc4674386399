// Orders that nobody thought of: a small world of campaigns, ambassadors and touches, and what happens in it, from one seed.
using System.Collections.Immutable;
using StorePlugin.Abuse;
using StorePlugin.Campaigns;
using StorePlugin.Orders;
using StorePlugin.Webhooks;

namespace StorePlugin.Tests.Orders;

/// <summary>
/// The whole space of terms that exist, drawn so that edges are met often: instants lie exactly at, a millisecond before and
/// a millisecond after each other. The same seed gives the same world, and the same orders in it.
/// </summary>
internal sealed class OrderWorld
{
    public static readonly DateTimeOffset Noon = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);

    private const string Contradicts = "The lines come to more than the total.";

    private static readonly string[] Currencies = ["EUR", "USD", "JPY", "KWD"];
    private static readonly string[] Products = ["p1", "p2", "p3"];
    private static readonly string[] Foreign = ["SUMMER", "WELCOME"];
    private static readonly string[] Groups = ["gold", "silver"];
    private static readonly string[] Collections = ["summer", "outlet"];
    private static readonly DateTimeOffset WindowEnd = Noon + Commission.ReversalWindow;
    private static readonly OrderChannel[] Channels = [OrderChannel.Online, OrderChannel.PointOfSale, OrderChannel.Draft];

    private readonly Random _random;

    // Of their own, so that worlds that are known for what they hold stay what they are.
    private readonly Random _credits;
    private readonly Random _joins;

    private readonly ImmutableArray<CampaignAt> _campaigns;
    private readonly ImmutableArray<Touch> _touches;
    private readonly Dictionary<string, (string? Group, long NetSales, long Orders, long NewCustomers, long Earned)> _ambassadors;
    private readonly ImmutableArray<ProductCollections> _collections;
    private readonly bool? _isNew;
    private readonly long _scale;
    private readonly long _programmeCredit;
    private int _refunds;

    public OrderWorld(int seed)
    {
        (_random, _credits, _joins) = (new Random(seed), new Random(~seed), new Random(seed ^ 57));
        Currency = Currency.Parse(Pick(Currencies));
        _scale = Pick(100L, 3_000L, 20_000L, 1_000_000_000L);
        _programmeCredit = _credits.GetItems([0, _credits.NextInt64(0, _scale), _scale], 1)[0];
        _campaigns = [.. Enumerable.Range(1, _random.Next(1, 3)).Select(number => NewCampaign($"cmp_{number}"))];
        CheckoutStartedAt = Chance(60) ? Noon.AddMinutes(-_random.Next(1, 50)) : null;
        _ambassadors = Enumerable.Range(1, 3).ToDictionary(number => $"amb_{number}", _ => (
            Chance(40) ? Pick(Groups) : null, Pick(0, _scale, _scale - 1, _scale + 1, _random.NextInt64(0, _scale * 3)), _random.NextInt64(0, 5), _random.NextInt64(0, 3),
            Chance(30) ? 0 : _random.NextInt64(0, _scale)));
        _isNew = Chance(20) ? null : Chance(60);
        _collections = [.. Products.Select(product => new ProductCollections(product, [.. Collections.Where(_ => Chance(50)).Order(StringComparer.Ordinal)])).Where(of => !of.Collections.IsEmpty)];
        _touches = [.. Enumerable.Range(0, _random.Next(2, 6)).Select(NewTouch), .. Chance(60) ? new[] { NewRenewed() } : []];
    }

    public Currency Currency { get; }

    private DateTimeOffset? CheckoutStartedAt { get; }

    /// <summary>An order with everything known of it.</summary>
    public (OrderFacts Facts, Evidence Evidence) Next()
    {
        var order = NewOrder();
        order = order with
        {
            UpdatedAt = Rarely(order.UpdatedAt, WindowEnd, WindowEnd.AddMilliseconds(-1)),
            Refunds = [.. order.Refunds.Select(refund => refund with { At = Rarely(refund.At, WindowEnd, WindowEnd.AddMilliseconds(-1), WindowEnd.AddDays(9), Noon.AddDays(-1)) })],
        };
        DateTimeOffset? paidAt = order.Paid ? order.PaidAt ?? order.UpdatedAt : Chance(5) ? Noon : null;
        var facts = new OrderFacts(new RecordedOrder(order, ShopperHashes.Unknown), "hash", paidAt, Chance(30) ? [NewRefund(order)] : [])
        {
            DeletedAt = Chance(6) ? order.UpdatedAt.AddSeconds(_random.Next(-1, 2)) : null,
            Decisions = NewDecisions(order.Contradiction is null ? 20 : 70),
            Flags = NewFlags(),
            Disputes = Chance(12) ? [.. Enumerable.Range(0, _random.Next(1, 3)).Select(number => NewDispute(order, number)).OrderBy(dispute => dispute.OpenedAt).ThenBy(dispute => dispute.Id, StringComparer.Ordinal)] : [],
            Earlier = (order.RefundedInFull || order.CancelledAt is not null) && Chance(80)
                ? EarlierFacts.None with { GoneAt = Pick(WindowEnd.AddDays(-30), WindowEnd.AddMilliseconds(-1), WindowEnd) }
                : EarlierFacts.None,
        };
        if (Chance(4))
        {
            facts = facts with { LooseRefunds = facts.LooseRefunds.Add(NewRefund(order) with { Currency = Currency.Parse("CHF") }) };
        }

        return (facts, EvidenceOf(facts));
    }

    /// <summary>The touches that the order names, as they are found: codes first, in the platform's order.</summary>
    public Evidence EvidenceOf(OrderFacts facts)
    {
        var order = facts.Recorded.Order;
        var codes = order.Codes.SelectMany((code, position) => _touches
            .Where(touch => touch.Kind == TouchKind.Code && touch.Evidence == code.Code)
            .Select(touch => touch with { At = order.At, DiscountMinor = code.AmountMinor, Position = position }));
        var links = order.References.SelectMany(reference => _touches
            .Where(touch => touch.Kind is TouchKind.Click or TouchKind.Link && touch.Evidence == reference.Value)
            .Select(touch => touch.Kind == TouchKind.Link ? touch with { At = order.At } : touch));
        var customers = _touches.Where(touch => touch.Kind == TouchKind.Customer).OrderBy(touch => touch.At).ThenBy(touch => touch.Evidence, StringComparer.Ordinal);
        var renewed = _touches.Where(touch => touch.Kind == TouchKind.Renewal && order.Channel == OrderChannel.Renewal);
        ImmutableArray<Touch> touches = [.. codes, .. links, .. customers, .. renewed];
        var decided = facts.Override;
        if (touches.IsEmpty && decided?.CampaignId is null)
        {
            return Evidence.None;
        }

        var evidence = new Evidence(
            touches,
            [.. touches.Select(touch => touch.CampaignId).Append(decided?.CampaignId).OfType<string>().Distinct()
                .Select(id => _campaigns.First(campaign => campaign.Id == id))])
        {
            Customer = facts.PaidAt is null || order.Test ? null : new CustomerAt(_isNew)
            {
                HistorySince = touches.Select(touch => touch.CampaignId).Append(decided?.CampaignId).Any(id => _campaigns.Any(campaign => campaign.Id == id && campaign.Terms is { AsksForNewCustomers: true }))
                    ? Noon.AddDays(-60)
                    : null,
                ProgrammeCreditMinor = _isNew is not null && order.StoreCredit is { Minor: > 0 } ? _programmeCredit : null,
            },
            Collections = _collections,
            DecidedGroup = decided?.AmbassadorId is { } credited ? _ambassadors[credited].Group : null,
        };
        return Attribution.Decide(order, evidence, decided) is Attribution.Credited { Terms: { LooksBack: true } terms, Winner.AmbassadorId: var winner }
            ? evidence with { Standing = StandingOf(winner, terms) }
            : evidence;
    }

    private Standing StandingOf(string ambassador, Terms terms)
    {
        var known = _ambassadors[ambassador];
        return new Standing(
            terms.Tiers?.Metric switch { null => null, TierMetric.NetSales => known.NetSales, TierMetric.Orders => known.Orders, _ => known.NewCustomers },
            terms.PeriodCap is null ? null : known.Earned);
    }

    /// <summary>What happens to one order: versions of it, refunds that come alone, deletions, and what a person decides.</summary>
    public List<OrderEvent> History()
    {
        var order = NewOrder();
        var events = new List<OrderEvent> { VersionOf(order) };
        for (var i = _random.Next(1, 6); i > 0; i--)
        {
            order = order with { UpdatedAt = order.UpdatedAt.AddSeconds(_random.Next(0, 3)) };
            order = _random.Next(7) switch
            {
                0 => order with { Paid = true, PaidAt = Chance(50) ? order.UpdatedAt : null },
                1 => order with { Refunds = order.Refunds.Add(NewRefund(order)) },
                2 => order with { Lines = NewLines() },
                3 => order with { CancelledAt = order.UpdatedAt },
                4 => order with { Codes = NewCodes(), References = NewReferences() },
                5 => order with { RefundedInFull = order.Paid },
                _ => order with { Contradiction = order.Contradiction is null ? Contradicts : null },
            };
            events.Add(VersionOf(order));
            if (Chance(40))
            {
                events.Add(new OrderEvent.Refunded(Chance(50) || order.Refunds.IsEmpty ? NewRefund(order) : order.Refunds[^1] with { UnallocatedMinor = 7 }));
            }

            if (Chance(10))
            {
                events.Add(new OrderEvent.Deleted(order.Id, order.UpdatedAt));
            }
        }

        // A person decides about an order that is known: these keep their places behind everything else.
        return [.. events, .. NewDecisions(30).Select(decision => new OrderEvent.Decided(order.Id, decision))];
    }

    /// <summary>A paid order that an ambassador earns on, with the refunds that take all of it back, in parts.</summary>
    public (OrderEvent Paid, List<OrderEvent> Refunds)? RefundedInParts()
    {
        var order = NewOrder() with { Paid = true, RefundedInFull = false, CancelledAt = null, Refunds = [], Test = false, Channel = OrderChannel.Online };
        var facts = new OrderFacts(new RecordedOrder(order, ShopperHashes.Unknown), "hash", order.UpdatedAt, []);
        if (!Decision.Of(facts, EvidenceOf(facts)).Credited)
        {
            return null;
        }

        var refunds = new List<OrderEvent>();
        var left = Commission.OfNobody(facts).Lines;
        for (var at = order.UpdatedAt; left.Any(line => line.RemainingMinor > 0); at = at.AddHours(1))
        {
            var total = left.Sum(line => line.RemainingMinor);
            var line = Pick([.. left.Where(line => line.RemainingMinor > 0)]);
            var whole = refunds.Count == 12 || Chance(20);
            var named = !whole && Chance(60);
            var amount = whole ? total : _random.NextInt64(1, (named ? line.RemainingMinor : total) + 1);
            var refund = new Refund(
                $"r{refunds.Count:00}", order.Id, at, order.Currency, named ? [new RefundLine(line.Line.Id, _random.Next(0, 2), amount)] : [], named ? 0 : amount);
            refunds.Add(new OrderEvent.Refunded(refund));
            facts = facts with { LooseRefunds = facts.LooseRefunds.Add(refund) };
            left = Commission.OfNobody(facts).Lines;
        }

        // What the own code left no price of comes back by its units (rule B1).
        var units = left.Where(line => line.RemainingQuantity > 0).Select(line => new RefundLine(line.Line.Id, line.RemainingQuantity, 0));
        refunds.Add(new OrderEvent.Refunded(new Refund("r99", order.Id, order.UpdatedAt.AddDays(1), order.Currency, [.. units], 0)));
        return (VersionOf(order), refunds);
    }

    private CampaignAt NewCampaign(string id)
    {
        var at = Rarely(Noon.AddDays(-40), Noon, Noon.AddMilliseconds(1));
        CampaignStop? stopped = Chance(4) ? CampaignStop.Paused : Chance(4) ? CampaignStop.Ended : null;
        var hasTerms = Chance(96);
        return new CampaignAt(id, hasTerms ? _random.Next(1, 4) : null, Chance(97) ? at : null, stopped) { Terms = hasTerms ? NewTerms() : null };
    }

    private Terms NewTerms()
    {
        var flat = Chance(20) ? new FlatCommission(_random.NextInt64(1, _scale), Chance(50)) : null;
        long? minimum = Chance(20) ? _random.NextInt64(0, _scale * 2) : null;
        long? maximum = Chance(25) ? (flat?.AmountMinor ?? 0) + _random.NextInt64(0, Math.Max(2, _scale / 4)) : null;
        var tiers = flat is null && Chance(30) ? NewTiers() : null;
        var cap = Chance(20) ? new PeriodCap(_random.NextInt64(1, _scale * 2), NewPeriod()) : null;
        var (isNewOnly, hasRewards) = (Chance(15), Chance(12));
        return new Terms(
            flat is null ? _random.Next(1, 10_001) : 0, Chance(80) ? 1000 : 0, Pick(0L, 14L, 30L, 365L), Pick(1L, 7L, 30L, 365L))
        {
            Flat = flat,
            Rates = flat is null && Chance(40) && NewRates() is { IsEmpty: false } rates ? rates : null,
            ExcludedProducts = Chance(15) ? [Pick(Products)] : null,
            ExcludedCollections = Chance(15) ? [Pick(Collections)] : null,
            MinimumOrderMinor = minimum,
            MaximumCommissionMinor = maximum,
            FirstTouch = Chance(30) ? true : null,
            ExclusiveCodes = Chance(30) ? true : null,
            SelfPurchaseEarns = Chance(30) ? true : null,
            Channels = Chance(20) ? [.. Channels.Where(_ => Chance(60)).DefaultIfEmpty(OrderChannel.Online)] : null,
            Tiers = tiers,
            PeriodCap = cap,
            MaximumCostBp = Chance(20) ? Pick(1500, 5000, _random.NextInt64(1001, 10_001)) : null,
            BeforeOwnDiscount = Chance(25) ? true : null,
            ProgrammeCreditLowersBase = _credits.Next(4) == 0 ? true : null,
            NewCustomersOnly = isNewOnly ? true : null,
            Renewals = !Chance(50) ? null : Chance(50) ? new RenewalTerms(_random.Next(1, 4), null) : new RenewalTerms(null, _random.Next(1, 4)),
            Binding = isNewOnly || Chance(40) ? null : new BindingTerms(Pick(1, 30, 365), Chance(40) ? _random.Next(1, 4) : null),
            FriendOncePerCustomer = Chance(15) ? true : null,
            AdvocateReward = hasRewards ? new AdvocateReward(NewRewardCode(), Chance(50) ? new RewardMaximum(_random.Next(1, 9), NewPeriod()) : null) : null,
            Milestones = hasRewards ? [.. Enumerable.Range(1, _random.Next(1, 3)).Select(NewMilestone)] : null,
            Enrolment = _joins.Next(4) switch { 0 => Enrolment.Application, 1 => Enrolment.Instant, _ => null },
            Precedence = Chance(25) ? [.. Enum.GetValues<TouchClass>().OrderBy(_ => _random.Next())] : null,
            Currency = !hasRewards && flat is null && minimum is null && maximum is null && cap is null && tiers is not { Metric: TierMetric.NetSales }
                ? null
                : Chance(95) ? Currency : Currency.Parse("CHF"),
        };
    }

    // No receipt rests on rewards: they are given when an order is approved.
    private RewardCode NewRewardCode() => Chance(25)
        ? new RewardCode(null, _random.NextInt64(1, _scale), null, Chance(50) ? 365 : null) { As = Pick(RewardForm.GiftCard, RewardForm.StoreCredit) }
        : Chance(50)
        ? new RewardCode(_random.Next(1, 10_001), null, Chance(50) ? _scale : null, Pick(30L, 180L))
        : new RewardCode(null, _random.NextInt64(1, _scale), null, 180);

    private Milestone NewMilestone(int number)
    {
        var metric = Pick(TierMetric.NetSales, TierMetric.Orders, TierMetric.NewCustomers);
        var (minor, count) = metric == TierMetric.NetSales ? ((long?)(_scale * number), (long?)null) : (null, number);
        return Chance(50) ? new Milestone(metric, minor, count, _scale, null) : new Milestone(metric, minor, count, null, NewRewardCode());
    }

    private Tiers NewTiers()
    {
        var metric = Pick(TierMetric.NetSales, TierMetric.NetSales, TierMetric.Orders, TierMetric.NewCustomers);
        var shares = Enumerable.Range(0, _random.Next(1, 4)).Select(_ => _random.NextInt64(1, 10_001)).Order().ToList();
        var begin = _random.Next(0, 2);
        return new Tiers(metric, NewPeriod(), Chance(30) ? true : null, [.. shares.Select((share, i) => metric == TierMetric.NetSales
            ? new TierLevel((begin + i) * _scale / (i == 2 ? 1 : 2), null, share)
            : new TierLevel(null, begin + i, share))]);
    }

    private TermsPeriod NewPeriod() => Pick(new TermsPeriod(PeriodKind.CalendarMonth), new TermsPeriod(PeriodKind.RollingDays, 30), new TermsPeriod(PeriodKind.Lifetime));

    private ImmutableArray<RateRule> NewRates() =>
    [
        .. Enumerable.Range(0, _random.Next(1, 5))
            .Select(_ => Chance(25)
                ? new RateRule(null, null, 0) { Group = Pick(Groups) }
                : Chance(35) ? new RateRule(null, Chance(50) ? NewAmbassador() : null, 0) { CollectionId = Pick(Collections) }
                : new RateRule(Chance(60) ? Pick(Products) : null, Chance(50) ? NewAmbassador() : null, 0))
            .Where(rule => rule != new RateRule(null, null, 0)).Distinct().Select(rule => rule with { RateBp = _random.Next(0, 10_001) }),
    ];

    private Touch NewTouch(int number)
    {
        var kind = Pick(TouchKind.Code, TouchKind.Code, TouchKind.Click, TouchKind.Click, TouchKind.Link, TouchKind.Customer);
        var campaign = Pick([.. _campaigns]);
        var window = kind == TouchKind.Customer ? campaign.Terms?.Binding?.Time ?? TimeSpan.FromDays(30) : campaign.Terms?.Window ?? TimeSpan.FromDays(30);
        var late = CheckoutStartedAt ?? Noon;
        var at = kind == TouchKind.Customer
            ? Pick(Noon, Noon.AddDays(-2), Noon - window, Noon - window + TimeSpan.FromMilliseconds(1))
            : Pick(
                Noon.AddDays(-1), Noon.AddDays(-2), Noon.AddDays(-6), Noon - window, Noon - window + TimeSpan.FromMilliseconds(1), Noon, Noon.AddMilliseconds(1),
                late, late.AddMilliseconds(1), late.AddMinutes(30), late.AddMinutes(30).AddMilliseconds(-1));
        var isDated = kind is TouchKind.Click or TouchKind.Customer;
        var touch = Of(
            new Touch(
                kind, $"{kind}{(number * 7) % 10}", isDated ? at : Noon, 0, 0, NewAmbassador(), campaign.Id,
                isDated ? at : Rarely(Noon.AddDays(-30), Noon.AddMilliseconds(1), Noon),
                kind is TouchKind.Code or TouchKind.Customer && Chance(15) ? Pick(Noon, Noon.AddMilliseconds(1), Noon.AddDays(-1)) : null,
                Noon, null),
            kind == TouchKind.Customer && Chance(70) ? _random.Next(1, 5) : null);
        return kind == TouchKind.Code && Chance(30) ? touch with { SingleUse = true, UsedBy = Chance(25) ? "4711" : null } : touch;
    }

    /// <summary>The order that a renewal renews: its edges are whole months.</summary>
    private Touch NewRenewed()
    {
        var at = Noon.AddMonths(-_random.Next(0, 4)).AddMilliseconds(_random.Next(-1, 2));
        return Of(new Touch(TouchKind.Renewal, "2001", at, 0, 0, NewAmbassador(), Pick([.. _campaigns]).Id, at, null, Noon, null), _random.Next(1, 5));
    }

    private Touch Of(Touch touch, long? number) => touch with
    {
        ApprovedAt = Rarely(Noon.AddDays(-50), Noon.AddMilliseconds(1), Noon),
        SuspendedAt = Chance(5) ? Pick(Noon, Noon.AddDays(-1)) : null,
        LeftAt = Chance(5) ? Pick(Noon, Noon.AddDays(-1)) : null,
        IsOwn = Chance(15) ? null : Chance(12),
        Number = number,
        Group = _ambassadors[touch.AmbassadorId].Group,
    };

    /// <summary>What the rules find in figures that are drawn near their edges.</summary>
    private ImmutableArray<PatternFinding> NewFlags() => !Chance(25) ? [] :
    [
        .. Patterns.Find(new PatternStatistics
        {
            DayOrders = _random.Next(20, 32),
            MonthOrders = _random.Next(80, 160),
            DayWithoutClick = _random.Next(0, 6),
            MonthWithoutClick = _random.Next(0, 12),
            CouponClicks = _random.Next(0, 2),
            PublishedLeaks = Chance(30) ? 1 : 0,
            Orders = _random.Next(6, 12),
            RefundedOrders = _random.Next(0, 5),
            Sharing = Chance(20) ? _random.Next(1, 3) : 0,
            DisposableDomain = Chance(20) ? "throwaway.example" : null,
            Age = TimeSpan.FromDays(_random.Next(4, 12)),
        }).Select(finding => finding with { AmbassadorId = NewAmbassador(), Number = 1, AllowedWhy = Chance(20) ? "Known to us." : null }),
    ];

    private Order NewOrder()
    {
        var paid = Chance(88);
        var order = new Order
        {
            Id = "1001",
            Reference = "#1001",
            At = Noon,
            UpdatedAt = Noon.AddMinutes(_random.Next(0, 3)),
            Currency = Currency,
            Paid = paid,
            PaidAt = paid && Chance(30) ? Noon.AddSeconds(_random.Next(-5, 60)) : null,
            RefundedInFull = paid && Chance(8),
            CancelledAt = Chance(8) ? Noon.AddMinutes(2) : null,
            Test = Chance(2),
            Channel = Chance(10) ? OrderChannel.Renewal : Chance(75) ? OrderChannel.Online : Pick(Channels),
            CheckoutStartedAt = CheckoutStartedAt,
            Lines = NewLines(),
            Codes = NewCodes(),
            References = NewReferences(),
            Contradiction = Chance(6) ? Contradicts : null,
            StoreCredit = _credits.Next(5) == 0 ? new StoreCreditPayment(_credits.Next(5) == 0 ? null : _credits.NextInt64(0, _scale)) : null,
        };
        return order with { Refunds = [.. Enumerable.Range(0, Chance(45) ? _random.Next(1, 4) : 0).Select(_ => NewRefund(order))] };
    }

    private ImmutableArray<OrderLine> NewLines()
    {
        var taxed = Chance(50);
        return [.. Enumerable.Range(0, Chance(3) ? 0 : _random.Next(1, 7)).Select(number =>
        {
            var gross = Chance(5) ? 0 : _random.NextInt64(1, _scale + 1);
            var discount = Chance(40) ? _random.NextInt64(0, gross + (Chance(5) ? 10 : 1)) : 0;
            var product = Chance(85) ? Pick(Products) : null;
            return new OrderLine(
                $"{(number * 5) + 8}", product, Chance(85) ? LineKind.Product : Pick(LineKind.GiftCard, LineKind.Fee), _random.Next(0, 5), gross, discount,
                taxed && gross > discount ? (gross - discount) / 6 : 0);
        })];
    }

    private ImmutableArray<OrderCode> NewCodes() =>
    [
        .. _touches.Where(touch => touch.Kind == TouchKind.Code && Chance(60)).Select(touch => touch.Evidence)
            .Concat(Foreign.Where(_ => Chance(15))).Distinct().OrderBy(_ => _random.Next())
            .Select(code => new OrderCode(code, Chance(20) ? 0 : Pick(500, 500, _random.NextInt64(1, _scale + 1)))),
    ];

    private ImmutableArray<OrderReference> NewReferences() =>
    [
        .. _touches.Where(touch => touch.Kind is TouchKind.Click or TouchKind.Link && Chance(70)).Select(touch => touch.Evidence).Distinct()
            .Select(value => new OrderReference(ReferenceSource.Cart, value)),
    ];

    // Some take more than there is, some a line that the order does not have, some both a line and an amount.
    private Refund NewRefund(Order order)
    {
        var lines = order.Lines.Where(_ => Chance(35)).Select(line => line.Id).Concat(Chance(4) ? ["elsewhere"] : [])
            .Select(id => new RefundLine(id, _random.Next(0, 3), _random.NextInt64(0, _scale / (Chance(20) ? 1 : 3)), Chance(20) ? _random.NextInt64(0, _scale / 10) : 0));
        return new Refund(
            $"r{_refunds++}", order.Id, Noon.AddHours(_random.Next(1, 4)), order.Currency, [.. lines],
            Chance(50) ? _random.NextInt64(0, _scale * (Chance(10) ? 9 : 1)) : 0);
    }

    private Dispute NewDispute(Order order, int number)
    {
        var state = Pick(DisputeState.Open, DisputeState.Lost, DisputeState.Lost, DisputeState.Won);
        var opened = Rarely(Noon.AddHours(_random.Next(1, 4)), WindowEnd, WindowEnd.AddMilliseconds(-1), Noon.AddDays(-1));
        return new Dispute(
            $"dp_{number}", order.Id, opened, state == DisputeState.Open || Chance(30) ? null : opened.AddDays(9), Chance(85) ? order.Currency : Currency.Parse("CHF"),
            Chance(20) ? 0 : _random.NextInt64(1, _scale * 2), state);
    }

    private ImmutableArray<OrderDecision> NewDecisions(int percent) =>
    [
        .. Enumerable.Range(1, Chance(percent) ? _random.Next(1, 4) : 0).Select(number =>
        {
            var kind = Pick(DecisionKind.Allow, DecisionKind.Allow, DecisionKind.Reject, DecisionKind.Credit);
            var credits = kind == DecisionKind.Credit;
            return new OrderDecision(
                number, kind, credits ? NewAmbassador() : null, credits ? Pick([.. _campaigns]).Id : null,
                Pick<ImmutableArray<string>>([], ["T4"], ["M2"], ["T4", "M2"], ["T9", "M1"], ["F2", "F4", "F5", "F6"],
                    [Marked("M2", Contradicts), Marked("F6", $"{NewAmbassador()} 1"), Marked("F4", "amb_1 1")], [Marked("M1", "disputed:dp_0")]),
                "Looked at.", "user_1", Noon.AddDays(number));
        }),
    ];

    private static OrderEvent.Version VersionOf(Order order)
    {
        var recorded = new RecordedOrder(order, ShopperHashes.Unknown);
        var json = recorded.ToJson();
        return new OrderEvent.Version(recorded, json, RecordedOrder.HashOf(json));
    }

    private static string Marked(string rule, string subject) => $"{rule}{OrderDecision.MarkSeparator}{OrderDecision.MarkOf(subject)}";

    private string NewAmbassador() => $"amb_{_random.Next(1, 4)}";

    private bool Chance(int percent) => _random.Next(100) < percent;

    private T Rarely<T>(T usually, params T[] edges) => Chance(90) ? usually : Pick(edges);

    private T Pick<T>(params T[] among) => among[_random.Next(among.Length)];
}
