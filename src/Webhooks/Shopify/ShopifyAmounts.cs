// Shopify names most amounts twice: plain, and as a set that tells the shop's money from the shopper's.
namespace StorePlugin.Webhooks.Shopify;

/// <summary>
/// Reads amounts in the shop's own currency (rule B13): from the set's <c>shop_money</c> where there is one, else from
/// the plain field, which is in the shop's currency too.
/// </summary>
/// <param name="currency">The currency of the order.</param>
/// <param name="setsOnly">
/// True where the order's <c>currency</c> contradicts its <c>shop_money</c>: then a plain field could be in either, and
/// is not read.
/// </param>
internal readonly struct ShopifyAmounts(Currency currency, bool setsOnly = false)
{
    public Currency Currency => currency;

    /// <summary>An amount that the payload must have, in minor units.</summary>
    public long Minor(Payload payload, string name, string set) => MinorOrNull(payload, name, set)
        ?? throw new UnreadableDeliveryException($"{payload.Place(name)} is missing (expected an amount).");

    /// <summary>An amount in minor units; null where neither the set nor the plain field is there.</summary>
    public long? MinorOrNull(Payload payload, string name, string set)
    {
        if (payload.ObjectOrNull(set)?.ObjectOrNull("shop_money") is { } money)
        {
            if (money.CurrencyOrNull("currency_code") is { } named && named != currency)
            {
                throw new UnreadableDeliveryException(
                    $"{payload.Place(set)}.shop_money is in {named.Code}, but the order is in {currency.Code}.");
            }

            return money.Minor("amount", currency);
        }

        if (setsOnly && payload.Has(name))
        {
            throw new UnreadableDeliveryException(
                $"{payload.Place(name)} has no shop_money, and the order names two currencies.");
        }

        return payload.MinorOrNull(name, currency);
    }

    /// <summary>A total that is only compared, in minor units; null where it is not told in the shop's own money, or is no amount.</summary>
    public long? MinorToCompareOrNull(Payload payload, string name, string set) =>
        payload.ObjectOrNull(set)?.ObjectOrNull("shop_money") is { } money
            ? money.TextOrNull("currency_code") == currency.Code ? money.MinorRoundedOrNull("amount", currency) : null
            : setsOnly ? null : payload.MinorRoundedOrNull(name, currency);

    /// <summary>As <see cref="Minor"/>, for amounts that a shop's own sums never make negative.</summary>
    public long MinorNotNegative(Payload payload, string name, string set) => NotNegative(payload, name, Minor(payload, name, set));

    public long MinorNotNegativeOrZero(Payload payload, string name, string set) =>
        MinorOrNull(payload, name, set) is { } minor ? NotNegative(payload, name, minor) : 0;

    private static long NotNegative(Payload payload, string name, long minor) => minor >= 0
        ? minor
        : throw new UnreadableDeliveryException($"{payload.Place(name)} is negative.");
}
