// Finds out whom a customer who has signed in to a store is among its ambassadors.
using StorePlugin.Ambassadors;

namespace StorePlugin.Stores.Shopify;

/// <param name="Key">The keyed hash of Shopify's number of the customer.</param>
/// <param name="Account">What Shopify tells of them; null where it was not asked, because they are known.</param>
/// <param name="Memberships">What they take or took part in; none for somebody who is not known, or not vouched for.</param>
internal sealed record RecognisedCustomer(string Key, SignedInCustomer? Account, IReadOnlyList<Membership> Memberships);

internal sealed class RecogniseCustomer(AmbassadorCustomers customers, ShopifyCustomers shopify, StoreKeys keys)
{
    /// <summary>
    /// By the number, where it is known; else by the mailbox that Shopify vouches for, and then the number is kept, so that nobody
    /// need be asked again. Null where Shopify has to be asked and cannot be at present.
    /// </summary>
    /// <param name="customerId">Shopify's number, from a token or a query that Shopify has signed.</param>
    public async Task<RecognisedCustomer?> FindAsync(Store store, string customerId, CancellationToken cancel)
    {
        var key = customers.KeyOf(store, customerId);
        if (await customers.FindPersonAsync(store, key, cancel) is { } known)
        {
            return new RecognisedCustomer(key, null, await customers.MembershipsAsync(store, known, cancel));
        }

        if (await shopify.FindAsync(store, customerId, cancel) is not { } account)
        {
            return null;
        }

        var memberships = account.Email is { } email
            ? await customers.MembershipsAsync(store, keys.Hash(store, "email", PersonKey.OfEmail(email)), cancel)
            : [];
        if (memberships is [var first, ..])
        {
            await customers.LinkAsync(store, key, first.AmbassadorId, cancel);
        }

        return new RecognisedCustomer(key, account, memberships);
    }
}
