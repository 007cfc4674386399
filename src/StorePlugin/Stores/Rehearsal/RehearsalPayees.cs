// The payees' accounts of a rehearsal's Stripe: made, linked to, answered for, and shown in Stripe's own shape.
using System.Text.Json.Nodes;
using StorePlugin.Data;

namespace StorePlugin.Stores.Rehearsal;

/// <summary>A payee's account as it is kept.</summary>
/// <param name="Bank">The end of the account number; null while its page was not confirmed.</param>
internal sealed record RehearsalPayee(string Id, string Country, string? AmbassadorId, string? Bank, DateTimeOffset CreatedAt);

/// <summary>Where a page leads back to.</summary>
internal sealed record RehearsalLink(string AccountId, string? ReturnUrl, string? RefreshUrl, DateTimeOffset ExpiresAt);

/// <summary>
/// Accounts become ready when somebody confirms their page. An account that a person made up takes transfers here, and
/// so is ready as well.
/// </summary>
internal sealed class RehearsalPayees(Db db, RehearsalShopDb shops, RehearsalStripeAccount account, TimeProvider clock)
{
    /// <summary>How long a link works.</summary>
    public static readonly TimeSpan LinkLifetime = TimeSpan.FromMinutes(5);

    // More than anybody's own balance shows in a rehearsal.
    private const long Balance = 1_000_000_000;

    private const string Insert =
        """
        INSERT INTO rehearsal_accounts (store_id, id, country, ambassador_id, created_at)
        VALUES (@storeId, @id, @country, @ambassadorId, @now)
        """;

    public Task<StripeAnswer> MakeAsync(string storeId, string country, string? ambassadorId, string? key, string requestHash, CancellationToken cancel) =>
        account.OnceAsync(
            storeId, key, requestHash,
            async tx =>
            {
                var now = clock.GetUtcNow();
                var id = Ids.New("acct", now);
                await tx.DoAsync(Insert, new { storeId, id, country, ambassadorId, now });
                return Answer(Node(new RehearsalPayee(id, country, ambassadorId, null, now), null));
            },
            cancel);

    private const string Read = "SELECT id, country, ambassador_id, bank, created_at FROM rehearsal_accounts WHERE store_id = @storeId AND id = @id";

    public async Task<RehearsalPayee> FindAsync(string storeId, string id, CancellationToken cancel) =>
        await db.OneAsync<RehearsalPayee>(Read, new { storeId, id }, cancel) ?? new RehearsalPayee(id, "DE", null, "0000", DateTimeOffset.UnixEpoch);

    /// <summary>The account in Stripe's shape.</summary>
    public async Task<string> JsonAsync(string storeId, string id, CancellationToken cancel) =>
        Node(await FindAsync(storeId, id, cancel), (await shops.FindAsync(storeId, cancel))?.Currency).ToJsonString();

    private const string WriteLink =
        """
        UPDATE rehearsal_accounts SET link_hash = @hash, return_url = @returnUrl, refresh_url = @refreshUrl, link_expires_at = @expiresAt
        WHERE store_id = @storeId AND id = @id
        """;

    /// <summary>A new link in place of the last; null where there is no such account.</summary>
    public async Task<string?> LinkAsync(string storeId, string id, string? returnUrl, string? refreshUrl, CancellationToken cancel)
    {
        var token = Ids.NewSecret();
        var args = new { storeId, id, hash = Ids.HashOf(token), returnUrl, refreshUrl, expiresAt = clock.GetUtcNow() + LinkLifetime };
        return await db.DoAsync(WriteLink, args, cancel) == 1 ? token : null;
    }

    private const string ReadLink =
        """
        SELECT id AS account_id, return_url, refresh_url, link_expires_at AS expires_at FROM rehearsal_accounts
        WHERE store_id = @storeId AND id = @id AND link_hash = @hash
        """;

    /// <summary>The newest link of an account; null where the token is another's.</summary>
    public Task<RehearsalLink?> FindLinkAsync(string storeId, string id, string token, CancellationToken cancel) =>
        db.OneAsync<RehearsalLink>(ReadLink, new { storeId, id, hash = Ids.HashOf(token) }, cancel);

    private const string WriteBank =
        "UPDATE rehearsal_accounts SET bank = @bank, link_hash = NULL WHERE store_id = @storeId AND id = @id AND link_hash = @hash";

    /// <summary>Gives the account a bank account, another one than before, and uses the link up. False: somebody else did.</summary>
    public async Task<bool> ConfirmAsync(string storeId, string id, string token, CancellationToken cancel)
    {
        var bank = Ids.NewUnguessable().Where(char.IsAsciiDigit).Take(4).Aggregate("", (digits, digit) => digits + digit).PadLeft(4, '0');
        return await db.DoAsync(WriteBank, new { storeId, id, bank, hash = Ids.HashOf(token) }, cancel) == 1;
    }

    /// <summary>The store's own account: its balance is without limit in its own currency.</summary>
    public async Task<StripeAnswer> OwnAsync(string storeId, CancellationToken cancel)
    {
        var shop = await shops.FindAsync(storeId, cancel);
        return Answer(new JsonObject
        {
            ["id"] = "acct_rehearsal",
            ["object"] = "account",
            ["charges_enabled"] = true,
            ["country"] = "DE",
            ["default_currency"] = shop?.Currency.ToLowerInvariant(),
            ["details_submitted"] = true,
            ["payouts_enabled"] = true,
        });
    }

    public async Task<StripeAnswer> BalanceAsync(string storeId, CancellationToken cancel)
    {
        var shop = await shops.FindAsync(storeId, cancel);
        return Answer(new JsonObject
        {
            ["object"] = "balance",
            ["available"] = new JsonArray(new JsonObject { ["amount"] = Balance, ["currency"] = shop?.Currency.ToLowerInvariant() }),
            ["livemode"] = false,
            ["pending"] = new JsonArray(),
        });
    }

    public StripeAnswer BalanceSettings() => Answer(new JsonObject
    {
        ["object"] = "balance_settings",
        ["payments"] = new JsonObject
        {
            ["debit_negative_balances"] = false,
            ["payouts"] = new JsonObject { ["minimum_balance_by_currency"] = null, ["schedule"] = new JsonObject { ["interval"] = "manual" }, ["status"] = "enabled" },
        },
    });

    public StripeAnswer Answer(JsonObject node) => new(200, node.ToJsonString(), account.NewRequestId());

    private static JsonObject Node(RehearsalPayee payee, string? currency)
    {
        var isReady = payee.Bank is not null;
        var due = isReady ? new JsonArray() : new JsonArray("external_account", "individual.dob.day", "individual.address.line1");
        return new JsonObject
        {
            ["id"] = payee.Id,
            ["object"] = "account",
            ["business_type"] = "individual",
            ["capabilities"] = new JsonObject { ["transfers"] = isReady ? "active" : "inactive" },
            ["charges_enabled"] = false,
            ["controller"] = new JsonObject
            {
                ["fees"] = new JsonObject { ["payer"] = "application" },
                ["is_controller"] = true,
                ["losses"] = new JsonObject { ["payments"] = "application" },
                ["requirement_collection"] = "stripe",
                ["stripe_dashboard"] = new JsonObject { ["type"] = "express" },
                ["type"] = "application",
            },
            ["country"] = payee.Country,
            ["created"] = payee.CreatedAt.ToUnixTimeSeconds(),
            ["default_currency"] = currency?.ToLowerInvariant(),
            ["details_submitted"] = isReady,
            ["external_accounts"] = new JsonObject
            {
                ["object"] = "list",
                ["data"] = payee.Bank is { } bank
                    ? new JsonArray(new JsonObject
                    {
                        ["id"] = "ba_" + payee.Id["acct_".Length..],
                        ["object"] = "bank_account",
                        ["bank_name"] = "Rehearsal Bank",
                        ["country"] = payee.Country,
                        ["currency"] = currency?.ToLowerInvariant(),
                        ["fingerprint"] = $"{payee.Id}-{bank}",
                        ["last4"] = bank,
                    })
                    : new JsonArray(),
                ["has_more"] = false,
                ["url"] = $"/v1/accounts/{payee.Id}/external_accounts",
            },
            ["metadata"] = payee.AmbassadorId is { } ambassador ? new JsonObject { ["ambassador_id"] = ambassador } : new JsonObject(),
            ["payouts_enabled"] = isReady,
            ["requirements"] = new JsonObject
            {
                ["currently_due"] = due,
                ["disabled_reason"] = isReady ? null : "requirements.past_due",
                ["errors"] = new JsonArray(),
                ["eventually_due"] = due.DeepClone(),
                ["past_due"] = new JsonArray(),
                ["pending_verification"] = new JsonArray(),
            },
            ["settings"] = new JsonObject { ["payouts"] = new JsonObject { ["schedule"] = new JsonObject { ["delay_days"] = 2, ["interval"] = "daily" } } },
        };
    }
}
