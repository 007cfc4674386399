// What an event of Stripe's asks of us: to look, since its snapshot may be old and out of order.
using System.Collections.Frozen;
using StorePlugin.Data;
using StorePlugin.Inbox;
using StorePlugin.Stores;
using StorePlugin.Webhooks;

namespace StorePlugin.Payouts.Stripe;

internal sealed class ReceiveStripeEvent(TimeProvider clock)
{
    /// <summary>The events of the store's own account that say something.</summary>
    public static readonly IReadOnlyList<string> OwnTypes = ["transfer.created", "transfer.updated", "transfer.reversed"];

    /// <summary>The events of connected accounts that say something.</summary>
    public static readonly IReadOnlyList<string> ConnectTypes =
    [
        "account.updated", "account.application.deauthorized", "account.external_account.created", "account.external_account.deleted",
        "account.external_account.updated", "capability.updated", "payout.canceled", "payout.created", "payout.failed", "payout.paid",
        "payout.reconciliation_completed", "payout.updated",
    ];

    private const string BankPrefix = "payout.";

    private static readonly FrozenSet<string> Own = OwnTypes.ToFrozenSet(StringComparer.Ordinal);
    private static readonly FrozenSet<string> Connected = ConnectTypes.ToFrozenSet(StringComparer.Ordinal);

    private const string Exists = "SELECT CAST(COUNT(*) AS bigint) FROM payouts WHERE store_id = @storeId AND id = @payoutId AND provider = 'stripe'";

    // A destination of before stays one, until what was sent there is at the bank.
    private const string IsPayee =
        """
        SELECT (SELECT CAST(COUNT(*) AS bigint) FROM payee_accounts WHERE store_id = @storeId AND account_id = @account)
            + (SELECT CAST(COUNT(*) AS bigint) FROM payouts WHERE store_id = @storeId AND destination = @account)
        """;

    /// <summary>Writes a look-up where the event names a payout or a payee of this store. Returns what was done, in words.</summary>
    public async Task<string> ApplyAsync(Tx tx, Store store, StripeEventReceived e)
    {
        if (e.Account is { } account)
        {
            return await OfPayeeAsync(tx, store, e, account);
        }

        if (!Own.Contains(e.Type))
        {
            return $"Ignored: {e.Type} says nothing about a payout.";
        }

        if (e.PayoutId is null)
        {
            return "Ignored: the transfer names no payout.";
        }

        if (await tx.OneAsync<long>(Exists, new { storeId = store.Id, payoutId = e.PayoutId }) == 0)
        {
            return "Ignored: the transfer names no payout of this store.";
        }

        await Outbox.AddAsync(tx, store.Id, Effect.Kinds.LookUpTransfer, e.Id, e.PayoutId, clock.GetUtcNow());
        return $"Payout {e.PayoutId} is looked up.";
    }

    private async Task<string> OfPayeeAsync(Tx tx, Store store, StripeEventReceived e, string account)
    {
        if (!Connected.Contains(e.Type))
        {
            return $"Ignored: {e.Type} says nothing about a payee.";
        }

        if (await tx.OneAsync<long>(IsPayee, new { storeId = store.Id, account }) == 0)
        {
            return "Ignored: it happened in a connected account that is no payee's of this store.";
        }

        if (e.Type.StartsWith(BankPrefix, StringComparison.Ordinal))
        {
            await Outbox.AddAsync(tx, store.Id, Effect.Kinds.ReadBankPayout, e.Id, $"{account} {e.ObjectId}", clock.GetUtcNow());
            return $"The bank payout {e.ObjectId} is read.";
        }

        await Outbox.AddAsync(tx, store.Id, Effect.Kinds.ReadPayeeAccount, e.Id, account, clock.GetUtcNow());
        return $"The account {account} is read again.";
    }
}
