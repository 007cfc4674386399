// What an order earns: the base of each line, what refunds have left of it, and one rounding over all.
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using StorePlugin.Campaigns;
using StorePlugin.Webhooks;

namespace StorePlugin.Orders;

/// <summary>A line's part in the base, in minor units of the order's currency.</summary>
/// <param name="BaseMinor">Gross less discounts less included tax; 0 for lines that earn nothing.</param>
/// <param name="RemainingMinor">What refunds have left of it.</param>
/// <param name="RemainingQuantity">The units that refunds have left.</param>
/// <param name="ExcludedBy">The rule that keeps the line out of the base, or null.</param>
/// <param name="Rate">The share that it earns; null while nobody is credited, and where a fixed amount stands in its place.</param>
internal sealed record LineBase(OrderLine Line, long BaseMinor, long RemainingMinor, long RemainingQuantity, string? ExcludedBy, LineRate? Rate = null);

/// <summary>A part of the base that earns a tier's share (rule L3), in minor units.</summary>
internal sealed record TierPart(long RateBp, long BaseMinor);

/// <summary>What was left after a refund: of the base, and of the commission as the terms have it for that base.</summary>
internal sealed record CommissionStep(DateTimeOffset At, long BaseMinor, long CommissionMinor);

/// <summary>Whom an order is counted for, and what is known of them at its instant.</summary>
/// <param name="AmbassadorId">A share may be theirs alone (rule B6).</param>
internal sealed record Earner(string AmbassadorId)
{
    /// <summary>The key of their group.</summary>
    public string? Group { get; init; }

    /// <summary>The collections of the order's products at its instant (rule B6).</summary>
    public ImmutableArray<ProductCollections> Collections { get; init; } = [];

    /// <summary>What their own codes took off the order (rule B1).</summary>
    public long OwnDiscountMinor { get; init; }

    /// <summary>What the customer paid with the programme's own store credit (rule B4).</summary>
    public long ProgrammeCreditMinor { get; init; }

    /// <summary>What their earlier orders come to; needed where the terms look back.</summary>
    public Standing? Standing { get; init; }
}

/// <summary>What an ambassador's orders before this one come to, net of refunds before its instant (rules B8, L2).</summary>
/// <param name="Position">By the metric and the period of the tiers: minor units or a number.</param>
/// <param name="UsedMinor">What they have earned in the period of the cap.</param>
internal sealed record Standing(
    [property: System.Text.Json.Serialization.JsonIgnore(Condition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull)] long? Position,
    [property: System.Text.Json.Serialization.JsonIgnore(Condition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull)] long? UsedMinor);

/// <summary>What an order earns under its terms (rules B1 to B9).</summary>
/// <param name="Original">The commission before any refund.</param>
/// <param name="Remaining">The commission after the refunds of the first 180 days: the target of the ledger (rules B9, K5).</param>
internal sealed record Commission(ImmutableArray<LineBase> Lines, Money Original, Money Remaining)
{
    /// <summary>How long after an order its refunds still lower its commission (rule K5).</summary>
    public static readonly TimeSpan ReversalWindow = TimeSpan.FromDays(180);

    /// <summary>What later refunds would have taken: the merchant bears it (rule K5).</summary>
    public Money MerchantCost { get; init; }

    /// <summary>The base by the shares of the tiers, before refunds; empty without tiers.</summary>
    public ImmutableArray<TierPart> TierParts { get; init; } = [];

    /// <summary>What each refund has left, in the order of their instants.</summary>
    public ImmutableArray<CommissionStep> Steps { get; init; } = [];

    public long BaseMinor => Sum(Lines, line => line.BaseMinor);

    public long RemainingBaseMinor => Sum(Lines, line => line.RemainingMinor);

    /// <summary>What an order would be counted on, while nobody is credited with it.</summary>
    public static Commission OfNobody(OrderFacts facts)
    {
        var zero = Money.Zero(facts.Recorded.Order.Currency);
        var bases = LineBases.Of(facts.Recorded.Order, null, [], ownDiscountMinor: 0);
        var steps = Refund(bases, facts, null);
        return new Commission(bases.Write(null), zero, zero) { MerchantCost = zero, Steps = steps };
    }

    /// <exception cref="System.Diagnostics.UnreachableException">The terms look back, and nobody has looked.</exception>
    public static Commission Of(OrderFacts facts, Terms terms, Earner earner)
    {
        var order = facts.Recorded.Order;
        if (terms.LooksBack && earner.Standing is null)
        {
            throw new System.Diagnostics.UnreachableException($"Order {order.Id} rests on earlier orders, and nobody has looked at them.");
        }

        var bases = LineBases.Of(order, terms, earner.Collections, terms.BeforeOwnDiscount is true ? earner.OwnDiscountMinor : 0);
        if (terms.ProgrammeCreditLowersBase is true)
        {
            bases.LowerBy(earner.ProgrammeCreditMinor);
        }

        var share = new CommissionShare(bases, terms, earner);
        var original = share.Of(bases);
        var parts = share.TierPartsOf(bases);
        var (inWindow, last) = (original, original);
        var steps = Refund(bases, facts, share);
        foreach (var step in steps)
        {
            last = step.CommissionMinor;
            inWindow = step.At < order.At + ReversalWindow ? last : inWindow;
        }

        return new Commission(bases.Write(share.Rates), new Money(original, order.Currency), new Money(inWindow, order.Currency))
        {
            MerchantCost = new Money(inWindow - last, order.Currency),
            TierParts = parts,
            Steps = steps,
        };
    }

    /// <summary>Takes away what the refunds took, one by one; returns what each has left.</summary>
    /// <param name="share">What the order earns of a base; null: nothing.</param>
    private static ImmutableArray<CommissionStep> Refund(LineBases bases, OrderFacts facts, CommissionShare? share)
    {
        var (order, refunds) = (facts.Recorded.Order, facts.Takings);
        var isGone = order.RefundedInFull || ((order.CancelledAt is not null || facts.Deleted) && !order.Paid);
        if (refunds.IsEmpty && !isGone)
        {
            return [];
        }

        var steps = ImmutableArray.CreateBuilder<CommissionStep>(refunds.Length + 1);
        foreach (var refund in refunds)
        {
            bases.Take(refund);
            Left(refund.At < order.At ? order.At : refund.At);
        }

        if (isGone && bases.TakeAll())
        {
            // Money that no refund names went back with the last one, or by the time at which the platform says so.
            Left(refunds.IsEmpty ? (facts.GoneAt < order.At ? order.At : facts.GoneAt) : refunds[^1].At < order.At ? order.At : refunds[^1].At);
        }

        return steps.DrainToImmutable();

        void Left(DateTimeOffset at) => steps.Add(new CommissionStep(at, bases.RemainingTotal, share?.Of(bases) ?? 0));
    }

    private static long Sum(ImmutableArray<LineBase> lines, Func<LineBase, long> partOf)
    {
        var sum = 0L;
        foreach (var line in lines)
        {
            sum += partOf(line);
        }

        return sum;
    }
}

/// <summary>C(x) of rule B9: what is left of the lines' bases, turned into a commission under one order's terms.</summary>
internal sealed class CommissionShare
{
    private readonly Terms _terms;
    private readonly Earner _earner;
    private readonly long _total;
    private readonly long _guardMinor;

    public CommissionShare(LineBases bases, Terms terms, Earner earner)
    {
        (_terms, _earner, _total) = (terms, earner, bases.RemainingTotal);
        Rates = terms.Flat is null ? RatesOf(bases.Lines) : [];
        _guardMinor = terms.MaximumCostBp is { } cost
            ? Math.Max(0, (long)((Int128)cost * (bases.CountedMinor + bases.DiscountMinor) / BasisPoints.Whole) - bases.DiscountMinor)
            : long.MaxValue;
    }

    /// <summary>The share of each line; empty where a fixed amount stands in their place.</summary>
    public ImmutableArray<LineRate> Rates { get; }

    /// <summary>Minimum, shares or fixed amount, then the caps in their order: the order's, the period's, the margin guard (rules B5, B7, B8).</summary>
    public long Of(LineBases left)
    {
        var total = left.RemainingTotal;
        if (total == 0 || total < _terms.MinimumOrderMinor)
        {
            return 0;
        }

        var earned = _terms.Flat is { } flat ? Math.Min(flat.PerItem ? PerItem(flat, left) : flat.AmountMinor, total) : Shares(left);
        earned = Math.Min(earned, _terms.MaximumCommissionMinor ?? long.MaxValue);
        if (_terms.PeriodCap is { } cap)
        {
            earned = Math.Min(earned, Math.Max(0, cap.MaximumMinor - _earner.Standing!.UsedMinor!.Value));
        }

        return _guardMinor == long.MaxValue ? earned : Math.Min(earned, total == _total ? _guardMinor : (long)((Int128)_guardMinor * total / _total));
    }

    /// <summary>The base that earns by tiers, by share.</summary>
    public ImmutableArray<TierPart> TierPartsOf(LineBases left) => _terms.Tiers is null ? [] : [.. Parts(TierTotal(left))];

    private ImmutableArray<LineRate> RatesOf(ImmutableArray<OrderLine> lines)
    {
        var rates = new LineRate[lines.Length];
        for (var i = 0; i < rates.Length; i++)
        {
            // Without shares of their own all lines earn the same one.
            rates[i] = i > 0 && _terms.Rates is null ? rates[0] : RateOf(lines[i]);
        }

        return ImmutableCollectionsMarshal.AsImmutableArray(rates);
    }

    private LineRate RateOf(OrderLine line)
    {
        var rate = _terms.RateOf(_earner.AmbassadorId, line.ProductId, _earner.Group, ProductCollections.Of(_earner.Collections, line.ProductId));
        return rate.Rank == RateRank.Campaign && _terms.Tiers is { } tiers
            ? new LineRate(tiers.RateAt(_earner.Standing!.Position!.Value, _terms.CommissionBp), RateRank.Tier)
            : rate;
    }

    private long Shares(LineBases left)
    {
        var exact = Int128.Zero;
        for (var i = 0; i < Rates.Length; i++)
        {
            if (Rates[i].Rank != RateRank.Tier)
            {
                exact += (Int128)left.Remaining(i) * Rates[i].RateBp;
            }
        }

        if (_terms.Tiers is not null)
        {
            foreach (var part in Parts(TierTotal(left)))
            {
                exact += (Int128)part.BaseMinor * part.RateBp;
            }
        }

        return BasisPoints.Round(exact);
    }

    // Lines with a share of their own take no part in the tiers; the others stand one behind the other from the position on.
    private long TierTotal(LineBases left)
    {
        var total = 0L;
        for (var i = 0; i < Rates.Length; i++)
        {
            total += Rates[i].Rank == RateRank.Tier ? left.Remaining(i) : 0;
        }

        return total;
    }

    private IEnumerable<TierPart> Parts(long total)
    {
        var tiers = _terms.Tiers!;
        var position = _earner.Standing!.Position!.Value;

        // An order is one of a number: there is nothing of it beyond a threshold.
        if (tiers.WholeOrder is true || tiers.Metric != TierMetric.NetSales)
        {
            yield return new TierPart(tiers.RateAt(position, _terms.CommissionBp), total);
            yield break;
        }

        // The position is never below 0: refunds take away no more than was there (rule B5).
        var (from, end) = (position, position + total);
        while (from < end)
        {
            var next = tiers.Levels.Select(level => level.From).Where(threshold => threshold > from).DefaultIfEmpty(end).Min();
            var until = Math.Min(next, end);
            yield return new TierPart(tiers.RateAt(from, _terms.CommissionBp), until - from);
            from = until;
        }
    }

    // No sum of money is as large as what units of a hostile order could multiply to.
    private static long PerItem(FlatCommission flat, LineBases left)
    {
        var exact = (Int128)flat.AmountMinor * left.RemainingUnits;
        return exact > long.MaxValue ? long.MaxValue : (long)exact;
    }
}

/// <summary>The lines of an order with their bases, and what refunds leave of them.</summary>
internal sealed class LineBases
{
    // One for each line, changed in place: decisions are made by the million.
    private readonly Part[] _parts;

    private LineBases(ImmutableArray<OrderLine> lines, Terms? terms, ImmutableArray<ProductCollections> collections)
    {
        (Lines, _parts) = (lines, new Part[lines.Length]);
        for (var i = 0; i < _parts.Length; i++)
        {
            var (line, excludedBy) = (lines[i], ExcludedBy(lines[i], terms, collections));
            var amount = excludedBy is null ? Math.Max(0, line.GrossMinor - line.DiscountMinor - line.IncludedTaxMinor) : 0;
            _parts[i] = new Part { ExcludedBy = excludedBy, Base = amount, Counted = amount, Remaining = amount, Units = line.Quantity };
        }
    }

    public ImmutableArray<OrderLine> Lines { get; }

    /// <summary>What all discounts took off the counted lines, without tax.</summary>
    public long DiscountMinor
    {
        get
        {
            var sum = 0L;
            for (var i = 0; i < _parts.Length; i++)
            {
                sum += _parts[i].ExcludedBy is null ? DiscountWithoutTax(Lines[i]) : 0;
            }

            return sum;
        }
    }

    /// <summary>The counted lines after all discounts, whatever the terms count on.</summary>
    public long CountedMinor => _parts.Sum(part => part.Base);

    public long RemainingTotal
    {
        get
        {
            var sum = 0L;
            for (var i = 0; i < _parts.Length; i++)
            {
                sum += Remaining(i);
            }

            return sum;
        }
    }

    /// <summary>The units of counted lines that were not refunded (rule B5).</summary>
    public long RemainingUnits => _parts.Sum(part => part.ExcludedBy is null ? part.Units : 0);

    /// <param name="ownDiscountMinor">What is to be counted as if it had not been taken off (rule B1).</param>
    /// <param name="terms">What they leave out earns nothing; null: they leave out nothing.</param>
    public static LineBases Of(Order order, Terms? terms, ImmutableArray<ProductCollections> collections, long ownDiscountMinor)
    {
        var bases = new LineBases(order.Lines, terms, collections);
        if (ownDiscountMinor != 0)
        {
            bases.CountBeforeDiscount(ownDiscountMinor);
        }

        return bases;
    }

    /// <summary>What is left of a line's base.</summary>
    public long Remaining(int line)
    {
        ref readonly var part = ref _parts[line];
        if (part.Counted == part.Base || (part.Remaining == 0 && part.Base > 0))
        {
            return part.Remaining;
        }

        if (part.Remaining != part.Base)
        {
            return (long)((Int128)part.Counted * part.Remaining / part.Base);
        }

        return part.Base > 0 ? part.Counted : Money.Share(part.Counted, part.Units, Lines[line].Quantity);
    }

    /// <summary>Counts less, spread over the lines in proportion to what they count (rules B4, M3). Before refunds.</summary>
    public void LowerBy(long minor)
    {
        var counted = Array.ConvertAll(_parts, part => part.Counted);
        var shares = Split(Math.Min(minor, counted.Sum()), counted);
        for (var i = 0; i < shares.Length; i++)
        {
            _parts[i].Counted -= shares[i];
        }
    }

    /// <summary>Takes away what a refund took.</summary>
    public void Take(Refund refund)
    {
        foreach (var part in refund.Lines)
        {
            Take(part);
        }

        if (refund.UnallocatedMinor > 0)
        {
            Spread(refund.UnallocatedMinor);
        }
    }

    /// <summary>Takes away whatever is left. Returns whether anything was.</summary>
    public bool TakeAll()
    {
        var wasLeft = RemainingTotal > 0;
        for (var i = 0; i < _parts.Length; i++)
        {
            (_parts[i].Remaining, _parts[i].Units) = (0, 0);
        }

        return wasLeft;
    }

    /// <summary>The lines as they stand.</summary>
    /// <param name="rates">The share of each, or null or empty where there are none.</param>
    public ImmutableArray<LineBase> Write(ImmutableArray<LineRate>? rates)
    {
        var written = new LineBase[Lines.Length];
        for (var i = 0; i < written.Length; i++)
        {
            var rate = rates is { IsEmpty: false } known ? known[i] : null;
            written[i] = new LineBase(Lines[i], _parts[i].Counted, Remaining(i), _parts[i].Units, _parts[i].ExcludedBy, rate);
        }

        return ImmutableCollectionsMarshal.AsImmutableArray(written);
    }

    private static string? ExcludedBy(OrderLine line, Terms? terms, ImmutableArray<ProductCollections> collections) => line.Kind switch
    {
        LineKind.GiftCard => "B3",
        LineKind.Fee => "B2",
        _ => line.ProductId is { } product && terms is not null && IsLeftOut(product, terms, collections) ? "B2" : null,
    };

    private static bool IsLeftOut(string product, Terms terms, ImmutableArray<ProductCollections> collections) =>
        terms.ExcludedProducts?.Contains(product) is true
        || (terms.ExcludedCollections is { } left && ProductCollections.Of(collections, product).Any(collection => left.Contains(collection)));

    private static long DiscountWithoutTax(OrderLine line) =>
        line.DiscountMinor - Money.Share(line.DiscountMinor, line.IncludedTaxMinor, line.GrossMinor - line.DiscountMinor);

    /// <summary>Counts as if a code's discount had not been taken off: it lay on the lines as all discounts lay on them.</summary>
    private void CountBeforeDiscount(long ownDiscountMinor)
    {
        var discounts = Lines.Select((line, i) => _parts[i].ExcludedBy is null ? line.DiscountMinor : 0).ToArray();
        var all = Lines.Sum(line => line.DiscountMinor);
        var own = Split(Money.Share(Math.Min(ownDiscountMinor, all), discounts.Sum(), all), discounts);
        for (var i = 0; i < own.Length; i++)
        {
            _parts[i].Counted += own[i] - Money.Share(own[i], Lines[i].IncludedTaxMinor, Lines[i].GrossMinor - Lines[i].DiscountMinor);
        }
    }

    private void Take(RefundLine refunded)
    {
        for (var i = 0; i < _parts.Length; i++)
        {
            if (Lines[i].Id == refunded.LineId)
            {
                // A refund that came alone does not say whether its prices hold tax; the order's line does.
                var tax = Lines[i].IncludedTaxMinor > 0 ? refunded.PossibleTaxMinor : 0;
                _parts[i].Remaining -= Math.Clamp(refunded.BaseMinor - tax, 0, _parts[i].Remaining);
                _parts[i].Units -= Math.Clamp(refunded.Quantity, 0, _parts[i].Units);
                return;
            }
        }
    }

    /// <summary>Takes an amount from the lines in proportion to what remains, and no more than that (rule B9).</summary>
    private void Spread(long amount)
    {
        var remaining = Array.ConvertAll(_parts, part => part.Remaining);
        var shares = Split(Math.Min(amount, remaining.Sum()), remaining);
        for (var i = 0; i < shares.Length; i++)
        {
            _parts[i].Remaining -= shares[i];
        }
    }

    /// <summary>Splits a sum in proportion by largest remainder, ties by lowest line id (rule M3).</summary>
    private long[] Split(long amount, long[] weights)
    {
        var total = weights.Sum();
        if (total == 0)
        {
            return new long[weights.Length];
        }

        var shares = Array.ConvertAll(weights, weight => (long)((Int128)weight * amount / total));
        var missing = amount - shares.Sum();
        if (missing == 0)
        {
            return shares;
        }

        // The lowest line id: platforms count them, so a shorter one is lower.
        var byRemainder = Enumerable.Range(0, weights.Length).OrderByDescending(i => (Int128)weights[i] * amount % total)
            .ThenBy(i => Lines[i].Id.Length).ThenBy(i => Lines[i].Id, StringComparer.Ordinal);
        foreach (var i in byRemainder.Take((int)missing))
        {
            shares[i]++;
        }

        return shares;
    }

    private struct Part
    {
        public string? ExcludedBy;
        public long Base;

        // Before the own code's discount and less the programme's credit, where the terms count so; else the base.
        public long Counted;

        // Of the base.
        public long Remaining;
        public long Units;
    }
}
