// Orders the daily digests of ambassadors who have just earned something: at most one for each and day.
using System.Collections.Concurrent;
using StorePlugin.Data;
using StorePlugin.Inbox;
using StorePlugin.Stores;

namespace StorePlugin.Mail;

/// <summary>
/// Stands on the way of every order, so it remembers which digests are in the outbox: once one was found there, the
/// day's further orders of its ambassador cost a look into memory.
/// </summary>
internal sealed class Digests
{
    private const int KnownMax = 100_000;

    private readonly ConcurrentDictionary<(string StoreId, string AmbassadorId, long Day), byte> _known = new();

    /// <summary>Adds the digest of the day of <paramref name="now"/> for each of these ambassadors, unless it is there.</summary>
    /// <param name="now">The instant of booking; all entries of a batch share it.</param>
    public async Task AddAsync(Tx tx, Store store, IReadOnlySet<string> ambassadorIds, DateTimeOffset now)
    {
        var number = store.LocalDay(now);
        var missing = ambassadorIds.Where(id => !_known.ContainsKey((store.Id, id, number))).ToList();
        if (missing.Count == 0)
        {
            return;
        }

        var day = LocalDay.Of(store, now);
        var dueAt = LocalDay.DigestDue(store, day);
        await using var add = new Prepared(tx, Outbox.Insert);
        foreach (var id in missing)
        {
            var notice = new MailNotice(MailNotice.OrderDigest, id, day);
            if (!await Outbox.AddAsync(add, store.Id, Effect.Kinds.Mail, notice.Subject, notice.ToJson(), now, dueAt))
            {
                Remember((store.Id, id, number));
            }
        }
    }

    // Only what an earlier transaction has committed: what this one adds may still be rolled back.
    private void Remember((string, string, long) digest)
    {
        if (_known.Count >= KnownMax)
        {
            _known.Clear();
        }

        _known[digest] = 0;
    }
}
