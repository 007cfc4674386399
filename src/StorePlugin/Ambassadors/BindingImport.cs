// Brings over which customers belong to which ambassadors; of the customers only keyed hashes are kept (rule F8).
using System.Diagnostics;
using StorePlugin.Data;
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
            db, () => PlanAsync(store, campaignId, file, cancel), plan => WriteAsync(store.Id, campaignId, importId, plan.New, cancel));
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

    private const string Insert =
        """
        INSERT INTO customer_bindings (store_id, customer_key, campaign_id, ambassador_id, since_at, until_at, origin)
        VALUES (@StoreId, @CustomerKey, @CampaignId, @AmbassadorId, @SinceAt, @UntilAt, @Origin)
        """;

    private Task WriteAsync(string storeId, string campaignId, string importId, IReadOnlyList<NewBinding> bindings, CancellationToken cancel) =>
        ShortTransactions.EachAsync(
            db,
            clock,
            Insert,
            bindings,
            binding =>
            [
                ("StoreId", storeId), ("CustomerKey", binding.CustomerKey), ("CampaignId", campaignId), ("AmbassadorId", binding.Span.AmbassadorId),
                ("SinceAt", binding.Span.Since), ("UntilAt", binding.Span.Until), ("Origin", $"import:{importId}"),
            ],
            cancel);

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
