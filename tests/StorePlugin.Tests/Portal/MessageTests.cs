// What ambassadors and the store write to each other: a question reaches a person, and its age shows.
using System.Net;
using StorePlugin.Ambassadors;
using StorePlugin.Inbox;
using StorePlugin.Privacy;
using StorePlugin.Stores;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Portal;

internal sealed class MessageTests
{
    private const string Own = "/portal/messages";
    private const string Queue = "/dashboard/messages";

    private StoreApp _app = null!;
    private Shop _shop = null!;
    private string _ann = "";
    private Browser _browser = null!;
    private Browser _owner = null!;

    private string Thread => $"/dashboard/ambassadors/{_ann}/messages";

    [SetUp]
    public async Task StartAsync()
    {
        _app = await StoreApp.StartAsync();
        _shop = await Shop.OpenAsync(_app);
        _ann = await _shop.AmbassadorAsync("ANN10", "ann@example.com");
        await _app.Get<StoreContact>().SetAsync(_shop.Store, "owner@lux.example", default);
        _browser = await Rooms.SignInAsync(_app, _shop.Store, _ann);
        _owner = await Rooms.SignInAsync(_app, _shop.Store, null);
    }

    [TearDown]
    public async Task StopAsync()
    {
        _browser.Dispose();
        _owner.Dispose();
        await _app.DisposeAsync();
    }

    [Test]
    public async Task A_question_waits_with_its_age_until_it_is_answered_and_the_answer_is_read()
    {
        Assert.That((await AskAsync("When do you <i>pay</i>?\nI wait.")).To(), Is.EqualTo($"{Own}?notice=message-sent"));
        _app.Clock.Advance(TimeSpan.FromHours(2));
        await AskAsync("Hello?");

        var row = (await _owner.GetAsync(Queue)).QuerySelector("tbody tr")!;
        var overview = (await _owner.GetAsync("/dashboard")).Text("#messages");
        var person = (await _owner.GetAsync($"/dashboard/ambassadors/{_ann}")).Text(".facts");
        var thread = await _owner.GetAsync(Thread);
        _app.Clock.Advance(TimeSpan.FromSeconds(1));
        var answer = await _owner.FillAsync(Thread, Thread, ("text", "On Monday."));
        var first = await _browser.GetAsync("/portal");
        var own = await _browser.GetAsync(Own);

        Assert.That(row.Text("th") + " " + row.Text("td"), Is.EqualTo("ANN10 2 hours ago"));
        Assert.That(overview, Does.StartWith("1 ambassador waits for an answer; the oldest question came 2 hours ago."));
        Assert.That(person, Does.Contain("They wait for an answer: their question came 2 hours ago"));
        Assert.That(thread.QuerySelectorAll("article").Select(message => message.Text("p")), Is.EqualTo(["Hello?", "When do you <i>pay</i>?"]));
        Assert.That(answer.To(), Is.EqualTo($"{Thread}?notice=message-sent"));
        Assert.That((await _owner.GetAsync(Queue)).Text(), Does.Contain("Nobody waits for an answer."));
        Assert.That(first.Text("#message-waits"), Is.EqualTo("lux has written to you. Read it"));
        Assert.That(own.QuerySelectorAll("article").Select(message => message.Text(".muted").Split(',')[0]), Is.EqualTo(["lux", "You", "You"]));
        Assert.That((await _browser.GetAsync("/portal")).QuerySelector("#message-waits"), Is.Null, "it was read");
    }

    [Test]
    public async Task A_mail_tells_the_other_side_once_a_day_and_holds_nothing_of_the_text()
    {
        await AskAsync("planted question");
        await AskAsync("planted again");
        await _app.DrainAsync();
        await _owner.FillAsync(Thread, Thread, ("text", "planted answer"));
        await _owner.FillAsync(Thread, Thread, ("text", "planted more"));
        await _app.DrainAsync();
        var today = ReadMail.AllOf(_app).Select(mail => mail["To"].Contains("owner@lux.example", StringComparison.Ordinal)).ToList();
        _app.Clock.Advance(TimeSpan.FromDays(1));
        await _app.Get<Messages>().WriteAsync(_shop.Store, _ann, "planted next day", default);
        await _app.DrainAsync();

        Assert.That(today, Is.EquivalentTo([true, false]));
        Assert.That(ReadMail.AllOf(_app).Count(mail => mail["To"].Contains("owner@lux.example", StringComparison.Ordinal)), Is.EqualTo(2), "another day, another mail");
        Assert.That(ReadMail.AllOf(_app).Select(mail => mail.Text + mail.PageText), Has.None.Contain("planted"));
    }

    [Test]
    public async Task What_was_answered_or_read_before_its_mail_went_needs_none()
    {
        await AskAsync("Question");
        await _owner.FillAsync(Thread, Thread, ("text", "Answer"));
        await _browser.GetAsync(Own);
        await _app.DrainAsync();

        Assert.That(ReadMail.AllOf(_app), Is.Empty);
    }

    [Test]
    public async Task What_is_written_while_the_page_is_read_stays_unread()
    {
        await _app.Get<Messages>().AnswerAsync(_shop.Store, _ann, "First", "test", default);
        var seen = (await _app.Get<Messages>().FindThreadAsync(_shop.Store, _ann, default))!;
        _app.Clock.Advance(TimeSpan.FromSeconds(1));
        await _app.Get<Messages>().AnswerAsync(_shop.Store, _ann, "Second", "test", default);
        await _app.Get<Messages>().MarkReadAsync(_shop.Store, seen, default);

        Assert.That((await _browser.GetAsync("/portal")).QuerySelector("#message-waits"), Is.Not.Null);
    }

    [Test]
    public async Task The_same_form_twice_is_one_message_and_other_words_are_another()
    {
        await AskAsync("Hello");
        await AskAsync("Hello");
        _app.Clock.Advance(TimeSpan.FromMilliseconds(1));
        await _owner.FillAsync(Thread, Thread, ("text", "Hello"));
        await _owner.FillAsync(Thread, Thread, ("text", "Hello"));
        _app.Clock.Advance(TimeSpan.FromMilliseconds(1));
        await AskAsync("Hello");

        Assert.That(await _app.Db.ManyAsync<string>("SELECT side FROM messages ORDER BY id"), Is.EqualTo(["ambassador", "store", "ambassador"]));
    }

    [Test]
    public async Task Twenty_messages_a_day_are_the_most()
    {
        for (var i = 0; i < Messages.OfAmbassadorMax; i++)
        {
            Assert.That((await AskAsync($"No. {i}")).StatusCode, Is.EqualTo(HttpStatusCode.Redirect));
        }

        var more = await Browser.ReadAsync(await AskAsync("One more"), HttpStatusCode.TooManyRequests);
        _app.Clock.Advance(TimeSpan.FromHours(11));
        var later = await AskAsync("One more");
        _app.Clock.Advance(TimeSpan.FromHours(13));
        using var again = await Rooms.SignInAsync(_app, _shop.Store, _ann);

        Assert.That(more.Text("[role=alert]"), Does.Contain("20 messages in 24 hours"));
        Assert.That(more.QuerySelector("textarea")!.TextContent, Is.EqualTo("One more"));
        Assert.That(later.StatusCode, Is.EqualTo(HttpStatusCode.TooManyRequests));
        Assert.That((await again.FillAsync(Own, Own, ("text", "One more"))).StatusCode, Is.EqualTo(HttpStatusCode.Redirect));
    }

    [TestCase("", "Write something first.")]
    [TestCase(" \n ", "Write something first.")]
    [TestCase("a\u0001b", "A message may not hold")]
    public async Task What_cannot_be_sent_is_said_beside_the_field(string text, string said)
    {
        foreach (var (browser, path) in new[] { (_browser, Own), (_owner, Thread) })
        {
            var page = await Browser.ReadAsync(await browser.FillAsync(path, path, ("text", text)), HttpStatusCode.UnprocessableEntity);

            Assert.That(page.Text("#text-help"), Does.StartWith(said));
            Assert.That(page.QuerySelector("textarea[aria-invalid=true]")!.GetAttribute("aria-describedby"), Is.EqualTo("text-help"));
        }

        Assert.That(await CountAsync("messages"), Is.Zero);
    }

    [Test]
    public async Task The_longest_messages_fit_a_page_of_their_size_and_are_sealed()
    {
        for (var i = 0; i < 5; i++)
        {
            Assert.That((await AskAsync($"{i}{new string('字', Messages.TextLengthMax - 1)}")).StatusCode, Is.EqualTo(HttpStatusCode.Redirect));
        }

        var longer = await AskAsync(new string('w', Messages.TextLengthMax + 1));
        var own = await (await _browser.AskAsync(Own)).Content.ReadAsStringAsync();
        var thread = await (await _owner.AskAsync(Thread)).Content.ReadAsStringAsync();
        var next = await _browser.GetAsync((await _browser.GetAsync(Own)).QuerySelector("a[rel=next]")!.GetAttribute("href")!);

        Assert.That(longer.StatusCode, Is.EqualTo(HttpStatusCode.UnprocessableEntity));
        Assert.That((own.Length < 60_000, thread.Length < 60_000), Is.EqualTo((true, true)));
        Assert.That(next.QuerySelectorAll("article"), Is.Not.Empty);
        Assert.That(await _app.Db.OneAsync<long>("SELECT COUNT(*) FROM messages WHERE instr(CAST(sealed AS text), '字') > 0"), Is.Zero);
    }

    [Test]
    public async Task What_needs_no_answer_waits_no_longer()
    {
        await AskAsync("Thank you!");

        Assert.That((await _owner.FillAsync(Thread, $"{Thread}/settlement")).To(), Is.EqualTo($"{Thread}?notice=message-settled"));
        Assert.That((await _owner.GetAsync(Queue)).Text(), Does.Contain("Nobody waits."));
        Assert.That((await _owner.GetAsync($"{Queue}?show=all")).QuerySelectorAll("tbody tr"), Has.Length.EqualTo(1));
    }

    [Test]
    public async Task Who_waits_longest_comes_first_and_a_list_goes_on()
    {
        var people = new List<string>();
        for (var i = 0; i < 27; i++)
        {
            people.Add(await _shop.AmbassadorAsync($"WAIT{i:00}"));
            _app.Clock.Advance(TimeSpan.FromMilliseconds(1));
        }

        // The last two of the first page and the first of the next one wait equally long.
        foreach (var (someone, i) in people.Select((someone, i) => (someone, i)))
        {
            await _app.Get<Messages>().WriteAsync(_shop.Store, someone, "Hello", default);
            _app.Clock.Advance(TimeSpan.FromMinutes(i is 23 or 24 ? 0 : 1));
        }

        foreach (var (path, first, last) in new[] { (Queue, "WAIT00", "WAIT26"), ($"{Queue}?show=all", "WAIT26", "WAIT00") })
        {
            var page = await _owner.GetAsync(path);
            var next = await _owner.GetAsync(page.QuerySelector("a[rel=next]")!.GetAttribute("href")!);
            var names = page.QuerySelectorAll("tbody th").Concat(next.QuerySelectorAll("tbody th")).Select(name => name.TextContent.Trim()).ToList();

            Assert.That((names[0], names[^1], names.Distinct().Count(), next.QuerySelector("a[rel=next]")), Is.EqualTo((first, last, 27, (object?)null)), path);
        }
    }

    [Test]
    public async Task A_viewer_reads_and_writes_nothing_and_another_store_has_none_of_it()
    {
        await AskAsync("Mine");
        await _app.Get<Team>().AddAsync(_shop.Store, "Vera", "vera@example.com", Role.Viewer, "test", default);
        using var vera = await Rooms.SignInAsync(_app, _shop.Store, null, (await _app.Get<Team>().ListAsync(_shop.Store, default)).Single().Id);
        var other = await Shop.OpenAsync(_app, "other");
        using var stranger = await Rooms.SignInAsync(_app, other.Store, null);
        var bob = await _shop.AmbassadorAsync("BOB10");
        using var ofBob = await Rooms.SignInAsync(_app, _shop.Store, bob);

        var seen = await vera.GetAsync(Thread);
        var answers = new[]
        {
            (await vera.PushAsync(Thread, Thread, ("text", "x"))).StatusCode, (await vera.PushAsync(Thread, $"{Thread}/settlement")).StatusCode,
            (await stranger.AskAsync(Thread)).StatusCode, (await stranger.PushAsync("/dashboard", Thread, ("text", "x"))).StatusCode,
            (await stranger.PushAsync("/dashboard", $"{Thread}/settlement")).StatusCode,
        };

        Assert.That(seen.Text("article"), Does.StartWith("Mine"));
        Assert.That(seen.QuerySelectorAll("main form"), Is.Empty);
        Assert.That(answers, Is.EqualTo([HttpStatusCode.Forbidden, HttpStatusCode.Forbidden, HttpStatusCode.NotFound, HttpStatusCode.NotFound, HttpStatusCode.NotFound]));
        Assert.That((await ofBob.GetAsync(Own)).Text(), Does.Contain("Nobody has written yet."));
        Assert.That(await CountAsync("messages"), Is.EqualTo(1));
    }

    [Test]
    public async Task Two_years_after_the_last_message_a_thread_is_gone()
    {
        await AskAsync("Old");
        _app.Clock.Advance(KeptFor.Messages - TimeSpan.FromMilliseconds(1));
        await _app.Get<Retention>().RunOnceAsync(default);
        var before = await CountAsync("messages");
        _app.Clock.Advance(TimeSpan.FromMilliseconds(1));
        await _app.Get<Retention>().RunOnceAsync(default);

        Assert.That((before, await CountAsync("messages"), await CountAsync("message_threads")), Is.EqualTo((1L, 0L, 0L)));
    }

    private Task<HttpResponseMessage> AskAsync(string text) => _browser.FillAsync(Own, Own, ("text", text));

    private Task<long> CountAsync(string table) => _app.Db.OneAsync<long>(table == "messages" ? "SELECT COUNT(*) FROM messages" : "SELECT COUNT(*) FROM message_threads");
}
