// What a rule about abuse has found in an order of an ambassador's: how grave it is, and the inputs that it rests on (rule F7).
using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace StorePlugin.Abuse;

/// <summary>How grave a finding is (rule H3).</summary>
internal static class Severity
{
    /// <summary>It is shown and stops nothing.</summary>
    public const string Notice = "notice";

    /// <summary>A person has to look before the money is released.</summary>
    public const string Review = "review";
}

/// <summary>One input by its name: a number or a word.</summary>
internal sealed record FindingInput(
    string Name,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? Number = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Word = null);

/// <param name="Why">The same in words; it names no person.</param>
internal sealed record PatternFinding(string Rule, string Severity, ImmutableArray<FindingInput> Inputs, string Why)
{
    /// <summary>Whose orders show the pattern. An order that counts for somebody else meanwhile does not bear it.</summary>
    public string AmbassadorId { get; init; } = "";

    /// <summary>1 for what was found when the order was flagged first, and rising.</summary>
    public long Number { get; init; }

    /// <summary>The reason of the exemption that lets it pass; null where there was none.</summary>
    public string? AllowedWhy { get; init; }

    /// <summary>Whether it stands between the commission and its release.</summary>
    public bool Stops => OutcomeOf(Severity, AllowedWhy) == Abuse.Severity.Review;

    /// <summary>noted, review or allowed.</summary>
    public string Outcome => OutcomeOf(Severity, AllowedWhy);

    public static string OutcomeOf(string severity, string? allowedWhy) =>
        allowedWhy is not null ? "allowed" : severity == Abuse.Severity.Review ? Abuse.Severity.Review : "noted";

    public static string ToJson(ImmutableArray<FindingInput> inputs) => JsonSerializer.Serialize(inputs, AbuseJson.Default.ImmutableArrayFindingInput);

    public static ImmutableArray<FindingInput> InputsOf(string json) => JsonSerializer.Deserialize(json, AbuseJson.Default.ImmutableArrayFindingInput);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ImmutableArray<FindingInput>))]
internal sealed partial class AbuseJson : JsonSerializerContext;
