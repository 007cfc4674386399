// What is done with several ambassadors or applications at once: each for itself, and what became of each is told.
using System.Diagnostics;
using StorePlugin.Ambassadors;
using StorePlugin.Pages;
using Visitor = StorePlugin.Stores.Visitor;

namespace StorePlugin.Dashboard.People;

/// <summary>What came of a change of several.</summary>
/// <param name="Said">For how many it was done, as a sentence.</param>
/// <param name="Refused">For whom it could not be done, and why.</param>
public sealed record ChangeReport(string Said, IReadOnlyList<ChangeRefusal> Refused);

/// <param name="Why">As a sentence.</param>
public sealed record ChangeRefusal(string Who, string Why)
{
    /// <summary>Says nothing, so that no log line can hold a person.</summary>
    public override string ToString() => nameof(ChangeRefusal);
}

/// <summary>What was asked for with the boxes of a page.</summary>
internal abstract record PeopleAsked
{
    internal sealed record Asked(IReadOnlyList<string> Ids, string Change, string? Reason, string? Group) : PeopleAsked;

    /// <param name="Why">As a sentence.</param>
    internal sealed record Wrong(string Why) : PeopleAsked;
}

internal static class PeopleChanges
{
    /// <summary>So many are changed at once at most: each is a transaction of its own, and somebody waits for the page.</summary>
    public const int AtOnceMax = 50;

    public const string Suspend = "suspend";
    public const string Reinstate = "reinstate";
    public const string Join = "join";
    public const string Approve = "approve";
    public const string Reject = "reject";

    public const string Unknown = "There is nobody with this id.";
    public const string Left = "They have left.";

    /// <summary>The group as it is named in forms, since that of the filter travels with them.</summary>
    public const string GroupField = "into";

    private const int IdLengthMax = 40;

    /// <param name="changes">Those that the page offers.</param>
    /// <param name="who">Whom the boxes are about, in the plural.</param>
    public static PeopleAsked Read(IFormCollection form, IReadOnlyCollection<string> changes, string who)
    {
        var ids = form["id"].Select(id => id ?? "").Where(id => id.Length is > 0 and <= IdLengthMax).Distinct(StringComparer.Ordinal).ToList();
        var change = form["change"].ToString();
        var fields = FormFields.Of(form, "reason", GroupField);
        var reason = ReasonRequest.Read(fields);
        var group = fields.OptionalText(GroupField, 1, CodeKey.KeyLengthMax);
        return ids.Count == 0 ? new PeopleAsked.Wrong($"Choose {who} first, by the boxes beside their names.")
            : ids.Count > AtOnceMax ? new PeopleAsked.Wrong($"At most {AtOnceMax} are changed at once.")
            : !changes.Contains(change) ? new PeopleAsked.Wrong("Choose what shall be done.")
            : RefusalOf(fields, change, reason, group) is { } why ? new PeopleAsked.Wrong(why)
            : new PeopleAsked.Asked(ids, change, reason, group);
    }

    private static string? RefusalOf(Fields fields, string change, string? reason, string? group) =>
        fields.Reasons.FirstOrDefault() is { } why ? char.ToUpperInvariant(why[0]) + why[1..]
        : change == Reject && reason is null ? "Say why they are rejected: it is kept with the application."
        : change == Join && group is null ? "Name the group."
        : change == Join && GroupRequest.Refusal(group!) is { } wrong ? $"The group {wrong}."
        : null;

    /// <summary>Changes ambassadors. Null: the store has none of them.</summary>
    public static async Task<ChangeReport?> DoAsync(PeopleSources sources, Visitor visitor, PeopleAsked.Asked asked, CancellationToken cancel)
    {
        var (store, actor) = (visitor.Store, visitor.Actor);
        var names = await sources.Payees.NamesAsync(store, asked.Ids, cancel);
        if (names.Count == 0)
        {
            return null;
        }

        var refused = new List<ChangeRefusal>();
        foreach (var id in asked.Ids)
        {
            var why = asked.Change switch
            {
                Suspend => WhyNot(await sources.Life.SuspendAsync(store, id, actor, asked.Reason, cancel)),
                Reinstate => WhyNot(await sources.Life.ReinstateAsync(store, id, actor, asked.Reason, cancel)),
                Join => WhyNot(await sources.Groups.JoinAsync(store, id, asked.Group!, actor, cancel)),
                _ => throw new UnreachableException($"{asked.Change} is nothing that is done with ambassadors."),
            };
            if (why is not null)
            {
                refused.Add(new ChangeRefusal(names.GetValueOrDefault(id, "Somebody"), why));
            }
        }

        var done = asked.Ids.Count - refused.Count;
        return new ChangeReport(
            asked.Change switch
            {
                Suspend => $"{Words.Count(done, "ambassador was", "ambassadors were")} suspended.",
                Reinstate => $"The suspension of {Words.Count(done, "ambassador has", "ambassadors has")} ended.",
                _ => $"{Words.Count(done, "ambassador is", "ambassadors are")} in the group {asked.Group} now.",
            },
            refused);
    }

    /// <summary>Decides applications. Null: the store has none of them.</summary>
    public static async Task<ChangeReport?> DecideAsync(PeopleSources sources, Visitor visitor, PeopleAsked.Asked asked, CancellationToken cancel)
    {
        var (store, actor, applications) = (visitor.Store, visitor.Actor, sources.Applications);
        var (refused, unknown) = (new List<ChangeRefusal>(), 0);
        foreach (var id in asked.Ids)
        {
            var name = (await applications.FindAsync(store, id, cancel))?.Name;
            var result = asked.Change == Approve
                ? await applications.ApproveAsync(store, id, code: null, actor, asked.Reason, cancel)
                : await applications.RejectAsync(store, id, actor, asked.Reason!, cancel);
            unknown += result is ApprovalResult.Unknown ? 1 : 0;
            if (WhyNot(result) is { } why)
            {
                refused.Add(new ChangeRefusal(string.IsNullOrEmpty(name) ? "Somebody" : name, why));
            }
        }

        var done = asked.Ids.Count - refused.Count;
        return unknown == asked.Ids.Count
            ? null
            : new ChangeReport($"{Words.Count(done, "application was", "applications were")} {(asked.Change == Approve ? "approved" : "rejected")}.", refused);
    }

    /// <summary>Why a step could not be done, as a sentence; null when it was.</summary>
    public static string? WhyNot(ApprovalResult result) => result switch
    {
        ApprovalResult.Done => null,
        ApprovalResult.Unknown => Unknown,
        ApprovalResult.Decided => "It was decided before.",
        ApprovalResult.Refused refused => AmbassadorEndpoints.RefusalOf(refused.Why, refused.Code).ProblemDetails.Detail,
        var other => throw new UnreachableException($"{other.GetType().Name} is no result."),
    };

    private static string? WhyNot(LifeStep step) => step switch
    {
        LifeStep.Done => null,
        LifeStep.Unknown => Unknown,
        LifeStep.AlreadySuspended => "They were suspended before.",
        LifeStep.NotSuspended => "They are not suspended.",
        LifeStep.AlreadyEnded => Left,
        _ => throw new UnreachableException(),
    };

    /// <summary>As for the other steps; a group that they are in, or in none of all, is no refusal.</summary>
    public static string? WhyNot(GroupStep step) => step switch
    {
        GroupStep.Done or GroupStep.InNone => null,
        GroupStep.AmbassadorUnknown => Unknown,
        GroupStep.AmbassadorEnded => Left,
        GroupStep.TooMany => $"The group of an ambassador may change {Groups.ChangesPerDayMax} times within 24 hours.",
        _ => throw new UnreachableException(),
    };
}
