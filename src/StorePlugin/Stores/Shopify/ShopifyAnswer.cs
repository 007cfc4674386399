// What became of a question to Shopify's Admin API: a closed set.
using System.Globalization;
using System.Text.Json;

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

    /// <summary>Throttled, or out; nothing is wrong with the question.</summary>
    internal sealed record Unavailable(string Reason, TimeSpan Wait) : ShopifyAnswer<TData>;

    /// <summary>It may pass, perhaps after the merchant has done something.</summary>
    internal sealed record Failed(string Reason) : ShopifyAnswer<TData>;

    /// <summary>The same question can never be answered.</summary>
    internal sealed record Refused(string Reason) : ShopifyAnswer<TData>;

    /// <summary>The data, for callers to whom everything else is one failure.</summary>
    /// <exception cref="PlatformException">There is no answer; with a wait where it is no failed attempt.</exception>
    public TData DataOrThrow() => this switch
    {
        Given given => given.Data,
        Unavailable unavailable => throw new PlatformException(unavailable.Reason) { Wait = unavailable.Wait },
        Failed failed => throw new PlatformException(failed.Reason),
        Refused refused => throw new PlatformException(refused.Reason),
        var other => throw new System.Diagnostics.UnreachableException($"{other.GetType().Name} is no answer."),
    };

    /// <summary>The verdict where errors took the data away.</summary>
    public static ShopifyAnswer<TData> OfErrors(GraphQlErrors errors) =>
        errors.Has("MAX_COST_EXCEEDED") ? new Refused($"Shopify finds the question too costly: {errors.Words}")
        : errors.Has("ACCESS_DENIED") ? new Failed($"Shopify denies the access: {errors.Words}")
        : errors.IsEmpty ? new Failed("Shopify answered without data.")
        : new Failed($"Shopify answered with an error: {errors.Words}");
}

/// <summary>
/// The errors of an answer. Shopify writes them as a list, as one text, or as an object of texts.
/// </summary>
internal sealed class GraphQlErrors
{
    private const int WordsLengthMax = 300;

    public static readonly GraphQlErrors None = new([], []);

    private readonly IReadOnlyList<string> _codes;
    private readonly IReadOnlyList<string> _messages;

    private GraphQlErrors(IReadOnlyList<string> codes, IReadOnlyList<string> messages) => (_codes, _messages) = (codes, messages);

    public bool IsEmpty => _codes.Count == 0 && _messages.Count == 0;

    /// <summary>The messages as Shopify wrote them, on one line; the codes where there are none.</summary>
    public string Words => Fit(string.Join("; ", _messages.Count > 0 ? _messages : _codes));

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
        var (codes, messages) = (new List<string>(), new List<string>());
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
                }
            }
        }

        return new GraphQlErrors(codes, [.. messages.Select(message => message.Replace(secret, "…", StringComparison.Ordinal))]);
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
}

/// <summary>How long Shopify wants us to wait.</summary>
internal static class ShopifyWait
{
    public static readonly TimeSpan Least = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan Most = TimeSpan.FromHours(1);

    /// <summary>What the bucket lacks, divided by what flows in each second, from <c>extensions.cost</c>.</summary>
    public static TimeSpan OfCost(JsonElement answer)
    {
        if (answer.TryGetProperty("extensions", out var extensions) && extensions.ValueKind == JsonValueKind.Object
            && extensions.TryGetProperty("cost", out var cost)
            && NumberOf(cost, "requestedQueryCost") is { } requested
            && cost.TryGetProperty("throttleStatus", out var status)
            && NumberOf(status, "currentlyAvailable") is { } available
            && NumberOf(status, "restoreRate") is { } rate and > 0)
        {
            return OfSeconds((requested - available) / rate);
        }

        return 2 * Least;
    }

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

    private static TimeSpan OfSeconds(double seconds) =>
        TimeSpan.FromSeconds(Math.Clamp(Math.Ceiling(seconds), Least.TotalSeconds, Most.TotalSeconds));

    private static double? NumberOf(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value)
            && value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number)
            ? number
            : null;
}
