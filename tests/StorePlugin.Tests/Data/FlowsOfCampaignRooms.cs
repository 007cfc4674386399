// The ways through the database of the merchant's pages of campaigns: listed, looked at, made, changed and compared.
using System.Net;
using StorePlugin.Tests.Rig;

namespace StorePlugin.Tests.Data;

internal static partial class Flows
{
    private static async Task CampaignRoomsAsync(StoreApp app)
    {
        const string List = "/dashboard/campaigns";
        var shop = await Shop.OpenAsync(app, "flow-campaign-rooms");
        await shop.AmbassadorAsync("FLOWROOM");
        await shop.PaysAsync(new TestOrder("1", app.Clock.GetUtcNow()).With("FLOWROOM", "10.00"));
        app.Clock.Advance(TimeSpan.FromSeconds(1));
        using var owner = await Rooms.SignInAsync(app, shop.Store, null);
        var spring = $"{List}/{shop.CampaignId}";
        foreach (var metric in new[] { "new_customers", "orders", "net_sales", "clicks" })
        {
            await app.Db.DoAsync(
                "UPDATE campaigns SET objective_metric = @metric, objective_target = 2, objective_by = @by WHERE store_id = @storeId AND id = @id",
                new { metric, by = app.Clock.GetUtcNow().AddDays(1), storeId = shop.Store.Id, id = shop.CampaignId });
            Assert.That((await owner.GetAsync(spring)).Text("#objective"), Does.Contain(metric is "clicks" ? "0 of 2" : metric is "net_sales" ? "€ 90.00 of € 0.02" : "1 of 2"));
        }

        var page = await owner.GetAsync($"{List}/new");
        Assert.That(page.Text("#cost"), Does.Contain("the median of 1 paid order"));
        var fields = page.QuerySelectorAll("main form input").Where(input => input.GetAttribute("type") != "checkbox" || input.HasAttribute("checked"))
            .ToDictionary(input => input.GetAttribute("name")!, input => input.GetAttribute("value") ?? "");
        fields["name"] = "Summer";
        for (var i = 0; i < 2; i++)
        {
            Assert.That((await owner.PostAsync($"{List}/new", fields)).StatusCode, Is.EqualTo(HttpStatusCode.Redirect));
        }

        var summer = $"{List}/{fields["id"]}";
        Assert.That((await owner.GetAsync(List)).Text("#campaigns tbody"), Does.StartWith("Summer"));
        Assert.That((await owner.GetAsync($"{List}?after={fields["id"]}")).Text("#campaigns tbody"), Does.StartWith("Spring"));
        Assert.That((await owner.GetAsync($"{List}/compare?a={shop.CampaignId}&b={fields["id"]}")).Text("#comparison"), Does.Contain("Credited orders 1 0 −1"));
        Assert.That((await owner.PostAsync($"{summer}/copies", new(fields) { ["id"] = fields["id"][..^4] + "abcd" })).StatusCode, Is.EqualTo(HttpStatusCode.Redirect));
        Assert.That((await owner.PostAsync($"{spring}/playbook", new(fields) { ["playbook"] = "Both of us win." })).StatusCode, Is.EqualTo(HttpStatusCode.Redirect));
        Assert.That((await owner.GetAsync($"/rules/{shop.CampaignId}")).Text("#playbook"), Does.Contain("Both of us win."));
        var preview = await Browser.ReadAsync(await owner.PostAsync($"{spring}/revisions/new", new(fields) { ["basedOn"] = "1", ["commission"] = "12" }));
        Assert.That(preview.Text("#trial"), Does.Contain("1 order earns more"));
        Assert.That((await owner.PostAsync($"{spring}/revisions/new", new(fields) { ["basedOn"] = "1", ["commission"] = "5", ["step"] = "plan" })).StatusCode, Is.EqualTo(HttpStatusCode.Redirect));
        Assert.That((await owner.PostAsync($"{spring}/revisions/2/withdrawal", fields)).StatusCode, Is.EqualTo(HttpStatusCode.Redirect));
    }
}
