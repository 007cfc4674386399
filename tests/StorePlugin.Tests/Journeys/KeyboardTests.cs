// The set-up by keys alone: whatever is pressed is reached by Tab, shows that it is, and works by Enter.
using Microsoft.Playwright;
using StorePlugin.Tests.Rig;
using StorePlugin.Tests.Storefront;

namespace StorePlugin.Tests.Journeys;

internal sealed class KeyboardTests
{
    // Far more than any page of it has.
    private const int StopsMax = 100;

    private StoreApp _app = null!;
    private IBrowserContext _window = null!;
    private IPage _page = null!;

    [SetUp]
    public async Task SetUp()
    {
        var browser = await Chromium.OpenAsync();
        _app = await StoreApp.StartAsync();
        _window = await browser.NewContextAsync(new() { BaseURL = _app.Address.AbsoluteUri });
        _window.SetDefaultTimeout(10_000);
        _page = await _window.NewPageAsync();
    }

    [TearDown]
    public async Task TearDown()
    {
        if (_window is not null)
        {
            await _window.CloseAsync();
        }

        await _app.DisposeAsync();
    }

    [Test]
    public async Task A_campaign_is_set_up_and_launched()
    {
        await _page.GotoAsync("/rehearsal/install");
        await PressAsync("Begin");
        await PressAsync("Continue");
        await TypeAsync("commission", "12.5");
        await PressAsync("Continue");
        await PressAsync("Continue");
        await PressAsync("Continue");
        await TypeAsync("name", "Ann");
        await TypeAsync("email", "ann@example.com");
        await PressAsync("Continue");
        await PressAsync("Launch the campaign");
        await _page.GetByRole(AriaRole.Status).GetByText("The campaign is live: orders count from now on.").WaitForAsync();

        Assert.That(await _app.Db.ManyAsync<string>("SELECT terms FROM campaign_revisions"), Has.Exactly(1).Contains("1250"));
        Assert.That(await _app.Db.ManyAsync<string>("SELECT name FROM ambassadors"), Is.EqualTo(new[] { "Ann" }));
    }

    private async Task TypeAsync(string name, string text)
    {
        await ReachAsync($"element => element.name === '{name}'", name);
        await _page.Keyboard.PressAsync("Control+A");
        await _page.Keyboard.TypeAsync(text);
    }

    private async Task PressAsync(string words)
    {
        await ReachAsync($"element => element.textContent.trim() === '{words}'", words);
        var before = _page.Url;
        await _page.Keyboard.PressAsync("Enter");
        await _page.WaitForURLAsync(url => url != before);
        await _page.WaitForLoadStateAsync();
    }

    /// <summary>Tabs until what is focused is what is looked for, and sees that people see it.</summary>
    private async Task ReachAsync(string isIt, string what)
    {
        for (var stops = 0; stops < StopsMax; stops++)
        {
            await _page.Keyboard.PressAsync("Tab");
            if (await _page.EvaluateAsync<bool>($"() => ({isIt})(document.activeElement)"))
            {
                Assert.That(await _page.EvaluateAsync<string>("() => getComputedStyle(document.activeElement).outlineStyle"), Is.Not.EqualTo("none"), $"{what} does not show that it is focused");
                return;
            }
        }

        Assert.Fail($"{what} is not reached by Tab on {_page.Url}.");
    }
}
