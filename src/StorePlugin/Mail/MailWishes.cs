// Which mails an ambassador has switched off, kind by kind. What is owed (sign-in, security, terms, payments) is of no kind and always comes.
using StorePlugin.Data;

namespace StorePlugin.Mail;

/// <summary>The kinds that can be switched off.</summary>
internal static class MailKind
{
    /// <summary>The daily digest of orders.</summary>
    public const string Digest = "digest";

    /// <summary>Rewards, and what the store announces.</summary>
    public const string News = "news";

    /// <summary>That a message of the store waits.</summary>
    public const string Messages = "messages";

    public static readonly IReadOnlyList<string> All = [Digest, News, Messages];

    /// <summary>The kind of a mail; null for one that cannot be switched off by itself.</summary>
    public static string? Of(string mail) => mail switch
    {
        MailNotice.OrderDigest => Digest,
        MailNotice.RewardGiven => News,
        MailNotice.MessageWaits => Messages,
        _ => null,
    };
}

internal static class MailWishes
{
    private const string Read = "SELECT kind FROM mail_wishes WHERE store_id = @storeId AND ambassador_id = @ambassadorId ORDER BY kind";

    /// <summary>The kinds that an ambassador has switched off.</summary>
    public static Task<IReadOnlyList<string>> OffAsync(Tx tx, string storeId, string ambassadorId) => tx.ManyAsync<string>(Read, new { storeId, ambassadorId });

    public static Task<IReadOnlyList<string>> OffAsync(Db db, string storeId, string ambassadorId, CancellationToken cancel) =>
        db.ManyAsync<string>(Read, new { storeId, ambassadorId }, cancel);

    private const string Count = "SELECT CAST(COUNT(*) AS bigint) FROM mail_wishes WHERE store_id = @storeId AND ambassador_id = @ambassadorId AND kind = @kind";

    /// <summary>Whether a mail is of a kind that the ambassador has switched off.</summary>
    public static async Task<bool> IsOffAsync(Tx tx, string storeId, string? ambassadorId, string mail) =>
        ambassadorId is not null && MailKind.Of(mail) is { } kind && await tx.OneAsync<long>(Count, new { storeId, ambassadorId, kind }) > 0;

    private const string Insert =
        """
        INSERT INTO mail_wishes (store_id, ambassador_id, kind, since)
        SELECT @storeId, @ambassadorId, @kind, @now
        WHERE NOT EXISTS (SELECT 1 FROM mail_wishes WHERE store_id = @storeId AND ambassador_id = @ambassadorId AND kind = @kind)
        """;

    private const string Delete = "DELETE FROM mail_wishes WHERE store_id = @storeId AND ambassador_id = @ambassadorId AND kind = @kind";

    /// <summary>Switches a kind off or on, in the transaction of a caller who holds the ambassador.</summary>
    public static Task<int> SetAsync(Tx tx, string storeId, string ambassadorId, string kind, bool isWanted, DateTimeOffset now) =>
        tx.DoAsync(isWanted ? Delete : Insert, new { storeId, ambassadorId, kind, now });

    private const string DropAll = "DELETE FROM mail_wishes WHERE store_id = @storeId AND ambassador_id = @ambassadorId";

    public static Task<int> DropAsync(Tx tx, string storeId, string ambassadorId) => tx.DoAsync(DropAll, new { storeId, ambassadorId });
}
