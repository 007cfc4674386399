// What an order earns: the base of each line, what refunds have left of it, and one rounding over all.
using System.Collections.Immutable;
using StorePlugin.Campaigns;
using StorePlugin.Webhooks;

namespace StorePlugin.Orders;

/// <summary>A line's part in the base, in minor units of the order's currency.</summary>
/// <param name="BaseMinor">Gross less discounts less included tax; 0 for lines that earn nothing.</param>
/// <param name="RemainingMinor">What refunds have left of it.</param>
/// <param name="RemainingQuantity">The units that refunds have left.</param>
/// <param name="ExcludedBy">The rule that keeps the line out of the base, or null.</param>
/// <param name="Rate">The share that it earns; null while nobody is credited.</param>
internal sealed record LineBase(OrderLine Line, long BaseMinor, long RemainingMinor, long RemainingQuantity, string? ExcludedBy, LineRate? Rate = null);

/// <summary>What an order earns under its terms (rules B1 to B9).</summary>
/// <param name="Original">The commission before any refund.</param>
/// <param name="Remaining">The commission of what is left: the target of the ledger (rule B9).</param>
internal sealed record Commission(ImmutableArray<LineBase> Lines, Money Original, Money Remaining)
{
    public long BaseMinor => Lines.Sum(line => line.BaseMinor);

    public long RemainingBaseMinor => Lines.Sum(line => line.RemainingMinor);

    /// <summary>What an order would be counted on, while nobody is credited with it.</summary>
    public static Commission OfNobody(OrderFacts facts)
    {
        var zero = Money.Zero(facts.Recorded.Order.Currency);
        return new Commission(LinesOf(facts, [], _ => null), zero, zero);
    }

    /// <param name="ambassadorId">Who is credited: a share may be theirs alone (rule B6).</param>
    public static Commission Of(OrderFacts facts, Terms terms, string ambassadorId)
    {
        var currency = facts.Recorded.Order.Currency;
        var lines = LinesOf(facts, terms.ExcludedProducts ?? [], line => terms.Flat is null ? terms.RateOf(ambassadorId, line.ProductId) : null);
        return new Commission(
            lines,
            Earned(terms, currency, lines, line => line.BaseMinor, line => line.Line.Quantity),
            Earned(terms, currency, lines, line => line.RemainingMinor, line => line.RemainingQuantity));
    }

    /// <summary>C(x) of rule B9: minimum, shares or fixed amount, cap, in this order (rules B5, B7, B8).</summary>
    private static Money Earned(
        Terms terms, Currency currency, ImmutableArray<LineBase> lines, Func<LineBase, long> baseOf, Func<LineBase, long> unitsOf)
    {
        var total = 0L;
        var parts = new (long BaseMinor, long RateBp)[lines.Length];
        for (var i = 0; i < lines.Length; i++)
        {
            parts[i] = (baseOf(lines[i]), lines[i].Rate?.RateBp ?? 0);
            total += parts[i].BaseMinor;
        }

        if (total < terms.MinimumOrderMinor)
        {
            return Money.Zero(currency);
        }

        var earned = terms.Flat is { } flat
            ? Math.Min(flat.PerItem ? Fixed(flat, lines, unitsOf) : flat.AmountMinor, total)
            : BasisPoints.Of(currency, parts).Minor;
        return new Money(Math.Min(earned, terms.MaximumCommissionMinor ?? long.MaxValue), currency);
    }

    // No sum of money is as large as what units of a hostile order could multiply to.
    private static long Fixed(FlatCommission flat, ImmutableArray<LineBase> lines, Func<LineBase, long> unitsOf)
    {
        var exact = lines.Where(line => line.ExcludedBy is null).Aggregate(Int128.Zero, (sum, line) => sum + ((Int128)flat.AmountMinor * unitsOf(line)));
        return exact > long.MaxValue ? long.MaxValue : (long)exact;
    }

    /// <summary>The lines with their bases, and what all refunds together have left of them.</summary>
    private static ImmutableArray<LineBase> LinesOf(OrderFacts facts, ImmutableArray<string> excludedProducts, Func<OrderLine, LineRate?> rateOf)
    {
        var order = facts.Recorded.Order;
        var (lines, count) = (order.Lines, order.Lines.Length);
        var (bases, remaining, units) = (new (long Minor, string? ExcludedBy)[count], new long[count], new long[count]);
        var gone = order.RefundedInFull || ((order.CancelledAt is not null || facts.Deleted) && !order.Paid);
        for (var i = 0; i < count; i++)
        {
            bases[i] = BaseOf(lines[i], excludedProducts);
            (remaining[i], units[i]) = gone ? (0, 0) : (bases[i].Minor, lines[i].Quantity);
        }

        foreach (var refund in facts.Refunds)
        {
            foreach (var part in refund.Lines)
            {
                var index = IndexOf(lines, part.LineId);
                if (index >= 0)
                {
                    // A refund that came alone does not say whether its prices hold tax; the order's line does.
                    var tax = lines[index].IncludedTaxMinor > 0 ? part.PossibleTaxMinor : 0;
                    remaining[index] -= Math.Clamp(part.BaseMinor - tax, 0, remaining[index]);
                    units[index] -= Math.Clamp(part.Quantity, 0, units[index]);
                }
            }

            Spread(Math.Min(refund.UnallocatedMinor, remaining.Sum()), remaining, lines);
        }

        var result = ImmutableArray.CreateBuilder<LineBase>(count);
        for (var i = 0; i < count; i++)
        {
            result.Add(new LineBase(lines[i], bases[i].Minor, remaining[i], units[i], bases[i].ExcludedBy, rateOf(lines[i])));
        }

        return result.MoveToImmutable();
    }

    private static int IndexOf(ImmutableArray<OrderLine> lines, string id)
    {
        for (var i = 0; i < lines.Length; i++)
        {
            if (lines[i].Id == id)
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>Gross less discounts less included tax, or 0 with the rule that keeps the line out (rules B1 to B3).</summary>
    private static (long Minor, string? ExcludedBy) BaseOf(OrderLine line, ImmutableArray<string> excludedProducts) => line.Kind switch
    {
        LineKind.GiftCard => (0, "B3"),
        LineKind.Fee => (0, "B2"),
        _ when line.ProductId is { } product && excludedProducts.Contains(product) => (0, "B2"),
        _ => (Math.Max(0, line.GrossMinor - line.DiscountMinor - line.IncludedTaxMinor), null),
    };

    /// <summary>Takes an amount from the lines in proportion to what remains (rule B9), by largest remainder (rule M3).</summary>
    private static void Spread(long amount, long[] remaining, ImmutableArray<OrderLine> lines)
    {
        if (amount <= 0)
        {
            return;
        }

        var total = remaining.Sum();
        var shares = remaining.Select((left, i) => (Index: i, Share: (long)((Int128)left * amount / total), Remainder: (Int128)left * amount % total)).ToArray();
        var missing = amount - shares.Sum(share => share.Share);
        foreach (var (index, share, _) in shares)
        {
            remaining[index] -= share;
        }

        // The lowest line id: platforms count them, so a shorter one is lower.
        var ordered = shares.OrderByDescending(share => share.Remainder)
            .ThenBy(share => lines[share.Index].Id.Length).ThenBy(share => lines[share.Index].Id, StringComparer.Ordinal);
        foreach (var (index, _, _) in ordered.Take((int)missing))
        {
            remaining[index]--;
        }
    }
}
