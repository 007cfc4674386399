// The access token of a store at Shopify: the one place that knows whether it can still be used, and how to have another.
using StorePlugin.Data;

namespace StorePlugin.Stores.Shopify;

/// <summary>
/// Finds a store's current token, and renews it before it ends. Nothing else reads it from the credentials. Of a shop's refresh
/// tokens Shopify takes the newest alone, so one caller asks at a time, over all instances of the program, and a pair is kept only
/// in place of the one that was sent. Nothing of this happens while a delivery is taken in.
/// </summary>
internal sealed partial class ShopifyTokens(
    Db db, Credentials credentials, ShopifyTokenEndpoint endpoint, TimeProvider clock, ILogger<ShopifyTokens> logger)
{
    // A token that ends while a request is under way is as good as ended.
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(30);

    // So long before its end a token is renewed, as Shopify's own libraries do.
    private static readonly TimeSpan Ahead = TimeSpan.FromMinutes(5);

    // Longer than all requests of one try can last: three, each with two client secrets, and the pauses between them.
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(2);
    private const int RequestsMax = 3;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(300);

    // Who waits for another's try looks again and again, for five seconds in all.
    private const int LooksMax = 20;
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(250);

    // Only the merchant renews a token that is refused, perhaps after days. What waits for it is due at once when they do.
    private static readonly TimeSpan MerchantWait = TimeSpan.FromHours(1);
    private static readonly TimeSpan BusyWait = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan OutageWait = TimeSpan.FromMinutes(1);

    // Until whoever runs the program has set the client secret right, or the shop's farewell has arrived.
    private static readonly TimeSpan RefusalWait = TimeSpan.FromMinutes(15);

    // An old token that does not end works on as it is.
    private static readonly TimeSpan OldTokenWait = TimeSpan.FromDays(1);

    // After so long without a renewal a grant is worth a try.
    private static readonly TimeSpan Doubt = TimeSpan.FromMinutes(10);

    /// <summary>The token to ask with; one that ends within five minutes is renewed first.</summary>
    /// <exception cref="PlatformException">There is none to be had. The message says why, and it is no failed attempt.</exception>
    public async Task<string> GetAsync(Store store, CancellationToken cancel)
    {
        var token = await credentials.FindAsync(store.Id, CredentialKind.AccessToken, cancel) ?? throw NotInstalled();
        if (LivesFor(token, Ahead))
        {
            return token.Value;
        }

        var occasion = new Occasion(tokens => !LivesFor(tokens.Access.Credential, Ahead));
        return await RenewAsync(store, occasion, waits: !LivesFor(token, Margin), cancel) switch
        {
            Renewal.Given given => given.Token,
            _ when LivesFor(token, Margin) => token.Value,
            Renewal.Without without => throw without.Why,
            _ => throw Busy(),
        };
    }

    /// <summary>
    /// A token in place of one that Shopify has refused (HTTP 401); null where there is none to be had, and then the merchant must
    /// open the app, which is noted.
    /// </summary>
    /// <param name="refused">The token that was refused: where another has taken its place already, that one is the answer.</param>
    /// <exception cref="PlatformException">There is none to be had at present; the message says why, and it is no failed attempt.</exception>
    public async Task<string?> RenewAsync(Store store, string refused, CancellationToken cancel)
    {
        var occasion = new Occasion(tokens => tokens.Access.Credential.Value == refused || !LivesFor(tokens.Access.Credential, Margin)) { WasRefused = true };
        return await RenewAsync(store, occasion, waits: true, cancel) switch
        {
            Renewal.Given given => given.Token,
            Renewal.Without { Why.WaitsForMerchant: true } => null,
            Renewal.Without without => throw without.Why,
            _ => throw Busy(),
        };
    }

    /// <summary>
    /// Whether opening the app needs no new grant: there is a token to ask with, or one to renew it with, and neither is refused. One
    /// that has not been renewed for a while, for whatever reason, is not counted on: the merchant is here, and a grant may be.
    /// </summary>
    public async Task<bool> HasUsableAsync(Store store, CancellationToken cancel) =>
        await ReadAsync(store, cancel) is { Row.NeedsMerchant: false } tokens
        && (LivesFor(tokens.Access.Credential, Margin)
            || (tokens.Refresh is { } refresh && LivesFor(refresh.Credential, TimeSpan.Zero) && !(tokens.Row.FaultAt <= clock.GetUtcNow() - Doubt)));

    /// <summary>
    /// Renews a pair that was given long ago or under another client secret than the current one, whether it ends soon or not: a
    /// refresh token dies when it is not used for 90 days, and with its secret. A token that does not end is exchanged for one that does.
    /// </summary>
    /// <param name="givenBefore">What was given at this instant or before counts as long ago.</param>
    public Task RenewOldAsync(Store store, DateTimeOffset givenBefore, CancellationToken cancel)
    {
        var mark = endpoint.CurrentMark;
        return RenewAsync(store, new Occasion(tokens => tokens.Row.RefreshedAt <= givenBefore || tokens.Row.IssuedUnder != mark), waits: false, cancel);
    }

    private async Task<Renewal> RenewAsync(Store store, Occasion occasion, bool waits, CancellationToken cancel)
    {
        for (var looks = 1; ; looks++)
        {
            var renewal = await TryAsync(store, occasion, cancel);
            if (renewal is not Renewal.Busy || !waits || looks == LooksMax)
            {
                return renewal;
            }

            await Task.Delay(Moment, cancel);
        }
    }

    /// <summary>Renews the pair if nobody has done so, nobody else is about it, and nothing stands in the way.</summary>
    private async Task<Renewal> TryAsync(Store store, Occasion occasion, CancellationToken cancel)
    {
        if (await ReadAsync(store, cancel) is not { } before)
        {
            return new Renewal.Without(NotInstalled());
        }

        if (!occasion.IsFor(before))
        {
            return new Renewal.Given(before.Access.Credential.Value);
        }

        var now = clock.GetUtcNow();
        if (ObstacleTo(before, occasion, now) is { } obstacle)
        {
            return new Renewal.Without(obstacle);
        }

        var lease = Ids.New("lse", now);
        if (!await ShopifyTokenRow.TakeAsync(db, store.Id, lease, now, now + Lease, cancel))
        {
            return new Renewal.Busy();
        }

        try
        {
            // Whoever had the lease before may have been quicker.
            var tokens = await ReadAsync(store, cancel);
            return tokens is null ? new Renewal.Without(NotInstalled())
                : !occasion.IsFor(tokens) ? new Renewal.Given(tokens.Access.Credential.Value)
                : ObstacleTo(tokens, occasion, now) is { } since ? new Renewal.Without(since)
                : await AskAsync(store, tokens, occasion, lease, cancel);
        }
        finally
        {
            await ShopifyTokenRow.GiveBackAsync(db, store.Id, lease);
        }
    }

    // An old token that Shopify refuses by now may be one whose exchange was answered in vain: then it is exchanged again, and at once.
    private static PlatformException? ObstacleTo(Tokens tokens, Occasion occasion, DateTimeOffset now) => tokens.Row switch
    {
        { NeedsMerchant: true, Fault: { } fault } => ForMerchant(fault),
        { Fault: { } fault, RetryAt: { } retryAt } when retryAt > now && !(occasion.WasRefused && tokens.Refresh is null) => Passing(fault, retryAt - now),
        _ => null,
    };

    /// <summary>Asks for another pair under the lease. An answer that has come is written, whoever has lost patience meanwhile.</summary>
    private async Task<Renewal> AskAsync(Store store, Tokens tokens, Occasion occasion, string lease, CancellationToken cancel)
    {
        if (tokens.Refresh is null && tokens.Access.Credential.ExpiresAt is not null)
        {
            return await WithoutAsync(store, tokens, lease, "The access token for this store has expired, and there is none to renew it with.", retryAfter: null);
        }

        var reply = await AskAsync(
            store,
            tokens.Refresh is { } refresh ? TokenRequest.OfRefreshToken(refresh.Credential.Value) : TokenRequest.OfOldToken(tokens.Access.Credential.Value),
            cancel);
        switch (reply)
        {
            case TokenReply.Granted { Grant: { RefreshToken: not null, AccessTokenExpiresAt: not null, RefreshTokenExpiresAt: not null } grant }:
                return await KeepAsync(store, tokens, grant);

            // Kept as it is, it would never be renewed again.
            case TokenReply.Granted:
                return await WithoutAsync(store, tokens, lease, "Shopify's answer does not hold a whole pair of tokens with their ends.", OutageWait);

            case TokenReply.Failed failed:
                return await WithoutAsync(store, tokens, lease, failed.Reason, OutageWait);

            case TokenReply.Refused { Code: TokenReply.Refused.InvalidClient } refused:
                Log.ClientRefused(logger, store.Id, refused.Words);
                return await WithoutAsync(
                    store,
                    tokens,
                    lease,
                    $"Shopify does not accept this server's client secret for the store ({refused.Words}): it is wrong, or the store has uninstalled the app.",
                    RefusalWait);

            case TokenReply.Refused refused when tokens.Refresh is null && !occasion.WasRefused:
                return await WithoutAsync(store, tokens, lease, $"Shopify does not exchange the access token for one that ends ({refused.Words}).", OldTokenWait);

            case TokenReply.Refused refused when tokens.Refresh is null || refused.Code == TokenReply.Refused.InvalidGrant:
                return await WithoutAsync(store, tokens, lease, $"Shopify no longer renews the access token for this store ({refused.Words}).", retryAfter: null);

            case TokenReply.Refused refused:
                return await WithoutAsync(store, tokens, lease, $"Shopify does not renew the access token for this store ({refused.Words}).", RefusalWait);

            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    /// <summary>What failed is asked again at once, a few times: Shopify takes the same refresh token until its replacement is used.</summary>
    private async Task<TokenReply> AskAsync(Store store, TokenRequest request, CancellationToken cancel)
    {
        for (var requests = 1; ; requests++)
        {
            var reply = await endpoint.AskAsync(store.Domain, request, cancel);
            if (reply is not TokenReply.Failed || requests == RequestsMax)
            {
                return reply;
            }

            await Task.Delay(Pause * requests, cancel);
        }
    }

    /// <summary>Writes the pair, whole or not at all, in place of what was sent. Where a grant came in between, that one stays.</summary>
    private async Task<Renewal> KeepAsync(Store store, Tokens tokens, Grant grant)
    {
        var access = new Credential(grant.AccessToken, grant.AccessTokenExpiresAt);
        var refresh = new Credential(grant.RefreshToken!, grant.RefreshTokenExpiresAt);
        var isKept = await db.InTransactionAsync(async tx =>
        {
            var ((sent, seen, instead), (other, besides)) = tokens.Refresh is { } used
                ? ((CredentialKind.RefreshToken, used, refresh), (CredentialKind.AccessToken, access))
                : ((CredentialKind.AccessToken, tokens.Access, access), (CredentialKind.RefreshToken, refresh));
            if (!await credentials.ReplaceAsync(tx, store.Id, sent, seen, instead))
            {
                return false;
            }

            await credentials.KeepAsync(tx, store.Id, other, besides);
            await ShopifyTokenRow.KeepAsync(tx, store.Id, grant.IssuedUnder, clock.GetUtcNow());
            return true;
        });
        credentials.Forget(store.Id, CredentialKind.AccessToken);
        credentials.Forget(store.Id, CredentialKind.RefreshToken);
        if (isKept)
        {
            Log.Renewed(logger, store.Id);
            return new Renewal.Given(access.Value);
        }

        Log.Overtaken(logger, store.Id);
        return await credentials.FindAsync(store.Id, CredentialKind.AccessToken) is { } other
            ? new Renewal.Given(other.Value)
            : new Renewal.Without(NotInstalled());
    }

    /// <summary>Notes why there is no other pair; a fault of a pair that a grant has replaced meanwhile is nobody's.</summary>
    /// <param name="retryAfter">Null where only the merchant can help.</param>
    private async Task<Renewal> WithoutAsync(Store store, Tokens tokens, string lease, string fault, TimeSpan? retryAfter)
    {
        var now = clock.GetUtcNow();
        if (!await ShopifyTokenRow.NoteFaultAsync(db, store.Id, lease, fault, now, now + retryAfter)
            && await credentials.FindAsync(store.Id, CredentialKind.AccessToken) is { } other && other != tokens.Access.Credential)
        {
            return new Renewal.Given(other.Value);
        }

        Log.NotRenewed(logger, store.Id, fault);
        return new Renewal.Without(retryAfter is { } wait ? Passing(fault, wait) : ForMerchant(fault));
    }

    private async Task<Tokens?> ReadAsync(Store store, CancellationToken cancel)
    {
        if (await credentials.FindKeptAsync(store.Id, CredentialKind.AccessToken, cancel) is not { } access)
        {
            return null;
        }

        var refresh = await credentials.FindKeptAsync(store.Id, CredentialKind.RefreshToken, cancel);
        if (await ShopifyTokenRow.FindAsync(db, store.Id, cancel) is { } row)
        {
            return new Tokens(access, refresh, row);
        }

        await ShopifyTokenRow.AdoptAsync(db, cancel);
        return await ShopifyTokenRow.FindAsync(db, store.Id, cancel) is { } adopted ? new Tokens(access, refresh, adopted) : null;
    }

    private bool LivesFor(Credential token, TimeSpan time) => token.ExpiresAt is not { } expiresAt || clock.GetUtcNow() < expiresAt - time;

    private static PlatformException NotInstalled() => new("There is no access token for this store: install the app again from the store's admin.")
    {
        Wait = MerchantWait,
        WaitsForMerchant = true,
    };

    private static PlatformException ForMerchant(string fault) => new($"{fault.TrimEnd('.')}: open the app in the store's admin to renew it.")
    {
        Wait = MerchantWait,
        WaitsForMerchant = true,
    };

    private static PlatformException Passing(string fault, TimeSpan wait) => new(fault) { Wait = wait };

    private static PlatformException Busy() => new("The access token for this store is being renewed, which takes longer than usual.") { Wait = BusyWait };

    /// <summary>The pair as it was read, and what is known of it.</summary>
    private sealed record Tokens(KeptCredential Access, KeptCredential? Refresh, ShopifyTokenRow Row);

    /// <summary>Why another pair is wanted.</summary>
    /// <param name="IsFor">Whether it still is, of the pair that is kept now.</param>
    private sealed record Occasion(Func<Tokens, bool> IsFor)
    {
        /// <summary>Whether the Admin API has refused the access token.</summary>
        public bool WasRefused { get; init; }
    }

    private abstract record Renewal
    {
        /// <summary>There is a token that does.</summary>
        internal sealed record Given(string Token) : Renewal
        {
            /// <summary>Says nothing, so that no log line can hold a secret.</summary>
            public override string ToString() => nameof(Given);
        }

        /// <summary>Somebody else is asking.</summary>
        internal sealed record Busy : Renewal;

        internal sealed record Without(PlatformException Why) : Renewal;
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Debug, "The access token of store {StoreId} was renewed")]
        public static partial void Renewed(ILogger logger, string storeId);

        [LoggerMessage(LogLevel.Information, "A renewed access token of store {StoreId} was dropped, since a grant came in between")]
        public static partial void Overtaken(ILogger logger, string storeId);

        [LoggerMessage(LogLevel.Warning, "The access token of store {StoreId} was not renewed: {Fault}")]
        public static partial void NotRenewed(ILogger logger, string storeId, string fault);

        [LoggerMessage(LogLevel.Error, "Shopify refuses the client secret for store {StoreId} ({Words}): it is wrong, or the store has uninstalled the app")]
        public static partial void ClientRefused(ILogger logger, string storeId, string words);
    }
}
