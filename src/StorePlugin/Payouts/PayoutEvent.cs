// The log of payouts: each step that moved money, and the ledger transaction that it is.
using System.Collections.Immutable;
using System.Diagnostics;
using StorePlugin.Data;
using StorePlugin.Ledger;
using StorePlugin.Payouts.SelfBilling;
using StorePlugin.Stores;
using StorePlugin.Webhooks;

namespace StorePlugin.Payouts;

/// <summary>
/// A step of a payout, as the table <c>payout_events</c> keeps it. Live payouts and the replay of the log make the same
/// transaction of it.
/// </summary>
/// <param name="Subject">The source of its ledger transaction: the payout, its attempt, or the sum reversed so far.</param>
/// <param name="Actor">Who or what caused it (rule H6).</param>
/// <param name="VatMinor">The part of the amount that is VAT.</param>
internal sealed record PayoutEvent(
    string PayoutId, string Kind, string Subject, DateTimeOffset At, string Actor, string AmbassadorId, Money Amount, string Reason, long VatMinor = 0)
{
    private const string ReservedKind = "reserved";
    private const string SentKind = "sent";
    private const string ReturnedKind = "returned";
    private const string ReversedKind = "reversed";

    // A payout's row moves by compare-and-set, so that no two steps of one take the same number.
    private const string Insert =
        """
        INSERT INTO payout_events (store_id, payout_id, number, kind, subject, at, booked_day, actor, ambassador_id, amount_minor, currency, reason, vat_minor)
        SELECT @storeId, @PayoutId, COALESCE(MAX(number), 0) + 1, @Kind, @Subject, @At, @bookedDay, @Actor, @AmbassadorId, @minor, @currency, @Reason, @VatMinor
        FROM payout_events WHERE store_id = @storeId AND payout_id = @PayoutId
        """;

    /// <summary>The money is reserved (rule P1).</summary>
    public static PayoutEvent Reserved(Payout payout, string actor) => new(
        payout.Id, ReservedKind, payout.Id, payout.CreatedAt, actor, payout.AmbassadorId, payout.Amount, $"Reserved for payout {payout.Id}.",
        payout.VatMinor);

    /// <summary>The transfer exists (rule P3).</summary>
    public static PayoutEvent Sent(Payout payout, DateTimeOffset now, string actor, string reason) =>
        new(payout.Id, SentKind, payout.Id, now, actor, payout.AmbassadorId, payout.Amount, reason, payout.VatMinor);

    /// <summary>It was refused, and the money is payable again (rule P4).</summary>
    public static PayoutEvent Returned(Payout payout, PayoutAttempt attempt, DateTimeOffset now, string actor, string reason) =>
        new(payout.Id, ReturnedKind, attempt.Subject, now, actor, payout.AmbassadorId, payout.Amount, reason, payout.VatMinor);

    /// <summary>A person took it back before it was sent, and the money is payable again (rule P3).</summary>
    public static PayoutEvent Cancelled(Payout payout, DateTimeOffset now, string actor) => new(
        payout.Id, ReturnedKind, $"{payout.Id}-cancelled", now, actor, payout.AmbassadorId, payout.Amount, $"Payout {payout.Id} was cancelled before it was sent.",
        payout.VatMinor);

    /// <summary>More of the transfer was reversed, and that much is payable again (rule P4).</summary>
    /// <param name="reversed">The whole sum reversed so far.</param>
    public static PayoutEvent Reversed(Payout payout, Money reversed, DateTimeOffset now, string actor) => new(
        payout.Id, ReversedKind, $"{payout.Id}-r{reversed.Minor}", now, actor, payout.AmbassadorId,
        reversed with { Minor = reversed.Minor - payout.ReversedMinor }, $"Of the transfer of payout {payout.Id}, {reversed} were reversed.",
        Vat.OfReversed(reversed.Minor, payout.VatMinor, payout.AmountMinor) - Vat.OfReversed(payout.ReversedMinor, payout.VatMinor, payout.AmountMinor));

    /// <summary>What the step moves in the ledger.</summary>
    public LedgerTransaction Posting
    {
        get
        {
            var (kind, from, to) = Kind switch
            {
                ReservedKind => (LedgerKind.PayoutReserved, Account.Approved, Account.InPayout),
                SentKind => (LedgerKind.PayoutSent, Account.InPayout, Account.Paid),
                ReturnedKind => (LedgerKind.PayoutReturned, Account.InPayout, Account.Approved),
                ReversedKind => (LedgerKind.PayoutReversed, Account.Paid, Account.Approved),
                _ => throw new UnreachableException($"{Kind} is no step of a payout."),
            };
            return new LedgerTransaction(
                kind, Subject, Amount.Currency, At, Actor, Reason,
                VatMinor == 0 || Kind == SentKind ? LedgerTransaction.Move(AmbassadorId, null, from, to, Amount) : MoveWithVat(from, to));
        }
    }

    // What is owed is the net: the VAT joins it when it is reserved, and leaves it when the money is payable again.
    private ImmutableArray<Entry> MoveWithVat(string from, string to)
    {
        var (gross, net) = (Amount.Minor, Amount.Minor - VatMinor);
        return
        [
            new Entry(from, AmbassadorId, null, from == Account.Approved ? -net : -gross),
            new Entry(to, AmbassadorId, null, to == Account.Approved ? net : gross),
            new Entry(Account.Vat, Account.Merchant, null, from == Account.Approved ? -VatMinor : VatMinor),
        ];
    }

    /// <summary>Writes the step into the log and into the ledger, in the caller's transaction.</summary>
    public Task PostAsync(Tx tx, Store store) => PostAsync(tx, store, [this]);

    /// <summary>Writes steps of several payouts into the log and into the ledger, in the caller's transaction.</summary>
    public static async Task PostAsync(Tx tx, Store store, IReadOnlyList<PayoutEvent> events)
    {
        await using var insert = new Prepared(tx, Insert);
        foreach (var step in events)
        {
            await insert.DoAsync(
                ("storeId", store.Id), ("PayoutId", step.PayoutId), ("Kind", step.Kind), ("Subject", step.Subject), ("At", step.At),
                ("bookedDay", store.LocalDay(step.At)), ("Actor", step.Actor), ("AmbassadorId", step.AmbassadorId), ("minor", step.Amount.Minor),
                ("currency", step.Amount.Currency.Code), ("Reason", step.Reason), ("VatMinor", step.VatMinor));
        }

        await LedgerBook.PostAsync(tx, store, [.. events.Select(step => step.Posting)]);
    }
}
