// Scopes as Shopify grants them: a set in which writing implies reading.
namespace StorePlugin.Stores.Shopify;

/// <summary>Compares what was granted with what was asked for. The merchant can take scopes out of the address.</summary>
internal static class ShopifyScopes
{
    /// <summary>The scopes of a list separated by commas, in their order, without blanks and repeats.</summary>
    public static IReadOnlyList<string> Parse(string? scopes) =>
        [.. (scopes ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Distinct(StringComparer.Ordinal)];

    /// <summary>What was asked for and not granted; Shopify names only the write scope where both were asked for.</summary>
    public static IReadOnlyList<string> Missing(string? granted, string asked)
    {
        var have = Parse(granted).SelectMany(WithImplied).ToHashSet(StringComparer.Ordinal);
        return [.. Parse(asked).Where(scope => !have.Contains(scope))];
    }

    private static IEnumerable<string> WithImplied(string scope)
    {
        yield return scope;
        if (scope.StartsWith("write_", StringComparison.Ordinal))
        {
            yield return "read_" + scope["write_".Length..];
        }
        else if (scope.StartsWith("unauthenticated_write_", StringComparison.Ordinal))
        {
            yield return "unauthenticated_read_" + scope["unauthenticated_write_".Length..];
        }
    }
}
