// Terms as the API and a file of terms state them.
using System.ComponentModel;

namespace StorePlugin.Campaigns;

internal sealed record Share([property: Description("Percent of the amount, with two decimals at most.")] decimal Percent);

internal sealed record TermsRequest(
    [property: Description("The ambassador's share of the net sale: more than 0, at most 100.")] Share Commission,
    [property: Description("What the shopper saves: 0 to 100; absent means 0, and then codes only track.")] Share? FriendDiscount = null,
    [property: Description("Days from payment to release, 0 to 365; 30 when absent.")] int? HoldDays = null,
    [property: Description("Days that a click counts, 1 to 365; 30 when absent.")] int? WindowDays = null)
{
    /// <summary>Reads terms and notes on the fields what is wrong; a term that this version does not know is refused.</summary>
    public static Terms Read(Fields fields)
    {
        fields.RefuseOthersThan("commission", "friendDiscount", "holdDays", "windowDays");
        var commission = ReadShare(fields.Object("commission"), exclusiveOfZero: true);
        var discount = ReadShare(fields.OptionalObject("friendDiscount"), exclusiveOfZero: false);
        return new Terms(
            commission,
            discount,
            fields.Whole("holdDays", 0, Terms.HoldDaysMax, Terms.HoldDaysDefault),
            fields.Whole("windowDays", Terms.WindowDaysMin, Terms.WindowDaysMax, Terms.WindowDaysDefault));
    }

    /// <summary>The same form back.</summary>
    public static TermsRequest Of(Terms terms) => new(
        new Share(BasisPoints.ToPercent(terms.CommissionBp)),
        new Share(BasisPoints.ToPercent(terms.FriendDiscountBp)),
        (int)terms.HoldDays,
        (int)terms.WindowDays);

    private static long ReadShare(Fields? share, bool exclusiveOfZero)
    {
        if (share is null)
        {
            return 0;
        }

        share.RefuseOthersThan("percent");
        if (share.Decimal("percent") is not { } percent)
        {
            return 0;
        }

        if (BasisPoints.OfPercent(percent) is not { } basisPoints || (exclusiveOfZero && basisPoints == 0))
        {
            share.Refuse("percent", $"must be {(exclusiveOfZero ? "more than 0 and at most 100" : "from 0 to 100")}, with two decimals at most");
            return 0;
        }

        return basisPoints;
    }
}
