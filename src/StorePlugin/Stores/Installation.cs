// How a store comes in and goes: the same steps for every platform that sends the merchant's browser back and forth.
using System.Data.Common;
using StorePlugin.Data;
using StorePlugin.Inbox;
using StorePlugin.Mail;
using StorePlugin.Stores.Shopify;

namespace StorePlugin.Stores;

/// <summary>What a platform grants at the end of an installation. Secrets in clear text; lives in memory only.</summary>
/// <param name="AccessTokenExpiresAt">Null where the token does not expire.</param>
/// <param name="Scopes">What was granted, separated by commas.</param>
/// <param name="WebhookSecret">Where the platform has a secret for each store; null keeps the one there is.</param>
/// <param name="Facts">What the platform told of the store; null where it could not be asked yet.</param>
internal sealed record Grant(
    string AccessToken,
    string? RefreshToken,
    DateTimeOffset? AccessTokenExpiresAt,
    DateTimeOffset? RefreshTokenExpiresAt,
    string Scopes,
    string? WebhookSecret,
    StoreFacts? Facts)
{
    /// <summary>A mark of the client secret that it was granted under; empty on platforms that know none.</summary>
    public string IssuedUnder { get; init; } = "";

    /// <summary>Says nothing, so that no log line can hold a secret.</summary>
    public override string ToString() => nameof(Grant);
}

/// <summary>An installation that was begun.</summary>
/// <param name="State">Goes through the platform and comes back in the callback: 32 random bytes as lower-case hex.</param>
/// <param name="CookieSecret">Stays in the browser that began, and proves that the same one comes back.</param>
internal sealed record InstallStart(Store Store, string State, string CookieSecret)
{
    /// <summary>Names the store only, so that no log line can hold a secret.</summary>
    public override string ToString() => $"{nameof(InstallStart)} {Store.Id}";
}

/// <summary>
/// Begins, finishes and ends installations. A store keeps its id and its data when it leaves and comes back (rule U1).
/// </summary>
internal sealed class Installation(
    Db db, StoreDirectory stores, StoreKeys keys, Credentials credentials, StoreContact contact, TimeProvider clock)
{
    public const string CookieName = "amb_install";

    /// <summary>The outcome of effects that an uninstallation ended; a reinstallation finds them by it.</summary>
    public const string UninstalledOutcome = "the store has uninstalled";

    /// <summary>What the store's row holds of scopes; a platform grants far fewer.</summary>
    public const int ScopesLengthMax = 1000;

    public static readonly TimeSpan StateLifetime = TimeSpan.FromMinutes(10);

    // A merchant clicks twice; nobody needs more than this at once.
    private const int OpenStatesMax = 20;

    private const string InsertStore =
        """
        INSERT INTO stores (id, platform, mode, domain, state, keys_sealed, created_at)
        SELECT @id, @platform, @mode, @domain, 'installing', @keysSealed, @now
        WHERE NOT EXISTS (SELECT 1 FROM stores WHERE platform = @platform AND domain = @domain)
        """;

    private const string PurgeStates = "DELETE FROM install_states WHERE store_id = @storeId AND expires_at <= @now";

    private const string OpenStates =
        """
        SELECT state_hash FROM install_states
        WHERE store_id = @storeId AND used_at IS NULL
        ORDER BY created_at DESC, state_hash
        """;

    private const string DeleteState = "DELETE FROM install_states WHERE store_id = @storeId AND state_hash = @stateHash";

    private const string InsertState =
        """
        INSERT INTO install_states (store_id, state_hash, cookie_hash, created_at, expires_at)
        VALUES (@storeId, @stateHash, @cookieHash, @now, @expiresAt)
        """;

    /// <summary>Finds or makes the store and opens a state that its browser alone can redeem.</summary>
    /// <param name="mode"><c>live</c> or <c>test</c>; counts for a store that is new.</param>
    public async Task<InstallStart> BeginAsync(string platform, string mode, string domain, CancellationToken cancel)
    {
        var store = await FindOrMakeAsync(platform, mode, domain, cancel);
        var start = new InstallStart(store, Ids.NewUnguessable() + Ids.NewUnguessable(), Ids.NewSecret());
        var now = clock.GetUtcNow();
        await db.InTransactionAsync(
            async tx =>
            {
                await tx.DoAsync(PurgeStates, new { storeId = store.Id, now });
                var open = await tx.ManyAsync<string>(OpenStates, new { storeId = store.Id });
                foreach (var stateHash in open.Skip(OpenStatesMax - 1))
                {
                    await tx.DoAsync(DeleteState, new { storeId = store.Id, stateHash });
                }

                await tx.DoAsync(
                    InsertState,
                    new
                    {
                        storeId = store.Id,
                        stateHash = Ids.HashOf(start.State),
                        cookieHash = Ids.HashOf(start.CookieSecret),
                        now,
                        expiresAt = now + StateLifetime,
                    });
            },
            cancel: cancel);
        return start;
    }

    private const string UseState =
        """
        UPDATE install_states SET used_at = @now
        WHERE store_id = @storeId AND state_hash = @stateHash AND cookie_hash = @cookieHash
            AND used_at IS NULL AND expires_at > @now
        """;

    /// <summary>Uses a state up. Null where it is unknown, used, expired, another store's or another browser's.</summary>
    public async Task<Store?> RedeemAsync(
        string platform, string domain, string state, string? cookieSecret, CancellationToken cancel)
    {
        if (string.IsNullOrEmpty(cookieSecret) || await stores.FindByDomainAsync(platform, domain, cancel) is not { } store)
        {
            return null;
        }

        var used = await db.DoAsync(
            UseState,
            new
            {
                storeId = store.Id,
                stateHash = Ids.HashOf(state),
                cookieHash = Ids.HashOf(cookieSecret),
                now = clock.GetUtcNow(),
            },
            cancel);
        return used == 1 ? store : null;
    }

    private const string Install =
        """
        UPDATE stores SET state = 'installed', scopes = @scopes, installed_at = @now, uninstalled_at = NULL
        WHERE id = @storeId
        """;

    // Codes that waited for their discount when the store left still wait for it. Nothing else is brought back: an
    // old mail, for one, would come too late.
    private const string ReviveEffects =
        """
        UPDATE effects SET state = 'pending', attempts = 0, due_at = @now, outcome = NULL, done_at = NULL
        WHERE store_id = @storeId AND kind IN @kinds AND state = 'done' AND outcome = @outcome
        """;

    // Those that make, change or end something in the store.
    private static readonly string[] DiscountKinds =
    [
        Effect.Kinds.CreateDiscount, Effect.Kinds.KeepDiscount, Effect.Kinds.FollowTerms, Effect.Kinds.MakeCodeSeries, Effect.Kinds.KeepCodeSeries,
        Effect.Kinds.CreateReward, Effect.Kinds.RevokeReward, Effect.Kinds.GiveValue, Effect.Kinds.TakeValueBack,
    ];

    private const string WakeEffects =
        """
        UPDATE effects SET due_at = @now
        WHERE store_id = @storeId AND state = 'pending' AND kind IN @kinds AND lease_id IS NULL AND due_at > @now
        """;

    /// <summary>Has tried at once what was put off for want of a token or a scope, in the transaction that brought it.</summary>
    public static Task<int> WakeAsync(Tx tx, string storeId, DateTimeOffset now) =>
        tx.DoAsync(WakeEffects, new { storeId, kinds = DiscountKinds.Append(Effect.Kinds.ReadStore).ToArray(), now });

    /// <summary>Writes the grant, whole or not at all; a reinstallation replaces what was there.</summary>
    public async Task<Store> CompleteAsync(Store store, Grant grant, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        await db.InTransactionAsync(
            async tx =>
            {
                await tx.DoAsync(Install, new { storeId = store.Id, scopes = grant.Scopes, now });
                await KeepOrDropAsync(tx, store, CredentialKind.AccessToken, grant.AccessToken, grant.AccessTokenExpiresAt);
                await KeepOrDropAsync(tx, store, CredentialKind.RefreshToken, grant.RefreshToken, grant.RefreshTokenExpiresAt);
                if (store.Platform == "shopify")
                {
                    await ShopifyTokenRow.KeepAsync(tx, store.Id, grant.IssuedUnder, now);
                }

                if (grant.WebhookSecret is { } secret)
                {
                    await credentials.KeepAsync(tx, store.Id, CredentialKind.WebhookSecret, new Credential(secret, null));
                }

                if (grant.Facts is { } facts)
                {
                    await StoreFactsRow.WriteAsync(tx, store.Id, facts);
                    await contact.TakeAsync(tx, store.Id, facts.ContactEmail);
                }

                if (!StoreFactsRow.IsComplete(grant.Facts))
                {
                    // Each installation asks again, so each has a subject of its own.
                    var subject = $"installed-{now.ToUnixTimeMilliseconds()}";
                    await Outbox.AddAsync(tx, store.Id, Effect.Kinds.ReadStore, subject, "{}", now);
                }

                await WakeAsync(tx, store.Id, now);
                await tx.DoAsync(
                    ReviveEffects,
                    new { storeId = store.Id, kinds = DiscountKinds, outcome = UninstalledOutcome, now });
            },
            cancel: cancel);

        Forget(store);
        return await stores.GetAsync(store.Id, cancel);
    }

    private const string Uninstall =
        "UPDATE stores SET state = 'uninstalled', uninstalled_at = @now WHERE id = @storeId AND state <> 'uninstalled'";

    private const string EndEffects =
        """
        UPDATE effects SET state = 'done', lease_id = NULL, outcome = @outcome, done_at = @now
        WHERE store_id = @storeId AND state = 'pending' AND kind NOT IN (@sendTransfer, @lookUpTransfer, @reverseTransfer, @readBankPayout, @sendPayout, @takePayoutBack)
            AND NOT (kind = 'mail' AND subject LIKE @payoutMails)
        """;

    /// <summary>
    /// Ends an installation within the caller's transaction (rule U1): tokens and the store's address are dropped and new work
    /// stops, while payouts are still settled and told to those whom they pay. The webhook secret stays, so that late deliveries
    /// can be told from forged ones. The caller calls <see cref="Forget"/> once the transaction is committed.
    /// </summary>
    public async Task UninstallAsync(Tx tx, Store store)
    {
        var now = clock.GetUtcNow();
        await tx.DoAsync(Uninstall, new { storeId = store.Id, now });
        await Credentials.DropAsync(tx, store.Id, CredentialKind.AccessToken);
        await Credentials.DropAsync(tx, store.Id, CredentialKind.RefreshToken);
        await ShopifyTokenRow.DropAsync(tx, store.Id);
        await Credentials.DropAsync(tx, store.Id, CredentialKind.ContactEmail);
        await tx.DoAsync(
            EndEffects,
            new
            {
                storeId = store.Id,
                outcome = UninstalledOutcome,
                sendTransfer = Effect.Kinds.SendTransfer,
                lookUpTransfer = Effect.Kinds.LookUpTransfer,
                reverseTransfer = Effect.Kinds.ReverseTransfer,
                readBankPayout = Effect.Kinds.ReadBankPayout,
                sendPayout = Effect.Kinds.SendPayout,
                takePayoutBack = Effect.Kinds.TakePayoutBack,
                payoutMails = MailNotice.PayoutSubjects,
                now,
            });
    }

    /// <summary>Drops what is kept in memory of a store whose row or credentials have changed.</summary>
    public void Forget(Store store)
    {
        stores.Forget(store);
        credentials.Forget(store.Id, CredentialKind.AccessToken);
        credentials.Forget(store.Id, CredentialKind.RefreshToken);
        credentials.Forget(store.Id, CredentialKind.WebhookSecret);
    }

    /// <summary>The store of a domain, which is made where there is none: it is then <c>installing</c>.</summary>
    /// <param name="mode"><c>live</c> or <c>test</c>; counts for a store that is new.</param>
    public async Task<Store> FindOrMakeAsync(string platform, string mode, string domain, CancellationToken cancel)
    {
        if (await stores.FindByDomainAsync(platform, domain, cancel) is { } known)
        {
            return known;
        }

        var now = clock.GetUtcNow();
        // Two browsers may begin at once; whoever comes second finds the other's row.
        try
        {
            await db.DoAsync(
                InsertStore,
                new { id = Ids.New("sto", now), platform, mode, domain, keysSealed = keys.NewSealedRoot(), now },
                cancel);
        }
        catch (DbException e) when (db.Dialect.IsUniqueViolation(e))
        {
        }

        return await stores.FindByDomainAsync(platform, domain, cancel)
            ?? throw new InvalidOperationException("A store that was just made cannot be found.");
    }

    private Task KeepOrDropAsync(Tx tx, Store store, string kind, string? value, DateTimeOffset? expiresAt) =>
        value is null
            ? Credentials.DropAsync(tx, store.Id, kind)
            : credentials.KeepAsync(tx, store.Id, kind, new Credential(value, expiresAt));
}
