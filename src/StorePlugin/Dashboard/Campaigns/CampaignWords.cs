// How the campaigns' pages say states, objectives, differences and what an order costs.
using StorePlugin.Campaigns;
using StorePlugin.Dashboard.Payouts;
using StorePlugin.Pages;
using StorePlugin.Stores;
using StorePlugin.Webhooks;

namespace StorePlugin.Dashboard.Campaigns;

/// <summary>How far a campaign is with its objective.</summary>
/// <param name="Text">As a sentence.</param>
/// <param name="Percent">0 to 100, for a bar; more is not shown as more.</param>
public sealed record ProgressModel(string Text, long Percent);

/// <summary>What a typical order costs by some terms.</summary>
/// <param name="Scale">What order that is, as a sentence.</param>
/// <param name="Cost">What of it the friend saves and the ambassador earns, as a sentence.</param>
/// <param name="Besides">What the ambassador gets that is no commission; null where there is nothing.</param>
public sealed record CostModel(string Scale, string Cost, string? Besides);

internal static class CampaignWords
{
    private const int PercentMax = 100;

    /// <summary>What is said where a campaign's amounts are in a currency that nobody has told yet.</summary>
    private const string NoCurrency = "The store's currency is not known yet.";

    public static Badge Of(string state) => state switch
    {
        "draft" => new Badge("held", "Draft"),
        "live" => new Badge("approved", "Live"),
        "paused" => new Badge("review", "Paused"),
        "ended" => new Badge("none", "Ended"),
        _ => new Badge("none", state),
    };

    /// <summary>What a state means, as a sentence.</summary>
    public static string Meaning(string state) => state switch
    {
        "draft" => "It credits nothing and pays nothing until it is launched.",
        "live" => "Orders count from its launch on.",
        "paused" => "Orders that are placed now earn nothing. What was earned before goes its way.",
        "ended" => "New orders earn nothing, for good. What was earned before goes its way.",
        _ => "",
    };

    /// <summary>The metrics of objectives, as a form offers them.</summary>
    public static IReadOnlyList<(string Word, string Says)> Metrics { get; } =
        [("orders", "credited orders"), ("net_sales", "net sales"), ("new_customers", "new customers"), ("clicks", "clicks")];

    /// <summary>How far it is; net sales count in the store's currency alone (rule M1).</summary>
    public static ProgressModel ProgressOf(ObjectiveProgress progress, Store store) => new(
        $"{Figure(progress.Objective.Metric, progress.Reached, store)} of {TargetOf(progress.Objective, store)}, "
            + $"to be reached by {new StoreTime(store).Day(progress.Objective.By)}: {Words.Of(progress.Percent)}\u00A0%.",
        Math.Min(progress.Percent, PercentMax));

    public static string TargetOf(Objective objective, Store store) => objective.Metric switch
    {
        "orders" => Words.Count(objective.Target, "credited order", "credited orders"),
        "new_customers" => Words.Count(objective.Target, "new customer", "new customers"),
        "clicks" => Words.Count(objective.Target, "click", "clicks"),
        _ => $"{Figure(objective.Metric, objective.Target, store)} of net sales",
    };

    /// <summary>A difference of two counts.</summary>
    public static string Signed(long count) => (count > 0 ? "+" : count < 0 ? "\u2212" : "") + Words.Of(Math.Abs(count));

    /// <summary>Changes of terms as sentences, each with what it means for the ambassadors, until their letters are used up.</summary>
    public static IReadOnlyList<string> Changes(IReadOnlyList<TermChange> changes, int lengthMax)
    {
        var said = new List<string>(changes.Count);
        var left = lengthMax;
        foreach (var change in changes)
        {
            var text = Words.Cut($"{char.ToUpperInvariant(change.ToString()[0])}{change.ToString().AsSpan(1)}", Math.Min(left, lengthMax / 2));
            said.Add($"{text}. {(change.IsWorse ? "Worse" : "Better")} for ambassadors.");
            left -= text.Length;
            if (left <= 0 && said.Count < changes.Count)
            {
                said.Add($"And {Words.Count(changes.Count - said.Count, "more change", "more changes")}.");
                break;
            }
        }

        return said;
    }

    /// <summary>What an order of usual size costs by the terms, decided by the engine; null until the store's currency is known.</summary>
    public static CostModel? CostOf(Terms terms, TypicalOrder? typical)
    {
        if (typical is null)
        {
            return null;
        }

        var order = Words.Of(typical.Amount);
        var cost = RulesExamples.CostOf(terms, typical.Amount.Currency, typical.Amount.Minor);
        return new CostModel(
            typical.Orders == 0
                ? $"No paid order of the last {TypicalOrder.Days} days is known: one of {order} is taken in its place."
                : $"A typical order comes to {order}: the median of {Words.Count(typical.Orders, "paid order", "paid orders")} of the last {TypicalOrder.Days} days.",
            CostSentence(cost),
            terms.AdvocateReward is { } reward ? $"Besides, an approved order brings the ambassador {TermsText.CodeOf(reward.Code, terms.Currency)}." : null);
    }

    private static string CostSentence(OrderCost cost)
    {
        var (discount, commission) = (Say(cost.DiscountMinor), Say(cost.CommissionMinor));
        return $"Of such an order that comes with a code the friend saves {discount} and the ambassador earns {commission}"
            + (cost.CommissionMinor == 0 ? ", since it is too small or earns none" : "")
            + $". Together that is {Say(cost.DiscountMinor + cost.CommissionMinor)}, or {Words.Percent(cost.ShareBp)} of it.";

        string Say(long minor) => Words.Of(new Money(minor, cost.Order.Currency));
    }

    private static string Figure(string metric, long number, Store store) => metric != "net_sales" ? Words.Of(number)
        : store.Currency is { } currency ? Words.Of(number, currency)
        : NoCurrency;
}
