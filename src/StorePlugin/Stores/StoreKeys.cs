// The keys of a store: one root, sealed in its row, from which the keys for hashing, for raw bodies and for codes are derived.
using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.DataProtection;
using StorePlugin.Data;

namespace StorePlugin.Stores;

/// <summary>
/// Each store has keys of its own (rule F8): what one store's hash matches says nothing about another's, and dropping
/// the root makes its sealed bodies unreadable.
/// </summary>
internal sealed class StoreKeys(IDataProtectionProvider protection)
{
    private const int RootSize = 32;
    private const int CachedMax = 10_000;

    // Of Brotli: the quickest way, and a window of 64 kB, which holds all of nearly every body.
    private const int FastestQuality = 0;
    private const int Window = 16;

    private readonly IDataProtector _protector = protection.CreateProtector("StorePlugin.Stores.StoreKeys");
    private readonly ConcurrentDictionary<string, Derived> _derived = new(StringComparer.Ordinal);

    /// <summary>A new root, sealed, for a store that is being made.</summary>
    public string NewSealedRoot() => _protector.Protect(Convert.ToBase64String(RandomNumberGenerator.GetBytes(RootSize)));

    /// <summary>
    /// Compresses and encrypts a raw body; the delivery's key is bound to it, so that rows cannot be exchanged. An order
    /// shrinks to less than half, and writing its pages to disk twice costs far more than compressing it.
    /// </summary>
    public byte[] SealBody(Store store, string deliveryKey, ReadOnlySpan<byte> body)
    {
        var packed = ArrayPool<byte>.Shared.Rent(BrotliEncoder.GetMaxCompressedLength(body.Length));
        try
        {
            return BrotliEncoder.TryCompress(body, packed, out var length, FastestQuality, Window)
                ? Sealed.Seal(Of(store).Body, packed.AsSpan(0, length), Encoding.UTF8.GetBytes(deliveryKey))
                : throw new UnreachableException("The buffer was as large as the encoder asks for.");
        }
        finally
        {
            // Others use it after us, and a body holds a shopper's data.
            ArrayPool<byte>.Shared.Return(packed, clearArray: true);
        }
    }

    public byte[] OpenBody(Store store, string deliveryKey, ReadOnlySpan<byte> sealedBody)
    {
        var packed = Sealed.Open(Of(store).Body, sealedBody, Encoding.UTF8.GetBytes(deliveryKey));
        using var brotli = new BrotliStream(new MemoryStream(packed), CompressionMode.Decompress);
        using var body = new MemoryStream(packed.Length * 4);
        brotli.CopyTo(body);
        return body.ToArray();
    }

    /// <summary>A keyed hash of an identifier, as lower-case hex; the kind keeps an e-mail from matching a phone number.</summary>
    public string Hash(Store store, string kind, string value) =>
        Convert.ToHexStringLower(HMACSHA256.HashData(Of(store).Hash, Encoding.UTF8.GetBytes($"{kind}:{value}")));

    /// <summary>
    /// Letters and digits that follow from a name and the store's key, one for each byte of an HMAC: who does not have the key
    /// cannot guess them, and they are kept nowhere.
    /// </summary>
    /// <param name="length">32 at most.</param>
    public string Code(Store store, string name, string alphabet, int length) => string.Create(
        length, (Hash: HMACSHA256.HashData(Of(store).Code, Encoding.UTF8.GetBytes(name)), alphabet), static (text, of) =>
        {
            for (var i = 0; i < text.Length; i++)
            {
                text[i] = of.alphabet[of.Hash[i] % of.alphabet.Length];
            }
        });

    private Derived Of(Store store)
    {
        if (_derived.TryGetValue(store.KeysSealed, out var derived))
        {
            return derived;
        }

        var root = Convert.FromBase64String(_protector.Unprotect(store.KeysSealed));
        derived = new Derived(Derive(root, "body"), Derive(root, "hash"), Derive(root, "code"));
        if (_derived.Count >= CachedMax)
        {
            _derived.Clear();
        }

        _derived[store.KeysSealed] = derived;
        return derived;
    }

    private static byte[] Derive(byte[] root, string use) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, root, RootSize, info: Encoding.ASCII.GetBytes(use));

    private sealed record Derived(byte[] Body, byte[] Hash, byte[] Code);
}
