// Fills a form of a page as a person does: with what the page holds in it, and what is typed over it.
using System.Net;
using AngleSharp.Dom;

namespace StorePlugin.Tests.Rig;

internal static class Forms
{
    /// <summary>Opens a page and sends its form with these fields; hidden ones go as they stand.</summary>
    public static async Task<HttpResponseMessage> FillAsync(this Browser browser, string page, string action, params (string Name, string Value)[] fields)
    {
        var form = (await browser.GetAsync(page)).QuerySelector($"form[action='{action}']") ?? throw new AssertionException($"{page} has no form for {action}.");
        return await browser.FillAsync(form, fields);
    }

    public static Task<HttpResponseMessage> FillAsync(this Browser browser, IElement form, params (string Name, string Value)[] fields) => browser.SendAsync(
        form.GetAttribute("action")!,
        form.QuerySelectorAll("input[type=hidden]").Select(input => KeyValuePair.Create(input.GetAttribute("name")!, input.GetAttribute("value") ?? ""))
            .Concat(fields.Select(field => KeyValuePair.Create(field.Name, field.Value))));

    /// <summary>Sends fields with the token of any page of the room, whether or not a page has such a form.</summary>
    public static async Task<HttpResponseMessage> PushAsync(this Browser browser, string page, string path, params (string Name, string Value)[] fields)
    {
        var token = (await browser.GetAsync(page)).QuerySelector("input[name=__RequestVerificationToken]")!.GetAttribute("value")!;
        return await browser.SendAsync(path, fields.Select(field => KeyValuePair.Create(field.Name, field.Value)).Append(KeyValuePair.Create("__RequestVerificationToken", token)));
    }

    /// <summary>Where an answer leads; it must lead somewhere.</summary>
    public static string To(this HttpResponseMessage answer)
    {
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Redirect));
        return answer.Headers.Location!.OriginalString;
    }
}
