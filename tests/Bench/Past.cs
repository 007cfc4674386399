// The past of a store that has sold for a year: orders with everything the program writes for each, and the clicks on its links.
using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using Dapper;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using StorePlugin.Ambassadors;
using StorePlugin.Campaigns;
using StorePlugin.Data;
using StorePlugin.Demo;
using StorePlugin.Ledger;
using StorePlugin.Mail;
using StorePlugin.Orders;
using StorePlugin.Stores;
using StorePlugin.Webhooks;
using Evidence = StorePlugin.Orders.Evidence;

namespace StorePlugin.Bench;

/// <summary>
/// What a database was filled with. Orders are decided by the program's own functions and written as it writes them, so
/// that they can be verified, replayed and judged by other terms; only the way into the tables is another, since a
/// million webhooks take an hour. Of twenty orders nine carry a code, nine a click, one both and one neither; one in
/// twenty is refunded in part; a commission whose hold is over has been released.
/// </summary>
/// <param name="From">The first click; the first order comes a day later.</param>
/// <param name="Until">The end of the past: a day before it was made.</param>
internal sealed record Past(string Folder, int Orders, int Clicks, DateTimeOffset From, DateTimeOffset Until)
{
    private const ulong Seed = 20_262;
    private const int ProgressTimes = 10;

    // Retention drops clicks after 396 days and deliveries after 400: nothing of it may begin while something is measured.
    private static readonly TimeSpan Year = TimeSpan.FromDays(360);

    // A link counts for 30 days; an order of today must find the clicks that it names within them.
    private static readonly TimeSpan Lately = TimeSpan.FromDays(25);

    private static readonly TimeSpan RefundedAfter = TimeSpan.FromDays(3);

    /// <summary>The click of this number, as 128 bits that look like any others.</summary>
    public static string ClickId(long number) => "clk_" + Hex(number, salt: 1);

    /// <summary>The number of a click that a shopper of today may have come by; null where there are none.</summary>
    public long? RecentClick(long order)
    {
        var since = TimeProvider.System.GetUtcNow() - Lately;
        var first = since <= From ? 0 : (long)((since - From) / (Until - From) * Clicks);
        return first >= Clicks ? null : first + (long)(Mixed((ulong)order, salt: 2) % (ulong)(Clicks - first));
    }

    /// <summary>The past in this folder, which is filled if it is empty and kept for the next time.</summary>
    /// <exception cref="InvalidOperationException">The folder holds something else.</exception>
    public static async Task<Past> EnsureAsync(string folder, int orders, int clicks)
    {
        var note = Path.Combine(folder, "past.txt");
        if (File.Exists(note))
        {
            var parts = (await File.ReadAllTextAsync(note)).Split(' ').Select(part => long.Parse(part, CultureInfo.InvariantCulture)).ToArray();
            var past = new Past(
                folder, (int)parts[0], (int)parts[1], DateTimeOffset.FromUnixTimeMilliseconds(parts[2]), DateTimeOffset.FromUnixTimeMilliseconds(parts[3]));
            return past.Orders == orders && past.Clicks == clicks
                ? past
                : throw new InvalidOperationException($"{folder} holds a past of {Table.Of(past.Orders)} orders and {Table.Of(past.Clicks)} clicks: name another folder, or these numbers.");
        }

        Directory.CreateDirectory(folder);
        if (Directory.EnumerateFileSystemEntries(folder).Any())
        {
            throw new InvalidOperationException($"{folder} is not empty, and holds no past that was filled to its end.");
        }

        var made = await FillAsync(folder, orders, clicks, Year);
        await File.WriteAllTextAsync(
            note, string.Create(CultureInfo.InvariantCulture, $"{made.Orders} {made.Clicks} {made.From.ToUnixTimeMilliseconds()} {made.Until.ToUnixTimeMilliseconds()}"));
        return made;
    }

    /// <summary>A past of clicks alone in an empty folder, all of which may lead to an order of today.</summary>
    public static Task<Past> FillWithClicksAsync(string folder, int clicks) => FillAsync(folder, orders: 0, clicks, Lately - TimeSpan.FromDays(2));

    private static async Task<Past> FillAsync(string folder, int orders, int clicks, TimeSpan time)
    {
        var until = WholeSecond.Of(TimeProvider.System.GetUtcNow().AddDays(-1));
        var past = new Past(folder, orders, clicks, until - time, until);
        await Shop.PlantAsync(folder, past.From);
        await using var app = Shop.App(folder);
        var store = await app.Services.GetRequiredService<StoreDirectory>().FindByDomainAsync("shopify", Shop.Domain)
            ?? throw new UnreachableException("The store was just planted.");
        await past.FillAsync(store, app.Services.GetRequiredService<StoreKeys>());
        return past;
    }

    private async Task FillAsync(Store store, StoreKeys keys)
    {
        var started = Stopwatch.GetTimestamp();
        await using var connection = new SqliteConnection($"Data Source={Shop.Database(Folder)};Mode=ReadOnly;Pooling=False");
        var people = (await connection.QueryAsync<Person>("SELECT id, campaign_id FROM ambassadors ORDER BY name")).ToArray();
        await connection.CloseAsync();

        // The keys are read from the database once, which nobody else can open afterwards.
        _ = ShopperHashes.Of(new Shopper("1", null, null), store, keys);
        await using var rows = new BulkRows(Shop.Database(Folder), store);
        var used = new int[Clicks];
        var writing = new Writing(this, rows, store, keys, people, used);
        for (var number = 0; number < Orders; number++)
        {
            await writing.OrderAsync(number);
            Progress(number + 1, Orders, "orders");
        }

        await writing.EndAsync();
        for (var number = 0; number < Clicks; number++)
        {
            var person = PersonOf(people, number);
            DateTimeOffset? usedAt = used[number] == 0 ? null : OrderAt(used[number] - 1).AddSeconds(5);
            await rows.ClickAsync(ClickId(number), person.Id, person.CampaignId, ClickAt(number), number % 3 == 0 ? Referrer.None : Referrer.Social, usedAt);
            Progress(number + 1, Clicks, "clicks");
        }

        await rows.FinishAsync();
        Progress(1, 1, "sets of indexes");

        void Progress(int done, int all, string what)
        {
            if (done % Math.Max(1, all / ProgressTimes) == 0 || done == all)
            {
                Console.Error.WriteLine($"past: {Table.Of(done)} of {Table.Of(all)} {what}, {Table.Of(Stopwatch.GetElapsedTime(started).TotalSeconds)} s");
            }
        }
    }

    private DateTimeOffset ClickAt(long number) => WholeSecond.Of(From + ((Until - From) / Clicks * number));

    private DateTimeOffset OrderAt(long number) => WholeSecond.Of(From.AddDays(1) + ((Until - From.AddDays(1)) / Orders * number));

    /// <summary>The click that an order names: of the ten days before it.</summary>
    private long ClickOf(long order, Dice dice)
    {
        var last = (long)((OrderAt(order) - From) / (Until - From) * Clicks);
        return Math.Clamp(last - 1 - dice.Throw(Math.Max(1, Clicks / 36)), 0, Clicks - 1);
    }

    private static Person PersonOf(Person[] people, long click) => people[(int)(Mixed((ulong)click, salt: 3) % (ulong)people.Length)];

    private static string Hex(long number, ulong salt) =>
        string.Create(CultureInfo.InvariantCulture, $"{Mixed((ulong)number, salt):x16}{Mixed((ulong)number, salt + 100):x16}");

    // SplitMix64 over a number: the same number gives the same bits.
    private static ulong Mixed(ulong number, ulong salt)
    {
        unchecked
        {
            var mixed = (number * 0x9E3779B97F4A7C15) + (salt * 0xD1B54A32D192ED03);
            mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
            mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
            return mixed ^ (mixed >> 31);
        }
    }

    private sealed record Person(string Id, string CampaignId);

    private sealed record Release(string OrderId, long Revision, string AmbassadorId, Money Commission, DateTimeOffset At);

    /// <summary>Writes the orders in the order of their instants, and between them the releases whose time has come.</summary>
    /// <param name="used">For each click one more than the number of the first order that names it; 0: none does.</param>
    private sealed class Writing(Past past, BulkRows rows, Store store, StoreKeys keys, Person[] people, int[] used)
    {
        private static readonly Currency Euro = Currency.Parse("EUR");

        // Of which there is one, with one revision, and everybody is in it.
        private readonly CampaignAt _campaign = new(people[0].CampaignId, 1, past.From, null) { Terms = Shop.Terms };

        private readonly Dice _dice = new(Seed);
        private readonly Queue<Release> _releases = new();
        private readonly Dictionary<(string AmbassadorId, string Account, string Currency), long> _balances = [];
        private readonly HashSet<(string AmbassadorId, long Day)> _digests = [];

        public async Task OrderAsync(int number)
        {
            var at = past.OrderAt(number);
            await ReleaseAsync(at);

            var click = number % 20 is >= 9 and < 19 && past.Clicks > 0 ? past.ClickOf(number, _dice) : (long?)null;
            if (click is { } named && used[named] == 0)
            {
                used[named] = number + 1;
            }

            var order = Order(number, at, click);
            var shopper = new Shopper($"7{order.Id}", $"shopper.{order.Id}@example.com", null);
            var recorded = new RecordedOrder(order, ShopperHashes.Of(shopper, store, keys));
            var evidence = EvidenceOf(number, order, click);
            var settled = await VersionAsync(number, OrderState.Nothing, recorded, evidence);
            if (number % 20 == 7 && at < past.Until - RefundedAfter)
            {
                settled = await VersionAsync(number, settled.After, recorded with { Order = Refunded(order, number) }, evidence);
            }

            var releasedAt = settled.HoldUntil?.AddSeconds(1);
            var isReleased = releasedAt <= past.Until;
            if (isReleased)
            {
                _releases.Enqueue(new Release(
                    order.Id, settled.Revision + 1, settled.Receipt!.AmbassadorId!, new Money(settled.CommissionMinor, Euro), releasedAt!.Value));
            }

            await rows.OrderAsync(settled, BookedAt(order), BookedAt(settled.Facts!.Recorded.Order), isReleased ? releasedAt : null);
        }

        /// <summary>What is due by the end of the past, and what all of it comes to.</summary>
        public async Task EndAsync()
        {
            await ReleaseAsync(past.Until);
            foreach (var ((ambassadorId, account, currency), amount) in _balances)
            {
                await rows.BalanceAsync(ambassadorId, account, currency, amount);
            }
        }

        /// <summary>When a version is worked on that came a second before.</summary>
        private static DateTimeOffset BookedAt(Order order) => order.UpdatedAt.AddSeconds(5);

        /// <summary>Everything that is written when a version comes, but for what later versions write over.</summary>
        private async Task<SettledOrder> VersionAsync(int number, OrderState before, RecordedOrder recorded, Evidence evidence)
        {
            var (now, json) = (BookedAt(recorded.Order), recorded.ToJson());
            var version = new OrderEvent.Version(recorded, json, RecordedOrder.HashOf(json));
            var settled = before.Settle(version, before.With(version), evidence);
            await rows.VersionAsync(version, settled, now);
            foreach (var posting in settled.Postings(now))
            {
                await PostAsync(posting);
                await NotifyAsync(posting);
            }

            var receivedAt = now.AddSeconds(-1);
            await rows.DeliveryAsync(
                Hex((number * 2L) + settled.Revision, salt: 4), Ids.New("dlv", receivedAt), settled.Revision == 1 ? "orders/paid" : "orders/updated", receivedAt,
                settled.Outcome, now);
            return settled;
        }

        private async Task ReleaseAsync(DateTimeOffset until)
        {
            while (_releases.TryPeek(out var due) && due.At <= until)
            {
                _releases.Dequeue();
                var posting = new LedgerTransaction(
                    LedgerKind.Release, $"{due.OrderId}:{due.Revision}", Euro, due.At, "system", "The hold is over.",
                    LedgerTransaction.Move(due.AmbassadorId, due.OrderId, Account.Held, Account.Approved, due.Commission));
                await rows.ReleasedAsync(due.OrderId, due.Revision, due.At, posting.Actor);
                await PostAsync(posting);
            }
        }

        private Task PostAsync(LedgerTransaction posting)
        {
            foreach (var entry in posting.Entries)
            {
                var key = (entry.AmbassadorId, entry.Account, posting.Currency.Code);
                _balances[key] = _balances.GetValueOrDefault(key) + entry.AmountMinor;
            }

            return rows.TransactionAsync(Ids.New("ltx", posting.BookedAt), posting);
        }

        /// <summary>Whoever has more than before is told, once a day.</summary>
        private async Task NotifyAsync(LedgerTransaction posting)
        {
            foreach (var entry in posting.Entries.Where(entry => entry.AmountMinor > 0 && entry.AmbassadorId.Length > 0))
            {
                if (_digests.Add((entry.AmbassadorId, store.LocalDay(posting.BookedAt))))
                {
                    var day = LocalDay.Of(store, posting.BookedAt);
                    var notice = new MailNotice(MailNotice.OrderDigest, entry.AmbassadorId, day);
                    await rows.EffectAsync(
                        Ids.New("eff", posting.BookedAt), notice.Subject, notice.ToJson(), posting.BookedAt, LocalDay.DigestDue(store, day), "The mail was sent.");
                }
            }
        }

        private Order Order(int number, DateTimeOffset at, long? click)
        {
            var id = (4_000_000_000_000 + number).ToString(CultureInfo.InvariantCulture);
            var carriesCode = number % 20 is < 9 or 18;
            var mugs = (1 + _dice.Throw(3)) * 3995L;
            var scarf = 3000L + _dice.Throw(2000);
            return new Order
            {
                Id = id,
                Reference = $"#{id}",
                At = at,
                UpdatedAt = at,
                Currency = Euro,
                Paid = true,
                Lines =
                [
                    new OrderLine($"1{id}", "8801", LineKind.Product, mugs / 3995, mugs, mugs / 10, 0),
                    new OrderLine($"2{id}", "8802", LineKind.Product, 1, scarf, scarf / 10, 0),
                ],
                Codes = carriesCode ? [new OrderCode(Shop.Code(number), (mugs / 10) + (scarf / 10))] : [],
                References = click is { } reference ? [new OrderReference(ReferenceSource.LandingPage, ClickId(reference))] : [],
            };
        }

        private static Order Refunded(Order order, int number)
        {
            var (mugs, at) = (order.Lines[0], order.At + RefundedAfter);
            var unit = (mugs.GrossMinor - mugs.DiscountMinor) / mugs.Quantity;
            return order with
            {
                UpdatedAt = at,
                Refunds = [new Refund(string.Create(CultureInfo.InvariantCulture, $"9{number:D12}"), order.Id, at, Euro, [new RefundLine(mugs.Id, 1, unit)], 0)],
            };
        }

        // Each order of the past is the first one of its shopper.
        private Evidence EvidenceOf(int number, Order order, long? click)
        {
            var touches = ImmutableArray.CreateBuilder<Touch>(2);
            if (order.Codes is [var code])
            {
                touches.Add(TouchOf(people[number % Shop.Ambassadors], TouchKind.Code, code.Code, order.At, code.AmountMinor, past.From));
            }

            if (click is { } named)
            {
                touches.Add(TouchOf(PersonOf(people, named), TouchKind.Click, ClickId(named), past.ClickAt(named), 0, past.ClickAt(named)));
            }

            return touches.Count == 0 ? Evidence.None : new Evidence(touches.DrainToImmutable(), [_campaign]) { Customer = new CustomerAt(IsNew: true) };
        }

        // No shopper of the past is an ambassador.
        private Touch TouchOf(Person person, TouchKind kind, string evidence, DateTimeOffset at, long discountMinor, DateTimeOffset assignedAt) => new(
            kind, evidence, at, discountMinor, 0, person.Id, person.CampaignId, assignedAt, null, past.From, null)
        {
            IsOwn = false,
        };
    }
}
