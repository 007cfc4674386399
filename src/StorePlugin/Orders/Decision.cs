// From everything known of an order to its receipt: attribution, then commission, then the hold. Pure.
using System.Collections.Immutable;
using StorePlugin.Campaigns;
using StorePlugin.Webhooks;

namespace StorePlugin.Orders;

internal static class Decision
{
    /// <summary>Decides an order. The receipt says everything the ledger must come to.</summary>
    public static Receipt Of(OrderFacts facts, IReadOnlyList<Touch> touches, Func<string, TermsInForce?> termsAt)
    {
        var order = facts.Recorded.Order;
        var attribution = Attribution.Decide(facts.Recorded, touches, termsAt, facts.Override);
        var credited = attribution as Attribution.Credited;
        var commission = credited is null ? Commission.OfNobody(facts) : Commission.Of(facts, credited.InForce.Terms, credited.Winner.AmbassadorId);
        var (rule, reason) = attribution switch
        {
            Attribution.Nobody nobody => (nobody.Rule, nobody.Why),
            Attribution.Credited when commission.BaseMinor == 0 => ("T13", "Nothing on this order earns commission."),
            Attribution.Credited tooSmall when commission.BaseMinor < tooSmall.InForce.Terms.MinimumOrderMinor =>
                ("B7", $"The order's counted sales are below the {new Money(tooSmall.InForce.Terms.MinimumOrderMinor.Value, order.Currency)} that an order must come to."),
            Attribution.Credited winner => ("T1", winner.Why),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
        var earns = credited is not null && rule == "T1";
        var gone = facts.Deleted ? "deleted" : order.CancelledAt is not null ? "cancelled" : null;
        var settled = gone is null || commission.RemainingBaseMinor == 0;

        return new Receipt
        {
            OrderId = order.Id,
            Reference = order.Reference,
            At = order.At,
            Currency = order.Currency,
            VersionUpdatedAt = order.UpdatedAt,
            VersionHash = facts.ContentHash,
            Channel = order.Channel,
            Test = order.Test,
            Paid = order.Paid,
            PaidAt = facts.PaidAt,
            CancelledAt = order.CancelledAt,
            DeletedAt = facts.Deleted ? facts.DeletedAt : null,
            RefundedInFull = order.RefundedInFull,
            Credited = earns,
            Rule = rule,
            Reason = reason,
            AmbassadorId = earns ? credited!.Winner.AmbassadorId : null,
            CampaignId = earns ? credited!.Winner.CampaignId : null,
            TermsRevision = earns ? credited!.InForce.Revision : null,
            Terms = earns ? credited!.InForce.Terms : null,
            TouchCount = attribution.Touches.Length,
            Touches = [.. attribution.Touches.Select(Write)],
            Lines = [.. commission.Lines.Select(Write)],
            Refunds = [.. facts.Refunds.Select(refund => new ReceiptRefund(refund.Id, refund.At, refund.Lines, refund.UnallocatedMinor))],
            BaseMinor = commission.BaseMinor,
            RemainingBaseMinor = commission.RemainingBaseMinor,
            OriginalCommissionMinor = earns ? commission.Original.Minor : 0,
            // Rule H1: until the money has come there is a receipt and nothing in the ledger.
            CommissionMinor = earns && facts.PaidAt is not null ? commission.Remaining.Minor : 0,
            HoldUntil = earns && settled ? facts.PaidAt + credited!.InForce.Terms.Hold : null,
            CheckoutStartedAt = order.CheckoutStartedAt,
            Reviews = earns ? ReviewsOf(facts, credited!) : default,
            Decisions = facts.Decisions.IsEmpty
                ? default
                : [.. facts.Decisions.Select(decision => new ReceiptDecision(
                    decision.Number, decision.Kind, decision.AmbassadorId, decision.Reason, decision.Actor, decision.At))],
            Findings = settled ? [] : [$"The order was {gone} after payment and its money has not gone back yet: it stays held until it has (rule B11)."],
        };
    }

    /// <summary>What a person must look at, and what one has allowed. Null where there is nothing: most receipts say nothing of it.</summary>
    private static ImmutableArray<ReceiptReview> ReviewsOf(OrderFacts facts, Attribution.Credited credited)
    {
        var reviews = ImmutableArray.CreateBuilder<ReceiptReview>();
        if (credited.CameLate)
        {
            Add("T4", "The only click came when the checkout had begun: it may not have brought the shopper.");
        }

        if (facts.Recorded.Order.Contradiction is { } contradiction)
        {
            Add("M2", $"The order does not add up: {contradiction}");
        }

        return reviews.Count == 0 ? default : reviews.DrainToImmutable();

        void Add(string rule, string why) => reviews.Add(new ReceiptReview(
            rule, why, facts.Decisions.FirstOrDefault(decision => decision.Kind == DecisionKind.Allow && decision.Rules.Contains(rule))?.Number));
    }

    private static ReceiptTouch Write(WeighedTouch weighed) => new(
        weighed.Touch.Kind, weighed.Touch.Evidence, weighed.Touch.At, weighed.Touch.DiscountMinor, weighed.Touch.Position,
        weighed.Touch.AmbassadorId, weighed.Touch.CampaignId, weighed.DroppedBy, weighed.Why);

    private static ReceiptLine Write(LineBase line) => new(
        line.Line.Id, line.Line.ProductId, line.Line.Kind, line.Line.Quantity, line.Line.GrossMinor, line.Line.DiscountMinor,
        line.Line.IncludedTaxMinor, line.BaseMinor, line.RemainingMinor, line.Rate?.RateBp ?? 0, line.ExcludedBy,
        line.RemainingQuantity, line.Rate?.Rank ?? RateRank.Campaign);
}
