// Brings over which customers belong to which ambassadors; of the customers only keyed hashes are kept (rule F8).
using System.Diagnostics;
using StorePlugin.Campaigns;
using StorePlugin.Data;
using StorePlugin.Orders;
using StorePlugin.Stores;

namespace StorePlugin.Ambassadors;

/// <summary>What came of an import of bindings, or would come of it.</summary>
internal abstract record BindingResult
{
    /// <summary>What an import of the file would do.</summary>
    internal sealed record Planned(BindingPlan Plan) : BindingResult;

    /// <summary>Every row of the file stands here.</summary>
    /// <param name="Added">How many of them this import has written.</param>
    internal sealed record Done(string ImportId, long Added, BindingPlan Plan) : BindingResult;

    /// <summary>The file has findings, and nothing more was written.</summary>
    /// <param name="Added">0, unless somebody bound a customer of the file while it was written.</param>
    internal sealed record Refused(long Added, BindingPlan Plan) : BindingResult;

    internal sealed record CampaignUnknown : BindingResult;

    internal sealed record CampaignEnded : BindingResult;
}

/// <summary>
/// Idempotent by the key of customer, campaign and beginning: whatever a crash or a second upload leaves undone, the same file
/// completes, and nothing is written twice.
/// </summary>
internal sealed partial class BindingImport(Db db, StoreKeys keys, TimeProvider clock, ILogger<BindingImport> logger)
{
    // SQL Server takes 2,100 parameters.
    private const int KeysAtOnceMax = 1000;

    private const string ReadState = "SELECT state FROM campaigns WHERE store_id = @storeId AND id = @campaignId";

    /// <summary>Says what an import would do, and changes nothing.</summary>
    public async Task<BindingResult> PreviewAsync(Store store, string campaignId, BindingFile file, CancellationToken cancel) =>
        await RefusalAsync(store, campaignId, cancel) ?? new BindingResult.Planned(await PlanAsync(store, campaignId, file, cancel));

    /// <summary>Writes every binding that is not here yet, in short transactions; nothing at all when the file has a finding.</summary>
    /// <exception cref="UnreachableException">What was written is not what the file says: a fault of the program.</exception>
    public async Task<BindingResult> RunAsync(Store store, string campaignId, BindingFile file, string actor, CancellationToken cancel)
    {
        if (await RefusalAsync(store, campaignId, cancel) is { } refusal)
        {
            return refusal;
        }

        var importId = Ids.New("imp", clock.GetUtcNow());
        var (before, after, isRefused) = await ImportRun.CompleteAsync(
            db, () => PlanAsync(store, campaignId, file, cancel), plan => WriteAsync(store, campaignId, importId, plan.New, cancel));
        var added = after.AlreadyThere - before.AlreadyThere;
        if (isRefused)
        {
            return new BindingResult.Refused(added, after);
        }

        Log.Imported(logger, store.Id, importId, added, actor);
        return new BindingResult.Done(importId, added, after);
    }

    private async Task<BindingResult?> RefusalAsync(Store store, string campaignId, CancellationToken cancel) =>
        await db.OneAsync<string>(ReadState, new { storeId = store.Id, campaignId }, cancel) switch
        {
            null => new BindingResult.CampaignUnknown(),
            "ended" => new BindingResult.CampaignEnded(),
            _ => null,
        };

    private const string ReadPeople =
        "SELECT email_key AS text, id AS ambassador_id, state FROM ambassadors WHERE store_id = @storeId AND campaign_id = @campaignId AND email_key IN @keys";

    private const string ReadOwners =
        """
        SELECT c.code_key AS text, a.id AS ambassador_id, a.state FROM codes c
        JOIN ambassadors a ON a.store_id = c.store_id AND a.id = c.ambassador_id
        WHERE c.store_id = @storeId AND c.code_key IN @keys AND c.campaign_id = @campaignId
        """;

    private const string ReadSpans =
        """
        SELECT customer_key, ambassador_id, since_at, until_at FROM customer_bindings
        WHERE store_id = @storeId AND customer_key IN @keys AND campaign_id = @campaignId
        """;

    private async Task<BindingPlan> PlanAsync(Store store, string campaignId, BindingFile file, CancellationToken cancel)
    {
        var rows = file.Rows.Select(row => (row, CustomerKeysOf(store, row))).ToList();
        var people = await ReadAsync<OwnerRow>(ReadPeople, file.Rows.Select(row => row.AmbassadorEmailKey).OfType<string>());
        var owners = await ReadAsync<OwnerRow>(ReadOwners, file.Rows.Select(row => row.AmbassadorCodeKey).OfType<string>());
        var spans = await ReadAsync<SpanRow>(ReadSpans, rows.SelectMany(row => row.Item2));
        var known = new BindingKnown(
            people.ToDictionary(row => row.Text, row => row.Owner, StringComparer.Ordinal),
            owners.ToDictionary(row => row.Text, row => row.Owner, StringComparer.Ordinal),
            spans.ToLookup(row => row.CustomerKey, row => new BindingSpan(row.AmbassadorId, row.SinceAt, row.UntilAt), StringComparer.Ordinal));
        return BindingPlan.Decide(rows, file.Findings, known);

        async Task<List<T>> ReadAsync<T>(string sql, IEnumerable<string> wanted)
        {
            var found = new List<T>();
            foreach (var part in wanted.Distinct(StringComparer.Ordinal).Chunk(KeysAtOnceMax))
            {
                found.AddRange(await db.ManyAsync<T>(sql, new { storeId = store.Id, campaignId, keys = part }, cancel));
            }

            return found;
        }
    }

    /// <summary>The same hashes as an order's shopper has.</summary>
    private IReadOnlyList<string> CustomerKeysOf(Store store, BindingRow row) =>
    [
        .. row.CustomerId is { } id ? [keys.Hash(store, "customer", id)] : (string[])[],
        .. row.CustomerEmailKey is { } email ? [keys.Hash(store, "email", email)] : (string[])[],
    ];

    // What was written since the plan was made is not in it: a time that meets another is left out here, and found afterwards.
    private const string Insert =
        """
        INSERT INTO customer_bindings (store_id, customer_key, campaign_id, ambassador_id, since_at, until_at, origin)
        SELECT @storeId, @customerKey, @campaignId, @ambassadorId, @since, @until, @origin
        WHERE NOT EXISTS (SELECT 1 FROM customer_bindings o
            WHERE o.store_id = @storeId AND o.customer_key = @customerKey AND o.campaign_id = @campaignId
                AND o.since_at < COALESCE(@until, @never) AND COALESCE(o.until_at, @never) > @since)
        """;

    private async Task WriteAsync(Store store, string campaignId, string importId, IReadOnlyList<NewBinding> bindings, CancellationToken cancel)
    {
        for (var first = 0; first < bindings.Count;)
        {
            first += await WriteAsync(store, campaignId, importId, bindings, first, cancel);
        }
    }

    /// <summary>One short transaction; returns how many bindings it took, at least one.</summary>
    private Task<int> WriteAsync(Store store, string campaignId, string importId, IReadOnlyList<NewBinding> bindings, int first, CancellationToken cancel) =>
        db.InTransactionAsync(
            async tx =>
            {
                // Of two imports at once the second sees what the first has written.
                await CampaignLife.HoldAsync(tx, store.Id, campaignId);
                var started = clock.GetTimestamp();
                var next = first;
                do
                {
                    var (customerKey, span) = (bindings[next].CustomerKey, bindings[next].Span);
                    var written = await tx.DoAsync(
                        Insert,
                        new
                        {
                            storeId = store.Id,
                            customerKey,
                            campaignId,
                            ambassadorId = span.AmbassadorId,
                            since = span.Since,
                            until = span.Until,
                            origin = $"import:{importId}",
                            never = DateTimeOffset.MaxValue,
                        });
                    if (written == 1)
                    {
                        // Whatever came since then is the ambassador's, whether it arrived before the file or arrives after it.
                        await Customers.QueueAsync(tx, store, [customerKey], OrderMoment.Since(span.Since), "", clock.GetUtcNow());
                    }

                    next++;
                }
                while (next < bindings.Count && clock.GetElapsedTime(started) < ShortTransactions.Time);
                return next - first;
            },
            cancel: cancel);

    private sealed record OwnerRow(string Text, string AmbassadorId, string State)
    {
        public BindingOwner Owner => new(AmbassadorId, State == "ended");
    }

    private sealed record SpanRow(string CustomerKey, string AmbassadorId, DateTimeOffset SinceAt, DateTimeOffset? UntilAt);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Store {StoreId}: {ImportId} brought over {Rows} bindings of customers, by {Actor}")]
        public static partial void Imported(ILogger logger, string storeId, string importId, long rows, string actor);
    }
}
