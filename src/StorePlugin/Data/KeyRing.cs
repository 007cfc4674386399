// The key ring of ASP.NET Core Data Protection: kept in the database, each key wrapped by a key that lies outside it.
using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.AspNetCore.DataProtection.XmlEncryption;

namespace StorePlugin.Data;

/// <summary>Keeps the ring's elements in the table <c>key_ring</c>.</summary>
internal sealed class SqlKeyRing(Db db, TimeProvider clock) : IXmlRepository
{
    private const string ReadAll = "SELECT xml FROM key_ring ORDER BY id";

    private const string Insert =
        """
        INSERT INTO key_ring (id, xml, created_at)
        SELECT @id, @xml, @now WHERE NOT EXISTS (SELECT 1 FROM key_ring WHERE id = @id)
        """;

    /// <summary>The ring's keys as they were wrapped; none in a database that has no ring yet.</summary>
    public async Task<IReadOnlyList<XElement>> ReadWrappedAsync(CancellationToken cancel = default) =>
        await db.OneAsync<long>(db.Dialect.TableExists, new { table = "key_ring" }, cancel) == 0
            ? []
            : [.. (await db.ManyAsync<string>(ReadAll, cancel: cancel)).SelectMany(xml => XElement.Parse(xml).Descendants(KeyRingEncryptor.ElementName))];

    // The framework's interface knows no asynchronous calls; both run at start and when a key is made, every 90 days.
    public IReadOnlyCollection<XElement> GetAllElements() =>
        [.. db.ManyAsync<string>(ReadAll).GetAwaiter().GetResult().Select(XElement.Parse)];

    public void StoreElement(XElement element, string friendlyName) =>
        db.DoAsync(Insert, new { id = friendlyName, xml = element.ToString(SaveOptions.DisableFormatting), now = clock.GetUtcNow() })
            .GetAwaiter().GetResult();
}

/// <summary>The key that wraps the ring: 32 bytes in a file that only the program's user may read.</summary>
internal sealed class WrappingKey
{
    private const int Size = 32;

    private WrappingKey(byte[] bytes) => Bytes = bytes;

    public byte[] Bytes { get; }

    /// <summary>Reads the file, or makes it with mode 0600.</summary>
    /// <exception cref="SettingsException">The file cannot be read or made, or holds something else.</exception>
    public static WrappingKey ReadOrCreate(string path)
    {
        try
        {
            if (!File.Exists(path))
            {
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                Write(path, Convert.ToBase64String(RandomNumberGenerator.GetBytes(Size)));
            }

            var bytes = new byte[Size];
            return Convert.TryFromBase64String(File.ReadAllText(path).Trim(), bytes, out var length) && length == Size
                ? new WrappingKey(bytes)
                : throw new SettingsException([$"Secrets:KeyFile names {path}, which does not hold {Size} bytes as base64."]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SettingsException([$"Secrets:KeyFile names {path}, which cannot be read or made: {e.Message}"]);
        }
    }

    /// <summary>Unwraps a key of the ring; null where it was wrapped by another key than this.</summary>
    public XElement? Open(XElement wrapped)
    {
        try
        {
            return XElement.Parse(Encoding.UTF8.GetString(Sealed.Open(Bytes, Convert.FromBase64String(wrapped.Value), [])));
        }
        catch (Exception e) when (e is CryptographicException or FormatException)
        {
            return null;
        }
    }

    private static void Write(string path, string text)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using var file = new FileStream(path, options);
        file.Write(Encoding.ASCII.GetBytes(text));
        file.Flush(flushToDisk: true);
    }
}

/// <summary>
/// Wraps a key of the ring with AES-GCM. The wrapping key is asked for when there is something to wrap: its file must not
/// be made before it is known that the database has no ring yet.
/// </summary>
internal sealed class KeyRingEncryptor(IServiceProvider services) : IXmlEncryptor
{
    public const string ElementName = "wrapped";

    public EncryptedXmlInfo Encrypt(XElement plaintextElement)
    {
        var plain = Encoding.UTF8.GetBytes(plaintextElement.ToString(SaveOptions.DisableFormatting));
        var sealedBytes = Sealed.Seal(services.GetRequiredService<WrappingKey>().Bytes, plain, []);
        return new EncryptedXmlInfo(new XElement(ElementName, Convert.ToBase64String(sealedBytes)), typeof(KeyRingDecryptor));
    }
}

/// <summary>Unwraps it; made by the framework, which passes the services.</summary>
internal sealed class KeyRingDecryptor(IServiceProvider services) : IXmlDecryptor
{
    public XElement Decrypt(XElement encryptedElement) =>
        services.GetRequiredService<WrappingKey>().Open(encryptedElement)
        ?? throw new InvalidOperationException("The key ring in the database was wrapped by another key: Secrets:KeyFile names the wrong file, or it was lost.");
}

/// <summary>AES-256-GCM with a random nonce: nonce, tag, then the text.</summary>
internal static class Sealed
{
    private const int NonceSize = 12;
    private const int TagSize = 16;

    public static byte[] Seal(byte[] key, ReadOnlySpan<byte> plain, ReadOnlySpan<byte> context)
    {
        var result = new byte[NonceSize + TagSize + plain.Length];
        RandomNumberGenerator.Fill(result.AsSpan(0, NonceSize));
        using var aes = new AesGcm(key, TagSize);
        aes.Encrypt(
            result.AsSpan(0, NonceSize), plain, result.AsSpan(NonceSize + TagSize), result.AsSpan(NonceSize, TagSize), context);
        return result;
    }

    /// <exception cref="CryptographicException">Another key or context, or bytes that were changed.</exception>
    public static byte[] Open(byte[] key, ReadOnlySpan<byte> sealedBytes, ReadOnlySpan<byte> context)
    {
        if (sealedBytes.Length < NonceSize + TagSize)
        {
            throw new CryptographicException("The sealed bytes are cut off.");
        }

        var plain = new byte[sealedBytes.Length - NonceSize - TagSize];
        using var aes = new AesGcm(key, TagSize);
        aes.Decrypt(
            sealedBytes[..NonceSize], sealedBytes[(NonceSize + TagSize)..], sealedBytes.Slice(NonceSize, TagSize), plain, context);
        return plain;
    }
}
