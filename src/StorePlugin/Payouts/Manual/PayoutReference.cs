// What a payout is called outside of this program.
namespace StorePlugin.Payouts.Manual;

internal static class PayoutReference
{
    /// <summary>PayPal's customer id takes no more, and SEPA's identifiers take no underscore.</summary>
    public const int Length = 30;

    /// <summary>
    /// The last thirty digits of an id. The two that are left out begin the millisecond of its making, and are the same for decades.
    /// </summary>
    public static string Of(string id) => id.Length <= Length ? id : id[^Length..];
}
