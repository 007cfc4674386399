// One real browser for all tests of the storefront, without a window.
using Microsoft.Playwright;

namespace StorePlugin.Tests.Storefront;

/// <summary>Debian's Chromium or another one that is installed here; none is fetched.</summary>
[SetUpFixture]
internal sealed class Chromium
{
    private static readonly string[] Names = ["chromium", "chromium-browser", "google-chrome"];

    private static IPlaywright? _playwright;
    private static IBrowser? _browser;

    /// <summary>The browser. Where there is none the test is skipped and says so; on a build server it fails.</summary>
    public static async Task<IBrowser> OpenAsync()
    {
        if (_browser is not null)
        {
            return _browser;
        }

        if (Find() is not { } path)
        {
            const string Why = "There is no Chromium on the PATH: the storefront's script was not tried.";
            if (string.IsNullOrEmpty(Environment.GetEnvironmentVariable("CI")))
            {
                Assert.Ignore(Why);
            }

            Assert.Fail(Why);
        }
        else
        {
            _playwright = await Playwright.CreateAsync();
            _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
            {
                ExecutablePath = path,
                // Sites that the tests play stand outside of this machine, and the program in it: the browser would ask whether they may meet.
                Args =
                [
                    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--test-third-party-cookie-phaseout",
                    "--disable-features=LocalNetworkAccessChecks",
                ],
            });
        }

        return _browser!;
    }

    [OneTimeTearDown]
    public async Task CloseAsync()
    {
        if (_browser is not null)
        {
            await _browser.CloseAsync();
        }

        _playwright?.Dispose();
    }

    private static string? Find() => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .SelectMany(folder => Names.Select(name => Path.Combine(folder, name)))
        .FirstOrDefault(File.Exists);
}
