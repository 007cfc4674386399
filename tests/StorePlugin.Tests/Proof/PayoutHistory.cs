// A history from a seed: people, workers, Stripe and the bank do what they do in any order, while things fail and the program dies.
using System.Globalization;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Proof;

internal sealed class PayoutHistory
{
    // Within as many commits and requests as that a failure comes, or the step is over before.
    private const int PointsMax = 16;

    // Wrong is what a person must decide, and to hang takes time and nothing else.
    private static readonly StripeFault[] Faults = [.. Enum.GetValues<StripeFault>().Except([StripeFault.WrongAmount, StripeFault.Hang])];

    private static readonly string[] Currencies = ["EUR", "EUR", "JPY", "KWD", "ISK", "HUF"];

    private readonly PayoutProgram _program;
    private readonly Random _random;
    private readonly List<string> _stripePayees = [];
    private string _manualPayee = "";
    private bool _isPoor;

    private PayoutHistory(PayoutProgram program, PayoutDesk desk, Random random) => (_program, Desk, _random) = (program, desk, random);

    public PayoutDesk Desk { get; }

    /// <summary>What was done so far, a line for each step.</summary>
    public List<string> Steps { get; } = [];

    /// <summary>How often the program died.</summary>
    public int Deaths { get; private set; }

    public static async Task<PayoutHistory> OpenAsync(PayoutProgram program, int seed)
    {
        var random = new Random(seed);
        var desk = await PayoutDesk.OpenAsync(program, random);
        var history = new PayoutHistory(program, desk, random);
        await desk.SettleAsync(twoPeopleFrom: random.Next(3) == 0 ? 4000 : null, aloneTo: random.Next(3) == 0 ? 100_000 : null);
        history._stripePayees.Add(await desk.PayeeAsync("acct_ann"));
        history._stripePayees.Add(await desk.PayeeAsync("acct_ben"));
        history._manualPayee = await desk.ManualPayeeAsync("cleo@example.com");
        foreach (var payee in (string[])[.. history._stripePayees, history._manualPayee])
        {
            await desk.EarnsAsync(payee, "50.00");
        }

        return history;
    }

    public async Task PlayAsync(int steps)
    {
        for (var step = 0; step < steps; step++)
        {
            var (name, act) = await NextAsync();
            var failure = "";
            if (_random.Next(3) == 0)
            {
                var (point, ends) = (_random.Next(1, PointsMax), _random.Next(2) == 0);
                failure = string.Create(CultureInfo.InvariantCulture, $" ({(ends ? "dies" : "fails")} at {point})");
                _program.Life.FailAt(point, ends);
            }

            Steps.Add($"{_program.Clock.GetUtcNow():yyyy-MM-dd HH:mm:ss} {name}{failure}");
            try
            {
                await act();
            }
            catch (Exception e) when (_program.Life.WasMet && ProgramLife.IsOf(e))
            {
                Steps[^1] += $": {e.Message}";
            }

            _program.Life.Spare();
            Deaths += await Desk.RestartIfDeadAsync() ? 1 : 0;
            await Desk.AssertStepAsync();
            _program.Clock.Advance(TimeSpan.FromSeconds(_random.Next(0, 1200)));
        }
    }

    private async Task<(string Name, Func<Task> Act)> NextAsync()
    {
        var runs = await Desk.RunsAsync();
        var run = runs.Count == 0 ? null : runs[Math.Max(0, runs.Count - 1 - _random.Next(2))];
        var payouts = await Desk.PayoutsAsync();
        var payout = payouts.Count == 0 ? null : payouts[_random.Next(payouts.Count)];
        switch (_random.Next(24))
        {
            case 0 or 1:
                return Earn();
            case 2 or 3:
                return ("a run of all that is payable", () => Desk.PayAsync());
            case 4:
                return ("a preview", () => Desk.PreviewAsync());
            case 5 when run is not null:
                return ($"{run} is approved", () => Desk.ApproveAsync(run));
            case 6 when run is not null:
                return ($"{run} is stopped", () => Desk.StopAsync(run));
            case 7 when run is not null:
                return ($"{run} goes on", () => Desk.ResumeAsync(run));
            case 8 when run is not null && _random.Next(2) == 0:
                return ($"{run} is cancelled", () => Desk.CancelAsync(run));
            case 9 when payout is not null && _random.Next(2) == 0:
                return ($"{payout.Id} is cancelled", () => Desk.CancelOneAsync(payout.Id));
            case 10 when run is not null:
                return ($"{run} is exported", () => Desk.ExportAsync(run));
            case 11:
                return ("results are read back", Desk.ReadResultsAsync);
            case 12 when payout is not null:
                long? part = payout.Currency == "EUR" && _random.Next(2) == 0 ? _random.Next(1, (int)payout.AmountMinor) : null;
                return ($"{payout.Id} is asked back, {(part is null ? "all" : part)}", () => Desk.AskBackAsync(payout.Id, part));
            case 13:
                return TakeBackByHand();
            case 14 or 15:
                return ("Stripe's events come", () => DeliverAsync(again: false));
            case 16:
                return ("Stripe's events come again", () => DeliverAsync(again: true));
            case 17:
                return Fault();
            case 18:
                return TurnPoor();
            case 19:
                return ("two workers are at it", Desk.RaceAsync);
            case 20:
                return ("a person sends again", Desk.SendAgainAsync);
            case 21:
                return AtOnce("25 hours pass and nothing runs", () => _program.Clock.Advance(TimeSpan.FromHours(25)));
            case 22:
                return ("25 hours pass", () => Desk.WorkForAsync(TimeSpan.FromHours(25)));
            default:
                return ("workers go on", () => Desk.WorkForAsync(TimeSpan.FromMinutes(_random.Next(1, 60))));
        }
    }

    private (string Name, Func<Task> Act) Earn()
    {
        var payee = _random.Next(3) is var number && number < 2 ? _stripePayees[number] : _manualPayee;
        var currency = payee == _manualPayee ? "EUR" : Currencies[_random.Next(Currencies.Length)];
        var amount = currency switch
        {
            "EUR" => $"{_random.Next(5, 90)}.{_random.Next(100):d2}",
            "JPY" or "ISK" => $"{_random.Next(1000, 9000)}",
            "KWD" => $"{_random.Next(3, 30)}.{_random.Next(1000):d3}",
            _ => $"{_random.Next(4000, 30_000)}.{_random.Next(100):d2}",
        };

        // Planted in one transaction: what fails in it has not been earned.
        return ($"{payee[^1..]} earns {amount} {currency}", EarnAsync);

        Task EarnAsync()
        {
            _program.Life.Spare();
            return Desk.EarnsAsync(payee, amount, currency);
        }
    }

    private (string Name, Func<Task> Act) TakeBackByHand()
    {
        var standing = _program.Stripe.Transfers.Where(one => one.Reversed < one.Amount).ToList();
        if (standing.Count == 0)
        {
            return AtOnce("nothing can be taken back", () => { });
        }

        var transfer = standing[_random.Next(standing.Count)];
        var (left, step) = (transfer.Amount - transfer.Reversed, StripeTable.Step(transfer.Currency));
        var amount = _random.Next(2) == 0 ? left : _random.NextInt64(1, (left / step) + 1) * step;
        return AtOnce($"{amount} {transfer.Currency} of {transfer.Id} are taken back at Stripe", () => _program.Stripe.Reverse(transfer.Id, amount));
    }

    private Task DeliverAsync(bool again)
    {
        Desk.HearOfTransfers();
        return Desk.DeliverAsync(again);
    }

    private (string Name, Func<Task> Act) Fault()
    {
        StripeFault[] faults = [.. Enumerable.Range(0, _random.Next(1, 6)).Select(_ => Faults[_random.Next(Faults.Length)])];
        return AtOnce($"next at Stripe: {string.Join(", ", faults)}", () => _program.Stripe.Next(faults));
    }

    private (string Name, Func<Task> Act) TurnPoor()
    {
        _isPoor = !_isPoor;
        var payeesAreEmpty = _random.Next(3) == 0;
        return AtOnce($"the account is {(_isPoor ? "empty" : "full")}{(payeesAreEmpty ? ", and the payees' are empty" : "")}", () =>
        {
            Desk.TopUp(takeAway: _isPoor);
            _program.Stripe.PayeesAreEmpty = payeesAreEmpty;
        });
    }

    private static (string Name, Func<Task> Act) AtOnce(string name, Action act)
    {
        return (name, ActAsync);

        Task ActAsync()
        {
            act();
            return Task.CompletedTask;
        }
    }
}
