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
    internal sealed record Credited(Touch Winner, TermsInForce InForce, string Why, ImmutableArray<WeighedTouch> Touches) : Attribution(Touches);

    /// <summary>Decides from the order, its evidence and the terms.</summary>
    /// <param name="termsAt">The terms in force of a campaign at the order's instant; null before its launch.</param>
    public static Attribution Decide(
        RecordedOrder recorded, IReadOnlyList<Touch> touches, Func<string, TermsInForce?> termsAt)
    {
        var order = recorded.Order;
        var weighed = touches.Select(touch => Weigh(touch, order, termsAt(touch.CampaignId))).ToImmutableArray();

        if (order.Test) { return new Nobody("T13", "A test order earns nothing.", weighed); }

        if (order.Channel == OrderChannel.Renewal) { return new Nobody("T14", "A renewal of a subscription earns nothing.", weighed); }

        if (weighed.IsEmpty) { return new Nobody("T1", "The order carries no ambassador's code and no referral link.", weighed); }

        var winner = weighed.Where(touch => touch.DroppedBy is null).Select(touch => touch.Touch).Order(Precedence).FirstOrDefault();
        if (winner is null)
        {
            var first = weighed[0];
            return new Nobody(first.DroppedBy!, first.Why!, weighed);
        }

        weighed = [.. weighed.Select(touch => touch.DroppedBy is null && touch.Touch != winner ? Outdone(touch, winner) : touch)];

        // The discount stands: the shopper paid that price. Only the commission is withheld.
        if (recorded.Shopper.Email is { } email && email == winner.PersonHash)
        {
            return new Nobody("F1", "The ambassador bought for themselves: the discount stands, no commission is earned.", weighed);
        }

        return new Credited(winner, termsAt(winner.CampaignId)!, WhyWon(winner), weighed);
    }

    private static readonly IComparer<Touch> Precedence = Comparer<Touch>.Create((left, right) =>
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

        // Rule T2: the last touch, then the stronger evidence, then the lower id.
        var byInstant = right.At.CompareTo(left.At);
        var byKind = left.Kind.CompareTo(right.Kind);
        return byInstant != 0 ? byInstant : byKind != 0 ? byKind : string.CompareOrdinal(left.Evidence, right.Evidence);
    });

    private static WeighedTouch Weigh(Touch touch, Order order, TermsInForce? inForce)
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
        _ => touch with { DroppedBy = "T2", Why = "A later touch counts before an earlier one." },
    };

    private static string WhyWon(Touch winner) => winner.Kind switch
    {
        TouchKind.Code => $"The shopper used the code {winner.Evidence}.",
        TouchKind.Click => "The shopper came over the ambassador's link.",
        TouchKind.Link => "The order names the ambassador's link.",
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}
