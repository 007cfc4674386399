// The form of a campaign's objective, as the API takes it.
using System.Globalization;
using System.Text.Json.Nodes;
using StorePlugin.Campaigns;
using StorePlugin.Stores;
using StorePlugin.Webhooks;

namespace StorePlugin.Dashboard.Campaigns;

internal static class ObjectiveForm
{
    /// <summary>An objective as the form has it.</summary>
    public static Typed Of(Objective? objective, Store store) => objective is null ? Typed.Nothing : new(new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["metric"] = objective.Metric,
        ["target"] = objective.Metric == "net_sales" && Currency.TryParse(store.Currency, out var currency)
            ? new Money(objective.Target, currency).ToDecimalString()
            : objective.Target.ToString(CultureInfo.InvariantCulture),
        ["by"] = TimeZoneInfo.ConvertTime(objective.By, store.Zone).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
    });

    /// <summary>Null where nothing of it is typed.</summary>
    public static JsonObject? Read(FormReader form)
    {
        if (!form.Has("metric") && !form.Has("target") && !form.Has("by"))
        {
            return null;
        }

        var objective = new JsonObject { ["metric"] = form["metric"], ["by"] = form["by"] };
        var target = form["metric"] == "net_sales" ? form.Minor("target") is { } minor ? JsonValue.Create(minor) : null : form.Number("target");
        if (target is not null)
        {
            objective["target"] = target;
        }

        return objective;
    }

    public static FormPart Part(FormLayout of, string? title, Currency? currency) => FormLayout.Part(
        title,
        isSet: true,
        of.Choice("metric", "Metric", [("", "none yet"), .. CampaignWords.Metrics]),
        of.Decimal("target", "Target", $"A number, or for net sales an amount{(currency is { } known ? $" in {known.Code}" : "")}."),
        of.Date("by", "Date", "Its end, in your store's time zone."));
}
