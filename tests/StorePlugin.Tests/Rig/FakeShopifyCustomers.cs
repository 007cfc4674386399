// The stand-in's customers, as far as the Admin API tells of them.
using System.Collections.Concurrent;
using System.Text.Json.Nodes;

namespace StorePlugin.Tests.Rig;

internal sealed partial class FakeShopify
{
    /// <summary>A customer of a shop.</summary>
    /// <param name="IsVerified">Whether Shopify says that the address is theirs.</param>
    internal sealed record Account(string? Email, string? First = "Ann", string? Last = "Smith", bool IsVerified = true);

    /// <summary>The customers of all shops, by shop and number.</summary>
    public ConcurrentDictionary<(string Shop, string Id), Account> Accounts { get; } = new();

    /// <summary>How customers sign in, in every shop: <c>NEW_CUSTOMER_ACCOUNTS</c> or <c>CLASSIC</c>.</summary>
    public string AccountsVersion { get; set; } = "NEW_CUSTOMER_ACCOUNTS";

    /// <summary>How often it was asked who a customer is.</summary>
    public int CustomerQuestions => Questions.Count(question => question.Document.StartsWith("query Customer(", StringComparison.Ordinal));

    private JsonObject? PerformOnCustomers(string shop, string document, JsonNode variables) => !document.StartsWith("query Customer(", StringComparison.Ordinal)
        ? null
        : new JsonObject
        {
            ["customer"] = Accounts.TryGetValue((shop, variables["id"]!.GetValue<string>().Split('/')[^1]), out var account)
                ? new JsonObject
                {
                    ["id"] = variables["id"]!.DeepClone(),
                    ["verifiedEmail"] = account.IsVerified,
                    ["firstName"] = account.First,
                    ["lastName"] = account.Last,
                    ["defaultEmailAddress"] = account.Email is null ? null : new JsonObject { ["emailAddress"] = account.Email },
                }
                : null,
            ["shop"] = new JsonObject { ["customerAccountsV2"] = new JsonObject { ["customerAccountsVersion"] = AccountsVersion } },
        };
}
