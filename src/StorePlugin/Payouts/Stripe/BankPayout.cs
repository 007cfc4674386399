// The second leg of a payout, from the payee's balance at Stripe to their bank: what it says of ours. Values in, value out.
using System.Text.Json;

namespace StorePlugin.Payouts.Stripe;

/// <summary>A payout of ours as far as its bank leg goes.</summary>
/// <param name="SentAt">When its transfer was sent.</param>
/// <param name="BankCreatedAt">When the bank payout that it was found in was made.</param>
internal sealed record BankLeg(
    string Id, string AmbassadorId, string? TransferId, DateTimeOffset SentAt, string? BankState, string? BankPayoutId, DateTimeOffset? BankCreatedAt);

/// <summary>A payout of Stripe's from a connected account to a bank.</summary>
/// <param name="State">One of <see cref="BankState"/>.</param>
/// <param name="Currency">Three capitals.</param>
/// <param name="Problem">Why it failed, in Stripe's words.</param>
/// <param name="IsReconciled">Whether Stripe tells what it carries.</param>
internal sealed record BankPayout(string Id, string State, string Currency, DateTimeOffset CreatedAt, DateTimeOffset? ArrivesAt, string? Problem, bool IsReconciled)
{
    /// <summary>Reads a payout as <c>GET /v1/payouts/{id}</c> answers it; null where what identifies it is missing.</summary>
    public static BankPayout? Read(JsonElement payout)
    {
        if (payout.TextOrNull("id") is not { } id || payout.TextOrNull("currency") is not { } currency || payout.WholeOrNull("created") is not { } created)
        {
            return null;
        }

        var state = payout.TextOrNull("status") switch
        {
            "paid" => BankState.Paid,
            "failed" or "canceled" => BankState.Failed,
            // A state that is not known yet is one on the way.
            _ => BankState.InTransit,
        };
        var why = payout.TextOrNull("status") == "canceled" ? "It was cancelled at Stripe." : payout.TextOrNull("failure_message") ?? payout.TextOrNull("failure_code");
        return new BankPayout(
            id,
            state,
            currency.ToUpperInvariant(),
            DateTimeOffset.FromUnixTimeSeconds(created),
            payout.WholeOrNull("arrival_date") is { } arrival ? DateTimeOffset.FromUnixTimeSeconds(arrival) : null,
            state == BankState.Failed ? why ?? "Stripe gave no reason." : null,
            payout.TextOrNull("reconciliation_status") == "completed");
    }

    /// <summary>
    /// Whether this is where a payout of ours is now. Stripe names no transfers in a bank payout until it is reconciled,
    /// and never in one that was made by hand. Until then time decides: an automatic bank payout takes the whole available
    /// balance, so that what was sent before it is in it, unless an earlier one had taken it and has not come back.
    /// </summary>
    /// <param name="contents">The transfers that it carries; null where Stripe does not tell.</param>
    public bool Carries(BankLeg leg, IReadOnlySet<string>? contents)
    {
        if (leg.BankPayoutId == Id)
        {
            // A payout that is paid may still fail; nothing else goes back.
            return Rank(State) >= Rank(leg.BankState);
        }

        var isLater = leg.BankCreatedAt is null || leg.BankCreatedAt < CreatedAt;
        if (contents is not null)
        {
            return leg.TransferId is { } transfer && contents.Contains(transfer) && (isLater || leg.BankState != BankState.Failed);
        }

        return leg.BankPayoutId is null ? leg.SentAt <= CreatedAt : isLater && leg.BankState == BankState.Failed;
    }

    private static int Rank(string? state) => state switch { BankState.Failed => 2, BankState.Paid => 1, _ => 0 };
}
