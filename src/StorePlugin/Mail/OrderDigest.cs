// The mail about the orders of one day, or of several where the days before were not told: what each earned, and when it is released.
using System.Globalization;
using StorePlugin.Data;
using StorePlugin.Pages;
using StorePlugin.Stores;
using StorePlugin.Webhooks;

namespace StorePlugin.Mail;

/// <summary>
/// Tells of every day since the last digest that was sent, so that one which was kept back is lost to nobody. Nothing of the shoppers
/// is in it (rule K6).
/// </summary>
internal sealed class OrderDigest(Db db, PublicAddress address, TimeProvider clock) : IMerchantMail
{
    /// <summary>The outcome of a digest whose day another one tells of.</summary>
    public const string ToldLater = "A later digest tells of that day too.";

    private const int OrdersShown = 20;

    // Who was told nothing for longer finds the rest with their earnings.
    private const int DaysMax = 31;

    private static readonly Placeholder Orders = new("orders", "how many orders, such as “3 orders”");
    private static readonly Placeholder Amount = new("amount", "what they earned together");

    // By the day of booking (rule M4), as the ledger holds it. The ids only bound the search: they rise with the booking.
    private const string Read =
        """
        SELECT d.order_id, d.currency, d.amount_minor, d.first_day, d.last_day, o.reference, o.net_minor, o.state, o.hold_until
        FROM (
            SELECT e.order_id, e.currency, SUM(e.amount_minor) AS amount_minor, MIN(t.local_day) AS first_day, MAX(t.local_day) AS last_day
            FROM ledger_entries e
            JOIN ledger_transactions t ON t.store_id = e.store_id AND t.id = e.transaction_id
            WHERE e.store_id = @storeId AND e.ambassador_id = @ambassadorId AND e.transaction_id >= @from AND e.transaction_id < @before
                AND e.order_id IS NOT NULL AND t.kind = 'commission' AND t.local_day >= @first AND t.local_day <= @last
            GROUP BY e.order_id, e.currency) d
        JOIN orders o ON o.store_id = @storeId AND o.order_id = d.order_id
        WHERE d.amount_minor <> 0
        ORDER BY CASE WHEN d.amount_minor > 0 THEN 0 ELSE 1 END, o.at, d.order_id
        """;

    // What a worker has in hand goes its way.
    private const string TakeOver =
        """
        UPDATE effects SET state = 'done', outcome = @outcome, done_at = @now
        WHERE store_id = @storeId AND kind = 'mail' AND subject >= @from AND subject < @own AND state = 'pending' AND lease_id IS NULL
        """;

    private const string ReadOthers =
        """
        SELECT subject, state, outcome FROM effects
        WHERE store_id = @storeId AND kind = 'mail' AND subject >= @from AND subject <= @until
        ORDER BY subject
        """;

    public string Mail => MailNotice.OrderDigest;

    public string When => "Orders came in through the ambassador: once a day at most, at 08:00 of the next day.";

    public IReadOnlyList<Placeholder> Placeholders => [Placeholder.Reader, Placeholder.Shop, Placeholder.Campaign, Orders, Amount];

    public Letter Sample(Store store)
    {
        var today = LocalDay.Number(LocalDay.Of(store, clock.GetUtcNow()));
        var currency = store.Currency ?? "EUR";
        var first = new Row
        {
            OrderId = "1001",
            Reference = "#1001",
            Currency = currency,
            NetMinor = 9000,
            AmountMinor = 900,
            State = "held",
            HoldUntil = clock.GetUtcNow().AddDays(30),
            FirstDay = today,
            LastDay = today,
        };
        return Compose(store, Samples.Reader, [first, first with { OrderId = "1002", Reference = "#1002", NetMinor = 4500, AmountMinor = 450, State = "review" }]);
    }

    public async Task<Writing> WriteAsync(Store store, string ambassadorId, DateOnly day, CancellationToken cancel)
    {
        if (!store.IsInstalled)
        {
            return new Writing.Unneeded(Installation.UninstalledOutcome);
        }

        if (await Recipient.FindAsync(db, store.Id, ambassadorId, cancel) is not { } reader)
        {
            return new Writing.Unneeded("The ambassador is gone.");
        }

        if (reader.Aside is { } aside)
        {
            return new Writing.Unneeded(aside);
        }

        var others = await OthersAsync(store, ambassadorId, day, cancel);
        if (others.Any(other => other.Day > day && other.WasSent))
        {
            return new Writing.Unneeded(ToldLater);
        }

        // It may be on its way: only afterwards is it known which days this one has to tell of.
        if (others.Any(other => other.Day < day && other.State == "pending"))
        {
            return new Writing.NotYet("The digest of an earlier day is being tried.");
        }

        var told = others.Where(other => other.Day < day && other.WasSent).Max(other => (DateOnly?)other.Day);
        var first = told?.AddDays(1) ?? day.AddDays(1 - DaysMax);
        var orders = await db.ManyAsync<Row>(
            Read,
            new
            {
                storeId = store.Id,
                ambassadorId,
                from = LocalDay.Transactions(first).From,
                before = LocalDay.Transactions(day).Before,
                first = LocalDay.Number(first),
                last = LocalDay.Number(day),
            },
            cancel);
        return orders.Any(order => order.AmountMinor > 0)
            ? new Writing.Written(Compose(store, reader, orders))
            : new Writing.Unneeded("Nothing to tell: what was booked that day was taken back.");
    }

    /// <summary>
    /// The ambassador's digests of about the same time, which are in the outbox whatever became of them. Of earlier ones that wait for
    /// another try this one takes the days.
    /// </summary>
    private async Task<List<Digest>> OthersAsync(Store store, string ambassadorId, DateOnly day, CancellationToken cancel)
    {
        var (from, own, until) = (SubjectOf(day.AddDays(-DaysMax)), SubjectOf(day), SubjectOf(day.AddDays(DaysMax)));
        await db.DoAsync(TakeOver, new { storeId = store.Id, from, own, outcome = ToldLater, now = clock.GetUtcNow() }, cancel);
        var rows = await db.ManyAsync<DigestRow>(ReadOthers, new { storeId = store.Id, from, until }, cancel);
        return [.. rows.Select(row => new Digest(
            DateOnly.ParseExact(row.Subject[^MailNotice.DayFormat.Length..], MailNotice.DayFormat, CultureInfo.InvariantCulture),
            row.State, MailSender.WasSent(row.Outcome)))];

        string SubjectOf(DateOnly of) => new MailNotice(MailNotice.OrderDigest, ambassadorId, of).Subject;
    }

    private Letter Compose(Store store, Recipient reader, IReadOnlyList<Row> orders)
    {
        var shop = OneLine.Of(store.DisplayName);
        var (first, last) = (DayText(orders.Min(order => order.FirstDay)), DayText(orders.Max(order => order.LastDay)));
        var days = first == last ? $"on {first}" : $"from {first} to {last}";
        var earned = Words.Count(orders.Count(order => order.AmountMinor > 0), "order", "orders");
        var totals = orders.GroupBy(order => order.Currency, StringComparer.Ordinal).OrderBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => group.Aggregate(Money.Zero(Currency.Parse(group.Key)), (sum, order) => sum + order.Amount)).ToList();
        var parts = new List<LetterPart>
        {
            new LetterPart.Opening($"Hello {reader.Name},"),
            new LetterPart.Opening($"{earned} came in through you {days}, in “{reader.Campaign}”."),
            new LetterPart.Grid(
                ["Order", "Sale", "You earn"],
                [
                    .. orders.Take(OrdersShown).Select(order => (IReadOnlyList<string>)
                        [OneLine.Of(order.Reference ?? order.OrderId), Words.Of(order.NetMinor, order.Currency), Words.Of(order.Amount)]),
                ],
                [.. totals.Select(total => (IReadOnlyList<string>)["Together", "", Words.Of(total)])]),
        };
        if (orders.Count > OrdersShown)
        {
            parts.Add(new LetterPart.Sentence(
                $"These are the first {OrdersShown} of {Words.Of(orders.Count)} orders; the sum is over all of them."));
        }

        if (orders.Any(order => order.AmountMinor < 0))
        {
            parts.Add(new LetterPart.Sentence("A minus is commission that was taken back because an order was refunded or changed."));
        }

        parts.Add(new LetterPart.Sentence(ReleaseOf(new StoreTime(store), [.. orders.Where(order => order.AmountMinor > 0)])));
        parts.AddRange(address.To(store, "All your orders, and why each counted"));
        return new Letter(
            reader.Name,
            reader.Email,
            SubjectOf([.. totals.Where(total => total.Minor > 0)], earned, shop),
            new LetterContent(
                shop,
                store.IsRehearsal,
                first == last ? $"Your orders of {first}" : $"Your orders from {first} to {last}",
                parts,
                $"You get this mail because you are an ambassador of {shop}, at most once a day. A program sent it. Sales are without tax and shipping, after discounts and refunds."))
        {
            Values = reader.ValuesAt(shop).Add(Orders.Name, earned).Add(Amount.Name, string.Join(" and ", totals.Select(Words.Of))),
        };
    }

    private static string DayText(long number) =>
        Words.Day(DateOnly.ParseExact(number.ToString(CultureInfo.InvariantCulture), "yyyyMMdd", CultureInfo.InvariantCulture));

    // More than was earned may have been taken back for earlier orders.
    private static string SubjectOf(List<Money> sums, string orders, string shop) =>
        sums.Count == 0 ? $"{orders} at {shop}" : $"{string.Join(" and ", sums.Select(Words.Of))} from {orders} at {shop}";

    /// <summary>When the commissions are released, as their orders stand now.</summary>
    private static string ReleaseOf(StoreTime time, List<Row> orders)
    {
        var sentences = new List<string>();
        var days = orders.Where(order => order.State == "held" && order.HoldUntil is not null).Select(order => order.HoldUntil!.Value).ToList();
        if (days.Count > 0)
        {
            var (first, last) = (time.Day(days.Min()), time.Day(days.Max()));
            sentences.Add("Your commission is held in case orders are returned. It is due to be approved "
                + (first == last ? $"on {first}." : $"between {first} and {last}."));
        }

        var reviews = orders.Count(order => order.State == "review");
        if (reviews > 0)
        {
            sentences.Add($"A person has to look at {Words.Count(reviews, "order", "orders")} first.");
        }

        if (orders.Count(order => order.State is "approved" or "in_payout" or "paid") is > 0 and var approved)
        {
            sentences.Add(approved == orders.Count
                ? "Your commission is approved."
                : $"The commission of {Words.Count(approved, "order", "orders")} is approved already.");
        }

        return sentences.Count == 0 ? "Where each order stands is shown with your earnings." : string.Join(' ', sentences);
    }

    // By properties, not by position: SQLite has no type for a summed column when there is no row.
    private sealed record Row
    {
        public string OrderId { get; init; } = "";

        public string Currency { get; init; } = "";

        public long AmountMinor { get; init; }

        public string? Reference { get; init; }

        public long NetMinor { get; init; }

        public string State { get; init; } = "";

        public DateTimeOffset? HoldUntil { get; init; }

        public long FirstDay { get; init; }

        public long LastDay { get; init; }

        public Money Amount => new(AmountMinor, Webhooks.Currency.Parse(Currency));
    }

    private sealed record DigestRow(string Subject, string State, string? Outcome);

    private sealed record Digest(DateOnly Day, string State, bool WasSent);
}
