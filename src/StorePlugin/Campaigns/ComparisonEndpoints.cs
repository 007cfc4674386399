// The API's call that sets two campaigns side by side.
using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using StorePlugin.Stores;

namespace StorePlugin.Campaigns;

internal sealed record ComparisonView(
    [property: Description("The first instant that counts; null for the whole life.")] DateTimeOffset? From,
    [property: Description("The first instant that counts no more; null for the whole life.")] DateTimeOffset? To,
    [property: Description("The campaign of the path, then the other.")] IReadOnlyList<ComparedCampaignView> Campaigns);

internal sealed record ComparedCampaignView(
    string Id,
    string Name,
    string State,
    [property: Description("Those who had joined by the end of the interval.")] long Ambassadors,
    [property: Description("Those of the last 13 months, and older ones that led to an order.")] long Clicks,
    [property: Description("Orders that were credited, with those reversed since, in all currencies.")] long CreditedOrders,
    [property: Description("One for each currency that has orders; amounts of two currencies are never added.")] IReadOnlyList<ComparedCurrencyView> Currencies);

internal sealed record ComparedCurrencyView(
    string Currency,
    long CreditedOrders,
    [property: Description("What commission is counted on: after discounts, without tax and shipping, and without what was refunded.")] Amount NetSales,
    [property: Description("All states, as the ledger has it; what is reversed is 0.")] Amount Commission,
    IReadOnlyList<StateCommissionView> CommissionByState);

internal sealed record StateCommissionView(
    [property: Description("The state of the orders: held, review, approved, in_payout or paid.")] string State, Amount Amount);

internal static class ComparisonEndpoints
{
    public static void MapComparison(this IEndpointRouteBuilder campaigns) =>
        campaigns.MapGet("/{id}/comparison", Compare).WithName("compareCampaigns").WithSummary("Two campaigns side by side, from the books.")
            .WithDescription("Orders count by their own instant, clicks by theirs.")
            .ProducesProblem(StatusCodes.Status404NotFound);

    private static async Task<Results<Ok<ComparisonView>, ProblemHttpResult>> Compare(
        ApiCaller caller,
        string id,
        CampaignDb campaigns,
        CampaignComparison comparison,
        [FromQuery(Name = "with"), Description("The id of the other campaign.")] string? other,
        [FromQuery(Name = "from"), Description("An instant, or a date, which means its beginning in the store's time zone. Absent: the whole life.")] string? fromText,
        [FromQuery(Name = "to"), Description("An instant, which is left out, or a date, which is counted whole. Absent: until now and beyond.")] string? toText,
        CancellationToken cancel)
    {
        var errors = new Dictionary<string, string[]>(StringComparer.Ordinal);
        if (string.IsNullOrEmpty(other))
        {
            errors["with"] = ["is missing; it names the other campaign"];
        }
        else if (other == id)
        {
            errors["with"] = ["must be another campaign"];
        }

        var from = Read("from", fromText, DateOrInstant.Beginning);
        var to = Read("to", toText, DateOrInstant.End);
        if (from >= to)
        {
            errors["to"] = ["must lie after from"];
        }

        if (errors.Count > 0)
        {
            return Problems.Fields(errors);
        }

        if (await campaigns.FindAsync(caller.Store, id, cancel) is not { } one
            || await campaigns.FindAsync(caller.Store, other!, cancel) is not { } second)
        {
            return CampaignEndpoints.Unknown;
        }

        var interval = new ComparedInterval(from, to);
        return TypedResults.Ok(new ComparisonView(from, to, [await ShowAsync(one), await ShowAsync(second)]));

        async Task<ComparedCampaignView> ShowAsync(Campaign campaign) =>
            Show(campaign, await comparison.OfAsync(caller.Store, campaign.Id, interval, cancel));

        DateTimeOffset? Read(string name, string? text, Func<string, Store, DateTimeOffset?> read)
        {
            var instant = text is null ? null : read(text, caller.Store);
            if (text is not null && instant is null)
            {
                errors[name] = [DateOrInstant.Wanted];
            }

            return instant;
        }
    }

    private static ComparedCampaignView Show(Campaign campaign, CampaignFigures figures) => new(
        campaign.Id,
        campaign.Name,
        campaign.State,
        figures.Ambassadors,
        figures.Clicks,
        figures.Orders,
        [.. figures.Currencies.Select(Show)]);

    private static ComparedCurrencyView Show(CurrencyFigures figures) => new(
        figures.Currency,
        figures.Orders,
        new Amount(figures.NetMinor, figures.Currency),
        new Amount(figures.CommissionMinor, figures.Currency),
        [.. figures.Commission.Select(part => new StateCommissionView(part.State, new Amount(part.Minor, figures.Currency)))]);
}
