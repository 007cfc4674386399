// Presses "Continue" on a step of the guided set-up, as somebody does who leaves what is filled in, or types something else.
using System.Net;
using AngleSharp.Dom;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Dashboard;

internal static class SetupSteps
{
    /// <summary>Sends a step's form with other values in some fields. Returns where it leads.</summary>
    public static async Task<string> ContinueAsync(Browser browser, string path, Dictionary<string, string>? typed = null)
    {
        var answer = await SendAsync(browser, path, typed);
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Redirect), await answer.Content.ReadAsStringAsync());
        return answer.Headers.Location!.OriginalString;
    }

    public static async Task<HttpResponseMessage> SendAsync(Browser browser, string path, Dictionary<string, string>? typed = null, string button = "keep")
    {
        var fields = FieldsOf(await browser.GetAsync(path), path);
        foreach (var (name, value) in typed ?? [])
        {
            fields[name] = value;
        }

        fields["step"] = button;
        return await browser.PostAsync(path, fields);
    }

    /// <summary>What a browser would send of a form that nobody has touched.</summary>
    public static Dictionary<string, string> FieldsOf(IDocument page, string action)
    {
        var form = page.QuerySelector($"main form[action='{action}']")!;
        var fields = form.QuerySelectorAll("input")
            .Where(input => input.GetAttribute("type") is not ("checkbox" or "file") || input.HasAttribute("checked"))
            .Where(input => input.GetAttribute("type") != "file")
            .ToDictionary(input => input.GetAttribute("name")!, input => input.GetAttribute("value") ?? "");
        foreach (var select in form.QuerySelectorAll("select"))
        {
            fields[select.GetAttribute("name")!] = (select.QuerySelector("option[selected]") ?? select.QuerySelector("option"))!.GetAttribute("value")!;
        }

        foreach (var lines in form.QuerySelectorAll("textarea"))
        {
            fields[lines.GetAttribute("name")!] = lines.TextContent;
        }

        return fields;
    }
}
