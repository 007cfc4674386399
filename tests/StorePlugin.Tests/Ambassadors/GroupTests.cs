// Groups of ambassadors: dated membership, one spelling, and a list of those who are in one now.
using System.Text.Json.Nodes;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Ambassadors;

internal sealed class GroupTests
{
    private StoreApp _app = null!;
    private Shop _shop = null!;
    private ApiClient _api = null!;
    private string _ann = null!;
    private string _bob = null!;

    [SetUp]
    public async Task Open()
    {
        _app = await StoreApp.StartAsync();
        _shop = await Shop.OpenAsync(_app);
        _api = await ApiClient.OfAsync(_app, _shop.Store);
        _ann = await _shop.AmbassadorAsync("ANN10");
        _app.Clock.Advance(TimeSpan.FromSeconds(1));
        _bob = await _shop.AmbassadorAsync("BOB10");
    }

    [TearDown]
    public async Task Close() => await _app.DisposeAsync();

    [Test]
    public async Task A_membership_is_a_dated_fact_with_its_actor()
    {
        await PutAsync(_ann, "Gold");
        _app.Clock.Advance(TimeSpan.FromHours(1));
        var silver = await PutAsync(_ann, "Silver");
        _app.Clock.Advance(TimeSpan.FromHours(1));
        var left = await _api.Delete($"ambassadors/{_ann}/group");
        var none = await _api.Delete($"ambassadors/{_ann}/group");

        Assert.That((silver.Text("group"), left.Json!["group"]), Is.EqualTo(("Silver", (JsonNode?)null)));
        Assert.That((none.Status, none.Problem), Is.EqualTo((404, "/problems/group-unknown")));
        Assert.That(
            (await MembershipsAsync()).Select(row => $"{row.Number} {row.GroupName} {row.At - StoreApp.Start}"),
            Is.EqualTo(["1 Gold 00:00:01", "2 Silver 01:00:01", "3  02:00:01"]));
        Assert.That((await MembershipsAsync()).Select(row => row.Actor), Is.All.StartsWith("API key key_"));
    }

    [Test]
    public async Task The_first_spelling_of_a_group_is_kept_and_the_same_group_again_is_no_new_fact()
    {
        await PutAsync(_ann, "Gold");
        var again = await PutAsync(_ann, "GOLD");
        var bob = await PutAsync(_bob, " ｇｏｌｄ ");

        Assert.That((again.Text("group"), bob.Text("group")), Is.EqualTo(("Gold", "Gold")));
        Assert.That(await MembershipsAsync(), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task The_list_shows_those_who_are_in_a_group_now()
    {
        await PutAsync(_ann, "Gold");
        await PutAsync(_bob, "Gold");
        await PutAsync(_bob, "Silver");

        var all = await ListAsync("ambassadors");
        var gold = await ListAsync("ambassadors?group=gold");
        var silver = await ListAsync("ambassadors?group=SILVER&limit=1");

        Assert.That(all, Is.EqualTo([(_ann, "Gold"), (_bob, "Silver")]));
        Assert.That((gold, silver), Is.EqualTo((new[] { (_ann, "Gold") }, new[] { (_bob, "Silver") })));
        Assert.That(await ListAsync("ambassadors?group=bronze"), Is.Empty);
        Assert.That((await _api.Get("ambassadors?group=")).Status, Is.EqualTo(400));
    }

    [Test]
    public async Task Who_has_left_is_put_into_no_group_and_taken_out_of_none()
    {
        await PutAsync(_ann, "Gold");
        await _api.Post($"ambassadors/{_ann}/ending");

        var put = await PutAsync(_ann, "Silver");
        var left = await _api.Delete($"ambassadors/{_ann}/group");

        Assert.That(new[] { put, left }.Select(answer => (answer.Status, answer.Problem)), Is.All.EqualTo((409, "/problems/ambassador-ended")));
        Assert.That((await MembershipsAsync()).Single().GroupName, Is.EqualTo("Gold"));
    }

    [Test]
    public async Task A_loop_adds_no_more_changes_than_a_day_may_have()
    {
        for (var i = 0; i < StorePlugin.Ambassadors.Groups.ChangesPerDayMax; i++)
        {
            Assert.That((await PutAsync(_ann, i % 2 == 0 ? "A" : "B")).Status, Is.EqualTo(200));
        }

        var more = await PutAsync(_ann, "C");
        var same = await PutAsync(_ann, "B");
        var other = await PutAsync(_bob, "C");
        _app.Clock.Advance(TimeSpan.FromDays(1));

        Assert.That((more.Status, more.Problem), Is.EqualTo((409, "/problems/group-changes-too-many")));
        Assert.That((same.Status, other.Status, (await PutAsync(_ann, "C")).Status), Is.EqualTo((200, 200, 200)));
        Assert.That(await MembershipsAsync(), Has.Count.EqualTo(StorePlugin.Ambassadors.Groups.ChangesPerDayMax + 1));
    }

    [TestCase("""{}""", "group")]
    [TestCase("""{"group":""}""", "group")]
    [TestCase("""{"group":"aaaaaaaaaabbbbbbbbbbccccccccccddddddddddX"}""", "group")]
    [TestCase("""{"group":"\ufdfa\ufdfa\ufdfa\ufdfa\ufdfa\ufdfa\ufdfa"}""", "group")]
    [TestCase("""{"group":"Gold","share":20}""", "share")]
    public async Task A_name_that_is_none_is_refused(string body, string field)
    {
        var answer = await _api.Send(HttpMethod.Put, $"ambassadors/{_ann}/group", new StringContent(body, System.Text.Encoding.UTF8, "application/json"));

        Assert.That((answer.Status, answer.Json!["errors"]![field] is null), Is.EqualTo((400, false)));
        Assert.That(await MembershipsAsync(), Is.Empty);
    }

    private Task<ApiAnswer> PutAsync(string id, string group) => _api.Put($"ambassadors/{id}/group", new JsonObject { ["group"] = group });

    private async Task<(string, string?)[]> ListAsync(string path) =>
        [.. (await _api.Get(path)).Json!["items"]!.AsArray().Select(item => ((string)item!["id"]!, (string?)item["group"]))];

    private Task<IReadOnlyList<Membership>> MembershipsAsync() => _app.Db.ManyAsync<Membership>(
        "SELECT number, group_name, at, actor FROM group_memberships WHERE store_id = @s AND ambassador_id = @a ORDER BY number",
        new { s = _shop.Store.Id, a = _ann });

    private sealed record Membership(long Number, string? GroupName, DateTimeOffset At, string Actor);
}
