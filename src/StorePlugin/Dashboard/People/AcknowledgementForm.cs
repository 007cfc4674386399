// What is warned of about an ambassador now, what an owner has said may be so, and the form by which they say it (rule F7).
using System.Text.Json.Nodes;
using StorePlugin.Abuse;
using StorePlugin.Campaigns;
using StorePlugin.Dashboard.Campaigns;
using StorePlugin.Dashboard.Payouts;
using StorePlugin.Pages;
using StorePlugin.Payouts;
using StorePlugin.Stores;
using Visitor = StorePlugin.Stores.Visitor;

namespace StorePlugin.Dashboard.People;

/// <param name="CanChange">Whoever looks is an owner.</param>
/// <param name="Standing">What is warned of now, what nobody has acknowledged before the rest.</param>
/// <param name="Rows">Those that are in force.</param>
/// <param name="Fields">The form of an owner.</param>
/// <param name="HasProblems">Something of what was sent is wrong, and nothing was acknowledged.</param>
public sealed record Acknowledgements(
    bool CanChange, IReadOnlyList<StandingRow> Standing, IReadOnlyList<AcknowledgementRow> Rows, IReadOnlyList<FormField> Fields, bool HasProblems)
{
    /// <summary>Something waits for an owner's word.</summary>
    public bool IsAsking => Standing.Any(row => row.Acknowledged is null);
}

/// <param name="Acknowledged">By whom and until when; null where nobody has.</param>
public sealed record StandingRow(string What, string Why, AcknowledgementRow? Acknowledged);

public sealed record AcknowledgementRow(string Rule, string What, string Reason, string Who, Moment Since, Moment Until)
{
    /// <summary>Says nothing but the rule, so that no log line can hold what was written of a person.</summary>
    public override string ToString() => $"{nameof(AcknowledgementRow)} {Rule}";
}

internal static class AcknowledgementForm
{
    private const string Rule = "rule";
    private const string Reason = "reason";
    private const string Until = "until";

    /// <summary>What is typed, judged as the API judges it. A day is over at its end in the store's time zone (rule M4).</summary>
    public static (FormReader Form, (string Rule, string Reason, DateTimeOffset Until) Granted) Judge(Typed typed, Store store, DateTimeOffset now)
    {
        var form = new FormReader(typed, null);
        var end = form.Has(Until) ? DateOrInstant.End(form[Until], store) : null;
        if (form.Has(Until) && end is null)
        {
            form.Refuse(Until, "must be a day, such as 2026-12-31");
        }

        var json = new JsonObject
        {
            [Rule] = form.Has(Rule) ? form[Rule] : null,
            [Reason] = form.Has(Reason) ? form[Reason] : null,
            [Until] = end is { } known ? InstantConverter.Text(known) : null,
        };
        var fields = Fields.Of(FormReader.ElementOf(json));
        var granted = ExemptionRequest.Read(fields, now);
        form.Judge(fields, path => path);
        return (form, granted);
    }

    /// <param name="judged">What was typed and could not be taken; null where nothing was typed.</param>
    public static async Task<Acknowledgements> ReadAsync(
        PeopleSources sources, Visitor visitor, string ambassadorId, FormReader? judged, StoreTime time, RunReader reader, CancellationToken cancel)
    {
        var isOwner = visitor.Role == Role.Owner;
        IReadOnlyList<AcknowledgementRow> rows =
        [
            .. (await sources.Exemptions.InForceAsync(visitor.Store, ambassadorId, cancel)).Select(row => new AcknowledgementRow(
                row.Rule, NameOf(row.Rule), row.Reason, RunWords.Who(row.Actor, reader), time.At(row.FromAt), time.At(row.UntilAt))),
        ];
        var standing = await sources.Warnings.ReadAsync(visitor.Store, ambassadorId, cancel);
        var open = standing.Where(warning => rows.All(row => row.Rule != warning.Rule)).Select(warning => warning.Rule).ToList();
        return new Acknowledgements(
            isOwner,
            [
                .. standing.OrderByDescending(warning => open.Contains(warning.Rule))
                    .Select(warning => new StandingRow(NameOf(warning.Rule), warning.Why, rows.FirstOrDefault(row => row.Rule == warning.Rule))),
            ],
            rows,
            isOwner ? FieldsOf(new FormLayout(judged?.Typed ?? Typed.Nothing, judged?.Errors ?? new Dictionary<string, List<string>>(StringComparer.Ordinal)), open) : [],
            judged is not null);
    }

    /// <param name="first">The warnings that wait for an owner's word: they are offered before the rest.</param>
    private static IReadOnlyList<FormField> FieldsOf(FormLayout of, IEnumerable<string> first) =>
    [
        of.Choice(
            Rule, "Warning",
            [("", "choose one"), .. first.Concat([FunnelWarnings.Team, FunnelWarnings.Share, .. Patterns.Rules]).Distinct(StringComparer.Ordinal).Select(rule => (rule, NameOf(rule)))]),
        of.Text(Reason, "Why it may be so", "At most 200 characters; it stands with what is found."),
        of.Date(Until, "Until the end of", "A day within a year, in your store's time zone."),
    ];

    private static string NameOf(string rule) => rule switch
    {
        FunnelWarnings.Team => "Is one of your own people (TEAM)",
        FunnelWarnings.Share => "Gets more than half of it all (SHARE)",
        Patterns.Destination => "Is paid to the same place as somebody else (F2)",
        Patterns.Velocity => "Brings very many orders within a day (F4)",
        Patterns.Leak => "Has a code that seems to be published (F5)",
        Patterns.Refunds => "Has many orders that were refunded (F6)",
        _ => rule,
    };
}
