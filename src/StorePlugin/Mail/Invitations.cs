// People whom a store invites into a campaign: kept sealed while that is needed, each invited once.
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.DataProtection;
using StorePlugin.Campaigns;
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Mail;

/// <summary>Somebody to invite, checked field by field.</summary>
/// <param name="Line">What the sender writes to this person.</param>
internal sealed record Invitee(string Email, string? Name, string Line)
{
    public const int LineLengthMin = 10;
    public const int LineLengthMax = 500;

    /// <summary>Says nothing, so that no log line can hold a person.</summary>
    public override string ToString() => nameof(Invitee);
}

/// <param name="Person">Null once the data have gone.</param>
/// <param name="State"><c>waiting</c>, <c>sent</c>, <c>kept_back</c> or <c>joined</c>.</param>
internal sealed record Invitation(
    string Id, string CampaignId, Invitee? Person, string State, DateTimeOffset CreatedAt, string CreatedBy, DateTimeOffset? SentAt, DateTimeOffset? JoinedAt);

/// <summary>What came of inviting.</summary>
internal abstract record InviteResult
{
    /// <param name="Invited">The ids, by the address.</param>
    /// <param name="Skipped">Who was not invited, and why, as a sentence.</param>
    internal sealed record Done(IReadOnlyList<(string Id, string Email)> Invited, IReadOnlyList<(string Email, string Why)> Skipped) : InviteResult;

    internal sealed record CampaignUnknown : InviteResult;

    /// <summary>The campaign is not live, or takes no applications.</summary>
    internal sealed record Closed : InviteResult;

    internal sealed record TooMany : InviteResult;
}

internal sealed class Invitations(Db db, Suppressions suppressions, IDataProtectionProvider protection, TimeProvider clock)
{
    public const int AtOnceMax = 100;

    /// <summary>Nobody writes so many personal lines; and strangers who are written to by the thousand cost the store its name.</summary>
    public const int DayMax = 500;

    private readonly IDataProtector _protector = protection.CreateProtector("StorePlugin.Mail.Invitations");

    private const string ReadState = "SELECT state, applications FROM campaigns WHERE store_id = @storeId AND id = @campaignId";

    private const string CountSince = "SELECT CAST(COUNT(*) AS bigint) FROM invitations WHERE store_id = @storeId AND created_at > @since";

    private const string FindMember =
        """
        SELECT state FROM ambassadors WHERE store_id = @storeId AND campaign_id = @campaignId AND person_hash = @hash AND state <> 'ended' ORDER BY id
        """;

    private const string Insert =
        """
        INSERT INTO invitations (store_id, id, campaign_id, address_hash, sealed, state, created_at, created_by)
        SELECT @storeId, @id, @campaignId, @hash, @sealedPerson, 'waiting', @now, @by
        WHERE NOT EXISTS (SELECT 1 FROM invitations WHERE store_id = @storeId AND campaign_id = @campaignId AND address_hash = @hash)
        """;

    /// <summary>Invites each of them, with a mail, but for those whom no invitation should reach.</summary>
    public Task<InviteResult> InviteAsync(Store store, string campaignId, IReadOnlyList<Invitee> people, string by, CancellationToken cancel)
    {
        // Before the transaction: sealing may have to write a key of the ring, and that waits behind whoever writes.
        var rows = people.Select(person => (Person: person, Hash: suppressions.HashOf(store, person.Email), Sealed: Seal(store, person))).ToList();
        return db.InTransactionAsync(
            async tx =>
            {
                var now = clock.GetUtcNow();
                if (!await CampaignLife.HoldAsync(tx, store.Id, campaignId))
                {
                    return new InviteResult.CampaignUnknown();
                }

                if (await tx.OneAsync<CampaignDoor>(ReadState, new { storeId = store.Id, campaignId }) is not { State: "live", Applications: "open" })
                {
                    return new InviteResult.Closed();
                }

                if (await tx.OneAsync<long>(CountSince, new { storeId = store.Id, since = now.AddDays(-1) }) + rows.Count > DayMax)
                {
                    return new InviteResult.TooMany();
                }

                var (invited, skipped) = (new List<(string, string)>(), new List<(string, string)>());
                foreach (var (person, hash, sealedPerson) in rows)
                {
                    var id = Ids.New("inv", now);
                    if (await WhySkippedAsync(tx, store.Id, campaignId, hash) is { } why)
                    {
                        skipped.Add((person.Email, why));
                    }
                    else if (await tx.DoAsync(Insert, new { storeId = store.Id, id, campaignId, hash, sealedPerson, now, by }) == 0)
                    {
                        skipped.Add((person.Email, "They were invited to this campaign before."));
                    }
                    else
                    {
                        await new MailNotice(MailNotice.Invited, null, Invitation: id).AddAsync(tx, store.Id, now);
                        invited.Add((id, person.Email));
                    }
                }

                return (InviteResult)new InviteResult.Done(invited, skipped);
            },
            cancel: cancel);
    }

    private static async Task<string?> WhySkippedAsync(Tx tx, string storeId, string campaignId, string hash) =>
        (await tx.ManyAsync<string>(FindMember, new { storeId, campaignId, hash })).Count > 0 ? "They are an ambassador of this campaign."
        : await Suppressions.WhyKeptBackAsync(tx, storeId, hash, isExempt: false);

    private const string Columns =
        "SELECT id, campaign_id, sealed, state, created_at, created_by, sent_at, joined_at FROM invitations WHERE store_id = @storeId";

    private const string ReadOne = Columns + " AND id = @id";

    private const string ReadMany = Columns + " AND campaign_id = @campaignId AND id > @after ORDER BY id ";

    public async Task<Invitation?> FindAsync(Store store, string id, CancellationToken cancel) =>
        await db.OneAsync<Row>(ReadOne, new { storeId = store.Id, id }, cancel) is { } row ? Opened(store, row) : null;

    public async Task<IReadOnlyList<Invitation>> ListAsync(Store store, string campaignId, string after, long take, CancellationToken cancel) =>
        [.. (await db.ManyAsync<Row>(ReadMany + db.Page, new { storeId = store.Id, campaignId, after, take }, cancel)).Select(row => Opened(store, row))];

    private const string Mark =
        """
        UPDATE invitations SET state = @state, sent_at = CASE WHEN @state = 'sent' THEN @now ELSE sent_at END
        WHERE store_id = @storeId AND id = @id AND state = 'waiting'
        """;

    /// <summary>Writes what became of the mail, beside the mark of its effect.</summary>
    /// <param name="state"><c>sent</c> or <c>kept_back</c>.</param>
    public static Task MarkAsync(Tx tx, string storeId, string id, string state, DateTimeOffset now) => tx.DoAsync(Mark, new { storeId, id, state, now });

    private const string Join =
        """
        UPDATE invitations SET state = 'joined', joined_at = @now, sealed = NULL
        WHERE store_id = @storeId AND campaign_id = @campaignId AND address_hash = @hash AND state <> 'joined'
        """;

    /// <summary>Somebody has become an ambassador: from now on their data stand there, and no longer here.</summary>
    public static Task JoinAsync(Tx tx, string storeId, string campaignId, string personHash, DateTimeOffset now) =>
        tx.DoAsync(Join, new { storeId, campaignId, hash = personHash, now });

    private const string FindOfPerson = "SELECT id FROM invitations WHERE store_id = @storeId AND address_hash IN @keys ORDER BY id";

    private const string Forget = "UPDATE invitations SET sealed = NULL, address_hash = id WHERE store_id = @storeId AND id = @id";

    /// <summary>Forgets a person; that somebody was invited stays.</summary>
    public static async Task ForgetAsync(Tx tx, string storeId, IReadOnlyCollection<string> keys)
    {
        foreach (var id in await tx.ManyAsync<string>(FindOfPerson, new { storeId, keys = new TextList(keys) }))
        {
            await tx.DoAsync(Forget, new { storeId, id });
        }
    }

    private Invitation Opened(Store store, Row row) => new(
        row.Id,
        row.CampaignId,
        row.Sealed is { } text ? JsonSerializer.Deserialize(ProtectorOf(store).Unprotect(text), InviteeJson.Default.Invitee) : null,
        row.State,
        row.CreatedAt,
        row.CreatedBy,
        row.SentAt,
        row.JoinedAt);

    private string Seal(Store store, Invitee person) => ProtectorOf(store).Protect(JsonSerializer.Serialize(person, InviteeJson.Default.Invitee));

    private IDataProtector ProtectorOf(Store store) => _protector.CreateProtector(store.Id);

    private sealed record Row(
        string Id, string CampaignId, string? Sealed, string State, DateTimeOffset CreatedAt, string CreatedBy, DateTimeOffset? SentAt, DateTimeOffset? JoinedAt);

    private sealed record CampaignDoor(string State, string Applications);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Invitee))]
internal sealed partial class InviteeJson : JsonSerializerContext;
