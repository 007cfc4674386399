// What is asked of Shopify about the app's price: the two operations, their variables and answers.
using System.Text.Json.Serialization;
using StorePlugin.Stores.Shopify;

namespace StorePlugin.Billing;

internal static class BillingQuestions
{
    public static readonly ShopifyOperation<NoVariables, LookAtSubscriptionsData> Look = new(
        "ActiveSubscriptions", ShopifyJson.Default.GraphQlRequestNoVariables, BillingJson.Default.LookAtSubscriptionsData);

    public static readonly ShopifyOperation<CreateSubscriptionVariables, CreateSubscriptionData> Create = new(
        "AppSubscriptionCreate", BillingJson.Default.GraphQlRequestCreateSubscriptionVariables, BillingJson.Default.CreateSubscriptionData);
}

/// <param name="ReturnUrl">Where Shopify leads the merchant afterwards.</param>
/// <param name="Test">Whether nothing is charged.</param>
internal sealed record CreateSubscriptionVariables(string Name, string ReturnUrl, int TrialDays, bool Test, IReadOnlyList<SubscriptionLine> LineItems);

internal sealed record SubscriptionLine(SubscriptionPlan Plan);

internal sealed record SubscriptionPlan(RecurringPrice AppRecurringPricingDetails);

internal sealed record RecurringPrice(PriceInput Price, string Interval)
{
    public const string Monthly = "EVERY_30_DAYS";
}

/// <param name="Amount">A decimal text.</param>
internal sealed record PriceInput(string Amount, string CurrencyCode);

internal sealed record CreateSubscriptionData(CreateSubscriptionPayload? AppSubscriptionCreate);

internal sealed record CreateSubscriptionPayload(string? ConfirmationUrl, IReadOnlyList<UserError>? UserErrors);

internal sealed record LookAtSubscriptionsData(SubscribedInstallation? CurrentAppInstallation);

internal sealed record SubscribedInstallation(IReadOnlyList<Subscription>? ActiveSubscriptions);

internal sealed record Subscription(string Name, string? Status, bool Test, DateTimeOffset? CurrentPeriodEnd, IReadOnlyList<SubscribedLine>? LineItems)
{
    /// <summary>In words; null where it is no fixed price.</summary>
    public string? Price => LineItems?.Select(line => line.Plan?.PricingDetails).FirstOrDefault(details => details?.Price is not null) is { Price: { } price } details
        ? ShopifySubscriptions.WordsOf(price.Amount, price.CurrencyCode, details.Interval)
        : null;
}

internal sealed record SubscribedLine(SubscribedPlan? Plan);

internal sealed record SubscribedPlan(PricingDetails? PricingDetails);

internal sealed record PricingDetails(string? Interval, PriceInput? Price);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(GraphQlRequest<CreateSubscriptionVariables>))]
[JsonSerializable(typeof(CreateSubscriptionData))]
[JsonSerializable(typeof(LookAtSubscriptionsData))]
internal sealed partial class BillingJson : JsonSerializerContext;
