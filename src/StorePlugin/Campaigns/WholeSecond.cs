// Platforms date orders by the second.
namespace StorePlugin.Campaigns;

internal static class WholeSecond
{
    /// <summary>
    /// Floors an instant that is compared with an order's: without this, an order of the same second would seem to lie
    /// before the launch, the approval or the assignment.
    /// </summary>
    public static DateTimeOffset Of(DateTimeOffset instant) => new(instant.UtcTicks - (instant.UtcTicks % TimeSpan.TicksPerSecond), TimeSpan.Zero);
}
