// Addresses that get no mail, or none that is not owed: known by keyed hash only (rule F8), for a reason, and with who lifted it.
using System.Data.Common;
using StorePlugin.Ambassadors;
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Mail;

internal static class SuppressionReason
{
    /// <summary>The person wants no more of what is not owed. Only they themselves can take it back.</summary>
    public const string OptedOut = "opted_out";

    /// <summary>Mail to the address came back for good.</summary>
    public const string Bounced = "bounced";

    /// <summary>The person has told their mail provider that a mail was unwanted.</summary>
    public const string Complained = "complained";

    /// <summary>The store's people want no mail to go there.</summary>
    public const string ByMerchant = "by_merchant";
}

/// <summary>An entry of the list that has not been lifted.</summary>
// By properties, not by position: SQLite has no type for a least one where there is none.
internal sealed record Suppression
{
    public string Id { get; init; } = "";

    /// <summary>One of the constants.</summary>
    public string Reason { get; init; } = "";

    public DateTimeOffset Since { get; init; }

    /// <summary>The code of a bounce, or what the merchant has noted; never an address.</summary>
    public string? Detail { get; init; }

    public string AddedBy { get; init; } = "";

    /// <summary>Somebody who has the address, where an ambassador does.</summary>
    public string? AmbassadorId { get; init; }
}

/// <summary>What came of lifting one.</summary>
internal enum LiftStep
{
    Done,
    Unknown,
    OnlyThePerson,
}

internal sealed class Suppressions(Db db, StoreKeys keys, TimeProvider clock)
{
    public const int DetailLengthMax = 200;

    /// <summary>Who puts an address on the list, where nobody of the store does.</summary>
    public const string TheReader = "the reader";
    public const string TheMailServer = "a mail server";
    private const string TheirOldAddress = "the address of before";

    // Grouped, so that SQLite finds them by the person and does not look for the first of all that fits.
    private const string Columns =
        """
        SELECT s.id, s.reason, s.since, s.detail, s.added_by,
            (SELECT MIN(a.id) FROM ambassadors a WHERE a.store_id = s.store_id AND a.person_hash = s.address_hash GROUP BY a.person_hash) AS ambassador_id
        FROM mail_suppressions s WHERE s.store_id = @storeId AND s.lifted_at IS NULL
        """;

    private const string ReadMany = Columns + " AND s.id > @after ORDER BY s.id ";

    private const string ReadOne = Columns + " AND s.id = @id";

    private const string ReadReasons = "SELECT reason FROM mail_suppressions WHERE store_id = @storeId AND address_hash = @hash AND lifted_at IS NULL";

    private const string Insert =
        """
        INSERT INTO mail_suppressions (store_id, id, address_hash, reason, since, detail, added_by)
        SELECT @storeId, @id, @hash, @reason, @now, @detail, @addedBy
        WHERE NOT EXISTS (SELECT 1 FROM mail_suppressions
            WHERE store_id = @storeId AND address_hash = @hash AND reason = @reason AND lifted_at IS NULL)
        """;

    private const string FindLive =
        "SELECT id FROM mail_suppressions WHERE store_id = @storeId AND address_hash = @hash AND reason = @reason AND lifted_at IS NULL";

    private const string Lift =
        """
        UPDATE mail_suppressions SET lifted_at = @now, lifted_by = @by, lift_reason = @why
        WHERE store_id = @storeId AND id = @id AND reason <> 'opted_out' AND lifted_at IS NULL
        """;

    private const string LiftOptOut =
        """
        UPDATE mail_suppressions SET lifted_at = @now, lifted_by = @by
        WHERE store_id = @storeId AND address_hash = @hash AND reason = 'opted_out' AND lifted_at IS NULL
        """;

    /// <summary>The hash by which an address is known: the same as an ambassador's, whatever follows a plus.</summary>
    public string HashOf(Store store, string email) => keys.Hash(store, "email", PersonKey.OfEmail(email));

    public Task<IReadOnlyList<Suppression>> ListAsync(Store store, string after, long take, CancellationToken cancel) =>
        db.ManyAsync<Suppression>(ReadMany + db.Page, new { storeId = store.Id, after, take }, cancel);

    public Task<Suppression?> FindAsync(Store store, string id, CancellationToken cancel) =>
        db.OneAsync<Suppression>(ReadOne, new { storeId = store.Id, id }, cancel);

    /// <summary>Puts an address on the list, unless it is there for the same reason. Returns the id of the entry.</summary>
    public async Task<string> AddAsync(Store store, string hash, string reason, string? detail, string addedBy, CancellationToken cancel)
    {
        try
        {
            return await db.InTransactionAsync(tx => AddAsync(tx, store.Id, hash, reason, detail, addedBy), cancel: cancel);
        }
        // Another instance has put it there between the look and the write.
        catch (DbException e) when (db.Dialect.IsUniqueViolation(e))
        {
            return (await db.OneAsync<string>(FindLive, new { storeId = store.Id, hash, reason }, cancel))!;
        }
    }

    private async Task<string> AddAsync(Tx tx, string storeId, string hash, string reason, string? detail, string addedBy)
    {
        var now = clock.GetUtcNow();
        await tx.DoAsync(Insert, new { storeId, id = Ids.New("sup", now), hash, reason, now, detail, addedBy });
        return (await tx.OneAsync<string>(FindLive, new { storeId, hash, reason }))!;
    }

    /// <summary>
    /// Has a person's wish, and the merchant's about them, hold for their new address as well. That mail came back, or was called unwanted,
    /// is about the mailbox of before.
    /// </summary>
    public static async Task MoveAsync(Tx tx, string storeId, string from, string to, DateTimeOffset now)
    {
        foreach (var reason in await tx.ManyAsync<string>(ReadReasons, new { storeId, hash = from }))
        {
            if (reason is SuppressionReason.OptedOut or SuppressionReason.ByMerchant)
            {
                await tx.DoAsync(Insert, new { storeId, id = Ids.New("sup", now), hash = to, reason, now, detail = (string?)null, addedBy = TheirOldAddress });
            }
        }
    }

    /// <summary>Lifts an entry for the merchant; what the person has asked for stays.</summary>
    public async Task<LiftStep> LiftAsync(Store store, string id, string by, string why, CancellationToken cancel)
    {
        if (await db.DoAsync(Lift, new { storeId = store.Id, id, by, why, now = clock.GetUtcNow() }, cancel) == 1)
        {
            return LiftStep.Done;
        }

        return await FindAsync(store, id, cancel) is null ? LiftStep.Unknown : LiftStep.OnlyThePerson;
    }

    /// <summary>The person wants such mails again.</summary>
    public Task<int> LiftOptOutAsync(Store store, string hash, CancellationToken cancel) =>
        db.DoAsync(LiftOptOut, new { storeId = store.Id, hash, by = TheReader, now = clock.GetUtcNow() }, cancel);

    public async Task<bool> HasOptedOutAsync(Store store, string hash, CancellationToken cancel) =>
        await db.OneAsync<string>(FindLive, new { storeId = store.Id, hash, reason = SuppressionReason.OptedOut }, cancel) is not null;

    /// <summary>Why no mail goes to the address, in words without it; null where it may.</summary>
    /// <param name="isExempt">The mail is owed whatever the person wishes.</param>
    public static async Task<string?> WhyKeptBackAsync(Tx tx, string storeId, string hash, bool isExempt)
    {
        var reasons = await tx.ManyAsync<string>(ReadReasons, new { storeId, hash });
        return reasons.Contains(SuppressionReason.Bounced) ? "Mail to the address came back for good, and none is sent there until that is lifted."
            : reasons.Contains(SuppressionReason.Complained) ? "The person has told their mail provider that such mail is unwanted, and none is sent until that is lifted."
            : reasons.Contains(SuppressionReason.ByMerchant) ? "The store's people want no mail to go to the address."
            : reasons.Contains(SuppressionReason.OptedOut) && !isExempt ? "The person wants none of these mails."
            : null;
    }
}
