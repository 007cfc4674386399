// A caller of the JSON API, as a store's own script would be.
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using StorePlugin.Stores;

namespace StorePlugin.Tests.Rig;

/// <summary>An answer: its status as a number, and its JSON where it has any.</summary>
internal sealed record ApiAnswer(int Status, JsonNode? Json, HttpResponseMessage Response)
{
    /// <summary>The type of a problem.</summary>
    public string? Problem => (string?)Json!["type"];

    public string Text(string name) => (string)Json![name]!;
}

internal sealed class ApiClient(StoreApp app, string? key)
{
    public static async Task<ApiClient> OfAsync(StoreApp app, Store store, bool canWrite = true) =>
        new(app, await app.Get<ApiKeys>().IssueAsync(store, canWrite));

    public string? Key => key;

    public Task<ApiAnswer> Get(string path) => Send(HttpMethod.Get, path, null);

    public Task<ApiAnswer> Delete(string path) => Send(HttpMethod.Delete, path, null);

    public Task<ApiAnswer> Post(string path, JsonNode? body = null) =>
        Send(HttpMethod.Post, path, body is null ? null : JsonContent.Create(body));

    public Task<ApiAnswer> Post(string path, string body, string type = "application/json") =>
        Send(HttpMethod.Post, path, new StringContent(body, Encoding.UTF8, type));

    public Task<ApiAnswer> Put(string path, JsonNode body) => Send(HttpMethod.Put, path, JsonContent.Create(body));

    public async Task<ApiAnswer> Send(HttpMethod method, string path, HttpContent? content)
    {
        using var request = new HttpRequestMessage(method, new Uri(path.StartsWith('/') ? path : "/api/v1/" + path, UriKind.Relative)) { Content = content };
        if (key is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        }

        var response = await app.Http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        var isJson = response.Content.Headers.ContentType?.MediaType is "application/json" or "application/problem+json" or "application/json;charset=utf-8";
        return new ApiAnswer((int)response.StatusCode, isJson ? JsonNode.Parse(text) : null, response);
    }

    /// <summary>Makes a draft. Returns its id.</summary>
    public async Task<string> DraftAsync(decimal commission = 10, decimal friend = 10, bool withObjective = true)
    {
        var campaign = Bodies.Campaign(commission, friend);
        if (!withObjective)
        {
            campaign.Remove("objective");
        }

        var answer = await Post("campaigns", campaign);
        Assert.That(answer.Status, Is.EqualTo(201));
        return answer.Text("id");
    }

    /// <summary>Makes a campaign and launches it. Returns its id.</summary>
    public async Task<string> LiveAsync(decimal commission = 10, decimal friend = 10)
    {
        var id = await DraftAsync(commission, friend);
        Assert.That((await Post($"campaigns/{id}/launch")).Status, Is.EqualTo(200));
        return id;
    }

    /// <summary>Adds an ambassador and expects that it works.</summary>
    public async Task<ApiAnswer> AddAsync(string campaignId, string code, string? email = null)
    {
        var answer = await Post("ambassadors", Bodies.Ambassador(campaignId, code, email));
        Assert.That(answer.Status, Is.EqualTo(201), answer.Json?.ToJsonString());
        return answer;
    }
}

/// <summary>Bodies that are right, for tests to spoil.</summary>
internal static class Bodies
{
    public static JsonObject Campaign(decimal commission = 10, decimal friend = 10) => new()
    {
        ["name"] = "Spring",
        ["objective"] = new JsonObject { ["metric"] = "orders", ["target"] = 50, ["by"] = "2026-12-31" },
        ["terms"] = new JsonObject
        {
            ["commission"] = new JsonObject { ["percent"] = commission },
            ["friendDiscount"] = new JsonObject { ["percent"] = friend },
            ["holdDays"] = 30,
            ["windowDays"] = 30,
        },
    };

    public static JsonObject Ambassador(string campaignId, string code, string? email = null) => new()
    {
        ["name"] = "Ann",
        ["email"] = email ?? $"{Guid.NewGuid():N}@example.com",
        ["campaignId"] = campaignId,
        ["code"] = code,
    };
}
