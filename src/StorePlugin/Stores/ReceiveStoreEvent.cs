// What a platform says about the store itself.
using StorePlugin.Data;
using StorePlugin.Webhooks;

namespace StorePlugin.Stores;

internal sealed class ReceiveStoreEvent(Installation installation)
{
    public async Task<string> ApplyAsync(Tx tx, Store store, StoreEvent storeEvent)
    {
        switch (storeEvent)
        {
            case StoreUninstalled:
                await installation.UninstallAsync(tx, store);
                return "The store has removed the app.";
            case Irrelevant irrelevant:
                return irrelevant.Reason;
            default:
                return "Nothing is done.";
        }
    }
}
