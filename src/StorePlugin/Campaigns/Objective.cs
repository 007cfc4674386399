// What a campaign is for: a metric, a target and a date. Without one it cannot be launched.
using System.ComponentModel;
using StorePlugin.Stores;

namespace StorePlugin.Campaigns;

/// <param name="Metric"><c>orders</c>, <c>net_sales</c>, <c>new_customers</c> or <c>clicks</c>.</param>
/// <param name="Target">A count, or for net sales minor units of the store's currency.</param>
/// <param name="By">The instant it is to be reached by.</param>
internal sealed record Objective(
    [property: Description(
        "orders (or referred_orders), net_sales (or sales, revenue), new_customers (or customers), or clicks. Capitals, blanks, - and _ do not "
        + "count; answers have the first word.")] string Metric,
    [property: Description("A count; for net_sales, minor units of the store's currency.")] long Target,
    [property: Description("An instant in the future, or a date, which means its end in the store's time zone.")] DateTimeOffset By)
{
    private const int YearsMax = 20;

    /// <summary>Reads an objective and notes on the fields what is wrong.</summary>
    public static Objective Read(Fields fields, Store store, DateTimeOffset now)
    {
        var metric = fields.Text("metric", 1, 40);
        var known = MetricOf(metric);
        if (metric.Length > 0 && known is null)
        {
            fields.Refuse("metric", "must be orders, net_sales, new_customers or clicks");
        }

        var target = fields.Whole("target", 1, long.MaxValue);
        var text = fields.Text("by", 1, 40);
        var by = text.Length == 0 ? null : DateOrInstant.LastSecond(text, store);
        if (text.Length > 0 && by is null)
        {
            fields.Refuse("by", "must be an ISO 8601 date or instant, such as 2026-12-31 or 2026-12-31T18:00:00Z");
        }
        else if (by <= now || by > now.AddYears(YearsMax))
        {
            fields.Refuse("by", $"must lie in the future, within {YearsMax} years");
        }

        return new Objective(known ?? "", target, by ?? now);
    }

    private static string? MetricOf(string text) =>
        text.Replace("_", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal).ToUpperInvariant() switch
        {
            "ORDERS" or "REFERREDORDERS" => "orders",
            "NETSALES" or "SALES" or "REVENUE" => "net_sales",
            "NEWCUSTOMERS" or "CUSTOMERS" => "new_customers",
            "CLICKS" => "clicks",
            _ => null,
        };
}
