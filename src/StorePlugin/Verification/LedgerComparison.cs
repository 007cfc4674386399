// Which transactions the facts ask for, against those that stand. Pure.
using System.Globalization;
using StorePlugin.Ledger;

namespace StorePlugin.Verification;

/// <summary>A transaction that follows from the log.</summary>
/// <param name="LocalDay">The day of its booking; null where the log did not keep it yet, and then it is not compared.</param>
internal sealed record ExpectedTransaction(LedgerTransaction Transaction, long? LocalDay);

/// <summary>What is wrong with something, before it is known of which store.</summary>
internal sealed record Difference(string Check, string Subject, string Text);

internal static class LedgerComparison
{
    public const string Missing = "ledger-missing";
    public const string Unexplained = "ledger-unexplained";
    public const string Differs = "ledger-differs";

    /// <summary>Compares by kind and source, which name a transaction; its id is random and says nothing.</summary>
    public static IReadOnlyList<Difference> Of(IReadOnlyList<ExpectedTransaction> expected, IReadOnlyList<StandingTransaction> standing)
    {
        List<Difference>? differences = null;
        var met = 0;
        foreach (var one in expected)
        {
            var (kind, source) = (one.Transaction.Kind, one.Transaction.Source);
            if (Find(standing, kind, source, met) is not { } found)
            {
                Add(new Difference(Missing, source, $"the log asks for a transaction {kind} that does not stand"));
            }
            else
            {
                met++;
                if (Unlike(one, found) is { } what)
                {
                    Add(new Difference(Differs, source, $"the transaction {kind} has another {what} than the log gives it"));
                }
            }
        }

        if (met != standing.Count)
        {
            var explained = expected.Select(one => (one.Transaction.Kind, one.Transaction.Source)).ToHashSet();
            foreach (var one in standing)
            {
                // A source that stands twice is explained once.
                if (!explained.Remove((one.Kind, one.Source)))
                {
                    Add(new Difference(Unexplained, one.Source, $"nothing in the log asks for the transaction {one.Kind}"));
                }
            }
        }

        return differences ?? (IReadOnlyList<Difference>)[];

        void Add(Difference difference) => (differences ??= []).Add(difference);
    }

    // Both come in the order of their making, mostly: what is looked for lies where the last one was found, or close to it.
    private static StandingTransaction? Find(IReadOnlyList<StandingTransaction> standing, string kind, string source, int likely)
    {
        for (var i = 0; i < standing.Count; i++)
        {
            var one = standing[(likely + i) % standing.Count];
            if (one.Source == source && one.Kind == kind)
            {
                return one;
            }
        }

        return null;
    }

    private static string? Unlike(ExpectedTransaction expected, StandingTransaction standing)
    {
        var transaction = expected.Transaction;
        return standing.Currency != transaction.Currency.Code ? "currency"
            : standing.BookedAt != transaction.BookedAt.ToUnixTimeMilliseconds() ? "instant of booking"
            : expected.LocalDay is { } day && standing.LocalDay != day ? "day"
            : standing.Actor != transaction.Actor ? "actor"
            : standing.Reason != transaction.Reason ? "reason"
            : standing.Entries.Count != transaction.Entries.Length ? "number of entries"
            : Unlike(transaction, standing.Entries) is { } position ? string.Create(CultureInfo.InvariantCulture, $"entry {position}")
            : null;
    }

    private static long? Unlike(LedgerTransaction transaction, List<StandingEntry> standing)
    {
        foreach (var entry in standing)
        {
            if (entry.Position < 0 || entry.Position >= transaction.Entries.Length
                || entry.Currency != transaction.Currency.Code || transaction.Entries[(int)entry.Position] is not { } expected
                || entry.Account != expected.Account || entry.AmbassadorId != expected.AmbassadorId || entry.OrderId != expected.OrderId
                || entry.AmountMinor != expected.AmountMinor)
            {
                return entry.Position;
            }
        }

        return null;
    }
}
