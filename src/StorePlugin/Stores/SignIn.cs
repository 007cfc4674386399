// Who may come in: links that work once, and the sessions they or a platform's callback open.
using StorePlugin.Audit;
using StorePlugin.Data;

namespace StorePlugin.Stores;

/// <summary>The roles of a session.</summary>
internal static class Role
{
    /// <summary>Runs the store's programme: all of the dashboard, and who else may do what.</summary>
    public const string Owner = "owner";

    /// <summary>Runs the programme, but for the team, the store's keys and its plan.</summary>
    public const string Manager = "manager";

    /// <summary>Sees the dashboard and changes nothing.</summary>
    public const string Viewer = "viewer";

    /// <summary>Sees their own earnings: the portal.</summary>
    public const string Ambassador = "ambassador";

    /// <summary>Those of the store's own people.</summary>
    public static readonly IReadOnlyList<string> OfTeam = [Owner, Manager, Viewer];
}

/// <summary>Who has signed in, to which store. Every query of a page is bound to <see cref="Store"/>.</summary>
/// <param name="AmbassadorId">Set exactly where the role is <see cref="Role.Ambassador"/>.</param>
/// <param name="SessionName">The hash under which the session is stored, or the member of staff of a session token; it opens nothing.</param>
/// <param name="SignedInAt">When they showed who they are; UTC.</param>
/// <param name="MemberId">Of whoever was added to the team; null for whoever comes from the store itself, and for ambassadors.</param>
internal sealed record Visitor(Store Store, string Role, string? AmbassadorId, string SessionName, DateTimeOffset SignedInAt, string? MemberId = null)
{
    /// <summary>What a session is called in the books that is no member's: these letters, then the first half of its hash, which tells it from others.</summary>
    public const string SessionActor = "dashboard session ";

    private const string MemberActor = "team ";

    // Books and logs need not hold more of the hash.
    private const int NameLengthMax = 32;

    /// <summary>Who acts, as the books name them: without a name, since the books outlive people.</summary>
    public string Actor => MemberId is not null ? MemberActor + MemberId
        : SessionName.Length > NameLengthMax ? SessionActor + SessionName[..NameLengthMax]
        : SessionName;

    /// <summary>The member of the team whom the books mean by a name; null where it is no member's.</summary>
    public static string? MemberOf(string actor) => actor.StartsWith(MemberActor, StringComparison.Ordinal) ? actor[MemberActor.Length..] : null;

    /// <summary>For so long a sign-in is fresh: what decides where money goes asks for one.</summary>
    public static readonly TimeSpan Freshness = TimeSpan.FromMinutes(15);

    public bool IsFresh(DateTimeOffset now) => now - SignedInAt < Freshness;

    /// <summary>Gives a page's endpoint its visitor; only endpoints that ask for a role may have this parameter.</summary>
    public static ValueTask<Visitor> BindAsync(HttpContext context) =>
        new(context.Features.Get<Visitor>() ?? throw new InvalidOperationException("This endpoint asks for a visitor but for no role."));
}

/// <summary>What a sign-in link opens, without opening it.</summary>
/// <param name="ReturnPath">Where it leads, within the portal; null: to the first page of the role.</param>
/// <param name="MemberId">As <see cref="Visitor.MemberId"/>.</param>
internal sealed record SignInOffer(Store Store, string Role, string? AmbassadorId, string? ReturnPath = null, string? MemberId = null);

/// <summary>
/// Makes sign-in links and sessions. Both are secrets of 256 bits that are stored as hashes only; both carry the store's
/// id in clear, so that each statement names its store.
/// </summary>
internal sealed class SignIn(Db db, StoreDirectory stores, PublicAddress address, TimeProvider clock)
{
    public const string CookieName = "amb_session";

    /// <summary>How long a link waits to be used.</summary>
    public static readonly TimeSpan LinkLifetime = TimeSpan.FromMinutes(15);

    /// <summary>How long a session lasts; it is not prolonged by use.</summary>
    public static readonly TimeSpan SessionLifetime = TimeSpan.FromHours(12);

    private const string PurgeLinks = "DELETE FROM sign_in_links WHERE store_id = @storeId AND expires_at <= @now";

    private const string InsertLink =
        """
        INSERT INTO sign_in_links (store_id, token_hash, role, ambassador_id, member_id, return_path, created_at, expires_at)
        VALUES (@storeId, @hash, @role, @ambassadorId, @memberId, @returnPath, @now, @expiresAt)
        """;

    private const string ReadLink =
        """
        SELECT l.role, l.ambassador_id, l.return_path, l.member_id, m.role AS member_role
        FROM sign_in_links l LEFT JOIN team_members m ON m.store_id = l.store_id AND m.id = l.member_id AND m.removed_at IS NULL
        WHERE l.store_id = @storeId AND l.token_hash = @hash AND l.used_at IS NULL AND l.expires_at > @now AND (l.member_id IS NULL OR m.id IS NOT NULL)
        """;

    private const string UseLink =
        """
        UPDATE sign_in_links SET used_at = @now
        WHERE store_id = @storeId AND token_hash = @hash AND used_at IS NULL AND expires_at > @now
        """;

    private const string PurgeSessions = "DELETE FROM sessions WHERE store_id = @storeId AND expires_at <= @now";

    private const string InsertSession =
        """
        INSERT INTO sessions (store_id, token_hash, role, ambassador_id, member_id, created_at, expires_at)
        VALUES (@storeId, @hash, @role, @ambassadorId, @memberId, @now, @expiresAt)
        """;

    private const string ReadSession =
        """
        SELECT s.role, s.ambassador_id, s.created_at, s.member_id, m.role AS member_role
        FROM sessions s LEFT JOIN team_members m ON m.store_id = s.store_id AND m.id = s.member_id AND m.removed_at IS NULL
        WHERE s.store_id = @storeId AND s.token_hash = @hash AND s.revoked_at IS NULL AND s.expires_at > @now AND (s.member_id IS NULL OR m.id IS NOT NULL)
        """;

    private const string RevokeSession =
        "UPDATE sessions SET revoked_at = @now WHERE store_id = @storeId AND token_hash = @hash AND revoked_at IS NULL";

    /// <summary>A new link for a person of the store, as an absolute address. It works once, for <see cref="LinkLifetime"/>.</summary>
    /// <param name="returnPath">Where it leads, as <see cref="PortalPath"/> allows it; null: to the first page of the role.</param>
    /// <param name="memberId">Of a member of the team, whose role then counts and not the one that is given.</param>
    public async Task<string> NewLinkAsync(
        Store store, string role, string? ambassadorId, CancellationToken cancel, string? returnPath = null, string? memberId = null)
    {
        Check(role, ambassadorId, memberId);
        if (returnPath is not null && (role != Role.Ambassador || !PortalPath.IsOwn(returnPath)))
        {
            throw new ArgumentException("The link would lead elsewhere than into the portal.", nameof(returnPath));
        }

        var now = clock.GetUtcNow();
        var secret = Ids.NewSecret();
        await db.InTransactionAsync(
            async tx =>
            {
                await tx.DoAsync(PurgeLinks, new { storeId = store.Id, now });
                await tx.DoAsync(
                    InsertLink,
                    new { storeId = store.Id, hash = Ids.HashOf(secret), role, ambassadorId, memberId, returnPath, now, expiresAt = now + LinkLifetime });
            },
            cancel: cancel);
        return address.Of($"/sign-in/{store.Id}.{secret}");
    }

    /// <summary>What a link would open, or null when it is unknown, used or too old.</summary>
    public async Task<SignInOffer?> FindOfferAsync(string token, CancellationToken cancel) =>
        await KeyOfAsync(token, cancel) is { } key
        && await db.OneAsync<LinkGrant>(ReadLink, new { storeId = key.Store.Id, hash = key.Hash, now = clock.GetUtcNow() }, cancel) is { } opened
        && MayComeIn(key.Store, opened.Role)
            ? new SignInOffer(key.Store, opened.MemberRole ?? opened.Role, opened.AmbassadorId, opened.ReturnPath, opened.MemberId)
            : null;

    /// <summary>Uses a link up and opens a session. Of two requests with the same link one gets it, the other null.</summary>
    public async Task<SignInOffer?> RedeemAsync(HttpContext context, string token)
    {
        if (await FindOfferAsync(token, context.RequestAborted) is not { } offer
            || await KeyOfAsync(token, context.RequestAborted) is not { } key
            || await db.DoAsync(UseLink, new { storeId = key.Store.Id, hash = key.Hash, now = clock.GetUtcNow() }) != 1)
        {
            return null;
        }

        await SignInAsync(context, offer.Store, offer.MemberId is null ? offer.Role : Role.Owner, offer.AmbassadorId, offer.MemberId);
        return offer;
    }

    /// <summary>Opens a session and sets its cookie; a session that the browser had before ends, so that its id is never reused.</summary>
    /// <param name="memberId">As for a link.</param>
    public async Task SignInAsync(HttpContext context, Store store, string role, string? ambassadorId, string? memberId = null)
    {
        Check(role, ambassadorId, memberId);
        await EndAsync(context);
        var now = clock.GetUtcNow();
        var secret = Ids.NewSecret();
        await db.InTransactionAsync(
            async tx =>
            {
                await tx.DoAsync(PurgeSessions, new { storeId = store.Id, now });
                await tx.DoAsync(
                    InsertSession,
                    new { storeId = store.Id, hash = Ids.HashOf(secret), role, ambassadorId, memberId, now, expiresAt = now + SessionLifetime });
                if (role != Role.Ambassador)
                {
                    await AuditLog.NoteAsync(tx, store.Id, new Visitor(store, role, null, Ids.HashOf(secret), now, memberId).Actor, "Signs in", null, now);
                }
            },
            cancel: context.RequestAborted);
        context.Response.Cookies.Append(CookieName, $"{store.Id}.{secret}", CookieFor(SessionLifetime));
    }

    /// <summary>Ends the browser's session and takes its cookie away.</summary>
    public async Task SignOutAsync(HttpContext context)
    {
        await EndAsync(context);
        context.Response.Cookies.Delete(CookieName, CookieFor(null));
    }

    /// <summary>Who the request's cookie says is here, or null.</summary>
    public async Task<Visitor?> FindVisitorAsync(HttpContext context)
    {
        var cancel = context.RequestAborted;
        return context.Request.Cookies[CookieName] is { } cookie
            && await KeyOfAsync(cookie, cancel) is { } key
            && await db.OneAsync<Grant>(ReadSession, new { storeId = key.Store.Id, hash = key.Hash, now = clock.GetUtcNow() }, cancel) is { } grant
            && MayComeIn(key.Store, grant.Role)
                ? new Visitor(key.Store, grant.MemberRole ?? grant.Role, grant.AmbassadorId, key.Hash, grant.CreatedAt, grant.MemberId)
                : null;
    }

    private const string RevokeSessionsOf =
        "UPDATE sessions SET revoked_at = @now WHERE store_id = @storeId AND ambassador_id = @ambassadorId AND revoked_at IS NULL";

    private const string SpendLinksOf =
        "UPDATE sign_in_links SET used_at = @now WHERE store_id = @storeId AND ambassador_id = @ambassadorId AND used_at IS NULL";

    /// <summary>Ends every session and every open link of an ambassador, in the caller's transaction.</summary>
    public static async Task EndAllAsync(Tx tx, string storeId, string ambassadorId, DateTimeOffset now)
    {
        await tx.DoAsync(RevokeSessionsOf, new { storeId, ambassadorId, now });
        await tx.DoAsync(SpendLinksOf, new { storeId, ambassadorId, now });
    }

    // An owner's right ends with the installation that gave it; an ambassador keeps sight of what is owed (rule U1).
    private static bool MayComeIn(Store store, string role) => store.IsInstalled || role == Role.Ambassador;

    // A member's own role stands with the member, so that it changes for sessions that are open.
    private static void Check(string role, string? ambassadorId, string? memberId)
    {
        if (role is not (Role.Owner or Role.Ambassador) || (role == Role.Ambassador) != (ambassadorId is not null) || (ambassadorId is not null && memberId is not null))
        {
            throw new ArgumentException($"The role is '{role}', and only an ambassador, and each of them, has an ambassador's id.", nameof(role));
        }
    }

    private async Task EndAsync(HttpContext context)
    {
        if (context.Request.Cookies[CookieName] is { } cookie && await KeyOfAsync(cookie, context.RequestAborted) is { } key)
        {
            await db.DoAsync(RevokeSession, new { storeId = key.Store.Id, hash = key.Hash, now = clock.GetUtcNow() });
        }
    }

    private async ValueTask<Key?> KeyOfAsync(string token, CancellationToken cancel) =>
        token.Length <= 100 && token.IndexOf('.', StringComparison.Ordinal) is > 0 and var dot
        && await stores.FindAsync(token[..dot], cancel) is { } store
            ? new Key(store, Ids.HashOf(token[(dot + 1)..]))
            : null;

    private CookieOptions CookieFor(TimeSpan? lifetime) => new()
    {
        HttpOnly = true,
        SameSite = SameSiteMode.Lax,
        Secure = address.IsHttps,
        IsEssential = true,
        Path = "/",
        // An age and no date: the browser's clock need not agree with ours.
        MaxAge = lifetime,
    };

    private sealed record LinkGrant(string Role, string? AmbassadorId, string? ReturnPath, string? MemberId, string? MemberRole);

    private sealed record Grant(string Role, string? AmbassadorId, DateTimeOffset CreatedAt, string? MemberId, string? MemberRole);

    private sealed record Key(Store Store, string Hash);
}
