// The rehearsal platform as one platform among others: discounts, facts, the storefront, deliveries.
using System.Net;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using StorePlugin.Stores;
using StorePlugin.Stores.Rehearsal;
using StorePlugin.Tests.Rig;
using StorePlugin.Webhooks;

namespace StorePlugin.Tests.Stores.Rehearsal;

internal sealed class RehearsalPlatformTests
{
    private StoreApp _app = null!;
    private InstalledShop _shop = null!;
    private RehearsalPlatform _platform = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _app = await StoreApp.StartAsync();
        _shop = await InstalledShop.InstallAsync(_app);
        _platform = _app.Get<RehearsalPlatform>();
    }

    [TearDown]
    public async Task StopAsync() => await _app.DisposeAsync();

    [Test]
    public async Task The_same_effect_creates_its_discount_once()
    {
        var first = await CreateAsync("eff_1", "ANN10");
        var again = await CreateAsync("eff_1", "ANN10");

        Assert.That(first, Is.InstanceOf<DiscountResult.Created>());
        Assert.That(again, Is.EqualTo(first));
    }

    [TestCase("ANN10")]
    [TestCase("ann10")]
    public async Task A_taken_code_is_refused_in_words(string code)
    {
        await CreateAsync("eff_1", "ANN10");

        var second = await CreateAsync("eff_2", code);

        Assert.That((second as DiscountResult.Taken)?.Reason, Does.Contain("taken"));
    }

    [Test]
    public async Task A_change_leaves_all_else_as_it_is()
    {
        var id = ((DiscountResult.Created)await CreateAsync("eff_1", "ANN10")).DiscountId;

        var size = await ChangeAsync(id, new DiscountChange(1500, null));
        var first = await LookAsync(id);
        await ChangeAsync(id, new DiscountChange(null, true));
        var second = await LookAsync(id);
        await ChangeAsync(id, new DiscountChange(2000, false));
        var third = await LookAsync(id);

        Assert.That(size, Is.InstanceOf<DiscountResult.Changed>());
        Assert.That((first.PercentBp, first.OncePerCustomer), Is.EqualTo((1500, (bool?)false)));
        Assert.That((second.PercentBp, second.OncePerCustomer), Is.EqualTo((1500, (bool?)true)));
        Assert.That((third.PercentBp, third.OncePerCustomer), Is.EqualTo((2000, (bool?)false)));
        Assert.That(await ChangeAsync("rdc_none", new DiscountChange(1500, null)), Is.InstanceOf<DiscountResult.Refused>());
    }

    [Test]
    public async Task Who_has_a_code_is_told_with_the_terms_in_words()
    {
        await _platform.CreateDiscountAsync(
            _shop.Store,
            Request("eff_1", "ANN10") with { PercentBp = 0, AmountOff = new Money(500, Currency.Parse("EUR")), OncePerCustomer = true, EndsAt = StoreApp.Start.AddDays(30) },
            default);

        var held = (HolderLook.Held)await _platform.FindHolderAsync(_shop.Store, "ann10", default);
        var free = await _platform.FindHolderAsync(_shop.Store, "BOB10", default);

        Assert.That((held.Holder.Title, held.Holder.IsActive, held.Holder.PercentBp), Is.EqualTo(("Ann's friends [eff_1]", true, (long?)null)));
        Assert.That(held.Holder.Terms, Is.EqualTo("5.00 EUR off, once for each customer, until 2026-03-31"));
        Assert.That(free, Is.InstanceOf<HolderLook.Free>());
        Assert.That(held.ToString(), Does.Not.Contain("friends"), "a title may be a person's name");
    }

    [Test]
    public async Task Two_shops_may_have_the_same_code()
    {
        var other = await InstalledShop.InstallAsync(_app);
        await CreateAsync("eff_1", "ANN10");

        var second = await _platform.CreateDiscountAsync(other.Store, Request("eff_2", "ANN10"), CancellationToken.None);

        Assert.That(second, Is.InstanceOf<DiscountResult.Created>());
    }

    [Test]
    public async Task A_token_opens_no_other_shop()
    {
        var other = await InstalledShop.InstallAsync(_app);
        var impostor = other.Store with { Id = _shop.Store.Id };

        var result = await _platform.CreateDiscountAsync(impostor, Request("eff_1", "ANN10"), CancellationToken.None);

        Assert.That(result, Is.InstanceOf<DiscountResult.Failed>());
    }

    [Test]
    public async Task The_platform_tells_the_facts_of_the_shop()
    {
        var facts = await _platform.ReadStoreAsync(_shop.Store, CancellationToken.None);

        Assert.That(facts, Is.EqualTo(new StoreFacts("Lux Rehearsal", "EUR", "Europe/Berlin", _shop.Store.Domain, ContactEmail: $"owner@{_shop.Store.Domain}")));
    }

    [Test]
    public async Task A_link_leads_to_a_page_that_says_what_is_applied()
    {
        await CreateAsync("eff_1", "ANN10");
        var landing = _platform.LandingUrl(_shop.Store, "ANN10", "/shoes?color=red", "clk_1");

        var page = await _app.Http.GetStringAsync(landing);

        Assert.That(landing.Query, Is.EqualTo("?redirect=/shoes%3Fcolor%3Dred%26ref%3Dclk_1"));
        Assert.That(page, Does.Contain("<strong>ANN10</strong> is applied: 10 % off").And.Contain("<code>clk_1</code>"));
    }

    [Test]
    public async Task A_link_without_a_discount_leads_to_the_page_itself()
    {
        var landing = _platform.LandingUrl(_shop.Store, null, "/", "clk_1");

        var page = await _app.Http.GetStringAsync(landing);

        Assert.That(page, Does.Contain("No code is applied").And.Contain("<code>clk_1</code>"));
    }

    [Test]
    public async Task The_storefront_runs_nothing_that_a_visitor_wrote()
    {
        using var answer = await _app.GetAsync(new Uri(
            $"/rehearsal/shop/{_shop.Store.Id}/discount/%3Cscript%3Ealert(1)%3C%2Fscript%3E?redirect=%2F%3Fref%3D%3Cb%3E", UriKind.Relative));

        var page = await answer.Content.ReadAsStringAsync();
        Assert.That(page, Does.Not.Contain("<script").And.Not.Contain("<b>"));
        Assert.That(page, Does.Contain("There is no code &lt;script&gt;"));
        Assert.That(answer.Headers.GetValues("Content-Security-Policy").Single(), Does.StartWith("default-src 'none'"));
    }

    [Test]
    public async Task A_shop_that_does_not_exist_has_no_storefront()
    {
        using var answer = await _app.GetAsync(new Uri("/rehearsal/shop/sto_0/", UriKind.Relative));

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
    }

    [Test]
    public async Task A_signed_delivery_of_the_shop_is_accepted_and_stored_once()
    {
        var shop = _app.Get<RehearsalShop>();
        var delivery = ShopDelivery.Of("orders/paid", Orders.Paid().ToJson());

        var first = await shop.SendAsync(_shop.Store.Id, delivery, CancellationToken.None);
        var again = await shop.SendAsync(_shop.Store.Id, delivery, CancellationToken.None);

        Assert.That((first, again), Is.EqualTo((200, 200)));
        Assert.That(
            await _app.Db.OneAsync<long>(
                "SELECT CAST(COUNT(*) AS bigint) FROM deliveries WHERE store_id = @storeId", new { storeId = _shop.Store.Id }),
            Is.EqualTo(1));
    }

    [Test]
    public async Task A_delivery_under_another_shops_secret_is_refused()
    {
        var other = await InstalledShop.InstallAsync(_app);
        using var message = new HttpRequestMessage(HttpMethod.Post, new Uri($"/webhooks/rehearsal/{_shop.Store.Id}", UriKind.Relative));
        var body = Orders.Paid().ToJson().ToArray();
        var secret = Encoding.UTF8.GetBytes(await other.CredentialAsync(CredentialKind.WebhookSecret));
        message.Content = new ByteArrayContent(body);
        message.Headers.Add("X-Rehearsal-Topic", "orders/paid");
        message.Headers.Add("X-Rehearsal-Delivery-Id", "1");
        message.Headers.Add("X-Rehearsal-Hmac-Sha256", Webhooks.Rehearsal.RehearsalSignature.Sign(body, secret));

        using var answer = await _app.Http.SendAsync(message);

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [Test]
    public void The_programme_knows_the_platform_by_its_name() =>
        Assert.That(_app.Services.GetServices<IStorePlatform>().Select(platform => platform.Name), Has.One.EqualTo("rehearsal"));

    private Task<DiscountResult> CreateAsync(string effectId, string code) =>
        _platform.CreateDiscountAsync(_shop.Store, Request(effectId, code), CancellationToken.None);

    private Task<DiscountResult> ChangeAsync(string id, DiscountChange change) => _platform.ChangeDiscountAsync(_shop.Store, "ANN10", id, change, default);

    private async Task<DiscountLook.Seen> LookAsync(string id) => (DiscountLook.Seen)await _platform.LookAtDiscountAsync(_shop.Store, "ANN10", id, default);

    private static DiscountRequest Request(string effectId, string code) =>
        new(effectId, code, "Ann's friends", 1000, StoreApp.Start);
}
