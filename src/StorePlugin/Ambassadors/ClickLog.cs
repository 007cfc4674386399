// Records clicks durably before the shopper is sent on; clicks that arrive together share one commit.
using System.Data.Common;
using System.Threading.Channels;
using StorePlugin.Data;

namespace StorePlugin.Ambassadors;

/// <summary>
/// A click as it is kept: instant, link and class of the referrer, and nothing of the person (rule T11).
/// </summary>
/// <param name="LocalDay">The store's day of the instant, as yyyymmdd.</param>
/// <param name="ReferrerClass">A word of <see cref="Referrer"/>.</param>
/// <param name="IsFirst">Whether it is the first of its day by the same visitor, see <see cref="DailyVisitors"/>.</param>
/// <param name="HasConsent">Whether the shopper had agreed to be followed; false where nobody had asked, as when a link is followed.</param>
internal sealed record Click(
    string StoreId, string Id, string AmbassadorId, string CampaignId, DateTimeOffset At, long LocalDay, string ReferrerClass, bool IsFirst, bool HasConsent)
{
    public string Visit => IsFirst ? "first" : "repeat";

    public string Consent => HasConsent ? "granted" : "unknown";
}

internal sealed class ClickLog : IAsyncDisposable
{
    private const int BatchMax = 256;

    // Beyond this many waiting shoppers the database is not keeping up; they are sent on without a click.
    private const int WaitingMax = 10_000;

    // A click waits for the disk for milliseconds. A database that is held by another program is no reason to keep a
    // shopper from the store; a click that is written later still counts.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private const string Insert =
        """
        INSERT INTO clicks (store_id, id, ambassador_id, campaign_id, at, referrer_class, consent, visit)
        VALUES (@StoreId, @Id, @AmbassadorId, @CampaignId, @At, @ReferrerClass, @Consent, @Visit)
        """;

    private readonly Db _db;
    private readonly Channel<Waiting> _waiting = Channel.CreateBounded<Waiting>(
        new BoundedChannelOptions(WaitingMax) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    private readonly Task _loop;

    public ClickLog(Db db)
    {
        _db = db;
        _loop = Task.Run(LoopAsync);
    }

    /// <summary>Returns when the click is committed.</summary>
    /// <exception cref="ClickLostException">It could not be written, or not while a shopper waits.</exception>
    public async Task RecordAsync(Click click, CancellationToken cancel)
    {
        var waiting = new Waiting(click, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        if (!_waiting.Writer.TryWrite(waiting))
        {
            throw new ClickLostException("Too many clicks are waiting to be written.", null);
        }

        try
        {
            await waiting.Done.Task.WaitAsync(Patience, cancel);
        }
        catch (TimeoutException e)
        {
            throw new ClickLostException("The database does not take the click in time.", e);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        await _loop;
    }

    private async Task LoopAsync()
    {
        var batch = new List<Waiting>(BatchMax);
        while (await _waiting.Reader.WaitToReadAsync())
        {
            while (batch.Count < BatchMax && _waiting.Reader.TryRead(out var next))
            {
                batch.Add(next);
            }

            await WriteAsync(batch);
            batch.Clear();
        }
    }

    private async Task WriteAsync(List<Waiting> batch)
    {
        // A failure belongs to the requests that wait; each decides what its shopper gets.
        try
        {
            await _db.InTransactionAsync(
                async tx =>
                {
                    await using var insert = new Prepared(tx, Insert);
                    foreach (var (click, _) in batch)
                    {
                        await insert.DoAsync(
                            ("StoreId", click.StoreId), ("Id", click.Id), ("AmbassadorId", click.AmbassadorId),
                            ("CampaignId", click.CampaignId), ("At", click.At), ("ReferrerClass", click.ReferrerClass), ("Consent", click.Consent),
                            ("Visit", click.Visit));
                    }

                    await ClickDays.AddAsync(tx, batch.Select(waiting => waiting.Click));
                },
                WriteTurn.Intake);
            batch.ForEach(waiting => waiting.Done.SetResult());
        }
        catch (Exception e)
        {
            // Where another program holds the database, whoever waits behind would wait in vain too.
            while (e is DbException fault && _db.Dialect.IsTransient(fault) && _waiting.Reader.TryRead(out var next))
            {
                batch.Add(next);
            }

            batch.ForEach(waiting => waiting.Done.SetException(new ClickLostException("The database did not take the click.", e)));
        }
    }

    private sealed record Waiting(Click Click, TaskCompletionSource Done);
}

/// <summary>A click was not recorded; the shopper's way to the store must not end for that.</summary>
internal sealed class ClickLostException(string message, Exception? inner) : Exception(message, inner);
