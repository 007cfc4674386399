// What differs from Stripe's list is shown with both sums, and a person lets payouts go on with a reason.
using System.Net;
using StorePlugin.Payouts;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Dashboard;

internal sealed class DifferenceTests
{
    [Test]
    public async Task A_difference_stops_payouts_until_it_is_cleared_with_a_reason()
    {
        await using var app = await StoreApp.StartAsync();
        var rooms = await Rooms.OpenAsync(app);
        await app.Db.InTransactionAsync(tx => PayoutDifferences.KeepAsync(
            tx, rooms.Store, 20260301, 20260301,
            [
                new FoundDifference(DifferenceKind.MissingAtStripe, "po_1", 20260301, "EUR", 900, 0, "The payout of <b>Ann</b> is not on Stripe's list."),
                new FoundDifference(DifferenceKind.Outside, "tr_2", 20260301, "EUR", null, 500, "A transfer was made by hand."),
            ],
            isWhole: true, StoreApp.Start));
        using var owner = await rooms.OwnerAsync();

        var overview = await owner.GetAsync("/dashboard");
        var page = await owner.GetAsync(overview.QuerySelector("#differences a")!.GetAttribute("href")!);
        var section = page.QuerySelectorAll("main section").Single(one => one.Text("h2").StartsWith("The payout", StringComparison.Ordinal));
        var path = section.QuerySelector("form")!.GetAttribute("action")!;
        var token = section.QuerySelectorAll("input[type=hidden]").ToDictionary(input => input.GetAttribute("name")!, input => input.GetAttribute("value")!);
        var empty = await Browser.ReadAsync(await owner.PostAsync(path, new(token) { ["reason"] = " " }), HttpStatusCode.UnprocessableEntity);
        var cleared = await owner.PostAsync(path, new(token) { ["reason"] = "Paid from the old account." });
        var again = await owner.PostAsync(path, new(token) { ["reason"] = "Another reason." });
        var after = await owner.GetAsync("/dashboard/payouts/differences");

        Assert.That(overview.Text("#differences strong"), Does.StartWith("1 difference between your payouts and Stripe's transfers has to be looked at."));
        Assert.That(section.Text("h2"), Is.EqualTo("The payout of <b>Ann</b> is not on Stripe's list."));
        Assert.That(section.Text("dl"), Does.Contain("Your books € 9.00").And.Contain("Stripe € 0.00"));
        Assert.That(empty.Text("[role=alert]"), Does.Contain("1 to 200 letters"));
        Assert.That((cleared.Headers.Location!.OriginalString, again.StatusCode), Is.EqualTo(("/dashboard/payouts/differences?notice=difference-cleared", HttpStatusCode.Redirect)));
        Assert.That(after.Text(), Does.Contain("Cleared by you on 1 March 2026: Paid from the old account.").And.Contain("It is told, and stops nothing.").And.Not.Contain("Another reason"));
        Assert.That((await owner.GetAsync("/dashboard")).QuerySelector("#differences"), Is.Null);
        Assert.That((await owner.PostAsync("/dashboard/payouts/differences/nowhere/clearance", new(token) { ["reason"] = "x" })).StatusCode, Is.EqualTo(HttpStatusCode.NotFound));

        var other = await Rooms.OpenAsync(app, "str_other", "Other");
        using var stranger = await other.OwnerAsync();
        var theirs = (await stranger.GetAsync("/dashboard")).QuerySelectorAll("form.out input").ToDictionary(input => input.GetAttribute("name")!, input => input.GetAttribute("value")!);
        Assert.That((await stranger.PostAsync(path, new(theirs) { ["reason"] = "x" })).StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That((await stranger.GetAsync("/dashboard/payouts/differences")).Text(), Does.Contain("Nothing differs."));
    }
}
