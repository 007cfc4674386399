// What we ask of Shopify's Admin API about gift cards and store credit.
using System.Globalization;
using System.Text.Json.Serialization;
using StorePlugin.Webhooks;

namespace StorePlugin.Stores.Shopify;

internal static class ShopifyValueOperations
{
    public static readonly ShopifyOperation<CreateCardVariables, CreateCardData> CreateCard = new(
        "GiftCardCreate", ShopifyValueJson.Default.GraphQlRequestCreateCardVariables, ShopifyValueJson.Default.CreateCardData);

    public static readonly ShopifyOperation<FindCardsVariables, FindCardsData> FindCards = new(
        "GiftCards", ShopifyValueJson.Default.GraphQlRequestFindCardsVariables, ShopifyValueJson.Default.FindCardsData);

    public static readonly ShopifyOperation<CardVariables, CardData> LookAtCard = new(
        "GiftCard", ShopifyValueJson.Default.GraphQlRequestCardVariables, ShopifyValueJson.Default.CardData);

    public static readonly ShopifyOperation<CardVariables, EndCardData> EndCard = new(
        "GiftCardDeactivate", ShopifyValueJson.Default.GraphQlRequestCardVariables, ShopifyValueJson.Default.EndCardData);

    public static readonly ShopifyOperation<FindCustomerVariables, IdentifiedCustomer> FindCustomer = new(
        "CustomerByIdentifier", ShopifyValueJson.Default.GraphQlRequestFindCustomerVariables, ShopifyValueJson.Default.IdentifiedCustomer);

    public static readonly ShopifyOperation<ReadCreditVariables, IdentifiedCustomer> ReadCredit = new(
        "CustomerStoreCredit", ShopifyValueJson.Default.GraphQlRequestReadCreditVariables, ShopifyValueJson.Default.IdentifiedCustomer);

    public static readonly ShopifyOperation<CreditVariables, CreditData> Credit = new(
        "StoreCreditAccountCredit", ShopifyValueJson.Default.GraphQlRequestCreditVariables, ShopifyValueJson.Default.CreditData);

    public static readonly ShopifyOperation<DebitVariables, DebitData> Debit = new(
        "StoreCreditAccountDebit", ShopifyValueJson.Default.GraphQlRequestDebitVariables, ShopifyValueJson.Default.DebitData);
}

/// <param name="Amount">A decimal text, as is every amount here.</param>
internal sealed record ShopifyMoney(string Amount, string CurrencyCode)
{
    public static ShopifyMoney Of(Money amount) => new(amount.ToDecimalString(), amount.Currency.Code);

    /// <summary>In minor units.</summary>
    /// <exception cref="PlatformException">It is no amount.</exception>
    [JsonIgnore]
    public long Minor => Currency.TryParse(CurrencyCode, out var currency) && Money.TryParse(Amount, currency, out var amount)
        ? amount.Minor
        : throw new PlatformException("Shopify's answer holds an amount that is none.");
}

internal sealed record CreateCardVariables(CardInput Input);

/// <summary>Shopify's <c>GiftCardCreateInput</c>. Without an end the card does not expire.</summary>
internal sealed record CardInput(
    ShopifyMoney InitialAmount, string Code, string Note, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? ExpiresOn)
{
    public static CardInput Of(GiftCardRequest request) => new(
        ShopifyMoney.Of(request.Amount), request.Code, request.Note, request.ExpiresOn?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));

    /// <summary>Without the code, so that no log line can hold it.</summary>
    public override string ToString() => nameof(CardInput);
}

internal sealed record CreateCardData(CardPayload? GiftCardCreate);

internal sealed record CardPayload(ShopifyCard? GiftCard, IReadOnlyList<UserError>? UserErrors);

internal sealed record ShopifyCard(string? Id, bool Enabled, ShopifyMoney? Balance)
{
    /// <summary>Asked for where it tells whose a card is.</summary>
    public string? Note { get; init; }
}

/// <param name="Query">A card's code, which Shopify searches for without regard to its case.</param>
internal sealed record FindCardsVariables(string Query)
{
    /// <summary>Says nothing, so that no log line can hold the code.</summary>
    public override string ToString() => nameof(FindCardsVariables);
}

internal sealed record FindCardsData(CardList? GiftCards);

internal sealed record CardList(IReadOnlyList<ShopifyCard>? Nodes);

internal sealed record CardVariables(string Id);

internal sealed record CardData(ShopifyCard? GiftCard);

internal sealed record EndCardData(CardPayload? GiftCardDeactivate);

internal sealed record FindCustomerVariables(CustomerIdentifier Identifier);

/// <summary>Shopify's <c>CustomerIdentifierInput</c>: one of the two.</summary>
internal sealed record CustomerIdentifier(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? EmailAddress,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Id)
{
    /// <summary>Says nothing, so that no log line can hold a person.</summary>
    public override string ToString() => nameof(CustomerIdentifier);
}

/// <param name="Account">Which of the customer's accounts, in Shopify's search syntax.</param>
internal sealed record ReadCreditVariables(CustomerIdentifier Identifier, string Account);

internal sealed record IdentifiedCustomer(ShopifyCustomer? CustomerByIdentifier);

internal sealed record ShopifyCustomer(string? Id, CreditAccounts? StoreCreditAccounts);

internal sealed record CreditAccounts(IReadOnlyList<CreditAccount>? Nodes);

internal sealed record CreditAccount(string? Id, ShopifyMoney? Balance, CreditTransactions? Transactions);

internal sealed record CreditTransactions(IReadOnlyList<CreditTransaction>? Nodes, CreditPage? PageInfo);

internal sealed record CreditPage(bool HasNextPage);

/// <param name="Event"><c>ADJUSTMENT</c> for what people and apps add and take; all else is done by orders.</param>
internal sealed record CreditTransaction(string? Id, ShopifyMoney? Amount, DateTimeOffset CreatedAt, string? Event, DateTimeOffset? ExpiresAt)
{
    /// <summary>Its kind.</summary>
    [JsonPropertyName("__typename")]
    public string? TypeName { get; init; }
}

/// <param name="Id">The customer, whose account of the currency is made where there is none.</param>
internal sealed record CreditVariables(string Id, CreditInput Credit);

internal sealed record CreditInput(ShopifyMoney CreditAmount, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? ExpiresAt);

internal sealed record CreditData(CreditPayload? StoreCreditAccountCredit);

internal sealed record CreditPayload(CreditMade? StoreCreditAccountTransaction, IReadOnlyList<UserError>? UserErrors);

internal sealed record CreditMade(string? Id);

internal sealed record DebitVariables(string Id, DebitInput Debit);

internal sealed record DebitInput(ShopifyMoney DebitAmount);

internal sealed record DebitData(CreditPayload? StoreCreditAccountDebit);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(GraphQlRequest<CreateCardVariables>))]
[JsonSerializable(typeof(GraphQlRequest<FindCardsVariables>))]
[JsonSerializable(typeof(GraphQlRequest<CardVariables>))]
[JsonSerializable(typeof(GraphQlRequest<FindCustomerVariables>))]
[JsonSerializable(typeof(GraphQlRequest<ReadCreditVariables>))]
[JsonSerializable(typeof(GraphQlRequest<CreditVariables>))]
[JsonSerializable(typeof(GraphQlRequest<DebitVariables>))]
[JsonSerializable(typeof(CreateCardData))]
[JsonSerializable(typeof(FindCardsData))]
[JsonSerializable(typeof(CardData))]
[JsonSerializable(typeof(EndCardData))]
[JsonSerializable(typeof(IdentifiedCustomer))]
[JsonSerializable(typeof(CreditData))]
[JsonSerializable(typeof(DebitData))]
internal sealed partial class ShopifyValueJson : JsonSerializerContext;
