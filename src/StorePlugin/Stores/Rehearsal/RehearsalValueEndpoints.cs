// The rehearsal platform's end of gift cards and store credit.
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.HttpResults;
using StorePlugin.Ambassadors;
using StorePlugin.Data;

namespace StorePlugin.Stores.Rehearsal;

internal sealed record PlatformCardRequest(
    [property: JsonPropertyName("code")] string? Code,
    [property: JsonPropertyName("note")] string? Note,
    [property: JsonPropertyName("amount_minor")] long AmountMinor,
    [property: JsonPropertyName("currency")] string? Currency,
    [property: JsonPropertyName("expires_at")] DateTimeOffset? ExpiresAt)
{
    /// <summary>Says nothing, so that no log line can hold the code.</summary>
    public override string ToString() => nameof(PlatformCardRequest);
}

/// <param name="BalanceMinor">In minor units of the shop's currency, as all amounts here are.</param>
internal sealed record PlatformCard(
    [property: JsonPropertyName("id")] string Id,
    [property: JsonPropertyName("note")] string? Note,
    [property: JsonPropertyName("enabled")] bool Enabled,
    [property: JsonPropertyName("balance_minor")] long BalanceMinor);

internal sealed record PlatformCode([property: JsonPropertyName("code")] string? Code)
{
    /// <summary>Says nothing, so that no log line can hold it.</summary>
    public override string ToString() => nameof(PlatformCode);
}

internal sealed record PlatformEmail([property: JsonPropertyName("email")] string? Email)
{
    /// <summary>Says nothing, so that no log line can hold it.</summary>
    public override string ToString() => nameof(PlatformEmail);
}

internal sealed record PlatformCustomer([property: JsonPropertyName("id")] string Id);

internal sealed record PlatformCreditRequest(
    [property: JsonPropertyName("amount_minor")] long AmountMinor,
    [property: JsonPropertyName("currency")] string? Currency,
    [property: JsonPropertyName("expires_at")] DateTimeOffset? ExpiresAt = null);

internal sealed record PlatformCredit(
    [property: JsonPropertyName("balance_minor")] long BalanceMinor,
    [property: JsonPropertyName("moves")] IReadOnlyList<PlatformMove> Moves,
    [property: JsonPropertyName("has_more")] bool HasMore);

internal sealed record PlatformMove(
    [property: JsonPropertyName("id")] string Id,
    [property: JsonPropertyName("amount_minor")] long AmountMinor,
    [property: JsonPropertyName("created_at")] DateTimeOffset CreatedAt,
    [property: JsonPropertyName("expires_at")] DateTimeOffset? ExpiresAt);

/// <summary>Whatever is as good as money, or names a person, comes in a body and stands in no address.</summary>
internal static class RehearsalValueEndpoints
{
    private const int NoteLengthMax = 255;
    private const int MovesMax = 100;

    public static void MapRehearsalValue(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/rehearsal/platform/{shop}").AllowAnonymous().ExcludeFromDescription();
        group.MapPost("/gift-cards", MakeCardAsync);
        group.MapPost("/gift-card-searches", FindCardAsync);
        group.MapGet("/gift-cards/{id}", ShowCardAsync);
        group.MapPost("/gift-cards/{id}/deactivation", EndCardAsync);
        group.MapPost("/customer-searches", FindCustomerAsync);
        group.MapGet("/customers/{id}/credit/{currency}", ShowCreditAsync);
        group.MapPost("/customers/{id}/credits", CreditAsync);
        group.MapPost("/customers/{id}/debits", DebitAsync);
    }

    private static async Task<IResult> MakeCardAsync(
        string shop, PlatformCardRequest card, HttpRequest request, RehearsalShopDb db, RehearsalValueDb values, StoreDirectory stores, CancellationToken cancel)
    {
        if (await RehearsalPlatformEndpoints.AuthorisedAsync(shop, request, db, stores, cancel) is not { } storeId)
        {
            return RehearsalPlatformEndpoints.NoToken();
        }

        if (card.Code is not { Length: >= 8 and <= 20 } code || !code.All(char.IsAsciiLetterOrDigit) || card.Note?.Length > NoteLengthMax)
        {
            return Invalid("A gift card's code has 8 to 20 letters and digits.");
        }

        if (await RefusalAsync(storeId, card.AmountMinor, card.Currency, db, cancel) is { } refusal)
        {
            return refusal;
        }

        var (made, isNew) = await values.MakeCardAsync(storeId, card, cancel);
        return isNew ? TypedResults.Ok(Show(made)) : RehearsalPlatformEndpoints.Refuse(StatusCodes.Status422UnprocessableEntity, "taken", "The code is taken.");
    }

    private static async Task<IResult> FindCardAsync(
        string shop, PlatformCode code, HttpRequest request, RehearsalShopDb db, RehearsalValueDb values, StoreDirectory stores, CancellationToken cancel) =>
        await RehearsalPlatformEndpoints.AuthorisedAsync(shop, request, db, stores, cancel) is not { } storeId
            ? RehearsalPlatformEndpoints.NoToken()
            : await values.FindCardAsync(storeId, code.Code ?? "", cancel) is { } card ? TypedResults.Ok(Show(card)) : None();

    private static async Task<IResult> ShowCardAsync(
        string shop, string id, HttpRequest request, RehearsalShopDb db, RehearsalValueDb values, StoreDirectory stores, CancellationToken cancel) =>
        await RehearsalPlatformEndpoints.AuthorisedAsync(shop, request, db, stores, cancel) is not { } storeId
            ? RehearsalPlatformEndpoints.NoToken()
            : await values.FindAsync(storeId, id, cancel) is { } card ? TypedResults.Ok(Show(card)) : None();

    private static async Task<IResult> EndCardAsync(
        string shop, string id, HttpRequest request, RehearsalShopDb db, RehearsalValueDb values, StoreDirectory stores, CancellationToken cancel) =>
        await RehearsalPlatformEndpoints.AuthorisedAsync(shop, request, db, stores, cancel) is not { } storeId
            ? RehearsalPlatformEndpoints.NoToken()
            : await values.EndCardAsync(storeId, id, cancel) is { } card ? TypedResults.Ok(Show(card)) : None();

    /// <summary>Everybody is a customer of a rehearsal shop: nobody has to buy there first.</summary>
    private static async Task<IResult> FindCustomerAsync(
        string shop, PlatformEmail customer, HttpRequest request, RehearsalShopDb db, StoreDirectory stores, CancellationToken cancel)
    {
        if (await RehearsalPlatformEndpoints.AuthorisedAsync(shop, request, db, stores, cancel) is not { } storeId)
        {
            return RehearsalPlatformEndpoints.NoToken();
        }

        return string.IsNullOrWhiteSpace(customer.Email)
            ? None()
            : TypedResults.Ok(new PlatformCustomer("rcu_" + Ids.HashOf($"{storeId} {PersonKey.OfEmail(customer.Email)}")));
    }

    private static async Task<IResult> ShowCreditAsync(
        string shop, string id, string currency, HttpRequest request, RehearsalShopDb db, RehearsalValueDb values, StoreDirectory stores, CancellationToken cancel)
    {
        if (await RehearsalPlatformEndpoints.AuthorisedAsync(shop, request, db, stores, cancel) is not { } storeId)
        {
            return RehearsalPlatformEndpoints.NoToken();
        }

        var (balance, moves) = await values.ReadCreditAsync(storeId, id, currency, cancel);
        return TypedResults.Ok(new PlatformCredit(balance, [.. moves.Select(ShowMove)], moves.Count == MovesMax));
    }

    private static Task<IResult> CreditAsync(
        string shop, string id, PlatformCreditRequest credit, HttpRequest request, RehearsalShopDb db, RehearsalValueDb values, StoreDirectory stores, CancellationToken cancel) =>
        MoveAsync(shop, id, ShopValue.Credit, credit, request, db, values, stores, cancel);

    private static Task<IResult> DebitAsync(
        string shop, string id, PlatformCreditRequest debit, HttpRequest request, RehearsalShopDb db, RehearsalValueDb values, StoreDirectory stores, CancellationToken cancel) =>
        MoveAsync(shop, id, ShopValue.Debit, debit, request, db, values, stores, cancel);

    private static async Task<IResult> MoveAsync(
        string shop, string customer, string kind, PlatformCreditRequest move, HttpRequest request, RehearsalShopDb db, RehearsalValueDb values, StoreDirectory stores,
        CancellationToken cancel)
    {
        if (await RehearsalPlatformEndpoints.AuthorisedAsync(shop, request, db, stores, cancel) is not { } storeId)
        {
            return RehearsalPlatformEndpoints.NoToken();
        }

        return await RefusalAsync(storeId, move.AmountMinor, move.Currency, db, cancel)
            ?? (await values.MoveAsync(storeId, customer, kind, move, cancel) is { } made
                ? TypedResults.Ok(ShowMove(made))
                : Invalid("The customer has less store credit than is to be taken."));
    }

    private static async Task<IResult?> RefusalAsync(string storeId, long amountMinor, string? currency, RehearsalShopDb db, CancellationToken cancel) =>
        amountMinor < 1 ? Invalid("An amount is more than 0.")
        : (await db.FindAsync(storeId, cancel))?.Currency != currency ? Invalid("The amount must be in the shop's currency.")
        : null;

    private static PlatformCard Show(ShopValue card) => new(card.Id, card.Note, card.EndedAt is null, card.LeftMinor);

    private static PlatformMove ShowMove(ShopValue move) =>
        new(move.Id, move.Kind == ShopValue.Debit ? -move.AmountMinor : move.AmountMinor, move.CreatedAt, move.ExpiresAt);

    private static JsonHttpResult<PlatformError> None() =>
        RehearsalPlatformEndpoints.Refuse(StatusCodes.Status404NotFound, "not_found", "The shop has no such thing.");

    private static JsonHttpResult<PlatformError> Invalid(string why) =>
        RehearsalPlatformEndpoints.Refuse(StatusCodes.Status422UnprocessableEntity, "invalid", why);
}
