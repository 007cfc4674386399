// Chance that repeats: the same seed gives the same throws on every machine and with every version of the runtime.
namespace StorePlugin.Demo;

/// <summary>SplitMix64. Good enough to deal out shoppers, and for nothing that must not be guessed.</summary>
internal sealed class Dice(ulong seed)
{
    private ulong _state = seed;

    /// <summary>A whole number from 0 to one less than <paramref name="sides"/>.</summary>
    public int Throw(int sides) => (int)(Next() % (ulong)sides);

    /// <summary>Whether something happens that happens this often in a hundred.</summary>
    public bool Happens(int percent) => Throw(100) < percent;

    private ulong Next()
    {
        // What goes over 64 bits is meant to be lost.
        unchecked
        {
            _state += 0x9E3779B97F4A7C15;
            var mixed = _state;
            mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
            mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
            return mixed ^ (mixed >> 31);
        }
    }
}
