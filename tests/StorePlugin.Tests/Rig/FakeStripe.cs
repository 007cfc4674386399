// A stand-in for Stripe's API on loopback: balances, transfers and the memory of idempotency keys, with faults on demand.
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Logging;

namespace StorePlugin.Tests.Rig;

/// <summary>What goes wrong with the next <c>POST /v1/transfers</c>.</summary>
internal enum StripeFault
{
    /// <summary>The transfer is made and the connection is cut before the answer.</summary>
    DropAfterCommit,

    /// <summary>The connection is cut before anything is done.</summary>
    Reset,

    /// <summary>The transfer is made and the answer never comes.</summary>
    Hang,

    /// <summary>The transfer is made and half of the answer arrives.</summary>
    TruncatedJson,

    /// <summary>409: a request with the same key is in progress.</summary>
    Conflict,

    /// <summary>429, before the idempotency layer.</summary>
    RateLimit,

    /// <summary>401, before the idempotency layer.</summary>
    BadKey,

    /// <summary>403, before the idempotency layer.</summary>
    NoPermission,

    /// <summary>The transfer is made, and a 500 is answered and stored under the key.</summary>
    StoredFaultAfterCommit,

    /// <summary>Nothing is made, and a 500 is answered and stored under the key.</summary>
    StoredFault,

    /// <summary>A 424 without effect.</summary>
    FailedDependency,

    /// <summary>A transfer of another amount is made.</summary>
    WrongAmount,
}

/// <summary>A transfer that exists at the stand-in.</summary>
/// <param name="Account">The account that it was made from; the keys of others do not see it.</param>
internal sealed record FakeTransfer(
    string Id, string Account, long Amount, string Currency, string Destination, string? Group, string? PayoutId, string? Attempt)
{
    public long Reversed { get; set; }

    public DateTimeOffset CreatedAt { get; init; }
}

/// <summary>A request as it came over the wire.</summary>
internal sealed record FakeRequest(string Method, string PathAndQuery, IReadOnlyDictionary<string, string> Headers, string Body);

internal sealed partial class FakeStripe : IAsyncDisposable
{
    /// <summary>The account of every key that was not given to another.</summary>
    public const string MainAccount = "acct_main";

    private static readonly TimeSpan KeysKept = TimeSpan.FromHours(24);

    private readonly WebApplication _app;
    private readonly Func<DateTimeOffset> _now;
    private readonly Lock _lock = new();
    private readonly Queue<StripeFault> _faults = new();
    private readonly Dictionary<(string Account, string Path, string Key), Stored> _stored = [];
    private readonly Dictionary<string, string> _accountOfKey = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Account, string Currency), long> _available = [];
    private readonly List<FakeTransfer> _transfers = [];
    private readonly List<FakeRequest> _requests = [];
    private int _made;

    private FakeStripe(WebApplication app, Func<DateTimeOffset> now) => (_app, _now) = (app, now);

    public Uri Address => new(_app.Urls.Single());

    public IReadOnlyList<FakeTransfer> Transfers
    {
        get
        {
            lock (_lock)
            {
                return [.. _transfers];
            }
        }
    }

    public IReadOnlyList<FakeRequest> Requests
    {
        get
        {
            lock (_lock)
            {
                return [.. _requests];
            }
        }
    }

    /// <summary>Whatever was asked about transfers.</summary>
    public IReadOnlyList<FakeRequest> OfTransfers => [.. Requests.Where(request => request.PathAndQuery.StartsWith("/v1/transfers", StringComparison.Ordinal))];

    public IReadOnlyList<FakeRequest> Sends => [.. Requests.Where(request => request.Method == "POST")];

    /// <param name="now">The test's clock, which ages the keys.</param>
    public static async Task<FakeStripe> StartAsync(Func<DateTimeOffset> now)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var app = builder.Build();
        var fake = new FakeStripe(app, now);
        app.Run(fake.AnswerAsync);
        await app.StartAsync();
        return fake;
    }

    /// <summary>Puts money into an account's available balance, in Stripe's units.</summary>
    public void TopUp(string currency, long amount, string account = MainAccount)
    {
        lock (_lock)
        {
            _available[(account, currency)] = _available.GetValueOrDefault((account, currency)) + amount;
        }
    }

    /// <summary>Makes a secret key one of another account, which has its own balance, transfers and idempotency keys.</summary>
    public void GiveKey(string secretKey, string account)
    {
        lock (_lock)
        {
            _accountOfKey[secretKey] = account;
        }
    }

    public void Next(params StripeFault[] faults)
    {
        lock (_lock)
        {
            foreach (var fault in faults)
            {
                _faults.Enqueue(fault);
            }
        }
    }

    /// <summary>Nothing goes wrong any more with what is sent from now on.</summary>
    public void Calm()
    {
        lock (_lock)
        {
            _faults.Clear();
        }
    }

    /// <summary>Forgets all that was asked and made; the numbers of transfers go on.</summary>
    public void Forget()
    {
        lock (_lock)
        {
            _faults.Clear();
            _stored.Clear();
            _accountOfKey.Clear();
            _available.Clear();
            _transfers.Clear();
            _reversals.Clear();
            _requests.Clear();
        }
    }

    /// <summary>Whether the account's balance can be read; else the path is not known.</summary>
    public bool TellsBalance { get; set; } = true;

    /// <summary>Takes a transfer back, in part or whole.</summary>
    public void Reverse(string transferId, long amount)
    {
        lock (_lock)
        {
            var transfer = _transfers.Single(one => one.Id == transferId);
            transfer.Reversed += amount;
        }
    }

    /// <summary>A transfer that someone made by hand.</summary>
    public void AddTransfer(long amount, string currency, string destination, string group, string account = MainAccount)
    {
        lock (_lock)
        {
            _transfers.Add(new FakeTransfer($"tr_{++_made}", account, amount, currency, destination, group, null, null) { CreatedAt = _now() });
        }
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
        var body = await reader.ReadToEndAsync();
        var request = context.Request;
        lock (_lock)
        {
            _requests.Add(new FakeRequest(
                request.Method,
                request.Path + request.QueryString.Value,
                request.Headers.ToDictionary(header => header.Key.ToLowerInvariant(), header => header.Value.ToString()),
                body));
        }

        var account = AccountOf(request.Headers.Authorization.ToString());
        if (await AnswerListsAsync(context, account))
        {
            return;
        }

        if (request.Path != "/v1/transfers" && !IsReversals(request.Path))
        {
            var (status, json) = AnswerConnect(account, request, body);
            await WriteAsync(context, status, json);
            return;
        }

        if (HttpMethods.IsGet(request.Method))
        {
            await WriteAsync(context, 200, List(account, request.Query["transfer_group"].ToString()));
            return;
        }

        StripeFault? fault;
        lock (_lock)
        {
            fault = _faults.TryDequeue(out var next) ? next : null;
        }

        switch (fault)
        {
            case StripeFault.Reset:
                context.Abort();
                return;
            case StripeFault.Conflict:
                await WriteAsync(context, 409, Error("invalid_request_error", "idempotency_key_in_use", "There is currently another in-progress request using this key"));
                return;
            case StripeFault.RateLimit:
                await WriteAsync(context, 429, Error("invalid_request_error", "rate_limit", "Too many requests"));
                return;
            case StripeFault.BadKey:
                await WriteAsync(context, 401, Error("invalid_request_error", null, "Invalid API Key provided"));
                return;
            case StripeFault.NoPermission:
                await WriteAsync(context, 403, Error("invalid_request_error", null, "The provided key does not have the required permissions"));
                return;
            case StripeFault.FailedDependency:
                await WriteAsync(context, 424, Error("api_error", null, "A dependency failed"));
                return;
        }

        var (stored, replayed) = Execute(account, request.Path, request.Headers["Idempotency-Key"].ToString(), body, fault);
        switch (fault)
        {
            case StripeFault.DropAfterCommit:
                context.Abort();
                return;
            case StripeFault.Hang:
                try
                {
                    await Task.Delay(Timeout.Infinite, context.RequestAborted);
                }
                catch (OperationCanceledException)
                {
                    // The caller has given up, which is what this fault waits for.
                }

                return;
            case StripeFault.TruncatedJson:
                await WriteAsync(context, stored.Status, stored.Body[..(stored.Body.Length / 2)]);
                return;
        }

        if (replayed)
        {
            context.Response.Headers["Idempotent-Replayed"] = "true";
        }

        await WriteAsync(context, stored.Status, stored.Body);
    }

    private string AccountOf(string authorization)
    {
        lock (_lock)
        {
            return _accountOfKey.GetValueOrDefault(authorization["Bearer ".Length..], MainAccount);
        }
    }

    private (Stored Stored, bool Replayed) Execute(string account, string path, string key, string body, StripeFault? fault)
    {
        lock (_lock)
        {
            var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(body)));
            var place = (account, path, key);
            if (_stored.TryGetValue(place, out var before) && _now() - before.At < KeysKept)
            {
                return before.BodyHash == hash
                    ? (before, true)
                    : (new Stored(400, Error("idempotency_error", null, "Keys for idempotent requests can only be used with the same parameters they were first used with."), hash, _now()), false);
            }

            var (status, answer) = fault == StripeFault.StoredFault ? (500, Error("api_error", null, "An unknown error occurred"))
                : IsReversals(path) ? TakeBack(account, path, body)
                : Transfer(account, body, fault);
            if (fault == StripeFault.StoredFaultAfterCommit)
            {
                (status, answer) = (500, Error("api_error", null, "An unknown error occurred"));
            }

            return (_stored[place] = new Stored(status, answer, hash, _now()), false);
        }
    }

    private (int Status, string Body) Transfer(string account, string body, StripeFault? fault)
    {
        var form = QueryHelpers.ParseQuery(body);
        var amount = long.Parse(form["amount"].ToString(), CultureInfo.InvariantCulture);
        var currency = form["currency"].ToString();
        var destination = form["destination"].ToString();
        if (destination.StartsWith("acct_gone", StringComparison.Ordinal))
        {
            return (400, Error("invalid_request_error", "resource_missing", $"No such destination: '{destination}'"));
        }

        if (StripeTable.Refusal(currency, amount) is { } refusal)
        {
            return (400, Error("invalid_request_error", "parameter_invalid_integer", refusal));
        }

        if (_available.GetValueOrDefault((account, currency)) < amount)
        {
            return (400, Error("invalid_request_error", "balance_insufficient", "You have insufficient available funds in your Stripe account."));
        }

        _available[(account, currency)] -= amount;
        var transfer = new FakeTransfer(
            $"tr_{++_made}", account, fault == StripeFault.WrongAmount ? amount + 1 : amount, currency, destination, form["transfer_group"].ToString(),
            form["metadata[payout_id]"].ToString(), form["metadata[attempt]"].ToString())
        {
            CreatedAt = _now(),
        };
        _transfers.Add(transfer);
        return (200, Json(transfer));
    }

    private string List(string account, string group)
    {
        lock (_lock)
        {
            var data = string.Join(',', _transfers.Where(transfer => transfer.Account == account && transfer.Group == group).Reverse().Select(Json));
            return $$"""{"object":"list","data":[{{data}}],"has_more":false,"url":"/v1/transfers"}""";
        }
    }

    private static string Json(FakeTransfer transfer)
    {
        var metadata = transfer.PayoutId is null ? new Dictionary<string, string?>() : new() { ["payout_id"] = transfer.PayoutId, ["attempt"] = transfer.Attempt };
        return JsonSerializer.Serialize(new
        {
            id = transfer.Id,
            @object = "transfer",
            amount = transfer.Amount,
            amount_reversed = transfer.Reversed,
            created = transfer.CreatedAt.ToUnixTimeSeconds(),
            currency = transfer.Currency,
            destination = transfer.Destination,
            livemode = false,
            metadata,
            reversed = transfer.Reversed == transfer.Amount,
            transfer_group = transfer.Group,
        });
    }

    private static string Error(string type, string? code, string message) =>
        JsonSerializer.Serialize(new { error = code is null ? new Dictionary<string, string> { ["type"] = type, ["message"] = message } : new() { ["type"] = type, ["code"] = code, ["message"] = message } });

    private static async Task WriteAsync(HttpContext context, int status, string body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        context.Response.Headers["Request-Id"] = "req_" + context.TraceIdentifier.Replace(":", "", StringComparison.Ordinal);
        await context.Response.WriteAsync(body);
    }

    private sealed record Stored(int Status, string Body, string BodyHash, DateTimeOffset At);
}
