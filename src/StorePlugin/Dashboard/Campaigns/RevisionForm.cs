// The change of a campaign's terms in two steps: the form, then what would change and what it would have cost; nothing is kept between them.
using System.Globalization;
using System.Text.Json.Nodes;
using StorePlugin.Campaigns;
using StorePlugin.Orders;
using StorePlugin.Pages;
using StorePlugin.Stores;

namespace StorePlugin.Dashboard.Campaigns;

/// <param name="BasedOn">The revision under the form. Where another has come meanwhile, nothing is planned.</param>
/// <param name="Kept">What the form does not show, and leaves as it is.</param>
/// <param name="Instant">The field for the instant; null for a draft, whose terms take effect at its launch.</param>
/// <param name="Problem">Why what was asked for did not happen; null where nothing was.</param>
/// <param name="Days">Over how many past days the change is tried.</param>
public sealed record RevisionFormModel(
    Frame Frame, string CampaignPath, string Campaign, long BasedOn, IReadOnlyList<FormPart> Parts, IReadOnlyList<string> Kept, FormField? Instant, FormField Days,
    string? Problem, CostModel? Cost)
{
    public string Path => CampaignPath + "/revisions/new";
}

/// <summary>What a change would be.</summary>
/// <param name="EffectiveAt">Null for a draft.</param>
/// <param name="Changes">As sentences.</param>
/// <param name="Acknowledge">What is to be acknowledged before it is planned; null where nothing is.</param>
/// <param name="Trial">What it would have come to; null for a draft, of which no order knows.</param>
/// <param name="Sent">What was typed, to be sent again.</param>
public sealed record RevisionPreviewModel(
    Frame Frame, string CampaignPath, string Campaign, long BasedOn, Moment? EffectiveAt, IReadOnlyList<string> Changes, HistoryQuestion? Acknowledge, CostModel? CostBefore,
    CostModel? CostAfter, TrialModel? Trial, IReadOnlyList<KeyValuePair<string, string>> Sent, string? Problem)
{
    public string Path => CampaignPath + "/revisions/new";
}

/// <summary>From when on paid orders are known (rule T9), which a merchant acknowledges before terms ask for new customers.</summary>
/// <param name="Value">For the program.</param>
public sealed record HistoryQuestion(Moment Since, string Value)
{
    internal static async Task<HistoryQuestion?> AskAsync(CampaignSources sources, Store store, CancellationToken cancel) =>
        await OrderHistory.HorizonAsync(sources.Db, store, cancel) is { IsImported: false } horizon
            ? new HistoryQuestion(new StoreTime(store).At(horizon.Since), InstantConverter.Text(horizon.Since))
            : null;
}

/// <summary>What was typed, judged.</summary>
/// <param name="Terms">Only to be used where nothing is wrong.</param>
/// <param name="EffectiveAt">Null for the earliest instant that is allowed.</param>
internal sealed record JudgedRevision(FormReader Form, Terms Terms, DateTimeOffset? EffectiveAt)
{
    public bool IsRight => Form.Errors.Count == 0;
}

internal static class RevisionForm
{
    private const int ChangesLengthMax = 6_000;

    /// <summary>Names of the form that are no term: they are not sent on from the preview by themselves.</summary>
    private static readonly string[] OwnNames = ["step", "basedOn", "acknowledged"];

    private static readonly (string Word, string Says)[] Spans = [("30", "the last 30 days"), ("90", "the last 90 days"), ("365", "the last 365 days")];

    /// <param name="people">Who is meant by what is typed for ambassadors; null: those of the ground, by their ids.</param>
    public static JudgedRevision Judge(Typed typed, Terms ground, bool isDraft, Store store, DateTimeOffset now, RatePeople? people = null)
    {
        var form = new FormReader(typed, NewCampaign.CurrencyOf(store));
        var json = new JsonObject { ["terms"] = TermsForm.Read(form, ground, people) };
        if (!isDraft && InstantOf(form, store) is { } instant)
        {
            json["effectiveAt"] = InstantConverter.Text(instant);
        }

        var fields = Fields.Of(FormReader.ElementOf(json));
        var terms = TermsRequest.Read(fields.Object("terms")!, store.Currency);
        var effectiveAt = RevisionEndpoints.ReadEffectiveAt(fields, now);
        form.Judge(fields, path => NewCampaign.FieldOf(path, form));
        return new JudgedRevision(form, terms, effectiveAt);
    }

    public static async Task<RevisionFormModel> ShowAsync(
        CampaignSources sources, Visitor visitor, Campaign campaign, Revision ground, RatePeople people, Typed? typed, JudgedRevision? judged, string? problem,
        CancellationToken cancel)
    {
        var currency = NewCampaign.CurrencyOf(visitor.Store);
        var shown = typed ?? TermsForm.Of(ground.Terms, currency, people).Over(new Typed(new Dictionary<string, string>(StringComparer.Ordinal) { ["days"] = Spans[1].Word }));
        var layout = new FormLayout(shown, judged?.Form.Errors ?? new Dictionary<string, List<string>>(StringComparer.Ordinal));
        var instant = campaign.State == "draft" ? null : layout.LocalTime(
            "effective", "In force from",
            $"In your store's time zone, {visitor.Store.Zone.Id}. Left empty: the earliest instant that is allowed. "
            + $"A change to the ambassadors' disadvantage takes effect {RevisionDecision.Notice.Days} days from now at the earliest.");
        var days = layout.Choice("days", "Try it on the orders of", Spans);
        var parts = TermsForm.Parts(layout, shown, ground.Terms, currency, people);
        var others = layout.Others;
        return new RevisionFormModel(
            Frame.OfDashboard(visitor),
            CampaignList.PathOf(campaign.Id),
            campaign.Name,
            ground.Number,
            parts,
            TermsForm.Kept(ground.Terms),
            instant,
            days,
            problem ?? (judged is { IsRight: false } ? others.Count > 0 ? string.Join(' ', others) : "Nothing is planned yet. What is to be mended stands beside its field." : null),
            judged is { IsRight: false } ? null : CampaignWords.CostOf(judged?.Terms ?? ground.Terms, await sources.TypicalAsync(visitor.Store, cancel)));
    }

    /// <summary>The second step. Whether the change is allowed has been decided.</summary>
    public static async Task<RevisionPreviewModel> PreviewAsync(
        CampaignSources sources, Visitor visitor, Campaign campaign, Revision ground, RatePeople people, Typed typed, Terms terms, DateTimeOffset? effectiveAt,
        string? problem, CancellationToken cancel)
    {
        var (store, typical) = (visitor.Store, await sources.TypicalAsync(visitor.Store, cancel));
        var asks = campaign.State != "draft" && terms.AsksForNewCustomers && !ground.Terms.AsksForNewCustomers;
        return new RevisionPreviewModel(
            Frame.OfDashboard(visitor),
            CampaignList.PathOf(campaign.Id),
            campaign.Name,
            ground.Number,
            new StoreTime(store).At(effectiveAt),
            CampaignWords.Changes(TermsDifference.Between(ground.Terms, terms, people.NameOf), ChangesLengthMax),
            asks ? await HistoryQuestion.AskAsync(sources, store, cancel) : null,
            CampaignWords.CostOf(ground.Terms, typical),
            CampaignWords.CostOf(terms, typical),
            campaign.LaunchedAt is null ? null : await Trial.RunAsync(sources, store, campaign, terms, DaysOf(typed), cancel),
            [.. typed.Values.Where(value => !OwnNames.Contains(value.Key, StringComparer.Ordinal))],
            problem);
    }

    private static int DaysOf(Typed typed) =>
        int.Parse(Spans.FirstOrDefault(span => span.Word == typed["days"], Spans[1]).Word, NumberStyles.None, CultureInfo.InvariantCulture);

    /// <summary>The instant that people in the store's time zone call so; of two, when a clock is set back, the later.</summary>
    private static DateTimeOffset? InstantOf(FormReader form, Store store)
    {
        if (!form.Has("effective"))
        {
            return null;
        }

        if (!DateTime.TryParseExact(
            form["effective"], ["yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd'T'HH:mm:ss"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var local))
        {
            form.Refuse("effective", "must be a day and a time, such as 2026-12-31T18:00");
            return null;
        }

        if (store.Zone.IsInvalidTime(local))
        {
            form.Refuse("effective", "is a time that your store's clocks skip on that day");
            return null;
        }

        var ticks = local.Ticks - store.Zone.GetUtcOffset(local).Ticks;
        if (ticks < DateTime.MinValue.Ticks || ticks > DateTime.MaxValue.Ticks)
        {
            form.Refuse("effective", "must lie within this calendar");
            return null;
        }

        return new DateTimeOffset(ticks, TimeSpan.Zero);
    }
}
