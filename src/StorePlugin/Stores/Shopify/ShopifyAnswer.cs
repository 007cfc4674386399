// What became of a question to Shopify's Admin API: a closed set.
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace StorePlugin.Stores.Shopify;

/// <summary>An answer, or why there is none in words.</summary>
internal abstract record ShopifyAnswer<TData>
{
    private ShopifyAnswer()
    {
    }

    /// <param name="Data">May be incomplete: what a field's error took away is null.</param>
    /// <param name="Errors">The errors that came beside the data.</param>
    internal sealed record Given(TData Data, GraphQlErrors Errors) : ShopifyAnswer<TData>;

    /// <summary>Throttled, or out, or without a token; nothing is wrong with the question.</summary>
    internal sealed record Unavailable(string Reason, TimeSpan Wait) : ShopifyAnswer<TData>
    {
        /// <summary>Whether it lasts until the merchant does what the reason says.</summary>
        public bool WaitsForMerchant { get; init; }
    }

    /// <summary>It may pass, perhaps after the merchant has done something.</summary>
    internal sealed record Failed(string Reason) : ShopifyAnswer<TData>
    {
        /// <summary>Whether Shopify refused the token (HTTP 401), so that nothing was done.</summary>
        public bool IsTokenRefused { get; init; }

        /// <summary>Whether the app lacks a permission in the store, so that nothing was done.</summary>
        public bool IsDenied { get; init; }
    }

    /// <summary>The same question can never be answered.</summary>
    internal sealed record Refused(string Reason) : ShopifyAnswer<TData>;

    /// <summary>The data, for callers to whom everything else is one failure.</summary>
    /// <exception cref="PlatformException">There is no answer; with a wait where it is no failed attempt.</exception>
    public TData DataOrThrow() => this switch
    {
        Given given => given.Data,
        Unavailable unavailable => throw new PlatformException(unavailable.Reason) { Wait = unavailable.Wait, WaitsForMerchant = unavailable.WaitsForMerchant },
        Failed failed => throw new PlatformException(failed.Reason),
        Refused refused => throw new PlatformException(refused.Reason),
        var other => throw new System.Diagnostics.UnreachableException($"{other.GetType().Name} is no answer."),
    };

    /// <summary>The verdict where errors took the data away.</summary>
    public static ShopifyAnswer<TData> OfErrors(GraphQlErrors errors) =>
        errors.Has("MAX_COST_EXCEEDED") ? new Refused($"Shopify finds the question too costly: {errors.Words}")
        : errors.Has("ACCESS_DENIED") ? new Failed(errors.DeniedWords) { IsDenied = true }
        : errors.IsEmpty ? new Failed("Shopify answered without data.")
        : new Failed($"Shopify answered with an error: {errors.Words}");
}

/// <summary>
/// The errors of an answer. Shopify writes them as a list, as one text, or as an object of texts.
/// </summary>
internal sealed partial class GraphQlErrors
{
    private const int WordsLengthMax = 300;
    private const int ScopesMax = 5;

    public static readonly GraphQlErrors None = new([], [], []);

    private readonly IReadOnlyList<string> _codes;
    private readonly IReadOnlyList<string> _messages;
    private readonly IReadOnlyList<string> _scopes;

    private GraphQlErrors(IReadOnlyList<string> codes, IReadOnlyList<string> messages, IReadOnlyList<string> scopes) =>
        (_codes, _messages, _scopes) = (codes, messages, scopes);

    public bool IsEmpty => _codes.Count == 0 && _messages.Count == 0;

    /// <summary>The messages as Shopify wrote them, on one line; the codes where there are none.</summary>
    public string Words => Fit(string.Join("; ", _messages.Count > 0 ? _messages : _codes));

    /// <summary>Which scope is missing, where Shopify names it, and what is to be done.</summary>
    public string DeniedWords => _scopes.Count == 0
        ? $"Shopify denies the access: {Words}"
        : $"Shopify denies the access: the app lacks the permission {string.Join(" or ", _scopes)} in this store. "
            + $"Open the app in the store's admin to grant it. Shopify says: {Words}";

    public bool Has(string code) => _codes.Contains(code, StringComparer.Ordinal);

    /// <param name="secret">The token of the question, which the platform might repeat and nobody is to read.</param>
    public static GraphQlErrors Read(JsonElement answer, string secret)
    {
        if (answer.ValueKind != JsonValueKind.Object || !answer.TryGetProperty("errors", out var errors))
        {
            return None;
        }

        var elements = errors.ValueKind switch
        {
            JsonValueKind.Array => errors.EnumerateArray(),
            JsonValueKind.String or JsonValueKind.Object => Enumerable.Repeat(errors, 1),
            _ => [],
        };
        var (codes, messages, scopes) = (new List<string>(), new List<string>(), new List<string>());
        foreach (var error in elements)
        {
            if (error.ValueKind == JsonValueKind.String)
            {
                messages.Add(error.GetString()!);
            }
            else if (error.ValueKind == JsonValueKind.Object)
            {
                messages.Add(TextOf(error, "message") ?? error.GetRawText());
                if (error.TryGetProperty("extensions", out var extensions) && TextOf(extensions, "code") is { } code)
                {
                    codes.Add(code);
                    scopes.AddRange(Scope().Matches(TextOf(extensions, "requiredAccess") ?? "").Select(scope => scope.Groups["name"].Value));
                }
            }
        }

        return new GraphQlErrors(
            codes,
            [.. messages.Select(message => message.Replace(secret, "…", StringComparison.Ordinal))],
            [.. scopes.Distinct(StringComparer.Ordinal).Take(ScopesMax)]);
    }

    /// <summary>A text of the outside as part of a sentence of ours: one line, not too long.</summary>
    public static string Fit(string text)
    {
        var line = string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return line.Length <= WordsLengthMax ? line : line[..WordsLengthMax] + "…";
    }

    private static string? TextOf(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    // As in: `write_discounts` access scope.
    [GeneratedRegex("[`\"](?<name>[a-z_]{3,60})[`\"]", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Scope();
}

/// <summary>What <c>extensions.cost</c> tells, in points; null where it does not say. Shopify writes the numbers with and without decimals.</summary>
/// <param name="Requested">What the question may cost at most, which the bucket must hold.</param>
/// <param name="Available">What the shop's bucket holds after the question.</param>
/// <param name="RestoreRate">What flows into it in each second.</param>
/// <param name="Maximum">What it holds when full.</param>
internal sealed record ShopifyCost(double? Requested, double? Available, double? RestoreRate, double? Maximum)
{
    public static readonly ShopifyCost Unknown = new(null, null, null, null);

    /// <summary>What the bucket lacks, divided by what flows in each second.</summary>
    public TimeSpan Wait => this is { Requested: { } requested, Available: { } available, RestoreRate: { } rate and > 0 }
        ? ShopifyWait.OfSeconds((requested - available) / rate)
        : 2 * ShopifyWait.Least;

    public static ShopifyCost Read(JsonElement answer)
    {
        if (MemberOf(MemberOf(answer, "extensions"), "cost") is not { } cost)
        {
            return Unknown;
        }

        var status = MemberOf(cost, "throttleStatus");
        return new ShopifyCost(
            NumberOf(cost, "requestedQueryCost"),
            NumberOf(status, "currentlyAvailable"),
            NumberOf(status, "restoreRate"),
            NumberOf(status, "maximumAvailable"));
    }

    private static JsonElement? MemberOf(JsonElement? element, string name) =>
        element is { ValueKind: JsonValueKind.Object } parent && parent.TryGetProperty(name, out var value) ? value : null;

    private static double? NumberOf(JsonElement? element, string name) =>
        MemberOf(element, name) is { ValueKind: JsonValueKind.Number } value && value.TryGetDouble(out var number) && double.IsFinite(number) ? number : null;
}

/// <summary>How long Shopify wants us to wait.</summary>
internal static class ShopifyWait
{
    public static readonly TimeSpan Least = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan Most = TimeSpan.FromHours(1);

    /// <summary>The header <c>Retry-After</c>: seconds, also as <c>2.0</c>, or an instant.</summary>
    public static TimeSpan? OfHeader(HttpResponseMessage response, DateTimeOffset now)
    {
        if (!response.Headers.TryGetValues("Retry-After", out var values))
        {
            return null;
        }

        var text = values.First();
        return double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) ? OfSeconds(seconds)
            : DateTimeOffset.TryParseExact(text, "r", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)
                ? OfSeconds((at - now).TotalSeconds)
            : null;
    }

    /// <summary>Whole seconds, rounded up, within the bounds.</summary>
    public static TimeSpan OfSeconds(double seconds) =>
        TimeSpan.FromSeconds(Math.Clamp(Math.Ceiling(seconds), Least.TotalSeconds, Most.TotalSeconds));
}
