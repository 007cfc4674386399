// What somebody typed into a form, and what is wrong with it field by field.
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using StorePlugin.Webhooks;

namespace StorePlugin.Dashboard.Campaigns;

/// <summary>The values of a form by the names of its fields; a field that was not sent is empty.</summary>
public sealed record Typed(IReadOnlyDictionary<string, string> Values)
{
    private const string Token = "__RequestVerificationToken";

    public static Typed Nothing { get; } = new(new Dictionary<string, string>(StringComparer.Ordinal));

    public string this[string name] => Values.GetValueOrDefault(name, "").Trim();

    public bool Has(string name) => this[name].Length > 0;

    internal static async Task<Typed> ReadAsync(HttpRequest request, CancellationToken cancel) =>
        new((await request.ReadFormAsync(cancel)).Where(field => field.Key != Token).ToDictionary(field => field.Key, field => field.Value.ToString(), StringComparer.Ordinal));

    /// <summary>What stands before what is in this one.</summary>
    internal Typed Over(Typed below) =>
        new(below.Values.Concat(Values).GroupBy(value => value.Key, StringComparer.Ordinal).ToDictionary(same => same.Key, same => same.Last().Value, StringComparer.Ordinal));
}

/// <summary>
/// Turns typed text into the JSON that the API takes, and gathers what is wrong by the fields' names: what is no number here,
/// everything else where the API's callers are told it too.
/// </summary>
/// <param name="currency">The store's; null until it is known, and then no amount can be given.</param>
internal sealed class FormReader(Typed typed, Currency? currency)
{
    private readonly Dictionary<string, List<string>> _errors = new(StringComparer.Ordinal);

    /// <summary>The reasons by the fields' names; each continues a sentence that begins with the field's label.</summary>
    public IReadOnlyDictionary<string, List<string>> Errors => _errors;

    /// <summary>What was typed, as it stands.</summary>
    public Typed Typed => typed;

    public string this[string name] => typed[name];

    public bool Has(string name) => typed.Has(name);

    public void Refuse(string name, string why)
    {
        if (!_errors.TryGetValue(name, out var reasons))
        {
            _errors[name] = reasons = [];
        }

        reasons.Add(why);
    }

    /// <summary>A number; null where nothing is typed, or something else.</summary>
    public JsonNode? Number(string name, bool isRequired = false)
    {
        if (!Has(name))
        {
            RefuseIfRequired(name, isRequired);
            return null;
        }

        if (decimal.TryParse(PointOf(this[name]), NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
        {
            return JsonValue.Create(number);
        }

        Refuse(name, "must be a number, such as 10 or 12.5");
        return null;
    }

    /// <summary>An amount of the store's currency, as the API has it; null where nothing is typed, or something else.</summary>
    public JsonNode? Amount(string name, bool isRequired = false) =>
        Minor(name, isRequired) is { } minor ? new JsonObject { ["minor"] = minor, ["currency"] = currency!.Value.Code } : null;

    /// <summary>The same in minor units.</summary>
    public long? Minor(string name, bool isRequired = false)
    {
        if (!Has(name))
        {
            RefuseIfRequired(name, isRequired);
            return null;
        }

        if (currency is not { } known)
        {
            Refuse(name, "cannot be judged: the store's currency is not known yet");
            return null;
        }

        if (Money.TryParse(PointOf(this[name]), known, out var amount))
        {
            return amount.Minor;
        }

        Refuse(name, $"must be an amount in {known.Code}, such as {new Money(25 * known.MinorPerMajor, known).ToDecimalString()}");
        return null;
    }

    /// <summary>Takes over what was found wrong with the JSON, where nothing is wrong with the field already.</summary>
    /// <param name="fieldOf">The field's name by the member's path.</param>
    public void Judge(Fields fields, Func<string, string> fieldOf)
    {
        var own = _errors.Keys.ToHashSet(StringComparer.Ordinal);
        foreach (var (path, reasons) in fields.Errors)
        {
            var name = fieldOf(path);
            foreach (var why in own.Contains(name) ? [] : reasons)
            {
                Refuse(name, why);
            }
        }
    }

    public static JsonElement ElementOf(JsonObject json)
    {
        using var document = JsonDocument.Parse(json.ToJsonString());
        return document.RootElement.Clone();
    }

    private void RefuseIfRequired(string name, bool isRequired)
    {
        if (isRequired)
        {
            Refuse(name, "is missing");
        }
    }

    // A comma before one or two digits parts decimals. Before three it may part thousands, and money is not guessed at.
    private static string PointOf(string text) =>
        text.IndexOf(',', StringComparison.Ordinal) is >= 0 and var comma && comma == text.LastIndexOf(',') && text.Length - comma is 2 or 3
        && !text.Contains('.', StringComparison.Ordinal)
            ? text.Replace(',', '.')
            : text;
}

/// <summary>One field of a form, as the page shows it.</summary>
/// <param name="Kind"><c>text</c>, <c>decimal</c>, <c>lines</c>, <c>choice</c>, <c>check</c>, <c>date</c> or <c>datetime-local</c>.</param>
/// <param name="Choices">Words of the field and what they say; empty for other kinds.</param>
/// <param name="Hint">Null where nothing is to be said.</param>
/// <param name="Problems">As sentences.</param>
public sealed record FormField(
    string Name, string Label, string Kind, string Value, IReadOnlyList<(string Word, string Says)> Choices, string? Hint, IReadOnlyList<string> Problems);

/// <summary>Fields that belong together.</summary>
/// <param name="Title">Null for those that stand first, and are never folded away.</param>
/// <param name="IsOpen">Whether it is unfolded: something in it is set, or wrong.</param>
/// <param name="Rows">Fields that belong together more closely, row by row; each row has the same ones.</param>
public sealed record FormPart(string? Title, bool IsOpen, IReadOnlyList<FormField> Fields, IReadOnlyList<IReadOnlyList<FormField>> Rows);

/// <summary>Makes fields of what was typed and what is wrong with it.</summary>
internal sealed class FormLayout(Typed typed, IReadOnlyDictionary<string, List<string>> errors)
{
    private readonly HashSet<string> _shown = new(StringComparer.Ordinal);

    public FormField Text(string name, string label, string? hint = null) => Field(name, label, "text", hint);

    public FormField Decimal(string name, string label, string? hint = null) => Field(name, label, "decimal", hint);

    public FormField Lines(string name, string label, string? hint = null) => Field(name, label, "lines", hint);

    public FormField Check(string name, string label) => Field(name, label, "check", null);

    public FormField Date(string name, string label, string? hint = null) => Field(name, label, "date", hint);

    public FormField LocalTime(string name, string label, string? hint = null) => Field(name, label, "datetime-local", hint);

    public FormField Choice(string name, string label, params ReadOnlySpan<(string Word, string Says)> choices) => Field(name, label, "choice", null, [.. choices]);

    public static FormPart Part(string? title, params ReadOnlySpan<FormField> fields) => Part(title, isSet: false, fields);

    /// <param name="isSet">Whether something in it differs from what it usually is.</param>
    public static FormPart Part(string? title, bool isSet, params ReadOnlySpan<FormField> fields) => Part(title, isSet, fields.ToArray(), []);

    public static FormPart Part(string? title, bool isSet, IReadOnlyList<FormField> fields, IReadOnlyList<IReadOnlyList<FormField>> rows) =>
        new(title, isSet || fields.Concat(rows.SelectMany(row => row)).Any(field => field.Problems.Count > 0), fields, rows);

    /// <summary>What is wrong with nothing that is shown, as sentences.</summary>
    public IReadOnlyList<string> Others =>
        [.. errors.Where(error => !_shown.Contains(error.Key)).SelectMany(error => error.Value.Select(why => Sentence(LabelOf(error.Key), why)))];

    // What a form may not show, and yet may contradict what is typed.
    private static string LabelOf(string name) => name.Split('-')[0] switch
    {
        "tier" => "The list of shares that rise",
        "milestone" => "The list of milestones",
        "products" => "The list of products that earn nothing",
        "collections" => "The list of collections that earn nothing",
        "rate" => "The list of other shares",
        "renewals" => "The rule for renewals",
        "precedence" => "The order of codes, clicks and bound customers",
        "binding" => "The time that customers stay bound",
        "methods" => "The list of methods",
        _ => name,
    };

    private FormField Field(string name, string label, string kind, string? hint, IReadOnlyList<(string Word, string Says)>? choices = null)
    {
        _shown.Add(name);
        var value = typed.Values.GetValueOrDefault(name, "");
        return new FormField(name, label, kind, value, choices ?? [], hint, [.. (errors.GetValueOrDefault(name) ?? []).Select(why => Sentence(label, why))]);
    }

    private static string Sentence(string label, string why) => $"{label} {why}.";
}
