// The payee's side of billing: what they are to the VAT, who they are, whether they agree; and the form of the United States that they handed in.
using System.Data.Common;
using StorePlugin.Data;
using StorePlugin.Mail;
using StorePlugin.Stores;

namespace StorePlugin.Payouts.SelfBilling;

/// <summary>The forms by which a payee tells a payer in the United States what they are.</summary>
internal static class WForm
{
    /// <summary>Somebody has looked, and none is needed.</summary>
    public const string None = "none";

    /// <summary>Of a person of the United States; it does not expire.</summary>
    public const string W9 = "w9";

    /// <summary>Of somebody else.</summary>
    public const string W8Ben = "w8ben";

    private const int W8Years = 3;

    /// <summary>The last day on which a form counts: a W-8 to the end of the third calendar year after it was signed; null: it does not expire.</summary>
    public static DateOnly? LastDayOf(string form, DateOnly received) => form == W8Ben ? new DateOnly(received.Year + W8Years, 12, 31) : null;
}

/// <summary>What is known of a payee for taxes, as it may be shown: numbers masked, no name and no address.</summary>
/// <param name="VatCase">One of <see cref="SelfBilling.VatCase"/>; null while nobody has said.</param>
/// <param name="Form">One of <see cref="WForm"/>; null while nobody has said whether one is needed.</param>
/// <param name="FormReceivedDay">yyyymmdd in the store's time zone, as all days here.</param>
internal sealed record PayeeTax(
    string? VatCase, string? PartyId, string? Country, string? MaskedId, DateTimeOffset? AgreedAt, string? AgreedBy, string? Form, long? FormReceivedDay,
    long? FormExpiresDay, string? FormRecordedBy)
{
    public static readonly PayeeTax None = new(null, null, null, null, null, null, null, null, null, null);
}

/// <summary>What a person has said of a payee.</summary>
/// <param name="Agreed">Whether the payee agrees that the store bills for them.</param>
internal sealed record SaidOfPayee(string VatCase, BillParty Party, bool Agreed);

internal sealed partial class PayeeTaxes(Db db, BillParties parties, TimeProvider clock, ILogger<PayeeTaxes> logger)
{
    /// <summary>Who it was that a payee said it themselves.</summary>
    public const string Ambassador = "ambassador";

    private const int RaceTriesMax = 5;

    private const string ReadAmbassador = "SELECT id FROM ambassadors WHERE store_id = @storeId AND id = @ambassadorId";

    private const string Read =
        """
        SELECT x.vat_case, x.party_id, p.country, x.masked_id, x.agreed_at, x.agreed_by, x.w_form AS form, x.w_received_day AS form_received_day,
            x.w_expires_day AS form_expires_day, x.w_recorded_by AS form_recorded_by
        FROM payee_tax x
        LEFT JOIN self_bill_parties p ON p.store_id = x.store_id AND p.id = x.party_id
        WHERE x.store_id = @storeId AND x.ambassador_id = @ambassadorId
        """;

    /// <summary>What is known; null where the store has no such ambassador.</summary>
    public async Task<PayeeTax?> FindAsync(Store store, string ambassadorId, CancellationToken cancel)
    {
        var args = new { storeId = store.Id, ambassadorId };
        return await db.OneAsync<PayeeTax>(Read, args, cancel)
            ?? (await db.OneAsync<string>(ReadAmbassador, args, cancel) is null ? null : PayeeTax.None);
    }

    // Whoever reserves a payout of theirs holds these rows, and reads what is replaced here: one after the other.
    private const string HoldBalances =
        """
        UPDATE balances SET amount_minor = amount_minor
        WHERE store_id = @storeId AND ambassador_id = @ambassadorId AND account = 'approved'
        """;

    private const string ReadPartyId = "SELECT party_id FROM payee_tax WHERE store_id = @storeId AND ambassador_id = @ambassadorId";

    // An agreement that stands is not dated anew.
    private const string Update =
        """
        UPDATE payee_tax SET vat_case = @vatCase, party_id = @partyId, masked_id = @maskedId,
            agreed_at = CASE WHEN @agreed = 0 THEN NULL ELSE COALESCE(agreed_at, @now) END,
            agreed_by = CASE WHEN @agreed = 0 THEN NULL ELSE COALESCE(agreed_by, @actor) END, updated_at = @now, updated_by = @actor
        WHERE store_id = @storeId AND ambassador_id = @ambassadorId
        """;

    private const string Insert =
        """
        INSERT INTO payee_tax (store_id, ambassador_id, vat_case, party_id, masked_id, agreed_at, agreed_by, updated_at, updated_by)
        VALUES (@storeId, @ambassadorId, @vatCase, @partyId, @maskedId, CASE WHEN @agreed = 0 THEN NULL ELSE @now END,
            CASE WHEN @agreed = 0 THEN NULL ELSE @actor END, @now, @actor)
        """;

    /// <summary>Keeps what was said of a payee, in place of what was said before. The store must have the ambassador.</summary>
    public async Task<PayeeTax> SetAsync(Store store, string ambassadorId, SaidOfPayee said, string actor, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var party = parties.Seal(store.Id, ambassadorId, said.Party, "", now, actor);
        var args = new
        {
            storeId = store.Id,
            ambassadorId,
            vatCase = said.VatCase,
            partyId = party.Id,
            maskedId = said.Party.MaskedId,
            agreed = said.Agreed ? 1L : 0L,
            now,
            actor,
        };
        await WriteAsync(
            async tx =>
            {
                await tx.DoAsync(HoldBalances, args);
                var before = await tx.OneAsync<string?>(ReadPartyId, args);
                await BillParties.WriteAsync(tx, party);
                if (await tx.DoAsync(Update, args) == 0)
                {
                    await tx.DoAsync(Insert, args);
                }

                if (before is not null)
                {
                    await BillParties.DropUnusedAsync(tx, store.Id, ambassadorId, before);
                }
            },
            cancel);

        // Whoever says what is sent with VAT is on record.
        Log.TaxSet(logger, store.Id, ambassadorId, said.VatCase, said.Agreed, actor);
        return (await FindAsync(store, ambassadorId, cancel))!;
    }

    private const string UpdateForm =
        """
        UPDATE payee_tax SET w_form = @form, w_received_day = @receivedDay, w_expires_day = @expiresDay, w_recorded_by = @actor, updated_at = @now, updated_by = @actor
        WHERE store_id = @storeId AND ambassador_id = @ambassadorId
        """;

    private const string InsertForm =
        """
        INSERT INTO payee_tax (store_id, ambassador_id, w_form, w_received_day, w_expires_day, w_recorded_by, updated_at, updated_by)
        VALUES (@storeId, @ambassadorId, @form, @receivedDay, @expiresDay, @actor, @now, @actor)
        """;

    /// <summary>Notes which form a payee has handed in. The store must have the ambassador.</summary>
    /// <param name="received">Null where none is needed.</param>
    public async Task<PayeeTax> SetFormAsync(Store store, string ambassadorId, string form, DateOnly? received, string actor, CancellationToken cancel)
    {
        var args = new
        {
            storeId = store.Id,
            ambassadorId,
            form,
            receivedDay = received is { } day ? LocalDay.Number(day) : (long?)null,
            expiresDay = received is { } from && WForm.LastDayOf(form, from) is { } last ? LocalDay.Number(last) : (long?)null,
            now = clock.GetUtcNow(),
            actor,
        };
        await WriteAsync(
            async tx =>
            {
                if (await tx.DoAsync(UpdateForm, args) == 0)
                {
                    await tx.DoAsync(InsertForm, args);
                }
            },
            cancel);
        return (await FindAsync(store, ambassadorId, cancel))!;
    }

    private async Task WriteAsync(Func<Tx, Task> write, CancellationToken cancel)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                await db.InTransactionAsync(write, cancel: cancel);
                return;
            }
            // Somebody else said something for the first time at the same moment; the next try replaces theirs.
            catch (DbException e) when (db.Dialect.IsUniqueViolation(e) && tries < RaceTriesMax)
            {
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Ambassador {AmbassadorId} of store {StoreId} is {VatCase} to the VAT now, billed by the store: {Agreed}, by {Actor}")]
        public static partial void TaxSet(ILogger logger, string storeId, string ambassadorId, string vatCase, bool agreed, string actor);
    }
}
