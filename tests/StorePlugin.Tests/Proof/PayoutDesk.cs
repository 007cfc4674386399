// What people and workers do with the payouts of one store, whatever becomes of the program meanwhile, and what must be true of them.
using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using StorePlugin.Data;
using StorePlugin.Inbox;
using StorePlugin.Mail;
using StorePlugin.Payouts;
using StorePlugin.Payouts.Manual;
using StorePlugin.Payouts.Stripe;
using StorePlugin.Stores;
using StorePlugin.Tests.Payouts;
using StorePlugin.Tests.Rig;
using StorePlugin.Verification;
using StorePlugin.Webhooks.Stripe;

namespace StorePlugin.Tests.Proof;

/// <summary>
/// Keeps apart from the program what was earned and what the merchant's bank has paid, and compares. A failure that the program's life
/// was given is an error to whoever asked for something, and they ask again.
/// </summary>
internal sealed class PayoutDesk(PayoutProgram program, PayoutWorld world, Random random)
{
    private const string Ann = "ann";
    private const string Bob = "bob";
    private const string Secret = "whsec_payoutdesk00000001";

    // A history that is not over by then goes round in a circle.
    private const int RoundsMax = 3000;
    private const int MendingsMax = 10;

    /// <summary>How many decimals ISO 4217 gives a currency.</summary>
    private static readonly Dictionary<string, int> Decimals = new(StringComparer.Ordinal)
    {
        ["EUR"] = 2,
        ["HUF"] = 2,
        ["TWD"] = 2,
        ["JPY"] = 0,
        ["ISK"] = 0,
        ["UGX"] = 0,
        ["KWD"] = 3,
        ["BHD"] = 3,
    };

    private readonly Dictionary<(string Ambassador, string Currency), long> _earned = [];

    // Which payouts the merchant has given to their bank, and whether it paid.
    private readonly Dictionary<string, bool> _bank = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _seen = new(StringComparer.Ordinal);
    private readonly List<(string Id, string Json)> _unheard = [];
    private readonly List<(string Id, string Json)> _heard = [];
    private int _events;

    public PayoutWorld World => world;

    private StoreApp App => program.App;

    private Db Db => program.App.Db;

    private Store Store => world.Store;

    public static async Task<PayoutDesk> OpenAsync(PayoutProgram program, Random random)
    {
        var desk = new PayoutDesk(program, await program.NextStoreAsync(), random);
        await desk.Db.InTransactionAsync(tx => desk.App.Get<Credentials>().KeepAsync(
            tx, desk.Store.Id, CredentialKind.StripeWebhookSecrets, new Credential(Secret, null)));
        desk.TopUp();
        return desk;
    }

    /// <param name="twoPeopleFrom">In minor units of the euro.</param>
    /// <param name="aloneTo">Likewise: a weekly schedule, due at once, approves up to it.</param>
    public Task SettleAsync(long? twoPeopleFrom, long? aloneTo)
    {
        var today = LocalDay.Of(Store, program.Clock.GetUtcNow());
        return Db.DoAsync(
            """
            INSERT INTO payout_settings (store_id, schedule, schedule_day, two_people_from_minor, approve_alone_to_minor, methods, updated_at, updated_by)
            VALUES (@id, @schedule, @day, @twoPeopleFrom, @aloneTo, 'paypal,iban', @now, 'test')
            """,
            new
            {
                id = Store.Id,
                schedule = aloneTo is null ? null : "weekly",
                day = aloneTo is null ? (long?)null : (((int)today.DayOfWeek + 6) % 7) + 1,
                twoPeopleFrom,
                aloneTo,
                now = program.Clock.GetUtcNow(),
            });
    }

    public Task<string> PayeeAsync(string account) => world.AmbassadorAsync(account, account);

    public async Task<string> ManualPayeeAsync(string email)
    {
        var id = await world.AmbassadorAsync(email, account: null);
        using var answer = await App.Http.PutAsJsonAsync(
            new Uri($"/api/v1/ambassadors/{id}/payout-method", UriKind.Relative), new JsonObject { ["kind"] = "paypal", ["email"] = email });
        Assert.That((int)answer.StatusCode, Is.EqualTo(200));
        return id;
    }

    public async Task EarnsAsync(string ambassadorId, string amount, string currency = "EUR")
    {
        await world.EarnsAsync(ambassadorId, amount, currency);
        var minor = decimal.Parse(amount, CultureInfo.InvariantCulture) * Power(Decimals[currency]);
        _earned[(ambassadorId, currency)] = _earned.GetValueOrDefault((ambassadorId, currency)) + (long)minor;
    }

    /// <summary>Puts so much into Stripe's account that nothing is short.</summary>
    public void TopUp(bool takeAway = false)
    {
        foreach (var currency in Decimals.Keys)
        {
            program.Stripe.TopUp(currency.ToLowerInvariant(), takeAway ? -Plenty : Plenty, program.Account);
        }
    }

    private const long Plenty = 1_000_000_000;

    // ---- people ----

    public Task<PayoutRun> PreviewAsync() => App.Get<PayoutRuns>().PreviewAsync(Store, Ann, CancellationToken.None);

    /// <summary>Approves a run as far as people can: by two where it takes two, and past differences, which a person clears.</summary>
    public async Task<RunApproval> ApproveAsync(string runId)
    {
        var runs = App.Get<PayoutRuns>();
        var approval = await runs.ApproveAsync(Store, runId, Ann, CancellationToken.None);
        if (approval is RunApproval.Differs)
        {
            await ClearAsync();
            approval = await runs.ApproveAsync(Store, runId, Ann, CancellationToken.None);
        }

        return approval is RunApproval.NeedsSecond or RunApproval.SamePerson ? await runs.ApproveAsync(Store, runId, Bob, CancellationToken.None) : approval;
    }

    /// <summary>A run of all that is payable, which may be nothing.</summary>
    public async Task<PayoutRun?> PayAsync()
    {
        var preview = await PreviewAsync();
        return preview.Lines.Any(line => line.WillPay) && await ApproveAsync(preview.Id) is RunApproval.Done done ? done.Run : null;
    }

    public async Task ClearAsync()
    {
        foreach (var difference in await App.Get<PayoutDifferences>().StoppingAsync(Store, CancellationToken.None))
        {
            await App.Get<PayoutDifferences>().ClearAsync(Store, difference.Id, Ann, "Looked at.", CancellationToken.None);
        }
    }

    public Task<IReadOnlyList<string>> RunsAsync() => Db.ManyAsync<string>("SELECT id FROM payout_runs WHERE store_id = @s ORDER BY created_at, id", new { s = Store.Id });

    public Task StopAsync(string runId) => Db.InTransactionAsync(tx => PayoutRuns.StopAsync(tx, Store.Id, runId, Ann, program.Clock.GetUtcNow()));

    public Task ResumeAsync(string runId) => App.Get<PayoutRuns>().ResumeAsync(Store.Id, runId, CancellationToken.None);

    public Task CancelAsync(string runId) => App.Get<PayoutRuns>().CancelAsync(Store, runId, Ann, CancellationToken.None);

    public async Task CancelOneAsync(string payoutId)
    {
        using var answer = await App.Http.PostAsync(new Uri($"/api/v1/payouts/{payoutId}/cancellation", UriKind.Relative), null);
        Assert.That((int)answer.StatusCode, Is.EqualTo(200).Or.EqualTo(409).Or.EqualTo(500));
    }

    /// <summary>Every payout whose absence is proved is sent again under a new key.</summary>
    public async Task SendAgainAsync()
    {
        foreach (var payout in (await PayoutsAsync()).Where(one => one.State == PayoutState.Unknown))
        {
            using var answer = await App.Http.PostAsync(new Uri($"/api/v1/payouts/{payout.Id}/attempts", UriKind.Relative), null);
            Assert.That((int)answer.StatusCode, Is.EqualTo(201).Or.EqualTo(409).Or.EqualTo(500));
        }
    }

    /// <summary>Exports what waits, and gives the file to the bank where it is one that the bank has not had.</summary>
    public async Task ExportAsync(string runId)
    {
        if (await App.Get<PayoutExports>().MakeAsync(Store, runId, PayoutFile.Plain, null, Ann, CancellationToken.None) is not ExportResult.Made made)
        {
            return;
        }

        foreach (var payoutId in Encoding.UTF8.GetString(made.Bytes).Split('\n').Skip(1).Where(line => line.Length > 0).Select(line => line.Split(',')[0].Trim('\uFEFF', '"')))
        {
            if (_bank.ContainsKey(payoutId))
            {
                Assert.That(made.ExportedBefore, Is.Not.Null, "whoever holds two files of one payout is told so");
            }
            else
            {
                _bank[payoutId] = random.Next(4) > 0;
            }
        }
    }

    /// <summary>Reads back what the bank says, in one file for each run.</summary>
    public async Task ReadResultsAsync()
    {
        foreach (var run in (await PayoutsAsync()).Where(one => _bank.ContainsKey(one.Id)).GroupBy(one => one.RunId, StringComparer.Ordinal))
        {
            var lines = run.Select(payout => $"{payout.Id},{(_bank[payout.Id] ? "paid" : "failed")},ref-{payout.Id[^6..]},");
            var file = ResultFile.OfCsv(string.Join('\n', ["payoutId,status,reference,reason", .. lines]));
            Assert.That(file.Findings, Is.Empty);
            await App.Get<PayoutResults>().ReadAsync(Store, run.Key, file, isDry: false, Ann, CancellationToken.None);
        }
    }

    /// <summary>Asks for a reversal of a payout, of a part or of all that is left.</summary>
    public Task<ReversalRequest> AskBackAsync(string payoutId, long? minor = null) =>
        App.Get<PayoutReversals>().AskAsync(Store, payoutId, minor, null, Ann, "A mistake.", CancellationToken.None);

    /// <summary>Begins to compare the last 200 days with Stripe's list.</summary>
    public Task<string?> BeginLookAsync()
    {
        var today = LocalDay.Of(Store, program.Clock.GetUtcNow());
        return App.Get<ReconcilePayouts>().BeginAsync(Store, LocalDay.Number(today.AddDays(-200)), LocalDay.Number(today), Ann, CancellationToken.None);
    }

    // ---- Stripe's events ----

    /// <summary>Makes the events of what has happened at Stripe since the last time.</summary>
    public void HearOfTransfers()
    {
        foreach (var transfer in program.Stripe.Transfers)
        {
            if (!_seen.TryGetValue(transfer.Id, out var reversed))
            {
                Add("transfer.created", transfer);
            }
            else if (reversed != transfer.Reversed)
            {
                Add("transfer.updated", transfer);
                Add("transfer.reversed", transfer);
            }

            _seen[transfer.Id] = transfer.Reversed;
        }
    }

    /// <summary>Delivers events to the program's own address, signed, in any order and each twice; what got no answer comes again.</summary>
    /// <param name="again">Whether all that was heard before comes once more.</param>
    public async Task DeliverAsync(bool again = false)
    {
        (string Id, string Json)[] wanted = again ? [.. _unheard, .. _heard] : [.. _unheard];
        (string Id, string Json)[] all = [.. wanted, .. wanted];
        random.Shuffle(all);
        foreach (var (id, json) in all)
        {
            if (await DeliverAsync(json) && _unheard.RemoveAll(one => one.Id == id) > 0)
            {
                _heard.Add((id, json));
            }
        }
    }

    private void Add(string type, FakeTransfer transfer) => _unheard.Add((
        $"evt_{++_events}",
        new JsonObject
        {
            ["id"] = $"evt_{_events}",
            ["object"] = "event",
            ["type"] = type,
            ["livemode"] = false,
            ["created"] = program.Clock.GetUtcNow().ToUnixTimeSeconds(),
            ["data"] = new JsonObject
            {
                ["object"] = new JsonObject
                {
                    ["id"] = transfer.Id,
                    ["object"] = "transfer",
                    ["transfer_group"] = transfer.Group,
                    ["metadata"] = transfer.PayoutId is null ? new JsonObject() : new JsonObject { ["payout_id"] = transfer.PayoutId },
                },
            },
        }.ToJsonString()));

    private async Task<bool> DeliverAsync(string json)
    {
        var body = Encoding.UTF8.GetBytes(json);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri($"/webhooks/stripe/{Store.Id}", UriKind.Relative)) { Content = new ByteArrayContent(body) };
        request.Headers.TryAddWithoutValidation("Stripe-Signature", StripeSignature.Sign(body, Encoding.UTF8.GetBytes(Secret), program.Clock.GetUtcNow()));
        using var answer = await App.Http.SendAsync(request);
        Assert.That((int)answer.StatusCode, Is.EqualTo(200).Or.EqualTo(503));
        return (int)answer.StatusCode == 200;
    }

    // ---- workers ----

    /// <summary>One round of every worker. Returns how much was done.</summary>
    public async Task<int> RoundAsync()
    {
        var done = await App.Get<InboxWorker>().RunOnceAsync(CancellationToken.None) + await App.Get<EffectWorker>().RunOnceAsync(CancellationToken.None);
        await App.Get<GoOnWithRuns>().RunOnceAsync(CancellationToken.None);
        await App.Get<PayoutSchedule>().RunOnceAsync(CancellationToken.None);
        return done + await App.Get<ReconcilePayouts>().RunOnceAsync(CancellationToken.None);
    }

    /// <summary>A second program's worker is at the same effects at the same moment, and one whose lease has run out is still at the first.</summary>
    public async Task RaceAsync()
    {
        var other = ActivatorUtilities.CreateInstance<EffectWorker>(App.Services);
        List<Task> works = [App.Get<EffectWorker>().RunOnceAsync(CancellationToken.None), other.RunOnceAsync(CancellationToken.None)];
        if (await PendingAsync() is { } effect)
        {
            works.Add(world.PerformAsync(effect, crashBeforeWrite: true));
        }

        await Task.WhenAll(works);
    }

    /// <summary>Lets the workers go on, from one instant at which something is due to the next.</summary>
    public async Task WorkForAsync(TimeSpan time)
    {
        var end = program.Clock.GetUtcNow() + time;
        for (var rounds = 0; ; rounds++)
        {
            Assert.That(rounds, Is.LessThan(RoundsMax), "the work comes to an end");
            if (await RoundAsync() > 0)
            {
                continue;
            }

            var now = program.Clock.GetUtcNow();
            var due = await Db.ManyAsync<DateTimeOffset>(
                """
                SELECT due_at FROM effects WHERE state = 'pending' AND due_at > @now
                UNION ALL SELECT due_at FROM deliveries WHERE state = 'pending' AND due_at > @now
                UNION ALL SELECT due_at FROM payout_reconciliations WHERE finished_at IS NULL AND due_at > @now
                ORDER BY due_at
                """,
                new { now });
            if (due is not [var next, ..] || next > end)
            {
                program.Clock.MoveTo(end);
                return;
            }

            program.Clock.MoveTo(next);
        }
    }

    // ---- what must be true ----

    public Task<IReadOnlyList<Payout>> PayoutsAsync() => Db.ManyAsync<Payout>(Payout.Columns + " WHERE store_id = @s ORDER BY id", new { s = Store.Id });

    /// <summary>Begins anew where the program has died; the books of the file are what they must be before anybody goes on.</summary>
    public async Task<bool> RestartIfDeadAsync()
    {
        if (!program.Life.IsOver)
        {
            return false;
        }

        await program.RestartAsync();
        world.GoOnWith(App);
        await AssertStepAsync();
        await AssertVerifiedAsync();
        return true;
    }

    /// <summary>At every instant: debits are credits, and no payout has two transfers.</summary>
    public async Task AssertStepAsync()
    {
        await world.AssertBooksAsync();
        Assert.That(program.Stripe.Transfers.Where(one => one.PayoutId is not null).Select(one => one.Group), Is.Unique, "a payout has one transfer at most");
    }

    /// <summary>Nothing fails any more, and people do what is theirs to do, until every payout is settled and nothing is payable.</summary>
    public async Task MendAsync()
    {
        program.Life.Spare();
        program.Stripe.Calm();
        program.Stripe.PayeesAreEmpty = false;
        await RestartIfDeadAsync();
        TopUp();
        for (var mendings = 0; ; mendings++)
        {
            Assert.That(mendings, Is.LessThan(MendingsMax), "payouts come to an end");
            HearOfTransfers();
            await DeliverAsync();
            foreach (var runId in await RunsAsync())
            {
                await ResumeAsync(runId);
                await ExportAsync(runId);
            }

            await ReadResultsAsync();
            await WorkForAsync(TimeSpan.FromHours(1));
            var isOpen = (await PayoutsAsync()).Any(one => one.IsOpen);
            if (isOpen)
            {
                await SendAgainAsync();
                await WorkForAsync(TimeSpan.FromHours(25));
                await world.ReconcileAsync();
            }
            else if (await PayAsync() is null)
            {
                break;
            }
        }

        // All that Stripe has ever said comes once more.
        HearOfTransfers();
        await DeliverAsync(again: true);
        await WorkForAsync(TimeSpan.FromMinutes(5));
        await AssertStepAsync();
    }

    /// <summary>In the end: one transfer for each payout that was sent and none for the others, each cent paid once, and nothing that differs.</summary>
    /// <param name="isForeign">Whether a transfer was made by somebody else, and a person has cleared it.</param>
    public async Task AssertEndAsync(Func<FakeTransfer, bool>? isForeign = null)
    {
        var transfers = program.Stripe.Transfers.Where(one => isForeign is null || !isForeign(one)).ToList();
        var payouts = await PayoutsAsync();
        foreach (var payout in payouts)
        {
            Assert.That(payout.State, Is.EqualTo("sent").Or.EqualTo("reversed").Or.EqualTo("refused").Or.EqualTo("cancelled"), payout.Problem);
            var isPaid = payout.State is "sent" or "reversed";
            if (payout.Provider == PayoutProvider.Manual)
            {
                Assert.That(isPaid, Is.EqualTo(_bank.GetValueOrDefault(payout.Id)), $"{payout.Id} is {payout.State}");
                continue;
            }

            var own = transfers.Where(one => one.Group == payout.Id).ToList();
            Assert.That(own, Has.Count.EqualTo(isPaid ? 1 : 0), $"{payout.Id} is {payout.State}: {payout.Problem}");
            if (isPaid)
            {
                Assert.That((own[0].Currency, own[0].Destination), Is.EqualTo((payout.Currency.ToLowerInvariant(), payout.Destination)));
                Assert.That(StripeTable.Value(own[0].Currency, own[0].Amount), Is.EqualTo(Value(payout.Currency, payout.AmountMinor)));
                Assert.That(StripeTable.Value(own[0].Currency, own[0].Reversed), Is.EqualTo(Value(payout.Currency, payout.ReversedMinor)));
            }
        }

        Assert.That(transfers.Select(one => one.Group), Is.SubsetOf(payouts.Select(one => one.Id)));
        await AssertPaidAsync(payouts);
        await AssertVerifiedAsync();
        Assert.That(
            (await world.ReconcileAsync()).Where(one => DifferenceKind.Stops(one.Kind)).Select(one => one.Words), Is.Empty, "the books and Stripe's list agree");
    }

    private async Task AssertPaidAsync(IReadOnlyList<Payout> payouts)
    {
        foreach (var ((ambassador, currency), earned) in _earned)
        {
            var own = payouts.Where(one => one.AmbassadorId == ambassador && one.Currency == currency).ToList();
            var moved = program.Stripe.Transfers.Where(one => own.Any(payout => payout.Id == one.Group))
                .Sum(one => StripeTable.Value(one.Currency, one.Amount - one.Reversed));
            var byBank = own.Where(one => _bank.GetValueOrDefault(one.Id)).Sum(one => Value(currency, one.AmountMinor));
            var (approved, inPayout, paid) = await world.BalancesAsync(ambassador, currency);
            Assert.That(Value(currency, paid), Is.EqualTo(moved + byBank), "what was moved is what the books hold to be paid");
            Assert.That((approved + inPayout + paid, inPayout), Is.EqualTo((earned, 0L)), "what was earned is paid or carried over");
        }
    }

    /// <summary>Every check of the program's own; the orders and the campaign are planted without receipts and terms.</summary>
    private async Task AssertVerifiedAsync()
    {
        var found = await App.Get<Verify>().RunAsync(Store.Id, CancellationToken.None);
        Assert.That(found.Where(one => one.Check is not ("receipt-missing" or "campaign-revision")), Is.Empty);
    }

    private async Task<Effect?> PendingAsync() =>
        await Db.ManyAsync<string>(
            "SELECT subject FROM effects WHERE store_id = @s AND kind = 'send_transfer' AND state = 'pending' ORDER BY id DESC", new { s = Store.Id }) is [var subject, ..]
            ? await world.EffectAsync(subject)
            : null;

    /// <summary>What an amount in minor units is worth, by ISO 4217.</summary>
    private static decimal Value(string currency, long minor) => minor / (decimal)Power(Decimals[currency]);

    private static long Power(int decimals) => decimals == 0 ? 1 : 10 * Power(decimals - 1);
}
