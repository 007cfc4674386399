// Each page in a real browser: fit for everybody, for a phone, for the dark, and for a slow line.
using System.Collections.Concurrent;
using Microsoft.Playwright;
using StorePlugin.Tests.Rig;
using StorePlugin.Tests.Storefront;

namespace StorePlugin.Tests.Journeys;

internal sealed class EveryPageTests
{
    private Tour _tour = null!;
    private IBrowser _browser = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _browser = await Chromium.OpenAsync();
        _tour = await Tour.BeginAsync();
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        if (_tour is not null)
        {
            await _tour.DisposeAsync();
        }
    }

    [Test]
    public void Every_route_that_answers_with_a_page_is_looked_at() => Assert.That(_tour.Unvisited, Is.Empty);

    // Colours differ with the scheme, and what is shown with the width.
    [TestCase(375, ColorScheme.Dark)]
    [TestCase(768, ColorScheme.Light)]
    [TestCase(1280, ColorScheme.Light)]
    public async Task Every_page_is_fit_for_everybody(int width, ColorScheme scheme)
    {
        var findings = new List<string>();
        foreach (var stop in _tour.Stops)
        {
            var asked = new ConcurrentQueue<Uri>();
            var page = await Tour.LookAsync(_browser, stop, width, scheme, asked);
            IEnumerable<string> found =
            [
                .. await Axe.ViolationsAsync(page),
                .. await WiderThanAsync(page, width),
                .. asked.Where(address => address.Authority != stop.Address.Authority).Select(address => $"asks elsewhere: {address}"),
                .. await HeavyAsync(page, [.. asked]),
            ];
            findings.AddRange(found.Select(finding => $"{stop.Name}: {finding}"));
            await page.Context.CloseAsync();
        }

        Assert.That(findings, Is.Empty, string.Join('\n', findings));
    }

    [Test]
    public async Task What_would_keep_somebody_out_is_found()
    {
        var page = await _browser.NewPageAsync();
        await page.SetContentAsync("<html><body><img src='data:,'><button></button><p style='color:#bbb;background:#fff'>Pale</p></body></html>");

        var violations = await Axe.ViolationsAsync(page);
        await page.CloseAsync();

        Assert.That(violations.Select(violation => violation.Split(':')[0]), Is.SupersetOf(new[] { "button-name", "color-contrast", "html-has-lang", "image-alt" }));
    }

    /// <summary>
    /// With <c>STOREPLUGIN_SCREENSHOTS</c> set to a folder, as a whole path or from the root of the code, a picture of each page in each width, light and dark. It is how one looks at all of them.
    /// </summary>
    [Test]
    public async Task Every_page_is_photographed()
    {
        var folder = Environment.GetEnvironmentVariable("STOREPLUGIN_SCREENSHOTS");
        Assume.That(folder, Is.Not.Null.And.Not.Empty, "STOREPLUGIN_SCREENSHOTS names no folder.");
        folder = Directory.CreateDirectory(Path.Combine(SourceTree.Root, folder!)).FullName;
        foreach (var stop in _tour.Stops)
        {
            foreach (var width in (int[])[375, 768, 1280])
            {
                foreach (var scheme in (ColorScheme[])[ColorScheme.Light, ColorScheme.Dark])
                {
                    var page = await Tour.LookAsync(_browser, stop, width, scheme);
                    var path = Path.Combine(folder, $"{stop.Name}-{width}-{scheme.ToString().ToLowerInvariant()}.png");
                    await page.ScreenshotAsync(new() { Path = path, FullPage = true });
                    await page.Context.CloseAsync();
                }
            }
        }
    }

    // WCAG 2.2, 1.4.10: nobody scrolls in two directions, and nothing ends behind its own frame.
    private static async Task<IEnumerable<string>> WiderThanAsync(IPage page, int width) =>
    [
        .. await page.EvaluateAsync<int>("document.documentElement.scrollWidth") is var wide && wide > width ? [$"is {wide} wide"] : Array.Empty<string>(),
        .. await page.EvaluateAsync<string[]>(
            "[...document.querySelectorAll('.tablebox, .card, .card dl > div')].filter(box => box.scrollWidth > box.clientWidth).map(box => `${box.textContent.trim().slice(0, 40)} takes ${box.scrollWidth} of ${box.clientWidth}`)"),
    ];

    private static async Task<IEnumerable<string>> HeavyAsync(IPage page, IReadOnlyList<Uri> asked)
    {
        var heavy = new List<string>();
        foreach (var address in asked)
        {
            var bytes = (await (await page.Context.APIRequest.GetAsync(address.AbsoluteUri)).BodyAsync()).Length;
            if (bytes > BytesMaxOf(address))
            {
                heavy.Add($"{address.AbsolutePath} has {bytes} bytes");
            }
        }

        return heavy;
    }

    // As they are sent without being packed.
    private static int BytesMaxOf(Uri address) => Path.GetExtension(address.AbsolutePath) switch
    {
        ".css" => 20_000,
        ".js" => 10_000,
        _ => 60_000,
    };
}
