// What an account at Stripe means for a payee, by every state that Stripe tells.
using System.Text.Json;
using System.Text.Json.Nodes;
using StorePlugin.Payouts.Stripe;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Payouts.Stripe;

internal sealed class PayeeStateTests
{
    // transfers, payouts on, details submitted, currently due, past due, disabled reason.
    [TestCase("active", true, true, "", "", null, "ready")]
    [TestCase("active", true, true, "external_account", "", null, "ready")]
    [TestCase("active", false, true, "external_account", "", "requirements.past_due", "no_bank")]
    [TestCase("active", false, true, "", "", null, "no_bank")]
    [TestCase("inactive", false, false, "external_account", "", "requirements.past_due", "onboarding")]
    [TestCase("inactive", false, false, "", "individual.dob.day", "requirements.past_due", "onboarding")]
    [TestCase(null, false, false, "", "", null, "onboarding")]
    [TestCase("pending", false, true, "", "", "requirements.pending_verification", "pending")]
    [TestCase("pending", false, true, "", "", null, "pending")]
    [TestCase("inactive", false, true, "", "", "under_review", "pending")]
    [TestCase("inactive", false, true, "individual.verification.document", "", null, "restricted")]
    [TestCase("inactive", true, true, "", "individual.verification.document", "requirements.past_due", "restricted")]
    [TestCase("inactive", false, true, "", "", "action_required.requested_capabilities", "restricted")]
    [TestCase("inactive", false, true, "", "", "platform_paused", "restricted")]
    [TestCase("inactive", false, true, "", "", "listed", "restricted")]
    [TestCase("inactive", false, true, "", "", "a_reason_of_next_year", "restricted")]
    [TestCase("inactive", false, true, "", "", "rejected.fraud", "rejected")]
    [TestCase("active", true, true, "", "", "rejected.terms_of_service", "rejected")]
    [TestCase("inactive", false, false, "", "", "rejected.listed", "rejected")]
    [TestCase("a_state_of_next_year", true, true, "", "", null, "pending")]
    public void A_state_follows_from_the_account(
        string? transfers, bool payouts, bool submitted, string current, string past, string? reason, string state)
    {
        var payee = new FakePayee { Id = "acct_1", Transfers = transfers!, PayoutsEnabled = payouts, DetailsSubmitted = submitted, DisabledReason = reason };
        payee.CurrentlyDue.AddRange(current.Split(',', StringSplitOptions.RemoveEmptyEntries));
        payee.PastDue.AddRange(past.Split(',', StringSplitOptions.RemoveEmptyEntries));

        var read = Read(payee.ToJson());

        Assert.That(read.State, Is.EqualTo(state));
        Assert.That(read.Due, Is.EqualTo(payee.PastDue.Concat(payee.CurrentlyDue)));
    }

    [Test]
    public void An_account_that_was_deleted_is_closed() =>
        Assert.That(Read(new JsonObject { ["id"] = "acct_1", ["object"] = "account", ["deleted"] = true }).State, Is.EqualTo("closed"));

    [Test]
    public void What_is_missing_or_of_another_kind_is_no_fault()
    {
        foreach (var odd in (string[])["{}", """{"requirements":null,"capabilities":[],"external_accounts":{"data":[null,5,{}]},"settings":5,"country":7}"""])
        {
            Assert.That(PayeeState.Of(JsonElement.Parse(odd)).State, Is.EqualTo("onboarding"), odd);
        }
    }

    [Test]
    public void Another_bank_account_is_another_identity_and_its_order_or_state_is_not()
    {
        var payee = new FakePayee { Id = "acct_1" }.Ready();
        payee.Banks.Add(("DKB", "9999", "fp_2"));
        var before = Read(payee.ToJson());
        payee.Banks.Reverse();
        var turned = Read(payee.ToJson());
        payee.Banks[0] = ("DKB", "9999", "fp_3");
        var other = Read(payee.ToJson());

        Assert.That(before.Bank, Is.EqualTo("Sparkasse …1234, DKB …9999"));
        Assert.That(turned.BankIdentity, Is.EqualTo(before.BankIdentity));
        Assert.That(other.BankIdentity, Is.Not.EqualTo(before.BankIdentity));
    }

    [Test]
    public void What_is_read_is_what_the_library_declares()
    {
        var declared = StripeContract.All["objects"]!["account"]!;
        foreach (var path in (string[])["capabilities/transfers", "country", "default_currency", "details_submitted", "payouts_enabled", "external_accounts",
            "requirements/currently_due", "requirements/past_due", "requirements/disabled_reason", "settings/payouts/schedule/interval"])
        {
            Assert.That(path.Split('/').Aggregate((JsonNode?)declared, (node, name) => node?["properties"]?[name]), Is.Not.Null, path);
        }

        Assert.That(
            StripeContract.All["webhook_event_types"]!.AsArray().Select(type => (string?)type), Is.SupersetOf(ReceiveStripeEvent.OwnTypes.Concat(ReceiveStripeEvent.ConnectTypes)));
        foreach (var name in (string[])["arrival_date", "created", "currency", "failure_code", "failure_message", "id", "reconciliation_status", "status"])
        {
            Assert.That(StripeContract.All["objects"]!["payout"]!["properties"]![name], Is.Not.Null, name);
        }
    }

    private static PayeeState Read(JsonNode json) => PayeeState.Of(JsonElement.Parse(json.ToJsonString()));
}
