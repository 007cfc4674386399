// Each rehearsal from its beginning to its end, through the same code as live, and what it comes to in numbers.
using StorePlugin.Rehearsals;
using StorePlugin.Verification;

namespace StorePlugin.Tests.Rehearsals;

internal sealed class ScenarioRunTests
{
    private RehearsalWorld _world = null!;

    [SetUp]
    public async Task StartAsync() => _world = await RehearsalWorld.StartAsync();

    [TearDown]
    public async Task StopAsync() => await _world.DisposeAsync();

    [TestCase("typical_month")]
    [TestCase("refund_wave")]
    [TestCase("leaked_code")]
    [TestCase("self_referral")]
    [TestCase("one_account")]
    public async Task Dump(string scenario)
    {
        var ended = await _world.RunAsync(scenario);
        foreach (var step in await _world.StepsAsync(ended))
        {
            TestContext.Out.WriteLine($"{step.Number} {step.At:yyyy-MM-dd} {step.Title}\n    {step.Outcome?.Replace("\n", "\n    ")}");
        }

        TestContext.Out.WriteLine(ended);
        if (ended.RehearsalStoreId is not null)
        {
            foreach (var one in (await _world.EarnedAsync(ended)).Values)
            {
                TestContext.Out.WriteLine(one);
            }

            foreach (var letter in await _world.App.Get<RehearsalLetters>().ListAsync(_world.Store, ended.Id, 100, default))
            {
                TestContext.Out.WriteLine($"{letter.Step} {letter.Mail} {letter.Recipient} {letter.Subject} {letter.Content.Length}");
            }
        }

        foreach (var finding in await _world.App.Get<Verify>().RunAsync(null, default))
        {
            TestContext.Out.WriteLine(finding);
        }

        Assert.That(ended.State, Is.EqualTo(RehearsalState.Finished), ended.Failure);
    }
}
