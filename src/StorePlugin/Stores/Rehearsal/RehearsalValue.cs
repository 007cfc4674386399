// Gift cards and store credit on the rehearsal platform, which knows no idempotency key for them either.
using System.Net;
using System.Net.Http.Headers;
using StorePlugin.Webhooks;

namespace StorePlugin.Stores.Rehearsal;

internal sealed partial class RehearsalPlatform
{
    public async Task<ValueAnswer<GiftCardNow>> GiveCardAsync(Store store, GiftCardRequest request, CancellationToken cancel)
    {
        var body = new PlatformCardRequest(
            request.Code, request.Note, request.Amount.Minor, request.Amount.Currency.Code,
            request.ExpiresOn is { } last ? new DateTimeOffset(last.AddDays(1).ToDateTime(TimeOnly.MinValue), TimeSpan.Zero) : null);
        var (answer, isTaken) = await PostAsync<PlatformCard>(store, "gift-cards", body, cancel);
        if (!isTaken)
        {
            return answer is ValueAnswer<PlatformCard?>.Given { Value: { } made } ? new ValueAnswer<GiftCardNow>.Given(Show(made)) : answer.As<GiftCardNow>();
        }

        return await FindCardAsync(store, request.Code, request.RewardId, cancel) switch
        {
            ValueAnswer<GiftCardNow?>.Given { Value: { } card } => new ValueAnswer<GiftCardNow>.Given(card),
            ValueAnswer<GiftCardNow?>.Given => new ValueAnswer<GiftCardNow>.Refused("Another gift card of the shop has the code."),
            var other => other.As<GiftCardNow>(),
        };
    }

    public async Task<ValueAnswer<GiftCardNow?>> FindCardAsync(Store store, string code, string rewardId, CancellationToken cancel) =>
        (await PostAsync<PlatformCard>(store, "gift-card-searches", new PlatformCode(code), cancel)).Answer switch
        {
            ValueAnswer<PlatformCard?>.Given { Value: var card } =>
                new ValueAnswer<GiftCardNow?>.Given(card?.Note?.Contains(rewardId, StringComparison.Ordinal) is true ? Show(card) : null),
            var other => other.As<GiftCardNow?>(),
        };

    public async Task<ValueAnswer<GiftCardNow?>> LookAtCardAsync(Store store, string cardId, CancellationToken cancel) =>
        (await SendAsync<PlatformCard>(store, HttpMethod.Get, $"gift-cards/{Uri.EscapeDataString(cardId)}", null, cancel)).Answer switch
        {
            ValueAnswer<PlatformCard?>.Given { Value: var card } => new ValueAnswer<GiftCardNow?>.Given(card is null ? null : Show(card)),
            var other => other.As<GiftCardNow?>(),
        };

    public async Task<ValueAnswer<GiftCardNow>> EndCardAsync(Store store, string cardId, CancellationToken cancel) =>
        (await PostAsync<PlatformCard>(store, $"gift-cards/{Uri.EscapeDataString(cardId)}/deactivation", null, cancel)).Answer switch
        {
            ValueAnswer<PlatformCard?>.Given { Value: { } card } => new ValueAnswer<GiftCardNow>.Given(Show(card)),
            ValueAnswer<PlatformCard?>.Given => new ValueAnswer<GiftCardNow>.Refused("The shop has no such gift card."),
            var other => other.As<GiftCardNow>(),
        };

    public async Task<ValueAnswer<string?>> FindCustomerAsync(Store store, string email, CancellationToken cancel) =>
        (await PostAsync<PlatformCustomer>(store, "customer-searches", new PlatformEmail(email), cancel)).Answer switch
        {
            ValueAnswer<PlatformCustomer?>.Given { Value: var customer } => new ValueAnswer<string?>.Given(customer?.Id),
            var other => other.As<string?>(),
        };

    public async Task<ValueAnswer<CreditNow?>> ReadCreditAsync(Store store, string customerId, Currency currency, CancellationToken cancel) =>
        (await SendAsync<PlatformCredit>(store, HttpMethod.Get, $"customers/{Uri.EscapeDataString(customerId)}/credit/{currency.Code}", null, cancel)).Answer switch
        {
            ValueAnswer<PlatformCredit?>.Given { Value: var credit } => new ValueAnswer<CreditNow?>.Given(
                credit is null ? null : new CreditNow(
                    credit.BalanceMinor,
                    [.. credit.Moves.Select(move => new CreditMove(move.Id, move.AmountMinor, move.CreatedAt, move.ExpiresAt))],
                    credit.HasMore ? credit.Moves[^1].CreatedAt : null)),
            var other => other.As<CreditNow?>(),
        };

    public Task<ValueAnswer<string>> CreditAsync(Store store, string customerId, Money amount, DateTimeOffset? expiresAt, CancellationToken cancel) =>
        MoveAsync(store, customerId, "credits", new PlatformCreditRequest(amount.Minor, amount.Currency.Code, expiresAt), cancel);

    public Task<ValueAnswer<string>> DebitAsync(Store store, string customerId, Money amount, CancellationToken cancel) =>
        MoveAsync(store, customerId, "debits", new PlatformCreditRequest(amount.Minor, amount.Currency.Code), cancel);

    private async Task<ValueAnswer<string>> MoveAsync(Store store, string customerId, string what, PlatformCreditRequest move, CancellationToken cancel) =>
        (await PostAsync<PlatformMove>(store, $"customers/{Uri.EscapeDataString(customerId)}/{what}", move, cancel)).Answer switch
        {
            ValueAnswer<PlatformMove?>.Given { Value: { } made } => new ValueAnswer<string>.Given(made.Id),
            ValueAnswer<PlatformMove?>.Given => new ValueAnswer<string>.Refused("The shop has no such customer."),
            var other => other.As<string>(),
        };

    private Task<(ValueAnswer<T?> Answer, bool IsTaken)> PostAsync<T>(Store store, string what, object? body, CancellationToken cancel)
        where T : class => SendAsync<T>(store, HttpMethod.Post, what, body, cancel);

    /// <summary>What was answered, null where there is no such thing; and whether the code is another's.</summary>
    private async Task<(ValueAnswer<T?> Answer, bool IsTaken)> SendAsync<T>(Store store, HttpMethod method, string what, object? body, CancellationToken cancel)
        where T : class
    {
        if (await credentials.FindAsync(store.Id, CredentialKind.AccessToken, cancel) is not { } token)
        {
            return (new ValueAnswer<T?>.Failed(NoToken), false);
        }

        using var message = new HttpRequestMessage(method, Of(store.Domain, what));
        message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token.Value);
        message.Content = body is null ? null : JsonContent.Create(body, body.GetType());
        try
        {
            using var answer = await http.SendAsync(message, cancel);
            return answer.StatusCode switch
            {
                HttpStatusCode.OK => (new ValueAnswer<T?>.Given(await ReadAsync<T>(answer, cancel)), false),
                HttpStatusCode.NotFound => (new ValueAnswer<T?>.Given(null), false),
                HttpStatusCode.UnprocessableEntity => await ReadAsync<PlatformError>(answer, cancel) is { Error: var error, Description: var why }
                    ? (new ValueAnswer<T?>.Refused(why), error == "taken")
                    : throw new System.Diagnostics.UnreachableException(),
                var status when IsOutage(status) => (new ValueAnswer<T?>.Unavailable($"The rehearsal platform answered {(int)status}.", OutageWait), false),
                var status => (new ValueAnswer<T?>.Failed($"The rehearsal platform answered {(int)status}."), false),
            };
        }
        catch (Exception e) when (IsOutage(e, cancel))
        {
            return (new ValueAnswer<T?>.Unavailable("The rehearsal platform did not answer.", OutageWait), false);
        }
    }

    private static GiftCardNow Show(PlatformCard card) => new(card.Id, card.Enabled, card.BalanceMinor);
}
