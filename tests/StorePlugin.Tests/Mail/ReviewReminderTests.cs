// What reminds a merchant of orders in review: on which mornings, once for each age, and what it says.
using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using StorePlugin.Inbox;
using StorePlugin.Mail;
using StorePlugin.Stores;
using StorePlugin.Tests.Rig;
using StorePlugin.Verification;

namespace StorePlugin.Tests.Mail;

internal sealed class ReviewReminderTests
{
    private const string Late = "The only click came when the checkout had begun: it may not have brought the shopper";

    private StoreApp _app = null!;
    private Shop _shop = null!;
    private ApiClient _api = null!;
    private string _ann = null!;

    [SetUp]
    public async Task SetUp()
    {
        _app = await StoreApp.StartAsync([new("PublicUrl", "https://refer.example")]);
        _shop = await Shop.OpenAsync(_app);
        _api = await ApiClient.OfAsync(_app, _shop.Store);
        _ann = await _shop.AmbassadorAsync("ANN10");
        await TellAddressAsync(_api, "owner@lux.example");
    }

    [TearDown]
    public async Task TearDown()
    {
        Assert.That((await _app.Get<Rebuild>().RunAsync(null, _ => { }, default)).Findings, Is.Empty);
        await _app.DisposeAsync();
    }

    [Test]
    public async Task It_says_how_many_wait_how_long_and_which_have_waited_longest()
    {
        await PaysLateAsync("1001");
        await MoveToAsync("2026-03-09T06:00:00Z");
        await PaysLateAsync("1002");
        await PaysLateAsync("1003", "80.00", "USD");
        await MoveToAsync("2026-03-15T20:00:00Z");
        await PaysLateAsync("1004");
        await MoveToAsync("2026-03-16T07:00:00Z");

        var mail = Reminders(_app)[^1];
        using (Assert.EnterMultipleScope())
        {
            Assert.That(mail["Subject"], Is.EqualTo("[Rehearsal] 4 orders wait for your decision, the oldest for 14 days"));
            Assert.That(mail["To"], Is.EqualTo("lux <owner@lux.example>").Or.EqualTo("\"lux\" <owner@lux.example>"));
            foreach (var text in new[] { mail.Text, mail.PageText })
            {
                Assert.That(text.Replace('\u00A0', ' '), Does.Contain("€ 30.00 and $ 8.00"));
                Assert.That(text, Does.Contain("#1001, for 14 days. " + Late).And.Contain("#1002, for 7 days. " + Late).And.Contain("#1004, for less than a day. " + Late));
                Assert.That(text, Does.Contain("https://refer.example/dashboard/orders/1001").And.Contain("https://refer.example/dashboard#reviews"));
                Assert.That(text, Does.Contain("the program prints a sign-in link").And.Not.Contain("store's admin"), "a rehearsal has none");
                Assert.That(text, Does.Not.Contain("shopper@example.test").And.Not.Contain("Ann").And.Not.Contain("/sign-in/").And.Not.Contain("have waited longest"));
            }

            Assert.That(mail.Text, Does.Contain("For 3 days or more: 3 orders\r\nFor 7 days or more: 3 orders\r\nFor 14 days or more: 1 order\r\n"));
            Assert.That(
                mail.Page.QuerySelectorAll("a").Select(link => link.GetAttribute("href")),
                Is.EqualTo(new[] { "/orders/1001", "/orders/1002", "/orders/1003", "/orders/1004", "#reviews" }.Select(path => "https://refer.example/dashboard" + path)));
        }
    }

    [Test]
    public async Task It_comes_on_the_mornings_after_3_7_and_14_days_and_on_no_other()
    {
        await PaysLateAsync("1001");
        await PaysLateAsync("1002");
        for (var day = 0; day < 30; day++)
        {
            await NextMorningAsync();
        }

        Assert.That(await DaysAsync(), Is.EqualTo(["2026-03-05", "2026-03-09", "2026-03-16"]));
        Assert.That(Reminders(_app).Select(mail => mail["Subject"]["[Rehearsal] ".Length..]), Is.EqualTo(
        [
            "2 orders wait for your decision, the oldest for 3 days", "2 orders wait for your decision, the oldest for 7 days",
            "2 orders wait for your decision, the oldest for 14 days",
        ]));
    }

    [Test]
    public async Task It_waits_for_eight_in_the_morning_of_the_store()
    {
        await PaysLateAsync("1001");

        await MoveToAsync("2026-03-05T06:59:59Z");
        var early = await DaysAsync();
        await MoveToAsync("2026-03-05T07:00:00Z");

        Assert.That(early, Is.Empty);
        Assert.That(await DaysAsync(), Is.EqualTo(["2026-03-05"]));
    }

    [Test]
    public async Task Looking_twice_at_once_and_again_makes_one_mail_a_day()
    {
        await PaysLateAsync("1001");
        await MoveToAsync("2026-03-05T07:00:00Z");
        await PaysLateAsync("1002");
        await MoveToAsync("2026-03-08T15:00:00Z");
        await _app.Db.DoAsync("DELETE FROM effects WHERE subject LIKE 'review_reminder:%'");

        var other = ActivatorUtilities.CreateInstance<RemindOfReviews>(_app.Services);
        var reminded = await Task.WhenAll(_app.Get<RemindOfReviews>().RunOnceAsync(default), other.RunOnceAsync(default));
        await MoveToAsync("2026-03-08T20:00:00Z");

        Assert.That(reminded.Sum(), Is.EqualTo(1));
        Assert.That(await DaysAsync(), Is.EqualTo(["2026-03-08"]));
    }

    [Test]
    public async Task What_came_of_age_while_the_program_was_down_is_told_once_it_is_up()
    {
        await PaysLateAsync("1001");
        await MoveToAsync("2026-03-10T15:00:00Z");
        await NextMorningAsync();
        await NextMorningAsync();

        Assert.That(await DaysAsync(), Is.EqualTo(["2026-03-10"]), "for 3 and for 7 days in one");
        Assert.That(Reminders(_app).Single()["Subject"], Does.Contain("the oldest for 9 days"));
    }

    [Test]
    public async Task An_order_that_leaves_review_and_comes_back_begins_anew()
    {
        var order = await PaysLateAsync("1001");
        await MoveToAsync("2026-03-05T07:00:00Z");
        await DecideAsync("allow", "1001");
        await MoveToAsync("2026-03-12T07:00:00Z");
        var meanwhile = await DaysAsync();
        await _shop.DeliverAsync("refunds/create", (order with { Currency = "USD", UpdatedAt = _app.Clock.GetUtcNow() }).RefundJson("11", 0, "40.00"));
        await _app.DrainAsync();
        for (var day = 0; day < 9; day++)
        {
            await NextMorningAsync();
        }

        Assert.That(meanwhile, Is.EqualTo(["2026-03-05"]));
        Assert.That(await DaysAsync(), Is.EqualTo(["2026-03-05", "2026-03-15", "2026-03-19"]));
    }

    [Test]
    public async Task A_change_of_an_order_in_review_does_not_make_it_younger()
    {
        var order = await PaysLateAsync("1001");
        await MoveToAsync("2026-03-03T07:00:00Z");
        await _shop.PaysAsync(order with { UpdatedAt = _app.Clock.GetUtcNow(), Lines = [("80.00", 1, "0.00")] });
        await MoveToAsync("2026-03-05T07:00:00Z");

        Assert.That(await _shop.StateAsync("1001"), Is.EqualTo("review"));
        Assert.That(await DaysAsync(), Is.EqualTo(["2026-03-05"]));
    }

    [Test]
    public async Task A_store_without_an_address_gets_none_until_it_has_one()
    {
        await _api.Put("store/contact", new JsonObject { ["email"] = null });
        await PaysLateAsync("1001");
        await MoveToAsync("2026-03-20T07:00:00Z");
        var before = await DaysAsync();
        await TellAddressAsync(_api, "new@lux.example");
        await MoveToAsync("2026-03-21T07:00:00Z");

        Assert.That(before, Is.Empty);
        Assert.That(Reminders(_app).Single()["To"], Does.EndWith("<new@lux.example>"));
    }

    [TestCase("UPDATE stores SET state = 'uninstalled'", Installation.UninstalledOutcome)]
    [TestCase("DELETE FROM credentials WHERE kind = 'contact_email'", "The store has no address any more.")]
    [TestCase("UPDATE orders SET review_at = review_at + 86400000", "What was waiting has been decided.")]
    public async Task What_has_changed_since_the_look_is_heeded(string change, string outcome)
    {
        await PaysLateAsync("1001");
        _app.Clock.MoveTo(Instant("2026-03-05T07:00:00Z"));
        Assert.That(await _app.Get<RemindOfReviews>().RunOnceAsync(default), Is.EqualTo(1));
        await _app.Db.DoAsync(change);
        _app.Get<StoreDirectory>().Forget(_shop.Store);
        await _app.Get<EffectWorker>().RunOnceAsync(default);

        var done = await _app.Db.ManyAsync<string>("SELECT state || ' ' || outcome FROM effects WHERE subject LIKE 'review_reminder:%'");
        await _app.Db.DoAsync("UPDATE orders SET review_at = @since", new { since = StoreApp.Start.AddSeconds(5) });
        Assert.That(done, Is.EqualTo(["done " + outcome]));
        Assert.That(Reminders(_app), Is.Empty);
    }

    [Test]
    public async Task A_store_that_has_left_is_not_reminded()
    {
        await PaysLateAsync("1001");
        await _shop.DeliverAsync("app/uninstalled", "{}");
        await MoveToAsync("2026-03-20T07:00:00Z");

        Assert.That(await DaysAsync(), Is.Empty);
    }

    [Test]
    public async Task Of_many_the_ten_oldest_are_shown_and_all_are_counted()
    {
        for (var id = 1001; id <= 1012; id++)
        {
            await PaysLateAsync(id.ToString(CultureInfo.InvariantCulture));
        }

        await MoveToAsync("2026-03-05T07:00:00Z");

        var mail = Reminders(_app).Single();
        Assert.That(mail.Text, Does.Contain("12 orders wait").And.Contain("These 10 have waited longest:").And.Contain("€\u00A0120.00"));
        Assert.That(mail.Text, Does.Contain("#1001,").And.Contain("#1010,").And.Not.Contain("#1011,"));
    }

    [Test]
    public async Task Each_store_hears_of_its_own_orders()
    {
        var other = await Shop.OpenAsync(_app, "other");
        var bob = await other.AmbassadorAsync("BOB10");
        await TellAddressAsync(await ApiClient.OfAsync(_app, other.Store), "bob@other.example");
        await PaysLateAsync("1001");
        await PaysLateAsync("2001", of: (other, bob));
        await PaysLateAsync("2002", of: (other, bob));
        await MoveToAsync("2026-03-05T07:00:00Z");

        Assert.That(
            Reminders(_app).Select(mail => $"{mail["To"].Split('<')[1]} {mail.Text.Contains("#1001", StringComparison.Ordinal)} {mail.Text.Contains("#2001", StringComparison.Ordinal)}"),
            Is.EquivalentTo(["owner@lux.example> True False", "bob@other.example> False True"]));
    }

    [Test]
    public async Task The_outbox_and_the_log_know_no_address()
    {
        using var log = new CapturedLog();
        await using var app = await StoreApp.StartAsync(
            [new("Serilog:MinimumLevel:Default", "Verbose")],
            services => services.AddSingleton<Microsoft.Extensions.Logging.ILoggerProvider>(log));
        var shop = await Shop.OpenAsync(app);
        var ann = await shop.AmbassadorAsync("ANN10");
        await TellAddressAsync(await ApiClient.OfAsync(app, shop.Store), "planted.marker@example.com");
        await PaysLateAsync("1001", of: (shop, ann), on: app);
        app.Clock.MoveTo(Instant("2026-03-05T07:00:00Z"));
        await app.DrainAsync();

        var rows = await app.Db.ManyAsync<string>("SELECT subject || ' ' || payload || ' ' || outcome FROM effects WHERE subject LIKE 'review_reminder:%'");
        Assert.That(Reminders(app).Single()["To"], Does.Contain("planted.marker@example.com"));
        Assert.That(rows, Has.Count.EqualTo(1).And.All.Contains("lies in the mail folder"));
        Assert.That(log.Lines.Concat(rows), Has.None.Contains("marker"));
    }

    private static async Task TellAddressAsync(ApiClient api, string email) =>
        Assert.That((await api.Put("store/contact", new JsonObject { ["email"] = email })).Status, Is.EqualTo(200));

    /// <summary>An order whose only click came when its checkout had begun: a person has to look (rule T4).</summary>
    private async Task<TestOrder> PaysLateAsync(string id, string price = "100.00", string currency = "EUR", (Shop Shop, string Ambassador)? of = null, StoreApp? on = null)
    {
        var clock = (on ?? _app).Clock;
        var (shop, ambassador) = of ?? (_shop, _ann);
        var started = clock.GetUtcNow();
        clock.Advance(TimeSpan.FromSeconds(5));
        var order = new TestOrder(id, clock.GetUtcNow())
        {
            CartRef = await shop.ClickAsync(ambassador),
            CheckoutStartedAt = started,
            Currency = currency,
            Lines = [(price, 1, "0.00")],
        };
        await shop.PaysAsync(order);
        return order;
    }

    private Task<ApiAnswer> DecideAsync(string decision, string orderId) =>
        _api.Post($"orders/{orderId}/decisions", new JsonObject { ["decision"] = decision, ["reason"] = "Looked at." });

    // The ambassador gets a digest beside them.
    private static List<ReadMail> Reminders(StoreApp app) => [.. ReadMail.AllOf(app).Where(mail => mail["Subject"].Contains("your decision", StringComparison.Ordinal))];

    private async Task MoveToAsync(string instant)
    {
        _app.Clock.MoveTo(Instant(instant));
        await _app.DrainAsync();
    }

    private async Task NextMorningAsync()
    {
        _app.Clock.MoveTo(LocalDay.Morning(_shop.Store, LocalDay.Of(_shop.Store, _app.Clock.GetUtcNow()).AddDays(1)));
        await _app.DrainAsync();
    }

    private async Task<IEnumerable<string>> DaysAsync() =>
        (await _app.Db.ManyAsync<string>("SELECT subject FROM effects WHERE kind = 'mail' AND subject LIKE 'review_reminder:%' ORDER BY subject"))
            .Select(subject => subject.Split(':')[1]);

    private static DateTimeOffset Instant(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
