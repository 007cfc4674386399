// The form of a new campaign: a name, an objective that may come later, and terms.
using System.Text.Json.Nodes;
using StorePlugin.Campaigns;
using StorePlugin.Pages;
using StorePlugin.Stores;
using StorePlugin.Webhooks;

namespace StorePlugin.Dashboard.Campaigns;

/// <param name="Id">What the campaign will be called: a form that is sent twice makes one.</param>
/// <param name="Problems">What is wrong and stands at no field.</param>
/// <param name="HasProblems">Whether anything is wrong at all.</param>
/// <param name="Cost">Null while something is wrong.</param>
public sealed record NewCampaignModel(
    Frame Frame, string Id, IReadOnlyList<FormPart> Parts, IReadOnlyList<string> Problems, bool HasProblems, CostModel? Cost)
{
    public const string Path = "/dashboard/campaigns/new";
}

/// <summary>What was typed, judged.</summary>
/// <param name="Terms">Only to be used where nothing is wrong.</param>
internal sealed record JudgedCampaign(FormReader Form, string Name, Objective? Objective, Terms Terms)
{
    public bool IsRight => Form.Errors.Count == 0;
}

internal static class NewCampaign
{
    /// <summary>What stands in the form at first.</summary>
    public static Typed Begin(Store store) => TermsForm.Of(TermsForm.Defaults, CurrencyOf(store));

    public static JudgedCampaign Judge(Typed typed, Store store, DateTimeOffset now)
    {
        var form = new FormReader(typed, CurrencyOf(store));
        var json = new JsonObject { ["name"] = typed["name"], ["objective"] = ObjectiveForm.Read(form), ["terms"] = TermsForm.Read(form, TermsForm.Defaults) };
        var fields = Fields.Of(FormReader.ElementOf(json));
        var name = fields.Text("name", 1, CampaignRequest.NameLengthMax);
        var objective = fields.OptionalObject("objective") is { } given ? Objective.Read(given, store, now) : null;
        var terms = TermsRequest.Read(fields.Object("terms")!, store.Currency);
        form.Judge(fields, path => FieldOf(path, form));
        return new JudgedCampaign(form, name, objective, terms);
    }

    /// <param name="judged">Null where nothing was sent yet, and so nothing is wrong.</param>
    public static async Task<NewCampaignModel> ShowAsync(
        CampaignSources sources, Visitor visitor, string id, Typed typed, JudgedCampaign? judged, CancellationToken cancel)
    {
        var currency = CurrencyOf(visitor.Store);
        var layout = new FormLayout(typed, judged?.Form.Errors ?? new Dictionary<string, List<string>>(StringComparer.Ordinal));
        var parts = new List<FormPart>
        {
            FormLayout.Part(null, layout.Text("name", "Name")),
            ObjectiveForm.Part(layout, "Objective, which may come later", currency),
        };
        parts.AddRange(TermsForm.Parts(layout, typed, TermsForm.Defaults, currency, people: null));
        return new NewCampaignModel(
            Frame.OfDashboard(visitor), id, parts, layout.Others, judged is { IsRight: false },
            judged is { IsRight: false } ? null : CampaignWords.CostOf(judged?.Terms ?? TermsForm.Defaults, await sources.TypicalAsync(visitor.Store, cancel)));
    }

    /// <summary>The field that shows a member of what the API takes, by the member's path.</summary>
    public static string FieldOf(string path, FormReader form) => path.Split('.', 2) switch
    {
        ["terms", var term] => TermsForm.FieldOf(term, form),
        ["objective", var member] => member,
        ["effectiveAt"] => "effective",
        _ => path,
    };

    public static Currency? CurrencyOf(Store store) => Currency.TryParse(store.Currency, out var currency) ? currency : null;
}
