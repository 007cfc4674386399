// Two shops on Shopify with the same shopper, an ambassador and an applicant, all of whom can be found again by their words.
using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using StorePlugin.Ambassadors;
using StorePlugin.Privacy;
using StorePlugin.Stores;
using StorePlugin.Tests.Rig;
using StorePlugin.Verification;

namespace StorePlugin.Tests.Privacy;

internal sealed class PrivacyWorld : IAsyncDisposable
{
    public const string Lux = "lux.myshopify.com";
    public const string Other = "other.myshopify.com";
    public const long Customer = 7007001;
    public const string Email = "planted.shopper@markers.example";
    public const string Phone = "+4915199887766";

    /// <summary>Whatever Shopify tells of the shopper in these tests.</summary>
    public static readonly string[] Shopper = [Email, Phone, "Shopperfirst", "Shopperlast", "Shopperstreet"];

    public static readonly string[] Ambassador = ["Annplanted", "planted.ann@markers.example"];
    public static readonly string[] Idle = ["Idleplanted", "planted.idle@markers.example"];
    public static readonly string[] Applicant = ["Bobplanted", "planted.bob@markers.example", "planted words of bob"];

    public static readonly string[] Guest = ["planted.guest@markers.example", "planted line of a guest"];

    private readonly CapturedLog _log = new();
    private readonly FakeShopify _shopify;

    private PrivacyWorld(FakeShopify shopify) => _shopify = shopify;

    public StoreApp App { get; private set; } = null!;

    public Store Store { get; private set; } = null!;

    public Store OtherStore { get; private set; } = null!;

    public ApiClient Api { get; private set; } = null!;

    public string CampaignId { get; private set; } = "";

    public static async Task<PrivacyWorld> StartAsync()
    {
        var world = new PrivacyWorld(await FakeShopify.StartAsync());
        world.App = await StoreApp.StartAsync(
            world._shopify.Settings,
            services => services.AddLogging(logging => logging.AddProvider(world._log).SetMinimumLevel(LogLevel.Debug).AddFilter((_, _) => true)));
        world._shopify.Clock = world.App.Clock;
        world.Store = await world._shopify.InstallAsync(world.App, Lux);
        world.OtherStore = await world._shopify.InstallAsync(world.App, Other);
        world.Api = await ApiClient.OfAsync(world.App, world.Store);
        world.CampaignId = await world.Api.LiveAsync();
        await world.AddAsync(Ambassador, "ANN10");
        await world.AddAsync(Idle, "IDLE10");
        await world.Api.Put($"campaigns/{world.CampaignId}/applications", new JsonObject { ["open"] = true });
        await world.App.Get<Applications>().ApplyAsync(
            world.Store, world.CampaignId, new NewApplication(Applicant[0], Applicant[1], Applicant[2]), default);
        var other = await ApiClient.OfAsync(world.App, world.OtherStore);
        await other.AddAsync(await other.LiveAsync(), "OTHER10");
        await world.App.DrainAsync();
        return world;
    }

    /// <summary>The shop opens the app again.</summary>
    public Task<Store> InstallAgainAsync() => _shopify.InstallAsync(App, Lux);

    /// <summary>The shop removes the app.</summary>
    public async Task LeaveAsync()
    {
        await SendAsync(Lux, "app/uninstalled", _shopify.ShopJson(Lux));
        await App.DrainAsync();
    }

    public static TestOrder Order(string id) => new TestOrder(id, StoreApp.Start) { Customer = Customer, Email = Email }.With("ANN10", "10.00");

    /// <summary>An order as Shopify sends it, with all that it tells of a shopper.</summary>
    public static string Json(TestOrder order)
    {
        var json = JsonNode.Parse(order.ToJson())!;
        var phone = order.Customer == Customer ? Phone : null;
        json["phone"] = phone;
        json["customer"]!["phone"] = phone;
        json["customer"]!["first_name"] = "Shopperfirst";
        json["customer"]!["last_name"] = "Shopperlast";
        foreach (var address in (string[])["billing_address", "shipping_address"])
        {
            json[address] = new JsonObject { ["name"] = "Shopperfirst Shopperlast", ["address1"] = "Shopperstreet 7", ["phone"] = phone };
        }

        return json.ToJsonString();
    }

    /// <summary>The body that invites somebody, with the line of <see cref="Guest"/>.</summary>
    public static JsonObject Invitation(string email) => new()
    {
        ["invitations"] = new JsonArray(new JsonObject { ["email"] = email, ["personalLine"] = Guest[1] }),
    };

    public async Task SendAsync(string shop, string topic, string body) =>
        Assert.That(await FakeShopify.DeliverAsync(App, shop, topic, body), Is.EqualTo(HttpStatusCode.OK));

    /// <summary>The bodies of the three topics, as Shopify documents them.</summary>
    public static string Request(string shop, string topic, params long[] orders)
    {
        var body = new JsonObject { ["shop_id"] = long.Parse(FakeShopify.IdOf(shop), CultureInfo.InvariantCulture), ["shop_domain"] = shop };
        if (topic != "shop/redact")
        {
            body["customer"] = new JsonObject { ["id"] = Customer, ["email"] = Email, ["phone"] = Phone };
            body[topic == "customers/redact" ? "orders_to_redact" : "orders_requested"] = new JsonArray([.. orders.Select(id => JsonValue.Create(id))]);
        }

        if (topic == "customers/data_request")
        {
            body["data_request"] = new JsonObject { ["id"] = 9999 };
        }

        return body.ToJsonString();
    }

    /// <summary>Lets the job of erasures do what it can now.</summary>
    public async Task EraseAsync()
    {
        while (await App.Get<Erasures>().RunOnceAsync(default) > 0)
        {
        }
    }

    public Task<IReadOnlyList<string>> FindAsync(params string[] words) => Markers.FindAsync(App, _log.Lines, words);

    public Task<long> CountAsync(string sql) => App.Db.OneAsync<long>(sql, new { s = Store.Id, o = OtherStore.Id });

    public async Task AssertBooksAsync()
    {
        foreach (var store in new[] { Store, OtherStore })
        {
            Assert.That(await App.Get<Verify>().RunAsync(store.Id, default), Is.Empty);
            Assert.That((await App.Get<Rebuild>().RunAsync(store.Id, _ => { }, default)).Findings, Is.Empty);
        }
    }

    /// <summary>Every row of a store, for comparison.</summary>
    public async Task<string> DumpAsync(Store store)
    {
        var dump = new List<string>();
        await using var connection = await App.Db.OpenAsync(default);
        foreach (var table in await App.Db.ManyAsync<string>(
            "SELECT m.name FROM sqlite_master m WHERE m.type = 'table' AND EXISTS (SELECT 1 FROM pragma_table_info(m.name) c WHERE c.name = 'store_id') ORDER BY m.name"))
        {
            await using var command = connection.CreateCommand();
#pragma warning disable CA2100 // The names are the catalogue's.
            command.CommandText = $"SELECT * FROM {table} WHERE store_id = '{store.Id}'";
#pragma warning restore CA2100
            await using var reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync())
            {
                dump.Add(table + " " + string.Join('|', Enumerable.Range(0, reader.FieldCount)
                    .Select(i => reader.GetValue(i) is byte[] bytes ? Convert.ToHexString(bytes) : Convert.ToString(reader.GetValue(i), CultureInfo.InvariantCulture))));
            }
        }

        return string.Join('\n', dump);
    }

    public async ValueTask DisposeAsync()
    {
        await App.DisposeAsync();
        await _shopify.DisposeAsync();
        _log.Dispose();
    }

    private async Task AddAsync(string[] person, string code)
    {
        var body = Bodies.Ambassador(CampaignId, code, person[1]);
        body["name"] = person[0];
        Assert.That((await Api.Post("ambassadors", body)).Status, Is.EqualTo(201));
    }
}
