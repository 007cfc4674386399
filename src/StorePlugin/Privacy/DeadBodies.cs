// Finds the raw bodies of deliveries that were given up and name a person. Those of others stay: they can still be replayed.
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using StorePlugin.Data;
using StorePlugin.Stores;
using StorePlugin.Webhooks;

namespace StorePlugin.Privacy;

/// <summary>
/// A dead delivery may be one that nobody could read, so that its text is searched for the person's identifiers and orders, and
/// nothing of it is understood.
/// </summary>
internal sealed partial class DeadBodies(Db db, StoreKeys keys)
{
    private const int PageMax = 20;

    /// <summary>What lies beyond so many is dropped unread: the transaction must end, and the person must be gone.</summary>
    public const int ReadMax = 1000;

    private const string ReadDead =
        """
        SELECT id, source, delivery_key, body FROM deliveries
        WHERE store_id = @storeId AND state = 'dead' AND body IS NOT NULL AND id > @after ORDER BY id
        """;

    private const string Drop =
        "UPDATE deliveries SET body = NULL WHERE store_id = @StoreId AND source = @Source AND delivery_key = @Key AND state = 'dead'";

    private const string DropBeyond = "UPDATE deliveries SET body = NULL WHERE store_id = @storeId AND state = 'dead' AND id > @last";

    /// <summary>Drops those of the store that name the person. Returns how many.</summary>
    public async Task<int> DropAsync(Tx tx, Store store, Shopper shopper, IEnumerable<string> orderIds)
    {
        var names = NamesOf(shopper, orderIds);
        var (dropped, read, last) = (0, 0, "");
        while (read < ReadMax)
        {
            var rows = await tx.ManyAsync<Row>($"{ReadDead} {db.Page}", new { storeId = store.Id, after = last, take = PageMax });
            foreach (var row in rows.Where(row => IsNamed(store, row, names)))
            {
                dropped += await tx.DoAsync(Drop, new { StoreId = store.Id, row.Source, Key = row.DeliveryKey });
            }

            if (rows.Count < PageMax)
            {
                return dropped;
            }

            (read, last) = (read + rows.Count, rows[^1].Id);
        }

        return dropped + await tx.DoAsync(DropBeyond, new { storeId = store.Id, last });
    }

    private bool IsNamed(Store store, Row row, Regex names)
    {
        try
        {
            var text = Encoding.UTF8.GetString(keys.OpenBody(store, row.DeliveryKey, row.Body));
            return names.IsMatch(Escape().Replace(text, escape => ((char)ushort.Parse(escape.Groups["unit"].ValueSpan, NumberStyles.HexNumber, CultureInfo.InvariantCulture)).ToString()));
        }
        // What the store's key does not open says nothing to anybody, and nobody can replay it.
        catch (CryptographicException)
        {
            return true;
        }
    }

    /// <summary>Any of the identifiers, but not as a part of a longer word or number.</summary>
    private static Regex NamesOf(Shopper shopper, IEnumerable<string> orderIds)
    {
        var words = new[] { shopper.CustomerId, shopper.Email?.Trim(), shopper.Phone }.OfType<string>().Concat(orderIds)
            .Where(word => word.Length > 0).Distinct(StringComparer.Ordinal).Select(Regex.Escape).ToList();
        return new Regex(
            words.Count == 0 ? "(?!)" : $"(?<![0-9A-Za-z])(?:{string.Join('|', words)})(?![0-9A-Za-z])",
            RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
            TimeSpan.FromSeconds(5));
    }

    [GeneratedRegex(@"\\u(?<unit>[0-9A-Fa-f]{4})", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Escape();

    private sealed record Row(string Id, string Source, string DeliveryKey, byte[] Body);
}
