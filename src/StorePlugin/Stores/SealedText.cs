// Opens what a person wrote and the store's key has sealed.
using System.Security.Cryptography;
using System.Text;

namespace StorePlugin.Stores;

internal static class SealedText
{
    /// <summary>The text of a row; null where it can no longer be read.</summary>
    public static string? Open(StoreKeys keys, Store store, string id, byte[] sealedText)
    {
        try
        {
            return Encoding.UTF8.GetString(keys.OpenBody(store, id, sealedText));
        }
        // A store that came back while it was erased has another key, and what the erasure had not reached yet stays unread.
        catch (CryptographicException)
        {
            return null;
        }
    }
}
