// What is kept of a raw body: less than came, unreadable without the store's key, and the same bytes when it is opened.
using System.Security.Cryptography;
using System.Text;
using StorePlugin.Stores;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Inbox;

internal sealed class RawBodyTests
{
    [Test]
    public async Task A_sealed_body_is_smaller_and_opens_to_the_same_bytes_for_its_own_delivery_only()
    {
        await using var app = await StoreApp.StartAsync();
        var shop = await Shop.OpenAsync(app);
        var keys = app.Get<StoreKeys>();
        var body = Encoding.UTF8.GetBytes(new TestOrder("1001", StoreApp.Start).With("ANN10", "10.00").ToJson());

        var kept = keys.SealBody(shop.Store, "d-1", body);

        Assert.Multiple(() =>
        {
            Assert.That(kept, Has.Length.LessThan(body.Length));
            Assert.That(keys.OpenBody(shop.Store, "d-1", kept), Is.EqualTo(body));
            Assert.That(() => keys.OpenBody(shop.Store, "d-2", kept), Throws.InstanceOf<CryptographicException>());
        });
    }

    [Test]
    public async Task Bytes_that_cannot_be_compressed_are_kept_as_well()
    {
        await using var app = await StoreApp.StartAsync();
        var shop = await Shop.OpenAsync(app);
        var keys = app.Get<StoreKeys>();
        var body = RandomNumberGenerator.GetBytes(200_000);

        Assert.That(keys.OpenBody(shop.Store, "d-1", keys.SealBody(shop.Store, "d-1", body)), Is.EqualTo(body));
    }
}
