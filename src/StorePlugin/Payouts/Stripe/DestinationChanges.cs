// A change at Stripe of where an ambassador's money goes: written down, asked about, and followed by days in which nothing is paid.
using StorePlugin.Data;

namespace StorePlugin.Payouts.Stripe;

/// <summary>Payouts that were approved before keep the destination that was frozen with them.</summary>
internal static class DestinationChanges
{
    /// <summary>
    /// Another Stripe account of the ambassador's, or none. The first way ever is no change; one that comes after another
    /// was taken away is.
    /// </summary>
    public static async Task AccountAsync(Tx tx, string storeId, string ambassadorId, string? before, string? after, string actor, DateTimeOffset now)
    {
        if (before == after)
        {
            return;
        }

        var isFirst = before is null && !await DestinationHold.HadWayAsync(tx, storeId, ambassadorId);
        await PayeeBook.KnowAsync(tx, storeId, ambassadorId, after, now);
        var change = new NewPayoutChange(ambassadorId, PayoutChangeKind.StripeAccount, Mask(before), Mask(after), actor);
        if (isFirst || after is null)
        {
            await PayoutChanges.NoteAsync(tx, storeId, change, now);
        }
        else
        {
            await PayoutChanges.AskAsync(tx, storeId, change, "The Stripe account that payouts go to was changed.", now);
        }
    }

    /// <summary>Another bank account behind the same Stripe account.</summary>
    public static Task BankAsync(Tx tx, string storeId, string ambassadorId, string? before, string? after, DateTimeOffset now) => PayoutChanges.AskAsync(
        tx, storeId, new NewPayoutChange(ambassadorId, PayoutChangeKind.BankAccount, before, after, PayoutChanges.Stripe), "The bank account at Stripe was changed.", now);

    /// <summary>As people know an account again.</summary>
    public static string? Mask(string? account) => account is null ? null : account.Length <= 9 ? "acct_…" : $"acct_…{account[^4..]}";
}
