// Who may approve a run that takes two people (rule H5).
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Payouts;

/// <summary>What the approval of somebody is to a run that has a first one.</summary>
internal enum SecondApproval
{
    /// <summary>It is another person's.</summary>
    Counts,

    /// <summary>It is the same person's, of a team that has no other, and after a fresh sign-in.</summary>
    CountsAlone,

    /// <summary>The same, without that sign-in.</summary>
    NeedsSignIn,

    /// <summary>It is the same person's, as far as the books tell, and there are others.</summary>
    SamePerson,
}

internal sealed class Approvers(Db db, TimeProvider clock)
{
    private const string ReadOwnAmbassadors =
        """
        SELECT a.id FROM ambassadors a
        WHERE a.store_id = @storeId
            AND a.person_hash IN (SELECT t.person_hash FROM team_members t WHERE t.store_id = @storeId AND t.id = @memberId AND t.removed_at IS NULL)
        ORDER BY a.id
        """;

    /// <summary>Whether a run pays the one who approves: neither of two approvers is a payee. Of whom no member is made nobody knows it.</summary>
    public async Task<bool> IsPaidAsync(Store store, string actor, IEnumerable<RunLine> lines, CancellationToken cancel)
    {
        if (Visitor.MemberOf(actor) is not { } memberId)
        {
            return false;
        }

        var own = (await db.ManyAsync<string>($"{ReadOwnAmbassadors} {db.Page}", new { storeId = store.Id, memberId, take = PayoutRuns.LinesMax }, cancel)).ToHashSet(StringComparer.Ordinal);
        return lines.Any(line => line.WillPay && own.Contains(line.AmbassadorId));
    }

    // Whoever is no owner has one, on the team or not.
    private const string CountOthers =
        """
        SELECT CAST(COUNT(*) AS bigint) FROM team_members
        WHERE store_id = @storeId AND removed_at IS NULL AND role <> 'viewer' AND (id <> @memberId OR role <> 'owner')
        """;

    /// <param name="first">Who has approved it as the first, as the books name them.</param>
    /// <param name="firstAt">When; UTC.</param>
    /// <param name="actor">Who approves now.</param>
    /// <param name="signedInAt">When they showed who they are; UTC. Null where no person did, as with a key.</param>
    public async Task<SecondApproval> JudgeAsync(Store store, string first, DateTimeOffset firstAt, string actor, DateTimeOffset? signedInAt, CancellationToken cancel)
    {
        if (!IsSamePerson(first, actor))
        {
            return SecondApproval.Counts;
        }

        // The admin of a store's platform and keys do not tell whether a person has just signed in.
        var memberId = Visitor.MemberOf(actor);
        if ((memberId is null && !IsSession(actor)) || await db.OneAsync<long>(CountOthers, new { storeId = store.Id, memberId = memberId ?? "" }, cancel) > 0)
        {
            return SecondApproval.SamePerson;
        }

        return signedInAt is { } at && at > firstAt && clock.GetUtcNow() - at < Visitor.Freshness ? SecondApproval.CountsAlone : SecondApproval.NeedsSignIn;
    }

    /// <summary>
    /// Whether two names of the books are one person's, as far as they tell. Sessions that are no member's count as one: whoever opens a
    /// second one is no second person. The store's staff are named by the admin and by the API in letters of either case.
    /// </summary>
    public static bool IsSamePerson(string first, string second) =>
        first.Equals(second, StringComparison.OrdinalIgnoreCase) || (IsSession(first) && IsSession(second));

    private static bool IsSession(string actor) => actor.StartsWith(Visitor.SessionActor, StringComparison.Ordinal);
}
