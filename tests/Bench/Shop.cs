// The store that the benchmarks sell in: installed from Shopify, with a live campaign and ambassadors.
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using StorePlugin.Ambassadors;
using StorePlugin.Campaigns;
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Bench;

/// <summary>What the database holds before the first delivery.</summary>
internal static class Shop
{
    public const string Domain = "bench-store.myshopify.com";

    public const int Ambassadors = 200;

    private const string ClientSecret = "bench-client-secret";

    /// <summary>The terms of its one campaign.</summary>
    public static readonly Terms Terms = new(1000, 1000, 30, 30);

    /// <summary>The same as a merchant asks for them.</summary>
    public const string TermsAsAsked = """{"commission":{"percent":10},"friendDiscount":{"percent":10},"holdDays":30,"windowDays":30}""";

    /// <summary>What Shopify signs with.</summary>
    public static readonly byte[] Secret = Encoding.UTF8.GetBytes(ClientSecret);

    /// <summary>The configuration of the app, for its environment.</summary>
    public static Dictionary<string, string> Settings(string folder) => new(StringComparer.Ordinal)
    {
        ["Data:Folder"] = folder,
        ["Shopify:ClientId"] = "bench-client-id",
        ["Shopify:ClientSecret"] = ClientSecret,
    };

    /// <summary>The database in a data folder of the app.</summary>
    public static string Database(string folder) => Path.Combine(folder, "storeplugin.db");

    /// <summary>An ambassador's code, which is the slug of the link as well: five characters.</summary>
    public static string Code(long number) => string.Create(CultureInfo.InvariantCulture, $"AM{number % Ambassadors:D3}");

    /// <summary>The app on a data folder, built and not started.</summary>
    public static WebApplication App(string folder) =>
        StorePlugin.App.Build([], configure: configuration => configuration.AddInMemoryCollection(Settings(folder)!));

    /// <summary>Makes the database in an empty folder.</summary>
    /// <param name="since">When the campaign was launched and everybody joined; null: a day ago.</param>
    public static async Task PlantAsync(string folder, DateTimeOffset? since = null)
    {
        await using var app = App(folder);
        await StorePlugin.App.PrepareAsync(app);
        var installation = app.Services.GetRequiredService<Installation>();
        var start = await installation.BeginAsync("shopify", "live", Domain, CancellationToken.None);
        var facts = new StoreFacts("Bench", "EUR", "Europe/Berlin", "bench.example");
        var store = await installation.CompleteAsync(
            start.Store, new Grant("token", null, null, null, "read_orders,write_discounts", null, facts), CancellationToken.None);

        // Before the first order, as in life.
        var now = since ?? TimeProvider.System.GetUtcNow().AddDays(-1);
        var campaignId = Ids.New("cmp", now);
        var keys = app.Services.GetRequiredService<StoreKeys>();
        await app.Services.GetRequiredService<Db>().InTransactionAsync(async tx =>
        {
            await tx.DoAsync(
                "INSERT INTO campaigns (store_id, id, name, state, created_at, launched_at) VALUES (@storeId, @campaignId, 'Spring', 'live', @now, @now)",
                new { storeId = store.Id, campaignId, now });
            await tx.DoAsync(
                """
                INSERT INTO campaign_revisions (store_id, campaign_id, revision, terms, effective_at, created_at, actor)
                VALUES (@storeId, @campaignId, 1, @terms, @now, @now, 'bench')
                """,
                new { storeId = store.Id, campaignId, terms = Terms.ToJson(), now });
            for (var i = 0; i < Ambassadors; i++)
            {
                await AmbassadorAsync(tx, store, keys, campaignId, Code(i), now);
            }
        });
    }

    /// <summary>Adds ambassadors until there are so many; those that are there stay. Returns how many there are.</summary>
    public static async Task<long> FillUpAsync(WebApplication app, Store store, int ambassadors)
    {
        var (db, keys) = (app.Services.GetRequiredService<Db>(), app.Services.GetRequiredService<StoreKeys>());
        var campaignId = (await db.ManyAsync<string>("SELECT id FROM campaigns WHERE store_id = @storeId", new { storeId = store.Id }))[0];
        var known = await db.OneAsync<long>("SELECT COUNT(*) FROM ambassadors WHERE store_id = @storeId", new { storeId = store.Id });
        await db.InTransactionAsync(async tx =>
        {
            for (var i = known; i < ambassadors; i++)
            {
                await AmbassadorAsync(tx, store, keys, campaignId, string.Create(CultureInfo.InvariantCulture, $"AM{i:D5}"), TimeProvider.System.GetUtcNow());
            }
        });
        return Math.Max(known, ambassadors);
    }

    private static async Task AmbassadorAsync(Tx tx, Store store, StoreKeys keys, string campaignId, string code, DateTimeOffset now)
    {
        var email = $"{code.ToLowerInvariant()}@ambassadors.example";
        var args = new
        {
            storeId = store.Id,
            id = Ids.New("amb", now),
            campaignId,
            code,
            key = CodeKey.Of(code),
            email,
            emailKey = PersonKey.OfEmail(email),
            personHash = keys.Hash(store, "email", PersonKey.OfEmail(email)),
            now,
        };
        await tx.DoAsync(
            """
            INSERT INTO ambassadors (store_id, id, campaign_id, name, email, email_key, person_hash, state, approved_at, created_at)
            VALUES (@storeId, @id, @campaignId, @code, @email, @emailKey, @personHash, 'approved', @now, @now)
            """,
            args);
        await tx.DoAsync(
            """
            INSERT INTO ambassador_states (store_id, ambassador_id, number, state, at, actor)
            VALUES (@storeId, @id, 1, 'approved', @now, 'bench')
            """,
            args);
        await tx.DoAsync(
            """
            INSERT INTO codes (store_id, code_key, code, ambassador_id, campaign_id, assigned_at, discount_state)
            VALUES (@storeId, @key, @code, @id, @campaignId, @now, 'created')
            """,
            args);
        await tx.DoAsync(
            """
            INSERT INTO link_slugs (slug_key, slug, store_id, campaign_id, ambassador_id, created_at)
            VALUES (@key, @code, @storeId, @campaignId, @id, @now)
            """,
            args);
    }
}
