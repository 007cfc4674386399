// The Stripe account of a rehearsal store: what Stripe would keep of it, and the keys that the app is given.
using System.Data.Common;
using System.Text.Json;
using StorePlugin.Data;

namespace StorePlugin.Stores.Rehearsal;

/// <summary>An answer of the counterpart: status and body as they are kept and replayed, and the id of the request.</summary>
/// <param name="OriginalRequestId">The first request with the same key, on a replay; else null.</param>
internal sealed record StripeAnswer(int Status, string Body, string RequestId, string? OriginalRequestId = null);

/// <summary>
/// Creates and remembers transfers. A key that comes again with the same request gets the same answer for a day; with
/// another request it is refused. The balance is without limit in the store's own currency and empty in all others.
/// </summary>
internal sealed class RehearsalStripeAccount(Db db, Credentials credentials, TimeProvider clock)
{
    public static readonly TimeSpan KeyLifetime = TimeSpan.FromHours(24);

    private const string InsertTransfer =
        """
        INSERT INTO rehearsal_transfers
            (store_id, id, amount, currency, destination, transfer_group, description, metadata, created_at)
        VALUES (@storeId, @Id, @Amount, @Currency, @Destination, @TransferGroup, @Description, @Metadata, @CreatedAt)
        """;

    private const string FindRequest =
        """
        SELECT request_hash, request_id, status, body, created_at FROM rehearsal_requests
        WHERE store_id = @storeId AND idempotency_key = @key
        """;

    private const string DeleteRequest =
        "DELETE FROM rehearsal_requests WHERE store_id = @storeId AND idempotency_key = @key";

    private const string InsertRequest =
        """
        INSERT INTO rehearsal_requests (store_id, idempotency_key, request_hash, request_id, status, body, created_at)
        VALUES (@storeId, @key, @requestHash, @requestId, @status, @body, @now)
        """;

    private const string ReadCurrency = "SELECT currency FROM rehearsal_shops WHERE store_id = @storeId";

    /// <summary>Makes the account's keys and entrusts them to the app, as a merchant would paste them.</summary>
    public async Task ConnectAsync(Store store, CancellationToken cancel)
    {
        // Letters and digits only, as in every key of Stripe's.
        var secretKey = "sk_rehearsal_" + Ids.NewUnguessable() + Ids.NewUnguessable();
        await db.InTransactionAsync(
            async tx =>
            {
                await RehearsalShopDb.KeepStripeKeyAsync(tx, store.Id, secretKey);
                await credentials.KeepAsync(tx, store.Id, CredentialKind.StripeSecretKey, new Credential(secretKey, null));
                await credentials.KeepAsync(
                    tx, store.Id, CredentialKind.StripeWebhookSecrets, new Credential("whsec_" + Ids.NewUnguessable() + Ids.NewUnguessable(), null));
            },
            cancel: cancel);
        credentials.Forget(store.Id, CredentialKind.StripeSecretKey);
        credentials.Forget(store.Id, CredentialKind.StripeWebhookSecrets);
    }

    /// <summary>Creates a transfer, or repeats what was answered before under the same key.</summary>
    /// <param name="key">The idempotency key; null where the request has none.</param>
    /// <param name="requestHash">The hash of method, path and body, which a key belongs to.</param>
    public Task<StripeAnswer> CreateAsync(
        string storeId, TransferRequest request, string? key, string requestHash, CancellationToken cancel) =>
        OnceAsync(storeId, key, requestHash, tx => ExecuteAsync(tx, storeId, request), cancel);

    /// <summary>Does what a request asks for, or repeats what was answered before under the same key.</summary>
    public async Task<StripeAnswer> OnceAsync(
        string storeId, string? key, string requestHash, Func<Tx, Task<StripeAnswer>> execute, CancellationToken cancel)
    {
        try
        {
            return await db.InTransactionAsync(
                async tx => key is null ? await execute(tx) : await ExecuteOnceAsync(tx, storeId, execute, key, requestHash), cancel: cancel);
        }
        // Another instance is answering the same key at this moment.
        catch (DbException e) when (db.Dialect.IsUniqueViolation(e))
        {
            return Refusal(409, StripeError.OfKeyInUse());
        }
    }

    private const string ReadTransfer =
        """
        SELECT id, amount, currency, destination, transfer_group, description, metadata, created_at
        FROM rehearsal_transfers WHERE store_id = @storeId AND id = @id
        """;

    public async Task<StripeAnswer> FindAsync(string storeId, string id, CancellationToken cancel) =>
        await db.OneAsync<Transfer>(ReadTransfer, new { storeId, id }, cancel) is { } transfer
            ? new StripeAnswer(200, StripeJson.Of(transfer), NewRequestId())
            : Refusal(404, StripeError.Of("resource_missing", $"No such transfer: '{id}'", "id"));

    private const string ListTransfers =
        """
        SELECT id, amount, currency, destination, transfer_group, description, metadata, created_at
        FROM rehearsal_transfers
        WHERE store_id = @storeId AND (@transferGroup IS NULL OR transfer_group = @transferGroup)
            AND created_at >= @since AND (@startingAfter IS NULL OR id < @startingAfter)
        ORDER BY id DESC

        """;

    /// <summary>Newest first, as Stripe lists.</summary>
    public async Task<StripeAnswer> ListAsync(
        string storeId, string? transferGroup, DateTimeOffset since, string? startingAfter, int limit, CancellationToken cancel)
    {
        var transfers = await db.ManyAsync<Transfer>(
            ListTransfers + db.Page, new { storeId, transferGroup, since, startingAfter, take = (long)limit + 1 }, cancel);
        return new StripeAnswer(200, StripeJson.OfList([.. transfers.Take(limit)], transfers.Count > limit), NewRequestId());
    }

    public StripeAnswer Refusal(int status, StripeError error) => new(status, StripeJson.Of(error), NewRequestId());

    private async Task<StripeAnswer> ExecuteOnceAsync(
        Tx tx, string storeId, Func<Tx, Task<StripeAnswer>> execute, string key, string requestHash)
    {
        var now = clock.GetUtcNow();
        if (await tx.OneAsync<Request>(FindRequest, new { storeId, key }) is { } first)
        {
            if (now - first.CreatedAt < KeyLifetime)
            {
                return first.RequestHash == requestHash
                    ? new StripeAnswer((int)first.Status, first.Body, NewRequestId(), first.RequestId)
                    : Refusal(400, StripeError.OfKeyReused(key));
            }

            await tx.DoAsync(DeleteRequest, new { storeId, key });
        }

        var answer = await execute(tx);
        await tx.DoAsync(
            InsertRequest,
            new { storeId, key, requestHash, requestId = answer.RequestId, status = (long)answer.Status, body = answer.Body, now });
        return answer;
    }

    // What is refused here has begun to execute, so a key keeps the refusal too.
    private async Task<StripeAnswer> ExecuteAsync(Tx tx, string storeId, TransferRequest request)
    {
        if (!request.Destination.StartsWith("acct_", StringComparison.Ordinal))
        {
            return Refusal(400, StripeError.Of("resource_missing", $"No such destination: '{request.Destination}'", "destination"));
        }

        var currency = await tx.OneAsync<string>(ReadCurrency, new { storeId });
        if (!string.Equals(currency, request.Currency, StringComparison.OrdinalIgnoreCase))
        {
            return Refusal(
                400,
                StripeError.Of("balance_insufficient", $"The rehearsal account has funds in {currency} only, and none in {request.Currency.ToUpperInvariant()}."));
        }

        var now = clock.GetUtcNow();
        var transfer = new Transfer(
            Ids.New("tr", now),
            request.Amount,
            request.Currency,
            request.Destination,
            request.TransferGroup,
            request.Description,
            JsonSerializer.Serialize(request.Metadata),
            now);
        await tx.DoAsync(
            InsertTransfer,
            new
            {
                storeId,
                transfer.Id,
                transfer.Amount,
                transfer.Currency,
                transfer.Destination,
                transfer.TransferGroup,
                transfer.Description,
                transfer.Metadata,
                transfer.CreatedAt,
            });
        return new StripeAnswer(200, StripeJson.Of(transfer), NewRequestId());
    }

    public string NewRequestId() => Ids.New("req", clock.GetUtcNow());

    private sealed record Request(string RequestHash, string RequestId, long Status, string Body, DateTimeOffset CreatedAt);
}

/// <summary>A request for a transfer whose parameters are there and well formed.</summary>
/// <param name="Amount">In the smallest unit by Stripe's own table.</param>
/// <param name="Currency">In lower case.</param>
internal sealed record TransferRequest(
    long Amount,
    string Currency,
    string Destination,
    string? TransferGroup,
    string? Description,
    IReadOnlyDictionary<string, string> Metadata);

/// <summary>A transfer as it is kept.</summary>
internal sealed record Transfer(
    string Id,
    long Amount,
    string Currency,
    string Destination,
    string? TransferGroup,
    string? Description,
    string Metadata,
    DateTimeOffset CreatedAt);
