// Which patterns over an ambassador's many orders ask for a look before an order is released: values in, values out.
using System.Collections.Immutable;
using System.Globalization;

namespace StorePlugin.Abuse;

/// <summary>What is known of one ambassador where one order of theirs is judged.</summary>
internal sealed record PatternStatistics
{
    /// <summary>Referred orders in the 24 hours up to the order, with it.</summary>
    public long DayOrders { get; init; }

    /// <summary>Referred orders in the 28 days before those 24 hours.</summary>
    public long MonthOrders { get; init; }

    /// <summary>Of <see cref="DayOrders"/> those that came by a code alone, without a click of the ambassador's link.</summary>
    public long DayWithoutClick { get; init; }

    public long MonthWithoutClick { get; init; }

    /// <summary>Clicks of the ambassador's link that came from sites of coupons in the 24 hours.</summary>
    public long CouponClicks { get; init; }

    /// <summary>Places where a code of the ambassador's was published, as known at the release; those that had ended at the order's instant are none.</summary>
    public long PublishedLeaks { get; init; }

    /// <summary>All paid orders of the ambassador, and those of which something was refunded, as known at the release.</summary>
    public long Orders { get; init; }

    public long RefundedOrders { get; init; }

    /// <summary>Other people among the store's ambassadors who are paid to the same destination.</summary>
    public long Sharing { get; init; }

    /// <summary>The domain of the ambassador's e-mail address where it is a disposable one.</summary>
    public string? DisposableDomain { get; init; }

    /// <summary>How long the ambassador had been approved at the order's instant.</summary>
    public TimeSpan Age { get; init; }
}

internal static class Patterns
{
    public const string Destination = "F2";
    public const string Velocity = "F4";
    public const string Leak = "F5";
    public const string Refunds = "F6";

    /// <summary>The rules that an ambassador can be exempted from (rule F7).</summary>
    public static readonly ImmutableArray<string> Rules = [Destination, Velocity, Leak, Refunds];

    public const int MonthDays = 28;

    public static readonly TimeSpan Day = TimeSpan.FromHours(24);

    private static readonly TimeSpan YoungFor = TimeSpan.FromDays(7);

    private const int VelocityMin = 25;
    private const int VelocityTimes = 6;
    private const int LeakTimes = 3;

    // Fewer are no pattern: of one order a day each single code spoken aloud would be a whole day's share.
    private const int LeakMin = 3;

    private const int RefundsOrdersMin = 8;
    private const int RefundsOneOf = 4;

    /// <summary>Whether the 24 hours alone can be a pattern, so that the days before them have to be known.</summary>
    public static bool NeedMonth(long dayOrders, long dayWithoutClick) => dayOrders >= VelocityMin || dayWithoutClick >= LeakMin;

    /// <summary>Whether the share of uses without a click calls for a look at where clicks came from.</summary>
    public static bool IsLeak(PatternStatistics of) =>
        of.DayWithoutClick >= LeakMin && of.MonthOrders > 0
        && of.DayWithoutClick * of.MonthOrders >= LeakTimes * of.MonthWithoutClick * of.DayOrders;

    /// <summary>The findings, in the order of their rules. A notice alone stops nothing (rule H3).</summary>
    public static ImmutableArray<PatternFinding> Find(PatternStatistics of)
    {
        var isBurst = of.DayOrders >= VelocityMin && of.DayOrders * MonthDays >= VelocityTimes * of.MonthOrders;
        var isLeak = IsLeak(of);
        var isRefunded = of.Orders >= RefundsOrdersMin && of.RefundedOrders * RefundsOneOf >= of.Orders;
        var isYoung = of.Age < YoungFor;
        var isShared = of.Sharing > 0;
        var isThrowaway = of.DisposableDomain is not null && (isShared || isBurst || isLeak || isRefunded || isYoung);

        var findings = ImmutableArray.CreateBuilder<PatternFinding>();
        if (isShared || isThrowaway)
        {
            findings.Add(new PatternFinding(Destination, Severity.Review, DestinationInputs(of, isThrowaway), DestinationWhy(of, isShared, isThrowaway)));
        }

        if (isBurst)
        {
            // A launch or a famous post brings as many: only together with something else it asks for a person.
            var second = isShared || of.DisposableDomain is not null || isRefunded || isYoung;
            findings.Add(new PatternFinding(
                Velocity, second ? Severity.Review : Severity.Notice,
                [new("ordersIn24Hours", of.DayOrders), new("ordersIn28DaysBefore", of.MonthOrders), new("accountDays", (long)of.Age.TotalDays)],
                Words($"{of.DayOrders} referred orders within 24 hours, against {Rounded(of.MonthOrders, MonthDays)} a day in the 28 days before.")));
        }

        if (isLeak)
        {
            // Codes that are spoken aloud have no clicks either.
            findings.Add(new PatternFinding(
                Leak, of.CouponClicks > 0 || of.PublishedLeaks > 0 ? Severity.Review : Severity.Notice,
                [
                    new("withoutClickIn24Hours", of.DayWithoutClick), new("ordersIn24Hours", of.DayOrders),
                    new("withoutClickIn28DaysBefore", of.MonthWithoutClick), new("ordersIn28DaysBefore", of.MonthOrders), new("couponSiteClicks", of.CouponClicks),
                    new("publishedLeaks", of.PublishedLeaks),
                ],
                LeakWhy(of)));
        }

        if (isRefunded)
        {
            findings.Add(new PatternFinding(
                Refunds, Severity.Review, [new("refundedOrders", of.RefundedOrders), new("orders", of.Orders)],
                Words($"{of.RefundedOrders} of the ambassador's {of.Orders} orders were refunded, wholly or in part.")));
        }

        return findings.DrainToImmutable();
    }

    private static ImmutableArray<FindingInput> DestinationInputs(PatternStatistics of, bool isThrowaway) => isThrowaway
        ? [new("othersPaidThere", of.Sharing), new("disposableDomain", Word: of.DisposableDomain), new("accountDays", (long)of.Age.TotalDays)]
        : [new("othersPaidThere", of.Sharing)];

    private static string DestinationWhy(PatternStatistics of, bool isShared, bool isThrowaway)
    {
        const string Throwaway = "The ambassador's e-mail address is of a disposable kind, and more speaks against it.";
        var shared = of.Sharing == 1
            ? "Another ambassador of the store is paid to the same account."
            : Words($"{of.Sharing} other ambassadors of the store are paid to the same account.");
        return (isShared, isThrowaway) switch
        {
            (true, true) => $"{shared} {Throwaway}",
            (true, false) => shared,
            _ => Throwaway,
        };
    }

    private static string LeakWhy(PatternStatistics of)
    {
        var share = Words($"{of.DayWithoutClick} of {of.DayOrders} orders within 24 hours came by the code without a click, against {of.MonthWithoutClick} of {of.MonthOrders} in the 28 days before.");
        return of.PublishedLeaks > 0 ? $"{share} A code was published." : share;
    }

    private static string Rounded(long number, long by) => (number / (decimal)by).ToString("0.#", CultureInfo.InvariantCulture);

    private static string Words(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
