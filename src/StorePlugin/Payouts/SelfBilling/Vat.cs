// What VAT is due on a payee's commissions, and how a correction takes it back: values in, value out.
using System.Collections.Immutable;
using System.Diagnostics;
using System.Runtime.InteropServices;
using StorePlugin.Webhooks;

namespace StorePlugin.Payouts.SelfBilling;

/// <summary>What a payee is to the VAT: a closed set.</summary>
internal static class VatCase
{
    /// <summary>No business: nothing is added.</summary>
    public const string Private = "private";

    /// <summary>A business that is exempt for its size: nothing is added.</summary>
    public const string SmallBusiness = "small_business";

    /// <summary>A business in the merchant's country: the rate of that country comes on top of the commission.</summary>
    public const string Domestic = "domestic";

    /// <summary>A business in another country: nothing is added, and the merchant owes the VAT.</summary>
    public const string ReverseCharge = "reverse_charge";

    public static readonly ImmutableArray<string> All = [Private, SmallBusiness, Domestic, ReverseCharge];

    /// <summary>Why a case cannot be applied between these two countries, as a sentence; null when it can.</summary>
    public static string? Unfit(string vatCase, string payeeCountry, string merchantCountry) => vatCase switch
    {
        Domestic when payeeCountry != merchantCountry => $"Their VAT is that of {payeeCountry}, and the store bills from {merchantCountry}: a domestic rate needs one country.",
        ReverseCharge when payeeCountry == merchantCountry => $"They and the store are both in {merchantCountry}: reverse charge needs two countries.",
        _ => null,
    };

    /// <summary>What a document of the case must say beside its amounts.</summary>
    public static string NoteOf(string vatCase) => vatCase switch
    {
        Private => "The recipient of this payment is a private person; no VAT is charged.",
        SmallBusiness => "No VAT is charged: the supplier is exempt as a small business.",
        Domestic => "VAT is charged at the rate shown.",
        ReverseCharge => "Reverse charge: the VAT is owed by the recipient of the service.",
        _ => throw new UnreachableException($"{vatCase} is no VAT case."),
    };
}

/// <summary>A net amount and the VAT on it, in minor units of one currency that the caller knows.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct NetAndVat(long NetMinor, long VatMinor)
{
    public static NetAndVat operator +(NetAndVat left, NetAndVat right) => new(checked(left.NetMinor + right.NetMinor), checked(left.VatMinor + right.VatMinor));

    public static NetAndVat operator -(NetAndVat left, NetAndVat right) => new(checked(left.NetMinor - right.NetMinor), checked(left.VatMinor - right.VatMinor));
}

internal static class Vat
{
    private const long BasisPointsOfOne = 10_000;

    /// <summary>The VAT on a net amount, rounded once, half away from zero (rule M2).</summary>
    /// <param name="netMinor">In minor units, not below zero.</param>
    /// <param name="rateBp">In basis points; it counts where the case adds VAT.</param>
    public static long Of(long netMinor, string vatCase, long rateBp) =>
        vatCase == VatCase.Domestic ? Money.Share(netMinor, rateBp, BasisPointsOfOne) : 0;

    /// <summary>
    /// The VAT in the part of a payout that was reversed so far: its share, rounded once. Where the payout's VAT is below zero, VAT of
    /// corrections was kept back from it; that was settled by it, and no reversal brings it back.
    /// </summary>
    /// <param name="reversedMinor">The whole sum reversed so far, of <paramref name="amountMinor"/>.</param>
    public static long OfReversed(long reversedMinor, long vatMinor, long amountMinor) => vatMinor <= 0 ? 0 : Money.Share(vatMinor, reversedMinor, amountMinor);

    /// <summary>
    /// What a clawback takes from a document: no more than is left of it, and so much VAT that what remains bears its own rate's VAT. Who
    /// loses all of a document's net loses all of its VAT.
    /// </summary>
    /// <param name="left">What earlier corrections have left of the document.</param>
    /// <param name="lostMinor">What the payee has lost, above zero.</param>
    public static NetAndVat OfClawback(NetAndVat left, long lostMinor, string vatCase, long rateBp)
    {
        var net = Math.Min(lostMinor, Math.Max(0, left.NetMinor));
        var vat = left.VatMinor - Of(left.NetMinor - net, vatCase, rateBp);
        return new NetAndVat(net, Math.Clamp(vat, 0, Math.Max(0, left.VatMinor)));
    }

    /// <summary>
    /// How much of what a reversal has brought back settles corrections that were still to be settled: the rest of it is corrected anew.
    /// Where it settles them by the whole of its net, its VAT goes with it, so that no correction is of VAT alone.
    /// </summary>
    /// <param name="reversed">What came back with this step.</param>
    /// <param name="open">What of the document's corrections nothing has settled yet.</param>
    public static NetAndVat SettledBy(NetAndVat reversed, NetAndVat open)
    {
        var net = Math.Min(reversed.NetMinor, Math.Max(0, open.NetMinor));
        return new NetAndVat(net, net == reversed.NetMinor ? reversed.VatMinor : Math.Min(reversed.VatMinor, Math.Max(0, open.VatMinor)));
    }
}
