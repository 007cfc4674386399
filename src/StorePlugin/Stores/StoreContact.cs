// The address at which a store's own people are written to: what its platform told, or what they have said since.
using StorePlugin.Ambassadors;
using StorePlugin.Data;

namespace StorePlugin.Stores;

/// <summary>
/// It is sealed as a secret is, and goes when the store does. Once the merchant has said something, the platform is not asked
/// again: a cleared address must not come back by itself.
/// </summary>
internal sealed class StoreContact(Db db, Credentials credentials)
{
    // What is sealed where the merchant wants no mail.
    private const string NoAddress = "";

    /// <summary>The address; null where nobody has told one, or the merchant has cleared it.</summary>
    public async Task<string?> FindAsync(string storeId, CancellationToken cancel) =>
        await credentials.FindAsync(storeId, CredentialKind.ContactEmail, cancel) is { Value: not NoAddress and var email } ? email : null;

    /// <summary>Keeps what the merchant says.</summary>
    /// <param name="email">Null clears the address.</param>
    public Task SetAsync(Store store, string? email, CancellationToken cancel) => db.InTransactionAsync(
        tx => credentials.KeepAsync(tx, store.Id, CredentialKind.ContactEmail, new Credential(email ?? NoAddress, null)), cancel: cancel);

    /// <summary>Keeps what the platform tells, where nothing was known yet and mail can go there.</summary>
    public async Task TakeAsync(Tx tx, string storeId, string? email)
    {
        if (email?.Trim() is { } told && AmbassadorRequest.IsEmail(told) && !await Credentials.ExistsAsync(tx, storeId, CredentialKind.ContactEmail))
        {
            await credentials.KeepAsync(tx, storeId, CredentialKind.ContactEmail, new Credential(told, null));
        }
    }
}
