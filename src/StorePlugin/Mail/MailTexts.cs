// The merchant's own words for mails, kept for each store and mail.
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Mail;

/// <summary>Words of a merchant; null where ours stay.</summary>
/// <param name="Opening">A sentence or more, each line a paragraph of its own.</param>
/// <param name="Closing">Stands behind everything else but the foot.</param>
internal sealed record MailText(string Mail, string? Subject, string? Opening, string? Closing, DateTimeOffset UpdatedAt, string UpdatedBy)
{
    public const int SubjectLengthMax = 150;
    public const int OpeningLengthMax = 1500;
    public const int ClosingLengthMax = 500;
}

internal sealed class MailTexts(Db db)
{
    private const string ReadAll =
        "SELECT mail, subject, opening, closing, updated_at, updated_by FROM mail_texts WHERE store_id = @storeId ORDER BY mail";

    private const string ReadOne =
        "SELECT mail, subject, opening, closing, updated_at, updated_by FROM mail_texts WHERE store_id = @storeId AND mail = @mail";

    private const string Update =
        """
        UPDATE mail_texts SET subject = @subject, opening = @opening, closing = @closing, updated_at = @updatedAt, updated_by = @updatedBy
        WHERE store_id = @storeId AND mail = @mail
        """;

    private const string Insert =
        """
        INSERT INTO mail_texts (store_id, mail, subject, opening, closing, updated_at, updated_by)
        VALUES (@storeId, @mail, @subject, @opening, @closing, @updatedAt, @updatedBy)
        """;

    private const string Delete = "DELETE FROM mail_texts WHERE store_id = @storeId AND mail = @mail";

    public Task<IReadOnlyList<MailText>> ListAsync(Store store, CancellationToken cancel) => db.ManyAsync<MailText>(ReadAll, new { storeId = store.Id }, cancel);

    public Task<MailText?> FindAsync(Store store, string mail, CancellationToken cancel) => db.OneAsync<MailText>(ReadOne, new { storeId = store.Id, mail }, cancel);

    /// <summary>Keeps words whose placeholders have been checked.</summary>
    public Task KeepAsync(Store store, MailText text, CancellationToken cancel) => db.InTransactionAsync(
        async tx =>
        {
            var args = new
            {
                storeId = store.Id,
                mail = text.Mail,
                subject = text.Subject,
                opening = text.Opening,
                closing = text.Closing,
                updatedAt = text.UpdatedAt,
                updatedBy = text.UpdatedBy,
            };
            await tx.HoldAsync($"{store.Id} mail text");
            if (await tx.DoAsync(Update, args) == 0)
            {
                await tx.DoAsync(Insert, args);
            }
        },
        cancel: cancel);

    /// <summary>Goes back to our words.</summary>
    public Task DropAsync(Store store, string mail, CancellationToken cancel) => db.DoAsync(Delete, new { storeId = store.Id, mail }, cancel);
}
