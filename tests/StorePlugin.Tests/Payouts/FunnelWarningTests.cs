// What a person should look at before a run is approved, and how an owner acknowledges it (the funnel, ability 13).
using System.Text.Json.Nodes;
using StorePlugin.Ambassadors;
using StorePlugin.Payouts;
using StorePlugin.Stores;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Payouts;

internal sealed class FunnelWarningTests
{
    private PayoutWorld _world = null!;
    private ApiClient _api = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _world = await PayoutWorld.StartAsync();
        _api = await ApiClient.OfAsync(_world.App, _world.Store);
    }

    [TearDown]
    public ValueTask StopAsync() => _world.DisposeAsync();

    [Test]
    public async Task Whoever_gets_more_than_half_is_warned_of_until_an_owner_has_acknowledged_it_and_again_after_its_end()
    {
        var star = await EarnedAsync("Star", "200.01");
        for (var i = 0; i < 4; i++)
        {
            await EarnedAsync($"Other {i}", "50.00");
        }

        var before = await WarningOfAsync(star);
        var granted = await GrantAsync(star, "SHARE", "2026-03-20T00:00:00Z");
        var acknowledged = await WarningOfAsync(star);
        _world.Clock.Advance(TimeSpan.FromDays(19));
        var after = await WarningOfAsync(star);

        Assert.That(granted, Is.EqualTo(201));
        Assert.That(before, Is.EqualTo("More than half of what this run pays in EUR goes to this payee."));
        Assert.That((acknowledged, after), Is.EqualTo(((string?)null, before)));
    }

    [Test]
    public async Task Half_is_not_more_than_half_and_four_payees_are_too_few_to_wonder()
    {
        var half = await EarnedAsync("Half", "200.00");
        for (var i = 0; i < 3; i++)
        {
            await EarnedAsync($"Other {i}", "50.00");
        }

        var ofFour = await WarningOfAsync(half);
        await EarnedAsync("Fifth", "50.00");

        Assert.That((ofFour, await WarningOfAsync(half)), Is.EqualTo(((string?)null, (string?)null)));
    }

    [Test]
    public async Task One_of_the_stores_own_people_is_warned_of_by_their_address()
    {
        await _world.App.Get<StoreContact>().SetAsync(_world.Store, "Owner+shop@lux.example", default);
        var owner = await EarnedAsync("Owner", "50.00");
        await _world.Db.DoAsync(
            "UPDATE ambassadors SET person_hash = @hash WHERE id = @owner",
            new { hash = _world.App.Get<StoreKeys>().Hash(_world.Store, "email", PersonKey.OfEmail("owner@lux.example")), owner });
        var other = await EarnedAsync("Other", "50.00");

        var (before, ofOther) = (await WarningOfAsync(owner), await WarningOfAsync(other));
        await GrantAsync(owner, "SHARE", "2026-03-20T00:00:00Z");
        var still = await WarningOfAsync(owner);
        await GrantAsync(owner, "TEAM", "2026-03-20T00:00:00Z");

        Assert.That((before, ofOther), Is.EqualTo(("This payee has the address of the store's own people.", (string?)null)));
        Assert.That((still, await WarningOfAsync(owner)), Is.EqualTo((before, (string?)null)));
    }

    [Test]
    public async Task A_warning_of_another_kind_is_not_one_that_can_be_acknowledged()
    {
        var ann = await EarnedAsync("Ann", "50.00");

        Assert.That(await GrantAsync(ann, "MERCHANT", "2026-03-20T00:00:00Z"), Is.EqualTo(422).Or.EqualTo(400));
    }

    private async Task<string> EarnedAsync(string name, string amount)
    {
        var id = await _world.AmbassadorAsync(name, $"acct_{name.Replace(" ", "", StringComparison.Ordinal)}");
        await _world.EarnsAsync(id, amount);
        return id;
    }

    private async Task<string?> WarningOfAsync(string ambassadorId)
    {
        var run = await _world.App.Get<PayoutRuns>().PreviewAsync(_world.Store, "ann", default);
        return run.Lines.Single(line => line.AmbassadorId == ambassadorId).Warning;
    }

    private async Task<int> GrantAsync(string ambassadorId, string rule, string until) =>
        (await _api.Post($"ambassadors/{ambassadorId}/exemptions", new JsonObject { ["rule"] = rule, ["reason"] = "They really sell that much.", ["until"] = until })).Status;
}
