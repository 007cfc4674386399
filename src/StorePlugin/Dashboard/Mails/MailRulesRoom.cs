// How often and at which hours people are written to, and the addresses that get no mail: judged by the readers of the API's own requests.
using System.Globalization;
using System.Text.Json.Nodes;
using StorePlugin.Dashboard.Campaigns;
using StorePlugin.Dashboard.Payouts;
using StorePlugin.Mail;
using StorePlugin.Pages;
using StorePlugin.Stores;

namespace StorePlugin.Dashboard.Mails;

/// <param name="ZoneName">The time zone of whoever's own is not known.</param>
/// <param name="Problems">What is wrong with what was sent, in sentences.</param>
public sealed record MailRulesModel(
    Frame Frame, string ZoneName, MailRulesForm Rules, IReadOnlyList<SuppressedRow> Rows, bool IsFirst, string? NextPath, SuppressionForm Refusal, IReadOnlyList<string> Problems)
{
    /// <summary>Says nothing, so that no log line can hold an address that was typed.</summary>
    public override string ToString() => nameof(MailRulesModel);
}

/// <summary>The fields as they stand in the form.</summary>
/// <param name="IsQuiet">Whether there are hours in which nobody is written to.</param>
public sealed record MailRulesForm(string WeeklyCap, bool IsQuiet, string From, string Until);

/// <summary>What was typed to keep mail from an address.</summary>
public sealed record SuppressionForm(string Email, string Detail)
{
    /// <summary>Says nothing, so that no log line can hold an address that was typed.</summary>
    public override string ToString() => nameof(SuppressionForm);
}

/// <summary>An address that gets no mail. It is known by its hash alone, so that only an ambassador's has a name.</summary>
/// <param name="Path">The page of the ambassador who has it; null where none does.</param>
/// <param name="LiftPath">Where it is lifted; null for what only the person can take back.</param>
/// <param name="TypedReason">What was typed to lift it, and cannot be used.</param>
public sealed record SuppressedRow(string Name, string? Path, string Why, string? Detail, Moment Since, string By, string? LiftPath, string TypedReason);

/// <summary>What of the page is asked for, or was typed into one of its forms and is wrong.</summary>
/// <param name="After">The id of an entry: those after it are shown; null: the oldest.</param>
internal sealed record MailRulesView(
    string? Notice = null, string? After = null, MailRulesForm? Rules = null, SuppressionForm? Refusal = null, (string Id, string Reason)? Lift = null, IReadOnlyList<string>? Problems = null);

internal static class MailRulesRoom
{
    public const string Path = "/dashboard/mails/settings";

    private const int PageSize = 25;
    private const string TimeForm = "HH:mm";

    public static async Task<MailRulesModel> ReadAsync(MailSources sources, Visitor visitor, MailRulesView view, CancellationToken cancel)
    {
        var (store, time) = (visitor.Store, new StoreTime(visitor.Store));
        var found = await sources.Suppressions.ListAsync(store, view.After ?? "", PageSize + 1L, cancel);
        var shown = found.Take(PageSize).ToList();
        var names = await sources.Payees.NamesAsync(store, shown.Select(row => row.AmbassadorId).OfType<string>(), cancel);
        var reader = await sources.ReaderAsync(visitor, cancel);
        return new MailRulesModel(
            Frame.OfDashboard(visitor, view.Notice),
            time.ZoneName,
            view.Rules ?? FormOf(await sources.Rules.FindAsync(store, cancel)),
            [.. shown.Select(row => Show(row, names, time, reader, view.Lift))],
            string.IsNullOrEmpty(view.After),
            found.Count > PageSize ? $"{Path}?after={Uri.EscapeDataString(shown[^1].Id)}#refused" : null,
            view.Refusal ?? new SuppressionForm("", ""),
            view.Problems ?? []);
    }

    /// <summary>When people are written to and how often, in a few words.</summary>
    public static string StateOf(MailRules rules) =>
        (rules.Quiet is { } quiet ? $"None between {TextOf(quiet.From)} and {TextOf(quiet.Until)}" : "At any hour") + $", {Words.Of(rules.WeeklyCap)} in seven days at most";

    /// <summary>Reads the form of the hours. Of the rules nothing may be kept while there are problems.</summary>
    public static (MailRules Rules, MailRulesForm Form, IReadOnlyList<string> Problems) Read(Typed typed)
    {
        var isQuiet = typed["quiet"] == "yes";
        var form = new FormReader(typed, currency: null);
        var fields = Fields.Of(FormReader.ElementOf(new JsonObject
        {
            ["weeklyCap"] = form.Number("weeklyCap"),
            ["quietHours"] = isQuiet ? new JsonObject { ["from"] = typed["from"], ["until"] = typed["until"] } : null,
        }));
        var rules = MailSettingsView.Read(fields);
        form.Judge(fields, path => path[(path.LastIndexOf('.') + 1)..]);
        return (
            rules,
            new MailRulesForm(Cut(typed["weeklyCap"]), isQuiet, Cut(typed["from"]), Cut(typed["until"])),
            [.. form.Errors.SelectMany(error => error.Value.Select(why => Sentence(LabelOf(error.Key), why)))]);
    }

    /// <summary>What is wrong with a form that was read by the API's reader, as sentences.</summary>
    public static IReadOnlyList<string> ProblemsOf(Fields fields) => [.. fields.Errors.SelectMany(error => error.Value.Select(why => Sentence(LabelOf(error.Key), why)))];

    private static MailRulesForm FormOf(MailRules rules) => new(
        rules.WeeklyCap.ToString(CultureInfo.InvariantCulture), rules.Quiet is not null,
        TextOf((rules.Quiet ?? MailRules.Default.Quiet!).From), TextOf((rules.Quiet ?? MailRules.Default.Quiet!).Until));

    private static SuppressedRow Show(
        Suppression row, IReadOnlyDictionary<string, string> names, StoreTime time, RunReader reader, (string Id, string Reason)? lift) => new(
            row.AmbassadorId is null ? "Nobody who takes part" : Words.ShortName(names.GetValueOrDefault(row.AmbassadorId, "An ambassador")),
            row.AmbassadorId is { } id ? DashboardEndpoints.PathOf(id) : null,
            MailWords.WhyNone(row.Reason),
            row.Detail,
            time.At(row.Since),
            RunWords.Who(row.AddedBy, reader),
            row.Reason == SuppressionReason.OptedOut ? null : $"{MailList.Path}/suppressions/{Uri.EscapeDataString(row.Id)}/lifting",
            lift is { } typed && typed.Id == row.Id ? typed.Reason : "");

    private static string LabelOf(string field) => field switch
    {
        "weeklyCap" => "How many mails in seven days",
        "quietHours" => "The hours",
        "from" => "The beginning of the hours",
        "until" => "The end of the hours",
        "email" => "The address",
        "detail" => "The note",
        "reason" => "The reason",
        _ => field,
    };

    // What stands behind a semicolon says how a program would mend it.
    private static string Sentence(string label, string why) => $"{label} {why.Split(';')[0]}.";

    private static string TextOf(TimeOnly time) => time.ToString(TimeForm, CultureInfo.InvariantCulture);

    private static string Cut(string typed) => TypedText.Cut(typed, TimeForm.Length);
}
