// A payout and its attempts, as rows; and how an attempt is frozen before anything is sent (rule P2).
using System.Globalization;
using StorePlugin.Payouts.Stripe;
using StorePlugin.Webhooks;

namespace StorePlugin.Payouts;

/// <summary>The states of a payout (rule P3).</summary>
internal static class PayoutState
{
    /// <summary>Reserved and frozen; nothing has been sent.</summary>
    public const string Approved = "approved";

    /// <summary>A send has begun.</summary>
    public const string Sending = "sending";

    /// <summary>Sent, and nobody can tell yet whether the transfer exists.</summary>
    public const string Unknown = "unknown";

    /// <summary>The transfer exists.</summary>
    public const string Sent = "sent";

    /// <summary>Stripe refused; the money is payable again.</summary>
    public const string Refused = "refused";

    /// <summary>The transfer was reversed, in part or whole; that much is payable again.</summary>
    public const string Reversed = "reversed";

    /// <summary>Taken back by a person before anything was sent; the money is payable again.</summary>
    public const string Cancelled = "cancelled";
}

/// <summary>The second leg of a Stripe payout, from the payee's balance there to their bank. It moves no money of ours (rule P4).</summary>
internal static class BankState
{
    public const string InTransit = "in_transit";
    public const string Paid = "paid";

    /// <summary>The bank sent it back; it stands in the payee's balance at Stripe again.</summary>
    public const string Failed = "failed";
}

/// <summary>What is known of an attempt's sends.</summary>
internal static class AttemptOutcome
{
    /// <summary>Nothing was sent that can have moved money.</summary>
    public const string Frozen = "frozen";

    /// <summary>Sent at least once without a settling answer. It is written before the call, so that a crash leaves it.</summary>
    public const string Unknown = "unknown";

    public const string Accepted = "accepted";
    public const string Refused = "refused";
}

/// <summary>A payout's row.</summary>
/// <param name="AmountMinor">Our minor units of <paramref name="Currency"/>.</param>
/// <param name="ReversedMinor">How much of it has been booked as reversed.</param>
/// <param name="Destination">The payee's Stripe account, or the id of their method; frozen with the attempt.</param>
/// <param name="Problem">What a person should know, in words.</param>
/// <param name="Provider">One of <see cref="PayoutProvider"/>.</param>
/// <param name="BankState">One of <see cref="Payouts.BankState"/>; null until it is heard of.</param>
/// <param name="ArrivesAt">When the provider expects the money at the bank; UTC.</param>
/// <param name="VatMinor">The part of the amount that is VAT; below zero where VAT of corrections is kept back from it.</param>
/// <param name="VatCase">One of <see cref="SelfBilling.VatCase"/>, where the store bills for the payee; null where it does not.</param>
/// <param name="VatRateBp">In basis points.</param>
/// <param name="BillMerchantId">The merchant's particulars on the document.</param>
/// <param name="BillPayeeId">The payee's.</param>
internal sealed record Payout(
    string StoreId,
    string Id,
    string RunId,
    string AmbassadorId,
    string Currency,
    long AmountMinor,
    long ReversedMinor,
    string Destination,
    string Mode,
    string State,
    string? TransferId,
    string? Problem,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt,
    string Provider = PayoutProvider.Stripe,
    string? BankState = null,
    DateTimeOffset? ArrivesAt = null,
    string? BankProblem = null,
    long VatMinor = 0,
    string? VatCase = null,
    long? VatRateBp = null,
    string? BillMerchantId = null,
    string? BillPayeeId = null)
{
    /// <summary>The columns in the order of the record, for every statement that reads payouts.</summary>
    public const string Columns =
        """
        SELECT store_id, id, run_id, ambassador_id, currency, amount_minor, reversed_minor, destination, mode, state, transfer_id,
            problem, created_at, updated_at, provider, bank_state, arrives_at, bank_problem, vat_minor, vat_case, vat_rate_bp, bill_merchant_id, bill_payee_id
        FROM payouts
        """;

    public const string ById = Columns + " WHERE store_id = @storeId AND id = @payoutId";

    public Money Amount => new(AmountMinor, Webhooks.Currency.Parse(Currency));

    /// <summary>The state of rule P3, of which those after the transfer tell of the bank.</summary>
    public string ShownState => (State, BankState) switch
    {
        (PayoutState.Sent, Payouts.BankState.InTransit) => "in_transit",
        (PayoutState.Sent, Payouts.BankState.Paid) => "paid",
        (PayoutState.Sent, Payouts.BankState.Failed) => "bank_failed",
        _ => State,
    };

    /// <summary>Nothing has settled it yet.</summary>
    public bool IsOpen => State is PayoutState.Approved or PayoutState.Sending or PayoutState.Unknown;

    /// <summary>Whether a transfer is the one that this payout asked for.</summary>
    public bool Matches(StripeTransfer transfer) =>
        transfer.Amount == StripeAmount.ToStripe(Amount)
        && string.Equals(transfer.Currency, Currency, StringComparison.OrdinalIgnoreCase)
        && transfer.Destination == Destination;
}

/// <summary>
/// An attempt's row: one request, frozen with the reservation of its money and sent unchanged until it is settled.
/// </summary>
/// <param name="Attempt">1 and rising; a new one has a new key (rule P2).</param>
/// <param name="FirstSentAt">The first send that may have moved money; the 20 hours count from it.</param>
/// <param name="Sends">How often it was sent; the version of the row for compare-and-set.</param>
/// <param name="SentWith">Hash of the secret key of those sends; the export, for a file; null in the store.</param>
/// <param name="HolderId">Whose store credit it moves, as the platform names the customer; null for every other way.</param>
/// <param name="UnclearAt">Since when a person has to look what became of it in the store; null where nobody has to.</param>
/// <param name="FoundNothingAt">When a look-up at least 24 hours after the last send found no transfer.</param>
internal sealed record PayoutAttempt(
    string StoreId,
    string PayoutId,
    long Attempt,
    string IdempotencyKey,
    string Method,
    string Path,
    string Body,
    string ApiVersion,
    string Outcome,
    long? HttpStatus,
    string? ErrorCode,
    string? ErrorMessage,
    string? RequestId,
    string? TransferId,
    DateTimeOffset CreatedAt,
    DateTimeOffset? FirstSentAt,
    DateTimeOffset? LastSentAt,
    long Sends,
    string? SentWith,
    DateTimeOffset? FoundNothingAt,
    string? HolderId = null,
    DateTimeOffset? UnclearAt = null)
{
    /// <summary>The columns in the order of the record, for every statement that reads attempts.</summary>
    public const string Columns =
        """
        SELECT store_id, payout_id, attempt, idempotency_key, method, path, body, api_version, outcome, http_status, error_code,
            error_message, request_id, transfer_id, created_at, first_sent_at, last_sent_at, sends, sent_with, found_nothing_at, holder_id,
            unclear_at
        FROM payout_attempts
        """;

    public const string OfPayout = Columns + " WHERE store_id = @storeId AND payout_id = @payoutId ORDER BY attempt";

    /// <summary>The same bytes and key may be sent again this long after the first send (rule P2; Stripe keeps keys 24 hours).</summary>
    public static readonly TimeSpan ResendFor = TimeSpan.FromHours(20);

    /// <summary>A look-up proves absence only this long after the last send (rule P2).</summary>
    public static readonly TimeSpan AbsenceAfter = TimeSpan.FromHours(24);

    /// <summary>The subject of the effect that sends it.</summary>
    public string Subject => SubjectOf(PayoutId, Attempt);

    public static string SubjectOf(string payoutId, long attempt) => string.Create(CultureInfo.InvariantCulture, $"{payoutId}-a{attempt}");

    /// <summary>Freezes the request of an attempt at Stripe.</summary>
    public static PayoutAttempt Freeze(Payout payout, long attempt, DateTimeOffset now) =>
        Of(
            payout,
            attempt,
            "POST",
            StripeClient.TransfersPath,
            StripeForm.Encode(
            [
                ("amount", StripeAmount.ToStripe(payout.Amount).ToString(CultureInfo.InvariantCulture)),
                ("currency", payout.Amount.Currency.Code.ToLowerInvariant()),
                ("destination", payout.Destination),
                ("transfer_group", payout.Id),
                ("metadata[payout_id]", payout.Id),
                ("metadata[attempt]", attempt.ToString(CultureInfo.InvariantCulture)),
            ]),
            StripeClient.ApiVersion,
            now);

    /// <summary>An attempt of which nothing was sent yet.</summary>
    public static PayoutAttempt Of(Payout payout, long attempt, string method, string path, string body, string apiVersion, DateTimeOffset now) =>
        new(
            payout.StoreId,
            payout.Id,
            attempt,
            $"po-{payout.Id}-a{attempt}",
            method,
            path,
            body,
            apiVersion,
            AttemptOutcome.Frozen,
            HttpStatus: null,
            ErrorCode: null,
            ErrorMessage: null,
            RequestId: null,
            TransferId: null,
            now,
            FirstSentAt: null,
            LastSentAt: null,
            Sends: 0,
            SentWith: null,
            FoundNothingAt: null);
}
