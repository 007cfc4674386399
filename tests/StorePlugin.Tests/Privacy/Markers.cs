// Words that stand for people, and a search for them in every byte that the program has written.
using System.Text;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Privacy;

/// <summary>Looks for words in UTF-8, UTF-16 and base64, whatever the case of the first two.</summary>
internal static class Markers
{
    /// <summary>Which words are found where: in the files of the data folder, the key file apart, and in these lines of the log.</summary>
    public static async Task<IReadOnlyList<string>> FindAsync(StoreApp app, IEnumerable<string> log, params string[] words)
    {
        var found = new List<string>();
        foreach (var path in Directory.EnumerateFiles(app.Folder, "*", SearchOption.AllDirectories).Where(path => Path.GetFileName(path) != "secrets.key"))
        {
            var bytes = await BytesAsync(path);
            found.AddRange(words.Where(word => FormsOf(word).Any(form => bytes.AsSpan().IndexOf(form) >= 0)).Select(word => $"{word} in {Path.GetFileName(path)}"));
        }

        return [.. found, .. words.Where(word => log.Any(line => line.Contains(word, StringComparison.OrdinalIgnoreCase))).Select(word => $"{word} in the log")];
    }

    private static async Task<byte[]> BytesAsync(string path)
    {
        // The program has it open.
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var bytes = new MemoryStream();
        await file.CopyToAsync(bytes);
        return bytes.ToArray();
    }

    private static IEnumerable<byte[]> FormsOf(string word)
    {
        foreach (var text in new[] { word, word.ToLowerInvariant(), word.ToUpperInvariant() })
        {
            yield return Encoding.UTF8.GetBytes(text);
            yield return Encoding.Unicode.GetBytes(text);
            yield return Encoding.BigEndianUnicode.GetBytes(text);
            foreach (var base64 in Base64Of(text))
            {
                yield return Encoding.ASCII.GetBytes(base64);
            }
        }
    }

    /// <summary>What is the same of it wherever it begins among three bytes, and in either alphabet.</summary>
    private static IEnumerable<string> Base64Of(string text)
    {
        foreach (var bytes in new[] { Encoding.UTF8.GetBytes(text), Encoding.Unicode.GetBytes(text) })
        {
            for (var shift = 0; shift < 3; shift++)
            {
                var whole = Convert.ToBase64String([.. new byte[shift], .. bytes]);
                var end = (bytes.Length + shift) / 3 * 4;
                var base64 = whole[(shift == 0 ? 0 : 4)..end];
                yield return base64;
                yield return base64.Replace('+', '-').Replace('/', '_');
            }
        }
    }
}
