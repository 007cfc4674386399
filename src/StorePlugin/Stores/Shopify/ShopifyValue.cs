// Gift cards and store credit on Shopify.
using StorePlugin.Webhooks;

namespace StorePlugin.Stores.Shopify;

/// <summary>Shopify knows no idempotency key for either: the caller looks before it asks a second time.</summary>
internal sealed partial class ShopifyPlatform
{
    private const string CreditType = "StoreCreditAccountCreditTransaction";
    private const string DebitType = "StoreCreditAccountDebitTransaction";
    private const string Adjustment = "ADJUSTMENT";

    // A permission is granted by the merchant, who may take days.
    private static readonly TimeSpan PermissionWait = TimeSpan.FromHours(1);

    /// <summary>A code works for one card of the store, so that the second of two tries is told that it is taken.</summary>
    public async Task<ValueAnswer<GiftCardNow>> GiveCardAsync(Store store, GiftCardRequest request, CancellationToken cancel)
    {
        var (payload, without) = Read(
            await admin.AskAsync(store, ShopifyValueOperations.CreateCard, new CreateCardVariables(CardInput.Of(request)), cancel), data => data.GiftCardCreate);
        if (payload is null)
        {
            return without!.As<GiftCardNow>();
        }

        var errors = payload.UserErrors ?? [];
        if (UserError.Judge(errors) != Objection.Taken)
        {
            return OfPayload(payload.GiftCard, errors, card => card is { Id.Length: > 0 } ? Show(card) : null);
        }

        return await FindCardAsync(store, request.Code, request.RewardId, cancel) switch
        {
            ValueAnswer<GiftCardNow?>.Given { Value: { } card } => new ValueAnswer<GiftCardNow>.Given(card),
            ValueAnswer<GiftCardNow?>.Given => new ValueAnswer<GiftCardNow>.Failed("Shopify says that the gift card's code is taken, but does not show by which card."),
            var other => other.As<GiftCardNow>(),
        };
    }

    public async Task<ValueAnswer<GiftCardNow?>> FindCardAsync(Store store, string code, string rewardId, CancellationToken cancel)
    {
        var (list, without) = Read(await admin.AskAsync(store, ShopifyValueOperations.FindCards, new FindCardsVariables(code), cancel), data => data.GiftCards);
        return list is null
            ? without!.As<GiftCardNow?>()
            : new ValueAnswer<GiftCardNow?>.Given(
                list.Nodes?.FirstOrDefault(card => card.Id is { Length: > 0 } && card.Note?.Contains(rewardId, StringComparison.Ordinal) is true) is { } own ? Show(own) : null);
    }

    public async Task<ValueAnswer<GiftCardNow?>> LookAtCardAsync(Store store, string cardId, CancellationToken cancel) =>
        await admin.AskAsync(store, ShopifyValueOperations.LookAtCard, new CardVariables(cardId), cancel) switch
        {
            ShopifyAnswer<CardData>.Given { Data.GiftCard: { Id.Length: > 0 } card } => new ValueAnswer<GiftCardNow?>.Given(Show(card)),
            ShopifyAnswer<CardData>.Given { Errors.IsEmpty: true } => new ValueAnswer<GiftCardNow?>.Given(null),
            var answer => NoValue(answer).As<GiftCardNow?>(),
        };

    public async Task<ValueAnswer<GiftCardNow>> EndCardAsync(Store store, string cardId, CancellationToken cancel)
    {
        var (payload, without) = Read(await admin.AskAsync(store, ShopifyValueOperations.EndCard, new CardVariables(cardId), cancel), data => data.GiftCardDeactivate);
        return payload is null
            ? without!.As<GiftCardNow>()
            : OfPayload(payload.GiftCard, payload.UserErrors ?? [], card => card is { Id.Length: > 0 } ? Show(card) : null);
    }

    public async Task<ValueAnswer<string?>> FindCustomerAsync(Store store, string email, CancellationToken cancel) =>
        await admin.AskAsync(store, ShopifyValueOperations.FindCustomer, new FindCustomerVariables(new CustomerIdentifier(email, null)), cancel) switch
        {
            ShopifyAnswer<IdentifiedCustomer>.Given { Data.CustomerByIdentifier.Id: { Length: > 0 } id } => new ValueAnswer<string?>.Given(id),
            ShopifyAnswer<IdentifiedCustomer>.Given { Errors.IsEmpty: true } => new ValueAnswer<string?>.Given(null),
            var answer => NoValue(answer).As<string?>(),
        };

    public async Task<ValueAnswer<CreditNow?>> ReadCreditAsync(Store store, string customerId, Currency currency, CancellationToken cancel)
    {
        var variables = new ReadCreditVariables(new CustomerIdentifier(null, customerId), $"currency_code:{currency.Code}");
        return await admin.AskAsync(store, ShopifyValueOperations.ReadCredit, variables, cancel) switch
        {
            ShopifyAnswer<IdentifiedCustomer>.Given { Errors.IsEmpty: true, Data.CustomerByIdentifier.StoreCreditAccounts.Nodes: { } accounts } =>
                new ValueAnswer<CreditNow?>.Given(Show(accounts.FirstOrDefault(account => account.Balance?.CurrencyCode == currency.Code))),
            ShopifyAnswer<IdentifiedCustomer>.Given { Errors.IsEmpty: true, Data.CustomerByIdentifier: null } => new ValueAnswer<CreditNow?>.Given(null),
            var answer => NoValue(answer).As<CreditNow?>(),
        };
    }

    public async Task<ValueAnswer<string>> CreditAsync(Store store, string customerId, Money amount, DateTimeOffset? expiresAt, CancellationToken cancel)
    {
        var variables = new CreditVariables(customerId, new CreditInput(ShopifyMoney.Of(amount), expiresAt?.ToUniversalTime()));
        var (payload, without) = Read(await admin.AskAsync(store, ShopifyValueOperations.Credit, variables, cancel), data => data.StoreCreditAccountCredit);
        return payload is null ? without!.As<string>() : OfPayload(payload.StoreCreditAccountTransaction, payload.UserErrors ?? [], made => made?.Id);
    }

    public async Task<ValueAnswer<string>> DebitAsync(Store store, string customerId, Money amount, CancellationToken cancel)
    {
        var variables = new DebitVariables(customerId, new DebitInput(ShopifyMoney.Of(amount)));
        var (payload, without) = Read(await admin.AskAsync(store, ShopifyValueOperations.Debit, variables, cancel), data => data.StoreCreditAccountDebit);
        return payload is null ? without!.As<string>() : OfPayload(payload.StoreCreditAccountTransaction, payload.UserErrors ?? [], made => made?.Id);
    }

    /// <summary>What a mutation gave, or what Shopify objects to. Where it says neither, nobody knows what it did.</summary>
    private static ValueAnswer<T> OfPayload<TMade, T>(TMade? made, IReadOnlyList<UserError> errors, Func<TMade?, T?> read)
        where TMade : class
        where T : class =>
        read(made) is { } value ? new ValueAnswer<T>.Given(value)
        : UserError.Judge(errors) is Objection.None or Objection.Internal ? new ValueAnswer<T>.Failed($"Shopify failed: {UserError.WordsOf(errors)}".TrimEnd(' ', ':') + ".")
        : new ValueAnswer<T>.Refused(RefusalOf(errors));

    private static string RefusalOf(IReadOnlyList<UserError> errors) => (errors[0].Code switch
    {
        "GIFT_CARD_LIMIT_EXCEEDED" => "The amount is more than a gift card may be worth in this store.",
        "CREDIT_LIMIT_EXCEEDED" => "The customer's store credit would be more than Shopify allows.",
        "UNSUPPORTED_CURRENCY" => "Shopify has no store credit in this currency.",
        "MISMATCHING_CURRENCY" => "The customer's account of store credit has another currency.",
        "NEGATIVE_OR_ZERO_AMOUNT" or "GREATER_THAN" => "The amount is less than Shopify takes.",
        "OWNER_NOT_FOUND" => "The store has no such customer any more.",
        "ACCOUNT_NOT_FOUND" => "The customer has no such account of store credit.",
        "INSUFFICIENT_FUNDS" => "The customer has less store credit than is to be taken back.",
        "EXPIRES_AT_IN_PAST" => "The time in which the credit was to be used is over.",
        "GIFT_CARD_NOT_FOUND" => "The store has no such gift card.",
        _ => "Shopify refuses it.",
    }) + $" Shopify says: {UserError.WordsOf(errors)}";

    private static (TPart? Part, ValueAnswer<TPart>? Without) Read<TData, TPart>(ShopifyAnswer<TData> answer, Func<TData, TPart?> read)
        where TPart : class =>
        answer is not ShopifyAnswer<TData>.Given given ? (null, NoValue(answer).As<TPart>())
        : read(given.Data) is { } part ? (part, null)
        : (null, NoValue(ShopifyAnswer<TData>.OfErrors(given.Errors)).As<TPart>());

    private static ValueAnswer<TData> NoValue<TData>(ShopifyAnswer<TData> answer) => answer switch
    {
        ShopifyAnswer<TData>.Given given => NoValue(ShopifyAnswer<TData>.OfErrors(given.Errors)),
        ShopifyAnswer<TData>.Unavailable unavailable => new ValueAnswer<TData>.Unavailable(unavailable.Reason, unavailable.Wait)
        {
            WaitsForMerchant = unavailable.WaitsForMerchant,
        },
        ShopifyAnswer<TData>.Failed { IsDenied: true } denied => new ValueAnswer<TData>.Unavailable(denied.Reason, PermissionWait) { WaitsForMerchant = true },
        ShopifyAnswer<TData>.Failed failed => new ValueAnswer<TData>.Failed(failed.Reason),
        ShopifyAnswer<TData>.Refused refused => new ValueAnswer<TData>.Refused(refused.Reason),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static GiftCardNow Show(ShopifyCard card) => new(card.Id!, card.Enabled, card.Balance?.Minor ?? 0);

    private static CreditNow Show(CreditAccount? account)
    {
        var all = account?.Transactions?.Nodes ?? [];
        return new CreditNow(
            account?.Balance?.Minor ?? 0,
            [
                .. all.Where(move => move is { Id.Length: > 0, Amount: not null, Event: Adjustment, TypeName: CreditType or DebitType })
                    .Select(move => new CreditMove(
                        move.Id!, Math.Abs(move.Amount!.Minor) * (move.TypeName == DebitType ? -1 : 1), move.CreatedAt, move.ExpiresAt)),
            ],
            account?.Transactions?.PageInfo?.HasNextPage is true ? all[^1].CreatedAt : null);
    }
}
