// Whether a visit on a link is the first of its day by the same visitor, told without keeping anything of the visitor.
using System.Net;
using System.Security.Cryptography;
using System.Text;
using StorePlugin.Stores;

namespace StorePlugin.Ambassadors;

/// <summary>
/// Hashes of the day's visits under a random key, for each store by itself and in memory only (rule T11): the key is thrown
/// away when the day is over in every time zone, and without it a hash says nothing of anybody. The price: each process counts
/// for itself, and a restart begins anew, so that who comes back is counted as another one. Two people behind one address with
/// the same browser are one visitor. What could be made at will is bounded: a program may call itself another browser each
/// time, so that of one link and one corner of the network no more than <see cref="CornerMax"/> are told apart in a day, and
/// of one store no more than <see cref="VisitsMax"/>; those beyond count as having been there.
/// </summary>
internal sealed class DailyVisitors(int visitsMax, int cornerMax)
{
    /// <summary>About 15 MB at most for one store and day.</summary>
    private const int VisitsMax = 250_000;

    /// <summary>A mobile network may put a whole town behind one corner; a town of so many that follow one link in a day is rare.</summary>
    private const int CornerMax = 500;

    private const int AgentLengthMax = 400;
    private const int KeySize = 32;

    private static readonly TimeSpan EarliestZone = TimeSpan.FromHours(-12);
    private static readonly TimeSpan LatestZone = TimeSpan.FromHours(14);

    private readonly Lock _lock = new();
    private readonly Dictionary<(string StoreId, long Number), Day> _days = [];
    private long _forgottenAt;

    public DailyVisitors()
        : this(VisitsMax, CornerMax)
    {
    }

    /// <summary>
    /// Marks that nobody like this has visited the link before on the same day of the store; null where somebody has. A visit
    /// that comes to nothing is given back with <see cref="GiveBack"/>.
    /// </summary>
    /// <param name="slugKey">The link as the database names it, so that no other spelling is another link.</param>
    /// <param name="address">Where the request comes from; null where that is unknown.</param>
    public FirstVisit? MarkFirst(Store store, string slugKey, IPAddress? address, string userAgent, DateTimeOffset now)
    {
        var agent = userAgent.Length <= AgentLengthMax ? userAgent : userAgent[..AgentLengthMax];
        var day = DayOf(store, now);
        var visit = HashOf(day, $"{slugKey}\n{address}\n{agent}");
        var corner = HashOf(day, $"{slugKey}\n{ClickLimit.PrefixOf(address)}");
        lock (_lock)
        {
            var count = day.Corners.GetValueOrDefault(corner);
            if (count >= cornerMax || day.Visits.Count >= visitsMax || !day.Visits.Add(visit))
            {
                return null;
            }

            day.Corners[corner] = count + 1;
            return new FirstVisit(day, visit, corner);
        }
    }

    /// <summary>The visit was not recorded: the next one like it is the first.</summary>
    public void GiveBack(FirstVisit first)
    {
        lock (_lock)
        {
            if (first.Day.Visits.Remove(first.Visit))
            {
                first.Day.Corners[first.Corner]--;
            }
        }
    }

    private static UInt128 HashOf(Day day, string text) => BitConverter.ToUInt128(HMACSHA256.HashData(day.Key, Encoding.UTF8.GetBytes(text)));

    private Day DayOf(Store store, DateTimeOffset now)
    {
        var number = store.LocalDay(now);
        lock (_lock)
        {
            if (!_days.TryGetValue((store.Id, number), out var day))
            {
                Forget(now);
                _days[(store.Id, number)] = day = new Day(RandomNumberGenerator.GetBytes(KeySize), [], []);
            }

            return day;
        }
    }

    /// <summary>Throws away the days that are over, wherever the stores are. Each store begins a day once, and they are gone through once an hour.</summary>
    private void Forget(DateTimeOffset now)
    {
        var hour = now.ToUnixTimeSeconds() / 3600;
        if (hour == _forgottenAt)
        {
            return;
        }

        _forgottenAt = hour;
        var (first, last) = (NumberOf(now + EarliestZone), NumberOf(now + LatestZone));
        foreach (var over in _days.Keys.Where(day => day.Number < first || day.Number > last).ToList())
        {
            _days.Remove(over);
        }
    }

    private static long NumberOf(DateTimeOffset local) => (local.UtcDateTime.Year * 10_000L) + (local.UtcDateTime.Month * 100) + local.UtcDateTime.Day;

    /// <param name="Corners">How many of the visits came from one corner of the network to one link, by a hash of both.</param>
    internal sealed record Day(byte[] Key, HashSet<UInt128> Visits, Dictionary<UInt128, int> Corners);

    /// <summary>A visit that was the first of its day.</summary>
    internal readonly record struct FirstVisit(Day Day, UInt128 Visit, UInt128 Corner);
}
