// The mail about one day's orders: what each earned, netted, and when it is released. Nothing of the shoppers (rule K6).
using StorePlugin.Data;
using StorePlugin.Pages;
using StorePlugin.Stores;
using StorePlugin.Webhooks;

namespace StorePlugin.Mail;

internal sealed class OrderDigest(Db db, PublicAddress address)
{
    private const int OrdersShown = 20;

    // By the day of booking (rule M4), as the ledger holds it. The ids only bound the search: they rise with the booking.
    private const string Read =
        """
        SELECT d.order_id, d.currency, d.amount_minor, o.reference, o.net_minor, o.state, o.hold_until
        FROM (
            SELECT e.order_id, e.currency, SUM(e.amount_minor) AS amount_minor
            FROM ledger_entries e
            JOIN ledger_transactions t ON t.store_id = e.store_id AND t.id = e.transaction_id
            WHERE e.store_id = @storeId AND e.ambassador_id = @ambassadorId AND e.transaction_id >= @from AND e.transaction_id < @before
                AND e.order_id IS NOT NULL AND t.kind = 'commission' AND t.local_day = @day
            GROUP BY e.order_id, e.currency) d
        JOIN orders o ON o.store_id = @storeId AND o.order_id = d.order_id
        WHERE d.amount_minor <> 0
        ORDER BY CASE WHEN d.amount_minor > 0 THEN 0 ELSE 1 END, o.at, d.order_id
        """;

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

        var (from, before) = LocalDay.Transactions(day);
        var orders = await db.ManyAsync<Row>(
            Read, new { storeId = store.Id, ambassadorId, from, before, day = LocalDay.Number(day) }, cancel);
        return orders.Any(order => order.AmountMinor > 0)
            ? new Writing.Written(Compose(store, reader, day, orders))
            : new Writing.Unneeded("Nothing to tell: what was booked that day was taken back.");
    }

    private Letter Compose(Store store, Recipient reader, DateOnly day, IReadOnlyList<Row> orders)
    {
        var shop = OneLine.Of(store.DisplayName);
        var dayText = Words.Day(day);
        var earned = Words.Count(orders.Count(order => order.AmountMinor > 0), "order", "orders");
        var totals = orders.GroupBy(order => order.Currency, StringComparer.Ordinal).OrderBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => group.Aggregate(Money.Zero(Currency.Parse(group.Key)), (sum, order) => sum + order.Amount)).ToList();
        var parts = new List<LetterPart>
        {
            new LetterPart.Sentence($"Hello {reader.Name},"),
            new LetterPart.Sentence($"{earned} came in through you on {dayText}, in “{reader.Campaign}”."),
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
        parts.Add(new LetterPart.Link("All your orders, and why each counted", address.Of("/portal")));
        parts.Add(new LetterPart.Sentence($"There is no password: ask {shop} for a sign-in link when you want to look."));
        return new Letter(
            reader.Name,
            reader.Email,
            SubjectOf([.. totals.Where(total => total.Minor > 0)], earned, shop),
            new LetterContent(
                shop,
                store.IsRehearsal,
                $"Your orders of {dayText}",
                parts,
                $"You get this mail because you are an ambassador of {shop}, at most once a day. A program sent it. Sales are without tax and shipping, after discounts and refunds."));
    }

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

        public Money Amount => new(AmountMinor, Webhooks.Currency.Parse(Currency));
    }
}
