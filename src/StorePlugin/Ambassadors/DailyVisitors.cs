// Whether a visit on a link is the first of its day by the same visitor, told without keeping anything of the visitor.
using System.Net;
using System.Security.Cryptography;
using System.Text;
using StorePlugin.Stores;

namespace StorePlugin.Ambassadors;

/// <summary>
/// Hashes of the day's visits under a random key, both in memory only (rule T11): the key is thrown away when the day is over
/// in every time zone, and without it a hash says nothing of anybody. The price: each process counts for itself, and a restart,
/// like a day with more than <see cref="VisitsMax"/> visitors, begins anew, so that who comes back is counted as another one.
/// Two people behind one address with the same browser are one visitor.
/// </summary>
internal sealed class DailyVisitors(int visitsMax)
{
    /// <summary>About 50 MB at most for one day; beyond it the day begins anew.</summary>
    private const int VisitsMax = 1_000_000;

    private const int AgentLengthMax = 400;
    private const int KeySize = 32;

    private static readonly TimeSpan EarliestZone = TimeSpan.FromHours(-12);
    private static readonly TimeSpan LatestZone = TimeSpan.FromHours(14);

    private readonly Lock _lock = new();
    private readonly Dictionary<long, Day> _days = [];

    public DailyVisitors()
        : this(VisitsMax)
    {
    }

    /// <summary>Whether nobody like this has visited the link before on the same day of the store.</summary>
    /// <param name="slugKey">The link as the database names it, so that no other spelling is another link.</param>
    /// <param name="address">Where the request comes from; null where that is unknown.</param>
    public bool IsFirst(Store store, string slugKey, IPAddress? address, string userAgent, DateTimeOffset now)
    {
        var agent = userAgent.Length <= AgentLengthMax ? userAgent : userAgent[..AgentLengthMax];
        var visit = Encoding.UTF8.GetBytes($"{slugKey}\n{address}\n{agent}");
        var number = store.LocalDay(now);
        lock (_lock)
        {
            if (!_days.TryGetValue(number, out var day))
            {
                Forget(now);
                _days[number] = day = new Day(RandomNumberGenerator.GetBytes(KeySize), []);
            }

            if (day.Visits.Count >= visitsMax)
            {
                day.Visits.Clear();
            }

            return day.Visits.Add(BitConverter.ToUInt128(HMACSHA256.HashData(day.Key, visit)));
        }
    }

    /// <summary>Throws away the days that are over, wherever the stores are.</summary>
    private void Forget(DateTimeOffset now)
    {
        var (first, last) = (NumberOf(now + EarliestZone), NumberOf(now + LatestZone));
        foreach (var over in _days.Keys.Where(day => day < first || day > last).ToList())
        {
            _days.Remove(over);
        }
    }

    private static long NumberOf(DateTimeOffset local) => (local.UtcDateTime.Year * 10_000L) + (local.UtcDateTime.Month * 100) + local.UtcDateTime.Day;

    private sealed record Day(byte[] Key, HashSet<UInt128> Visits);
}
