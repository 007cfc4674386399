// Stripe's own library for .NET beside our client: the same requests go out, and the stand-in's answers mean the same to both.
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using StorePlugin.Payouts;
using StorePlugin.Payouts.Stripe;
using StorePlugin.Tests.Rig;
using Vendor = Stripe;

namespace StorePlugin.Tests.Payouts.Stripe;

internal sealed class StripeLibraryTests
{
    private PayoutWorld _world = null!;
    private HttpClient _http = null!;
    private Vendor.TransferService _library = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _world = await PayoutWorld.StartAsync();
        _http = new HttpClient();
        _library = new Vendor.TransferService(new Vendor.StripeClient(
            PayoutWorld.TestKey,
            httpClient: new Vendor.SystemNetHttpClient(_http, maxNetworkRetries: 0, enableTelemetry: false),
            apiBase: _world.Stripe.Address.ToString().TrimEnd('/')));
    }

    [TearDown]
    public async Task StopAsync()
    {
        _http.Dispose();
        await _world.DisposeAsync();
    }

    [Test]
    public async Task Our_frozen_request_is_the_one_that_the_library_would_send()
    {
        var attempt = await FrozenAsync();
        await OurClient.SendAsync(_world.Store.Id, PayoutWorld.TestKey, attempt, default);
        await TransferAsync(attempt.PayoutId, "of the library");

        var (ours, theirs) = (_world.Stripe.Sends[0], _world.Stripe.Sends[1]);
        using (Assert.EnterMultipleScope())
        {
            Assert.That((ours.Method, ours.PathAndQuery), Is.EqualTo((theirs.Method, theirs.PathAndQuery)));
            Assert.That(QueryHelpers.ParseQuery(ours.Body), Is.EquivalentTo(QueryHelpers.ParseQuery(theirs.Body)));
            Assert.That(ours.Headers["stripe-version"], Is.EqualTo(theirs.Headers["stripe-version"]));
            Assert.That(ours.Headers["authorization"], Is.EqualTo(theirs.Headers["authorization"]));
            Assert.That(theirs.Headers["content-type"].Split(';')[0], Is.EqualTo(ours.Headers["content-type"]));
            Assert.That((ours.Headers["idempotency-key"], theirs.Headers["idempotency-key"]), Is.EqualTo((attempt.IdempotencyKey, "of the library")));
        }
    }

    [Test]
    public async Task The_transfers_of_a_payout_are_read_alike()
    {
        var attempt = await FrozenAsync();
        await OurClient.SendAsync(_world.Store.Id, PayoutWorld.TestKey, attempt, default);
        await TransferAsync(attempt.PayoutId, "of the library");
        _world.Stripe.Reverse("tr_1", 1200);
        _world.Stripe.AddTransfer(700, "eur", "acct_ann", attempt.PayoutId);

        var ours = await OurClient.LookUpAsync(_world.Store.Id, PayoutWorld.TestKey, attempt.PayoutId, default);
        var theirs = await _library.ListAsync(new Vendor.TransferListOptions { TransferGroup = attempt.PayoutId, Limit = 100 });

        Assert.That(theirs.Data, Has.Count.EqualTo(3));
        Assert.That(((StripeLookUp.Found)ours).Transfers, Is.EqualTo(theirs.Select(Ours)));
        Assert.That(_world.Stripe.Requests[^2].PathAndQuery.Split('?')[0], Is.EqualTo(_world.Stripe.Requests[^1].PathAndQuery.Split('?')[0]));
    }

    [Test]
    public async Task A_request_that_is_repeated_makes_one_transfer_and_says_so()
    {
        var attempt = await FrozenAsync();
        var ours = (StripeAnswer.Accepted)await OurClient.SendAsync(_world.Store.Id, PayoutWorld.TestKey, attempt, default);
        var oursAgain = (StripeAnswer.Accepted)await OurClient.SendAsync(_world.Store.Id, PayoutWorld.TestKey, attempt, default);
        var theirs = await TransferAsync(attempt.PayoutId, "of the library");
        var theirsAgain = await TransferAsync(attempt.PayoutId, "of the library");

        Assert.That(oursAgain.Transfer, Is.EqualTo(ours.Transfer));
        Assert.That((ours.Headers.Replayed, oursAgain.Headers.Replayed), Is.EqualTo((false, true)));
        Assert.That(theirsAgain.Id, Is.EqualTo(theirs.Id));
        Assert.That(new[] { theirs, theirsAgain }.Select(transfer => transfer.StripeResponse.Headers.Contains("Idempotent-Replayed")), Is.EqualTo([false, true]));
        Assert.That(_world.Stripe.Transfers, Has.Count.EqualTo(2));
    }

    [TestCase(StripeFault.Conflict, typeof(StripeAnswer.Busy))]
    [TestCase(StripeFault.RateLimit, typeof(StripeAnswer.Busy))]
    [TestCase(StripeFault.BadKey, typeof(StripeAnswer.KeyRejected))]
    [TestCase(StripeFault.NoPermission, typeof(StripeAnswer.Refused))]
    [TestCase(StripeFault.StoredFault, typeof(StripeAnswer.Unknown))]
    [TestCase(StripeFault.FailedDependency, typeof(StripeAnswer.Unknown))]
    public async Task Each_refusal_of_the_stand_in_is_one_that_the_library_understands(StripeFault fault, Type outcome)
    {
        var attempt = await FrozenAsync();
        _world.Stripe.Next(fault, fault);

        var ours = await OurClient.SendAsync(_world.Store.Id, PayoutWorld.TestKey, attempt, default);
        var theirs = (await Assert.ThrowsAsync<Vendor.StripeException>(() => TransferAsync(attempt.PayoutId, "of the library")))!;

        Assert.That(ours, Is.TypeOf(outcome));
        Assert.That((long)theirs.HttpStatusCode, Is.EqualTo(ours.Status));
        Assert.That(theirs.StripeError.Message, Is.Not.Empty);
        Assert.That(new[] { ours.Headers.RequestId, theirs.StripeResponse.RequestId }, Is.All.StartsWith("req_"));
    }

    [TestCase("acct_ann", 1_000_001)]
    [TestCase("acct_gone", 5000)]
    public async Task A_refusal_for_good_has_the_same_code_and_words(string destination, long amount)
    {
        var frozen = await FrozenAsync();
        var attempt = frozen with { Body = frozen.Body.Replace("acct_ann", destination, StringComparison.Ordinal).Replace("amount=5000", $"amount={amount}", StringComparison.Ordinal) };

        var ours = (StripeAnswer.Refused)await OurClient.SendAsync(_world.Store.Id, PayoutWorld.TestKey, attempt, default);
        var theirs = (await Assert.ThrowsAsync<Vendor.StripeException>(() => TransferAsync(attempt.PayoutId, "of the library", destination, amount)))!;

        Assert.That((ours.Status, ours.Code, ours.Message), Is.EqualTo(((long?)theirs.HttpStatusCode, theirs.StripeError.Code, theirs.StripeError.Message)));
    }

    // Why answers are not read with the library's types: they fill a gap with nought, and for money that is an answer.
    [Test]
    public void An_answer_without_an_amount_is_a_transfer_of_nothing_to_the_library_and_none_to_us()
    {
        const string Json = """{"id":"tr_1","object":"transfer","currency":"eur","destination":"acct_ann"}""";

        Assert.That(Vendor.StripeEntity.FromJson<Vendor.Transfer>(Json).Amount, Is.Zero);
        Assert.That(StripeTransfer.Read(JsonDocument.Parse(Json).RootElement), Is.Null);
    }

    private StripeClient OurClient => _world.App.Get<StripeClient>();

    private async Task<PayoutAttempt> FrozenAsync() => (await _world.AttemptsAsync((await _world.ReservedAsync()).Id)).Single();

    private Task<Vendor.Transfer> TransferAsync(string payoutId, string key, string destination = "acct_ann", long amount = 5000) => _library.CreateAsync(
        new Vendor.TransferCreateOptions
        {
            Amount = amount,
            Currency = "eur",
            Destination = destination,
            TransferGroup = payoutId,
            Metadata = new() { ["payout_id"] = payoutId, ["attempt"] = "1" },
        },
        new Vendor.RequestOptions { IdempotencyKey = key });

    private static StripeTransfer Ours(Vendor.Transfer transfer) => new(
        transfer.Id,
        transfer.Amount,
        transfer.AmountReversed,
        transfer.Currency,
        transfer.DestinationId,
        transfer.Metadata.TryGetValue("attempt", out var attempt) ? long.Parse(attempt, System.Globalization.CultureInfo.InvariantCulture) : null);
}
