// Who runs a store's programme beside whoever opens it from the store itself: members, what each may do, and the sessions that are open.
using System.Data.Common;
using StorePlugin.Ambassadors;
using StorePlugin.Data;

namespace StorePlugin.Stores;

/// <param name="Role">One of <see cref="Role.OfTeam"/>.</param>
/// <param name="AddedBy">Who added them, as <see cref="Visitor.Actor"/> says it.</param>
internal sealed record TeamMember(string Id, string Name, string Email, string Role, DateTimeOffset AddedAt, string AddedBy)
{
    /// <summary>Says nothing, so that no log line can hold a person.</summary>
    public override string ToString() => nameof(TeamMember);
}

/// <summary>A session on the dashboard that is open.</summary>
/// <param name="Name">The hash under which it is stored; it opens nothing.</param>
/// <param name="MemberId">Null for whoever came from the store itself or by the link of the program's console.</param>
internal sealed record TeamSession(string Name, string? MemberId, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt);

/// <summary>What came of adding a member.</summary>
internal enum TeamAdding
{
    Added,
    AlreadyThere,
    Full,
}

/// <summary>
/// Whoever opens the app from the store's admin, or by the link on the program's console, is an owner and needs no row here: so a store
/// cannot lock itself out, whomever it removes.
/// </summary>
internal sealed class Team(Db db, StoreKeys keys, TimeProvider clock)
{
    public const int MembersMax = 50;

    public const int NameLengthMax = 120;

    private const long SessionsMax = 100;
    private const long NamesMax = 500;

    private const string ReadMembers =
        "SELECT id, name, email, role, added_at, added_by FROM team_members WHERE store_id = @storeId AND removed_at IS NULL ORDER BY id ";

    public Task<IReadOnlyList<TeamMember>> ListAsync(Store store, CancellationToken cancel) =>
        db.ManyAsync<TeamMember>(ReadMembers + db.Page, new { storeId = store.Id, take = (long)MembersMax }, cancel);

    private const string ReadNames = "SELECT id, name FROM team_members WHERE store_id = @storeId ORDER BY id DESC ";

    /// <summary>The names of members by id, also of those who were removed: they stand beside what was decided.</summary>
    public async Task<IReadOnlyDictionary<string, string>> NamesAsync(Store store, CancellationToken cancel) =>
        (await db.ManyAsync<NameRow>(ReadNames + db.Page, new { storeId = store.Id, take = NamesMax }, cancel))
            .ToDictionary(row => row.Id, row => row.Name, StringComparer.Ordinal);

    private const string Count = "SELECT CAST(COUNT(*) AS bigint) FROM team_members WHERE store_id = @storeId AND removed_at IS NULL";

    private const string Insert =
        """
        INSERT INTO team_members (store_id, id, name, email, email_key, person_hash, role, added_at, added_by)
        VALUES (@storeId, @id, @name, @email, @emailKey, @personHash, @role, @now, @actor)
        """;

    /// <summary>An id for a member who is added later.</summary>
    public string NewId() => Ids.New("mem", clock.GetUtcNow());

    /// <summary>Adds a member. An address is on a store's team once.</summary>
    /// <param name="id">Null: a new one.</param>
    public async Task<TeamAdding> AddAsync(Store store, string name, string email, string role, string actor, CancellationToken cancel, string? id = null)
    {
        var now = clock.GetUtcNow();
        var row = new
        {
            storeId = store.Id,
            id = id ?? NewId(),
            name,
            email,
            emailKey = KeyOf(email),
            personHash = keys.Hash(store, "email", PersonKey.OfEmail(email)),
            role,
            now,
            actor,
        };
        try
        {
            return await db.InTransactionAsync(
                async tx =>
                {
                    if (await tx.OneAsync<long>(Count, row) >= MembersMax)
                    {
                        return TeamAdding.Full;
                    }

                    await tx.DoAsync(Insert, row);
                    return TeamAdding.Added;
                },
                cancel: cancel);
        }
        catch (DbException e) when (db.Dialect.IsUniqueViolation(e))
        {
            return TeamAdding.AlreadyThere;
        }
    }

    private const string Change = "UPDATE team_members SET role = @role WHERE store_id = @storeId AND id = @id AND removed_at IS NULL";

    /// <summary>From now on the member may do this and no more, in sessions that are open too. False: there is no such member.</summary>
    public async Task<bool> ChangeAsync(Store store, string id, string role, CancellationToken cancel) =>
        await db.DoAsync(Change, new { storeId = store.Id, id, role }, cancel) == 1;

    private const string Remove =
        """
        UPDATE team_members SET removed_at = @now, removed_by = @actor, email = '', email_key = '', person_hash = NULL
        WHERE store_id = @storeId AND id = @id AND removed_at IS NULL
        """;

    private const string EndSessionsOf =
        "UPDATE sessions SET revoked_at = @now WHERE store_id = @storeId AND member_id = @id AND revoked_at IS NULL";

    private const string SpendLinksOf =
        "UPDATE sign_in_links SET used_at = @now WHERE store_id = @storeId AND member_id = @id AND used_at IS NULL";

    /// <summary>Ends a membership, with its sessions and links; the address goes, the name stays for what they have decided. False: there is no such member.</summary>
    public Task<bool> RemoveAsync(Store store, string id, string actor, CancellationToken cancel)
    {
        var args = new { storeId = store.Id, id, actor, now = clock.GetUtcNow() };
        return db.InTransactionAsync(
            async tx =>
            {
                if (await tx.DoAsync(Remove, args) == 0)
                {
                    return false;
                }

                await tx.DoAsync(EndSessionsOf, args);
                await tx.DoAsync(SpendLinksOf, args);
                return true;
            },
            cancel: cancel);
    }

    private const string ReadSessions =
        """
        SELECT token_hash AS name, member_id, created_at, expires_at FROM sessions
        WHERE store_id = @storeId AND role = 'owner' AND revoked_at IS NULL AND expires_at > @now
        ORDER BY created_at DESC, token_hash
        """;

    /// <summary>The sessions on the dashboard that are open, newest first.</summary>
    public Task<IReadOnlyList<TeamSession>> SessionsAsync(Store store, CancellationToken cancel) =>
        db.ManyAsync<TeamSession>($"{ReadSessions} {db.Page}", new { storeId = store.Id, now = clock.GetUtcNow(), take = SessionsMax }, cancel);

    private const string EndSession =
        "UPDATE sessions SET revoked_at = @now WHERE store_id = @storeId AND token_hash = @name AND role = 'owner' AND revoked_at IS NULL";

    /// <summary>False: the store has no such session that is open.</summary>
    public async Task<bool> EndSessionAsync(Store store, string name, CancellationToken cancel) =>
        await db.DoAsync(EndSession, new { storeId = store.Id, name, now = clock.GetUtcNow() }, cancel) == 1;

    /// <summary>An address as a mailbox: what follows a plus may be another.</summary>
    public static string KeyOf(string email) => NormalForm.Of(email).ToLowerInvariant();

    private sealed record NameRow(string Id, string Name);
}
