// Who brought an order: values in, value out.
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using StorePlugin.Campaigns;
using StorePlugin.Webhooks;

namespace StorePlugin.Orders;

/// <summary>Exactly one winner or none, with every touch that was weighed (rules T1 to T14).</summary>
internal abstract record Attribution(ImmutableArray<WeighedTouch> Touches)
{
    /// <summary>Nobody is credited.</summary>
    /// <param name="Rule">The rule that decided.</param>
    /// <param name="Why">The same in words.</param>
    internal sealed record Nobody(string Rule, string Why, ImmutableArray<WeighedTouch> Touches) : Attribution(Touches);

    /// <summary>An ambassador is credited.</summary>
    /// <param name="Winner">The touch that won.</param>
    /// <param name="Campaign">The winner's, with the terms that the order is judged by.</param>
    internal sealed record Credited(Touch Winner, CampaignAt Campaign, string Why, ImmutableArray<WeighedTouch> Touches) : Attribution(Touches)
    {
        /// <summary>The winner clicked shortly before the order, when its checkout had begun: a person must look (rule T4).</summary>
        public bool CameLate { get; init; }

        public Terms Terms => Campaign.Terms!;
    }

    private static readonly ImmutableArray<TouchClass> Usual = [TouchClass.Code, TouchClass.Link, TouchClass.Customer];

    // A click that comes so soon after the checkout began did not bring the shopper (rule T4).
    private static readonly TimeSpan LateWithin = TimeSpan.FromMinutes(30);

    /// <summary>Decides from the order, its evidence and the terms in it.</summary>
    /// <param name="decided">What a person has decided about the order; null: nothing.</param>
    public static Attribution Decide(Order order, Evidence evidence, OrderDecision? decided = null)
    {
        var weighed = WeighAll(order, evidence);

        if (order.Test) { return new Nobody("T13", "A test order earns nothing.", Kept(weighed)); }

        if (decided is { Kind: DecisionKind.Reject }) { return new Nobody("H3", $"A person has rejected the order: {decided.Reason}", Kept(weighed)); }

        if (decided is { Kind: DecisionKind.Credit }) { return Overridden(order, decided, evidence, weighed); }

        if (order.Channel == OrderChannel.Renewal && !Array.Exists(weighed, touch => touch.Touch.Kind == TouchKind.Renewal))
        {
            return new Nobody("T14", "A renewal of a subscription earns nothing, unless its first order is known to be an ambassador's.", Kept(weighed));
        }

        if (weighed.Length == 0) { return new Nobody("T1", "The order carries no ambassador's code and no referral link.", []); }

        DropLate(weighed, order);
        if (FindWinner(weighed, evidence) is not { } winner)
        {
            var telling = Array.Find(weighed, touch => touch.Touch.Kind == TouchKind.Renewal) ?? weighed[0];
            return new Nobody(telling.DroppedBy!, telling.Why!, Kept(weighed));
        }

        for (var i = 0; i < weighed.Length; i++)
        {
            if (weighed[i].DroppedBy is null && weighed[i].Touch != winner)
            {
                weighed[i] = Outdone(weighed[i], winner);
            }
        }

        // The discount stands: the shopper paid that price. Only the commission is withheld.
        var campaign = evidence.CampaignOf(winner.CampaignId);
        if (winner.IsOwn is true && campaign.Terms!.SelfPurchaseEarns is not true)
        {
            return new Nobody("F1", "The ambassador bought for themselves: the discount stands, no commission is earned.", Kept(weighed));
        }

        if (campaign.Terms!.NewCustomersOnly is true && evidence.Customer?.IsNew is false)
        {
            return new Nobody("T9", "The shopper had bought before, and the campaign counts new customers only.", Kept(weighed));
        }

        // Amounts of two currencies are never compared (rule M1), and no share of the terms may be left out in silence.
        if (campaign.Terms!.Currency is { } stated && stated != order.Currency)
        {
            return new Nobody("M1", InAnotherCurrency(stated, order), Kept(weighed));
        }

        return new Credited(winner, campaign, WhyWon(winner), Kept(weighed)) { CameLate = IsLate(winner, order) };
    }

    private static WeighedTouch[] WeighAll(Order order, Evidence evidence)
    {
        var hasForeignCode = HasForeignCode(order, evidence.Touches);
        var weighed = new WeighedTouch[evidence.Touches.Length];
        for (var i = 0; i < weighed.Length; i++)
        {
            var touch = evidence.Touches[i];
            weighed[i] = Weigh(touch, order, evidence.CampaignOf(touch.CampaignId), hasForeignCode);
        }

        return weighed;
    }

    /// <summary>A click that came when the checkout had begun displaces nobody who came before it (rule T4).</summary>
    private static void DropLate(WeighedTouch[] weighed, Order order)
    {
        if (order.CheckoutStartedAt is null)
        {
            return;
        }

        var hasEarly = false;
        foreach (var (touch, droppedBy, _) in weighed)
        {
            hasEarly |= droppedBy is null && !IsLate(touch, order);
        }

        for (var i = 0; hasEarly && i < weighed.Length; i++)
        {
            if (weighed[i].DroppedBy is null && IsLate(weighed[i].Touch, order))
            {
                weighed[i] = weighed[i] with
                {
                    DroppedBy = "T4",
                    Why = "The click came when the checkout had begun, and displaces nobody who came before it.",
                };
            }
        }
    }

    private static Touch? FindWinner(WeighedTouch[] weighed, Evidence evidence)
    {
        // Links of several campaigns are ordered in one way: by the first touch only where all of them say so.
        var byFirst = true;
        foreach (var (touch, droppedBy, _) in weighed)
        {
            byFirst &= droppedBy is not null || ClassOf(touch) != TouchClass.Link || evidence.CampaignOf(touch.CampaignId).Terms!.FirstTouch is true;
        }

        var precedence = PrecedenceOf(weighed, evidence);
        Touch? winner = null;
        foreach (var (touch, droppedBy, _) in weighed)
        {
            if (droppedBy is null && (winner is null || Compare(touch, winner, byFirst, precedence) < 0))
            {
                winner = touch;
            }
        }

        return winner;
    }

    /// <summary>The classes in their order (rule T1): that of the campaigns where they agree, else the usual one.</summary>
    private static ImmutableArray<TouchClass> PrecedenceOf(WeighedTouch[] weighed, Evidence evidence)
    {
        ImmutableArray<TouchClass>? common = null;
        foreach (var (touch, droppedBy, _) in weighed)
        {
            if (droppedBy is null)
            {
                var own = evidence.CampaignOf(touch.CampaignId).Terms!.Precedence ?? Usual;
                if (common is { } other && !own.AsSpan().SequenceEqual(other.AsSpan()))
                {
                    return Usual;
                }

                common = own;
            }
        }

        return common ?? Usual;
    }

    private static TouchClass ClassOf(Touch touch) => touch.Kind switch
    {
        TouchKind.Code => TouchClass.Code,
        TouchKind.Customer => TouchClass.Customer,
        _ => TouchClass.Link,
    };

    private static ImmutableArray<WeighedTouch> Kept(WeighedTouch[] weighed) => ImmutableCollectionsMarshal.AsImmutableArray(weighed);

    private static string InAnotherCurrency(Currency stated, Order order) =>
        $"The campaign's terms state amounts in {stated.Code}, and this order is in {order.Currency.Code}.";

    /// <summary>A person's decision stands before all evidence (rule T1); the evidence is kept beside it.</summary>
    private static Attribution Overridden(Order order, OrderDecision decided, Evidence evidence, WeighedTouch[] weighed)
    {
        for (var i = 0; i < weighed.Length; i++)
        {
            if (weighed[i].DroppedBy is null)
            {
                weighed[i] = weighed[i] with { DroppedBy = "T1", Why = "A person has decided whom the order counts for." };
            }
        }

        var campaign = evidence.CampaignOf(decided.CampaignId!);
        if (campaign.Terms is not { } terms)
        {
            return new Nobody("T1", "The campaign that a person has chosen had no terms at the order's instant.", Kept(weighed));
        }

        if (terms.Currency is { } stated && stated != order.Currency)
        {
            return new Nobody("M1", InAnotherCurrency(stated, order), Kept(weighed));
        }

        var touch = new Touch(
            TouchKind.Override, $"decision {decided.Number}", decided.At, DiscountMinor: 0, Position: 0, decided.AmbassadorId!, decided.CampaignId!,
            order.At, EndedAt: null, order.At, SuspendedAt: null)
        {
            Group = evidence.DecidedGroup,
        };
        return new Credited(touch, campaign, $"A person has credited the ambassador: {decided.Reason}", [new WeighedTouch(touch, null, null), .. weighed]);
    }

    /// <summary>Whether a click came within half an hour after its checkout had begun (rule T4); where that is not known it is not.</summary>
    private static bool IsLate(Touch touch, Order order) =>
        touch.Kind == TouchKind.Click && order.CheckoutStartedAt is { } started && touch.At > started && touch.At - started < LateWithin;

    private static int Compare(Touch left, Touch right, bool byFirst, ImmutableArray<TouchClass> precedence)
    {
        var byClass = precedence.IndexOf(ClassOf(left)).CompareTo(precedence.IndexOf(ClassOf(right)));
        if (byClass != 0)
        {
            return byClass;
        }

        if (left.Kind == TouchKind.Code)
        {
            // Class 2 before class 3: what was handed to this shopper alone says more than what anybody may have found.
            if (left.SingleUse != right.SingleUse)
            {
                return left.SingleUse is true ? -1 : 1;
            }

            // Rule T6: the greater discount, then the platform's order of application.
            var byDiscount = right.DiscountMinor.CompareTo(left.DiscountMinor);
            return byDiscount != 0 ? byDiscount : left.Position.CompareTo(right.Position);
        }

        // Rule T2: the last touch, or the first, as of bindings always (rule T8); then the stronger evidence, then the lower id.
        var byInstant = byFirst || left.Kind == TouchKind.Customer ? left.At.CompareTo(right.At) : right.At.CompareTo(left.At);
        var byKind = left.Kind.CompareTo(right.Kind);
        return byInstant != 0 ? byInstant : byKind != 0 ? byKind : string.CompareOrdinal(left.Evidence, right.Evidence);
    }

    /// <summary>Whether a code took something off that is no ambassador's (rule T7).</summary>
    private static bool HasForeignCode(Order order, ImmutableArray<Touch> touches)
    {
        foreach (var code in order.Codes)
        {
            if (code.AmountMinor > 0 && !IsOfAmbassador(code.Code, touches))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsOfAmbassador(string code, ImmutableArray<Touch> touches)
    {
        foreach (var touch in touches)
        {
            if (touch.Kind == TouchKind.Code && touch.Evidence == code)
            {
                return true;
            }
        }

        return false;
    }

    private static WeighedTouch Weigh(Touch touch, Order order, CampaignAt campaign, bool hasForeignCode)
    {
        if (campaign.LaunchedAt is null || campaign.LaunchedAt > order.At || campaign.Terms is not { } terms)
        {
            return Dropped("T10", "The campaign was not live at the order's instant.");
        }

        if (campaign.Stopped is { } stopped)
        {
            return Dropped("T10", stopped == CampaignStop.Paused ? "The campaign was paused at the order's instant." : "The campaign had ended at the order's instant.");
        }

        if (touch.ApprovedAt > order.At) { return Dropped("T10", "The ambassador had not joined yet at the order's instant."); }

        if (touch.SuspendedAt <= order.At) { return Dropped("T10", "The ambassador was suspended at the order's instant."); }

        if (touch.LeftAt <= order.At) { return Dropped("T10", "The ambassador had left at the order's instant."); }

        if ((order.Channel == OrderChannel.Renewal) != (touch.Kind == TouchKind.Renewal))
        {
            return Dropped("T14", "What stands on a renewal stood on its first order, and is no new evidence.");
        }

        if (touch.Kind == TouchKind.Renewal) { return WeighRenewal(touch, order, terms); }

        if (terms.Channels is { } channels && !channels.Contains(order.Channel))
        {
            return Dropped("T13", $"The campaign does not count orders of the channel {order.Channel}.");
        }

        if (touch.Kind == TouchKind.Code)
        {
            if (touch.AssignedAt > order.At || touch.EndedAt <= order.At)
            {
                return Dropped("T5", "The code was not the ambassador's at the order's instant.");
            }

            if (touch.UsedBy is { } first) { return Dropped("T5", $"The code works once, and the order {first} had used it before."); }

            return touch.DiscountMinor > 0 || terms.FriendDiscountBp == 0
                ? new WeighedTouch(touch, null, null)
                : Dropped("T5", "The code took nothing off this order.");
        }

        if (touch.Kind == TouchKind.Customer) { return WeighBinding(touch, order, terms); }

        if (hasForeignCode && terms.ExclusiveCodes is true)
        {
            return Dropped("T7", "The shopper used another code, and beside such a code the campaign's links do not count.");
        }

        if (touch.At > order.At) { return Dropped("T2", "The click came after the order."); }

        return order.At - touch.At < terms.Window
            ? new WeighedTouch(touch, null, null)
            : Dropped("T2", $"The click was {terms.WindowDays} days or more before the order.");

        WeighedTouch Dropped(string rule, string why) => new(touch, rule, why);
    }

    private static WeighedTouch WeighRenewal(Touch touch, Order order, Terms terms) => terms.Renewals switch
    {
        null => new WeighedTouch(touch, "T14", "Of a subscription the campaign counts the first order only."),
        { Count: { } count } when touch.Number > count => new WeighedTouch(touch, "T14", $"The campaign counts {count} renewals, and this is number {touch.Number}."),
        { Months: { } months } when order.At >= touch.At.AddMonths((int)months) =>
            new WeighedTouch(touch, "T14", $"The campaign counts renewals for {months} months, and those are over."),
        _ => new WeighedTouch(touch, null, null),
    };

    private static WeighedTouch WeighBinding(Touch touch, Order order, Terms terms) => terms.Binding switch
    {
        null => new WeighedTouch(touch, "T8", "The campaign does not bind customers."),
        _ when touch.EndedAt <= order.At => new WeighedTouch(touch, "T8", "The customer was no longer bound at the order's instant."),
        { } binding when order.At - touch.At >= binding.Time => new WeighedTouch(touch, "T8", $"A customer is bound for {binding.Days} days, and those were over."),
        { Orders: { } orders } when touch.Number > orders => new WeighedTouch(touch, "T8", $"A customer is bound for {orders} orders, and this is number {touch.Number}."),
        _ => new WeighedTouch(touch, null, null),
    };

    private static WeighedTouch Outdone(WeighedTouch touch, Touch winner) => touch.Touch.Kind switch
    {
        _ when ClassOf(touch.Touch) != ClassOf(winner) && ClassOf(touch.Touch) == TouchClass.Customer =>
            touch with { DroppedBy = "T1", Why = "A code or link of this order counts before an earlier one." },
        _ when ClassOf(touch.Touch) != ClassOf(winner) && winner.Kind != TouchKind.Code =>
            touch with { DroppedBy = "T1", Why = "By the campaign's terms other evidence counts first." },
        TouchKind.Code when winner.SingleUse != touch.Touch.SingleUse => touch with { DroppedBy = "T1", Why = "A code that was made for one use counts before one that is shared." },
        TouchKind.Code => touch with { DroppedBy = "T6", Why = "Another ambassador's code took more off, or was applied first." },
        _ when winner.Kind == TouchKind.Code => touch with { DroppedBy = "T1", Why = "A code counts before a link." },
        _ when touch.Touch.At > winner.At => touch with { DroppedBy = "T2", Why = "By the campaign's terms the first touch counts." },
        _ => touch with { DroppedBy = "T2", Why = "A later touch counts before an earlier one." },
    };

    private static string WhyWon(Touch winner) => winner.Kind switch
    {
        TouchKind.Code when winner.SingleUse is true => $"The shopper used the code {winner.Evidence}, which was made for one use.",
        TouchKind.Code => $"The shopper used the code {winner.Evidence}.",
        TouchKind.Click => "The shopper came over the ambassador's link.",
        TouchKind.Link => "The order names the ambassador's link.",
        TouchKind.Customer => "The customer is the ambassador's by an earlier order.",
        TouchKind.Renewal => $"The order is renewal {winner.Number} of one that the ambassador brought.",
        TouchKind.Override => throw new System.Diagnostics.UnreachableException("A person's decision gives its own reason."),
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}
