// Reads the form of a page by the same rules as the members of an API's request.
using System.Text.Json;

namespace StorePlugin.Pages;

internal static class FormFields
{
    /// <summary>The fields of a form by their names, as a JSON object of texts. A field that was left empty is absent.</summary>
    public static Fields Of(IFormCollection form, params IEnumerable<string> names)
    {
        var texts = names.Select(name => (Name: name, Text: form[name].ToString().Trim())).Where(field => field.Text.Length > 0)
            .ToDictionary(field => field.Name, field => field.Text, StringComparer.Ordinal);
        return Fields.Of(JsonSerializer.SerializeToElement(texts));
    }
}
