// Golden files: the expected event beside the payload that it is read from.
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using NUnit.Framework;

namespace StorePlugin.Webhooks.Tests;

internal static class Golden
{
    private static readonly JsonSerializerOptions Format = new()
    {
        WriteIndented = true,
        IndentSize = 1,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(), new CurrencyAsCode() },
    };

    /// <summary>Compares an event with its golden file, or writes the file anew when <c>UPDATE_GOLDEN</c> is 1.</summary>
    public static void AssertEvent(StoreEvent read, params string[] path)
    {
        var text = $"{{\n \"event\": \"{read.GetType().Name}\",\n \"says\": {JsonSerializer.Serialize(read, read.GetType(), Format).ReplaceLineEndings("\n ")}\n}}\n";
        var file = Path.Combine([TestData.Folder, .. path]);
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1")
        {
            File.WriteAllText(file, text);
        }

        Assert.That(text, Is.EqualTo(File.ReadAllText(file)));
    }

    private sealed class CurrencyAsCode : JsonConverter<Currency>
    {
        public override Currency Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Currency.Parse(reader.GetString());

        public override void Write(Utf8JsonWriter writer, Currency value, JsonSerializerOptions options) => writer.WriteStringValue(value.Code);
    }
}
