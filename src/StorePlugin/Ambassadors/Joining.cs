// What is written when somebody joins or gets a further code; always in the caller's transaction.
using System.Diagnostics;
using StorePlugin.Campaigns;
using StorePlugin.Data;
using StorePlugin.Inbox;
using StorePlugin.Mail;

namespace StorePlugin.Ambassadors;

/// <summary>A campaign as it stands while its row is held.</summary>
internal sealed record HeldCampaign(string State, Terms Terms)
{
    public bool HasEnded => State == "ended";

    public bool IsDraft => State == "draft";

    public bool HasDiscount => Terms.FriendDiscountBp > 0;
}

/// <param name="PersonHash">Of the e-mail's key, by the store's own key (rule F8).</param>
/// <param name="ApprovedAt">Since when they are an ambassador, to the second.</param>
/// <param name="ImportId">Of the import that brought them; null for everyone else.</param>
internal sealed record Newcomer(string Id, NewAmbassador Person, string PersonHash, DateTimeOffset ApprovedAt, Approval Approval, string? ImportId = null);

/// <param name="AssignedAt">From when on it counts, to the second (rule T5).</param>
/// <param name="DiscountState"><c>pending</c> or <c>none</c>.</param>
/// <param name="AdoptedAt">When a code that lived in the store before was taken over as it was; null for all others.</param>
internal sealed record NewCode(
    string AmbassadorId, string CampaignId, string Code, DateTimeOffset AssignedAt, string DiscountState, DateTimeOffset? AdoptedAt = null);

internal static class Joining
{
    /// <summary>The actor of an application.</summary>
    public const string Applicant = "applicant";

    // The newest revision in force first; a draft has none yet, and its newest is what it will be launched with.
    private const string ReadCampaign =
        """
        SELECT c.state, r.terms FROM campaigns c
        JOIN campaign_revisions r ON r.store_id = c.store_id AND r.campaign_id = c.id
        WHERE c.store_id = @storeId AND c.id = @campaignId AND r.withdrawn_at IS NULL AND (r.effective_at <= @now OR c.state = 'draft')
        ORDER BY r.revision DESC
        """;

    /// <summary>The campaign with its terms, which stay as they are until the transaction ends; null when there is none.</summary>
    public static async Task<HeldCampaign?> HoldCampaignAsync(Tx tx, string storeId, string campaignId, DateTimeOffset now)
    {
        // Of a launch at the same moment and this, one would otherwise miss the other, and neither would order the discount.
        if (!await CampaignLife.HoldAsync(tx, storeId, campaignId))
        {
            return null;
        }

        var row = (await tx.ManyAsync<CampaignRow>(ReadCampaign, new { storeId, campaignId, now }))[0];
        return new HeldCampaign(row.State, Terms.FromJson(row.Terms));
    }

    private const string InsertAmbassador =
        """
        INSERT INTO ambassadors (store_id, id, campaign_id, name, email, email_key, person_hash, state, stripe_account, approved_at,
            created_at, import_id)
        VALUES (@storeId, @id, @campaignId, @name, @email, @emailKey, @personHash, 'approved', @stripeAccount, @approvedAt, @now, @importId)
        """;

    private const string InsertSlug =
        """
        INSERT INTO link_slugs (slug_key, slug, store_id, campaign_id, ambassador_id, created_at)
        VALUES (@slugKey, @slug, @storeId, @campaignId, @id, @now)
        """;

    /// <summary>Writes the ambassador with how they became one, and their link; the code follows with <see cref="WriteCodeAsync"/>.</summary>
    public static async Task WriteAsync(Tx tx, string storeId, Newcomer newcomer, DateTimeOffset now)
    {
        var person = newcomer.Person;
        var slug = await FreeSlugAsync(tx, person.Code, CodeKey.Of(person.Code));
        var args = new
        {
            storeId,
            id = newcomer.Id,
            campaignId = person.CampaignId,
            name = person.Name,
            email = person.Email,
            emailKey = PersonKey.OfEmail(person.Email),
            personHash = newcomer.PersonHash,
            stripeAccount = person.StripeAccount,
            approvedAt = newcomer.ApprovedAt,
            importId = newcomer.ImportId,
            slug,
            slugKey = CodeKey.Of(slug),
            now,
        };
        await tx.DoAsync(InsertAmbassador, args);
        await tx.DoAsync(InsertSlug, args);
        await Invitations.JoinAsync(tx, storeId, person.CampaignId, newcomer.PersonHash, now);
        if (newcomer.Approval.AppliedAt is { } appliedAt)
        {
            await AmbassadorLife.RecordAsync(tx, storeId, newcomer.Id, "applied", appliedAt, Applicant, reason: null);
        }

        await AmbassadorLife.RecordAsync(tx, storeId, newcomer.Id, "approved", newcomer.ApprovedAt, newcomer.Approval.Actor, newcomer.Approval.Reason);
    }

    private const string InsertCode =
        """
        INSERT INTO codes (store_id, code_key, code, ambassador_id, campaign_id, assigned_at, discount_state, adopted_at)
        VALUES (@storeId, @codeKey, @code, @id, @campaignId, @at, @discountState, @adoptedAt)
        """;

    public static Task WriteCodeAsync(Tx tx, string storeId, NewCode code) => tx.DoAsync(
        InsertCode,
        new
        {
            storeId,
            codeKey = CodeKey.Of(code.Code),
            code = code.Code,
            id = code.AmbassadorId,
            campaignId = code.CampaignId,
            at = code.AssignedAt,
            discountState = code.DiscountState,
            adoptedAt = code.AdoptedAt,
        });

    /// <summary>
    /// Has the discount made where one is waited for, else welcomes the ambassador: a code that gives no discount works at
    /// once. For a draft both happen at its launch.
    /// </summary>
    public static async Task OrderAsync(Tx tx, string storeId, HeldCampaign campaign, NewCode code, DateTimeOffset now)
    {
        if (campaign.IsDraft)
        {
            return;
        }

        if (code.DiscountState != "pending")
        {
            await MailNotice.WelcomeAsync(tx, storeId, code.AmbassadorId, now);
            return;
        }

        await Outbox.AddAsync(tx, storeId, Effect.Kinds.CreateDiscount, CodeKey.Of(code.Code), "{}", now);
    }

    /// <summary>Reads the keys of every code of the store that begins with a stem and goes on with digits, if at all; with <see cref="CodesLike"/>.</summary>
    public const string ReadCodesLike =
        "SELECT code_key FROM codes WHERE store_id = @storeId AND (code_key = @key OR (code_key >= @from AND code_key < @to))";

    /// <summary>The parameters of <see cref="ReadCodesLike"/>: numbered forms lie between '0' and ':'.</summary>
    public static object CodesLike(string storeId, string stem)
    {
        var key = CodeKey.Of(stem);
        return new { storeId, key, from = key + "0", to = key + ":" };
    }

    // Over the whole host, and that is the point: the slug and its numbered forms, which lie between '-' and '.'.
    private const string ReadSlugs = "SELECT slug_key FROM link_slugs WHERE slug_key = @key OR (slug_key > @from AND slug_key < @to)";

    /// <summary>The code itself, or the first of its numbered forms that nobody on this host has.</summary>
    private static async Task<string> FreeSlugAsync(Tx tx, string code, string key)
    {
        var taken = (await tx.ManyAsync<string>(ReadSlugs, new { key, from = key + "-", to = key + "." })).ToHashSet(StringComparer.Ordinal);
        if (!taken.Contains(key))
        {
            return code;
        }

        for (var number = 2; number <= taken.Count + 2; number++)
        {
            var slug = $"{code}-{number}";
            if (!taken.Contains(CodeKey.Of(slug)))
            {
                return slug;
            }
        }

        throw new UnreachableException("Of n + 1 slugs, n cannot all be taken.");
    }

    private sealed record CampaignRow(string State, string Terms);
}
