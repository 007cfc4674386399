// Orders as they come: one to four lines, a code or a click or both, now and then a refund; the same ones in each run.
using System.Collections.Immutable;
using System.Globalization;
using StorePlugin.Campaigns;
using StorePlugin.Demo;
using StorePlugin.Orders;
using StorePlugin.Webhooks;
using Evidence = StorePlugin.Orders.Evidence;

namespace StorePlugin.Bench;

internal static class DecideCases
{
    private const int Count = 4096;
    private const ulong Seed = 20_261;

    private static readonly DateTimeOffset Start = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly Currency Euro = Currency.Parse("EUR");

    // One percentage; shares of single products; a minimum with a cap.
    private static readonly CampaignAt[] Campaigns =
    [
        Live("cmp_plain", 1, new Terms(1000, 1000, 30, 30)),
        Live("cmp_rates", 2, new Terms(800, 1000, 30, 30)
        {
            Rates = [new RateRule("8801", null, 1500), new RateRule("8803", null, 500), new RateRule(null, "amb_007", 1200)],
            ExcludedProducts = ["8899"],
        }),
        Live("cmp_capped", 1, new Terms(1500, 1000, 30, 30) { Currency = Euro, MinimumOrderMinor = 2000, MaximumCommissionMinor = 2500 }),
    ];

    public static DecideCase[] Make()
    {
        var dice = new Dice(Seed);
        return [.. Enumerable.Range(0, Count).Select(number => Make(dice, number))];
    }

    /// <summary>What the orders are, in words.</summary>
    public static string Mix(DecideCase[] cases) =>
        $"{Table.Of(cases.Average(one => one.Facts.Recorded.Order.Lines.Length), "N1")} lines and {Table.Of(cases.Average(one => one.Touches.Length), "N1")} touches on average, "
        + $"{Percent(cases, one => one.Touches.Any(touch => touch.Kind == TouchKind.Code))} with a code, "
        + $"{Percent(cases, one => one.Touches.Any(touch => touch.Kind != TouchKind.Code))} with a click or link, {Percent(cases, one => !one.Facts.Refunds.IsEmpty)} with a refund";

    private static DecideCase Make(Dice dice, int number)
    {
        var at = Start.AddSeconds(number);
        var lines = Enumerable.Range(0, dice.Throw(4) + 1).Select(i => Line(dice, number, i)).ToImmutableArray();
        var evidence = dice.Throw(100);
        var touches = new List<Touch>();
        var codes = ImmutableArray<OrderCode>.Empty;
        if (evidence < 55)
        {
            var touch = Touched(dice, TouchKind.Code, at, at);
            codes = [new OrderCode(touch.Evidence, touch.DiscountMinor)];
            touches.Add(touch);
        }

        if (evidence is >= 45 and < 90)
        {
            touches.Add(Touched(dice, TouchKind.Click, at.AddHours(-dice.Throw(24 * 35) - 1), at));
        }
        else if (evidence is >= 90 and < 95)
        {
            touches.Add(Touched(dice, TouchKind.Link, at, at));
        }

        var refund = dice.Throw(100) switch
        {
            < 4 => Refunded(number, at, [.. lines.Select(line => new RefundLine(line.Id, line.Quantity, line.GrossMinor - line.DiscountMinor - line.IncludedTaxMinor))], 0),
            < 12 => Refunded(number, at, [new RefundLine(lines[0].Id, 1, lines[0].GrossMinor / Math.Max(1, lines[0].Quantity))], 0),
            < 15 => Refunded(number, at, [], 500),
            _ => null,
        };
        var order = new Order
        {
            Id = (5_000_000_000_000 + number).ToString(CultureInfo.InvariantCulture),
            Reference = $"#{number}",
            At = at,
            UpdatedAt = at,
            Currency = Euro,
            Paid = true,
            Lines = lines,
            Codes = codes,
            Refunds = refund is null ? [] : [refund],
        };
        var shopper = new ShopperHashes($"customer-{number}", $"email-{number}", null);
        var campaigns = Campaigns.Where(campaign => touches.Any(touch => touch.CampaignId == campaign.Id));
        return new DecideCase(new OrderFacts(new RecordedOrder(order, shopper), "hash", at, []), new Evidence([.. touches], [.. campaigns]));
    }

    private static OrderLine Line(Dice dice, int number, int index)
    {
        var quantity = dice.Throw(3) + 1;
        var gross = quantity * (500 + dice.Throw(7500));
        var discount = gross / 10;
        var kind = dice.Throw(100) switch { < 3 => LineKind.GiftCard, < 5 => LineKind.Fee, _ => LineKind.Product };
        return new OrderLine(
            string.Create(CultureInfo.InvariantCulture, $"{number}{index}"), string.Create(CultureInfo.InvariantCulture, $"88{dice.Throw(100):D2}"),
            kind, quantity, gross, discount, number % 2 == 0 ? 0 : (gross - discount) * 19 / 119);
    }

    private static Touch Touched(Dice dice, TouchKind kind, DateTimeOffset at, DateTimeOffset orderAt)
    {
        var ambassador = string.Create(CultureInfo.InvariantCulture, $"amb_{dice.Throw(200):D3}");
        var evidence = kind == TouchKind.Click ? $"clk_{dice.Throw(int.MaxValue):x32}" : ambassador;
        var since = Start.AddDays(-100);
        return new Touch(
            kind, evidence, at, kind == TouchKind.Code ? 100 + dice.Throw(1900) : 0, 0, ambassador, Campaigns[dice.Throw(Campaigns.Length)].Id,
            kind == TouchKind.Link ? orderAt : since, null, since, null)
        {
            IsOwn = false,
        };
    }

    private static CampaignAt Live(string id, long revision, Terms terms) => new(id, revision, Start.AddDays(-100), null) { Terms = terms };

    private static Refund Refunded(int number, DateTimeOffset at, ImmutableArray<RefundLine> lines, long unallocated) => new(
        string.Create(CultureInfo.InvariantCulture, $"9{number}"), (5_000_000_000_000 + number).ToString(CultureInfo.InvariantCulture),
        at.AddDays(3), Euro, lines, unallocated);

    private static string Percent(DecideCase[] cases, Func<DecideCase, bool> which) => $"{Table.Of(cases.Count(which) * 100.0 / cases.Length)} %";
}
