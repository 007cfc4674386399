// The standings of a back-test, in memory: what an ambassador's orders before one would have come to under the new terms.
using System.Collections.Immutable;
using StorePlugin.Orders;
using StorePlugin.Stores;
using StorePlugin.Webhooks;

namespace StorePlugin.Campaigns;

/// <summary>
/// Asked before an order is decided and told after it, in the order of (instant, id): the same sums as <see cref="Standings"/>
/// makes of the table (rules B8, L2).
/// </summary>
internal sealed class StandingBook(Terms terms, Store store)
{
    // Amounts of two currencies are never added (rule M1).
    private readonly Dictionary<(string AmbassadorId, Currency Currency), Page> _pages = [];

    /// <summary>How far before an order another one can matter; null: as far as orders go.</summary>
    public static TimeSpan? ReachOf(Terms terms)
    {
        var periods = new[] { terms.Tiers?.Period, terms.PeriodCap?.Period }.OfType<TermsPeriod>().ToList();
        return periods.Exists(period => period.Kind == PeriodKind.Lifetime) ? null : periods.Select(Standings.ReachOf).DefaultIfEmpty(TimeSpan.Zero).Max();
    }

    public Standing At(string ambassadorId, Order order)
    {
        var page = PageOf(ambassadorId, order.Currency);
        var (position, used) = (page.Tiers?.SumAt(order, store), page.Cap?.SumAt(order, store));
        return new Standing(
            position is null ? null : Standings.PositionOf(terms.Tiers!.Metric, position.BaseMinor, position.Orders, position.NewCustomers),
            used?.CommissionMinor);
    }

    public void Add(string ambassadorId, Order order, ImmutableArray<StandingChange> changes)
    {
        var page = PageOf(ambassadorId, order.Currency);
        page.Tiers?.Add(order, changes, store);
        page.Cap?.Add(order, changes, store);
    }

    private Page PageOf(string ambassadorId, Currency currency)
    {
        if (!_pages.TryGetValue((ambassadorId, currency), out var page))
        {
            _pages[(ambassadorId, currency)] = page = new Page(Of(terms.Tiers?.Period), Of(terms.PeriodCap?.Period));
        }

        return page;

        static Window? Of(TermsPeriod? period) => period is null ? null : new Window(period);
    }

    private sealed record Page(Window? Tiers, Window? Cap);

    private sealed class Sum
    {
        public long BaseMinor { get; private set; }

        public long CommissionMinor { get; private set; }

        public long Orders { get; private set; }

        public long NewCustomers { get; private set; }

        public void Add(StandingChange change, int sign)
        {
            BaseMinor += sign * change.BaseMinor;
            CommissionMinor += sign * change.CommissionMinor;
            Orders += sign * change.Orders;
            NewCustomers += sign * change.NewCustomers;
        }
    }

    /// <summary>The orders of one period, as far as they count for the next one.</summary>
    private sealed class Window(TermsPeriod period)
    {
        private readonly Queue<Entry> _entries = new();
        private readonly PriorityQueue<(Entry Entry, StandingChange Change), DateTimeOffset> _ahead = new();
        private Sum _sum = new();
        private long _month;

        public Sum SumAt(Order order, Store store)
        {
            Leave(order, store);

            // A refund counts for the orders after its instant.
            while (_ahead.TryPeek(out _, out var at) && at < order.At)
            {
                var (entry, change) = _ahead.Dequeue();
                if (!entry.IsGone)
                {
                    Apply(entry, change);
                }
            }

            return _sum;
        }

        public void Add(Order order, ImmutableArray<StandingChange> changes, Store store)
        {
            Leave(order, store);
            var entry = new Entry(order.At);
            _entries.Enqueue(entry);
            foreach (var change in changes)
            {
                if (change.Number == 0)
                {
                    Apply(entry, change);
                }
                else
                {
                    _ahead.Enqueue((entry, change), change.EffectiveAt);
                }
            }
        }

        private void Apply(Entry entry, StandingChange change)
        {
            _sum.Add(change, 1);
            entry.Applied.Add(change);
        }

        /// <summary>Takes out what lies before the period of an order.</summary>
        private void Leave(Order order, Store store)
        {
            if (period.Kind == PeriodKind.CalendarMonth && store.LocalDay(order.At) / 100 is var month && month != _month)
            {
                _month = month;
                _sum = new Sum();
                _entries.Clear();
                _ahead.Clear();
            }

            while (period.Kind == PeriodKind.RollingDays && _entries.TryPeek(out var oldest) && oldest.At < order.At - TimeSpan.FromDays(period.Days!.Value))
            {
                _entries.Dequeue();
                oldest.IsGone = true;
                oldest.Applied.ForEach(change => _sum.Add(change, -1));
            }
        }

        private sealed record Entry(DateTimeOffset At)
        {
            public List<StandingChange> Applied { get; } = [];

            public bool IsGone { get; set; }
        }
    }
}
