// Terms that look at more than one order, as the API and a file of terms state them.
using System.Collections.Immutable;
using System.ComponentModel;

namespace StorePlugin.Campaigns;

internal sealed record TierLevelRequest(
    [property: Description("Percent of the net sale from there on, with two decimals at most: 0 to 100.")] decimal Percent,
    [property: Description("The threshold for net_sales: an amount in the store's currency, or absent for 0.")] Amount? From = null,
    [property: Description("The threshold for orders and new_customers.")] int? FromCount = null);

internal sealed record TiersRequest(
    [property: Description("net_sales, orders or new_customers: of the ambassador's earlier orders in the period.")] string Metric,
    [property: Description("calendar_month (when absent), rolling or lifetime.")] string? Period,
    [property: Description("For rolling: 1 to 366.")] int? Days,
    [property: Description("marginal (when absent): only what lies beyond a threshold earns its share; whole_order: the whole order earns the share of its position.")]
    string? Mode,
    [property: Description("Thresholds and shares that rise, 20 at most.")] IReadOnlyList<TierLevelRequest> Levels);

internal sealed record PeriodCapRequest(
    [property: Description("The most that one ambassador earns in the period.")] Amount Maximum,
    [property: Description("calendar_month (when absent), rolling or lifetime.")] string? Period = null,
    [property: Description("For rolling: 1 to 366.")] int? Days = null);

internal sealed record RenewalsRequest(
    [property: Description("How many renewals earn after the first order, 1 to 120; this or months.")] int? Count = null,
    [property: Description("For how many months after the first order renewals earn, 1 to 120.")] int? Months = null);

internal sealed record BindingRequest(
    [property: Description("How long a customer stays the ambassador's after the first order: 1 to 3650; 365 when absent.")] int? Days = null,
    [property: Description("For how many orders at most, 1 to 1000; absent: only the days count.")] int? Orders = null);

/// <summary>Reads these terms and notes on the fields what is wrong.</summary>
internal static class TermsOverTimeRequest
{
    private const long AmountMax = 1_000_000_000_000;
    private const long CountMax = 1_000_000;

    public static Tiers? ReadTiers(Fields? tiers, string? currencyCode, long commissionBp, FlatCommission? flat)
    {
        if (tiers is null)
        {
            return null;
        }

        tiers.RefuseOthersThan("metric", "period", "days", "mode", "levels");
        var metric = ReadMetric(tiers);
        if (flat is not null)
        {
            tiers.Refuse("levels", "are shares, and do not go with a fixed commission");
        }

        var period = ReadPeriod(tiers);
        var whole = tiers.OptionalChoice("mode", "marginal", "whole_order") is "whole_order";
        var levels = ReadLevels(tiers, metric, currencyCode);
        if (!Rise(levels, commissionBp))
        {
            tiers.Refuse("levels", "must rise: each threshold and each percent above the one before, and the first percent not below the commission");
        }

        return new Tiers(metric ?? TierMetric.NetSales, period, whole ? true : null, levels);
    }

    public static PeriodCap? ReadCap(Fields? cap, string? currencyCode)
    {
        if (cap is null)
        {
            return null;
        }

        cap.RefuseOthersThan("maximum", "period", "days");
        if (!cap.Has("maximum"))
        {
            cap.Refuse("maximum", "is missing");
        }

        return new PeriodCap(cap.OptionalAmount("maximum", currencyCode, AmountMax) ?? 0, ReadPeriod(cap));
    }

    public static RenewalTerms? ReadRenewals(Fields? renewals)
    {
        if (renewals is null)
        {
            return null;
        }

        renewals.RefuseOthersThan("count", "months");
        if (renewals.Has("count") == renewals.Has("months"))
        {
            renewals.Refuse("count", "or months must be given, and not both");
            return null;
        }

        return renewals.Has("count")
            ? new RenewalTerms(renewals.Whole("count", 1, RenewalTerms.CountMax), null)
            : new RenewalTerms(null, renewals.Whole("months", 1, RenewalTerms.MonthsMax));
    }

    public static BindingTerms? ReadBinding(Fields? binding)
    {
        if (binding is null)
        {
            return null;
        }

        binding.RefuseOthersThan("days", "orders");
        return new BindingTerms(
            binding.Whole("days", 1, BindingTerms.DaysMax, BindingTerms.DaysDefault), binding.Has("orders") ? binding.Whole("orders", 1, BindingTerms.OrdersMax) : null);
    }

    public static ImmutableArray<TouchClass>? ReadPrecedence(Fields fields)
    {
        if (!fields.Has("precedence"))
        {
            return null;
        }

        var classes = fields.OptionalTexts("precedence").Select(ClassOf).ToList();
        if (classes.Count != 3 || classes.Contains(null) || classes.Distinct().Count() != 3)
        {
            fields.Refuse("precedence", "must name code, link and customer, each once, strongest first");
            return null;
        }

        ImmutableArray<TouchClass> order = [.. classes.OfType<TouchClass>()];
        return order.SequenceEqual([TouchClass.Code, TouchClass.Link, TouchClass.Customer]) ? null : order;
    }

    public static string WordOf(TouchClass touchClass) => touchClass switch
    {
        TouchClass.Code => "code",
        TouchClass.Link => "link",
        TouchClass.Customer => "customer",
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>The same form back.</summary>
    public static TiersRequest? Of(Tiers? tiers, Func<long?, Amount?> amountOf) => tiers is null
        ? null
        : new TiersRequest(
            WordOf(tiers.Metric),
            WordOf(tiers.Period),
            (int?)tiers.Period.Days,
            tiers.WholeOrder is true ? "whole_order" : "marginal",
            [.. tiers.Levels.Select(level => new TierLevelRequest(
                BasisPoints.ToPercent(level.RateBp), level.FromMinor > 0 ? amountOf(level.FromMinor) : null, (int?)level.FromCount))]);

    public static PeriodCapRequest? Of(PeriodCap? cap, Func<long?, Amount?> amountOf) =>
        cap is null ? null : new PeriodCapRequest(amountOf(cap.MaximumMinor)!, WordOf(cap.Period), (int?)cap.Period.Days);

    public static string WordOf(TierMetric metric) => metric switch
    {
        TierMetric.NetSales => "net_sales",
        TierMetric.Orders => "orders",
        TierMetric.NewCustomers => "new_customers",
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    public static string WordOf(TermsPeriod period) => period.Kind switch
    {
        PeriodKind.CalendarMonth => "calendar_month",
        PeriodKind.RollingDays => "rolling",
        PeriodKind.Lifetime => "lifetime",
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static TouchClass? ClassOf(string? word) => word switch
    {
        "code" => TouchClass.Code,
        "link" => TouchClass.Link,
        "customer" => TouchClass.Customer,
        _ => null,
    };

    /// <summary>The member <c>metric</c>; null where it is wrong.</summary>
    public static TierMetric? ReadMetric(Fields fields)
    {
        var word = fields.Text("metric", 1, 40);
        TierMetric? metric = word switch
        {
            "net_sales" => TierMetric.NetSales,
            "orders" => TierMetric.Orders,
            "new_customers" => TierMetric.NewCustomers,
            _ => null,
        };
        if (metric is null && word.Length > 0)
        {
            fields.Refuse("metric", "must be net_sales, orders or new_customers");
        }

        return metric;
    }

    public static TermsPeriod ReadPeriod(Fields fields)
    {
        var kind = fields.OptionalChoice("period", "calendar_month", "rolling", "lifetime") switch
        {
            "rolling" => PeriodKind.RollingDays,
            "lifetime" => PeriodKind.Lifetime,
            _ => PeriodKind.CalendarMonth,
        };
        if ((kind == PeriodKind.RollingDays) != fields.Has("days"))
        {
            fields.Refuse("days", "must be given for a rolling period, and only then");
        }

        return new TermsPeriod(kind, kind == PeriodKind.RollingDays ? fields.Whole("days", 1, TermsPeriod.DaysMax, 1) : null);
    }

    private static ImmutableArray<TierLevel> ReadLevels(Fields tiers, TierMetric? metric, string? currencyCode)
    {
        var levels = tiers.OptionalObjects("levels", Tiers.LevelsMax);
        if (levels.Count == 0)
        {
            tiers.Refuse("levels", $"must be 1 to {Tiers.LevelsMax}");
        }

        return
        [
            .. levels.Select(level =>
            {
                level.RefuseOthersThan("percent", "from", "fromCount");
                if (level.Has(metric == TierMetric.NetSales ? "fromCount" : "from"))
                {
                    level.Refuse(metric == TierMetric.NetSales ? "fromCount" : "from", "does not go with the metric");
                }

                var rate = TermsRequest.ReadPercent(level, exclusiveOfZero: false);
                return metric == TierMetric.NetSales
                    ? new TierLevel(level.OptionalAmount("from", currencyCode, AmountMax) ?? 0, null, rate)
                    : new TierLevel(null, level.Whole("fromCount", 0, CountMax, 0), rate);
            }),
        ];
    }

    private static bool Rise(ImmutableArray<TierLevel> levels, long commissionBp)
    {
        for (var i = 0; i < levels.Length; i++)
        {
            if (i == 0 ? levels[0].RateBp < commissionBp : levels[i].From <= levels[i - 1].From || levels[i].RateBp <= levels[i - 1].RateBp)
            {
                return false;
            }
        }

        return true;
    }
}
