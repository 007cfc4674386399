// Performs effects one at a time, as the worker does, so that a test sees what came of each.
using Microsoft.Extensions.DependencyInjection;
using StorePlugin.Inbox;

namespace StorePlugin.Tests.Rig;

internal static class Effects
{
    private const string Read =
        """
        SELECT store_id, id, kind, subject, payload, attempts FROM effects
        WHERE store_id = @storeId AND kind = @kind AND subject = @subject
        """;

    /// <summary>Performs an effect and writes what its handler wants written; the effect's own row stays as it is.</summary>
    public static async Task<EffectResult> PerformAsync(StoreApp app, string storeId, string kind, string subject)
    {
        var result = await AskAsync(app, storeId, kind, subject);
        if (result.Write is { } write)
        {
            await app.Db.InTransactionAsync(write);
        }

        return result;
    }

    /// <summary>The same up to the moment before anything is written.</summary>
    public static async Task<EffectResult> AskAsync(StoreApp app, string storeId, string kind, string subject)
    {
        var effect = await app.Db.OneAsync<Effect>(Read, new { storeId, kind, subject });
        var handler = app.Services.GetServices<IEffectHandler>().Single(handler => handler.Kind == kind);
        return await handler.PerformAsync(effect!, CancellationToken.None);
    }
}
