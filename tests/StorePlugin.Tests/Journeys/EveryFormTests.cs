// Every form of every page, filled with what somebody would type to break it, and sent twice.
using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using CsvHelper;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Journeys;

internal sealed partial class EveryFormTests
{
    // What ends the visit itself.
    private static readonly string[] NotSent = ["/sign-out", "/dashboard/team/sessions/end", "/portal/data/deletion"];

    // What takes away that which other forms are about comes after them.
    private static readonly string[] Late =
        ["/ending", "/code-endings", "/suspension", "/pause", "/removal", "/cancellation", "/rejection", "/lifting", "/refusal", "/confirmation"];

    // Forms of states that the tour does not come to, or that need a platform's word; the tests of their rooms send them.
    private static readonly string[] OfOtherStates =
    [
        .. NotSent,
        "/changes/{token}/confirmation", "/changes/{token}/refusal",
        "/dashboard/ambassadors/import/{id}/confirmation",
        "/dashboard/ambassadors/{ambassadorId}/codes/{code}/replacement", "/dashboard/ambassadors/{ambassadorId}/codes/{code}/replays",
        "/dashboard/applications/changes",
        "/dashboard/campaigns/{id}/rehearsals/{rehearsalId}/ambassadors", "/dashboard/campaigns/{id}/revisions/{number:long}/withdrawal",
        "/dashboard/connection/web-pixel", "/dashboard/plan",
        "/dashboard/mails/log/{effectId}/replays", "/dashboard/mails/suppressions/{id}/lifting", "/dashboard/mails/{mail}/removal",
        "/dashboard/payouts/differences/{differenceId}/clearance", "/dashboard/payouts/stripe", "/dashboard/payouts/stripe/readings",
        "/dashboard/payouts/{id}/approval", "/dashboard/payouts/{id}/exports", "/dashboard/payouts/{id}/results",
        "/dashboard/payouts/{id}/resumption", "/dashboard/payouts/{id}/stop",
        "/dashboard/payouts/self-billing/thresholds",
        "/portal/fresh-sign-in", "/portal/payout-method", "/portal/payout-method/removal", "/portal/payouts", "/portal/payouts/account",
    ];

    // Whoever asks once more waits for a mail that has not come.
    private static readonly string[] Repeatable = ["/portal/sign-in"];

    // What each request leaves behind, and what each is there to make.
    private static readonly string[] Grows = ["audit_entries", "rate_tokens", "sign_in_links"];

    [Test]
    public async Task What_is_typed_stands_as_text_and_what_is_sent_twice_acts_once()
    {
        await using var tour = await Tour.BeginAsync();
        var findings = new List<string>();
        var taken = new Dictionary<string, bool>(StringComparer.Ordinal);
        foreach (var isLate in (bool[])[false, true])
        {
            foreach (var stop in tour.Stops)
            {
                await SendAllAsync(tour.AppOf(stop), stop, isLate, taken, findings);
            }
        }

        var files = 0;
        foreach (var stop in tour.Stops)
        {
            files += await LookAsync(stop, findings);
        }

        Assert.That(findings, Is.Empty, string.Join('\n', findings));
        Assert.That(tour.Forms.Where(route => !taken.Any(one => one.Value && PatternOf(route).IsMatch(one.Key.Split(' ')[1]))), Is.SubsetOf(OfOtherStates));
        Assert.That(taken, Has.Count.GreaterThan(90));
        Assert.That(files, Is.GreaterThan(0));
    }

    [Test]
    public async Task What_was_made_of_typed_text_is_found()
    {
        var findings = new List<string>();
        using var page = new HttpResponseMessage { Content = new StringContent($"<main><p title=\"\"><b {FormPress.Mark}></b></p></main>", null, "text/html") };

        await JudgeAsync(findings, "here", page);

        Assert.That(findings, Is.EqualTo(new[] { $"here: what was typed is no text: <b {FormPress.Mark}=\"\"></b>" }));
    }

    /// <summary>Sends each form of a page that was not sent before: with text in every field, and with what the fields ask for; what is taken once more.</summary>
    private static async Task SendAllAsync(StoreApp app, TourStop stop, bool isLate, Dictionary<string, bool> taken, List<string> findings)
    {
        using var browser = new Browser(stop.Address, stop.Who);
        while (await PressAsync(browser, stop, press => !taken.ContainsKey(press.Name) && !NotSent.Contains(press.Path) && (isLate || !Late.Any(press.Path.EndsWith))) is { } press)
        {
            taken[press.Name] = false;
            foreach (var isWild in (bool[])[true, false])
            {
                // The page anew: what was sent has changed it, and this form may be gone.
                if (await PressAsync(browser, stop, same => same.Name == press.Name) is not { } again)
                {
                    break;
                }

                // Two ids of one moment have no order.
                app.Clock.Advance(TimeSpan.FromSeconds(2));
                var (where, filled) = ($"{stop.Name}: {press.Name}", again.Fill(isWild, (2 * taken.Count) + (isWild ? 0 : 1)));
                if (!await JudgeAsync(findings, where, await again.SendAsync(browser, filled)))
                {
                    continue;
                }

                taken[press.Name] = true;
                if (!again.IsGet && !Repeatable.Contains(press.Path))
                {
                    var before = await RowsAsync(app);
                    await JudgeAsync(findings, where + ", again", await again.SendAsync(browser, filled));
                    findings.AddRange((await RowsAsync(app)).Where(table => before[table.Key] != table.Value).Select(table => $"{where}: sent twice it acts twice in {table.Key}"));
                }
            }
        }
    }

    /// <summary>Looks at a page again, and at the files that it offers. Returns how many those are.</summary>
    private static async Task<int> LookAsync(TourStop stop, List<string> findings)
    {
        using var browser = new Browser(stop.Address, stop.Who);
        var answer = await browser.AskAsync(stop.Address.PathAndQuery);
        await JudgeAsync(findings, stop.Name, answer);
        Assert.That(answer.Headers.Location?.OriginalString, Is.Null.Or.Not.Contain("sign-in"), $"{stop.Name}: nobody looks any more");
        var files = (await Browser.ReadAsync(answer, answer.StatusCode)).QuerySelectorAll("main a[href^='/']").Select(link => link.GetAttribute("href")!)
            .Where(link => link.Contains("/export", StringComparison.Ordinal)).ToList();
        foreach (var file in files)
        {
            findings.AddRange((await FormulasAsync(browser, file)).Select(cell => $"{stop.Name}: a cell of {file} is a formula: {cell}"));
        }

        return files.Count;
    }

    private static Regex PatternOf(string route) => new($"^{Parameter().Replace(route.TrimEnd('/'), "[^/]+")}/?$", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1));

    private static async Task<IEnumerable<string>> FormulasAsync(Browser browser, string path)
    {
        using var answer = await browser.AskAsync(path);
        Assert.That(answer.Content.Headers.ContentType?.MediaType, Is.EqualTo("text/csv"), path);
        using var csv = CsvReader.FromText(await answer.Content.ReadAsStringAsync(), new CsvReaderOptions { HasHeader = false });
        var cells = new List<string>();
        while (csv.Read())
        {
            cells.AddRange(Enumerable.Range(0, csv.FieldCount).Select(csv.GetString));
        }

        Assert.That(cells, Has.Some.Contains("=Form").Or.Some.Contains("HYPERLINK"), path);
        return cells.Where(cell => cell.Length > 0 && "=+-@\t\r".Contains(cell[0], StringComparison.Ordinal) && !decimal.TryParse(cell, NumberStyles.Number, CultureInfo.InvariantCulture, out _));
    }

    private static async Task<FormPress?> PressAsync(Browser browser, TourStop stop, Func<FormPress, bool> isMeant)
    {
        using var answer = await browser.AskAsync(stop.Address.PathAndQuery);
        return answer.StatusCode == HttpStatusCode.OK ? FormPress.Of(await Browser.ReadAsync(answer)).FirstOrDefault(isMeant) : null;
    }

    /// <summary>Whether it was taken.</summary>
    private static async Task<bool> JudgeAsync(List<string> findings, string where, HttpResponseMessage answer)
    {
        if (answer.StatusCode >= HttpStatusCode.InternalServerError)
        {
            findings.Add($"{where}: answers {(int)answer.StatusCode}");
        }

        if (answer.Content.Headers.ContentType?.MediaType == "text/html"
            && (await Browser.ReadAsync(answer, answer.StatusCode)).QuerySelector($"[{FormPress.Mark}]") is { } made)
        {
            findings.Add($"{where}: what was typed is no text: {made.OuterHtml}");
        }

        return answer.StatusCode < HttpStatusCode.BadRequest;
    }

    /// <summary>How many rows each table has once everything that was asked for is done.</summary>
    private static async Task<Dictionary<string, long>> RowsAsync(StoreApp app)
    {
        await app.DrainAsync();
        var rows = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var table in (await app.Db.ManyAsync<string>("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'")).Except(Grows))
        {
            rows[table] = await app.Db.OneAsync<long>($"SELECT COUNT(*) FROM {table}");
        }

        return rows;
    }

    [GeneratedRegex(@"\{[^}]+\}", RegexOptions.None, 1000)]
    private static partial Regex Parameter();
}
