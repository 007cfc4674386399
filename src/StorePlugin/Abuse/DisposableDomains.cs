// Domains whose mailboxes are there for minutes and open to everybody: one signal among others (rule F2).
using System.Collections.Frozen;

namespace StorePlugin.Abuse;

/// <summary>Reads <c>DisposableDomains.txt</c>, one domain a line; what lies below a domain belongs to it.</summary>
internal static class DisposableDomains
{
    private const string Resource = "Abuse/DisposableDomains.txt";

    private static readonly FrozenSet<string> Known = Read();

    /// <summary>The known domain that an e-mail address lies in; null where it lies in none.</summary>
    public static string? Of(string email)
    {
        for (var domain = email[(email.LastIndexOf('@') + 1)..].ToLowerInvariant();
            domain.Contains('.', StringComparison.Ordinal);
            domain = domain[(domain.IndexOf('.', StringComparison.Ordinal) + 1)..])
        {
            if (Known.Contains(domain))
            {
                return domain;
            }
        }

        return null;
    }

    private static FrozenSet<string> Read()
    {
        using var stream = typeof(DisposableDomains).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"The program was built without {Resource}.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Where(line => line[0] != '#').ToFrozenSet(StringComparer.Ordinal);
    }
}
