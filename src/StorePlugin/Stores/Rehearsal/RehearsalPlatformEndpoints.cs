// The rehearsal platform as an outside party would answer: OAuth, discounts, the facts of a shop.
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.WebUtilities;
using StorePlugin.Pages;

namespace StorePlugin.Stores.Rehearsal;

/// <summary>
/// Everything under <c>/rehearsal/platform/{shop}</c>. It knows the app by its client id and proof and the shop by its
/// token, and takes nothing from the app's own tables but the id behind a shop's domain.
/// </summary>
internal static class RehearsalPlatformEndpoints
{
    private const int TitleLengthMax = 255;
    private const int CodeLengthMax = 100;
    private const int CodesAtOnceMax = 250;

    public static void MapRehearsalPlatform(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/rehearsal/platform/{shop}").AllowAnonymous().ExcludeFromDescription();
        group.MapGet("/authorize", AuthorizeAsync).AddEndpointFilter(TellBrowserAsync);
        group.MapPost("/access_token", ExchangeAsync);
        group.MapGet("/facts", FactsAsync);
        group.MapPost("/discounts", CreateDiscountAsync);
        group.MapGet("/discounts/{code}", ShowDiscountAsync);
        group.MapDelete("/discounts/{code}", EndDiscountAsync);
        group.MapPost("/discounts/{id}/deactivation", DeactivateAsync);
        group.MapPost("/discounts/{id}/activation", ActivateAsync);
        group.MapPost("/discounts/{id}/terms", ChangeDiscountAsync);
        group.MapGet("/discounts/{id}/codes", ShowCodesAsync);
        group.MapPost("/discounts/{id}/codes", AddCodesAsync);
    }

    // A person is on the way here; the other paths are called by programs.
    private static async ValueTask<object?> TellBrowserAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var request = context.HttpContext.Request;
        var result = await next(context);
        return result is JsonHttpResult<PlatformError> { StatusCode: { } status } refusal && BrowserErrors.IsBrowser(request)
            ? BrowserErrors.PageOf(request, status, "The installation cannot go on", refusal.Value!.Description)
            : result;
    }

    // Grants at once: whoever rehearses has nothing to think over. The address is compared as a whole, so that a grant
    // never goes anywhere but to this app.
    private static async Task<IResult> AuthorizeAsync(
        string shop,
        string? client_id,
        string? redirect_uri,
        string? state,
        RehearsalShopDb db,
        StoreDirectory stores,
        PublicAddress address,
        CancellationToken cancel)
    {
        if (client_id != RehearsalApp.ClientId || redirect_uri != address.Of(RehearsalInstallEndpoints.CallbackPath))
        {
            return Refuse(StatusCodes.Status400BadRequest, "invalid_client", "The client_id or the redirect_uri is not registered.");
        }

        if (string.IsNullOrEmpty(state))
        {
            return Refuse(StatusCodes.Status400BadRequest, "invalid_request", "The state is missing.");
        }

        if (await StoreIdAsync(shop, db, stores, cancel) is not { } storeId)
        {
            return NoShop();
        }

        var code = await db.GrantAsync(storeId, cancel);
        return Results.Redirect(QueryHelpers.AddQueryString(
            redirect_uri,
            new Dictionary<string, string?> { ["shop"] = shop, ["code"] = code, ["state"] = state }));
    }

    private static async Task<IResult> ExchangeAsync(
        string shop, HttpRequest request, RehearsalShopDb db, StoreDirectory stores, CancellationToken cancel)
    {
        if (!request.HasFormContentType)
        {
            return Refuse(StatusCodes.Status415UnsupportedMediaType, "invalid_request", "The body must be a form.");
        }

        var form = await request.ReadFormAsync(cancel);
        if (!db.IsApp(form["client_id"].ToString(), form["client_secret"].ToString()))
        {
            return Refuse(StatusCodes.Status401Unauthorized, "invalid_client", "The client_id and client_secret do not belong together.");
        }

        if (await StoreIdAsync(shop, db, stores, cancel) is not { } storeId)
        {
            return NoShop();
        }

        return await db.ExchangeAsync(storeId, form["code"].ToString(), cancel) is { } secrets
            ? TypedResults.Ok(new PlatformToken(secrets.AccessToken, RehearsalApp.Scopes, secrets.WebhookSecret))
            : Refuse(StatusCodes.Status400BadRequest, "invalid_grant", "The code is unknown, used or expired.");
    }

    private static async Task<IResult> FactsAsync(
        string shop, HttpRequest request, RehearsalShopDb db, StoreDirectory stores, CancellationToken cancel)
    {
        if (await AuthorisedAsync(shop, request, db, stores, cancel) is not { } storeId)
        {
            return NoToken();
        }

        var facts = await db.FindAsync(storeId, cancel);
        return TypedResults.Ok(new PlatformFacts(facts!.Name, facts.Currency, facts.TimeZone, shop, $"owner@{shop}"));
    }

    private static async Task<IResult> CreateDiscountAsync(
        string shop,
        PlatformDiscountRequest order,
        HttpRequest request,
        RehearsalShopDb db,
        StoreDirectory stores,
        CancellationToken cancel)
    {
        if (await AuthorisedAsync(shop, request, db, stores, cancel) is not { } storeId)
        {
            return NoToken();
        }

        if (string.IsNullOrWhiteSpace(order.Code) || order.Code.Length > CodeLengthMax)
        {
            return Refuse(StatusCodes.Status422UnprocessableEntity, "invalid", $"A code has 1 to {CodeLengthMax} characters.");
        }

        if (string.IsNullOrWhiteSpace(order.Title) || order.Title.Length > TitleLengthMax)
        {
            return Refuse(StatusCodes.Status422UnprocessableEntity, "invalid", $"A title has 1 to {TitleLengthMax} characters.");
        }

        if (order.AmountMinor is { } amount ? amount < 1 || order.PercentBp != 0 : order.PercentBp is < 1 or > 10_000)
        {
            return Refuse(StatusCodes.Status422UnprocessableEntity, "invalid", "A discount takes off more than 0 % and at most 100 %, or an amount.");
        }

        if (order.MinimumMinor < 1 || order.UsageLimit < 1 || order.EndsAt <= order.StartsAt)
        {
            return Refuse(StatusCodes.Status422UnprocessableEntity, "invalid", "A minimum and a limit are 1 at least, and an end comes after the beginning.");
        }

        var (discount, isNew) = await db.CreateDiscountAsync(storeId, order with { Code = order.Code.Trim() }, cancel);
        return isNew || discount.Title == order.Title
            ? TypedResults.Ok(new PlatformDiscount(discount.Id, discount.Code))
            : Refuse(StatusCodes.Status422UnprocessableEntity, "taken", "The code is taken by another discount of the shop.");
    }

    private static async Task<IResult> EndDiscountAsync(
        string shop, string code, string? title, HttpRequest request, RehearsalShopDb db, StoreDirectory stores, CancellationToken cancel)
    {
        if (await AuthorisedAsync(shop, request, db, stores, cancel) is not { } storeId)
        {
            return NoToken();
        }

        return await db.EndDiscountAsync(storeId, code, title ?? "", cancel)
            ? TypedResults.NoContent()
            : NoDiscount();
    }

    private static async Task<IResult> ShowDiscountAsync(
        string shop, string code, HttpRequest request, RehearsalShopDb db, StoreDirectory stores, TimeProvider clock, CancellationToken cancel)
    {
        if (await AuthorisedAsync(shop, request, db, stores, cancel) is not { } storeId)
        {
            return NoToken();
        }

        return await db.FindDiscountAsync(storeId, code, cancel) is { } discount
            ? TypedResults.Ok(new PlatformDiscountNow(
                discount.Id, discount.Title, discount.WorksAt(clock.GetUtcNow()), discount.PercentBp, discount.AmountMinor, discount.CustomerUses is not null, discount.EndsAt))
            : NoDiscount();
    }

    private static Task<IResult> DeactivateAsync(
        string shop, string id, HttpRequest request, RehearsalShopDb db, StoreDirectory stores, CancellationToken cancel) =>
        SwitchAsync(shop, id, on: false, request, db, stores, cancel);

    private static Task<IResult> ActivateAsync(
        string shop, string id, HttpRequest request, RehearsalShopDb db, StoreDirectory stores, CancellationToken cancel) =>
        SwitchAsync(shop, id, on: true, request, db, stores, cancel);

    private static async Task<IResult> SwitchAsync(
        string shop, string id, bool on, HttpRequest request, RehearsalShopDb db, StoreDirectory stores, CancellationToken cancel)
    {
        if (await AuthorisedAsync(shop, request, db, stores, cancel) is not { } storeId)
        {
            return NoToken();
        }

        return await db.SwitchDiscountAsync(storeId, id, on, cancel) ? TypedResults.NoContent() : NoDiscount();
    }

    private static async Task<IResult> ChangeDiscountAsync(
        string shop, string id, PlatformDiscountChange change, HttpRequest request, RehearsalShopDb db, StoreDirectory stores, CancellationToken cancel)
    {
        if (await AuthorisedAsync(shop, request, db, stores, cancel) is not { } storeId)
        {
            return NoToken();
        }

        if (change.PercentBp is < 1 or > 10_000)
        {
            return Refuse(StatusCodes.Status422UnprocessableEntity, "invalid", "A discount takes off more than 0 % and at most 100 %.");
        }

        return await db.ChangeDiscountAsync(storeId, id, change, cancel) ? TypedResults.NoContent() : NoDiscount();
    }

    private static async Task<IResult> ShowCodesAsync(
        string shop, string id, HttpRequest request, RehearsalShopDb db, StoreDirectory stores, TimeProvider clock, CancellationToken cancel)
    {
        if (await AuthorisedAsync(shop, request, db, stores, cancel) is not { } storeId)
        {
            return NoToken();
        }

        return await db.CodesAsync(storeId, id, cancel) is [var first, ..] codes
            ? TypedResults.Ok(new PlatformDiscountWithCodes(
                first.WorksAt(clock.GetUtcNow()), first.PercentBp, first.EndsAt, first.UsageLimit, [.. codes.Select(row => row.Code)]))
            : NoDiscount();
    }

    private static async Task<IResult> AddCodesAsync(
        string shop, string id, PlatformCodes order, HttpRequest request, RehearsalShopDb db, StoreDirectory stores, CancellationToken cancel)
    {
        if (await AuthorisedAsync(shop, request, db, stores, cancel) is not { } storeId)
        {
            return NoToken();
        }

        if (order.Codes is not { Count: > 0 and <= CodesAtOnceMax } || order.Codes.Any(code => string.IsNullOrWhiteSpace(code) || code.Length > CodeLengthMax))
        {
            return Refuse(StatusCodes.Status422UnprocessableEntity, "invalid", $"1 to {CodesAtOnceMax} codes are added at once, of 1 to {CodeLengthMax} characters.");
        }

        return await db.AddCodesAsync(storeId, id, order.Codes, cancel) is { } refused ? TypedResults.Ok(new PlatformCodesAdded(refused)) : NoDiscount();
    }

    /// <summary>The id of the store whose token the request bears; null: it opens no such shop.</summary>
    public static async Task<string?> AuthorisedAsync(
        string shop, HttpRequest request, RehearsalShopDb db, StoreDirectory stores, CancellationToken cancel) =>
        await StoreIdAsync(shop, db, stores, cancel) is { } storeId && await db.IsTokenAsync(storeId, Bearer.Of(request), cancel)
            ? storeId
            : null;

    private static async Task<string?> StoreIdAsync(
        string shop, RehearsalShopDb db, StoreDirectory stores, CancellationToken cancel) =>
        await stores.FindByDomainAsync(RehearsalPlatform.PlatformName, shop, cancel) is { } store
            && await db.FindAsync(store.Id, cancel) is not null
            ? store.Id
            : null;

    private static JsonHttpResult<PlatformError> NoShop() => Refuse(StatusCodes.Status404NotFound, "not_found", "There is no such shop.");

    private static JsonHttpResult<PlatformError> NoDiscount() => Refuse(StatusCodes.Status404NotFound, "not_found", "The shop has no such discount.");

    public static JsonHttpResult<PlatformError> NoToken() =>
        Refuse(StatusCodes.Status401Unauthorized, "unauthorized", "The bearer token does not open this shop.");

    // Errors have the platform's own form, as an outside party's would.
    public static JsonHttpResult<PlatformError> Refuse(int status, string error, string description) =>
        TypedResults.Json(new PlatformError(error, description), statusCode: status);
}

/// <summary>The bearer token of a request.</summary>
internal static class Bearer
{
    private const string Scheme = "Bearer ";

    public static string? Of(HttpRequest request) =>
        request.Headers.Authorization is [{ } header] && header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            ? header[Scheme.Length..].Trim()
            : null;
}
