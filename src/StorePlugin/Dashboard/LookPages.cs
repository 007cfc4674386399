// How the store looks on the pages that everybody sees: colour, words and logo.
using Microsoft.AspNetCore.Mvc;
using StorePlugin.Pages;
using StorePlugin.PublicPages;
using StorePlugin.Stores;

namespace StorePlugin.Dashboard;

/// <param name="Colour"><c>#rrggbb</c>; the program's own where the store has named none.</param>
/// <param name="HasColour">Whether the store has named one.</param>
/// <param name="Problems">What is wrong with what was sent, in sentences.</param>
public sealed record LookModel(Frame Frame, PublicLook Look, string Colour, bool HasColour, string Headline, string About, IReadOnlyList<string> Problems);

internal static class LookPages
{
    public const string Path = "/dashboard/look";

    // As site.css has it.
    private const string OwnColour = "#0f766e";

    /// <param name="rooms">The dashboard's group.</param>
    public static void MapLook(this RouteGroupBuilder rooms)
    {
        rooms.MapGet("/look", Show);
        rooms.MapPost("/look", Set).WithMetadata(new RequestSizeLimitAttribute(SentPicture.FormBytesMax)).WithSummary("Changes how the public pages look.");
    }

    private static async Task<IResult> Show(Visitor visitor, string? notice, Looks looks, CancellationToken cancel) =>
        Page.Of<LookPage>(ModelOf(visitor, await looks.FindAsync(visitor.Store, cancel), notice, []));

    private static async Task<IResult> Set(Visitor visitor, HttpRequest request, Looks looks, CancellationToken cancel) =>
        await KeepAsync(visitor, request, looks, cancel) is { } wrong
            ? Page.Of<LookPage>(wrong, StatusCodes.Status422UnprocessableEntity)
            : TypedResults.Redirect($"{Path}?notice=look-kept");

    /// <summary>Keeps what a form of the look says. Where something of it is wrong nothing is kept, and the form comes back with it; else null.</summary>
    public static async Task<LookModel?> KeepAsync(Visitor visitor, HttpRequest request, Looks looks, CancellationToken cancel)
    {
        var form = await request.ReadFormAsync(cancel);
        var known = await looks.FindAsync(visitor.Store, cancel);
        var named = form["own"].ToString() == "yes" ? null : form["colour"].ToString();
        var typed = known with { Colour = named?.ToLowerInvariant(), Headline = PublicText.Read(form["headline"]), About = PublicText.Read(form["about"]) };
        var logo = await SentPicture.ReadAsync(form, "logo", cancel);
        string?[] problems =
        [
            named is null || BrandColour.TryParse(named, out _) ? null : "The colour must look like #0f766e.",
            PublicText.ProblemOf(typed.Headline, StoreLook.HeadlineLengthMax, isOneLine: true) is { } headline ? $"The headline {headline}" : null,
            PublicText.ProblemOf(typed.About, StoreLook.AboutLengthMax, isOneLine: false) is { } about ? $"What you say of your store {about}" : null,
            logo.Problem,
        ];
        if (problems.Any(problem => problem is not null))
        {
            return ModelOf(visitor, typed with { Colour = BrandColour.TryParse(named, out _) ? typed.Colour : known.Colour }, null, [.. problems.OfType<string>()]);
        }

        await looks.SetAsync(visitor.Store, typed.Colour, typed.Headline, typed.About, logo.Picture, keepsLogo: form["nologo"].ToString() != "yes", visitor.Actor, cancel);
        return null;
    }

    /// <summary>The form with what is kept, or what was typed.</summary>
    public static LookModel ModelOf(Visitor visitor, StoreLook look, string? notice, IReadOnlyList<string> problems) => new(
        Frame.OfDashboard(visitor, notice), PublicLook.Of(visitor.Store, look), look.Colour ?? OwnColour, look.Colour is not null, look.Headline ?? "", look.About ?? "", problems);
}
