// Who is meant where a person names an ambassador: by a code, a link, an e-mail address or an id.
using StorePlugin.Data;

namespace StorePlugin.Ambassadors;

internal sealed record NamedAmbassador(string Id, string Name)
{
    /// <summary>Says nothing, so that no log line can hold a person.</summary>
    public override string ToString() => nameof(NamedAmbassador);
}

internal static class NamedAmbassadors
{
    private const int TextLengthMax = 254;

    // An address may be in the programme more than once, by campaigns.
    private const string FindNamed =
        """
        SELECT a.id, a.name FROM ambassadors a
        WHERE a.store_id = @storeId AND (@campaignId = '' OR a.campaign_id = @campaignId) AND (a.id = @id
            OR a.id IN (SELECT c.ambassador_id FROM codes c WHERE c.store_id = @storeId AND c.code_key = @key AND (c.ended_at IS NULL OR c.ended_at = c.assigned_at))
            OR a.id IN (SELECT l.ambassador_id FROM link_slugs l WHERE l.slug_key = @key AND l.store_id = @storeId)
            OR a.email_key = @emailKey)
        ORDER BY a.id
        """;

    /// <summary>Nobody, the one who is meant, or two where it is not clear who is.</summary>
    /// <param name="campaignId">Empty for those of every campaign.</param>
    public static async Task<IReadOnlyList<NamedAmbassador>> FindAsync(Db db, string storeId, string campaignId, string text, CancellationToken cancel)
    {
        if (text.Length is 0 or > TextLengthMax)
        {
            return [];
        }

        // Whoever pastes a whole link means its last part.
        var name = text[(text.LastIndexOf('/') + 1)..];
        return await db.ManyAsync<NamedAmbassador>(
            $"{FindNamed} {db.Page}", new { storeId, campaignId, id = text, key = CodeKey.Of(name), emailKey = PersonKey.OfEmail(text), take = 2L }, cancel);
    }
}
