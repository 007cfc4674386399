// A row of totals that many transactions add to, and that the first of them makes.
namespace StorePlugin.Data;

internal static class RunningTotal
{
    /// <summary>
    /// Adds to the row, or makes it. Two programs that share a database and would both make it meet at its name; whoever adds to
    /// several goes through them in one order, so that nobody waits for each other.
    /// </summary>
    /// <param name="add">An UPDATE that adds the amounts to the row of the key.</param>
    /// <param name="open">An INSERT of the amounts where there is no row of the key.</param>
    /// <param name="name">Names the row among all of the database.</param>
    public static async Task AddAsync(Tx tx, string add, string open, string name, object args)
    {
        if (await tx.DoAsync(add, args) == 1)
        {
            return;
        }

        await tx.HoldAsync(name);
        if (await tx.DoAsync(open, args) == 0)
        {
            await tx.DoAsync(add, args);
        }
    }
}
