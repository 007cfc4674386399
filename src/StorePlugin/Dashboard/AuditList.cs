// Who changed what, as a page: people and things by the names that they have today.
using StorePlugin.Audit;
using StorePlugin.Dashboard.Payouts;
using StorePlugin.Data;
using StorePlugin.Pages;
using StorePlugin.Payouts;
using StorePlugin.Stores;

namespace StorePlugin.Dashboard;

public sealed record AuditListModel(Frame Frame, IReadOnlyList<AuditRow> Rows, bool IsFirst, string? NextPath);

/// <param name="About">What it was about or has made, by its name; null where that is nothing that has one.</param>
/// <param name="Path">The page of that; null where it has none.</param>
/// <param name="Outcome">Null where all went as it should.</param>
public sealed record AuditRow(Moment At, string Who, string Action, string? About, string? Path, Badge? Outcome);

internal sealed class AuditList(Db db, AuditLog log, Team team)
{
    public const string Path = "/dashboard/audit";

    private const int PageSize = 50;
    private const string Keys = "api-keys/";

    private const string ReadAmbassadors = "SELECT id, name FROM ambassadors WHERE store_id = @storeId AND id IN @ids";

    private const string ReadCampaigns = "SELECT id, name FROM campaigns WHERE store_id = @storeId AND id IN @ids";

    private const string ReadOrders = "SELECT order_id AS id, reference AS name FROM orders WHERE store_id = @storeId AND order_id IN @ids";

    public async Task<AuditListModel> ReadAsync(Visitor visitor, string? before, CancellationToken cancel)
    {
        var store = visitor.Store;
        var entries = await log.ListAsync(store, before, PageSize + 1, cancel);
        var shown = entries.Take(PageSize).ToList();
        var reader = new RunReader(visitor.Actor, await team.NamesAsync(store, cancel));
        var time = new StoreTime(store);
        var names = await NamesAsync(store, shown, reader, cancel);
        return new AuditListModel(
            Frame.OfDashboard(visitor),
            [.. shown.Select(entry => Show(entry, reader, time, names))],
            before is null,
            entries.Count > PageSize ? $"{Path}?before={shown[^1].Id}" : null);
    }

    private static AuditRow Show(AuditEntry entry, RunReader reader, StoreTime time, IReadOnlyDictionary<string, (string Name, string? Path)> names)
    {
        var who = RunWords.Who(entry.Actor, reader);
        var about = entry.Subject is { } subject && names.TryGetValue(subject, out var known) ? known : default((string Name, string? Path)?);
        return new AuditRow(
            time.At(entry.At),
            string.Concat(char.ToUpperInvariant(who[0]).ToString(), who.AsSpan(1)),
            entry.Action,
            about?.Name,
            about?.Path,
            entry.Outcome switch
            {
                AuditOutcome.Done => null,
                AuditOutcome.Refused => new Badge("none", "Refused"),
                AuditOutcome.Failed => new Badge("reversed", "Failed"),
                _ => new Badge("review", "Not known"),
            });
    }

    /// <summary>By subject, what has a name today.</summary>
    private async Task<IReadOnlyDictionary<string, (string Name, string? Path)>> NamesAsync(
        Store store, IReadOnlyList<AuditEntry> entries, RunReader reader, CancellationToken cancel)
    {
        var names = new Dictionary<string, (string Name, string? Path)>(StringComparer.Ordinal);
        foreach (var (id, name) in reader.Team)
        {
            names[$"team/{id}"] = (Words.ShortName(name), "/dashboard/team");
        }

        foreach (var subject in entries.Select(entry => entry.Subject).OfType<string>().Where(subject => subject.StartsWith(Keys, StringComparison.Ordinal)))
        {
            names[subject] = ($"The key that ends in {subject[^Math.Min(RunWords.KeyShown, subject.Length - Keys.Length)..]}", null);
        }

        foreach (var subject in entries.Select(entry => entry.Subject).OfType<string>())
        {
            if (subject.Split('/') is ["payouts" or "payout-runs", var run] && PayoutRuns.IsId(run))
            {
                names[subject] = ("A payout run", RunList.PathOf(run));
            }
        }

        await AddAsync("ambassadors", ReadAmbassadors, DashboardEndpoints.PathOf, Words.ShortName);
        await AddAsync("campaigns", ReadCampaigns, id => $"/dashboard/campaigns/{Uri.EscapeDataString(id)}", name => name);
        await AddAsync("orders", ReadOrders, id => $"/dashboard/orders/{Uri.EscapeDataString(id)}", name => name);
        return names;

        async Task AddAsync(string noun, string read, Func<string, string> pathOf, Func<string, string> nameOf)
        {
            var prefix = noun + "/";
            var ids = entries.Select(entry => entry.Subject).OfType<string>().Where(subject => subject.StartsWith(prefix, StringComparison.Ordinal))
                .Select(subject => subject[prefix.Length..]).Distinct(StringComparer.Ordinal).ToArray();
            if (ids.Length > 0)
            {
                foreach (var row in await db.ManyAsync<Named>(read, new { storeId = store.Id, ids }, cancel))
                {
                    names[prefix + row.Id] = (nameOf(row.Name ?? row.Id), pathOf(row.Id));
                }
            }
        }
    }

    private sealed record Named(string Id, string? Name);
}
