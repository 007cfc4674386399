// Every way that a payout takes, with the program dying at each point of it in turn, and with each point failing once.
using StorePlugin.Payouts;
using StorePlugin.Tests.Payouts;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Proof;

/// <summary>A way: what stands before it, and its steps.</summary>
/// <param name="Prepare">Nothing fails in it.</param>
/// <param name="Steps">Each is what one person asks for or one worker does; whoever gets an error does it again.</param>
internal sealed record PayoutPath(string Name, Func<PayoutDesk, PayoutProgram, Task> Prepare, params IReadOnlyList<Func<PayoutDesk, PayoutProgram, Task>> Steps)
{
    public override string ToString() => Name;
}

internal sealed class PayoutDeathTests
{
    // A path that has more points than that never ends.
    private const int PointsMax = 400;

    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan AlmostTwentyHours = TimeSpan.FromHours(19.9);
    private static readonly TimeSpan Days = TimeSpan.FromHours(28);

    private static readonly PayoutPath[] Paths =
    [
        new("preview, approval, sending, settlement", EarnedAsync, Preview, Approve, Work),
        new("two people", async (desk, program) =>
            {
                await desk.SettleAsync(twoPeopleFrom: 100, aloneTo: null);
                await EarnedAsync(desk, program);
            },
            Preview, Approve),
        new("a scheduled run", async (desk, program) =>
            {
                await desk.SettleAsync(twoPeopleFrom: null, aloneTo: 1_000_000);
                await EarnedAsync(desk, program);
            },
            Round),
        new("a cancelled run", ApprovedAsync, Cancel, Round),
        new("a run that is stopped and goes on", ApprovedAsync, Stop, Round, Resume, Round),
        new("too little money, seen before", EarnedAsync, TakeMoney, Preview, Approve, Round, BringMoney, Round, Round),
        new("too little money, told by a refusal", async (desk, program) =>
            {
                program.Stripe.TellsBalance = false;
                await ApprovedAsync(desk, program);
            },
            TakeMoney, Round, BringMoney, Resume, Round),
        new("an export and what came of it", async (desk, _) =>
            {
                foreach (var name in (string[])["cleo", "dan", "eve"])
                {
                    await desk.EarnsAsync(await desk.ManualPayeeAsync($"{name}@example.com"), "70.00");
                }
            },
            Preview, Approve, Export, Export, Results, Results),
        new("a lost answer", async (desk, program) =>
            {
                await ApprovedAsync(desk, program);
                program.Stripe.Next(StripeFault.DropAfterCommit);
            },
            Work),
        new("answers that are lost for a day", async (desk, program) =>
            {
                await ApprovedAsync(desk, program);
                program.Stripe.Next(StripeFault.DropAfterCommit);
                await desk.RoundAsync();
                program.Clock.Advance(AlmostTwentyHours);
                program.Stripe.Next([.. Enumerable.Repeat(StripeFault.RateLimit, 4)]);
            },
            Work),
        new("an answer that tells nothing, and a look-up that finds nothing", async (desk, program) =>
            {
                await ApprovedAsync(desk, program);
                program.Stripe.Next(StripeFault.StoredFault);
                await desk.RoundAsync();
                program.Clock.Advance(AlmostTwentyHours);
            },
            Wait, Again, Work),
        new("a reversal", SentAsync, AskPart, Work, AskRest, Work),
        new("events", SentAsync, ByHand, Hear, Work),
        new("a comparison with Stripe and its clearance", async (desk, program) =>
            {
                await SentAsync(desk, program);
                program.Stripe.AddTransfer(700, "eur", "acct_x", "po_0195522f4b4070008123456789abcdef", program.Account);
            },
            Compare, Clear, Earn, Pay, Work),
    ];

    private PayoutProgram _program = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => _program = await PayoutProgram.StartAsync();

    [OneTimeTearDown]
    public ValueTask StopAsync() => _program.DisposeAsync();

    [TestCaseSource(nameof(Paths))]
    public Task Wherever_the_program_dies_each_payout_is_made_once(PayoutPath path) => WalkAsync(path, ends: true);

    [TestCaseSource(nameof(Paths))]
    public Task Whatever_fails_once_each_payout_is_made_once(PayoutPath path) => WalkAsync(path, ends: false);

    private async Task WalkAsync(PayoutPath path, bool ends)
    {
        for (var point = 1; ; point++)
        {
            Assert.That(point, Is.LessThan(PointsMax));
            var random = new Random(point);
            var desk = await PayoutDesk.OpenAsync(_program, random);
            await path.Prepare(desk, _program);
            _program.Life.FailAt(point, ends);
            var failed = "";
            var isMet = false;
            try
            {
                for (var step = 0; step < path.Steps.Count; step++)
                {
                    var error = await TryAsync(path.Steps[step], desk);
                    var isNow = _program.Life.WasMet && !isMet;
                    isMet |= _program.Life.WasMet;
                    failed = isNow ? $"step {step + 1}, {error}" : failed;
                    await desk.RestartIfDeadAsync();
                    await desk.AssertStepAsync();

                    // Whoever got no answer does it again.
                    step -= isNow ? 1 : 0;
                }

                await desk.MendAsync();
                await desk.AssertEndAsync(isForeign: transfer => transfer.Destination == "acct_x");
            }
            catch
            {
                await TestContext.Out.WriteLineAsync($"{path.Name}: point {point}, {failed}");
                throw;
            }

            if (!isMet)
            {
                await TestContext.Out.WriteLineAsync($"{point - 1} points");
                return;
            }
        }
    }

    private async Task<string> TryAsync(Func<PayoutDesk, PayoutProgram, Task> step, PayoutDesk desk)
    {
        try
        {
            await step(desk, _program);
            return "no error";
        }
        catch (Exception e) when (_program.Life.WasMet && ProgramLife.IsOf(e))
        {
            return e.Message;
        }
    }

    private static async Task EarnedAsync(PayoutDesk desk, PayoutProgram program)
    {
        await desk.EarnsAsync(await desk.PayeeAsync("acct_ann"), "50.00");
        await desk.EarnsAsync(await desk.PayeeAsync("acct_ben"), "40.00");
    }

    private static async Task ApprovedAsync(PayoutDesk desk, PayoutProgram program)
    {
        await EarnedAsync(desk, program);
        await desk.PayAsync();
    }

    private static async Task SentAsync(PayoutDesk desk, PayoutProgram program)
    {
        await ApprovedAsync(desk, program);
        await desk.WorkForAsync(Hour);
    }

    private static async Task<string> LastRunAsync(PayoutDesk desk) => (await desk.RunsAsync())[^1];

    private static async Task<Payout> SentOneAsync(PayoutDesk desk) => (await desk.PayoutsAsync()).First(one => one.AmountMinor == 5000);

    private static async Task Preview(PayoutDesk desk, PayoutProgram program) => await desk.PreviewAsync();

    private static async Task Approve(PayoutDesk desk, PayoutProgram program) => await desk.ApproveAsync(await LastRunAsync(desk));

    private static Task Work(PayoutDesk desk, PayoutProgram program) => desk.WorkForAsync(Hour);

    private static Task Wait(PayoutDesk desk, PayoutProgram program) => desk.WorkForAsync(Days);

    private static async Task Round(PayoutDesk desk, PayoutProgram program) => await desk.RoundAsync();

    private static Task Again(PayoutDesk desk, PayoutProgram program) => desk.SendAgainAsync();

    private static async Task Cancel(PayoutDesk desk, PayoutProgram program) => await desk.CancelAsync(await LastRunAsync(desk));

    private static async Task Stop(PayoutDesk desk, PayoutProgram program) => await desk.StopAsync(await LastRunAsync(desk));

    private static async Task Resume(PayoutDesk desk, PayoutProgram program) => await desk.ResumeAsync(await LastRunAsync(desk));

    private static async Task Export(PayoutDesk desk, PayoutProgram program) => await desk.ExportAsync(await LastRunAsync(desk));

    private static Task Results(PayoutDesk desk, PayoutProgram program) => desk.ReadResultsAsync();

    private static async Task AskPart(PayoutDesk desk, PayoutProgram program) => await desk.AskBackAsync((await SentOneAsync(desk)).Id, 1200);

    private static async Task AskRest(PayoutDesk desk, PayoutProgram program) => await desk.AskBackAsync((await SentOneAsync(desk)).Id);

    private static Task Hear(PayoutDesk desk, PayoutProgram program) => desk.DeliverAsync();

    private static Task Clear(PayoutDesk desk, PayoutProgram program) => desk.ClearAsync();

    private static async Task Earn(PayoutDesk desk, PayoutProgram program)
    {
        if ((await desk.PayoutsAsync()).Count == 2)
        {
            await desk.EarnsAsync(await desk.PayeeAsync("acct_carl"), "30.00");
        }
    }

    private static async Task Pay(PayoutDesk desk, PayoutProgram program) => await desk.PayAsync();

    private static Task TakeMoney(PayoutDesk desk, PayoutProgram program)
    {
        desk.TopUp(takeAway: true);
        return Task.CompletedTask;
    }

    private static Task BringMoney(PayoutDesk desk, PayoutProgram program)
    {
        desk.TopUp();
        return Task.CompletedTask;
    }

    private static async Task ByHand(PayoutDesk desk, PayoutProgram program)
    {
        desk.HearOfTransfers();
        var payout = await SentOneAsync(desk);
        if (program.Stripe.Transfers.Single(one => one.Id == payout.TransferId) is { Reversed: 0 })
        {
            program.Stripe.Reverse(payout.TransferId!, 1200);
        }

        desk.HearOfTransfers();
    }

    private static async Task Compare(PayoutDesk desk, PayoutProgram program)
    {
        program.Clock.Advance(Hour);
        await desk.BeginLookAsync();
        await desk.WorkForAsync(Hour);
        Assert.That((await desk.World.OpenAsync()).Where(one => DifferenceKind.Stops(one.Kind)).Select(one => one.Kind), Is.EqualTo(["missing_here"]).Or.Empty);
    }
}
