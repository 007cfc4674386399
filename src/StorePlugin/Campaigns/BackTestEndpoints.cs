// The API's call that asks what other terms would have come to.
using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using StorePlugin.Stores;

namespace StorePlugin.Campaigns;

internal sealed record BackTestRequest(
    [property: Description("All terms, not only those that differ; what is absent has its default.")] TermsRequest Terms,
    [property: Description("The first instant that counts, or a date, which means its beginning in the store's time zone.")] string From,
    [property: Description("An instant, which is left out, or a date, which is counted whole.")] string To);

internal sealed record BackTestView(
    string CampaignId,
    [property: Description("The first instant that counts.")] DateTimeOffset? From,
    [property: Description("The first instant that counts no more.")] DateTimeOffset? To,
    [property: Description("Whether every order comes to the same commission for the same ambassador.")] bool Equal,
    [property: Description("All orders of the store in the period, by their own instants.")] long Orders,
    [property: Description("Those that carry a code or link of the campaign: no other order can change.")] long OrdersLookedAt,
    [property: Description("Those that were decided before the evidence of decisions was kept, and are left out.")] long OrdersWithoutEvidence,
    [property: Description("Orders that the terms of their time do not bring to what is booked. There should be none; the verb rebuild finds the cause.")]
    UnexplainedView Unexplained,
    [property: Description("One for each currency that has orders; amounts of two currencies are never added.")] IReadOnlyList<BackTestCurrencyView> Currencies)
{
    public static BackTestView Of(BackTestQuestion question, BackTestResult result) => new(
        question.Campaign.Id,
        question.Interval.From,
        question.Interval.To,
        result.IsEqual,
        result.Orders,
        result.LookedAt,
        result.WithoutEvidence,
        new UnexplainedView(result.Unexplained, result.UnexplainedIds),
        [.. result.Currencies.Select(BackTestCurrencyView.Of)]);
}

internal sealed record UnexplainedView(long Orders, [property: Description("The platform's ids of the first 20.")] IReadOnlyList<string> Ids);

internal sealed record BackTestCurrencyView(
    string Currency,
    [property: Description("Orders looked at.")] long Orders,
    [property: Description("By the terms of their time, as it is booked.")] BackTestSideView Before,
    [property: Description("By the new terms.")] BackTestSideView After,
    [property: Description("Commission after less commission before: above zero the new terms would have cost more.")] Amount Difference,
    [property: Description("Of the paid orders looked at, credited or not: products after discounts and refunds, without tax and shipping.")] Amount NetSales,
    [property: Description("What the campaign's codes took off these orders. It stays as it was given: past prices do not change.")] Amount FriendDiscounts,
    [property: Description("Orders that come to something else in any way.")] long OrdersChanged,
    [property: Description("Orders that earn more, newly credited ones among them.")] long OrdersGaining,
    [property: Description("Orders that earn less, those no longer credited among them.")] long OrdersLosing,
    long OrdersNewlyCredited,
    long OrdersNoLongerCredited,
    [property: Description("Orders that count for another ambassador.")] long OrdersMoved,
    long AmbassadorsGaining,
    long AmbassadorsLosing,
    [property: Description("The 20 with the greatest differences, greatest first.")] IReadOnlyList<BackTestAmbassadorView> Ambassadors)
{
    public static BackTestCurrencyView Of(BackTestCurrency of)
    {
        return new BackTestCurrencyView(
            of.Currency,
            of.Orders,
            SideOf(of.Before),
            SideOf(of.After),
            AmountOf(of.DifferenceMinor),
            AmountOf(of.NetMinor),
            AmountOf(of.FriendDiscountMinor),
            of.Changed,
            of.Gaining,
            of.Losing,
            of.NewlyCredited,
            of.NoLongerCredited,
            of.Moved,
            of.AmbassadorsGaining,
            of.AmbassadorsLosing,
            [.. of.Ambassadors.Select(ambassador => new BackTestAmbassadorView(
                ambassador.Id, ambassador.Name, ambassador.OrdersBefore, ambassador.OrdersAfter,
                AmountOf(ambassador.BeforeMinor), AmountOf(ambassador.AfterMinor), AmountOf(ambassador.DifferenceMinor)))]);

        Amount AmountOf(long minor) => new(minor, of.Currency);

        BackTestSideView SideOf(BackTestSide side) => new(
            side.CreditedOrders,
            AmountOf(side.CommissionMinor),
            AmountOf(side.MarginMinor),
            side.MarginBp is { } share ? BasisPoints.ToPercent(share) : null);
    }
}

internal sealed record BackTestSideView(
    long CreditedOrders,
    Amount Commission,
    [property: Description("Net sales less commission.")] Amount Margin,
    [property: Description("The margin in percent of the net sales; null where there are none.")] decimal? MarginPercent);

internal sealed record BackTestAmbassadorView(
    string Id,
    [property: Description("Null where nobody is known by the id any more.")] string? Name,
    long OrdersBefore,
    long OrdersAfter,
    Amount Before,
    Amount After,
    Amount Difference);

internal static class BackTestEndpoints
{
    /// <summary>How many orders of the store a period may hold here: the caller waits for the answer.</summary>
    public const long OrdersMax = 50_000;

    // One at a time in this program: the others wait, and the work on orders goes on beside it.
    private static readonly SemaphoreSlim Turn = new(1, 1);

    public static void MapBackTests(this IEndpointRouteBuilder campaigns) =>
        campaigns.MapPost("/{id}/back-tests", Run).WithName("backTest").WithSummary("What other terms would have come to on past orders.")
            .WithDescription(
                "Past orders are decided again by the functions that decide today's, with the campaign's launch, pauses and end as they were, and compared with what is " +
                "booked. Nothing is written. Orders count by their own instant.")
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status422UnprocessableEntity);

    /// <summary>Runs a back-test for whoever waits for the answer, be it a program or a person.</summary>
    public static async Task<BackTestResult> InTurnAsync(BackTest backTest, Store store, BackTestQuestion question, CancellationToken cancel)
    {
        await Turn.WaitAsync(cancel);
        try
        {
            return await backTest.RunAsync(store, question, tell: null, cancel);
        }
        finally
        {
            Turn.Release();
        }
    }

    private static async Task<Results<Ok<BackTestView>, ProblemHttpResult>> Run(
        ApiCaller caller, string id, ApiBody<BackTestRequest> body, CampaignDb campaigns, BackTest backTest, CancellationToken cancel)
    {
        var fields = body.Fields;
        fields.RefuseOthersThan("terms", "from", "to");
        var terms = fields.Object("terms") is { } stated ? TermsRequest.Read(stated, caller.Store.Currency) : null;
        var interval = new ComparedInterval(Read("from", DateOrInstant.Beginning), Read("to", DateOrInstant.End));
        if (interval.From >= interval.To)
        {
            fields.Refuse("to", "must lie after from");
        }

        if (fields.Refusal is { } refusal)
        {
            return refusal;
        }

        if (await campaigns.FindAsync(caller.Store, id, cancel) is not { } campaign)
        {
            return CampaignEndpoints.Unknown;
        }

        if (await backTest.CountAsync(caller.Store, interval, cancel) is var orders and > OrdersMax)
        {
            return Problems.Unprocessable(
                "back-test-too-large",
                "The period holds too many orders.",
                $"It holds {orders}, and a call takes {OrdersMax} at most. Ask for a shorter period, or use the verb: " +
                $"backtest --store {caller.Store.Id} --campaign {id} --terms FILE.json --from DATE --to DATE");
        }

        var question = new BackTestQuestion(campaign, terms!, interval);
        return TypedResults.Ok(BackTestView.Of(question, await InTurnAsync(backTest, caller.Store, question, cancel)));

        DateTimeOffset? Read(string name, Func<string, Store, DateTimeOffset?> read)
        {
            if (fields.Text(name, 1, 40) is not { Length: > 0 } text)
            {
                return null;
            }

            var instant = read(text, caller.Store);
            if (instant is null)
            {
                fields.Refuse(name, DateOrInstant.Wanted);
            }

            return instant;
        }
    }
}
