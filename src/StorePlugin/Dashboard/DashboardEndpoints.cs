// The merchant's rooms. Each page is one query function and one component; POSTs redirect.
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http.HttpResults;
using StorePlugin.Audit;
using StorePlugin.Dashboard.Campaigns;
using StorePlugin.Dashboard.Mails;
using StorePlugin.Dashboard.Payouts;
using StorePlugin.Dashboard.People;
using StorePlugin.Dashboard.Setup;
using StorePlugin.Data;
using StorePlugin.Pages;
using StorePlugin.Payouts.SelfBilling;
using StorePlugin.Payouts.Statements;
using StorePlugin.Privacy;
using StorePlugin.Stores;

namespace StorePlugin.Dashboard;

internal static class DashboardEndpoints
{
    public static void MapDashboard(this IEndpointRouteBuilder routes)
    {
        var rooms = routes.MapGroup("/dashboard").ExcludeFromDescription()
            .RequireAuthorization(SessionAuthentication.TeamPolicy)
            .TakesSmallForms();
        rooms.AddEndpointFilter<AuditTrail>();
        ((IEndpointConventionBuilder)rooms).Add(AskForManager);
        rooms.MapGet("", ShowOverview);
        rooms.MapGet("/privacy-requests", ListPrivacyRequests);
        rooms.MapGet("/privacy-requests/{requestId}/file", TakePrivacyFile).RequireAuthorization(SessionAuthentication.ManagerPolicy);
        rooms.MapPost("/deliveries/{deliveryId}/replays", ReplayDelivery).WithSummary("Has a message of the store read again.");
        rooms.MapPost("/effects/{effectId}/replays", ReplayEffect).WithSummary("Has something tried again that was given up.");
        rooms.MapGet("/figures", ShowFigures);
        rooms.MapGet("/balances", ListBalances);
        rooms.MapGet("/settings", ShowSettings);
        rooms.MapGet("/audit", ShowAudit);
        rooms.MapOrderPages();
        rooms.MapReviews();
        rooms.MapClaims();
        rooms.MapMessages();
        rooms.MapLook();
        rooms.MapMailRooms();
        rooms.MapPeople();
        rooms.MapConnection();
        rooms.MapPlan();
        rooms.MapRefusedCodes();
        rooms.MapStatements();
        rooms.MapSelfBillPages();
        rooms.MapStripePage();
        rooms.MapRuns();
        rooms.MapDifferences();
        rooms.MapPayoutSettingsRoom();
        rooms.MapRoutesRoom();
        rooms.MapSelfBillingRoom();
        rooms.MapCampaignRooms();
        rooms.MapRehearsalPages();
        rooms.MapTeam();
        rooms.MapSetup();
        routes.MapGroup("/dashboard").ExcludeFromDescription().RequireAuthorization(SessionAuthentication.TeamPolicy).TakesSmallForms().AddEndpointFilter<AuditTrail>()
            .MapRehearsalNotes();
    }

    /// <summary>Only an owner may do this: it is about who may do what, or about the keys to the store's money.</summary>
    public static TBuilder OwnersOnly<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder => endpoint.RequireAuthorization(SessionAuthentication.OwnerPolicy);

    // Whoever changes something is an owner or a manager. It is said for all at once, so that no endpoint can be forgotten.
    private static void AskForManager(EndpointBuilder endpoint)
    {
        if (endpoint.Metadata.OfType<IHttpMethodMetadata>().Any(methods => methods.HttpMethods.Any(method => !HttpMethods.IsGet(method))))
        {
            endpoint.Metadata.Add(new AuthorizeAttribute(SessionAuthentication.ManagerPolicy));
        }
    }

    /// <summary>The path of an ambassador's page.</summary>
    public static string PathOf(string ambassadorId) => $"/dashboard/ambassadors/{Uri.EscapeDataString(ambassadorId)}";

    private static async Task<RazorComponentResult> ShowOverview(Visitor visitor, int? days, string? notice, Overview overview, CancellationToken cancel) =>
        Page.Of<OverviewPage>(await overview.ReadAsync(visitor, days, notice, cancel));

    private static async Task<RazorComponentResult> ShowFigures(Visitor visitor, string? from, string? to, Db db, TimeProvider clock, CancellationToken cancel) =>
        Page.Of<DayTablePage>(await DayTable.ReadAsync(db, visitor, from, to, clock.GetUtcNow(), cancel));

    private static async Task<IResult> ListBalances(Visitor visitor, string? account, string? currency, string? after, Db db, CancellationToken cancel) =>
        await BalanceList.ReadAsync(db, visitor, account, currency, after, cancel) is { } model ? Page.Of<BalanceListPage>(model) : TypedResults.NotFound();

    private static async Task<RazorComponentResult> ShowSettings(Visitor visitor, SettingsPages settings, CancellationToken cancel) =>
        Page.Of<SettingsPage>(await settings.ReadAsync(visitor, cancel));

    private static async Task<RazorComponentResult> ShowAudit(Visitor visitor, string? before, AuditList audit, CancellationToken cancel) =>
        Page.Of<AuditListPage>(await audit.ReadAsync(visitor, before, cancel));

    private static async Task<RazorComponentResult> ListPrivacyRequests(Visitor visitor, PrivacyRequests requests, CancellationToken cancel) =>
        Page.Of<PrivacyPage>(await PrivacyList.ReadAsync(requests, visitor, cancel));

    private static async Task<IResult> TakePrivacyFile(
        Visitor visitor, string requestId, PrivacyRequests requests, HttpContext context, CancellationToken cancel)
    {
        if (await requests.TakeFileAsync(visitor.Store, requestId, visitor.Actor, cancel) is not { } file)
        {
            return TypedResults.NotFound();
        }

        context.Response.Headers.CacheControl = "no-store";
        return TypedResults.File(file.ToJson(), "application/json", $"{requestId}.json");
    }

    private static async Task<IResult> ReplayDelivery(Visitor visitor, string deliveryId, DeadWork dead, CancellationToken cancel) =>
        AnswerOf(await dead.ReplayDeliveryAsync(visitor.Store, deliveryId, cancel));

    private static async Task<IResult> ReplayEffect(Visitor visitor, string effectId, DeadWork dead, CancellationToken cancel) =>
        AnswerOf(await dead.ReplayEffectAsync(visitor.Store, effectId, cancel));

    private static IResult AnswerOf(Replay replay) => replay switch
    {
        Replay.Queued => TypedResults.Redirect("/dashboard?notice=replayed"),
        Replay.NotDead => TypedResults.Redirect("/dashboard?notice=settled"),
        _ => TypedResults.NotFound(),
    };
}
