// Where ambassadors ask for a change of their e-mail address.
using System.Diagnostics;
using StorePlugin.Ambassadors;
using StorePlugin.Data;
using StorePlugin.Pages;
using StorePlugin.Payouts;
using Visitor = StorePlugin.Stores.Visitor;

namespace StorePlugin.Portal;

/// <param name="Email">The address that is known of them.</param>
/// <param name="Waits">What a change waits for, as a sentence; null where none was asked for.</param>
/// <param name="Typed">What was written and could not be used.</param>
public sealed record PortalAddress(string Email, string? Waits, string Typed = "", string? Problem = null)
{
    /// <summary>Says nothing, so that no log line can hold a person.</summary>
    public override string ToString() => nameof(PortalAddress);
}

internal static class AddressForm
{
    public static void MapAddressForm(this IEndpointRouteBuilder rooms) =>
        rooms.MapPost("/address-changes", Ask).AddEndpointFilter<RequireFreshSignIn>();

    private const string ReadEmail = "SELECT email FROM ambassadors WHERE store_id = @storeId AND id = @id";

    public static async Task<PortalAddress> ReadAsync(Db db, AddressChanges changes, Visitor visitor, CancellationToken cancel)
    {
        var email = await db.OneAsync<string>(ReadEmail, new { storeId = visitor.Store.Id, id = visitor.AmbassadorId }, cancel) ?? "";
        return new PortalAddress(email, await changes.FindOpenAsync(visitor.Store, visitor.AmbassadorId!, cancel) is { } change ? Waits(change, new StoreTime(visitor.Store)) : null);
    }

    private static string Waits(AddressChange change, StoreTime time)
    {
        var address = change.Addresses is { } pair ? AddressPair.Mask(pair.New) : "another address";
        var who = change is { ConfirmedOldAt: null, WaivedReason: null, ConfirmedNewAt: null } ? "both addresses have"
            : change.ConfirmedNewAt is null ? "the new address has" : "the address of before has";
        return $"A change to {address} waits until {who} said yes by the link in the mail that went there; it ends on {time.Day(change.ExpiresAt)}.";
    }

    private static async Task<IResult> Ask(Visitor visitor, HttpRequest request, AddressChanges changes, PortalPages pages, CancellationToken cancel)
    {
        var email = (await request.ReadFormAsync(cancel))["email"].ToString().Trim();
        if (!AmbassadorRequest.IsEmail(email))
        {
            return await AgainAsync("The address must look like ann@example.com.");
        }

        return await changes.AskAsync(visitor.Store, visitor.AmbassadorId!, email, PayoutChanges.Payee, waivedReason: null, cancel) switch
        {
            AddressAsk.Asked => TypedResults.Redirect("/portal?notice=address-asked#address"),
            AddressAsk.Same => await AgainAsync("That is your address already."),
            AddressAsk.Taken => await AgainAsync("Another ambassador of your campaign has that address, or had it before they left. Ask the store."),
            AddressAsk.TooMany => await AgainAsync("You have asked for as many changes today as may be. Try again tomorrow."),
            _ => throw new UnreachableException("A session names an ambassador who does not exist."),
        };

        // With what was written, as far as it is an address at all.
        Task<IResult> AgainAsync(string problem) => pages.ShowAsync(
            visitor, request.HttpContext, null, null, null, cancel,
            address: shown => shown with { Typed = email.Length <= AmbassadorRequest.EmailLengthMax ? email : "", Problem = problem });
    }
}
