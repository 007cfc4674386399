// What Stripe last said of the payees' accounts, as rows; every way to a fresher word ends here.
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Payouts.Stripe;

/// <summary>A row of the payees' accounts.</summary>
/// <param name="Due">What Stripe waits for, parted by commas.</param>
/// <param name="Payouts"><c>enabled</c> or <c>disabled</c>: the bank leg.</param>
/// <param name="ReadAt">When Stripe was asked last; null: never.</param>
internal sealed record PayeeAccount(
    string AccountId,
    string State,
    string? Country,
    string? Currency,
    string? Transfers,
    string? Payouts,
    string? Schedule,
    string? DisabledReason,
    string? Due,
    string? Bank,
    string? BankHash,
    DateTimeOffset? ReadAt)
{
    /// <summary>A thing that a person should know and that no state tells.</summary>
    public string? Finding => PayeeState.IsManual(Schedule)
        ? "Payouts of this account are set to manual at Stripe: the money stays at Stripe until somebody pays it on by hand. Set the schedule to automatic there."
        : null;
}

internal static class PayeeBook
{
    private const string Columns =
        """
        SELECT account_id, state, country, currency, transfers, payouts, schedule, disabled_reason, due, bank, bank_hash, read_at
        FROM payee_accounts
        """;

    private const string ReadOne = Columns + " WHERE store_id = @storeId AND account_id = @accountId";

    private const string Insert =
        """
        INSERT INTO payee_accounts (store_id, account_id, ambassador_id, state, made_here, created_at)
        SELECT @storeId, @accountId, @ambassadorId, 'created', @madeHere, @now
        WHERE NOT EXISTS (SELECT 1 FROM payee_accounts WHERE store_id = @storeId AND account_id = @accountId)
        """;

    // A reading that began before the last one was written knows less.
    private const string Update =
        """
        UPDATE payee_accounts SET state = @state, country = COALESCE(@country, country), currency = COALESCE(@currency, currency),
            transfers = @transfers, payouts = @payouts, schedule = @schedule, disabled_reason = @disabledReason, due = @due, bank = @bank,
            bank_hash = COALESCE(@bankHash, bank_hash), read_at = @askedAt
        WHERE store_id = @storeId AND account_id = @accountId AND (read_at IS NULL OR read_at <= @askedAt)
        """;

    private const string ReadHolders = "SELECT id FROM ambassadors WHERE store_id = @storeId AND stripe_account = @accountId ORDER BY id";

    public static Task<PayeeAccount?> FindAsync(Db db, Store store, string accountId, CancellationToken cancel) =>
        db.OneAsync<PayeeAccount>(ReadOne, new { storeId = store.Id, accountId }, cancel);

    /// <summary>Makes room for an account's state; where there is none yet, nobody has asked Stripe.</summary>
    /// <param name="accountId">Null makes nothing.</param>
    public static Task KnowAsync(Tx tx, string storeId, string ambassadorId, string? accountId, DateTimeOffset now, bool madeHere = false) => accountId is null
        ? Task.CompletedTask
        : tx.DoAsync(Insert, new { storeId, accountId, ambassadorId, madeHere = madeHere ? 1L : 0L, now });

    /// <summary>
    /// Writes what was read. Another bank account than before holds the payouts of whoever is paid to this account; the
    /// first that is seen is no change, and while there is none the last one is remembered.
    /// </summary>
    /// <param name="askedAt">When Stripe was asked.</param>
    /// <returns>False: the account is not known here, or a fresher reading stands.</returns>
    public static async Task<bool> ApplyAsync(
        Tx tx, StoreKeys keys, Store store, string accountId, PayeeState state, DateTimeOffset askedAt, DateTimeOffset now)
    {
        var before = await tx.OneAsync<PayeeAccount>(ReadOne, new { storeId = store.Id, accountId });
        var bankHash = state.BankIdentity is { } identity ? keys.Hash(store, "bank", identity) : null;
        var args = new
        {
            storeId = store.Id,
            accountId,
            state = state.State,
            country = Fit(state.Country, 2),
            currency = Fit(state.Currency, 3),
            transfers = Fit(state.Transfers, 20),
            payouts = state.PayoutsEnabled ? "enabled" : "disabled",
            schedule = Fit(state.Schedule, 20),
            disabledReason = Fit(state.DisabledReason, 100),
            due = Fit(state.Due.Count == 0 ? null : string.Join(',', state.Due), 1000),
            bank = Fit(state.Bank, 100),
            bankHash,
            askedAt,
        };
        if (before is null || await tx.DoAsync(Update, args) == 0)
        {
            return false;
        }

        if (before.BankHash is { } known && bankHash is not null && known != bankHash)
        {
            foreach (var ambassadorId in await tx.ManyAsync<string>(ReadHolders, new { storeId = store.Id, accountId }))
            {
                await DestinationChanges.BankAsync(tx, store.Id, ambassadorId, before.Bank, state.Bank, now);
            }
        }

        return true;
    }

    public static string? Fit(string? text, int lengthMax) => text is { } long_ && long_.Length > lengthMax ? long_[..lengthMax] : text;
}

/// <summary>Asks Stripe about a payee's account and writes what it says.</summary>
internal sealed class PayeeAccounts(Db db, StoreKeys keys, Credentials credentials, StripeClient stripe, TimeProvider clock)
{
    /// <summary>What a reading came to; only <see cref="StripeReply.Found"/> and an account that is gone were written.</summary>
    /// <param name="Reply">Null: the store has no Stripe key.</param>
    /// <param name="State">What was written, or is to be.</param>
    internal sealed record Reading(StripeReply? Reply, PayeeState? State, DateTimeOffset AskedAt)
    {
        /// <summary>Why nothing was learnt, as the end of a sentence; null where something was.</summary>
        public string? Problem => this switch
        {
            { State: not null } => null,
            { Reply: null } => "the store is not connected to Stripe",
            { Reply: StripeReply.KeyRejected } => "Stripe rejects the store's secret key",
            { Reply: StripeReply.Refused refused } => $"Stripe refuses it ({refused.Code}): {refused.Message.TrimEnd('.')}",
            { Reply: StripeReply.Unavailable unavailable } => unavailable.Why,
            _ => "Stripe showed no account",
        };
    }

    /// <summary>Asks, and writes nothing.</summary>
    public async Task<Reading> AskAsync(Store store, string accountId, CancellationToken cancel)
    {
        var askedAt = clock.GetUtcNow();
        if (await credentials.FindAsync(store.Id, CredentialKind.StripeSecretKey, cancel) is not { Value: var key })
        {
            return new Reading(null, null, askedAt);
        }

        var reply = await stripe.AskAsync(store.Id, key, StripeQuestion.AccountOf(accountId), cancel);
        return new Reading(
            reply,
            reply switch
            {
                StripeReply.Found(var account) when account.TextOrNull("id") == accountId => PayeeState.Of(account),
                StripeReply.Refused { IsGone: true } => PayeeState.Gone,
                _ => null,
            },
            askedAt);
    }

    /// <summary>Asks, and writes what was learnt.</summary>
    public async Task<Reading> ReadAsync(Store store, string accountId, CancellationToken cancel)
    {
        var reading = await AskAsync(store, accountId, cancel);
        if (reading.State is { } state)
        {
            await db.InTransactionAsync(tx => PayeeBook.ApplyAsync(tx, keys, store, accountId, state, reading.AskedAt, clock.GetUtcNow()), cancel: cancel);
        }

        return reading;
    }
}
