// The ambassadors whom other shares are for: the terms have their ids, and a form has what people know them by.
using StorePlugin.Ambassadors;
using StorePlugin.Campaigns;
using StorePlugin.Stores;

namespace StorePlugin.Dashboard.Campaigns;

/// <param name="Text">What the form shows for them, and understands: a code, as a rule.</param>
/// <param name="Name">Empty where nobody is known by the id any more.</param>
/// <param name="IsOfCampaign">Whether they take part in the campaign that the terms are of. A copy's terms may name those of the first campaign.</param>
internal sealed record RatePerson(string Id, string Text, string Name, bool IsOfCampaign)
{
    /// <summary>Says nothing, so that no log line can hold a person.</summary>
    public override string ToString() => nameof(RatePerson);
}

internal sealed class RatePeople
{
    private readonly Dictionary<string, RatePerson> _byId = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IReadOnlyList<RatePerson>> _byText = new(StringComparer.Ordinal);

    /// <summary>Those of some terms, by their ids alone: where nobody looks at them, and where no campaign is yet that somebody could take part in.</summary>
    public static RatePeople ById(Terms terms)
    {
        var people = new RatePeople();
        foreach (var id in IdsOf(terms))
        {
            people.Add(new RatePerson(id, id, "", IsOfCampaign: true));
        }

        return people;
    }

    /// <summary>Those of the terms under a form, and of the campaign's those whom somebody has typed.</summary>
    /// <param name="typed">Null where nothing was sent yet.</param>
    public static async Task<RatePeople> ReadAsync(CampaignSources sources, Store store, string campaignId, Terms ground, Typed? typed, CancellationToken cancel)
    {
        var people = new RatePeople();
        foreach (var id in RatesForm.Shows(ground) ? IdsOf(ground) : [])
        {
            people.Add(await sources.Ambassadors.FindAsync(store, id, cancel) is { } known
                ? new RatePerson(id, known.Code.Length > 0 ? known.Code : id, known.Name, known.CampaignId == campaignId)
                : new RatePerson(id, id, "", IsOfCampaign: false));
        }

        // What stands in the form for somebody of the terms means them, whoever has the code by now.
        foreach (var text in (typed is null ? [] : RatesForm.PeopleOf(typed)).Where(text => !people._byText.ContainsKey(text)))
        {
            var found = await NamedAmbassadors.FindAsync(sources.Db, store.Id, campaignId, text, cancel);
            people._byText[text] = [.. found.Select(one => new RatePerson(one.Id, text, one.Name, IsOfCampaign: true))];
            foreach (var person in people._byText[text])
            {
                people._byId.TryAdd(person.Id, person);
            }
        }

        return people;
    }

    /// <summary>What the form shows for an id of the terms.</summary>
    public string TextOf(string id) => _byId.TryGetValue(id, out var person) ? person.Text : id;

    /// <summary>How a sentence calls whoever has an id.</summary>
    public string NameOf(string id) => _byId.TryGetValue(id, out var person) && person.Name.Length > 0 ? $"{person.Name} ({person.Text})" : id;

    /// <summary>Whom a text means: nobody, somebody, or more than one.</summary>
    public IReadOnlyList<RatePerson> Find(string text) => _byText.GetValueOrDefault(text, []);

    private static IEnumerable<string> IdsOf(Terms terms) => (terms.Rates ?? []).Select(rate => rate.AmbassadorId).OfType<string>().Distinct(StringComparer.Ordinal);

    private void Add(RatePerson person)
    {
        _byId[person.Id] = person;
        _byText[person.Id] = [person];
        _byText[person.Text] = [person];
    }
}
