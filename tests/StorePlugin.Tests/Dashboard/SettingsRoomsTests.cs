// The page of settings says of each room how it stands, by what the store has settled and what has happened there.
using System.Text.Json.Nodes;
using StorePlugin.Data;
using StorePlugin.Mail;
using StorePlugin.Stores;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Dashboard;

internal sealed class SettingsRoomsTests
{
    private const string Page = "/dashboard/settings";
    private const string Texts = "/dashboard/mails";
    private const string Log = "/dashboard/mails/log";
    private const string Hours = "/dashboard/mails/settings";
    private const string HowPaid = "/dashboard/payouts/settings";
    private const string Ways = "/dashboard/payouts/routes";
    private const string Billing = "/dashboard/payouts/self-billing";

    private StoreApp _app = null!;
    private Shop _shop = null!;
    private ApiClient _api = null!;
    private Browser _owner = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _app = await StoreApp.StartAsync();
        _shop = await Shop.OpenAsync(_app);
        _api = await ApiClient.OfAsync(_app, _shop.Store);
        _owner = await Rooms.SignInAsync(_app, _shop.Store, null);
    }

    [TearDown]
    public async Task StopAsync()
    {
        _owner.Dispose();
        await _app.DisposeAsync();
    }

    [Test]
    public async Task A_store_that_has_settled_nothing_is_told_what_holds_then()
    {
        var states = await StatesAsync();

        Assert.Multiple(() =>
        {
            Assert.That(states[Texts], Is.EqualTo(("All as delivered", false)));
            Assert.That(states[Log], Is.EqualTo(("None given up in the last seven days", false)));
            Assert.That(states[Hours], Is.EqualTo(("None between 21:00 and 08:00, 2 in seven days at most; no address gets none", false)));
            Assert.That(states[HowPaid], Is.EqualTo(("A run is prepared by a person, and approved by one person", false)));
            Assert.That(states[Ways], Is.EqualTo(("All as delivered", false)));
            Assert.That(states[Billing], Is.EqualTo(("Off", false)));
        });
    }

    [Test]
    public async Task What_was_settled_and_what_went_wrong_is_told_of_this_store_alone()
    {
        var other = await Shop.OpenAsync(_app, "other");
        await SettleAsync(_api, _shop.Store);
        await PlantAsync(_shop.Store);

        var states = await StatesAsync();
        using var stranger = await Rooms.SignInAsync(_app, other.Store, null);
        var foreign = await StatesAsync(stranger);

        Assert.Multiple(() =>
        {
            Assert.That(states[Texts], Is.EqualTo(("1 mail has words of yours", false)));
            Assert.That(states[Log], Is.EqualTo(("2 given up in the last seven days", true)));
            Assert.That(states[Hours], Is.EqualTo(("At any hour, 5 in seven days at most; 1 address gets none", false)));
            Assert.That(states[HowPaid], Is.EqualTo(("A run is prepared each Tuesday, and approved by one person, from € 500.00 on by two, up to € 50.00 by nobody where the schedule made it", false)));
            Assert.That(states[Ways], Is.EqualTo(("1 way is your own", false)));
            Assert.That(states[Billing], Is.EqualTo(("On", false)));
            Assert.That(foreign[Texts].State + foreign[Ways].State + foreign[Billing].State, Is.EqualTo("All as deliveredAll as deliveredOff"));
            Assert.That(foreign[Log], Is.EqualTo(("None given up in the last seven days", false)));
        });
    }

    [Test]
    public async Task After_a_week_a_mail_that_was_given_up_is_no_news()
    {
        await PlantAsync(_shop.Store);
        _app.Clock.Advance(TimeSpan.FromDays(7) - TimeSpan.FromMinutes(1));
        using var before = await Rooms.SignInAsync(_app, _shop.Store, null);
        var during = (await StatesAsync(before))[Log];
        _app.Clock.Advance(TimeSpan.FromMinutes(2));

        Assert.That(during, Is.EqualTo(("2 given up in the last seven days", true)));
        Assert.That((await StatesAsync(before))[Log], Is.EqualTo(("None given up in the last seven days", false)));
    }

    private static async Task SettleAsync(ApiClient api, Store store)
    {
        Assert.That(store.Currency, Is.EqualTo("EUR"));
        ApiAnswer[] answers =
        [
            await api.Put("mail-texts/welcome", new JsonObject { ["subject"] = "Hello" }),
            await api.Put("mail-settings", new JsonObject { ["weeklyCap"] = 5, ["quietHours"] = null }),
            await api.Post("mail-suppressions", new JsonObject { ["email"] = "no@example.com" }),
            await api.Put("payout-settings", new JsonObject
            {
                ["methods"] = new JsonArray("paypal"),
                ["schedule"] = "weekly",
                ["scheduleDay"] = 2,
                ["twoPeopleFrom"] = new JsonObject { ["minor"] = 500_00, ["currency"] = "EUR" },
                ["approveAloneUpTo"] = new JsonObject { ["minor"] = 50_00, ["currency"] = "EUR" },
            }),
            await api.Put("self-billing", new JsonObject
            {
                ["name"] = "Lux GmbH",
                ["address"] = "Hauptstr. 1\n10115 Berlin",
                ["country"] = "DE",
                ["vatId"] = "DE123456789",
                ["domesticRateBp"] = 1900,
                ["numberPrefix"] = "LUX-",
            }),
        ];
        Assert.That(answers.Select(answer => answer.Status), Is.All.InRange(200, 204));
    }

    private async Task PlantAsync(Store store)
    {
        await Plant.RowAsync(_app.Db, "payout_routes", ("store_id", store.Id), ("from_country", "DE"), ("to_country", "BR"), ("route", "none"));
        foreach (var (kind, state) in new[] { ("mail", "dead"), ("mail", "dead"), ("mail", "done"), ("create_discount", "dead") })
        {
            await Plant.RowAsync(
                _app.Db, "effects", ("store_id", store.Id), ("id", Ids.New("eff", _app.Clock.GetUtcNow())), ("kind", kind), ("subject", $"{MailNotice.Welcome}:{Ids.NewSecret()}"),
                ("payload", "{}"), ("state", state), ("created_at", _app.Clock.GetUtcNow()));
        }
    }

    private async Task<Dictionary<string, (string State, bool IsWrong)>> StatesAsync(Browser? browser = null) =>
        (await (browser ?? _owner).GetAsync(Page)).QuerySelectorAll(".rooms li").ToDictionary(
            room => room.QuerySelector("a")!.GetAttribute("href")!,
            room => (room.QuerySelector("p:nth-of-type(2)")?.TextContent.Replace('\u00A0', ' ') ?? "", room.QuerySelector(".warn") is not null));
}
