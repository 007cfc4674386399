// The seam of the ways by which the program pays in the store. Whoever adds one answers these questions; the protocol around them is common.
using StorePlugin.Stores;

namespace StorePlugin.Payouts;

/// <summary>
/// A way by which payouts are given in the store. Each call leaves the process and is made outside any transaction. Stripe, which keeps
/// idempotency keys, and files, which nobody answers, have protocols of their own; all move payouts by <see cref="PayoutBook"/> alone.
/// </summary>
internal interface IPayoutProvider
{
    /// <summary>One of <see cref="PayoutProvider"/>.</summary>
    string Name { get; }

    /// <summary>Looks for whom to pay, before anything is sent for the first time.</summary>
    Task<PayeeLook> FindPayeeAsync(Store store, Payout payout, CancellationToken cancel);

    /// <summary>Gives a payout; called again only after <see cref="LookForAsync"/> has found it absent.</summary>
    Task<PayoutAnswer> SendAsync(Store store, Payout payout, PayoutAttempt attempt, CancellationToken cancel);

    /// <summary>Looks for a payout whose outcome is not known.</summary>
    Task<PayoutLook> LookForAsync(Store store, Payout payout, PayoutAttempt attempt, CancellationToken cancel);

    /// <summary>Takes a payout back, of what the payee has not used; called again only after <see cref="LookForReversalAsync"/> has found it absent.</summary>
    /// <param name="attempt">The attempt that was accepted.</param>
    Task<PayoutAnswer> TakeBackAsync(Store store, Payout payout, PayoutAttempt attempt, PayoutReversal reversal, CancellationToken cancel);

    /// <summary>Looks for a reversal whose outcome is not known.</summary>
    Task<PayoutLook> LookForReversalAsync(Store store, Payout payout, PayoutAttempt attempt, PayoutReversal reversal, CancellationToken cancel);
}
