// The ambassador's page as an answer, and the way to Stripe where there is one.
using StorePlugin.Ambassadors;
using StorePlugin.Campaigns;
using StorePlugin.Data;
using StorePlugin.Pages;
using StorePlugin.Payouts;
using StorePlugin.Payouts.Manual;
using StorePlugin.Payouts.SelfBilling;
using StorePlugin.Payouts.Stripe;
using StorePlugin.Stores;
using Visitor = StorePlugin.Stores.Visitor;

namespace StorePlugin.Portal;

internal sealed class PortalPages(
    Db db, StoreKeys keys, RulesAcceptances rules, PublicAddress links, HowPaidReader howPaid, PayoutMethods methods, PayoutSettings settings, PayoutChanges changes,
    AddressChanges addresses, SelfBillingSettings billing, PortalTasks tasks, TimeProvider clock)
{
    /// <param name="problem">Why the ambassador was not sent on to Stripe; null where nothing of it was asked.</param>
    /// <param name="typed">What was written of another way and could not be kept; null where nothing was.</param>
    /// <param name="address">Puts on the page what of a new address could not be kept; null where nothing was.</param>
    public async Task<IResult> ShowAsync(
        Visitor visitor, HttpContext context, string? after, string? notice, string? problem, CancellationToken cancel, TypedMethod? typed = null,
        Func<PortalAddress, PortalAddress>? address = null)
    {
        var model = await Earnings.ReadAsync(db, keys, rules, links, visitor, after, notice, clock.GetUtcNow(), cancel);

        // The answer to one of its forms leads to Stripe.
        context.Response.Headers.ContentSecurityPolicy = PagesSetup.ContentSecurityPolicyToStripe;
        var known = await AddressForm.ReadAsync(db, addresses, visitor, cancel);
        var paid = await howPaid.ReadAsync(visitor, problem, cancel);
        var method = await PayoutMethodPages.ReadAsync(methods, settings, visitor, cancel);
        return Page.Of<PortalPage>(
            model with
            {
                HowPaid = paid,
                // Two ways wait for the same days, and say so once.
                PayoutMethod = method is null ? null : method with { Typed = typed, Waits = paid?.Held is null ? method.Waits : null },
                HasInvoices = await billing.CountryAsync(visitor.Store, cancel) is not null,
                Address = address is null ? known : address(known),
                ChangeWaits = ChangeWords(await changes.FindOpenAsync(visitor.Store, visitor.AmbassadorId!, cancel), visitor.Store.DisplayName),
                Tasks = await tasks.OfAsync(visitor, cancel),
            },
            problem is not null ? StatusCodes.Status422UnprocessableEntity
            : typed is not null || address is not null ? StatusCodes.Status400BadRequest
            : StatusCodes.Status200OK);
    }

    private static string? ChangeWords(string? state, string storeName) => state switch
    {
        PayoutChangeState.Asked =>
            $"Where your money goes was changed. A mail asks you whether it was you: open it and say so. Until then nothing is paid. If no mail comes, ask {storeName}.",
        PayoutChangeState.Refused =>
            $"Somebody who reads your mail has said that a change of where your money goes was not yours. Nothing is paid until {storeName} has looked.",
        PayoutChangeState.Revoked => "The last change of where your money goes was not yours. Nothing is paid until you say again where it should go.",
        _ => null,
    };

    public async Task<IResult> AnswerAsync(Visitor visitor, HttpContext context, OnboardingStep step, CancellationToken cancel)
    {
        switch (step)
        {
            case OnboardingStep.Go(var url):
                // 303: what follows is a GET. The address works once; a cache, or the log of the next page, would be another reader.
                context.Response.Headers.Location = url;
                context.Response.Headers.CacheControl = "no-store";
                context.Response.Headers["Referrer-Policy"] = "no-referrer";
                return TypedResults.StatusCode(StatusCodes.Status303SeeOther);

            case OnboardingStep.Stay(var why):
                return await ShowAsync(visitor, context, null, null, why, cancel);

            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }
}
