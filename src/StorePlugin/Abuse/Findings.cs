// The table of findings: facts, written with the event that flags an order and read whenever the order is decided again.
using StorePlugin.Data;
using StorePlugin.Orders;
using StorePlugin.Stores;

namespace StorePlugin.Abuse;

internal static class Findings
{
    private const string Load =
        """
        SELECT order_id, ambassador_id, number, [rule], severity, inputs, why, allowed_why FROM findings
        WHERE store_id = @storeId AND order_id IN @ids ORDER BY order_id, number, [rule]
        """;

    private const string Insert =
        """
        INSERT INTO findings (store_id, id, order_id, ambassador_id, number, [rule], severity, inputs, why, allowed_why, at)
        VALUES (@StoreId, @Id, @OrderId, @AmbassadorId, @Number, @Rule, @Severity, @Inputs, @Why, @AllowedWhy, @At)
        """;

    /// <summary>
    /// What was found in these orders, oldest first. A row <c>flagged</c> of the log names the number of its findings:
    /// <c>new OrderEvent.Flagged(orderId, number, those of the number)</c> is the event again.
    /// </summary>
    public static async Task<ILookup<string, PatternFinding>> LoadAsync(Tx tx, Store store, IReadOnlyCollection<string> orderIds) =>
        (orderIds.Count == 0 ? [] : await tx.ManyAsync<Row>(Load, new { storeId = store.Id, ids = new TextList(orderIds) }))
            .ToLookup(row => row.OrderId, row => row.Finding, StringComparer.Ordinal);

    public static async Task<bool> WriteAsync(Tx tx, Store store, OrderEvent.Flagged flagged, DateTimeOffset now)
    {
        await using var insert = new Prepared(tx, Insert);
        foreach (var finding in flagged.Findings)
        {
            await insert.DoAsync(
                ("StoreId", store.Id), ("Id", Ids.New("fnd", now)), ("OrderId", flagged.OrderId), ("AmbassadorId", finding.AmbassadorId),
                ("Number", finding.Number), ("Rule", finding.Rule), ("Severity", finding.Severity), ("Inputs", PatternFinding.ToJson(finding.Inputs)),
                ("Why", finding.Why), ("AllowedWhy", finding.AllowedWhy), ("At", now));
        }

        return true;
    }

    private sealed record Row(
        string OrderId, string AmbassadorId, long Number, string Rule, string Severity, string Inputs, string Why, string? AllowedWhy)
    {
        public PatternFinding Finding => new(Rule, Severity, PatternFinding.InputsOf(Inputs), Why)
        {
            AmbassadorId = AmbassadorId,
            Number = Number,
            AllowedWhy = AllowedWhy,
        };
    }
}
