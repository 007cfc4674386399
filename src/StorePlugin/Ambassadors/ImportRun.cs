// Writes what a file says and the program does not know yet, beside others who may write the same: what every import does.
using System.Data.Common;
using System.Diagnostics;
using StorePlugin.Data;

namespace StorePlugin.Ambassadors;

/// <summary>What an import would do.</summary>
internal interface IImportPlan
{
    /// <summary>How much there is to write.</summary>
    int Undone { get; }

    /// <summary>With any of them nothing may be written.</summary>
    IReadOnlyList<ImportFinding> Findings { get; }
}

internal static class ImportRun
{
    private const int RaceTriesMax = 5;

    /// <summary>Plans and writes until nothing is left; the plan is made anew from what stands each time, so that it may begin again.</summary>
    /// <returns>The first plan, the last one, and whether that one has findings, with which nothing more was written.</returns>
    /// <exception cref="UnreachableException">Something was left undone: a fault of the program.</exception>
    public static async Task<(TPlan First, TPlan Last, bool IsRefused)> CompleteAsync<TPlan>(Db db, Func<Task<TPlan>> planAsync, Func<TPlan, Task> writeAsync)
        where TPlan : class, IImportPlan
    {
        TPlan? first = null;
        for (var (tries, left) = (1, int.MaxValue); ; tries++)
        {
            var plan = await planAsync();
            first ??= plan;

            // While others write the same rows there is always less left, and only a standstill is a fault.
            (tries, left) = (plan.Undone < left ? 1 : tries, plan.Undone);
            if (plan.Findings.Count > 0)
            {
                return (first, plan, true);
            }

            try
            {
                await writeAsync(plan);
                break;
            }
            // Somebody else wrote the same meanwhile: the next plan sees it.
            catch (DbException e) when (db.Dialect.IsUniqueViolation(e) && tries < RaceTriesMax)
            {
            }
        }

        var after = await planAsync();
        return after.Undone == 0 || after.Findings.Count > 0 ? (first, after, after.Findings.Count > 0) : throw new UnreachableException($"An import left {after.Undone} rows undone.");
    }
}
