// Where an ambassador says how they want to be paid besides Stripe: forms that work without scripts.
using System.Diagnostics;
using StorePlugin.Pages;
using StorePlugin.Payouts.Manual;
using StorePlugin.Stores;

namespace StorePlugin.Portal;

/// <param name="Kinds">What the store allows, of <c>paypal</c>, <c>iban</c> and <c>other</c>.</param>
/// <param name="Masked">What they have named, shortened; null for nothing.</param>
/// <param name="Waits">Why nothing is paid for now, as a sentence; null where nothing waits.</param>
/// <param name="Typed">What was sent and could not be kept; null on a fresh page.</param>
public sealed record PayoutMethodModel(IReadOnlyList<string> Kinds, string? Kind, string? Masked, Moment? Since, string? Waits, TypedMethod? Typed = null);

/// <param name="Problems">What is wrong with it, in sentences.</param>
public sealed record TypedMethod(string Kind, string Recipient, string Holder, string Bic, IReadOnlyList<string> Problems)
{
    /// <summary>Says nothing, so that no log line can hold an account.</summary>
    public override string ToString() => nameof(TypedMethod);
}

internal static class PayoutMethodPages
{
    public static void MapPayoutMethodForms(this IEndpointRouteBuilder rooms)
    {
        rooms.MapPost("/payout-method", Set).AddEndpointFilter<RequireFreshSignIn>();
        rooms.MapPost("/payout-method/removal", Remove).AddEndpointFilter<RequireFreshSignIn>();
    }

    /// <summary>Null where there is nothing to show and nothing to say.</summary>
    public static async Task<PayoutMethodModel?> ReadAsync(PayoutMethods methods, PayoutSettings settings, Visitor visitor, CancellationToken cancel)
    {
        var kinds = (await settings.FindAsync(visitor.Store, cancel)).Methods;
        var chosen = await methods.FindAsync(visitor.Store, visitor.AmbassadorId!, cancel)
            ?? throw new InvalidOperationException("A session names an ambassador who does not exist.");
        if (kinds.IsEmpty && chosen.Method is null)
        {
            return null;
        }

        var time = new StoreTime(visitor.Store);
        return new PayoutMethodModel(
            kinds,
            chosen.Method?.Kind,
            chosen.Method?.Masked,
            time.At(chosen.Method?.CreatedAt),
            chosen.PayoutsFrom is { } from ? $"{chosen.PayoutsFromWhy} For your safety nothing is paid before {time.Day(from)}." : null);
    }

    private static async Task<IResult> Set(Visitor visitor, HttpRequest request, PayoutMethods methods, PortalPages pages, CancellationToken cancel)
    {
        var form = await request.ReadFormAsync(cancel);
        var kind = PayoutKind.All.FirstOrDefault(known => known == form["kind"].ToString(), PayoutKind.Other);
        var (recipient, holder, bic) = (form["recipient"].ToString(), form[PayoutDetails.HolderField].ToString(), form[PayoutDetails.BicField].ToString());
        return PayoutDetails.Read(kind, recipient, holder, bic) switch
        {
            DetailsReading.Wrong(var problems) => await AgainAsync([.. problems.Select(problem => $"{Label(problem.Field)} {problem.Why}.")]),
            DetailsReading.Read(var details) => await methods.SetAsync(visitor.Store, visitor.AmbassadorId!, details, PayoutMethods.Ambassador, cancel) switch
            {
                MethodChange.Done => TypedResults.Redirect("/portal?notice=method-kept"),
                MethodChange.KindNotAllowed => await AgainAsync([$"{visitor.Store.DisplayName} does not pay this way any more; choose another."]),
                _ => throw new UnreachableException("A session names an ambassador who does not exist."),
            },
            _ => throw new UnreachableException(),
        };

        // With what was written: nobody types an account twice.
        Task<IResult> AgainAsync(IReadOnlyList<string> problems) =>
            pages.ShowAsync(visitor, request.HttpContext, null, null, null, cancel, new TypedMethod(kind, recipient, holder, bic, problems));
    }

    private static async Task<IResult> Remove(Visitor visitor, PayoutMethods methods, CancellationToken cancel)
    {
        await methods.RemoveAsync(visitor.Store, visitor.AmbassadorId!, PayoutMethods.Ambassador, cancel);
        return TypedResults.Redirect("/portal?notice=method-removed");
    }

    private static string Label(string field) => field switch
    {
        "email" => "The PayPal address",
        "iban" => "The IBAN",
        PayoutDetails.HolderField => "The name of whose account it is",
        PayoutDetails.BicField => "The BIC",
        _ => "What you wrote",
    };
}
