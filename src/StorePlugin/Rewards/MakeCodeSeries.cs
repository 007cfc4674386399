// Performs the effect that makes the codes of a series in the store: one discount, and its codes in bulk.
using System.Diagnostics;
using System.Globalization;
using StorePlugin.Ambassadors;
using StorePlugin.Campaigns;
using StorePlugin.Data;
using StorePlugin.Inbox;
using StorePlugin.Stores;

namespace StorePlugin.Rewards;

/// <summary>
/// Each call is one step: the discount with its first code, then at most 250 codes at once, of which one request is in flight.
/// What was done is read from the rows and from the store, never remembered: before codes are added the discount is asked which of
/// them it has, so that a lost answer adds none twice. The discount may be used once, which Shopify counts for each of its codes (a
/// member of its staff says so: community.shopify.dev/t/12269, as do vendors of bulk codes); were that to change, shoppers would be
/// refused at checkout, and nobody would be credited wrongly.
/// </summary>
internal sealed class MakeCodeSeries(Db db, StoreDirectory stores, Platforms platforms, TimeProvider clock) : IEffectHandler
{
    // As many as Shopify takes at once.
    private const int AtOnceMax = 250;

    // What merchants see in front of the effect's id; it holds no person's name.
    private const string Title = "StorePlugin series";

    // A code that the store refuses is replaced once; what it refuses then as well is noted.
    private const long RefusedMax = 2;

    private static readonly TimeSpan LeastWait = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan MostWait = TimeSpan.FromMinutes(5);

    // Longer than this nothing takes that will still come to an end by itself.
    private static readonly TimeSpan BulkTimeMax = TimeSpan.FromHours(1);

    public string Kind => Effect.Kinds.MakeCodeSeries;

    public async Task<EffectResult> PerformAsync(Effect effect, CancellationToken cancel)
    {
        var store = await stores.GetAsync(effect.StoreId, cancel);
        if (!store.IsInstalled)
        {
            return new EffectResult.Done(Installation.UninstalledOutcome);
        }

        if (await db.OneAsync<Row>(Read, new { storeId = store.Id, id = effect.Subject }, cancel) is not { } series)
        {
            return new EffectResult.Refused($"There is no series {effect.Subject}.");
        }

        if (series.State is "ended" or "made")
        {
            return new EffectResult.Done(series.State == "made" ? "The codes had been made before." : "The series has ended, so no more codes are made.");
        }

        if (platforms.Find(store) is not { } platform)
        {
            return Refused(effect, $"The program cannot create discounts in a store of {store.Platform}.");
        }

        return series switch
        {
            { DiscountId: null } => await CreateAsync(platform, store, effect, series, cancel),
            { DiscountId: { } discountId, BulkId: { } bulkId } => await LookAsync(platform, store, effect, series, discountId, bulkId, cancel),
            { DiscountId: { } discountId } => await AddAsync(platform, store, effect, series, discountId, cancel),
        };
    }

    private const string Read =
        "SELECT state, discount_id, discount_bp, bulk_id, bulk_at, code_count, made_count, created_at FROM code_series WHERE store_id = @storeId AND id = @id";

    private const string ReadWaiting =
        "SELECT code_key, code, number FROM series_codes WHERE store_id = @storeId AND series_id = @id AND state = 'waiting' ORDER BY number, code_key ";

    private const string CountRefused =
        "SELECT CAST(COUNT(*) AS bigint) FROM series_codes WHERE store_id = @storeId AND series_id = @id AND number = @number AND state = 'refused'";

    /// <summary>The discount with the first of the codes. That its effect's id is the key tells ours from another's when an answer is lost.</summary>
    private async Task<EffectResult> CreateAsync(IStorePlatform platform, Store store, Effect effect, Row series, CancellationToken cancel)
    {
        if (await WaitingAsync(store, effect, 1, cancel) is not [var first])
        {
            return new EffectResult.Refused("The series has no code that could be made.");
        }

        var request = new DiscountRequest(effect.Id, first.Code, Title, series.DiscountBp, series.CreatedAt) { UsageLimit = 1 };
        switch (await platform.CreateDiscountAsync(store, request, cancel))
        {
            case DiscountResult.Created created:
                return new EffectResult.PutOff(
                    "The discount was created with its first code.", TimeSpan.Zero,
                    async tx =>
                    {
                        await tx.DoAsync(Created, new { storeId = store.Id, id = effect.Subject, discountId = created.DiscountId });
                        await MarkAsync(tx, effect, [first.CodeKey]);
                        if (await tx.OneAsync<long>(IsWanted, new { storeId = store.Id, id = effect.Subject }) == 0)
                        {
                            // Ended, or its ambassador suspended, while it was being made.
                            await KeepCodeSeries.AskAsync(tx, store.Id, effect.Subject, clock.GetUtcNow());
                        }
                    });

            case DiscountResult.Taken taken:
                var refused = await db.OneAsync<long>(CountRefused, new { storeId = store.Id, id = effect.Subject, number = first.Number }, cancel) + 1;
                return refused < RefusedMax
                    ? new EffectResult.PutOff($"{taken.Reason} Another one is drawn.", TimeSpan.Zero, tx => ReplaceAsync(tx, effect, [first]))
                    : Refused(effect, taken.Reason);

            case var without:
                return WithoutAnswer(effect, CodesOf(without));
        }
    }

    private const string Created = "UPDATE code_series SET discount_id = @discountId WHERE store_id = @storeId AND id = @id";

    private const string IsWanted =
        """
        SELECT CAST(COUNT(*) AS bigint) FROM code_series s JOIN ambassadors a ON a.store_id = s.store_id AND a.id = s.ambassador_id
        WHERE s.store_id = @storeId AND s.id = @id AND s.state <> 'ended' AND a.state = 'approved'
        """;

    /// <summary>Adds the next codes, unless the store has some of them by a request whose answer was lost.</summary>
    private async Task<EffectResult> AddAsync(IStorePlatform platform, Store store, Effect effect, Row series, string discountId, CancellationToken cancel)
    {
        var waiting = await WaitingAsync(store, effect, AtOnceMax, cancel);
        if (waiting.Count == 0)
        {
            return new EffectResult.Done(
                string.Create(CultureInfo.InvariantCulture, $"{series.MadeCount} codes were made."),
                async tx =>
                {
                    await tx.DoAsync(Finish, new { storeId = store.Id, id = effect.Subject, problem = ProblemOf(series.CodeCount, series.MadeCount) });

                    // What the store's people changed meanwhile was not noted.
                    await KeepCodeSeries.AskAsync(tx, store.Id, effect.Subject, clock.GetUtcNow());
                });
        }

        var codes = waiting.Select(code => code.Code).ToList();
        switch (await platform.LookAtCodesAsync(store, discountId, codes, cancel))
        {
            case CodesLook.Gone:
                return Refused(effect, "The series' discount was deleted in the store's admin, so that no codes can be added to it.");

            case CodesLook.Without without:
                return WithoutAnswer(effect, without.Result);

            // The request that made these may be at work still.
            case CodesLook.Seen { Found: { Count: > 0 } found }:
                return new EffectResult.PutOff(
                    string.Create(CultureInfo.InvariantCulture, $"{found.Count} of the codes are in the store already."), LeastWait,
                    tx => MarkAsync(tx, effect, found.Select(CodeKey.Of)));
        }

        var now = clock.GetUtcNow();
        return await platform.AddCodesAsync(store, discountId, codes, cancel) switch
        {
            CodesResult.Begun begun => new EffectResult.PutOff(
                string.Create(CultureInfo.InvariantCulture, $"{codes.Count} codes are being made."), LeastWait,
                tx => tx.DoAsync(Begin, new { storeId = store.Id, id = effect.Subject, bulkId = begun.BulkId, now })),
            CodesResult.Added added => await SettleAsync(platform, store, effect, discountId, added, cancel),
            var without => WithoutAnswer(effect, without),
        };
    }

    private const string Finish = "UPDATE code_series SET state = 'made', bulk_id = NULL, problem = @problem WHERE store_id = @storeId AND id = @id AND state <> 'ended'";

    private const string Begin = "UPDATE code_series SET bulk_id = @bulkId, bulk_at = @now WHERE store_id = @storeId AND id = @id";

    private async Task<EffectResult> LookAsync(
        IStorePlatform platform, Store store, Effect effect, Row series, string discountId, string bulkId, CancellationToken cancel)
    {
        var elapsed = clock.GetUtcNow() - (series.BulkAt ?? clock.GetUtcNow());
        return await platform.LookAtAddedCodesAsync(store, bulkId, cancel) switch
        {
            CodesResult.Underway when elapsed < BulkTimeMax => new EffectResult.PutOff("The codes are being made.", WaitAfter(elapsed)),
            CodesResult.Underway => Failed(effect, "The store has been making the codes for an hour, and has not finished."),
            CodesResult.Forgotten => new EffectResult.PutOff("The store does not know the request any more; it is looked what became of it.", LeastWait, tx => ForgetAsync(tx, effect)),
            CodesResult.Added added => await SettleAsync(platform, store, effect, discountId, added, cancel),
            var without => WithoutAnswer(effect, without),
        };
    }

    /// <summary>As long again as it has taken so far, so that few questions are asked whatever it takes.</summary>
    private static TimeSpan WaitAfter(TimeSpan elapsed) => elapsed < LeastWait ? LeastWait : elapsed < MostWait ? elapsed : MostWait;

    /// <summary>Writes what came of a request. A code that is refused may be there by an earlier request of ours.</summary>
    private async Task<EffectResult> SettleAsync(
        IStorePlatform platform, Store store, Effect effect, string discountId, CodesResult.Added added, CancellationToken cancel)
    {
        if (added.Made.Count == 0 && added.NotMade.Count == 0)
        {
            return new EffectResult.Failed("The store has finished the request, and does not tell what became of the codes.", tx => ForgetAsync(tx, effect));
        }

        var there = new HashSet<string>(StringComparer.Ordinal);
        if (added.NotMade.Count > 0)
        {
            switch (await platform.LookAtCodesAsync(store, discountId, [.. added.NotMade.Select(refused => refused.Code)], cancel))
            {
                case CodesLook.Without without:
                    return WithoutAnswer(effect, without.Result);

                case CodesLook.Seen seen:
                    there.UnionWith(seen.Found.Select(CodeKey.Of));
                    break;
            }
        }

        var made = added.Made.Select(CodeKey.Of).Concat(there).ToList();
        var lost = added.NotMade.Where(refused => !there.Contains(CodeKey.Of(refused.Code))).ToList();
        return new EffectResult.PutOff(
            lost.Count == 0
                ? string.Create(CultureInfo.InvariantCulture, $"{made.Count} more codes were made.")
                : string.Create(CultureInfo.InvariantCulture, $"{made.Count} more codes were made; the store refuses {lost.Count}, as with: {lost[0].Why}"),
            TimeSpan.Zero,
            async tx =>
            {
                await ForgetAsync(tx, effect);
                await MarkAsync(tx, effect, made);
                if (lost.Count > 0)
                {
                    var keys = lost.Select(refused => CodeKey.Of(refused.Code)).ToHashSet(StringComparer.Ordinal);
                    var waiting = await tx.ManyAsync<WaitingCode>(ReadWaiting + db.Page, new { storeId = store.Id, id = effect.Subject, take = (long)AmbassadorSeries.CodesMax });
                    await ReplaceAsync(tx, effect, [.. waiting.Where(code => keys.Contains(code.CodeKey))]);
                }
            });
    }

    private const string Forget = "UPDATE code_series SET bulk_id = NULL, bulk_at = NULL WHERE store_id = @storeId AND id = @id";

    private static Task<int> ForgetAsync(Tx tx, Effect effect) => tx.DoAsync(Forget, new { storeId = effect.StoreId, id = effect.Subject });

    private const string MarkMade = "UPDATE series_codes SET state = 'made' WHERE store_id = @storeId AND code_key = @codeKey AND series_id = @id AND state = 'waiting'";

    private const string CountMade =
        """
        UPDATE code_series SET problem = NULL, state = CASE WHEN state = 'refused' THEN 'making' ELSE state END,
            made_count = (SELECT CAST(COUNT(*) AS bigint) FROM series_codes c WHERE c.store_id = @storeId AND c.series_id = @id AND c.state = 'made')
        WHERE store_id = @storeId AND id = @id
        """;

    private static async Task MarkAsync(Tx tx, Effect effect, IEnumerable<string> codeKeys)
    {
        await using var mark = new Prepared(tx, MarkMade);
        foreach (var codeKey in codeKeys)
        {
            await mark.DoAsync(("storeId", effect.StoreId), ("codeKey", codeKey), ("id", effect.Subject));
        }

        await tx.DoAsync(CountMade, new { storeId = effect.StoreId, id = effect.Subject });
    }

    private const string MarkRefused = "UPDATE series_codes SET state = 'refused' WHERE store_id = @storeId AND code_key = @codeKey AND series_id = @id AND state = 'waiting'";

    /// <summary>Somebody else has these codes: others take their numbers, each once.</summary>
    private async Task ReplaceAsync(Tx tx, Effect effect, IReadOnlyList<WaitingCode> codes)
    {
        var at = WholeSecond.Of(clock.GetUtcNow());
        foreach (var code in codes)
        {
            await tx.DoAsync(MarkRefused, new { storeId = effect.StoreId, codeKey = code.CodeKey, id = effect.Subject });
            if (await tx.OneAsync<long>(CountRefused, new { storeId = effect.StoreId, id = effect.Subject, number = code.Number }) < RefusedMax)
            {
                var drawn = await SeriesCode.NewAsync(tx, effect.StoreId, SeriesCode.PrefixIn(code.Code), 1);
                await AmbassadorSeries.WriteCodesAsync(tx, effect.StoreId, effect.Subject, drawn, code.Number, at);
            }
        }
    }

    /// <summary>What is wrong with a series that has fewer codes than it was to have, in a sentence; null where nothing is.</summary>
    public static string? ProblemOf(long codeCount, long madeCount) => codeCount == madeCount ? null
        : string.Create(
            CultureInfo.InvariantCulture, $"{codeCount - madeCount} of the codes could not be made: the store refuses them, and those that were drawn in their place.");

    private async Task<IReadOnlyList<WaitingCode>> WaitingAsync(Store store, Effect effect, long take, CancellationToken cancel) =>
        await db.ManyAsync<WaitingCode>(ReadWaiting + db.Page, new { storeId = store.Id, id = effect.Subject, take }, cancel);

    private static CodesResult CodesOf(DiscountResult result) => result switch
    {
        DiscountResult.Refused refused => new CodesResult.Refused(refused.Reason),
        DiscountResult.Unavailable unavailable => new CodesResult.Unavailable(unavailable.Reason, unavailable.Wait) { WaitsForMerchant = unavailable.WaitsForMerchant },
        DiscountResult.Failed failed => new CodesResult.Failed(failed.Reason),
        var other => throw new UnreachableException($"{other.GetType().Name} is no result."),
    };

    private static EffectResult WithoutAnswer(Effect effect, CodesResult result) => result switch
    {
        CodesResult.Refused refused => Refused(effect, refused.Reason),
        CodesResult.Unavailable { WaitsForMerchant: true } unavailable =>
            new EffectResult.PutOff(unavailable.Reason, unavailable.Wait, tx => NoteAsync(tx, effect, "making", unavailable.Reason)),
        CodesResult.Unavailable unavailable => new EffectResult.PutOff(unavailable.Reason, unavailable.Wait),
        CodesResult.Failed failed => Failed(effect, failed.Reason),
        var other => throw new UnreachableException($"{other.GetType().Name} is no result."),
    };

    private const string Note = "UPDATE code_series SET state = @state, problem = @problem WHERE store_id = @storeId AND id = @id AND state IN ('making', 'refused')";

    private static EffectResult.Refused Refused(Effect effect, string reason) => new(reason, tx => NoteAsync(tx, effect, "refused", reason));

    private static EffectResult.Failed Failed(Effect effect, string reason) => new(reason, tx => NoteAsync(tx, effect, "making", reason));

    private static Task<int> NoteAsync(Tx tx, Effect effect, string state, string problem) =>
        tx.DoAsync(Note, new { storeId = effect.StoreId, id = effect.Subject, state, problem = Retry.Fit(problem) });

    private sealed record Row(
        string State, string? DiscountId, long DiscountBp, string? BulkId, DateTimeOffset? BulkAt, long CodeCount, long MadeCount, DateTimeOffset CreatedAt);

    private sealed record WaitingCode(string CodeKey, string Code, long Number);
}
