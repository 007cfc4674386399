// The API's calls about the address at which the store's own people are written to.
using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using StorePlugin.Ambassadors;

namespace StorePlugin.Stores;

internal sealed record ContactRequest([property: Description("Where to; null clears the address, and the store gets no mail.")] string? Email)
{
    private const string Name = "email";

    /// <summary>Reads a request and notes on the field what is wrong: a misspelt name must not clear the address.</summary>
    public static string? Read(Fields fields)
    {
        fields.RefuseOthersThan(Name);
        fields.DemandMember(Name, "null clears the address");
        var email = fields.OptionalText(Name, 1, AmbassadorRequest.EmailLengthMax);
        if (email is not null && !AmbassadorRequest.IsEmail(email))
        {
            fields.Refuse(Name, "must be an e-mail address, such as owner@example.com");
        }

        return email;
    }
}

internal sealed record ContactView([property: Description("Null: nobody has told one, or it was cleared.")] string? Email);

internal static class ContactEndpoints
{
    public static void MapContact(this IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/store/contact").WithTags("Store");
        group.MapGet("", Get).WithName("getContact").WithSummary("The address at which the store's own people are written to.")
            .WithDescription("The platform tells it at the installation. Reminders of what stands in review go there; shoppers and ambassadors are not shown it.");
        group.MapPut("", Set).WithName("putContact").WithSummary("Sets, changes or clears that address.")
            .WithDescription("From then on what the platform tells no longer counts. It is dropped when the store removes the app.");
    }

    private static async Task<Ok<ContactView>> Get(ApiCaller caller, StoreContact contact, CancellationToken cancel) =>
        TypedResults.Ok(new ContactView(await contact.FindAsync(caller.Store.Id, cancel)));

    private static async Task<Results<Ok<ContactView>, ProblemHttpResult>> Set(
        ApiCaller caller, ApiBody<ContactRequest> body, StoreContact contact, CancellationToken cancel)
    {
        var email = ContactRequest.Read(body.Fields);
        if (body.Fields.Refusal is { } refusal)
        {
            return refusal;
        }

        await contact.SetAsync(caller.Store, email, cancel);
        return TypedResults.Ok(new ContactView(email));
    }
}
