// Which ambassadors a list is about: what was searched for, and what the others are left out by. It travels in the address.
using Microsoft.AspNetCore.WebUtilities;
using StorePlugin.Abuse;
using StorePlugin.Ambassadors;
using StorePlugin.Payouts;

namespace StorePlugin.Dashboard.People;

/// <summary>Each part is empty where it leaves nobody out.</summary>
/// <param name="Search">A name or a part of one, a whole e-mail address, a code or a link.</param>
/// <param name="State"><c>approved</c>, <c>suspended</c> or <c>ended</c>.</param>
/// <param name="Group">The group that they are in now.</param>
/// <param name="Warning">A rule of <see cref="Warnings"/>: whom it warns of, and nobody has acknowledged it.</param>
internal sealed record AmbassadorFilter(string Search, string State, string CampaignId, string Group, string Warning)
{
    public const int SearchLengthMax = AmbassadorRequest.EmailLengthMax;

    public static readonly AmbassadorFilter None = new("", "", "", "", "");

    /// <summary>The states, and what they are called on the page.</summary>
    public static readonly IReadOnlyList<(string State, string Words)> States = [("approved", "Active"), ("suspended", "Suspended"), ("ended", "Left")];

    /// <summary>The warnings that a launch is refused for, and what they are called on the page.</summary>
    public static readonly IReadOnlyList<(string Rule, string Words)> Warnings =
        [(FunnelWarnings.Team, "One of your own people"), (Patterns.Destination, "Paid to the same place as somebody else")];

    private const int PartLengthMax = 40;

    public bool IsNone => this == None;

    /// <summary>Reads the address of a list, or the hidden fields of a form on it. What nobody of ours can have written leaves nobody out.</summary>
    /// <param name="field">The text of a field by its name; empty where there is none.</param>
    public static AmbassadorFilter Of(Func<string, string> field)
    {
        var search = field("q").Trim();
        return new AmbassadorFilter(
            search.Length <= SearchLengthMax ? search : search[..SearchLengthMax],
            States.Select(state => state.State).FirstOrDefault(state => state == field("state"), ""),
            Short(field("campaign")),
            Short(field("group")),
            Warnings.Select(warning => warning.Rule).FirstOrDefault(rule => rule == field("warning"), ""));
    }

    /// <summary>The fields by their names, those alone that leave somebody out.</summary>
    public IEnumerable<KeyValuePair<string, string?>> Parts() =>
        new KeyValuePair<string, string?>[] { new("q", Search), new("state", State), new("campaign", CampaignId), new("group", Group), new("warning", Warning) }
            .Where(part => part.Value is { Length: > 0 });

    /// <param name="after">Behind whom the page begins; null for the first one.</param>
    public string PathOf(string path, string? after = null) =>
        QueryHelpers.AddQueryString(path, after is null ? Parts() : Parts().Append(new("after", after)));

    /// <summary>Says nothing, so that no log line can hold a person.</summary>
    public override string ToString() => nameof(AmbassadorFilter);

    private static string Short(string text) => text.Trim() is { Length: <= PartLengthMax } part ? part : "";
}
