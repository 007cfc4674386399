// The API's calls about the yearly sums from which on payments are to be reported.
using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using StorePlugin.Stores;
using StorePlugin.Webhooks;

namespace StorePlugin.Payouts.Statements;

internal sealed record TaxThresholdRequest(
    [property: Description("Of the payee, a country's two capitals.")] string Country,
    [property: Description("The form that is due from this sum on, 1 to 40 characters.")] string Form,
    [property: Description("The first calendar year it holds for; it holds until another begins.")] long FromYear,
    Amount Amount);

internal sealed record TaxThresholdsRequest([property: Description("200 at most, each country, currency and first year once.")] IReadOnlyList<TaxThresholdRequest> Thresholds);

internal sealed record TaxThresholdView(string Country, string Form, long FromYear, Amount Amount)
{
    public static TaxThresholdView Of(TaxThreshold threshold) => new(threshold.Country, threshold.Form, threshold.FromYear, new Amount(threshold.Minor, threshold.Currency));
}

internal sealed record TaxThresholdsView(
    [property: Description("The store's own, which count in place of the program's of the same first year.")] IReadOnlyList<TaxThresholdView> Own,
    [property: Description("What the program knows; it is no advice.")] IReadOnlyList<TaxThresholdView> Known);

internal static class TaxThresholdEndpoints
{
    private const int YearMin = 2000;
    private const int YearMax = 2200;
    private const long AmountMinorMax = 1_000_000_000_000;

    public static void MapTaxThresholds(this IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/tax-thresholds").WithTags("Statements");
        group.MapGet("", Get).WithName("getTaxThresholds").WithSummary("From what yearly sum on payments to a payee are to be reported, as far as it is known.");
        group.MapPut("", Set).WithName("putTaxThresholds").WithSummary("Replaces the store's own list; an empty one leaves the program's.");
        group.MapDelete("", Remove).WithName("removeTaxThresholds").WithSummary("Drops the store's own list.");
    }

    private static async Task<Ok<TaxThresholdsView>> Get(ApiCaller caller, TaxThresholds thresholds, CancellationToken cancel) =>
        TypedResults.Ok(new TaxThresholdsView(
            [.. (await thresholds.OwnAsync(caller.Store, cancel)).Select(TaxThresholdView.Of)], [.. TaxThresholds.All.Select(TaxThresholdView.Of)]));

    private static async Task<Results<Ok<TaxThresholdsView>, ProblemHttpResult>> Set(
        ApiCaller caller, ApiBody<TaxThresholdsRequest> body, TaxThresholds thresholds, CancellationToken cancel)
    {
        body.Fields.RefuseOthersThan("thresholds");
        body.Fields.DemandMember("thresholds", "an empty list leaves the program's own");
        var own = body.Fields.OptionalObjects("thresholds", TaxThresholds.OwnMax).Select(Read).ToList();
        if (own.DistinctBy(one => (one.Country, one.Currency, one.FromYear)).Count() != own.Count)
        {
            body.Fields.Refuse("thresholds", "must name each country, currency and first year once");
        }

        if (body.Fields.Refusal is { } refusal)
        {
            return refusal;
        }

        await thresholds.ReplaceAsync(caller.Store, own, cancel);
        return await Get(caller, thresholds, cancel);
    }

    private static async Task<Ok<TaxThresholdsView>> Remove(ApiCaller caller, TaxThresholds thresholds, CancellationToken cancel)
    {
        await thresholds.ReplaceAsync(caller.Store, [], cancel);
        return await Get(caller, thresholds, cancel);
    }

    /// <summary>Reads one threshold and notes on the fields what is wrong.</summary>
    public static TaxThreshold Read(Fields fields)
    {
        fields.RefuseOthersThan("country", "form", "fromYear", "amount");
        var country = fields.Text("country", 2, 2);
        if (!Stripe.Route.IsCountry(country))
        {
            fields.Refuse("country", "must be a country's two capitals, such as US");
        }

        var form = fields.Text("form", 1, TaxThresholds.FormLengthMax);
        var year = fields.Whole("fromYear", YearMin, YearMax);
        var (minor, currency) = (0L, "");
        if (fields.Object("amount") is { } amount)
        {
            amount.RefuseOthersThan("minor", "currency");
            minor = amount.Whole("minor", 0, AmountMinorMax);
            currency = amount.Text("currency", 3, 3);
            if (currency.Length > 0 && !Currency.TryParse(currency, out _))
            {
                amount.Refuse("currency", "must be an ISO 4217 code, such as USD");
            }
        }

        return new TaxThreshold(country, form, year, currency, minor);
    }
}
