// The store's collections and the products in them, as dated facts.
using System.Collections.Immutable;
using StorePlugin.Data;
using StorePlugin.Orders;
using StorePlugin.Stores;

namespace StorePlugin.Campaigns;

/// <summary>A collection with how many products are in it now.</summary>
internal sealed record Collection(string Id, string Title, long Products, DateTimeOffset UpdatedAt, string UpdatedBy);

/// <summary>
/// Products come into a collection and leave it at the instant at which the program is told: what an order was judged by
/// does not change afterwards (rule B6).
/// </summary>
internal sealed class Collections(Db db, TimeProvider clock)
{
    public const int ProductsMax = 5000;
    public const int TitleLengthMax = 120;

    // SQL Server takes 2,100 parameters.
    private const int KeysAtOnceMax = 500;

    private const string Columns =
        """
        SELECT c.id, c.title, (SELECT CAST(COUNT(*) AS bigint) FROM collection_products p
            WHERE p.store_id = c.store_id AND p.collection_id = c.id AND p.until_at IS NULL) AS products, c.updated_at, c.updated_by
        FROM collections c WHERE c.store_id = @storeId
        """;

    private const string ReadAll = Columns + " AND c.id > @after ORDER BY c.id ";

    private const string ReadOne = Columns + " AND c.id = @id";

    private const string ReadProducts =
        "SELECT product_id FROM collection_products WHERE store_id = @storeId AND collection_id = @id AND until_at IS NULL ORDER BY product_id";

    private const string Update = "UPDATE collections SET title = @title, updated_at = @now, updated_by = @actor WHERE store_id = @storeId AND id = @id";

    private const string Insert =
        """
        INSERT INTO collections (store_id, id, title, updated_at, updated_by)
        SELECT @storeId, @id, @title, @now, @actor
        WHERE NOT EXISTS (SELECT 1 FROM collections WHERE store_id = @storeId AND id = @id)
        """;

    private const string Leave =
        "UPDATE collection_products SET until_at = @now WHERE store_id = @storeId AND collection_id = @id AND product_id IN @products AND until_at IS NULL";

    private const string Enter =
        "INSERT INTO collection_products (store_id, product_id, collection_id, since_at) VALUES (@StoreId, @ProductId, @CollectionId, @Now)";

    private const string LoadOf =
        "SELECT product_id, collection_id, since_at, until_at FROM collection_products WHERE store_id = @storeId AND product_id IN @keys";

    private const string LoadAll = "SELECT product_id, collection_id, since_at, until_at FROM collection_products WHERE store_id = @storeId";

    public Task<IReadOnlyList<Collection>> ListAsync(Store store, string after, long take, CancellationToken cancel) =>
        db.ManyAsync<Collection>(ReadAll + db.Page, new { storeId = store.Id, after, take }, cancel);

    public Task<Collection?> FindAsync(Store store, string id, CancellationToken cancel) => db.OneAsync<Collection>(ReadOne, new { storeId = store.Id, id }, cancel);

    /// <summary>Makes a collection hold these products from now on, and no others.</summary>
    /// <param name="actor">Who says so (rule H6).</param>
    public Task PutAsync(Store store, string id, string title, IReadOnlyCollection<string> products, string actor, CancellationToken cancel)
    {
        var now = Instants.Kept(clock.GetUtcNow());
        return db.InTransactionAsync(
            async tx =>
            {
                var args = new { storeId = store.Id, id, title, actor, now };

                // Whoever comes second waits for the first and finds the row.
                await tx.HoldAsync($"{store.Id} collection {id}");
                if (await tx.DoAsync(Update, args) == 0)
                {
                    await tx.DoAsync(Insert, args);
                }

                var had = (await tx.ManyAsync<string>(ReadProducts, new { storeId = store.Id, id })).ToHashSet(StringComparer.Ordinal);
                foreach (var left in had.Except(products).Chunk(KeysAtOnceMax))
                {
                    await tx.DoAsync(Leave, new { storeId = store.Id, id, products = left, now });
                }

                await using var enter = new Prepared(tx, Enter);
                foreach (var product in products.Except(had))
                {
                    await enter.DoAsync(("StoreId", store.Id), ("ProductId", product), ("CollectionId", id), ("Now", now));
                }

                return had.Count;
            },
            cancel: cancel);
    }

    /// <summary>The memberships of these products, of all times.</summary>
    public static async Task<CollectionBook> LoadAsync(Tx tx, Store store, IReadOnlyCollection<string> products)
    {
        var rows = new List<Membership>();
        foreach (var keys in products.Chunk(KeysAtOnceMax))
        {
            rows.AddRange(await tx.ManyAsync<Membership>(LoadOf, new { storeId = store.Id, keys = new TextList(keys) }));
        }

        return new CollectionBook(rows);
    }

    /// <summary>All memberships of the store, for a back-test.</summary>
    public static async Task<CollectionBook> LoadAsync(Db db, Store store, CancellationToken cancel) =>
        new(await db.ManyAsync<Membership>(LoadAll, new { storeId = store.Id }, cancel));

    internal sealed record Membership(string ProductId, string CollectionId, DateTimeOffset SinceAt, DateTimeOffset? UntilAt);
}

/// <summary>Memberships that were read, by product.</summary>
internal sealed class CollectionBook(IEnumerable<Collections.Membership> rows)
{
    public static readonly CollectionBook Empty = new([]);

    private readonly ILookup<string, Collections.Membership> _rows = rows.ToLookup(row => row.ProductId, StringComparer.Ordinal);

    /// <summary>The collections of an order's products at its instant; products in none are left out.</summary>
    public ImmutableArray<ProductCollections> At(Webhooks.Order order) =>
    [
        .. order.Lines.Select(line => line.ProductId).OfType<string>().Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)
            .Select(product => new ProductCollections(product, [.. _rows[product].Where(row => row.SinceAt <= order.At && !(row.UntilAt <= order.At))
                .Select(row => row.CollectionId).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)]))
            .Where(of => !of.Collections.IsEmpty),
    ];
}
