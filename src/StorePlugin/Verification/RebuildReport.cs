// What rebuild has found so far, from several workers at once.
using System.Globalization;

namespace StorePlugin.Verification;

internal sealed class RebuildReport
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, List<Finding>> _named = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _counts = new(StringComparer.Ordinal);
    private long _orders;
    private long _unlogged;

    /// <summary>How many stores were looked at.</summary>
    public int Stores { get; set; }

    public long Orders => Interlocked.Read(ref _orders);

    /// <summary>Orders that were decided before their log was kept: nothing of them can be compared.</summary>
    public long Unlogged => Interlocked.Read(ref _unlogged);

    public bool IsEmpty
    {
        get
        {
            lock (_lock)
            {
                return _counts.Count == 0;
            }
        }
    }

    /// <summary>Of each check so many as <see cref="Verify.NamedMax"/> are named, and the number of all is told.</summary>
    public IReadOnlyList<Finding> Findings
    {
        get
        {
            lock (_lock)
            {
                return
                [
                    .. _named.SelectMany(check => check.Value
                        .OrderBy(finding => finding.StoreId, StringComparer.Ordinal).ThenBy(finding => finding.Subject, StringComparer.Ordinal)
                        .Concat(_counts[check.Key] == check.Value.Count ? [] : [Rest(check.Key, check.Value.Count, _counts[check.Key])])),
                ];
            }
        }
    }

    public void Add(Finding finding)
    {
        lock (_lock)
        {
            _counts[finding.Check] = _counts.GetValueOrDefault(finding.Check) + 1;
            var named = _named.TryGetValue(finding.Check, out var known) ? known : _named[finding.Check] = [];
            if (named.Count < Verify.NamedMax)
            {
                named.Add(finding);
            }
        }
    }

    public void Count(int orders, int unlogged)
    {
        Interlocked.Add(ref _orders, orders);
        Interlocked.Add(ref _unlogged, unlogged);
    }

    private static Finding Rest(string check, int named, long all) =>
        new(check, "*", "*", string.Create(CultureInfo.InvariantCulture, $"{named} of {all} are named"));
}
