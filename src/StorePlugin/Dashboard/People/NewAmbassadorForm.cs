// The form that adds one ambassador, with what was typed and what is wrong with it.
using StorePlugin.Pages;
using StorePlugin.Stores;

namespace StorePlugin.Dashboard.People;

public sealed record NewAmbassadorModel(Frame Frame, NewAmbassadorTyped Typed, IReadOnlyList<Choice> Campaigns, IReadOnlyList<Choice> Groups)
{
    /// <summary>Says nothing, so that no log line can hold a person.</summary>
    public override string ToString() => nameof(NewAmbassadorModel);
}

/// <param name="Wrong">What cannot be used: the field's name, and why, as a sentence.</param>
public sealed record NewAmbassadorTyped(string Name, string Email, string CampaignId, string Code, string Group, IReadOnlyList<(string Name, string Why)> Wrong)
{
    /// <summary>Why a field cannot be used, as sentences; null where it can.</summary>
    public string? WhyOf(string field) => string.Join(' ', Wrong.Where(wrong => wrong.Name == field).Select(wrong => wrong.Why)) is { Length: > 0 } why ? why : null;

    /// <summary>Says nothing, so that no log line can hold a person.</summary>
    public override string ToString() => nameof(NewAmbassadorTyped);
}

internal static class NewAmbassadorForm
{
    public static readonly NewAmbassadorTyped Empty = new("", "", "", "", "", []);

    /// <summary>The fields, as the API names them.</summary>
    public static readonly string[] Names = ["name", "email", "campaignId", "code", "group"];

    public static async Task<NewAmbassadorModel> ReadAsync(PeopleSources sources, Visitor visitor, NewAmbassadorTyped typed, CancellationToken cancel) => new(
        Frame.OfDashboard(visitor),
        typed,
        await PeopleChoices.OpenCampaignsAsync(sources.Db, visitor.Store, typed.CampaignId, cancel),
        await PeopleChoices.GroupsAsync(sources.Db, visitor.Store, typed.Group, cancel));
}
