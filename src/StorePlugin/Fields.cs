// Reads the members of a JSON object and gathers everything that is wrong with them, so that a caller learns it at once.
using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;

namespace StorePlugin;

/// <summary>
/// A JSON object that is being read. Each reader returns a harmless value when the member is wrong and notes why; the
/// caller asks <see cref="Refusal"/> once, at the end. A member that is null counts as absent.
/// </summary>
internal sealed class Fields
{
    private readonly JsonElement _object;
    private readonly string _path;
    private readonly SortedDictionary<string, List<string>> _errors;

    private Fields(JsonElement element, string path, SortedDictionary<string, List<string>> errors) =>
        (_object, _path, _errors) = (element, path, errors);

    /// <summary>Null while nothing is wrong.</summary>
    public ProblemHttpResult? Refusal =>
        _errors.Count == 0 ? null : Problems.Fields(_errors.ToDictionary(error => error.Key, error => error.Value.ToArray(), StringComparer.Ordinal));

    /// <summary>What is wrong, a sentence for each reason; none while nothing is.</summary>
    public IEnumerable<string> Reasons => _errors.SelectMany(error => error.Value.Select(why => $"{error.Key} {why}."));

    /// <summary>What is wrong by the members' paths; each reason continues a sentence that begins with the member.</summary>
    public IEnumerable<KeyValuePair<string, IReadOnlyList<string>>> Errors =>
        _errors.Select(error => new KeyValuePair<string, IReadOnlyList<string>>(error.Key, error.Value));

    /// <summary>What is wrong with a member, each continuing a sentence that begins with its name; none while nothing is.</summary>
    public IReadOnlyList<string> ReasonsOf(string name) => _errors.TryGetValue(_path + name, out var reasons) ? reasons : [];

    /// <param name="element">An object.</param>
    public static Fields Of(JsonElement element) => new(element, "", new SortedDictionary<string, List<string>>(StringComparer.Ordinal));

    /// <summary>Notes that a member is wrong; <paramref name="why"/> continues a sentence that begins with its name.</summary>
    public void Refuse(string name, string why)
    {
        if (!_errors.TryGetValue(_path + name, out var reasons))
        {
            _errors[_path + name] = reasons = [];
        }

        reasons.Add(why);
    }

    /// <summary>Refuses members beside these: where each one decides money, a misspelt name must not be a silent default.</summary>
    public void RefuseOthersThan(params ReadOnlySpan<string> names)
    {
        foreach (var member in _object.EnumerateObject())
        {
            if (!names.Contains(member.Name))
            {
                Refuse(member.Name, "is not known here");
            }
        }
    }

    /// <summary>Refuses the absence of a member whose null means something; <paramref name="why"/> says what.</summary>
    public void DemandMember(string name, string why)
    {
        if (!_object.TryGetProperty(name, out _))
        {
            Refuse(name, $"is missing; {why}");
        }
    }

    /// <summary>A text without outer blanks, of so many characters.</summary>
    public string Text(string name, int lengthMin, int lengthMax)
    {
        if (OptionalText(name, lengthMin, lengthMax) is { } text)
        {
            return text;
        }

        RefuseIfMissing(name);
        return "";
    }

    /// <summary>As <see cref="Text"/>; null when it is absent or wrong.</summary>
    /// <param name="lineBreaks">Whether it may have several lines, which come back parted by <c>\n</c>.</param>
    public string? OptionalText(string name, int lengthMin, int lengthMax, bool lineBreaks = false)
    {
        if (Find(name) is not { } value)
        {
            return null;
        }

        if (value.ValueKind != JsonValueKind.String)
        {
            Refuse(name, "must be a text");
            return null;
        }

        string text;
        try
        {
            text = value.GetString()!.Trim();
            text = lineBreaks ? text.ReplaceLineEndings("\n") : text;
        }
        // Bytes that are no UTF-8, or half of a surrogate pair: only reading the text finds out.
        catch (InvalidOperationException)
        {
            Refuse(name, "is not readable as Unicode text");
            return null;
        }

        if (text.Length < lengthMin || text.Length > lengthMax)
        {
            Refuse(name, text.Length == 0 ? "must not be empty" : lengthMin == lengthMax ? $"must have {lengthMax} characters" : $"must have {lengthMin} to {lengthMax} characters");
            return null;
        }

        if (text.Any(letter => char.IsControl(letter) && !(lineBreaks && letter == '\n')))
        {
            Refuse(name, "must not hold control characters");
            return null;
        }

        return text;
    }

    /// <summary>A list of texts, as they stand; empty when it is absent or wrong. An element that is null stays null.</summary>
    public IReadOnlyList<string?> OptionalTexts(string name)
    {
        if (Find(name) is not { } value)
        {
            return [];
        }

        if (value.ValueKind != JsonValueKind.Array
            || value.EnumerateArray().Any(element => element.ValueKind is not (JsonValueKind.String or JsonValueKind.Null)))
        {
            Refuse(name, "must be a list of texts");
            return [];
        }

        try
        {
            return [.. value.EnumerateArray().Select(element => element.GetString())];
        }
        // As in a single text: only reading it finds out.
        catch (InvalidOperationException)
        {
            Refuse(name, "is not readable as Unicode text");
            return [];
        }
    }

    /// <summary>True or false; required.</summary>
    public bool Flag(string name)
    {
        RefuseIfMissing(name);
        if (Find(name) is { ValueKind: not (JsonValueKind.True or JsonValueKind.False) })
        {
            Refuse(name, "must be true or false");
        }

        return Find(name) is { ValueKind: JsonValueKind.True };
    }

    /// <summary>A whole number within bounds; <paramref name="fallback"/> when it is absent, and required when that is null.</summary>
    public long Whole(string name, long min, long max, long? fallback = null)
    {
        if (Find(name) is not { } value)
        {
            if (fallback is null)
            {
                RefuseIfMissing(name);
            }

            return fallback ?? min;
        }

        if (value.ValueKind != JsonValueKind.Number
            || !value.TryGetDecimal(out var number) || number != decimal.Truncate(number) || number < min || number > max)
        {
            Refuse(name, max == long.MaxValue ? $"must be a whole number of at least {min}" : $"must be a whole number from {min} to {max}");
            return min;
        }

        return (long)number;
    }

    /// <summary>A number, exactly as it stands in the text; null when it is absent or wrong.</summary>
    public decimal? Decimal(string name)
    {
        if (Find(name) is not { } value)
        {
            RefuseIfMissing(name);
            return null;
        }

        if (value.ValueKind == JsonValueKind.Number && value.TryGetDecimal(out var number))
        {
            return number;
        }

        Refuse(name, "must be a number");
        return null;
    }

    /// <summary>An amount of more than 0 in the store's currency, in minor units; null when it is absent or wrong.</summary>
    /// <param name="currencyCode">The store's; null while nobody knows it.</param>
    public long? OptionalAmount(string name, string? currencyCode, long max)
    {
        if (OptionalObject(name) is not { } amount)
        {
            return null;
        }

        amount.RefuseOthersThan("minor", "currency");
        var minor = amount.Whole("minor", 1, max);
        var stated = amount.Text("currency", 3, 3);
        if (stated.Length > 0 && stated != currencyCode)
        {
            amount.Refuse("currency", currencyCode is null ? "cannot be judged: the store's own is not known yet" : $"must be the store's own, {currencyCode}");
        }

        return minor;
    }

    /// <summary>One of these words; null when it is absent or wrong.</summary>
    public string? OptionalChoice(string name, params ReadOnlySpan<string> words)
    {
        if (OptionalText(name, 1, 40) is not { } text)
        {
            return null;
        }

        if (words.Contains(text))
        {
            return text;
        }

        Refuse(name, $"must be {string.Join(" or ", words)}");
        return null;
    }

    /// <summary>A list of objects; empty when it is absent or wrong.</summary>
    public IReadOnlyList<Fields> OptionalObjects(string name, int max)
    {
        if (Find(name) is not { } value)
        {
            return [];
        }

        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() > max || value.EnumerateArray().Any(item => item.ValueKind != JsonValueKind.Object))
        {
            Refuse(name, $"must be a list of {max} objects at most");
            return [];
        }

        return [.. value.EnumerateArray().Select((item, i) => new Fields(item, $"{_path}{name}[{i}].", _errors))];
    }

    /// <summary>Whether a member is there, be it null.</summary>
    public bool HasMember(string name) => _object.TryGetProperty(name, out _);

    /// <summary>Whether a member is there and not null.</summary>
    public bool Has(string name) => Find(name) is not null;

    /// <summary>An object; null when it is absent or wrong, and refused when it is absent.</summary>
    public Fields? Object(string name)
    {
        RefuseIfMissing(name);
        return OptionalObject(name);
    }

    /// <summary>An object; null when it is absent or wrong.</summary>
    public Fields? OptionalObject(string name)
    {
        if (Find(name) is not { } value)
        {
            return null;
        }

        if (value.ValueKind == JsonValueKind.Object)
        {
            return new Fields(value, $"{_path}{name}.", _errors);
        }

        Refuse(name, "must be an object");
        return null;
    }

    private void RefuseIfMissing(string name)
    {
        if (Find(name) is null)
        {
            Refuse(name, "is missing");
        }
    }

    private JsonElement? Find(string name) =>
        _object.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
}
