// What an import of earlier orders would do: values in, value out.
using StorePlugin.Ambassadors;

namespace StorePlugin.Orders;

/// <summary>What is here already of the orders of a file.</summary>
/// <param name="Told">Orders that the platform has told of: its word stands, and an import adds nothing to them.</param>
/// <param name="Imported">Where earlier imports have put an order, with the hashes that it is known by.</param>
/// <param name="Erased">Imported orders whose customer was erased since: nothing brings them back.</param>
internal sealed record HistoryKnown(IReadOnlySet<string> Told, ILookup<string, (string CustomerKey, string Moment)> Imported, IReadOnlySet<string> Erased);

/// <param name="New">What to write.</param>
/// <param name="AlreadyThere">How many orders stand here.</param>
/// <param name="Findings">In the order of the lines; with any of them nothing may be written.</param>
internal sealed record HistoryPlan(IReadOnlyList<ImportedOrder> New, long AlreadyThere, IReadOnlyList<ImportFinding> Findings) : IImportPlan
{
    public int Undone => New.Count;

    /// <param name="orders">Each with the first line that names it.</param>
    /// <param name="findings">What is wrong with the file by itself.</param>
    public static HistoryPlan Decide(IReadOnlyList<(long Line, ImportedOrder Order)> orders, IReadOnlyList<ImportFinding> findings, HistoryKnown known)
    {
        var all = findings.ToList();
        var written = new List<ImportedOrder>();
        var alreadyThere = 0L;
        foreach (var (line, order) in orders)
        {
            var imported = known.Imported[order.OrderId].ToList();
            if (known.Told.Contains(order.OrderId) || known.Erased.Contains(order.OrderId))
            {
                alreadyThere++;
            }
            else if (imported.Exists(row => row.Moment != order.Moment))
            {
                all.Add(new ImportFinding(line, "placed_at", "The order was brought over before with another instant, and what is written is not changed."));
            }
            else if (order.Keys.Except(imported.Select(row => row.CustomerKey), StringComparer.Ordinal).Any())
            {
                written.Add(order);
            }
            else
            {
                alreadyThere++;
            }
        }

        return new HistoryPlan(written, alreadyThere, [.. all.OrderBy(finding => finding.Line)]);
    }
}
