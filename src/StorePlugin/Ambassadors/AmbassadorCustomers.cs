// Which customer of the store's platform is an ambassador: known once, by the keyed hash of the customer's number.
using System.Data.Common;
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Ambassadors;

/// <summary>One campaign that a person takes part in, or has taken part in.</summary>
/// <param name="State">Of the ambassador: <c>approved</c>, <c>suspended</c> or <c>ended</c>.</param>
/// <param name="EmailKey">The key of the mailbox that the person is an ambassador with.</param>
internal sealed record Membership(string AmbassadorId, string CampaignId, string CampaignName, string State, string CampaignState, string EmailKey)
{
    /// <summary>Whether links and codes of it count at present (rule T10).</summary>
    public bool Counts => State == "approved" && CampaignState == "live";
}

/// <summary>
/// The table <c>ambassador_customers</c>. A person may be an ambassador of several campaigns; the row leads to one of them, and the
/// hash of the mailbox from there to the others.
/// </summary>
internal sealed class AmbassadorCustomers(Db db, StoreKeys keys, TimeProvider clock)
{
    private const long MembershipsMax = 50;

    private const string ReadPerson =
        """
        SELECT a.person_hash FROM ambassador_customers x
        JOIN ambassadors a ON a.store_id = x.store_id AND a.id = x.ambassador_id
        WHERE x.store_id = @storeId AND x.customer_key = @customerKey AND a.email <> ''
        """;

    // Those that go on come first, and of them the campaign that was launched last.
    private const string ReadMemberships =
        """
        SELECT a.id AS ambassador_id, a.campaign_id, c.name AS campaign_name, a.state, c.state AS campaign_state, a.email_key
        FROM ambassadors a JOIN campaigns c ON c.store_id = a.store_id AND c.id = a.campaign_id
        WHERE a.store_id = @storeId AND a.person_hash IN @hashes AND a.email <> ''
        ORDER BY CASE a.state WHEN 'approved' THEN 0 WHEN 'suspended' THEN 1 ELSE 2 END, c.launched_at DESC, a.id DESC
        """;

    private const string Insert =
        """
        INSERT INTO ambassador_customers (store_id, customer_key, ambassador_id, since_at)
        SELECT @storeId, @customerKey, @ambassadorId, @now
        WHERE NOT EXISTS (SELECT 1 FROM ambassador_customers WHERE store_id = @storeId AND customer_key = @customerKey)
        """;

    private const string Forget = "DELETE FROM ambassador_customers WHERE store_id = @storeId AND customer_key IN @keys";

    /// <param name="customerId">The platform's number of the customer.</param>
    public string KeyOf(Store store, string customerId) => keys.Hash(store, "customer", customerId);

    /// <summary>The hash of the mailbox of the ambassador whom a customer is known to be; null where none is known.</summary>
    public Task<string?> FindPersonAsync(Store store, string customerKey, CancellationToken cancel) =>
        db.OneAsync<string>(ReadPerson, new { storeId = store.Id, customerKey }, cancel);

    /// <summary>As above, in the caller's transaction.</summary>
    public static Task<string?> FindPersonAsync(Tx tx, string storeId, string customerKey) => tx.OneAsync<string>(ReadPerson, new { storeId, customerKey });

    /// <summary>All that a person takes or took part in: first what goes on, and of that the campaign launched last.</summary>
    public Task<IReadOnlyList<Membership>> MembershipsAsync(Store store, string personHash, CancellationToken cancel) => db.ManyAsync<Membership>(
        $"{ReadMemberships} {db.Page}", new { storeId = store.Id, hashes = new[] { personHash }, take = MembershipsMax }, cancel);

    /// <summary>As above, in the caller's transaction, and for every hash that the person is known by.</summary>
    public Task<IReadOnlyList<Membership>> MembershipsAsync(Tx tx, string storeId, IEnumerable<string> personHashes) =>
        tx.ManyAsync<Membership>($"{ReadMemberships} {db.Page}", new { storeId, hashes = personHashes.ToArray(), take = MembershipsMax });

    /// <summary>Keeps whom the customer is. One whose ambassador is known already stays that one's.</summary>
    public async Task LinkAsync(Store store, string customerKey, string ambassadorId, CancellationToken cancel)
    {
        try
        {
            await db.InTransactionAsync(tx => LinkAsync(tx, store.Id, customerKey, ambassadorId, clock.GetUtcNow()), cancel: cancel);
        }
        // Two pages were opened at once; what the other has written says the same.
        catch (DbException e) when (db.Dialect.IsUniqueViolation(e))
        {
        }
    }

    /// <summary>As above, in the caller's transaction: a unique key that is violated there is the caller's to try again.</summary>
    public static Task LinkAsync(Tx tx, string storeId, string customerKey, string ambassadorId, DateTimeOffset now) =>
        tx.DoAsync(Insert, new { storeId, customerKey, ambassadorId, now });

    /// <summary>Forgets which ambassador a customer is; the ambassador stays one.</summary>
    /// <param name="customer">Every hash that names the customer.</param>
    public static Task<int> ForgetAsync(Tx tx, string storeId, IReadOnlyCollection<string> customer) =>
        tx.DoAsync(Forget, new { storeId, keys = new TextList(customer) });
}
