// The API's list of what was given beside commissions.
using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using StorePlugin.Ambassadors;
using StorePlugin.Campaigns;
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Rewards;

internal sealed record RewardView(
    string Id,
    [property: Description("advocate: for an order that was approved. milestone: for all that the ambassador had brought.")] string Kind,
    [property: Description("What it was given for: the order, or campaign, metric and threshold of the milestone.")] string Cause,
    string AmbassadorId,
    string CampaignId,
    [property: Description("The order whose approval brought it.")] string PlatformOrderId,
    [property: Description(
        "pending_code: the code does not work yet, or the store has not given it. issued: the code works, the store has given it, or the money is in the ledger. used. " +
        "revoked: taken back unused, or being taken back. cost: used, whole or in part, and its order was refunded. refused: the ambassador had the most that the period allows.")]
    string State,
    [property: Description("code, giftCard, storeCredit, or money: a milestone's.")] string Form,
    [property: Description("What the code takes off, in percent.")] decimal? Percent,
    [property: Description("What the code takes off; what the gift card or credit is worth; or money that was added to what is paid out.")] Amount? Amount,
    [property: Description("The least that the order must come to on which the code is used.")] Amount? MinimumOrder,
    [property: Description("A discount code. A gift card's is as good as money, and only its ambassador sees it.")] string? Code,
    [property: Description("Until when it works; null: it does not expire, or was not given yet.")] DateTimeOffset? EndsAt,
    [property: Description("Why it was not given, or not yet.")] string? Problem,
    DateTimeOffset CreatedAt,
    DateTimeOffset? IssuedAt,
    DateTimeOffset? RevokedAt,
    [property: Description("The instant of the order that used the code.")] DateTimeOffset? UsedAt,
    string? UsedByPlatformOrderId,
    [property: Description("What the code took off that order.")] Amount? UsedAmount,
    [property: Description("What came back of a gift card or credit that was taken back; the rest was used. Null: nothing was taken back, or it is not known yet.")] Amount? ReturnedAmount);

internal static class RewardEndpoints
{
    private const string Columns =
        """
        SELECT id, kind, cause, ambassador_id, campaign_id, order_id, state, percent_bp, amount_minor, minimum_minor, currency, code, ends_at, problem,
            created_at, issued_at, revoked_at, used_at, used_order_id, used_minor, used_currency, form, returned_minor
        FROM rewards WHERE store_id = @storeId
        """;

    private const string After = " AND id > @after ORDER BY id ";

    private const string ReadAll = Columns + After;

    private const string ReadOfState = Columns + " AND state = @state" + After;

    private const string ReadOfAmbassador = Columns + " AND ambassador_id = @ambassador AND (@state IS NULL OR state = @state)" + After;

    public static void MapRewards(this IEndpointRouteBuilder api) =>
        api.MapGet("/rewards", List).WithTags("Rewards").WithName("listRewards")
            .WithSummary("What ambassadors were given beside their commissions, oldest first.")
            .ProducesProblem(StatusCodes.Status404NotFound);

    private static async Task<Results<Ok<Listing<RewardView>>, ProblemHttpResult>> List(
        ApiCaller caller,
        Db db,
        AmbassadorDb ambassadors,
        [AsParameters] Paging paging,
        [Description("Only those of this ambassador.")] string? ambassador,
        [Description("pending_code, issued, used, revoked, cost or refused; all when absent.")] string? state,
        CancellationToken cancel)
    {
        if (state is not null && !RewardState.All.Contains(state))
        {
            return Problems.Field("state", $"must be one of {string.Join(", ", RewardState.All)}");
        }

        if (paging.AfterId("rwd") is not { } after)
        {
            return Paging.BadAfter;
        }

        if (ambassador is not null && !await ambassadors.ExistsAsync(caller.Store, ambassador, cancel))
        {
            return AmbassadorEndpoints.Unknown;
        }

        var rows = await db.ManyAsync<Row>(
            (ambassador is not null ? ReadOfAmbassador : state is not null ? ReadOfState : ReadAll) + db.Page,
            new { storeId = caller.Store.Id, ambassador, state, after, take = paging.Take },
            cancel);
        return TypedResults.Ok(paging.Show(rows, row => row.Id, Show));
    }

    private static RewardView Show(Row row) => new(
        row.Id, row.Kind, row.Cause, row.AmbassadorId, row.CampaignId, row.OrderId, row.State, FormOf(row),
        row.PercentBp is { } percent ? BasisPoints.ToPercent(percent) : null, AmountOf(row.AmountMinor, row.Currency), AmountOf(row.MinimumMinor, row.Currency),
        row.Code, row.EndsAt, row.Problem, row.CreatedAt, row.IssuedAt, row.RevokedAt, row.UsedAt, row.UsedOrderId, AmountOf(row.UsedMinor, row.UsedCurrency),
        AmountOf(row.ReturnedMinor, row.Currency));

    private static string FormOf(Row row) =>
        ValueForm.WordOf(row.Form) ?? (row.Kind == RewardKind.Milestone && row.EndsAt is null ? "money" : "code");

    private static Amount? AmountOf(long? minor, string? currency) => minor is { } known ? new Amount(known, currency!) : null;

    private sealed record Row(
        string Id, string Kind, string Cause, string AmbassadorId, string CampaignId, string OrderId, string State, long? PercentBp, long? AmountMinor,
        long? MinimumMinor, string? Currency, string? Code, DateTimeOffset? EndsAt, string? Problem, DateTimeOffset CreatedAt, DateTimeOffset? IssuedAt,
        DateTimeOffset? RevokedAt, DateTimeOffset? UsedAt, string? UsedOrderId, long? UsedMinor, string? UsedCurrency, string? Form, long? ReturnedMinor);
}
