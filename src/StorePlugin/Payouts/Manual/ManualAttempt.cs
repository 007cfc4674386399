// How an attempt of a payout by a method is frozen: what is asked of whom, without the details, which no book shall hold.
using System.Text.Json;
using System.Text.Json.Serialization;
using StorePlugin.Data;
using StorePlugin.Webhooks;

namespace StorePlugin.Payouts.Manual;

internal static class ManualAttempt
{
    public const string Version = "manual/1";

    // Writes nothing new, but holds the row until the commit: whoever ends the method waits, and then keeps its details.
    private const string Hold =
        "UPDATE payout_methods SET kind = kind WHERE store_id = @storeId AND id = @methodId AND ambassador_id = @ambassadorId AND ended_at IS NULL";

    private const string ReadKind = "SELECT kind FROM payout_methods WHERE store_id = @storeId AND id = @methodId";

    /// <summary>The attempt, which an export sends, or, where it stays in the store, an effect.</summary>
    /// <exception cref="StalePayoutException">The method that the payout goes to is no longer the payee's.</exception>
    public static async Task<PayoutAttempt> FreezeAsync(Tx tx, Payout payout, long attempt, DateTimeOffset now)
    {
        var args = new { storeId = payout.StoreId, methodId = payout.Destination, ambassadorId = payout.AmbassadorId };
        if (await tx.DoAsync(Hold, args) == 0)
        {
            throw new StalePayoutException(payout.Id);
        }

        var kind = (await tx.OneAsync<string>(ReadKind, args))!;
        return PayoutAttempt.Of(payout, attempt, PayoutProvider.IsInStore(payout.Provider) ? "STORE" : "FILE", kind, BodyOf(payout.Id, payout.Amount, payout.Destination), Version, now);
    }

    /// <summary>What is asked for, always in the same letters.</summary>
    public static string BodyOf(string payoutId, Money amount, string methodId) => JsonSerializer.Serialize(
        new Request(payoutId, amount.ToDecimalString(), amount.Currency.Code, methodId), RequestJson.Default.Request);

    internal sealed record Request(string PayoutId, string Amount, string Currency, string MethodId);
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(ManualAttempt.Request))]
internal sealed partial class RequestJson : JsonSerializerContext;
