// What a refund without lines takes from the goods: the one calculation that every platform's reader uses.
namespace StorePlugin.Webhooks;

/// <summary>
/// What of an order's money has not been paid back yet, in minor units of the order's currency. Money that goes back
/// without naming lines is taken from it in proportion, so that the tax, shipping and tips inside it lower no base (rule
/// B10). Once all is paid back, the refunds have taken exactly the goods: never less through rounding, never more.
/// </summary>
/// <param name="GoodsMinor">Product lines after discounts, without tax: what bases are made of (rules B1 to B3).</param>
/// <param name="TaxMinor">Tax of goods and shipping, where the platform tells it apart.</param>
/// <param name="OtherMinor">Everything else that was charged. Negative where a shop takes something off without a line.</param>
internal sealed record Repayable(long GoodsMinor, long TaxMinor, long OtherMinor)
{
    /// <summary>What is left when refunded lines, or told tax and shipping, have been taken away.</summary>
    public Repayable Without(long goodsMinor, long taxMinor, long otherMinor) => new(
        Math.Max(0, GoodsMinor - goodsMinor), Math.Max(0, TaxMinor - taxMinor), Math.Max(0, OtherMinor - otherMinor));

    /// <summary>Pays a sum back that names no lines.</summary>
    /// <param name="sumMinor">What was paid back, 0 or more.</param>
    /// <param name="withoutTax">Whether the tax inside was told and taken away before, so that the sum holds none.</param>
    /// <returns>The goods' part of the sum, and what is left after it.</returns>
    public (long GoodsMinor, Repayable Left) Pay(long sumMinor, bool withoutTax = false)
    {
        var tax = withoutTax ? 0 : TaxMinor;
        var whole = GoodsMinor + tax + OtherMinor;
        if (whole <= 0)
        {
            return (0, this);
        }

        var sum = Math.Min(sumMinor, whole);
        var (goodsBack, taxBack) = (Money.Share(sum, GoodsMinor, whole), Money.Share(sum, tax, whole));
        return (goodsBack, new Repayable(GoodsMinor - goodsBack, TaxMinor - taxBack, OtherMinor - (sum - goodsBack - taxBack)));
    }
}
