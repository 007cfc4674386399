// What a merchant can do with campaigns: make, launch, pause and end them, change their terms after a look at what that would cost, copy and compare.
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.HttpResults;
using StorePlugin.Ambassadors;
using StorePlugin.Audit;
using StorePlugin.Campaigns;
using StorePlugin.Campaigns.Launch;
using StorePlugin.Pages;
using StorePlugin.PublicPages;
using StorePlugin.Stores;
using Visitor = StorePlugin.Stores.Visitor;

namespace StorePlugin.Dashboard.Campaigns;

internal static class CampaignRoomEndpoints
{
    private const string Path = "/campaigns";
    private const string One = Path + "/{id}";

    private const string HorizonMoved =
        "What is known of past purchases has to be acknowledged first, as it stands now: the box says from when on paid orders are known.";

    /// <param name="rooms">The dashboard's group.</param>
    public static void MapCampaignRooms(this IEndpointRouteBuilder rooms)
    {
        rooms.MapGet(Path, List);
        rooms.MapGet(Path + "/new", Begin);
        rooms.MapPost(Path + "/new", Create).WithSummary("Makes a campaign.");
        rooms.MapGet(Path + "/compare", Compare);
        rooms.MapGet(One, Show);
        rooms.MapPost(One + "/objective", SetObjective).WithSummary("Sets a campaign's objective.");
        rooms.MapPost(One + "/launch", Launch).WithSummary("Launches a campaign.");
        rooms.MapGet(One + "/checks", ShowChecks);
        rooms.MapPost(One + "/pause", Pause).WithSummary("Pauses a campaign.");
        rooms.MapPost(One + "/resumption", Resume).WithSummary("Ends a campaign's pause.");
        rooms.MapPost(One + "/ending", End).WithSummary("Ends a campaign.");
        rooms.MapPost(One + "/copies", Copy).WithSummary("Copies a campaign.");
        rooms.MapPost(One + "/applications", SetApplications).WithSummary("Opens a campaign to applications, or closes it.");
        rooms.MapPost(One + "/playbook", SetPlaybook).WithSummary("Says what success means in a campaign.");
        rooms.MapGet(One + "/revisions/new", BeginRevision);
        rooms.MapPost(One + "/revisions/new", Revise).WithSummary("Tries out or plans a revision of a campaign's terms.");
        rooms.MapPost(One + "/revisions/{number:long}/withdrawal", Withdraw).WithSummary("Withdraws a planned revision.");
    }

    private static async Task<RazorComponentResult> List(Visitor visitor, string? after, string? notice, CampaignSources sources, CancellationToken cancel) =>
        Page.Of<CampaignListPage>(await CampaignList.ReadAsync(sources, visitor, after, notice, cancel));

    private static async Task<IResult> Compare(
        Visitor visitor, string? a, string? b, string? from, string? to, CampaignSources sources, CancellationToken cancel) =>
        await CampaignCompare.ReadAsync(sources, visitor, a, b, from, to, cancel) is { } model
            ? Page.Of<ComparePage>(model, StatusOf(model.Problem))
            : TypedResults.NotFound();

    private static async Task<RazorComponentResult> Begin(Visitor visitor, CampaignSources sources, CancellationToken cancel) =>
        Page.Of<NewCampaignPage>(await NewCampaign.ShowAsync(sources, visitor, sources.Campaigns.NewId(), NewCampaign.Begin(visitor.Store), null, cancel));

    private static async Task<IResult> Create(Visitor visitor, AuditSubject about, HttpRequest request, CampaignSources sources, CancellationToken cancel)
    {
        var typed = await Typed.ReadAsync(request, cancel);
        if (!CampaignDb.IsId(typed["id"]))
        {
            return TypedResults.BadRequest();
        }

        var judged = NewCampaign.Judge(typed, visitor.Store, sources.Clock.GetUtcNow());
        if (typed["step"] == "look" || !judged.IsRight)
        {
            return Page.Of<NewCampaignPage>(
                await NewCampaign.ShowAsync(sources, visitor, typed["id"], typed, judged, cancel),
                judged.IsRight ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity);
        }

        if (!await sources.Campaigns.CreateOnceAsync(visitor.Store, typed["id"], judged.Name, judged.Objective, judged.Terms, visitor.Actor, cancel))
        {
            return TypedResults.BadRequest();
        }

        about.Is("campaigns", typed["id"]);
        return Back(typed["id"], "campaign-made");
    }

    private static Task<IResult> Show(Visitor visitor, string id, string? before, string? notice, CampaignSources sources, CancellationToken cancel) => PageAsync(
        sources, visitor, id,
        new CampaignView(notice, long.TryParse(before, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null), cancel);

    private static async Task<IResult> SetObjective(Visitor visitor, string id, HttpRequest request, CampaignSources sources, CancellationToken cancel)
    {
        var typed = await Typed.ReadAsync(request, cancel);
        var form = new FormReader(typed, NewCampaign.CurrencyOf(visitor.Store));
        var fields = Fields.Of(FormReader.ElementOf(ObjectiveForm.Read(form) ?? new JsonObject()));
        var objective = Objective.Read(fields, visitor.Store, sources.Clock.GetUtcNow());
        form.Judge(fields, path => path);
        if (form.Errors.Count > 0)
        {
            return await PageAsync(
                sources, visitor, id, new CampaignView(Problem: "The objective was not kept: what is to be mended stands beside its field.", Form: form, Typed: typed), cancel);
        }

        return await AnswerAsync(sources, visitor, id, await sources.Campaigns.SetObjectiveAsync(visitor.Store, id, objective, cancel), "objective-kept", cancel);
    }

    private static async Task<IResult> Launch(Visitor visitor, string id, HttpRequest request, CampaignSources sources, CancellationToken cancel)
    {
        var acknowledged = DateOrInstant.Instant((await Typed.ReadAsync(request, cancel))["acknowledged"]);
        return await sources.Launch.LaunchAsync(visitor.Store, id, acknowledged, visitor.Actor, cancel) switch
        {
            LaunchResult.PlanOpen => await SayAsync(
                sources, visitor, id, "It was not launched: the app's plan is not confirmed. An owner confirms it on the page of the app's plan; campaigns that run already go on.", cancel),
            LaunchResult.Refused refused => await SayAsync(sources, visitor, id, LaunchCheckPages.RefusalOf(refused.Findings), cancel),
            LaunchResult.Stepped stepped => await AnswerAsync(sources, visitor, id, stepped.Step, "campaign-launched", cancel),
            var other => throw new UnreachableException($"{other.GetType().Name} is no answer."),
        };
    }

    private static async Task<IResult> ShowChecks(Visitor visitor, string id, CampaignSources sources, CancellationToken cancel) =>
        await LaunchCheckPages.ReadAsync(sources, visitor, id, cancel) is { } model ? Page.Of<LaunchChecksPage>(model) : TypedResults.NotFound();

    private static async Task<IResult> Pause(Visitor visitor, string id, CampaignSources sources, CancellationToken cancel) =>
        await AnswerAsync(sources, visitor, id, await sources.Life.PauseAsync(visitor.Store, id, visitor.Actor, cancel), "campaign-paused", cancel);

    private static async Task<IResult> Resume(Visitor visitor, string id, CampaignSources sources, CancellationToken cancel) =>
        await AnswerAsync(sources, visitor, id, await sources.Life.ResumeAsync(visitor.Store, id, visitor.Actor, cancel), "campaign-resumed", cancel);

    private static async Task<IResult> End(Visitor visitor, string id, HttpRequest request, CampaignSources sources, CancellationToken cancel) =>
        (await Typed.ReadAsync(request, cancel))["sure"] == "yes"
            ? await AnswerAsync(sources, visitor, id, await sources.Life.EndAsync(visitor.Store, id, visitor.Actor, cancel), "campaign-ended", cancel)
            : await SayAsync(sources, visitor, id, "It was not ended: tick the box that says it is for good.", cancel);

    private static async Task<IResult> Copy(Visitor visitor, string id, HttpRequest request, CampaignSources sources, CancellationToken cancel)
    {
        var typed = await Typed.ReadAsync(request, cancel);
        if (!CampaignDb.IsId(typed["id"]))
        {
            return TypedResults.BadRequest();
        }

        var fields = Fields.Of(FormReader.ElementOf(new JsonObject { ["name"] = typed["name"] }));
        var name = fields.Text("name", 1, CampaignRequest.NameLengthMax);
        if (fields.Errors.SelectMany(error => error.Value).FirstOrDefault() is { } why)
        {
            return await PageAsync(sources, visitor, id, new CampaignView(Problem: $"No copy was made: its name {why}.", Typed: typed), cancel);
        }

        return await sources.Campaigns.FindNewestTermsAsync(visitor.Store, id, cancel) is not { } terms ? TypedResults.NotFound()
            : await sources.Campaigns.CreateOnceAsync(visitor.Store, typed["id"], name, null, terms, visitor.Actor, cancel, copyOf: id) ? Back(typed["id"], "campaign-copied")
            : TypedResults.BadRequest();
    }

    private static async Task<IResult> SetApplications(Visitor visitor, string id, HttpRequest request, CampaignSources sources, CancellationToken cancel)
    {
        var isOpen = (await Typed.ReadAsync(request, cancel))["open"] == "yes";
        return await sources.Applications.SetOpenAsync(visitor.Store, id, isOpen, cancel) switch
        {
            ApplicationStep.Done => Back(id, isOpen ? "applications-opened" : "applications-closed"),
            ApplicationStep.CampaignUnknown => TypedResults.NotFound(),
            ApplicationStep.CampaignEnded => await SayAsync(sources, visitor, id, "It takes no applications: the campaign has ended.", cancel),
            _ => throw new UnreachableException(),
        };
    }

    private static async Task<IResult> SetPlaybook(Visitor visitor, string id, HttpRequest request, CampaignSources sources, CancellationToken cancel)
    {
        var typed = await Typed.ReadAsync(request, cancel);
        var text = PublicText.Read(typed["playbook"]);
        if (PublicText.ProblemOf(text, Playbooks.TextLengthMax, isOneLine: false) is { } why)
        {
            return await PageAsync(sources, visitor, id, new CampaignView(Problem: $"Nothing was kept: what success means {why}", Typed: typed), cancel);
        }

        return await sources.Playbooks.SetAsync(visitor.Store, id, text, cancel) ? Back(id, "playbook-kept") : TypedResults.NotFound();
    }

    private static async Task<IResult> BeginRevision(Visitor visitor, string id, CampaignSources sources, CancellationToken cancel)
    {
        if (await FindAsync(sources, visitor, id, null, cancel) is not var (campaign, ground))
        {
            return TypedResults.NotFound();
        }

        return campaign.State == "ended"
            ? Back(id, "campaign-over")
            : Page.Of<RevisionFormPage>(await RevisionForm.ShowAsync(
                sources, visitor, campaign, ground, await RatePeople.ReadAsync(sources, visitor.Store, id, ground.Terms, null, cancel), null, null, null, cancel));
    }

    private static async Task<IResult> Revise(Visitor visitor, string id, HttpRequest request, CampaignSources sources, CancellationToken cancel)
    {
        var typed = await Typed.ReadAsync(request, cancel);
        if (!long.TryParse(typed["basedOn"], NumberStyles.None, CultureInfo.InvariantCulture, out var basedOn))
        {
            return TypedResults.BadRequest();
        }

        if (await FindAsync(sources, visitor, id, basedOn, cancel) is not var (campaign, ground))
        {
            return TypedResults.NotFound();
        }

        var now = sources.Clock.GetUtcNow();
        var people = await RatePeople.ReadAsync(sources, visitor.Store, id, ground.Terms, typed, cancel);
        var judged = RevisionForm.Judge(typed, ground.Terms, campaign.State == "draft", visitor.Store, now, people);
        if (typed["step"] == "edit" || !judged.IsRight)
        {
            return await FormAsync(null);
        }

        var proposed = new ProposedRevision(judged.Terms, judged.EffectiveAt, basedOn) { AcknowledgedHistorySince = DateOrInstant.Instant(typed["acknowledged"]) };
        return typed["step"] == "plan" ? await PlanAsync() : await LookAsync(null);

        async Task<IResult> LookAsync(string? problem)
        {
            var newest = (await sources.Revisions.ListAsync(visitor.Store, id, cancel))!.Last(revision => revision.WithdrawnAt is null);
            return RevisionDecision.Of(campaign.State, new StandingRevision(newest.Number, newest.Terms, newest.EffectiveAt), proposed, now) switch
            {
                RevisionDecision.Granted granted => await PreviewAsync(granted.EffectiveAt, problem),
                var refused => await FormAsync(WhyNot(Named(refused), visitor.Store)),
            };
        }

        async Task<IResult> PlanAsync() => await sources.Revisions.AddAsync(visitor.Store, id, proposed, visitor.Actor, cancel) switch
        {
            RevisionResult.Written written => Back(id, NoticeOf(written.Revision)),
            RevisionResult.Refused { Why: RevisionDecision.Revised } when await FindPlannedAsync() is { } planned => Back(id, NoticeOf(planned)),
            RevisionResult.Refused refused => await FormAsync(WhyNot(Named(refused.Why), visitor.Store)),
            RevisionResult.CampaignUnknown => TypedResults.NotFound(),
            RevisionResult.TooMany => await FormAsync($"Nothing was planned: a campaign has {Words.Of(Revisions.CountMax)} revisions at most. A copy of it begins anew."),
            RevisionResult.HistoryNotAcknowledged => await LookAsync(HorizonMoved),
            var other => throw new UnreachableException($"{other.GetType().Name} is no answer."),
        };

        // The ground is the newest revision where this is asked: of any other it was said before that it is not.
        RevisionDecision Named(RevisionDecision why) => why is RevisionDecision.NoticeTooShort notice
            ? notice with { Worse = [.. TermsDifference.Between(ground.Terms, judged.Terms, people.NameOf).Where(change => change.IsWorse)] }
            : why;

        // The same form, sent twice: what it asks for stands already.
        async Task<Revision?> FindPlannedAsync() =>
            (await sources.Revisions.ListAsync(visitor.Store, id, cancel))?.LastOrDefault(revision => revision.WithdrawnAt is null) is { } newest
            && newest.BasedOn == basedOn && newest.Actor == visitor.Actor && TermsDifference.Between(newest.Terms, judged.Terms).IsEmpty
            && (judged.EffectiveAt is null || judged.EffectiveAt == newest.EffectiveAt)
                ? newest
                : null;

        string NoticeOf(Revision revision) => revision.EffectiveAt is not { } at ? "revision-kept" : at > now ? "revision-planned" : "revision-in-force";

        async Task<IResult> FormAsync(string? problem) => Page.Of<RevisionFormPage>(
            await RevisionForm.ShowAsync(sources, visitor, campaign, ground, people, typed, judged, problem, cancel),
            problem is null && judged.IsRight ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity);

        async Task<IResult> PreviewAsync(DateTimeOffset? effectiveAt, string? problem) => Page.Of<RevisionPreviewPage>(
            await RevisionForm.PreviewAsync(sources, visitor, campaign, ground, people, typed, judged.Terms, effectiveAt, problem, cancel), StatusOf(problem));
    }

    private static async Task<IResult> Withdraw(Visitor visitor, string id, long number, CampaignSources sources, CancellationToken cancel) =>
        await sources.Revisions.WithdrawAsync(visitor.Store, id, number, visitor.Actor, cancel) switch
        {
            WithdrawalResult.Done => Back(id, "revision-withdrawn"),
            WithdrawalResult.AlreadyWithdrawn => Back(id, "revision-withdrawn"),
            WithdrawalResult.CampaignUnknown or WithdrawalResult.RevisionUnknown => TypedResults.NotFound(),
            WithdrawalResult.NotNewest other => await SayAsync(
                sources, visitor, id, $"It was not withdrawn: revision {Words.Of(other.Newest)} came after it. Withdraw that one first, if its instant lies ahead.", cancel),
            WithdrawalResult.InForce => await SayAsync(
                sources, visitor, id, "It was not withdrawn: only a revision whose instant lies ahead can be. Change the terms by a new one.", cancel),
            var other => throw new UnreachableException($"{other.GetType().Name} is no answer."),
        };

    private static async Task<IResult> AnswerAsync(
        CampaignSources sources, Visitor visitor, string id, CampaignStep step, string done, CancellationToken cancel) => step switch
        {
            CampaignStep.Done => Back(id, done),
            CampaignStep.Unknown => TypedResults.NotFound(),
            CampaignStep.NotDraft => await SayAsync(sources, visitor, id, "Nothing was changed: the campaign is no draft any more. It is launched once, and its objective stands.", cancel),
            CampaignStep.ObjectiveMissing => await SayAsync(sources, visitor, id, "It was not launched: it has no objective. Give it a metric, a target and a date first.", cancel),
            CampaignStep.ObjectivePast => await SayAsync(sources, visitor, id, "It was not launched: its objective's date has passed. Give it one in the future first.", cancel),
            CampaignStep.HistoryNotAcknowledged => await SayAsync(sources, visitor, id, "It was not launched. " + HorizonMoved, cancel),
            CampaignStep.NotLive => await SayAsync(sources, visitor, id, "Nothing was changed: the campaign is a draft, or paused already.", cancel),
            CampaignStep.NotPaused => await SayAsync(sources, visitor, id, "Nothing was changed: the campaign is not paused.", cancel),
            CampaignStep.AlreadyEnded => await SayAsync(sources, visitor, id, "Nothing was changed: the campaign has ended, for good. A copy of it can be launched.", cancel),
            _ => throw new UnreachableException(),
        };

    private static string WhyNot(RevisionDecision why, Store store)
    {
        return why switch
        {
            RevisionDecision.CampaignEnded => "Nothing was planned: the campaign has ended. A copy of it can have other terms.",
            RevisionDecision.Revised revised =>
                $"Nothing was planned: the terms have changed meanwhile, and the newest revision is {Words.Of(revised.Newest)}. Open the campaign again and begin from there.",
            RevisionDecision.Unchanged unchanged => $"These terms say nothing new: they are those of revision {Words.Of(unchanged.Newest)}, the newest.",
            RevisionDecision.DraftHasNoInstant => "A draft's terms take effect at its launch.",
            RevisionDecision.BeforeNewest before =>
                $"Revision {Words.Of(before.Newest.Number)} takes effect on {At(before.Newest.EffectiveAt!.Value)}. Withdraw it first, or let this change take effect then or later.",
            RevisionDecision.NoticeTooShort notice =>
                $"The ambassadors would learn too late. To their disadvantage, {Words.Cut(string.Join(" and ", notice.Worse), 600)}. "
                + $"Such a change takes effect {RevisionDecision.Notice.Days} days from now at the earliest, on {At(notice.Earliest)}.",
            var other => throw new UnreachableException($"{other.GetType().Name} is no refusal."),
        };

        string At(DateTimeOffset instant) => new StoreTime(store).At(instant).Text;
    }

    /// <summary>A campaign and the revision that its form begins from: the one of a number, or the newest that stands.</summary>
    private static async Task<(Campaign Campaign, Revision Ground)?> FindAsync(
        CampaignSources sources, Visitor visitor, string id, long? basedOn, CancellationToken cancel) =>
        await sources.Campaigns.FindAsync(visitor.Store, id, cancel) is { } campaign
        && await sources.Revisions.ListAsync(visitor.Store, id, cancel) is { } revisions
        && revisions.LastOrDefault(revision => basedOn is { } number ? revision.Number == number : revision.WithdrawnAt is null) is { } ground
            ? (campaign, ground)
            : null;

    private static RedirectHttpResult Back(string id, string notice) => TypedResults.Redirect($"{CampaignList.PathOf(id)}?notice={notice}");

    private static Task<IResult> SayAsync(CampaignSources sources, Visitor visitor, string id, string why, CancellationToken cancel) =>
        PageAsync(sources, visitor, id, new CampaignView(Problem: why), cancel);

    private static async Task<IResult> PageAsync(CampaignSources sources, Visitor visitor, string id, CampaignView view, CancellationToken cancel) =>
        await CampaignDetail.ReadAsync(sources, visitor, id, view, cancel) is { } model ? Page.Of<CampaignPage>(model, StatusOf(view.Problem)) : TypedResults.NotFound();

    private static int StatusOf(string? problem) => problem is null ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity;
}
