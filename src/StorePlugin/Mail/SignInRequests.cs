// Who has asked for a sign-in link by mail: kept by hash, until the mail is written.
using StorePlugin.Ambassadors;
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Mail;

/// <summary>A request for a link.</summary>
/// <param name="PersonHash">Of the address that was typed, as people are compared; null where an ambassador is named.</param>
/// <param name="AddressHash">Of the address as it was typed, but for capitals.</param>
internal sealed record SignInRequest(string Id, string? PersonHash, string? AddressHash, string? AmbassadorId, string? ReturnPath, DateTimeOffset AskedAt);

/// <summary>Somebody whom a link is for.</summary>
internal sealed record SignInPerson
{
    public string StoreId { get; init; } = "";

    /// <summary>Of the ambassador, or of the member of the team.</summary>
    public string Id { get; init; } = "";

    public string Name { get; init; } = "";

    public string Email { get; init; } = "";

    /// <summary>Null for a member of the team.</summary>
    public string? Campaign { get; init; }

    public bool IsOfTeam => Campaign is null;

    /// <summary>Says nothing, so that no log line can hold a person.</summary>
    public override string ToString() => nameof(SignInPerson);
}

/// <summary>
/// To ask costs the same whether anybody takes part with the address or not: one row and one effect. Who it is, and whether there is
/// anybody, is found when the mail is written, so that no answer and no time of answering tells.
/// </summary>
internal sealed class SignInRequests(Db db, StoreKeys keys, TimeProvider clock)
{
    /// <summary>A mail that could not be sent for so long is not wanted any more.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromDays(1);

    private const long PeopleMax = 50;

    private const string Insert =
        """
        INSERT INTO sign_in_requests (store_id, id, person_hash, address_hash, ambassador_id, return_path, asked_at)
        VALUES (@storeId, @id, @personHash, @addressHash, @ambassadorId, @returnPath, @now)
        """;

    /// <summary>Somebody has typed an address.</summary>
    public Task AskAsync(Store store, string email, CancellationToken cancel) =>
        AddAsync(store, PersonHashOf(store, email), AddressHashOf(store, email), ambassadorId: null, returnPath: null, cancel);

    /// <summary>An ambassador who has signed in asks for another sign-in, at the address that is known of them.</summary>
    public Task AskAgainAsync(Store store, string ambassadorId, string returnPath, CancellationToken cancel) =>
        AddAsync(store, personHash: null, addressHash: null, ambassadorId, returnPath, cancel);

    private Task AddAsync(Store store, string? personHash, string? addressHash, string? ambassadorId, string? returnPath, CancellationToken cancel) =>
        db.InTransactionAsync(
            async tx =>
            {
                var now = clock.GetUtcNow();
                var id = Ids.New("sir", now);
                await tx.DoAsync(Insert, new { storeId = store.Id, id, personHash, addressHash, ambassadorId, returnPath, now });
                await new MailNotice(MailNotice.SignIn, null, Request: id).AddAsync(tx, store.Id, now);
            },
            cancel: cancel);

    private const string Read =
        """
        SELECT id, person_hash, address_hash, ambassador_id, return_path, asked_at FROM sign_in_requests
        WHERE store_id = @storeId AND id = @id AND asked_at > @since
        """;

    /// <summary>Null where there is none any more.</summary>
    public Task<SignInRequest?> FindAsync(Store store, string id, CancellationToken cancel) =>
        db.OneAsync<SignInRequest>(Read, new { storeId = store.Id, id, since = clock.GetUtcNow() - Kept }, cancel);

    private const string Columns =
        """
        SELECT a.store_id, a.id, a.name, a.email, c.name AS campaign
        FROM ambassadors a JOIN campaigns c ON c.store_id = a.store_id AND c.id = a.campaign_id
        """;

    private const string ReadByAddress = Columns + " WHERE a.store_id = @storeId AND a.person_hash = @personHash AND a.email <> '' ORDER BY a.id DESC ";

    // Few in a store, of whom each is compared by the hash of the address.
    private const string ReadTeam =
        "SELECT store_id, id, name, email FROM team_members WHERE store_id = @storeId AND removed_at IS NULL ORDER BY id ";

    private const string ReadById = Columns + " WHERE a.store_id = @storeId AND a.id = @ambassadorId AND a.email <> ''";

    /// <summary>
    /// Whom the link is for; nobody where nobody takes part with the address. What follows a plus may be another mailbox, although it is the
    /// same person: each mail goes to one address, and holds links for that address alone.
    /// </summary>
    public async Task<IReadOnlyList<SignInPerson>> PeopleAsync(Store store, SignInRequest request, CancellationToken cancel)
    {
        var args = new { storeId = store.Id, personHash = request.PersonHash, ambassadorId = request.AmbassadorId, take = PeopleMax };
        if (request.AmbassadorId is not null)
        {
            return await db.OneAsync<SignInPerson>(ReadById, args, cancel) is { } one ? [one] : [];
        }

        var team = (await db.ManyAsync<SignInPerson>(ReadTeam + db.Page, args, cancel)).Where(person => AddressHashOf(store, person.Email) == request.AddressHash);
        var people = (await db.ManyAsync<SignInPerson>(ReadByAddress + db.Page, args, cancel)).Concat(team)
            .ToLookup(person => AddressHashOf(store, person.Email), StringComparer.Ordinal);
        return people.Count == 1 ? [.. people.First()] : [.. people[request.AddressHash!]];
    }

    // By the address and not by a store: that one mail lists all stores of an address is what whoever owns it wants, and no store learns of another.
    private const string ReadAmbassadorsEverywhere =
        Columns + " JOIN stores s ON s.id = a.store_id AND s.mode = @mode AND s.rehearses_store_id IS NULL WHERE a.email_key = @personKey AND a.email <> '' ORDER BY a.id DESC ";

    private const string ReadTeamsEverywhere =
        """
        SELECT t.store_id, t.id, t.name, t.email
        FROM team_members t JOIN stores s ON s.id = t.store_id AND s.state = 'installed' AND s.mode = @mode AND s.rehearses_store_id IS NULL
        WHERE t.email_key = @key AND t.removed_at IS NULL ORDER BY t.id DESC
        """;

    /// <summary>
    /// Where a mailbox takes part, in all stores: teams first, then as an ambassador, newest first. Its spelling counts as
    /// <see cref="PeopleAsync"/> says.
    /// </summary>
    /// <param name="mode">Of the stores: anybody may make a rehearsal, whose mail stays on the machine, and none of it stands in a live store's.</param>
    public async Task<IReadOnlyList<SignInPerson>> EverywhereAsync(string email, string mode, CancellationToken cancel)
    {
        var args = new { mode, personKey = PersonKey.OfEmail(email), key = Team.KeyOf(email), take = PeopleMax };
        var people = (await db.ManyAsync<SignInPerson>($"{ReadTeamsEverywhere} {db.Page}", args, cancel))
            .Concat(await db.ManyAsync<SignInPerson>(ReadAmbassadorsEverywhere + db.Page, args, cancel))
            .ToLookup(person => Team.KeyOf(person.Email), StringComparer.Ordinal);
        return people.Count == 1 ? [.. people.First()] : [.. people[args.key]];
    }

    /// <summary>By which the limit of requests tells addresses apart, too.</summary>
    public string PersonHashOf(Store store, string email) => keys.Hash(store, "email", PersonKey.OfEmail(email));

    private string AddressHashOf(Store store, string email) => keys.Hash(store, "address", NormalForm.Of(email).ToLowerInvariant());
}
