// The pages about orders: the list, one order with its receipt, and what a person decides about it.
using Microsoft.AspNetCore.Http.HttpResults;
using StorePlugin.Ambassadors;
using StorePlugin.Data;
using StorePlugin.Orders;
using StorePlugin.Pages;
using Visitor = StorePlugin.Stores.Visitor;

namespace StorePlugin.Dashboard;

internal static class OrderPages
{
    private const int ReasonLengthMax = 200;
    private const string Nobody = "No ambassador has this code, link or e-mail address.";

    /// <param name="rooms">The dashboard's group.</param>
    public static void MapOrderPages(this RouteGroupBuilder rooms)
    {
        rooms.MapGet("/orders", List);
        rooms.MapGet("/orders/{orderId}", Show);
        rooms.MapPost("/orders/{orderId}/decisions", Decide).WithSummary("Decides about an order.");
    }

    public static string PathOf(string orderId) => $"/dashboard/orders/{Uri.EscapeDataString(orderId)}";

    private static async Task<RazorComponentResult> List(
        Visitor visitor, string? show, string? from, string? to, string? ambassador, string? campaign, string? after, Db db, CancellationToken cancel) =>
        Page.Of<OrderListPage>(await OrderList.ReadAsync(db, visitor, OrderFilter.Read(show, from, to, ambassador, campaign), after, cancel));

    private static async Task<IResult> Show(Visitor visitor, string orderId, string? notice, Db db, CancellationToken cancel) =>
        await OrderDetail.ReadAsync(db, visitor, orderId, notice, cancel) is { } model ? Page.Of<OrderPage>(model) : TypedResults.NotFound();

    private static async Task<IResult> Decide(Visitor visitor, string orderId, HttpRequest request, DecideOrder orders, Db db, CancellationToken cancel)
    {
        if (await OrderDetail.ReadAsync(db, visitor, orderId, null, cancel) is not { } model)
        {
            return TypedResults.NotFound();
        }

        var form = await request.ReadFormAsync(cancel);
        var typed = new TypedDecision(form["decision"].ToString(), form["who"].ToString().Trim(), form["reason"].ToString().Trim());
        DecisionKind? kind = typed.Decision switch
        {
            "allow" => DecisionKind.Allow,
            "reject" => DecisionKind.Reject,
            "credit" => DecisionKind.Credit,
            _ => null,
        };
        if (kind is null || !long.TryParse(form["seen"], System.Globalization.CultureInfo.InvariantCulture, out var seen))
        {
            return TypedResults.BadRequest();
        }

        string? ambassadorId = null;
        var problem = typed.Reason.Length is 0 or > ReasonLengthMax ? $"Give a reason of 1 to {ReasonLengthMax} letters: it stands on the receipt, where the ambassador reads it too." : null;
        if (problem is null && kind == DecisionKind.Credit)
        {
            var found = await NamedAmbassadors.FindAsync(db, visitor.Store.Id, campaignId: "", typed.Who, cancel);
            ambassadorId = found.Count == 1 ? found[0].Id : null;
            problem = found.Count switch
            {
                1 => null,
                0 => Nobody,
                _ => "This address is in more than one campaign: name the ambassador by their code.",
            };
        }

        problem ??= await orders.DecideAsync(visitor.Store, orderId, kind.Value, ambassadorId, typed.Reason, visitor.Actor, cancel, seen) switch
        {
            DecisionStep.Done => null,
            DecisionStep.DecidedMeanwhile => "Somebody has decided since you opened the page. Nothing was changed: this is how the order stands now.",
            DecisionStep.NothingOpen => "Nothing of this order is in review any more.",
            DecisionStep.NoTerms => "The ambassador's campaign was launched after this order, so that nothing can be counted for it.",
            DecisionStep.AmbassadorUnknown => Nobody,
            DecisionStep.OrderUnknown => "Only a refund of this order has arrived so far: there is nothing to decide yet.",
            _ => throw new System.Diagnostics.UnreachableException(),
        };
        return problem is null
            ? TypedResults.Redirect($"{PathOf(orderId)}?notice=order-decided")
            : Page.Of<OrderPage>((await OrderDetail.ReadAsync(db, visitor, orderId, null, cancel) ?? model) with { Problem = problem, Typed = typed }, StatusCodes.Status422UnprocessableEntity);
    }
}

/// <param name="Who">A code, a link or an e-mail address.</param>
public sealed record TypedDecision(string Decision, string Who, string Reason)
{
    public static readonly TypedDecision None = new("", "", "");

    /// <summary>Says nothing, so that no log line can hold a person.</summary>
    public override string ToString() => nameof(TypedDecision);
}
