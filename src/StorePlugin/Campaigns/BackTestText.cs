// A back-test as a merchant reads it: sentences, and a table for each currency.
using StorePlugin.Demo;
using StorePlugin.Pages;
using StorePlugin.Stores;

namespace StorePlugin.Campaigns;

internal static class BackTestText
{
    public static string Of(Store store, BackTestQuestion question, BackTestResult result)
    {
        var time = new StoreTime(store);
        var parts = new List<string>
        {
            $"Back-test of the campaign {question.Campaign.Name} ({question.Campaign.Id}) of {store.DisplayName}, orders from {When(question.Interval.From)} " +
            $"until {When(question.Interval.To)} ({time.ZoneName}).",
            $"{Words.Count(result.Orders, "order lies", "orders lie")} in this period. {Words.Count(result.LookedAt, "carries", "carry")} a code or link of the campaign and " +
            $"{(result.LookedAt == 1 ? "was" : "were")} decided again by the new terms; " +
            $"{Words.Count(result.Untouched, "does", "do")} not and {(result.Untouched == 1 ? "is" : "are")} the same under any terms.",
        };
        if (result.WithoutEvidence > 0)
        {
            parts.Add($"{Words.Count(result.WithoutEvidence, "order was", "orders were")} decided before the evidence of decisions was kept, and left out.");
        }

        parts.AddRange(result.Currencies.Select(Of));
        if (result.Currencies.Count > 0)
        {
            parts.Add("What friends saved stays as it was given: past prices do not change. Nor do past sales, so what other terms would have sold is not told here.");
        }

        if (result.Unexplained > 0)
        {
            parts.Add(
                $"FINDING: {Words.Count(result.Unexplained, "order is", "orders are")} booked otherwise than the terms of their time say: {string.Join(", ", result.UnexplainedIds)}" +
                $"{(result.Unexplained > result.UnexplainedIds.Count ? " and more" : "")}. The verb rebuild finds the cause.");
        }

        parts.Add(result.IsEqual ? "No difference: the new terms come to the same for every order." : "The new terms come to something else. Nothing was changed.");
        return string.Join(Environment.NewLine + Environment.NewLine, parts);

        string When(DateTimeOffset? instant) => time.At(instant)!.Text;
    }

    private static string Of(BackTestCurrency of)
    {
        var table = new Table(1, [of.Currency, "As it was", "New terms", "Difference"]);
        table.Add("Orders credited", Words.Of(of.Before.CreditedOrders), Words.Of(of.After.CreditedOrders), Signed(of.After.CreditedOrders - of.Before.CreditedOrders));
        table.Add("Net sales", Amount(of.NetMinor), Amount(of.NetMinor), "");
        table.Add("Commission", Amount(of.Before.CommissionMinor), Amount(of.After.CommissionMinor), Words.Signed(of.DifferenceMinor, of.Currency));
        table.Add("Margin left", Amount(of.Before.MarginMinor), Amount(of.After.MarginMinor), Words.Signed(of.After.MarginMinor - of.Before.MarginMinor, of.Currency));
        table.Add("  of net sales", Share(of.Before), Share(of.After), "");
        table.Add("Friends' discounts", Amount(of.FriendDiscountMinor), Amount(of.FriendDiscountMinor), "");
        var text = table + Environment.NewLine +
            $"{Words.Count(of.Gaining, "order earns", "orders earn")} more and {Words.Count(of.Losing, "earns", "earn")} less; {Words.Count(of.NewlyCredited, "is", "are")} newly credited, " +
            $"{Words.Count(of.NoLongerCredited, "is", "are")} no longer credited, {Words.Count(of.Moved, "counts", "count")} for another ambassador. " +
            $"{Words.Count(of.AmbassadorsGaining, "ambassador gains", "ambassadors gain")} and {Words.Count(of.AmbassadorsLosing, "loses", "lose")}.";
        if (of.Ambassadors.Count == 0)
        {
            return text;
        }

        var people = new Table(2, ["Ambassador", "Id", "Orders", "New", "Commission", "New", "Difference"]);
        foreach (var ambassador in of.Ambassadors)
        {
            people.Add(
                ambassador.Name ?? "", ambassador.Id, Words.Of(ambassador.OrdersBefore), Words.Of(ambassador.OrdersAfter), Amount(ambassador.BeforeMinor),
                Amount(ambassador.AfterMinor), Words.Signed(ambassador.DifferenceMinor, of.Currency));
        }

        var others = of.AmbassadorsGaining + of.AmbassadorsLosing - of.Ambassadors.Count;
        return text + Environment.NewLine + Environment.NewLine + people.ToString().TrimEnd() +
            (others > 0 ? $"{Environment.NewLine}{Words.Count(others, "other ambassador has", "other ambassadors have")} a smaller difference." : "");

        string Amount(long minor) => Words.Of(minor, of.Currency);
    }

    private static string Share(BackTestSide side) => side.MarginBp is { } share ? Words.Percent(share) : "";

    private static string Signed(long count) => (count > 0 ? "+" : "") + Words.Of(count);
}
