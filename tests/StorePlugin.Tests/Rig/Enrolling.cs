// Campaigns that customers join from the store's own pages.
using System.Text.Json.Nodes;

namespace StorePlugin.Tests.Rig;

internal static class Enrolling
{
    /// <summary>Makes a campaign with this term and launches it. Returns its id.</summary>
    /// <param name="enrolment"><c>application</c> or <c>instant</c>.</param>
    public static async Task<string> LiveAsync(this ApiClient api, string enrolment, decimal friend = 10)
    {
        var body = Bodies.Campaign(friend: friend);
        body["terms"]!["enrolment"] = enrolment;
        var id = (await api.Post("campaigns", body)).Text("id");
        Assert.That((await api.Post($"campaigns/{id}/launch")).Status, Is.EqualTo(200));
        return id;
    }

    public static async Task OpenAsync(this ApiClient api, string campaign) =>
        Assert.That((await api.Put($"campaigns/{campaign}/applications", new JsonObject { ["open"] = true })).Status, Is.EqualTo(200));
}
