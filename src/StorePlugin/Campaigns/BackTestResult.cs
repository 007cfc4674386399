// What a back-test came to, added up order by order: values in, values out.
using StorePlugin.Orders;

namespace StorePlugin.Campaigns;

/// <summary>What an order came to under one side's terms.</summary>
/// <param name="CommissionMinor">Of what refunds have left, in the order's currency; 0 until it is paid.</param>
internal readonly record struct BackTestOutcome(bool Credited, string? AmbassadorId, string? CampaignId, long CommissionMinor)
{
    public static BackTestOutcome Of(Receipt receipt) => new(receipt.Credited, receipt.AmbassadorId, receipt.CampaignId, receipt.CommissionMinor);
}

/// <param name="Orders">All of the store in the interval.</param>
/// <param name="LookedAt">Those whose evidence names the campaign: no other order can change.</param>
/// <param name="WithoutEvidence">Those that were decided before evidence was kept: nothing can be said of them.</param>
/// <param name="Unexplained">Orders that the terms of their time do not bring to what is booked; <c>rebuild</c> finds the cause.</param>
/// <param name="UnexplainedIds">The first of them.</param>
internal sealed record BackTestResult(
    long Orders, long LookedAt, long WithoutEvidence, long Unexplained, IReadOnlyList<string> UnexplainedIds, IReadOnlyList<BackTestCurrency> Currencies)
{
    /// <summary>The orders that carry nothing of the campaign's, and are the same under any terms of it.</summary>
    public long Untouched => Math.Max(0, Orders - LookedAt - WithoutEvidence);

    /// <summary>Whether every order came to the same: the same commission, for the same ambassador.</summary>
    public bool IsEqual => Currencies.All(currency => currency.Changed == 0);
}

/// <summary>The sums of one currency, in its minor units.</summary>
/// <param name="NetMinor">Of the orders looked at that are paid: products after discounts and refunds, without tax and shipping.</param>
/// <param name="FriendDiscountMinor">What the campaign's codes took off them. The past prices stay as they were.</param>
/// <param name="Changed">Orders that came to something else in any way.</param>
/// <param name="Gaining">Orders with more commission than before, new ones among them.</param>
/// <param name="Moved">Orders that are credited on both sides, to different ambassadors.</param>
/// <param name="Ambassadors">Those with the greatest differences, greatest first.</param>
internal sealed record BackTestCurrency(
    string Currency, long Orders, BackTestSide Before, BackTestSide After, long NetMinor, long FriendDiscountMinor, long Changed, long Gaining, long Losing,
    long NewlyCredited, long NoLongerCredited, long Moved, long AmbassadorsGaining, long AmbassadorsLosing, IReadOnlyList<BackTestAmbassador> Ambassadors)
{
    public long DifferenceMinor => After.CommissionMinor - Before.CommissionMinor;

    /// <summary>Those who gain most, greatest first; <see cref="BackTestTally.EachWayMax"/> at most.</summary>
    public IReadOnlyList<BackTestAmbassador> GreatestGains { get; init; } = [];

    /// <summary>Those who lose most, greatest first; <see cref="BackTestTally.EachWayMax"/> at most.</summary>
    public IReadOnlyList<BackTestAmbassador> GreatestLosses { get; init; } = [];
}

/// <summary>One side: the terms of the time, or the new ones.</summary>
/// <param name="MarginMinor">Net sales less commission.</param>
/// <param name="MarginBp">The same in basis points of the net sales; null where there are none.</param>
internal sealed record BackTestSide(long CreditedOrders, long CommissionMinor, long MarginMinor, long? MarginBp);

/// <param name="Name">Null where nobody is known by the id any more.</param>
internal sealed record BackTestAmbassador(string Id, string? Name, long OrdersBefore, long OrdersAfter, long BeforeMinor, long AfterMinor)
{
    public long DifferenceMinor => AfterMinor - BeforeMinor;
}

/// <summary>Adds up; of each ambassador it keeps four numbers, of an order nothing.</summary>
/// <param name="orders">All of the store in the interval.</param>
internal sealed class BackTestTally(long orders)
{
    /// <summary>How many ambassadors and unexplained orders are named.</summary>
    public const int NamedMax = 20;

    /// <summary>How many of those who gain are named in any case, and of those who lose.</summary>
    public const int EachWayMax = 10;

    private readonly SortedDictionary<string, Sums> _currencies = new(StringComparer.Ordinal);
    private readonly List<string> _unexplained = [];
    private long _unexplainedCount;
    private long _withoutEvidence;

    public long LookedAt { get; private set; }

    // Counted by the one who reads, while another decides; it is asked for when both have ended.
    public void AddWithoutEvidence() => _withoutEvidence++;

    public void Add(PastOrder order, BackTestOutcome before, BackTestOutcome after)
    {
        LookedAt++;
        if ((before.CommissionMinor, before.AmbassadorId) != (order.BookedMinor, order.BookedFor) && ++_unexplainedCount <= NamedMax)
        {
            _unexplained.Add(order.Facts.Recorded.Order.Id);
        }

        var code = order.Facts.Recorded.Order.Currency.Code;
        if (!_currencies.TryGetValue(code, out var sums))
        {
            _currencies[code] = sums = new Sums();
        }

        sums.Add(order, before, after);
    }

    /// <summary>Those whose names a result tells.</summary>
    public IReadOnlyList<string> NamedAmbassadors() =>
        [.. _currencies.Values.SelectMany(sums => sums.Named()).Select(ambassador => ambassador.Key).Distinct(StringComparer.Ordinal)];

    public BackTestResult ToResult(IReadOnlyDictionary<string, string> names) => new(
        orders, LookedAt, _withoutEvidence, _unexplainedCount, _unexplained, [.. _currencies.Select(currency => currency.Value.ToResult(currency.Key, names))]);

    private sealed class Person
    {
        public long OrdersBefore { get; set; }

        public long OrdersAfter { get; set; }

        public long BeforeMinor { get; set; }

        public long AfterMinor { get; set; }

        public long DifferenceMinor => AfterMinor - BeforeMinor;
    }

    private sealed class Sums
    {
        private readonly Dictionary<string, Person> _people = new(StringComparer.Ordinal);
        private long _orders;
        private long _netMinor;
        private long _friendDiscountMinor;
        private long _changed;
        private long _gaining;
        private long _losing;
        private long _newlyCredited;
        private long _noLongerCredited;
        private long _moved;

        public void Add(PastOrder order, BackTestOutcome before, BackTestOutcome after)
        {
            _orders++;
            _netMinor = checked(_netMinor + order.NetMinor);
            _friendDiscountMinor = checked(_friendDiscountMinor + order.FriendDiscountMinor);
            _changed += before != after ? 1 : 0;
            _gaining += after.CommissionMinor > before.CommissionMinor ? 1 : 0;
            _losing += after.CommissionMinor < before.CommissionMinor ? 1 : 0;
            _newlyCredited += after.Credited && !before.Credited ? 1 : 0;
            _noLongerCredited += before.Credited && !after.Credited ? 1 : 0;
            _moved += before.Credited && after.Credited && before.AmbassadorId != after.AmbassadorId ? 1 : 0;
            if (before.AmbassadorId is { } was)
            {
                var person = PersonOf(was);
                person.OrdersBefore++;
                person.BeforeMinor = checked(person.BeforeMinor + before.CommissionMinor);
            }

            if (after.AmbassadorId is { } would)
            {
                var person = PersonOf(would);
                person.OrdersAfter++;
                person.AfterMinor = checked(person.AfterMinor + after.CommissionMinor);
            }
        }

        /// <summary>All of whom a result tells more than a number.</summary>
        public IEnumerable<KeyValuePair<string, Person>> Named() =>
            Greatest(_ => true, NamedMax).Concat(Greatest(person => person.DifferenceMinor > 0, EachWayMax)).Concat(Greatest(person => person.DifferenceMinor < 0, EachWayMax));

        public BackTestCurrency ToResult(string currency, IReadOnlyDictionary<string, string> names) => new(
            currency, _orders, SideOf(person => person.OrdersBefore, person => person.BeforeMinor), SideOf(person => person.OrdersAfter, person => person.AfterMinor),
            _netMinor, _friendDiscountMinor, _changed, _gaining, _losing, _newlyCredited, _noLongerCredited, _moved,
            _people.Values.Count(person => person.DifferenceMinor > 0), _people.Values.Count(person => person.DifferenceMinor < 0),
            [.. Greatest(_ => true, NamedMax).Select(person => Of(person, names))])
        {
            GreatestGains = [.. Greatest(person => person.DifferenceMinor > 0, EachWayMax).Select(person => Of(person, names))],
            GreatestLosses = [.. Greatest(person => person.DifferenceMinor < 0, EachWayMax).Select(person => Of(person, names))],
        };

        private IEnumerable<KeyValuePair<string, Person>> Greatest(Func<Person, bool> counts, int take) => _people
            .Where(person => person.Value.DifferenceMinor != 0 && counts(person.Value))
            .OrderByDescending(person => Math.Abs(person.Value.DifferenceMinor)).ThenBy(person => person.Key, StringComparer.Ordinal)
            .Take(take);

        private static BackTestAmbassador Of(KeyValuePair<string, Person> person, IReadOnlyDictionary<string, string> names) => new(
            person.Key, names.GetValueOrDefault(person.Key), person.Value.OrdersBefore, person.Value.OrdersAfter, person.Value.BeforeMinor, person.Value.AfterMinor);

        // Nobody else is credited than ambassadors, so theirs are the sums of all orders; Sum refuses what a long cannot hold.
        private BackTestSide SideOf(Func<Person, long> orders, Func<Person, long> minor)
        {
            var commission = _people.Values.Sum(minor);
            var margin = checked(_netMinor - commission);
            return new BackTestSide(
                _people.Values.Sum(orders),
                commission,
                margin,
                _netMinor == 0 ? null : (long)Math.Round(margin * (decimal)BasisPoints.Whole / _netMinor, MidpointRounding.AwayFromZero));
        }

        private Person PersonOf(string id)
        {
            if (!_people.TryGetValue(id, out var person))
            {
                _people[id] = person = new Person();
            }

            return person;
        }
    }
}
