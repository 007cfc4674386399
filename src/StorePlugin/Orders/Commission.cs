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

    /// <summary>What their own codes took off the order (rule B1).</summary>
    public long OwnDiscountMinor { get; init; }

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
        var bases = LineBases.Of(facts.Recorded.Order, [], ownDiscountMinor: 0);
        bases.Refund(facts, (_, _) => { });
        return new Commission(bases.Write(null), zero, zero) { MerchantCost = zero };
    }

    /// <exception cref="System.Diagnostics.UnreachableException">The terms look back, and nobody has looked.</exception>
    public static Commission Of(OrderFacts facts, Terms terms, Earner earner)
    {
        var order = facts.Recorded.Order;
        if (terms.LooksBack && earner.Standing is null)
        {
            throw new System.Diagnostics.UnreachableException($"Order {order.Id} rests on earlier orders, and nobody has looked at them.");
        }

        var bases = LineBases.Of(order, terms.ExcludedProducts ?? [], terms.BeforeOwnDiscount is true ? earner.OwnDiscountMinor : 0);
        var share = new CommissionShare(bases, terms, earner);
        var original = share.Of(bases);
        var parts = share.TierPartsOf(bases);
        var (inWindow, last) = (original, original);
        ImmutableArray<CommissionStep>.Builder? steps = null;
        bases.Refund(facts, (at, left) =>
        {
            last = share.Of(left);
            inWindow = at < order.At + ReversalWindow ? last : inWindow;
            (steps ??= ImmutableArray.CreateBuilder<CommissionStep>()).Add(new CommissionStep(at, left.RemainingTotal, last));
        });
        return new Commission(bases.Write(share.Rates), new Money(original, order.Currency), new Money(inWindow, order.Currency))
        {
            MerchantCost = new Money(inWindow - last, order.Currency),
            TierParts = parts,
            Steps = steps?.DrainToImmutable() ?? [],
        };
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
        Rates = terms.Flat is null ? [.. bases.Lines.Select(line => RateOf(line))] : [];
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

    private LineRate RateOf(OrderLine line)
    {
        var rate = _terms.RateOf(_earner.AmbassadorId, line.ProductId, _earner.Group);
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
    private readonly string?[] _excludedBy;
    private readonly long[] _bases;
    private readonly long[] _remaining;
    private readonly long[] _units;

    // The bases before the own code's discount, where the terms count so; else the same array.
    private readonly long[] _counted;

    private LineBases(ImmutableArray<OrderLine> lines, ImmutableArray<string> excludedProducts)
    {
        Lines = lines;
        (_excludedBy, _bases, _units) = (new string?[lines.Length], new long[lines.Length], new long[lines.Length]);
        for (var i = 0; i < lines.Length; i++)
        {
            _excludedBy[i] = ExcludedBy(lines[i], excludedProducts);
            _units[i] = lines[i].Quantity;
            if (_excludedBy[i] is null)
            {
                _bases[i] = Math.Max(0, lines[i].GrossMinor - lines[i].DiscountMinor - lines[i].IncludedTaxMinor);
                DiscountMinor += DiscountWithoutTax(lines[i]);
            }
        }

        _remaining = [.. _bases];
        _counted = _bases;
    }

    private LineBases(LineBases plain, long[] counted)
    {
        (Lines, _excludedBy, _bases, _units, _remaining, DiscountMinor) = (plain.Lines, plain._excludedBy, plain._bases, plain._units, plain._remaining, plain.DiscountMinor);
        _counted = counted;
    }

    public ImmutableArray<OrderLine> Lines { get; }

    /// <summary>What all discounts took off the counted lines, without tax.</summary>
    public long DiscountMinor { get; }

    /// <summary>The counted lines after all discounts, whatever the terms count on.</summary>
    public long CountedMinor => _bases.Sum();

    public long RemainingTotal
    {
        get
        {
            var sum = 0L;
            for (var i = 0; i < _remaining.Length; i++)
            {
                sum += Remaining(i);
            }

            return sum;
        }
    }

    /// <summary>The units of counted lines that were not refunded (rule B5).</summary>
    public long RemainingUnits => _units.Where((_, i) => _excludedBy[i] is null).Sum();

    /// <param name="ownDiscountMinor">What is to be counted as if it had not been taken off (rule B1).</param>
    public static LineBases Of(Order order, ImmutableArray<string> excludedProducts, long ownDiscountMinor)
    {
        var bases = new LineBases(order.Lines, excludedProducts);
        return ownDiscountMinor == 0 ? bases : new LineBases(bases, bases.BeforeDiscount(ownDiscountMinor));
    }

    /// <summary>What is left of a line's base.</summary>
    public long Remaining(int line) => _counted[line] == _bases[line] || _remaining[line] == 0 && _bases[line] > 0
        ? _remaining[line]
        : _remaining[line] == _bases[line]
            ? (_bases[line] > 0 ? _counted[line] : Money.Share(_counted[line], _units[line], Lines[line].Quantity))
            : (long)((Int128)_counted[line] * _remaining[line] / _bases[line]);

    /// <summary>Takes away what all refunds took, one by one; tells after each what is left.</summary>
    public void Refund(OrderFacts facts, Action<DateTimeOffset, LineBases> after)
    {
        var order = facts.Recorded.Order;
        var refunds = facts.Refunds;
        foreach (var refund in refunds)
        {
            foreach (var part in refund.Lines)
            {
                Take(part);
            }

            Spread(Math.Min(refund.UnallocatedMinor, _remaining.Sum()));
            after(refund.At < order.At ? order.At : refund.At, this);
        }

        if (order.RefundedInFull || ((order.CancelledAt is not null || facts.Deleted) && !order.Paid))
        {
            var wasLeft = RemainingTotal > 0;
            Array.Clear(_remaining);
            Array.Clear(_units);
            if (wasLeft)
            {
                // Money that no refund names went back with the last one, or by the time at which the platform says so.
                after(refunds.IsEmpty ? order.UpdatedAt : refunds[^1].At < order.At ? order.At : refunds[^1].At, this);
            }
        }
    }

    /// <summary>The lines as they stand.</summary>
    /// <param name="rates">The share of each, or null or empty where there are none.</param>
    public ImmutableArray<LineBase> Write(ImmutableArray<LineRate>? rates)
    {
        var written = new LineBase[Lines.Length];
        for (var i = 0; i < written.Length; i++)
        {
            var rate = rates is { IsEmpty: false } known ? known[i] : null;
            written[i] = new LineBase(Lines[i], _counted[i], Remaining(i), _units[i], _excludedBy[i], rate);
        }

        return ImmutableCollectionsMarshal.AsImmutableArray(written);
    }

    private static string? ExcludedBy(OrderLine line, ImmutableArray<string> excludedProducts) => line.Kind switch
    {
        LineKind.GiftCard => "B3",
        LineKind.Fee => "B2",
        _ => line.ProductId is { } product && excludedProducts.Contains(product) ? "B2" : null,
    };

    private static long DiscountWithoutTax(OrderLine line) =>
        line.DiscountMinor - Money.Share(line.DiscountMinor, line.IncludedTaxMinor, line.GrossMinor - line.DiscountMinor);

    /// <summary>The bases as if a code's discount had not been taken off: it lay on the lines as all discounts lay on them.</summary>
    private long[] BeforeDiscount(long ownDiscountMinor)
    {
        var discounts = Lines.Select((line, i) => _excludedBy[i] is null ? line.DiscountMinor : 0).ToArray();
        var all = Lines.Sum(line => line.DiscountMinor);
        var own = Split(Money.Share(Math.Min(ownDiscountMinor, all), discounts.Sum(), all), discounts);
        return [.. _bases.Select((amount, i) => amount + own[i] - Money.Share(own[i], Lines[i].IncludedTaxMinor, Lines[i].GrossMinor - Lines[i].DiscountMinor))];
    }

    private void Take(RefundLine part)
    {
        for (var i = 0; i < Lines.Length; i++)
        {
            if (Lines[i].Id == part.LineId)
            {
                // A refund that came alone does not say whether its prices hold tax; the order's line does.
                var tax = Lines[i].IncludedTaxMinor > 0 ? part.PossibleTaxMinor : 0;
                _remaining[i] -= Math.Clamp(part.BaseMinor - tax, 0, _remaining[i]);
                _units[i] -= Math.Clamp(part.Quantity, 0, _units[i]);
                return;
            }
        }
    }

    /// <summary>Takes an amount from the lines in proportion to what remains (rule B9).</summary>
    private void Spread(long amount)
    {
        if (amount > 0)
        {
            var shares = Split(amount, _remaining);
            for (var i = 0; i < shares.Length; i++)
            {
                _remaining[i] -= shares[i];
            }
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

        // The lowest line id: platforms count them, so a shorter one is lower.
        var byRemainder = Enumerable.Range(0, weights.Length).OrderByDescending(i => (Int128)weights[i] * amount % total)
            .ThenBy(i => Lines[i].Id.Length).ThenBy(i => Lines[i].Id, StringComparer.Ordinal);
        foreach (var i in byRemainder.Take((int)missing))
        {
            shares[i]++;
        }

        return shares;
    }
}
