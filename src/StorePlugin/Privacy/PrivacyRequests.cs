// The requests that platforms have made for a person's or a store's sake, with their files and who took them.
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Privacy;

/// <param name="Subject">The platform's number of the request, or what stands for it; a request of the same subject is the same.</param>
/// <param name="RequestId">The platform's number of it, where there is one.</param>
internal sealed record NewRequest(string Topic, string Subject, string? RequestId);

/// <summary>A request as it is listed. Instants are UTC.</summary>
/// <param name="State">
/// <c>ready</c>: its file can be fetched; <c>dropped</c>: it cannot any more; <c>erasing</c>, <c>done</c>; <c>stopped</c>: the store
/// came back before all of it was erased.
/// </param>
/// <param name="FileUntil">Until when its file is kept; null where there is none.</param>
internal sealed record PrivacyRequestRow(
    string Id, string Topic, string? RequestId, DateTimeOffset ReceivedAt, string State, DateTimeOffset? DoneAt, DateTimeOffset? FileUntil);

/// <param name="Who">The API key, or the session of the dashboard.</param>
internal sealed record PrivacyDownload(string Id, string Who, DateTimeOffset At);

/// <summary>The tables <c>privacy_requests</c>, <c>privacy_request_customers</c> and <c>privacy_downloads</c>.</summary>
internal sealed class PrivacyRequests(Db db, StoreKeys keys, TimeProvider clock)
{
    public const string IdPrefix = "prv";

    private const string FindSubject = "SELECT id FROM privacy_requests WHERE store_id = @storeId AND topic = @topic AND subject = @subject";

    private const string InsertFile =
        """
        INSERT INTO privacy_requests (store_id, id, topic, subject, request_id, received_at, state, done_at, file_sealed, file_until)
        VALUES (@storeId, @id, @topic, @subject, @requestId, @now, 'ready', @now, @file, @until)
        """;

    private const string InsertCustomer =
        "INSERT INTO privacy_request_customers (store_id, customer_key, request_id) VALUES (@StoreId, @Key, @Id)";

    private const string InsertErasing =
        """
        INSERT INTO privacy_requests (store_id, id, topic, subject, received_at, state, erased_at)
        VALUES (@storeId, @id, @topic, @subject, @now, 'erasing', @erasedAt)
        """;

    private const string EraseAgain =
        "UPDATE privacy_requests SET state = 'erasing', erased_at = @erasedAt, done_at = NULL WHERE store_id = @storeId AND topic = @topic AND subject = @subject";

    private const string FindFilesOf =
        "SELECT DISTINCT request_id FROM privacy_request_customers WHERE store_id = @storeId AND customer_key IN @keys";

    private const string DropFile =
        "UPDATE privacy_requests SET state = 'dropped', file_sealed = NULL WHERE store_id = @StoreId AND id = @Id AND state = 'ready'";

    private const string DropCustomers = "DELETE FROM privacy_request_customers WHERE store_id = @StoreId AND request_id = @Id";

    /// <summary>The id of the request with this subject; null where there is none.</summary>
    public static Task<string?> FindAsync(Tx tx, string storeId, string topic, string subject) =>
        tx.OneAsync<string>(FindSubject, new { storeId, topic, subject });

    /// <summary>Adds a request whose file is ready.</summary>
    /// <param name="customer">The hashes of whom it is about.</param>
    public static async Task AddFileAsync(
        Tx tx, string storeId, string id, NewRequest request, byte[] file, IEnumerable<string> customer, DateTimeOffset now, DateTimeOffset until)
    {
        await tx.DoAsync(InsertFile, new { storeId, id, topic = request.Topic, subject = request.Subject, requestId = request.RequestId, now, file, until });
        foreach (var key in customer)
        {
            await tx.DoAsync(InsertCustomer, new { StoreId = storeId, Key = key, Id = id });
        }
    }

    /// <summary>Adds a request whose remainder is done in steps, or has the steps of the same one done anew.</summary>
    public static async Task BeginErasingAsync(Tx tx, string storeId, NewRequest request, DateTimeOffset now, DateTimeOffset? erasedAt)
    {
        if (await tx.DoAsync(EraseAgain, new { storeId, topic = request.Topic, subject = request.Subject, erasedAt }) == 0)
        {
            await tx.DoAsync(InsertErasing, new { storeId, id = Ids.New(IdPrefix, now), topic = request.Topic, subject = request.Subject, now, erasedAt });
        }
    }

    /// <summary>Drops the files about a person.</summary>
    public static async Task DropFilesOfAsync(Tx tx, string storeId, IReadOnlyCollection<string> customer)
    {
        foreach (var id in await tx.ManyAsync<string>(FindFilesOf, new { storeId, keys = new TextList(customer) }))
        {
            await DropFileAsync(tx, storeId, id);
        }
    }

    /// <summary>Drops a file, and whom it was about. Returns 1; 0 where there was none any more.</summary>
    public static async Task<int> DropFileAsync(Tx tx, string storeId, string id)
    {
        await tx.DoAsync(DropCustomers, new { StoreId = storeId, Id = id });
        return await tx.DoAsync(DropFile, new { StoreId = storeId, Id = id });
    }

    private const string Columns = "SELECT id, topic, request_id, received_at, state, done_at, file_until FROM privacy_requests WHERE store_id = @storeId";

    private const string ReadOne = Columns + " AND id = @id";

    private const string ReadMany = Columns + " AND id > @after ORDER BY id ";

    private const string ReadNewest = Columns + " ORDER BY id DESC ";

    public Task<PrivacyRequestRow?> GetAsync(Store store, string id, CancellationToken cancel) =>
        db.OneAsync<PrivacyRequestRow>(ReadOne, new { storeId = store.Id, id }, cancel);

    /// <summary>Oldest first, after one of them.</summary>
    public Task<IReadOnlyList<PrivacyRequestRow>> ListAsync(Store store, string after, long take, CancellationToken cancel) =>
        db.ManyAsync<PrivacyRequestRow>(ReadMany + db.Page, new { storeId = store.Id, after, take }, cancel);

    public Task<IReadOnlyList<PrivacyRequestRow>> NewestAsync(Store store, long take, CancellationToken cancel) =>
        db.ManyAsync<PrivacyRequestRow>(ReadNewest + db.Page, new { storeId = store.Id, take }, cancel);

    private const string ReadDownloads =
        "SELECT id, who, at FROM privacy_downloads WHERE store_id = @storeId AND request_id = @requestId AND id > @after ORDER BY id ";

    public Task<IReadOnlyList<PrivacyDownload>> DownloadsAsync(Store store, string requestId, string after, long take, CancellationToken cancel) =>
        db.ManyAsync<PrivacyDownload>(ReadDownloads + db.Page, new { storeId = store.Id, requestId, after, take }, cancel);

    private const string ReadFile = "SELECT file_sealed FROM privacy_requests WHERE store_id = @storeId AND id = @id AND state = 'ready' AND file_until > @now";

    private const string InsertDownload =
        "INSERT INTO privacy_downloads (store_id, request_id, id, who, at) VALUES (@storeId, @id, @downloadId, @who, @now)";

    /// <summary>Opens a file, and keeps that it was taken: it is personal data (docs/decisions/0018-erasure.md). Null: there is none, or none any more.</summary>
    /// <param name="who">The API key, or the session of the dashboard.</param>
    public async Task<PersonFile?> TakeFileAsync(Store store, string id, string who, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var file = await db.InTransactionAsync(
            async tx =>
            {
                var args = new { storeId = store.Id, id, now, who, downloadId = Ids.New("pdl", now) };
                var found = await tx.OneAsync<byte[]>(ReadFile, args);
                if (found is not null)
                {
                    await tx.DoAsync(InsertDownload, args);
                }

                return found;
            },
            cancel: cancel);
        return file is null ? null : PersonFile.FromJson(keys.OpenBody(store, id, file));
    }
}
