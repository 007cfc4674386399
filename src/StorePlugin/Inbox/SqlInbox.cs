// Intake's end in the database: deliveries that arrive together share one commit.
using System.Collections.Immutable;
using System.Data.Common;
using System.Text;
using System.Threading.Channels;
using StorePlugin.Data;
using StorePlugin.Stores;
using StorePlugin.Webhooks;

namespace StorePlugin.Inbox;

/// <summary>
/// Stores deliveries durably before the platform gets its 200 (rule I2). One fsync for each request would cost a factor
/// of many, so whatever waits is written in one transaction: group commit.
/// </summary>
internal sealed class SqlInbox : IInbox, IAsyncDisposable
{
    private const int BatchMax = 256;

    // While one write is on the disk the next one stands in the queue already, so that the writer never waits for us.
    private const int WritesMax = 2;

    // Beyond this many waiting requests the database is not keeping up, and the platform is told to come again.
    private const int WaitingMax = 10_000;

    private const string Insert =
        """
        INSERT INTO deliveries (store_id, source, delivery_key, id, topic, body, triggered_at, received_at, state, attempts, due_at)
        SELECT @StoreId, @Source, @Key, @Id, @Topic, @Body, @TriggeredAt, @Now, 'pending', 0, @Now
        WHERE NOT EXISTS (SELECT 1 FROM deliveries WHERE store_id = @StoreId AND source = @Source AND delivery_key = @Key)
        """;

    private readonly Db _db;
    private readonly StoreDirectory _stores;
    private readonly StoreKeys _keys;
    private readonly Credentials _credentials;
    private readonly WorkSignal _signal;
    private readonly SignatureFailures _failures;
    private readonly TimeProvider _clock;
    private readonly Channel<Waiting> _waiting = Channel.CreateBounded<Waiting>(
        new BoundedChannelOptions(WaitingMax) { FullMode = BoundedChannelFullMode.Wait });

    private readonly Task _loops;

    public SqlInbox(
        Db db, StoreDirectory stores, StoreKeys keys, Credentials credentials, WorkSignal signal, SignatureFailures failures, TimeProvider clock)
    {
        (_db, _stores, _keys, _credentials, _signal, _failures, _clock) = (db, stores, keys, credentials, signal, failures, clock);
        _loops = Task.WhenAll(Enumerable.Range(0, WritesMax).Select(_ => Task.Run(LoopAsync)));
    }

    public async ValueTask<Sender?> FindSenderAsync(WebhookSource source, string key, CancellationToken cancel)
    {
        var store = source == WebhookSource.Shopify
            ? await _stores.FindByDomainAsync("shopify", key, cancel)
            : await _stores.FindAsync(key, cancel);
        var speaksFor = source switch
        {
            WebhookSource.WooCommerce => "woocommerce",
            WebhookSource.Rehearsal => "rehearsal",
            WebhookSource.Shopify => "shopify",
            _ => store?.Platform,
        };
        if (store is null || store.State == "installing" || store.Platform != speaksFor)
        {
            return null;
        }

        return new Sender(store.Id, store.IsInstalled, await SecretsAsync(source, store, cancel), store.IsLive);
    }

    public void NoteWrongSignature(WebhookSource source, string? storeId) => _failures.Note(source, storeId);

    public async ValueTask<Acceptance> AcceptAsync(Delivery delivery, CancellationToken cancel)
    {
        var store = await _stores.GetAsync(delivery.StoreId, cancel);
        var now = _clock.GetUtcNow();
        var row = new Row(
            delivery.StoreId,
            delivery.Source.ToString().ToLowerInvariant(),
            delivery.Key,
            Ids.New("dlv", now),
            delivery.Topic,
            _keys.SealBody(store, delivery.Key, delivery.Body.Span),
            delivery.TriggeredAt,
            now);
        var waiting = new Waiting(row, new TaskCompletionSource<Acceptance>(TaskCreationOptions.RunContinuationsAsynchronously));
        if (!_waiting.Writer.TryWrite(waiting))
        {
            throw new InvalidOperationException("Too many deliveries are waiting to be written.");
        }

        // Not cancelled when the sender hangs up: the delivery is written all the same, within milliseconds.
        return await waiting.Done.Task;
    }

    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        await _loops;
    }

    private async ValueTask<ImmutableArray<byte[]>> SecretsAsync(WebhookSource source, Store store, CancellationToken cancel)
    {
        var kind = source switch
        {
            WebhookSource.WooCommerce or WebhookSource.Rehearsal => CredentialKind.WebhookSecret,
            WebhookSource.Stripe => CredentialKind.StripeWebhookSecrets,
            _ => null,
        };
        if (kind is null || await _credentials.FindCachedAsync(store.Id, kind, cancel) is not { } credential)
        {
            return [];
        }

        return [.. credential.Value.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Encoding.UTF8.GetBytes)];
    }

    private async Task LoopAsync()
    {
        while (await _waiting.Reader.WaitToReadAsync())
        {
            await WriteAsync([], BatchMax);
            _signal.Set();
        }
    }

    /// <summary>Writes the batch, which is first filled with what waits until it has this many rows.</summary>
    private async Task WriteAsync(List<Waiting> batch, int rows)
    {
        // A failure belongs to the requests that wait: each is answered 503, and the platform sends it again.
        try
        {
            var stored = await _db.InTransactionAsync(tx => InsertAsync(tx, batch, rows), WriteTurn.Intake);
            for (var i = 0; i < batch.Count; i++)
            {
                batch[i].Done.SetResult(stored[i] ? Acceptance.Stored : Acceptance.Duplicate);
            }
        }
        // Another instance stored one of them between the look and the write; alone, each finds its own answer.
        catch (DbException e) when (_db.Dialect.IsUniqueViolation(e) && batch.Count > 1)
        {
            foreach (var waiting in batch)
            {
                await WriteAsync([waiting], rows: 1);
            }
        }
        catch (DbException e) when (_db.Dialect.IsUniqueViolation(e))
        {
            batch[0].Done.SetResult(Acceptance.Duplicate);
        }
        catch (Exception e)
        {
            // The transaction may have failed before it took anything. Where another program holds the database, all that
            // waits is told so at once: a platform hangs up after seconds, and each further write would wait in vain too.
            Fill(batch, e is DbException fault && _db.Dialect.IsTransient(fault) ? int.MaxValue : rows);
            foreach (var waiting in batch)
            {
                waiting.Done.SetException(e);
            }
        }
    }

    /// <summary>
    /// Inserts the batch and says of each whether it is new. It is filled here, when the transaction has its turn, and
    /// not before: what came meanwhile shares the commit. When the transaction is run again, its rows are still there.
    /// </summary>
    private async Task<bool[]> InsertAsync(Tx tx, List<Waiting> batch, int rows)
    {
        Fill(batch, rows);
        var stored = new bool[batch.Count];
        await using var insert = new Prepared(tx, Insert);
        for (var i = 0; i < batch.Count; i++)
        {
            var row = batch[i].Row;
            stored[i] = await insert.DoAsync(
                ("StoreId", row.StoreId), ("Source", row.Source), ("Key", row.Key), ("Id", row.Id), ("Topic", row.Topic),
                ("Body", row.Body), ("TriggeredAt", row.TriggeredAt), ("Now", row.Now)) == 1;
        }

        return stored;
    }

    private void Fill(List<Waiting> batch, int rows)
    {
        while (batch.Count < rows && _waiting.Reader.TryRead(out var next))
        {
            batch.Add(next);
        }
    }

    private sealed record Row(
        string StoreId, string Source, string Key, string Id, string Topic, byte[] Body, DateTimeOffset? TriggeredAt, DateTimeOffset Now);

    private sealed record Waiting(Row Row, TaskCompletionSource<Acceptance> Done);
}
