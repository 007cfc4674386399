// What the rehearsal platform remembers of its shops: who they are, which token opens them, what signs their deliveries.
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.DataProtection;
using StorePlugin.Data;

namespace StorePlugin.Stores.Rehearsal;

/// <summary>A shop of the rehearsal platform.</summary>
/// <param name="Name">What the shop calls itself.</param>
/// <param name="Currency">ISO 4217.</param>
/// <param name="TimeZone">IANA name.</param>
internal sealed record ShopFacts(string Name, string Currency, string TimeZone);

/// <summary>What the platform hands to the app for a code. Secrets in clear text; lives in memory only.</summary>
internal sealed record ShopSecrets(string AccessToken, string WebhookSecret)
{
    /// <summary>Says nothing, so that no log line can hold a secret.</summary>
    public override string ToString() => nameof(ShopSecrets);
}

/// <summary>
/// The platform's own memory. The app never reads it: it asks over HTTP, as it would ask any platform.
/// </summary>
internal sealed class RehearsalShopDb(Db db, IDataProtectionProvider protection, TimeProvider clock)
{
    private static readonly TimeSpan CodeLifetime = TimeSpan.FromMinutes(10);

    private const string AppPurpose = "StorePlugin.Rehearsal.AppSecret";

    private readonly IDataProtector _appSecret = protection.CreateProtector(AppPurpose);
    private readonly IDataProtector _webhookSecret = protection.CreateProtector("StorePlugin.Rehearsal.WebhookSecret");

    /// <summary>
    /// The app's proof towards the platform. Only a program with this host's key ring can make one that
    /// <see cref="IsApp"/> accepts, so no secret stands in the source or in the configuration.
    /// </summary>
    public string AppSecret => _appSecret.Protect(RehearsalApp.ClientId);

    /// <summary>Whether the text is an app secret of this host.</summary>
    public bool IsApp(string clientId, string clientSecret)
    {
        // A text that was not made with the key ring is a wrong secret, not a fault.
        try
        {
            return clientId == RehearsalApp.ClientId && _appSecret.Unprotect(clientSecret) == clientId;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    private const string InsertShop =
        """
        INSERT INTO rehearsal_shops (store_id, name, currency, time_zone, created_at)
        VALUES (@storeId, @name, @currency, @timeZone, @now)
        """;

    /// <summary>Opens a shop. It must be new: a shop that exists belongs to whoever opened it.</summary>
    public Task OpenAsync(string storeId, ShopFacts facts, CancellationToken cancel) => db.DoAsync(
        InsertShop, new { storeId, name = facts.Name, currency = facts.Currency, timeZone = facts.TimeZone, now = clock.GetUtcNow() }, cancel);

    private const string ReadFacts = "SELECT name, currency, time_zone FROM rehearsal_shops WHERE store_id = @storeId";

    public Task<ShopFacts?> FindAsync(string storeId, CancellationToken cancel) =>
        db.OneAsync<ShopFacts>(ReadFacts, new { storeId }, cancel);

    private const string DropGrants = "DELETE FROM rehearsal_grants WHERE store_id = @storeId";

    private const string InsertGrant =
        "INSERT INTO rehearsal_grants (store_id, code_hash, expires_at) VALUES (@storeId, @codeHash, @expiresAt)";

    /// <summary>A code that the app exchanges for its token, once and within minutes; it replaces an earlier one.</summary>
    public async Task<string> GrantAsync(string storeId, CancellationToken cancel)
    {
        var code = Ids.NewSecret();
        var now = clock.GetUtcNow();
        await db.InTransactionAsync(
            async tx =>
            {
                await tx.DoAsync(DropGrants, new { storeId });
                await tx.DoAsync(InsertGrant, new { storeId, codeHash = Ids.HashOf(code), expiresAt = now + CodeLifetime });
            },
            cancel: cancel);
        return code;
    }

    private const string UseGrant =
        "DELETE FROM rehearsal_grants WHERE store_id = @storeId AND code_hash = @codeHash AND expires_at > @now";

    private const string WriteSecrets =
        """
        UPDATE rehearsal_shops SET token_hash = @tokenHash, webhook_secret_sealed = @webhookSecretSealed
        WHERE store_id = @storeId
        """;

    /// <summary>Exchanges a code. Null where it is unknown, used, expired or another shop's.</summary>
    public async Task<ShopSecrets?> ExchangeAsync(string storeId, string code, CancellationToken cancel)
    {
        var secrets = new ShopSecrets("rat_" + Ids.NewSecret(), "rws_" + Ids.NewSecret());
        var exchanged = await db.InTransactionAsync(
            async tx =>
            {
                if (await tx.DoAsync(UseGrant, new { storeId, codeHash = Ids.HashOf(code), now = clock.GetUtcNow() }) == 0)
                {
                    return false;
                }

                var webhookSecretSealed = _webhookSecret.CreateProtector(storeId).Protect(secrets.WebhookSecret);
                await tx.DoAsync(WriteSecrets, new { storeId, tokenHash = Ids.HashOf(secrets.AccessToken), webhookSecretSealed });
                return true;
            },
            cancel: cancel);
        return exchanged ? secrets : null;
    }

    private const string ReadTokenHash = "SELECT token_hash FROM rehearsal_shops WHERE store_id = @storeId";

    /// <summary>Whether a bearer token opens the shop.</summary>
    public async Task<bool> IsTokenAsync(string storeId, string? token, CancellationToken cancel) =>
        Matches(await db.OneAsync<string>(ReadTokenHash, new { storeId }, cancel), token);

    private const string ReadWebhookSecret =
        "SELECT webhook_secret_sealed FROM rehearsal_shops WHERE store_id = @storeId";

    /// <summary>The key of the HMAC over the shop's deliveries; null until the app has been granted access.</summary>
    public async Task<byte[]?> FindWebhookSecretAsync(string storeId, CancellationToken cancel) =>
        await db.OneAsync<string>(ReadWebhookSecret, new { storeId }, cancel) is { } sealedSecret
            ? Encoding.UTF8.GetBytes(_webhookSecret.CreateProtector(storeId).Unprotect(sealedSecret))
            : null;

    private const string WriteStripeKey =
        "UPDATE rehearsal_shops SET stripe_key_hash = @keyHash WHERE store_id = @storeId";

    /// <summary>Gives the shop's Stripe counterpart a secret key, within the caller's transaction.</summary>
    public static Task KeepStripeKeyAsync(Tx tx, string storeId, string secretKey) =>
        tx.DoAsync(WriteStripeKey, new { storeId, keyHash = Ids.HashOf(secretKey) });

    private const string ReadStripeKeyHash = "SELECT stripe_key_hash FROM rehearsal_shops WHERE store_id = @storeId";

    /// <summary>Whether a secret key is the one of the shop's Stripe counterpart.</summary>
    public async Task<bool> IsStripeKeyAsync(string storeId, string? secretKey, CancellationToken cancel) =>
        Matches(await db.OneAsync<string>(ReadStripeKeyHash, new { storeId }, cancel), secretKey);

    private const string FindDiscountByCode =
        """
        SELECT id, code, title, percent_bp, amount_minor, minimum_minor, customer_uses, ends_at, deactivated_at FROM rehearsal_discounts
        WHERE store_id = @storeId AND code_key = @codeKey
        """;

    public Task<ShopDiscount?> FindDiscountAsync(string storeId, string code, CancellationToken cancel) =>
        db.OneAsync<ShopDiscount>(FindDiscountByCode, new { storeId, codeKey = KeyOf(code) }, cancel);

    private const string InsertDiscount =
        """
        INSERT INTO rehearsal_discounts (store_id, code_key, id, code, title, percent_bp, amount_minor, minimum_minor, usage_limit, customer_uses,
            starts_at, ends_at, created_at)
        VALUES (@storeId, @codeKey, @id, @code, @title, @percentBp, @amountMinor, @minimumMinor, @usageLimit, @customerUses, @startsAt, @endsAt, @now)
        """;

    /// <summary>Creates a discount unless its code is taken. Returns whoever has the code now, and whether it is new.</summary>
    public Task<(ShopDiscount Discount, bool IsNew)> CreateDiscountAsync(
        string storeId, PlatformDiscountRequest order, CancellationToken cancel) =>
        db.InTransactionAsync(
            async tx =>
            {
                var codeKey = KeyOf(order.Code!);
                if (await tx.OneAsync<ShopDiscount>(FindDiscountByCode, new { storeId, codeKey }) is { } taken)
                {
                    return (taken, false);
                }

                var now = clock.GetUtcNow();
                var discount = new ShopDiscount(
                    Ids.New("rdc", now), order.Code!, order.Title!, order.PercentBp, order.AmountMinor, order.MinimumMinor,
                    order.OncePerCustomer ? "once" : null, order.EndsAt, null);
                await tx.DoAsync(
                    InsertDiscount,
                    new
                    {
                        storeId,
                        codeKey,
                        id = discount.Id,
                        code = discount.Code,
                        title = discount.Title,
                        percentBp = discount.PercentBp,
                        amountMinor = discount.AmountMinor,
                        minimumMinor = discount.MinimumMinor,
                        usageLimit = order.UsageLimit,
                        customerUses = discount.CustomerUses,
                        startsAt = order.StartsAt,
                        endsAt = order.EndsAt,
                        now,
                    });
                return (discount, true);
            },
            cancel: cancel);

    private const string DeactivateDiscount =
        "UPDATE rehearsal_discounts SET deactivated_at = @now WHERE store_id = @storeId AND code_key = @codeKey AND title = @title";

    /// <summary>Ends a discount. Returns whether the shop has one with this code and title.</summary>
    public async Task<bool> EndDiscountAsync(string storeId, string code, string title, CancellationToken cancel) =>
        await db.DoAsync(DeactivateDiscount, new { storeId, codeKey = KeyOf(code), title, now = clock.GetUtcNow() }, cancel) == 1;

    private const string SwitchDiscount = "UPDATE rehearsal_discounts SET deactivated_at = @at WHERE store_id = @storeId AND id = @id";

    /// <summary>Switches a discount off or on. Returns whether the shop has it.</summary>
    public async Task<bool> SwitchDiscountAsync(string storeId, string id, bool on, CancellationToken cancel) =>
        await db.DoAsync(SwitchDiscount, new { storeId, id, at = on ? (DateTimeOffset?)null : clock.GetUtcNow() }, cancel) >= 1;

    // A discount with many codes is a row for each.
    private const string InsertCode =
        """
        INSERT INTO rehearsal_discounts (store_id, code_key, id, code, title, percent_bp, amount_minor, minimum_minor, usage_limit, customer_uses,
            starts_at, ends_at, created_at, deactivated_at)
        SELECT @storeId, @codeKey, d.id, @code, d.title, d.percent_bp, d.amount_minor, d.minimum_minor, d.usage_limit, d.customer_uses,
            d.starts_at, d.ends_at, @now, d.deactivated_at
        FROM rehearsal_discounts d WHERE d.store_id = @storeId AND d.code_key = @firstKey
        """;

    private const string ReadOfDiscount =
        """
        SELECT code, code_key, percent_bp, ends_at, usage_limit, deactivated_at FROM rehearsal_discounts
        WHERE store_id = @storeId AND id = @id ORDER BY created_at, code_key
        """;

    /// <summary>A discount's codes with what it is like, oldest first; none where the shop has no such discount.</summary>
    public Task<IReadOnlyList<ShopDiscountCode>> CodesAsync(string storeId, string id, CancellationToken cancel) =>
        db.ManyAsync<ShopDiscountCode>(ReadOfDiscount, new { storeId, id }, cancel);

    /// <summary>Adds codes to a discount. Returns those that another discount has; null where there is no such discount.</summary>
    public Task<IReadOnlyList<string>?> AddCodesAsync(string storeId, string id, IReadOnlyList<string> codes, CancellationToken cancel) =>
        db.InTransactionAsync<IReadOnlyList<string>?>(
            async tx =>
            {
                if (await tx.ManyAsync<ShopDiscountCode>(ReadOfDiscount, new { storeId, id }) is not [var first, ..])
                {
                    return null;
                }

                var (refused, now) = (new List<string>(), clock.GetUtcNow());
                foreach (var code in codes)
                {
                    var codeKey = KeyOf(code);
                    if (await tx.OneAsync<ShopDiscount>(FindDiscountByCode, new { storeId, codeKey }) is not { } taken)
                    {
                        await tx.DoAsync(InsertCode, new { storeId, codeKey, code, firstKey = first.CodeKey, now });
                    }
                    else if (taken.Id != id)
                    {
                        refused.Add(code);
                    }
                }

                return refused;
            },
            cancel: cancel);

    private const string ChangeDiscount =
        """
        UPDATE rehearsal_discounts
        SET percent_bp = COALESCE(@percentBp, percent_bp), customer_uses = CASE @uses WHEN 'once' THEN 'once' WHEN 'many' THEN NULL ELSE customer_uses END
        WHERE store_id = @storeId AND id = @id
        """;

    /// <summary>Changes what a discount takes off. Returns whether the shop has it.</summary>
    public async Task<bool> ChangeDiscountAsync(string storeId, string id, PlatformDiscountChange change, CancellationToken cancel) =>
        await db.DoAsync(
            ChangeDiscount,
            new { storeId, id, percentBp = change.PercentBp, uses = change.OncePerCustomer switch { true => "once", false => "many", null => "as before" } },
            cancel) == 1;

    // The platform's own rule, which is Shopify's: shoppers need not mind the case.
    private static string KeyOf(string code) => code.Trim().ToUpperInvariant();

    private static bool Matches(string? hash, string? secret) =>
        hash is not null && secret is not null
        && CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(hash), Encoding.ASCII.GetBytes(Ids.HashOf(secret)));
}

/// <param name="Title">Carries the id of the effect that created it, in the app's own words.</param>
/// <param name="PercentBp">Basis points of the price; 1000 is 10 %. 0 beside an amount.</param>
/// <param name="CustomerUses"><c>once</c> where each customer can use it once only; else null.</param>
internal sealed record ShopDiscount(
    string Id, string Code, string Title, long PercentBp, long? AmountMinor, long? MinimumMinor, string? CustomerUses, DateTimeOffset? EndsAt,
    DateTimeOffset? DeactivatedAt)
{
    public bool WorksAt(DateTimeOffset now) => DeactivatedAt is null && !(EndsAt <= now);
}

/// <summary>One of the codes of a discount, with what that is like.</summary>
internal sealed record ShopDiscountCode(string Code, string CodeKey, long PercentBp, DateTimeOffset? EndsAt, long? UsageLimit, DateTimeOffset? DeactivatedAt)
{
    public bool WorksAt(DateTimeOffset now) => DeactivatedAt is null && !(EndsAt <= now);
}

/// <summary>How the app is registered at the rehearsal platform.</summary>
internal static class RehearsalApp
{
    public const string ClientId = "storeplugin";

    /// <summary>What the app asks for, as on Shopify.</summary>
    public const string Scopes = "read_orders,write_discounts";
}
