// The days after a change of where a payee's money goes, in which nothing is paid to them.
using StorePlugin.Data;

namespace StorePlugin.Payouts;

/// <summary>
/// Whoever takes over a mailbox or a team member's session would change the destination first. The days give the payee the time to
/// notice. Every way counts: whoever has a Stripe account and names a bank account besides has changed where the money goes.
/// </summary>
internal static class DestinationHold
{
    /// <summary>How long after a change nothing is paid.</summary>
    public static readonly TimeSpan Time = TimeSpan.FromDays(7);

    private const string Write =
        "UPDATE ambassadors SET payouts_from = @until, payouts_from_why = @why WHERE store_id = @storeId AND id = @ambassadorId";

    private const string CountEarlier =
        """
        SELECT (SELECT CAST(COUNT(*) AS bigint) FROM payout_methods WHERE store_id = @storeId AND ambassador_id = @ambassadorId AND ended_at IS NOT NULL)
            + (SELECT CAST(COUNT(*) AS bigint) FROM payout_changes WHERE store_id = @storeId AND ambassador_id = @ambassadorId AND kind = 'stripe_account')
        """;

    /// <summary>Begins the days, in the transaction that changes the destination.</summary>
    /// <param name="why">As a sentence.</param>
    public static Task<int> BeginAsync(Tx tx, string storeId, string ambassadorId, string why, DateTimeOffset now) =>
        tx.DoAsync(Write, new { storeId, ambassadorId, until = now + Time, why });

    /// <summary>Whether the payee had a way to be paid before, whatever they have now. The first way ever is no change.</summary>
    public static async Task<bool> HadWayAsync(Tx tx, string storeId, string ambassadorId) =>
        await tx.OneAsync<long>(CountEarlier, new { storeId, ambassadorId }) > 0;
}
