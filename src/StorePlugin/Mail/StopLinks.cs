// The link in each mail that is not owed, by which its reader asks for no more of them: without sign-in, and without naming them.
using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;
using StorePlugin.Stores;

namespace StorePlugin.Mail;

/// <summary>Whom a link speaks for.</summary>
/// <param name="PersonHash">Of their address, as it stands in the list of suppressions.</param>
internal sealed record StopRequest(Store Store, string PersonHash);

/// <summary>
/// A token is the store and the keyed hash of the address, encrypted: nobody can guess one or read one, nothing is kept for it, and it
/// works as long as the mail that bears it.
/// </summary>
internal sealed class StopLinks(IDataProtectionProvider protection, StoreDirectory stores, PublicAddress address)
{
    private const int TokenLengthMax = 1000;

    private readonly IDataProtector _protector = protection.CreateProtector("StorePlugin.Mail.StopLinks");

    /// <summary>Not within a transaction: it may have to write a key of the ring, which waits behind whoever writes.</summary>
    public string AddressFor(Store store, string personHash) => AddressOf(_protector.Protect($"{store.Id} {personHash}"));

    public string AddressOf(string token) => address.Of($"/mail/stop/{token}");

    /// <summary>Whom a token speaks for; null where it is none of ours.</summary>
    public async Task<StopRequest?> FindAsync(string token, CancellationToken cancel) =>
        token.Length <= TokenLengthMax && Open(token)?.Split(' ') is [var storeId, var hash] && await stores.FindAsync(storeId, cancel) is { } store
            ? new StopRequest(store, hash)
            : null;

    private string? Open(string token)
    {
        try
        {
            return _protector.Unprotect(token);
        }
        // It was not made here, or not copied whole.
        catch (CryptographicException)
        {
            return null;
        }
    }
}
