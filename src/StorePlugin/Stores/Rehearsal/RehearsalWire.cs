// What the app and the rehearsal platform say to each other, in the platform's spelling.
using System.Text.Json.Serialization;

namespace StorePlugin.Stores.Rehearsal;

/// <summary>The answer to a code.</summary>
internal sealed record PlatformToken(
    [property: JsonPropertyName("access_token")] string AccessToken,
    [property: JsonPropertyName("scope")] string Scope,
    [property: JsonPropertyName("webhook_secret")] string WebhookSecret)
{
    /// <summary>Says nothing, so that no log line can hold a secret.</summary>
    public override string ToString() => nameof(PlatformToken);
}

internal sealed record PlatformFacts(
    [property: JsonPropertyName("name")] string Name,
    [property: JsonPropertyName("currency")] string Currency,
    [property: JsonPropertyName("iana_timezone")] string TimeZone,
    [property: JsonPropertyName("domain")] string Domain,
    [property: JsonPropertyName("contact_email")] string ContactEmail);

/// <param name="PercentBp">Basis points of the price; 0 beside an amount.</param>
/// <param name="AmountMinor">In minor units of the shop's currency, as the minimum is.</param>
internal sealed record PlatformDiscountRequest(
    [property: JsonPropertyName("code")] string? Code,
    [property: JsonPropertyName("title")] string? Title,
    [property: JsonPropertyName("percent_bp")] long PercentBp,
    [property: JsonPropertyName("starts_at")] DateTimeOffset StartsAt,
    [property: JsonPropertyName("amount_minor")] long? AmountMinor = null,
    [property: JsonPropertyName("minimum_minor")] long? MinimumMinor = null,
    [property: JsonPropertyName("usage_limit")] long? UsageLimit = null,
    [property: JsonPropertyName("once_per_customer")] bool OncePerCustomer = false,
    [property: JsonPropertyName("ends_at")] DateTimeOffset? EndsAt = null);

internal sealed record PlatformDiscount(
    [property: JsonPropertyName("id")] string Id,
    [property: JsonPropertyName("code")] string Code);

/// <param name="PercentBp">Basis points of the price; 0 beside an amount.</param>
/// <param name="AmountMinor">In minor units of the shop's currency.</param>
internal sealed record PlatformDiscountNow(
    [property: JsonPropertyName("id")] string Id,
    [property: JsonPropertyName("title")] string Title,
    [property: JsonPropertyName("active")] bool Active,
    [property: JsonPropertyName("percent_bp")] long PercentBp,
    [property: JsonPropertyName("amount_minor")] long? AmountMinor,
    [property: JsonPropertyName("once_per_customer")] bool OncePerCustomer,
    [property: JsonPropertyName("ends_at")] DateTimeOffset? EndsAt)
{
    /// <summary>Names the discount by its id only, so that no log line can hold a title.</summary>
    public override string ToString() => $"{nameof(PlatformDiscountNow)} {Id}";
}

/// <summary>What is null stays as it is.</summary>
/// <param name="PercentBp">Basis points of the price.</param>
internal sealed record PlatformDiscountChange(
    [property: JsonPropertyName("percent_bp")] long? PercentBp,
    [property: JsonPropertyName("once_per_customer")] bool? OncePerCustomer);

internal sealed record PlatformCodes([property: JsonPropertyName("codes")] IReadOnlyList<string> Codes);

/// <param name="Refused">The codes that another discount has.</param>
internal sealed record PlatformCodesAdded([property: JsonPropertyName("refused")] IReadOnlyList<string> Refused);

/// <param name="Codes">Every code of the discount.</param>
internal sealed record PlatformDiscountWithCodes(
    [property: JsonPropertyName("active")] bool Active,
    [property: JsonPropertyName("percent_bp")] long PercentBp,
    [property: JsonPropertyName("ends_at")] DateTimeOffset? EndsAt,
    [property: JsonPropertyName("usage_limit")] long? UsageLimit,
    [property: JsonPropertyName("codes")] IReadOnlyList<string> Codes);

internal sealed record PlatformError(
    [property: JsonPropertyName("error")] string Error,
    [property: JsonPropertyName("error_description")] string Description);
