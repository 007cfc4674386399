// Speaks with Stripe's API: sends frozen bytes as they are, and reads the transfers of a payout.
using System.Collections.Immutable;
using System.Net.Http.Headers;
using System.Text;
using System.Threading.RateLimiting;

namespace StorePlugin.Payouts.Stripe;

/// <summary>What a look-up brought: the transfers, or the answer that stood in their place.</summary>
internal abstract record StripeLookUp
{
    internal sealed record Found(ImmutableArray<StripeTransfer> Transfers) : StripeLookUp;

    internal sealed record Failed(StripeAnswer Answer) : StripeLookUp;
}

/// <summary>Fewer than five requests a second for each store (Stripe allows 25 for an endpoint).</summary>
internal sealed class StripeRate(int requestsPerSecond = StripeRate.RequestsPerSecond) : IDisposable
{
    private const int RequestsPerSecond = 4;
    private const int WaitingMax = 10_000;

    private readonly PartitionedRateLimiter<string> _limiter = PartitionedRateLimiter.Create<string, string>(
        storeId => RateLimitPartition.GetSlidingWindowLimiter(storeId, _ => new SlidingWindowRateLimiterOptions
        {
            PermitLimit = requestsPerSecond,
            Window = TimeSpan.FromSeconds(1),
            SegmentsPerWindow = 4,
            QueueLimit = WaitingMax,
            QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
        }));

    /// <summary>Returns when it is this request's turn; false when too many wait already.</summary>
    public async Task<bool> TurnAsync(string storeId, CancellationToken cancel)
    {
        using var lease = await _limiter.AcquireAsync(storeId, cancellationToken: cancel);
        return lease.IsAcquired;
    }

    public void Dispose() => _limiter.Dispose();
}

/// <summary>
/// Each store's own Stripe account, reached with the store's key. It never retries: money is retried by the effect
/// worker alone, with the same key and bytes (rule P2).
/// </summary>
internal sealed partial class StripeClient(HttpClient http, Settings settings, PublicAddress address, StripeRate rate)
{
    public const string ApiVersion = "2026-10-28.endive";
    public const string TransfersPath = "/v1/transfers";

    /// <summary>As Stripe's own libraries wait.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(80);

    /// <summary>A person waits for what is asked beside money, or nothing is lost when it is asked later.</summary>
    public static readonly TimeSpan AskTimeout = TimeSpan.FromSeconds(15);

    // A list of 100 transfers takes about a quarter of this.
    public const long AnswerBytesMax = 2 * 1024 * 1024;

    private static readonly StripeHeaders NoHeaders = new();

    private static readonly ProductInfoHeaderValue UserAgent =
        new("StorePlugin", typeof(StripeClient).Assembly.GetName().Version?.ToString(3) ?? "0");

    /// <summary>Sends a frozen attempt, byte for byte.</summary>
    public async Task<StripeAnswer> SendAsync(string storeId, string secretKey, PayoutAttempt attempt, CancellationToken cancel)
    {
        using var request = Request(new HttpMethod(attempt.Method), storeId, secretKey, attempt.Path, attempt.ApiVersion);
        request.Headers.Add("Idempotency-Key", attempt.IdempotencyKey);
        request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(attempt.Body));
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(StripeForm.ContentType);
        var (answer, status, headers, body) = await ExchangeAsync(storeId, request, cancel);
        return answer ?? StripeAnswer.Classify(status, headers, body);
    }

    /// <summary>The transfers that carry a payout's id as their group (rule P2).</summary>
    public async Task<StripeLookUp> LookUpAsync(string storeId, string secretKey, string payoutId, CancellationToken cancel)
    {
        var path = $"{TransfersPath}?transfer_group={Uri.EscapeDataString(payoutId)}&limit=100";
        using var request = Request(HttpMethod.Get, storeId, secretKey, path, ApiVersion);
        var (answer, status, headers, body) = await ExchangeAsync(storeId, request, cancel);
        if (answer is not null)
        {
            return new StripeLookUp.Failed(answer);
        }

        if (status is >= 200 and < 300)
        {
            return StripeAnswer.ReadList(body) is { } transfers
                ? new StripeLookUp.Found(transfers)
                : new StripeLookUp.Failed(new StripeAnswer.Unknown("Stripe's answer is no complete list of transfers", status, headers));
        }

        return new StripeLookUp.Failed(StripeAnswer.Classify(status, headers, body));
    }

    /// <summary>Asks what moves no money.</summary>
    public async Task<StripeReply> AskAsync(string storeId, string secretKey, StripeQuestion question, CancellationToken cancel)
    {
        using var request = Request(question.Form is null ? HttpMethod.Get : HttpMethod.Post, storeId, secretKey, question.Path, ApiVersion);
        if (question.Form is { } form)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(StripeForm.Encode(form)));
            request.Content.Headers.ContentType = new MediaTypeHeaderValue(StripeForm.ContentType);
        }

        if (question.Key is { } key)
        {
            request.Headers.Add("Idempotency-Key", key);
        }

        if (question.Account is { } account)
        {
            request.Headers.Add("Stripe-Account", account);
        }

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(AskTimeout);
        try
        {
            var (answer, status, _, body) = await ExchangeAsync(storeId, request, patience.Token);
            return answer switch
            {
                null => StripeReply.Of(status, body, secretKey),
                StripeAnswer.Busy busy => new StripeReply.Unavailable(busy.Why),
                StripeAnswer.Unknown unknown => new StripeReply.Unavailable(unknown.Why),
                _ => throw new System.Diagnostics.UnreachableException(),
            };
        }
        // Patience has run out, and not the caller.
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return new StripeReply.Unavailable($"no answer within {AskTimeout.TotalSeconds:0} seconds");
        }
    }

    private HttpRequestMessage Request(HttpMethod method, string storeId, string secretKey, string path, string apiVersion)
    {
        var root = StripeKey.IsRehearsal(secretKey)
            ? $"{address.Listening}/rehearsal/stripe/{storeId}"
            : settings.StripeApiUrl.ToString().TrimEnd('/');
        var request = new HttpRequestMessage(method, new Uri(root + path));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", secretKey);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        request.Headers.UserAgent.Add(UserAgent);
        request.Headers.Add("Stripe-Version", apiVersion);
        return request;
    }

    private async Task<(StripeAnswer? Answer, int Status, StripeHeaders Headers, ReadOnlyMemory<byte> Body)> ExchangeAsync(
        string storeId, HttpRequestMessage request, CancellationToken cancel)
    {
        if (!await rate.TurnAsync(storeId, cancel))
        {
            return (new StripeAnswer.Busy("too many requests of this store wait already", null, NoHeaders), 0, NoHeaders, default);
        }

        try
        {
            using var response = await http.SendAsync(request, cancel);
            var body = await response.Content.ReadAsByteArrayAsync(cancel);
            return (null, (int)response.StatusCode, HeadersOf(response), body);
        }
        // A timeout, a reset, a broken answer: for money these are outcomes, not faults of the program.
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return (new StripeAnswer.Unknown($"no answer within {http.Timeout.TotalSeconds:0.#} seconds", null, NoHeaders), 0, NoHeaders, default);
        }
        catch (HttpRequestException e)
        {
            return (new StripeAnswer.Unknown($"the connection failed ({e.HttpRequestError})", null, NoHeaders), 0, NoHeaders, default);
        }
        catch (IOException)
        {
            return (new StripeAnswer.Unknown("the connection broke", null, NoHeaders), 0, NoHeaders, default);
        }
    }

    private static StripeHeaders HeadersOf(HttpResponseMessage response) => new(
        First(response, "Request-Id"),
        First(response, "Idempotent-Replayed") == "true",
        First(response, "Stripe-Should-Retry") switch { "true" => true, "false" => false, _ => null });

    private static string? First(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;
}
