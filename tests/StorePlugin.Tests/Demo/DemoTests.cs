// The demo run whole, with fewer days of sales: its table, its checks, and what it must not touch.
using System.Text.RegularExpressions;
using StorePlugin.Data;
using StorePlugin.Demo;

namespace StorePlugin.Tests.Demo;

internal sealed partial class DemoTests
{
    private const int Days = 3;

    private string _folder = "";

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("storeplugin-demo-").FullName;

    [TearDown]
    public void DropFolder()
    {
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
    }

    [Test]
    public async Task A_demo_of_a_few_days_ends_with_no_findings()
    {
        var (code, output, progress) = await RunAsync();

        Assert.That(code, Is.Zero, output + progress);
        Assert.That(output, Does.Contain("Ledger check: no findings").And.Not.Contain("WRONG"));
        Assert.That(output, Does.Contain("Zoë Lindqvist").And.Contain("李娜"));
        Assert.That(output, Does.Contain("/sign-in/"));

        var mails = Directory.GetFiles(Path.Combine(_folder, "mail"), "*.eml");
        Assert.That(output, Does.Contain($"{mails.Length} mails to the ambassadors lie in "));
        Assert.That(mails, Has.Length.GreaterThan(5 + Days), "a welcome for each of five, and digests");
    }

    [Test]
    public async Task The_commission_of_each_row_is_the_sum_of_its_states()
    {
        var (_, output, progress) = await RunAsync();

        var rows = Rows(output);
        Assert.That(rows, Has.Count.EqualTo(6), output + progress);
        foreach (var figures in rows)
        {
            Assert.That(figures[4..].Sum(), Is.EqualTo(figures[3]));
        }

        Assert.That(rows[^1], Is.EqualTo(Enumerable.Range(0, 9).Select(i => rows.Take(5).Sum(row => row[i]))));
    }

    [Test]
    public async Task A_second_demo_on_the_same_data_shows_the_same_figures_in_a_store_of_its_own()
    {
        var first = await RunAsync();
        var second = await RunAsync();

        Assert.That((first.Code, second.Code), Is.EqualTo((0, 0)), second.Output + second.Progress);
        Assert.That(Rows(second.Output), Is.EqualTo(Rows(first.Output)));
        Assert.That(Shop().Match(second.Output).Value, Is.Not.EqualTo(Shop().Match(first.Output).Value));
    }

    [Test]
    public async Task A_demo_finds_what_is_wrong_with_an_earlier_store()
    {
        await RunAsync();
        await using (var db = new Db(new DatabaseOptions("sqlite", $"Data Source={Path.Combine(_folder, "storeplugin.db")}")))
        {
            await db.DoAsync("UPDATE balances SET amount_minor = amount_minor + 1 WHERE account = 'expense'");
        }

        var (code, output, progress) = await RunAsync();

        Assert.That(code, Is.EqualTo(1), output + progress);
        Assert.That(output, Does.Contain("Ledger check: ").And.Not.Contain("no findings").And.Contain("WRONG"));
    }

    [Test]
    public async Task A_database_with_live_stores_is_not_touched()
    {
        await RunAsync();
        var database = new DatabaseOptions("sqlite", $"Data Source={Path.Combine(_folder, "storeplugin.db")}");
        await using (var db = new Db(database))
        {
            await db.DoAsync("UPDATE stores SET mode = 'live'");
        }

        Assert.That(RunAsync, Throws.InstanceOf<SettingsException>().With.Message.Contains("Data:Folder"));
    }

    private async Task<(int Code, string Output, string Progress)> RunAsync()
    {
        using var output = new StringWriter();
        using var progress = new StringWriter();
        var code = await new DemoVerb(output, progress, progressIsTerminal: false)
            .RunAsync([$"--Data:Folder={_folder}", "--urls=http://127.0.0.1:0"], exit: true, Days);
        return (code, output.ToString(), progress.ToString());
    }

    /// <summary>The numbers of the table: five ambassadors and their sum.</summary>
    private static List<decimal[]> Rows(string output) =>
    [
        .. output.Split(Environment.NewLine)
            .SkipWhile(line => !line.StartsWith("---", StringComparison.Ordinal)).Skip(1).TakeWhile(line => line.Length > 0)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^9..]
                .Select(cell => decimal.Parse(cell, System.Globalization.CultureInfo.InvariantCulture)).ToArray()),
    ];

    [GeneratedRegex(@"[a-z0-9-]+\.rehearsal\.example")]
    private static partial Regex Shop();
}
