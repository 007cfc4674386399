// The API's calls about how often and at which hours a store's people are written to.
using System.ComponentModel;
using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using StorePlugin.Stores;

namespace StorePlugin.Mail;

internal sealed record QuietHoursView(
    [property: Description("Begins the quiet, as in 21:00.")] string From, [property: Description("Ends it, as in 08:00; earlier than from: on the next day.")] string Until);

internal sealed record MailSettingsView(
    [property: Description("How many mails a person gets at most in any rolling seven days, over all campaigns; payouts and terms do not count. 1 to 50.")] long WeeklyCap,
    [property: Description("Hours in which nobody is written to, in the person's own time zone where it is known, else the store's; null: none.")] QuietHoursView? QuietHours)
{
    private const string Form = "HH:mm";

    public static MailSettingsView Of(MailRules rules) => new(
        rules.WeeklyCap, rules.Quiet is { } quiet ? new QuietHoursView(TextOf(quiet.From), TextOf(quiet.Until)) : null);

    /// <summary>Reads a request and notes on the fields what is wrong.</summary>
    public static MailRules Read(Fields fields)
    {
        fields.RefuseOthersThan("weeklyCap", "quietHours");
        fields.DemandMember("quietHours", "null means that mail goes at any hour");
        var cap = fields.Whole("weeklyCap", 1, MailRules.WeeklyCapMax);
        if (fields.OptionalObject("quietHours") is not { } hours)
        {
            return new MailRules(cap, null);
        }

        hours.RefuseOthersThan("from", "until");
        var (from, until) = (ReadTime(hours, "from"), ReadTime(hours, "until"));
        if (from == until)
        {
            hours.Refuse("until", "must not be the same as from; quietHours null means none");
        }

        return new MailRules(cap, new QuietHours(from, until));
    }

    private static TimeOnly ReadTime(Fields fields, string name)
    {
        var text = fields.Text(name, Form.Length, Form.Length);
        if (TimeOnly.TryParseExact(text, Form, CultureInfo.InvariantCulture, DateTimeStyles.None, out var time) || text.Length == 0)
        {
            return time;
        }

        fields.Refuse(name, "must be a time of the day, such as 21:00");
        return default;
    }

    private static string TextOf(TimeOnly time) => time.ToString(Form, CultureInfo.InvariantCulture);
}

internal static class MailSettingsEndpoints
{
    public static void MapMailSettings(this IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/mail-settings").WithTags("Mail");
        group.MapGet("", Get).WithName("getMailSettings").WithSummary("How often people are written to, and at which hours they are not.");
        group.MapPut("", Put).WithName("putMailSettings").WithSummary("Changes that.")
            .WithDescription("It counts for mails that are sent from now on. A digest above the limit is not sent, and the next one tells of its day; other mails wait.");
    }

    private static async Task<Ok<MailSettingsView>> Get(ApiCaller caller, MailSettings settings, CancellationToken cancel) =>
        TypedResults.Ok(MailSettingsView.Of(await settings.FindAsync(caller.Store, cancel)));

    private static async Task<Results<Ok<MailSettingsView>, ProblemHttpResult>> Put(
        ApiCaller caller, ApiBody<MailSettingsView> body, MailSettings settings, CancellationToken cancel)
    {
        var rules = MailSettingsView.Read(body.Fields);
        if (body.Fields.Refusal is { } refusal)
        {
            return refusal;
        }

        await settings.KeepAsync(caller.Store, rules, caller.Name, cancel);
        return TypedResults.Ok(MailSettingsView.Of(rules));
    }
}
