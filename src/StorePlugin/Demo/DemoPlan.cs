// What happens in the demo, day by day: values only, and the same values for the same seed.
using System.Collections.Immutable;

namespace StorePlugin.Demo;

/// <param name="OrdersInTenDays">How many orders they bring, on average.</param>
internal sealed record PlannedAmbassador(string Name, string Email, string Code, string StripeAccount, int OrdersInTenDays);

/// <summary>How an order carries its ambassador, or why it carries none.</summary>
internal enum Evidence
{
    /// <summary>The shopper typed the code.</summary>
    Code,

    /// <summary>The shopper followed the link, which applied the code.</summary>
    Link,

    /// <summary>The shopper followed the link and took the code out of the cart.</summary>
    LinkWithoutCode,

    /// <summary>The order names the link, but no click was ever recorded.</summary>
    LinkWithoutClick,

    /// <summary>A code of the shop's own that belongs to no ambassador.</summary>
    ForeignCode,

    Nothing,
}

/// <summary>What is unusual about an order.</summary>
internal enum Oddity
{
    None,

    /// <summary>A test order of the platform's, which earns nothing (rule T13).</summary>
    Test,

    /// <summary>The ambassador buys with their own code (rule F1).</summary>
    OwnPurchase,

    /// <summary>Never paid, so it is observed and earns nothing yet (rule H1).</summary>
    Unpaid,
}

/// <summary>How the deliveries of an order reach the app.</summary>
internal enum Route
{
    InOrder,

    /// <summary>The version before payment comes after the paid one.</summary>
    OlderAfterNewer,

    /// <summary>The platform did not see our answer and sends a delivery again.</summary>
    Twice,

    /// <summary>The same content under a new delivery id.</summary>
    Repeated,

    /// <summary>Refunded on the day of purchase, and the refund comes before its order.</summary>
    RefundFirst,
}

/// <param name="AfterDays">Days after the purchase.</param>
/// <param name="Units">How many units of the first line come back; null: the whole order.</param>
/// <param name="ShippingOnly">Only the shipping goes back, which changes no commission (rule B10).</param>
internal sealed record PlannedRefund(int AfterDays, int? Units, bool ShippingOnly = false);

/// <param name="PriceMinor">Of one unit, with tax.</param>
internal sealed record PlannedLine(long ProductId, string Title, int Quantity, long PriceMinor);

/// <param name="Day">1 is the first day of sales.</param>
/// <param name="Minute">Of the shop's opening hours on that day.</param>
/// <param name="Ambassador">Whose evidence the order carries; null for none.</param>
internal sealed record PlannedOrder(
    int Day,
    int Minute,
    int? Ambassador,
    Evidence Evidence,
    Oddity Oddity,
    Route Route,
    ImmutableArray<PlannedLine> Lines,
    ImmutableArray<PlannedRefund> Refunds);

/// <summary>The days of sales, the hold, in which the shop goes on selling, and one day for payout and what follows it.</summary>
/// <param name="Days">How many days of sales the payout pays.</param>
/// <param name="Clicks">For each day and ambassador: visits over the link that buy nothing.</param>
internal sealed record DemoPlan(
    int Days,
    ImmutableArray<PlannedAmbassador> Ambassadors,
    ImmutableArray<PlannedOrder> Orders,
    ImmutableArray<ImmutableArray<int>> Clicks)
{
    public const int CommissionPercent = 10;
    public const int DiscountPercent = 10;
    public const int HoldDays = 30;
    public const int WindowDays = 30;

    /// <summary>A code that the shop gave out itself.</summary>
    public const string ForeignCode = "SUMMER5";

    public const int OpeningMinutes = 11 * 60;

    private const ulong Seed = 20_260_301;

    private static readonly ImmutableArray<PlannedAmbassador> Team =
    [
        new("Zoë Lindqvist", "zoe@ambassadors.example", "ZOË10", "acct_rehearsalZoe", 34),
        new("José Márquez", "jose@ambassadors.example", "JOSE10", "acct_rehearsalJose", 24),
        new("李娜", "lina@ambassadors.example", "LINA10", "acct_rehearsalLina", 20),
        new("Amina Okafor", "amina@ambassadors.example", "AMINA10", "acct_rehearsalAmina", 13),
        new("Łukasz Wiśniewski", "lukasz@ambassadors.example", "LUKASZ10", "acct_rehearsalLukasz", 0),
    ];

    private static readonly ImmutableArray<(string Title, long PriceMinor)> Products =
    [
        ("Linen shirt", 4990), ("Cap", 1995), ("Rain jacket", 11900), ("Socks, three pairs", 1450), ("Tote bag", 2499), ("Scarf", 3475),
    ];

    /// <summary>The day on which every hold is over and the payout is run; what comes later that day is not in it.</summary>
    public int PayoutDay => Days + HoldDays + 1;

    /// <summary>The plan for so many days of sales before the payout, and as many up to it; 30 in the demo, fewer in tests.</summary>
    public static DemoPlan Of(int days)
    {
        var dice = new Dice(Seed);
        var orders = ImmutableArray.CreateBuilder<PlannedOrder>();
        var clicks = ImmutableArray.CreateBuilder<ImmutableArray<int>>();
        var payoutDay = days + HoldDays + 1;

        // Nothing is sold on the two days whose holds end on the day of the payout and in the present: what is paid,
        // and what is held in the end, would depend on the hour at which the demo is run.
        var lately = Math.Max(days + 3, payoutDay - days + 1);
        for (var day = 1; day <= payoutDay; day++)
        {
            if (day <= days || day >= lately)
            {
                AddSales(dice, day, orders);
            }

            clicks.Add([.. Team.Select(ambassador => dice.Throw((ambassador.OrdersInTenDays / 6) + 2))]);
        }

        // What must be there in every run, however short. One ambassador stays below the minimum of a payout.
        orders.Add(Plain(dice, 1, 4, Evidence.Code, Oddity.None) with { Lines = [LineOf(0, 2)] });
        orders.Add(Plain(dice, 1, 0, Evidence.Code, Oddity.Test));
        orders.Add(Plain(dice, Math.Min(2, days), 1, Evidence.Code, Oddity.OwnPurchase));
        orders.Add(Plain(dice, Math.Min(3, days), 3, Evidence.Code, Oddity.Unpaid));
        orders.Add(Plain(dice, days, null, Evidence.ForeignCode, Oddity.None));
        orders.Add(Refunded(dice, 1, 0, Route.RefundFirst, new PlannedRefund(0, null)));
        orders.Add(Refunded(dice, 1, 1, Route.RefundFirst, new PlannedRefund(0, 1)));
        orders.Add(Refunded(dice, 1, 2, Route.InOrder, new PlannedRefund(1, 0, ShippingOnly: true)));
        orders.Add(Refunded(dice, 1, 3, Route.Twice, new PlannedRefund(1, 1), new PlannedRefund(2, null)));

        // After the payout: a refund of what was paid.
        orders.Add(Refunded(dice, 1, 1, Route.InOrder, new PlannedRefund(payoutDay - 1, null)));
        return new DemoPlan(days, Team, orders.ToImmutable(), clicks.ToImmutable());
    }

    private static void AddSales(Dice dice, int day, ImmutableArray<PlannedOrder>.Builder orders)
    {
        for (var ambassador = 0; ambassador < Team.Length; ambassador++)
        {
            var tenths = Team[ambassador].OrdersInTenDays;
            var count = (tenths / 10) + (dice.Happens(tenths % 10 * 10) ? 1 : 0);
            for (var i = 0; i < count; i++)
            {
                orders.Add(Referred(dice, day, ambassador));
            }
        }

        for (var i = 0; i < 2; i++)
        {
            orders.Add(Plain(dice, day, null, dice.Happens(25) ? Evidence.ForeignCode : Evidence.Nothing, Oddity.None));
        }
    }

    private static PlannedOrder Referred(Dice dice, int day, int ambassador)
    {
        var order = Plain(dice, day, ambassador, EvidenceOf(dice), Oddity.None);
        var refunds = dice.Throw(100) switch
        {
            < 5 => [new PlannedRefund(1 + dice.Throw(14), null)],
            < 10 => [new PlannedRefund(1 + dice.Throw(14), 1)],
            < 12 => ImmutableArray.Create(new PlannedRefund(1 + dice.Throw(5), 1), new PlannedRefund(7 + dice.Throw(5), null)),
            _ => [],
        };
        var route = dice.Throw(100) switch
        {
            < 5 => Route.OlderAfterNewer,
            < 10 => Route.Twice,
            < 13 => Route.Repeated,
            _ => Route.InOrder,
        };
        return order with { Refunds = refunds, Route = route };
    }

    private static Evidence EvidenceOf(Dice dice) => dice.Throw(100) switch
    {
        < 55 => Evidence.Code,
        < 85 => Evidence.Link,
        < 95 => Evidence.LinkWithoutCode,
        _ => Evidence.LinkWithoutClick,
    };

    private static PlannedOrder Refunded(Dice dice, int day, int ambassador, Route route, params ImmutableArray<PlannedRefund> refunds) =>
        Plain(dice, day, ambassador, Evidence.Code, Oddity.None) with { Route = route, Refunds = refunds };

    private static PlannedOrder Plain(Dice dice, int day, int? ambassador, Evidence evidence, Oddity oddity)
    {
        var first = dice.Throw(Products.Length);
        var lines = ImmutableArray.Create(LineOf(first, 1 + dice.Throw(2)));
        if (dice.Happens(35))
        {
            lines = lines.Add(LineOf((first + 1 + dice.Throw(Products.Length - 1)) % Products.Length, 1));
        }

        return new PlannedOrder(day, dice.Throw(OpeningMinutes), ambassador, evidence, oddity, Route.InOrder, lines, []);
    }

    private static PlannedLine LineOf(int product, int quantity) =>
        new(5001 + product, Products[product].Title, quantity, Products[product].PriceMinor);
}
