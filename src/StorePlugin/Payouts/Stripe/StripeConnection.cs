// A store's connection to its own Stripe account: the secret key and the webhook secrets, kept sealed.
using System.Text.RegularExpressions;
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Payouts.Stripe;

/// <summary>What came of connecting. A refusal is in words and never quotes a secret.</summary>
internal abstract record ConnectionResult
{
    /// <param name="Mode"><c>live</c> or <c>test</c>.</param>
    /// <param name="Last4">The end of the key, by which people recognise it.</param>
    internal sealed record Connected(string Mode, string Last4) : ConnectionResult;

    internal sealed record Refused(string Slug, string Why) : ConnectionResult;
}

internal sealed partial class StripeConnection(Db db, Credentials credentials)
{
    private const int WebhookSecretsMax = 10;

    /// <summary>Replaces the store's key and webhook secrets.</summary>
    public async Task<ConnectionResult> ConnectAsync(Store store, string? secretKey, IReadOnlyList<string?> webhookSecrets, CancellationToken cancel)
    {
        if (Refusal(store, secretKey, webhookSecrets) is { } refusal)
        {
            return refusal;
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
            },
            cancel: cancel);
        credentials.Forget(store.Id, CredentialKind.StripeSecretKey);
        credentials.Forget(store.Id, CredentialKind.StripeWebhookSecrets);
        return new ConnectionResult.Connected(store.Mode, secretKey![^4..]);
    }

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
