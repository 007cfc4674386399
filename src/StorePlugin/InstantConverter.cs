// How JSON shows an instant: ISO 8601 in UTC, with a Z.
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace StorePlugin;

/// <summary>Milliseconds are shown where there are any: <c>2026-03-01T10:00:00Z</c>, <c>2026-03-01T10:00:00.25Z</c>.</summary>
internal sealed class InstantConverter : JsonConverter<DateTimeOffset>
{
    public static string Text(DateTimeOffset instant) =>
        instant.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFF'Z'", CultureInfo.InvariantCulture);

    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.GetDateTimeOffset().ToUniversalTime();

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteStringValue(Text(value));
}
