// Follows a payout to the payee's bank: reads the bank payout that an event names, and notes it with the payouts it carries.
using StorePlugin.Data;
using StorePlugin.Inbox;
using StorePlugin.Mail;
using StorePlugin.Stores;

namespace StorePlugin.Payouts.Stripe;

/// <summary>The payload is the account and the bank payout, parted by a blank. It moves no money, whatever it finds (rule P4).</summary>
internal sealed class ReadBankPayout(
    Db db, StoreDirectory stores, Credentials credentials, StripeClient stripe, TimeProvider clock) : IEffectHandler
{
    private const int ProblemLengthMax = 1000;

    // An automatic bank payout is made daily at least; more payouts than these have never been waiting for one.
    private const long LegsMax = 200;

    private static readonly TimeSpan KeyWait = TimeSpan.FromHours(1);
    private static readonly TimeSpan OutageWait = TimeSpan.FromMinutes(5);

    public string Kind => Effect.Kinds.ReadBankPayout;

    public async Task<EffectResult> PerformAsync(Effect effect, CancellationToken cancel)
    {
        var store = await stores.GetAsync(effect.StoreId, cancel);
        if (effect.Payload.Split(' ') is not [var account, var payoutId])
        {
            return new EffectResult.Refused("The effect names no bank payout.");
        }

        if (await credentials.FindAsync(store.Id, CredentialKind.StripeSecretKey, cancel) is not { Value: var key })
        {
            return new EffectResult.Done("The store is not connected to Stripe; nothing was read.");
        }

        var reply = await stripe.AskAsync(store.Id, key, StripeQuestion.BankPayoutOf(account, payoutId), cancel);
        if (reply is not StripeReply.Found(var json))
        {
            return ResultOf(reply);
        }

        if (BankPayout.Read(json) is not { } payout || payout.Id != payoutId)
        {
            return new EffectResult.Failed("Stripe's answer is no payout.");
        }

        var contents = payout.IsReconciled ? await ContentsAsync(store, key, account, payoutId, cancel) : null;
        return new EffectResult.Done($"The bank payout is {payout.State}.", tx => WriteAsync(tx, store, account, payout, contents));
    }

    private static EffectResult ResultOf(StripeReply reply) => reply switch
    {
        StripeReply.KeyRejected => new EffectResult.PutOff("Stripe rejects the store's secret key.", KeyWait),
        StripeReply.Unavailable(var why) => new EffectResult.PutOff($"The reading waits: {why}.", OutageWait),
        StripeReply.Refused { Status: 404 } or StripeReply.Refused { IsGone: true } => new EffectResult.Done("Stripe knows no such bank payout any more."),
        StripeReply.Refused(var code, var message, _) => new EffectResult.Failed($"Stripe refused the reading ({code}): {message}"),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>The transfers that a bank payout carries; null where Stripe does not tell all of them.</summary>
    private async Task<IReadOnlySet<string>?> ContentsAsync(Store store, string key, string account, string payoutId, CancellationToken cancel)
    {
        if (await stripe.AskAsync(store.Id, key, StripeQuestion.ContentsOf(account, payoutId), cancel) is not StripeReply.Found(var list) || list.IsTrue("has_more"))
        {
            return null;
        }

        // A transfer becomes a payment in the connected account, which names it.
        var transfers = list.Items("data").Select(item => item.ObjectOrNull("source")?.TextOrNull("source_transfer")).ToList();
        return transfers.Contains(null) ? null : transfers.Select(transfer => transfer!).ToHashSet(StringComparer.Ordinal);
    }

    // Of one that was adopted nobody knows when it was sent.
    private const string ReadLegs =
        """
        SELECT p.id, p.ambassador_id, p.transfer_id, COALESCE(a.last_sent_at, p.created_at) AS sent_at, p.bank_state, p.bank_payout_id, p.bank_created_at
        FROM payouts p
        LEFT JOIN payout_attempts a ON a.store_id = p.store_id AND a.payout_id = p.id AND a.outcome = 'accepted'
        WHERE p.store_id = @storeId AND p.destination = @account AND p.provider = 'stripe' AND p.state = 'sent'
            AND (p.bank_state IS NULL OR p.bank_state <> 'paid' OR p.bank_payout_id = @payoutId)
            AND (p.currency = @currency OR @isTold = 1)
        ORDER BY p.id DESC
        """;

    // A guess by time that Stripe's own list has disproved.
    private const string Forget =
        """
        UPDATE payouts SET bank_state = NULL, bank_payout_id = NULL, bank_problem = NULL, arrives_at = NULL, bank_created_at = NULL, updated_at = @now
        WHERE store_id = @storeId AND id = @id AND bank_payout_id = @payoutId
        """;

    // Compare-and-set: another reading may have written since the row was read.
    private const string Note =
        """
        UPDATE payouts SET bank_state = @state, bank_payout_id = @payoutId, bank_problem = @problem, arrives_at = @arrivesAt,
            bank_created_at = @createdAt, updated_at = @now
        WHERE store_id = @storeId AND id = @id AND state = 'sent' AND COALESCE(bank_state, '') = @seenState AND COALESCE(bank_payout_id, '') = @seenPayout
        """;

    private async Task WriteAsync(Tx tx, Store store, string account, BankPayout payout, IReadOnlySet<string>? contents)
    {
        var now = clock.GetUtcNow();
        var legs = await tx.ManyAsync<BankLeg>(
            $"{ReadLegs} {db.Page}",
            new { storeId = store.Id, account, payoutId = payout.Id, currency = payout.Currency, isTold = contents is null ? 0L : 1L, take = LegsMax });
        foreach (var leg in legs)
        {
            if (contents is not null && leg.BankPayoutId == payout.Id && (leg.TransferId is null || !contents.Contains(leg.TransferId)))
            {
                await tx.DoAsync(Forget, new { storeId = store.Id, id = leg.Id, payoutId = payout.Id, now });
            }
            else if (payout.Carries(leg, contents))
            {
                var noted = await tx.DoAsync(
                    Note,
                    new
                    {
                        storeId = store.Id,
                        id = leg.Id,
                        state = payout.State,
                        payoutId = payout.Id,
                        problem = PayeeBook.Fit(payout.Problem, ProblemLengthMax),
                        arrivesAt = payout.ArrivesAt,
                        createdAt = payout.CreatedAt,
                        seenState = leg.BankState ?? "",
                        seenPayout = leg.BankPayoutId ?? "",
                        now,
                    });
                if (noted == 1 && payout.State == BankState.Failed && leg.BankState != BankState.Failed)
                {
                    await new MailNotice(MailNotice.PayoutFailed, leg.AmbassadorId, Payout: leg.Id).AddAsync(tx, store.Id, now);
                }
            }
        }
    }
}
