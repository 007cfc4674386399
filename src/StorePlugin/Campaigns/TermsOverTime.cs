// Terms that look at more than one order: tiers, caps over a period, renewals, and customers who stay bound.
using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace StorePlugin.Campaigns;

/// <summary>What a tier counts (rule L1), over an ambassador's earlier orders of the campaign.</summary>
internal enum TierMetric
{
    /// <summary>Commission base net of refunds, in minor units of the terms' currency.</summary>
    NetSales,
    Orders,
    NewCustomers,
}

/// <summary>Over which time a tier or a cap counts (rule L1).</summary>
internal enum PeriodKind
{
    /// <summary>The month of the order's instant in the store's time zone (rule M4).</summary>
    CalendarMonth,

    /// <summary>So many days of 24 hours before the order's instant.</summary>
    RollingDays,
    Lifetime,
}

/// <param name="Days">1 to <see cref="DaysMax"/> for rolling days; else null.</param>
internal sealed record TermsPeriod(PeriodKind Kind, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? Days = null)
{
    public const long DaysMax = 366;
}

/// <summary>Shares that rise with what an ambassador has brought before (rules L1 to L5); they stand in for the campaign's own share.</summary>
/// <param name="WholeOrder">True: the whole order earns the share of its position; null: only the part beyond a threshold earns the next one (rule L3).</param>
/// <param name="Levels">Rising thresholds with rising shares. Below the first the campaign's own share counts.</param>
internal sealed record Tiers(
    TierMetric Metric,
    TermsPeriod Period,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? WholeOrder,
    ImmutableArray<TierLevel> Levels)
{
    public const int LevelsMax = 20;

    /// <summary>The share at a position; thresholds are inclusive (rule L5).</summary>
    public long RateAt(long position, long below)
    {
        var rate = below;
        foreach (var level in Levels)
        {
            if (position >= level.From)
            {
                rate = level.RateBp;
            }
        }

        return rate;
    }
}

/// <summary>From where on a share counts: one of the two, as the metric has it.</summary>
internal sealed record TierLevel(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? FromMinor,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? FromCount,
    long RateBp)
{
    [JsonIgnore]
    public long From => FromMinor ?? FromCount ?? 0;
}

/// <summary>The most that one ambassador earns over a period (rule B8).</summary>
internal sealed record PeriodCap(long MaximumMinor, TermsPeriod Period);

/// <summary>Renewals of a subscription that earn after its first order (rule T14): so many, or for so many months. One of the two.</summary>
internal sealed record RenewalTerms(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? Count,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? Months)
{
    public const long CountMax = 120;
    public const long MonthsMax = 120;
}

/// <summary>Customers stay the ambassador's who brought them (rule T8).</summary>
/// <param name="Orders">For so many orders at most; null: only the days count.</param>
internal sealed record BindingTerms(
    long Days, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? Orders)
{
    public const long DaysDefault = 365;
    public const long DaysMax = 3650;
    public const long OrdersMax = 1000;

    [JsonIgnore]
    public TimeSpan Time => TimeSpan.FromDays(Days);
}

/// <summary>The classes of evidence whose order a campaign may change (rule T1).</summary>
internal enum TouchClass
{
    Code,
    Link,
    Customer,
}
