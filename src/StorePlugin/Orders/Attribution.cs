// Who brought an order: values in, value out.
using System.Collections.Immutable;
using StorePlugin.Campaigns;
using StorePlugin.Webhooks;

namespace StorePlugin.Orders;

/// <summary>The terms of a campaign that were in force at an order's instant.</summary>
internal sealed record TermsInForce(long Revision, Terms Terms);

/// <summary>Exactly one winner or none, with every touch that was weighed (rules T1 to T14).</summary>
internal abstract record Attribution(ImmutableArray<WeighedTouch> Touches)
{
    /// <summary>Nobody is credited.</summary>
    /// <param name="Rule">The rule that decided.</param>
    /// <param name="Why">The same in words.</param>
    internal sealed record Nobody(string Rule, string Why, ImmutableArray<WeighedTouch> Touches) : Attribution(Touches);

    /// <summary>An ambassador is credited.</summary>
    /// <param name="Winner">The touch that won.</param>
    /// <param name="InForce">The terms that the order is judged by.</param>
    internal sealed record Credited(Touch Winner, TermsInForce InForce, string Why, ImmutableArray<WeighedTouch> Touches) : Attribution(Touches)
    {
        /// <summary>The winner clicked shortly before the order, when its checkout had begun: a person must look (rule T4).</summary>
        public bool CameLate { get; init; }
    }

    // A click that comes so soon after the checkout began did not bring the shopper (rule T4).
    private static readonly TimeSpan LateWithin = TimeSpan.FromMinutes(30);

    /// <summary>Decides from the order, its evidence and the terms.</summary>
    /// <param name="termsAt">The terms in force of a campaign at the order's instant; null before its launch.</param>
    /// <param name="decided">What a person has decided about the order; null: nothing.</param>
    public static Attribution Decide(
        RecordedOrder recorded, IReadOnlyList<Touch> touches, Func<string, TermsInForce?> termsAt, OrderDecision? decided = null)
    {
        var order = recorded.Order;
        var hasForeignCode = HasForeignCode(order, touches);
        var weighed = ImmutableArray.CreateBuilder<WeighedTouch>(touches.Count);
        for (var i = 0; i < touches.Count; i++)
        {
            weighed.Add(Weigh(touches[i], order, termsAt(touches[i].CampaignId), hasForeignCode));
        }

        if (order.Test) { return Nobody("T13", "A test order earns nothing."); }

        if (order.Channel == OrderChannel.Renewal) { return Nobody("T14", "A renewal of a subscription earns nothing."); }

        if (decided is { Kind: DecisionKind.Reject }) { return Nobody("H3", $"A person has rejected the order: {decided.Reason}"); }

        if (decided is { Kind: DecisionKind.Credit }) { return Overridden(order, decided, termsAt, weighed.MoveToImmutable()); }

        if (weighed.Count == 0) { return Nobody("T1", "The order carries no ambassador's code and no referral link."); }

        DropLate(weighed, order);
        if (WinnerOf(weighed, termsAt) is not { } winner) { return Nobody(weighed[0].DroppedBy!, weighed[0].Why!); }

        for (var i = 0; i < weighed.Count; i++)
        {
            if (weighed[i].DroppedBy is null && weighed[i].Touch != winner)
            {
                weighed[i] = Outdone(weighed[i], winner);
            }
        }

        // The discount stands: the shopper paid that price. Only the commission is withheld.
        var inForce = termsAt(winner.CampaignId)!;
        if (recorded.Shopper.Email is { } email && email == winner.PersonHash && inForce.Terms.SelfPurchaseEarns is not true)
        {
            return Nobody("F1", "The ambassador bought for themselves: the discount stands, no commission is earned.");
        }

        // Amounts of two currencies are never compared (rule M1), and no share of the terms may be left out in silence.
        if (inForce.Terms.Currency is { } stated && stated != order.Currency)
        {
            return Nobody("M1", $"The campaign's terms state amounts in {stated.Code}, and this order is in {order.Currency.Code}.");
        }

        return new Credited(winner, inForce, WhyWon(winner), weighed.MoveToImmutable()) { CameLate = IsLate(winner, order) };

        Nobody Nobody(string rule, string why) => new(rule, why, weighed.MoveToImmutable());
    }

    /// <summary>A late click displaces nobody who came before it (rule T4); alone it stands.</summary>
    private static void DropLate(ImmutableArray<WeighedTouch>.Builder weighed, Order order)
    {
        var (early, late) = (false, false);
        foreach (var touch in weighed)
        {
            var isLate = IsLate(touch.Touch, order);
            early |= touch.DroppedBy is null && !isLate;
            late |= touch.DroppedBy is null && isLate;
        }

        for (var i = 0; early && late && i < weighed.Count; i++)
        {
            if (weighed[i].DroppedBy is null && IsLate(weighed[i].Touch, order))
            {
                weighed[i] = weighed[i] with { DroppedBy = "T4", Why = "The click came when the checkout had begun, and displaces nobody who came before it." };
            }
        }
    }

    /// <summary>The touch that goes before all others that were not dropped; null where all were.</summary>
    private static Touch? WinnerOf(ImmutableArray<WeighedTouch>.Builder weighed, Func<string, TermsInForce?> termsAt)
    {
        // Links of several campaigns are ordered in one way: by the first touch only where all of them say so.
        var byFirst = true;
        foreach (var touch in weighed)
        {
            byFirst &= touch.DroppedBy is not null || touch.Touch.Kind == TouchKind.Code || termsAt(touch.Touch.CampaignId)!.Terms.FirstTouch is true;
        }

        Touch? winner = null;
        foreach (var touch in weighed)
        {
            if (touch.DroppedBy is null && (winner is null || Precedence(touch.Touch, winner, byFirst) < 0))
            {
                winner = touch.Touch;
            }
        }

        return winner;
    }

    /// <summary>A person's decision stands before all evidence (rule T1); the evidence is kept beside it.</summary>
    private static Attribution Overridden(
        Order order, OrderDecision decided, Func<string, TermsInForce?> termsAt, ImmutableArray<WeighedTouch> weighed)
    {
        weighed = [.. weighed.Select(touch => touch.DroppedBy is null
            ? touch with { DroppedBy = "T1", Why = "A person has decided whom the order counts for." }
            : touch)];
        if (termsAt(decided.CampaignId!) is not { } inForce)
        {
            return new Nobody("T1", "The campaign that a person has chosen had no terms at the order's instant.", weighed);
        }

        if (inForce.Terms.Currency is { } stated && stated != order.Currency)
        {
            return new Nobody("M1", $"The campaign's terms state amounts in {stated.Code}, and this order is in {order.Currency.Code}.", weighed);
        }

        var touch = new Touch(
            TouchKind.Override, $"decision {decided.Number}", decided.At, DiscountMinor: 0, Position: 0, decided.AmbassadorId!, decided.CampaignId!,
            order.At, EndedAt: null, order.At, SuspendedAt: null, order.At, PersonHash: "");
        return new Credited(
            touch, inForce, $"A person has credited the ambassador: {decided.Reason}", [new WeighedTouch(touch, null, null), .. weighed]);
    }

    /// <summary>Whether a click came within half an hour after its checkout had begun (rule T4); where that is not known it is not.</summary>
    private static bool IsLate(Touch touch, Order order) =>
        touch.Kind == TouchKind.Click && order.CheckoutStartedAt is { } started && touch.At > started && touch.At - started < LateWithin;

    /// <summary>Below 0: the left one goes before the right one.</summary>
    private static int Precedence(Touch left, Touch right, bool byFirst)
    {
        var byClass = (left.Kind == TouchKind.Code ? 0 : 1).CompareTo(right.Kind == TouchKind.Code ? 0 : 1);
        if (byClass != 0)
        {
            return byClass;
        }

        if (left.Kind == TouchKind.Code)
        {
            // Rule T6: the greater discount, then the platform's order of application.
            var byDiscount = right.DiscountMinor.CompareTo(left.DiscountMinor);
            return byDiscount != 0 ? byDiscount : left.Position.CompareTo(right.Position);
        }

        // Rule T2: the last touch, or the first; then the stronger evidence, then the lower id.
        var byInstant = byFirst ? left.At.CompareTo(right.At) : right.At.CompareTo(left.At);
        var byKind = ((int)left.Kind).CompareTo((int)right.Kind);
        return byInstant != 0 ? byInstant : byKind != 0 ? byKind : string.CompareOrdinal(left.Evidence, right.Evidence);
    }

    /// <summary>Whether a code took something off that is no ambassador's (rule T7).</summary>
    private static bool HasForeignCode(Order order, IReadOnlyList<Touch> touches)
    {
        foreach (var code in order.Codes)
        {
            if (code.AmountMinor > 0 && !IsAmbassadors(code, touches))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsAmbassadors(OrderCode code, IReadOnlyList<Touch> touches)
    {
        for (var i = 0; i < touches.Count; i++)
        {
            if (touches[i].Kind == TouchKind.Code && touches[i].Evidence == code.Code)
            {
                return true;
            }
        }

        return false;
    }

    private static WeighedTouch Weigh(Touch touch, Order order, TermsInForce? inForce, bool hasForeignCode)
    {
        if (touch.LaunchedAt is null || touch.LaunchedAt > order.At || inForce is null)
        {
            return Dropped("T10", "The campaign was not live at the order's instant.");
        }

        if (touch.Stopped is { } stopped)
        {
            return Dropped("T10", stopped == CampaignStop.Paused ? "The campaign was paused at the order's instant." : "The campaign had ended at the order's instant.");
        }

        if (touch.ApprovedAt > order.At) { return Dropped("T10", "The ambassador had not joined yet at the order's instant."); }

        if (touch.SuspendedAt <= order.At) { return Dropped("T10", "The ambassador was suspended at the order's instant."); }

        if (inForce.Terms.Channels is { } channels && !channels.Contains(order.Channel))
        {
            return Dropped("T13", $"The campaign does not count orders of the channel {order.Channel}.");
        }

        if (touch.Kind == TouchKind.Code)
        {
            if (touch.AssignedAt > order.At || touch.EndedAt <= order.At)
            {
                return Dropped("T5", "The code was not the ambassador's at the order's instant.");
            }

            return touch.DiscountMinor > 0 || inForce.Terms.FriendDiscountBp == 0
                ? new WeighedTouch(touch, null, null)
                : Dropped("T5", "The code took nothing off this order.");
        }

        if (hasForeignCode && inForce.Terms.ExclusiveCodes is true)
        {
            return Dropped("T7", "The shopper used another code, and beside such a code the campaign's links do not count.");
        }

        if (touch.At > order.At) { return Dropped("T2", "The click came after the order."); }

        return order.At - touch.At < inForce.Terms.Window
            ? new WeighedTouch(touch, null, null)
            : Dropped("T2", $"The click was {inForce.Terms.WindowDays} days or more before the order.");

        WeighedTouch Dropped(string rule, string why) => new(touch, rule, why);
    }

    private static WeighedTouch Outdone(WeighedTouch touch, Touch winner) => touch.Touch.Kind switch
    {
        TouchKind.Code => touch with { DroppedBy = "T6", Why = "Another ambassador's code took more off, or was applied first." },
        _ when winner.Kind == TouchKind.Code => touch with { DroppedBy = "T1", Why = "A code counts before a link." },
        _ when touch.Touch.At > winner.At => touch with { DroppedBy = "T2", Why = "By the campaign's terms the first touch counts." },
        _ => touch with { DroppedBy = "T2", Why = "A later touch counts before an earlier one." },
    };

    private static string WhyWon(Touch winner) => winner.Kind switch
    {
        TouchKind.Code => $"The shopper used the code {winner.Evidence}.",
        TouchKind.Click => "The shopper came over the ambassador's link.",
        TouchKind.Link => "The order names the ambassador's link.",
        TouchKind.Override => throw new System.Diagnostics.UnreachableException("A person's decision gives its own reason."),
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}
