// What a decision rests on beside the order's own facts: the touches, and what their campaigns were at the order's instant.
using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using StorePlugin.Campaigns;

namespace StorePlugin.Orders;

/// <summary>A campaign as it was at an order's instant.</summary>
/// <param name="Revision">The terms in force; null before its launch.</param>
/// <param name="Stopped">Whether it was paused or had ended; null where it was neither.</param>
internal sealed record CampaignAt(
    string Id,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? Revision,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? LaunchedAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] CampaignStop? Stopped)
{
    /// <summary>Those of <see cref="Revision"/>; a revision never changes, so the log names it and does not repeat it.</summary>
    [JsonIgnore]
    public Terms? Terms { get; init; }
}

/// <summary>
/// The evidence of one decision. It is written to the event log with every decision, so that the same decision can be made
/// again after clicks have expired, codes have ended and people have gone.
/// </summary>
internal sealed record Evidence(ImmutableArray<Touch> Touches, ImmutableArray<CampaignAt> Campaigns)
{
    public static readonly Evidence None = new([], []);

    /// <summary>What the winner's earlier orders come to; null where the terms do not look back.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Standing? Standing { get; init; }

    /// <summary>The customer; null where no terms ask for them.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public CustomerAt? Customer { get; init; }

    /// <summary>The collections of the order's products at its instant, where terms ask for them (rule B6).</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public ImmutableArray<ProductCollections> Collections { get; init; }

    /// <summary>The campaign of a touch, or the one that a person has chosen.</summary>
    public CampaignAt CampaignOf(string campaignId)
    {
        foreach (var campaign in Campaigns)
        {
            if (campaign.Id == campaignId)
            {
                return campaign;
            }
        }

        throw new System.Diagnostics.UnreachableException($"The campaign {campaignId} is no part of the evidence.");
    }

    /// <summary>The key of the group, at the order's instant, of whom a person has credited (rule B6); null: none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? DecidedGroup { get; init; }

    /// <summary>The same with what was known of the customer earlier: of a paid order that does not change any more.</summary>
    public Evidence AsKnownIn(Evidence earlier) => this with
    {
        Customer = earlier.Customer ?? Customer,
        Touches = [.. Touches.Select(touch =>
            earlier.Touches.FirstOrDefault(known => known.Kind == touch.Kind && known.Evidence == touch.Evidence) is { } known ? touch with { Number = known.Number, UsedBy = known.UsedBy } : touch)],
    };

    /// <summary>Evidence as it was written, of which the terms are not asked for.</summary>
    public static Evidence WithoutTerms(string json) =>
        JsonSerializer.Deserialize(json, EvidenceJson.Default.Evidence) ?? throw new JsonException("A decision names no evidence.");

    public string ToJson() => JsonSerializer.Serialize(this, EvidenceJson.Default.Evidence);

    /// <param name="termsOf">The terms of a campaign's revision, as they were written once.</param>
    public static Evidence FromJson(string json, Func<string, long, Terms> termsOf)
    {
        var read = WithoutTerms(json);
        return read with
        {
            Campaigns = [.. read.Campaigns.Select(campaign =>
                campaign.Revision is { } revision ? campaign with { Terms = termsOf(campaign.Id, revision) } : campaign)],
        };
    }
}

/// <summary>The platform's ids of the collections that a product was in.</summary>
internal sealed record ProductCollections(string ProductId, ImmutableArray<string> Collections)
{
    /// <summary>Those of a product in a list; none where it is not named.</summary>
    public static ImmutableArray<string> Of(ImmutableArray<ProductCollections> all, string? productId)
    {
        if (!all.IsDefaultOrEmpty && productId is not null)
        {
            foreach (var of in all)
            {
                if (of.ProductId == productId)
                {
                    return of.Collections;
                }
            }
        }

        return [];
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(Evidence))]
internal sealed partial class EvidenceJson : JsonSerializerContext;
