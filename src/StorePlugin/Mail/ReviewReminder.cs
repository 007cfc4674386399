// The mail that reminds a store's people of orders in review (rule H4): how many, how long, and which wait longest. Nothing of the shoppers.
using StorePlugin.Data;
using StorePlugin.Orders;
using StorePlugin.Pages;
using StorePlugin.Stores;

namespace StorePlugin.Mail;

internal sealed class ReviewReminder(Db db, StoreContact contact, PublicAddress address, TimeProvider clock)
{
    private const int OrdersShown = 10;

    private const string SumWaiting =
        """
        SELECT currency, COALESCE(SUM(commission_minor), 0) AS commission_minor FROM orders
        WHERE store_id = @storeId AND state = 'review' AND commission_minor > 0
        GROUP BY currency ORDER BY currency
        """;

    private const string ReadOldest =
        """
        SELECT order_id, reference, reason, review_at FROM orders
        WHERE store_id = @storeId AND state = 'review' AND review_at <= @now
        ORDER BY review_at, order_id
        """;

    public async Task<Writing> WriteAsync(Store store, CancellationToken cancel)
    {
        if (!store.IsInstalled)
        {
            return new Writing.Unneeded(Installation.UninstalledOutcome);
        }

        if (await contact.FindAsync(store.Id, cancel) is not { } email)
        {
            return new Writing.Unneeded("The store has no address any more.");
        }

        var now = clock.GetUtcNow();
        var ages = await ReviewAges.ReadAsync(db, store, now, cancel);
        if (ages.ThreeDays == 0)
        {
            return new Writing.Unneeded("What was waiting has been decided.");
        }

        var args = new { storeId = store.Id, now, take = OrdersShown };
        var sums = await db.ManyAsync<Sum>(SumWaiting, args, cancel);
        var oldest = await db.ManyAsync<Row>($"{ReadOldest} {db.Page}", args, cancel);
        return new Writing.Written(Compose(store, email, ages, sums, oldest, now));
    }

    private Letter Compose(Store store, string email, ReviewAges ages, IReadOnlyList<Sum> sums, IReadOnlyList<Row> oldest, DateTimeOffset now)
    {
        var shop = OneLine.Of(store.DisplayName);
        var waiting = Words.Count(ages.Waiting, "order waits", "orders wait");
        var parts = new List<LetterPart>
        {
            new LetterPart.Sentence("Hello,"),
            new LetterPart.Sentence(
                $"{waiting} for your decision. Something about {(ages.Waiting == 1 ? "it" : "each of them")} is doubtful, so that a person has to look first. " +
                "Until then the commission is not paid, however long it takes."),
        };
        if (sums.Count > 0)
        {
            parts.Add(new LetterPart.Figure("Commission that waits", string.Join(" and ", sums.Select(sum => Words.Of(sum.CommissionMinor, sum.Currency)))));
        }

        parts.Add(new LetterPart.Facts(
            [.. ages.ByAge.Select(age => ($"For {age.Days} days or more", age.Orders == 0 ? "none" : Words.Count(age.Orders, "order", "orders")))]));
        if (ages.Waiting > oldest.Count)
        {
            parts.Add(new LetterPart.Sentence($"These {oldest.Count} have waited longest:"));
        }

        parts.AddRange(oldest.Select(order => new LetterPart.Link(
            $"{OneLine.Of(order.Reference ?? order.OrderId)}, {AgeOf(order, now)}. {order.Reason?.TrimEnd('.')}",
            address.Of($"/dashboard/orders/{Uri.EscapeDataString(order.OrderId)}"))));
        parts.Add(new LetterPart.Link("All that waits, and how to decide it", address.Of("/dashboard#reviews")));
        parts.Add(new LetterPart.Sentence(store.IsRehearsal
            ? "There is no password: the program prints a sign-in link on its console each time it starts."
            : "There is no password: you sign in by opening the app in your store's admin."));
        return new Letter(
            shop,
            email,
            $"{waiting} for your decision, the oldest for {Words.Count(ages.OldestDays(now), "day", "days")}",
            new LetterContent(
                shop,
                store.IsRehearsal,
                ages.Waiting == 1 ? "An order waits for your decision" : "Orders wait for your decision",
                parts,
                $"You get this mail because this is the address that {shop} has here for its own people, at most once a day. A program sent it. " +
                "To change or clear the address: PUT /api/v1/store/contact."));
    }

    private static string AgeOf(Row order, DateTimeOffset now) =>
        ReviewAges.DaysOf(order.ReviewAt, now) is > 0 and var days ? $"for {Words.Count(days, "day", "days")}" : "for less than a day";

    // By properties, not by position: SQLite has no type for a summed column when there is no row.
    private sealed record Sum
    {
        public string Currency { get; init; } = "";

        public long CommissionMinor { get; init; }
    }

    private sealed record Row(string OrderId, string? Reference, string? Reason, DateTimeOffset ReviewAt);
}
