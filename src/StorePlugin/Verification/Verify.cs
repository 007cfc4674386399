// Checks what must always be true of the database: the verb verify, and the end of every simulation.
using System.Globalization;
using System.Text.Json;
using Dapper;
using Microsoft.AspNetCore.WebUtilities;
using StorePlugin.Data;
using StorePlugin.Orders;
using StorePlugin.Payouts;
using StorePlugin.Payouts.Manual;
using StorePlugin.Payouts.Stripe;
using StorePlugin.Webhooks;

namespace StorePlugin.Verification;

/// <summary>
/// Runs every check of <see cref="Invariants"/> and compares receipts with their orders, and frozen requests with their payouts. Each check is one statement, so
/// that it sees one state of a database in use, and the database groups: no table is read into memory.
/// </summary>
internal sealed partial class Verify(Db db, ILogger<Verify> logger)
{
    /// <summary>How many rows of one check are named; beyond them their number is told.</summary>
    public const int NamedMax = 20;

    private const string List = "SELECT store_id, subject, detail, currency, expected, actual FROM (";
    private const string InOrder = ") offences ORDER BY store_id, subject, detail, currency";
    private const string Count = "SELECT CAST(COUNT(*) AS bigint) FROM (";
    private const string OfAll = ") offences";

    private const string ReadReceipts =
        """
        SELECT r.store_id, r.order_id, r.content, o.ambassador_id, o.campaign_id, o.currency, o.version_hash, o.commission_minor, o.net_minor
        FROM receipts r
        JOIN orders o ON o.store_id = r.store_id AND o.order_id = r.order_id
        WHERE (@storeId IS NULL OR r.store_id = @storeId)
        """;

    private const string ReadAttempts =
        """
        SELECT a.store_id, a.payout_id, a.attempt, a.idempotency_key, a.body, p.currency, p.amount_minor, p.destination, p.provider
        FROM payout_attempts a
        JOIN payouts p ON p.store_id = a.store_id AND p.id = a.payout_id
        WHERE (@storeId IS NULL OR a.store_id = @storeId)
        """;

    /// <summary>Checks one store, or all of them for null. An empty list: everything holds.</summary>
    public async Task<IReadOnlyList<Finding>> RunAsync(string? storeId, CancellationToken cancel)
    {
        var findings = new List<Finding>();
        foreach (var check in Invariants.All)
        {
            Log.Checks(logger, check.Name);
            findings.AddRange(await RunAsync(check, storeId, cancel));
        }

        Log.Checks(logger, Invariants.ReceiptAgrees);
        findings.AddRange(await CompareAsync<ReceiptRow>(
            Invariants.ReceiptAgrees, ReadReceipts, storeId, row => (row.StoreId, row.OrderId), Disagreement, cancel));
        Log.Checks(logger, Invariants.PayoutAttemptAgrees);
        findings.AddRange(await CompareAsync<AttemptRow>(
            Invariants.PayoutAttemptAgrees, ReadAttempts, storeId, row => (row.StoreId, row.PayoutId), Disagreement, cancel));
        return findings;
    }

    private async Task<List<Finding>> RunAsync(Invariant check, string? storeId, CancellationToken cancel)
    {
        var offences = await db.ManyAsync<Offence>($"{List} {check.Sql} {InOrder} {db.Page}", new { storeId, take = NamedMax }, cancel);
        var findings = offences.Select(row => new Finding(check.Name, row.StoreId, row.Subject, check.Say(row))).ToList();
        if (offences.Count == NamedMax)
        {
            var all = await db.OneAsync<long>(Count + check.Sql + OfAll, new { storeId }, cancel);
            AddRest(findings, check.Name, all);
        }

        return findings;
    }

    /// <summary>What is written as JSON or as a form is read here, a row at a time: neither database is asked to read it.</summary>
    private async Task<List<Finding>> CompareAsync<TRow>(
        string check, string sql, string? storeId, Func<TRow, (string StoreId, string Subject)> nameOf, Func<TRow, string?> disagreementOf, CancellationToken cancel)
    {
        var findings = new List<Finding>();
        var all = 0L;
        await using var connection = await db.OpenAsync(cancel);
        await foreach (var row in connection.QueryUnbufferedAsync<TRow>(sql, new { storeId }).WithCancellation(cancel))
        {
            if (disagreementOf(row) is { } text && ++all <= NamedMax)
            {
                var (store, subject) = nameOf(row);
                findings.Add(new Finding(check, store, subject, text));
            }
        }

        AddRest(findings, check, all);
        return findings;
    }

    private static string? Disagreement(ReceiptRow row)
    {
        Receipt receipt;
        try
        {
            receipt = Receipt.FromJson(row.Content);
        }
        // What cannot be read is the finding.
        catch (Exception e) when (e is JsonException or FormatException)
        {
            return $"the receipt cannot be read: {e.Message}";
        }

        return receipt.AmbassadorId != row.AmbassadorId
            ? $"the receipt credits '{receipt.AmbassadorId}', the order '{row.AmbassadorId}'"
            : receipt.CommissionMinor != row.CommissionMinor
                ? Numbers($"the receipt says {receipt.CommissionMinor}, the order {row.CommissionMinor}")
                : receipt.CampaignId != row.CampaignId
                    ? $"the receipt names the campaign '{receipt.CampaignId}', the order '{row.CampaignId}'"
                    : receipt.RemainingBaseMinor != row.NetMinor
                        ? Numbers($"the receipt counts {receipt.RemainingBaseMinor} as net sales, the order {row.NetMinor}")
                        : receipt.Currency.Code != row.Currency || receipt.VersionHash != row.VersionHash || receipt.OrderId != row.OrderId
                            ? "the receipt was written for another version of the order"
                            : null;
    }

    // The request was frozen with the reservation of its money, and must ask for that and nothing else (rule P2).
    private static string? Disagreement(AttemptRow row)
    {
        if (row.Provider == PayoutProvider.Manual || PayoutProvider.IsInStore(row.Provider))
        {
            return row.Body == ManualAttempt.BodyOf(row.PayoutId, new Money(row.AmountMinor, Currency.Parse(row.Currency)), row.Destination)
                ? null
                : Numbers($"the request of attempt {row.Attempt} is not what the payout asks for");
        }

        if (!Currency.TryParse(row.Currency, out var currency) || !StripeAmount.Knows(currency)
            || row.AmountMinor <= 0 || StripeAmount.Sendable(new Money(row.AmountMinor, currency)).Minor != row.AmountMinor)
        {
            return Numbers($"the payout is of {row.AmountMinor} {row.Currency} in minor units, which Stripe cannot be asked for");
        }

        var form = QueryHelpers.ParseQuery(row.Body);
        var number = row.Attempt.ToString(CultureInfo.InvariantCulture);
        (string Name, string Asked)[] expected =
        [
            ("amount", StripeAmount.ToStripe(new Money(row.AmountMinor, currency)).ToString(CultureInfo.InvariantCulture)),
            ("currency", row.Currency.ToLowerInvariant()),
            ("destination", row.Destination),
            ("transfer_group", row.PayoutId),
            ("metadata[payout_id]", row.PayoutId),
            ("metadata[attempt]", number),
        ];
        foreach (var (name, asked) in expected)
        {
            if (form.GetValueOrDefault(name).ToString() is var found && found != asked)
            {
                return $"the request of attempt {number} has {name} '{found}', and the payout asks for '{asked}'";
            }
        }

        return row.IdempotencyKey == $"po-{row.PayoutId}-a{number}" ? null : $"attempt {number} has the key '{row.IdempotencyKey}'";
    }

    private static void AddRest(List<Finding> findings, string check, long all)
    {
        if (all > findings.Count)
        {
            findings.Add(new Finding(check, "*", "*", Numbers($"{findings.Count} of {all} are named")));
        }
    }

    private static string Numbers(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private sealed record ReceiptRow(
        string StoreId, string OrderId, string Content, string? AmbassadorId, string? CampaignId, string? Currency, string? VersionHash,
        long CommissionMinor, long NetMinor);

    private sealed record AttemptRow(
        string StoreId, string PayoutId, long Attempt, string IdempotencyKey, string Body, string Currency, long AmountMinor, string Destination,
        string Provider);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Debug, "Checks {Check}")]
        public static partial void Checks(ILogger logger, string check);
    }
}
