// The verb api-key: one line on standard output, words on standard error, an exit code.
using StorePlugin.Stores;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Stores;

internal sealed class ApiKeyVerbTests
{
    [Test]
    public async Task It_prints_the_key_alone_and_the_key_opens_the_store()
    {
        await using var app = await StoreApp.StartAsync();
        var shop = await Shop.OpenAsync(app);

        var (code, output, errors) = await RunAsync(app, shop.Store.Id, write: true);

        var key = output.TrimEnd('\r', '\n');
        Assert.That(code, Is.Zero);
        Assert.That(key, Does.Match($"\\Aspk_{shop.Store.Id}_[A-Za-z0-9_-]{{43}}\\z"));
        Assert.That(errors, Does.Contain("reads and changes").And.Not.Contain(key));
        Assert.That((await new ApiClient(app, key).Post("campaigns", Bodies.Campaign())).Status, Is.EqualTo(201));
    }

    [Test]
    public async Task Only_the_hash_of_a_key_is_kept()
    {
        await using var app = await StoreApp.StartAsync();
        var shop = await Shop.OpenAsync(app);

        var (_, output, _) = await RunAsync(app, shop.Store.Id, write: false);

        var hash = await app.Db.OneAsync<string>("SELECT key_hash FROM api_keys WHERE store_id = @id", new { id = shop.Store.Id });
        Assert.That(hash, Is.EqualTo(StorePlugin.Data.Ids.HashOf(output.Trim())));
    }

    [TestCase("LUX.Rehearsal.Example")]
    [TestCase("lux.rehearsal.example")]
    public async Task A_store_is_found_by_its_domain_in_any_case(string domain)
    {
        await using var app = await StoreApp.StartAsync();
        var shop = await Shop.OpenAsync(app);

        var (code, output, _) = await RunAsync(app, domain, write: false);

        Assert.That(code, Is.Zero);
        Assert.That(ApiKeys.StoreIdOf(output.Trim()), Is.EqualTo(shop.Store.Id));
    }

    [Test]
    public async Task An_unknown_store_is_a_failure_in_words()
    {
        await using var app = await StoreApp.StartAsync();

        var (code, output, errors) = await RunAsync(app, "nowhere.example", write: false);

        Assert.That((code, output), Is.EqualTo((1, "")));
        Assert.That(errors, Does.Contain("nowhere.example"));
    }

    [Test]
    public async Task A_domain_of_two_stores_is_a_failure_that_names_both()
    {
        await using var app = await StoreApp.StartAsync();
        var first = await Shop.OpenAsync(app);
        var second = await app.Get<Installation>().BeginAsync("shopify", "live", first.Store.Domain, default);

        var (code, output, errors) = await RunAsync(app, first.Store.Domain, write: false);

        Assert.That((code, output), Is.EqualTo((1, "")));
        Assert.That(errors, Does.Contain(first.Store.Id).And.Contain(second.Store.Id));
    }

    [Test]
    public async Task A_revoked_key_opens_nothing_and_is_listed_without_its_text()
    {
        await using var app = await StoreApp.StartAsync();
        var shop = await Shop.OpenAsync(app);
        var (_, kept, _) = await RunAsync(app, shop.Store.Id, write: true);
        var before = (await app.Get<ApiKeys>().ListAsync(shop.Store)).Select(key => key.Id);
        var (_, lost, _) = await RunAsync(app, shop.Store.Id, write: true);
        var id = (await app.Get<ApiKeys>().ListAsync(shop.Store)).Select(key => key.Id).Except(before).Single();

        var (code, output, errors) = await RunAsync(app, "--store", shop.Store.Id, "--revoke", id);
        var (again, _, _) = await RunAsync(app, "--store", shop.Store.Id, "--revoke", id);
        var (listed, list, _) = await RunAsync(app, "--store", shop.Store.Id, "--list");

        Assert.That((code, output, again, listed), Is.EqualTo((0, "", 0, 0)));
        Assert.That(errors, Does.Contain(id));
        Assert.That((await new ApiClient(app, lost.Trim()).Get("store")).Status, Is.EqualTo(401));
        Assert.That((await new ApiClient(app, kept.Trim()).Get("store")).Status, Is.EqualTo(200));
        Assert.That(list.Split('\n', StringSplitOptions.RemoveEmptyEntries), Has.Length.EqualTo(2).And.All.Match("^key_[0-9a-f]{32} write made 2026-03-01T10:00:00Z "));
        Assert.That(list, Does.Contain($"{id} write made 2026-03-01T10:00:00Z revoked 2026-03-01T10:00:00Z").And.Not.Contain("spk_"));
    }

    [Test]
    public async Task Another_stores_key_is_not_revoked()
    {
        await using var app = await StoreApp.StartAsync();
        var (shop, other) = (await Shop.OpenAsync(app), await Shop.OpenAsync(app, "other"));
        var (_, key, _) = await RunAsync(app, shop.Store.Id, write: false);
        var id = (await app.Get<ApiKeys>().ListAsync(shop.Store)).Single().Id;

        var (code, _, errors) = await RunAsync(app, "--store", other.Store.Id, "--revoke", id);

        Assert.That(code, Is.EqualTo(1));
        Assert.That(errors, Does.Contain(id));
        Assert.That((await new ApiClient(app, key.Trim()).Get("store")).Status, Is.EqualTo(200));
    }

    [Test]
    public async Task A_store_has_so_many_keys_and_no_more()
    {
        await using var app = await StoreApp.StartAsync();
        var shop = await Shop.OpenAsync(app);
        for (var i = 0; i < ApiKeys.KeysMax; i++)
        {
            await app.Get<ApiKeys>().IssueAsync(shop.Store, canWrite: false);
        }

        var (full, output, errors) = await RunAsync(app, shop.Store.Id, write: false);
        await app.Get<ApiKeys>().RevokeAsync(shop.Store, (await app.Get<ApiKeys>().ListAsync(shop.Store))[0].Id);
        var (code, _, _) = await RunAsync(app, shop.Store.Id, write: false);

        Assert.That((full, output, code), Is.EqualTo((1, "", 0)));
        Assert.That(errors, Does.Contain("revoke one"));
    }

    [TestCase]
    [TestCase("--store", "a", "--revoke")]
    [TestCase("--store", "a", "--revoke", "--list")]
    [TestCase("--store", "a", "--list", "--write")]
    [TestCase("--list")]
    [TestCase("--store")]
    [TestCase("--store", "--write")]
    [TestCase("--write")]
    [TestCase("lux.rehearsal.example")]
    [TestCase("--store", "a", "--store", "b")]
    [TestCase("--store", "a", "extra")]
    public async Task Anything_else_is_a_mistake_of_usage(params string[] options) =>
        Assert.That(await Verbs.RunAsync(["api-key", .. options]), Is.EqualTo(2));

    private static Task<(int Code, string Output, string Errors)> RunAsync(StoreApp app, string store, bool write) =>
        RunAsync(app, write ? ["--store", store, "--write"] : ["--store", store]);

    private static async Task<(int Code, string Output, string Errors)> RunAsync(StoreApp app, params string[] options)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        var order = ApiKeyOrder.Read(options)!;
        var code = await app.Get<ApiKeyVerb>().RunAsync(order, output, errors);
        return (code, output.ToString(), errors.ToString());
    }
}
