// Speaks to the Admin API of one shop: one request for each question, and its outcome in words.
using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace StorePlugin.Stores.Shopify;

/// <summary>
/// GraphQL over HTTP. It never waits, and asks twice only where a token was refused and another took its place: retries live in the
/// outbox, where a restart forgets none.
/// </summary>
internal sealed partial class ShopifyAdminClient(
    IHttpClientFactory https, Settings settings, ShopifyTokens tokens, ShopifyPace pace, TimeProvider clock, ILogger<ShopifyAdminClient> logger)
{
    public const string HttpName = "shopify";
    public const long AnswerBytesMax = 1024 * 1024;
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(15);

    private const string TokenHeader = "X-Shopify-Access-Token";
    private const string VersionHeader = "X-Shopify-API-Version";
    private const string DeprecatedHeader = "X-Shopify-API-Deprecated-Reason";
    private const int WarningsMax = 100;

    // Without a word from Shopify an outage is looked at again after this long.
    private static readonly TimeSpan OutageWait = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan ThrottleWait = TimeSpan.FromSeconds(2);

    // The merchant may take days. What waits for them is due at once when they open the app.
    private static readonly TimeSpan MerchantWait = TimeSpan.FromHours(1);

    // What was warned of: an operator reads it once, not with each question.
    private readonly ConcurrentDictionary<(string, string), byte> _warnings = new();

    /// <summary>Asks with the store's token. One that Shopify refuses is renewed, and the question asked once more.</summary>
    /// <exception cref="PlatformException">Shopify is not set up on this server.</exception>
    public async Task<ShopifyAnswer<TData>> AskAsync<TVariables, TData>(
        Store store, ShopifyOperation<TVariables, TData> operation, TVariables variables, CancellationToken cancel)
    {
        // That there is no token is an outcome like any other: until the merchant opens the app it must not use up the attempts.
        try
        {
            var token = await tokens.GetAsync(store, cancel);
            var answer = await AskAsync(store.Domain, token, operation, variables, cancel);
            if (answer is ShopifyAnswer<TData>.Failed { IsTokenRefused: true } && await tokens.RenewAsync(store, token, cancel) is { } renewed)
            {
                answer = await AskAsync(store.Domain, renewed, operation, variables, cancel);
            }

            return answer is ShopifyAnswer<TData>.Failed { IsTokenRefused: true } refused
                ? new ShopifyAnswer<TData>.Unavailable(refused.Reason, MerchantWait) { WaitsForMerchant = true }
                : answer;
        }
        catch (PlatformException e) when (e.Wait is { } wait)
        {
            return new ShopifyAnswer<TData>.Unavailable(e.Message, wait) { WaitsForMerchant = e.WaitsForMerchant };
        }
    }

    /// <summary>As <see cref="AskAsync{TVariables, TData}(Store, ShopifyOperation{TVariables, TData}, TVariables, CancellationToken)"/>, for callers to whom all but data is one failure.</summary>
    /// <exception cref="PlatformException">There is no answer; with a wait where it is no failed attempt.</exception>
    public async Task<TData> DataAsync<TVariables, TData>(
        Store store, ShopifyOperation<TVariables, TData> operation, TVariables variables, CancellationToken cancel) =>
        (await AskAsync(store, operation, variables, cancel)).DataOrThrow();

    /// <summary>Asks with this token, which may not be kept yet.</summary>
    /// <exception cref="PlatformException">Shopify is not set up on this server.</exception>
    public async Task<ShopifyAnswer<TData>> AskAsync<TVariables, TData>(
        string shop, string token, ShopifyOperation<TVariables, TData> operation, TVariables variables, CancellationToken cancel)
    {
        var options = settings.Shopify ?? throw new PlatformException("Shopify is not set up on this server.");
        if (pace.Take(shop, operation.Name) is { } wait)
        {
            return new ShopifyAnswer<TData>.Unavailable("Shopify's limit for this store's requests is used up for the moment.", wait);
        }

        using var request = new HttpRequestMessage(
            HttpMethod.Post, new Uri(options.AdminUrlOf(shop), $"admin/api/{options.ApiVersion}/graphql.json"));
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        request.Headers.Add(TokenHeader, token);
        request.Content = new ByteArrayContent(
            JsonSerializer.SerializeToUtf8Bytes(new GraphQlRequest<TVariables>(operation.Document, variables), operation.Request))
        {
            Headers = { ContentType = new MediaTypeHeaderValue("application/json") },
        };

        // What the network does is an outcome here, and the caller decides; only its own cancellation goes through.
        try
        {
            using var http = https.CreateClient(HttpName);
            using var response = await http.SendAsync(request, cancel);
            Log.Answered(logger, operation.Name, shop, (int)response.StatusCode, HeaderOf(response, "X-Request-Id") ?? "none");
            Warn(response, operation.Name, options.ApiVersion);
            return Judge(response, await response.Content.ReadAsByteArrayAsync(cancel), shop, token, operation);
        }
        catch (HttpRequestException e)
        {
            Log.Unreachable(logger, operation.Name, shop, e.HttpRequestError);
            return new ShopifyAnswer<TData>.Unavailable("Shopify cannot be reached, or its answer was lost.", OutageWait);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            Log.Unreachable(logger, operation.Name, shop, HttpRequestError.Unknown);
            return new ShopifyAnswer<TData>.Unavailable("Shopify did not answer in time.", OutageWait);
        }
    }

    private ShopifyAnswer<TData> Judge<TVariables, TData>(
        HttpResponseMessage response, byte[] body, string shop, string token, ShopifyOperation<TVariables, TData> operation)
    {
        using var json = Parse(body);
        var errors = json is null ? GraphQlErrors.None : GraphQlErrors.Read(json.RootElement, token);
        var cost = json is null ? ShopifyCost.Unknown : ShopifyCost.Read(json.RootElement);
        pace.Learn(shop, operation.Name, cost);
        var header = ShopifyWait.OfHeader(response, clock.GetUtcNow());
        return response.StatusCode switch
        {
            HttpStatusCode.OK when errors.Has("THROTTLED") =>
                new ShopifyAnswer<TData>.Unavailable("Shopify throttles this store's requests.", cost.Wait),
            HttpStatusCode.OK => ReadData(json, errors, operation),
            HttpStatusCode.TooManyRequests =>
                new ShopifyAnswer<TData>.Unavailable("Shopify throttles this store's requests (HTTP 429).", header ?? ThrottleWait),
            HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout =>
                new ShopifyAnswer<TData>.Unavailable($"Shopify is out (HTTP {(int)response.StatusCode}).", header ?? OutageWait),
            HttpStatusCode.Unauthorized => Failed(
                "Shopify does not accept the access token (HTTP 401): open the app in the store's admin to renew it.") with
            {
                IsTokenRefused = true,
            },
            HttpStatusCode.PaymentRequired => Failed(
                "The store is frozen (HTTP 402): its bill at Shopify is open."),
            HttpStatusCode.Forbidden => Failed(
                "Shopify denies the access (HTTP 403): the app lacks a permission in this store."),
            HttpStatusCode.NotFound => Failed(
                "Shopify knows no such store or API version (HTTP 404)."),
            HttpStatusCode.Locked => Failed(
                "The store is locked (HTTP 423): its owner must settle that with Shopify."),
            var status => Failed($"Shopify answered with HTTP {(int)status}."),
        };

        // The platform's own words help whoever must mend it.
        ShopifyAnswer<TData>.Failed Failed(string reason) => new(
            errors.IsEmpty ? reason : $"{reason} Shopify says: {errors.Words}");
    }

    private static ShopifyAnswer<TData> ReadData<TVariables, TData>(
        JsonDocument? json, GraphQlErrors errors, ShopifyOperation<TVariables, TData> operation)
    {
        if (json is null || json.RootElement.ValueKind != JsonValueKind.Object)
        {
            return new ShopifyAnswer<TData>.Failed("Shopify's answer is not JSON.");
        }

        if (!json.RootElement.TryGetProperty("data", out var element) || element.ValueKind != JsonValueKind.Object)
        {
            return ShopifyAnswer<TData>.OfErrors(errors);
        }

        // A field of another shape than the schema's is the platform's failure, not a reason to fall over.
        try
        {
            return element.Deserialize(operation.Data) is { } data
                ? new ShopifyAnswer<TData>.Given(data, errors)
                : ShopifyAnswer<TData>.OfErrors(errors);
        }
        catch (JsonException)
        {
            return new ShopifyAnswer<TData>.Failed($"Shopify's answer to {operation.Name} has another shape than its schema.");
        }
    }

    private static JsonDocument? Parse(byte[] body)
    {
        // Errors of proxies come as HTML, which the status says enough about.
        try
        {
            return JsonDocument.Parse(body);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Says once what will stop working: a version that Shopify no longer answers in, and what it has deprecated.</summary>
    private void Warn(HttpResponseMessage response, string operation, string asked)
    {
        if (HeaderOf(response, VersionHeader) is { } version && version != asked && IsNew(VersionHeader, version))
        {
            Log.OtherVersion(logger, asked, version);
        }

        if (HeaderOf(response, DeprecatedHeader) is { } reason && IsNew(operation, reason))
        {
            Log.Deprecated(logger, operation, reason);
        }
    }

    private bool IsNew(string about, string text) => _warnings.Count < WarningsMax && _warnings.TryAdd((about, text), 0);

    private static string? HeaderOf(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) ? GraphQlErrors.Fit(values.First()) : null;

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Debug, "{Operation} for {Shop}: HTTP {Status}, Shopify's request id {RequestId}")]
        public static partial void Answered(ILogger logger, string operation, string shop, int status, string requestId);

        [LoggerMessage(LogLevel.Warning, "{Operation} for {Shop}: no answer ({Error})")]
        public static partial void Unreachable(ILogger logger, string operation, string shop, HttpRequestError error);

        [LoggerMessage(LogLevel.Warning, "Shopify was asked in version {Asked} and answers in {Answered}")]
        public static partial void OtherVersion(ILogger logger, string asked, string answered);

        [LoggerMessage(LogLevel.Warning, "{Operation} uses what Shopify has deprecated: {Reason}")]
        public static partial void Deprecated(ILogger logger, string operation, string reason);
    }
}
