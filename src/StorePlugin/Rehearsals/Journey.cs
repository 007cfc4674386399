// Takes the steps of a rehearsal and tells what came of each: deeds go the way that live ones go, and outcomes are read from the books.
using System.Diagnostics;
using System.Globalization;
using System.Text;
using StorePlugin.Ambassadors;
using StorePlugin.Campaigns;
using StorePlugin.Data;
using StorePlugin.Orders;
using StorePlugin.Pages;
using StorePlugin.Payouts;
using StorePlugin.Stores;
using StorePlugin.Stores.Rehearsal;

namespace StorePlugin.Rehearsals;

/// <param name="Origin">The store that rehearses.</param>
internal sealed record JourneyGround(Store Origin, Rehearsal Rehearsal, ScenarioPlan Plan, Terms Terms)
{
    public PlannedOrders OrdersIn(Store own) => new(Rehearsal.Id, Plan, Terms, Webhooks.Currency.Parse(Rehearsal.Currency), own.Zone);
}

internal sealed class Journey(
    Db db, RehearsalStores own, RehearsalShop shop, ClickLog clicks, ReleaseHolds holds, PayoutRuns runs, Earned earned, Backdate backdate)
{
    // A page shows so much of a step; the rest stands in the books of the rehearsal's store.
    private const int LinesMax = 8;

    private static readonly TimeSpan BetweenVisits = TimeSpan.FromMinutes(7);

    /// <summary>Takes a step. Taken again, it does only what an earlier try has left.</summary>
    /// <exception cref="RehearsalFailedException">It cannot go on.</exception>
    public async Task TakeAsync(JourneyGround ground, PlannedStep step, CancellationToken cancel)
    {
        if (step.Kind == StepKind.Begin)
        {
            await own.OpenAsync(ground.Origin, ground.Rehearsal, ground.Plan, ground.Terms, cancel);
            return;
        }

        var store = await StoreOfAsync(ground, cancel);
        switch (step.Kind)
        {
            case StepKind.Visits:
                await VisitAsync(ground, store, step, cancel);
                break;
            case StepKind.Orders or StepKind.Returns:
                await SendAsync(ground, store, step, cancel);
                break;
            case StepKind.HoldsEnd:
                await holds.ReleaseAsync(store, cancel);
                await backdate.HurryMailsAsync(store, cancel);
                break;
            case StepKind.PayOut:
                await PayAsync(store, cancel);
                break;
            default:
                throw new UnreachableException();
        }
    }

    // What waits for an hour of its own, as a digest does, is no work of this step; what was tried and is tried again is.
    private const string ReadWork =
        """
        SELECT
            (SELECT CAST(COUNT(*) AS bigint) FROM deliveries WHERE store_id = @storeId AND state = 'pending')
                + (SELECT CAST(COUNT(*) AS bigint) FROM effects
                    WHERE store_id = @storeId AND state = 'pending' AND (due_at <= @now OR lease_id IS NOT NULL OR outcome IS NOT NULL))
                + (SELECT CAST(COUNT(*) AS bigint) FROM reconsiderations WHERE store_id = @storeId) AS pending,
            (SELECT MIN(outcome) FROM deliveries WHERE store_id = @storeId AND state = 'dead') AS dead_delivery,
            (SELECT MIN(outcome) FROM effects WHERE store_id = @storeId AND state = 'dead') AS dead_effect
        """;

    /// <summary>Whether the program has done all that the steps until now have caused.</summary>
    /// <exception cref="RehearsalFailedException">Some of it cannot be done.</exception>
    public async Task<bool> IsQuietAsync(JourneyGround ground, DateTimeOffset now, CancellationToken cancel)
    {
        var work = await db.OneAsync<Work>(ReadWork, new { storeId = (await StoreOfAsync(ground, cancel)).Id, now }, cancel);
        return work switch
        {
            { DeadDelivery: { } why } => throw new RehearsalFailedException($"A delivery could not be processed: {why}"),
            { DeadEffect: { } why } => throw new RehearsalFailedException($"Something that was caused could not be done: {why}"),
            var known => known!.Pending == 0,
        };
    }

    /// <summary>What has come of a step, a sentence a line.</summary>
    /// <exception cref="RehearsalFailedException">It is not what must come of it.</exception>
    public async Task<string> LookAsync(JourneyGround ground, PlannedStep step, CancellationToken cancel)
    {
        var store = await StoreOfAsync(ground, cancel);
        return step.Kind switch
        {
            StepKind.Begin => await LookAtPeopleAsync(ground, store, cancel),
            StepKind.Visits => $"{Words.Count(step.Visits.Sum(), "click was", "clicks were")} recorded.",
            StepKind.Orders => await LookAtOrdersAsync(store, step, [.. step.Purchases], OutcomeOf, cancel),
            StepKind.Returns => await LookAtReturnsAsync(ground, store, step, cancel),
            StepKind.HoldsEnd => await LookAtReleaseAsync(store, cancel),
            StepKind.PayOut => await LookAtRunAsync(store, cancel),
            _ => throw new UnreachableException(),
        };
    }

    private async Task<Store> StoreOfAsync(JourneyGround ground, CancellationToken cancel) =>
        await own.FindAsync(ground.Rehearsal, cancel) ?? throw new RehearsalFailedException("The rehearsal's own store is gone.");

    private const string ReadClick = "SELECT id FROM clicks WHERE store_id = @storeId AND id = @id";

    private async Task VisitAsync(JourneyGround ground, Store store, PlannedStep step, CancellationToken cancel)
    {
        var orders = ground.OrdersIn(store);
        foreach (var (person, count) in step.Visits.Index())
        {
            for (var visit = 0; visit < count; visit++)
            {
                var name = string.Create(CultureInfo.InvariantCulture, $"visit:{step.At:O}:{person}:{visit}");
                await ClickAsync(ground, store, orders.ClickId(name), person, step.At + (visit * BetweenVisits), cancel);
            }
        }
    }

    private async Task ClickAsync(JourneyGround ground, Store store, string id, int person, DateTimeOffset at, CancellationToken cancel)
    {
        if (await db.OneAsync<string>(ReadClick, new { storeId = store.Id, id }, cancel) is null)
        {
            var ambassadorId = RehearsalStores.AmbassadorIdOf(ground.Origin, ground.Rehearsal.Id, ground.Terms, person);
            var campaignId = RehearsalStores.CampaignIdOf(ground.Origin, ground.Rehearsal.Id);
            await clicks.RecordAsync(new Click(store.Id, id, ambassadorId, campaignId, at, store.LocalDay(at), "social", IsFirst: true, HasConsent: false), cancel);
        }
    }

    private async Task SendAsync(JourneyGround ground, Store store, PlannedStep step, CancellationToken cancel)
    {
        var orders = ground.OrdersIn(store);
        foreach (var purchase in step.Purchases.Select(number => ground.Plan.Purchases[number - 1]))
        {
            if (orders.ClickOf(purchase) is { } click)
            {
                await ClickAsync(ground, store, click, purchase.Person!.Value, PlannedOrders.ClickedAt(purchase), cancel);
            }
        }

        foreach (var delivery in orders.DeliveriesOf(step))
        {
            if (await shop.SendAsync(store.Id, delivery, cancel) is not StatusCodes.Status200OK and var status)
            {
                throw new RehearsalFailedException(string.Create(CultureInfo.InvariantCulture, $"A delivery of {delivery.Topic} was answered with {status} in place of 200."));
            }
        }
    }

    private const string ReadRun = "SELECT id, state FROM payout_runs WHERE store_id = @storeId AND created_by = @actor ORDER BY id DESC";

    private async Task PayAsync(Store store, CancellationToken cancel)
    {
        var known = await FindRunAsync(store, cancel);
        var id = known?.Id ?? (await runs.PreviewAsync(store, RehearsalStores.Actor, cancel)).Id;
        if (known is null or { State: RunState.Preview }
            && await runs.ApproveAsync(store, id, RehearsalStores.Actor, cancel) is not (RunApproval.Done or RunApproval.AlreadyApproved) and var refusal)
        {
            throw new RehearsalFailedException($"The payout run was not approved ({refusal.GetType().Name}).");
        }
    }

    private Task<RunRow?> FindRunAsync(Store store, CancellationToken cancel) =>
        db.OneAsync<RunRow>($"{ReadRun} {db.Page}", new { storeId = store.Id, actor = RehearsalStores.Actor, take = 1L }, cancel);

    /// <summary>The run of the rehearsal with all that came of it; null before it.</summary>
    public async Task<PayoutRun?> RunOfAsync(Store store, CancellationToken cancel) =>
        await FindRunAsync(store, cancel) is { } row ? await runs.FindAsync(store, row.Id, cancel) : null;

    private const string ReadPeople =
        """
        SELECT a.name, c.code, c.discount_state, c.discount_problem FROM ambassadors a
        JOIN codes c ON c.store_id = a.store_id AND c.ambassador_id = a.id
        WHERE a.store_id = @storeId ORDER BY a.name
        """;

    private async Task<string> LookAtPeopleAsync(JourneyGround ground, Store store, CancellationToken cancel)
    {
        var people = await db.ManyAsync<PersonRow>(ReadPeople, new { storeId = store.Id }, cancel);
        if (people.Count != ground.Plan.People.Length)
        {
            throw new RehearsalFailedException("Not all ambassadors were made.");
        }

        if (people.FirstOrDefault(person => person.DiscountState is not ("created" or "none")) is { } without)
        {
            throw new RehearsalFailedException($"The discount of the code {without.Code} was not made: {without.DiscountProblem ?? without.DiscountState}.");
        }

        var codes = string.Join(", ", people.Select(person => $"{person.Name} ({person.Code})"));
        return $"{Words.Count(people.Count, "made-up ambassador takes", "made-up ambassadors take")} part: {codes}.";
    }

    private const string ReadOrders =
        """
        SELECT o.order_id, o.reference, o.state, o.currency, o.net_minor, o.commission_minor, o.hold_until, o.reason, a.name, r.decided_at
        FROM orders o
            LEFT JOIN ambassadors a ON a.store_id = o.store_id AND a.id = o.ambassador_id
            LEFT JOIN receipts r ON r.store_id = o.store_id AND r.order_id = o.order_id
        WHERE o.store_id = @storeId AND o.order_id IN @ids
        ORDER BY o.at, o.order_id
        """;

    private async Task<string> LookAtOrdersAsync(Store store, PlannedStep step, int[] purchases, Func<OrderRow, StoreTime, string> tell, CancellationToken cancel)
    {
        var orders = await db.ManyAsync<OrderRow>(ReadOrders, new { storeId = store.Id, ids = purchases.Select(PlannedOrders.IdOf).ToArray() }, cancel);
        if (orders.FirstOrDefault(order => order.DecidedAt is null || order.Currency is null) is { } undecided)
        {
            throw new RehearsalFailedException($"The order {undecided.Reference ?? undecided.OrderId} has no receipt.");
        }

        if (orders.Count != purchases.Length)
        {
            throw new RehearsalFailedException($"Of {Words.Count(purchases.Length, "order", "orders")} {Words.Of(orders.Count)} arrived.");
        }

        var (time, text) = (new StoreTime(store), new StringBuilder());
        if (orders.Count > 1)
        {
            var currency = orders[0].Currency!;
            var net = Words.Of(orders.Sum(order => order.NetMinor), currency);
            var commission = Words.Of(orders.Sum(order => order.CommissionMinor), currency);
            var rest = step.Kind == StepKind.Returns ? "are left" : "in all";
            text.Append(CultureInfo.InvariantCulture, $"{Words.Of(orders.Count)} orders: {net} of net sales and {commission} of commission {rest}.\n");
        }

        foreach (var order in orders.Take(LinesMax))
        {
            text.Append(tell(order, time)).Append('\n');
        }

        return (orders.Count > LinesMax ? text.Append(CultureInfo.InvariantCulture, $"And {Words.Of(orders.Count - LinesMax)} more.") : text).ToString().TrimEnd();
    }

    private async Task<string> LookAtReturnsAsync(JourneyGround ground, Store store, PlannedStep step, CancellationToken cancel)
    {
        var left = await LookAtOrdersAsync(store, step, [.. step.Returns.Select(one => one.Purchase).Distinct()], LeftOf, cancel);
        var below = (await earned.ReadAsync(store, ground.Rehearsal.Currency, cancel)).Where(one => one.PayableMinor < 0)
            .Select(one => $"{one.Name}'s balance is {Words.Of(one.PayableMinor, one.Currency)}: nothing is paid until later earnings have settled it.");
        return string.Join('\n', below.Prepend(left));
    }

    private static string OutcomeOf(OrderRow order, StoreTime time) => order switch
    {
        { Name: null } => $"{order.Reference}: nobody is credited. {order.Reason}",
        { CommissionMinor: 0 } => $"{order.Reference}: {order.Name} earns nothing. {order.Reason}",
        { State: "review" } => $"{order.Reference}: {Words.Of(order.CommissionMinor, order.Currency!)} for {order.Name} wait for review. {order.Reason}",
        { HoldUntil: { } until } => $"{order.Reference}: {Words.Of(order.CommissionMinor, order.Currency!)} for {order.Name}, held until {time.Day(until)}. {order.Reason}",
        _ => $"{order.Reference}: {Words.Of(order.CommissionMinor, order.Currency!)} for {order.Name}. {order.Reason}",
    };

    private static string LeftOf(OrderRow order, StoreTime time) =>
        order.Name is null ? $"{order.Reference}: nobody was credited." : $"{order.Reference}: {Words.Of(order.CommissionMinor, order.Currency!)} are left for {order.Name}.";

    private const string ReadStates =
        """
        SELECT state, CAST(COUNT(*) AS bigint) AS number, SUM(commission_minor) AS minor, MIN(currency) AS currency FROM orders
        WHERE store_id = @storeId AND ambassador_id IS NOT NULL GROUP BY state ORDER BY state
        """;

    private const string ReadFindings =
        """
        SELECT f.[rule], f.severity, a.name, CAST(COUNT(*) AS bigint) AS number, MIN(f.why) AS why FROM findings f
        JOIN ambassadors a ON a.store_id = f.store_id AND a.id = f.ambassador_id
        WHERE f.store_id = @storeId GROUP BY f.[rule], f.severity, a.name ORDER BY f.[rule], a.name
        """;

    private async Task<string> LookAtReleaseAsync(Store store, CancellationToken cancel)
    {
        var states = await db.ManyAsync<StateRow>(ReadStates, new { storeId = store.Id }, cancel);
        if (states.FirstOrDefault(row => row.State == "held") is { } held)
        {
            throw new RehearsalFailedException($"{Words.Count(held.Number, "order is", "orders are")} held still, although every hold is over.");
        }

        var lines = states.Where(row => row.State is "approved" or "review" && row.Number > 0).Select(row =>
            $"{Words.Count(row.Number, "order", "orders")} with {Words.Of(row.Minor, row.Currency)} of commission {(row.State == "approved" ? "can be paid out" : "wait for review")}.").ToList();
        var findings = await db.ManyAsync<FindingRow>($"{ReadFindings} {db.Page}", new { storeId = store.Id, take = (long)LinesMax }, cancel);
        lines.AddRange(findings.Select(row =>
            $"{row.Rule}, {(row.Severity == "review" ? "for review" : "a notice")}, {row.Name}, {Words.Count(row.Number, "order", "orders")}: {row.Why}"));
        return lines.Count == 0 ? "There was nothing to release." : string.Join('\n', lines);
    }

    private async Task<string> LookAtRunAsync(Store store, CancellationToken cancel)
    {
        var run = await RunOfAsync(store, cancel) ?? throw new RehearsalFailedException("There is no payout run.");
        if (run.Payouts.FirstOrDefault(payout => payout.State is not ("sent" or "in_transit" or "paid")) is { } open)
        {
            throw new RehearsalFailedException($"A payout was not sent: it is {open.State}.");
        }

        var lines = run.Lines.Take(LinesMax).Select(line =>
        {
            var name = run.Names.GetValueOrDefault(line.AmbassadorId) ?? line.AmbassadorId;
            var amount = Words.Of(line.Minor, line.Currency);
            return (line.WillPay ? $"{name} is paid {amount}." : $"{name}: {amount} are not paid.") + (line.Reason is { } why ? $" {why}" : "") + (line.Warning is { } warning ? $" {warning}" : "");
        });
        return run.Lines.Count == 0 ? "There was nobody to pay." : string.Join('\n', lines.Append("No money has moved: the rehearsal's own Stripe took the transfers."));
    }

    private sealed record RunRow(string Id, string State);

    private sealed record PersonRow(string Name, string Code, string DiscountState, string? DiscountProblem);

    // Properties and no constructors: SQLite tells no type for a computed column that has no row.
    private sealed record Work
    {
        public long Pending { get; init; }

        public string? DeadDelivery { get; init; }

        public string? DeadEffect { get; init; }
    }

    private sealed record OrderRow
    {
        public string OrderId { get; init; } = "";

        public string? Reference { get; init; }

        public string State { get; init; } = "";

        public string? Currency { get; init; }

        public long NetMinor { get; init; }

        public long CommissionMinor { get; init; }

        public DateTimeOffset? HoldUntil { get; init; }

        public string? Reason { get; init; }

        public string? Name { get; init; }

        public DateTimeOffset? DecidedAt { get; init; }
    }

    private sealed record StateRow
    {
        public string State { get; init; } = "";

        public long Number { get; init; }

        public long Minor { get; init; }

        public string Currency { get; init; } = "";
    }

    private sealed record FindingRow
    {
        public string Rule { get; init; } = "";

        public string Severity { get; init; } = "";

        public string Name { get; init; } = "";

        public long Number { get; init; }

        public string Why { get; init; } = "";
    }
}
