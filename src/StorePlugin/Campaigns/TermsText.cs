// Terms in words that an ambassador understands.
using StorePlugin.Pages;
using StorePlugin.Webhooks;

namespace StorePlugin.Campaigns;

internal static class TermsText
{
    private const string Base = "of its products after discounts, without tax and shipping";

    /// <summary>What one ambassador earns, in sentences.</summary>
    public static string EarningOf(Terms terms, string ambassadorId)
    {
        var sentences = new List<string>
        {
            terms.Flat is { } flat
                ? $"{Words.Of(Amount(terms, flat.AmountMinor))} for each {(flat.PerItem ? "item that is kept" : "order")}, and never more than the order comes to, {Base}."
                : $"{Words.Percent(terms.RateOf(ambassadorId, productId: null).RateBp)} of each order: {Base}.",
        };
        if (terms.Rates?.Any(rate => rate.ProductId is not null && (rate.AmbassadorId is null || rate.AmbassadorId == ambassadorId)) is true)
        {
            sentences.Add("For some products it is another share.");
        }

        if (terms.Tiers is { } tiers)
        {
            sentences.Add($"With what you bring it rises to {Words.Percent(tiers.Levels[^1].RateBp)}.");
        }

        if (terms.ExcludedProducts is { Length: > 0 })
        {
            sentences.Add("Some products earn nothing.");
        }

        if (terms.MinimumOrderMinor is { } minimum)
        {
            sentences.Add($"An order must come to {Words.Of(Amount(terms, minimum))}.");
        }

        if (terms.MaximumCommissionMinor is { } maximum)
        {
            sentences.Add($"No order earns more than {Words.Of(Amount(terms, maximum))}.");
        }

        return string.Join(' ', sentences);
    }

    private static Money Amount(Terms terms, long minor) =>
        new(minor, terms.Currency ?? throw new System.Diagnostics.UnreachableException("Terms that state an amount state its currency."));
}
