// The guided set-up: five pages of a form each, whose "Continue" keeps what they say and goes on to the next that is open.
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using StorePlugin.Ambassadors;
using StorePlugin.Audit;
using StorePlugin.Campaigns;
using StorePlugin.Dashboard.Campaigns;
using StorePlugin.Pages;
using StorePlugin.PublicPages;
using Visitor = StorePlugin.Stores.Visitor;

namespace StorePlugin.Dashboard.Setup;

internal static class SetupEndpoints
{
    // The terms that each of the two steps is about; all others stay as they are.
    private static readonly string[] OfOffer = ["commission", "friend"];
    private static readonly string[] OfRules = ["hold", "window", "self", "minimum"];

    private static readonly string[] OfPeople = ["name", "email"];

    private const string ChangedMeanwhile = "The terms have changed meanwhile, and nothing was kept. They stand below as they are now.";

    /// <param name="rooms">The dashboard's group.</param>
    public static void MapSetup(this IEndpointRouteBuilder rooms)
    {
        var setup = rooms.MapGroup("/setup");
        setup.MapGet("", Show);
        setup.MapGet("/goal", ShowGoal);
        setup.MapPost("/goal", KeepGoal).WithSummary("Sets the goal in the set-up.");
        setup.MapGet("/offer", ShowOffer);
        setup.MapPost("/offer", KeepOffer).WithSummary("Sets the offer in the set-up.");
        setup.MapGet("/rules", ShowRules);
        setup.MapPost("/rules", KeepRules).WithSummary("Sets the rules in the set-up.");
        setup.MapGet("/look", ShowLook);
        setup.MapPost("/look", KeepLook).WithSummary("Sets the look in the set-up.").WithMetadata(new RequestSizeLimitAttribute(SentPicture.FormBytesMax));
        setup.MapGet("/people", ShowPeople);
        setup.MapPost("/people", KeepPeople).WithSummary("Adds an ambassador in the set-up, or goes on.");
    }

    private static async Task<RazorComponentResult> Show(Visitor visitor, SetupSources sources, CancellationToken cancel) =>
        Page.Of<SetupPage>(await SetupPages.ReadAsync(sources, visitor, cancel));

    private static async Task<IResult> ShowGoal(Visitor visitor, SetupSources sources, CancellationToken cancel) =>
        await sources.Setups.ReadAsync(visitor.Store, cancel) is { IsOver: false } state
            ? Page.Of<SetupFormPage>(await SetupPages.GoalAsync(sources, visitor, state, null, null, cancel))
            : Over;

    private static async Task<IResult> KeepGoal(Visitor visitor, AuditSubject about, HttpRequest request, SetupSources sources, CancellationToken cancel)
    {
        if (await sources.Setups.ReadAsync(visitor.Store, cancel) is not { IsOver: false } state)
        {
            return Over;
        }

        var typed = await Typed.ReadAsync(request, cancel);
        var form = new FormReader(typed, NewCampaign.CurrencyOf(visitor.Store));
        var fields = Fields.Of(FormReader.ElementOf(ObjectiveForm.Read(form) ?? new JsonObject()));
        var objective = Objective.Read(fields, visitor.Store, sources.Clock.GetUtcNow());
        form.Judge(fields, path => path);
        if (form.Errors.Count > 0)
        {
            return Page.Of<SetupFormPage>(await SetupPages.GoalAsync(sources, visitor, state, typed, form, cancel), StatusCodes.Status422UnprocessableEntity);
        }

        var draft = await sources.Setups.DraftAsync(visitor.Store, visitor.Actor, cancel);
        about.Is("campaigns", draft.Id);
        return await sources.Campaigns.Campaigns.SetObjectiveAsync(visitor.Store, draft.Id, objective, cancel) == CampaignStep.Done
            ? await GoOnAsync(sources, visitor, SetupStep.Goal, cancel)
            : Over;
    }

    private static async Task<IResult> ShowOffer(Visitor visitor, SetupSources sources, CancellationToken cancel) =>
        await sources.Setups.ReadAsync(visitor.Store, cancel) is { IsOver: false } state
            ? Page.Of<SetupFormPage>(await SetupPages.OfferAsync(sources, visitor, state, TypedOf(visitor, state), null, null, cancel))
            : Over;

    private static Task<IResult> KeepOffer(Visitor visitor, AuditSubject about, HttpRequest request, SetupSources sources, CancellationToken cancel) => KeepTermsAsync(
        visitor, about, request, sources, SetupStep.Offer, OfOffer,
        (state, typed, judged, problem) => SetupPages.OfferAsync(sources, visitor, state, typed, judged, problem, cancel), cancel);

    private static async Task<IResult> ShowRules(Visitor visitor, SetupSources sources, CancellationToken cancel) =>
        await sources.Setups.ReadAsync(visitor.Store, cancel) is { IsOver: false } state
            ? Page.Of<SetupFormPage>(SetupPages.RulesOf(visitor, state, TypedOf(visitor, state), null, null))
            : Over;

    private static Task<IResult> KeepRules(Visitor visitor, AuditSubject about, HttpRequest request, SetupSources sources, CancellationToken cancel) => KeepTermsAsync(
        visitor, about, request, sources, SetupStep.Rules, OfRules,
        (state, typed, judged, problem) => Task.FromResult(SetupPages.RulesOf(visitor, state, typed, judged, problem)), cancel);

    private static async Task<IResult> KeepTermsAsync(
        Visitor visitor, AuditSubject about, HttpRequest request, SetupSources sources, SetupStep step, string[] names,
        Func<SetupState, Typed, JudgedRevision?, string?, Task<SetupFormModel>> show, CancellationToken cancel)
    {
        if (await sources.Setups.ReadAsync(visitor.Store, cancel) is not { IsOver: false } state)
        {
            return Over;
        }

        var sent = await Typed.ReadAsync(request, cancel);
        var typed = new Typed(names.ToDictionary(name => name, name => sent[name], StringComparer.Ordinal)).Over(TypedOf(visitor, state));
        var judged = RevisionForm.Judge(typed, state.Terms, isDraft: true, visitor.Store, sources.Clock.GetUtcNow());
        if (sent["step"] == "look" || !judged.IsRight)
        {
            return Page.Of<SetupFormPage>(
                await show(state, typed, judged, null), judged.IsRight ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity);
        }

        var draft = await sources.Setups.DraftAsync(visitor.Store, visitor.Actor, cancel);
        about.Is("campaigns", draft.Id);
        if (await HasTermsAsync(sources, visitor, draft, judged.Terms, cancel))
        {
            return await GoOnAsync(sources, visitor, step, cancel);
        }

        var now = await sources.Setups.ReadAsync(visitor.Store, cancel);
        return now.IsOver ? Over : Page.Of<SetupFormPage>(await show(now, TypedOf(visitor, now), null, ChangedMeanwhile), StatusCodes.Status422UnprocessableEntity);
    }

    /// <summary>Gives the draft these terms. Whether it has them now, be it by this form or by the same one a moment ago.</summary>
    private static async Task<bool> HasTermsAsync(SetupSources sources, Visitor visitor, Campaign draft, Terms terms, CancellationToken cancel)
    {
        if (IsSame(draft.Terms, terms))
        {
            return true;
        }

        var proposed = new ProposedRevision(terms, null, draft.Revision);
        return await sources.Campaigns.Revisions.AddAsync(visitor.Store, draft.Id, proposed, visitor.Actor, cancel) is RevisionResult.Written
            || (await sources.Campaigns.Campaigns.FindAsync(visitor.Store, draft.Id, cancel) is { State: "draft" } newest && IsSame(newest.Terms, terms));
    }

    private static bool IsSame(Terms one, Terms other) => TermsDifference.Between(one, other).IsEmpty;

    private static async Task<IResult> ShowLook(Visitor visitor, SetupSources sources, CancellationToken cancel) =>
        await sources.Setups.ReadAsync(visitor.Store, cancel) is { IsOver: false } state
            ? Page.Of<SetupLookPage>(new SetupLookModel(
                SetupPages.HeadingOf(visitor, state, SetupStep.Look), LookPages.ModelOf(visitor, await sources.Looks.FindAsync(visitor.Store, cancel), null, [])))
            : Over;

    private static async Task<IResult> KeepLook(Visitor visitor, HttpRequest request, SetupSources sources, CancellationToken cancel)
    {
        if (await sources.Setups.ReadAsync(visitor.Store, cancel) is not { IsOver: false } state)
        {
            return Over;
        }

        if (await LookPages.KeepAsync(visitor, request, sources.Looks, cancel) is { } wrong)
        {
            return Page.Of<SetupLookPage>(new SetupLookModel(SetupPages.HeadingOf(visitor, state, SetupStep.Look), wrong), StatusCodes.Status422UnprocessableEntity);
        }

        return await GoOnAsync(sources, visitor, SetupStep.Look, cancel);
    }

    // It stays open after the launch: a link is tried then.
    private static async Task<IResult> ShowPeople(Visitor visitor, string? notice, SetupSources sources, CancellationToken cancel) =>
        await sources.Setups.ReadAsync(visitor.Store, cancel) is var state && (!state.IsOver || state.Campaign is { State: "live" })
            ? Page.Of<SetupPeoplePage>(await SetupPages.PeopleAsync(sources, visitor, state, notice, cancel))
            : Over;

    private static async Task<IResult> KeepPeople(Visitor visitor, AuditSubject about, HttpRequest request, SetupSources sources, CancellationToken cancel)
    {
        if (await sources.Setups.ReadAsync(visitor.Store, cancel) is not { IsOver: false } state)
        {
            return Over;
        }

        var sent = await Typed.ReadAsync(request, cancel);
        if (sent.Has("name") || sent.Has("email") || sent["step"] == "add")
        {
            if (await AddAsync(visitor, about, sent, sources, cancel) is { } refused)
            {
                var page = await SetupPages.PeopleAsync(sources, visitor, state, null, cancel);
                return Page.Of<SetupPeoplePage>(
                    page with
                    {
                        Name = sent["name"],
                        Email = sent["email"],
                        NameWhy = refused.Name,
                        EmailWhy = refused.Email,
                        Problem = refused.Other,
                        TakesApplications = sent["open"] == "yes",
                    },
                    StatusCodes.Status422UnprocessableEntity);
            }

            if (sent["step"] == "add")
            {
                return TypedResults.Redirect($"{SetupStep.People.Path}?notice=ambassador-added");
            }
        }

        var draft = await sources.Setups.DraftAsync(visitor.Store, visitor.Actor, cancel);
        await sources.Campaigns.Applications.SetOpenAsync(visitor.Store, draft.Id, sent["open"] == "yes", cancel);
        return await GoOnAsync(sources, visitor, SetupStep.People, cancel);
    }

    /// <summary>What is wrong with each field, as sentences; null where they are an ambassador now.</summary>
    private static async Task<(string? Name, string? Email, string? Other)?> AddAsync(
        Visitor visitor, AuditSubject about, Typed sent, SetupSources sources, CancellationToken cancel)
    {
        // The campaign may have to be made yet, which is not done for somebody who cannot be added.
        var form = new JsonObject { ["campaignId"] = "later" };
        foreach (var name in OfPeople.Where(sent.Has))
        {
            form[name] = sent[name];
        }

        var fields = Fields.Of(FormReader.ElementOf(form));
        var person = AmbassadorRequest.Read(fields, codeMayLack: true);
        var (nameWhy, emailWhy) = (WhyOf(fields, "name"), WhyOf(fields, "email"));
        if (nameWhy is not null || emailWhy is not null)
        {
            return (nameWhy, emailWhy, null);
        }

        var draft = await sources.Setups.DraftAsync(visitor.Store, visitor.Actor, cancel);
        var result = await sources.Ambassadors.AddAsync(visitor.Store, person with { CampaignId = draft.Id }, new Approval(visitor.Actor), cancel);
        if (result is AddResult.Added { Id: var id })
        {
            about.Is("ambassadors", id);
            return null;
        }

        return result switch
        {
            AddResult.EmailTaken => (null, "Whoever has this address takes part already.", null),
            AddResult.CodeTaken => (null, null, "No free code could be made of the name. Add them on the page of ambassadors, with a code that you choose."),
            _ => (null, null, "They could not be added. Load the page again, please."),
        };
    }

    private static string? WhyOf(Fields fields, string name) =>
        string.Join(' ', fields.ReasonsOf(name).Select(why => $"It {why}.")) is { Length: > 0 } text ? text : null;

    private static Typed TypedOf(Visitor visitor, SetupState state) => TermsForm.Of(state.Terms, NewCampaign.CurrencyOf(visitor.Store));

    private static async Task<IResult> GoOnAsync(SetupSources sources, Visitor visitor, SetupStep step, CancellationToken cancel)
    {
        await sources.Setups.DoneAsync(visitor.Store, step, visitor.Actor, cancel);
        return TypedResults.Redirect(step.Next(await sources.Setups.ReadAsync(visitor.Store, cancel)));
    }

    private static RedirectHttpResult Over => TypedResults.Redirect(SetupStep.Root);
}
