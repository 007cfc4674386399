// Instants as columns keep them: in whole milliseconds, UTC.
namespace StorePlugin.Data;

internal static class Instants
{
    /// <summary>What a column gives back of an instant: what is decided before it is written is decided again from the same.</summary>
    public static DateTimeOffset Kept(DateTimeOffset instant) => DateTimeOffset.FromUnixTimeMilliseconds(instant.ToUnixTimeMilliseconds());

    public static DateTimeOffset? Kept(DateTimeOffset? instant) => instant is { } known ? Kept(known) : null;
}
