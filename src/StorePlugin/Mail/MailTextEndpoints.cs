// The API's calls about the merchant's own words in mails, and how a mail looks with them.
using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using StorePlugin.Stores;

namespace StorePlugin.Mail;

internal sealed record MailTextRequest(
    [property: Description("The subject, of up to 150 characters; null or absent: ours.")] string? Subject = null,
    [property: Description("The sentences that the mail begins with, of up to 1,500 characters, each line a paragraph; null or absent: ours.")] string? Opening = null,
    [property: Description("Sentences behind all else, of up to 500 characters; null or absent: none.")] string? Closing = null)
{
    /// <summary>Reads a request and notes on the fields what is wrong; placeholders are judged by <see cref="ProblemOf"/>.</summary>
    public static MailTextRequest Read(Fields fields)
    {
        fields.RefuseOthersThan("subject", "opening", "closing");
        return new MailTextRequest(
            fields.OptionalText("subject", 1, MailText.SubjectLengthMax),
            fields.OptionalText("opening", 1, MailText.OpeningLengthMax, lineBreaks: true),
            fields.OptionalText("closing", 1, MailText.ClosingLengthMax, lineBreaks: true));
    }

    public bool IsEmpty => Subject is null && Opening is null && Closing is null;

    /// <summary>The first placeholder that the mail does not know; null where all is well.</summary>
    public ProblemHttpResult? ProblemOf(IMerchantMail mail)
    {
        foreach (var (field, text) in new[] { ("subject", Subject), ("opening", Opening), ("closing", Closing) })
        {
            if (text is not null && MailTemplate.Read(text, mail.Placeholders, out var problem) is null)
            {
                return Problems.Unprocessable("placeholder-unknown", "A placeholder is not known.", $"{field}: {problem}");
            }
        }

        return null;
    }

    public MailText For(string mail, string by, DateTimeOffset at) => new(mail, Subject, Opening, Closing, at, by);
}

internal sealed record PlaceholderView([property: Description("Written in braces, such as {name}.")] string Name, string Meaning);

internal sealed record MailTextView(
    string Mail,
    [property: Description("What causes the mail.")] string When,
    [property: Description("What the words may hold in braces; anything else in braces is refused.")] IReadOnlyList<PlaceholderView> Placeholders,
    [property: Description("The store's own subject; null: the program's.")] string? Subject,
    [property: Description("The store's own opening; null: the program's.")] string? Opening,
    [property: Description("What the store adds at the end; null: nothing.")] string? Closing,
    DateTimeOffset? UpdatedAt,
    string? UpdatedBy)
{
    public static MailTextView Of(IMerchantMail mail, MailText? text) => new(
        mail.Mail, mail.When, [.. mail.Placeholders.Select(one => new PlaceholderView(one.Name, one.Meaning))], text?.Subject, text?.Opening, text?.Closing,
        text?.UpdatedAt, text?.UpdatedBy);
}

internal sealed record MailPreviewView(string Subject, [property: Description("The plain text.")] string Text, [property: Description("The page.")] string Html);

internal static class MailTextEndpoints
{
    // Nobody's: the link of a preview leads to the page that says so.
    private const string SampleToken = "preview";

    public static void MapMailTexts(this IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/mail-texts").WithTags("Mail");
        group.MapGet("", List).WithName("listMailTexts").WithSummary("The mails that may be worded, with the placeholders of each and the store's own words.");
        group.MapGet("/{mail}", Get).WithName("getMailText").WithSummary("One of them.").ProducesProblem(StatusCodes.Status404NotFound);
        group.MapPut("/{mail}", Put).WithName("putMailText").WithSummary("Words a mail: subject, opening sentences, closing sentences.")
            .WithDescription("Figures, facts, links, the notice that somebody earns from it and the foot stay as they are. An unknown placeholder is refused, and nothing is kept.")
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        group.MapDelete("/{mail}", Delete).WithName("deleteMailText").WithSummary("Goes back to the program's words.").ProducesProblem(StatusCodes.Status404NotFound);
        group.MapPost("/{mail}/preview", Preview).WithName("previewMail").WithSummary("Shows a mail of made-up data, with the words of the body or those that are kept.")
            .WithDescription("It is printed as a real one is. Nothing is kept or sent. A body without words shows what is kept.")
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status422UnprocessableEntity);
    }

    private static ProblemHttpResult Unknown =>
        Problems.NotFound("mail-unknown", "There is no such mail.", "GET /api/v1/mail-texts lists the mails that may be worded.");

    private static async Task<Ok<Listing<MailTextView>>> List(ApiCaller caller, LetterPress press, MailTexts texts, CancellationToken cancel)
    {
        var kept = (await texts.ListAsync(caller.Store, cancel)).ToDictionary(text => text.Mail, StringComparer.Ordinal);
        return TypedResults.Ok(new Listing<MailTextView>([.. press.Mails.Select(mail => MailTextView.Of(mail, kept.GetValueOrDefault(mail.Mail)))], null));
    }

    private static async Task<Results<Ok<MailTextView>, ProblemHttpResult>> Get(
        ApiCaller caller, string mail, LetterPress press, MailTexts texts, CancellationToken cancel) =>
        press.Find(mail) is { } known ? TypedResults.Ok(MailTextView.Of(known, await texts.FindAsync(caller.Store, mail, cancel))) : Unknown;

    private static async Task<Results<Ok<MailTextView>, ProblemHttpResult>> Put(
        ApiCaller caller, string mail, ApiBody<MailTextRequest> body, LetterPress press, MailTexts texts, TimeProvider clock, CancellationToken cancel)
    {
        if (press.Find(mail) is not { } known)
        {
            return Unknown;
        }

        var request = MailTextRequest.Read(body.Fields);
        if (body.Fields.Refusal is null && request.IsEmpty)
        {
            body.Fields.Refuse("subject", "is missing, and so are opening and closing; DELETE goes back to the program's words");
        }

        if ((body.Fields.Refusal ?? request.ProblemOf(known)) is { } refusal)
        {
            return refusal;
        }

        await texts.KeepAsync(caller.Store, request.For(mail, caller.Name, clock.GetUtcNow()), cancel);
        return await Get(caller, mail, press, texts, cancel);
    }

    private static async Task<Results<Ok<MailTextView>, ProblemHttpResult>> Delete(
        ApiCaller caller, string mail, LetterPress press, MailTexts texts, CancellationToken cancel)
    {
        if (press.Find(mail) is null)
        {
            return Unknown;
        }

        await texts.DropAsync(caller.Store, mail, cancel);
        return await Get(caller, mail, press, texts, cancel);
    }

    private static async Task<Results<Ok<MailPreviewView>, ProblemHttpResult>> Preview(
        ApiCaller caller, string mail, OptionalApiBody<MailTextRequest> body, LetterPress press, MailTexts texts, StopLinks links, TimeProvider clock,
        CancellationToken cancel)
    {
        if (press.Find(mail) is not { } known)
        {
            return Unknown;
        }

        var request = MailTextRequest.Read(body.Fields);
        if ((body.Fields.Refusal ?? request.ProblemOf(known)) is { } refusal)
        {
            return refusal;
        }

        var text = request.IsEmpty ? await texts.FindAsync(caller.Store, mail, cancel) : request.For(mail, caller.Name, clock.GetUtcNow());
        var printed = await PrintSampleAsync(press, links, caller.Store, known, text);
        return TypedResults.Ok(new MailPreviewView(MailSender.SubjectOf(caller.Store, printed.Letter), printed.Text, printed.Html));
    }

    /// <summary>A mail of made-up data, printed as a real one is.</summary>
    /// <param name="text">The merchant's words, whose placeholders have been checked; null: ours.</param>
    public static Task<PrintedLetter> PrintSampleAsync(LetterPress press, StopLinks links, Store store, IMerchantMail mail, MailText? text) =>
        press.PrintAsync(mail.Mail, mail.Sample(store), text, MailNotice.IsExempt(mail.Mail) ? null : links.AddressOf(SampleToken));
}
