// Does what a platform asks for a person's or a store's sake, in the transaction that takes the request.
using System.Globalization;
using StorePlugin.Ambassadors;
using StorePlugin.Data;
using StorePlugin.Mail;
using StorePlugin.Orders;
using StorePlugin.Rewards;
using StorePlugin.Stores;
using StorePlugin.Webhooks;

namespace StorePlugin.Privacy;

/// <summary>
/// The person's identity stands in the delivery's sealed body and in memory, and nowhere else: what needs it is done here, at once,
/// and the body is dropped with it. What needs only the store is done afterwards, in steps (<see cref="Erasures"/>).
/// </summary>
internal sealed class PrivacyDuties(StoreKeys keys, DeadBodies deadBodies, TimeProvider clock)
{
    /// <summary>How long the merchant can fetch a file.</summary>
    public static readonly TimeSpan FileKept = TimeSpan.FromDays(30);

    private const string CountOpen =
        """
        SELECT CAST(COUNT(*) AS bigint) FROM deliveries
        WHERE store_id = @storeId AND state = 'pending' AND received_at <= @receivedAt
            AND topic NOT IN ('customers/data_request', 'customers/redact', 'shop/redact')
        """;

    private const string ReadInstalledAt = "SELECT COALESCE(installed_at, 0) AS at FROM stores WHERE id = @storeId";

    /// <summary>Fulfils the request, or begins to. Doing it again changes nothing more. Returns the outcome in words without a person.</summary>
    /// <param name="receivedAt">When the delivery came in; null: no other delivery need be looked at.</param>
    /// <exception cref="NotYetException">
    /// What came in before an erasure is read first: it may be about the person, and nothing could tell once they are forgotten.
    /// </exception>
    public async Task<string> ApplyAsync(Tx tx, Store store, PrivacyRequested request, DateTimeOffset? receivedAt)
    {
        if (request.Topic != PrivacyTopic.DataRequest && receivedAt is not null
            && await tx.OneAsync<long>(CountOpen, new { storeId = store.Id, receivedAt }) > 0)
        {
            throw new NotYetException("Deliveries that came in before the request are read first.");
        }

        return request.Topic switch
        {
            PrivacyTopic.DataRequest => await GatherAsync(tx, store, request),
            PrivacyTopic.Redact => await EraseAsync(tx, store, request),
            _ => await EraseStoreAsync(tx, store),
        };
    }

    private async Task<string> GatherAsync(Tx tx, Store store, PrivacyRequested request)
    {
        var now = clock.GetUtcNow();
        var row = new NewRequest(PrivacyTopic.DataRequest, request.RequestId ?? SubjectOf(store, request), request.RequestId);
        if (await PrivacyRequests.FindAsync(tx, store.Id, row.Topic, row.Subject) is not null)
        {
            return "The platform asks for customers/data_request once more: its file was made before.";
        }

        var person = await Customers.KeysOfAsync(tx, store, ShopperHashes.Of(request.Shopper, store, keys), request.OrderIds);
        var file = await PersonReader.ReadAsync(tx, keys, store, request, person, now);
        var id = Ids.New(PrivacyRequests.IdPrefix, now);
        await PrivacyRequests.AddFileAsync(tx, store.Id, id, row, keys.SealBody(store, id, file.ToJson()), person, now, now + FileKept);
        await new MailNotice(MailNotice.PrivacyFile, null, Request: id).AddAsync(tx, store.Id, now);
        return $"The platform asks for customers/data_request: the file is ready as {id}.";
    }

    private async Task<string> EraseAsync(Tx tx, Store store, PrivacyRequested request)
    {
        var now = clock.GetUtcNow();
        var subject = SubjectOf(store, request);
        var person = await Customers.KeysOfAsync(tx, store, ShopperHashes.Of(request.Shopper, store, keys), request.OrderIds);
        var orderIds = await PersonReader.OrderIdsAsync(tx, store, person, request.OrderIds);
        await RedactedOrders.AddAsync(tx, store.Id, orderIds, now);
        var erased = await Customers.EraseAsync(tx, store, person);
        await AmbassadorCustomers.ForgetAsync(tx, store.Id, person);
        await Invitations.ForgetAsync(tx, store.Id, person);
        await Cadence.ForgetAsync(tx, store.Id, person);
        if (request.Shopper.CustomerId is { } customerId)
        {
            await CreditMoves.EraseAsync(tx, store, customerId);
        }

        await PrivacyRequests.DropFilesOfAsync(tx, store.Id, person);
        var bodies = await deadBodies.DropAsync(tx, store, request.Shopper, orderIds);
        await PrivacyRequests.BeginErasingAsync(tx, store.Id, new NewRequest(PrivacyTopic.Redact, subject, null), now, erasedAt: now);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"The platform asks for customers/redact: the person is erased from {erased} rows of customers' orders, and {bodies} dead deliveries lost their bodies.");
    }

    // Each installation is erased once, however often it is asked for.
    private async Task<string> EraseStoreAsync(Tx tx, Store store)
    {
        var now = clock.GetUtcNow();
        var installedAt = await tx.OneAsync<long>(ReadInstalledAt, new { storeId = store.Id });
        var subject = installedAt.ToString(CultureInfo.InvariantCulture);
        if (await PrivacyRequests.FindAsync(tx, store.Id, PrivacyTopic.ShopRedact, subject) is not null)
        {
            return "The platform asks for shop/redact once more: the erasure had begun before.";
        }

        await Credentials.DropAsync(tx, store.Id, CredentialKind.ContactEmail);
        await PrivacyRequests.BeginErasingAsync(tx, store.Id, new NewRequest(PrivacyTopic.ShopRedact, subject, null), now, erasedAt: null);
        return "The platform asks for shop/redact: the store is being erased.";
    }

    /// <summary>The same for the same request, and no hash by which a person is found.</summary>
    private string SubjectOf(Store store, PrivacyRequested request) => keys.Hash(
        store,
        request.Topic,
        string.Join('\n', [request.Shopper.CustomerId ?? "", request.Shopper.Email ?? "", request.Shopper.Phone ?? "", .. request.OrderIds.Order(StringComparer.Ordinal)]));
}

/// <summary>The topics, as the platform spells them.</summary>
internal static class PrivacyTopic
{
    public const string DataRequest = "customers/data_request";
    public const string Redact = "customers/redact";
    public const string ShopRedact = "shop/redact";
}

/// <summary>Something else must be done first; a try that comes to this is no failed attempt.</summary>
internal sealed class NotYetException(string message) : Exception(message);
