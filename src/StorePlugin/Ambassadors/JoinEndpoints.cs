// The page on which people apply to become ambassadors: open to everybody, and the same for everybody.
using System.Diagnostics;
using Microsoft.AspNetCore.Http.HttpResults;
using StorePlugin.Campaigns;
using StorePlugin.Pages;
using StorePlugin.Portal;
using StorePlugin.Privacy;
using StorePlugin.Stores;

namespace StorePlugin.Ambassadors;

/// <param name="Facts">What an ambassador of the campaign gets and gives, in sentences; the campaign's rules in short.</param>
/// <param name="Name">As it was sent; empty on a fresh page.</param>
/// <param name="Problems">What is wrong with what was sent, in sentences.</param>
/// <param name="PrivacyPath">Of the privacy notice.</param>
/// <param name="IsAdult">Whether the box about the age was ticked.</param>
public sealed record JoinModel(
    string StoreName, bool IsRehearsal, string Campaign, string Action, IReadOnlyList<string> Facts, string Name, string Email, string Message,
    IReadOnlyList<string> Problems, string PrivacyPath, bool IsAdult)
{
    /// <summary>What success means for both sides, line by line; empty where the merchant has not said it.</summary>
    public IReadOnlyList<string> Playbook { get; init; } = [];
}

internal static partial class JoinEndpoints
{
    // No person sees the field; programs fill in what they find. Its name is none that a browser or a keyring knows to fill.
    public const string Trap = "leave_empty";

    public static void MapJoin(this IEndpointRouteBuilder routes)
    {
        var pages = routes.MapGroup("/join/{campaign}").ExcludeFromDescription()
            .AddEndpointFilter(Limit)
            .TakesSmallForms();
        pages.MapGet("", Show);
        pages.MapPost("", Apply);
        pages.MapGet("/thanks", Thank);
    }

    /// <summary>Stands before all that reads the form.</summary>
    private static ValueTask<object?> Limit(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        return HttpMethods.IsPost(http.Request.Method) && !http.RequestServices.GetRequiredService<ApplicationLimit>().AdmitsForm(http.Connection.RemoteIpAddress)
            ? ValueTask.FromResult<object?>(TypedResults.StatusCode(StatusCodes.Status429TooManyRequests))
            : next(context);
    }

    private static async Task<IResult> Show(string campaign, PublicCampaigns campaigns, Playbooks playbooks, CancellationToken cancel) =>
        await campaigns.FindOpenAsync(campaign, cancel) is var (store, found)
            ? Page.Of<JoinPage>(ModelOf(store, found, new NewApplication("", "", null), []) with { Playbook = await playbooks.LinesAsync(store, found.Id, cancel) })
            : Closed;

    private static async Task<IResult> Apply(
        string campaign,
        HttpContext context,
        PublicCampaigns campaigns,
        Playbooks playbooks,
        Applications applications,
        ApplicationLimit limit,
        PrivacyNotices notices,
        ILogger<Applications> logger,
        CancellationToken cancel)
    {
        if (await campaigns.FindOpenAsync(campaign, cancel) is not var (store, found))
        {
            return Closed;
        }

        var playbook = await playbooks.LinesAsync(store, found.Id, cancel);
        var thanks = TypedResults.Redirect($"/join/{Uri.EscapeDataString(found.Id)}/thanks");
        var form = await context.Request.ReadFormAsync(cancel);
        var application = new NewApplication(Read("name"), Read("email"), Read("message") is { Length: > 0 } message ? message : null) { IsAdult = form["adult"].ToString() == "yes" };
        var problems = ProblemsOf(application);
        if (problems.Count > 0)
        {
            return Again(StatusCodes.Status400BadRequest, problems);
        }

        // A person whose browser filled it in sends the form again as it stands, and nothing is lost in silence.
        if (form[Trap].ToString().Length > 0)
        {
            Log.Trapped(logger, store.Id, found.Id);
            return Again(StatusCodes.Status400BadRequest, ["Something filled in a field that people leave empty. It is empty again: send the form once more."]);
        }

        // Only now, so that forms of which nothing comes keep no neighbour from applying.
        if (!limit.Admits(found.Id, context.Connection.RemoteIpAddress))
        {
            return Again(StatusCodes.Status429TooManyRequests, ["Too many applications came from your network just now. Wait a minute, then send it again."]);
        }

        var notice = await notices.CurrentAsync(store, cancel);
        return await applications.ApplyAsync(store, found.Id, application with { PrivacyNumber = notice.Number }, cancel) switch
        {
            ApplyStep.Taken => thanks,
            ApplyStep.Full => Again(StatusCodes.Status409Conflict, ["No more applications are taken at the moment. Copy what you have written, and try again in some days."]),
            ApplyStep.Closed => Closed,
            _ => throw new UnreachableException(),
        };

        // With what was written: nobody writes it twice.
        IResult Again(int status, IReadOnlyList<string> why) => Page.Of<JoinPage>(ModelOf(store, found, application, why) with { Playbook = playbook }, status);

        // What is copied out of a table holds tabs; to a person they are blanks.
        string Read(string field) => form[field].ToString().ReplaceLineEndings("\n").Replace('\t', ' ').Trim();
    }

    private static async Task<IResult> Thank(string campaign, PublicCampaigns campaigns, CancellationToken cancel) =>
        await campaigns.FindOpenAsync(campaign, cancel) is var (store, _)
            ? Page.Of<MessagePage>(new Message(
                "Thank you",
                [$"{store.DisplayName} has your application, and somebody there reads it. If it is accepted, a mail with your code and your link reaches you."]))
            : Closed;

    /// <summary>For every campaign that takes no applications, and for those that do not exist: nobody learns which.</summary>
    private static RazorComponentResult Closed => Page.Of<MessagePage>(
        new Message("There is nothing to apply for here", ["The address may be mistyped, or applications are closed at the moment."]), StatusCodes.Status404NotFound);

    private static List<string> ProblemsOf(NewApplication application)
    {
        var problems = new List<string>();
        if (application.Name.Length is 0 or > AmbassadorRequest.NameLengthMax)
        {
            problems.Add($"Your name must have 1 to {AmbassadorRequest.NameLengthMax} characters.");
        }

        if (!IsText(application.Name, lineBreaks: false))
        {
            problems.Add("Your name may not hold control characters.");
        }

        if (!AmbassadorRequest.IsEmail(application.Email))
        {
            problems.Add("Your e-mail address must look like ann@example.com.");
        }

        if (application.Message is { Length: > NewApplication.MessageLengthMax })
        {
            problems.Add($"Your message may have {NewApplication.MessageLengthMax} characters.");
        }

        if (application.Message is { } message && !IsText(message, lineBreaks: true))
        {
            problems.Add("Your message may not hold control characters.");
        }

        if (!application.IsAdult)
        {
            problems.Add($"Only who is {AgeConfirmation.Years} or older can take part: tick the box if you are.");
        }

        return problems;
    }

    private static bool IsText(string text, bool lineBreaks) => !text.Any(character => char.IsControl(character) && !(lineBreaks && character == '\n'));

    private static JoinModel ModelOf(Store store, Campaign campaign, NewApplication sent, IReadOnlyList<string> problems) => new(
        store.DisplayName,
        store.IsRehearsal,
        campaign.Name,
        $"/join/{Uri.EscapeDataString(campaign.Id)}",
        FactsOf(campaign.Terms),
        sent.Name,
        sent.Email,
        sent.Message ?? "",
        problems,
        PrivacyPages.PublicPathOf(campaign.Id),
        sent.IsAdult);

    /// <summary>What an ambassador of the campaign gets and gives, in sentences.</summary>
    /// <param name="ambassadorId">Whom they are for; empty for the public, which sees no share that is one person's.</param>
    public static IReadOnlyList<string> FactsOf(Terms terms, string ambassadorId = "") =>
    [
        $"You earn {TermsText.EarningOf(terms, ambassadorId)}",
        .. terms.FriendDiscountBp > 0 ? [$"Whoever buys with your code or link gets {Words.Percent(terms.FriendDiscountBp)} off."] : (string[])[],
        $"A commission is held for {Words.Count(terms.HoldDays, "day", "days")}, in case the order is returned.",
        "When you recommend, you say that you earn from it.",
    ];

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Store {StoreId}: an application to {CampaignId} had the hidden field filled in, and was given back")]
        public static partial void Trapped(ILogger logger, string storeId, string campaignId);
    }
}
