// The stand-in's end of Shopify's tokens: what is granted for a code, a session token, an old token or a refresh token.
using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace StorePlugin.Tests.Rig;

internal sealed partial class FakeShopify
{
    private const string TokenExchange = "urn:ietf:params:oauth:grant-type:token-exchange";
    private const int LifetimeSeconds = 3600;
    private const int RefreshLifetimeSeconds = 90 * 86_400;

    private readonly Lock _granting = new();
    private readonly ConcurrentQueue<Fault> _tokenFaults = new();
    private readonly Dictionary<string, RefreshToken> _refreshTokens = new(StringComparer.Ordinal);
    private readonly Dictionary<string, JsonObject> _pairOfOldToken = new(StringComparer.Ordinal);

    /// <summary>The session tokens that are taken, and the shop of each; whether they are signed is not looked at.</summary>
    public ConcurrentDictionary<string, string> SessionTokens { get; } = new(StringComparer.Ordinal);

    /// <summary>The client secrets that are taken: two while one is being exchanged.</summary>
    public ConcurrentDictionary<string, byte> ClientSecrets { get; } = new([new(ClientSecret, 0)]);

    /// <summary>Runs when a token is given and its answer is not sent yet.</summary>
    public Func<Task> BeforeTokenAnswer { get; set; } = () => Task.CompletedTask;

    /// <summary>The refresh tokens that were sent, in their order.</summary>
    public IEnumerable<string> RefreshTokensSent => TokenRequests.Select(request => request["refresh_token"]?.GetValue<string>()).OfType<string>();

    /// <summary>What happens to the next requests for a token: <see cref="Fault.Status"/>, or <see cref="Fault.LostAnswer"/> after it was given.</summary>
    public void NextToken(params Fault[] faults) => Array.ForEach(faults, _tokenFaults.Enqueue);

    /// <summary>The shop's refresh tokens are taken no more, as after 90 days without use.</summary>
    public void EndRefreshTokens(string shop)
    {
        lock (_granting)
        {
            Forget(token => token.Shop == shop);
        }
    }

    /// <summary>A client secret is taken no more, and what was given under it dies with it.</summary>
    public void RevokeSecret(string secret)
    {
        lock (_granting)
        {
            ClientSecrets.TryRemove(secret, out _);
            Forget(token => token.Secret == secret);
            _shopOfToken.RemoveOf(secret);
        }
    }

    private async Task<IResult> GiveToken(string shop, HttpContext context)
    {
        var request = (await JsonNode.ParseAsync(context.Request.Body))!;
        TokenRequests.Enqueue(request);
        _tokenFaults.TryDequeue(out var fault);
        if (fault is Fault.Status status)
        {
            return Results.Text(status.Body, "application/json", statusCode: status.Code);
        }

        var (code, body) = TokenAnswer ?? Give(shop, request);
        await BeforeTokenAnswer();
        if (fault is Fault.LostAnswer)
        {
            context.Abort();
        }

        return Results.Text(body, "application/json", statusCode: code);
    }

    private (int Status, string Body) Give(string shop, JsonNode request)
    {
        string Of(string name) => request[name]?.GetValue<string>() ?? "";

        var secret = Of("client_secret");
        if (Of("client_id") != ClientId || !ClientSecrets.ContainsKey(secret))
        {
            return NoToken(401, "invalid_client");
        }

        lock (_granting)
        {
            return (Of("grant_type"), Of("subject_token_type")) switch
            {
                ("refresh_token", _) => Refresh(shop, Of("refresh_token"), secret),
                (TokenExchange, "urn:ietf:params:oauth:token-type:id_token") => SessionTokens.TryGetValue(Of("subject_token"), out var named) && named == shop
                    ? (200, Grant(shop, secret, Expiring).ToJsonString())
                    : NoToken(400, "invalid_subject_token"),
                (TokenExchange, "urn:shopify:params:oauth:token-type:offline-access-token") => Exchange(shop, Of("subject_token"), secret),
                ("", _) when _shopOfCode.TryRemove(Of("code"), out var owner) && owner == shop => (200, Grant(shop, secret, Expiring).ToJsonString()),
                _ => NoToken(400, "invalid_request"),
            };
        }
    }

    // The one that was used may be sent again until one that came of it is used.
    private (int Status, string Body) Refresh(string shop, string sent, string secret)
    {
        if (!_refreshTokens.TryGetValue(sent, out var token) || token.Shop != shop || token.End <= Clock.GetUtcNow())
        {
            return NoToken(400, "invalid_grant");
        }

        Forget(other => other.Shop == shop && other != token);
        return (200, NewPair(shop, secret).ToJsonString());
    }

    // Whose answer was lost asks again with the old token and is given the same pair.
    private (int Status, string Body) Exchange(string shop, string old, string secret)
    {
        if (_pairOfOldToken.TryGetValue(old, out var given))
        {
            return (200, given.ToJsonString());
        }

        if (!_shopOfToken.TryGetValue(old, out var owner) || owner != shop || _shopOfToken.Ends(old))
        {
            return NoToken(400, "invalid_subject_token");
        }

        _shopOfToken.TryRemove(old, out _);
        var pair = Grant(shop, secret, expiring: true);
        _pairOfOldToken[old] = pair;
        return (200, pair.ToJsonString());
    }

    // Of a shop's refresh tokens the newest grant's alone is taken.
    private JsonObject Grant(string shop, string secret, bool expiring)
    {
        Forget(token => token.Shop == shop);
        if (expiring)
        {
            return NewPair(shop, secret);
        }

        var token = NewToken(shop, secret, null, out _);
        return new JsonObject { ["access_token"] = token, ["scope"] = Granted };
    }

    private JsonObject NewPair(string shop, string secret)
    {
        var now = Clock.GetUtcNow();
        var token = NewToken(shop, secret, now.AddSeconds(LifetimeSeconds), out var number);
        var refresh = $"shprt_marker_refresh_{number}";
        _refreshTokens[refresh] = new RefreshToken(refresh, shop, secret, now.AddSeconds(RefreshLifetimeSeconds));
        return new JsonObject
        {
            ["access_token"] = token,
            ["scope"] = Granted,
            ["expires_in"] = LifetimeSeconds,
            ["refresh_token"] = refresh,
            ["refresh_token_expires_in"] = RefreshLifetimeSeconds,
        };
    }

    private string NewToken(string shop, string secret, DateTimeOffset? end, out int number)
    {
        number = Interlocked.Increment(ref _number);
        var token = $"shpat_marker_access_{number}";
        _shopOfToken.Add(token, shop, secret, end);
        Tokens.Enqueue(token);
        return token;
    }

    private void Forget(Func<RefreshToken, bool> which)
    {
        foreach (var token in _refreshTokens.Values.Where(which).ToList())
        {
            _refreshTokens.Remove(token.Value);
        }
    }

    private static (int Status, string Body) NoToken(int status, string code) =>
        (status, new JsonObject { ["error"] = code, ["error_description"] = "Refused by the stand-in." }.ToJsonString());

    private sealed record RefreshToken(string Value, string Shop, string Secret, DateTimeOffset End);

    /// <summary>The access tokens that the Admin API takes; each ends by the stand-in's clock.</summary>
    private sealed class AccessTokens(FakeShopify shopify)
    {
        private readonly ConcurrentDictionary<string, (string Shop, string Secret, DateTimeOffset? End)> _tokens = new(StringComparer.Ordinal);

        public void Add(string token, string shop, string secret, DateTimeOffset? end) => _tokens[token] = (shop, secret, end);

        public bool TryGetValue(string token, [NotNullWhen(true)] out string? shop)
        {
            var isTaken = _tokens.TryGetValue(token, out var found) && !(found.End <= shopify.Clock.GetUtcNow());
            shop = isTaken ? found.Shop : null;
            return isTaken;
        }

        public bool TryRemove(string token, [NotNullWhen(true)] out string? shop)
        {
            shop = _tokens.TryRemove(token, out var found) ? found.Shop : null;
            return shop is not null;
        }

        public bool Ends(string token) => _tokens.TryGetValue(token, out var found) && found.End is not null;

        public void RemoveOf(string secret)
        {
            foreach (var (token, _) in _tokens.Where(pair => pair.Value.Secret == secret).ToList())
            {
                _tokens.TryRemove(token, out _);
            }
        }
    }
}
