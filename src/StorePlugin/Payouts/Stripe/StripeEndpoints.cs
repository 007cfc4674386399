// The JSON API of the connection to Stripe: the store's key, the payees' accounts, and the ways between countries.
using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Payouts.Stripe;

internal static class StripeEndpoints
{
    /// <summary>Adds the calls to the group of the API, which has let the caller in.</summary>
    public static void MapStripeApi(this RouteGroupBuilder api)
    {
        api.MapPut("/stripe-connection", Connect).WithName("putStripeConnection")
            .WithSummary("Gives the store its Stripe key and the secrets of its webhook endpoints, and replaces those it had.")
            .WithDescription(
                "The key is used once: what is wrong with the account is told as findings. Only a key that Stripe rejects is refused; where Stripe does not "
                + "answer, the key is kept and a finding says so.")
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        api.MapGet("/stripe-connection", ShowConnection).WithName("getStripeConnection")
            .WithSummary("The store's connection to Stripe as it was last looked at, without any secret.");
        api.MapGet("/payout-routes", ShowRoutes).WithName("getPayoutRoutes")
            .WithSummary("To which countries ambassadors can be paid, by what agreement, and where the store's own list differs.");
        api.MapPut("/payout-routes", PutRoutes).WithName("putPayoutRoutes")
            .WithSummary("Replaces the store's own list of ways between countries; an empty list leaves the program's.");
        api.MapGet("/ambassadors/{id}/payout-account", ShowAccount).WithName("getPayoutAccount")
            .WithSummary("An ambassador's account at Stripe as it was last read, and until when payouts are held.")
            .ProducesProblem(StatusCodes.Status404NotFound);
        api.MapPost("/ambassadors/{id}/payout-account/refresh", ReadAccount).WithName("refreshPayoutAccount")
            .WithSummary("Asks Stripe again about an ambassador's account.")
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable);
    }

    private static async Task<Results<Ok<StripeConnectionView>, ProblemHttpResult>> Connect(
        ApiCaller caller, ApiBody<StripeConnectionRequest> body, StripeConnection connection, CancellationToken cancel)
    {
        var secretKey = body.Fields.OptionalText("secretKey", 0, StripeConnectionRequest.SecretLengthMax);
        var webhookSecrets = body.Fields.OptionalTexts("webhookSecrets");
        body.Fields.RefuseOthersThan("secretKey", "webhookSecrets");
        if (body.Fields.Refusal is { } refusal)
        {
            return refusal;
        }

        return await connection.ConnectAsync(caller.Store, secretKey, webhookSecrets, cancel) switch
        {
            ConnectionResult.Connected(var mode, var last4, var findings) => TypedResults.Ok(
                new StripeConnectionView(true, mode, last4, [.. findings.Select(StripeFindingView.Of)])),
            ConnectionResult.Refused(var slug, var why) => Problems.Unprocessable(slug, "The connection is refused.", why),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    private static async Task<Results<Ok<StripeConnectionStateView>, ProblemHttpResult>> ShowConnection(
        ApiCaller caller, StripeConnection connection, CancellationToken cancel) =>
        TypedResults.Ok(
            await connection.FindAsync(caller.Store, cancel) is { } connected
                ? new StripeConnectionStateView(
                    true, connected.Mode, connected.Last4, connected.WebhookSecrets, connected.AccountId, connected.Country,
                    [.. connected.Findings.Select(StripeFindingView.Of)], connected.Balance, connected.ReadAt)
                : new StripeConnectionStateView(false, null, null, 0, null, null, [], [], null));

    private static async Task<Results<Ok<PayoutRoutesView>, ProblemHttpResult>> ShowRoutes(ApiCaller caller, PayoutRoutes routes, CancellationToken cancel)
    {
        var from = await routes.CountryAsync(caller.Store, cancel);
        var own = await routes.OverridesAsync(caller.Store, cancel);
        return TypedResults.Ok(new PayoutRoutesView(
            from,
            [.. own.Select(route => new PayoutRouteView(route.FromCountry, route.ToCountry, route.Route))],
            from is null
                ? []
                : [.. Route.Countries.Select(country => new PayoutRouteView(
                    from, country.Code, own.FirstOrDefault(route => route.FromCountry == from && route.ToCountry == country.Code)?.Route ?? Route.Of(from, country.Code)))]));
    }

    private static async Task<Results<Ok<PayoutRoutesView>, ProblemHttpResult>> PutRoutes(
        ApiCaller caller, ApiBody<PayoutRoutesRequest> body, PayoutRoutes routes, CancellationToken cancel)
    {
        body.Fields.RefuseOthersThan("routes");
        body.Fields.DemandMember("routes", "an empty list leaves the program's own");
        var from = await routes.CountryAsync(caller.Store, cancel);
        var own = body.Fields.OptionalObjects("routes", PayoutRoutes.OverridesMax).Select(item => ReadRoute(item, from)).ToList();
        if (own.DistinctBy(route => (route.FromCountry, route.ToCountry)).Count() != own.Count)
        {
            body.Fields.Refuse("routes", "must name each way once");
        }

        if (body.Fields.Refusal is { } refusal)
        {
            return refusal;
        }

        await routes.ReplaceAsync(caller.Store, own, cancel);
        return await ShowRoutes(caller, routes, cancel);
    }

    /// <summary>Reads one way and notes on the fields what is wrong.</summary>
    /// <param name="ownCountry">Of the store's account, where none is named.</param>
    public static RouteOverride ReadRoute(Fields fields, string? ownCountry)
    {
        fields.RefuseOthersThan("from", "to", "route");
        var from = fields.OptionalText("from", 2, 2) ?? ownCountry;
        var to = fields.Text("to", 2, 2);
        foreach (var (name, country) in new[] { ("from", from ?? ""), ("to", to) })
        {
            if (!Route.IsCountry(country))
            {
                fields.Refuse(name, "must be a country's two capitals, such as DE");
            }
        }

        var route = fields.OptionalChoice("route", Route.Full, Route.Recipient, Route.None);
        if (route is null)
        {
            fields.DemandMember("route", "it is full, recipient or none");
        }

        return new RouteOverride(from ?? "", to, route ?? Route.None);
    }

    private const string ReadHold = "SELECT stripe_account, payouts_from, payouts_from_why FROM ambassadors WHERE store_id = @storeId AND id = @id";

    private static async Task<Results<Ok<PayoutAccountView>, ProblemHttpResult>> ShowAccount(
        ApiCaller caller, string id, Db db, TimeProvider clock, CancellationToken cancel) =>
        await FindAsync(db, caller.Store, id, clock.GetUtcNow(), cancel) is { } view ? TypedResults.Ok(view) : NoSuchAmbassador();

    private static async Task<Results<Ok<PayoutAccountView>, ProblemHttpResult>> ReadAccount(
        ApiCaller caller, string id, Db db, PayeeAccounts payees, TimeProvider clock, CancellationToken cancel)
    {
        if (await FindAsync(db, caller.Store, id, clock.GetUtcNow(), cancel) is not { } before)
        {
            return NoSuchAmbassador();
        }

        if (before.Account is not { } account)
        {
            return Problems.Conflict("payout-account-missing", "The ambassador has no account at Stripe.", "They connect one in their portal, or you set it.");
        }

        var reading = await payees.ReadAsync(caller.Store, account, cancel);
        return reading.Problem is { } problem
            ? Problems.Of(StatusCodes.Status503ServiceUnavailable, "stripe-not-asked", "Stripe could not be asked.", $"Nothing was changed: {problem}.")
            : TypedResults.Ok(await FindAsync(db, caller.Store, id, clock.GetUtcNow(), cancel));
    }

    private static async Task<PayoutAccountView?> FindAsync(Db db, Store store, string id, DateTimeOffset now, CancellationToken cancel)
    {
        if (await db.OneAsync<HoldRow>(ReadHold, new { storeId = store.Id, id }, cancel) is not { } row)
        {
            return null;
        }

        var isHeld = row.PayoutsFrom > now;
        var account = row.StripeAccount is { } accountId ? await PayeeBook.FindAsync(db, store, accountId, cancel) : null;
        return new PayoutAccountView(
            row.StripeAccount,
            row.StripeAccount is null ? "none" : account?.State ?? PayeeAccountState.Created,
            account?.Country,
            account?.Bank,
            account?.Due?.Split(',') ?? [],
            account?.DisabledReason,
            account?.Finding,
            isHeld ? row.PayoutsFrom : null,
            isHeld ? row.PayoutsFromWhy : null,
            account?.ReadAt);
    }

    private static ProblemHttpResult NoSuchAmbassador() =>
        Problems.NotFound("ambassador-unknown", "There is no such ambassador.", "The store has no ambassador with this id.");

    private sealed record HoldRow(string? StripeAccount, DateTimeOffset? PayoutsFrom, string? PayoutsFromWhy);

    internal sealed record StripeConnectionRequest(
        [property: Description("A secret or restricted key of the store's own Stripe account.")] string SecretKey,
        [property: Description("The signing secrets of the webhook endpoints, whsec_…, 10 at most; none when absent.")]
        IReadOnlyList<string>? WebhookSecrets = null)
    {
        public const int SecretLengthMax = 300;

        /// <summary>Says nothing, so that no log line can hold a secret.</summary>
        public override string ToString() => nameof(StripeConnectionRequest);
    }

    internal sealed record StripeFindingView(
        [property: Description("key-permission-missing, not-checked, account-incomplete, no-balance, payouts-empty-balance, connect-not-activated, " +
            "connect-profile-incomplete, connect-approval or account-refused; there may be more later.")] string Code,
        [property: Description("blocks: nobody can be paid or connected; warns: something will go wrong; unknown: it could not be looked at.")] string Severity,
        string Message,
        [property: Description("What to do.")] string Fix)
    {
        public static StripeFindingView Of(StripeFinding finding) => new(finding.Code, finding.Severity, finding.Message, finding.Fix);
    }

    internal sealed record StripeConnectionView(
        bool Connected,
        [property: Description("live or test.")] string Mode,
        [property: Description("The end of the key, by which people recognise it.")] string Last4,
        [property: Description("What the key's first use has shown to be wrong; empty when nothing was.")] IReadOnlyList<StripeFindingView> Findings);

    internal sealed record StripeConnectionStateView(
        bool Connected,
        [property: Description("live or test; null without a key.")] string? Mode,
        [property: Description("The end of the key, by which people recognise it.")] string? Last4,
        [property: Description("How many signing secrets of webhook endpoints are kept.")] int WebhookSecrets,
        [property: Description("The store's own account, acct_…; null until the key could read it.")] string? AccountId,
        [property: Description("The country of that account.")] string? Country,
        IReadOnlyList<StripeFindingView> Findings,
        [property: Description("What was available then, one amount for each currency. Only that is paid out.")] IReadOnlyList<Amount> Balance,
        [property: Description("When Stripe was asked last; null: never.")] DateTimeOffset? ReadAt);

    internal sealed record PayoutRouteView(string From, string To, [property: Description("full, recipient or none.")] string Route);

    internal sealed record PayoutRoutesView(
        [property: Description("The country of the store's account at Stripe; null until its key could read it, and then Stripe decides alone.")] string? From,
        [property: Description("Where the store's own word stands in place of the program's.")] IReadOnlyList<PayoutRouteView> Own,
        [property: Description("What holds from that country; Stripe's refusal is the last word.")] IReadOnlyList<PayoutRouteView> Routes);

    internal sealed record PayoutRouteRequest(
        [property: Description("A country's two capitals.")] string To,
        [property: Description("full: Stripe's full agreement; recipient: an account that only receives; none: nobody there is connected.")] string Route,
        [property: Description("The country of the store's account when absent.")] string? From = null);

    internal sealed record PayoutRoutesRequest([property: Description("300 at most, each way once.")] IReadOnlyList<PayoutRouteRequest> Routes);

    internal sealed record PayoutAccountView(
        [property: Description("acct_…; null: none.")] string? Account,
        [property: Description("none, created, onboarding, pending, ready, no_bank, restricted, rejected or closed.")] string State,
        string? Country,
        [property: Description("The bank accounts as people know them.")] string? Bank,
        [property: Description("What Stripe waits for, by its own names.")] IReadOnlyList<string> Due,
        [property: Description("Stripe's word for what is wrong.")] string? DisabledReason,
        [property: Description("What a person should know besides, in words.")] string? Finding,
        [property: Description("Nothing is paid before; null: nothing is held.")] DateTimeOffset? HeldUntil,
        string? HeldWhy,
        [property: Description("When Stripe was asked last; null: never.")] DateTimeOffset? ReadAt);
}
