// From everything known of an order to its receipt: attribution, then commission, then the hold. Pure.
using System.Collections.Immutable;
using StorePlugin.Campaigns;
using StorePlugin.Webhooks;

namespace StorePlugin.Orders;

/// <summary>A decision: who brought the order, and what it earns.</summary>
/// <param name="Commission">What the terms give; where the order does not earn it is of no effect.</param>
internal sealed record Decision(OrderFacts Facts, Evidence Evidence, Attribution Attribution, Commission Commission)
{
    /// <summary>Decides an order.</summary>
    public static Decision Make(OrderFacts facts, Evidence evidence)
    {
        var attribution = Attribution.Decide(facts.Recorded.Order, evidence, facts.Override);
        return new Decision(
            facts, evidence, attribution,
            attribution is Attribution.Credited credited ? Commission.Of(facts, credited.Terms, EarnerOf(facts, credited, evidence)) : Commission.OfNobody(facts));
    }

    /// <summary>Decides an order and writes the receipt, which says everything the ledger must come to.</summary>
    public static Receipt Of(OrderFacts facts, Evidence evidence) => Make(facts, evidence).Write();

    /// <summary>Whether anybody earns on the order: it is credited, and comes to what the terms ask for.</summary>
    public bool Earns => Attribution is Attribution.Credited credited && Commission.BaseMinor > 0 && !(Commission.BaseMinor < credited.Terms.MinimumOrderMinor);

    private static Earner EarnerOf(OrderFacts facts, Attribution.Credited credited, Evidence evidence)
    {
        var own = 0L;
        foreach (var touch in evidence.Touches)
        {
            own += touch.Kind == TouchKind.Code && touch.AmbassadorId == credited.Winner.AmbassadorId ? touch.DiscountMinor : 0;
        }

        return new Earner(credited.Winner.AmbassadorId)
        {
            Group = credited.Winner.Group,
            OwnDiscountMinor = own,
            ProgrammeCreditMinor = Math.Min(facts.Recorded.Order.StoreCredit?.Minor ?? 0, evidence.Customer?.ProgrammeCreditMinor ?? 0),
            Standing = evidence.Standing,
            Collections = evidence.Collections.IsDefault ? [] : evidence.Collections,
        };
    }

    /// <summary>The receipt of the decision.</summary>
    public Receipt Write()
    {
        var (facts, evidence, attribution, commission) = this;
        var order = facts.Recorded.Order;
        var credited = attribution as Attribution.Credited;
        var (rule, reason) = attribution switch
        {
            Attribution.Nobody nobody => (nobody.Rule, nobody.Why),
            Attribution.Credited when commission.BaseMinor == 0 => ("T13", "Nothing on this order earns commission."),
            Attribution.Credited tooSmall when commission.BaseMinor < tooSmall.Terms.MinimumOrderMinor =>
                ("B7", $"The order's counted sales are below the {new Money(tooSmall.Terms.MinimumOrderMinor.Value, order.Currency)} that an order must come to."),
            Attribution.Credited winner => ("T1", winner.Why),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
        var earns = Earns;
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
            GoneAt = facts.Earlier.GoneAt,
            RefundedInFull = order.RefundedInFull,
            Credited = earns,
            Rule = rule,
            Reason = reason,
            AmbassadorId = earns ? credited!.Winner.AmbassadorId : null,
            CampaignId = earns ? credited!.Winner.CampaignId : null,
            TermsRevision = earns ? credited!.Campaign.Revision : null,
            Terms = earns ? credited!.Terms : null,
            TouchCount = attribution.Touches.Length,
            Touches = [.. attribution.Touches.Select(Write)],
            Campaigns = [.. evidence.Campaigns.Select(campaign => Write(campaign, earns ? credited!.Campaign : null))],
            Codes = order.Codes,
            Contradiction = order.Contradiction,
            Lines = [.. commission.Lines.Select(line => Write(line, credited is { Terms.NamesCollections: true } ? evidence.Collections : default))],
            Disputes = facts.Disputes.IsEmpty
                ? default
                : [.. facts.Disputes.Select(of => new ReceiptDispute(of.Id, of.OpenedAt, of.ClosedAt, of.Currency, of.AmountMinor, of.State))],
            Refunds = [.. facts.Refunds.Select(refund => new ReceiptRefund(refund.Id, refund.At, refund.Lines, refund.UnallocatedMinor))],
            ForeignRefunds = facts.ForeignRefunds is { IsEmpty: false } foreign
                ? [.. foreign.Select(refund => new ReceiptForeignRefund(refund.Id, refund.At, refund.Currency))]
                : default,
            BaseMinor = commission.BaseMinor,
            RemainingBaseMinor = commission.RemainingBaseMinor,
            OriginalCommissionMinor = earns ? commission.Original.Minor : 0,
            // Rule H1: until the money has come there is a receipt and nothing in the ledger.
            CommissionMinor = earns && facts.PaidAt is not null ? commission.Remaining.Minor : 0,
            HoldUntil = earns && settled ? facts.PaidAt + credited!.Terms.Hold : null,
            CheckoutStartedAt = order.CheckoutStartedAt,
            StoreCredit = order.StoreCredit is { } credit ? new ReceiptStoreCredit(credit.Minor, evidence.Customer?.ProgrammeCreditMinor) : null,
            NotEvaluated = NotEvaluatedOf(order, evidence, attribution),
            Reviews = earns ? ReviewsOf(facts, credited!, evidence.Customer) : default,
            Flags = earns ? FlagsOf(facts, credited!) : default,
            Decisions = facts.Decisions.IsEmpty
                ? default
                : [.. facts.Decisions.Select(decision => new ReceiptDecision(
                    decision.Number, decision.Kind, decision.AmbassadorId, decision.CampaignId, decision.Rules, decision.Reason, decision.Actor, decision.At))],
            NewCustomer = evidence.Customer?.IsNew,
            HistorySince = evidence.Customer?.HistorySince,

            // The lines state their shares even where too little is left to earn on.
            Group = credited?.Winner.Group,
            Standing = credited is null ? null : evidence.Standing,
            TierParts = earns && !commission.TierParts.IsEmpty ? commission.TierParts : default,
            MerchantCostMinor = earns && facts.PaidAt is not null ? commission.MerchantCost.Minor : 0,
            Findings = settled ? [] : [$"The order was {gone} after payment and its money has not gone back yet: it stays held until it has (rule B11)."],
        };
    }

    /// <summary>What a person must look at, and what one has allowed. Null where there is nothing: most receipts say nothing of it.</summary>
    private static ImmutableArray<ReceiptReview> ReviewsOf(OrderFacts facts, Attribution.Credited credited, CustomerAt? customer)
    {
        var reviews = ImmutableArray.CreateBuilder<ReceiptReview>();
        if (credited.CameLate)
        {
            Add("T4", "The only click came when the checkout had begun: it may not have brought the shopper.");
        }

        if (credited.Terms.NewCustomersOnly is true && customer is { IsNew: null })
        {
            Add("T9", "Nobody can say whether the shopper is a new customer, and the campaign counts those only.");
        }

        if (facts.Recorded.Order.Contradiction is { } contradiction)
        {
            Add("M2", $"The order does not add up: {contradiction}", contradiction);
        }

        foreach (var flag in facts.Flags)
        {
            if (flag.Stops && flag.AmbassadorId == credited.Winner.AmbassadorId)
            {
                Add(flag.Rule, flag.Why, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{flag.AmbassadorId} {flag.Number}"));
            }
        }

        if (facts.ForeignTakings is { IsEmpty: false } foreign)
        {
            Add("M1", "A refund or dispute of it came in another currency than the order's, and takes nothing before somebody has looked.", string.Join(' ', foreign.Select(taking => taking.Id)));
        }

        return reviews.Count == 0 ? default : reviews.DrainToImmutable();

        // A person allows what they have seen. What the rule finds in another version, refund or pattern is open anew.
        void Add(string rule, string why, string? subject = null)
        {
            var review = new ReceiptReview(rule, why, null, subject is null ? null : OrderDecision.MarkOf(subject));
            reviews.Add(review with { AllowedBy = facts.Decisions.FirstOrDefault(decision => decision.Allows(review))?.Number });
        }
    }

    /// <summary>What the rules about abuse have found about whom the order counts for. Null where there is nothing.</summary>
    private static ImmutableArray<ReceiptFlag> FlagsOf(OrderFacts facts, Attribution.Credited credited)
    {
        var flags = facts.Flags.Where(flag => flag.AmbassadorId == credited.Winner.AmbassadorId)
            .Select(flag => new ReceiptFlag(flag.Number, flag.Rule, flag.Severity, flag.Outcome, flag.Why, flag.Inputs, flag.AllowedWhy)).ToImmutableArray();
        return flags.IsEmpty ? default : flags;
    }

    /// <summary>The rules that would have been applied if their inputs were known (rules T4, F9); null where there are none.</summary>
    private static ImmutableArray<ReceiptGap> NotEvaluatedOf(Order order, Evidence evidence, Attribution attribution)
    {
        if (attribution is not Attribution.Credited { Winner: var winner } credited)
        {
            return default;
        }

        var gaps = ImmutableArray.CreateBuilder<ReceiptGap>();
        if (winner.Kind == TouchKind.Click && order.CheckoutStartedAt is null)
        {
            gaps.Add(new ReceiptGap("T4", "The storefront did not tell when the checkout began."));
        }

        if (credited.Terms.NewCustomersOnly is true && evidence.Customer is { IsNew: null })
        {
            gaps.Add(new ReceiptGap("T9", "The store did not tell who bought, so that nobody can say whether the shopper is a new customer."));
        }

        if (credited.Terms.ProgrammeCreditLowersBase is true && order.StoreCredit is not (null or { Minor: 0 }) && evidence.Customer is { ProgrammeCreditMinor: null })
        {
            gaps.Add(new ReceiptGap("B4", order.StoreCredit.Minor is null
                ? "The store did not tell how much was paid with store credit, so that none of it is taken off."
                : "The store did not tell who bought, so that nobody can say whose store credit it was; none of it is taken off."));
        }

        if (winner.IsOwn is null && winner.Kind != TouchKind.Override && credited.Terms.SelfPurchaseEarns is not true)
        {
            gaps.Add(new ReceiptGap("F1", "The store did not tell who bought, so that an ambassador's own purchase cannot be told from others."));
        }

        return gaps.Count == 0 ? default : gaps.DrainToImmutable();
    }

    private static ReceiptTouch Write(WeighedTouch weighed) => new(
        weighed.Touch.Kind, weighed.Touch.Evidence, weighed.Touch.At, weighed.Touch.DiscountMinor, weighed.Touch.Position,
        weighed.Touch.AmbassadorId, weighed.Touch.CampaignId, weighed.DroppedBy, weighed.Why)
    {
        AssignedAt = weighed.Touch.AssignedAt,
        EndedAt = weighed.Touch.EndedAt,
        ApprovedAt = weighed.Touch.ApprovedAt,
        SuspendedAt = weighed.Touch.SuspendedAt,
        LeftAt = weighed.Touch.LeftAt,
        IsOwn = weighed.Touch.IsOwn,
        Number = weighed.Touch.Number,
        SingleUse = weighed.Touch.SingleUse,
        UsedBy = weighed.Touch.UsedBy,
    };

    // The credited campaign's terms stand in the receipt itself.
    private static ReceiptCampaign Write(CampaignAt campaign, CampaignAt? credited) => new(
        campaign.Id, campaign.Revision, campaign.LaunchedAt, campaign.Stopped, campaign == credited ? null : campaign.Terms);

    private static ReceiptLine Write(LineBase line, ImmutableArray<ProductCollections> collections) => new(
        line.Line.Id, line.Line.ProductId, line.Line.Kind, line.Line.Quantity, line.Line.GrossMinor, line.Line.DiscountMinor,
        line.Line.IncludedTaxMinor, line.BaseMinor, line.RemainingMinor, line.Rate?.RateBp ?? 0, line.ExcludedBy,
        line.RemainingQuantity, line.Rate?.Rank ?? RateRank.Campaign)
    {
        Collections = ProductCollections.Of(collections, line.Line.ProductId) is { IsEmpty: false } of ? of : default,
    };
}
