// The methods that payees have named: kept sealed, changed by a new row, opened for an export alone.
using System.Data.Common;
using Microsoft.AspNetCore.DataProtection;
using StorePlugin.Data;
using StorePlugin.Payouts.Stripe;
using StorePlugin.Stores;

namespace StorePlugin.Payouts.Manual;

/// <summary>A method as it may be shown.</summary>
/// <param name="Masked">As <see cref="PayoutDetails.Masked"/> says it.</param>
internal sealed record ShownMethod(string Id, string Kind, string Masked, DateTimeOffset CreatedAt, string CreatedBy);

/// <summary>What is known of an ambassador's way besides Stripe.</summary>
/// <param name="Method">Null where they have named none.</param>
/// <param name="PayoutsFrom">Nothing is paid before it; null where nothing waits.</param>
internal sealed record ChosenMethod(ShownMethod? Method, DateTimeOffset? PayoutsFrom, string? PayoutsFromWhy);

/// <summary>What came of naming a method.</summary>
internal abstract record MethodChange
{
    internal sealed record Done(ChosenMethod Chosen) : MethodChange;

    internal sealed record KindNotAllowed : MethodChange;

    internal sealed record AmbassadorUnknown : MethodChange;
}

internal sealed partial class PayoutMethods(
    Db db, StoreKeys keys, IDataProtectionProvider protection, PayoutSettings settings, TimeProvider clock, ILogger<PayoutMethods> logger)
{
    /// <summary>Who it was that an ambassador named their own method.</summary>
    public const string Ambassador = PayoutChanges.Payee;

    private const string ChangedWhy = "Where the money goes was changed.";
    private const int RaceTriesMax = 5;

    private readonly IDataProtector _protector = protection.CreateProtector("StorePlugin.Payouts.PayoutMethods");

    private const string ReadAmbassador = "SELECT payouts_from, payouts_from_why FROM ambassadors WHERE store_id = @storeId AND id = @ambassadorId";

    private const string ReadUsed =
        """
        SELECT id, kind, masked, created_at, created_by, sealed FROM payout_methods
        WHERE store_id = @storeId AND ambassador_id = @ambassadorId AND ended_at IS NULL
        """;

    /// <summary>The method in use, masked; null where the store has no such ambassador.</summary>
    public async Task<ChosenMethod?> FindAsync(Store store, string ambassadorId, CancellationToken cancel)
    {
        var args = new { storeId = store.Id, ambassadorId };
        if (await db.OneAsync<AmbassadorRow>(ReadAmbassador, args, cancel) is not { } ambassador)
        {
            return null;
        }

        var waits = ambassador.PayoutsFrom > clock.GetUtcNow();
        return new ChosenMethod(
            (await db.OneAsync<UsedRow>(ReadUsed, args, cancel))?.Shown, waits ? ambassador.PayoutsFrom : null, waits ? ambassador.PayoutsFromWhy : null);
    }

    /// <summary>
    /// Names where the ambassador wants their money. Another destination than before, a Stripe account among them, makes payouts wait for
    /// seven days and for the payee's word; payouts that are under way keep theirs. The same once more changes nothing.
    /// </summary>
    public async Task<MethodChange> SetAsync(Store store, string ambassadorId, PayoutDetails details, string actor, CancellationToken cancel)
    {
        if (!(await settings.FindAsync(store, cancel)).Methods.Contains(details.Kind))
        {
            return new MethodChange.KindNotAllowed();
        }

        for (var tries = 1; ; tries++)
        {
            var args = new { storeId = store.Id, ambassadorId };
            if (await db.OneAsync<UsedRow>(ReadUsed, args, cancel) is { Sealed: { } inUse } used && Open(store.Id, used.Id, inUse) == details)
            {
                return new MethodChange.Done((await FindAsync(store, ambassadorId, cancel))!);
            }

            try
            {
                // Sealed before the transaction: it may have to write a key of the ring, and that waits behind whoever writes.
                var now = clock.GetUtcNow();
                var id = Ids.New("pm", now);
                var row = new NewRow(
                    store.Id, id, ambassadorId, details.Kind, ProtectorOf(store.Id, id).Protect(details.ToJson()), details.Masked,
                    keys.Hash(store, "payout", details.Key), now, actor);
                if (!await db.InTransactionAsync(tx => WriteAsync(tx, row), cancel: cancel))
                {
                    return new MethodChange.AmbassadorUnknown();
                }

                // Whoever changes where money goes is on record.
                Log.MethodSet(logger, store.Id, ambassadorId, details.Kind, actor);
                return new MethodChange.Done((await FindAsync(store, ambassadorId, cancel))!);
            }
            // Somebody else named one at the same moment; this one is the later.
            catch (DbException e) when (db.Dialect.IsUniqueViolation(e) && tries < RaceTriesMax)
            {
            }
        }
    }

    /// <summary>
    /// Takes the method away; whoever has a Stripe account is paid there again, after the seven days. Returns what is there then; null
    /// where the store has no such ambassador.
    /// </summary>
    public async Task<ChosenMethod?> RemoveAsync(Store store, string ambassadorId, string actor, CancellationToken cancel)
    {
        var removed = await db.InTransactionAsync(
            async tx =>
            {
                var args = new { storeId = store.Id, ambassadorId, now = clock.GetUtcNow() };
                var before = await tx.OneAsync<string?>(ReadMasked, args);
                var ended = await tx.DoAsync(End, args);
                if (ended > 0)
                {
                    // Whoever has a Stripe account is paid there again; else nothing is paid anywhere, and there is nothing to ask.
                    var after = DestinationChanges.Mask(await tx.OneAsync<string?>(ReadStripeAccount, args));
                    await RecordAsync(tx, args.storeId, new NewPayoutChange(ambassadorId, PayoutChangeKind.Method, before, after, actor), isAsked: after is not null, args.now);
                }

                return ended;
            },
            cancel: cancel);
        if (removed > 0)
        {
            Log.MethodRemoved(logger, store.Id, ambassadorId, actor);
        }

        return await FindAsync(store, ambassadorId, cancel);
    }

    /// <summary>The details of a method's row, in full: for an export, and nothing else.</summary>
    public PayoutDetails Open(string storeId, string methodId, byte[] sealedDetails) =>
        PayoutDetails.FromJson(ProtectorOf(storeId, methodId).Unprotect(sealedDetails));

    private const string HoldAmbassador = "UPDATE ambassadors SET state = state WHERE store_id = @StoreId AND id = @AmbassadorId";

    private const string ReadStripeAccount = "SELECT stripe_account FROM ambassadors WHERE store_id = @storeId AND id = @ambassadorId";

    private const string ReadMasked =
        "SELECT masked FROM payout_methods WHERE store_id = @storeId AND ambassador_id = @ambassadorId AND ended_at IS NULL";

    private const string ReadLast =
        """
        SELECT details_hash, ended_at FROM payout_methods WHERE store_id = @StoreId AND ambassador_id = @AmbassadorId
            AND id = (SELECT MAX(n.id) FROM payout_methods n WHERE n.store_id = @StoreId AND n.ambassador_id = @AmbassadorId)
        """;

    // What no payout was made for is needed no longer.
    private const string End =
        """
        UPDATE payout_methods SET ended_at = @now, sealed = CASE WHEN EXISTS (SELECT 1 FROM payouts p
            WHERE p.store_id = payout_methods.store_id AND p.ambassador_id = @ambassadorId AND p.destination = payout_methods.id) THEN sealed ELSE NULL END
        WHERE store_id = @storeId AND ambassador_id = @ambassadorId AND ended_at IS NULL
        """;

    private const string Insert =
        """
        INSERT INTO payout_methods (store_id, id, ambassador_id, kind, sealed, masked, details_hash, created_at, created_by)
        VALUES (@StoreId, @Id, @AmbassadorId, @Kind, @Sealed, @Masked, @DetailsHash, @CreatedAt, @CreatedBy)
        """;

    private static async Task<bool> WriteAsync(Tx tx, NewRow row)
    {
        if (await tx.DoAsync(HoldAmbassador, row) == 0)
        {
            return false;
        }

        var isChange = await IsChangeAsync(tx, row);
        var args = new { storeId = row.StoreId, ambassadorId = row.AmbassadorId, now = row.CreatedAt };
        var before = await tx.OneAsync<string?>(ReadMasked, args) ?? DestinationChanges.Mask(await tx.OneAsync<string?>(ReadStripeAccount, args));
        await tx.DoAsync(End, args);
        await tx.DoAsync(Insert, row);
        await RecordAsync(
            tx, row.StoreId, new NewPayoutChange(row.AmbassadorId, PayoutChangeKind.Method, before, row.Masked, row.CreatedBy), isChange, row.CreatedAt);
        return true;
    }

    private static Task RecordAsync(Tx tx, string storeId, NewPayoutChange change, bool isAsked, DateTimeOffset now) =>
        isAsked ? PayoutChanges.AskAsync(tx, storeId, change, ChangedWhy, now) : PayoutChanges.NoteAsync(tx, storeId, change, now);

    /// <summary>Whether the money would go elsewhere than now, or where it goes nowhere, than it last did.</summary>
    private static async Task<bool> IsChangeAsync(Tx tx, NewRow row)
    {
        var last = await tx.OneAsync<LastRow>(ReadLast, row);
        return last is { EndedAt: null } ? last.DetailsHash != row.DetailsHash
            : await tx.OneAsync<string?>(ReadStripeAccount, new { storeId = row.StoreId, ambassadorId = row.AmbassadorId }) is not null
            || (last is not null ? last.DetailsHash != row.DetailsHash : await DestinationHold.HadWayAsync(tx, row.StoreId, row.AmbassadorId));
    }

    // What is sealed for one method opens for no other, so that rows cannot be exchanged.
    private IDataProtector ProtectorOf(string storeId, string methodId) => _protector.CreateProtector(storeId, methodId);

    private sealed record AmbassadorRow(DateTimeOffset? PayoutsFrom, string? PayoutsFromWhy);

    private sealed record UsedRow(string Id, string Kind, string Masked, DateTimeOffset CreatedAt, string CreatedBy, byte[]? Sealed)
    {
        public ShownMethod Shown => new(Id, Kind, Masked, CreatedAt, CreatedBy);
    }

    private sealed record LastRow(string DetailsHash, DateTimeOffset? EndedAt);

    private sealed record NewRow(
        string StoreId, string Id, string AmbassadorId, string Kind, byte[] Sealed, string Masked, string DetailsHash, DateTimeOffset CreatedAt, string CreatedBy);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "The payout method of ambassador {AmbassadorId} of store {StoreId} is {Kind} now, by {Actor}")]
        public static partial void MethodSet(ILogger logger, string storeId, string ambassadorId, string kind, string actor);

        [LoggerMessage(LogLevel.Information, "The payout method of ambassador {AmbassadorId} of store {StoreId} was taken away by {Actor}")]
        public static partial void MethodRemoved(ILogger logger, string storeId, string ambassadorId, string actor);
    }
}
