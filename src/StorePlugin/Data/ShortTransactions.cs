// Writes many rows without holding the writer for long: behind it stand intake and every other worker.
namespace StorePlugin.Data;

/// <summary>Runs one statement for many rows, in as many transactions as it takes for each to be short.</summary>
internal static class ShortTransactions
{
    /// <summary>How long intake may wait for a transaction of the workers, about.</summary>
    public static readonly TimeSpan Time = TimeSpan.FromMilliseconds(10);

    /// <param name="sql">A constant of the program.</param>
    /// <param name="parameters">The parameters for a row; each names the same ones in the same order.</param>
    public static async Task EachAsync<T>(
        Db db, TimeProvider clock, string sql, IReadOnlyList<T> rows, Func<T, (string Name, object? Value)[]> parameters, CancellationToken cancel)
    {
        for (var first = 0; first < rows.Count;)
        {
            first += await StepAsync(db, clock, sql, rows, first, parameters, cancel);
        }
    }

    /// <summary>The same for what takes several statements a row; a row is written whole or not at all.</summary>
    public static async Task EachAsync<T>(Db db, TimeProvider clock, IReadOnlyList<T> rows, Func<Tx, T, Task> write, CancellationToken cancel)
    {
        for (var first = 0; first < rows.Count;)
        {
            first = await db.InTransactionAsync(
                async tx =>
                {
                    var (started, next) = (clock.GetTimestamp(), first);
                    do
                    {
                        await write(tx, rows[next]);
                        next++;
                    }
                    while (next < rows.Count && clock.GetElapsedTime(started) < Time);
                    return next;
                },
                cancel: cancel);
        }
    }

    /// <summary>One transaction: begins with the row at <paramref name="first"/> and returns how many rows it took, at least one.</summary>
    public static Task<int> StepAsync<T>(
        Db db, TimeProvider clock, string sql, IReadOnlyList<T> rows, int first, Func<T, (string Name, object? Value)[]> parameters, CancellationToken cancel) =>
        db.InTransactionAsync(
            async tx =>
            {
                var started = clock.GetTimestamp();
                await using var statement = new Prepared(tx, sql);
                var next = first;
                do
                {
                    await statement.DoAsync(parameters(rows[next]));
                    next++;
                }
                while (next < rows.Count && clock.GetElapsedTime(started) < Time);
                return next - first;
            },
            cancel: cancel);
}
