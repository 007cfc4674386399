// What a look-up proves about a payout: values in, value out.
using System.Collections.Immutable;

namespace StorePlugin.Payouts.Stripe;

/// <summary>A closed set. Absence is proved only by <see cref="PayoutAttempt.AbsenceAfter"/>, which the caller knows.</summary>
internal abstract record TransferFinding
{
    internal sealed record Nothing : TransferFinding;

    /// <summary>The one transfer that was asked for.</summary>
    internal sealed record Same(StripeTransfer Transfer) : TransferFinding;

    /// <summary>Something that was not asked for; a person must look.</summary>
    internal sealed record Different(string Why) : TransferFinding;

    // What has settled a payout stays its transfer: a person may have taken one that differs from what was asked for,
    // beside others that were reversed.
    public static TransferFinding Decide(Payout payout, ImmutableArray<StripeTransfer> transfers) => transfers switch
    {
        _ when transfers.FirstOrDefault(one => one.Id == payout.TransferId) is { } own && transfers.All(one => one == own || one.IsReversed) => new Same(own),
        [] => new Nothing(),
        [var one] => Decide(payout, one),
        _ => new Different(
            $"Stripe holds {transfers.Length} transfers for this payout, where there may be one: {string.Join(", ", transfers.Select(transfer => transfer.Id))}."),
    };

    public static TransferFinding Decide(Payout payout, StripeTransfer transfer) => payout.Matches(transfer)
        ? new Same(transfer)
        : new Different(
            $"Stripe's transfer {transfer.Id} is not what was asked for: {transfer.Amount} {transfer.Currency} to {transfer.Destination}, " +
            $"and not {StripeAmount.ToStripe(payout.Amount)} {payout.Amount.Currency.Code.ToLowerInvariant()} to {payout.Destination}.");
}
