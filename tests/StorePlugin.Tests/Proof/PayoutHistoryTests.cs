// Histories of payouts from seeds, by the hundred here and by the ten thousand on demand: each payout is made exactly once.
using System.Diagnostics;
using System.Globalization;
using StorePlugin.Data;
using StorePlugin.Payouts;
using StorePlugin.Tests.Payouts;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Proof;

/// <summary>
/// STOREPLUGIN_TEST_HISTORIES says how many, and STOREPLUGIN_TEST_SEED the first of their seeds. A failing test tells seed and steps;
/// ids are made anew each time, so that effects of one instant may come in another order.
/// </summary>
internal sealed class PayoutHistoryTests
{
    private const int HistoriesUsual = 160;
    private const int StepsOfHistory = 24;

    // As many stores as one program serves before the next begins on an empty database.
    private const int StoresMax = 40;

    // Of so many histories one more is played with something planted at its end.
    private const int PlantedEach = 10;
    private const int StepsBeforePlanting = 6;
    private const int ToldEach = 1000;

    private static int Histories => Number("STOREPLUGIN_TEST_HISTORIES") ?? HistoriesUsual;

    private static int FirstSeed => Number("STOREPLUGIN_TEST_SEED") ?? 1;

    [Test]
    public async Task Whatever_happens_each_payout_is_made_exactly_once()
    {
        var (deaths, payouts, transfers) = (0, 0, 0);
        await PlayAsync(Histories, async (program, seed, history) =>
        {
            await history.PlayAsync(StepsOfHistory);
            await history.Desk.MendAsync();
            await history.Desk.AssertEndAsync();
            deaths += history.Deaths;
            payouts += (await history.Desk.PayoutsAsync()).Count;
            transfers += program.Stripe.Transfers.Count;
        });
        await TestContext.Out.WriteLineAsync($"{payouts} payouts, {transfers} transfers; the program died {deaths} times");
    }

    [Test]
    public Task Whatever_is_planted_is_named_and_nothing_else() => PlayAsync(
        Math.Max(Histories / PlantedEach, Planted.Length),
        async (program, seed, history) =>
        {
            await history.PlayAsync(StepsBeforePlanting);
            await history.Desk.MendAsync();
            var (name, plant) = Planted[seed % Planted.Length];
            history.Steps.Add($"planted: {name}");
            var payout = await SentAsync(history.Desk);
            var (kind, subject) = await plant(program, history.Desk, payout);

            var open = await history.Desk.World.ReconcileAsync();

            // Of the bank's silence and of others' transfers the merchant is told, and nothing stops.
            var stopping = open.Where(one => DifferenceKind.Stops(one.Kind)).Select(one => (one.Kind, one.Subject));
            Assert.That(stopping, Is.EqualTo(DifferenceKind.Stops(kind) ? [(kind, subject)] : Array.Empty<(string, string)>()));
            Assert.That(open.Select(one => (one.Kind, one.Subject)), Has.Member((kind, subject)));
            await AssertStoppedAsync(program, history.Desk, DifferenceKind.Stops(kind));
        });

    private static readonly (string Name, Func<PayoutProgram, PayoutDesk, Payout, Task<(string Kind, string Subject)>> Plant)[] Planted =
    [
        ("a transfer that is not there", (program, _, payout) =>
        {
            program.Stripe.Lose(payout.TransferId!);
            return Task.FromResult((DifferenceKind.MissingAtStripe, payout.Id));
        }),
        ("a transfer of a payout that nobody knows", (program, _, _) =>
        {
            program.Stripe.AddTransfer(700, "eur", "acct_x", Ids.New("po", program.Clock.GetUtcNow()), program.Account);
            return Task.FromResult((DifferenceKind.MissingHere, program.Stripe.Transfers[^1].Id));
        }),
        ("a second transfer of a payout", (program, _, payout) =>
        {
            program.Stripe.AddTransfer(300, "eur", payout.Destination, payout.Id, program.Account);
            return Task.FromResult((DifferenceKind.Differs, program.Stripe.Transfers[^1].Id));
        }),
        ("a transfer of another amount", async (program, desk, _) =>
        {
            program.Stripe.Next(StripeFault.WrongAmount);
            await PaidAsync(desk, "acct_eve");
            return (DifferenceKind.Differs, program.Stripe.Transfers[^1].Id);
        }),
        ("a payee whom the books did not ask for", async (program, _, payout) =>
        {
            await program.App.Db.DoAsync("UPDATE payouts SET destination = 'acct_carl' WHERE id = @id", new { id = payout.Id });
            return (DifferenceKind.Differs, payout.TransferId!);
        }),
        ("a send of which nobody can tell for a day", async (program, desk, _) =>
        {
            program.Stripe.Next(StripeFault.StoredFault);
            await PaidAsync(desk, "acct_eve");
            await desk.WorkForAsync(TimeSpan.FromHours(25));
            return (DifferenceKind.Unknown, (await desk.PayoutsAsync()).Single(one => one.State == PayoutState.Unknown).Id);
        }),
        ("a reversal that Stripe knows nothing of", async (program, desk, payout) =>
        {
            await program.App.Db.DoAsync("UPDATE payouts SET state = 'reversed', reversed_minor = 1200 WHERE id = @id", new { id = payout.Id });
            return (DifferenceKind.Clearing, $"{LocalDayOf(program, desk)}-EUR");
        }),
        ("a transfer of another program's", (program, desk, _) =>
        {
            program.Stripe.AddTransfer(900, "eur", "acct_z", "po_1Q2w3E4r5T6y7U8i9O0p", program.Account);
            return Task.FromResult((DifferenceKind.Outside, $"{LocalDayOf(program, desk)}-EUR"));
        }),
        ("a bank that says nothing for a week", (program, desk, _) =>
        {
            var day = LocalDayOf(program, desk);
            program.Clock.Advance(TimeSpan.FromDays(8));
            return Task.FromResult((DifferenceKind.NoBankPayout, $"{day}-EUR"));
        }),
    ];

    private static long LocalDayOf(PayoutProgram program, PayoutDesk desk) => desk.World.Store.LocalDay(program.Clock.GetUtcNow());

    private static async Task PlayAsync(int histories, Func<PayoutProgram, int, PayoutHistory, Task> play)
    {
        var time = Stopwatch.StartNew();
        var played = 0;
        foreach (var seeds in Enumerable.Range(FirstSeed, histories).Chunk(StoresMax))
        {
            await using var program = await PayoutProgram.StartAsync();
            foreach (var seed in seeds)
            {
                var history = await PayoutHistory.OpenAsync(program, seed);
                try
                {
                    await play(program, seed, history);
                    played++;
                }
                catch
                {
                    await TestContext.Out.WriteLineAsync($"STOREPLUGIN_TEST_SEED={seed}\n{string.Join('\n', history.Steps)}");
                    throw;
                }
            }

            if (played % ToldEach == 0)
            {
                await TestContext.Progress.WriteLineAsync(Told(played, time));
            }
        }

        await TestContext.Out.WriteLineAsync(Told(played, time));
    }

    private static string Told(int played, Stopwatch time) =>
        string.Create(CultureInfo.InvariantCulture, $"{played} histories in {time.Elapsed.TotalSeconds:0} s");

    private static async Task<Payout> SentAsync(PayoutDesk desk)
    {
        await PaidAsync(desk, "acct_dan");
        var payout = (await desk.PayoutsAsync())[^1];
        Assert.That(payout.State, Is.EqualTo(PayoutState.Sent));
        return payout;
    }

    private static async Task PaidAsync(PayoutDesk desk, string account)
    {
        await desk.EarnsAsync(await desk.PayeeAsync(account), "50.00");
        Assert.That((await desk.PayAsync())!.Payouts, Has.Count.EqualTo(1));
        await desk.RoundAsync();
    }

    /// <summary>What stops does so until a person has cleared it.</summary>
    private static async Task AssertStoppedAsync(PayoutProgram program, PayoutDesk desk, bool stops)
    {
        await desk.EarnsAsync(await desk.PayeeAsync("acct_fay"), "30.00");
        var preview = await desk.PreviewAsync();
        var approval = await program.App.Get<PayoutRuns>().ApproveAsync(desk.World.Store, preview.Id, "bob", default);
        Assert.That(approval is RunApproval.Differs, Is.EqualTo(stops));
        await desk.ClearAsync();
        Assert.That(await desk.ApproveAsync(preview.Id), Is.InstanceOf<RunApproval.Done>().Or.InstanceOf<RunApproval.AlreadyApproved>());
    }

    private static int? Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var number) ? number : null;
}
