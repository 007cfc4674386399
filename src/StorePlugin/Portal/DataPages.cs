// Where an ambassador takes their data with them, and has their account deleted.
using Microsoft.AspNetCore.Http.HttpResults;
using StorePlugin.Pages;
using StorePlugin.Privacy;
using Visitor = StorePlugin.Stores.Visitor;

namespace StorePlugin.Portal;

/// <param name="AskedAt">When they asked to be deleted; null where they have not.</param>
/// <param name="Problem">Why the account is not deleted.</param>
public sealed record DataModel(Frame Frame, string StoreName, Moment? AskedAt, string OwedKept, string? Problem);

internal sealed class DataPages(OwnFiles files, AccountDeletions deletions, TimeProvider clock)
{
    public const string Path = "/portal/data";

    /// <summary>What is typed so that nobody deletes an account by a slip of the hand.</summary>
    public const string Word = "delete";

    /// <param name="rooms">The portal's group.</param>
    public static void Map(RouteGroupBuilder rooms)
    {
        rooms.MapGet("/data", (Visitor visitor, string? notice, DataPages pages, CancellationToken cancel) => pages.ShowAsync(visitor, notice, null, cancel));
        rooms.MapPost("/data/file", (Visitor visitor, HttpContext context, DataPages pages, CancellationToken cancel) => pages.TakeAsync(visitor, context, cancel))
            .AddEndpointFilter<RequireFreshSignIn>();
        rooms.MapPost("/data/deletion", (Visitor visitor, HttpRequest request, DataPages pages, CancellationToken cancel) => pages.DeleteAsync(visitor, request, cancel))
            .AddEndpointFilter<RequireFreshSignIn>();
    }

    private async Task<IResult> ShowAsync(Visitor visitor, string? notice, string? problem, CancellationToken cancel)
    {
        var asked = await deletions.FindAsync(visitor.Store, visitor.AmbassadorId!, cancel);
        return Page.Of<DataPage>(
            new DataModel(
                Frame.OfPortal(visitor, notice), visitor.Store.DisplayName, new StoreTime(visitor.Store).At(asked?.AskedAt),
                Words.Count((long)AccountDeletions.OwedKept.TotalDays, "day", "days"), problem),
            problem is null ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity);
    }

    // A POST, so that no other site can have it asked for; and no cache keeps it.
    private async Task<IResult> TakeAsync(Visitor visitor, HttpContext context, CancellationToken cancel)
    {
        if (await files.GatherAsync(visitor.Store, visitor.AmbassadorId!, cancel) is not { } file)
        {
            return TypedResults.NotFound();
        }

        context.Response.Headers.CacheControl = "no-store";
        return TypedResults.File(file.ToJson(), "application/json", $"my-data-{clock.GetUtcNow():yyyy-MM-dd}.json");
    }

    private async Task<IResult> DeleteAsync(Visitor visitor, HttpRequest request, CancellationToken cancel)
    {
        var typed = (await request.ReadFormAsync(cancel))["word"].ToString().Trim();
        if (!string.Equals(typed, Word, StringComparison.OrdinalIgnoreCase))
        {
            return await ShowAsync(visitor, null, $"Nothing was deleted. Type the word {Word} if you mean it.", cancel);
        }

        await deletions.AskAsync(visitor.Store, visitor.AmbassadorId!, cancel);
        return TypedResults.Redirect("/account-deleted");
    }

    /// <summary>What somebody reads who has no session any more. It names nobody and no store.</summary>
    public static RazorComponentResult ShowDeleted() => Page.Of<MessagePage>(new Message(
        "Your account is being deleted",
        [
            "You have left, and you are signed out everywhere. Your codes end, and what you wrote is gone.",
            "If you are owed something, it is still paid; your name, your address and where your money goes are erased after that. You may sign in until then to see how far it is.",
        ]));
}
