// Which customer an ambassador is goes with the customer, and with the store; the ambassador stays one.
using StorePlugin.Ambassadors;

namespace StorePlugin.Tests.Privacy;

internal sealed class AmbassadorCustomerTests
{
    private PrivacyWorld _world = null!;
    private AmbassadorCustomers _customers = null!;
    private string _ann = "";

    [SetUp]
    public async Task SetUp()
    {
        _world = await PrivacyWorld.StartAsync();
        _customers = _world.App.Get<AmbassadorCustomers>();
        _ann = (await _world.App.Db.OneAsync<string>("SELECT ambassador_id FROM codes WHERE store_id = @s AND code = 'ANN10'", new { s = _world.Store.Id }))!;
        await _customers.LinkAsync(_world.Store, KeyOf(PrivacyWorld.Customer), _ann, default);
        await _customers.LinkAsync(_world.Store, KeyOf(8008), _ann, default);
    }

    [TearDown]
    public async Task TearDown() => await _world.DisposeAsync();

    [Test]
    public async Task A_customer_who_is_erased_is_no_longer_known_and_another_one_is()
    {
        await _world.SendAsync(PrivacyWorld.Lux, "customers/redact", PrivacyWorld.Request(PrivacyWorld.Lux, "customers/redact"));
        await _world.App.DrainAsync();

        Assert.That(await KeysAsync(), Is.EqualTo([KeyOf(8008)]));
        Assert.That(await _world.CountAsync($"SELECT COUNT(*) FROM ambassadors WHERE store_id = @s AND id = '{_ann}' AND email <> ''"), Is.EqualTo(1));
    }

    [Test]
    public async Task Whoever_asks_what_is_held_is_told_of_the_ambassador_whom_the_number_leads_to()
    {
        await _world.SendAsync(PrivacyWorld.Lux, "customers/data_request", PrivacyWorld.Request(PrivacyWorld.Lux, "customers/data_request"));
        await _world.App.DrainAsync();

        var id = (string)(await _world.Api.Get("privacy-requests")).Json!["items"]![0]!["id"]!;
        var told = (await _world.Api.Get($"privacy-requests/{id}/file")).Json!["ambassador"]!["items"]!.AsArray().Single()!;
        Assert.That((string?)told["email"], Is.EqualTo(PrivacyWorld.Ambassador[1]));
    }

    [Test]
    public async Task A_store_that_is_erased_knows_none_any_more()
    {
        await _world.LeaveAsync();
        _world.App.Clock.Advance(TimeSpan.FromDays(2));
        await _world.SendAsync(PrivacyWorld.Lux, "shop/redact", PrivacyWorld.Request(PrivacyWorld.Lux, "shop/redact"));
        await _world.App.DrainAsync();
        await _world.EraseAsync();

        Assert.That(await KeysAsync(), Is.Empty);
    }

    // What was erased is nobody, and a page must not lead there.
    [Test]
    public async Task An_ambassador_who_is_erased_is_nobody_to_the_stores_pages()
    {
        await _world.App.Db.DoAsync("UPDATE ambassadors SET email = '' WHERE store_id = @s AND id = @ann", new { s = _world.Store.Id, ann = _ann });

        Assert.That(await _customers.FindPersonAsync(_world.Store, KeyOf(8008), default), Is.Null);
    }

    private string KeyOf(long customerId) => _customers.KeyOf(_world.Store, customerId.ToString(System.Globalization.CultureInfo.InvariantCulture));

    private Task<IReadOnlyList<string>> KeysAsync() =>
        _world.App.Db.ManyAsync<string>("SELECT customer_key FROM ambassador_customers WHERE store_id = @s", new { s = _world.Store.Id });
}
