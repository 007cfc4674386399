// Brings ambassadors over from elsewhere, with the codes that their followers know and with what they are owed already.
using System.Diagnostics;
using StorePlugin.Campaigns;
using StorePlugin.Data;
using StorePlugin.Ledger;
using StorePlugin.Stores;
using StorePlugin.Webhooks;

namespace StorePlugin.Ambassadors;

/// <summary>What came of an import, or would come of it.</summary>
internal abstract record ImportResult
{
    /// <summary>What an import of the file would do.</summary>
    internal sealed record Planned(ImportPlan Plan) : ImportResult;

    /// <summary>Every row of the file stands here.</summary>
    /// <param name="Added">How many of them this import has written.</param>
    internal sealed record Done(string ImportId, long Added, ImportPlan Plan) : ImportResult;

    /// <summary>The file has findings, and nothing more was written.</summary>
    /// <param name="Added">0, unless somebody took a code or an e-mail of the file while it was written.</param>
    internal sealed record Refused(long Added, ImportPlan Plan) : ImportResult;

    internal sealed record CampaignUnknown : ImportResult;

    internal sealed record CampaignEnded : ImportResult;
}

/// <summary>
/// Idempotent by the unique keys of e-mail, code and opening balance: whatever a crash or a second upload leaves undone,
/// the same file completes, and nothing is written twice.
/// </summary>
internal sealed class AmbassadorImport(Db db, StoreKeys keys, TimeProvider clock)
{
    // Together with the time of a short transaction: behind it stand intake and every worker.
    private const int RowsAtOnceMax = 50;

    // SQL Server takes 2,100 parameters, and a row of the file has two keys.
    private const int KeysAtOnceMax = 1000;

    private const string ReadState = "SELECT state FROM campaigns WHERE store_id = @storeId AND id = @campaignId";

    /// <summary>Says what an import would do, and changes nothing.</summary>
    public async Task<ImportResult> PreviewAsync(Store store, string campaignId, ImportFile file, CancellationToken cancel) =>
        await RefusalAsync(store, campaignId, cancel) ?? new ImportResult.Planned(await PlanAsync(store, campaignId, file, cancel));

    /// <summary>Writes every row that is not here yet, in short transactions; nothing at all when the file has a finding.</summary>
    /// <param name="actor">Who brings them over; stands with each opening balance (rule H6).</param>
    /// <exception cref="UnreachableException">What was written is not what the file says: a fault of the program.</exception>
    public async Task<ImportResult> RunAsync(Store store, string campaignId, ImportFile file, string actor, CancellationToken cancel)
    {
        if (await RefusalAsync(store, campaignId, cancel) is { } refusal)
        {
            return refusal;
        }

        var importId = Ids.New("imp", clock.GetUtcNow());
        var (_, after, isRefused) = await ImportRun.CompleteAsync(
            db,
            () => PlanAsync(store, campaignId, file, cancel),
            async plan =>
            {
                for (var first = 0; first < plan.New.Count;)
                {
                    first += await WriteAsync(store, campaignId, importId, plan.New, first, actor, cancel);
                }
            });
        if (isRefused)
        {
            return new ImportResult.Refused(await CountAddedAsync(store, campaignId, importId, cancel), after);
        }

        // The balances come to what the file says, to the minor unit.
        if (after.Findings.Count > 0 || after.PostedMinor != file.OpeningMinor)
        {
            throw new UnreachableException($"The import {importId} wrote {after.PostedMinor} of {file.OpeningMinor}.");
        }

        return new ImportResult.Done(importId, await CountAddedAsync(store, campaignId, importId, cancel), after);
    }

    private async Task<ImportResult?> RefusalAsync(Store store, string campaignId, CancellationToken cancel) =>
        await db.OneAsync<string>(ReadState, new { storeId = store.Id, campaignId }, cancel) switch
        {
            null => new ImportResult.CampaignUnknown(),
            "ended" => new ImportResult.CampaignEnded(),
            _ => null,
        };

    // Both in one statement: between two of them somebody else might write a person with their code, and a row of the file
    // would seem to have a stranger's code.
    private const string ReadKnown =
        """
        SELECT 'person' AS kind, email_key AS text, id FROM ambassadors
        WHERE store_id = @storeId AND campaign_id = @campaignId AND email_key IN @emails
        UNION ALL
        SELECT 'owner', code_key, ambassador_id FROM codes WHERE store_id = @storeId AND code_key IN @codes
        UNION ALL
        SELECT 'owner', c.code_key, s.ambassador_id FROM series_codes c
        JOIN code_series s ON s.store_id = c.store_id AND s.id = c.series_id
        WHERE c.store_id = @storeId AND c.code_key IN @codes
        """;

    private const string ReadOpenings =
        """
        SELECT e.ambassador_id, e.amount_minor, e.currency FROM ledger_transactions t
        JOIN ledger_entries e ON e.store_id = t.store_id AND e.transaction_id = t.id
        WHERE t.store_id = @storeId AND t.kind = 'opening' AND t.source IN @sources AND e.account = 'approved'
        """;

    private async Task<ImportPlan> PlanAsync(Store store, string campaignId, ImportFile file, CancellationToken cancel)
    {
        var (people, owners) = (new Dictionary<string, string>(StringComparer.Ordinal), new Dictionary<string, string>(StringComparer.Ordinal));
        foreach (var rows in file.Rows.Chunk(KeysAtOnceMax))
        {
            var args = new { storeId = store.Id, campaignId, emails = rows.Select(row => row.EmailKey).ToArray(), codes = rows.Select(row => row.CodeKey).ToArray() };
            foreach (var found in await db.ManyAsync<Key>(ReadKnown, args, cancel))
            {
                (found.Kind == "person" ? people : owners).Add(found.Text, found.Id);
            }
        }

        var openings = new List<Opening>();
        foreach (var sources in people.Values.Select(OpeningBalance.SourceOf).Chunk(KeysAtOnceMax))
        {
            openings.AddRange(await db.ManyAsync<Opening>(ReadOpenings, new { storeId = store.Id, sources }, cancel));
        }

        var known = new ImportKnown(
            people,
            owners,
            openings.ToDictionary(row => row.AmbassadorId, row => new Money(row.AmountMinor, Currency.Parse(row.Currency)), StringComparer.Ordinal));
        return ImportPlan.Decide(file, known, CurrencyOf(store));
    }

    /// <summary>One short transaction; returns how many rows it took, at least one.</summary>
    private Task<int> WriteAsync(
        Store store, string campaignId, string importId, IReadOnlyList<ImportRow> rows, int first, string actor, CancellationToken cancel) =>
        db.InTransactionAsync(
            async tx =>
            {
                var started = clock.GetTimestamp();
                var now = clock.GetUtcNow();
                var campaign = await Joining.HoldCampaignAsync(tx, store.Id, campaignId, now)
                    ?? throw new InvalidOperationException($"The campaign {campaignId} is gone.");
                var openings = new List<OpeningBalance>();
                var next = first;
                do
                {
                    if (await WriteAsync(tx, store, campaign, campaignId, importId, rows[next], actor, now) is { } opening)
                    {
                        openings.Add(opening);
                    }

                    next++;
                }
                while (next < rows.Count && next - first < RowsAtOnceMax && clock.GetElapsedTime(started) < ShortTransactions.Time);
                await OpeningBalance.PostAsync(tx, store, openings);
                return next - first;
            },
            cancel: cancel);

    /// <summary>
    /// Writes one person. The code lives in the store already, with whatever discount it has there, so none is made; it
    /// counts from now on, since what it sold before is in the opening balance.
    /// </summary>
    private async Task<OpeningBalance?> WriteAsync(
        Tx tx, Store store, HeldCampaign campaign, string campaignId, string importId, ImportRow row, string actor, DateTimeOffset now)
    {
        var id = Ids.New("amb", now);
        var at = WholeSecond.Of(now);
        var person = new NewAmbassador(row.Name, row.Email, campaignId, row.Code, row.StripeAccount);
        var personHash = keys.Hash(store, "email", row.EmailKey);
        await Joining.WriteAsync(tx, store.Id, new Newcomer(id, person, personHash, row.JoinedAt ?? at, new Approval(actor), importId), now);
        var code = new NewCode(id, campaignId, row.Code, at, "none", AdoptedAt: at);
        await Joining.WriteCodeAsync(tx, store.Id, code);
        await Joining.OrderAsync(tx, store.Id, campaign, code, now);

        // They take part again from the import on, whenever they joined elsewhere.
        await Revival.ReviveAsync(tx, store, personHash, id, at, actor, now);
        if (row.OpeningMinor == 0)
        {
            return null;
        }

        var amount = new Money(row.OpeningMinor, CurrencyOf(store) ?? throw new UnreachableException("A balance was read without a currency."));
        return new OpeningBalance(id, amount, now, actor);
    }

    // By the key of e-mails, which begins with store and campaign.
    private const string CountAdded =
        "SELECT CAST(COUNT(*) AS bigint) FROM ambassadors WHERE store_id = @storeId AND campaign_id = @campaignId AND import_id = @importId";

    private Task<long> CountAddedAsync(Store store, string campaignId, string importId, CancellationToken cancel) =>
        db.OneAsync<long>(CountAdded, new { storeId = store.Id, campaignId, importId }, cancel);

    private static Currency? CurrencyOf(Store store) => Currency.TryParse(store.Currency, out var currency) ? currency : null;

    // By properties, not by position: SQLite has no type for a literal when there is no row.
    private sealed record Key
    {
        public string Kind { get; init; } = "";

        public string Text { get; init; } = "";

        public string Id { get; init; } = "";
    }

    private sealed record Opening(string AmbassadorId, long AmountMinor, string Currency);
}
