// The plan of the demo, its dice, its clock and its table.
using Microsoft.Extensions.Time.Testing;
using StorePlugin.Demo;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Demo;

internal sealed class DemoPlanTests
{
    [Test]
    public void The_plan_is_the_same_each_time()
    {
        var (first, second) = (DemoPlan.Of(30), DemoPlan.Of(30));

        Assert.That(second.Orders.Select(Say), Is.EqualTo(first.Orders.Select(Say)));
        Assert.That(second.Clicks, Is.EqualTo(first.Clicks));
    }

    [Test]
    public void Even_the_shortest_plan_holds_every_kind_of_trouble()
    {
        var plan = DemoPlan.Of(1);

        Assert.That(plan.Orders.Select(order => order.Oddity), Is.SupersetOf(Enum.GetValues<Oddity>()));
        Assert.That(plan.Orders, Has.Some.Matches<PlannedOrder>(order => order!.Route == Route.RefundFirst));
        Assert.That(plan.Orders, Has.Some.Matches<PlannedOrder>(order => order!.Refunds.Any(refund => order.Day + refund.AfterDays == plan.PayoutDay)));
    }

    [Test]
    public void A_month_brings_every_route_and_evidence()
    {
        var plan = DemoPlan.Of(30);

        Assert.That(plan.Orders.Select(order => order.Route), Is.SupersetOf(Enum.GetValues<Route>()));
        Assert.That(plan.Orders.Select(order => order.Evidence), Is.SupersetOf(Enum.GetValues<Evidence>()));
    }

    [Test]
    public void The_simulated_clock_never_passes_the_present_and_then_follows_it()
    {
        var present = new FakeTimeProvider(StoreApp.Start);
        var clock = new SimulatedClock(present, StoreApp.Start.AddDays(-2));

        clock.MoveTo(StoreApp.Start.AddDays(-1));
        var between = clock.GetUtcNow();
        clock.MoveTo(StoreApp.Start.AddDays(1));
        var atMost = clock.GetUtcNow();
        clock.Follow();
        present.Advance(TimeSpan.FromHours(1));

        Assert.That((between, atMost), Is.EqualTo((StoreApp.Start.AddDays(-1), StoreApp.Start)));
        Assert.That(clock.GetUtcNow(), Is.EqualTo(StoreApp.Start.AddHours(1)));
    }

    [Test]
    public void A_table_lines_up_whatever_the_script()
    {
        var table = new Table(1, ["Name", "Sum"]);
        table.Add("李娜", "7");
        table.Add("Zoe\u0308 L", "1,234.50");

        Assert.That(
            table.ToString().Split(Environment.NewLine),
            Is.EqualTo(["Name        Sum", "-----  --------", "李娜          7", "Zoe\u0308 L  1,234.50", ""]));
    }

    private static string Say(PlannedOrder order) =>
        $"{order with { Lines = [], Refunds = [] }} {string.Join('|', order.Lines)} {string.Join('|', order.Refunds)}";
}
