// What must hold of an order's money whatever happens and however it arrives, as properties of values.
using FsCheck;
using FsCheck.Fluent;
using StorePlugin.Ledger;
using StorePlugin.Orders;
using StorePlugin.Webhooks;

namespace StorePlugin.Tests.Orders;

/// <summary>Each case is a world made from a number, which a failure names.</summary>
internal sealed class OrderMoneyTests
{
    private const int CaseCount = 4_000;

    [Test]
    public void I6_events_in_any_order_and_repeated_end_at_the_same_balances_and_the_same_receipt() => Always(seed =>
    {
        var world = new OrderWorld(seed);
        var events = world.History();
        var ending = Ending.Of(world, events);
        var random = new Random(seed);
        for (var run = 0; run < 4; run++)
        {
            var shuffled = Ending.Of(world, Disordered(random, events));
            if (shuffled.Receipt != ending.Receipt || !shuffled.Balances.SequenceEqual(ending.Balances))
            {
                throw new InvalidOperationException($"{Told(ending)}\nbut in another order\n{Told(shuffled)}");
            }
        }
    });

    [Test]
    public void No_more_is_taken_back_than_was_given_and_the_books_end_at_the_receipt() => Always(seed =>
    {
        var world = new OrderWorld(seed);
        var random = new Random(seed);
        var ending = Ending.Of(world, Disordered(random, world.History()), released: random.Next(2) == 0 ? random : null);

        if (ending.Lowest < 0)
        {
            throw new InvalidOperationException($"An ambassador stood at {ending.Lowest}.\n{Told(ending)}");
        }

        var receipt = Receipt.FromJson(ending.Receipt);
        var given = ending.Balances.GroupBy(balance => balance.Key.AmbassadorId).Where(balance => balance.Key.Length > 0 && balance.Sum(each => each.Value) != 0)
            .Select(balance => (balance.Key, balance.Sum(each => each.Value)));
        var target = receipt.CommissionMinor == 0 ? [] : new[] { (receipt.AmbassadorId!, receipt.CommissionMinor) };
        if (!given.SequenceEqual(target))
        {
            throw new InvalidOperationException(Told(ending));
        }
    });

    [Test]
    public void B9_a_full_refund_in_any_parts_by_lines_and_amounts_ends_at_zero_and_never_below()
    {
        var credited = 0;
        Always(seed =>
        {
            var world = new OrderWorld(seed);
            if (world.RefundedInParts() is not var (paid, refunds))
            {
                return;
            }

            credited++;
            var random = new Random(seed);
            foreach (var events in (OrderEvent[][])[[paid, .. refunds], [.. Disordered(random, [paid, .. refunds])]])
            {
                var ending = Ending.Of(world, events, released: random.Next(2) == 0 ? random : null);
                if (ending.Lowest < 0 || ending.Balances.GroupBy(balance => balance.Key.AmbassadorId).Any(balance => balance.Sum(each => each.Value) != 0))
                {
                    throw new InvalidOperationException($"{refunds.Count} refunds.\n{Told(ending)}");
                }
            }
        });

        Assert.That(credited, Is.GreaterThan(CaseCount / 10));
    }

    [Test]
    public void B8_no_order_earns_more_than_its_cap_or_its_base_and_no_less_than_nothing() => Always(seed =>
    {
        var (facts, evidence) = new OrderWorld(seed).Next();
        var receipt = Decision.Of(facts, evidence);

        // What refunds after the window took the merchant bears; with it the commission follows what remains (rule K5).
        var (most, left) = (receipt.Terms?.MaximumCommissionMinor ?? long.MaxValue, receipt.CommissionMinor - receipt.MerchantCostMinor);
        if (receipt.OriginalCommissionMinor < 0 || receipt.OriginalCommissionMinor > Math.Min(most, receipt.BaseMinor)
            || left < 0 || left > Math.Min(most, receipt.RemainingBaseMinor) || receipt.MerchantCostMinor < 0 || receipt.CommissionMinor > most)
        {
            throw new InvalidOperationException(receipt.ToJson());
        }
    });

    [Test]
    public void M1_two_currencies_are_never_added_or_compared()
    {
        string[] codes = ["EUR", "USD", "JPY", "KWD", "BHD", "ISK"];
        Prop.ForAll(
            Gen.Choose(0, codes.Length - 1).Two().ToArbitrary(), Gen.Choose(-1000, 1000).Two().ToArbitrary(),
            (currencies, minors) =>
            {
                var (left, right) = (Of(currencies.Item1, minors.Item1), Of(currencies.Item2, minors.Item2));
                Func<object>[] deeds = [() => left + right, () => left - right, () => left < right, () => left >= right, () => left.CompareTo(right)];
                return Array.TrueForAll(deeds, deed => Refuses(deed) == (currencies.Item1 != currencies.Item2));
            }).QuickCheckThrowOnFailure();

        Money Of(int currency, int minor) => new(minor, Currency.Parse(codes[currency]));
    }

    private static bool Refuses(Func<object> deed)
    {
        try
        {
            deed();
            return false;
        }
        catch (InvalidOperationException)
        {
            return true;
        }
    }

    private static void Always(Action<int> holds) => Prop.ForAll(Gen.Choose(1, int.MaxValue).ToArbitrary(), holds)
        .Check(Config.QuickThrowOnFailure.WithMaxTest(CaseCount));

    /// <summary>In another order and some twice; what a person decides comes when the order is known, in its own order.</summary>
    private static List<OrderEvent> Disordered(Random random, List<OrderEvent> events)
    {
        var rest = events.FindAll(each => each is not OrderEvent.Decided);
        var shuffled = rest.Concat(rest.Where(_ => random.Next(3) == 0)).ToArray();
        random.Shuffle(shuffled);
        var result = shuffled.ToList();
        var place = result.FindIndex(each => each is OrderEvent.Version) + 1;
        foreach (var decided in events.OfType<OrderEvent.Decided>())
        {
            place = random.Next(place, result.Count + 1);
            result.Insert(place++, decided);
        }

        return result;
    }

    private static string Told(Ending ending) =>
        $"{string.Join('\n', ending.Balances.Select(balance => $"{balance.Key}: {balance.Value}"))}\n{ending.Receipt}";

    /// <summary>Where events leave an order: its last receipt, each balance that is not zero, and the least that anyone ever stood at.</summary>
    private sealed record Ending(string Receipt, SortedDictionary<(string AmbassadorId, string Account, string Currency), long> Balances, long Lowest)
    {
        /// <param name="released">Releases the hold at moments that it chooses, as the job does and payouts do.</param>
        public static Ending Of(OrderWorld world, IEnumerable<OrderEvent> events, Random? released = null)
        {
            var (state, receipt, lowest) = (OrderState.Nothing, "", 0L);
            var known = new HashSet<(string, string)>();
            var balances = new SortedDictionary<(string AmbassadorId, string Account, string Currency), long>();
            foreach (var each in events)
            {
                var facts = state.With(each);
                if (!known.Add(OrderLog.NameOf(each)) || (facts is not null && facts == state.Facts))
                {
                    continue;
                }

                var settled = state.Settle(each, facts, facts is null ? Evidence.None : world.EvidenceOf(facts));
                foreach (var posting in settled.Postings(OrderWorld.Noon))
                {
                    Book(posting.Entries, posting.Currency);
                }

                (state, receipt) = (settled.After, settled.Receipt?.ToJson() ?? receipt);
                if (released?.Next(4) == 0 && state.State == "held")
                {
                    state = state with { State = released.Next(2) == 0 ? "approved" : "paid" };
                    Book(
                        LedgerTransaction.Move(state.AmbassadorId!, each.OrderId, Account.Held, Account.Approved, new Money(state.CommissionMinor, state.Currency!.Value)),
                        state.Currency.Value);
                }
            }

            return new Ending(receipt, balances, lowest);

            void Book(IEnumerable<Entry> entries, Currency currency)
            {
                foreach (var entry in entries.Where(entry => entry.Account != Account.Expense))
                {
                    var key = (entry.AmbassadorId, entry.Account, currency.Code);
                    balances[key] = balances.GetValueOrDefault(key) + entry.AmountMinor;
                    if (balances[key] == 0)
                    {
                        balances.Remove(key);
                    }
                }

                foreach (var person in balances.GroupBy(balance => (balance.Key.AmbassadorId, balance.Key.Currency)))
                {
                    lowest = Math.Min(lowest, person.Sum(balance => balance.Value));
                }
            }
        }
    }
}
