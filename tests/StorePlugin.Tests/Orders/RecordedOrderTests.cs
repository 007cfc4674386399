// Which of two versions stands (rule I4), and what is known when nothing but refunds comes after an order.
using StorePlugin.Ledger;
using StorePlugin.Orders;
using StorePlugin.Tests.Rig;
using StorePlugin.Webhooks;

namespace StorePlugin.Tests.Orders;

internal sealed class RecordedOrderTests
{
    private static readonly Order Open = new()
    {
        Id = "1",
        Reference = "#1",
        At = StoreApp.Start,
        UpdatedAt = StoreApp.Start,
        Currency = Currency.Parse("EUR"),
        Paid = false,
    };

    private static readonly Order Paid = Open with { Paid = true };

    private static readonly Order Refunded = Paid with
    {
        Refunds = [new Refund("r", "1", StoreApp.Start, Currency.Parse("EUR"), [new RefundLine("1", 1, 100)], 0)],
    };

    // Each stands over the one before it, although its hash is the lower one.
    private static readonly Order[] Rising =
    [
        Open,
        Open with { CancelledAt = StoreApp.Start },
        Paid,
        Paid with { CancelledAt = StoreApp.Start },
        Refunded,
        Refunded with { CancelledAt = StoreApp.Start },
        Paid with { RefundedInFull = true },
        Open with { UpdatedAt = StoreApp.Start.AddSeconds(1) },
    ];

    [Test]
    public void Later_beats_earlier_then_paid_then_more_refunded_then_cancelled()
    {
        for (var i = 0; i < Rising.Length; i++)
        {
            for (var j = 0; j < Rising.Length; j++)
            {
                Assert.That(Math.Sign(RecordedOrder.Compare(Of(i), Of(j))), Is.EqualTo(Math.Sign(i.CompareTo(j))), $"{i} and {j}");
            }
        }
    }

    [Test]
    public void What_is_equal_in_all_of_these_is_told_apart_by_its_hash() =>
        Assert.That(RecordedOrder.Compare((Recorded(Paid), "a"), (Recorded(Paid), "b")), Is.Negative);

    [Test]
    public async Task Refunds_that_no_version_names_count_together()
    {
        await using var app = await StoreApp.StartAsync();
        var shop = await Shop.OpenAsync(app);
        var ann = await shop.AmbassadorAsync("ANN10");
        var order = new TestOrder("1001", StoreApp.Start).With("ANN10", "10.00");

        await shop.PaysAsync(order);
        foreach (var (id, amount) in new[] { ("7", "10.00"), ("8", "20.00"), ("8", "20.00"), ("9", "30.00") })
        {
            await shop.DeliverAsync("refunds/create", order.RefundJson(id, 0, amount));
            await app.DrainAsync();
        }

        Assert.That(await shop.BalanceAsync(ann, Account.Held), Is.EqualTo(300));
    }

    private static (RecordedOrder Recorded, string Hash) Of(int index) => (Recorded(Rising[index]), $"{(char)('z' - index)}");

    private static RecordedOrder Recorded(Order order) => new(order, ShopperHashes.Unknown);
}
