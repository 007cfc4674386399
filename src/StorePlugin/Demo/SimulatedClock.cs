// The demo's time: it stands still until it is moved, never passes the real present, and follows it in the end.
namespace StorePlugin.Demo;

/// <summary>One clock for the app, the rehearsal store and its Stripe counterpart.</summary>
internal sealed class SimulatedClock(TimeProvider real, DateTimeOffset start) : TimeProvider
{
    private readonly ManualClock _simulated = new(start);
    private volatile bool _follows;

    public override DateTimeOffset GetUtcNow() => _follows ? real.GetUtcNow() : _simulated.GetUtcNow();

    /// <summary>Moves forward, at most to the real present; backward is nothing.</summary>
    public void MoveTo(DateTimeOffset instant)
    {
        var present = real.GetUtcNow();
        _simulated.MoveTo(instant < present ? instant : present);
    }

    /// <summary>Arrives in the real present and stays there.</summary>
    public void Follow()
    {
        _simulated.MoveTo(real.GetUtcNow());
        _follows = true;
    }
}
