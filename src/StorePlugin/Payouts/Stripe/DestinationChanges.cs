// A change of where an ambassador's money goes: written down, and followed by seven days in which nothing is paid.
using StorePlugin.Data;

namespace StorePlugin.Payouts.Stripe;

/// <summary>Payouts that were approved before keep the destination that was frozen with them.</summary>
internal static class DestinationChanges
{
    /// <summary>The actor of what was found at Stripe.</summary>
    public const string Stripe = "Stripe";

    private const string AccountKind = "stripe_account";
    private const string BankKind = "bank_account";

    private const string InsertChange =
        """
        INSERT INTO payout_changes (store_id, id, ambassador_id, kind, at, actor, before_masked, after_masked)
        VALUES (@storeId, @id, @ambassadorId, @kind, @now, @actor, @before, @after)
        """;

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
        await WriteAsync(tx, storeId, ambassadorId, AccountKind, Mask(before), Mask(after), actor, now);
        if (!isFirst && after is not null)
        {
            await DestinationHold.BeginAsync(tx, storeId, ambassadorId, "The Stripe account that payouts go to was changed.", now);
        }
    }

    /// <summary>Another bank account behind the same Stripe account.</summary>
    public static async Task BankAsync(Tx tx, string storeId, string ambassadorId, string? before, string? after, string actor, DateTimeOffset now)
    {
        await WriteAsync(tx, storeId, ambassadorId, BankKind, before, after, actor, now);
        await DestinationHold.BeginAsync(tx, storeId, ambassadorId, "The bank account at Stripe was changed.", now);
    }

    private static Task<int> WriteAsync(
        Tx tx, string storeId, string ambassadorId, string kind, string? before, string? after, string actor, DateTimeOffset now) =>
        tx.DoAsync(
            InsertChange,
            new { storeId, id = Ids.New("chg", now), ambassadorId, kind, before = PayeeBook.Fit(before, 120), after = PayeeBook.Fit(after, 120), actor, now });

    private static string? Mask(string? account) => account is null ? null : account.Length <= 9 ? "acct_…" : $"acct_…{account[^4..]}";
}
