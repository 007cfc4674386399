// Finds the ambassadors of a list, newest first, by what was searched for and by filters.
using System.Text;
using StorePlugin.Ambassadors;
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Dashboard.People;

/// <summary>An ambassador who was found.</summary>
/// <param name="State"><c>approved</c>, <c>suspended</c> or <c>ended</c>.</param>
/// <param name="GroupName">The group that they are in now; null outside of all.</param>
internal sealed record FoundAmbassador(string Id, string Name, string State, string? GroupName)
{
    /// <summary>Says nothing, so that no log line can hold a person.</summary>
    public override string ToString() => nameof(FoundAmbassador);
}

/// <param name="Next">Behind whom the next page begins; null where there is none.</param>
/// <param name="IsCut">Whether the page is short because as many were looked through as one page looks through.</param>
internal sealed record FoundPage(IReadOnlyList<FoundAmbassador> People, string? Next, bool IsCut);

internal static class AmbassadorSearch
{
    /// <summary>So many ambassadors one page looks through for a part of a name; the next one goes on behind them.</summary>
    public const int LookedThroughMax = 10_000;

    private const long LookedThroughAtOnce = 1000;

    // No id lies behind it.
    private const string BehindAll = "\uFFFF";

    private const string Columns =
        """
        SELECT a.id, a.name, a.state, g.group_name FROM ambassadors a
        LEFT JOIN group_memberships g ON g.store_id = a.store_id AND g.ambassador_id = a.id
            AND g.number = (SELECT MAX(m.number) FROM group_memberships m WHERE m.store_id = a.store_id AND m.ambassador_id = a.id)
        WHERE a.store_id = @storeId AND a.id < @before AND (@state = '' OR a.state = @state) AND (@campaignId = '' OR a.campaign_id = @campaignId)
            AND (@groupKey = '' OR g.group_key = @groupKey) AND (@warning = '' OR a.id IN @warned)
        """;

    private const string Read = Columns + " ORDER BY a.id DESC ";

    private const string ReadByEmail = Columns + " AND a.email_key = @emailKey ORDER BY a.id DESC ";

    // Codes that have ended as well: whoever holds a printed one asks whose it was.
    private const string ReadByCode =
        """
        SELECT ambassador_id FROM codes WHERE store_id = @storeId AND code_key = @codeKey
        UNION ALL
        SELECT ambassador_id FROM link_slugs WHERE store_id = @storeId AND slug_key = @codeKey
        UNION ALL
        SELECT s.ambassador_id FROM series_codes c JOIN code_series s ON s.store_id = c.store_id AND s.id = c.series_id
        WHERE c.store_id = @storeId AND c.code_key = @codeKey
        """;

    /// <param name="warned">Of whom the filter's warning is; of no use where it has none.</param>
    /// <param name="after">Behind whom the page begins; null for the first one.</param>
    public static async Task<FoundPage> ReadAsync(
        Db db, Store store, AmbassadorFilter filter, IReadOnlyCollection<string> warned, string? after, int size, CancellationToken cancel)
    {
        var before = string.IsNullOrEmpty(after) ? BehindAll : after;
        if (filter.Search.Length > 0 && !filter.Search.Contains('@', StringComparison.Ordinal))
        {
            return await LookThroughAsync(db, store, filter, warned, before, size, cancel);
        }

        var rows = await db.ManyAsync<FoundAmbassador>(
            (filter.Search.Length == 0 ? Read : ReadByEmail) + db.Page, Arguments(store, filter, warned, before, size + 1L), cancel);
        return rows.Count > size ? new FoundPage([.. rows.Take(size)], rows[size - 1].Id, IsCut: false) : new FoundPage(rows, null, IsCut: false);
    }

    // No index helps to find a part of a name, and how letters are folded the two databases do not agree about: the names are read and
    // compared here, some thousands at most for one page.
    private static async Task<FoundPage> LookThroughAsync(
        Db db, Store store, AmbassadorFilter filter, IReadOnlyCollection<string> warned, string before, int size, CancellationToken cancel)
    {
        var ofCode = await db.ManyAsync<string>(ReadByCode, new { storeId = store.Id, codeKey = CodeOf(filter.Search) }, cancel);
        var (part, found) = (Folded(filter.Search), new List<FoundAmbassador>());
        for (var looked = 0; looked < LookedThroughMax;)
        {
            var rows = await db.ManyAsync<FoundAmbassador>(Read + db.Page, Arguments(store, filter, warned, before, LookedThroughAtOnce), cancel);
            foreach (var row in rows.Where(row => ofCode.Contains(row.Id) || Folded(row.Name).Contains(part, StringComparison.Ordinal)))
            {
                if (found.Count == size)
                {
                    return new FoundPage(found, found[^1].Id, IsCut: false);
                }

                found.Add(row);
            }

            if (rows.Count < LookedThroughAtOnce)
            {
                return new FoundPage(found, null, IsCut: false);
            }

            looked += rows.Count;
            before = rows[^1].Id;
        }

        return new FoundPage(found, before, IsCut: true);
    }

    private static object Arguments(Store store, AmbassadorFilter filter, IReadOnlyCollection<string> warned, string before, long take) => new
    {
        storeId = store.Id,
        before,
        state = filter.State,
        campaignId = filter.CampaignId,
        groupKey = CodeKey.Of(filter.Group),
        emailKey = PersonKey.OfEmail(filter.Search),
        warning = filter.Warning,
        warned = new TextList(warned),
        take,
    };

    /// <summary>The key of a code that was typed, or of the last part of a link.</summary>
    private static string CodeOf(string search)
    {
        var code = search.TrimEnd('/');
        var key = CodeKey.Of(Uri.UnescapeDataString(code[(code.LastIndexOf('/') + 1)..]));
        return key.Length <= CodeKey.KeyLengthMax ? key : "";
    }

    /// <summary>Without capitals and marks above or below letters, so that who types <c>Jose</c> finds <c>José</c>.</summary>
    private static string Folded(string text)
    {
        var key = CodeKey.Of(text);
        return Ascii.IsValid(key)
            ? key
            : string.Concat(key.Normalize(NormalizationForm.FormD).EnumerateRunes().Where(rune => Rune.GetUnicodeCategory(rune) != System.Globalization.UnicodeCategory.NonSpacingMark));
    }
}
