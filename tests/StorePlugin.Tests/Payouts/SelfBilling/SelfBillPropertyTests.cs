// Whatever happens, what was billed is what was sent and not taken back, net and VAT each by itself.
using StorePlugin.Payouts;
using StorePlugin.Payouts.SelfBilling;

namespace StorePlugin.Tests.Payouts.SelfBilling;

internal sealed class SelfBillPropertyTests
{
    private static readonly string[] Cases = [VatCase.Domestic, VatCase.Domestic, VatCase.Private, VatCase.SmallBusiness];

    [Test]
    public async Task Documents_and_corrections_come_to_what_was_sent([Range(1, 12)] int seed)
    {
        await using var world = await SelfBillingWorld.StartAsync();
        var random = new Random(seed);
        string[] payees = [await world.PayeeAsync("Ann"), await world.PayeeAsync("Bob")];
        for (var step = 0; step < 80; step++)
        {
            await StepAsync(world, random, payees[random.Next(payees.Length)]);
            world.Payouts.Clock.Advance(TimeSpan.FromMinutes(random.Next(0, 90)));
        }

        foreach (var open in await PayoutsAsync(world, "p.state = 'approved'"))
        {
            await world.SentAsync(open);
        }

        await world.Payouts.App.Get<Clawbacks>().RunOnceAsync(default);
        await world.AssertSoundAsync();
        var billed = await world.Payouts.Db.OneAsync<Sums>(
            """
            SELECT COALESCE(SUM(CASE cause WHEN 'payout' THEN net_minor ELSE -net_minor END), 0) AS net, COALESCE(SUM(CASE cause WHEN 'payout' THEN vat_minor ELSE -vat_minor END), 0) AS vat
            FROM self_bills
            """);
        var uncleared = await world.Payouts.Db.OneAsync<Sums>(
            """
            SELECT COALESCE(SUM(net), 0) AS net, COALESCE(SUM(vat), 0) AS vat
            FROM (SELECT net_minor AS net, vat_minor AS vat FROM self_bills WHERE cause = 'clawback' UNION ALL SELECT -net_minor, -vat_minor FROM self_bill_settlements)
            """);
        var paid = await world.Payouts.Db.OneAsync<Sums>(
            """
            SELECT COALESCE(SUM(amount_minor - reversed_minor - vat), 0) AS net, COALESCE(SUM(vat), 0) AS vat
            FROM (SELECT p.amount_minor, p.reversed_minor, p.vat_minor - COALESCE((SELECT SUM(v.vat_minor) FROM payout_events v WHERE v.payout_id = p.id AND v.kind = 'reversed'), 0) AS vat
                FROM payouts p WHERE p.vat_case IS NOT NULL AND p.state IN ('sent', 'reversed'))
            """);

        Assert.That((billed!.Net + uncleared!.Net, billed.Vat + uncleared.Vat), Is.EqualTo((paid!.Net, paid.Vat)), $"seed {seed}");
        Assert.That(uncleared.Net, Is.Not.Negative);
        Assert.That(await world.BillsAsync(), Is.Not.Empty, "the history is about something");
    }

    private static async Task StepAsync(SelfBillingWorld world, Random random, string payee)
    {
        switch (random.Next(10))
        {
            case 0 or 1 or 2:
                await world.Payouts.EarnsAsync(payee, FormattableString.Invariant($"{random.Next(100, 9000) / 100m:0.00}"));
                break;

            case 3 or 4:
                var orders = await world.Payouts.Db.ManyAsync<Order>("SELECT order_id, commission_minor FROM orders WHERE commission_minor > 0 ORDER BY order_id");
                if (orders.Count > 0)
                {
                    var order = orders[random.Next(orders.Count)];
                    await world.LosesAsync(order.OrderId, random.Next(3) == 0 ? order.CommissionMinor : random.NextInt64(1, order.CommissionMinor + 1));
                }

                break;

            case 5 or 6:
                await world.Payouts.PayAsync();
                break;

            case 7:
                foreach (var open in await PayoutsAsync(world, "p.state = 'approved'"))
                {
                    await (random.Next(5) switch
                    {
                        0 => world.RefusedAsync(open),
                        1 => world.CancelledAsync(open),
                        _ => world.SentAsync(open),
                    });
                }

                break;

            case 8:
                var sent = await PayoutsAsync(world, "p.state IN ('sent', 'reversed') AND p.reversed_minor < p.amount_minor");
                if (sent.Count > 0)
                {
                    var one = sent[random.Next(sent.Count)];
                    await world.ReversedAsync(one.Id, random.Next(2) == 0 ? one.AmountMinor : random.NextInt64(one.ReversedMinor + 1, one.AmountMinor + 1));
                }

                break;

            default:
                await (random.Next(3) == 0 ? world.SayAsync(payee, Cases[random.Next(Cases.Length)], random.Next(4) > 0) : world.Payouts.App.Get<Clawbacks>().RunOnceAsync(default));
                break;
        }
    }

    private static Task<IReadOnlyList<Payout>> PayoutsAsync(SelfBillingWorld world, string condition) =>
        world.Payouts.Db.ManyAsync<Payout>($"{Payout.Columns} p WHERE {condition} ORDER BY p.id");

    private sealed record Order(string OrderId, long CommissionMinor);

    private sealed record Sums
    {
        public long Net { get; init; }

        public long Vat { get; init; }
    }
}
