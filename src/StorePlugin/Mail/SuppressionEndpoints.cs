// The API's calls about addresses that get no mail.
using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using StorePlugin.Ambassadors;
using StorePlugin.Audit;
using StorePlugin.Stores;

namespace StorePlugin.Mail;

internal sealed record SuppressionRequest(
    [property: Description("The address; only its keyed hash is kept.")] string Email,
    [property: Description("A note of up to 200 characters, without the address.")] string? Detail = null)
{
    /// <summary>Reads a request and notes on the fields what is wrong.</summary>
    public static SuppressionRequest Read(Fields fields)
    {
        fields.RefuseOthersThan("email", "detail");
        var email = fields.Text("email", 1, AmbassadorRequest.EmailLengthMax);
        var detail = fields.OptionalText("detail", 1, Suppressions.DetailLengthMax);
        if (email.Length > 0 && !AmbassadorRequest.IsEmail(email))
        {
            fields.Refuse("email", "must be an e-mail address, such as ann@example.com");
        }

        return new SuppressionRequest(email, detail);
    }

    /// <summary>Says nothing, so that no log line can hold an address.</summary>
    public override string ToString() => nameof(SuppressionRequest);
}

internal sealed record SuppressionLiftRequest([property: Description("Why mail may go there again, in 1 to 200 characters; kept with the entry.")] string Reason)
{
    /// <summary>Reads a request and notes on the fields what is wrong.</summary>
    public static SuppressionLiftRequest Read(Fields fields)
    {
        fields.RefuseOthersThan("reason");
        return new SuppressionLiftRequest(fields.Text("reason", 1, Suppressions.DetailLengthMax));
    }
}

internal sealed record SuppressionView(
    string Id,
    [property: Description("opted_out: nothing goes there but what is owed (payouts, terms). bounced, complained, by_merchant: nothing at all.")] string Reason,
    DateTimeOffset Since,
    [property: Description("The code of a bounce, or the merchant's note.")] string? Detail,
    string AddedBy,
    [property: Description("An ambassador who has the address; null where none does.")] string? AmbassadorId)
{
    public static SuppressionView Of(Suppression row) => new(row.Id, row.Reason, row.Since, row.Detail, row.AddedBy, row.AmbassadorId);
}

internal static class SuppressionEndpoints
{
    public static void MapSuppressions(this IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/mail-suppressions").WithTags("Mail");
        group.MapGet("", List).WithName("listMailSuppressions").WithSummary("Addresses that get no mail, oldest first.")
            .WithDescription("The addresses themselves are not kept, only their keyed hashes.");
        group.MapPost("", Add).WithName("addMailSuppression").WithSummary("Keeps every mail to an address back.");
        group.MapDelete("/{id}", Lift).WithName("liftMailSuppression").WithSummary("Lets mail go to an address again, with the reason.")
            .WithDescription("Who has asked for no more mails can take that back themselves, by the link in any mail, and nobody else can.")
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
    }

    private static ProblemHttpResult Unknown =>
        Problems.NotFound("suppression-unknown", "There is no such entry.", "The store's list has no entry with this id, or it was lifted.");

    private static async Task<Results<Ok<Listing<SuppressionView>>, ProblemHttpResult>> List(
        ApiCaller caller, Suppressions suppressions, [AsParameters] Paging paging, CancellationToken cancel) =>
        paging.AfterId("sup") is { } after
            ? TypedResults.Ok(paging.Show(await suppressions.ListAsync(caller.Store, after, paging.Take, cancel), row => row.Id, SuppressionView.Of))
            : Paging.BadAfter;

    private static async Task<Results<Created<SuppressionView>, ProblemHttpResult>> Add(
        ApiCaller caller, AuditSubject about, ApiBody<SuppressionRequest> body, Suppressions suppressions, CancellationToken cancel)
    {
        var request = SuppressionRequest.Read(body.Fields);
        if (body.Fields.Refusal is { } refusal)
        {
            return refusal;
        }

        var store = caller.Store;
        var id = await suppressions.AddAsync(store, suppressions.HashOf(store, request.Email), SuppressionReason.ByMerchant, request.Detail, caller.Name, cancel);
        about.Is("mail-suppressions", id);
        return await suppressions.FindAsync(store, id, cancel) is { } row
            ? TypedResults.Created($"/api/v1/mail-suppressions/{id}", SuppressionView.Of(row))
            : Unknown;
    }

    private static async Task<Results<Ok<SuppressionView>, ProblemHttpResult>> Lift(
        ApiCaller caller, string id, ApiBody<SuppressionLiftRequest> body, Suppressions suppressions, CancellationToken cancel)
    {
        var request = SuppressionLiftRequest.Read(body.Fields);
        if (body.Fields.Refusal is { } refusal)
        {
            return refusal;
        }

        var row = await suppressions.FindAsync(caller.Store, id, cancel);
        return await suppressions.LiftAsync(caller.Store, id, caller.Name, request.Reason, cancel) switch
        {
            LiftStep.Done => TypedResults.Ok(SuppressionView.Of(row!)),
            LiftStep.OnlyThePerson => Problems.Conflict(
                "suppression-is-the-persons", "Only the person can lift it.", "They have asked for no more mails; the link in any mail leads to the page where they can take it back."),
            _ => Unknown,
        };
    }
}
