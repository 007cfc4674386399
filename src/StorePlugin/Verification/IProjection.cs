// A table that follows from the log or the ledger, and that rebuild replaces where it differs.
namespace StorePlugin.Verification;

/// <summary>What a worker has read and compared.</summary>
/// <param name="Transactions">Of the ledger as it stands, those of the orders among them.</param>
internal sealed record RebuildBatch(IReadOnlyList<OrderVerdict> Orders, IEnumerable<StandingTransaction> Transactions);

/// <summary>One of the tables of one store; a new one is added to the list in <see cref="Rebuild"/>.</summary>
internal interface IProjection
{
    /// <summary>Takes what the table rests on, and compares what can be compared already. Several workers call it at once.</summary>
    Task TakeAsync(RebuildBatch batch, CancellationToken cancel);

    /// <summary>Compares the rest, after the last batch.</summary>
    Task EndAsync(CancellationToken cancel);
}
