// What an order tells of its customer by its log, against the rows that stand. Pure.
using StorePlugin.Orders;
using StorePlugin.Webhooks;

namespace StorePlugin.Verification;

/// <summary>What a row of <c>customer_orders</c> says beside whose order it is, and when.</summary>
internal sealed record CustomerColumns(string Kind, string? Plans, CreditPaid? Credit)
{
    /// <summary>The columns in which two rows differ, by name.</summary>
    public IEnumerable<string> ColumnsUnlike(CustomerColumns other)
    {
        (string Name, bool Same)[] columns = [("kind", Kind == other.Kind), ("plans", Plans == other.Plans), ("credit", Credit == other.Credit)];
        return columns.Where(column => !column.Same).Select(column => column.Name);
    }
}

/// <param name="Key">The hash that names the shopper, or the random word that stands for an erased one.</param>
/// <param name="Moment">As <see cref="OrderMoment.KeyOf"/> makes it.</param>
internal sealed record CustomerRow(string Key, string Moment, CustomerColumns Columns)
{
    public bool IsErased { get; init; }

    /// <summary>The rows that an order has after a version: those that stay are as they were when they came, but for the credit.</summary>
    /// <param name="before">The facts before; null: nothing was known.</param>
    public static IReadOnlyList<CustomerRow> Of(OrderFacts? before, OrderFacts facts, IReadOnlyList<CustomerRow> rows)
    {
        var (had, has) = (Customers.NotesOf(before), Customers.NotesOf(facts));
        var credit = CreditPaid.Of(facts);
        if (had.SequenceEqual(has) && credit == CreditPaid.Of(before))
        {
            return rows;
        }

        var columns = ColumnsOf(facts.Recorded.Order, credit);
        return
        [
            .. rows.Where(row => has.Contains((row.Key, row.Moment))).Select(row => row with { Columns = row.Columns with { Credit = credit } }),
            .. (had.Count == 0 ? has : has.Except(had)).Select(note => new CustomerRow(note.Key, note.Moment, columns)),
        ];
    }

    // Most orders renew nothing and are renewed by none: the list of their plans is not made only to find that it is empty.
    private static CustomerColumns ColumnsOf(Order order, CreditPaid? credit) => new(
        order.Channel == OrderChannel.Renewal ? "renewal" : "order",
        order.Renewal is null && order.Lines.All(line => line.SellingPlanId is null) ? null : Customers.PlansOf(order),
        credit);
}

/// <summary>Which rows of an order differ from its log.</summary>
/// <param name="Unlike">Rows that stand, with what they must say.</param>
/// <param name="HasErased">Its shopper was erased, or one of them: what is missing is not known to be another's.</param>
internal sealed record CustomerComparison(
    IReadOnlyList<CustomerRow> Missing, IReadOnlyList<CustomerRow> Superfluous, IReadOnlyList<(CustomerRow Row, CustomerColumns Columns)> Unlike, bool HasErased)
{
    /// <summary>
    /// Compares; null where nothing differs. A row of an erased shopper has a random key: it stands for any row of the same
    /// moment. One that stands for none was of a moment or a shopper that a later version has changed, and is left alone: nobody
    /// can tell any more whose it was.
    /// </summary>
    public static CustomerComparison? Of(IReadOnlyList<CustomerRow> expected, IReadOnlyList<CustomerRow> standing)
    {
        if (standing.SequenceEqual(expected))
        {
            return null;
        }

        var (missing, unlike) = (new List<CustomerRow>(), new List<(CustomerRow, CustomerColumns)>());
        var left = standing.ToList();
        foreach (var row in expected)
        {
            Take(row, left.Find(other => !other.IsErased && (other.Key, other.Moment) == (row.Key, row.Moment)));
        }

        // Of the erased of a moment first those that say the same.
        foreach (var row in missing.ToList())
        {
            var erased = left.FindAll(other => other.IsErased && other.Moment == row.Moment);
            missing.Remove(row);
            Take(row, erased.Find(other => other.Columns == row.Columns) ?? erased.FirstOrDefault());
        }

        var superfluous = left.FindAll(row => !row.IsErased);
        return missing.Count + superfluous.Count + unlike.Count == 0
            ? null
            : new CustomerComparison(missing, superfluous, unlike, standing.Any(row => row.IsErased));

        void Take(CustomerRow row, CustomerRow? found)
        {
            if (found is null)
            {
                missing.Add(row);
            }
            else
            {
                left.Remove(found);
                if (found.Columns != row.Columns)
                {
                    unlike.Add((found, row.Columns));
                }
            }
        }
    }
}
