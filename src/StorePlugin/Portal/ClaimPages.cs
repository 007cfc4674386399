// Where an ambassador tells of an order that they miss, and reads what became of it.
using System.Globalization;
using StorePlugin.Ambassadors;
using StorePlugin.Pages;
using StorePlugin.PublicPages;
using StorePlugin.Stores;
using Visitor = StorePlugin.Stores.Visitor;

namespace StorePlugin.Portal;

/// <param name="Earliest">The first day of an order that can be told of, as a form writes it.</param>
/// <param name="Latest">The last one.</param>
/// <param name="Typed">What was written and could not be sent.</param>
public sealed record OwnClaimsModel(
    Frame Frame, string StoreName, string Earliest, string Latest, IReadOnlyList<OwnClaimRow> Claims, bool IsFirst, string? NextPath, TypedClaim Typed)
{
    /// <summary>Says nothing, so that no log line can hold what a person wrote.</summary>
    public override string ToString() => nameof(OwnClaimsModel);
}

/// <param name="State">In a word or two.</param>
/// <param name="Kind">The badge that it is shown in.</param>
public sealed record OwnClaimRow(string Reference, string Day, IReadOnlyList<string> Lines, Moment ClaimedAt, string State, string Kind, Moment? DecidedAt, string? Reason)
{
    public override string ToString() => nameof(OwnClaimRow);
}

/// <summary>What was written, with what is wrong with each field; nothing on a fresh page.</summary>
/// <param name="Problem">What is wrong with the whole.</param>
public sealed record TypedClaim(string Reference, string Day, string Text, string? ReferenceProblem, string? DayProblem, string? TextProblem, string? Problem = null)
{
    public static readonly TypedClaim None = new("", "", "", null, null, null);

    public bool IsWrong => (ReferenceProblem ?? DayProblem ?? TextProblem ?? Problem) is not null;

    public override string ToString() => nameof(TypedClaim);
}

internal sealed class ClaimPages(OrderClaims claims, TimeProvider clock)
{
    public const string Path = "/portal/claims";

    // So many that a page stays small with the longest texts.
    private const int PageSize = 8;

    private const string DayFormat = "yyyy-MM-dd";

    /// <param name="rooms">The portal's group.</param>
    public static void Map(RouteGroupBuilder rooms)
    {
        rooms.MapGet("/claims", (Visitor visitor, string? after, string? notice, ClaimPages pages, CancellationToken cancel) => pages.ShowAsync(visitor, after, notice, cancel));
        rooms.MapPost("/claims", (Visitor visitor, HttpRequest request, ClaimPages pages, CancellationToken cancel) => pages.TellAsync(visitor, request, cancel));
    }

    private async Task<IResult> ShowAsync(Visitor visitor, string? after, string? notice, CancellationToken cancel) =>
        Page.Of<OwnClaimsPage>(await ReadAsync(visitor, after, notice, TypedClaim.None, cancel));

    private async Task<IResult> TellAsync(Visitor visitor, HttpRequest request, CancellationToken cancel)
    {
        var form = await request.ReadFormAsync(cancel);
        var (typed, claim) = Read(form, visitor.Store);
        if (claim is null)
        {
            return Page.Of<OwnClaimsPage>(await ReadAsync(visitor, null, null, typed, cancel), StatusCodes.Status422UnprocessableEntity);
        }

        return await claims.TellAsync(visitor.Store, visitor.AmbassadorId!, claim, cancel) switch
        {
            ClaimStep.Done => TypedResults.Redirect($"{Path}?notice=claim-told"),
            ClaimStep.TooMany => Page.Of<OwnClaimsPage>(
                await ReadAsync(visitor, null, null, typed with { Problem = $"{OrderClaims.OpenMax} orders that you told of wait already. Wait until some are decided." }, cancel),
                StatusCodes.Status409Conflict),
            _ => TypedResults.NotFound(),
        };
    }

    private (TypedClaim Typed, NewClaim? Claim) Read(IFormCollection form, Store store)
    {
        var (reference, day, text) = (PublicText.Read(form["order"]), form["day"].ToString().Trim(), PublicText.Read(form["text"]));
        var isDay = DateOnly.TryParseExact(day, DayFormat, CultureInfo.InvariantCulture, DateTimeStyles.None, out var ordered);
        var (earliest, latest) = DaysOf(store);
        var typed = new TypedClaim(
            TypedText.Cut(reference, NewClaim.ReferenceLengthMax),
            TypedText.Cut(day, DayFormat.Length),
            TypedText.Cut(text, NewClaim.TextLengthMax),
            NewClaim.KeyOf(reference ?? "").Length == 0 ? "Write the order's number as the store shows it."
                : PublicText.ProblemOf(reference, NewClaim.ReferenceLengthMax, isOneLine: true) is { } wrong ? $"The number {wrong}"
                : null,
            !isDay ? "Choose the day on which it was ordered."
                : ordered < earliest || ordered > latest ? $"The day must lie within the last {OrderClaims.DaysBackMax} days."
                : null,
            PublicText.ProblemOf(text, NewClaim.TextLengthMax, isOneLine: false) is { } problem ? $"What you write {problem}" : null);
        return (typed, typed.IsWrong ? null : new NewClaim(reference!, ordered, text));
    }

    private async Task<OwnClaimsModel> ReadAsync(Visitor visitor, string? after, string? notice, TypedClaim typed, CancellationToken cancel)
    {
        var (store, time) = (visitor.Store, new StoreTime(visitor.Store));
        var found = await claims.ListAsync(store, visitor.AmbassadorId!, string.IsNullOrEmpty(after) ? OrderClaims.Newest : after, PageSize + 1, cancel);
        var shown = found.Take(PageSize).ToList();
        var (earliest, latest) = DaysOf(store);
        return new OwnClaimsModel(
            Frame.OfPortal(visitor, notice),
            store.DisplayName,
            earliest.ToString(DayFormat, CultureInfo.InvariantCulture),
            latest.ToString(DayFormat, CultureInfo.InvariantCulture),
            [.. shown.Select(claim => Show(claim, time))],
            string.IsNullOrEmpty(after),
            found.Count > PageSize ? $"{Path}?after={Uri.EscapeDataString(shown[^1].Id)}" : null,
            typed);
    }

    private static OwnClaimRow Show(OrderClaim claim, StoreTime time) => new(
        claim.Reference, Words.Day(claim.Day), claim.Text?.Split('\n') ?? [], time.At(claim.ClaimedAt), Words.ClaimState(claim.State), KindOf(claim.State), time.At(claim.DecidedAt), claim.Reason);

    private static string KindOf(string state) => state switch
    {
        OrderClaim.Open => "review",
        OrderClaim.Credited => "approved",
        _ => "reversed",
    };

    private (DateOnly Earliest, DateOnly Latest) DaysOf(Store store)
    {
        var today = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(clock.GetUtcNow(), store.Zone).DateTime);
        return (today.AddDays(-OrderClaims.DaysBackMax), today);
    }
}
