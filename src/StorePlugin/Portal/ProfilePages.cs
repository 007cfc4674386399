// Where an ambassador says how they are called, where they live by the clock, which mails they want, and whether they may be named in public.
using StorePlugin.Ambassadors;
using StorePlugin.Mail;
using StorePlugin.Pages;
using StorePlugin.PublicPages;
using Visitor = StorePlugin.Stores.Visitor;

namespace StorePlugin.Portal;

/// <param name="NameProblem">What is wrong with the name that was sent.</param>
/// <param name="WantsNone">They have asked for none of the mails that are not owed.</param>
/// <param name="Consent">Their newest word on being named, as a sentence.</param>
/// <param name="AdultAt">When they said that they are old enough; null where they have not.</param>
public sealed record ProfileModel(
    Frame Frame, string StoreName, string StoreZone, string Name, string? NameProblem, string TimeZone, string? ZoneProblem, IReadOnlyList<MailChoice> Mails, bool WantsNone,
    bool MayBeNamed, string Consent, string Wording, string WordingHash, Moment? AdultAt)
{
    /// <summary>Says nothing, so that no log line can hold a person.</summary>
    public override string ToString() => nameof(ProfileModel);
}

public sealed record MailChoice(string Kind, string Text, bool IsWanted);

internal sealed class ProfilePages(Profiles profiles)
{
    public const string Path = "/portal/profile";

    /// <summary>Of which some are offered; every other IANA name may be typed.</summary>
    public static readonly IReadOnlyList<string> Zones =
    [
        "Africa/Cairo", "Africa/Johannesburg", "Africa/Lagos", "Africa/Nairobi", "America/Bogota", "America/Chicago", "America/Denver", "America/Los_Angeles", "America/Mexico_City",
        "America/New_York", "America/Sao_Paulo", "America/Toronto", "Asia/Dubai", "Asia/Hong_Kong", "Asia/Jakarta", "Asia/Kolkata", "Asia/Manila", "Asia/Seoul", "Asia/Shanghai",
        "Asia/Singapore", "Asia/Tokyo", "Australia/Perth", "Australia/Sydney", "Europe/Amsterdam", "Europe/Athens", "Europe/Berlin", "Europe/Istanbul", "Europe/Kyiv",
        "Europe/Lisbon", "Europe/London", "Europe/Madrid", "Europe/Paris", "Europe/Rome", "Europe/Stockholm", "Europe/Vienna", "Europe/Warsaw", "Europe/Zurich", "Pacific/Auckland", "UTC",
    ];

    /// <param name="rooms">The portal's group.</param>
    public static void Map(RouteGroupBuilder rooms)
    {
        rooms.MapGet("/profile", (Visitor visitor, string? notice, ProfilePages pages, CancellationToken cancel) => pages.ShowAsync(visitor, notice, cancel));
        rooms.MapPost("/profile", (Visitor visitor, HttpRequest request, ProfilePages pages, CancellationToken cancel) => pages.SetAsync(visitor, request, cancel));
        rooms.MapPost("/profile/mails", (Visitor visitor, HttpRequest request, ProfilePages pages, CancellationToken cancel) => pages.SetMailsAsync(visitor, request, cancel));
        rooms.MapPost("/profile/consent", (Visitor visitor, HttpRequest request, ProfilePages pages, CancellationToken cancel) => pages.SayAsync(visitor, request, cancel));
        rooms.MapPost("/profile/age", (Visitor visitor, HttpRequest request, ProfilePages pages, CancellationToken cancel) => pages.ConfirmAgeAsync(visitor, request, cancel));
    }

    private async Task<IResult> ShowAsync(Visitor visitor, string? notice, CancellationToken cancel) =>
        await ReadAsync(visitor, notice, cancel) is { } model ? Page.Of<ProfilePage>(model) : TypedResults.NotFound();

    private async Task<IResult> SetAsync(Visitor visitor, HttpRequest request, CancellationToken cancel)
    {
        var form = await request.ReadFormAsync(cancel);
        var (name, zone) = (PublicText.Read(form["name"]), PublicText.Read(form["zone"]));
        var nameProblem = name is null ? "Write how the store calls you."
            : PublicText.ProblemOf(name, AmbassadorRequest.NameLengthMax, isOneLine: true) is { } problem ? $"The name {problem}"
            : null;
        var zoneProblem = zone is null || TimeZoneRequest.IsZone(zone) ? null : "Write a time zone's name, such as Europe/Paris, or leave it empty.";
        if ((nameProblem ?? zoneProblem) is not null)
        {
            return await ReadAsync(visitor, null, cancel) is { } model
                ? Page.Of<ProfilePage>(
                    model with
                    {
                        Name = TypedText.Cut(name, AmbassadorRequest.NameLengthMax),
                        NameProblem = nameProblem,
                        TimeZone = TypedText.Cut(zone, Profiles.TimeZoneLengthMax),
                        ZoneProblem = zoneProblem,
                    },
                    StatusCodes.Status422UnprocessableEntity)
                : TypedResults.NotFound();
        }

        await profiles.SetAsync(visitor.Store, visitor.AmbassadorId!, name!, zone, cancel);
        return TypedResults.Redirect($"{Path}?notice=profile-kept");
    }

    private async Task<IResult> SetMailsAsync(Visitor visitor, HttpRequest request, CancellationToken cancel)
    {
        var sent = (await request.ReadFormAsync(cancel))["mail"];
        await profiles.SetMailsAsync(visitor.Store, visitor.AmbassadorId!, [.. MailKind.All.Where(kind => sent.Contains(kind))], cancel);
        return TypedResults.Redirect($"{Path}?notice=mails-kept#mails");
    }

    private async Task<IResult> SayAsync(Visitor visitor, HttpRequest request, CancellationToken cancel)
    {
        var form = await request.ReadFormAsync(cancel);
        bool? isGiven = form["say"].ToString() switch
        {
            "give" => true,
            "withdraw" => false,
            _ => null,
        };
        if (isGiven is not { } given)
        {
            return TypedResults.BadRequest();
        }

        return await profiles.SayAsync(visitor.Store, visitor.AmbassadorId!, given, form["wording"].ToString(), cancel)
            ? TypedResults.Redirect($"{Path}?notice={(given ? "consent-given" : "consent-withdrawn")}#named")
            : TypedResults.Redirect($"{Path}#named");
    }

    private async Task<IResult> ConfirmAgeAsync(Visitor visitor, HttpRequest request, CancellationToken cancel)
    {
        // Without the box nothing was said.
        if ((await request.ReadFormAsync(cancel))["adult"].ToString() != "yes")
        {
            return TypedResults.Redirect($"{Path}#age");
        }

        await profiles.ConfirmAgeAsync(visitor.Store, visitor.AmbassadorId!, cancel);
        return TypedResults.Redirect($"{Path}?notice=age-confirmed#age");
    }

    private async Task<ProfileModel?> ReadAsync(Visitor visitor, string? notice, CancellationToken cancel)
    {
        var (store, time) = (visitor.Store, new StoreTime(visitor.Store));
        return await profiles.FindAsync(store, visitor.AmbassadorId!, cancel) is { } profile
            ? new ProfileModel(
                Frame.OfPortal(visitor, notice),
                store.DisplayName,
                time.ZoneName,
                profile.Name,
                null,
                profile.TimeZone ?? "",
                null,
                [.. MailKind.All.Select(kind => new MailChoice(kind, TextOf(kind), !profile.WantsNone && !profile.MailsOff.Contains(kind)))],
                profile.WantsNone,
                profile.Consent is { IsGiven: true },
                SentenceOf(profile.Consent, time),
                MentionConsent.Wording,
                MentionConsent.Hash,
                time.At(profile.Adult?.ConfirmedAt))
            : null;
    }

    private static string TextOf(string kind) => kind switch
    {
        MailKind.Digest => "Once a day, what the orders of the day earned",
        MailKind.News => "Rewards, and what the store announces",
        MailKind.Messages => "That a message of the store waits for you",
        _ => throw new System.Diagnostics.UnreachableException($"'{kind}' is no kind of mail."),
    };

    /// <summary>What somebody has said on being named, for themselves and for the store's people.</summary>
    public static string SentenceOf(MentionConsent? consent, StoreTime time) => consent switch
    {
        null => "No: nothing was said.",
        { IsGiven: true } => $"Yes, since {time.At(consent.At).Text} (wording {consent.Version}).",
        { Said: "given" } => $"No: the consent of {time.At(consent.At).Text} was to another wording ({consent.Version}).",
        _ => $"No, taken back on {time.At(consent.At).Text} (wording {consent.Version}).",
    };
}
