// The API's calls about changes of an ambassador's e-mail address. Addresses are shown masked.
using System.ComponentModel;
using System.Diagnostics;
using Microsoft.AspNetCore.Http.HttpResults;
using StorePlugin.Stores;

namespace StorePlugin.Ambassadors;

internal sealed record AddressChangeRequest(
    [property: Description("The address that is to come.")] string Email,
    [property: Description(
        "Why you stand in for the address of before, 1 to 200 characters, such as that its mailbox is lost and how you know the person; absent: it has to confirm as well.")]
    string? Reason = null)
{
    private const int ReasonLengthMax = 200;

    /// <summary>Reads a change and notes on the fields what is wrong.</summary>
    public static (string Email, string? Reason) Read(Fields fields)
    {
        fields.RefuseOthersThan("email", "reason");
        var email = fields.Text("email", 1, AmbassadorRequest.EmailLengthMax);
        if (email.Length > 0 && !AmbassadorRequest.IsEmail(email))
        {
            fields.Refuse("email", "must be an e-mail address, such as ann@example.com");
        }

        return (email, fields.OptionalText("reason", 1, ReasonLengthMax));
    }

    /// <summary>Says nothing, so that no log line can hold a person.</summary>
    public override string ToString() => nameof(AddressChangeRequest);
}

internal sealed record AddressChangeView(
    string Id,
    [property: Description("open: waits for an address to confirm, until expiresAt. applied, refused, or replaced by a later one.")] string State,
    [property: Description("Enough to know it again; null once it has gone.")] string? Before,
    string? After,
    DateTimeOffset AskedAt,
    string AskedBy,
    [property: Description("Why a person of the store stands in for the address of before; null where that has to confirm.")] string? Reason,
    DateTimeOffset ExpiresAt,
    DateTimeOffset? ConfirmedOldAt,
    DateTimeOffset? ConfirmedNewAt,
    [property: Description("When it was applied, refused or replaced.")] DateTimeOffset? SettledAt)
{
    public static AddressChangeView Of(AddressChange change) => new(
        change.Id,
        change.State,
        change.Addresses is { Old: var before } ? AddressPair.Mask(before) : null,
        change.Addresses is { New: var after } ? AddressPair.Mask(after) : null,
        change.AskedAt,
        change.AskedBy,
        change.WaivedReason,
        change.ExpiresAt,
        change.ConfirmedOldAt,
        change.ConfirmedNewAt,
        change.SettledAt);
}

internal static class AddressChangeEndpoints
{
    public static void MapAddressChanges(this IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/ambassadors/{id}/address-changes").WithTags("Ambassadors").ProducesProblem(StatusCodes.Status404NotFound);
        group.MapGet("", List).WithName("listAddressChanges").WithSummary("What was asked for as a change of an ambassador's e-mail address, oldest first.");
        group.MapPost("", Ask).WithName("changeAddress")
            .WithSummary("Asks for a change of an ambassador's e-mail address.")
            .WithDescription(
                "It is made when both addresses have confirmed it by the mails that they get, within seven days, for all campaigns that the person takes part in. "
                + "Payouts to them wait for seven days from then on, and they have to sign in again.")
            .ProducesProblem(StatusCodes.Status409Conflict);
    }

    private static async Task<Results<Ok<Listing<AddressChangeView>>, ProblemHttpResult>> List(
        ApiCaller caller, string id, AmbassadorDb ambassadors, AddressChanges changes, [AsParameters] Paging paging, CancellationToken cancel)
    {
        if (paging.AfterId(AddressChanges.IdPrefix) is not { } after)
        {
            return Paging.BadAfter;
        }

        return await ambassadors.ExistsAsync(caller.Store, id, cancel)
            ? TypedResults.Ok(paging.Show(await changes.ListAsync(caller.Store, id, after, paging.Take, cancel), change => change.Id, AddressChangeView.Of))
            : AmbassadorEndpoints.Unknown;
    }

    private static async Task<Results<Accepted<AddressChangeView>, ProblemHttpResult>> Ask(
        ApiCaller caller, string id, ApiBody<AddressChangeRequest> body, AddressChanges changes, CancellationToken cancel)
    {
        var (email, reason) = AddressChangeRequest.Read(body.Fields);
        if (body.Fields.Refusal is { } refusal)
        {
            return refusal;
        }

        return await changes.AskAsync(caller.Store, id, email, caller.Name, reason, cancel) switch
        {
            AddressAsk.Asked(var change) => TypedResults.Accepted($"/api/v1/ambassadors/{id}/address-changes", AddressChangeView.Of(change)),
            AddressAsk.AmbassadorUnknown => AmbassadorEndpoints.Unknown,
            AddressAsk.Same => Problems.Field("email", "is the ambassador's address already"),
            AddressAsk.Taken => Problems.Conflict(
                "email-taken", "The address is another ambassador's.", "Another ambassador of a campaign that this one takes part in has the address, or had it when they left."),
            AddressAsk.TooMany => Problems.Conflict(
                "address-changes-too-many", "Too many changes were asked for.", $"A person's address may be asked to change {AddressChanges.DayMax} times a day; try again tomorrow."),
            _ => throw new UnreachableException(),
        };
    }
}
