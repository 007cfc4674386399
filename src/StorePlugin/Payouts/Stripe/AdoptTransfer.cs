// A person's way out of a payout for which Stripe holds something else than was asked for (rules P2, P4).
using System.Collections.Immutable;
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Payouts.Stripe;

/// <summary>What came of taking a transfer for a payout.</summary>
internal abstract record Adoption
{
    internal sealed record Done : Adoption;

    internal sealed record NoSuchPayout : Adoption;

    /// <summary>It may not be taken; why, and what to do first.</summary>
    internal sealed record Refused(string Why) : Adoption;

    /// <summary>Stripe could not be asked.</summary>
    internal sealed record Unavailable(string Why) : Adoption;
}

/// <summary>
/// Books a transfer that a person names as the payout's own. Nothing is ever sent by it, and Stripe is asked at that
/// moment: the person decides which transfer stands, and never what Stripe holds.
/// </summary>
internal sealed class AdoptTransfer(Db db, Credentials credentials, StripeClient stripe, TimeProvider clock)
{
    private const string WillBeSent =
        """
        SELECT CAST(COUNT(*) AS bigint) FROM effects
        WHERE store_id = @storeId AND kind = 'send_transfer' AND subject = @subject AND state = 'pending'
        """;

    private static readonly Adoption.Refused MovedOn = new("The payout has moved on meanwhile; look at it again.");

    public async Task<Adoption> AdoptAsync(
        Store store, string payoutId, string transferId, string actor, string reason, CancellationToken cancel)
    {
        var args = new { storeId = store.Id, payoutId };
        var payout = await db.OneAsync<Payout>(Payout.ById, args, cancel);
        var attempts = await db.ManyAsync<PayoutAttempt>(PayoutAttempt.OfPayout, args, cancel);
        if (payout is null || attempts is not [.., var newest])
        {
            return new Adoption.NoSuchPayout();
        }

        if (payout.State != PayoutState.Unknown)
        {
            return new Adoption.Refused($"The payout is {payout.State}; only one whose outcome is unknown needs this decision.");
        }

        // Until then Stripe may still carry out what was sent last, and one transfer more would appear.
        if (newest.LastSentAt is { } last
            ? clock.GetUtcNow() - last < PayoutAttempt.AbsenceAfter
            : await db.OneAsync<long>(WillBeSent, new { storeId = store.Id, subject = newest.Subject }, cancel) > 0)
        {
            return new Adoption.Refused("The transfer was sent less than 24 hours ago or is still to be sent; until then Stripe may carry it out.");
        }

        if (await credentials.FindAsync(store.Id, CredentialKind.StripeSecretKey, cancel) is not { Value: var key } || StripeKey.ModeOf(key) != payout.Mode)
        {
            return new Adoption.Unavailable($"The store has no Stripe key of mode {payout.Mode}, so Stripe cannot be asked.");
        }

        if (await stripe.LookUpAsync(store.Id, key, payout.Id, cancel) is not StripeLookUp.Found(var transfers))
        {
            return new Adoption.Unavailable("Stripe did not answer the look-up; try again later.");
        }

        if (Refusal(payout, transfers, transferId) is { } why)
        {
            return new Adoption.Refused(why);
        }

        var transfer = transfers.Single(one => one.Id == transferId);
        var attempt = attempts.Any(one => one.Attempt == transfer.Attempt) ? transfer.Attempt!.Value : newest.Attempt;
        return await db.InTransactionAsync<Adoption>(
            async tx =>
            {
                // Nobody may have begun another send since Stripe was asked.
                var now = await tx.ManyAsync<PayoutAttempt>(PayoutAttempt.OfPayout, args);
                return now[^1].Attempt == newest.Attempt && now[^1].Sends == newest.Sends
                    && await TransferSettlement.AdoptAsync(tx, store, payout, attempt, transfer, actor, reason, clock.GetUtcNow())
                    ? new Adoption.Done()
                    : MovedOn;
            },
            cancel: cancel);
    }

    /// <summary>Why a transfer may not be taken for a payout; null where it may. Values in, value out.</summary>
    public static string? Refusal(Payout payout, ImmutableArray<StripeTransfer> transfers, string transferId)
    {
        var asked = $"{StripeAmount.ToStripe(payout.Amount)} {payout.Currency.ToLowerInvariant()}";
        if (transfers.FirstOrDefault(one => one.Id == transferId) is not { } transfer)
        {
            return $"Stripe holds no transfer {transferId} for this payout.";
        }

        if (transfers.FirstOrDefault(one => one.Id != transferId && !one.IsReversed) is { } beside)
        {
            return $"Stripe also holds transfer {beside.Id}, of which not everything is reversed. Reverse it at Stripe first.";
        }

        // What came back in full is payable again, whatever it was. What stayed with the payee must be what the books say.
        return transfer.IsReversed || (transfer.Amount == StripeAmount.ToStripe(payout.Amount)
                && string.Equals(transfer.Currency, payout.Currency, StringComparison.OrdinalIgnoreCase))
            ? null
            : $"Transfer {transferId} is {transfer.Amount} {transfer.Currency} and the payout {asked}. Reverse it at Stripe in full, then name it again.";
    }
}
