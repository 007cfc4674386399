// Finds the platform of a store.
namespace StorePlugin.Stores;

/// <summary>The platforms that the program speaks to.</summary>
internal sealed class Platforms(IEnumerable<IStorePlatform> platforms)
{
    private readonly Dictionary<string, IStorePlatform> _byName = platforms.ToDictionary(platform => platform.Name, StringComparer.Ordinal);

    /// <summary>Null for a platform that tells us things but is not asked any.</summary>
    public IStorePlatform? Find(Store store) => _byName.GetValueOrDefault(store.Platform);
}
