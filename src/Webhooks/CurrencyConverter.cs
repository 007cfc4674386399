// In JSON a currency is its code.
using System.Text.Json;
using System.Text.Json.Serialization;

namespace StorePlugin.Webhooks;

/// <summary>Writes a currency as its code. It belongs to the type: a converter among the options makes generated serializers take their slow way.</summary>
public sealed class CurrencyConverter : JsonConverter<Currency>
{
    /// <exception cref="FormatException">No such currency.</exception>
    public override Currency Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Currency.Parse(reader.GetString());

    public override void Write(Utf8JsonWriter writer, Currency value, JsonSerializerOptions options) => writer.WriteStringValue(value.Code);
}
