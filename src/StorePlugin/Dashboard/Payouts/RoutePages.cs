// To which countries the store pays through Stripe, and by what agreement, as a room: the program's word, and the store's own in its place (rule P6).
using System.Globalization;
using System.Text.Json.Nodes;
using StorePlugin.Dashboard.Campaigns;
using StorePlugin.Pages;
using StorePlugin.Payouts.Stripe;
using StorePlugin.Stores;
using PayoutRoute = StorePlugin.Payouts.Stripe.Route;

namespace StorePlugin.Dashboard.Payouts;

/// <param name="CanChange">Whoever looks is an owner.</param>
/// <param name="From">The country of the store's account at Stripe; null until its key could read it.</param>
/// <param name="Rows">The store's own first, then each country by its name.</param>
/// <param name="Fields">The form of an owner.</param>
/// <param name="Problem">Why nothing was changed, where no field shows it.</param>
public sealed record RoutesModel(
    Frame Frame, bool CanChange, string? From, IReadOnlyList<RouteRow> Rows, bool IsFirst, string? NextPath, IReadOnlyList<FormField> Fields, string? Problem);

/// <param name="Way">By which the row is named when it is given back.</param>
/// <param name="Known">The program's word.</param>
/// <param name="Own">The store's; null where it has none.</param>
public sealed record RouteRow(string Way, string From, string To, string Known, string? Own);

internal static class RoutePages
{
    public const string Path = "/dashboard/payouts/routes";

    private const int PageSize = 40;

    private static readonly (string Word, string Says)[] Routes =
    [
        (PayoutRoute.Full, "Full agreement"), (PayoutRoute.Recipient, "Account that only receives"), (PayoutRoute.None, "Nobody there is connected"),
    ];

    private static readonly string[] Members = ["to", "route"];

    /// <param name="rooms">The dashboard's group.</param>
    public static void MapRoutesRoom(this RouteGroupBuilder rooms)
    {
        rooms.MapGet("/payouts/routes", Show);
        rooms.MapPost("/payouts/routes", Set).OwnersOnly().WithSummary("Changes the way to a country.");
        rooms.MapPost("/payouts/routes/removal", Remove).OwnersOnly().WithSummary("Gives the way to a country back to the program.");
    }

    private static async Task<IResult> Show(Visitor visitor, string? after, string? notice, PayoutRoutes routes, CancellationToken cancel) =>
        Page.Of<RoutesPage>(await ReadAsync(visitor, after, notice, Typed.Nothing, null, routes, cancel));

    private static async Task<IResult> Set(Visitor visitor, HttpRequest request, PayoutRoutes routes, CancellationToken cancel)
    {
        var typed = await Typed.ReadAsync(request, cancel);
        var form = new FormReader(typed, null);
        var json = new JsonObject();
        foreach (var name in Members.Where(form.Has))
        {
            json[name] = form[name];
        }

        var fields = Fields.Of(FormReader.ElementOf(json));
        var route = StripeEndpoints.ReadRoute(fields, await routes.CountryAsync(visitor.Store, cancel));
        form.Judge(fields, path => path);
        if (form.Errors.Count == 0 && !await routes.SetAsync(visitor.Store, route, cancel))
        {
            form.Refuse("to", $"is one more than the {PayoutRoutes.OverridesMax} ways of your own that there may be; give one back first");
        }

        return form.Errors.Count == 0
            ? TypedResults.Redirect($"{Path}?notice=route-kept")
            : Page.Of<RoutesPage>(await ReadAsync(visitor, null, null, typed, form, routes, cancel), StatusCodes.Status422UnprocessableEntity);
    }

    private static async Task<IResult> Remove(Visitor visitor, HttpRequest request, PayoutRoutes routes, CancellationToken cancel)
    {
        var way = (await request.ReadFormAsync(cancel))["way"].ToString().Split('-');
        return way is not [var from, var to] || !PayoutRoute.IsCountry(from) || !PayoutRoute.IsCountry(to) ? TypedResults.NotFound()
            : await routes.RemoveAsync(visitor.Store, from, to, cancel) ? TypedResults.Redirect($"{Path}?notice=route-given-back")
            : TypedResults.Redirect($"{Path}?notice=route-was-default");
    }

    private static async Task<RoutesModel> ReadAsync(
        Visitor visitor, string? after, string? notice, Typed typed, FormReader? judged, PayoutRoutes routes, CancellationToken cancel)
    {
        var from = await routes.CountryAsync(visitor.Store, cancel);
        var own = await routes.OverridesAsync(visitor.Store, cancel);
        var ofTheStore = own.Where(route => route.FromCountry == from).Select(route => route.ToCountry).ToHashSet(StringComparer.Ordinal);
        List<RouteRow> rows =
        [
            .. own.Select(route => RowOf(route.FromCountry, route.ToCountry, route.Route)),
            .. from is null ? [] : PayoutRoute.Countries.Where(country => !ofTheStore.Contains(country.Code)).Select(country => RowOf(from, country.Code, null)),
        ];
        var skip = int.TryParse(after, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count < rows.Count ? count : 0;
        var layout = new FormLayout(typed, judged?.Errors ?? new Dictionary<string, List<string>>(StringComparer.Ordinal));
        FormField[] fields =
        [
            layout.Choice("to", "Country of the ambassador", [("", "choose one"), .. PayoutRoute.Countries]),
            layout.Choice("route", "Way", [("", "choose one"), .. Routes]),
        ];
        return new RoutesModel(
            Frame.OfDashboard(visitor, notice),
            visitor.Role == Role.Owner,
            from is null ? null : PayoutRoute.NameOf(from),
            [.. rows.Skip(skip).Take(PageSize)],
            skip == 0,
            rows.Count > skip + PageSize ? string.Create(CultureInfo.InvariantCulture, $"{Path}?after={skip + PageSize}") : null,
            fields,
            judged is null ? null : layout.Others.Count > 0 ? "The country of your own account at Stripe is not known yet: connect Stripe first." : "What is to be mended stands beside its field.");
    }

    private static RouteRow RowOf(string from, string to, string? own) => new(
        $"{from}-{to}", PayoutRoute.NameOf(from), PayoutRoute.NameOf(to), Say(PayoutRoute.Of(from, to)), own is null ? null : Say(own));

    private static string Say(string route) => Routes.First(one => one.Word == route).Says;
}
