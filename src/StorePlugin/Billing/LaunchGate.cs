// Whether a store may launch a campaign: where the host has set a price, only once the merchant has confirmed it.
using StorePlugin.Stores;

namespace StorePlugin.Billing;

/// <summary>
/// A price that is not paid stops new campaigns and nothing else: what runs goes on being credited, and what ambassadors have earned
/// is theirs.
/// </summary>
internal sealed partial class LaunchGate(IBilling billing, ILogger<LaunchGate> logger)
{
    public async Task<bool> IsOpenAsync(Store store, CancellationToken cancel)
    {
        // That the platform does not answer is not held against the merchant.
        try
        {
            return await billing.LookAsync(store, cancel) is not Plan.Open;
        }
        catch (PlatformException e)
        {
            Log.NotTold(logger, store.Id, e.Message);
            return true;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Store {StoreId}: whether its plan is paid is not known, and is not held against it: {Reason}")]
        public static partial void NotTold(ILogger logger, string storeId, string reason);
    }
}
