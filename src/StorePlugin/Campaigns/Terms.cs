// The terms of a campaign: immutable once written, judged by the order's own instant.
using System.Text.Json;
using System.Text.Json.Serialization;
using StorePlugin.Webhooks;

namespace StorePlugin.Campaigns;

/// <summary>One revision of a campaign's terms.</summary>
/// <param name="CommissionBp">The ambassador's share of the base in basis points; 1000 is 10 %.</param>
/// <param name="FriendDiscountBp">The shopper's discount in basis points; 0 makes codes tracking-only (rule T5).</param>
/// <param name="HoldDays">Days from payment to release (rule H2).</param>
/// <param name="WindowDays">Days that a click counts (rule T2).</param>
internal sealed record Terms(long CommissionBp, long FriendDiscountBp, long HoldDays, long WindowDays)
{
    public const long HoldDaysDefault = 30;
    public const long HoldDaysMax = 365;
    public const long WindowDaysDefault = 30;
    public const long WindowDaysMin = 1;
    public const long WindowDaysMax = 365;

    [JsonIgnore]
    public TimeSpan Hold => TimeSpan.FromDays(HoldDays);

    [JsonIgnore]
    public TimeSpan Window => TimeSpan.FromDays(WindowDays);

    public string ToJson() => JsonSerializer.Serialize(this, TermsJson.Default.Terms);

    public static Terms FromJson(string json) =>
        JsonSerializer.Deserialize(json, TermsJson.Default.Terms) ?? throw new JsonException("A revision holds no terms.");
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Terms))]
internal sealed partial class TermsJson : JsonSerializerContext;

/// <summary>A share in basis points, applied exactly and rounded once (rule M2).</summary>
internal static class BasisPoints
{
    public const long Whole = 10_000;

    /// <summary>Reads a share of 0 to 100 % with two decimals at most; null when it is none.</summary>
    public static long? OfPercent(decimal percent)
    {
        if (percent is < 0 or > 100)
        {
            return null;
        }

        var exact = percent * 100;
        return exact == decimal.Truncate(exact) ? (long)exact : null;
    }

    public static decimal ToPercent(long basisPoints) => basisPoints / 100m;

    /// <summary>The rounded sum of base times rate over parts: half away from zero, once over all of them.</summary>
    /// <param name="currency">The currency of all amounts.</param>
    /// <param name="parts">Each a base in minor units and its rate in basis points.</param>
    public static Money Of(Currency currency, IEnumerable<(long BaseMinor, long RateBp)> parts)
    {
        var exact = parts.Aggregate(Int128.Zero, (sum, part) => sum + ((Int128)part.BaseMinor * part.RateBp));
        return new Money((long)((exact + (exact < 0 ? -Whole : Whole) / 2) / Whole), currency);
    }
}
