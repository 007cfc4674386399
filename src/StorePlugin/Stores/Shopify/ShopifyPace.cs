// What Shopify lets us ask of each shop at present, as its last answer told.
using System.Collections.Concurrent;

namespace StorePlugin.Stores.Shopify;

/// <summary>
/// Shopify takes the cost of a question out of a bucket that each shop has for the app, and fills it again at a steady rate. What an
/// empty one would refuse need not be asked. The memory is of this process alone, and only spares questions: the platform decides.
/// </summary>
internal sealed class ShopifyPace(TimeProvider clock)
{
    /// <summary>How many shops are remembered.</summary>
    public const int ShopsMax = 10_000;

    /// <summary>Any bucket has filled by then, so that what is older says nothing; nor can a wrong memory last longer.</summary>
    public static readonly TimeSpan MemoryMax = TimeSpan.FromMinutes(1);

    // By shop, never by token: tokens change every hour, and the bucket does not.
    private readonly ConcurrentDictionary<string, Bucket> _buckets = new(StringComparer.Ordinal);

    // By operation: there are as many as documents.
    private readonly ConcurrentDictionary<string, double> _costs = new(StringComparer.Ordinal);

    /// <summary>
    /// Takes the operation's cost out of the remembered bucket. Null: it may be asked, for all that is known. Else how long the bucket
    /// needs to be able to pay, and nothing was taken.
    /// </summary>
    public TimeSpan? Take(string shop, string operation)
    {
        if (!_buckets.TryGetValue(shop, out var bucket) || !_costs.TryGetValue(operation, out var cost))
        {
            return null;
        }

        var age = clock.GetElapsedTime(bucket.At);
        if (age > MemoryMax)
        {
            return null;
        }

        // What costs more than a full bucket holds is Shopify's to refuse.
        var available = Math.Min(bucket.Maximum, bucket.Available + (age.TotalSeconds * bucket.RestoreRate));
        var needed = Math.Min(cost, bucket.Maximum);
        if (available < needed)
        {
            return ShopifyWait.OfSeconds((needed - available) / bucket.RestoreRate);
        }

        // Of two that ask at once one may go unnoticed; the next answer tells the truth.
        _buckets.TryUpdate(shop, bucket with { Available = available - cost, At = clock.GetTimestamp() }, bucket);
        return null;
    }

    /// <summary>Remembers what an answer tells.</summary>
    public void Learn(string shop, string operation, ShopifyCost cost)
    {
        if (cost.Requested is { } requested)
        {
            _costs[operation] = requested;
        }

        if (cost is { Available: { } available, RestoreRate: { } rate and > 0 })
        {
            if (_buckets.Count >= ShopsMax)
            {
                _buckets.Clear();
            }

            _buckets[shop] = new Bucket(available, rate, cost.Maximum ?? double.PositiveInfinity, clock.GetTimestamp());
        }
    }

    private sealed record Bucket(double Available, double RestoreRate, double Maximum, long At);
}
