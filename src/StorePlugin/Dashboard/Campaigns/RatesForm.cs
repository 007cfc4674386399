// The rows of the form of terms for other shares: what each is for, by what people know it by, and how much it is.
using System.Text.Json.Nodes;
using StorePlugin.Ambassadors;
using StorePlugin.Campaigns;

namespace StorePlugin.Dashboard.Campaigns;

internal static class RatesForm
{
    private const int RowsMax = 8;
    private const int EmptyRows = 3;

    private const string For = "rate-for";
    private const string Id = "rate-id";
    private const string Who = "rate-who";
    private const string Percent = "rate-percent";

    private static readonly (string Word, string Says)[] OfEverybody = [("product", "a product"), ("collection", "a collection"), ("group", "a group")];

    private static readonly (string Word, string Says)[] OfAll =
    [
        .. OfEverybody,
        ("ambassador", "an ambassador"), ("ambassador-product", "ambassador, product"), ("ambassador-collection", "ambassador, collection"),
    ];

    /// <summary>Whether the form has room for all of them.</summary>
    public static bool Shows(Terms terms) => terms.Rates is not { Length: > RowsMax };

    public static void Into(Dictionary<string, string> values, Terms terms, RatePeople people)
    {
        for (var i = 0; Shows(terms) && i < terms.Rates?.Length; i++)
        {
            var rate = terms.Rates.Value[i];
            values[TermsForm.Row(For, i)] = WordOf(rate);
            values[TermsForm.Row(Id, i)] = rate.ProductId ?? rate.CollectionId ?? rate.Group ?? "";
            values[TermsForm.Row(Who, i)] = rate.AmbassadorId is { } id ? people.TextOf(id) : "";
            values[TermsForm.Row(Percent, i)] = TermsForm.Percent(rate.RateBp);
        }
    }

    /// <summary>What is typed for ambassadors.</summary>
    public static IEnumerable<string> PeopleOf(Typed typed) =>
        Enumerable.Range(0, RowsMax).Select(i => typed[TermsForm.Row(Who, i)]).Where(text => text.Length > 0).Distinct(StringComparer.Ordinal);

    /// <summary>The rows as the API takes them, in their order; null where none is filled.</summary>
    public static JsonArray? Read(FormReader form, RatePeople people)
    {
        var rows = RowsOf(form);
        if (rows.Count == 0)
        {
            return null;
        }

        if (form["commission-how"] is not ("percent" or ""))
        {
            form.Refuse(TermsForm.Row(Percent, rows[0]), "is a share, and does not go with a fixed commission");
        }

        var rates = rows.Select(i => RateOf(form, i, people)).ToList();
        for (var i = 1; i < rates.Count; i++)
        {
            if (!FieldsOf(rows[i]).Any(form.Errors.ContainsKey) && rates.FindIndex(rate => IsForTheSame(rate, rates[i])) is var first && first < i)
            {
                form.Refuse(TermsForm.Row(For, rows[i]), $"has a share already, which is share {TermsForm.Whole(rows[first] + 1)}");
            }
        }

        return new JsonArray([.. rates]);
    }

    /// <summary>The field that shows a member of a share, or all of them.</summary>
    /// <param name="index">Of the share in what <see cref="Read"/> gave; null for the list.</param>
    public static string FieldOf(string member, int? index, FormReader form)
    {
        var rows = RowsOf(form);
        if (index is { } at)
        {
            var row = TermsForm.RowAt(rows, at);
            return TermsForm.Row(member switch { "percent" => Percent, "ambassador" => Who, _ => ScopeOf(form, row) == "ambassador" ? Who : Id }, row);
        }

        // What the list is refused for as a whole has been found here, and told where it stands.
        return rows.SelectMany(FieldsOf).FirstOrDefault(form.Errors.ContainsKey)
            ?? TermsForm.Row(Percent, rows.Append(0).First());
    }

    /// <param name="people">Null for a new campaign: it has no ambassadors yet.</param>
    public static FormPart Part(FormLayout of, Typed typed, RatePeople? people)
    {
        var last = Enumerable.Range(0, RowsMax).LastOrDefault(i => IsFilled(typed, i), -1);
        return FormLayout.Part(
            "Other shares",
            last >= 0,
            [],
            [.. Enumerable.Range(0, Math.Min(RowsMax, last + 1 + EmptyRows)).Select(i => RowOf(of, typed, people, i))]);
    }

    private static FormField[] RowOf(FormLayout of, Typed typed, RatePeople? people, int i)
    {
        var (number, isFirst) = (TermsForm.Whole(i + 1), i == 0);
        var scope = of.Choice(TermsForm.Row(For, i), $"What share {number} is for", people is null ? OfEverybody : OfAll);
        var id = of.Text(
            TermsForm.Row(Id, i), $"Product, collection, group {number}", isFirst ? "Your store's id, or the group's name; empty for an ambassador's share of everything." : null);
        var percent = of.Decimal(
            TermsForm.Row(Percent, i), $"Share {number}",
            !isFirst ? null
            : people is null ? "Percent, in place of the commission. Single ambassadors can get one once they take part."
            : "Percent, in place of the commission. The most specific counts.");
        if (people is null)
        {
            return [scope, id, percent];
        }

        var who = HintOf(people, typed[TermsForm.Row(Who, i)]) ?? (isFirst ? "Their code, link, e-mail address or id." : null);
        return [scope, id, of.Text(TermsForm.Row(Who, i), $"Ambassador {number}", who), percent];
    }

    private static string? HintOf(RatePeople people, string text) => people.Find(text) switch
    {
        [{ IsOfCampaign: false, Name: "" }] => "Nobody is known by this any more.",
        [{ IsOfCampaign: false } person] => $"{person.Name}, who does not take part in this campaign.",
        [{ Name.Length: > 0 } person] => $"{person.Name}.",
        _ => null,
    };

    private static JsonObject RateOf(FormReader form, int row, RatePeople people)
    {
        var (rate, scope) = (new JsonObject(), ScopeOf(form, row));
        if (!OfAll.Any(known => known.Word == scope))
        {
            form.Refuse(TermsForm.Row(For, row), "must be one of what can be chosen");
        }

        var (isOne, thing) = scope.StartsWith("ambassador", StringComparison.Ordinal) ? (true, scope["ambassador".Length..].TrimStart('-')) : (false, scope);
        if (Given(Id, thing.Length > 0, "an ambassador's share of everything") is { } id)
        {
            rate[thing] = id;
        }

        if (Given(Who, isOne, "a share of everybody") is { } who)
        {
            var found = people.Find(who);
            rate["ambassador"] = found is [var person] ? person.Id : who;
            if (found.Count != 1)
            {
                form.Refuse(
                    TermsForm.Row(Who, row),
                    found.Count == 0 ? "is nobody of this campaign: it is a code, link, e-mail address or id of one of its ambassadors" : "may be more than one: name them by their code");
            }
        }

        if (form.Number(TermsForm.Row(Percent, row), isRequired: true) is { } percent)
        {
            rate["percent"] = percent;
        }

        return rate;

        string? Given(string name, bool isAskedFor, string what)
        {
            var field = TermsForm.Row(name, row);
            if (isAskedFor != form.Has(field))
            {
                form.Refuse(field, isAskedFor ? "is missing" : $"does not go with {what}: choose what the share is for, or leave it empty");
            }

            return isAskedFor && form.Has(field) ? form[field] : null;
        }
    }

    private static bool IsForTheSame(JsonObject one, JsonObject other)
    {
        return KeysOf(one) == KeysOf(other);

        static (string?, string?, string?, string?) KeysOf(JsonObject rate) =>
            ((string?)rate["product"], (string?)rate["collection"], (string?)rate["ambassador"], (string?)rate["group"] is { } group ? CodeKey.Of(group) : null);
    }

    private static IEnumerable<string> FieldsOf(int row) => new[] { For, Id, Who, Percent }.Select(name => TermsForm.Row(name, row));

    private static string ScopeOf(FormReader form, int row) => form.Has(TermsForm.Row(For, row)) ? form[TermsForm.Row(For, row)] : OfEverybody[0].Word;

    private static string WordOf(RateRule rate) => rate.Rank switch
    {
        RateRank.AmbassadorAndProduct => "ambassador-product",
        RateRank.AmbassadorAndCollection => "ambassador-collection",
        RateRank.Ambassador => "ambassador",
        RateRank.Product => "product",
        RateRank.Collection => "collection",
        RateRank.Group => "group",
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static List<int> RowsOf(FormReader form) => [.. Enumerable.Range(0, RowsMax).Where(i => IsFilled(form.Typed, i))];

    private static bool IsFilled(Typed typed, int row) => typed.Has(TermsForm.Row(Id, row)) || typed.Has(TermsForm.Row(Who, row)) || typed.Has(TermsForm.Row(Percent, row));
}
