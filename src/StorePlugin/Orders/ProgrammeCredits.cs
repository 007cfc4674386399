// Store credit that customers were given by the programme, and how much of it a customer had left at an order's instant (rule B4).
using StorePlugin.Data;
using StorePlugin.Stores;
using StorePlugin.Webhooks;

namespace StorePlugin.Orders;

/// <summary>Credit that a customer was given; below zero it was taken back.</summary>
/// <param name="Id">The giver's own: the same one is never counted twice.</param>
internal sealed record ProgrammeCredit(string Id, Money Amount, DateTimeOffset At, string Reason, string Actor);

/// <summary>What an order has paid with store credit, whoever gave it.</summary>
/// <param name="BackAt">When the order was sent back whole, and the credit with it; null: not.</param>
internal sealed record CreditPaid(Money Amount, DateTimeOffset? BackAt)
{
    /// <summary>Null where it has paid nothing so, or nobody knows how much.</summary>
    public static CreditPaid? Of(OrderFacts? facts)
    {
        if (facts?.Recorded.Order is not { StoreCredit.Minor: > 0 and var minor } order)
        {
            return null;
        }

        var steps = Commission.OfNobody(facts).Steps;
        return new CreditPaid(new Money(minor, order.Currency), steps is [.., { BaseMinor: 0, At: var at }] ? at : null);
    }
}

/// <summary>An earlier order that has paid so.</summary>
/// <param name="Moment">Where it stands among the customer's orders, as <see cref="OrderMoment.KeyOf"/> tells it.</param>
internal sealed record CreditUse(string Moment, CreditPaid Paid);

/// <summary>The tables <c>programme_credits</c> and <c>programme_credit_customers</c>. Rows are only added.</summary>
internal static class ProgrammeCredits
{
    private const string Insert =
        """
        INSERT INTO programme_credits (store_id, id, amount_minor, currency, at, reason, actor, recorded_at)
        SELECT @storeId, @id, @amountMinor, @currency, @at, @reason, @actor, @now
        WHERE NOT EXISTS (SELECT 1 FROM programme_credits WHERE store_id = @storeId AND id = @id)
        """;

    private const string InsertCustomer =
        "INSERT INTO programme_credit_customers (store_id, customer_key, credit_id) VALUES (@storeId, @key, @id)";

    private const string Erase =
        "UPDATE programme_credit_customers SET customer_key = @nobody WHERE store_id = @storeId AND customer_key = @key";

    /// <summary>
    /// What of the programme's credit the customer had left, in minor units. Everything before the order counts in the order of
    /// its instants, whenever it was told: each order that paid with store credit has used what there was of ours, and gave it
    /// back when it was sent back whole; what is taken back takes no more than there is.
    /// </summary>
    /// <param name="orderMoment">Where the order itself stands.</param>
    public static long UnusedAt(DateTimeOffset at, string orderMoment, Currency currency, IEnumerable<ProgrammeCredit> credits, IEnumerable<CreditUse> uses)
    {
        var steps = new List<(string Moment, int Rank, string Id, Func<long, long> Next)>();
        foreach (var credit in credits.Where(of => of.Amount.Currency == currency && of.At <= at))
        {
            steps.Add((OrderMoment.Since(credit.At), credit.Amount.Minor > 0 ? 0 : 2, credit.Id, left => Math.Max(0, left + credit.Amount.Minor)));
        }

        foreach (var use in uses.Where(of => of.Paid.Amount.Currency == currency && string.CompareOrdinal(of.Moment, orderMoment) < 0))
        {
            var used = 0L;
            steps.Add((use.Moment, 3, "", left => left - (used = Math.Min(left, use.Paid.Amount.Minor))));
            if (use.Paid.BackAt is { } back && back < at)
            {
                steps.Add((OrderMoment.Since(back), 1, use.Moment, left => left + used));
            }
        }

        return steps.OrderBy(step => step.Moment, StringComparer.Ordinal).ThenBy(step => step.Rank).ThenBy(step => step.Id, StringComparer.Ordinal)
            .Aggregate(0L, (left, step) => step.Next(left));
    }

    /// <summary>Notes a credit, and has that customer's orders from its instant on decided again. False: its id is known.</summary>
    /// <param name="keys">The hashes of the customer, one at least.</param>
    public static async Task<bool> AddAsync(Tx tx, Store store, ProgrammeCredit credit, IReadOnlyCollection<string> keys, DateTimeOffset now)
    {
        var added = await tx.DoAsync(Insert, new
        {
            storeId = store.Id,
            id = credit.Id,
            amountMinor = credit.Amount.Minor,
            currency = credit.Amount.Currency.Code,
            at = credit.At,
            reason = credit.Reason,
            actor = credit.Actor,
            now,
        });
        if (added == 0)
        {
            return false;
        }

        foreach (var key in keys)
        {
            await tx.DoAsync(InsertCustomer, new { storeId = store.Id, key, id = credit.Id });
        }

        await Customers.QueueAsync(tx, store, keys, OrderMoment.Since(credit.At), "", now);
        return true;
    }

    /// <summary>Takes a hash of a person out; <paramref name="nobody"/> stands in its place, here as among the customers' orders.</summary>
    public static Task<int> EraseAsync(Tx tx, Store store, string key, string nobody) => tx.DoAsync(Erase, new { storeId = store.Id, key, nobody });
}
