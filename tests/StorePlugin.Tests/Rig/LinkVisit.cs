// A visit on a referral link, with the headers of the visitor.
namespace StorePlugin.Tests.Rig;

internal static class LinkVisit
{
    public static async Task<HttpResponseMessage> VisitAsync(
        this StoreApp app, string pathAndQuery, HttpMethod? method = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method ?? HttpMethod.Get, new Uri(pathAndQuery, UriKind.Relative));
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await app.Http.SendAsync(request);
    }
}
