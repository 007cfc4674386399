// What an order earns: the base of each line, what refunds have left of it, and one rounding over all.
using System.Collections.Immutable;
using StorePlugin.Campaigns;
using StorePlugin.Webhooks;

namespace StorePlugin.Orders;

/// <summary>A line's part in the base, in minor units of the order's currency.</summary>
/// <param name="BaseMinor">Gross less discounts less included tax; 0 for lines that earn nothing.</param>
/// <param name="RemainingMinor">What refunds have left of it.</param>
/// <param name="ExcludedBy">The rule that keeps the line out of the base, or null.</param>
internal sealed record LineBase(OrderLine Line, long BaseMinor, long RemainingMinor, string? ExcludedBy);

/// <summary>What an order earns under one rate (rules B1 to B9).</summary>
/// <param name="Original">The commission before any refund.</param>
/// <param name="Remaining">The commission of what is left: the target of the ledger (rule B9).</param>
internal sealed record Commission(ImmutableArray<LineBase> Lines, long RateBp, Money Original, Money Remaining)
{
    public long BaseMinor => Lines.Sum(line => line.BaseMinor);

    public long RemainingBaseMinor => Lines.Sum(line => line.RemainingMinor);

    public static Commission Of(OrderFacts facts, long rateBp)
    {
        var order = facts.Recorded.Order;
        var lines = BasesOf(facts);
        return new Commission(
            lines,
            rateBp,
            BasisPoints.Of(order.Currency, lines.Select(line => (line.BaseMinor, rateBp))),
            BasisPoints.Of(order.Currency, lines.Select(line => (line.RemainingMinor, rateBp))));
    }

    /// <summary>The lines' bases, and what all refunds together have left of them.</summary>
    public static ImmutableArray<LineBase> BasesOf(OrderFacts facts)
    {
        var order = facts.Recorded.Order;
        var bases = order.Lines.Select(BaseOf).ToArray();
        var remaining = Array.ConvertAll(bases, line => line.BaseMinor);

        if (order.RefundedInFull || ((order.CancelledAt is not null || facts.Deleted) && !order.Paid))
        {
            Array.Clear(remaining);
        }

        foreach (var refund in facts.Refunds)
        {
            foreach (var part in refund.Lines)
            {
                var index = Array.FindIndex(bases, line => line.Line.Id == part.LineId);
                if (index >= 0)
                {
                    // A refund that came alone does not say whether its prices hold tax; the order's line does.
                    var tax = bases[index].Line.IncludedTaxMinor > 0 ? part.PossibleTaxMinor : 0;
                    remaining[index] -= Math.Clamp(part.BaseMinor - tax, 0, remaining[index]);
                }
            }

            Spread(Math.Min(refund.UnallocatedMinor, remaining.Sum()), remaining, bases);
        }

        return [.. bases.Select((line, i) => line with { RemainingMinor = remaining[i] })];
    }

    private static LineBase BaseOf(OrderLine line) => line.Kind switch
    {
        LineKind.GiftCard => new LineBase(line, 0, 0, "B3"),
        LineKind.Fee => new LineBase(line, 0, 0, "B2"),
        _ => new LineBase(line, Math.Max(0, line.GrossMinor - line.DiscountMinor - line.IncludedTaxMinor), 0, null),
    };

    /// <summary>Takes an amount from the lines in proportion to what remains (rule B9), by largest remainder (rule M3).</summary>
    private static void Spread(long amount, long[] remaining, LineBase[] lines)
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
            .ThenBy(share => lines[share.Index].Line.Id.Length).ThenBy(share => lines[share.Index].Line.Id, StringComparer.Ordinal);
        foreach (var (index, _, _) in ordered.Take((int)missing))
        {
            remaining[index]--;
        }
    }
}
