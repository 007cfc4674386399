// How a store pays: which methods payees may name, when runs are made and who approves them, and from which account a bank pays.
using System.Collections.Immutable;
using System.Data.Common;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.DataProtection;
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Payouts.Manual;

/// <summary>The account from which a bank pays, in full. It lives in memory and sealed only.</summary>
internal sealed record Debtor(string Name, string Iban, string? Bic)
{
    [JsonIgnore]
    public string Masked => new PayoutDetails(PayoutKind.Iban, Iban).Masked;

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, DebtorJson.Default.Debtor);

    public static Debtor FromJson(byte[] json) =>
        JsonSerializer.Deserialize(json, DebtorJson.Default.Debtor) ?? throw new JsonException("The account is empty.");

    /// <summary>Says nothing, so that no log line can hold an account.</summary>
    public override string ToString() => nameof(Debtor);
}

/// <summary>What a store has settled about its payouts.</summary>
/// <param name="Methods">Of <see cref="PayoutKind"/>.</param>
/// <param name="Schedule"><c>weekly</c>, <c>monthly</c>, or null: a person makes each run.</param>
/// <param name="ScheduleDay">1 (Monday) to 7, or 1 to 28 of the month.</param>
/// <param name="TwoPeopleFromMinor">From this sum on two people approve a run; minor units of the store's currency.</param>
/// <param name="ApproveAloneToMinor">Up to this sum a run of the schedule needs nobody's approval; likewise.</param>
/// <param name="DebtorMasked">The account from which a bank pays; null while none was named.</param>
internal sealed record SettledPayouts(
    ImmutableArray<string> Methods, string? Schedule, long? ScheduleDay, long? TwoPeopleFromMinor, long? ApproveAloneToMinor, string? DebtorMasked)
{
    public const string Weekly = "weekly";
    public const string Monthly = "monthly";

    /// <summary>Every month has it.</summary>
    public const long MonthDayMax = 28;

    public const long WeekDayMax = 7;

    /// <summary>What counts where nothing was settled: a person makes each run, and alone.</summary>
    public static readonly SettledPayouts None = new([.. PayoutProvider.DefaultMethods.Split(',')], null, null, null, null, null);
}

internal sealed class PayoutSettings(Db db, IDataProtectionProvider protection, TimeProvider clock)
{
    private const int RaceTriesMax = 5;

    private readonly IDataProtector _protector = protection.CreateProtector("StorePlugin.Payouts.PayoutSettings");

    private const string Read =
        """
        SELECT methods, schedule, schedule_day, two_people_from_minor, approve_alone_to_minor, debtor_masked FROM payout_settings
        WHERE store_id = @storeId
        """;

    public async Task<SettledPayouts> FindAsync(Store store, CancellationToken cancel) =>
        await db.OneAsync<Row>(Read, new { storeId = store.Id }, cancel) is { } row ? row.Settled : SettledPayouts.None;

    private const string ReadDebtor = "SELECT debtor_sealed FROM payout_settings WHERE store_id = @storeId AND debtor_sealed IS NOT NULL";

    /// <summary>The account from which a bank pays, in full, for an export alone; null while none was named.</summary>
    public async Task<Debtor?> FindDebtorAsync(Store store, CancellationToken cancel) =>
        await db.OneAsync<byte[]>(ReadDebtor, new { storeId = store.Id }, cancel) is { } found ? Open(store.Id, found) : null;

    public byte[] Seal(string storeId, Debtor debtor) => _protector.CreateProtector(storeId).Protect(debtor.ToJson());

    public Debtor Open(string storeId, byte[] sealedDebtor) => Debtor.FromJson(_protector.CreateProtector(storeId).Unprotect(sealedDebtor));

    private const string Update =
        """
        UPDATE payout_settings SET methods = @methods, schedule = @schedule, schedule_day = @scheduleDay, two_people_from_minor = @twoPeopleFrom,
            approve_alone_to_minor = @approveAloneTo, updated_at = @now, updated_by = @actor
        WHERE store_id = @storeId
        """;

    private const string Insert =
        """
        INSERT INTO payout_settings (store_id, methods, schedule, schedule_day, two_people_from_minor, approve_alone_to_minor, updated_at, updated_by)
        VALUES (@storeId, @methods, @schedule, @scheduleDay, @twoPeopleFrom, @approveAloneTo, @now, @actor)
        """;

    private const string SetDebtor = "UPDATE payout_settings SET debtor_sealed = @debtor, debtor_masked = @masked WHERE store_id = @storeId";

    /// <summary>Replaces what was settled.</summary>
    /// <param name="setsDebtor">False leaves the account as it is: nobody is shown it, and so nobody can send it back.</param>
    /// <param name="debtor">Null takes it away.</param>
    public async Task<SettledPayouts> SetAsync(
        Store store, SettledPayouts settled, bool setsDebtor, Debtor? debtor, string actor, CancellationToken cancel)
    {
        // Sealed before the transaction: it may have to write a key of the ring, and that waits behind whoever writes.
        var sealedDebtor = debtor is null ? null : Seal(store.Id, debtor);
        var args = new
        {
            storeId = store.Id,
            methods = string.Join(',', settled.Methods),
            schedule = settled.Schedule,
            scheduleDay = settled.ScheduleDay,
            twoPeopleFrom = settled.TwoPeopleFromMinor,
            approveAloneTo = settled.ApproveAloneToMinor,
            now = clock.GetUtcNow(),
            actor,
        };
        for (var tries = 1; ; tries++)
        {
            try
            {
                await db.InTransactionAsync(
                    async tx =>
                    {
                        if (await tx.DoAsync(Update, args) == 0)
                        {
                            await tx.DoAsync(Insert, args);
                        }

                        if (setsDebtor)
                        {
                            await tx.DoAsync(SetDebtor, new { storeId = store.Id, debtor = sealedDebtor, masked = debtor?.Masked });
                        }
                    },
                    cancel: cancel);
                return await FindAsync(store, cancel);
            }
            // Somebody else settled it for the first time at the same moment; the next try replaces theirs.
            catch (DbException e) when (db.Dialect.IsUniqueViolation(e) && tries < RaceTriesMax)
            {
            }
        }
    }

    private sealed record Row(
        string Methods, string? Schedule, long? ScheduleDay, long? TwoPeopleFromMinor, long? ApproveAloneToMinor, string? DebtorMasked)
    {
        public SettledPayouts Settled => new(
            [.. Methods.Split(',', StringSplitOptions.RemoveEmptyEntries)], Schedule, ScheduleDay, TwoPeopleFromMinor, ApproveAloneToMinor, DebtorMasked);
    }
}

[JsonSerializable(typeof(Debtor))]
internal sealed partial class DebtorJson : JsonSerializerContext;
