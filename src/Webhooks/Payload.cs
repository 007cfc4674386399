// Reads fields of a platform's JSON into exact values, and says in words which field was wrong.
using System.Globalization;
using System.Text.Json;

namespace StorePlugin.Webhooks;

/// <summary>
/// An object inside a payload, with its place for messages such as <c>line_items[0].price</c>. A field that is missing
/// and a field that is null are the same. Of a repeated key the last counts.
/// </summary>
internal readonly struct Payload
{
    // Ids stand in columns of 60 characters, some of them behind a prefix.
    private const int IdLengthMax = 50;
    private const int QuotedLengthMax = 40;

    private readonly JsonElement _element;
    private readonly string? _outer;
    private readonly int _outerIndex;
    private readonly string? _inner;
    private readonly int _innerIndex;

    // The objects that were entered after the lists; the place is put together only when something is wrong.
    private readonly string? _first;
    private readonly string? _second;

    private Payload(JsonElement element, string? outer = null, int outerIndex = 0, string? inner = null, int innerIndex = 0)
    {
        _element = element;
        (_outer, _outerIndex) = (outer, outerIndex);
        (_inner, _innerIndex) = (inner, innerIndex);
    }

    private Payload(JsonElement element, Payload parent, string name)
        : this(element, parent._outer, parent._outerIndex, parent._inner, parent._innerIndex) =>
        (_first, _second) = parent._first is null ? (name, null) : (parent._first, name);

    /// <summary>The outermost object of a body.</summary>
    /// <exception cref="UnreadableDeliveryException">The body is JSON, but no object.</exception>
    public static Payload Of(JsonDocument document) => document.RootElement.ValueKind == JsonValueKind.Object
        ? new(document.RootElement)
        : throw new UnreadableDeliveryException("The body is not a JSON object.");

    public bool Has(string name) => TryField(name, out _);

    /// <summary>The id of a thing: a whole number of 64 bits or a word.</summary>
    public string Id(string name) => IdOrNull(name) ?? throw Missing(name, "an id");

    /// <summary>As <see cref="Id"/>; null where the field is missing.</summary>
    public string? IdOrNull(string name)
    {
        if (!TryField(name, out var field))
        {
            return null;
        }

        if (field.ValueKind == JsonValueKind.Number && field.TryGetInt64(out var number) && number >= 0)
        {
            return number.ToString(CultureInfo.InvariantCulture);
        }

        return field.ValueKind == JsonValueKind.String && Decoded(field) is { Length: > 0 and <= IdLengthMax } word
            && !word.AsSpan().ContainsAnyExceptInRange('!', '~')
            ? word
            : throw new UnreadableDeliveryException($"{Place(name)} is not an id (expected a whole number, or a word of at most {IdLengthMax} characters).");
    }

    /// <summary>The id of an order. Every platform counts its orders from 1, in 64 bits, and writes the number as one.</summary>
    public string OrderId(string name)
    {
        if (!TryField(name, out var field))
        {
            throw Missing(name, "an order's id");
        }

        return field.ValueKind == JsonValueKind.Number && field.TryGetInt64(out var number) && number > 0
            ? number.ToString(CultureInfo.InvariantCulture)
            : throw new UnreadableDeliveryException($"{Place(name)} is not the id of an order (expected a whole number, 1 or more).");
    }

    /// <summary>Text that the payload must have.</summary>
    public string Text(string name) => TextOrNull(name) ?? throw Missing(name, "a text");

    /// <summary>Text, trimmed; null where the field is missing, blank, no text, or not decodable.</summary>
    public string? TextOrNull(string name) =>
        TryField(name, out var field) && field.ValueKind == JsonValueKind.String
        && Decoded(field) is { } text && text.AsSpan().Trim().Length > 0
            ? text.Trim()
            : null;

    /// <summary>Text as <see cref="TextOrNull"/> reads it, or the digits of a whole number: some fields come as either.</summary>
    public string? TextOrNumberOrNull(string name) =>
        TryField(name, out var field) && field.ValueKind == JsonValueKind.Number
            ? field.TryGetInt64(out var number) ? number.ToString(CultureInfo.InvariantCulture) : null
            : TextOrNull(name);

    public bool Flag(string name) => TryField(name, out var field) && field.ValueKind == JsonValueKind.True;

    /// <summary>A whole number that is not negative.</summary>
    public long Count(string name)
    {
        if (!TryField(name, out var field))
        {
            throw Missing(name, "a quantity");
        }

        return field.ValueKind == JsonValueKind.Number && field.TryGetInt64(out var number) && number >= 0
            ? number
            : throw new UnreadableDeliveryException($"{Place(name)} is not a quantity (expected a whole number, 0 or more).");
    }

    /// <summary>As <see cref="Count"/>; null where the field is missing.</summary>
    public long? CountOrNull(string name) => TryField(name, out _) ? Count(name) : null;

    /// <summary>A quantity that may be sold in parts, such as by weight: a part counts as one unit.</summary>
    public long CountRoundedUp(string name) =>
        TryField(name, out var field) && field.ValueKind == JsonValueKind.Number
        && field.TryGetDecimal(out var number) && number is >= 0 and <= int.MaxValue
            ? (long)decimal.Ceiling(number)
            : Count(name);

    /// <summary>A currency's code.</summary>
    public Currency Currency(string name) => CurrencyOrNull(name) ?? throw Missing(name, "a currency");

    public Currency? CurrencyOrNull(string name)
    {
        if (!TryField(name, out var field))
        {
            return null;
        }

        var code = field.ValueKind == JsonValueKind.String ? Decoded(field) : null;
        return Webhooks.Currency.TryParse(code, out var currency)
            ? currency
            : throw new UnreadableDeliveryException($"{Quoted(field)} in {Place(name)} is not a currency of ISO 4217.");
    }

    /// <summary>An amount in minor units, from decimal text only (rule M1).</summary>
    public long Minor(string name, Currency currency) => MinorOrNull(name, currency) ?? throw Missing(name, "an amount");

    /// <summary>As <see cref="Minor"/>; null where the field is missing.</summary>
    public long? MinorOrNull(string name, Currency currency)
    {
        if (!TryField(name, out var field))
        {
            return null;
        }

        return field.ValueKind == JsonValueKind.String && Money.TryParse(Decoded(field), currency, out var amount)
            ? amount.Minor
            : throw new UnreadableDeliveryException(
                $"{Quoted(field)} in {Place(name)} is not an amount of {currency.Code} (expected decimal text with up to "
                + $"{currency.Exponent} decimals, as in \"{Money.Zero(currency).ToDecimalString()}\").");
    }

    /// <summary>An amount with any number of decimals, rounded half away from zero; 0 where the field is missing.</summary>
    public long MinorRounded(string name, Currency currency)
    {
        if (!TryField(name, out var field))
        {
            return 0;
        }

        return field.ValueKind == JsonValueKind.String && Money.TryParseRounded(Decoded(field), currency, out var amount)
            ? amount.Minor
            : MinorOrNull(name, currency) ?? 0;
    }

    /// <summary>As <see cref="MinorRounded"/>, for figures that are only compared: null where the field is missing or no amount.</summary>
    public long? MinorRoundedOrNull(string name, Currency currency) =>
        TryField(name, out var field) && field.ValueKind == JsonValueKind.String && Money.TryParseRounded(Decoded(field), currency, out var amount)
            ? amount.Minor
            : null;

    /// <summary>How many things a list holds; 0 where it is missing or no list.</summary>
    public int LengthOf(string name) => TryField(name, out var field) && field.ValueKind == JsonValueKind.Array ? field.GetArrayLength() : 0;

    /// <summary>An instant with its offset, in UTC.</summary>
    public DateTimeOffset Instant(string name) => InstantOrNull(name) ?? throw Missing(name, "an instant");

    public DateTimeOffset? InstantOrNull(string name)
    {
        if (!TryField(name, out var field))
        {
            return null;
        }

        return field.ValueKind == JsonValueKind.String && NamesItsOffset(Decoded(field)) && field.TryGetDateTimeOffset(out var instant)
            ? instant.ToUniversalTime()
            : throw new UnreadableDeliveryException($"{Place(name)} is not an instant (expected ISO 8601 with an offset).");
    }

    /// <summary>An instant that is UTC without saying so, as WooCommerce's <c>*_gmt</c> fields are.</summary>
    public DateTimeOffset? UtcInstantOrNull(string name)
    {
        if (!TryField(name, out var field))
        {
            return null;
        }

        return field.ValueKind == JsonValueKind.String
            && DateTimeOffset.TryParseExact(
                Decoded(field), ["yyyy-MM-ddTHH:mm:ss", "yyyy-MM-ddTHH:mm:ssZ"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var instant)
            ? instant
            : throw new UnreadableDeliveryException($"{Place(name)} is not an instant (expected ISO 8601).");
    }

    /// <summary>An object inside this one; null where it is missing or no object.</summary>
    public Payload? ObjectOrNull(string name) =>
        TryField(name, out var field) && field.ValueKind == JsonValueKind.Object
            ? new(field, this, name)
            : null;

    /// <summary>The objects of a list; none where it is missing.</summary>
    public Items Each(string name)
    {
        if (!TryField(name, out var field))
        {
            return default;
        }

        return field.ValueKind == JsonValueKind.Array
            ? new(this, name, field.EnumerateArray())
            : throw new UnreadableDeliveryException($"{Place(name)} is not a list.");
    }

    /// <summary>The texts of a list; other things in it are passed over. Null where the list is missing.</summary>
    public IReadOnlyList<string>? TextsOrNull(string name) =>
        TryField(name, out var field) && field.ValueKind == JsonValueKind.Array
            ? [.. field.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.String).Select(Decoded).OfType<string>()]
            : null;

    /// <summary>The ids of a list; none where it is missing.</summary>
    public IEnumerable<string> Ids(string name) =>
        TryField(name, out var field) && field.ValueKind == JsonValueKind.Array
            ? [.. field.EnumerateArray().Select(IdText).OfType<string>()]
            : [];

    /// <summary>How people find a field: <c>line_items[0].price</c>.</summary>
    public string Place(string name)
    {
        var lists = (_outer, _inner) switch
        {
            (null, _) => "",
            (_, null) => string.Create(CultureInfo.InvariantCulture, $"{_outer}[{_outerIndex}]."),
            _ => string.Create(CultureInfo.InvariantCulture, $"{_outer}[{_outerIndex}].{_inner}[{_innerIndex}]."),
        };
        return lists + string.Join('.', new[] { _first, _second, name }.Where(part => part is not null));
    }

    private static string? IdText(JsonElement item) => item.ValueKind switch
    {
        JsonValueKind.Number when item.TryGetInt64(out var number) => number.ToString(CultureInfo.InvariantCulture),
        JsonValueKind.String => Decoded(item),
        _ => null,
    };

    private UnreadableDeliveryException Missing(string name, string what) => new($"{Place(name)} is missing (expected {what}).");

    private bool TryField(string name, out JsonElement field)
    {
        try
        {
            return _element.TryGetProperty(name, out field) && field.ValueKind != JsonValueKind.Null;
        }
        catch (InvalidOperationException)
        {
            // A key beside the wanted one is well-formed JSON and still no Unicode.
            throw new UnreadableDeliveryException($"A key beside {Place(name)} is not text.");
        }
    }

    // Without this a text without an offset would be taken as the server's own time.
    internal static bool NamesItsOffset(string? text) =>
        text is [.., 'Z'] || (text is { Length: > 6 } && text[^6] is '+' or '-' && text[^3] == ':');

    // Text can be well-formed JSON and still no Unicode: broken UTF-8, or half of a surrogate pair.
    private static string? Decoded(JsonElement field)
    {
        try
        {
            return field.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static string Quoted(JsonElement field)
    {
        var text = field.ValueKind switch
        {
            JsonValueKind.String => Decoded(field) ?? "undecodable text",
            JsonValueKind.Number => field.GetRawText(),
            _ => field.ValueKind.ToString().ToLowerInvariant(),
        };
        return $"'{(text.Length > QuotedLengthMax ? string.Concat(text.AsSpan(0, QuotedLengthMax), "…") : text)}'";
    }

    /// <summary>The objects of a list, each with its place.</summary>
    public ref struct Items(Payload parent, string name, JsonElement.ArrayEnumerator items)
    {
        private readonly Payload _parent = parent;
        private readonly string _name = name;
        private JsonElement.ArrayEnumerator _items = items;
        private int _index = -1;

        public readonly Payload Current => _parent._outer is null
            ? new(_items.Current, _name, _index)
            : new(_items.Current, _parent._outer, _parent._outerIndex, _name, _index);

        public readonly Items GetEnumerator() => this;

        public bool MoveNext()
        {
            if (!_items.MoveNext())
            {
                return false;
            }

            _index++;
            return _items.Current.ValueKind == JsonValueKind.Object
                ? true
                : throw new UnreadableDeliveryException($"{_parent.Place(_name)}[{_index.ToString(CultureInfo.InvariantCulture)}] is not an object.");
        }
    }
}
