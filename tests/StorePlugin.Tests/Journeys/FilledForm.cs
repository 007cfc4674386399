// A form of a page as somebody fills it in and sends it, by one of its buttons.
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using AngleSharp.Dom;
using AngleSharp.Html.Dom;
using NetVips;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Journeys;

/// <param name="Button">What is pressed.</param>
/// <param name="Name">The same for the same form of another row.</param>
internal sealed partial record FormPress(IHtmlFormElement Form, IElement Button, string Path, bool IsGet, string Name)
{
    /// <summary>An element with this attribute was made of what somebody typed.</summary>
    public const string Mark = "data-typed";

    // Markup that would break out of text, attributes and raw elements, formulas, and letters of other scripts and directions.
    private static readonly string[] Texts =
    [
        $"\"'><img src=x onerror=alert(1) {Mark}><b {Mark}>",
        $"=HYPERLINK(\"https://x.example\",\"<i {Mark}>\")",
        $"+1 مريم الفاتح \u202E 🌸 <u {Mark}>",
        $"-2+3 李娜 </textarea></title><script {Mark}>alert(1)</script>",
        $"@SUM(1) {string.Concat(Enumerable.Repeat("Żółć ", 60))}",
    ];

    private static readonly byte[] Svg = Encoding.UTF8.GetBytes($"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)' {Mark}=''/>");

    /// <summary>Every way in which the forms of a page can be sent.</summary>
    public static IEnumerable<FormPress> Of(IDocument page) => page.QuerySelectorAll<IHtmlFormElement>("form").SelectMany(Of);

    /// <summary>Fills the form in.</summary>
    /// <param name="isWild">Text in every field that takes some; else what the field asks for, and text where it asks for no more than that.</param>
    /// <param name="number">Makes what is typed new.</param>
    public List<(string Name, string Value, byte[]? File)> Fill(bool isWild, int number)
    {
        var fields = new List<(string, string, byte[]?)>();
        if (Button.GetAttribute("name") is { } pressed)
        {
            fields.Add((pressed, Button.GetAttribute("value") ?? "", null));
        }

        foreach (var element in Form.Elements.Where(element => element.GetAttribute("name") is { Length: > 0 }))
        {
            var name = element.GetAttribute("name")!;
            switch (element)
            {
                // Rows are chosen by boxes that stand outside their form.
                case IHtmlInputElement { Type: "checkbox" or "radio" } box:
                    if (box.IsChecked || box.IsRequired || box.HasAttribute("form"))
                    {
                        fields.Add((name, box.GetAttribute("value") ?? "on", null));
                    }

                    break;
                case IHtmlInputElement { Type: "file" } file:
                    fields.Add((name, "", FileOf(file, isWild, number)));
                    break;
                case IHtmlInputElement { Type: "email" }:
                    fields.Add((name, Invariant($"=form{number}@example.com"), null));
                    break;
                case IHtmlInputElement { Type: "text" or "search" } or IHtmlTextAreaElement:
                    fields.Add((name, isWild ? Text(element, number) : Asked(element, number), null));
                    break;
                case IHtmlInputElement { Type: "date", Value: null or "" } day when !isWild:
                    fields.Add((name, day.Maximum ?? "2026-12-31", null));
                    break;
                case IHtmlSelectElement { Value: null or "" } choice when !isWild:
                    fields.Add((name, choice.Options.Select(option => option.Value).FirstOrDefault(value => value.Length > 0) ?? "", null));
                    break;
                case IHtmlInputElement or IHtmlSelectElement:
                    fields.Add((name, (element as IHtmlSelectElement)?.Value ?? element.GetAttribute("value") ?? "", null));
                    break;
            }
        }

        return fields;
    }

    public Task<HttpResponseMessage> SendAsync(Browser browser, List<(string Name, string Value, byte[]? File)> fields) =>
        IsGet ? browser.AskAsync($"{Path}?{string.Join('&', fields.Select(field => $"{Uri.EscapeDataString(field.Name)}={Uri.EscapeDataString(field.Value)}"))}")
        : fields.Find(field => field.File is not null) is { File: { } bytes } file ? browser.SendFileAsync(
            Path, fields.Where(field => field.File is null).DistinctBy(field => field.Name).ToDictionary(field => field.Name, field => field.Value), file.Name, bytes)
        : browser.SendAsync(Path, fields.Select(field => KeyValuePair.Create(field.Name, field.Value)));

    private static IEnumerable<FormPress> Of(IHtmlFormElement form)
    {
        var isGet = !string.Equals(form.GetAttribute("method"), "post", StringComparison.OrdinalIgnoreCase);
        List<IElement> buttons = [.. form.QuerySelectorAll("button"), .. form.Id is { Length: > 0 } id ? form.Owner!.QuerySelectorAll($"button[form='{id}']").AsEnumerable() : []];
        var steps = form.QuerySelectorAll("input[type=hidden]").Where(field => field.GetAttribute("name") is "step" or "decision" or "kind")
            .Select(field => $" {field.GetAttribute("name")}={field.GetAttribute("value")}");
        foreach (var button in buttons)
        {
            var path = button.GetAttribute("formaction") ?? form.GetAttribute("action") ?? form.Owner!.Location.PathName;
            var pressed = button.GetAttribute("name") is { } name ? $" {name}={button.GetAttribute("value")}" : "";
            yield return new FormPress(form, button, path, isGet, $"{(isGet ? "GET" : "POST")} {Names().Replace(path, "…")}{pressed}{string.Concat(steps)}");
        }
    }

    private static byte[] FileOf(IElement field, bool isWild, int number)
    {
        if (field.GetAttribute("accept")?.Contains("csv", StringComparison.Ordinal) == true)
        {
            return Encoding.UTF8.GetBytes(Invariant($"name,email,code\n=Form {number} <b {Mark}>,file{number}@example.com,FILE{number}\n"));
        }

        using var picture = Image.Black(300, 300);
        return isWild ? Svg : picture.PngsaveBuffer();
    }

    // What stands there already is of the kind that is asked for; what nobody asks for stays empty, but where one may say what one likes.
    private static string Asked(IElement field, int number) => Meant(field.GetAttribute("name")!, number) ?? field switch
    {
        IHtmlInputElement { Value: { Length: > 0 } value } => value,
        IHtmlTextAreaElement { Value: { Length: > 0 } value } => value,
        IHtmlInputElement { IsRequired: false } or IHtmlTextAreaElement { IsRequired: false } => "",
        _ => Text(field, number),
    };

    // Fields whose text is no free text.
    private static string? Meant(string name, int number) => name switch
    {
        "code" => Invariant($"FORM{number}"),
        "who" => "MARYAM10",
        "target" => Invariant($"{number}"),
        "commission" or "tax-amount" => Invariant($"{1 + (number % 40)}.5"),
        "into" or "name" or "reason" => Invariant($"=Form {number} <b {Mark}>"),
        "tax-form" => "1099-NEC",
        "tax-year" => "2026",
        _ => null,
    };

    private static string Text(IElement field, int number)
    {
        var text = Texts[number % Texts.Length];
        return field.GetAttribute("maxlength") is { } most && int.Parse(most, CultureInfo.InvariantCulture) is var max && text.Length > max ? text[..max] : text;
    }

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);

    // Ids, numbers and tokens of paths.
    [GeneratedRegex(@"\b[a-z]{3}_[0-9a-zA-Z]{8,}|(?<=/)\d+\b|[\w.-]{40,}", RegexOptions.None, 1000)]
    private static partial Regex Names();
}
