// A receipt in words that a merchant and an ambassador understand.
using System.Globalization;
using StorePlugin.Abuse;
using StorePlugin.Campaigns;
using StorePlugin.Webhooks;

namespace StorePlugin.Orders;

internal static class ReceiptText
{
    /// <summary>The decision and its reasons, a sentence a line. It names no shopper.</summary>
    /// <param name="zone">The store's: its people read instants by their own clock.</param>
    public static IReadOnlyList<string> Lines(Receipt receipt, TimeZoneInfo zone)
    {
        var lines = new List<string> { receipt.Reason };
        foreach (var touch in receipt.Touches)
        {
            var what = touch.Kind switch
            {
                TouchKind.Code when touch.SingleUse is true => $"Code {touch.Evidence}, made for one use, which took off {Amount(touch.DiscountMinor)}",
                TouchKind.Code => $"Code {touch.Evidence}, which took off {Amount(touch.DiscountMinor)}",
                TouchKind.Click => $"Click of {Instant(touch.At)}",
                TouchKind.Link => $"Link {touch.Evidence}, named by the order itself",
                TouchKind.Customer => $"The customer's earlier order {touch.Evidence}",
                TouchKind.Renewal => $"The order {touch.Evidence}, which this one renews for the {touch.Number}. time",
                TouchKind.Override => "A person's decision",
                _ => throw new System.Diagnostics.UnreachableException(),
            };
            lines.Add(touch.DroppedBy is null ? $"{what}: counted." : $"{what}: not counted. {touch.Why} (rule {touch.DroppedBy})");
        }

        if (receipt.HistorySince is { } since)
        {
            var known = receipt.NewCustomer switch
            {
                true => "No earlier order of the customer is known",
                false => "An earlier order of the customer is known",
                null => "The store did not tell who bought",
            };
            lines.Add($"{known}; the store's paid orders are known from {Instant(since)} on (rule T9).");
        }

        if (!receipt.Credited)
        {
            return lines;
        }

        foreach (var line in receipt.Lines.Where(line => line.ExcludedBy is not null))
        {
            var what = line.Kind switch
            {
                LineKind.GiftCard => "A gift card",
                LineKind.Fee => "A fee",
                _ => "A product that the campaign leaves out",
            };
            lines.Add($"{what} of {Amount(line.GrossMinor)} earns nothing (rule {line.ExcludedBy}).");
        }

        lines.Add($"Counted sales: {Amount(receipt.BaseMinor)}, after discounts and without tax and shipping.");
        lines.Add($"Commission: {How(receipt)} is {Amount(receipt.OriginalCommissionMinor)}, rounded {receipt.Rounding}.");
        if (receipt.Terms!.MaximumCommissionMinor is { } maximum && receipt.OriginalCommissionMinor == maximum)
        {
            lines.Add($"No order earns more than {Amount(maximum)} (rule B8).");
        }

        if (receipt.IsPeriodUsedUp)
        {
            lines.Add($"Nobody earns more than {Amount(receipt.Terms.PeriodCap!.MaximumMinor)} in the period, and that was earned before (rule B8).");
        }
        else if (receipt.Terms.PeriodCap is { } cap && receipt.OriginalCommissionMinor == cap.MaximumMinor - receipt.Standing!.UsedMinor)
        {
            lines.Add($"Nobody earns more than {Amount(cap.MaximumMinor)} in the period; {Amount(receipt.Standing.UsedMinor!.Value)} of it were earned before (rule B8).");
        }

        if (receipt.MerchantCostMinor > 0)
        {
            lines.Add($"Refunds more than 180 days after the order leave the commission as it is; {Amount(receipt.MerchantCostMinor)} are the store's cost (rule K5).");
        }

        if (!receipt.Disputes.IsDefault)
        {
            lines.AddRange(receipt.Disputes.Select(Told));
        }

        if (receipt.RemainingBaseMinor < receipt.BaseMinor)
        {
            var what = receipt.Disputes.IsDefault ? "Refunds" : "Refunds and disputes";
            lines.Add($"{what} have left {Amount(receipt.RemainingBaseMinor)} of it: the commission is now {Amount(receipt.CommissionMinor)}.");
        }

        lines.Add(receipt switch
        {
            { RemainingBaseMinor: 0 } => "Nothing is left that could earn, so nothing is held.",
            { PaidAt: null } => "The order is not paid yet; its commission is only expected.",
            { HoldUntil: { } until } => $"It was paid on {Instant(receipt.PaidAt.Value)} and is held until {Instant(until)}, {receipt.Terms.HoldDays} days later.",
            _ => "It is held until its money is settled.",
        });
        if (!receipt.Reviews.IsDefault)
        {
            lines.AddRange(receipt.Reviews.Select(review => review.AllowedBy is null
                ? $"{review.Why} A person has to look at it (rule {review.Rule})."
                : $"{review.Why} A person has allowed it (rule {review.Rule})."));
        }

        if (!receipt.Flags.IsDefault)
        {
            lines.AddRange(receipt.Flags.Where(flag => flag.Outcome != Severity.Review).Select(flag => flag.AllowedWhy is null
                ? $"{flag.Why} This is a notice and stops nothing (rule {flag.Rule})."
                : $"{flag.Why} The ambassador is exempt from this rule (rule {flag.Rule})."));
        }

        if (!receipt.NotEvaluated.IsDefault)
        {
            lines.AddRange(receipt.NotEvaluated.Select(gap => $"{gap.Why} (rule {gap.Rule}, not evaluated)"));
        }

        lines.AddRange(receipt.Findings);
        return lines;

        string Told(ReceiptDispute dispute)
        {
            var amount = new Money(dispute.AmountMinor, dispute.Currency);
            return dispute.State switch
            {
                DisputeState.Open when dispute.AmountMinor == 0 =>
                    $"The shopper's bank has asked about the payment on {Instant(dispute.OpenedAt)}: nothing is released before it has decided (rule H3).",
                DisputeState.Open => $"The shopper's bank has disputed {amount} on {Instant(dispute.OpenedAt)}: nothing is released before it has decided (rules B14, H3).",
                DisputeState.Lost => $"The shopper's bank has taken {amount} back; it counts as a refund of {Instant(dispute.OpenedAt)} (rule B14).",
                DisputeState.Won => $"The dispute of {Instant(dispute.OpenedAt)} has taken nothing (rule B14).",
                _ => throw new System.Diagnostics.UnreachableException(),
            };
        }

        string How(Receipt told) => told.Terms!.Flat switch
        {
            { PerItem: true } flat => $"{Amount(flat.AmountMinor)} for each item, within {Amount(told.BaseMinor)},",
            { } flat => $"{Amount(flat.AmountMinor)} for the order, within {Amount(told.BaseMinor)},",
            null => string.Join(
                " and ",
                told.Lines.Where(line => line.ExcludedBy is null && line.RateRank != RateRank.Tier).GroupBy(line => (line.RateBp, line.RateRank))
                    .Select(group => $"{Percent(group.Key.RateBp)}{Of(group.Key.RateRank)} of {Amount(group.Sum(line => line.BaseMinor))}")
                    .Concat((told.TierParts.IsDefault ? [] : told.TierParts).Select(part => $"{Percent(part.RateBp)} of {Amount(part.BaseMinor)}{Before(told)}"))),
        };

        // Where the position is an amount or a number is told by the terms.
        string Before(Receipt told) => told.Terms!.Tiers!.Metric switch
        {
            TierMetric.NetSales => $" (after {Amount(told.Standing!.Position!.Value)} before)",
            TierMetric.Orders => $" (after {told.Standing!.Position} orders before)",
            _ => $" (after {told.Standing!.Position} new customers before)",
        };

        string Amount(long minor) => new Money(minor, receipt.Currency).ToString();

        string Instant(DateTimeOffset instant) =>
            TimeZoneInfo.ConvertTime(instant, zone).ToString("d MMMM yyyy, HH:mm", CultureInfo.InvariantCulture);
    }

    private static string Of(RateRank rank) => rank switch
    {
        RateRank.Campaign => "",
        RateRank.Group => " (the group's share)",
        RateRank.Ambassador => " (the ambassador's own share)",
        RateRank.Collection => " (the collection's share)",
        RateRank.Product => " (the product's share)",
        RateRank.AmbassadorAndCollection => " (the ambassador's share for the collection)",
        RateRank.AmbassadorAndProduct => " (the ambassador's share for the product)",
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static string Percent(long basisPoints) => (basisPoints / 100m).ToString("0.##", CultureInfo.InvariantCulture) + " %";
}
