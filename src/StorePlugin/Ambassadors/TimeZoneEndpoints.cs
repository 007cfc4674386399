// The API's call about an ambassador's own time zone, by which it is known when it is night where they are.
using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using StorePlugin.Data;
using StorePlugin.Stores;

namespace StorePlugin.Ambassadors;

internal sealed record TimeZoneRequest([property: Description("IANA name, such as Europe/Paris; null: the store's counts.")] string? TimeZone)
{
    private const string Name = "timeZone";
    private const int LengthMax = Profiles.TimeZoneLengthMax;

    /// <summary>Reads a request that is about nothing else, and notes on the field what is wrong.</summary>
    public static string? ReadAlone(Fields fields)
    {
        fields.RefuseOthersThan(Name);
        fields.DemandMember(Name, "null means that the store's counts");
        var name = fields.OptionalText(Name, 1, LengthMax);
        if (name is not null && !IsZone(name))
        {
            fields.Refuse(Name, "must be a time zone's IANA name, such as Europe/Paris");
        }

        return name;
    }

    /// <summary>Whether it is the IANA name of a time zone that this machine knows.</summary>
    public static bool IsZone(string name) => name.Length <= LengthMax && TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone) && zone.HasIanaId;
}

internal sealed record TimeZoneView([property: Description("Null: the store's counts.")] string? TimeZone);

internal static class TimeZoneEndpoints
{
    private const string Update = "UPDATE ambassadors SET time_zone = @name WHERE store_id = @storeId AND id = @id";

    public static void MapTimeZones(this IEndpointRouteBuilder api) =>
        api.MapPut("/ambassadors/{id}/time-zone", Set).WithTags("Ambassadors").WithName("setAmbassadorTimeZone")
            .WithSummary("Sets or clears the time zone that an ambassador's quiet hours are told by.")
            .ProducesProblem(StatusCodes.Status404NotFound);

    private static async Task<Results<Ok<TimeZoneView>, ProblemHttpResult>> Set(
        ApiCaller caller, string id, ApiBody<TimeZoneRequest> body, Db db, CancellationToken cancel)
    {
        var name = TimeZoneRequest.ReadAlone(body.Fields);
        if (body.Fields.Refusal is { } refusal)
        {
            return refusal;
        }

        return await db.DoAsync(Update, new { storeId = caller.Store.Id, id, name }, cancel) == 1
            ? TypedResults.Ok(new TimeZoneView(name))
            : AmbassadorEndpoints.Unknown;
    }
}
