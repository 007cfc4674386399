// A store's connection to its own Stripe account: the secret key and the webhook secrets, kept sealed.
using System.Text.Json;
using System.Text.RegularExpressions;
using StorePlugin.Data;
using StorePlugin.Stores;
using StorePlugin.Webhooks;

namespace StorePlugin.Payouts.Stripe;

/// <summary>What came of connecting. A refusal is in words and never quotes a secret.</summary>
internal abstract record ConnectionResult
{
    /// <param name="Mode"><c>live</c> or <c>test</c>.</param>
    /// <param name="Last4">The end of the key, by which people recognise it.</param>
    /// <param name="Findings">What the key's first use has shown.</param>
    internal sealed record Connected(string Mode, string Last4, IReadOnlyList<StripeFinding> Findings) : ConnectionResult;

    internal sealed record Refused(string Slug, string Why) : ConnectionResult;
}

/// <summary>The connection as it stands.</summary>
/// <param name="WebhookSecrets">How many are kept.</param>
/// <param name="AccountId">The store's own account at Stripe; null until the key could read it.</param>
/// <param name="Country">Of that account.</param>
/// <param name="Balance">What was available then, by currency.</param>
/// <param name="ReadAt">When Stripe was asked last; null: never.</param>
internal sealed record StripeConnected(
    string Mode, string Last4, int WebhookSecrets, string? AccountId, string? Country, IReadOnlyList<StripeFinding> Findings, IReadOnlyList<Amount> Balance,
    DateTimeOffset? ReadAt);

internal sealed partial class StripeConnection(Db db, Credentials credentials, StripeClient stripe, TimeProvider clock)
{
    private const int WebhookSecretsMax = 10;
    private const int Last4Length = 4;

    // Far more than anybody has.
    private const int CurrenciesMax = 200;

    private const string Update =
        """
        UPDATE stripe_accounts SET account_id = COALESCE(@accountId, account_id), country = COALESCE(@country, country), findings = @findings,
            balance = @balance, read_at = @now
        WHERE store_id = @storeId
        """;

    private const string Insert =
        """
        INSERT INTO stripe_accounts (store_id, account_id, country, findings, balance, read_at)
        SELECT @storeId, @accountId, @country, @findings, @balance, @now
        WHERE NOT EXISTS (SELECT 1 FROM stripe_accounts WHERE store_id = @storeId)
        """;

    private const string Drop = "DELETE FROM stripe_accounts WHERE store_id = @storeId";

    /// <summary>
    /// Replaces the store's key and webhook secrets, after a first use of the key. Only what Stripe rejects as a key is
    /// refused; what could not be looked at is a finding, since Stripe's outage must not stop a store from connecting.
    /// </summary>
    public async Task<ConnectionResult> ConnectAsync(Store store, string? secretKey, IReadOnlyList<string?> webhookSecrets, CancellationToken cancel)
    {
        if (Refusal(store, secretKey, webhookSecrets) is { } refusal)
        {
            return refusal;
        }

        if (await ReadAsync(store, secretKey!, cancel) is not { } account)
        {
            return new ConnectionResult.Refused("stripe-key-rejected", "Stripe does not know this key, or it was revoked. Copy it again from Stripe's dashboard; nothing was changed.");
        }

        await db.InTransactionAsync(
            async tx =>
            {
                await credentials.KeepAsync(tx, store.Id, CredentialKind.StripeSecretKey, new Credential(secretKey!, null));
                if (webhookSecrets.Count > 0)
                {
                    await credentials.KeepAsync(
                        tx, store.Id, CredentialKind.StripeWebhookSecrets, new Credential(string.Join('\n', webhookSecrets), null));
                }
                else
                {
                    await Credentials.DropAsync(tx, store.Id, CredentialKind.StripeWebhookSecrets);
                }

                // Another key may be another account's: nothing of the one before is true of it.
                await tx.DoAsync(Drop, new { storeId = store.Id });
                await KeepAsync(tx, store, account);
            },
            cancel: cancel);
        credentials.Forget(store.Id, CredentialKind.StripeSecretKey);
        credentials.Forget(store.Id, CredentialKind.StripeWebhookSecrets);
        return new ConnectionResult.Connected(store.Mode, secretKey![^Last4Length..], account.Findings);
    }

    /// <summary>Asks Stripe again about the store's own account. Null: no key, or Stripe rejects it.</summary>
    public async Task<StripeConnected?> CheckAsync(Store store, CancellationToken cancel)
    {
        if (await credentials.FindAsync(store.Id, CredentialKind.StripeSecretKey, cancel) is not { Value: var key } || await ReadAsync(store, key, cancel) is not { } account)
        {
            return null;
        }

        await db.InTransactionAsync(tx => KeepAsync(tx, store, account), cancel: cancel);
        return await FindAsync(store, cancel);
    }

    private const string Read =
        "SELECT account_id, country, findings, balance, refusal_code, refusal, read_at FROM stripe_accounts WHERE store_id = @storeId";

    /// <summary>The connection as it stands here, without asking Stripe; null where there is none.</summary>
    public async Task<StripeConnected?> FindAsync(Store store, CancellationToken cancel)
    {
        if (await credentials.FindAsync(store.Id, CredentialKind.StripeSecretKey, cancel) is not { Value: var key })
        {
            return null;
        }

        var secrets = await credentials.FindAsync(store.Id, CredentialKind.StripeWebhookSecrets, cancel);
        var row = await db.OneAsync<Row>(Read, new { storeId = store.Id }, cancel);
        var findings = row is null ? [] : JsonSerializer.Deserialize(row.Findings, StripeAccountJson.Default.IReadOnlyListStripeFinding) ?? [];
        return new StripeConnected(
            StripeKey.ModeOf(key) ?? store.Mode,
            key[^Last4Length..],
            secrets?.Value.Split('\n').Length ?? 0,
            row?.AccountId,
            row?.Country,
            row?.Refusal is { } refusal ? [StripeFinding.OfRefusal(row.RefusalCode ?? "", refusal), .. findings] : findings,
            row is null ? [] : JsonSerializer.Deserialize(row.Balance, StripeAccountJson.Default.IReadOnlyListAmount) ?? [],
            row?.ReadAt);
    }

    private const string NoteRefusal =
        "UPDATE stripe_accounts SET refusal_code = @code, refusal = @message, refused_at = @now WHERE store_id = @storeId";

    private const string ClearRefusal =
        "UPDATE stripe_accounts SET refusal_code = NULL, refusal = NULL, refused_at = NULL WHERE store_id = @storeId AND refusal IS NOT NULL";

    /// <summary>Remembers why Stripe would not make an account for a payee: nothing else tells whether Connect is ready.</summary>
    /// <param name="refused">Null: it did make one.</param>
    public static async Task NoteAsync(Tx tx, Store store, StripeReply.Refused? refused, DateTimeOffset now)
    {
        await tx.DoAsync(Insert, new { storeId = store.Id, accountId = (string?)null, country = (string?)null, findings = "[]", balance = "[]", now });
        await (refused is null
            ? tx.DoAsync(ClearRefusal, new { storeId = store.Id })
            : tx.DoAsync(NoteRefusal, new { storeId = store.Id, code = PayeeBook.Fit(refused.Code, 100), message = refused.Message, now }));
    }

    /// <returns>Null: Stripe rejects the key.</returns>
    private async Task<OwnAccount?> ReadAsync(Store store, string key, CancellationToken cancel)
    {
        var account = await stripe.AskAsync(store.Id, key, StripeQuestion.OwnAccount, cancel);

        // Who does not answer the first question is not asked two more.
        var balance = account is StripeReply.Unavailable ? null : await stripe.AskAsync(store.Id, key, StripeQuestion.OwnBalance, cancel);
        var settings = account is StripeReply.Unavailable ? null : await stripe.AskAsync(store.Id, key, StripeQuestion.OwnBalanceSettings, cancel);
        if (account is StripeReply.KeyRejected || balance is StripeReply.KeyRejected)
        {
            return null;
        }

        var own = account is StripeReply.Found(var json) ? json : default;
        return new OwnAccount(
            PayeeBook.Fit(own.TextOrNull("id"), 100),
            own.TextOrNull("country") is { Length: 2 } country ? country.ToUpperInvariant() : null,
            StripeFinding.Of(store.Currency, account, balance, settings),
            balance is StripeReply.Found(var money) ? AvailableIn(money) : []);
    }

    private static IReadOnlyList<Amount> AvailableIn(JsonElement balance) =>
    [
        .. balance.Items("available").Take(CurrenciesMax)
            .Select(sum => Currency.TryParse(sum.TextOrNull("currency")?.ToUpperInvariant(), out var currency) && StripeAmount.Knows(currency)
                && sum.WholeOrNull("amount") is { } amount ? StripeAmount.FromStripe(amount, currency) : null)
            .OfType<Money>().Select(Amount.Of),
    ];

    private async Task KeepAsync(Tx tx, Store store, OwnAccount account)
    {
        var args = new
        {
            storeId = store.Id,
            accountId = account.Id,
            country = account.Country,
            findings = JsonSerializer.Serialize(account.Findings, StripeAccountJson.Default.IReadOnlyListStripeFinding),
            balance = JsonSerializer.Serialize(account.Balance, StripeAccountJson.Default.IReadOnlyListAmount),
            now = clock.GetUtcNow(),
        };
        if (await tx.DoAsync(Update, args) == 0)
        {
            await tx.DoAsync(Insert, args);
        }
    }

    private sealed record OwnAccount(string? Id, string? Country, IReadOnlyList<StripeFinding> Findings, IReadOnlyList<Amount> Balance);

    private sealed record Row(string? AccountId, string? Country, string Findings, string Balance, string? RefusalCode, string? Refusal, DateTimeOffset ReadAt);

    private static ConnectionResult.Refused? Refusal(Store store, string? secretKey, IReadOnlyList<string?> webhookSecrets)
    {
        if (secretKey is null || StripeKey.ModeOf(secretKey) is not { } mode)
        {
            return new("stripe-key-invalid", "secretKey must be a secret or restricted key of Stripe's, which begins with sk_live_, sk_test_, rk_live_ or rk_test_.");
        }

        // A test key never pays a live store's ledger, and a rehearsal never spends money.
        if (mode != store.Mode)
        {
            return new("stripe-key-mode", $"The key is a {mode} key and this store is a {store.Mode} store: connect a {store.Mode} key.");
        }

        if (webhookSecrets.Count > WebhookSecretsMax)
        {
            return new("webhook-secret-invalid", $"webhookSecrets may hold {WebhookSecretsMax} secrets at most.");
        }

        return webhookSecrets.Any(secret => secret is null || !WebhookSecretForm().IsMatch(secret))
            ? new("webhook-secret-invalid", "Each of webhookSecrets must begin with whsec_ and hold no blanks.")
            : null;
    }

    // One secret a line is how they are kept, so none may hold a line break.
    [GeneratedRegex(@"\Awhsec_[!-~]{1,240}\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex WebhookSecretForm();
}
