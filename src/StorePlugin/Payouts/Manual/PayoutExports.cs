// Makes the files of a run's manual payouts: what goes out counts as sent, and the same file can be had again while its facts stand.
using System.Data.Common;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using StorePlugin.Data;
using StorePlugin.Stores;
using StorePlugin.Webhooks;

namespace StorePlugin.Payouts.Manual;

/// <summary>An export's row, as it is listed. By properties, not by position: SQLite has no type for a counted column when there is no row.</summary>
internal sealed record PayoutExport
{
    public string Id { get; init; } = "";

    public string Format { get; init; } = "";

    public DateTimeOffset MadeAt { get; init; }

    /// <summary>The store's local day, yyyymmdd.</summary>
    public long MadeDay { get; init; }

    public string MadeBy { get; init; } = "";

    public long RowCount { get; init; }

    /// <summary>JSON: an <see cref="Amount"/> for each currency.</summary>
    public string Sums { get; init; } = "";

    public byte[]? DebtorSealed { get; init; }

    public string FileHash { get; init; } = "";

    /// <summary>How many of its payouts have come to an end since.</summary>
    public long Settled { get; init; }

    public PayoutFile File => PayoutFile.All.Single(file => file.Name == Format);

    public DateOnly Day => DayOf(MadeDay);

    public static DateOnly DayOf(long day) => new((int)(day / 10_000), (int)(day / 100 % 100), (int)(day % 100));
}

internal sealed record ExportDownload(string Id, string Who, DateTimeOffset At);

/// <summary>What came of asking for a file.</summary>
internal abstract record ExportResult
{
    /// <param name="ExportedBefore">When payouts of it were first handed out in a file; null: never. To pay by both is to pay twice.</param>
    /// <param name="LeftOut">How many payouts of the run wait for an export, and are not in this file.</param>
    /// <param name="Settled">How many payouts of it have come to an end since it was made.</param>
    internal sealed record Made(PayoutFile Format, string ExportId, byte[] Bytes, DateTimeOffset? ExportedBefore, int LeftOut, long Settled) : ExportResult;

    internal sealed record NoSuchRun : ExportResult;

    internal sealed record NoSuchExport : ExportResult;

    /// <param name="Why">As a sentence.</param>
    internal sealed record Nothing(string Why) : ExportResult;

    internal sealed record Stopped : ExportResult;

    internal sealed record DebtorMissing : ExportResult;

    internal sealed record CurrencyNeeded(IReadOnlyList<string> Currencies) : ExportResult;

    /// <summary>Names or details were changed or erased since, and the file would be another.</summary>
    internal sealed record NotAsItWas : ExportResult;
}

internal sealed class PayoutExports(Db db, PayoutMethods methods, PayoutSettings settings, TimeProvider clock)
{
    public const string IdPrefix = "pex";

    public const string DownloadPrefix = "pxd";
    private const int RaceTriesMax = 5;
    private const int RowsAtOnceMax = 500;

    private const string ReadRun = "SELECT stopped_for, cancelled_at FROM payout_runs WHERE store_id = @storeId AND id = @runId";

    private const string Rows =
        """
        SELECT p.id, p.currency, p.amount_minor, p.state, m.id AS method_id, m.sealed, a.name FROM payouts p
        JOIN payout_methods m ON m.store_id = p.store_id AND m.id = p.destination
        JOIN ambassadors a ON a.store_id = p.store_id AND a.id = p.ambassador_id
        """;

    private const string ReadOpenRows = Rows +
        """
         WHERE p.store_id = @storeId AND p.run_id = @runId AND p.provider = 'manual' AND p.state IN ('approved', 'sending', 'unknown')
        ORDER BY p.id
        """;

    /// <summary>
    /// Makes a file of what has not been exported yet, and writes it down as sent. When nothing is new, what is out and not settled is put
    /// into a file again: the same payouts make the same file.
    /// </summary>
    /// <param name="currency">Of the payouts; null for all, where the format takes more than one.</param>
    public async Task<ExportResult> MakeAsync(Store store, string runId, PayoutFile format, string? currency, string actor, CancellationToken cancel)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await TryAsync(store, runId, format, currency, actor, cancel);
            }
            // Somebody else exported or settled a payout of it between the reading and the writing: what is left is read anew.
            catch (StalePayoutException) when (tries < RaceTriesMax)
            {
            }
            catch (DbException e) when (db.Dialect.IsUniqueViolation(e) && tries < RaceTriesMax)
            {
            }
        }
    }

    private async Task<ExportResult> TryAsync(Store store, string runId, PayoutFile format, string? currency, string actor, CancellationToken cancel)
    {
        if (await db.OneAsync<RunRow>(ReadRun, new { storeId = store.Id, runId }, cancel) is not { } run)
        {
            return new ExportResult.NoSuchRun();
        }

        // Want of money at Stripe stops what goes by Stripe, and no file.
        if (run.StoppedFor is not (null or "balance") || run.CancelledAt is not null)
        {
            return new ExportResult.Stopped();
        }

        var debtor = format == PayoutFile.Sepa ? await settings.FindDebtorAsync(store, cancel) : null;
        if (format == PayoutFile.Sepa && debtor is null)
        {
            return new ExportResult.DebtorMissing();
        }

        var open = (await db.ManyAsync<Row>(ReadOpenRows, new { storeId = store.Id, runId }, cancel)).Select(row => FileRowOf(store, row)).ToList();
        var asked = open.Where(row => currency is null || row.Amount.Currency.Code == currency).ToList();
        var fits = asked.Where(row => format.Refusal(row) is null).ToList();
        if (fits.Count == 0)
        {
            return new ExportResult.Nothing(asked is [var first, ..] ? format.Refusal(first)! : "No manual payout of the run is open.");
        }

        var fresh = fits.Where(row => row.State == PayoutState.Approved).ToList();
        var candidates = fresh.Count > 0 ? fresh : fits;
        if (format.OneCurrency && candidates.Select(row => row.Amount.Currency.Code).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList() is { Count: > 1 } several)
        {
            return new ExportResult.CurrencyNeeded(several);
        }

        var chosen = candidates.Take(format.RowsMax).ToList();
        var leftOut = open.Count(row => row.State == PayoutState.Approved) - chosen.Count(row => row.State == PayoutState.Approved);
        return await HandOutAsync(store, runId, format, debtor, chosen, leftOut, actor, cancel);
    }

    private const string Columns =
        """
        SELECT x.id, x.format, x.made_at, x.made_day, x.made_by, x.row_count, x.sums, x.debtor_sealed, x.file_hash,
            (SELECT CAST(COUNT(*) AS bigint) FROM payout_export_rows r JOIN payouts p ON p.store_id = r.store_id AND p.id = r.payout_id
             WHERE r.store_id = x.store_id AND r.export_id = x.id AND p.state NOT IN ('approved', 'sending', 'unknown')) AS settled
        FROM payout_exports x
        """;

    private const string FindByFacts = Columns + " WHERE x.store_id = @storeId AND x.run_id = @runId AND x.facts_hash = @factsHash";

    private async Task<ExportResult> HandOutAsync(
        Store store, string runId, PayoutFile format, Debtor? debtor, List<FileRow> chosen, int leftOut, string actor, CancellationToken cancel)
    {
        // Names stand in one format only, and no other file is another one for the sake of them: a bank knows a file that comes twice by its id.
        var ofRows = chosen.Select(row => format == PayoutFile.Plain ? $"{row.PayoutId}\t{row.Name}" : row.PayoutId);
        var factsHash = HashOf(string.Join('\n', [format.Name, $"{debtor?.Name}\t{debtor?.Iban}\t{debtor?.Bic}", .. ofRows]));
        if (await db.OneAsync<PayoutExport>(FindByFacts, new { storeId = store.Id, runId, factsHash }, cancel) is { } before)
        {
            return await AgainAsync(store, before, chosen, leftOut, actor, cancel);
        }

        var now = clock.GetUtcNow();
        var day = store.LocalDay(now);
        var export = new NewExport(
            store.Id, Ids.New(IdPrefix, now), runId, format.Name, now, day, actor, chosen.Count, SumsOf(chosen),
            debtor is null ? null : settings.Seal(store.Id, debtor), factsHash, FileHash: "");
        var bytes = format.Render(new FileFacts(export.Id, now, PayoutExport.DayOf(day), debtor), chosen);
        export = export with { FileHash = HashOf(bytes) };
        var exportedBefore = await db.InTransactionAsync(tx => WriteAsync(tx, export, chosen), cancel: cancel);
        return new ExportResult.Made(format, export.Id, bytes, exportedBefore, leftOut, Settled: 0);
    }

    private const string InsertExport =
        """
        INSERT INTO payout_exports (store_id, id, run_id, format, made_at, made_day, made_by, row_count, sums, debtor_sealed, facts_hash, file_hash)
        VALUES (@StoreId, @Id, @RunId, @Format, @MadeAt, @MadeDay, @MadeBy, @RowCount, @Sums, @DebtorSealed, @FactsHash, @FileHash)
        """;

    private const string InsertRows =
        """
        INSERT INTO payout_export_rows (store_id, export_id, payout_id)
        SELECT store_id, @exportId, id FROM payouts
        WHERE store_id = @storeId AND id IN @ids AND state IN ('approved', 'sending', 'unknown')
        """;

    private const string ReadFirstExport =
        """
        SELECT COALESCE(MIN(x.made_at), 0) FROM payout_export_rows r
        JOIN payout_exports x ON x.store_id = r.store_id AND x.id = r.export_id
        WHERE r.store_id = @storeId AND r.payout_id IN @ids
        """;

    private const string InsertDownload =
        "INSERT INTO payout_export_downloads (store_id, export_id, id, who, at) VALUES (@storeId, @exportId, @downloadId, @who, @now)";

    /// <summary>Writes an export, its payouts as sent where they were not, and that somebody has it. Returns when they were first exported, or null.</summary>
    private static async Task<DateTimeOffset?> WriteAsync(Tx tx, NewExport export, List<FileRow> chosen)
    {
        var fresh = chosen.Where(row => row.State == PayoutState.Approved).Select(row => row.PayoutId).ToList();
        await PayoutBook.BeginExportAsync(tx, export.StoreId, fresh, export.Id, export.MadeAt);
        var first = long.MaxValue;
        foreach (var ids in chosen.Select(row => row.PayoutId).Chunk(RowsAtOnceMax))
        {
            var at = await tx.OneAsync<long>(ReadFirstExport, new { storeId = export.StoreId, ids = new TextList(ids) });
            first = at > 0 ? Math.Min(first, at) : first;
        }

        await tx.DoAsync(InsertExport, export);
        foreach (var ids in chosen.Select(row => row.PayoutId).Chunk(RowsAtOnceMax))
        {
            if (await tx.DoAsync(InsertRows, new { storeId = export.StoreId, exportId = export.Id, ids = new TextList(ids) }) != ids.Length)
            {
                throw new StalePayoutException(ids[0]);
            }
        }

        await tx.DoAsync(
            InsertDownload,
            new { storeId = export.StoreId, exportId = export.Id, downloadId = Ids.New(DownloadPrefix, export.MadeAt), who = export.MadeBy, now = export.MadeAt });
        return first == long.MaxValue ? null : DateTimeOffset.FromUnixTimeMilliseconds(first);
    }

    private const string ReadOne = Columns + " WHERE x.store_id = @storeId AND x.run_id = @runId AND x.id = @exportId";

    private const string ReadRowsOfExport = Rows +
        """
         JOIN payout_export_rows r ON r.store_id = p.store_id AND r.payout_id = p.id
        WHERE r.store_id = @storeId AND r.export_id = @exportId
        ORDER BY p.id
        """;

    /// <summary>The file of an export once more, with what has been settled since.</summary>
    public async Task<ExportResult> FetchAsync(Store store, string runId, string exportId, string actor, CancellationToken cancel)
    {
        var args = new { storeId = store.Id, runId, exportId };
        if (await db.OneAsync<PayoutExport>(ReadOne, args, cancel) is not { } export)
        {
            return new ExportResult.NoSuchExport();
        }

        var rows = (await db.ManyAsync<Row>(ReadRowsOfExport, args, cancel)).Select(row => FileRowOf(store, row)).ToList();
        return await AgainAsync(store, export, rows, leftOut: 0, actor, cancel);
    }

    private async Task<ExportResult> AgainAsync(
        Store store, PayoutExport export, List<FileRow> rows, int leftOut, string actor, CancellationToken cancel)
    {
        var debtor = export.DebtorSealed is null ? null : settings.Open(store.Id, export.DebtorSealed);
        if (rows.Exists(row => row.Details is null) || (export.File == PayoutFile.Sepa && debtor is null))
        {
            return new ExportResult.NotAsItWas();
        }

        var bytes = export.File.Render(new FileFacts(export.Id, export.MadeAt, export.Day, debtor), rows);
        if (HashOf(bytes) != export.FileHash)
        {
            return new ExportResult.NotAsItWas();
        }

        var now = clock.GetUtcNow();
        await db.DoAsync(
            InsertDownload, new { storeId = store.Id, exportId = export.Id, downloadId = Ids.New(DownloadPrefix, now), who = actor, now }, cancel);
        return new ExportResult.Made(export.File, export.Id, bytes, export.MadeAt, leftOut, export.Settled);
    }

    private const string ReadMany = Columns + " WHERE x.store_id = @storeId AND x.run_id = @runId AND x.id > @after ORDER BY x.id ";

    /// <summary>The exports of a run, oldest first; null where the store has no such run.</summary>
    public async Task<IReadOnlyList<PayoutExport>?> ListAsync(Store store, string runId, string after, long take, CancellationToken cancel) =>
        await db.OneAsync<RunRow>(ReadRun, new { storeId = store.Id, runId }, cancel) is null
            ? null
            : await db.ManyAsync<PayoutExport>(ReadMany + db.Page, new { storeId = store.Id, runId, after, take }, cancel);

    private const string ReadDownloads =
        "SELECT id, who, at FROM payout_export_downloads WHERE store_id = @storeId AND export_id = @exportId AND id > @after ORDER BY id ";

    /// <summary>Who has had the file of an export, oldest first; null where the run has no such export.</summary>
    public async Task<IReadOnlyList<ExportDownload>?> DownloadsAsync(
        Store store, string runId, string exportId, string after, long take, CancellationToken cancel) =>
        await db.OneAsync<PayoutExport>(ReadOne, new { storeId = store.Id, runId, exportId }, cancel) is null
            ? null
            : await db.ManyAsync<ExportDownload>(ReadDownloads + db.Page, new { storeId = store.Id, exportId, after, take }, cancel);

    private FileRow FileRowOf(Store store, Row row) => new(
        row.Id, new Money(row.AmountMinor, Currency.Parse(row.Currency)), row.State,
        row.Sealed is null ? null : methods.Open(store.Id, row.MethodId, row.Sealed), row.Name);

    private static string SumsOf(List<FileRow> rows) => JsonSerializer.Serialize(
        [
            .. rows.GroupBy(row => row.Amount.Currency).OrderBy(group => group.Key.Code, StringComparer.Ordinal)
                .Select(group => Amount.Of(group.Select(row => row.Amount).Aggregate((left, right) => left + right))),
        ],
        SumsJson.Default.ListAmount);

    private static string HashOf(string text) => HashOf(Encoding.UTF8.GetBytes(text));

    private static string HashOf(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private sealed record RunRow(string? StoppedFor, DateTimeOffset? CancelledAt);

    private sealed record Row(string Id, string Currency, long AmountMinor, string State, string MethodId, byte[]? Sealed, string Name);

    private sealed record NewExport(
        string StoreId, string Id, string RunId, string Format, DateTimeOffset MadeAt, long MadeDay, string MadeBy, long RowCount, string Sums,
        byte[]? DebtorSealed, string FactsHash, string FileHash);
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(List<Amount>))]
internal sealed partial class SumsJson : JsonSerializerContext;
