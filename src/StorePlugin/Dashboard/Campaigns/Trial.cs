// The back-test of a change on a page: what past orders came to, what they would have come to, and for whom that is more or less.
using System.Globalization;
using StorePlugin.Campaigns;
using StorePlugin.Pages;
using StorePlugin.Stores;

namespace StorePlugin.Dashboard.Campaigns;

/// <param name="Refusal">Why it was not tried; null where it was, and then the rest is set.</param>
/// <param name="Orders">How many orders lie in the period, and how many of them were decided again, as sentences.</param>
/// <param name="Finding">That orders are booked otherwise than the terms of their time say; null where none is.</param>
public sealed record TrialModel(Moment From, Moment To, string? Refusal, string Orders, string? Finding, bool IsEqual, IReadOnlyList<TrialCurrency> Currencies);

/// <summary>One currency; amounts of two are never added (rule M1).</summary>
/// <param name="Rows">Figure by figure: as it was, by the new terms, and the difference.</param>
public sealed record TrialCurrency(string Currency, IReadOnlyList<TrialRow> Rows, string Sentence, GainPlotModel? Plot);

/// <param name="Difference">Empty where there is none to be told.</param>
public sealed record TrialRow(string Figure, string Before, string After, string Difference);

/// <summary>Gains and losses by ambassador, on both sides of a line that stands for no change.</summary>
/// <param name="Summary">What the picture shows, in words.</param>
/// <param name="Others">How many have a smaller difference; null where nobody has.</param>
public sealed record GainPlotModel(string Currency, string Summary, IReadOnlyList<GainBar> Bars, string? Others)
{
    /// <summary>What one ambassador takes of the picture's height, in pixels.</summary>
    public const int BarHeight = 44;

    public int Height => Bars.Count * BarHeight;
}

/// <param name="From">Where the bar begins, in percent of the width.</param>
/// <param name="Width">In percent of the width.</param>
/// <param name="Path">Of the ambassador's page; null where nobody is known by the id any more.</param>
public sealed record GainBar(string Name, string? Path, string Before, string After, string Difference, bool IsGain, string From, string Width);

internal static class Trial
{
    private const int NameLengthMax = 28;

    // The line that stands for no change, and the longest bar beside it, in tenths of a percent of the width.
    private const long Middle = 500;
    private const long LongestBar = 480;

    /// <summary>Reads only. It is bounded as the API's call is, and takes its turn with it.</summary>
    public static async Task<TrialModel> RunAsync(CampaignSources sources, Store store, Campaign campaign, Terms terms, int days, CancellationToken cancel)
    {
        var (now, time) = (sources.Clock.GetUtcNow(), new StoreTime(store));
        var interval = new ComparedInterval(now.AddDays(-days), now);
        var empty = new TrialModel(time.At(interval.From!.Value), time.At(now), null, "", null, true, []);
        if (await sources.BackTest.CountAsync(store, interval, cancel) is var orders and > BackTestEndpoints.OrdersMax)
        {
            return empty with
            {
                Refusal = $"It was not tried: the period holds {Words.Of(orders)} orders, and a page waits for {Words.Of(BackTestEndpoints.OrdersMax)} at most. "
                    + "Choose a shorter period, or ask whoever runs this program for the command backtest.",
            };
        }

        var result = await BackTestEndpoints.InTurnAsync(sources.BackTest, store, new BackTestQuestion(campaign, terms, interval), cancel);
        return empty with
        {
            Orders = OrdersOf(result),
            Finding = result.Unexplained == 0
                ? null
                : $"{Words.Count(result.Unexplained, "order is", "orders are")} booked otherwise than the terms of their time say. Tell whoever runs this program.",
            IsEqual = result.IsEqual,
            Currencies = [.. result.Currencies.Select(Of)],
        };
    }

    private static string OrdersOf(BackTestResult result)
    {
        var text = $"{Words.Count(result.Orders, "order lies", "orders lie")} in this period. {Words.Count(result.LookedAt, "carries", "carry")} a code or link of the campaign and "
            + $"{(result.LookedAt == 1 ? "was" : "were")} decided again; {Words.Count(result.Untouched, "does", "do")} not and {(result.Untouched == 1 ? "is" : "are")} the same under any terms.";
        return result.WithoutEvidence == 0 ? text
            : $"{text} {Words.Count(result.WithoutEvidence, "order was", "orders were")} decided before the evidence of decisions was kept, and left out.";
    }

    private static TrialCurrency Of(BackTestCurrency of)
    {
        return new TrialCurrency(
            of.Currency,
            [
                new TrialRow("Orders credited", Words.Of(of.Before.CreditedOrders), Words.Of(of.After.CreditedOrders), CampaignWords.Signed(of.After.CreditedOrders - of.Before.CreditedOrders)),
                new TrialRow("Net sales", Amount(of.NetMinor), Amount(of.NetMinor), ""),
                new TrialRow("Commission", Amount(of.Before.CommissionMinor), Amount(of.After.CommissionMinor), Words.Signed(of.DifferenceMinor, of.Currency)),
                new TrialRow("Left after commission", Amount(of.Before.MarginMinor), Amount(of.After.MarginMinor), Words.Signed(of.After.MarginMinor - of.Before.MarginMinor, of.Currency)),
                new TrialRow("Friends' discounts", Amount(of.FriendDiscountMinor), Amount(of.FriendDiscountMinor), ""),
            ],
            $"{Words.Count(of.Gaining, "order earns", "orders earn")} more and {Words.Count(of.Losing, "earns", "earn")} less; {Words.Count(of.NewlyCredited, "is", "are")} newly credited, "
            + $"{Words.Count(of.NoLongerCredited, "is", "are")} no longer credited, {Words.Count(of.Moved, "counts", "count")} for another ambassador.",
            PlotOf(of));

        string Amount(long minor) => Words.Of(minor, of.Currency);
    }

    private static GainPlotModel? PlotOf(BackTestCurrency of)
    {
        // Gains from the greatest on, then losses to the greatest: the picture goes from one end to the other.
        var people = of.GreatestGains.Concat(of.GreatestLosses.Reverse()).ToList();
        if (people.Count == 0)
        {
            return null;
        }

        var greatest = people.Max(person => Math.Abs(person.DifferenceMinor));
        var others = of.AmbassadorsGaining + of.AmbassadorsLosing - people.Count;
        return new GainPlotModel(
            of.Currency,
            $"{Words.Count(of.AmbassadorsGaining, "ambassador gains", "ambassadors gain")} and {Words.Count(of.AmbassadorsLosing, "loses", "lose")}. "
                + $"{Extreme(of.GreatestGains, "gains")}{Extreme(of.GreatestLosses, "loses")}".TrimEnd(),
            [.. people.Select(person => BarOf(person, of.Currency, greatest))],
            others == 0 ? null : $"{Words.Count(others, "other has", "others have")} a smaller difference.");

        string Extreme(IReadOnlyList<BackTestAmbassador> those, string does) =>
            those is [var first, ..] ? $"{NameOf(first)} {does} most: {Words.Of(Math.Abs(first.DifferenceMinor), of.Currency)}. " : "";
    }

    private static GainBar BarOf(BackTestAmbassador person, string currency, long greatest)
    {
        // The shortest bar is still one.
        var width = Math.Max(2, (long)((Int128)Math.Abs(person.DifferenceMinor) * LongestBar / greatest));
        var isGain = person.DifferenceMinor > 0;
        return new GainBar(
            NameOf(person),
            person.Name is null ? null : DashboardEndpoints.PathOf(person.Id),
            Words.Of(person.BeforeMinor, currency),
            Words.Of(person.AfterMinor, currency),
            Words.Signed(person.DifferenceMinor, currency),
            isGain,
            Tenths(isGain ? Middle : Middle - width),
            Tenths(width));
    }

    private static string NameOf(BackTestAmbassador person) =>
        person.Name is not { } name ? "Somebody who was erased"
        : new StringInfo(name) is { LengthInTextElements: > NameLengthMax } letters ? letters.SubstringByTextElements(0, NameLengthMax - 1) + "…"
        : name;

    private static string Tenths(long tenths) => string.Create(CultureInfo.InvariantCulture, $"{tenths / 10}.{tenths % 10}%");
}
