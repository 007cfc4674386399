// A stored receipt for the tests of the pages.
using StorePlugin.Campaigns;
using StorePlugin.Orders;
using StorePlugin.Tests.Rig;
using StorePlugin.Webhooks;

namespace StorePlugin.Tests.Dashboard;

internal static class Receipts
{
    public const string HeldReason = "Code ANN10 was used at the checkout.";

    public static string Held { get; } = new Receipt
    {
        OrderId = "held",
        Reference = "#held",
        At = StoreApp.Start,
        Currency = Currency.Parse("EUR"),
        VersionUpdatedAt = StoreApp.Start,
        VersionHash = "",
        Channel = OrderChannel.Online,
        Test = false,
        Paid = true,
        PaidAt = StoreApp.Start,
        CancelledAt = null,
        DeletedAt = null,
        RefundedInFull = false,
        Credited = true,
        Rule = "T1",
        Reason = HeldReason,
        AmbassadorId = "amb_ann",
        CampaignId = "cmp_str_lux",
        TermsRevision = 1,
        Terms = new Terms(1000, 1000, 30, 30),
        TouchCount = 1,
        Touches = [new ReceiptTouch(TouchKind.Code, "ANN10", StoreApp.Start, 10_00, 0, "amb_ann", "cmp_str_lux", null, null)],
        Lines = [new ReceiptLine("1", "p", LineKind.Product, 1, 100_00, 10_00, 0, 90_00, 90_00, 1000, null, 1, RateRank.Campaign)],
        Refunds = [],
        BaseMinor = 90_00,
        RemainingBaseMinor = 90_00,
        OriginalCommissionMinor = 9_00,
        CommissionMinor = 9_00,
        HoldUntil = StoreApp.Start.AddDays(30),
    }.ToJson();
}
