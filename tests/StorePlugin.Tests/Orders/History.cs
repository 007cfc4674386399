// A seed makes a history: what happens to a shop's orders, and the deliveries that tell of it.
using System.Globalization;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Orders;

/// <summary>One delivery as it will be sent.</summary>
/// <param name="Phase">0: before the first holds end; 1: after.</param>
internal sealed record Message(int Phase, string Topic, string Json, string DeliveryId);

/// <summary>What the deliveries of one order say, in the order in which it happened.</summary>
internal sealed record Told(string OrderId, List<TestOrder> Versions, HashSet<(string Id, int Line, string Amount)> Refunds);

/// <summary>The orders and deliveries of one seed.</summary>
internal sealed class History
{
    private readonly Random _random;
    private readonly string[] _codes;
    private readonly string[] _clicks;
    private readonly string[] _emails;
    private int _ids = 9000;

    /// <param name="codes">The ambassadors' codes, which are their link slugs as well.</param>
    /// <param name="clicks">Clicks on their links, at the instant at which the rig's clock starts.</param>
    /// <param name="emails">The ambassadors' own addresses.</param>
    public History(int seed, string[] codes, string[] clicks, string[] emails)
    {
        (_random, _codes, _clicks, _emails) = (new Random(seed), codes, clicks, emails);
        foreach (var id in Enumerable.Range(1001, _random.Next(5, 10)))
        {
            Happen(id.ToString(CultureInfo.InvariantCulture));
        }

        Messages.Add(new Message(0, "orders/paid", "{\"id\": 1, \"currency\":", "unreadable"));
    }

    public List<Message> Messages { get; } = [];

    public List<Told> Orders { get; } = [];

    private void Happen(string id)
    {
        var order = NewOrder(id);
        var told = new Told(id, [], []);
        Orders.Add(told);
        Tell(told, order, phase: 0, surely: Chance(90));
        var cancelled = false;
        for (var phase = 0; phase < 2; phase++)
        {
            var updated = phase == 0 ? order.UpdatedAt!.Value : StoreApp.Start.AddDays(41);
            for (var steps = _random.Next(0, 5); steps > 0 && order.FinancialStatus != "refunded"; steps--)
            {
                var (next, refund) = Step(order, phase, ref cancelled);
                if (next == order)
                {
                    continue;
                }

                // At the same instant what is paid, refunded or cancelled stands; an edit is always later (rule I4).
                var edited = next.Codes != order.Codes || next.Lines.Count > order.Lines.Count;
                updated = updated.AddMinutes(!edited && Chance(40) ? 0 : _random.Next(1, 300));
                order = next with { UpdatedAt = updated };
                if (refund is { } loose && Chance(75))
                {
                    told.Refunds.Add(loose);
                    Send(phase, "refunds/create", order.RefundJson(loose.Id, loose.Line, loose.Amount));
                }

                Tell(told, order, phase, surely: order.CancelledAt is not null);
            }
        }
    }

    private TestOrder NewOrder(string id)
    {
        var at = _random.Next(6) switch
        {
            0 => StoreApp.Start.AddDays(30),
            1 => StoreApp.Start.AddDays(30).AddSeconds(-1),
            _ => StoreApp.Start.AddMinutes(_random.Next(0, 3000)),
        };
        var order = new TestOrder(id, at)
        {
            UpdatedAt = at,
            FinancialStatus = Chance(25) ? "pending" : "paid",
            Lines = [.. Enumerable.Range(0, _random.Next(1, 4)).Select(_ => NewLine())],
            Email = Chance(10) ? _emails[_random.Next(_emails.Length)] : $"shopper{id}@example.test",
            Test = Chance(5),
        };
        return Evidence(order);
    }

    private TestOrder Evidence(TestOrder order)
    {
        var who = _random.Next(_codes.Length);
        order = order with { Codes = [], CartRef = null, Landing = null };
        return _random.Next(7) switch
        {
            0 or 1 => order with { Codes = [(_codes[who].ToLowerInvariant(), Text(_random.Next(0, 3) * 150))] },
            2 => order with { Codes = [(_codes[0], Text(_random.Next(1, 4) * 100)), (_codes[1], Text(_random.Next(1, 4) * 100))] },
            3 => order with { Codes = [("SUMMER", "4.00"), (_codes[who], "2.00")], CartRef = _clicks[1 - who] },
            4 => order with { Landing = $"/?ref={_clicks[who]}", Codes = [("SUMMER", "4.00")] },
            5 => order with { CartRef = _codes[who] },
            _ => order,
        };
    }

    private (TestOrder Next, (string Id, int Line, string Amount)? Refund) Step(TestOrder order, int phase, ref bool cancelled)
    {
        switch (_random.Next(5))
        {
            case 0 when order.FinancialStatus == "pending" && !cancelled:
                return (order with { FinancialStatus = "paid" }, null);
            case 1 when order.FinancialStatus != "pending":
                var line = _random.Next(order.Lines.Count);
                var left = Model.BaseOf(order.Lines[line]) - order.Refunds.Where(refund => refund.Line == line).Sum(refund => Model.Cents(refund.Amount));
                var refund = (Next().ToString(CultureInfo.InvariantCulture), line, Text(_random.NextInt64(0, left + 1)));
                return (order with { FinancialStatus = "partially_refunded", Refunds = [.. order.Refunds, refund] }, refund);
            case 2 when order.FinancialStatus != "pending":
                return (order with { FinancialStatus = "refunded" }, null);
            case 3 when !cancelled:
                return Chance(50) ? (order with { Lines = [.. order.Lines, NewLine()] }, null) : (Evidence(order), null);
            // A cancellation after the hold changes nothing that was approved, so histories cancel before it only.
            case 4 when phase == 0 && !cancelled:
                cancelled = true;
                return (order with { CancelledAt = order.At.AddHours(1) }, null);
            default:
                return (order, null);
        }
    }

    private (string Price, int Quantity, string Discount) NewLine()
    {
        var (price, quantity) = (_random.Next(1, Chance(30) ? 50 : 20_000), _random.Next(1, 4));
        return (Text(price), quantity, Text(Chance(50) ? 0 : _random.Next(0, price * quantity + 1)));
    }

    private void Tell(Told told, TestOrder order, int phase, bool surely)
    {
        if (surely || Chance(60))
        {
            told.Versions.Add(order);
            told.Refunds.UnionWith(order.Refunds);
            Send(phase, order.FinancialStatus == "paid" ? "orders/paid" : "orders/updated", order.ToJson());
        }
    }

    private void Send(int phase, string topic, string json)
    {
        var message = new Message(phase, topic, json, $"d-{Next()}");
        Messages.Add(message);
        if (Chance(20))
        {
            Messages.Add(message);
        }

        if (Chance(20))
        {
            Messages.Add(message with { Topic = topic == "orders/paid" ? "orders/updated" : topic, DeliveryId = $"d-{Next()}" });
        }
    }

    private bool Chance(int percent) => _random.Next(100) < percent;

    private int Next() => ++_ids;

    private static string Text(long cents) => (cents / 100m).ToString("0.00", CultureInfo.InvariantCulture);
}

/// <summary>What an order must come to, from the rules alone and in another way than the engine goes.</summary>
internal static class Model
{
    public static (string Who, string Account, long Minor)? Of(Told told, IReadOnlyList<(string Id, string Code, string Click, string Email)> people)
    {
        if (told.Versions.Count == 0 || !told.Versions.Exists(order => order.FinancialStatus != "pending"))
        {
            return null;
        }

        var last = told.Versions[^1];
        var byCode = last.Codes.Where(code => Cents(code.Amount) > 0).OrderByDescending(code => Cents(code.Amount))
            .Select(code => people.FirstOrDefault(person => person.Code.Equals(code.Code, StringComparison.OrdinalIgnoreCase)))
            .FirstOrDefault(person => person.Id is not null);
        var reference = last.CartRef ?? last.Landing?["/?ref=".Length..];
        var byLink = people.FirstOrDefault(person => person.Code == reference
            || (person.Click == reference && last.At - StoreApp.Start < TimeSpan.FromDays(30)));
        var (who, _, _, email) = byCode.Id is null ? byLink : byCode;
        if (who is null || email == last.Email || last.Test)
        {
            return null;
        }

        var left = last.FinancialStatus == "refunded" ? 0 : last.Lines.Sum(BaseOf) - told.Refunds.Sum(refund => Cents(refund.Amount));
        var minor = (long)Math.Round(left * 0.10m, MidpointRounding.AwayFromZero);
        return minor == 0 ? null : (who, last.CancelledAt is null ? "approved" : "held", minor);
    }

    public static long BaseOf((string Price, int Quantity, string Discount) line) => Cents(line.Price) * line.Quantity - Cents(line.Discount);

    public static long Cents(string amount) => (long)(decimal.Parse(amount, CultureInfo.InvariantCulture) * 100);
}
