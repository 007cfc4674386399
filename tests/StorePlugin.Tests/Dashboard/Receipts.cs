// A stored receipt for the tests of the pages.
namespace StorePlugin.Tests.Dashboard;

internal static class Receipts
{
    public const string HeldReason = "Code ANN10 was used at the checkout.";

    public const string Held = $$"""{"reason":"{{HeldReason}}"}""";
}
