// What a merchant does with mails: words them, sees what became of each, sets the hours, and keeps mail from addresses.
using System.Diagnostics;
using Microsoft.AspNetCore.Http.HttpResults;
using StorePlugin.Ambassadors;
using StorePlugin.Audit;
using StorePlugin.Dashboard.Campaigns;
using StorePlugin.Mail;
using StorePlugin.Pages;
using Visitor = StorePlugin.Stores.Visitor;

namespace StorePlugin.Dashboard.Mails;

internal static class MailRoomEndpoints
{
    private const string All = "/mails";
    private const string One = All + "/{mail}";
    private const string Log = All + "/log";
    private const string Rules = All + "/settings";
    private const string Refused = All + "/suppressions";

    private const string PersonsOwn =
        "Nothing was changed: they have asked for no more mails themselves, and only they can take that back, by the link in any mail.";

    /// <param name="rooms">The dashboard's group.</param>
    public static void MapMailRooms(this IEndpointRouteBuilder rooms)
    {
        rooms.MapGet(All, List);
        rooms.MapGet(One, Show);
        rooms.MapPost(One, Word).WithSummary("Words a mail.");
        rooms.MapPost(One + "/removal", Drop).WithSummary("Goes back to the program's own text of a mail.");
        rooms.MapGet(Log, ShowLog);
        rooms.MapPost(Log + "/{effectId}/replays", Replay).WithSummary("Has a mail tried again that was given up.");
        rooms.MapGet(Rules, ShowRules);
        rooms.MapPost(Rules, SetRules).WithSummary("Changes how often and at which hours mails go.");
        rooms.MapPost(Refused, Refuse).WithSummary("Keeps mail from an address.");
        rooms.MapPost(Refused + "/{id}/lifting", Lift).WithSummary("Lets mail go to an address again.");
    }

    private static async Task<RazorComponentResult> List(Visitor visitor, string? notice, MailSources sources, CancellationToken cancel) =>
        Page.Of<MailListPage>(await MailList.ReadAsync(sources, visitor, notice, cancel));

    private static async Task<IResult> Show(Visitor visitor, string mail, string? notice, MailSources sources, CancellationToken cancel) =>
        await MailList.ShowAsync(sources, visitor, mail, notice, cancel) is { } model ? Page.Of<MailTextPage>(model) : TypedResults.NotFound();

    private static async Task<IResult> Word(Visitor visitor, string mail, HttpRequest request, MailSources sources, CancellationToken cancel)
    {
        if (sources.Press.Find(mail) is not { } known)
        {
            return TypedResults.NotFound();
        }

        var form = await request.ReadFormAsync(cancel);
        var fields = FormFields.Of(form, "subject", "opening", "closing");
        var asked = MailTextRequest.Read(fields);
        var text = asked.IsEmpty ? null : asked.For(mail, visitor.Actor, sources.Clock.GetUtcNow());
        var unknown = asked.ProblemOf(known)?.ProblemDetails.Detail;
        IReadOnlyList<string> problems =
        [
            .. fields.Errors.SelectMany(error => error.Value.Select(why => $"The {error.Key} {why}.")),
            .. unknown is null ? [] : (string[])[$"Nothing was kept. {char.ToUpperInvariant(unknown[0])}{unknown.AsSpan(1)}"],
        ];
        var isLook = form["step"].ToString() == "look";
        if (problems.Count == 0 && text is null && !isLook)
        {
            problems = ["Nothing was kept: there are no words in any of the three fields. Words of yours that are kept already go by the button below them."];
        }

        if (isLook || problems.Count > 0)
        {
            return Page.Of<MailTextPage>(await MailList.AgainAsync(sources, visitor, known, TypedMail.Of(form), text, problems, cancel), StatusOf(problems));
        }

        await sources.Texts.KeepAsync(visitor.Store, text!, cancel);
        return TypedResults.Redirect($"{MailList.PathOf(mail)}?notice=mail-text-kept");
    }

    private static async Task<IResult> Drop(Visitor visitor, string mail, MailSources sources, CancellationToken cancel)
    {
        if (sources.Press.Find(mail) is null)
        {
            return TypedResults.NotFound();
        }

        await sources.Texts.DropAsync(visitor.Store, mail, cancel);
        return TypedResults.Redirect($"{MailList.PathOf(mail)}?notice=mail-text-dropped");
    }

    private static async Task<RazorComponentResult> ShowLog(Visitor visitor, string? show, string? before, string? notice, MailSources sources, CancellationToken cancel) =>
        Page.Of<MailLogPage>(await MailLog.ReadAsync(sources, visitor, show, before, notice, cancel));

    private static async Task<IResult> Replay(Visitor visitor, string effectId, MailSources sources, CancellationToken cancel) =>
        await sources.Dead.ReplayMailAsync(visitor.Store, effectId, cancel) switch
        {
            Dashboard.Replay.Queued => TypedResults.Redirect($"{MailLog.Path}?notice=mail-again"),
            Dashboard.Replay.NotDead => TypedResults.Redirect($"{MailLog.Path}?notice=settled"),
            _ => TypedResults.NotFound(),
        };

    private static Task<IResult> ShowRules(Visitor visitor, string? after, string? notice, MailSources sources, CancellationToken cancel) =>
        RulesAsync(sources, visitor, new MailRulesView(notice, after), cancel);

    private static async Task<IResult> SetRules(Visitor visitor, HttpRequest request, MailSources sources, CancellationToken cancel)
    {
        var (rules, form, problems) = MailRulesRoom.Read(await Typed.ReadAsync(request, cancel));
        if (problems.Count > 0)
        {
            return await RulesAsync(sources, visitor, new MailRulesView(Rules: form, Problems: problems), cancel);
        }

        await sources.Rules.KeepAsync(visitor.Store, rules, visitor.Actor, cancel);
        return TypedResults.Redirect($"{MailRulesRoom.Path}?notice=mail-rules-kept");
    }

    private static async Task<IResult> Refuse(Visitor visitor, AuditSubject about, HttpRequest request, MailSources sources, CancellationToken cancel)
    {
        var form = await request.ReadFormAsync(cancel);
        var fields = FormFields.Of(form, "email", "detail");
        var asked = SuppressionRequest.Read(fields);
        if (MailRulesRoom.ProblemsOf(fields) is { Count: > 0 } problems)
        {
            var typed = new SuppressionForm(
                TypedText.Cut(form["email"], AmbassadorRequest.EmailLengthMax), TypedText.Cut(form["detail"], Suppressions.DetailLengthMax));
            return await RulesAsync(sources, visitor, new MailRulesView(Refusal: typed, Problems: problems), cancel);
        }

        var hash = sources.Suppressions.HashOf(visitor.Store, asked.Email);
        about.Is("suppressions", await sources.Suppressions.AddAsync(visitor.Store, hash, SuppressionReason.ByMerchant, asked.Detail, visitor.Actor, cancel));
        return TypedResults.Redirect($"{MailRulesRoom.Path}?notice=mail-refused");
    }

    private static async Task<IResult> Lift(Visitor visitor, string id, HttpRequest request, MailSources sources, CancellationToken cancel)
    {
        if (await sources.Suppressions.FindAsync(visitor.Store, id, cancel) is null)
        {
            return TypedResults.NotFound();
        }

        var form = await request.ReadFormAsync(cancel);
        var fields = FormFields.Of(form, "reason");
        var asked = SuppressionLiftRequest.Read(fields);
        if (MailRulesRoom.ProblemsOf(fields) is { Count: > 0 } problems)
        {
            // On a page that begins with the entry, wherever in the list it stands.
            var lift = (id, TypedText.Cut(form["reason"], Suppressions.DetailLengthMax));
            return await RulesAsync(sources, visitor, new MailRulesView(After: id[..^1], Lift: lift, Problems: problems), cancel);
        }

        return await sources.Suppressions.LiftAsync(visitor.Store, id, visitor.Actor, asked.Reason, cancel) switch
        {
            LiftStep.Done => TypedResults.Redirect($"{MailRulesRoom.Path}?notice=mail-allowed"),
            LiftStep.OnlyThePerson => await RulesAsync(
                sources, visitor, new MailRulesView(Problems: [PersonsOwn]), cancel),
            LiftStep.Unknown => TypedResults.NotFound(),
            _ => throw new UnreachableException(),
        };
    }

    private static async Task<IResult> RulesAsync(MailSources sources, Visitor visitor, MailRulesView view, CancellationToken cancel) =>
        Page.Of<MailRulesPage>(await MailRulesRoom.ReadAsync(sources, visitor, view, cancel), StatusOf(view.Problems ?? []));

    private static int StatusOf(IReadOnlyList<string> problems) => problems.Count == 0 ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity;
}
