// A rehearsal store that was installed as a browser would: two redirects, one cookie.
using System.Net;
using System.Net.Http.Headers;
using StorePlugin.Stores;
using StorePlugin.Stores.Rehearsal;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Stores.Rehearsal;

/// <summary>The driver of these tests.</summary>
internal sealed record InstalledShop(StoreApp App, Store Store)
{
    public static async Task<InstalledShop> InstallAsync(StoreApp app, string query = "")
    {
        var begun = await BeginAsync(app, query);
        using var callback = await app.GetAsync(begun.Callback, begun.Cookie);
        Assert.That(callback.StatusCode, Is.EqualTo(HttpStatusCode.Redirect), await callback.Content.ReadAsStringAsync());
        return new InstalledShop(app, await app.StoreOfAsync(begun.Callback));
    }

    /// <summary>Goes to the platform and stops before the callback.</summary>
    public static async Task<(Uri Callback, string Cookie)> BeginAsync(StoreApp app, string query = "")
    {
        using var install = await app.GetAsync(new Uri("/rehearsal/install" + query, UriKind.Relative));
        Assert.That(install.StatusCode, Is.EqualTo(HttpStatusCode.Redirect), await install.Content.ReadAsStringAsync());
        var cookie = install.Headers.GetValues("Set-Cookie").Single().Split(';')[0];

        using var authorize = await app.GetAsync(install.Headers.Location!);
        Assert.That(authorize.StatusCode, Is.EqualTo(HttpStatusCode.Redirect), await authorize.Content.ReadAsStringAsync());
        return (authorize.Headers.Location!, cookie);
    }

    public async Task<string> CredentialAsync(string kind) =>
        (await App.Get<Credentials>().FindAsync(Store.Id, kind))!.Value;

    public async Task<HttpResponseMessage> SendToStripeAsync(
        HttpMethod method, string path, string? body = null, string? key = null, string? secretKey = null)
    {
        using var message = new HttpRequestMessage(method, new Uri($"/rehearsal/stripe/{Store.Id}{path}", UriKind.Relative));
        message.Headers.Authorization =
            new AuthenticationHeaderValue("Bearer", secretKey ?? await CredentialAsync(CredentialKind.StripeSecretKey));
        if (key is not null)
        {
            message.Headers.Add("Idempotency-Key", key);
        }

        if (body is not null)
        {
            message.Content = new StringContent(body, new MediaTypeHeaderValue("application/x-www-form-urlencoded"));
        }

        return await App.Http.SendAsync(message);
    }
}

internal static class StoreAppRequests
{
    public static async Task<HttpResponseMessage> GetAsync(this StoreApp app, Uri address, string? cookie = null)
    {
        using var message = new HttpRequestMessage(HttpMethod.Get, address);
        if (cookie is not null)
        {
            message.Headers.Add("Cookie", cookie);
        }

        return await app.Http.SendAsync(message);
    }

    public static async Task<Store> StoreOfAsync(this StoreApp app, Uri callback)
    {
        var shop = Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(callback.Query)["shop"].ToString();
        return (await app.Get<StoreDirectory>().FindByDomainAsync(RehearsalPlatform.PlatformName, shop))!;
    }
}
