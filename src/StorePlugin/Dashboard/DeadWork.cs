// Deliveries and effects that were given up: listed with their reason, and queued again when a person says so.
using StorePlugin.Data;
using StorePlugin.Inbox;
using StorePlugin.Pages;
using StorePlugin.Stores;

namespace StorePlugin.Dashboard;

/// <summary>What came of a request to try something again.</summary>
internal enum Replay
{
    Queued,

    /// <summary>It exists and is not dead, or what it held has been dropped since.</summary>
    NotDead,

    Unknown,
}

/// <summary>One row that was given up.</summary>
/// <param name="ReplayPath">Null where its content has been dropped and nothing is left to try.</param>
public sealed record DeadRow(string What, string Reason, long Attempts, Moment Since, string? ReplayPath);

internal sealed class DeadWork(Db db, Replays replays)
{
    /// <summary>How many rows of each kind a page shows.</summary>
    public const long ShownMax = 10;

    // What a page has room for; the API tells the whole.
    private const int ReasonLengthMax = 200;

    private const string ReadDeliveries =
        """
        SELECT id, source, topic, outcome, attempts, received_at, CASE WHEN body IS NULL THEN 'dropped' ELSE 'kept' END AS content
        FROM deliveries WHERE store_id = @storeId AND state = 'dead' ORDER BY id DESC
        """;

    private const string ReadEffects =
        """
        SELECT id, kind, outcome, attempts, created_at
        FROM effects WHERE store_id = @storeId AND state = 'dead' ORDER BY id DESC
        """;

    private const string CountDeliveries = "SELECT CAST(COUNT(*) AS bigint) FROM deliveries WHERE store_id = @storeId AND id = @id";
    private const string CountEffects = "SELECT CAST(COUNT(*) AS bigint) FROM effects WHERE store_id = @storeId AND id = @id";
    private const string CountMails = CountEffects + " AND kind = 'mail'";

    public static async Task<IReadOnlyList<DeadRow>> ReadDeliveriesAsync(Db db, Visitor visitor, CancellationToken cancel)
    {
        var time = new StoreTime(visitor.Store);
        var rows = await db.ManyAsync<DeliveryRow>($"{ReadDeliveries} {db.Page}", new { storeId = visitor.Store.Id, take = ShownMax }, cancel);
        return
        [
            .. rows.Select(row => new DeadRow(
                $"{Words.Platform(row.Source)}: {row.Topic}",
                Words.Cut(row.Outcome ?? "No reason was recorded.", ReasonLengthMax),
                row.Attempts,
                time.At(row.ReceivedAt),
                row.Content == "kept" ? $"/dashboard/deliveries/{Uri.EscapeDataString(row.Id)}/replays" : null)),
        ];
    }

    public static async Task<IReadOnlyList<DeadRow>> ReadEffectsAsync(Db db, Visitor visitor, CancellationToken cancel)
    {
        var time = new StoreTime(visitor.Store);
        var rows = await db.ManyAsync<EffectRow>($"{ReadEffects} {db.Page}", new { storeId = visitor.Store.Id, take = ShownMax }, cancel);
        return
        [
            .. rows.Select(row => new DeadRow(
                Words.EffectKind(row.Kind),
                Words.Cut(row.Outcome ?? "No reason was recorded.", ReasonLengthMax),
                row.Attempts,
                time.At(row.CreatedAt),
                $"/dashboard/effects/{Uri.EscapeDataString(row.Id)}/replays")),
        ];
    }

    public async Task<Replay> ReplayDeliveryAsync(Store store, string id, CancellationToken cancel) =>
        await replays.QueueDeliveryAsync(store, id, cancel) ? Replay.Queued : await WhyNotAsync(CountDeliveries, store, id, cancel);

    public async Task<Replay> ReplayEffectAsync(Store store, string id, CancellationToken cancel) =>
        await replays.QueueEffectAsync(store, id, cancel) ? Replay.Queued : await WhyNotAsync(CountEffects, store, id, cancel);

    /// <summary>The same for a mail; every other effect is unknown here.</summary>
    public async Task<Replay> ReplayMailAsync(Store store, string id, CancellationToken cancel) =>
        await replays.QueueMailAsync(store, id, cancel) ? Replay.Queued : await WhyNotAsync(CountMails, store, id, cancel);

    private async Task<Replay> WhyNotAsync(string count, Store store, string id, CancellationToken cancel) =>
        await db.OneAsync<long>(count, new { storeId = store.Id, id }, cancel) > 0 ? Replay.NotDead : Replay.Unknown;

    // Properties and no constructor: SQLite tells no type for a computed column that has no row, and Dapper then finds no
    // constructor that fits.
    private sealed record DeliveryRow
    {
        public string Id { get; init; } = "";

        public string Source { get; init; } = "";

        public string Topic { get; init; } = "";

        public string? Outcome { get; init; }

        public long Attempts { get; init; }

        public DateTimeOffset ReceivedAt { get; init; }

        public string Content { get; init; } = "";
    }

    private sealed record EffectRow(string Id, string Kind, string? Outcome, long Attempts, DateTimeOffset CreatedAt);
}
