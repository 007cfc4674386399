// Lives through the plan: every step over HTTP, as shoppers, the shop and the merchant would take it.
using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using StorePlugin.Data;
using StorePlugin.Inbox;
using StorePlugin.Orders;
using StorePlugin.Stores;
using StorePlugin.Stores.Rehearsal;
using StorePlugin.Webhooks;

namespace StorePlugin.Demo;

/// <summary>An ambassador as the API made them.</summary>
internal sealed record DemoAmbassador(PlannedAmbassador Plan, string Id, string Link, string Slug);

/// <summary>What the simulation leaves behind for the report.</summary>
/// <param name="Acknowledged">Deliveries that were answered with 200, by their ids; the sent ones include repeats.</param>
/// <param name="PayoutNotes">Why somebody was not paid, in the API's words, by ambassador.</param>
internal sealed record Simulated(
    Store Store,
    DemoPlan Plan,
    Books Books,
    IReadOnlyList<DemoAmbassador> Ambassadors,
    DateTimeOffset From,
    long Sent,
    IReadOnlyCollection<string> Acknowledged,
    IReadOnlyDictionary<string, long> Clicks,
    IReadOnlyDictionary<string, string> PayoutNotes);

internal sealed class Simulation(
    DemoPlan plan,
    SimulatedClock clock,
    Db db,
    StoreDirectory stores,
    ApiKeys apiKeys,
    RehearsalShop shop,
    ReleaseHolds holds,
    EffectWorker effects,
    Visitors visitors,
    Progress progress)
{
    private const int AtOnceMax = 8;

    // Far longer than a day of the demo takes on a slow machine.
    private static readonly TimeSpan DrainTimeMax = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(10);

    private readonly ConcurrentDictionary<string, string> _acknowledged = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, long> _clicks = new(StringComparer.Ordinal);
    private readonly Dictionary<PlannedOrder, string?> _references = new(ReferenceEqualityComparer.Instance);
    private long _sent;

    private Store _store = null!;
    private string _apiKey = "";
    private Books _books = null!;
    private readonly List<DemoAmbassador> _ambassadors = [];
    private DateTimeOffset _dayZero;

    /// <summary>When the plan begins, so that it ends in the present: at midnight, as many days ago as it has.</summary>
    public static DateTimeOffset StartOf(DemoPlan plan, DateTimeOffset present) =>
        new DateTimeOffset(present.UtcDateTime.Date, TimeSpan.Zero).AddDays(-(plan.PayoutDay + 1));

    /// <exception cref="DemoException">A step did not go as it must.</exception>
    public async Task<Simulated> RunAsync(CancellationToken cancel)
    {
        _dayZero = clock.GetUtcNow();
        await SetUpAsync(cancel);
        var payoutNotes = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var day = 1; day <= plan.PayoutDay; day++)
        {
            progress.Show(
                $"Day {day} of {plan.PayoutDay}: {_acknowledged.Count} deliveries so far", elsewhere: day % 10 == 0);
            clock.MoveTo(At(day, 8 * 60));
            await DrainAsync(cancel);
            if (day == plan.PayoutDay)
            {
                progress.Say($"Every hold of the first {plan.Days} days of sales is over: running a payout.");
                payoutNotes = await PayAsync(cancel);
            }

            await ClickAsync(day, cancel);
            var waves = WavesOf(day);
            clock.MoveTo(At(day, 21 * 60));
            foreach (var wave in waves)
            {
                await SendAsync(wave, cancel);
                await DrainAsync(cancel);
            }
        }

        clock.Follow();
        await DrainAsync(cancel);
        progress.Say("The simulated time has reached the present.");
        return new Simulated(
            _store, plan, _books, _ambassadors, _dayZero, _sent, [.. _acknowledged.Keys], _clicks.ToDictionary(StringComparer.Ordinal), payoutNotes);
    }

    private async Task SetUpAsync(CancellationToken cancel)
    {
        clock.MoveTo(At(0, 8 * 60));
        progress.Say("Installing the app in a new rehearsal store.");
        var domain = await visitors.InstallAsync("", cancel);
        _store = await stores.FindByDomainAsync(RehearsalPlatform.PlatformName, domain, cancel)
            ?? throw new DemoException("The rehearsal store cannot be found after its installation.");
        _apiKey = await apiKeys.IssueAsync(_store, canWrite: true, cancel);
        _books = new Books(Currency.Parse(_store.Currency), TimeZoneInfo.FindSystemTimeZoneById(_store.TimeZone!), plan);

        progress.Say($"Making a campaign with {plan.Ambassadors.Length} ambassadors in {_store.DisplayName}.");
        var campaign = await CallAsync(HttpMethod.Post, "/campaigns", new JsonObject
        {
            ["name"] = "Friends of Lux",
            ["objective"] = new JsonObject
            {
                ["metric"] = "net_sales",
                ["target"] = 4_000_000,
                ["by"] = _dayZero.AddDays(180).ToString("O", CultureInfo.InvariantCulture),
            },
            ["terms"] = new JsonObject
            {
                ["commission"] = new JsonObject { ["percent"] = DemoPlan.CommissionPercent },
                ["friendDiscount"] = new JsonObject { ["percent"] = DemoPlan.DiscountPercent },
                ["holdDays"] = DemoPlan.HoldDays,
                ["windowDays"] = DemoPlan.WindowDays,
            },
        }, cancel);
        var campaignId = Text(campaign, "id");
        await CallAsync(HttpMethod.Post, $"/campaigns/{campaignId}/launch", null, cancel);
        foreach (var planned in plan.Ambassadors)
        {
            var made = await CallAsync(HttpMethod.Post, "/ambassadors", new JsonObject
            {
                ["name"] = planned.Name,
                ["email"] = planned.Email,
                ["campaignId"] = campaignId,
                ["code"] = planned.Code,
                ["stripeAccount"] = planned.StripeAccount,
            }, cancel);
            var link = Text(made, "link");
            _ambassadors.Add(new DemoAmbassador(planned, Text(made, "id"), link, Uri.UnescapeDataString(link[(link.LastIndexOf('/') + 1)..])));
        }

        progress.Show("Waiting for their discount codes.");
        await DrainAsync(cancel);
        foreach (var ambassador in _ambassadors)
        {
            var state = Text((await CallAsync(HttpMethod.Get, $"/ambassadors/{ambassador.Id}", null, cancel))["discount"]!, "state");
            if (state != "created")
            {
                throw new DemoException($"The discount code {ambassador.Plan.Code} was not created in the store: it is {state}.");
            }
        }
    }

    /// <summary>The visits of a day: those that buy later that day, and those that only look.</summary>
    private async Task ClickAsync(int day, CancellationToken cancel)
    {
        var buyers = plan.Orders
            .Where(order => order.Day == day && order.Evidence is Evidence.Link or Evidence.LinkWithoutCode)
            .Select(order => ((int Ambassador, PlannedOrder? Order))(order.Ambassador!.Value, order));
        var lookers = plan.Clicks[day - 1].SelectMany((count, ambassador) => Enumerable.Repeat(((int Ambassador, PlannedOrder? Order))(ambassador, null), count));
        await EachAsync(buyers.Concat(lookers).ToList(), async (visit, token) =>
        {
            var ambassador = _ambassadors[visit.Ambassador];
            var reference = await visitors.ClickAsync(ambassador.Link, token);
            _clicks.AddOrUpdate(ambassador.Id, 1, (_, count) => count + 1);
            if (visit.Order is { } order)
            {
                lock (_references)
                {
                    _references[order] = reference;
                }
            }
        }, cancel);
    }

    /// <summary>The deliveries of a day in two waves; what must come late or again is in the second.</summary>
    private List<ShopDelivery>[] WavesOf(int day)
    {
        var (first, second) = (new List<ShopDelivery>(), new List<ShopDelivery>());
        foreach (var planned in plan.Orders.Where(order => order.Day == day))
        {
            AddPurchase(planned, first, second);
        }

        foreach (var planned in plan.Orders.Where(order => order.Day < day))
        {
            foreach (var refund in planned.Refunds.Where(refund => planned.Day + refund.AfterDays == day))
            {
                var order = _books.Refund(planned, refund, At(day, 600).AddSeconds(planned.Minute));
                first.Add(ShopDelivery.Of("refunds/create", order.ToJson(order.Refunds[^1])));
                first.Add(ShopDelivery.Of("orders/updated", order.ToJson()));
            }
        }

        return [first, second];
    }

    private void AddPurchase(PlannedOrder planned, List<ShopDelivery> first, List<ShopDelivery> second)
    {
        var at = At(planned.Day, (9 * 60) + planned.Minute);
        var reference = planned.Evidence == Evidence.LinkWithoutClick ? _ambassadors[planned.Ambassador!.Value].Slug : _references.GetValueOrDefault(planned);
        var created = ShopDelivery.Of("orders/create", _books.Open(planned, at, reference).ToJson());
        if (planned.Oddity == Oddity.Unpaid)
        {
            first.Add(created);
            return;
        }

        var paid = ShopDelivery.Of("orders/paid", _books.Pay(planned, at.AddMinutes(2)).ToJson());
        switch (planned.Route)
        {
            case Route.OlderAfterNewer:
                first.Add(paid);
                second.Add(created);
                break;
            case Route.Twice:
                first.AddRange([created, paid, paid]);
                second.Add(created);
                break;
            case Route.Repeated:
                first.AddRange([created, paid]);
                second.Add(ShopDelivery.Of(paid.Topic, paid.Body));
                break;
            case Route.RefundFirst:
                var refunded = _books.Refund(planned, planned.Refunds[0], at.AddMinutes(30));
                first.Add(ShopDelivery.Of("refunds/create", refunded.ToJson(refunded.Refunds[^1])));
                second.AddRange([ShopDelivery.Of("orders/updated", refunded.ToJson()), paid, created]);
                break;
            default:
                first.AddRange([created, paid]);
                break;
        }
    }

    private Task SendAsync(List<ShopDelivery> deliveries, CancellationToken cancel) =>
        EachAsync(deliveries, async (delivery, token) =>
        {
            var status = await shop.SendAsync(_store.Id, delivery, token);
            Interlocked.Increment(ref _sent);
            if (status != StatusCodes.Status200OK)
            {
                throw new DemoException($"A delivery of {delivery.Topic} was answered with {status}.");
            }

            _acknowledged[delivery.Id] = delivery.Topic;
        }, cancel);

    /// <summary>Previews a payout run and approves it. Returns why somebody was not paid.</summary>
    private async Task<Dictionary<string, string>> PayAsync(CancellationToken cancel)
    {
        var preview = await CallAsync(HttpMethod.Post, "/payout-runs", null, cancel);
        await CallAsync(HttpMethod.Post, $"/payout-runs/{Text(preview, "id")}/approval", null, cancel);
        await DrainAsync(cancel);
        return NotesOf(preview);
    }

    private static Dictionary<string, string> NotesOf(JsonNode preview)
    {
        var notes = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in (preview["lines"] as JsonArray ?? []).OfType<JsonObject>())
        {
            if ((string?)line["ambassadorId"] is { } ambassador && (string?)line["reason"] is { } reason)
            {
                notes[ambassador] = reason;
            }
        }

        return notes;
    }

    // Rows that wait for another try carry no lease; what the workers hold at this moment does.
    private const string CountWork =
        """
        SELECT
            (SELECT CAST(COUNT(*) AS bigint) FROM deliveries WHERE store_id = @storeId AND state = 'pending' AND due_at <= @until) AS deliveries,
            (SELECT CAST(COUNT(*) AS bigint) FROM effects WHERE store_id = @storeId AND state = 'pending' AND due_at <= @until) AS effects,
            (SELECT MIN(due_at) FROM deliveries WHERE store_id = @storeId AND state = 'pending' AND lease_id IS NULL) AS next_delivery,
            (SELECT MIN(due_at) FROM effects WHERE store_id = @storeId AND state = 'pending' AND lease_id IS NULL) AS next_effect
        """;

    /// <summary>
    /// Waits until nothing of this store is due. Other stores' rows may wait for times of their own, so that
    /// <c>/readyz</c>, which counts them all, is not asked. Time stands still meanwhile unless something waits for it.
    /// </summary>
    private async Task DrainAsync(CancellationToken cancel)
    {
        while (await holds.RunOnceAsync(cancel) > 0)
        {
        }

        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            // A lease and a retry both end after now; what waits for longer than a lease is none of today's work.
            var now = clock.GetUtcNow();
            var until = now + LookAhead;
            var work = await db.OneAsync<Work>(CountWork, new { storeId = _store.Id, until }, cancel);
            if (work is { Deliveries: 0, Effects: 0 })
            {
                return;
            }

            if (TimeProvider.System.GetElapsedTime(started) > DrainTimeMax)
            {
                throw new DemoException(
                    $"{work!.Deliveries} deliveries and {work.Effects} effects are still waiting after {DrainTimeMax.TotalSeconds:0} seconds.");
            }

            if (Min(work!.NextDelivery, work.NextEffect) is { } next && next > now && next <= until)
            {
                clock.MoveTo(next);
            }

            // The program's own loop would look again in a moment of real time, on each of sixty days.
            if (await effects.RunOnceAsync(cancel) == 0)
            {
                await Task.Delay(Moment, cancel);
            }
        }
    }

    private static readonly TimeSpan LookAhead = TimeSpan.FromMinutes(15);

    private static DateTimeOffset? Min(DateTimeOffset? left, DateTimeOffset? right) =>
        left is null || right < left ? right : left;

    private DateTimeOffset At(int day, int minutes) => _dayZero.AddDays(day).AddMinutes(minutes);

    private Task<JsonNode> CallAsync(HttpMethod method, string path, JsonObject? body, CancellationToken cancel) =>
        visitors.CallAsync(method, path, _apiKey, body, cancel);

    private static Task EachAsync<T>(IReadOnlyCollection<T> items, Func<T, CancellationToken, Task> work, CancellationToken cancel) =>
        Parallel.ForEachAsync(
            items,
            new ParallelOptions { MaxDegreeOfParallelism = AtOnceMax, CancellationToken = cancel },
            (item, token) => new ValueTask(work(item, token)));

    private static string Text(JsonNode node, string name) =>
        (string?)node[name] ?? throw new DemoException($"An answer of the API has no {name}.");

    private sealed record Work(long Deliveries, long Effects, DateTimeOffset? NextDelivery, DateTimeOffset? NextEffect);
}
