// When a balance below the minimum is paid all the same (rule H7): values in, value out.
using StorePlugin.Stores;

namespace StorePlugin.Payouts;

internal static class MinimumWaiver
{
    /// <summary>After so many calendar months without a movement of the balance the minimum no longer counts.</summary>
    public const int MonthsWithoutMovement = 12;

    /// <summary>Why the minimum does not count, as the end of a sentence; null: it does.</summary>
    /// <param name="state">The ambassador's.</param>
    /// <param name="movedAt">When the balance last moved; null where it is not known.</param>
    public static string? Of(Store store, string? state, string? campaignState, DateTimeOffset? movedAt, DateTimeOffset now) =>
        state == "ended" ? "the ambassador has left"
        : campaignState == "ended" ? "the campaign has ended"
        : !store.IsInstalled ? "the store has left"
        : movedAt is { } moved && now >= CalendarMonths.After(moved, MonthsWithoutMovement, store.Zone) ? $"nothing has moved for {MonthsWithoutMovement} months"
        : null;
}
