// How events move an order, one after the other: what other versions tell, and what becomes payable. Pure.
using System.Collections.Immutable;
using StorePlugin.Abuse;
using StorePlugin.Campaigns;
using StorePlugin.Ledger;
using StorePlugin.Orders;
using StorePlugin.Tests.Rig;
using StorePlugin.Webhooks;

namespace StorePlugin.Tests.Orders;

internal sealed class OrderStateTests
{
    private const string Ann = "amb_ann";
    private const string Campaign = "cmp_1";

    private static readonly Currency Eur = Currency.Parse("EUR");
    private static readonly DateTimeOffset At = StoreApp.Start;

    private static readonly Order Paid = new()
    {
        Id = "1",
        Reference = "#1",
        At = At,
        UpdatedAt = At,
        Currency = Eur,
        Paid = true,
        Lines = [new OrderLine("1", "10", LineKind.Product, 1, 10_000, 0, 0)],
        Codes = [new OrderCode("ANN10", 1)],
    };

    // WooCommerce dates no refund: each version of the order gives it its own instant (rules B9, K5).
    [Test]
    public void A_refund_keeps_the_instant_at_which_a_version_told_of_it_first([Values] bool lateFirst)
    {
        var refunded = At.AddDays(10);
        OrderEvent[] events = [Version(Paid), Version(WithRefund(refunded)), Version(WithRefund(At.AddDays(200)))];

        var order = After(lateFirst ? [events[2], events[1], events[0]] : events);

        Assert.That((order.Receipt!.CommissionMinor, order.Receipt.MerchantCostMinor, order.Receipt.Refunds[0].At), Is.EqualTo((0L, 0L, refunded)));
        Assert.That(EarlierFacts.FromJson(order.Facts!.Earlier.ToJson()), Is.EqualTo(order.Facts.Earlier));

        static Order WithRefund(DateTimeOffset at) => Paid with { UpdatedAt = at, Refunds = [new Refund("r", "1", at, Eur, [], 10_000)] };
    }

    [Test]
    public void What_was_refunded_whole_without_a_refund_stays_so_when_a_later_version_dates_it_anew([Values] bool lateFirst)
    {
        OrderEvent[] events = [Version(Gone(10)), Version(Gone(200))];

        var receipt = After(lateFirst ? [events[1], events[0]] : events).Receipt!;

        Assert.That((receipt.CommissionMinor, receipt.MerchantCostMinor, receipt.GoneAt), Is.EqualTo((0L, 0L, At.AddDays(10))));

        static Order Gone(int days) => Paid with { UpdatedAt = At.AddDays(days), RefundedInFull = true };
    }

    // Rules F1, I6: in whatever order they come, and however often the platform changes its mind.
    [Test]
    public void Who_bought_is_the_same_in_every_order_of_arrival()
    {
        OrderEvent[] versions =
        [
            Version(Paid, new ShopperHashes("c", "e1", null)),
            Version(Paid with { UpdatedAt = At.AddDays(1) }, new ShopperHashes("c", "e2", "p")),
            Version(Paid with { UpdatedAt = At.AddDays(2) }, new ShopperHashes(null, "e2", null)),
            Version(Paid with { UpdatedAt = At.AddDays(3) }, ShopperHashes.Unknown),
        ];

        var shoppers = Permutations([0, 1, 2, 3]).Select(order => After([.. order.Select(i => versions[i])]).Facts!.Shopper).Distinct();

        Assert.That(shoppers, Is.EqualTo([new ShopperHashes("c", "e1", "p")]));
    }

    // Rule H3: what nobody has looked at is not paid.
    [TestCase("approved", 10_000, "review")]
    [TestCase("approved", 1_000_000, "review")]
    [TestCase("paid", 1_000_000, "review")]
    [TestCase("in_payout", 1_000_000, "review")]
    [TestCase("paid", 5_000, "paid")]
    [TestCase("in_payout", 10_000, "in_payout")]
    public void An_order_that_does_not_add_up_any_more_becomes_payable_no_further(string state, long gross, string expected)
    {
        var before = After([Version(Paid)]).After with { State = state };
        var odd = Paid with { UpdatedAt = At.AddDays(1), Contradiction = "The lines come to more.", Lines = [Paid.Lines[0] with { GrossMinor = gross }] };

        var order = before.Settle(Version(odd), before.With(Version(odd)), Evidence);

        Assert.That(order.State, Is.EqualTo(expected));
        var approved = order.Postings(At).SelectMany(posting => posting.Entries).Where(entry => entry.Account == Account.Approved).Sum(entry => entry.AmountMinor);
        Assert.That(approved, Is.LessThanOrEqualTo(0));
    }

    // A person allows what they have seen, and no more.
    [Test]
    public void What_is_found_in_another_version_is_open_again()
    {
        var odd = Paid with { Contradiction = "The lines come to 0.02 more." };
        var first = After([Version(odd)]);
        var allowed = new OrderEvent.Decided("1", Allow([.. first.Receipt!.OpenKeys]));
        Assert.That(After([Version(odd), allowed]).State, Is.EqualTo("held"));

        var same = After([Version(odd), allowed, Version(odd with { UpdatedAt = At.AddDays(1) })]);
        var worse = After([Version(odd), allowed, Version(odd with { UpdatedAt = At.AddDays(1), Contradiction = "The lines come to 9,900.00 more." })]);

        Assert.That((same.State, worse.State), Is.EqualTo(("held", "review")));
        Assert.That(same.Receipt!.Decisions[0].Rules.Single(), Does.Match("^M2:[0-9a-f]{8}$"));
    }

    [Test]
    public void A_finding_of_before_is_not_the_one_of_today()
    {
        var flag = new PatternFinding("F2", Severity.Review, [], "Two share a destination.") { AmbassadorId = Ann, Number = 1 };
        var flagged = new OrderEvent.Flagged("1", 1, [flag]);
        var allowed = new OrderEvent.Decided("1", Allow([.. After([Version(Paid), flagged]).Receipt!.OpenKeys]));

        Assert.That(After([Version(Paid), flagged, allowed]).State, Is.EqualTo("held"));
        Assert.That(After([Version(Paid), flagged, allowed, new OrderEvent.Flagged("1", 2, [flag with { Number = 2 }])]).State, Is.EqualTo("review"));
    }

    [Test]
    public void Decisions_of_before_there_were_marks_settle_what_their_rules_find() =>
        Assert.That(After([Version(Paid with { Contradiction = "odd" }), new OrderEvent.Decided("1", Allow(["M2"]))]).State, Is.EqualTo("held"));

    private static OrderDecision Allow(ImmutableArray<string> rules) => new(1, DecisionKind.Allow, null, null, rules, "fine", "test", At);

    private static SettledOrder After(IReadOnlyList<OrderEvent> events)
    {
        var state = OrderState.Nothing;
        SettledOrder? order = null;
        foreach (var orderEvent in events)
        {
            order = state.Settle(orderEvent, state.With(orderEvent), Evidence);
            state = order.After;
        }

        return order!;
    }

    private static Evidence Evidence => new(
        [new Touch(TouchKind.Code, "ANN10", At, 1, 0, Ann, Campaign, At, null, At, null)],
        [new CampaignAt(Campaign, 1, At, null) { Terms = new Terms(1000, 1000, 30, 30) { SelfPurchaseEarns = true } }]);

    private static OrderEvent.Version Version(Order order, ShopperHashes? shopper = null)
    {
        var recorded = new RecordedOrder(order, shopper ?? ShopperHashes.Unknown);
        return new OrderEvent.Version(recorded, recorded.ToJson(), RecordedOrder.HashOf(recorded.ToJson()));
    }

    private static IEnumerable<int[]> Permutations(int[] items) => items.Length <= 1
        ? [items]
        : items.SelectMany(first => Permutations([.. items.Where(item => item != first)]).Select(rest => (int[])[first, .. rest]));
}
