// What a transfer that was found means for a payout, whether an answer, a look-up or a webhook showed it (rule P4).
using StorePlugin.Data;
using StorePlugin.Inbox;
using StorePlugin.Stores;

namespace StorePlugin.Payouts.Stripe;

internal static partial class TransferSettlement
{
    /// <summary>Settles a payout by what was found; null where nothing was found, which settles nothing.</summary>
    /// <param name="logger">Learns of what a person must see at once.</param>
    /// <param name="attempt">The attempt to credit when the transfer does not name its own.</param>
    /// <param name="answer">The answer that showed the transfer; null when a look-up did.</param>
    public static EffectResult? Settle(
        ILogger logger, Store store, Payout payout, long attempt, TransferFinding finding, StripeAnswer? answer, DateTimeOffset now)
    {
        switch (finding)
        {
            case TransferFinding.Same(var transfer):
                return new EffectResult.Done(
                    $"Transfer {transfer.Id} exists.", tx => FoundAsync(tx, store, payout, transfer.Attempt ?? attempt, transfer, answer, now));

            case TransferFinding.Different(var why):
                Log.Different(logger, payout.Id, store.Id);
                return new EffectResult.Done(
                    why,
                    tx => payout.IsOpen
                        ? PayoutBook.UnknownAsync(tx, payout, $"{why} {WhatToDo}", now)
                        : PayoutBook.ProblemAsync(tx, payout, why, now));

            case TransferFinding.Nothing:
                return null;

            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    /// <summary>
    /// A person's decision that a transfer is this payout's, although it is not what was asked for. Where all of it was
    /// reversed, the money is payable again.
    /// </summary>
    /// <returns>False: the payout has moved on, and nothing was changed.</returns>
    public static async Task<bool> AdoptAsync(
        Tx tx, Store store, Payout payout, long attempt, StripeTransfer transfer, string actor, string reason, DateTimeOffset now)
    {
        var words = $"{actor} took transfer {transfer.Id} for this payout: {reason}";
        if (!await PayoutBook.SentAsync(tx, store, payout, attempt, transfer, answer: null, now, actor, words))
        {
            return false;
        }

        var sent = payout with { State = PayoutState.Sent, TransferId = transfer.Id };
        if (transfer.AmountReversed > 0)
        {
            await ReversedAsync(tx, store, sent, transfer, now);
            sent = sent with { State = PayoutState.Reversed };
        }

        await PayoutBook.ProblemAsync(tx, sent, words, now);
        return true;
    }

    private const string WhatToDo =
        "A person must decide: reverse at Stripe what is wrong, then name the transfer that stands, or the one that was reversed "
        + "(POST /api/v1/payouts/{id}/adoption). Until then the money stays reserved.";

    private static async Task FoundAsync(
        Tx tx, Store store, Payout payout, long attempt, StripeTransfer transfer, StripeAnswer? answer, DateTimeOffset now)
    {
        // The row may have moved on since the handler read it.
        var current = await tx.OneAsync<Payout>(Payout.ById, new { storeId = store.Id, payoutId = payout.Id })
            ?? throw new InvalidOperationException($"Payout {payout.Id} is gone.");
        if (current.IsOpen)
        {
            await PayoutBook.SentAsync(tx, store, current, attempt, transfer, answer, now);
            current = current with { State = PayoutState.Sent, TransferId = transfer.Id };
        }

        if (current.State is not (PayoutState.Sent or PayoutState.Reversed))
        {
            await PayoutBook.ProblemAsync(
                tx, current, $"Stripe holds transfer {transfer.Id} although this payout is {current.State} and its money is payable again.", now);
        }
        else if (current.TransferId != transfer.Id)
        {
            await PayoutBook.ProblemAsync(tx, current, $"Stripe holds transfer {transfer.Id} beside {current.TransferId}.", now);
        }
        else if (transfer.AmountReversed > 0)
        {
            await ReversedAsync(tx, store, current, transfer, now);
        }
    }

    private static Task<bool> ReversedAsync(Tx tx, Store store, Payout payout, StripeTransfer transfer, DateTimeOffset now) =>
        (transfer.IsReversed ? payout.Amount : StripeAmount.FromStripe(transfer.AmountReversed, payout.Amount.Currency)) is { } reversed
            && reversed <= payout.Amount
            ? PayoutBook.ReversedAsync(tx, store, payout, reversed, now)
            : PayoutBook.ProblemAsync(
                tx, payout, $"Of transfer {transfer.Id}, {transfer.AmountReversed} {transfer.Currency} are reversed, which cannot be booked.", now);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "Stripe holds something else than payout {PayoutId} of store {StoreId} asked for")]
        public static partial void Different(ILogger logger, string payoutId, string storeId);
    }
}
