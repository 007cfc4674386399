// Tells a worker that something new is due, so that it need not ask the database over and over.
namespace StorePlugin.Inbox;

/// <summary>Set by whoever commits work; waited on by the one worker it belongs to.</summary>
internal sealed class WorkSignal : IDisposable
{
    private readonly SemaphoreSlim _semaphore = new(0, 1);
    private readonly Lock _lock = new();

    public void Set()
    {
        lock (_lock)
        {
            if (_semaphore.CurrentCount == 0)
            {
                _semaphore.Release();
            }
        }
    }

    /// <summary>Returns when the signal was set, or when the time is over.</summary>
    public Task WaitAsync(TimeSpan atMost, CancellationToken cancel) => _semaphore.WaitAsync(atMost, cancel);

    public void Dispose() => _semaphore.Dispose();
}
