// What the platform has asked for a customer's or the store's sake, newest first, with the files that can be fetched.
using StorePlugin.Pages;
using StorePlugin.Privacy;
using StorePlugin.Stores;

namespace StorePlugin.Dashboard;

public sealed record PrivacyListModel(Frame Frame, IReadOnlyList<PrivacyLine> Requests);

/// <param name="What">What was asked, in words.</param>
/// <param name="FilePath">Where the file is; null where there is none.</param>
public sealed record PrivacyLine(string Number, string What, Moment At, string State, string? FilePath);

internal static class PrivacyList
{
    /// <summary>Older ones are listed by the API.</summary>
    public const long Shown = 100;

    public static async Task<PrivacyListModel> ReadAsync(PrivacyRequests requests, Visitor visitor, CancellationToken cancel)
    {
        var time = new StoreTime(visitor.Store);
        var rows = await requests.NewestAsync(visitor.Store, Shown, cancel);
        return new PrivacyListModel(Frame.OfDashboard(visitor), [.. rows.Select(row => Write(row, time))]);
    }

    private static PrivacyLine Write(PrivacyRequestRow row, StoreTime time) => new(
        row.RequestId ?? row.Id,
        row.Topic switch
        {
            PrivacyTopic.DataRequest => "A customer asks what is held about them.",
            PrivacyTopic.Redact => "A customer is to be erased.",
            _ => "The store is to be erased.",
        },
        time.At(row.ReceivedAt),
        row.State switch
        {
            "ready" => $"The file is ready, until {time.Day(row.FileUntil!.Value)}.",
            "dropped" => "The file has been dropped.",
            "erasing" => "It is being done.",
            "stopped" => "The store came back before all of it was erased.",
            _ => "Done.",
        },
        row.State == "ready" ? $"/dashboard/privacy-requests/{Uri.EscapeDataString(row.Id)}/file" : null);
}
