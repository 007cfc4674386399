// Members of the team who take part in a rehearsal as ambassadors: with a code and a link of its own store, and no datum of theirs.
using StorePlugin.Ambassadors;
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Rehearsals;

/// <param name="Name">Made up, as everybody's in a rehearsal.</param>
internal sealed record Tester(string Id, string Name, string Code, string Slug);

internal enum TesterStep
{
    /// <summary>They take part, or did already.</summary>
    Done,

    /// <summary><see cref="Testers.OfOneMax"/> take part.</summary>
    TooMany,
}

internal sealed class Testers(Db db, AmbassadorDb ambassadors)
{
    /// <summary>How many members take part in one rehearsal.</summary>
    public const long OfOneMax = 20;

    private const string Addresses = "tester-%";

    private const string Read =
        """
        SELECT a.id, a.name, c.code, l.slug FROM ambassadors a
        JOIN codes c ON c.store_id = a.store_id AND c.ambassador_id = a.id
        JOIN link_slugs l ON l.store_id = a.store_id AND l.ambassador_id = a.id
        WHERE a.store_id = @storeId AND a.email_key LIKE @addresses ORDER BY a.id
        """;

    public Task<IReadOnlyList<Tester>> ListAsync(Store own, CancellationToken cancel) =>
        db.ManyAsync<Tester>($"{Read} {db.Page}", new { storeId = own.Id, addresses = Addresses, take = OfOneMax }, cancel);

    /// <summary>The code of whoever acts, be they among those who take part or not.</summary>
    public static string CodeOf(Store own, string actor) => $"TRY-{MarkOf(own, actor)[..8].ToUpperInvariant()}";

    /// <summary>Makes a member an ambassador of the rehearsal's own store, once: who acts is known there by a mark alone.</summary>
    public async Task<TesterStep> JoinAsync(Store own, string campaignId, string actor, CancellationToken cancel)
    {
        var mark = MarkOf(own, actor);
        if ((await ListAsync(own, cancel)).Count >= OfOneMax)
        {
            return TesterStep.TooMany;
        }

        var tester = new NewAmbassador($"Tester {mark[..4]}", $"tester-{mark[..16]}@people.example", campaignId, CodeOf(own, actor), $"acct_rehearsal{mark[..8]}");
        await ambassadors.AddAsync(own, tester, new Approval(RehearsalStores.Actor), cancel);
        return TesterStep.Done;
    }

    private static string MarkOf(Store own, string actor) => Ids.HashOf($"{own.Id}:{actor}");
}
