// From the installation to the statement, in a real browser: what a merchant, a shopper and an ambassador press, and what they read.
using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using StorePlugin.Stores;
using StorePlugin.Stores.Rehearsal;
using StorePlugin.Tests.Rig;
using StorePlugin.Tests.Storefront;

namespace StorePlugin.Tests.Journeys;

internal sealed class WholeJourneyTests
{
    private const string EvesMail = "eve@example.com";
    private const string KimsMail = "kim@example.com";

    private StoreApp _app = null!;
    private IBrowserContext _merchants = null!;
    private IBrowserContext _shoppers = null!;
    private IBrowserContext _ambassadors = null!;
    private Store _store = null!;

    [SetUp]
    public async Task SetUp()
    {
        var browser = await Chromium.OpenAsync();
        _app = await StoreApp.StartAsync();
        (_merchants, _shoppers, _ambassadors) = (await OpenAsync(), await OpenAsync(), await OpenAsync());

        async Task<IBrowserContext> OpenAsync()
        {
            var window = await browser.NewContextAsync(new() { BaseURL = _app.Address.AbsoluteUri });
            // What is not there shall be told at once.
            window.SetDefaultTimeout(10_000);
            return window;
        }
    }

    [TearDown]
    public async Task TearDown()
    {
        foreach (var window in new[] { _merchants, _shoppers, _ambassadors })
        {
            if (window is not null)
            {
                await window.CloseAsync();
            }
        }

        await _app.DisposeAsync();
    }

    [Test]
    public async Task From_the_installation_to_the_statement()
    {
        var merchant = await InstallAsync();
        await SetUpAsync(merchant);
        await RehearseAsync(merchant);
        await LaunchAsync(merchant);
        var join = await JoinPageAsync(merchant);

        await ApplyAsync(join);
        await ApproveAsync(merchant);
        var eve = await ComeInAsync();
        var link = await eve.Locator(".share a").First.GetAttributeAsync("href");

        var reference = await FollowAsync(link!);
        await BuyAsync("5001", reference);
        await SeeOrderAsync(merchant, eve);

        await NameAccountAsync(eve);
        _app.Clock.Advance(TimeSpan.FromDays(31));
        await _app.DrainAsync();
        merchant = await SignInAgainAsync();
        await PayAsync(merchant);

        var mail = ReadMail.AllOf(_app).Last(mail => mail["To"].Contains(EvesMail, StringComparison.Ordinal) && mail["Subject"].Contains('€', StringComparison.Ordinal));
        Assert.That(mail.Text, Does.Contain("€\u00A090.00"));
        await ReadStatementAsync(await ComeInAsync());
        Assert.That(await _app.Db.ManyAsync<string>("SELECT state FROM orders WHERE store_id = @id", new { id = _store.Id }), Is.EqualTo(new[] { "paid" }));
    }

    private async Task<IPage> InstallAsync()
    {
        var page = await _merchants.NewPageAsync();
        await page.GotoAsync("/rehearsal/install?name=Lux%20Candles");
        await page.WaitForURLAsync("**/dashboard");
        Assert.That(await page.TitleAsync(), Is.EqualTo("Overview · Lux Candles"));
        await page.GetByText("This store is made up").WaitForAsync();
        _store = await _app.Get<StoreDirectory>().GetAsync((await _app.Db.OneAsync<string>("SELECT id FROM stores WHERE name = 'Lux Candles'"))!);
        return page;
    }

    /// <summary>Five pages with what is usual filled in; on the last one somebody is added who must not be paid.</summary>
    private static async Task SetUpAsync(IPage merchant)
    {
        await merchant.GotoAsync("/dashboard/team");
        await merchant.GetByLabel("Name").FillAsync("Kim");
        await merchant.GetByLabel("E-mail address").FillAsync(KimsMail);
        await PressAsync(merchant, "Add, and send a sign-in link");
        await merchant.GetByRole(AriaRole.Link, new() { Name = "Overview" }).ClickAsync();
        await merchant.GetByRole(AriaRole.Link, new() { Name = "Begin" }).ClickAsync();
        foreach (var step in new[] { "goal", "offer", "rules", "look" })
        {
            await merchant.WaitForURLAsync($"**/setup/{step}*");
            await PressAsync(merchant, "Continue");
        }

        await merchant.WaitForURLAsync("**/setup/people*");
        await merchant.GetByLabel("Name").FillAsync("Kim");
        await merchant.GetByLabel("E-mail address").FillAsync(KimsMail);
        await PressAsync(merchant, "Continue");
        await merchant.GetByRole(AriaRole.Heading, new() { Name = "Launch" }).WaitForAsync();
    }

    private async Task RehearseAsync(IPage merchant)
    {
        await merchant.GetByRole(AriaRole.Link, new() { Name = "Look at the campaign once more" }).ClickAsync();
        await merchant.GetByRole(AriaRole.Link, new() { Name = "Rehearse" }).First.ClickAsync();
        await merchant.GetByLabel("Typical month").CheckAsync();
        await PressAsync(merchant, "Begin the rehearsal");
        await _app.DrainAsync();
        for (var moments = 0; moments < 200 && (await ReadAsync(merchant)).Contains("looks again by itself", StringComparison.Ordinal); moments++)
        {
            _app.Clock.Advance(TimeSpan.FromSeconds(1));
            await _app.DrainAsync();
            await merchant.ReloadAsync();
        }

        Assert.That(await ReadAsync(merchant), Does.Contain("What each has earned").And.Not.Contain("did not come to its end"));
        await merchant.Locator("#journey a").First.ClickAsync();
        Assert.That(await ReadAsync(merchant), Does.Contain("Commission"));
        Assert.That(await _app.Db.OneAsync<long>("SELECT COUNT(*) FROM orders WHERE store_id = @id", new { id = _store.Id }), Is.Zero, "nothing of it is the store's");
    }

    private async Task LaunchAsync(IPage merchant)
    {
        await merchant.GotoAsync("/dashboard/setup");
        await PressAsync(merchant, "Launch the campaign");
        Assert.That(await ReadAsync(merchant), Does.Contain("Kim has the address of somebody on your own team."));
        Assert.That(await _app.Db.OneAsync<string>("SELECT state FROM campaigns WHERE store_id = @id", new { id = _store.Id }), Is.EqualTo("draft"));

        await merchant.GotoAsync("/dashboard/ambassadors");
        await merchant.GetByRole(AriaRole.Link, new() { Name = "Kim", Exact = true }).ClickAsync();
        await merchant.GetByText("End it for good").ClickAsync();
        await PressAsync(merchant, "They leave");
        await merchant.GotoAsync("/dashboard/setup");
        await PressAsync(merchant, "Launch the campaign");
        await merchant.GetByRole(AriaRole.Status).GetByText("The campaign is live: orders count from now on.").WaitForAsync();
    }

    private static async Task<string> JoinPageAsync(IPage merchant) => (await merchant.Locator("a[href*='/join/']").First.GetAttributeAsync("href"))!;

    private static Task PressAsync(IPage page, string name) => page.GetByRole(AriaRole.Button, new() { Name = name, Exact = true }).First.ClickAsync();

    private async Task ApplyAsync(string join)
    {
        var page = await _ambassadors.NewPageAsync();
        await page.GotoAsync(join);
        await page.GetByLabel("Your name").FillAsync("Eve");
        await page.GetByLabel("Your e-mail address").FillAsync(EvesMail);
        await page.GetByLabel("I am 18 or older").CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Apply" }).ClickAsync();
        await page.WaitForURLAsync("**/thanks");
        await page.CloseAsync();
    }

    private async Task ApproveAsync(IPage merchant)
    {
        await merchant.GotoAsync("/dashboard");
        await merchant.GetByRole(AriaRole.Link, new() { Name = "Answer them" }).ClickAsync();
        await merchant.GetByRole(AriaRole.Button, new() { Name = "Approve", Exact = true }).First.ClickAsync();
        await merchant.GetByRole(AriaRole.Status).WaitForAsync();
        await _app.DrainAsync();
    }

    /// <summary>Signs in as an ambassador does: by the mail that comes.</summary>
    private async Task<IPage> ComeInAsync()
    {
        var page = await _ambassadors.NewPageAsync();
        await page.GotoAsync("/sign-in");
        await page.GetByLabel("Your e-mail address").FillAsync(EvesMail);
        await page.GetByRole(AriaRole.Button, new() { Name = "Send me a link" }).ClickAsync();
        await page.GetByRole(AriaRole.Heading).First.WaitForAsync();
        await _app.Get<StorePlugin.Mail.SignInAsks>().RunOnceAsync(default);
        await _app.DrainAsync();
        var mail = ReadMail.AllOf(_app).Last(mail => mail["To"].Contains(EvesMail, StringComparison.Ordinal) && mail.Text.Contains("/sign-in/", StringComparison.Ordinal));
        await page.GotoAsync(Regex.Match(mail.Text, @"/sign-in/\S+", RegexOptions.None, TimeSpan.FromSeconds(1)).Value);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await page.GetByRole(AriaRole.Heading, new() { Name = "Hello Eve" }).WaitForAsync();
        return page;
    }

    /// <summary>Follows the link into the store. Returns the reference that the visit carries.</summary>
    private async Task<string> FollowAsync(string link)
    {
        var page = await _shoppers.NewPageAsync();
        await page.GotoAsync(link);
        await page.GetByText("is applied").WaitForAsync();
        return await page.Locator("code").Last.InnerTextAsync();
    }

    private async Task BuyAsync(string id, string reference)
    {
        var order = new TestOrder(id, _app.Clock.GetUtcNow()) { CartRef = reference, Lines = [("1000.00", 1, "0.00")], Email = "shopper@example.test" }.With("EVE", "100.00");
        Assert.That(await _app.Get<RehearsalShop>().SendAsync(_store.Id, ShopDelivery.Of("orders/paid", System.Text.Encoding.UTF8.GetBytes(order.ToJson())), default), Is.EqualTo(200));
        await _app.DrainAsync();
    }

    private static async Task SeeOrderAsync(IPage merchant, IPage eve)
    {
        await merchant.GotoAsync("/dashboard/orders");
        await merchant.GetByRole(AriaRole.Link, new() { Name = "#5001" }).ClickAsync();
        Assert.That(await ReadAsync(merchant), Does.Contain("EVE").And.Contain("90.00"));
        await eve.ReloadAsync();
        Assert.That(await ReadAsync(eve), Does.Contain("#5001").And.Contain("€ 90.00").And.Not.Contain("shopper@example.test"));
    }

    private async Task NameAccountAsync(IPage eve)
    {
        await eve.GetByLabel("The country you live in").SelectOptionAsync("DE");
        await eve.Locator("#how-paid button").First.ClickAsync();
        await eve.GetByRole(AriaRole.Button, new() { Name = "Confirm, and be ready" }).ClickAsync();
        await eve.WaitForURLAsync("**/portal**");
        await _app.DrainAsync();
    }

    private async Task<IPage> SignInAgainAsync()
    {
        var page = await _merchants.NewPageAsync();
        await page.GotoAsync(await _app.Get<SignIn>().NewLinkAsync(_store, Role.Owner, null, default));
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await page.WaitForURLAsync("**/dashboard");
        return page;
    }

    private async Task PayAsync(IPage merchant)
    {
        await merchant.GetByRole(AriaRole.Link, new() { Name = "Payouts" }).ClickAsync();
        await merchant.GetByRole(AriaRole.Button, new() { Name = "Prepare a payout run" }).ClickAsync();
        Assert.That(await ReadAsync(merchant), Does.Contain("€ 90.00"));
        await merchant.GetByRole(AriaRole.Button, new() { NameRegex = new Regex("^Approve", RegexOptions.None, TimeSpan.FromSeconds(1)) }).ClickAsync();
        await _app.DrainAsync();
        await merchant.ReloadAsync();
        Assert.That(await ReadAsync(merchant), Does.Contain("Eve").And.Contain("Sent"));
    }

    private async Task ReadStatementAsync(IPage eve)
    {
        await eve.GetByRole(AriaRole.Link, new() { Name = "Your statements, month by month" }).ClickAsync();
        var month = _app.Clock.GetUtcNow().ToString("MMMM yyyy", CultureInfo.InvariantCulture);
        await eve.GetByRole(AriaRole.Link, new() { Name = month }).ClickAsync();
        Assert.That(await ReadAsync(eve), Does.Contain("90.00"));
    }

    /// <summary>What stands on a page; a space is a space, whether a line may end there or not.</summary>
    private static async Task<string> ReadAsync(IPage page) => (await page.Locator("main").InnerTextAsync()).Replace('\u00A0', ' ');
}
